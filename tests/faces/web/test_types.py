"""The types of the console's modules, as TypeScript checks them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.npm_tools import ROOT, node, tool

PLANTED = """
import { h } from "%s";

/** @param {number} metres */
const double = (metres) => 2 * metres;
export const wrong = [double("three"), h("p").noSuchMember, notThere];
"""


def checked(*files: Path) -> tuple[int, str]:
    """The exit status of the check of these files, or of all modules, and what it says."""
    done = subprocess.run(
        [*node(), ROOT / "tools/console/types.mjs", tool("typescript/lib/typescript.js"), *files],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_types_of_the_modules_fit() -> None:
    status, said = checked()
    assert (status, said.splitlines()[-1].split(" in ")[0]) == (0, "0 errors"), said


def test_a_planted_wrong_type_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.js"
    text = ROOT / "src/wideberth/faces/web/static/js/text.js"
    planted.write_text(PLANTED % text)
    status, said = checked(planted)
    assert status == 1
    for fault in (
        "Argument of type 'string' is not assignable to parameter of type 'number'",
        "Property 'noSuchMember' does not exist",
        "Cannot find name 'notThere'",
        "3 errors in 1 modules",
    ):
        assert fault in said, said
