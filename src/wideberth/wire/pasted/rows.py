"""Rows pasted from a spreadsheet, or CSV: a header, then a place or a shape in each row.

Which column is what is taken from its name, or said by whoever pastes; what is taken is told, so
that it can be looked at. A row that is not read is told with its number and its column.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal

from wideberth.errors import InvalidValue, Unclear
from wideberth.model.intents import IntentKind
from wideberth.space.positions import Question
from wideberth.space.time import format_rfc3339
from wideberth.space.timetext import parse_time
from wideberth.wire import asked
from wideberth.wire.pasted.drafts import (
    MAX_PLACES,
    NAUTICAL_MILE_M,
    Draft,
    DraftPlace,
    Reading,
    Shape,
    place_of,
)
from wideberth.wire.pasted.heights import height_of, reference_of

__all__ = ["FIELDS", "is_table", "read_rows"]

_NAMES: dict[str, tuple[str, ...]] = {
    "place": ("place", "position", "coordinates", "coordinate", "mgrs", "utm", "location"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "long", "lng"),
    "wkt": ("wkt", "geometry", "geom"),
    "radius_m": ("radius_m", "radius m", "radius (m)"),
    "radius_km": ("radius_km", "radius km", "radius (km)"),
    "radius_nm": ("radius_nm", "radius nm", "radius (nm)"),
    "width_m": ("width_m", "width m", "width (m)"),
    "lower": ("lower", "floor", "from height", "lowest"),
    "lower_m": ("lower_m", "lower m", "lower (m)", "floor_m", "floor (m)"),
    "lower_ft": ("lower_ft", "lower ft", "lower (ft)", "floor_ft", "floor (ft)"),
    "upper": ("upper", "ceiling", "to height", "highest"),
    "upper_m": ("upper_m", "upper m", "upper (m)", "ceiling_m", "ceiling (m)"),
    "upper_ft": ("upper_ft", "upper ft", "upper (ft)", "ceiling_ft", "ceiling (ft)"),
    "lower_units": ("lower_units",),
    "upper_units": ("upper_units",),
    "lower_reference": ("lower_reference",),
    "upper_reference": ("upper_reference",),
    "reference": ("reference", "datum of height", "height reference"),
    "start": ("start", "begin", "begins", "from", "start time"),
    "end": ("end", "ends", "until", "to", "end time"),
    "kind": ("kind",),
    "name": ("name", "call_sign", "callsign", "call sign", "place_name"),
    "group": ("group", "area", "intent"),
}
FIELDS = tuple(_NAMES)
"""What a column can be."""

_PLACING = ("place", "latitude", "longitude", "wkt")
_MARKS = ("\t", ";", ",")
_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})")
_WKT = re.compile(r"\s*(POINT|LINESTRING|POLYGON)(?: Z)?\s*(\(.*\))\s*", re.IGNORECASE | re.DOTALL)
_Row = dict[str, str]


def is_table(text: str) -> bool:
    """Whether the first line names columns of places, with tabs, semicolons or commas between."""
    header = _cells_of_first(text, _mark_of(text))
    known = {name for field in _PLACING for name in _NAMES[field]}
    return len(header) > 1 and any(_plain(cell) in known for cell in header)


def read_rows(
    text: str, *, shape: Shape | None, columns: dict[str, str] | None, datum: str | None
) -> Reading:
    """A draft for each row with a shape of its own; rows of a group, or all, as one area or line
    where shape says so.
    """
    reading = Reading("table")
    mark = _mark_of(text)
    rows = csv.reader(text.splitlines(keepends=True), delimiter=mark, strict=True)
    try:
        header = [cell.strip() for cell in next(rows, list[str]())]
        reading.columns = header
        reading.mapping = _mapping(header, columns)
        records = list(_records(rows, header, reading))
    except InvalidValue as error:
        reading.trouble(error, 0)
        return reading
    except csv.Error as error:
        advice = f"line {rows.line_num} is no row: {error}"
        reading.trouble(InvalidValue("text", "csv", "", advice), rows.line_num)
        return reading
    unread = [name for name in header if name and name not in reading.mapping.values()]
    if unread:
        names = ", ".join(name[:60] for name in unread[:12])
        reading.notes.append(f"Columns that are not read: {names}.")
    _Rows(reading, datum).read(records, shape)
    return reading


def _mark_of(text: str) -> str:
    first = text.lstrip("\n\r").split("\n", maxsplit=1)[0]
    return next((mark for mark in _MARKS if mark in first), ",")


def _cells_of_first(text: str, mark: str) -> list[str]:
    first = text.lstrip("\n\r").split("\n", maxsplit=1)[0]
    try:
        return next(csv.reader([first], delimiter=mark), list[str]())
    except csv.Error:
        return []


def _plain(name: str) -> str:
    return " ".join(name.lower().split())


def _mapping(header: list[str], given: dict[str, str] | None) -> dict[str, str]:
    """For each thing the name of its column. Raises InvalidValue."""
    twice = [name for name, count in Counter(header).items() if name and count > 1]
    if twice:
        raise InvalidValue("columns", "given-twice", twice[0][:60], "give each column a name once")
    if given is None:
        known = {name: field for field, names in _NAMES.items() for name in names}
        found: dict[str, str] = {}
        for name in header:
            field = known.get(_plain(name))
            if field is not None:
                found.setdefault(field, name)
    else:
        found = {field: name for field, name in given.items() if name}
        for field, name in found.items():
            if field not in _NAMES:
                raise InvalidValue("columns", "unknown-field", field[:60], "no column can be that")
            if name not in header:
                raise InvalidValue(f"columns.{field}", "no-column", name[:60], "not in the header")
    if not ("place" in found or "wkt" in found or {"latitude", "longitude"} <= found.keys()):
        raise InvalidValue(
            "columns",
            "no-place",
            ", ".join(header)[:120],
            "say which column is the place, or which are latitude and longitude",
        )
    return found


def _records(rows: Any, header: list[str], reading: Reading) -> Iterator[tuple[int, _Row | None]]:
    """The number of each line that is not blank, and what its columns say; None: not read."""
    for count, cells in enumerate(rows):
        line: int = rows.line_num
        if count >= MAX_PLACES:
            raise InvalidValue("text", "row-count", f"over {MAX_PLACES}", "paste fewer rows")
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            advice = f"give {len(header)} cells, as the header has"
            reading.trouble(InvalidValue("row", "row-length", len(cells), advice), line)
            yield line, None
            continue
        named = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        yield line, {field: named.get(name, "") for field, name in reading.mapping.items()}


class _Rows:
    """The rows of one sheet, on their way to drafts."""

    def __init__(self, reading: Reading, datum: str | None) -> None:
        self.reading = reading
        self.datum = datum

    def read(self, records: list[tuple[int, _Row | None]], shape: Shape | None) -> None:
        """Make the drafts. A group with a row that is not read makes none."""
        lengths = {"radius_m", "radius_km", "radius_nm"} & self.reading.mapping.keys()
        if shape is None and not lengths and "wkt" not in self.reading.mapping:
            choices = (
                ("polygon", "the rows are the corners of an area"),
                ("corridor", "the rows are the points of a line"),
                ("circle", "each row is a circle of its own"),
            )
            advice = "say what the rows are"
            self.reading.trouble(Unclear("shape", "rows-are-what", "", advice, choices), 0)
            return
        if shape in (None, "circle") or "wkt" in self.reading.mapping:
            for line, row in records:
                if row is not None:
                    self._alone(line, row)
            return
        groups: dict[str, list[tuple[int, _Row | None]]] = {}
        for line, row in records:
            # A row that is no row may be of any group: then none is whole.
            groups.setdefault("" if row is None else row.get("group", ""), []).append((line, row))
        if any(row is None for _, row in records):
            return
        for members in groups.values():
            self._together(members, shape)

    def _alone(self, line: int, row: _Row) -> None:
        before = len(self.reading.troubles)
        placed = self._wkt(line, row) if row.get("wkt") else self._centre(line, row)
        said = self._said(line, row)
        if placed is not None and len(self.reading.troubles) == before:
            shape, places = placed
            self.reading.add(Draft(line, shape, places, **said))

    def _together(self, members: list[tuple[int, _Row | None]], shape: Shape) -> None:
        before = len(self.reading.troubles)
        places = [self._place(line, row) for line, row in members if row is not None]
        line, first = members[0]
        stated = [self._said(number, row) for number, row in members if row is not None]
        for (number, _), said in zip(members[1:], stated[1:], strict=True):
            for field, value in said.items():
                if value is not None and value != stated[0][field]:
                    advice = f"rows of one area must agree; line {line} says otherwise"
                    self._trouble(
                        InvalidValue(field, "contradiction", value, advice), number, field
                    )
        if first is None or len(self.reading.troubles) > before:
            return
        found = tuple(place for place in places if place is not None)
        self.reading.add(Draft(line, shape, found, **stated[0]))

    def _centre(self, line: int, row: _Row) -> tuple[Shape, tuple[DraftPlace, ...]] | None:
        place = self._place(line, row)
        return None if place is None else ("circle", (place,))

    def _place(self, line: int, row: _Row) -> DraftPlace | None:
        field = "place" if row.get("place") else "latitude"
        text = row.get("place") or self._two(line, row)
        if not text:
            return None
        try:
            found = place_of(text, datum=self.datum, field=field)
        except InvalidValue as error:
            self._trouble(error, line, field)
            return None
        if isinstance(found, Question):
            self._trouble(found, line, field)
            return None
        return found

    def _two(self, line: int, row: _Row) -> str | None:
        """Latitude and longitude as one text; the labels keep them from being swapped."""
        latitude, longitude = row.get("latitude"), row.get("longitude")
        if not latitude or not longitude:
            field = "latitude" if not latitude else "longitude"
            self._trouble(InvalidValue(field, "missing", "", "give the place"), line, field)
            return None
        if _NUMBER.fullmatch(latitude) and _NUMBER.fullmatch(longitude):
            return f"lat {latitude} lon {longitude}"
        return f"{latitude} {longitude}"

    def _wkt(self, line: int, row: _Row) -> tuple[Shape, tuple[DraftPlace, ...]] | None:
        try:
            return _geometry(row["wkt"])
        except InvalidValue as error:
            self._trouble(error, line, "wkt")
            return None

    def _said(self, line: int, row: _Row) -> dict[str, Any]:
        """What a row says beside its place, None where it says nothing."""

        def tried(field: str, make: Callable[[], Any]) -> Any:
            try:
                return make()
            except InvalidValue as error:
                self._trouble(error, line, field)
                return None

        radius = next((f for f in ("radius_m", "radius_km", "radius_nm") if row.get(f)), None)
        times_m = {"radius_m": 1.0, "radius_km": 1000.0, "radius_nm": NAUTICAL_MILE_M}
        name = row.get("name") or None
        return {
            "radius_m": tried(radius, lambda: _number(row[radius], radius) * times_m[radius])
            if radius
            else None,
            "width_m": tried("width_m", lambda: _number(row["width_m"], "width_m"))
            if row.get("width_m")
            else None,
            "lower": tried("lower", lambda: _height(row, "lower")),
            "upper": tried("upper", lambda: _height(row, "upper")),
            "start": tried("start", lambda: _time(row, "start")),
            "end": tried("end", lambda: _time(row, "end")),
            "kind": tried("kind", lambda: _kind(row)),
            "name": None if name is None else name[:100],
        }

    def _trouble(self, error: InvalidValue | Question, line: int, field: str) -> None:
        column = self.reading.mapping.get(field) or next(
            (self.reading.mapping[each] for each in self.reading.mapping if each.startswith(field)),
            None,
        )
        self.reading.trouble(error, line, column=column)


def _number(text: str, field: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise InvalidValue(field, "number", text, "give a number with a decimal point")
    return float(text)


def _height(row: _Row, side: Literal["lower", "upper"]) -> asked.AltitudeWire | None:
    text = row.get(side) or row.get(f"{side}_m") or row.get(f"{side}_ft")
    if not text:
        return None
    units: Literal["M", "FT"] | None = None
    if not row.get(side):
        units = "M" if row.get(f"{side}_m") else "FT"
    elif stated := row.get(f"{side}_units"):
        units = _units(stated, f"{side}_units")
    above = row.get(f"{side}_reference") or row.get("reference")
    reference = reference_of(above, "reference") if above else None
    return height_of(text, side, units=units, reference=reference)


def _units(text: str, field: str) -> Literal["M", "FT"]:
    match text.upper():
        case "M":
            return "M"
        case "FT":
            return "FT"
        case _:
            raise InvalidValue(field, "units", text, "give M or FT")


def _time(row: _Row, field: str) -> str | None:
    text = row.get(field)
    if not text:
        return None
    found = parse_time(text, field=field)
    if isinstance(found, Question):
        raise found.error()
    if found.is_estimate:
        raise InvalidValue(field, "estimated-end", text, "give the latest that it can be")
    return format_rfc3339(found.time_us)


def _kind(row: _Row) -> str | None:
    text = row.get("kind")
    if not text:
        return None
    known = [each.value for each in IntentKind]
    if text.lower() not in known:
        raise InvalidValue("kind", "kind", text, f"give one of {', '.join(known)}")
    return text.lower()


_SHAPE_OF: dict[str, Shape] = {"POINT": "circle", "LINESTRING": "corridor", "POLYGON": "polygon"}


def _geometry(text: str) -> tuple[Shape, tuple[DraftPlace, ...]]:
    """One geometry of well-known text, longitude before latitude. Raises InvalidValue."""
    match = _WKT.fullmatch(text)
    if match is None:
        raise InvalidValue("wkt", "wkt", text[:60], "give POINT, LINESTRING or POLYGON (lon lat)")
    kind, inner = match[1].upper(), match[2][1:-1].strip()
    if kind == "POLYGON":
        if not inner.startswith("(") or inner.count("(") != 1 or not inner.endswith(")"):
            raise InvalidValue("wkt", "holes", text[:60], "give one ring: there are no holes here")
        inner = inner[1:-1]
    pairs = [pair.split() for pair in inner.split(",")]
    if len(pairs) > MAX_PLACES:
        raise InvalidValue("wkt", "place-count", len(pairs), f"give up to {MAX_PLACES} places")
    for pair in pairs:
        if len(pair) not in (2, 3) or not all(_NUMBER.fullmatch(each) for each in pair):
            raise InvalidValue("wkt", "wkt", " ".join(pair)[:60], "give longitude and latitude")
    return _SHAPE_OF[kind], tuple(DraftPlace(float(p[0]), float(p[1])) for p in pairs)
