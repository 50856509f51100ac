"""Where the entries stand that say how clocks and channels stand: an index beside the picture."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field

from wideberth.record.protocol import Row
from wideberth.service import Service

__all__ = ["Standing"]

_PAGE = 500
_MOST = 2_000  # the newest that are given
_STANDING = (b'"type":"ClockMeasured"', b'"type":"Channel', b'"type":"Heartbeat')
_BEATS = b'"type":"HeartbeatGiven"'
_FIRST = b'"first":true'


@dataclass(slots=True)
class Standing:
    """Positions of the entries that say how clocks and channels stand. Can be made again from the
    record; is read on from where it ended.
    """

    read: int = 0
    positions: array[int] = field(default_factory=lambda: array("q"))

    async def before(self, service: Service, position: int) -> list[int]:
        """The newest of them before a position, in order."""
        size = service.picture.size
        while self.read < size:
            start = self.read
            rows = await service.rows(start, min(_PAGE, size - start))
            if self.read != start:
                continue  # somebody else was reading, and was quicker
            self.read = start + len(rows)
            self.positions.extend(row.position for row in rows if _stands(row))
            if not rows:
                break
        end = bisect_left(self.positions, position)
        return list(self.positions[max(0, end - _MOST) : end])


def _stands(row: Row) -> bool:
    envelope = row.envelope
    if not any(each in envelope for each in _STANDING):
        return False
    return _BEATS not in envelope or _FIRST in envelope
