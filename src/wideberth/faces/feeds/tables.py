"""A file of positions as a feed: CSV, or JSON as the samples of ``traffic`` have it, plain or gzip;
the fields are those of :mod:`wideberth.faces.feeds.files`. Pure.

A file is read whole each time that it was written. What is newer of a track than all that the last
reading had of it is given; so a file that grows gives each row once.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from typing import Literal

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.aircraft import aircraft_id
from wideberth.faces.feeds.decoding import Decoded
from wideberth.faces.feeds.files import positions_in
from wideberth.watch.reports import PositionReport, ReportBatch

__all__ = ["NewRows", "TableDecoder"]

_GZIP = b"\x1f\x8b"
_MOST_BYTES = 64 << 20  # unpacked; a small gzip can hold very much
_MOST_TRACKS = 100_000


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
    """form: of the file. owner: of every thing. Each piece is a whole document."""

    stamped = True

    def __init__(self, form: Literal["json", "csv"], *, owner: str | None = None) -> None:
        self._form: Literal["json", "csv"] = form
        self._owner = owner
        self._new = NewRows()

    def reset(self) -> None:
        """Documents are whole: nothing is kept of half a one."""

    def feed(self, data: bytes, came_us: int) -> Decoded:  # noqa: ARG002 - rows have their times
        """The new positions of a document."""
        decoded = Decoded()
        content = _unpacked(data)
        if content is None:
            decoded.refuse("gzip", data)
            return decoded
        try:
            batch, report = positions_in(content, self._form, feed="")
        except InvalidValue as error:
            decoded.refuse(error.rule, content)
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
        )
    ]
    for row, track_id in enumerate(batch.track_id):
        w84_m, std_m, speed_m_s, course_deg, climb_m_s = (column[row] for column in columns)
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
            callsign=batch.callsign[row],
            owner=owner,
        )


def _unpacked(data: bytes) -> bytes | None:
    """The content, also of gzip; None where that is broken or too large."""
    if not data.startswith(_GZIP):
        return data
    unpacking = zlib.decompressobj(wbits=31)
    try:
        content = unpacking.decompress(data, _MOST_BYTES)
    except zlib.error:
        return None
    return content if unpacking.eof else None
