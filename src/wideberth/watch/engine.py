"""The watch: tracks in, warnings out. No clock, no disk, no network; the same calls give the same
events.

What it holds is made anew from the reports and the areas it is given; a warning that stands is in
the record by its events. An answer without warnings rests on who has spoken, and how long ago
(:meth:`~wideberth.watch.tracks.TrackTable.newest_us`). No information is not clearance.

A silent track is followed no further. What stood about it stands as last known, nothing new is
found of it, and :meth:`Watch.columns` has it where it was, with how far from there it may be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.prepared import PreparedVolume
from wideberth.space.time import SECOND_US
from wideberth.watch import along, conditions
from wideberth.watch.area_index import NOBODY, AreaIndex
from wideberth.watch.buffers import MovingBuffer, RoundIntent, moving_buffers
from wideberth.watch.conditions import Area, area_of
from wideberth.watch.conformance import Conformance
from wideberth.watch.counted import Counted
from wideberth.watch.judging import with_pairs
from wideberth.watch.look import Look
from wideberth.watch.neighbours import Neighbours
from wideberth.watch.observations import (
    ObjectRef,
    Observation,
    WarningEvent,
    WarningKey,
    WatchWarning,
)
from wideberth.watch.own_intents import OwnIntent, OwnIntents
from wideberth.watch.reports import ReportBatch
from wideberth.watch.rows import Columns
from wideberth.watch.settings import WatchSettings
from wideberth.watch.stood import Known, Stood, is_as_before
from wideberth.watch.taken import UpdateReport
from wideberth.watch.tracks import TrackTable
from wideberth.watch.warnings import MakeId, WarningState, step, withdraw
from wideberth.watch.ways import Way, Ways

__all__ = ["Watch", "digest_id"]


def digest_id(key: WarningKey, raised_us: int) -> str:
    """An id that is the same in every process: of the key and the time it was raised."""
    content = msgspec.json.encode((key, raised_us), order="deterministic")
    return "w-" + hashlib.blake2b(content, digest_size=10).hexdigest()


class Watch:
    """Live tracks against each other, against zones and against intents. Not safe for threads."""

    def __init__(
        self, settings: WatchSettings | None = None, *, make_id: MakeId = digest_id
    ) -> None:
        self.settings = settings or WatchSettings()
        self.table = TrackTable(self.settings.tracks)
        self._make_id = make_id
        self._neighbours = Neighbours(self.table)
        self.own_intents = OwnIntents(self.table)
        """The intents that tracks are held to, and who is in which."""
        self.conformance = Conformance(self.table, self.own_intents)
        """How well tracks keep to them."""
        self._warned_of: dict[ObjectRef, Area] = {}  # by name: who enters is warned
        self._index = AreaIndex()  # of these
        self._areas_changed = False  # since the last look
        self._ways = Ways()
        self._may_rest_on_ways = False  # something that stands
        self._known = Known()
        self._buffers: dict[str, MovingBuffer] = {}
        self._counted = Counted()
        self._state = WarningState()
        self._now_us: int | None = None

    @property
    def standing(self) -> Mapping[WarningKey, WatchWarning]:
        """The warnings that stand."""
        return self._state.standing

    def put_zone(  # noqa: PLR0913 - what is known of a zone, once
        self,
        zone_id: str,
        volumes: Iterable[PreparedVolume],
        *,
        name: str,
        owner: str | None = None,
        version: int = 1,
        rule: str = "keep-out",
        exempt: Iterable[str] = (),
        bound: Iterable[str] | None = None,
        clock_us: int = 0,
    ) -> None:
        """Adds a zone, or puts a new version in the place of the old; its warnings go on.
        exempt: parties whose tracks may be in it. bound: those whose may not; None: all others,
        and what nobody says is theirs. clock_us: how far its owner's clock may be off.
        """
        area = area_of(
            kind="zone",
            area_id=zone_id,
            name=name,
            owner=owner,
            version=version,
            rule=f"zone-{rule}",
            exempt=exempt,
            volumes=volumes,
            clock_us=clock_us,
            bound=bound,
        )
        self._warn_of(area)

    def put_intent(  # noqa: PLR0913 - what is known of an intent, once
        self,
        intent_id: str,
        volumes: Iterable[PreparedVolume],
        *,
        name: str,
        owner: str,
        version: int = 1,
        track_ids: Iterable[str] | None = None,
        require_entry: bool | None = None,
        warn_entry: bool = True,
        clock_us: int = 0,
        way: Way | None = None,
        call_sign: str = "",
        is_flight: bool = True,
    ) -> None:
        """Adds an intent that is under way, or puts a new version in the place of the old.

        track_ids: the tracks that are held to it; None: all of the owner's. require_entry: a track
        departs only after it was inside; None: so where track_ids is None (an aircraft on its way
        to the area has not left it). warn_entry: whether others are warned of entering it; never
        for people or sites to be spared, unless their party agreed. clock_us: how far the owner's
        clock may be off. way: the way that it declares, where tracks are to be predicted along it;
        call_sign: of who goes along it, where the party has several intents at one place.
        is_flight: whether how its tracks keep to it is counted.
        """
        ids = None if track_ids is None else frozenset(track_ids)
        area = area_of(
            kind="intent",
            area_id=intent_id,
            name=name,
            owner=owner,
            version=version,
            rule="entry-into-intent",
            exempt=(owner,),
            volumes=volumes,
            clock_us=clock_us,
        )
        if not area.volumes:
            raise InvalidValue("volumes", "volumes-empty", intent_id, "give at least one volume")
        self._areas_changed = True  # an own intent too changes what its party may learn
        entry_first = ids is None if require_entry is None else require_entry
        self.own_intents.put(OwnIntent(area, owner, ids, entry_first, is_flight))
        self._ways.put(
            intent_id, way, area.volumes, owner=owner, call_sign=call_sign, track_ids=ids
        )
        if warn_entry:
            self._warn_of(area)
        else:
            self._warn_no_more_of(area.ref)

    def put_buffer(self, buffer: MovingBuffer, now_us: int) -> list[WarningEvent]:
        """Adds a moving buffer, or puts it in the place of the old one; what was warned of because
        of an intent that is not guarded any more, or not seen by the same parties, lapses.
        """
        old = self._buffers.get(buffer.id)
        self._buffers[buffer.id] = buffer
        gone = set(old.guarded) - set(buffer.guarded) if old is not None else set[RoundIntent]()
        return [
            event
            for each in sorted(gone, key=lambda each: each.id)
            for event in self._withdraw(ObjectRef("round", each.id), now_us)
        ]

    def remove_buffer(self, buffer_id: str, now_us: int) -> list[WarningEvent]:
        """Takes a moving buffer away; its warnings lapse."""
        if self._buffers.pop(buffer_id, None) is None:
            return []
        return self._withdraw(ObjectRef("zone", buffer_id), now_us)

    def remove_zone(self, zone_id: str, now_us: int) -> list[WarningEvent]:
        """Takes a zone away; its warnings lapse. Nothing where there is no such zone."""
        if ObjectRef("zone", zone_id) not in self._warned_of:
            return []
        self._warn_no_more_of(ObjectRef("zone", zone_id))
        return self._withdraw(ObjectRef("zone", zone_id), now_us)

    def remove_intent(self, intent_id: str, now_us: int) -> list[WarningEvent]:
        """Takes an intent away (it ended); its warnings lapse."""
        if not self.own_intents.remove(intent_id):
            return []
        self._warn_no_more_of(ObjectRef("intent", intent_id))
        along_it = self.follow_no_more(intent_id, now_us)
        return along_it + self._withdraw(ObjectRef("intent", intent_id), now_us)

    def follow_no_more(self, intent_id: str, now_us: int) -> list[WarningEvent]:
        """Predicts nothing along an intent until it is put anew; what was lapses."""
        self._ways.remove(intent_id)
        return self._withdraw(along.way_ref(intent_id), now_us)

    def set_clock(self, party: str, clock_us: int) -> None:
        """Takes the times of a party's feeds as off by up to clock_us more than is set for each
        feed, from now on and where its tracks are.
        """
        self.table.set_clock(party, clock_us)

    def observe(self, batch: ReportBatch, now_us: int) -> UpdateReport:
        """Takes in reports that came at now_us. Warnings follow at the next tick."""
        return self.table.update(batch, now_us)

    def tick(self, now_us: int) -> list[WarningEvent]:
        """Looks at everything once, and says what happened since the last look, in order.

        now_us: a time before the last tick's counts as the last tick's.
        """
        before_us = self._now_us
        now_us = now_us if before_us is None else max(now_us, before_us)
        self._now_us = now_us
        self.table.forget(now_us)
        observed, passed_over = self._observations(now_us, before_us)
        self._state, events = step(
            self._state, observed, now_us, self.settings.warnings, self._make_id, passed_over
        )
        return events

    def columns(self, now_us: int) -> Columns:
        """Every track as it is held, copied: rows can be made of it elsewhere."""
        return Columns(self.table, self.table.slots(), now_us)

    def _warn_of(self, area: Area) -> None:
        # One exempt party is passed over in the index; of several, none is.
        self._areas_changed = True
        only = [self.table.code(party) for party in area.exempt]
        self._warned_of[area.ref] = area
        exempt = only[0] if len(only) == 1 else NOBODY
        self._index.put(area.ref, area.volumes, exempt=exempt)

    def _warn_no_more_of(self, ref: ObjectRef) -> None:
        self._warned_of.pop(ref, None)
        self._index.remove(ref)

    def _withdraw(self, ref: ObjectRef, now_us: int) -> list[WarningEvent]:
        self._state, events = withdraw(self._state, ref, now_us)
        return events

    def _observations(
        self, now_us: int, before_us: int | None
    ) -> tuple[list[Observation], Collection[str]]:
        """What is observed, and the ids of the standing warnings that are passed over."""
        standing = self._state.standing.keys()
        look = Look.at(self.table, now_us)
        judged = self._neighbours.judged(look, self.settings.pairs)
        stood = Stood.at(
            look,
            self._state.standing,
            before_us,
            self.settings.warnings,
            self._known,
        )
        if judged.passed_over is not None:  # what stands is looked at in any crowd
            judged = with_pairs(judged, look.movers, stood.rows, self.settings.pairs)
        self._counted.keep(standing)
        pairs = conditions.pairs(
            look, self.settings, self._state.standing, judged, stood, self._counted
        )
        entered = conditions.incursions(look, self._index, self._warned_of, self.settings, standing)
        held = [warning.seen for warning in pairs.held]
        along_ways = self._along(look, standing, pairs.observed + held, entered)
        told = pairs.observed + entered + along_ways
        placed = self.own_intents.place(look)
        self.conformance.take(look, placed)
        departed = self.own_intents.departures(look, placed, standing, self.settings)
        told += moving_buffers(
            look, self._buffers, self.own_intents.last_in, self.settings, standing, self._counted
        )
        told += departed
        told += conditions.implausible(look, self.settings, standing)
        matters = None if self.settings.silence_of_all else self.own_intents.mattering(standing)
        told += conditions.silences(self.table, now_us, matters, self.settings, standing)
        passed_over, said = pairs.passed_over, list[Observation]()
        told_us = None if self._areas_changed else before_us
        self._areas_changed = False
        for each in told:
            warning = self._state.standing.get(each.key)
            if warning is not None and is_as_before(
                each, warning, now_us, told_us, self.settings.warnings
            ):
                passed_over.add(warning.id)
            else:
                said.append(each)
        return said, passed_over

    def _along(
        self,
        look: Look,
        standing: Collection[WarningKey],
        met: list[Observation],
        entered: list[Observation],
    ) -> list[Observation]:
        """What is predicted along intents, beside what is on straight lines."""
        self._may_rest_on_ways |= len(self._ways) > 0
        if not len(self._ways) and self._may_rest_on_ways:
            self._may_rest_on_ways = any(along.rests_on(key) for key in standing)
        if not self._may_rest_on_ways:
            return []
        settings = self.settings
        furthest_us = max(settings.pairs.look_ahead_us, settings.zone_look_ahead_us)
        ahead_s = furthest_us * settings.warnings.clear_factor / SECOND_US
        followed = along.Followed(
            self._ways.legs(look, ahead_s),
            {name: self.own_intents[name].area for name in self._ways},
        )
        found = along.pairs(look, followed, settings, standing, met, self._counted)
        return found + along.incursions(
            look, followed, self._index, self._warned_of, settings, standing, entered
        )
