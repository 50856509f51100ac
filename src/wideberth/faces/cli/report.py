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
    the same question give the same bytes, once the period is over. The summary is printed.
    """
    from time import time_ns

    from wideberth.model.ids import require_party_id
    from wideberth.review.period import period
    from wideberth.space.time import parse_rfc3339

    with complaints():
        reader = require_party_id(party, field="--party")
        asked = period(
            parse_rfc3339(from_time, field="--from"), parse_rfc3339(to_time, field="--to")
        )
        _require_new(out)
        with the_material(
            folder, url=url, token=token, checkpoint=None, rule=None, party=reader
        ) as material:
            left_out = _LEFT_OUT if url is not None else ""
            now_us = time_ns() // 1_000
            report = report_of(material, reader, asked, left_out=left_out, now_us=now_us)
        _print(report)
        if out is not None:
            _write(out, report)


def report_of(
    material: Material,
    reader: PartyId,
    asked: Period,
    *,
    left_out: str = "",
    now_us: int | None = None,
) -> Report:
    """The report of a party for a period. now_us: after which nothing has waited; None: the period
    is over. Raises InvalidValue where nothing is about it.
    """
    from wideberth.review.report import Head, made

    facts, whole = _read(material, reader)
    if now_us is not None:
        facts.now_us = now_us
    checkpoint = material.checkpoint
    head = Head(checkpoint.origin, checkpoint.size, checkpoint.root.hex(), left_out)
    return _in_words(made(facts, asked, head, land=land_outline()), material, whole)


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


def _read(material: Material, reader: PartyId) -> tuple[Facts, set[int]]:
    """What the party may read, by subject, and the positions of what it may read whole. Raises
    InvalidValue where nothing is about it.
    """
    from wideberth.errors import InvalidValue
    from wideberth.model.entries import decode_entry
    from wideberth.review.facts import Facts

    facts, whole = Facts(reader), set[int]()
    may_show = may_show_as(reader)
    for row in material.rows():
        entry = decode_entry(row.envelope, position=row.position)
        if may_show(entry):
            facts.take(row.position, entry)
            whole.add(row.position)
        facts.warn(row.position, entry)
    if facts.opened is None or not facts.name:
        raise InvalidValue("--party", "party-unknown", reader, "this state of the record has none")
    return facts, whole


_TITLED = (b'"IntentAccepted"', b'"IntentAmended"', b'"AgreementProposed"', b'"NoticeIssued"')
_LEADS = ("Time from telling to start", "Agreed minimum")


def _in_words(report: Report, material: Material, whole: set[int]) -> Report:
    """The same, each entry that the party may read whole with a sentence, which calls notices and
    agreements as people do.
    """
    import msgspec

    from wideberth.evidence.alone.shows import learn_titles, with_titles
    from wideberth.evidence.alone.words import entry_words

    wanted = whole.intersection(each.position for each in report.entries)
    says: dict[int, str] = {}
    titles: dict[str, str] = {}
    for row in material.rows():
        is_titled = row.position in whole and any(each in row.envelope for each in _TITLED)
        if row.position not in wanted and not is_titled:
            continue
        value = msgspec.json.decode(row.envelope)
        learn_titles(value["body"], titles)
        if row.position in wanted:
            sentence, told = entry_words(value)
            said = [with_titles(sentence, value["body"], titles)]
            is_account = value["body"]["type"] == "AccountGiven"
            said += [f"{name}: {text}." for name, text in told if is_account or name in _LEADS]
            says[row.position] = " ".join(said)
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


def _require_new(out: Path | None) -> None:
    """Raises InvalidValue where a pack is there already: before anything is worked out."""
    from wideberth.errors import InvalidValue

    for name in ("report.html", "report.pdf", "report.json"):
        if out is not None and (out / name).exists():
            advice = "it is there already, and no pack is written over; name a new folder"
            raise InvalidValue("--out", "there-already", str(out / name), advice)


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
