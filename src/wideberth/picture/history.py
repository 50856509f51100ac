"""An index over the record: where the entries of an object, and of a party's stream, stand.

Can be rebuilt from the record: folding it again gives the same. It holds positions only, so that
what has left the picture can still be found and shown.
"""

from __future__ import annotations

from array import array

from wideberth.model.ids import PartyId

__all__ = ["History"]


class History:
    """Positions by object id, by party's stream, and of each party's notices."""

    def __init__(self) -> None:
        self._objects: dict[str, array[int]] = {}
        self._streams: dict[PartyId, array[int]] = {}
        self._notices: dict[PartyId, array[int]] = {}
        self.touched: set[PartyId] = set()
        """Parties whose streams grew since somebody last emptied this set: whom to wake."""

    def note_object(self, object_id: str, position: int) -> None:
        """An entry at position concerns the object."""
        self._objects.setdefault(object_id, array("q")).append(position)

    def note_stream(self, party: PartyId, position: int) -> None:
        """The entry at position is the next event on the party's stream."""
        self._streams.setdefault(party, array("q")).append(position)
        self.touched.add(party)

    def note_notice(self, party: PartyId, position: int) -> None:
        """The entry at position issues the party's next notice."""
        self._notices.setdefault(party, array("q")).append(position)

    def positions(self, object_id: str) -> list[int]:
        """Positions of the entries about an object, in order; empty for an unknown id."""
        return list(self._objects.get(object_id, ()))

    def stream_end(self, party: PartyId) -> int:
        """How many events the party's stream has had; they are numbered from 1."""
        return len(self._streams.get(party, ()))

    def stream(self, party: PartyId, after: int, limit: int) -> list[tuple[int, int]]:
        """(number, position) of up to limit events of the party's stream after number after."""
        positions = self._streams.get(party)
        if positions is None:
            return []
        first = max(0, after)
        return [
            (first + offset + 1, at) for offset, at in enumerate(positions[first : first + limit])
        ]

    def notices(self, party: PartyId, after: int, limit: int) -> list[int]:
        """Positions of up to limit notices of the party after notice number after."""
        return list(self._notices.get(party, array("q"))[max(0, after) : max(0, after) + limit])
