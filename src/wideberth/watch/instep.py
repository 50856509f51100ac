"""The watch kept in step with the picture: what stands, is under way or is agreed, and from when on
the watch has to know of it. The node's loop and a replay tell a watch through this same code.

No clock and no disk: entries are noted as they are folded, and :meth:`InStep.changes` says at a
time what the watch has to be told then. What has not changed since it was walked through, and
brings nothing by time alone, is not walked through again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from wideberth.decisions.agreed_tracks import AgreedBuffer, bound_now, buffers_now, excuses
from wideberth.decisions.clashes import intents_in_zone
from wideberth.errors import NotComparable
from wideberth.model.agreements import AgreedArea
from wideberth.model.consents import ConsentAnswered
from wideberth.model.entries import (
    Body,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import ActorClass, Intent, IntentKind, IntentState
from wideberth.model.limits import Limit
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture.agreed import Agreed
from wideberth.picture.picture import Picture
from wideberth.space.prepared import PreparedVolume
from wideberth.space.time import MAX_US, MINUTE_US
from wideberth.watch.buffers import MovingBuffer, RoundIntent
from wideberth.watch.engine import Watch
from wideberth.watch.observations import WarningEvent
from wideberth.watch.ways import Way, way_through
from wideberth.wire.forms import declared_way

__all__ = ["Change", "InStep"]

Change = Callable[[], list[WarningEvent]]
"""Tells the watch of one thing; gives the events that come of it."""


class _Has(NamedTuple):
    """As which the watch has an intent. bound_us: how far its owner's clock may be off. limits: of
    who sees it whole.
    """

    version: int
    bound_us: int
    state: IntentState
    limits: tuple[Limit, ...]


_NOT_YET = _Has(0, 0, IntentState.ACCEPTED, ())
_NEVER_US = MAX_US + 1
_PIECE = 200  # intents or zones, less than a millisecond
_PIECE_COUNTED = 50  # zones whose users are counted, likewise


class InStep:
    """What a watch has been told of a picture."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._active: dict[IntentId, _Has] = {}  # under way
        self._clocks: dict[PartyId, int] = {}  # as the watch has them
        # What the watch has: the version, who is exempt, and how much longer the zone counts.
        self._zones: dict[ZoneId, tuple[int, frozenset[PartyId], int]] = {}
        self._users: dict[ZoneId, frozenset[PartyId]] = {}  # as of the last time they were counted
        self._users_as_of: tuple[int, int] | None = None
        self._told = 0  # changes of intents, zones and consents so far
        self._zones_told = 0  # of zones
        self._clocks_told = 0
        # What was walked through last rested on these; and when time alone brings something.
        self._intents_as_of: object = None
        self._intents_due_us = -_NEVER_US
        self._zones_as_of: object = None
        # Agreed areas that the watch has, for whom.
        self._agreed: dict[str, frozenset[PartyId]] = {}
        self._buffers: dict[str, AgreedBuffer] = {}
        self._agreed_as_of: tuple[int, int, Agreed] | None = None

    def take_over(self, picture: Picture) -> None:
        """Begin with what stands in the picture; what is folded later is noted."""
        self._active = {
            intent.id: _NOT_YET
            for intent in (picture.intents[each] for each in picture.intents)
            if intent.state is not IntentState.ACCEPTED
        }

    def note(self, body: Body) -> None:
        """Note an entry that was folded, where it concerns the watch."""
        match body:
            case IntentAccepted(intent=intent) | IntentAmended(intent=intent):
                self._told += 1
                if intent.state is not IntentState.ACCEPTED:
                    self._active.setdefault(intent.id, _NOT_YET)
            case IntentStateChanged(intent=intent_id, state=state):
                self._told += 1
                if state is not IntentState.ENDED:
                    self._active.setdefault(intent_id, _NOT_YET)
            case ConsentAnswered():
                self._told += 1
            case ZoneDeclared() | ZoneWithdrawn():
                self._told += 1
                self._zones_told += 1
            case _:
                pass

    def changes(self, picture: Picture, now_us: int) -> list[Change]:
        """What the watch has to be told of intents, zones and agreed areas, as calls for its
        thread: each tells it, and gives the events that come of it.
        """
        return [change for piece in self.pieces(picture, now_us) for change in piece]

    def pieces(self, picture: Picture, now_us: int) -> Iterator[list[Change]]:
        """The same, a millisecond's work at a time: entries may be folded and noted in between, of
        which the next changes tell.
        """
        yield self._clock_changes(picture)
        yield from self._intent_changes(picture, now_us)
        yield from self._zone_changes(picture, now_us)
        yield self._agreed_changes(picture, now_us)

    def _clock_changes(self, picture: Picture) -> list[Change]:
        calls: list[Change] = []
        for party in picture.clocks:
            bound_us = picture.clock_bound_us(party)
            if self._clocks.get(party) != bound_us:
                self._clocks[party] = bound_us
                self._clocks_told += 1
                calls.append(partial(_set_clock, self._watch, party, bound_us))
        return calls

    def _intent_changes(self, picture: Picture, now_us: int) -> Iterator[list[Change]]:
        limits = {each: picture.limits[each] for each in picture.limits}
        # What is not told of has only left, since its time is over.
        as_of = (self._told, len(picture.intent_space), self._clocks_told, limits)
        if as_of == self._intents_as_of and now_us < self._intents_due_us:
            return
        due_us = _NEVER_US
        calls: list[Change] = []
        for count, intent_id in enumerate(list(self._active), 1):
            due_us = min(due_us, self._intent_change(picture, intent_id, now_us, calls))
            if count % _PIECE == 0:
                yield calls
                calls = []
        self._intents_as_of, self._intents_due_us = as_of, due_us
        yield calls

    def _intent_change(
        self, picture: Picture, intent_id: IntentId, now_us: int, calls: list[Change]
    ) -> int:
        """Puts what the watch has to be told of an intent to the calls; gives when time alone
        brings more.
        """
        has = self._active[intent_id]
        intent = picture.intents.get(intent_id)
        bound_us = 0 if intent is None else picture.clock_bound_us(intent.party)
        worst_us = picture.worst_clock_us  # of whoever's feed brings a track in
        if intent is None or intent.end_us + bound_us + worst_us < now_us:
            del self._active[intent_id]
            if has != _NOT_YET:
                calls.append(partial(self._watch.remove_intent, intent_id, now_us))
            return _NEVER_US
        over_us = intent.end_us + bound_us + worst_us + 1
        limits = tuple(picture.limits.get(intent.party) or ())
        now_has = _Has(intent.version, bound_us, intent.state, limits)
        if now_has == has:
            return over_us
        early_us = self._watch.settings.zone_look_ahead_us + bound_us + worst_us
        if has == _NOT_YET and intent.start_us > now_us + early_us:
            return intent.start_us - early_us
        self._active[intent_id] = now_has
        volumes = picture.intent_space.volumes(intent_id)
        if has != _NOT_YET and now_has._replace(bound_us=has.bound_us) != has:
            # What was predicted along it rested on another version, or on who saw it then.
            calls.append(partial(self._watch.follow_no_more, intent_id, now_us))
        calls.append(partial(_put_intent, self._watch, intent, volumes, bound_us))
        return over_us

    def _zone_changes(self, picture: Picture, now_us: int) -> Iterator[list[Change]]:
        for _ in self._count_users(picture, now_us):
            yield []
        # A zone that is not told of has only left, since its time is over.
        as_of = (self._zones_told, len(picture.zone_space), self._clocks_told, self._users)
        if as_of == self._zones_as_of:
            return
        calls: list[Change] = []
        for zone_id in [each for each in self._zones if each not in picture.zones]:
            del self._zones[zone_id]
            calls.append(partial(self._watch.remove_zone, zone_id, now_us))
        for count, zone_id in enumerate(list(picture.zones), 1):
            if count % _PIECE == 0:
                yield calls
                calls = []
            zone = picture.zones.get(zone_id)
            if zone is None:  # it left meanwhile
                continue
            exempt = frozenset((zone.party,))
            if zone.rule is ZoneRule.NOTICE:
                exempt |= self._users.get(zone_id, frozenset[PartyId]())
            bound_us = picture.clock_bound_us(zone.party)
            if self._zones.get(zone_id) == (zone.version, exempt, bound_us):
                continue
            self._zones[zone_id] = (zone.version, exempt, bound_us)
            volumes = picture.zone_space.volumes(zone_id)
            calls.append(partial(_put_zone, self._watch, zone, volumes, exempt, bound_us))
        self._zones_as_of = as_of
        yield calls

    def _agreed_changes(self, picture: Picture, now_us: int) -> list[Change]:
        """Agreed areas, for the tracks of those that they bind now. Anew after a change of what
        stands or is agreed, and each minute, since intents begin and end without a word.
        """
        as_of = (self._told, now_us // MINUTE_US, picture.agreed)
        if self._agreed_as_of is not None and (
            as_of[:2] == self._agreed_as_of[:2] and as_of[2] is self._agreed_as_of[2]
        ):
            return []
        self._agreed_as_of = as_of
        found = bound_now(picture, now_us)
        calls: list[Change] = []
        for area_id in [each for each in self._agreed if each not in found]:
            del self._agreed[area_id]
            calls.append(partial(self._watch.remove_zone, area_id, now_us))
        for area_id, (area, bound) in found.items():
            if self._agreed.get(area_id) == bound:
                continue
            self._agreed[area_id] = bound
            volumes = picture.agreed_space.volumes(area_id)
            calls.append(partial(_put_agreed, self._watch, area, volumes, bound))
        return calls + self._buffer_changes(picture, now_us)

    def _buffer_changes(self, picture: Picture, now_us: int) -> list[Change]:
        found = buffers_now(picture, now_us)
        calls: list[Change] = [
            partial(self._watch.remove_buffer, each, now_us)
            for each in self._buffers
            if each not in found
        ]
        calls += [
            partial(self._watch.put_buffer, _buffer(each), now_us)
            for name, each in found.items()
            if self._buffers.get(name) != each
        ]
        self._buffers = found
        return calls

    def _count_users(self, picture: Picture, now_us: int) -> Iterator[None]:
        """Who stands in each notice zone now with an intent, and so has told what it does there.
        Anew after a change of what stands, and each minute: intents begin and end without a word.
        """
        as_of = (self._told, now_us // MINUTE_US)
        if as_of == self._users_as_of:
            return
        users: dict[ZoneId, frozenset[PartyId]] = {}
        count = 0
        for zone_id in list(picture.zones):
            zone = picture.zones.get(zone_id)
            if zone is None or zone.rule is not ZoneRule.NOTICE:
                continue
            users[zone_id] = self._users_of(picture, zone, now_us)
            count += 1
            if count % _PIECE_COUNTED == 0:
                yield
        self._users, self._users_as_of = users, as_of

    def _users_of(self, picture: Picture, zone: Zone, now_us: int) -> frozenset[PartyId]:
        volumes = list(picture.zone_space.volumes(zone.id))
        try:
            found = intents_in_zone(picture, zone, volumes, now_us=now_us)
        except NotComparable:  # under rules that no longer hold: rather a warning too many
            return frozenset()
        return frozenset(
            intent.party
            for intent, clash in found
            if any(excuses(meeting, now_us) for meeting in clash.meetings)
        )


def _put_intent(
    watch: Watch, intent: Intent, volumes: Sequence[PreparedVolume], clock_us: int
) -> list[WarningEvent]:
    watch.put_intent(
        intent.id,
        volumes,
        name=intent.call_sign or intent.place_name or intent.kind.value,
        owner=intent.party,
        version=intent.version,
        # Where people are to be spared, no warning tells others so; the notice to a hazard does.
        warn_entry=intent.kind is not IntentKind.PRESENCE,
        clock_us=clock_us,
        way=_way_of(intent),
        call_sign=intent.call_sign or "",
        is_flight=intent.kind is IntentKind.FLIGHT,
    )
    return []


def _way_of(intent: Intent) -> Way | None:
    """The way that tracks are predicted along: of what flies or sails as it said that it would. Of
    nobody on the ground a position is predicted.
    """
    if intent.state not in (IntentState.ACTIVATED, IntentState.NONCONFORMING):
        return None
    sails = intent.kind is IntentKind.MOVEMENT and intent.actors == frozenset((ActorClass.SHIP,))
    if intent.kind is not IntentKind.FLIGHT and not sails:
        return None
    declared = None if intent.declaration is None else declared_way(intent.declaration)
    if declared is not None:
        return Way(*declared)
    return way_through(intent.volumes)


def _set_clock(watch: Watch, party: PartyId, clock_us: int) -> list[WarningEvent]:
    watch.set_clock(party, clock_us)
    return []


def _put_agreed(
    watch: Watch,
    area: AgreedArea,
    volumes: Sequence[PreparedVolume],
    bound: frozenset[PartyId],
) -> list[WarningEvent]:
    watch.put_zone(
        area.id,
        volumes,
        name=f"agreed {area.rule.value} area {area.provision}",
        version=area.version,
        rule=f"agreed-{area.rule.value}",
        bound=sorted(bound),
    )
    return []


def _buffer(agreed: AgreedBuffer) -> MovingBuffer:
    return MovingBuffer(
        id=agreed.id,
        name=f"agreed moving buffer {agreed.provision}, {agreed.radius_m} m",
        version=agreed.version,
        radius_m=float(agreed.radius_m),
        vertical_m=float(agreed.vertical_m),
        bound=frozenset[str](agreed.bound),
        guarded=tuple(
            RoundIntent(each.intent, each.name, each.party, each.version, frozenset(each.seen_by))
            for each in agreed.guarded
        ),
    )


def _put_zone(
    watch: Watch,
    zone: Zone,
    volumes: Sequence[PreparedVolume],
    exempt: frozenset[PartyId],
    clock_us: int,
) -> list[WarningEvent]:
    watch.put_zone(
        zone.id,
        volumes,
        name=zone.name,
        owner=zone.party,
        version=zone.version,
        rule=zone.rule.value,
        exempt=sorted(exempt),
        clock_us=clock_us,
    )
    return []
