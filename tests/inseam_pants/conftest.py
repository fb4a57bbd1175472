"""A small workspace under the real rule engine of Pants."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from pants.backend.python import target_types_rules
from pants.backend.python.dependency_inference import rules as dependency_inference
from pants.backend.python.target_types import (
    PythonRequirementTarget,
    PythonSourcesGeneratorTarget,
    PythonTestsGeneratorTarget,
)
from pants.core.goals import fix, lint
from pants.core.goals.tailor import PutativeTargets
from pants.core.target_types import FileTarget
from pants.core.util_rules import source_files
from pants.engine.fs import Digest, DigestContents, PathGlobs, Paths
from pants.engine.goal import Goal
from pants.engine.target import InferredDependencies
from pants.testutil.rule_runner import (
    PYTHON_BOOTSTRAP_ENV,
    GoalRuleResult,
    QueryRule,
    RuleRunner,
)

from inseam_pants import register
from inseam_pants.base import BaseCommit, BaseCommitRequest, BaseFiles, BaseFilesRequest
from inseam_pants.inference import InferServiceDependencies
from inseam_pants.lock_files import LockFiles, LockFilesRequest
from inseam_pants.services import DescribedService, DescriptionRequest, ServiceIndex
from inseam_pants.tailor import PutativeServicesRequest

PEX_VERSION = "2.1.137"
"""The PEX that Pants 2.17.1 runs."""

INHERITED = {
    *PYTHON_BOOTSTRAP_ENV,
    *(f"PANTS_PEX_CLI_{option}" for option in ("VERSION", "URL_TEMPLATE", "KNOWN_VERSIONS")),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
}


@pytest.fixture(scope="session")
def pex_cli(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """How Pants finds its PEX: as the launcher says, or built as the launcher builds it."""
    if "PANTS_PEX_CLI_URL_TEMPLATE" in os.environ:
        return {}
    pex = tmp_path_factory.mktemp("pex") / "pex"
    requirement = f"pex=={PEX_VERSION}"
    subprocess.run(
        [sys.executable, "-m", "pex", requirement, "-c", "pex", "-o", str(pex)],
        check=True,
        timeout=120,
    )
    content = pex.read_bytes()
    system = {"Darwin": "macos"}.get(platform.system(), "linux")
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    known = (f"v{PEX_VERSION}", f"{system}_{machine}", hashlib.sha256(content).hexdigest())
    return {
        "PANTS_PEX_CLI_VERSION": f"v{PEX_VERSION}",
        "PANTS_PEX_CLI_URL_TEMPLATE": pex.as_uri(),
        "PANTS_PEX_CLI_KNOWN_VERSIONS": str(["|".join((*known, str(len(content))))]),
    }


@dataclass
class Workspace:
    """A workspace and what runs rules on it."""

    runner: RuleRunner
    pex_cli: Mapping[str, str]

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, relative to the root."""
        self.runner.write_files(dict(files))

    def options(self, *arguments: str) -> None:
        """Set options for the next requests."""
        self.runner.set_options(arguments, env=self.pex_cli, env_inherit=INHERITED)

    def goal(self, goal: type[Goal], *arguments: str) -> GoalRuleResult:
        """Run a goal; arguments that are no specs are options of any scope."""
        options = [argument for argument in arguments if argument.startswith("-")]
        specs = [argument for argument in arguments if not argument.startswith("-")]
        return self.runner.run_goal_rule(
            goal, global_args=options, args=specs, env=self.pex_cli, env_inherit=INHERITED
        )


@pytest.fixture(scope="module")
def workspace(pex_cli: Mapping[str, str]) -> Workspace:
    """One for all tests of a module: setting one up takes seconds. Tests use folders of their
    own in it."""
    runner = RuleRunner(
        rules=[
            *(rule for module in _MODULES for rule in module.rules()),
            *_QUERIES,
        ],
        target_types=[
            FileTarget,
            PythonRequirementTarget,
            PythonSourcesGeneratorTarget,
            PythonTestsGeneratorTarget,
            *register.target_types(),
        ],
    )
    made = Workspace(runner, pex_cli)
    made.options()
    return made


_MODULES = (dependency_inference, fix, lint, source_files, target_types_rules, register)
_QUERIES = (
    QueryRule(BaseCommit, (BaseCommitRequest,)),
    QueryRule(BaseFiles, (BaseFilesRequest,)),
    QueryRule(DescribedService, (DescriptionRequest,)),
    QueryRule(LockFiles, (LockFilesRequest,)),
    QueryRule(Paths, (PathGlobs,)),
    QueryRule(InferredDependencies, (InferServiceDependencies,)),
    QueryRule(PutativeTargets, (PutativeServicesRequest,)),
    QueryRule(ServiceIndex, ()),
    QueryRule(DigestContents, (Digest,)),
)
