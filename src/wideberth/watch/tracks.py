"""The live tracks: what was last reported of each moving thing, in arrays.

Nothing here is invented. A row holds the last reported position, never one between two reports or
after the last; where it will be is worked out in :mod:`wideberth.watch.paths`, by those who ask.
The table can be rebuilt from the reports.

The rules, row by row of a batch, in the order of their times:

* refused, counted and named: no id or one that cannot be printed, a position that is none, a time
  ahead of now by more than the bound and what the party's clock may be off, a time older than what
  the table forgets, one track too many of whoever has the most;
* a speed, course, altitude, rate or accuracy that cannot be is taken as not said, and counted;
* ``repeated``: the moment that is held already, and the same place within both accuracies;
* ``contradictory``: that moment at another place. The position held stays; it is implausible;
* ``late``: older than the position held. It goes into the trail at its place, and that is all;
* ``taken``: newer. A step that needs more than the greatest speed or climb makes it implausible
  (it is still stored as reported: which of the two is wrong, nobody here knows). Only such a
  report says whose thing it is.

Implausible ends after some plausible reports in a row. Until then nothing that concerns the track
may be cleared. The velocity is the reported one; else, from the last two positions where they are
1 s to the bound apart and plausible; else unknown, and then nothing is predicted of the track.

When the table is full, one more track of a party with fewer takes the place of the oldest of the
party with the most; of a party's feeds likewise. So nobody who makes up tracks keeps others' out.

A track belongs to its feed: no feed moves a track that another brought, also of the same party, for
who sees the one need not see the other. That several are of one thing is said by
:mod:`wideberth.watch.fusion`, to each reader of what that reader may see.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import MAX_US, MIN_US, SECOND_US
from wideberth.watch.callsigns import CallSigns
from wideberth.watch.heldfeeds import HeldFeed, HeldFeeds
from wideberth.watch.identity import identity_code
from wideberth.watch.paths import Floats, arc_m, course_deg, ecef_m
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import TrackSettings
from wideberth.watch.trackrow import TrackKey, TrackRow, Trail, Velocity

__all__ = [
    "IMPLAUSIBLE_RULES",
    "ROW_RULES",
    "BadRow",
    "RowRule",
    "TrackKey",
    "TrackNames",
    "TrackRow",
    "TrackTable",
    "Trail",
    "UpdateReport",
    "Velocity",
]

Slots = NDArray[np.int64]
Mask = NDArray[np.bool_]

_NEVER_US = np.iinfo(np.int64).min
_NAMED = 100  # bad rows named one by one; the rest are counted
_MAX_ID_LENGTH = 128
_MOST_INT16 = np.iinfo(np.int16).max
_STOPPED_M_S = 0.5  # slower than this, a course means nothing

IMPLAUSIBLE_RULES = ("", "speed-impossible", "two-places-at-once", "climb-impossible")
_TOO_FAST, _TWO_PLACES, _TOO_STEEP = 1, 2, 3

RowRule = Literal["track-id", "position", "time-range", "time-ahead", "time-old", "table-full"]
ROW_RULES: tuple[RowRule, ...] = get_args(RowRule)
"""All rules that a row is refused by; of several that it breaks the first that stands here."""


class BadRow(msgspec.Struct, frozen=True):
    """A row that was not taken: its index in the batch, the id it gave, the rule it broke."""

    index: int
    track_id: str
    rule: RowRule


@dataclass
class UpdateReport:
    """What became of a batch. counts: by ``taken``, ``late``, ``repeated``, ``contradictory``,
    ``refused``; refused: how many by rule; dropped: optional fields taken as not said, by field;
    bad_rows: the first hundred refused ones; good: the rows that were not refused, of the batch.
    """

    counts: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    dropped: Counter[str] = field(default_factory=Counter[str])
    bad_rows: list[BadRow] = field(default_factory=list[BadRow])
    good: list[int] = field(default_factory=list[int])

    def refuse(self, index: int, track_id: str, rule: RowRule) -> None:
        """Counts a row, and names it while there are few."""
        self.refused[rule] += 1
        self.counts["refused"] += 1
        if len(self.bad_rows) < _NAMED:
            shown = "".join(c if c.isprintable() else "?" for c in track_id[:_MAX_ID_LENGTH])
            self.bad_rows.append(BadRow(index, shown, rule))


@dataclass(frozen=True, slots=True, eq=False)
class TrackNames:
    """What some tracks are called and whose they are, by their number k. feeds: party and name by
    the number of a feed; owners: parties by their code; a code below 0 is of none.
    """

    track_id: list[str]
    callsign: CallSigns
    callsign_us: Slots
    feed_number: NDArray[np.int32]
    feeds: dict[int, tuple[str | None, str]]
    owner_code: NDArray[np.int32]
    owners: dict[int, str]


class TrackTable:
    """Live tracks, one slot each; a freed slot is used again. Not safe for several threads.

    The arrays are public to be read by kernels at :meth:`slots`; only the methods write them.
    Lengths in metres, speeds in m/s, angles in degrees, time in microseconds; NaN is unknown.
    """

    def __init__(self, settings: TrackSettings | None = None, *, capacity: int = 256) -> None:
        self.settings = settings or TrackSettings()
        length = self.settings.trail_length
        self.time_us = np.full(capacity, _NEVER_US, np.int64)
        self.latitude_deg = np.zeros(capacity)
        self.longitude_deg = np.zeros(capacity)
        self.altitude_w84_m = np.zeros(capacity)
        self.altitude_std_m = np.zeros(capacity)
        self.ground_speed_m_s = np.zeros(capacity)
        self.course_deg = np.zeros(capacity)
        self.vertical_rate_m_s = np.zeros(capacity)
        self.accuracy_m = np.zeros(capacity)
        self.velocity_source = np.zeros(capacity, np.int8)
        self.implausible_left = np.zeros(capacity, np.int16)
        self.implausible_rule = np.zeros(capacity, np.int8)
        self.owner_code = np.full(capacity, -1, np.int32)
        self.identity_code = np.full(capacity, -1, np.int64)
        # Which track, of all that there were, is in a slot: 1 and up, never again; 0 for none.
        self.born = np.zeros(capacity, np.int64)
        self._births = 0
        self._is_changed = np.zeros(capacity, np.bool_)
        self._callsign_us = np.zeros(capacity, np.int64)
        self._feed_number = np.zeros(capacity, np.int32)
        self._trail_time_us = np.zeros((capacity, length), np.int64)
        self._trail_numbers = np.zeros((capacity, length, 3))
        self._trail_count = np.zeros(capacity, np.int16 if length < _MOST_INT16 else np.int32)
        self._track_id: list[str | None] = [None] * capacity
        self._callsign = CallSigns(capacity)
        self._feeds = HeldFeeds()
        self._count = 0
        self._free: list[int] = list(range(capacity - 1, -1, -1))
        self._codes: dict[str, int] = {}
        self._displaced: list[TrackKey] = []  # and not yet told of
        self._parties: list[str] = []
        self._party_clock_us: dict[str | None, int] = {}

    def __len__(self) -> int:
        return self._count

    def slots(self) -> Slots:
        """The slots in use, ascending."""
        return np.flatnonzero(self.time_us != _NEVER_US)

    def changed(self) -> Slots:
        """The slots of which anything that a look goes by is another than when this was asked last,
        those that became free or were taken among them. For one who asks.
        """
        changed = np.flatnonzero(self._is_changed)
        self._is_changed[changed] = False
        return changed

    def slot_of(self, key: TrackKey) -> int | None:
        """The slot of a track, None where there is no such track."""
        feed = self._feeds.get(key.feed_party, key.feed)
        return None if feed is None else feed.slot_of.get(key.track_id)

    def key(self, slot: int) -> TrackKey:
        """The key of the track in a slot. Raises KeyError where the slot is free."""
        track_id = self._track_id[slot]
        if track_id is None:
            raise KeyError(slot)
        feed = self._feeds[self._feed_number.item(slot)]
        return TrackKey(feed.party, feed.name, track_id)

    def owner(self, slot: int) -> str | None:
        """The party whose thing it is, None where that is not known."""
        code = self.owner_code.item(slot)
        return None if code < 0 else self._parties[code]

    def code(self, party: str) -> int:
        """A number for a party, the same each time (0 or more)."""
        code = self._codes.get(party)
        if code is None:
            code = self._codes[party] = len(self._parties)
            self._parties.append(party)
        return code

    def party(self, code: int) -> str:
        """The party of a code."""
        return self._parties[code]

    def silence_after_us(self, slots: Slots) -> NDArray[np.int64]:
        """After how long without a position each is silent."""
        return self._feeds.silence_after_us[self._feed_number[slots]]

    def clock_error_us(self, slots: Slots) -> NDArray[np.int64]:
        """How far the times of each may be off."""
        return self._feeds.clock_error_us[self._feed_number[slots]]

    def vertical_error_m(self, slots: Slots) -> Floats:
        """How far the height of each may have been off when it was taken."""
        return self._feeds.vertical_error_m[self._feed_number[slots]]

    def follows(self, slots: Slots) -> Mask:
        """Which are followed along their course."""
        return self._feeds.predict[self._feed_number[slots]]

    def set_clock(self, party: str, clock_us: int) -> None:
        """How far the clock of a feed's party may be off, as measured: it adds to what is set for
        the feed (which is how far its times may be off from that clock).
        """
        self._party_clock_us[party] = clock_us
        for feed in self._feeds:
            if feed.party == party:
                self._set_feed(feed)

    def silent(self, slots: Slots, now_us: int) -> Mask:
        """Which of the tracks have said nothing for longer than their feed's bound."""
        return now_us - self.time_us[slots] > self.silence_after_us(slots)

    def age_s(self, slots: Slots, now_us: int) -> Floats:
        """How old each last position is; 0 where it is dated ahead of now."""
        return np.maximum(now_us - self.time_us[slots], 0) / SECOND_US

    def horizontal_error_m(self, slots: Slots, now_us: int) -> Floats:
        """How far each thing may be from where it is taken to be: its accuracy, its feed's clock
        error (or how far it is dated ahead of now) at its speed, and the widening with age, at its
        speed where it is not followed.
        """
        limits = self.settings
        known = self.velocity_source[slots] != Velocity.UNKNOWN
        speed_m_s = np.where(known, self.ground_speed_m_s[slots], limits.unknown_speed_m_s)
        clock_m = speed_m_s * self._clock_error_s(slots, now_us)
        widening_m_s = np.where(known, limits.widening_m_s, limits.unknown_speed_m_s)
        widening_m_s += np.where(known & ~self.follows(slots), speed_m_s, 0.0)
        return self.accuracy_m[slots] + clock_m + widening_m_s * self.age_s(slots, now_us)

    def vertical_error_at_m(self, slots: Slots, now_us: int) -> Floats:
        """How far each thing may be above or below where its climb leads: its feed's error, the
        clock error at its climb, and the widening with age.
        """
        climb_m_s = np.abs(np.nan_to_num(self.vertical_rate_m_s[slots], nan=0.0))
        clock_m = climb_m_s * self._clock_error_s(slots, now_us)
        aged_m = self.settings.vertical_widening_m_s * self.age_s(slots, now_us)
        return self.vertical_error_m(slots) + clock_m + aged_m

    def _clock_error_s(self, slots: Slots, now_us: int) -> Floats:
        """How far each position's time may be off: its feed's clock error, or how far it is dated
        ahead of now, whichever is more.
        """
        ahead_us = self.time_us[slots] - now_us
        return np.maximum(self.clock_error_us(slots), ahead_us) / SECOND_US

    def callsign(self, slot: int) -> str | None:
        """The call sign of the track in a slot, None where none was said."""
        return self._callsign[slot]

    def callsign_us(self, slot: int) -> int | None:
        """When the call sign was last said, None where there is none."""
        return None if self._callsign[slot] is None else self._callsign_us.item(slot)

    def names(self, slots: Slots) -> TrackNames:
        """What the tracks in these slots are called and whose they are, copied. Raises KeyError
        where one is free.
        """
        track_ids = list(map(self._track_id.__getitem__, slots.tolist()))
        if None in track_ids:
            raise KeyError(int(slots[track_ids.index(None)]))
        numbers = self._feed_number[slots]
        feeds: dict[int, tuple[str | None, str]] = {
            feed.number: (feed.party, feed.name) for feed in self._feeds
        }
        owners = self.owner_code[slots]
        return TrackNames(
            track_id=cast("list[str]", track_ids),
            callsign=self._callsign.copied(slots),
            callsign_us=self._callsign_us[slots],
            feed_number=numbers,
            feeds=feeds,
            owner_code=owners,
            owners={code: self._parties[code] for code in np.unique(owners).tolist() if code >= 0},
        )

    def slots_named(self, feed_party: str | None, track_id: str) -> list[int]:
        """The slots of the tracks of this id that this party's feeds bring."""
        return [
            slot
            for feed in self._feeds
            if feed.party == feed_party and (slot := feed.slot_of.get(track_id)) is not None
        ]

    def slots_of(self, named: Iterable[tuple[str | None, str, str]]) -> Slots:
        """The slots of tracks by their feed's party, their feed and their id; -1 for none."""
        held: dict[tuple[str | None, str], dict[str, int]] = {
            (feed.party, feed.name): feed.slot_of for feed in self._feeds
        }
        none: dict[str, int] = {}
        return np.array(
            [held.get((party, feed), none).get(track_id, -1) for party, feed, track_id in named],
            np.int64,
        )

    def feed_party_codes(self, slots: Slots) -> Slots:
        """The code of the party whose feed brings each; of a public source that of no name."""
        codes = np.zeros(len(self._feeds.predict), np.int64)
        for feed in self._feeds:
            codes[feed.number] = self.code(feed.party or "")
        return codes[self._feed_number[slots]]

    def newest_us(self) -> dict[tuple[str | None, str], int]:
        """The time of the newest position of each feed, by its party and name."""
        slots = self.slots()
        newest = np.full(len(self._feeds.predict), _NEVER_US)
        np.maximum.at(newest, self._feed_number[slots], self.time_us[slots])
        return {(feed.party, feed.name): int(newest[feed.number]) for feed in self._feeds}

    def trail(self, slot: int) -> Trail:
        """The last reported positions of a track, oldest first."""
        count = int(self._trail_count[slot])
        numbers = self._trail_numbers[slot, :count]
        return Trail(
            self._trail_time_us[slot, :count].copy(),
            numbers[:, 0].copy(),
            numbers[:, 1].copy(),
            numbers[:, 2].copy(),
        )

    def update(self, batch: ReportBatch, now_us: int) -> UpdateReport:
        """Takes in a batch by the rules above. now_us: the time at which it came."""
        report = UpdateReport()
        good = self._checked(batch, now_us, report)
        slots = self._slots_for(batch, good, report)
        good, slots = good[slots >= 0], slots[slots >= 0]
        report.good = good.tolist()
        if not len(good):
            return report
        fields = _cleaned(batch, report, self.settings)
        # Several reports of one track: one after the other, in the order of time.
        order = np.lexsort((good, batch.time_us[good], slots))
        good, slots = good[order], slots[order]
        starts = np.flatnonzero(np.r_[True, slots[1:] != slots[:-1]])
        turn = np.arange(len(slots)) - np.repeat(starts, np.diff(np.r_[starts, len(slots)]))
        for k in range(int(turn.max()) + 1):
            now = turn == k
            self._apply(batch, fields, good[now], slots[now], report)
        return report

    def forget(self, now_us: int) -> list[TrackKey]:
        """Drops the tracks that are older than the bound. Gives their keys, and those of the tracks
        that made room for others since the last call. Not a clearance.
        """
        slots = self.slots()
        old = slots[now_us - self.time_us[slots] > self.settings.forget_after_us]
        gone = self._displaced + [self._drop(int(slot)) for slot in old]
        self._displaced = []
        return gone

    def remove(self, key: TrackKey) -> bool:
        """Drops one track; False where there is no such track."""
        slot = self.slot_of(key)
        if slot is not None:
            self._drop(slot)
        return slot is not None

    def _drop(self, slot: int) -> TrackKey:
        key = self.key(slot)
        feed = self._feeds[int(self._feed_number[slot])]
        del feed.slot_of[key.track_id]
        if not feed.slot_of:
            self._feeds.remove(feed)
        self._count -= 1
        self._is_changed[slot] = True
        self._track_id[slot] = self._callsign[slot] = None
        self.time_us[slot] = _NEVER_US
        self.born[slot] = 0
        self._free.append(slot)
        return key

    def _checked(self, batch: ReportBatch, now_us: int, report: UpdateReport) -> Slots:
        """The rows that can be taken; the others are counted and named."""
        with np.errstate(invalid="ignore"):
            placed = (np.abs(batch.latitude_deg) <= 90) & (np.abs(batch.longitude_deg) <= 180)
        clock_us = self._party_clock_us.get(batch.feed_party, 0)
        latest_us = now_us + self.settings.max_future_us + clock_us
        broken: dict[RowRule, Mask] = {
            "track-id": np.array([not _is_name(name) for name in batch.track_id], np.bool_),
            "position": ~placed,
            "time-range": (batch.time_us < MIN_US) | (batch.time_us > MAX_US),
            "time-ahead": batch.time_us > latest_us,
            "time-old": batch.time_us < now_us - self.settings.forget_after_us,
        }
        is_bad = np.logical_or.reduce(list(broken.values()))
        bad: list[int] = np.flatnonzero(is_bad).tolist()
        for index in bad:
            rule: RowRule = next(each for each in broken if broken[each][index])
            report.refuse(index, batch.track_id[index], rule)
        return np.flatnonzero(~is_bad)

    def _slots_for(self, batch: ReportBatch, good: Slots, report: UpdateReport) -> Slots:
        """The slot of each row; -1 where there is no room for one more track."""
        slots = np.empty(len(good), np.int64)
        if not len(good):
            return slots
        feed = self._feeds.add(batch.feed_party, batch.feed)
        self._set_feed(feed)
        rows: list[int] = good.tolist()
        room: list[int] = []
        is_refused = False  # nobody else can have given way meanwhile
        for k, index in enumerate(rows):
            slot = feed.slot_of.get(batch.track_id[index])
            if slot is None and self._count >= self.settings.max_tracks:
                if not room and not is_refused:
                    room = self._room(feed)
                    is_refused = not room
                if is_refused:
                    report.refuse(index, batch.track_id[index], "table-full")
                    slots[k] = -1
                    continue
                self._displaced.append(self._drop(room.pop()))
            if slot is None:
                slot = self._new_slot(feed, batch.track_id[index])
            slots[k] = slot
            self._name(slot, batch, index)
        if not feed.slot_of:
            self._feeds.remove(feed)
        return slots

    def _room(self, own: HeldFeed) -> list[int]:
        """The slots that make room for new tracks of a feed, the oldest last: of the party with the
        most, of its feed with the most; where that party is the feed's own, of the feed of it with
        the most. None where that is the feed itself. As many as leave the two equal.
        """
        held: dict[str | None, list[HeldFeed]] = {}
        for feed in self._feeds:
            held.setdefault(feed.party, []).append(feed)
        total = {party: sum(len(each.slot_of) for each in held[party]) for party in held}
        party = max(total, key=total.__getitem__)
        most = max(held[party], key=lambda each: len(each.slot_of))
        more = total[party] - total[own.party]
        if more <= 1:
            most = max(held[own.party], key=lambda each: len(each.slot_of))
            more = len(most.slot_of) - len(own.slot_of)
        if more <= 1:
            return []
        theirs = sorted(most.slot_of.values(), key=lambda slot: -int(self.time_us[slot]))
        return theirs[-(more // 2) :]

    def _new_slot(self, feed: HeldFeed, track_id: str) -> int:
        if not self._free:
            self._grow()
        slot = self._free.pop()
        feed.slot_of[track_id] = slot
        self._count += 1
        self._births += 1
        self.born[slot] = self._births
        self._is_changed[slot] = True
        self._track_id[slot] = track_id
        self._feed_number[slot] = feed.number
        self._callsign[slot] = None
        self.owner_code[slot] = -1
        self.identity_code[slot] = identity_code(feed.party, track_id)
        self.implausible_left[slot] = self.implausible_rule[slot] = 0
        self._trail_count[slot] = 0
        return slot

    def _name(self, slot: int, batch: ReportBatch, index: int) -> None:
        callsign = batch.callsign[index]
        if callsign and _is_name(callsign):
            said_us = int(batch.time_us[index])
            # A late report tells an older name. One that stands keeps its text, told again or not.
            if self._callsign[slot] is None or said_us >= self._callsign_us[slot]:
                if self._callsign[slot] != callsign:
                    self._callsign[slot] = callsign
                self._callsign_us[slot] = said_us

    def _own(self, batch: ReportBatch, rows: Slots, slots: Slots) -> None:
        """Whose each thing is, as its newest position says, where it says so: who sees it hangs on
        that, so no late, repeated or contradictory report changes it.
        """
        newest: list[int] = rows.tolist()
        for row, slot in zip(newest, slots.tolist(), strict=True):
            owner = batch.owner[row]
            if not owner:
                continue
            code = self.code(owner)
            if self.owner_code.item(slot) != code:
                self.owner_code[slot] = code
                self._is_changed[slot] = True

    def _set_feed(self, feed: HeldFeed) -> None:
        if self._feeds.set(
            feed,
            self.settings.of_feed(feed.name, feed.party),
            self._party_clock_us.get(feed.party, 0),
        ):
            self._is_changed[list(feed.slot_of.values())] = True

    def _grow(self) -> None:
        size = len(self.time_us)
        more = max(size // 4, 64)  # not twofold, which could be half air
        for name, value in list(vars(self).items()):
            if isinstance(value, np.ndarray):
                column = cast("NDArray[np.generic]", value)
                air = np.zeros((more, *column.shape[1:]), column.dtype)
                setattr(self, name, np.concatenate([column, air]))
        self.time_us[size:] = _NEVER_US
        self._track_id.extend([None] * more)
        self._callsign.extend(more)
        self._free.extend(range(size + more - 1, size - 1, -1))

    def _apply(
        self, batch: ReportBatch, fields: _Fields, rows: Slots, slots: Slots, report: UpdateReport
    ) -> None:
        """One report each of different tracks."""
        held_us, time_us = self.time_us[slots], batch.time_us[rows]
        new = held_us == _NEVER_US
        late, same = time_us < held_us, time_us == held_us
        newer = ~(late | same)
        self._take(batch, fields, rows[newer], slots[newer], new[newer])
        self._own(batch, rows[newer], slots[newer])
        for row, slot in zip(rows[late].tolist(), slots[late].tolist(), strict=True):
            self._file(slot, batch, fields, row)
        apart = self._apart(batch, fields, rows[same], slots[same])
        contradicted = slots[same][apart]
        self._doubt(contradicted, np.full(len(contradicted), _TWO_PLACES, np.int8))
        report.counts["taken"] += int(newer.sum())
        report.counts["late"] += int(late.sum())
        report.counts["contradictory"] += int(apart.sum())
        report.counts["repeated"] += int(same.sum() - apart.sum())

    def _apart(self, batch: ReportBatch, fields: _Fields, rows: Slots, slots: Slots) -> Mask:
        """Which reports of the moment held are at another place or height than the one held."""
        away_m = _distance_m(
            ecef_m(self.latitude_deg[slots], self.longitude_deg[slots]),
            ecef_m(batch.latitude_deg[rows], batch.longitude_deg[rows]),
        )
        error_m = self._default_accuracy(batch, fields, rows) + self.accuracy_m[slots]
        return away_m > error_m

    def _default_accuracy(self, batch: ReportBatch, fields: _Fields, rows: Slots) -> Floats:
        default_m = self.settings.of_feed(batch.feed, batch.feed_party).horizontal_error_m
        return np.nan_to_num(fields.accuracy_m[rows], nan=default_m)

    def _take(
        self, batch: ReportBatch, fields: _Fields, rows: Slots, slots: Slots, new: Mask
    ) -> None:
        time_us = batch.time_us[rows]
        latitude, longitude = batch.latitude_deg[rows], batch.longitude_deg[rows]
        accuracy_m = self._default_accuracy(batch, fields, rows)
        w84_m, std_m = fields.altitude_w84_m[rows], fields.altitude_std_m[rows]

        # The step from the position held; for a new track there is none.
        before = ecef_m(self.latitude_deg[slots], self.longitude_deg[slots])
        step_m = _distance_m(before, ecef_m(latitude, longitude))
        step_s = np.where(new, np.inf, (time_us - self.time_us[slots]) / SECOND_US)
        rise_m = w84_m - self.altitude_w84_m[slots]
        rise_m = np.where(np.isnan(rise_m), std_m - self.altitude_std_m[slots], rise_m)
        slack_s = step_s + 1.0  # time stamps are often whole seconds
        limits = self.settings
        too_fast = step_m > limits.max_speed_m_s * slack_s + accuracy_m + self.accuracy_m[slots]
        too_steep = np.abs(rise_m) > (
            limits.max_climb_m_s * slack_s + 2 * self.vertical_error_m(slots)
        )
        doubtful = ~new & (too_fast | too_steep)

        self._set_velocity(fields, rows, slots, before, step_m, step_s, doubtful | new)
        climb = fields.vertical_rate_m_s[rows]
        near = ~new & ~doubtful & (step_s >= 1) & (step_s * SECOND_US <= limits.derive_within_us)
        with np.errstate(invalid="ignore"):
            derived = np.where(near, rise_m / step_s, np.nan)
        self.vertical_rate_m_s[slots] = np.where(np.isnan(climb), derived, climb)

        self._is_changed[slots] = True
        self.time_us[slots] = time_us
        self.latitude_deg[slots], self.longitude_deg[slots] = latitude, longitude
        self.altitude_w84_m[slots], self.altitude_std_m[slots] = w84_m, std_m
        self.accuracy_m[slots] = accuracy_m
        better = slots[~doubtful & (self.implausible_left[slots] > 0)]
        self.implausible_left[better] -= 1
        self.implausible_rule[better[self.implausible_left[better] == 0]] = 0
        rules = np.where(too_fast, _TOO_FAST, _TOO_STEEP).astype(np.int8)
        self._doubt(slots[doubtful], rules[doubtful])
        self._append_trail(slots, time_us, np.stack([latitude, longitude, w84_m], axis=1))

    def _set_velocity(
        self,
        fields: _Fields,
        rows: Slots,
        slots: Slots,
        before: Floats,
        step_m: Floats,
        step_s: Floats,
        no_step: Mask,
    ) -> None:
        """Reported, else derived from the step (which the position held has not yet made)."""
        speed, course = fields.ground_speed_m_s[rows].copy(), fields.course_deg[rows].copy()
        with np.errstate(invalid="ignore"):
            course[np.isnan(course) & (speed < _STOPPED_M_S)] = 0.0
        reported = np.isfinite(speed) & np.isfinite(course)
        usable = ~reported & ~no_step & (step_s >= 1)
        usable &= step_s * SECOND_US <= self.settings.derive_within_us
        speed[usable] = step_m[usable] / step_s[usable]
        latitude, longitude = fields.latitude_deg[rows], fields.longitude_deg[rows]
        course[usable] = course_deg(before[usable], latitude[usable], longitude[usable])
        known = reported | usable
        source = np.where(reported, Velocity.REPORTED, Velocity.DERIVED)
        self.velocity_source[slots] = np.where(known, source, Velocity.UNKNOWN)
        self.ground_speed_m_s[slots] = np.where(known, speed, np.nan)
        self.course_deg[slots] = np.where(known, course, np.nan)

    def _doubt(self, slots: Slots, rules: NDArray[np.int8]) -> None:
        self.implausible_left[slots] = min(self.settings.plausible_again_after, _MOST_INT16)
        self.implausible_rule[slots] = rules

    def _append_trail(self, slots: Slots, time_us: NDArray[np.int64], numbers: Floats) -> None:
        length = self.settings.trail_length
        full = slots[self._trail_count[slots] == length]
        self._trail_time_us[full, :-1] = self._trail_time_us[full, 1:]
        self._trail_numbers[full, :-1] = self._trail_numbers[full, 1:]
        self._trail_count[full] -= 1
        at = self._trail_count[slots]
        self._trail_time_us[slots, at] = time_us
        self._trail_numbers[slots, at] = numbers
        self._trail_count[slots] += 1

    def _file(self, slot: int, batch: ReportBatch, fields: _Fields, row: int) -> None:
        """Puts a late report into the trail at its place, if the trail reaches back so far."""
        count, length = int(self._trail_count[slot]), self.settings.trail_length
        times = self._trail_time_us[slot]
        at = bisect_left(times, batch.time_us[row], 0, count)
        if times[at] == batch.time_us[row] or (count == length and at == 0):
            return
        numbers = self._trail_numbers[slot]
        if count == length:  # the oldest makes room
            at -= 1
            times[:at] = times[1 : at + 1]
            numbers[:at] = numbers[1 : at + 1]
        else:
            times[at + 1 : count + 1] = times[at:count]
            numbers[at + 1 : count + 1] = numbers[at:count]
            self._trail_count[slot] += 1
        times[at] = batch.time_us[row]
        numbers[at] = (
            batch.latitude_deg[row],
            batch.longitude_deg[row],
            fields.altitude_w84_m[row],
        )


@dataclass(frozen=True)
class _Fields:
    """The columns of a batch that may be missing, with what cannot be taken as not said."""

    latitude_deg: Floats
    longitude_deg: Floats
    altitude_w84_m: Floats
    altitude_std_m: Floats
    ground_speed_m_s: Floats
    course_deg: Floats
    vertical_rate_m_s: Floats
    accuracy_m: Floats


def _cleaned(batch: ReportBatch, report: UpdateReport, settings: TrackSettings) -> _Fields:
    bounds = {
        "altitude_w84_m": (-8_000.0, 100_000.0),
        "altitude_std_m": (-8_000.0, 100_000.0),
        "ground_speed_m_s": (0.0, settings.max_speed_m_s),
        "course_deg": (0.0, 360.0),
        "vertical_rate_m_s": (-settings.max_climb_m_s, settings.max_climb_m_s),
        "accuracy_m": (0.0, 1e6),
    }
    columns: dict[str, Floats] = {}
    for name, (low, high) in bounds.items():
        values: Floats = getattr(batch, name)
        with np.errstate(invalid="ignore"):
            wrong = ~np.isnan(values) & ~((values >= low) & (values <= high))
        if wrong.any():
            report.dropped[name] += int(wrong.sum())
            values = np.where(wrong, np.nan, values)
        columns[name] = values
    return _Fields(batch.latitude_deg, batch.longitude_deg, **columns)


def _distance_m(one: Floats, other: Floats) -> Floats:
    squares: Floats = np.square(one - other)
    return arc_m(np.sqrt(squares[..., 0] + squares[..., 1] + squares[..., 2]))


def _is_name(text: str) -> bool:
    # Printable: no line breaks, no lone surrogate that no record could hold.
    return 0 < len(text) <= _MAX_ID_LENGTH and text.isprintable()
