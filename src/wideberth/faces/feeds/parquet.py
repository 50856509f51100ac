"""Rows of a Parquet file: positions with the columns of the samples of ``traffic``, or with those
of what the archive of tracks keeps. Pure. The file is read by the library ``pyarrow`` (Apache-2.0,
in the extra ``parquet``).

A file with a column ``time_us`` has the columns of :class:`wideberth.watch.segments.KeptFix`: whole
microseconds, nanodegrees and millimetres. Any other has those of
:mod:`wideberth.faces.feeds.files`. A column of another type than it should be counts as not there.

A file is untrusted, and a small one can stand for very much: no more than so many rows and bytes
are read, and texts stay in their dictionary until they are cut.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.units import FOOT_M, MILLISECOND_US

__all__ = ["MOST_ROWS", "ParquetReader", "parquet_reader", "parquet_rows"]

MOST_ROWS = 500_000
_MOST_BYTES = 256 << 20  # unpacked
_MAGIC = b"PAR1"
_MOST_FOOTER_BYTES = 16 << 20  # what the file says of itself: it is read whole, and several times
_MOST_TEXT = 128
_TEXTS = ("icao24", "callsign", "track", "call_sign")
_NUMBERS = (
    "latitude", "longitude", "altitude", "geoaltitude", "groundspeed", "vertical_rate",
    "latitude_nd", "longitude_nd", "altitude_w84_mm", "accuracy_mm",
    "altitude_behind_us", "call_sign_behind_us",
)  # fmt: skip
_TIMES = ("timestamp", "last_position", "time_us")
_WANTED = frozenset((*_TEXTS, *_NUMBERS, *_TIMES))
_KEPT = "time_us"

Columns = dict[str, Sequence[object]]
ParquetReader = Callable[[bytes], Columns]
"""The columns of a file by name, of those that are wanted. Raises InvalidValue."""


def parquet_reader() -> ParquetReader:
    """The library. Raises InvalidValue where it is not installed."""
    try:
        # Without types of its own: what it gives is unknown to the checker.
        library: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError as error:
        advice = 'it needs pyarrow, which is not installed: pip install "wideberth[parquet]"'
        raise InvalidValue("kind", "not-installed", "parquet", advice) from error

    def read(content: bytes) -> Columns:
        try:
            return _columns(library, parquet, content)
        except InvalidValue:
            raise
        # It has errors of its own, and raises those of Python too, such as OSError, for bad bytes.
        except (library.ArrowException, OSError, ValueError, TypeError, LookupError) as error:
            words = str(error).splitlines()[:1]
            raise InvalidValue("file", "parquet", words, "give a whole Parquet file") from error

    return read


def parquet_rows(content: bytes, read: ParquetReader) -> Iterable[object]:
    """The rows, with the names and units of :mod:`wideberth.faces.feeds.files`. Raises
    InvalidValue.
    """
    columns = read(content)
    if _KEPT in columns:
        columns = _renamed(columns)
    if "timestamp" not in columns:
        names = sorted(columns)
        raise InvalidValue("file", "parquet-columns", names, "give a column timestamp, or time_us")
    names, values = tuple(columns), tuple(columns.values())
    return (dict(zip(names, row, strict=True)) for row in zip(*values, strict=True))


def _columns(library: Any, parquet: Any, content: bytes) -> Columns:
    footer = int.from_bytes(content[-8:-4], "little")
    if content.endswith(_MAGIC) and _MOST_FOOTER_BYTES < footer < len(content):
        advice = f"give a file whose footer has up to {_MOST_FOOTER_BYTES} bytes"
        raise InvalidValue("file", "footer-size", footer, advice)
    schema = parquet.read_schema(io.BytesIO(content))
    names, kinds = schema.names, dict(zip(schema.names, schema.types, strict=True))
    wanted = [name for name in names if name in _WANTED and names.count(name) == 1]
    texts = [name for name in wanted if name in _TEXTS and _is_text(library, kinds[name])]
    file = parquet.ParquetFile(io.BytesIO(content), read_dictionary=texts)
    _require(file.metadata.num_rows, _unpacked_bytes(file.metadata, wanted))
    batches: list[Any] = []
    rows = size = 0
    for batch in file.iter_batches(columns=wanted, use_threads=False):
        # What the file says of itself need not be so.
        rows, size = rows + batch.num_rows, size + batch.nbytes
        _require(rows, size)
        batches.append(batch)
    table = library.Table.from_batches(batches) if batches else file.read(columns=wanted)
    found: Columns = {}
    for name in table.column_names:
        values = _values(library, name, table.column(name), kept=_KEPT in wanted)
        if values is not None:
            found[name] = values
    return found


def _unpacked_bytes(metadata: Any, wanted: Sequence[str]) -> int:
    """How much the wanted columns are, unpacked, as the file says."""
    size = 0
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            size += column.total_uncompressed_size if column.path_in_schema in wanted else 0
    return size


def _require(rows: int, size: int) -> None:
    if rows > MOST_ROWS:
        raise InvalidValue("file", "row-count", rows, f"give up to {MOST_ROWS} rows")
    if size > _MOST_BYTES:
        advice = f"give a file of up to {_MOST_BYTES} bytes, unpacked"
        raise InvalidValue("file", "file-size", size, advice)


def _values(
    library: Any,
    name: str,
    column: Any,
    *,
    kept: bool,
) -> Sequence[object] | None:
    """One column as Python has it; None where it is of another type. Times are milliseconds, but
    time_us.
    """
    types, kind = library.types, column.type
    is_text = name in _TEXTS or (name == "track" and kept)
    if types.is_timestamp(kind) and name in ("timestamp", "last_position"):
        whole = column.cast(library.timestamp("us"), safe=False).cast(library.int64())
        return [None if each is None else each / MILLISECOND_US for each in whole.to_pylist()]
    if is_text and types.is_dictionary(kind) and _is_text(library, kind.value_type):
        return [each for chunk in column.chunks for each in _texts(chunk)]
    if types.is_integer(kind) or types.is_floating(kind):
        return column.to_pylist()
    return None


def _is_text(library: Any, kind: Any) -> bool:
    return library.types.is_string(kind) or library.types.is_large_string(kind)


def _texts(chunk: Any) -> list[str | None]:
    """Each text once, cut short, however often it stands there."""
    cut = [
        str(each)[:_MOST_TEXT] if each.is_valid else None
        for each in (chunk.dictionary[at] for at in range(len(chunk.dictionary)))
    ]
    return [None if at is None else cut[at] for at in chunk.indices.to_pylist()]


def _renamed(columns: Columns) -> Columns:
    """The columns of the archive with the names and units of a file."""
    found: Columns = {}
    for theirs, ours, scale in (
        ("time_us", "timestamp", 1 / MILLISECOND_US),
        ("latitude_nd", "latitude", 1e-9),
        ("longitude_nd", "longitude", 1e-9),
        ("altitude_w84_mm", "geoaltitude", 1e-3 / FOOT_M),
        ("accuracy_mm", "accuracy_m", 1e-3),
        ("track", "icao24", None),
        ("call_sign", "callsign", None),
    ):
        if theirs in columns:
            found[ours] = [
                each if scale is None or not isinstance(each, int | float) else each * scale
                for each in columns[theirs]
            ]
    for theirs, ours in (
        ("altitude_behind_us", "altitude_time"),
        ("call_sign_behind_us", "callsign_time"),
    ):
        if theirs in columns:
            pairs = zip(columns[_KEPT], columns[theirs], strict=True)
            found[ours] = [_said_ms(*each) for each in pairs]
    return found


def _said_ms(time_us: object, behind_us: object) -> float | None:
    """When a value was said; None: with its position."""
    if not isinstance(time_us, int | float) or not isinstance(behind_us, int | float):
        return None
    return (time_us - behind_us) / MILLISECOND_US
