"""The tools, installed once; where that cannot be done, tests are skipped and say why."""

from __future__ import annotations

import pytest
from renovate_run import NotInstalled, Tools, install


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Renovate and the tools for workflows."""
    try:
        return install()
    except NotInstalled as error:
        pytest.skip(f"Renovate cannot be installed here: {error}")
