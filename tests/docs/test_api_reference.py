"""The API's reference page is made of the route table and the wire structs, and nothing else."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_of_the_api_is_what_the_code_says() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "api_reference.py"), run_name="reference")
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    assert page == made["page"](), "run: python tools/api_reference.py"
