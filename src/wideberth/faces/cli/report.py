"""``wideberth report``: the pack for a review meeting, as one party sees the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import FolderOption, complaints
from wideberth.faces.cli._material import TokenOption, UrlOption, may_show_as, the_material

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wideberth.evidence.material import Material
    from wideberth.model.ids import PartyId
    from wideberth.review.facts import Facts
    from wideberth.review.period import Period
    from wideberth.review.report import Report

__all__ = ["command", "land_outline", "packed", "report_of"]

_LEFT_OUT = (
    "Warnings are left out: a service gives a party the entries that it reads whole, and a warning"
    " to two parties is none of those. A report from the node's folder has them."
)


def command(
    from_time: Annotated[
        str, typer.Option("--from", metavar="TIME", help="From this time on, RFC 3339.")
    ],
    to_time: Annotated[str, typer.Option("--to", metavar="TIME", help="Before this time.")],
    party: Annotated[str, typer.Option(metavar="PARTY", help="Whose report it is.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where report.html, report.pdf and report.json go. [default: none]"
        ),
    ] = None,
    folder: FolderOption = Path("wideberth-data"),
    url: UrlOption = None,
    token: TokenOption = None,
) -> None:
    """Make the pack for a review meeting: figures of a period, the previous one beside.

    Only what the party may read counts, and every number leads to its entries. The same record and
    the same question give the same bytes. The summary is printed.
    """
    from wideberth.model.ids import require_party_id
    from wideberth.review.period import period
    from wideberth.space.time import parse_rfc3339

    with complaints():
        reader = require_party_id(party, field="--party")
        asked = period(
            parse_rfc3339(from_time, field="--from"), parse_rfc3339(to_time, field="--to")
        )
        with the_material(
            folder, url=url, token=token, checkpoint=None, rule=None, party=reader
        ) as material:
            left_out = _LEFT_OUT if url is not None else ""
            report = report_of(material, reader, asked, left_out=left_out)
        _print(report)
        if out is not None:
            _write(out, report)


def report_of(material: Material, reader: PartyId, asked: Period, *, left_out: str = "") -> Report:
    """The report of a party for a period. Raises InvalidValue where nothing is about it."""
    from wideberth.review.report import Head, made

    facts = _read(material, reader)
    checkpoint = material.checkpoint
    head = Head(checkpoint.origin, checkpoint.size, checkpoint.root.hex(), left_out)
    return _in_words(made(facts, asked, head, land=land_outline()), material, reader)


def packed(report: Report) -> dict[str, bytes]:
    """The three files of the pack, by name. Raises InvalidValue without Typst."""
    from wideberth.faces.cli._typeset import as_pdf
    from wideberth.review.machine import as_json
    from wideberth.review.page import as_html

    return {
        "report.html": as_html(report),
        "report.pdf": as_pdf(report),
        "report.json": as_json(report),
    }


def _read(material: Material, reader: PartyId) -> Facts:
    """What the party may read, by subject. Raises InvalidValue where nothing is about it."""
    from wideberth.errors import InvalidValue
    from wideberth.model.entries import decode_entry
    from wideberth.review.facts import Facts

    facts = Facts(reader)
    may_show = may_show_as(reader)
    for row in material.rows():
        entry = decode_entry(row.envelope, position=row.position)
        if may_show(entry):
            facts.take(row.position, entry)
        facts.warn(row.position, entry)
    if facts.opened is None or not facts.name:
        raise InvalidValue("--party", "party-unknown", reader, "this state of the record has none")
    return facts


def _in_words(report: Report, material: Material, reader: PartyId) -> Report:
    """The same, each entry that the party may read whole with a sentence."""
    import msgspec

    from wideberth.evidence.alone.words import entry_words
    from wideberth.model.entries import decode_entry

    wanted = {each.position for each in report.entries}
    may_show = may_show_as(reader)
    says: dict[int, str] = {}
    for row in material.rows():
        if row.position in wanted and may_show(decode_entry(row.envelope, position=row.position)):
            says[row.position] = entry_words(msgspec.json.decode(row.envelope))[0]
    entries = tuple(
        msgspec.structs.replace(each, says=says.get(each.position, "")) for each in report.entries
    )
    return msgspec.structs.replace(report, entries=entries)


def land_outline() -> Iterator[list[tuple[float, float]]]:
    """The outline of the land, as the console has it: Natural Earth, public domain."""
    from importlib.resources import files

    import msgspec

    path = files("wideberth.faces.web") / "static" / "vendor" / "world-atlas" / "land.geojson"
    for feature in msgspec.json.decode(path.read_bytes())["features"]:
        shape = feature["geometry"]
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        for polygon in polygons:
            yield [(point[0], point[1]) for point in polygon[0]]


def _print(report: Report) -> None:
    """The summary as a table, and the sentences that stand on the first page."""
    from wideberth.model.exercises import EXERCISE_WORD

    if report.exercise:
        print(EXERCISE_WORD)
    print(f"Review of {report.name} ({report.party}), {report.period.words}")
    for sentence in (*report.sentences, report.head.left_out):
        if sentence:
            print(sentence)
    widest = max(len(what) for what, _, _ in report.summary)
    print(f"{'':{widest}}  {'this period':>11}  {'previous':>8}")
    for what, here, before in report.summary:
        print(f"{what:{widest}}  {here.text:>11}  {before.text:>8}")
    if report.exercise:
        print(EXERCISE_WORD)


def _write(out: Path, report: Report) -> None:
    """Three new files of mode 0600. Raises InvalidValue where one of them is there already."""
    from hashlib import sha256

    from wideberth.errors import InvalidValue, system_reason
    from wideberth.record.keys import write_new

    files = packed(report)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_new(out / name, data)
    except OSError as error:
        raise InvalidValue("--out", "unwritable", str(out), system_reason(error)) from None
    for name, data in files.items():
        print(f"wrote {out / name}: {len(data)} bytes, SHA-256 {sha256(data).hexdigest()}")
