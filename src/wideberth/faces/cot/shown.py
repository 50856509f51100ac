"""What one connection is to show, and what of it has changed since it was last said.

There is no queue: what was said is compared with what stands, so a slow reader is told the newest
and costs nobody anything. What is no longer shown is taken off the map; a STOP never is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass

from wideberth.faces.cot.around import Around, Audience
from wideberth.model.conformance import ConformanceAnalysed, FlightMeasured, SteppedByTrack
from wideberth.model.entries import (
    Entry,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    SegmentRecorded,
    SnapshotRecorded,
    SubscribersNotified,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
)
from wideberth.model.ids import IntentId, ZoneId
from wideberth.model.intents import IntentState
from wideberth.model.stop_reads import StopAcknowledged, StopRepeated
from wideberth.model.stops import Stop, StopTold, StopToUnits
from wideberth.model.warnings import StandingWarning, WarningKind
from wideberth.samewarnings import raised_first
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.space.volume import NANODEGREES
from wideberth.warned import Side, Warned, warned
from wideberth.watch.fusion import FusedTrack
from wideberth.watch.recorded import track_named
from wideberth.watch.tracks import TrackRow
from wideberth.wire.cot import CotEvent
from wideberth.wire.cotsaid import (
    STOP_SHOWN_US,
    TrackSaid,
    WarningSaid,
    gone,
    intent_events,
    stop_events,
    track_event,
    warning_event,
    zone_events,
)

__all__ = ["Shown", "gap_words"]

_AT_ONCE = 100  # events that are said together
_PAUSE_EVERY = 500  # things looked at before others have their turn
_WHOLE_EVERY_US = 10 * SECOND_US  # a change of who sees what is looked for so often, at most
_METRES_PER_DEGREE = 111_320.0

_BESIDE: frozenset[type] = frozenset(
    {
        NoticeAcknowledged,
        NoticeReleased,
        ConformanceAnalysed,
        FlightMeasured,
        SegmentRecorded,
        SnapshotRecorded,
        SteppedByTrack,
        StopAcknowledged,
        StopRepeated,
        StopTold,
        StopToUnits,
        SubscribersNotified,
        WarningCleared,
        WarningRaised,
        WarningWorsened,
    }
)
"""Entries that change nothing of who sees which intent."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What stands on the reader's map: which state of the thing, under which uids."""

    state: object
    uids: tuple[str, ...]


