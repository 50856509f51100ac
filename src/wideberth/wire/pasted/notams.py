"""NOTAM text as drafts: the area of item E), or the circle of the Q line, with B) C) D) F) G).

Read strictly (ICAO Doc 8126, item Q to G): circles, polygons and lines with a width. What has an
arc, a border, a bearing or an exception is not drawn, and it is said why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from wideberth.errors import InvalidValue
from wideberth.space.positions import Question
from wideberth.space.schedules import parse_schedule
from wideberth.space.time import format_rfc3339
from wideberth.space.timetext import Instant, NotamPeriod, parse_notam_period, parse_time
from wideberth.wire import asked
from wideberth.wire.pasted.drafts import (
    FEET_M,
    NAUTICAL_MILE_M,
    Draft,
    DraftPlace,
    Reading,
    Shape,
    place_of,
)
from wideberth.wire.pasted.heights import height_of

__all__ = ["read_notams"]

_MOST = 50  # messages of one text
_WORDS = 2_000  # characters of item E) that are shown
_HEAD = re.compile(r"(?m)^\s*\(?(?=[A-Z]\d{4}/\d{2}\b)")
_ITEM = re.compile(r"(?:(?<=[\s(])|^)([QABCDEFG])\)\s*")
_PLACE = re.compile(
    r"\d{2}(?:[- °]?\d{2}(?:[- '′]?\d{2}(?:\.\d{1,4})?|\.\d{1,4})?)[\"″]?\s?[NS]"
    r"[ ,/]{0,3}"
    r"\d{3}(?:[- °]?\d{2}(?:[- '′]?\d{2}(?:\.\d{1,4})?|\.\d{1,4})?)[\"″]?\s?[EW](?![A-Z])"
)
_LEFT_OVER = re.compile(r"\d{4,}(?:\.\d+)?\s?[NSEW](?![A-Z])|\d+[°]")
_LENGTH = r"(\d{1,4}(?:\.\d{1,3})?) ?(NM|KM|M|FT)\b"
_RADIUS = re.compile(
    rf"(?:RADIUS|RAD)(?: OF)?[ :=]{{0,2}}{_LENGTH}|{_LENGTH} ?(?:RADIUS|RAD)\b"
    rf"|\b(?:WI|WITHIN) (?:A )?{_LENGTH} (?:OF|FROM)\b"
)
_SIDES = re.compile(rf"{_LENGTH} (?:ON )?(?:EITHER|EACH|BOTH) SIDES?\b")
_WIDE = re.compile(rf"{_LENGTH} (?:WIDE|WIDTH)\b|\bWIDTH(?: OF)? {_LENGTH}")
_NOT_DRAWN = re.compile(
    r"\b(ARC|CLOCKWISE|ANTI-?CLOCKWISE|COUNTER-?CLOCKWISE|ALONG|BORDER|COAST(?:LINE)?|RIVER|SECTOR"
    r"|EXC|EXCEPT|EXCLUDING|EXCLUDED|BRG|BEARING|RADIALS?|QDR|QDM|FIR BOUNDARY|SEMICIRCLE)\b"
)
_Q_PLACE = re.compile(r"(\d{4}[NS]\d{5}[EW])(\d{3})")
_METRES = {"NM": NAUTICAL_MILE_M, "KM": 1000.0, "M": 1.0, "FT": FEET_M}
_FIR_WIDE_NM = 999  # of the Q line: the whole region, which is no circle


class _Around(NamedTuple):
    """What a message says of its areas besides their shapes."""

    lower: asked.AltitudeWire | None
    upper: asked.AltitudeWire | None
    start: str | None
    end: str | None
    times: str | None
    words: str | None
    name: str | None


def read_notams(text: str) -> Reading:
    """A draft for each area of each message."""
    reading = Reading("notam")
    for row, message in enumerate(_messages(text.upper()), start=1):
        if row > _MOST:
            error = InvalidValue("text", "message-count", f"over {_MOST}", "paste fewer messages")
            reading.trouble(error, 0)
            break
        _read_message(message, row, reading)
    return reading


def _messages(text: str) -> Iterator[str]:
    starts = [match.start() for match in _HEAD.finditer(text)]
    if len(starts) < 2:
        yield text
        return
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield text[start:end]


def _read_message(message: str, row: int, reading: Reading) -> None:
    items = _items(message)
    if re.search(r"\bNOTAMC\b", message):
        reading.trouble(
            InvalidValue("text", "notam-cancel", message[:60], "it cancels another: nothing is in"),
            row,
        )
        return
    if "E" not in items and "Q" not in items:
        advice = "there is no item E) and no item Q) in it"
        reading.trouble(InvalidValue("text", "notam", message[:60], advice), row)
        return
    start, end = _period(items, reading, row)
    number = re.search(r"\b[A-Z]\d{4}/\d{2}\b", message)
    around = _Around(
        lower=_height(items, "F", reading, row),
        upper=_height(items, "G", reading, row),
        start=start,
        end=end,
        times=_schedule(items, reading, row),
        words=" ".join(items["E"].split())[:_WORDS] if "E" in items else None,
        name=f"NOTAM {number[0]}" if number else None,
    )
    before = len(reading.troubles)
    drafts = list(_areas(items.get("E", ""), row, reading))
    if not drafts and len(reading.troubles) == before:
        drafts = list(_of_q_line(items.get("Q"), row, reading))
    for shape, places, radius_m, width_m in drafts:
        reading.add(
            Draft(row, shape, places, radius_m=radius_m, width_m=width_m, **around._asdict())
        )


def _items(message: str) -> dict[str, str]:
    """The items by their letters, in the order of the format: an E) may quote any letter but F), G)
    after it, and of these the last ones count.
    """
    found = [(match[1], match.start(), match.end()) for match in _ITEM.finditer(message)]
    marks: list[tuple[str, int, int]] = []
    for mark in found:
        letter = mark[0]
        if marks and "QABCDEFG".index(letter) <= "QABCDEFG".index(marks[-1][0]):
            if letter in "FG" and any(each[0] == "E" for each in marks):
                marks = [each for each in marks if each[0] < letter or each[0] == "Q"]
                marks.append(mark)
            continue
        marks.append(mark)
    if not marks:
        return {}
    ends = [start for _, start, _ in marks[1:]] + [len(message)]
    return {
        letter: message[begin:end].strip().rstrip(")").strip()
        if letter in "FG"
        else message[begin:end].strip()
        for (letter, _, begin), end in zip(marks, ends, strict=True)
    }


def _period(items: dict[str, str], reading: Reading, row: int) -> tuple[str | None, str | None]:
    """B) and C), each where it is read."""
    start, end = _first_line(items.get("B", "")), _first_line(items.get("C", ""))
    if not start:
        return None, None
    try:
        period = parse_notam_period(start, end) if end else parse_time(start, field="B")
    except InvalidValue as error:
        reading.trouble(error, row)
        return None, None
    match period:
        case Question():
            reading.trouble(period, row)
            return None, None
        case Instant():
            return format_rfc3339(period.time_us), None
        case NotamPeriod():
            begin = format_rfc3339(period.start.time_us)
            return begin, _end(period.end, end, reading, row)


def _end(finish: Instant | None, text: str, reading: Reading, row: int) -> str | None:
    if finish is not None and not finish.is_estimate:
        return format_rfc3339(finish.time_us)
    rule = "open-ended" if finish is None else "estimated-end"
    advice = "say when it ends, at the latest: everything told has an end"
    reading.trouble(InvalidValue("C", rule, text, advice), row)
    return None


def _first_line(text: str) -> str:
    return text.split("\n", maxsplit=1)[0].strip()


def _height(
    items: dict[str, str], item: str, reading: Reading, row: int
) -> asked.AltitudeWire | None:
    text = _first_line(items.get(item, ""))
    if not text:
        return None
    return reading.tried(lambda: height_of(text, item), row)


def _schedule(items: dict[str, str], reading: Reading, row: int) -> str | None:
    text = " ".join(items.get("D", "").split())
    if not text:
        return None
    try:
        parse_schedule(text, field="D")
    except InvalidValue as error:
        reading.trouble(error, row)
        return None
    return text


_Area = tuple[Shape, tuple[DraftPlace, ...], float | None, float | None]


def _areas(text: str, row: int, reading: Reading) -> Iterator[_Area]:
    """The shapes of item E); nothing where it names no place, or what it says cannot be drawn."""
    words = " ".join(text.split())
    written = _PLACE.findall(words)
    rest = _PLACE.sub(" ", words)
    if not written and not _LEFT_OVER.search(rest):
        return
    for pattern, rule, advice in (
        (_LEFT_OVER, "coordinate-left", "this looks like a part of a place, and is read as none"),
        (
            _NOT_DRAWN,
            "not-drawn",
            "what this word says of the area cannot be drawn; draw it by hand",
        ),
    ):
        if match := pattern.search(rest):
            reading.trouble(InvalidValue("E", rule, match[0], advice), row)
            return
    places: list[DraftPlace] = []
    for each in written:
        found = reading.tried(lambda each=each: place_of(each, datum=None, field="E"), row)
        if isinstance(found, Question):
            reading.trouble(found, row)
            found = None
        if found is None:
            return
        places.append(found)
    yield from _shapes(places, words, row, reading)


def _shapes(places: list[DraftPlace], words: str, row: int, reading: Reading) -> Iterator[_Area]:
    radii = [_metres(match) for match in _RADIUS.finditer(words)]
    widths = [2 * _metres(match) for match in _SIDES.finditer(words)]
    widths += [_metres(match) for match in _WIDE.finditer(words)]
    if (radii and widths) or len(widths) > 1:
        advice = "it has several lengths; draw it by hand"
        reading.trouble(InvalidValue("E", "several-lengths", words[:60], advice), row)
    elif widths:
        yield "corridor", tuple(places), None, widths[0]
    elif radii and len(radii) in (1, len(places)) and (len(places) == 1 or len(radii) > 1):
        for place, radius_m in zip(places, radii, strict=True):
            yield "circle", (place,), radius_m, None
    elif radii:
        advice = f"{len(radii)} radius and {len(places)} places do not belong together; draw it"
        reading.trouble(InvalidValue("E", "radius-of-what", words[:60], advice), row)
    else:
        yield from _polygons(places, words, row, reading)


def _metres(match: re.Match[str]) -> float:
    number, unit = (each for each in match.groups() if each is not None)
    return float(number) * _METRES[unit]


def _polygons(places: list[DraftPlace], words: str, row: int, reading: Reading) -> Iterator[_Area]:
    """A ring ends where it comes back to its first place; the last one may be left open."""
    rings: list[list[DraftPlace]] = [[]]
    for place in places:
        ring = rings[-1]
        ring.append(place)
        if len(ring) > 1 and _key(ring[0]) == _key(place):
            rings.append([])
    rings = [ring for ring in rings if ring]
    if any(len({_key(place) for place in ring}) < 3 for ring in rings):
        advice = "one or two places without a radius or a width are no area; draw it by hand"
        reading.trouble(InvalidValue("E", "too-few", words[:60], advice), row)
        return
    for ring in rings:
        yield "polygon", tuple(ring), None, None


def _key(place: DraftPlace) -> tuple[float, float]:
    return place.longitude, place.latitude


def _of_q_line(text: str | None, row: int, reading: Reading) -> Iterator[_Area]:
    """The circle of item Q), which holds all of the area, rounded up to whole miles."""
    match = None if text is None else _Q_PLACE.search(re.sub(r"\s", "", text))
    radius_nm = 0 if match is None else int(match[2])
    if match is None or not 0 < radius_nm < _FIR_WIDE_NM:
        advice = "item E) names no place, and item Q) no circle; draw it by hand"
        reading.trouble(InvalidValue("E, Q", "no-place", text, advice), row)
        return
    place = reading.tried(lambda: place_of(match[1], datum=None, field="Q"), row)
    if isinstance(place, DraftPlace):
        reading.notes.append(
            f"Message {row}: item E) names no place. Drawn is the circle of item Q), {radius_nm}"
            " NM: it is rounded up and may be larger than the area."
        )
        yield "circle", (place,), radius_nm * NAUTICAL_MILE_M, None
