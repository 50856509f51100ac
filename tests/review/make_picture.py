"""Makes docs/images/review.png: two pages of a pack of days made up at random.

Usage: .venv/bin/python tests/review/make_picture.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests"))

import typst  # noqa: E402

from review_days import Days  # noqa: E402
from scenes import START_US  # noqa: E402
from wideberth.faces.cli._material import may_show_as  # noqa: E402
from wideberth.faces.cli.report import land_outline  # noqa: E402
from wideberth.model.ids import PartyId  # noqa: E402
from wideberth.review.facts import Facts  # noqa: E402
from wideberth.review.period import Period  # noqa: E402
from wideberth.review.report import Head, made  # noqa: E402
from wideberth.review.typeset import layout, to_typeset  # noqa: E402
from wideberth.space.time import DAY_US  # noqa: E402

PAGES = (1, 3)
SIDE_BY_SIDE = """#set page(width: auto, height: auto, margin: 4pt, fill: rgb("#c8c8c2"))
#grid(columns: 2, gutter: 6pt, image("1.png", width: 300pt), image("3.png", width: 300pt))"""


def main() -> None:
    """Write the picture."""
    entries = Days(11).run(900, pause_min=20).entries
    reader = PartyId("charlie")
    facts, may_show = Facts(reader), may_show_as(reader)
    for position, entry in enumerate(entries):
        if may_show(entry):
            facts.take(position, entry)
        facts.warn(position, entry)
    period = Period(START_US + 7 * DAY_US, START_US + 14 * DAY_US)
    head = Head("demo.example/space", len(entries), "00" * 32)
    data = to_typeset(made(facts, period, head, land=land_outline()))
    pages = typst.compile(
        layout(), sys_inputs={"data": data}, ignore_system_fonts=True, format="png", ppi=110
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for page in PAGES:
            (folder / f"{page}.png").write_bytes(pages[page - 1])
        source = folder / "both.typ"
        source.write_text(SIDE_BY_SIDE, encoding="utf-8")
        picture = typst.compile(str(source), format="png", ppi=140)
    (PROJECT / "docs" / "images" / "review.png").write_bytes(picture)


if __name__ == "__main__":
    main()
