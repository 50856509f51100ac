"""Tracks against the intents of their own party: who is in which, and who left the one it was in.

Asked of all tracks and intents in one call. A track is *held* to an intent of its owner that names
it, or that names none. It is *in* one where its last report was in place, time and height, and
*surely outside* where it was out of one of these, whatever is not known: a height that was said at
another moment than the position is in or out only where the climb between leaves no doubt. Whatever
is worked out for one track by itself is only for those that are surely outside of all, that are
doubtful, or of which a departure stands: the others can change nothing.

Which intents a track was last in is kept until it is in another, or gone. All of it can be made
anew from the reports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.model.warnings import WarningKind
from wideberth.space.time import SECOND_US
from wideberth.watch import conditions
from wideberth.watch.area_index import AreaIndex
from wideberth.watch.conditions import Area
from wideberth.watch.look import Look, ref_of, track_key
from wideberth.watch.observations import ObjectRef, Observation, Verdict, WarningKey
from wideberth.watch.settings import WatchSettings
from wideberth.watch.tracks import TrackKey, TrackTable

__all__ = ["OwnIntent", "OwnIntents", "Placed"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Codes = NDArray[np.uint64]

_WORD = (1 << 64) - 1
_ODD = 0x9E37_79B9_7F4A_7C15  # 2^64 over the golden ratio: spreads small numbers over the word


@dataclass(frozen=True)
class OwnIntent:
    """An intent that tracks are held to. track_ids: those that fly under it; None: all of its
    owner's. require_entry: a track leaves it only after it was in it. is_flight: whether how tracks
    keep to it is counted.
    """

    area: Area
    owner: str
    track_ids: frozenset[str] | None
    require_entry: bool
    is_flight: bool = True

    def holds(self, owner: str | None, track_id: str) -> bool:
        """Whether a track is held to it."""
        return owner == self.owner and (self.track_ids is None or track_id in self.track_ids)


@dataclass(frozen=True)
class Placed:
    """Which rows of a look may be in which intents of their own; surely: in height as well.
    number: of the intent. Each pair once for each of the intent's volumes. Of each row of the look:
    may_be_in: it may be in one; is_in: it surely is. asked: the rows of parties with intents.
    """

    row: Ints
    number: Ints
    surely: Mask
    may_be_in: Mask
    is_in: Mask
    asked: Ints


class OwnIntents:
    """The intents that the tracks of a table are held to. Not safe for threads."""

    def __init__(self, table: TrackTable) -> None:
        self._table = table
        self._intents: dict[str, OwnIntent] = {}
        self._index = AreaIndex()
        self._number: dict[str, int] = {}  # of each intent, used again
        self._free: list[int] = []
        self._ids: list[str] = []  # by number
        self._owner: Ints = np.zeros(0, np.int64)  # by number: the party's code
        self._named: Ints = np.zeros(0, np.int64)  # by number: 1 where it names tracks
        self._serial: Ints = np.zeros(0, np.int64)  # by number: never used again; 0 for none
        self._serials = 0
        self._of_volume: Ints = np.zeros(0, np.int64)  # by number of a volume in the index
        self._of_owner: dict[int, dict[str, OwnIntent]] = {}
        self._count: Ints = np.zeros(0, np.int64)  # by code: intents
        self._always: Ints = np.zeros(0, np.int64)  # by code: that hold all, entered or not
        self._pairs = _Codes()  # of an intent and a track that it names
        self._bound = _Codes()  # of an owner and a track that must be in an intent, entered or not
        self._names: Codes = np.zeros(0, np.uint64)  # by slot: a code of the track's id
        self._names_of: Ints = np.zeros(0, np.int64)  # by slot: which track had that id
        # What each track was last in: the track, its intent, and which of all of that number.
        self._in_slot: Ints = np.zeros(0, np.int64)
        self._in_born: Ints = np.zeros(0, np.int64)
        self._in_number: Ints = np.zeros(0, np.int64)
        self._in_serial: Ints = np.zeros(0, np.int64)
        self._in_of: Ints | None = None  # sorts these by slot, once somebody asks

    def __len__(self) -> int:
        return len(self._intents)

    def __iter__(self) -> Iterator[str]:
        return iter(self._intents)

    def __contains__(self, intent_id: str) -> bool:
        return intent_id in self._intents

    def __getitem__(self, intent_id: str) -> OwnIntent:
        return self._intents[intent_id]

    def put(self, intent: OwnIntent) -> None:
        """Adds an intent, or puts it in the place of the old one of that id; who was in that was in
        this.
        """
        intent_id, code = intent.area.id, self._table.code(intent.owner)
        old = self._intents.get(intent_id)
        if old is None:
            self._new_number(intent_id)
        else:
            self._uncount(old)
        number = self._number[intent_id]
        self._intents[intent_id] = intent
        self._owner[number] = code
        self._named[number] = intent.track_ids is not None
        self._count = _with_room(self._count, code)
        self._always = _with_room(self._always, code)
        self._of_owner.setdefault(code, {})[intent_id] = intent
        self._tally(intent, number, code, 1)
        ref = intent.area.ref
        self._index.put(ref, intent.area.volumes)
        numbers = self._index.numbers(ref)
        self._of_volume = _with_room(self._of_volume, max(numbers))
        self._of_volume[list(numbers)] = number

    def remove(self, intent_id: str) -> bool:
        """Takes an intent away; nobody was in it any more. False where there is none."""
        old = self._intents.pop(intent_id, None)
        if old is None:
            return False
        self._uncount(old)
        number = self._number.pop(intent_id)
        self._serial[number] = 0
        self._free.append(number)
        self._index.remove(old.area.ref)
        return True

    def last_in(self, key: TrackKey) -> frozenset[str]:
        """The ids of the intents of its own that a track is in, or was in when it was last in one;
        of those that are still held.
        """
        slot = self._table.slot_of(key)
        return frozenset[str]() if slot is None else frozenset(self._last_in(slot))

    def place(self, look: Look) -> Placed:
        """Where the tracks of a look are; what each is in is kept."""
        rows = self._candidates(look.owner)
        self._name(look.slots[rows])
        placed = self._meetings(look, rows)
        self._remember(look, placed)
        return placed

    def departures(
        self,
        look: Look,
        placed: Placed,
        standing: Collection[WarningKey],
        settings: WatchSettings,
    ) -> list[Observation]:
        """Each track against its own intents: what there is to say of those that left the one they
        were in last, or must be in and are not. placed: of this look.
        """
        rows, may_be_in, is_in = placed.asked, placed.may_be_in, placed.is_in
        outside = rows[~may_be_in[rows]]
        left = outside[self._may_leave(look, outside)]
        stand: dict[int, set[str]] = {}
        for each in standing:
            if each.kind is WarningKind.DEPARTURE:
                row = look.row(each.objects[0])
                if row is not None:
                    stand.setdefault(row, set()).add(each.objects[1].id)
        doubtful = np.flatnonzero(look.doubtful & is_in)
        told: list[Observation] = []
        for row in sorted({*left.tolist(), *doubtful.tolist(), *stand}):
            if is_in[row]:
                verdict = Verdict.UNKNOWN if look.doubtful[row] else Verdict.CLEAR
            else:
                verdict = Verdict.NEAR if may_be_in[row] else Verdict.HOLDS
            areas = self._left(look, row, stand.get(row, ()))
            told += conditions.departures(look, row, areas, verdict, settings)
        return told

    def id_of(self, number: int) -> str:
        """The id of the intent that has this number now."""
        return self._ids[number]

    def serial_of(self, number: int) -> int:
        """Which intent has this number now, of all that there were."""
        return int(self._serial[number])

    def hold(self, slots: Ints, number: Ints, serial: Ints) -> Mask:
        """Of each track in a slot, whether it is held to the intent that had this number and
        serial, and still stands.
        """
        held = self._serial[number] == serial
        held &= self._owner[number] == self._table.owner_code[slots]
        asked = np.flatnonzero(held & (self._named[number] > 0))
        return self._only_named(held, asked, slots, number)

    def mattering(self, standing: Collection[WarningKey]) -> Container[ObjectRef]:
        """The tracks whose silence is a warning: of a party with an intent here, or warned of."""
        return _Mattering(self._table, self._of_owner, standing)

    def _left(self, look: Look, row: int, stands: Iterable[str]) -> list[Area]:
        """Of which intents it is to be said whether a track left them: those of which it is said
        already, and the one that it was in last, or must be in; of several the first by id.
        """
        slot, code = int(look.slots[row]), int(look.owner[row])
        theirs = self._of_owner.get(code, {})
        owner, track_id = self._table.owner(slot), self._table.key(slot).track_id
        left = set(stands)
        last = [each for each in self._last_in(slot) if self._intents[each].holds(owner, track_id)]
        bound = last or [
            each
            for each, intent in theirs.items()
            if not intent.require_entry and intent.holds(owner, track_id)
        ]
        left.update(sorted(bound)[:1])
        return [
            theirs[each].area
            for each in sorted(left)
            if each in theirs and theirs[each].holds(owner, track_id)
        ]

    def _last_in(self, slot: int) -> set[str]:
        if self._in_of is None:
            self._in_of = np.argsort(self._in_slot, kind="stable")
        begin, end = np.searchsorted(self._in_slot, [slot, slot + 1], sorter=self._in_of).tolist()
        found = self._in_of[begin:end]
        found = found[self._in_born[found] == self._table.born[slot]]
        alive = self._serial[self._in_number[found]] == self._in_serial[found]
        numbers: list[int] = self._in_number[found[alive]].tolist()
        return {self._ids[number] for number in numbers}

    def _candidates(self, owner: Ints) -> Ints:
        """The rows of parties that have intents here."""
        rows = np.flatnonzero((owner >= 0) & (owner < len(self._count)))
        return rows[self._count[owner[rows]] > 0]

    def _meetings(self, look: Look, rows: Ints) -> Placed:
        """Which of the rows may be in which intents of their own."""
        if not len(rows):
            none, nowhere = np.zeros(0, np.int64), np.zeros(len(look.slots), np.bool_)
            return Placed(none, none, none > 0, nowhere, nowhere, rows)
        row, volume, known = self._index.volumes_met(
            look.movers,
            rows,
            time_us=look.time_us[rows],
            clock_error_us=np.rint(look.clock_error_s[rows] * SECOND_US).astype(np.int64),
            height_apart_m=look.height_apart_m[rows],
        )
        number = self._of_volume[volume]
        mine = self._owner[number] == look.owner[row]
        asked = np.flatnonzero(mine & (self._named[number] > 0))
        mine = self._only_named(mine, asked, look.slots[row], number)
        row, number, surely = row[mine], number[mine], known[mine]
        may_be_in, is_in = (np.zeros(len(look.slots), np.bool_) for _ in range(2))
        may_be_in[row] = True
        is_in[row[surely]] = True
        return Placed(row, number, surely, may_be_in, is_in, rows)

    def _only_named(self, mine: Mask, asked: Ints, slots: Ints, number: Ints) -> Mask:
        """mine, and of those asked about only the tracks that the intent names."""
        mine[asked] = False
        if len(asked) and len(self._pairs):
            self._name(slots[asked])
            codes = self._names[slots[asked]] ^ _spread(number[asked])
            mine[asked] = self._pairs.among(codes)
        return mine

    def _may_leave(self, look: Look, rows: Ints) -> Mask:
        """Which of the rows were in an intent that is held, or must be in one."""
        slots, owner = look.slots[rows], look.owner[rows]
        was_in = np.zeros(len(self._table.born), np.bool_)
        was_in[self._in_slot] = True
        found = was_in[slots] | (self._always[owner] > 0)
        if len(self._bound):
            found |= self._bound.among(self._names[slots] ^ _spread(owner))
        return found

    def _remember(self, look: Look, met: Placed) -> None:
        """Keeps what each is in now; and of who is in none, what it was in before."""
        slot = look.slots[met.row[met.surely]]
        number = met.number[met.surely]
        now_in = np.zeros(len(self._table.born), np.bool_)
        now_in[slot] = True
        kept = ~now_in[self._in_slot] & self._alive()
        self._in_slot = np.concatenate((slot, self._in_slot[kept]))
        self._in_number = np.concatenate((number, self._in_number[kept]))
        self._in_born = np.concatenate((self._table.born[slot], self._in_born[kept]))
        self._in_serial = np.concatenate((self._serial[number], self._in_serial[kept]))
        self._in_of = None

    def _alive(self) -> Mask:
        """Of which of those memories both the track and the intent are still here."""
        return (self._table.born[self._in_slot] == self._in_born) & (
            self._serial[self._in_number] == self._in_serial
        )

    def _name(self, slots: Ints) -> None:
        """Sees to it that the ids of the tracks in the slots have their codes, where intents name
        tracks.
        """
        if not len(self._pairs):
            return
        born = self._table.born
        if len(self._names) < len(born):
            more = len(born) - len(self._names)
            self._names = np.concatenate((self._names, np.zeros(more, np.uint64)))
            self._names_of = np.concatenate((self._names_of, np.zeros(more, np.int64)))
        new: list[int] = np.unique(slots[self._names_of[slots] != born[slots]]).tolist()
        self._names[new] = np.array(
            [_code(self._table.key(slot).track_id) for slot in new], np.uint64
        )
        self._names_of[new] = born[new]

    def _new_number(self, intent_id: str) -> None:
        if not self._free:
            number = len(self._ids)
            self._ids.append(intent_id)
            self._owner = _with_room(self._owner, number)
            self._serial = _with_room(self._serial, number)
            self._named = _with_room(self._named, number)
        else:
            number = self._free.pop()
            self._ids[number] = intent_id
        self._number[intent_id] = number
        self._serials += 1
        self._serial[number] = self._serials

    def _uncount(self, old: OwnIntent) -> None:
        code, number = self._table.code(old.owner), self._number[old.area.id]
        self._tally(old, number, code, -1)
        del self._of_owner[code][old.area.id]
        if not self._of_owner[code]:
            del self._of_owner[code]

    def _tally(self, intent: OwnIntent, number: int, code: int, more: int) -> None:
        """Counts an intent (1), or counts it no more (-1)."""
        self._count[code] += more
        if intent.track_ids is None:
            self._always[code] += 0 if intent.require_entry else more
            return
        for track_id in intent.track_ids:
            name = _code(track_id)
            self._pairs.count(name ^ _spread_one(number), more)
            if not intent.require_entry:
                self._bound.count(name ^ _spread_one(code), more)


class _Codes:
    """Codes with how often each was counted, asked for in arrays."""

    def __init__(self) -> None:
        self._count: Counter[int] = Counter()
        self._sorted: Codes | None = None

    def __len__(self) -> int:
        return len(self._count)

    def count(self, code: int, more: int) -> None:
        """Counts a code once more (1), or once less (-1)."""
        self._count[code] += more
        if not self._count[code]:
            del self._count[code]
        self._sorted = None

    def among(self, codes: Codes) -> Mask:
        """Which codes there are; only where there is one."""
        if self._sorted is None:
            self._sorted = np.sort(np.fromiter(self._count, np.uint64, len(self._count)))
        at = np.searchsorted(self._sorted, codes)
        return self._sorted[np.minimum(at, len(self._sorted) - 1)] == codes


class _Mattering:
    """The tracks whose silence is a warning, asked one by one."""

    def __init__(
        self, table: TrackTable, owners: Container[int], standing: Collection[WarningKey]
    ) -> None:
        self._table = table
        self._owners = owners
        self._standing = standing
        self._warned_of: set[ObjectRef] | None = None

    def __contains__(self, ref: object) -> bool:
        if not isinstance(ref, ObjectRef):
            return False
        slot = self._table.slot_of(track_key(ref))
        if slot is not None and int(self._table.owner_code[slot]) in self._owners:
            return ref == ref_of(self._table.key(slot))
        if self._warned_of is None:
            self._warned_of = {each for key in self._standing for each in key.objects}
        return ref in self._warned_of


def _code(track_id: str) -> int:
    # What is asked with it is which of 2^64: two ids with one code are not to be met.
    return hash(track_id) & _WORD


def _spread_one(number: int) -> int:
    return (number + 1) * _ODD & _WORD


def _spread(number: Ints) -> Codes:
    return (number + 1).astype(np.uint64) * np.uint64(_ODD)


def _with_room(column: Ints, number: int) -> Ints:
    """The same, with room for this number."""
    if number < len(column):
        return column
    more = np.zeros(max(64, 2 * (number + 1)) - len(column), np.int64)
    return np.concatenate((column, more))
