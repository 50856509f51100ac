"""An index over the record: where the entries of an object, and of a party's stream, stand.

Can be rebuilt from the record: folding it again gives the same. It holds positions only, so that
what has left the picture can still be found and shown. An entry is about one object at most: the
entries of one object are a chain, from the last back to the first, at eight bytes an entry.
"""

from __future__ import annotations

from array import array
from hashlib import sha256

import msgspec
import numpy as np

from wideberth.model.ids import PartyId

__all__ = ["History"]

_NONE = -1


class History:
    """Positions by object id, by party's stream, and of each party's notices."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}  # object: position of the newest entry about it
        # position: that of the entry before it about the same object, or _NONE
        self._before: array[int] = array("q")
        self._streams: dict[PartyId, array[int]] = {}
        self._notices: dict[PartyId, array[int]] = {}
        self.touched: set[PartyId] = set()
        """Parties whose streams grew since somebody last emptied this set: whom to wake."""

    def note_object(self, object_id: str, position: int) -> None:
        """The entry at position concerns the object, and no other. Positions only ever grow."""
        before = self._before
        missing = position - len(before)
        if missing:
            before.extend([_NONE] * missing)
        before.append(self._last.get(object_id, _NONE))
        self._last[object_id] = position

    def note_stream(self, party: PartyId, position: int) -> None:
        """The entry at position is the next event on the party's stream."""
        stream = self._streams.get(party)
        if stream is None:
            stream = self._streams[party] = array("q")
        stream.append(position)
        self.touched.add(party)

    def note_notice(self, party: PartyId, position: int) -> None:
        """The entry at position issues the party's next notice."""
        self._notices.setdefault(party, array("q")).append(position)

    def positions(self, object_id: str) -> list[int]:
        """Positions of the entries about an object, in order; empty for an unknown id."""
        found: list[int] = []
        at = self._last.get(object_id, _NONE)
        while at != _NONE:
            found.append(at)
            at = self._before[at]
        found.reverse()
        return found

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

    def digest(self) -> bytes:
        """SHA-256 of all that is held, in a canonical form: positions as 64 bits, little-endian."""
        digest = sha256()
        for name, table in (("streams", self._streams), ("notices", self._notices)):
            for party in sorted(table):
                digest.update(f"{name} {party} {len(table[party])}\n".encode())
                digest.update(little_endian(table[party]))
        objects = sorted(self._last)
        digest.update(msgspec.json.encode(objects))
        digest.update(little_endian(array("q", map(self._last.__getitem__, objects))))
        digest.update(little_endian(self._before))
        return digest.digest()

    def dump(self) -> tuple[dict[str, int], bytes, dict[PartyId, bytes], dict[PartyId, bytes]]:
        """All that is held, as plain data for a snapshot: what :meth:`load` takes, in its order."""
        return (
            self._last,
            little_endian(self._before),
            {party: little_endian(at) for party, at in self._streams.items()},
            {party: little_endian(at) for party, at in self._notices.items()},
        )

    @classmethod
    def load(
        cls,
        *,
        last: dict[str, int],
        before: bytes,
        streams: dict[PartyId, bytes],
        notices: dict[PartyId, bytes],
    ) -> History:
        """What :meth:`dump` gave, again. Nobody has been touched. Raises ValueError."""
        history = cls()
        history._last = last
        history._before = from_little_endian(before)
        history._streams = {party: from_little_endian(at) for party, at in streams.items()}
        history._notices = {party: from_little_endian(at) for party, at in notices.items()}
        return history


def little_endian(positions: array[int]) -> bytes:
    """The positions as 64 bits each, little-endian on any machine."""
    return np.asarray(positions, "<i8").tobytes()


def from_little_endian(data: bytes) -> array[int]:
    """What :func:`little_endian` gave, again. Raises ValueError where it is no whole number."""
    return array("q", np.frombuffer(data, "<i8").astype(np.int64).tobytes())