class Shown:
    """For one connection. Owned by the event loop."""

    def __init__(self, around: Around, audience: Audience) -> None:
        self._around = around
        self._audience = audience
        self._said: dict[str, _Said] = {}
        self._stops: set[str] = set()
        self._dirty: set[IntentId] = set()
        self._is_whole_due = True
        self._whole_us = 0
        self._tracks_us = 0
        self.own_tracks: set[str] = set()
        """Tracks that came over this connection: their sender has them."""

    def note(self, entries: Sequence[Entry]) -> None:
        """What was folded: which intents are to be looked at again."""
        for entry in entries:
            match entry.body:
                case IntentAccepted(intent=intent) | IntentAmended(intent=intent):
                    self._dirty.add(intent.id)
                case IntentStateChanged(intent=intent_id):
                    self._dirty.add(intent_id)
                case NoticeIssued():
                    if self._around.picture.space.rules.need_to_know:
                        self._is_whole_due = True
                case body:
                    self._is_whole_due |= type(body) not in _BESIDE

    def stops(self) -> list[CotEvent]:
        """STOPs that were not said yet, those that are not recorded among them."""
        if self._audience.party is None:
            return []
        around = self._around
        stops: list[Stop] = [around.picture.stops[each] for each in around.picture.stops]
        stops += [each.stop for each in around.urgent.waiting if each.stop is not None]
        since_us = around.now_us() - STOP_SHOWN_US
        new = [each for each in stops if each.sent_us >= since_us and each.id not in self._stops]
        self._stops.intersection_update(each.id for each in stops)
        self._stops.update(each.id for each in new)
        return [event for each in new for event in stop_events(each, exercise=around.exercise)]

    async def changes(self) -> AsyncGenerator[list[CotEvent]]:
        """All that is new, a part at a time. Where one is not taken, the next call goes on: what
        was given is taken as said.
        """
        for each in (self._warnings, self._zones, self._intents, self._tracks):
            events: list[CotEvent] = []
            async for more in each():
                events += more
                if len(events) >= _AT_ONCE:
                    yield events
                    events = []
            if events:
                yield events

    async def _warnings(self) -> AsyncGenerator[list[CotEvent]]:
        around, party = self._around, self._audience.party
        if party is None:
            return
        picture = around.picture
        standing = [picture.warnings[each] for each in picture.warnings]
        standing = [each for each in standing if party in each.parties]
        await around.live.know(standing)
        names: set[str] = set()
        for warning in standing:
            await around.live.know((warning,))  # others may have waited long for what came before
            others = [picture.warnings[each] for each in around.live.one_with(warning, party)]
            if others and raised_first(others[0]) < raised_first(warning):
                continue  # it is shown with the one that was raised first
            name = f"warning/{warning.id}"
            names.add(name)
            state = (warning, *others)
            yield self._put(name, state, lambda each=state: self._warning(*each))
        yield self._drop("warning/", names)

    def _warning(self, warning: StandingWarning, *others: StandingWarning) -> dict[str, CotEvent]:
        """others: those that are one with it, of other feeds."""
        around, party = self._around, self._audience.party
        assert party is not None, "a warning is addressed to parties"
        known = warned(warning, party, around.picture, around.live.is_track_open)
        words = [*map(_words, known.sides), *gap_words(warning.kind, known)]
        words += [f"also {word}" for each in others for word in _reports(each)]
        said = WarningSaid(
            id=warning.id,
            kind=warning.kind.value,
            level=max(each.level for each in (warning, *others)),
            raised_us=warning.raised_us,
            updated_us=max(each.updated_us for each in (warning, *others)),
            place=next((place for each in known.sides if (place := _place(each))), None),
            words=tuple(words),
            last_known=all(each.last_known for each in (warning, *others)),
        )
        event = warning_event(said, now_us=around.now_us(), exercise=around.exercise)
        return {event.uid: event}

    async def _zones(self) -> AsyncGenerator[list[CotEvent]]:
        around, now_us = self._around, self._around.now_us()
        names: set[str] = set()
        for zone_id in list(around.picture.zones):
            zone = around.picture.zones.get(ZoneId(zone_id))
            if zone is None or zone.end_us < now_us:
                continue
            name = f"zone/{zone_id}"
            names.add(name)
            yield self._put(
                name,
                zone.version,
                lambda each=zone: zone_events(each, now_us=now_us, exercise=around.exercise),
            )
        yield self._drop("zone/", names)

    async def _intents(self) -> AsyncGenerator[list[CotEvent]]:
        now_us = self._around.now_us()
        is_whole = self._is_whole_due and now_us - self._whole_us >= _WHOLE_EVERY_US
        if is_whole:
            self._is_whole_due, self._whole_us = False, now_us
            ids = list(self._around.picture.intents)
            held = (each.partition("/")[2] for each in self._said if each.startswith("intent/"))
            self._dirty.update(IntentId(each) for each in held)
            self._dirty.update(ids)
        for number, intent_id in enumerate(list(self._dirty)):
            if number % _PAUSE_EVERY == _PAUSE_EVERY - 1:
                await asyncio.sleep(0)
            self._dirty.discard(intent_id)
            events = self._intent(intent_id, now_us)
            if events:
                yield events

    def _intent(self, intent_id: IntentId, now_us: int) -> list[CotEvent]:
        around, name = self._around, f"intent/{intent_id}"
        intent = around.picture.intents.get(intent_id)
        if (
            intent is None
            or intent.state is IntentState.ENDED
            or intent.end_us < now_us
            or not self._audience.is_given(intent)
        ):
            return self._take_off(name)
        return self._put(
            name,
            intent.version,
            lambda: intent_events(intent, now_us=now_us, exercise=around.exercise),
        )

    async def _tracks(self) -> AsyncGenerator[list[CotEvent]]:
        around, now_us = self._around, self._around.now_us()
        names: set[str] = set()
        for number, thing in enumerate(await around.live.things(self._audience.is_shown)):
            if number % _PAUSE_EVERY == _PAUSE_EVERY - 1:
                await asyncio.sleep(0)
            row, key = thing.position, thing.key
            if any(map(self._is_own, thing.rows)):
                continue
            name = f"track/{key.feed_party}/{key.track_id}"
            names.add(name)
            state = (row.time_us, row.state, row.key, thing.conflicts, thing.implausible)
            yield self._put(name, state, lambda each=thing: self._track(each, now_us))
        yield self._drop("track/", names)

    def _is_own(self, row: TrackRow) -> bool:
        return row.key.feed_party == self._audience.party and row.key.track_id in self.own_tracks

    def _track(self, thing: FusedTrack, now_us: int) -> dict[str, CotEvent]:
        row, used = thing.position, thing.used
        feed_party, track = thing.key.feed_party or "", thing.key.track_id
        height, velocity = used.get("altitude"), used.get("velocity")
        named, owned = used.get("call sign"), used.get("party")
        is_aircraft = "pressure altitude" in used  # ground and water report no pressure height
        domain = self._around.domains.get((feed_party, track)) or ("A" if is_aircraft else None)
        said = TrackSaid(
            feed_party=feed_party,
            track=track,
            time_us=row.time_us,
            latitude_deg=row.latitude_deg,
            longitude_deg=row.longitude_deg,
            uncertainty_m=thing.uncertainty_m,
            hae_m=None if height is None else height.altitude_w84_m,
            speed_m_s=None if velocity is None else velocity.ground_speed_m_s,
            course_deg=None if velocity is None else velocity.course_deg,
            call_sign=None if named is None else named.callsign,
            party=None if owned is None else owned.owner,
            silent=thing.state == "silent",
            implausible=thing.implausible,
            conflicts=thing.conflicts,
            domain=domain,
        )
        event = track_event(said, now_us=now_us, exercise=self._around.exercise)
        return {event.uid: event}

    def _put(
        self, name: str, state: object, make: Callable[[], dict[str, CotEvent]]
    ) -> list[CotEvent]:
        before = self._said.get(name)
        if before is not None and before.state == state:
            return []
        events = make()
        self._said[name] = _Said(state, tuple(events))
        old = () if before is None else before.uids
        now_us = self._around.now_us()
        return [
            *events.values(),
            *(gone(each, now_us=now_us) for each in old if each not in events),
        ]

    def _take_off(self, name: str) -> list[CotEvent]:
        before = self._said.pop(name, None)
        now_us = self._around.now_us()
        return [] if before is None else [gone(each, now_us=now_us) for each in before.uids]

    def _drop(self, prefix: str, names: Iterable[str]) -> list[CotEvent]:
        kept = set(names)
        lost = [each for each in self._said if each.startswith(prefix) and each not in kept]
        return [event for each in lost for event in self._take_off(each)]


