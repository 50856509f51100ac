"""``wideberth convert TEXT``: a place or a time in every format, or what has to be asked first."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wideberth.errors import InvalidValue

if TYPE_CHECKING:
    from wideberth.space.coordinates import Bounds, Position, Question
    from wideberth.space.timetext import Instant

__all__ = ["command"]

READ, ASKED, BAD_INPUT = 0, 1, 2  # exit codes


class Format(StrEnum):
    """How the answer is printed."""

    TABLE = "table"
    JSON = "json"


def command(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A place or a time, in quotes.")],
    datum: Annotated[
        str | None,
        typer.Option(metavar="DATUM", help="The datum of MGRS, UTM or UPS: WGS84."),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="The IANA zone of a local time, like Asia/Kathmandu."),
    ] = None,
    area: Annotated[
        str | None,
        typer.Option(
            metavar="S,W,N,E", help="Ask about places outside of this box (degrees, no spaces)."
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE", help="What was asked about and is meant so; repeat it."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = (
        Format.TABLE
    ),
) -> None:
    """Show a place or a time in every format, or ask what it means.

    Exit code 0: read. 1: it could mean several things, and each is printed. 2: it is neither a
    place nor a time. Begin a negative place with --: wideberth convert -- "-33.9, 151.2".
    """
    from wideberth.faces.cli._area import bounds_of

    try:
        found = _found(text, datum, zone, bounds_of(area), frozenset(accept or ()))
    except InvalidValue as error:
        print(f"{error.field}: {error.advice} [{error.rule}]", file=sys.stderr)
        raise typer.Exit(BAD_INPUT) from None
    rows, code = _answer(found)
    if form is Format.JSON:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print_table(rows)
    raise typer.Exit(code)


def _found(
    text: str,
    datum: str | None,
    zone: str | None,
    area: Bounds | None,
    accepted: frozenset[str],
) -> Position | Instant | Question:
    """A time where the text is one in any format, else a place."""
    from wideberth.space.coordinates import parse_position
    from wideberth.space.timetext import parse_time

    try:
        return parse_time(text, field="TEXT", zone=zone)
    except InvalidValue as error:
        if error.rule not in ("time", "length"):
            raise
    return parse_position(text, field="TEXT", datum=datum, area=area, accepted=accepted)


def _answer(found: Position | Instant | Question) -> tuple[dict[str, Any], int]:
    from wideberth.space.coordinates import Position, Question

    if isinstance(found, Question):
        return _question(found), ASKED
    return (_position(found) if isinstance(found, Position) else _instant(found)), READ


def _question(found: Question) -> dict[str, Any]:
    return {
        "question": found.advice,
        "rule": found.rule,
        "choices": [{"text": choice.text, "meaning": choice.meaning} for choice in found.choices],
    }


def _position(found: Position) -> dict[str, Any]:
    from wideberth.space.coordinates import CoordinateFormat, format_position

    rows: dict[str, Any] = {"read as": found.format.value, "datum": found.datum}
    rows["within"] = _length(found.within_mm)
    if found.cell is not None:
        rows["names"] = "a square, and the formats of points give its middle"
    for form in CoordinateFormat:
        try:
            rows[form.value] = format_position(found.latitude_nd, found.longitude_nd, form)
        except InvalidValue:  # UTM at a pole, UPS elsewhere
            continue
    if found.cell is not None:
        rows[found.format.value] = found.original
    return rows


def _length(millimetres: int) -> str:
    metres = millimetres / 1000
    if metres >= 1000:
        return f"{metres / 1000:.1f} km"
    return f"{metres:.1f} m" if metres >= 1 else f"{millimetres} mm"


def _instant(found: Instant) -> dict[str, Any]:
    from wideberth.space.timetext import TimeFormat, format_time

    rows: dict[str, Any] = {"read as": found.format.value}
    if found.is_estimate:
        rows["estimated"] = "EST: it may come later"
    zone = found.zone if "/" in found.zone else "UTC"
    for form in TimeFormat:
        try:
            rows[form.value] = format_time(found.time_us, form, zone=zone)
        except InvalidValue:  # a zone without a letter, a year that NOTAMs cannot hold
            continue
    return rows


def _print_table(rows: dict[str, Any]) -> None:
    if "question" in rows:
        print(f"{rows['question']} [{rows['rule']}]")
        for choice in rows["choices"]:
            print(f"  {choice['text']}    {choice['meaning']}")
        return
    width = max(len(name) for name in rows)
    for name, value in rows.items():
        print(f"{name:<{width}}  {value}")
