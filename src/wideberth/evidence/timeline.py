"""The timeline as text: minute by minute, what the record shows, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone

from wideberth.errors import InvalidValue
from wideberth.evidence.alone.phrases import duration_words
from wideberth.evidence.alone.shows import (
    HOST_CLOCK,
    Shown,
    ShownGroup,
    ShownLine,
    brief_facts,
    clock_words,
    clocks_between,
    proof_words,
)
from wideberth.evidence.scope import Scope
from wideberth.space.time import MINUTE_US, format_rfc3339

__all__ = [
    "NOT_CLEARANCE",
    "clock_lines",
    "group_words",
    "local_time",
    "offset_of",
    "time_of_day",
    "timeline_text",
]

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)", re.ASCII)

NOT_CLEARANCE = (
    "Only entries that their reader may see make lines. That nothing is shown is not clearance,"
    " and no account of any party is judged here."
)


def timeline_text(
    shown: Shown,
    scope: Scope,
    *,
    parties: Iterable[str] = (),
    tracks: Sequence[str] = (),
    offset: timezone | None = None,
    more_from_us: int | None = None,
) -> str:
    """The whole text. parties: between whose clocks the differences are told. tracks: lines about
    positions from the archive. offset: local time beside UTC, as its reader asked. more_from_us:
    it was too long, and ends there.
    """
    lines = [f"What the record shows, {scope.words}", NOT_CLEARANCE]
    if offset is not None:
        lines.append(f"Times in brackets: at {_offset_words(offset)}, as its reader asked.")
    lines += ["", "Clocks", *clock_lines(shown, parties)]
    lines += ["", *_minutes(shown.groups, scope, offset)]
    if shown.unplaced:
        lines += ["", "Told by clocks that nobody measured; their place in the order is not known"]
        lines += [each for line in shown.unplaced for each in _line(line, offset)]
    if more_from_us is not None:
        lines += ["", f"There is more: ask again from {format_rfc3339(more_from_us)}."]
    if tracks:
        lines += ["", "Positions that were kept", *tracks]
    return "\n".join(lines) + "\n"


def clock_lines(shown: Shown, parties: Iterable[str]) -> list[str]:
    """What is known of the parties' clocks, and of each two of them."""
    lines = [
        f"  {each.party}: {duration_words(each.low_us)} to {duration_words(each.high_us)} ahead of"
        f" the host's, as entry {each.position} says from {format_rfc3339(each.time_us)} on"
        for each in shown.clocks
    ]
    known = {each.party for each in shown.clocks}
    told = {line.clock for group in shown.groups for line in group.lines} - {HOST_CLOCK}
    told |= {line.clock for line in shown.unplaced}
    names = sorted({*parties, *told, *known})
    lines += [f"  {name}: nobody measured its clock" for name in names if name not in known]
    for one, two, apart in clocks_between(shown.clocks, known):
        if apart is not None:
            worst = duration_words(max(map(abs, apart)))
            lines.append(f"  {one} and {two}: may differ by up to {worst}")
    return lines or ["  no clock was measured, and no time here is by another than the host's"]


def group_words(group: ShownGroup) -> str | None:
    """What is said above lines whose order is not known; None for those in order."""
    if group.bound_us == 0 or len(group.lines) < 2:
        return None
    return f"order not known (clocks may differ by up to {duration_words(group.bound_us)})"


def time_of_day(time_us: int, offset: timezone | None = None) -> str:
    """The time of day in UTC, to the whole second that it is in, and beside it at an offset that is
    written out.

    >>> time_of_day(0, timezone(timedelta(hours=2)))
    '00:00:00Z (02:00:00+02:00)'
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    shown = moment.time().isoformat("seconds") + "Z"
    if offset is None:
        return shown
    return f"{shown} ({local_time(time_us, offset)})"


def local_time(time_us: int, offset: timezone) -> str:
    """A time at an offset, which is written out; with its day where that is another."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    local = moment.astimezone(offset)
    day = "" if local.date() == moment.date() else local.date().isoformat() + " "
    return day + local.timetz().isoformat("seconds")


def offset_of(text: str, *, field: str) -> timezone:
    """A zone of so many hours and minutes from UTC. Raises InvalidValue naming field."""
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        raise InvalidValue(field, "offset", text, "give it like +02:00")
    span = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-span if match[1] == "-" else span)


def _minutes(groups: Sequence[ShownGroup], scope: Scope, offset: timezone | None) -> Iterator[str]:
    if not groups:
        yield "No entry that its reader may see bears on this."
    last: str | None = None
    for group in groups:
        heading = _heading(group.lines[0].time_us, scope)
        if heading != last:
            yield heading
            last = heading
        words = group_words(group)
        if words is not None:
            yield f"  {words}:"
        for line in group.lines:
            indent = "" if words is None else "  "
            yield from (indent + each for each in _line(line, offset))


def _heading(time_us: int, scope: Scope) -> str:
    if time_us < scope.begin_us:
        return "Before, and bearing on it"
    return format_rfc3339(time_us // MINUTE_US * MINUTE_US).replace("T", " ")[:16] + " UTC"


def _line(line: ShownLine, offset: timezone | None) -> Iterator[str]:
    part = "; shown in part" if line.is_part else ""
    day = format_rfc3339(line.time_us)[:10]
    yield f"  {day} {time_of_day(line.time_us, offset)}  {line.kind}: {line.words}"
    clock = "" if line.clock == HOST_CLOCK else f"; by {clock_words(line)}"
    yield f"      [entry {line.position}; {proof_words(line)}{clock}{part}]"
    for name, text in brief_facts(line):
        yield f"      {name}: {text.replace(chr(10), '; ')}"


def _offset_words(offset: timezone) -> str:
    return datetime(1970, 1, 1, tzinfo=offset).strftime("%:z")
