"""What the streams of each party took, by the numbers of its events.

A stream that was asked to leave something out did not take it: then another way tells it, unless
another stream of the party takes it. Held in memory; :class:`~wideberth.delivery.state` keeps it
for other processes and a restart. Where two of them disagree, something is told once too often.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from wideberth.model.ids import PartyId

__all__ = ["Taken"]

_MOST_LEFT_OUT = 10_000  # of one party; the oldest go, and count as taken

Change = tuple[str, int, bool]
"""(party, number, whether it is left out from now on)."""


class Taken:
    """Which events each party's streams took. Numbers count from 1."""

    def __init__(self) -> None:
        self._upto: dict[PartyId, tuple[int, int]] = {}  # number, when a stream was last heard of
        self._left_out: dict[PartyId, dict[int, None]] = {}  # the oldest first
        self._elsewhere: Mapping[str, frozenset[int]] = {}
        self._unkept: list[Change] = []
        self._unkept_parties: set[PartyId] = set()

    def note(
        self,
        party: PartyId,
        number: int,
        now_us: int,
        *,
        since: int = 0,
        left_out: Collection[int] = (),
    ) -> bool:
        """A stream took all after number since up to number, but for those left out; number 0: it
        is open. Gives whether more is taken than before.
        """
        before = self._upto.get(party, (0, 0))[0]
        self._upto[party] = (max(before, number), now_us)
        self._unkept_parties.add(party)
        standing = self._left_out.get(party)
        found = False
        if standing:
            for each in [each for each in standing if since < each <= number]:
                if each not in left_out:
                    del standing[each]
                    self._unkept.append((party, each, False))
                    found = True
        for each in left_out:
            if each > before:
                self._leave_out(party, each)
        return found or number > before

    def _leave_out(self, party: PartyId, number: int) -> None:
        standing = self._left_out.setdefault(party, {})
        standing[number] = None
        self._unkept.append((party, number, True))
        if len(standing) > _MOST_LEFT_OUT:
            oldest = next(iter(standing))
            del standing[oldest]
            self._unkept.append((party, oldest, False))

    def has(self, party: PartyId, number: int) -> bool:
        """Whether a stream of the party took the event of this number."""
        if self._upto.get(party, (0, 0))[0] < number:
            return False
        is_left_out = number in self._left_out.get(party, ())
        return not is_left_out and number not in self._elsewhere.get(party, ())

    def seen_us(self, party: PartyId) -> int:
        """When a stream of the party was last heard of; 0: never."""
        return self._upto.get(party, (0, 0))[1]

    def unkept(self) -> tuple[list[tuple[PartyId, int, int]], list[Change]]:
        """(party, number, time_us) and the changes since this was asked last, to be kept."""
        rows = [(party, *self._upto[party]) for party in self._unkept_parties]
        changes = self._unkept
        self._unkept, self._unkept_parties = [], set()
        return rows, changes

    def not_kept(self, changes: list[Change]) -> None:
        """What was to be kept was not; it is asked for again."""
        self._unkept = changes + self._unkept
        self._unkept_parties.update(self._upto)

    def merge(
        self, streamed: Mapping[str, tuple[int, int]], left_out: Mapping[str, frozenset[int]]
    ) -> None:
        """Learn what was kept, by this process and others."""
        for name, (number, time_us) in streamed.items():
            party = PartyId(name)
            before = self._upto.get(party, (0, 0))
            self._upto[party] = (max(before[0], number), max(before[1], time_us))
        self._elsewhere = left_out