_OF_ONE = {
    WarningKind.IMPLAUSIBLE: "what is reported of it cannot be",
    WarningKind.SILENCE: "unknown where it is, not clear",
}
"""Kinds of which one thing is told: nothing lies between it and another, and no time is left."""


def gap_words(kind: WarningKind, known: Warned) -> list[str]:
    """How near, and how soon."""
    if kind in _OF_ONE:
        return [_OF_ONE[kind]]
    words: list[str] = []
    if known.horizontal_mm is not None:
        words.append(f"{known.horizontal_mm / 1000:g} m apart")
    if known.edge_mm:
        words.append(f"{known.edge_mm / 1000:g} m to its edge")
    if known.vertical_mm is not None:
        words.append(f"{known.vertical_mm / 1000:g} m in height")
    if known.time_us is not None:
        words.append(f"in {known.time_us / SECOND_US:g} s")
    return words


def _reports(warning: StandingWarning) -> list[str]:
    """Who reported the tracks of a warning, and when; of one that is shown whole."""
    return [
        f"reported by {track_named(each.id)[0] or 'a public source'} at"
        f" {format_rfc3339(each.fix.time_us)}"
        for each in warning.objects
        if each.fix is not None
    ]


def _words(side: Side) -> str:
    """One side of a warning, by the facts that its reader may know."""
    return ", ".join(side.facts) if side.shown and side.facts else f"something ({side.type})"


def _place(side: Side) -> tuple[float, float, float] | None:
    """Where a side is, as far as its reader may know, and how far around."""
    if side.fix is not None and side.shown:
        return side.fix.latitude_nd / NANODEGREES, side.fix.longitude_nd / NANODEGREES, 0.0
    if side.cell is None:
        return None
    size_deg = side.cell.size_nd / NANODEGREES
    south_deg, west_deg = side.cell.south_nd / NANODEGREES, side.cell.west_nd / NANODEGREES
    middle_deg = min(south_deg + size_deg / 2, 90.0), min(west_deg + size_deg / 2, 180.0)
    return *middle_deg, size_deg * _METRES_PER_DEGREE
