"""Tracks from files: recorded ADS-B as JSON (rows, or columns as pandas writes them) or CSV, plain
or gzip.

The fields are those of the samples of the PyPI package ``traffic``: ``timestamp`` (milliseconds
since 1970, or RFC 3339 text), ``icao24``, ``callsign``, ``latitude``, ``longitude`` (degrees,
WGS84), ``altitude`` and ``geoaltitude`` (feet), ``groundspeed`` (knots), ``track`` (degrees),
``vertical_rate`` (feet a minute) and, where a receiver says it, ``last_position`` (when the
position was received, which can be long before ``timestamp``). ``altitude_time``,
``velocity_time`` and ``callsign_time`` say when the heights, the velocity and the call sign were
said, where that is not when the position was.

``geoaltitude`` is the GNSS height above the WGS84 ellipsoid. ``altitude`` is pressure altitude, and
becomes ``altitude_std_m``: it is compared with other pressure altitudes only, never silently with
a height above the ellipsoid.

A file is untrusted. A row that cannot be read is counted and named and the rest is taken; a field
that is no number counts as not said. Only a file that is no such file at all, or too large, is an
error.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.decoding import BadMessage
from wideberth.faces.feeds.units import FEET_PER_MINUTE_M_S, FOOT_M, KNOT_M_S, MILLISECOND_US
from wideberth.space.time import MAX_US, MIN_US, SECOND_US, parse_rfc3339
from wideberth.watch.reports import ReportBatch

__all__ = [
    "BadFileRow",
    "FileReport",
    "OwnerOf",
    "batches",
    "positions_in",
    "positions_of",
    "read_positions",
]

OwnerOf = Callable[[str, str | None], str | None]
"""The party whose thing it is, from its id and call sign; None where that is not known."""

_MAX_BYTES = 1 << 30  # unpacked; a small gzip can hold very much
_MAX_ROWS = 5_000_000
_MAX_VALUES = 20_000_000  # of JSON, which is read whole: some gigabytes then
_MAX_LINE_BYTES = 65_536  # of CSV: a longer one is refused before anything of it is read
_NAMED = 100
_MAX_TEXT = 64

_NUMBERS = {  # field of the file, field of a report, factor
    "geoaltitude": ("altitude_w84_m", FOOT_M),
    "altitude": ("altitude_std_m", FOOT_M),
    "groundspeed": ("ground_speed_m_s", KNOT_M_S),
    "track": ("course_deg", 1.0),
    "vertical_rate": ("vertical_rate_m_s", FEET_PER_MINUTE_M_S),
    "accuracy_m": ("accuracy_m", 1.0),  # horizontal, 95 %: of what the archive of tracks keeps
}


_VALUE_TIMES = ("altitude_time", "velocity_time", "callsign_time")
_FIELDS = frozenset((
    *("timestamp", "last_position", "icao24", "callsign", "latitude", "longitude"),
    *(*_NUMBERS, *_VALUE_TIMES),
))  # fmt: skip


@dataclass(frozen=True)
class BadFileRow:
    """A row that was not taken: its number in the file, from 0, and the rule it broke."""

    row: int
    rule: str


@dataclass
class FileReport:
    """What became of a file's rows. refused: by rule; dropped: fields that were no number;
    bad_rows: the first hundred refused ones.
    """

    rows: int = 0
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    dropped: Counter[str] = field(default_factory=Counter[str])
    bad_rows: list[BadFileRow] = field(default_factory=list[BadFileRow])

    def refuse(self, row: int, rule: str) -> None:
        """Counts a row, and names it while there are few."""
        self.refused[rule] += 1
        if len(self.bad_rows) < _NAMED:
            self.bad_rows.append(BadFileRow(row, rule))


def read_positions(
    path: Path,
    *,
    feed: str,
    feed_party: str | None = None,
    owner_of: OwnerOf | None = None,
    max_bytes: int = _MAX_BYTES,
) -> tuple[ReportBatch, FileReport]:
    """All positions of a file as one batch, in the order of their times.

    Files end in ``.json``, ``.csv``, or either with ``.gz``. Raises InvalidValue for another
    ending, for a file that is no JSON or CSV of records, and for one larger than max_bytes
    unpacked; OSError where it cannot be read.
    """
    content = _content(path, max_bytes)
    suffix = Path(path.name.removesuffix(".gz")).suffix
    if suffix not in {".json", ".csv"}:
        raise InvalidValue("file", "file-kind", path.name, "give a .json or .csv, plain or .gz")
    form: Literal["json", "csv"] = "json" if suffix == ".json" else "csv"
    return positions_in(content, form, feed=feed, feed_party=feed_party, owner_of=owner_of)


def positions_in(
    content: bytes,
    form: Literal["json", "csv"],
    *,
    feed: str,
    feed_party: str | None = None,
    owner_of: OwnerOf | None = None,
) -> tuple[ReportBatch, FileReport]:
    """The same of what stands in a file, unpacked. Raises InvalidValue where it is no such file."""
    rows = _json_rows(content) if form == "json" else _csv_rows(content)
    return positions_of(rows, feed=feed, feed_party=feed_party, owner_of=owner_of)


def positions_of(
    rows: Iterable[object],
    *,
    feed: str,
    feed_party: str | None = None,
    owner_of: OwnerOf | None = None,
) -> tuple[ReportBatch, FileReport]:
    """The same of rows that were read, each an object of the fields above."""
    report = FileReport()
    return _batch(rows, report, feed, feed_party, owner_of), report


def batches(positions: ReportBatch, every_us: int) -> Iterator[tuple[int, ReportBatch]]:
    """The positions of a batch in the order of time, slice by slice: (end of the slice, rows).

    A slice ends at a multiple of every_us and holds the rows before or at its end. Slices without
    rows are left out: the caller's clock ticks through them.
    """
    slices: list[int] = (-(-positions.time_us // every_us)).tolist()
    start = 0
    for stop in range(1, len(slices) + 1):
        if stop == len(slices) or slices[stop] != slices[start]:
            yield slices[start] * every_us, positions.rows(start, stop)
            start = stop


def _content(path: Path, max_bytes: int) -> bytes:
    with ExitStack() as stack:
        stream: BinaryIO | gzip.GzipFile = stack.enter_context(path.open("rb"))
        if path.suffix == ".gz":
            stream = stack.enter_context(gzip.GzipFile(fileobj=stream))
        try:
            content = stream.read(max_bytes + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidValue("file", "gzip", path.name, "give a complete gzip file") from error
    if len(content) > max_bytes:
        raise InvalidValue(
            "file", "file-size", path.name, f"give a file of up to {max_bytes} bytes, unpacked"
        )
    return content


def _json_rows(content: bytes) -> Iterable[object]:
    # Each value but the first of a list or an object has a comma before it.
    values = content.count(b",") + content.count(b"[") + content.count(b"{")
    if values > _MAX_VALUES:
        advice = f"give up to {_MAX_VALUES} values as JSON, or CSV"
        raise InvalidValue("file", "value-count", values, advice)
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidValue("file", "json", content[:40], f"give JSON ({error})") from error
    if isinstance(document, list):
        rows = cast("list[object]", document)
        _require_rows(len(rows))
        return rows
    if isinstance(document, dict):
        return _column_rows(cast("dict[str, object]", document))
    raise InvalidValue("file", "json-records", content[:40], "give a list of records, or columns")


def _column_rows(document: dict[str, object]) -> Iterable[object]:
    """Rows of ``{"latitude": {"0": 47.0, ...}, ...}`` or ``{"latitude": [47.0, ...], ...}``."""
    columns: dict[str, dict[str, object]] = {}
    for name, column in document.items():
        if isinstance(column, dict):
            columns[name] = cast("dict[str, object]", column)
        elif isinstance(column, list):
            values = cast("list[object]", column)
            columns[name] = {str(k): value for k, value in enumerate(values)}
    if "timestamp" not in columns:
        raise InvalidValue("file", "json-records", list(document)[:10], "give a column timestamp")
    names = list(columns)
    rows = columns["timestamp"]
    _require_rows(len(rows))
    return ({name: columns[name].get(row) for name in names} for row in rows)


def _csv_rows(content: bytes) -> Iterable[object]:
    _require_lines(content)
    try:
        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
        reader = csv.reader(text, strict=True)
        names = next(reader, list[str]())
    except (UnicodeDecodeError, csv.Error) as error:
        raise _no_csv(content, error) from error
    if "timestamp" not in names:
        shown = names[:_NAMED]
        raise InvalidValue("file", "csv-header", shown, "give a header with a column timestamp")
    columns = {name: k for k, name in enumerate(names) if name in _FIELDS}
    return _csv_records(content, reader, columns)


def _csv_records(
    content: bytes, reader: Iterator[list[str]], columns: Mapping[str, int]
) -> Iterator[object]:
    """The rows, one after the other. columns: where each field stands."""
    count = 0
    try:
        for row in reader:
            if row:
                count += 1
                _require_rows(count)
                yield {
                    name: _csv_value(name, row[k]) if k < len(row) else None
                    for name, k in columns.items()
                }
    except (UnicodeDecodeError, csv.Error) as error:
        raise _no_csv(content, error) from error


def _no_csv(content: bytes, error: Exception) -> InvalidValue:
    return InvalidValue("file", "csv", content[:40], f"give CSV in UTF-8 ({error})")


def _require_lines(content: bytes) -> None:
    """Raises InvalidValue where a line is so long that so many bytes hold none of its ends."""
    for at in range(0, len(content) - _MAX_LINE_BYTES, _MAX_LINE_BYTES):
        end = at + _MAX_LINE_BYTES
        if content.find(b"\n", at, end) < 0 and content.find(b"\r", at, end) < 0:
            advice = f"give lines of up to {_MAX_LINE_BYTES} bytes"
            raise InvalidValue("file", "line-length", content[at : at + 40], advice)


def _csv_value(name: str, text: object) -> object:
    """Text is all that CSV has: numbers where a number belongs, nothing where the cell is empty."""
    if not isinstance(text, str) or not text:
        return None
    if name in {"icao24", "callsign"}:
        return text
    try:
        return float(text)
    except ValueError:
        return text


def _require_rows(count: int) -> None:
    if count > _MAX_ROWS:
        raise InvalidValue("file", "row-count", count, f"give up to {_MAX_ROWS} rows")


def _batch(
    rows: Iterable[object],
    report: FileReport,
    feed: str,
    feed_party: str | None,
    owner_of: OwnerOf | None,
) -> ReportBatch:
    ids: list[str] = []
    callsigns: list[str | None] = []
    times: list[int] = []
    places: list[tuple[float, float]] = []
    numbers: dict[str, list[float]] = {name: [] for name in _NUMBERS}
    said: dict[str, list[int | None]] = {name: [] for name in _VALUE_TIMES}
    for index, row in enumerate(rows):
        report.rows += 1
        try:
            record = _record(row)
            track_id, time_us, place = _identity(record), _time_us(record), _place(record)
        except BadMessage as bad:
            report.refuse(index, bad.rule)
            continue
        ids.append(track_id)
        callsigns.append(_text(record.get("callsign")))
        times.append(time_us)
        places.append(place)
        for name, values in numbers.items():
            values.append(_number(record, name, report))
        for name, instants in said.items():
            instants.append(_instant_us(record.get(name)))
    report.taken = len(ids)
    return _sorted_batch(ids, callsigns, times, places, numbers, said, feed, feed_party, owner_of)


def _sorted_batch(  # noqa: PLR0913 - the columns of one file
    ids: list[str],
    callsigns: list[str | None],
    times: list[int],
    places: list[tuple[float, float]],
    numbers: dict[str, list[float]],
    said: dict[str, list[int | None]],
    feed: str,
    feed_party: str | None,
    owner_of: OwnerOf | None,
) -> ReportBatch:
    time_us = np.array(times, np.int64)
    order = np.argsort(time_us, kind="stable")
    position = np.array(places, np.float64).reshape(-1, 2)[order]
    columns = {
        target: np.array(numbers[name], np.float64)[order] * factor
        for name, (target, factor) in _NUMBERS.items()
    }
    rows: list[int] = order.tolist()
    owner_cache: dict[tuple[str, str | None], str | None] = {}
    owners: list[str | None] = []
    for row in rows:
        pair = ids[row], callsigns[row]
        if owner_of is not None and pair not in owner_cache:
            owner_cache[pair] = owner_of(*pair)
        owners.append(owner_cache.get(pair))
    return ReportBatch(
        feed=feed,
        feed_party=feed_party,
        track_id=[ids[row] for row in rows],
        callsign=[callsigns[row] for row in rows],
        owner=owners,
        time_us=time_us[order],
        latitude_deg=position[:, 0],
        longitude_deg=position[:, 1],
        **columns,
        altitude_time_us=_said_us(times, said["altitude_time"], order),
        velocity_time_us=_said_us(times, said["velocity_time"], order),
        callsign_time_us=_said_us(times, said["callsign_time"], order),
    )


def _said_us(
    times: list[int], said: list[int | None], order: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """When a value of each row was said, in the order; None where all were with their positions."""
    if said.count(None) == len(said):
        return None
    pairs = zip(times, said, strict=True)
    return np.array([time if each is None else each for time, each in pairs], np.int64)[order]


def _record(row: object) -> dict[str, object]:
    if not isinstance(row, dict):
        raise BadMessage("no-record")
    return cast("dict[str, object]", row)


def _identity(record: dict[str, object]) -> str:
    track_id = _text(record.get("icao24"))
    if track_id is None:
        raise BadMessage("no-id")
    return track_id


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    # A lone surrogate could not be written to any record or stream.
    text = value.strip()[:_MAX_TEXT].encode("utf-8", "replace").decode()
    return text or None


def _time_us(record: dict[str, object]) -> int:
    """When the position was received: last_position where the feed says it and it is no later."""
    told_us = _instant_us(record.get("timestamp"))
    if told_us is None:
        raise BadMessage("no-time")
    received_us = _instant_us(record.get("last_position"))
    if received_us is None or not told_us - 3600 * SECOND_US <= received_us <= told_us:
        return told_us
    return received_us


def _instant_us(value: object) -> int | None:
    if isinstance(value, str):
        try:
            return parse_rfc3339(value)
        except InvalidValue:
            return None
    milliseconds = _finite(value)
    if milliseconds is None or not MIN_US <= milliseconds * MILLISECOND_US <= MAX_US:
        return None
    return round(milliseconds * MILLISECOND_US)


def _place(record: dict[str, object]) -> tuple[float, float]:
    latitude, longitude = _finite(record.get("latitude")), _finite(record.get("longitude"))
    if latitude is None or longitude is None:
        raise BadMessage("no-position")
    if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
        raise BadMessage("position-range")
    return latitude, longitude


def _number(record: dict[str, object], name: str, report: FileReport) -> float:
    value = record.get(name)
    if value is None:
        return math.nan
    number = _finite(value)
    if number is None:
        report.dropped[name] += 1
        return math.nan
    return number


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
