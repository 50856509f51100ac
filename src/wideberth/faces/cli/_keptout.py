"""``wideberth export --positions``: the kept positions that a party could see, as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wideberth.errors import InvalidValue

if TYPE_CHECKING:
    from wideberth.model.ids import PartyId
    from wideberth.record.sqlite import SqliteRecord
    from wideberth.watch.segments import KeptFix

__all__ = ["export_positions", "writer_for"]

_GROUP = 50_000  # rows of a Parquet file that are written together
_TEXTS = ("space", "track", "call_sign", "feed_party", "feed", "owner", "segment")
_NUMBERS = (
    "time_us", "came_us", "latitude_nd", "longitude_nd", "altitude_w84_mm", "altitude_std_mm",
    "ground_speed_mm_s", "course_mdeg", "vertical_rate_mm_s", "accuracy_mm",
    "altitude_behind_us", "velocity_behind_us", "call_sign_behind_us", "entry",
)  # fmt: skip
_COLUMNS = (*_TEXTS, *_NUMBERS)

Row = dict[str, object]
Writer = Callable[[Iterable[Row], IO[bytes]], int]
"""Writes rows to a file; gives how many."""


def writer_for(out: Path | None) -> Writer:
    """By the end of the file's name. Raises InvalidValue naming the option."""
    if out is not None and out.suffix == ".csv":
        return _write_csv
    if out is not None and out.suffix == ".parquet":
        return _write_parquet
    named = None if out is None else str(out)
    raise InvalidValue("--out", "format", named, "name a file that ends in .parquet or .csv")


def export_positions(
    folder: Path,
    record: SqliteRecord,
    reader: PartyId,
    window_us: tuple[int, int],
    write: Writer,
    file: IO[bytes],
) -> int:
    """Writes the positions that the reader could see when they came; gives how many.

    Raises InvalidValue where nothing was kept, or the record knows no such party.
    """
    from wideberth.faces.cli._positions import archive_of
    from wideberth.model.nearest import no_such_party
    from wideberth.trackkeeping import is_shown_to

    parties, digests = _known(record)
    if reader not in parties:
        raise InvalidValue("--party", "party-unknown", reader, no_such_party(reader, parties))
    archive = archive_of(folder)
    if archive is None:
        raise InvalidValue(
            "--positions", "positions-kept", str(folder), "keep positions: [tracks] keep = true"
        )
    fixes = archive.fixes(*window_us, is_shown_to(reader))
    return write((_row(each, record.origin, digests) for each in fixes), file)


def _known(record: SqliteRecord) -> tuple[set[PartyId], dict[str, int]]:
    """The parties of a record, and by segment the entry with its digest."""
    from wideberth.model.entries import PartyRegistered, SegmentRecorded, decode_entry

    parties: set[PartyId] = set()
    digests: dict[str, int] = {}
    position = 0
    while rows := record.read(position, 1_000):
        for row in rows:
            if row.erased_by is None and (
                b'"SegmentRecorded"' in row.envelope or b'"PartyRegistered"' in row.envelope
            ):
                body = decode_entry(row.envelope, position=row.position).body
                if isinstance(body, SegmentRecorded):
                    digests[body.name] = row.position
                elif isinstance(body, PartyRegistered):
                    parties.add(body.party.id)
        position += len(rows)
    return parties, digests


def _row(fix: KeptFix, origin: str, digests: dict[str, int]) -> Row:
    row: Row = {name: getattr(fix, name, None) for name in _COLUMNS}
    # An exercise is one by the name of its space, in every row.
    return {**row, "space": origin, "entry": digests.get(fix.segment)}


def _write_csv(rows: Iterable[Row], file: IO[bytes]) -> int:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    count = 0
    for row in rows:
        writer.writerow([_cell(row[name]) for name in _COLUMNS])
        count += 1
    text.detach()
    return count


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets a quote before it."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _write_parquet(rows: Iterable[Row], file: IO[bytes]) -> int:
    import numpy as np

    from wideberth.watch.columnfile import NONE, Column, ColumnWriter, Texts

    schema = [Column(name, is_text=name in _TEXTS, is_optional=True) for name in _COLUMNS]
    writer = ColumnWriter(file.write, schema, group_rows=_GROUP, made_by="wideberth")
    for group in _groups(rows):
        columns: dict[str, list[Any]] = {name: [row[name] for row in group] for name in _COLUMNS}
        every = np.arange(len(group))
        writer.add(
            {
                name: np.array([NONE if each is None else each for each in columns[name]], np.int64)
                for name in _NUMBERS
            },
            {name: Texts(columns[name], every) for name in _TEXTS},
        )
    writer.finish({})
    return writer.rows


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    following = iter(rows)
    while group := list(islice(following, _GROUP)):
        yield group
