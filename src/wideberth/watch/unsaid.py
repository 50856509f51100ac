"""What the watch said and the record does not have yet: kept, in order, until it was recorded.

Each warning has a line of its own, and the lines take turns: the most urgent first, and no feed's
party holds up another's by having many. Belongs to one thread; nothing here waits.
"""

from __future__ import annotations

from collections import Counter

from wideberth.watch.observations import (
    Cleared,
    Lapsed,
    Raised,
    Updated,
    WarningEvent,
    Worsened,
)

__all__ = ["Unsaid"]


class Unsaid:
    """Events that wait to be recorded, by the id of their warning."""

    def __init__(self) -> None:
        self._lines: dict[str, list[WarningEvent]] = {}

    def __len__(self) -> int:
        """Warnings of which something waits."""
        return len(self._lines)

    def __contains__(self, warning_id: str) -> bool:
        return warning_id in self._lines

    def put(self, event: WarningEvent) -> None:
        """At the end of its warning's line; how it goes on takes the place of what waits there of
        that, so that a line holds three events at most.
        """
        line = self._lines.setdefault(event.warning.id, [])
        if line and isinstance(event, Worsened | Updated) and not isinstance(line[-1], Raised):
            line.pop()
        line.append(event)

    def is_last_known(self, warning_id: str) -> bool:
        """Whether what waits of a warning ends with its not being seen any more."""
        line = self._lines.get(warning_id)
        return bool(line) and line[-1].warning.last_known_since_us is not None

    def first(self, warning_id: str) -> WarningEvent | None:
        """What is to be recorded next of a warning, None where nothing waits."""
        line = self._lines.get(warning_id)
        return line[0] if line else None

    def said(self, event: WarningEvent) -> None:
        """The event was recorded, or need not be."""
        line = self._lines.get(event.warning.id, [])
        if line and line[0] is event:
            line.pop(0)
        if not line:
            self._lines.pop(event.warning.id, None)

    def in_turn(self) -> list[str]:
        """The warnings of which something waits, in the order in which to record them.

        In each turn every feed's party has one, the most urgent it has left; a warning between
        two parties' tracks counts for both, and goes in the turn of the one with fewer before it.
        """
        before: Counter[str] = Counter()
        turns: list[tuple[int, int, str]] = []
        for level, warning_id in sorted(
            (-_urgency(line[-1]), warning_id) for warning_id, line in self._lines.items()
        ):
            objects = self._lines[warning_id][0].warning.key.objects
            parties = {ref.feed_party for ref in objects if ref.kind == "track"} or {""}
            turns.append((min(before[party] for party in parties), level, warning_id))
            before.update(parties)
        return [warning_id for _, _, warning_id in sorted(turns)]


def _urgency(event: WarningEvent) -> int:
    return 0 if isinstance(event, Cleared | Lapsed) else event.warning.level
