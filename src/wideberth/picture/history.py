"""An index over the record: where the entries of an object, and of a party's stream, stand.

Can be rebuilt from the record: folding it again gives the same. It holds positions only, so that
what has left the picture can still be found and shown. An entry is about one object at most: the
entries of one object are a chain, from the last back to the first, at eight bytes an entry.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from hashlib import sha256

import msgspec
import numpy as np

from wideberth.model.ids import PartyId, SubscriptionId

__all__ = ["History"]

_NONE = -1


class _Subscriber:
    """Whose a subscription is, standing or not, and where its notifications stand."""

    __slots__ = ("id", "party", "positions")

    def __init__(
        self, subscription_id: SubscriptionId, party: PartyId, positions: array[int]
    ) -> None:
        self.id = subscription_id
        self.party = party
        self.positions = positions


class History:
    """Positions by object id, by party's stream, of its notices and its notifications."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}  # object: position of the newest entry about it
        # position: that of the entry before it about the same object, or _NONE
        self._before: array[int] = array("q")
        self._streams: dict[PartyId, array[int]] = {}
        self._notices: dict[PartyId, array[int]] = {}
        self._subscribers: dict[int, _Subscriber] = {}  # by number, of all that were ever opened
        self.touched: set[PartyId] = set()
        """Parties whose streams grew since somebody last emptied this set: whom to wake."""

    def note_object(self, object_id: str, position: int) -> None:
        """The entry at position concerns the object, and no other. Positions only ever grow."""
        before, last = self._before, self._last
        if position > len(before):
            before.extend([_NONE] * (position - len(before)))
        before.append(last.get(object_id, _NONE))
        last[object_id] = position

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

    def note_subscription(self, number: int, subscription: SubscriptionId, party: PartyId) -> None:
        """A subscription of the party is known by this number from here on."""
        self._subscribers[number] = _Subscriber(subscription, party, array("q"))

    def note_notification(self, numbers: Sequence[int], position: int) -> None:
        """The entry at position notifies these subscriptions; one event for each of their parties.

        Here and not in the tables, since a busy area has hundreds of them for each change.
        """
        parties: dict[PartyId, None] = {}
        for subscriber in map(self._subscribers.get, numbers):
            if subscriber is not None:
                subscriber.positions.append(position)
                parties[subscriber.party] = None
        for party in parties:
            self.note_stream(party, position)

    def notification_index(self, number: int) -> int:
        """Of the last notification of a subscription; they count from 1 without a gap, so that
        whoever misses one can tell (ASTM F3548-21). 0 where there was none.
        """
        subscriber = self._subscribers.get(number)
        return 0 if subscriber is None else len(subscriber.positions)

    def notifications_at(
        self, party: PartyId, numbers: Sequence[int], position: int
    ) -> list[tuple[SubscriptionId, int]]:
        """(subscription, index) of the party's own among these subscriptions, as the notification
        at position counted them.
        """
        subscribers = [self._subscribers.get(number) for number in numbers]
        return [
            (each.id, bisect_right(each.positions, position))
            for each in subscribers
            if each is not None and each.party == party
        ]

    def positions(self, object_id: str) -> list[int]:
        """Positions of the entries about an object, in order; empty for an unknown id."""
        found: list[int] = []
        at = self._last.get(object_id, _NONE)
        while at != _NONE:
            found.append(at)
            at = self._before[at]
        found.reverse()
        return found

    def last(self, object_id: str) -> int | None:
        """The position of the newest entry about an object; None for an unknown id."""
        return self._last.get(object_id)

    def stream_end(self, party: PartyId) -> int:
        """How many events the party's stream has had; they are numbered from 1."""
        return len(self._streams.get(party, ()))

    def stream_number(self, party: PartyId, position: int) -> int:
        """The number of the party's first event at position or after it."""
        return bisect_left(self._streams.get(party, ()), position) + 1

    def stream(self, party: PartyId, after: int, limit: int) -> list[tuple[int, int]]:
        """(number, position) of up to limit events of the party's stream after number after."""
        positions = self._streams.get(party)
        if positions is None:
            return []
        first = max(0, after)
        return [
            (first + offset + 1, at) for offset, at in enumerate(positions[first : first + limit])
        ]

    def notices_end(self, party: PartyId) -> int:
        """How many notices the party has had; they are numbered from 1."""
        return len(self._notices.get(party, ()))

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
        for number in sorted(self._subscribers):
            subscriber = self._subscribers[number]
            name = f"subscription {number} {subscriber.id} {subscriber.party}"
            digest.update(f"{name} {len(subscriber.positions)}\n".encode())
            digest.update(little_endian(subscriber.positions))
        objects = sorted(self._last)
        digest.update(msgspec.json.encode(objects))
        digest.update(little_endian(array("q", map(self._last.__getitem__, objects))))
        digest.update(little_endian(self._before))
        return digest.digest()

    def dump(
        self,
    ) -> tuple[
        dict[str, int],
        bytes,
        dict[PartyId, bytes],
        dict[PartyId, bytes],
        dict[int, tuple[SubscriptionId, PartyId, bytes]],
    ]:
        """All that is held, as plain data for a snapshot: what :meth:`load` takes, in its order."""
        return (
            self._last,
            little_endian(self._before),
            {party: little_endian(at) for party, at in self._streams.items()},
            {party: little_endian(at) for party, at in self._notices.items()},
            {
                number: (each.id, each.party, little_endian(each.positions))
                for number, each in self._subscribers.items()
            },
        )

    @classmethod
    def load(
        cls,
        *,
        last: dict[str, int],
        before: bytes,
        streams: dict[PartyId, bytes],
        notices: dict[PartyId, bytes],
        subscribers: dict[int, tuple[SubscriptionId, PartyId, bytes]],
    ) -> History:
        """What :meth:`dump` gave, again. Nobody has been touched. Raises ValueError."""
        history = cls()
        history._last = last
        history._before = from_little_endian(before)
        history._streams = {party: from_little_endian(at) for party, at in streams.items()}
        history._notices = {party: from_little_endian(at) for party, at in notices.items()}
        history._subscribers = {
            number: _Subscriber(subscription, party, from_little_endian(at))
            for number, (subscription, party, at) in subscribers.items()
        }
        return history


def little_endian(positions: array[int]) -> bytes:
    """The positions as 64 bits each, little-endian on any machine."""
    return np.asarray(positions, "<i8").tobytes()


def from_little_endian(data: bytes) -> array[int]:
    """What :func:`little_endian` gave, again. Raises ValueError where it is no whole number."""
    return array("q", np.frombuffer(data, "<i8").astype(np.int64).tobytes())
