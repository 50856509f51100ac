"""CSV (RFC 4180) as ``wideberth check`` reads it: a header, then one volume of an intent a row.

Columns: ``wkt`` (POLYGON, MULTIPOLYGON or POINT; longitude before latitude), ``radius_m``, ``id``,
``intent``, ``party``, ``kind``, ``actor``, ``place_name``, ``priority``, ``lower``,
``lower_units``, ``lower_reference``, ``upper``, ``upper_units``, ``upper_reference``, ``start``,
``end``. An empty cell is a missing one.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

from wideberth.errors import InvalidValue
from wideberth.offline.features import (
    MISSING,
    Feature,
    Findings,
    Place,
    Statement,
    errors_in,
    features_of,
    safe,
)
from wideberth.offline.geojson import footprints_of
from wideberth.offline.problems import Problem
from wideberth.space.volume import Footprint

__all__ = ["COLUMNS", "read_table"]

_REQUIRED = (
    "wkt",
    "lower",
    "lower_units",
    "lower_reference",
    "upper",
    "upper_units",
    "upper_reference",
    "start",
    "end",
)
COLUMNS = (
    *_REQUIRED,
    "radius_m",
    "id",
    "intent",
    "party",
    "kind",
    "actor",
    "place_name",
    "priority",
)
_MAX_CELL_CHARACTERS = 4_000_000  # 10,000 vertices of 100 characters, four times over
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,30}", re.ASCII)
# What is handed to the WKT library: one flat geometry, never a nested collection.
_WKT = re.compile(r"(POINT|POLYGON|MULTIPOLYGON)(?:\s+Z)?\s*\(", re.ASCII | re.IGNORECASE)

_Row = dict[str, str]


def read_table(
    text: str,
    *,
    source: str,
    progress: Callable[[float], None] | None = None,
    notices: Counter[str],
    unread: Counter[str],
) -> tuple[list[Feature], list[Problem], int]:
    """The features of one CSV text, the problems, and how many rows the text has.

    notices and unread as in :func:`wideberth.offline.geojson.read_geojson`.
    """
    features: list[Feature] = []
    problems: list[Problem] = []
    count = 0
    stream = io.StringIO(text, newline="")
    with _long_cells():
        rows = csv.reader(stream, strict=True)
        try:
            columns = _columns(next(rows, cast(list[str], [])))
            unread.update(name for name in columns if name not in COLUMNS)
            for cells in rows:
                if not cells:  # a blank line
                    continue
                good, bad = _read_row(
                    columns, cells, source=source, index=count, line=rows.line_num, notices=notices
                )
                features += good
                problems += bad
                count += 1
                if progress is not None and count % 4096 == 0:
                    progress(stream.tell() / len(text))
        except InvalidValue as error:
            problems.append(Problem.of_error(error, source=source, index=None))
        except csv.Error as error:
            advice = f"this is not CSV from line {rows.line_num} on: {error}"
            problems.append(Problem.of_file(source, rule="csv", value="", advice=advice))
    return features, problems, count


def _columns(header: list[str]) -> list[str]:
    columns = [name.strip().lower() for name in header]
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise InvalidValue(
            "header",
            "columns",
            safe(", ".join(header)),
            "the first line names the columns, with commas between them; missing: "
            + ", ".join(missing),
        )
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        raise InvalidValue("header", "given-twice", safe(twice[0]), "give each column once")
    return columns


def _read_row(
    columns: list[str],
    cells: list[str],
    *,
    source: str,
    index: int,
    line: int,
    notices: Counter[str],
) -> tuple[list[Feature], list[Problem]]:
    row = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
    place = Place(source, index, row.get("id") or None)
    try:
        _require_length(columns, cells)
        footprints = _footprints(row, notices=notices)
        return features_of(_statement(row), footprints, place=place), []
    except InvalidValue as first:
        findings = Findings()
        findings.of(lambda: _require_length(columns, cells))
        if not findings.errors:
            findings.of(lambda: _footprints(row, notices=Counter()))
            findings.errors += errors_in(_statement(row))
        problems = [
            Problem.of_error(
                error,
                source=source,
                index=index,
                feature_id=place.id,
                intent=row.get("intent") or None,
                line=line,
            )
            for error in findings.errors or [first]
        ]
        return [], problems


def _require_length(columns: list[str], cells: list[str]) -> None:
    if len(cells) != len(columns):
        raise InvalidValue(
            "row", "row-length", len(cells), f"give {len(columns)} cells, as the header has"
        )


def _statement(row: _Row) -> Statement:
    return Statement(
        intent=_cell(row, "intent"),
        party=_cell(row, "party"),
        kind=_cell(row, "kind"),
        priority=_whole(row, "priority"),
        lower=_limit(row, "lower"),
        upper=_limit(row, "upper"),
        start=_cell(row, "start"),
        end=_cell(row, "end"),
        actor=_cell(row, "actor"),
        place_name=_cell(row, "place_name"),
    )


def _cell(row: _Row, column: str) -> object:
    return row.get(column) or MISSING


def _limit(row: _Row, field: str) -> tuple[object, object, object] | InvalidValue:
    try:
        value = _number(row, field)
    except InvalidValue as error:
        return error
    return value, _cell(row, f"{field}_units"), _cell(row, f"{field}_reference")


def _number(row: _Row, column: str) -> object:
    text = row.get(column)
    if not text:
        return MISSING
    if not _NUMBER.fullmatch(text):
        raise InvalidValue(column, "number", safe(text), "give a number with a decimal point")
    return float(text)


def _whole(row: _Row, column: str) -> object:
    """The whole number of a cell; its text, for the rule to refuse, where it is none."""
    text = row.get(column)
    if not text:
        return MISSING
    return int(text) if _WHOLE.fullmatch(text) else text


def _footprints(row: _Row, *, notices: Counter[str]) -> list[Footprint]:
    text = row["wkt"]
    if not text:
        raise InvalidValue("wkt", "missing", text, "give a POLYGON, or a POINT with radius_m")
    if not _WKT.match(text):
        raise InvalidValue(
            "wkt",
            "geometry-type",
            safe(text[:60]),
            "give a POLYGON, a MULTIPOLYGON or a POINT, without SRID, longitude before latitude",
        )
    radius_m = _number(row, "radius_m")
    properties: dict[str, Any] = {} if radius_m is MISSING else {"radius_m": radius_m}
    try:
        return footprints_of(_geometry(text), properties, notices=notices)
    except InvalidValue as error:
        field = error.field.replace("geometry.coordinates", "wkt").replace("geometry.type", "wkt")
        raise InvalidValue(field, error.rule, error.value, error.advice) from None


def _geometry(text: str) -> dict[str, Any]:
    """The GeoJSON geometry of a WKT text."""
    import numpy as np
    import shapely
    from shapely.errors import ShapelyError

    try:
        with np.errstate(all="ignore"):  # 1e400 is read as infinity, which is refused below
            shape = shapely.from_wkt(text)
    except (ShapelyError, UnicodeError, ValueError) as error:
        reason = str(error).split("\n", maxsplit=1)[0][:200]
        raise InvalidValue("wkt", "wkt", safe(text[:60]), f"this is not WKT: {reason}") from None
    if shape.is_empty:
        raise InvalidValue("wkt", "empty", safe(text[:60]), "give a geometry with positions")
    return _lists(dict(shape.__geo_interface__))


def _lists(geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": geometry["type"], "coordinates": _as_lists(geometry["coordinates"])}


def _as_lists(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_as_lists(part) for part in cast(list[Any], value)]
    return value


@contextmanager
def _long_cells() -> Generator[None]:
    """Python's csv module keeps one limit for the whole process, too small for a large polygon."""
    before = csv.field_size_limit(_MAX_CELL_CHARACTERS)
    try:
        yield
    finally:
        csv.field_size_limit(before)
