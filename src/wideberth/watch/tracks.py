"""The live tracks: what was last reported of each moving thing, in arrays.

Nothing here is invented. A row holds the last reported position, never one between two reports or
after the last; where it will be is worked out in :mod:`wideberth.watch.paths`, by those who ask.
The table can be rebuilt from the reports.

The rules, row by row of a batch, in the order of their times:

* refused, counted and named: no id or one that cannot be printed, a position that is none, a time
  ahead of now by more than the bound and what the party's clock may be off, a time older than what
  the table forgets, one track too many of whoever has the most;
* a speed, course, altitude, rate or accuracy that cannot be, or that is not of about the position's
  moment (:mod:`wideberth.watch.moments`), is taken as not said, and counted;
* ``repeated``: the moment that is held already, and the same place within both accuracies;
* ``contradictory``: that moment at another place. The position held stays; it is implausible;
* ``late``: older than the position held. It goes into the trail at its place, and that is all;
* ``taken``: newer. A step that needs more than the greatest speed or climb makes it implausible
  (it is still stored as reported: which of the two is wrong, nobody here knows). Only such a
  report says whose thing it is.

Implausible ends after some plausible reports in a row. Until then nothing that concerns the track
may be cleared. The velocity is the reported one; else, from the last two positions where they are
1 s to the bound apart and plausible; else unknown, and then nothing is predicted of the track. A
climb likewise, from the last two heights.

When the table is full, one more track of a party with fewer takes the place of the oldest of the
party with the most; of a party's feeds likewise. So nobody who makes up tracks keeps others' out.

A track belongs to its feed: no feed moves a track that another brought, also of the same party, for
who sees the one need not see the other. That several are of one thing is said by
:mod:`wideberth.watch.fusion`, to each reader of what that reader may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import cast

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import MAX_US, MIN_US, SECOND_US, format_rfc3339
from wideberth.watch._taking import COUNTED, NEVER_US, NUMBERS, take
from wideberth.watch.callsigns import CallSigns
from wideberth.watch.heldfeeds import HeldFeed, HeldFeeds
from wideberth.watch.identity import identity_code
from wideberth.watch.moments import behind_us, height_error_m, velocity_error_m_s
from wideberth.watch.paths import Floats
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import TrackSettings
from wideberth.watch.taken import MAX_ID_LENGTH, MOST_NAMED, ROW_RULES, UpdateReport
from wideberth.watch.trackrow import TrackKey, TrackRow, Trail, Velocity

__all__ = [
    "IMPLAUSIBLE_RULES",
    "TrackKey",
    "TrackNames",
    "TrackRow",
    "TrackTable",
    "Trail",
    "Velocity",
]

Slots = NDArray[np.int64]
Mask = NDArray[np.bool_]

_MOST_INT16 = np.iinfo(np.int16).max

IMPLAUSIBLE_RULES = ("", "speed-impossible", "two-places-at-once", "climb-impossible")
"""By the numbers of :mod:`wideberth.watch._taking`."""

_TIMES_OF = (("altitude_time_us", slice(2, 4)), ("velocity_time_us", slice(4, 7)))  # of NUMBERS
_TRACK_ID, _POSITION, _TIME_RANGE, _TIME_AHEAD, _TIME_OLD = range(1, len(ROW_RULES))


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
        self.time_us = np.full(capacity, NEVER_US, np.int64)
        self.latitude_deg = np.zeros(capacity)
        self.longitude_deg = np.zeros(capacity)
        self.altitude_w84_m = np.zeros(capacity)
        self.altitude_std_m = np.zeros(capacity)
        self.ground_speed_m_s = np.zeros(capacity)
        self.course_deg = np.zeros(capacity)
        self.vertical_rate_m_s = np.zeros(capacity)
        self.accuracy_m = np.zeros(capacity)
        # How long before the position the heights, and the velocity, were said.
        self.altitude_behind_us = np.zeros(capacity, np.int32)
        self.velocity_behind_us = np.zeros(capacity, np.int32)
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
        whole = np.int16 if length < _MOST_INT16 else np.int32
        self._trail_first = np.zeros(capacity, whole)
        self._trail_count = np.zeros(capacity, whole)
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
        return np.flatnonzero(self.time_us != NEVER_US)

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
        """Which of the tracks have said nothing for longer than their feed's bound, or nothing of
        where they are.
        """
        is_old = now_us - self.time_us[slots] > self.silence_after_us(slots)
        return is_old | self.too_uncertain(slots, now_us)

    def too_uncertain(self, slots: Slots, now_us: int) -> Mask:
        """Which positions may have been off by so much when they were taken that nothing can be
        said of the track: it may be near everything, and is not clear of anything.
        """
        most_m = self.settings.most_uncertain_m
        found: Mask = self.accuracy_m[slots] > most_m
        # Of a clock that is as bad as that there are hardly any.
        is_bad = self._feeds.clock_error_us / SECOND_US * self.settings.max_speed_m_s > most_m / 2
        doubtful = self.accuracy_m[slots] > most_m / 2
        if is_bad.any():
            doubtful |= is_bad[self._feed_number[slots]]
        rows = np.flatnonzero(doubtful & ~found)
        if len(rows):
            of = slots[rows]
            speed_m_s = np.nan_to_num(
                self.ground_speed_m_s[of], nan=self.settings.unknown_speed_m_s
            )
            off_m = self.accuracy_m[of] + speed_m_s * self._clock_error_s(of, now_us)
            found[rows] = off_m > most_m
        return found

    def age_s(self, slots: Slots, now_us: int) -> Floats:
        """How old each last position is; 0 where it is dated ahead of now."""
        return np.maximum(now_us - self.time_us[slots], 0) / SECOND_US

    def horizontal_error_m(self, slots: Slots, now_us: int) -> Floats:
        """How far each thing may be from where it is taken to be: its accuracy, its feed's clock
        error (or how far it is dated ahead of now) at its speed, and the widening with age, at its
        speed where it is not followed; by more where its velocity is older than its position.
        """
        limits = self.settings
        known = self.velocity_source[slots] != Velocity.UNKNOWN
        speed_m_s = np.where(known, self.ground_speed_m_s[slots], limits.unknown_speed_m_s)
        clock_m = speed_m_s * self._clock_error_s(slots, now_us)
        off_m_s = limits.widening_m_s + velocity_error_m_s(self.velocity_behind_us[slots])
        widening_m_s = np.where(known, off_m_s, limits.unknown_speed_m_s)
        widening_m_s += np.where(known & ~self.follows(slots), speed_m_s, 0.0)
        return self.accuracy_m[slots] + clock_m + widening_m_s * self.age_s(slots, now_us)

    def vertical_error_at_m(self, slots: Slots, now_us: int) -> Floats:
        """How far each thing may be above or below where its climb leads: its feed's error, the
        clock error at its climb, and the widening with age; by more where its height or its climb
        is of another moment than its position.
        """
        climb_m_s = self.vertical_rate_m_s[slots]
        clock_m = np.abs(np.nan_to_num(climb_m_s, nan=0.0)) * self._clock_error_s(slots, now_us)
        aged_m = height_error_m(
            climb_m_s,
            self.altitude_behind_us[slots],
            self.velocity_behind_us[slots],
            age_s=self.age_s(slots, now_us),
            widening_m_s=self.settings.vertical_widening_m_s,
        )
        return self.vertical_error_m(slots) + clock_m + aged_m

    def height_apart_m(self, slots: Slots) -> Floats:
        """How far each height may be from where the thing was at its position's moment, beyond how
        far it was off when it was said; 0 where it was said then.
        """
        return height_error_m(
            self.vertical_rate_m_s[slots],
            self.altitude_behind_us[slots],
            self.velocity_behind_us[slots],
            age_s=np.zeros(len(slots)),
            widening_m_s=self.settings.vertical_widening_m_s,
        )

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

    def feed_parties(self, slots: Slots) -> Slots:
        """Whose feed brings each: a number from 0, as few as there are parties with feeds."""
        numbers: dict[str, int] = {}
        of_feed = np.zeros(len(self._feeds.predict), np.int64)
        for feed in self._feeds:
            of_feed[feed.number] = numbers.setdefault(feed.party or "", len(numbers))
        return of_feed[self._feed_number[slots]]

    def newest_us(self) -> dict[tuple[str | None, str], int]:
        """The time of the newest position of each feed, by its party and name."""
        slots = self.slots()
        newest = np.full(len(self._feeds.predict), NEVER_US)
        np.maximum.at(newest, self._feed_number[slots], self.time_us[slots])
        return {(feed.party, feed.name): int(newest[feed.number]) for feed in self._feeds}

    def trail(self, slot: int) -> Trail:
        """The last reported positions of a track, oldest first."""
        order = self._trail_first[slot] + np.arange(self._trail_count[slot], dtype=np.int64)
        order %= self.settings.trail_length
        numbers = self._trail_numbers[slot, order]
        return Trail(
            self._trail_time_us[slot, order],
            numbers[:, 0].copy(),
            numbers[:, 1].copy(),
            numbers[:, 2].copy(),
        )

    def update(self, batch: ReportBatch, now_us: int) -> UpdateReport:
        """Takes in a batch by the rules above. now_us: the time at which it came."""
        report = UpdateReport()
        found, rule = self._found(batch, now_us)
        for index in np.flatnonzero(rule).tolist():
            report.refuse(index, batch.track_id[index], ROW_RULES[int(rule[index]) - 1])
        rows = np.flatnonzero(rule == 0)
        if not len(rows):
            return report
        times_us = batch.time_us[rows]
        if (times_us[1:] < times_us[:-1]).any():
            rows = rows[np.argsort(times_us, kind="stable")]
        slots = self._slots_for(batch, rows, found[rows], report)
        rows, slots = rows[slots >= 0], slots[slots >= 0]
        report.good = np.sort(rows)
        self._is_changed[slots] = True  # also where it was only told again: that is seldom
        self._call(batch, rows, slots, report)
        is_newer = self._take(batch, rows, slots, now_us, report)
        self._own(batch, rows[is_newer], slots[is_newer])
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
        self.time_us[slot] = NEVER_US
        self.born[slot] = 0
        self._free.append(slot)
        return key

    def _found(self, batch: ReportBatch, now_us: int) -> tuple[Slots, NDArray[np.int8]]:
        """The slot of each row, -1: there is none yet; and the place in ``ROW_RULES``, from
        1, of the rule that it breaks; 0: none.
        """
        feed = self._feeds.get(batch.feed_party, batch.feed)
        slot_of: dict[str, int] = {} if feed is None else feed.slot_of
        count = len(batch)
        found = np.fromiter(map(slot_of.get, batch.track_id, repeat(-1)), np.int64, count)
        rule = np.zeros(count, np.int8)
        times_us = batch.time_us
        rule[times_us < now_us - self.settings.forget_after_us] = _TIME_OLD
        rule[times_us > self._latest_us(batch.feed_party, now_us)] = _TIME_AHEAD
        rule[(times_us < MIN_US) | (times_us > MAX_US)] = _TIME_RANGE
        with np.errstate(invalid="ignore"):
            placed = (np.abs(batch.latitude_deg) <= 90) & (np.abs(batch.longitude_deg) <= 180)
        rule[~placed] = _POSITION
        for index in np.flatnonzero(found < 0).tolist():  # a name that is held is one
            if not _is_name(batch.track_id[index]):
                rule[index] = _TRACK_ID
        return found, rule

    def _slots_for(
        self, batch: ReportBatch, rows: Slots, found: Slots, report: UpdateReport
    ) -> Slots:
        """The slot of each of these rows; -1 where there is no room for one more track."""
        feed = self._feeds.add(batch.feed_party, batch.feed)
        self._set_feed(feed)
        room: list[int] = []
        is_refused = False  # nobody else can have given way meanwhile
        for k in np.flatnonzero(found < 0).tolist():
            index = int(rows[k])
            track_id = batch.track_id[index]
            slot = feed.slot_of.get(track_id)  # there may be several of a track that is new
            if slot is None and self._count >= self.settings.max_tracks:
                if not room and not is_refused:
                    room = self._room(feed)
                    is_refused = not room
                if is_refused:
                    report.refuse(index, track_id, "table-full")
                    continue
                self._displaced.append(self._drop(room.pop()))
            found[k] = self._new_slot(feed, track_id) if slot is None else slot
        if not feed.slot_of:
            self._feeds.remove(feed)
        return found

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
        self._trail_first[slot] = self._trail_count[slot] = 0
        return slot

    def _own(self, batch: ReportBatch, rows: Slots, slots: Slots) -> None:
        """Whose each thing is, as the newest of these rows says, where it says so: who sees it
        hangs on that, so they are new positions, in the order of their times, and no late, repeated
        or contradictory report is among them.
        """
        parties = set(batch.owner)
        if len(parties) == 1:
            (party,) = parties
            if party:
                self.owner_code[slots] = self.code(party)
        else:
            order: list[int] = rows.tolist()
            owners = [batch.owner[row] for row in order]
            codes = {party: self.code(party) for party in dict.fromkeys(owners) if party}
            said = np.array([codes.get(owner or "", -1) for owner in owners], np.int32)
            self.owner_code[slots[said >= 0]] = said[said >= 0]

    def _call(self, batch: ReportBatch, rows: Slots, slots: Slots, report: UpdateReport) -> None:
        """How these rows call each thing. A late report tells an older name. One that stands keeps
        its text, told again or not. What is no name is not said, and none is newer than the
        position that it came with.
        """
        if not any(batch.callsign):
            return
        order: list[int] = rows.tolist()
        signs = [batch.callsign[row] or "" for row in order]
        said_us = batch.time_us[rows]
        if batch.callsign_time_us is not None:
            said_us = np.minimum(said_us, batch.callsign_time_us[rows])
        same = self._callsign.are(slots, signs)
        said = np.array(list(map(bool, signs)))
        # Where anything else is said of a track, all of it is gone through in its order.
        same &= ~np.isin(slots, slots[said & ~same])
        again = said & same
        np.maximum.at(self._callsign_us, slots[again], said_us[again])
        for k in np.flatnonzero(said & ~same).tolist():
            slot, sign, time_us = int(slots[k]), signs[k], int(said_us[k])
            if not _is_name(sign):
                report.dropped["callsign"] += 1
                report.drop(order[k], batch.track_id[order[k]], "callsign", sign)
            elif self._callsign[slot] is None or time_us >= self._callsign_us[slot]:
                if self._callsign[slot] != sign:
                    self._callsign[slot] = sign
                self._callsign_us[slot] = time_us

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
        self.time_us[size:] = NEVER_US
        self._track_id.extend([None] * more)
        self._callsign.extend(more)
        self._free.extend(range(size + more - 1, size - 1, -1))

    def _take(
        self, batch: ReportBatch, rows: Slots, slots: Slots, now_us: int, report: UpdateReport
    ) -> Mask:
        """Takes the numbers of these rows, which are in the order of their times. Gives which are
        new positions.
        """
        limits = self.settings
        feed = limits.of_feed(batch.feed, batch.feed_party)
        numbers = np.array([getattr(batch, name)[rows] for name in NUMBERS])
        behind, wrong = behind_us(batch, rows, self._latest_us(batch.feed_party, now_us))
        for at, (name, values) in enumerate(_TIMES_OF):
            numbers[values, wrong[at]] = np.nan
            _drop_times(batch, name, rows[wrong[at]], report)
        bounds = np.array([
            (-8_000.0, 100_000.0),
            (-8_000.0, 100_000.0),
            (0.0, limits.max_speed_m_s),
            (0.0, 360.0),
            (-limits.max_climb_m_s, limits.max_climb_m_s),
            (0.0, 1e6),
        ])  # fmt: skip
        is_newer = np.zeros(len(rows), np.bool_)
        counts: list[int] = take(
            slots,
            batch.time_us[rows],
            numbers.copy(),
            behind,
            bounds,
            float(feed.horizontal_error_m),
            float(feed.vertical_error_m),
            float(limits.max_speed_m_s),
            float(limits.max_climb_m_s),
            int(limits.derive_within_us),
            int(limits.plausible_again_after),
            self.time_us,
            self.latitude_deg,
            self.longitude_deg,
            self.altitude_w84_m,
            self.altitude_std_m,
            self.ground_speed_m_s,
            self.course_deg,
            self.vertical_rate_m_s,
            self.accuracy_m,
            self.altitude_behind_us,
            self.velocity_behind_us,
            self.velocity_source,
            self.implausible_left,
            self.implausible_rule,
            self._trail_time_us,
            self._trail_numbers,
            self._trail_first,
            self._trail_count,
            is_newer,
        ).tolist()
        report.counts.update(dict(zip(COUNTED, counts, strict=False)))
        dropped = zip(NUMBERS[2:], counts[len(COUNTED) :], strict=True)
        report.dropped.update({name: count for name, count in dropped if count})
        for place, name in enumerate(NUMBERS[2:]):
            if report.dropped[name]:
                said, (least, most) = numbers[place + 2], bounds[place]
                for k in np.flatnonzero((said < least) | (said > most))[:MOST_NAMED].tolist():
                    index = int(rows[k])
                    report.drop(index, batch.track_id[index], name, float(said[k]))
        report.dropped = +report.dropped
        return is_newer

    def _latest_us(self, feed_party: str | None, now_us: int) -> int:
        """The latest that what a party's feed says may be of."""
        clock_us = self._party_clock_us.get(feed_party, 0)
        return now_us + self.settings.max_future_us + clock_us


def _drop_times(batch: ReportBatch, name: str, rows: Slots, report: UpdateReport) -> None:
    """Counts and names values whose time cannot be."""
    if len(rows):
        report.dropped[name] += len(rows)
        column: Slots = getattr(batch, name)
        first: list[int] = rows[:MOST_NAMED].tolist()
        for index in first:
            said_us = min(max(column.item(index), MIN_US), MAX_US)
            report.drop(index, batch.track_id[index], name, format_rfc3339(said_us))


def _is_name(text: str) -> bool:
    # Printable: no line breaks, no lone surrogate that no record could hold.
    return 0 < len(text) <= MAX_ID_LENGTH and text.isprintable()
