"""A file of positions as a feed: CSV, or JSON as the samples of ``traffic`` have it, plain or gzip,
or Parquet; the fields are those of :mod:`wideberth.faces.feeds.files`. Pure.

A file is read whole each time that it was written. What is newer of a track than all that the last
reading had of it is given; so a file that grows gives each row once.
"""

from __future__ import annotations

import contextlib
import math
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.aircraft import aircraft_id
from wideberth.faces.feeds.decoding import Decoded
from wideberth.faces.feeds.files import FileReport, positions_in, positions_of
from wideberth.faces.feeds.parquet import parquet_reader, parquet_rows
from wideberth.watch.reports import PositionReport, ReportBatch

__all__ = ["NewRows", "TableDecoder"]

_GZIP = b"\x1f\x8b"
_MOST_BYTES = 64 << 20  # unpacked; a small gzip can hold very much
_MOST_TRACKS = 100_000

_Read = Callable[[bytes], tuple[ReportBatch, FileReport]]


class NewRows:
    """What is new of a document that was read before, in part."""

    def __init__(self) -> None:
        self._newest_us: dict[str, int] = {}

    def of(self, reports: Iterable[PositionReport]) -> list[PositionReport]:
        """Those that are newer than all that came of their track in documents before."""
        before = dict(self._newest_us) if len(self._newest_us) <= _MOST_TRACKS else {}
        new = [
            each for each in reports if each.time_us > before.get(each.track_id, each.time_us - 1)
        ]
        self._newest_us = before
        for each in new:
            newest_us = max(each.time_us, before.get(each.track_id, each.time_us))
            self._newest_us[each.track_id] = newest_us
        return new


class TableDecoder:
    """form: of the file. owner: of every thing. Each piece is a whole document. Raises InvalidValue
    where the form needs what is not installed.
    """

    stamped = True

    def __init__(
        self, form: Literal["json", "csv", "parquet"], *, owner: str | None = None
    ) -> None:
        self._read = _parquet_read() if form == "parquet" else partial(_text_read, form)
        self._owner = owner
        self._new = NewRows()

    def reset(self) -> None:
        """Documents are whole: nothing is kept of half a one."""

    def feed(self, data: bytes, came_us: int) -> Decoded:  # noqa: ARG002 - rows have their times
        """The new positions of a document."""
        decoded = Decoded()
        try:
            batch, report = self._read(data)
        except InvalidValue as error:
            decoded.refuse(error.rule, data)
            return decoded
        decoded.messages = report.taken
        for rule, count in report.refused.items():
            decoded.malformed[rule] += count
        for bad in report.bad_rows[-1:]:
            decoded.sample = bad.rule, f"row {bad.row}".encode()
        decoded.reports = self._new.of(_reports(batch, self._owner))
        decoded.ignored = report.taken - len(decoded.reports)
        return decoded


def _reports(batch: ReportBatch, owner: str | None) -> Iterable[PositionReport]:
    columns = [
        [None if math.isnan(value) else value for value in column.tolist()]
        for column in (
            batch.altitude_w84_m,
            batch.altitude_std_m,
            batch.ground_speed_m_s,
            batch.course_deg,
            batch.vertical_rate_m_s,
            batch.accuracy_m,
        )
    ]
    for row, track_id in enumerate(batch.track_id):
        w84_m, std_m, speed_m_s, course_deg, climb_m_s, accuracy_m = (
            column[row] for column in columns
        )
        yield PositionReport(
            aircraft_id(track_id) or track_id,
            int(batch.time_us[row]),
            float(batch.latitude_deg[row]),
            float(batch.longitude_deg[row]),
            altitude_w84_m=w84_m,
            altitude_std_m=std_m,
            ground_speed_m_s=speed_m_s,
            course_deg=course_deg,
            vertical_rate_m_s=climb_m_s,
            accuracy_m=accuracy_m,
            callsign=batch.callsign[row],
            owner=owner,
        )


def _parquet_read() -> _Read:
    reader = parquet_reader()

    def read(data: bytes) -> tuple[ReportBatch, FileReport]:
        return positions_of(parquet_rows(data, reader), feed="")

    return read


def _text_read(form: Literal["json", "csv"], data: bytes) -> tuple[ReportBatch, FileReport]:
    return positions_in(_unpacked(data), form, feed="")


def _unpacked(data: bytes) -> bytes:
    """The content, also of gzip. Raises InvalidValue where that is broken or too large."""
    if not data.startswith(_GZIP):
        return data
    unpacking = zlib.decompressobj(wbits=31)
    content = b""
    with contextlib.suppress(zlib.error):
        content = unpacking.decompress(data, _MOST_BYTES)
    if not unpacking.eof:
        raise InvalidValue("file", "gzip", data[:40], "give a complete gzip file")
    return content
