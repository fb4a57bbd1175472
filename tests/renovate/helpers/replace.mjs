// Makes updates of a report of Renovate's in the files, by Renovate's own code for it.
// Takes {dist, root, jobs: [{manager, packageFile, updateType}]} as JSON on standard input, where
// `packageFile` is an entry of the report.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { dist, root, jobs } = JSON.parse(readFileSync(0, "utf8"));
const load = (path) => import(pathToFileURL(`${dist}/${path}`).href);
const { init } = await load("logger/index.js");
const { GlobalConfig } = await load("config/global.js");
const { doAutoReplace } = await load("workers/repository/update/branch/auto-replace.js");

await init();
GlobalConfig.set({ localDir: root });
for (const { manager, packageFile, updateType } of jobs) {
  const { deps, ...file } = packageFile;
  const path = `${root}/${file.packageFile}`;
  let content = readFileSync(path, "utf8");
  for (const [depIndex, dep] of deps.entries()) {
    for (const update of dep.updates ?? []) {
      if (update.updateType === updateType && !update.isLockfileUpdate) {
        content = await doAutoReplace({ ...file, ...dep, ...update, manager, depIndex }, content, false);
      }
    }
  }
  writeFileSync(path, content);
}
