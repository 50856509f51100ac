"""The audit of dependencies fails on what is known, and never takes silence for an answer."""

from __future__ import annotations

import json
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "audit.py"), run_name="audit")
LOCK = Path("runtime.lock")

CLEAN = {"name": "a", "version": "1", "vulns": []}
KNOWN = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI"}


def said(*dependencies: dict[str, Any]) -> tuple[int, str, str]:
    return 0, json.dumps({"dependencies": dependencies}), "No known vulnerabilities found"


NO_NETWORK = (1, "", "ERROR:pip_audit._cli: could not connect")


@pytest.mark.parametrize(
    ("answers", "usual", "required", "words"),
    [
        pytest.param([said(CLEAN)], 0, 0, "1 looked up, 0 known", id="nothing known"),
        pytest.param([said(CLEAN, KNOWN)], 1, 1, "PYSEC-2026-1, fixed in 3", id="known"),
        pytest.param([NO_NETWORK, NO_NETWORK], 0, 1, "could not connect", id="no network"),
        pytest.param([NO_NETWORK, said(KNOWN)], 1, 1, "PYSEC", id="the second service knows"),
        pytest.param([said(SKIPPED), said(SKIPPED)], 0, 1, "NOT AUDITED", id="a mirror"),
        pytest.param([said(CLEAN, SKIPPED)], 0, 1, "NOT AUDITED c", id="one not looked up"),
        pytest.param([(0, "not json", "")] * 2, 0, 1, "ended with 0", id="no sense"),
    ],
)
def test_what_is_known_fails_and_what_was_not_asked_is_said(
    capsys: pytest.CaptureFixture[str],
    answers: list[tuple[int, str, str]],
    usual: int,
    required: int,
    words: str,
) -> None:
    for is_required, status in ((False, usual), (True, required)):
        left = iter(answers)

        def run(command: Sequence[str], left: Any = left) -> tuple[int, str, str]:
            assert str(LOCK) in command
            return next(left)

        assert TOOL["main"](run, [LOCK], required=is_required) == status
        assert words in capsys.readouterr().out
