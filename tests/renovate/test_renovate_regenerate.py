"""The follow-up workflow, run for real on a repository with a remote."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from renovate_run import Json, Tools
from workflow_run import APP_TOKEN, Github, Run, copy_workflow

BRANCH = "renovate/python-runtime"
CALLER = ".github/workflows/caller.yml"
COMMAND = """
if changed '*.in'; then tr a-z A-Z < 'the file.in' > 'the file.lock'; fi
"""
FILES = {"the file.in": "one\n", "the file.lock": "ONE\n", "src/app.py": "print()\n"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A pull request on a repository that calls the workflow."""

    github: Github
    base: str
    head: str
    branch: str

    def run(
        self,
        *,
        user: str = "renovate[bot]",
        repository: str = "acme/shop",
        secrets: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Run:
        """Run it as on GitHub; the pull request is `user`'s and from `repository`."""
        head: Json = {"sha": self.head, "ref": self.branch, "repo": {"full_name": repository}}
        event: Json = {
            "pull_request": {
                "number": 7,
                "user": {"login": user},
                "base": {"sha": self.base, "ref": "main"},
                "head": head,
            },
            "repository": {"full_name": "acme/shop", "name": "shop", "owner": {"login": "acme"}},
        }
        known = {"KEY": "the-key", "GITHUB_TOKEN": "the-default-token"}
        return self.github.run(CALLER, event, {**known, **(secrets or {})}, variables or {})

    def ends(
        self, results: Mapping[str, str], said: str, *, variables: Mapping[str, str] | None = None
    ) -> Run:
        """Assert how it ends each time, and what it says: act at times loses the last lines of a
        step that fails right after them, so that up to three runs may have to be looked at."""
        for _ in range(3):
            run = self.run(variables=variables)
            assert run.results == results, run
            if said in run.log:
                return run
        raise AssertionError(f"{said!r} is not said: {run}")

    @property
    def untouched(self) -> bool:
        """Whether nothing was pushed."""
        return self.github.head(self.branch) == self.head


def caller(command: str, **inputs: str) -> str:
    """A workflow that calls ours."""
    given = {"command": command, "paths": "*.lock\n", "app-client-id": "an-app", **inputs}
    call = {
        "permissions": {"contents": "write"},
        "uses": "./.github/workflows/renovate-regenerate.yml",
        "with": {name: value for name, value in given.items() if value},
        "secrets": {"app-private-key": "${{ secrets.KEY }}"},
    }
    document = {"on": "pull_request", "permissions": {}, "jobs": {"call": call}}
    return yaml.safe_dump(document, sort_keys=False)


def pull_request(
    tools: Tools, folder: Path, command: str = COMMAND, *, branch: str = BRANCH, **inputs: str
) -> Case:
    """One in which `the file.in` was changed."""
    github = Github(tools=tools, folder=folder)
    copy_workflow("renovate-regenerate.yml", github.clone)
    github.create({**FILES, CALLER: caller(command, **inputs)})
    base = github.head("main")
    head = github.commit(branch, {"the file.in": "two\n"})
    return Case(github=github, base=base, head=head, branch=branch)


def test_what_is_stale_is_made_again_and_pushed(tools: Tools, tmp_path: Path) -> None:
    case = pull_request(tools, tmp_path)
    run = case.run()
    assert run.results == {"regenerate": "success", "push": "success"}, run
    assert case.github.show(BRANCH, "the file.lock") == "TWO"
    log = case.github.git("log", "--format=%an|%ae|%s", "-2", BRANCH, cwd=case.github.remote)
    assert log.splitlines() == [
        "github-actions[bot]|41898282+github-actions[bot]@users.noreply.github.com"
        "|Regenerated after the update",
        f"somebody|somebody@localhost|on {BRANCH}",
    ]
    assert f"commit={case.github.head(BRANCH)}" in run.log
    assert "No checks" not in run.log
    assert "the-key" not in run.log

    # GitHub starts the workflow again for that push: it must come to rest.
    again = Case(
        github=case.github, base=case.base, head=case.github.head(BRANCH), branch=BRANCH
    ).run()
    assert again.results == {"regenerate": "success"}, again
    assert "is this workflow's own" in again.log


def test_all_kinds_of_changes_arrive(tools: Tools, tmp_path: Path) -> None:
    command = r"""
    printf '\0\377\0' > 'a binary.lock'
    mkdir -p 'deep/er'; echo 1 > 'deep/er/ü "quoted".lock'; chmod +x 'deep/er/ü "quoted".lock'
    rm 'the file.lock'
    """
    case = pull_request(tools, tmp_path, command, paths="  *.lock  \n\n  deep/**/*.lock\n")
    run = case.run()
    assert run.results == {"regenerate": "success", "push": "success"}, run
    names = case.github.git("ls-tree", "-rz", "--name-only", BRANCH, cwd=case.github.remote)
    locks = [name for name in names.split("\0") if name.endswith(".lock")]
    assert locks == ["a binary.lock", 'deep/er/ü "quoted".lock']
    mode = case.github.git("ls-tree", "-r", BRANCH, "deep", cwd=case.github.remote)
    assert mode.startswith("100755 ")


def test_nothing_to_do(tools: Tools, tmp_path: Path) -> None:
    case = pull_request(tools, tmp_path, "if changed 'src/*'; then echo 1 > 'the file.lock'; fi")
    run = case.run()
    assert run.results == {"regenerate": "success"}, run
    assert "Nothing to do" in run.log
    assert case.untouched


@pytest.mark.parametrize(
    ("branch", "said"),
    [
        ("renovate/lock-file-maintenance", "maintenance=true"),
        ("renovate/pip-compile-refresh", "maintenance=true"),
        (BRANCH, "maintenance=false"),
    ],
)
def test_the_command_knows_lock_file_maintenance(
    tools: Tools, tmp_path: Path, branch: str, said: str
) -> None:
    run = pull_request(tools, tmp_path, 'echo "maintenance=$MAINTENANCE"', branch=branch).run()
    assert run.results == {"regenerate": "success"}, run
    assert f"\n{said}" in run.log


@pytest.mark.parametrize(
    ("user", "repository", "branch"),
    [
        ("mallory", "acme/shop", BRANCH),
        ("renovate[bot]", "mallory/shop", BRANCH),
        ("renovate[bot]", "acme/shop", "feature"),
    ],
    ids=["another author", "a fork", "another branch"],
)
def test_others_pull_requests_run_nothing(
    tools: Tools, tmp_path: Path, user: str, repository: str, branch: str
) -> None:
    case = pull_request(tools, tmp_path, branch=branch)
    run = case.run(user=user, repository=repository)
    assert (run.code, run.results) == (0, {}), run
    assert case.untouched


REFUSED = {
    "a file that is not named": ("echo >> 'src/app.py'", "*.lock", "- src/app.py"),
    "a file in a folder": ("mkdir d; echo > 'd/a b.lock'", "*.lock", "- d/a b.lock"),
    "a deleted file": ("rm src/app.py", "*.lock", "- src/app.py"),
    "a workflow": ("echo >> .github/workflows/caller.yml", "**", "must not change .github"),
    "a symbolic link": ("ln -s /etc/passwd a.lock", "*.lock", "Symbolic links"),
    "anything, where nothing is named": ("echo > a.lock", " \n", "names no file"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_other_changes_are_refused(tools: Tools, tmp_path: Path, what: str) -> None:
    command, paths, said = REFUSED[what]
    case = pull_request(tools, tmp_path, command, paths=paths)
    case.ends({"regenerate": "success", "push": "failure"}, said)
    assert case.untouched


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo half > 'the file.lock'; exit 3", "The command ended 3."),
        ("false; echo done > 'the file.lock'", "The command ended 1."),
        ("echo $UNSET > 'the file.lock'", "unbound variable"),
        ("cat nowhere | sort > 'the file.lock'", "The command ended 1."),
    ],
)
def test_a_command_that_fails_pushes_nothing(
    tools: Tools, tmp_path: Path, command: str, said: str
) -> None:
    case = pull_request(tools, tmp_path, command)
    case.ends({"regenerate": "failure"}, said)
    assert case.untouched


def test_what_cannot_be_compared_is_not_taken_for_unchanged(tools: Tools, tmp_path: Path) -> None:
    case = pull_request(tools, tmp_path)
    unknown = Case(github=case.github, base="1" * 40, head=case.head, branch=BRANCH)
    run = unknown.run()
    assert run.results == {"regenerate": "failure"}, run
    assert case.untouched


def test_without_an_app_the_missing_checks_are_announced(tools: Tools, tmp_path: Path) -> None:
    case = pull_request(tools, tmp_path, **{"app-client-id": ""})
    run = case.run(secrets={"KEY": ""})
    assert run.results == {"regenerate": "success", "push": "success"}, run
    assert "GitHub starts no checks" in run.log
    assert case.github.show(BRANCH, "the file.lock") == "TWO"


def test_an_app_without_a_key_fails(tools: Tools, tmp_path: Path) -> None:
    case = pull_request(tools, tmp_path)
    run = case.run(secrets={"KEY": ""})
    assert run.results == {"regenerate": "success", "push": "failure"}, run
    assert case.untouched


def test_a_branch_that_has_moved_on_is_left_to_its_own_run(tools: Tools, tmp_path: Path) -> None:
    overtake = (
        'git -c user.name=x -c user.email=x@localhost commit --quiet --allow-empty -m "rebased"\n'
        f'git push --quiet --force "$REMOTE" HEAD:refs/heads/{BRANCH}\n'
        "git reset --quiet --hard HEAD~1\n"
    )
    case = pull_request(tools, tmp_path, overtake + COMMAND)
    run = case.run()
    assert run.results == {"regenerate": "success", "push": "success"}, run
    assert "has moved on" in run.log
    subject = case.github.git("log", "-1", "--format=%s", BRANCH, cwd=case.github.remote)
    assert subject == "rebased"


@contextmanager
def refusing_host() -> Iterator[tuple[str, list[str]]]:
    """A code host that lets nobody in; its address and the credentials that it was shown."""
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers.get("Authorization", ""))
            self.send_error(403)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", shown
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("app", [True, False])
def test_the_token_goes_to_the_host_only_and_a_refused_push_is_an_error(
    tools: Tools, tmp_path: Path, app: bool
) -> None:
    case = pull_request(tools, tmp_path, **({} if app else {"app-client-id": ""}))
    with refusing_host() as (address, shown):
        variables = {"GITHUB_SERVER_URL": address, "PUSH_URL": f"{address}/acme/shop"}
        results = {"regenerate": "success", "push": "failure"}
        run = case.ends(results, "The push was refused", variables=variables)
    token = APP_TOKEN if app else "the-default-token"
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    assert set(shown) == {f"basic {basic}"}
    assert basic not in run.log
