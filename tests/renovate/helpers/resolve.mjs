// Resolves a configuration's presets by Renovate's own code, as on a platform that keeps them.
// Takes {dist, endpoint, config} as JSON on standard input and prints the resolved configuration.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { dist, endpoint, config } = JSON.parse(readFileSync(0, "utf8"));
const load = (path) => import(pathToFileURL(`${dist}/${path}`).href);
const { init } = await load("logger/index.js");
const { GlobalConfig } = await load("config/global.js");
const { resolveConfigPresets } = await load("config/presets/index.js");

await init();
GlobalConfig.set({ platform: "gitea", endpoint });
const { config: resolved = null, ...rest } = await resolveConfigPresets(config, {});
process.stdout.write(JSON.stringify(resolved ?? rest));
