"""The newest entries in memory, so that a live stream needs no disk.

Can be rebuilt from the record: whatever is not here is read there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from wideberth.model.entries import (
    Body,
    ClashesFound,
    Entry,
    IntentAccepted,
    IntentAmended,
    NoticeIssued,
    ZoneDeclared,
)
from wideberth.space.volume import Polygon

__all__ = ["RecentEntries"]


class RecentEntries:
    """The newest entries, so that a live stream needs no disk; bounded by their weight.

    An entry weighs one and what it holds many of: vertices, clashes, units.
    """

    def __init__(self, weight: int) -> None:
        self._most = weight
        self._weight = 0
        self._entries: OrderedDict[int, tuple[Entry, int]] = OrderedDict()

    def get(self, position: int) -> Entry | None:
        """The entry at position, or None where it is not kept (any more)."""
        kept = self._entries.get(position)
        return None if kept is None else kept[0]

    def keep(self, position: int, entry: Entry) -> None:
        """Keep an entry, and let the oldest go beyond the weight allowed."""
        weight = _weight(entry.body)
        self._entries[position] = (entry, weight)
        self._weight += weight
        while self._weight > self._most and self._entries:
            _, (_, dropped) = self._entries.popitem(last=False)
            self._weight -= dropped

    def forget(self, positions: Iterable[int]) -> None:
        """Let entries go that may not be shown any more."""
        for position in positions:
            kept = self._entries.pop(position, None)
            if kept is not None:
                self._weight -= kept[1]


def _weight(body: Body) -> int:
    match body:
        case IntentAccepted(intent=intent) | IntentAmended(intent=intent):
            volumes = intent.volumes
        case ZoneDeclared(zone=zone):
            volumes = zone.volumes
        case NoticeIssued(notice=notice):
            return 1 + len(notice.clashes) // 4 + len(notice.units) // 16
        case ClashesFound(pairs=pairs):
            return 1 + len(pairs) // 8
        case _:
            return 1
    shapes = (volume.footprint for volume in volumes)
    return sum(
        1 + len(shape.vertices) // 16 if isinstance(shape, Polygon) else 1 for shape in shapes
    )
