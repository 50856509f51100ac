"""The live side of a node: the watch, kept in step with the picture, and who sees which track.

Positions come in, once a second the watch looks at everything, and what it raises, worsens or
clears becomes a command of the mechanism itself; updates of a standing warning go to streams only.
Tracks never enter the record. The watch belongs to one thread of its own; everything else here
belongs to the event loop.

After a restart nothing is known of the tracks: the warnings in the record stand on as last known,
until one of the same objects is raised in their place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Self, TypeVar

import msgspec

from wideberth.errors import Overloaded, RecordUnavailable
from wideberth.model.commands import ClearWarning, Command, RaiseWarning, Request, WorsenWarning
from wideberth.model.entries import (
    ClashesFound,
    Entry,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import IntentId, PartyId, WarningId, ZoneId
from wideberth.model.intents import Intent, IntentKind, IntentState
from wideberth.model.notices import ObjectRef, ObjectType
from wideberth.model.parties import SYSTEM
from wideberth.model.warnings import StandingWarning
from wideberth.model.zones import Zone, ZoneRule
from wideberth.service import Service
from wideberth.space.prepared import PreparedVolume
from wideberth.watch.engine import Watch
from wideberth.watch.observations import (
    Cleared,
    Lapsed,
    Raised,
    Updated,
    WarningEvent,
    Worsened,
)
from wideberth.watch.recorded import WATCHED, parties_of, recorded_form
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import WatchSettings
from wideberth.watch.tracks import TrackRow, UpdateReport

__all__ = ["Live", "LiveSettings", "ShownTo", "UpdateListener"]

T = TypeVar("T")
_log = logging.getLogger(__name__)

ShownTo = Literal["owner", "all"] | frozenset[PartyId]
"""Who sees a feed's tracks, besides the feed's party and the party whose thing it is."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """tick_s: how often the watch looks; show_every_s: how often positions go out on streams, at
    most; watch: its thresholds.
    """

    tick_s: float = 1.0
    show_every_s: float = 1.0
    watch: WatchSettings = field(default_factory=WatchSettings)


@dataclass(slots=True, eq=False)
class UpdateListener:
    """What a stream has not yet been told of standing warnings: the newest of each, and no more,
    however slowly it reads. party: whose stream it is; updates of others' do not wake it.
    """

    grew: asyncio.Event
    party: PartyId
    pending: dict[WarningId, StandingWarning] = field(
        default_factory=dict[WarningId, StandingWarning]
    )


class Live:
    """The watch beside a service. Use as an async context, inside the service's."""

    def __init__(self, service: Service, settings: LiveSettings | None = None) -> None:
        self._service = service
        self._settings = settings or LiveSettings()
        self._watch = Watch(self._settings.watch)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-watch")
        self._task: asyncio.Task[None] | None = None
        self._feeds: dict[tuple[PartyId, str], ShownTo] = {}
        self._rows: list[TrackRow] = []
        self._rows_fresh = False
        self._known_tracks = 0
        self._listeners: set[UpdateListener] = set()
        self._active: dict[IntentId, int] = {}  # under way; the version that the watch has, or 0
        self._zones: dict[ZoneId, tuple[int, frozenset[PartyId]]] = {}  # what the watch has
        self._users: dict[ZoneId, set[PartyId]] = {}  # parties that told what they do in a zone
        self._last_known: dict[WarningId, StandingWarning] = {}

    async def __aenter__(self) -> Self:
        """Take over what stands, then look once a second."""
        picture = self._service.picture
        self._active = {
            intent.id: 0
            for intent in (picture.intents[each] for each in picture.intents)
            if intent.state is not IntentState.ACCEPTED
        }
        self._service.fold_listeners.append(self._listen)
        self._task = asyncio.create_task(self._look_on(), name="wideberth-live")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop looking."""
        self._service.fold_listeners.remove(self._listen)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown()

    @property
    def show_every_s(self) -> float:
        """How often positions go out on streams, at most."""
        return self._settings.show_every_s

    async def observe(
        self, reports: Iterable[PositionReport], *, feed: str, feed_party: PartyId
    ) -> UpdateReport:
        """Take in a batch of one feed; gives what became of it. Nothing of it is recorded."""
        batch = ReportBatch.of(reports, feed=feed, feed_party=feed_party)
        now_us = self._service.context().now_us
        report = await self._in_thread(lambda: self._watch.observe(batch, now_us))
        self._rows_fresh = False
        self._known_tracks = max(self._known_tracks, 1)
        return report

    async def rows(self) -> list[TrackRow]:
        """Every track as it is held now; for :meth:`is_visible` to choose from."""
        if not self._rows_fresh:
            self._rows_fresh = True  # reports that come meanwhile unset it again
            now_us = self._service.context().now_us
            self._rows = await self._in_thread(lambda: self._watch.tracks(now_us))
        return self._rows

    def show_feed(self, party: PartyId, feed: str, shown_to: ShownTo) -> None:
        """Let the feed's tracks be seen by others, or no longer. Forgotten at a restart."""
        self._feeds[party, feed] = shown_to

    def is_visible(self, row: TrackRow, reader: PartyId) -> bool:
        """Whether the reader sees it: as the feed's party, its own, or as the feed opened it."""
        feed_party = row.key.feed_party
        if reader in (feed_party, row.owner):
            return True
        if feed_party is None:
            return False
        shown_to = self._feeds.get((PartyId(feed_party), row.feed), "owner")
        return shown_to == "all" or (shown_to != "owner" and reader in shown_to)

    def is_track_open(self, track_id: str, reader: PartyId) -> bool:
        """Whether every track of this id, of the last look at them, is visible to the reader."""
        found = [row for row in self._rows if row.key.track_id == track_id]
        return bool(found) and all(self.is_visible(row, reader) for row in found)

    @contextlib.contextmanager
    def updates(self, grew: asyncio.Event, party: PartyId) -> Generator[UpdateListener]:
        """A listener to updates of standing warnings that are addressed to the party; sets grew
        when there are some.
        """
        listener = UpdateListener(grew, party)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def tick(self) -> None:
        """One look, and what it says, recorded."""
        if not self._known_tracks and not self._watch.standing:
            return
        now_us = self._service.context().now_us
        changes = self._changes(now_us)

        def look() -> tuple[list[WarningEvent], int]:
            events = [event for change in changes for event in change()]
            return events + self._watch.tick(now_us), len(self._watch.table)

        events, self._known_tracks = await self._in_thread(look)
        self._rows_fresh = False
        for event in events:
            await self._tell(event)

    async def _look_on(self) -> None:
        await self._keep_last_known()
        while True:
            await asyncio.sleep(self._settings.tick_s)
            try:
                await self.tick()
            except (Overloaded, RecordUnavailable) as error:
                # What was not recorded is raised again: the watch's next event of it finds it gone.
                _log.warning("a warning could not be recorded: %s", error)
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                _log.exception("the watch failed at one look; it goes on")

    async def _keep_last_known(self) -> None:
        picture = self._service.picture
        for warning_id in list(picture.warnings):
            warning = picture.warnings[warning_id]
            if warning.kind not in WATCHED:
                continue
            self._last_known[warning_id] = warning
            if not warning.last_known:
                with contextlib.suppress(Overloaded, RecordUnavailable):
                    await self._submit(
                        WorsenWarning(msgspec.structs.replace(warning, last_known=True))
                    )

    def _listen(self, _start: int, entries: Sequence[Entry]) -> None:
        """Note what concerns the watch; it learns of it at its next look."""
        for entry in entries:
            match entry.body:
                case IntentAccepted(intent=intent) | IntentAmended(intent=intent):
                    if intent.state is not IntentState.ACCEPTED:
                        self._active.setdefault(intent.id, 0)
                case IntentStateChanged(intent=intent_id, state=state):
                    if state is not IntentState.ENDED:
                        self._active.setdefault(intent_id, 0)
                case ClashesFound(about=about, pairs=pairs):
                    for pair in pairs:
                        self._note_use(about, pair.other)
                        self._note_use(pair.other, about)
                case ZoneDeclared() | ZoneWithdrawn():
                    self._known_tracks = max(self._known_tracks, 1)
                case _:
                    pass

    def _note_use(self, zone: ObjectRef, intent: ObjectRef) -> None:
        if zone.type is ObjectType.ZONE and intent.type is ObjectType.INTENT:
            teller = self._service.picture.intents.get(IntentId(intent.id))
            if teller is not None:
                self._users.setdefault(ZoneId(zone.id), set()).add(teller.party)

    def _changes(self, now_us: int) -> list[Callable[[], list[WarningEvent]]]:
        """What the watch has to be told of intents and zones, as calls for its thread."""
        return [*self._intent_changes(now_us), *self._zone_changes(now_us)]

    def _intent_changes(self, now_us: int) -> list[Callable[[], list[WarningEvent]]]:
        picture = self._service.picture
        look_ahead_us = self._settings.watch.zone_look_ahead_us
        calls: list[Callable[[], list[WarningEvent]]] = []
        for intent_id, has in list(self._active.items()):
            intent = picture.intents.get(intent_id)
            if intent is None or intent.end_us < now_us:
                del self._active[intent_id]
                if has:
                    calls.append(partial(self._watch.remove_intent, intent_id, now_us))
                continue
            if intent.version == has or intent.start_us > now_us + look_ahead_us:
                continue
            self._active[intent_id] = intent.version
            volumes = picture.intent_space.volumes(intent_id)

            calls.append(partial(_put_intent, self._watch, intent, volumes))
        return calls

    def _zone_changes(self, now_us: int) -> list[Callable[[], list[WarningEvent]]]:
        picture = self._service.picture
        calls: list[Callable[[], list[WarningEvent]]] = []
        for zone_id in [each for each in self._zones if each not in picture.zones]:
            del self._zones[zone_id]
            self._users.pop(zone_id, None)
            calls.append(partial(self._watch.remove_zone, zone_id, now_us))
        for zone_id in picture.zones:
            zone = picture.zones[zone_id]
            exempt = frozenset((zone.party,))
            if zone.rule is ZoneRule.NOTICE:
                exempt |= self._users.get(zone_id, set[PartyId]())
            if self._zones.get(zone_id) == (zone.version, exempt):
                continue
            self._zones[zone_id] = (zone.version, exempt)
            volumes = picture.zone_space.volumes(zone_id)

            calls.append(partial(_put_zone, self._watch, zone, volumes, exempt))
        return calls

    async def _tell(self, event: WarningEvent) -> None:
        """An event of the watch to the record, or to the streams alone."""
        picture = self._service.picture
        form = recorded_form(event)
        standing = picture.warnings.get(form.id)
        parties = parties_of(event, picture, standing)
        if not parties:
            return
        form = msgspec.structs.replace(form, parties=parties)
        match event:
            case Updated() if standing is None:  # nobody might learn of it before
                await self._submit(RaiseWarning(form))
            case Updated():
                if standing is not None and set(parties) > set(standing.parties):
                    await self._submit(WorsenWarning(form))
                self.publish(form)
            case Raised():
                await self._replace_last_known(form)
                await self._submit(RaiseWarning(form))
            case Worsened():
                await self._submit(WorsenWarning(form) if standing else RaiseWarning(form))
            case Cleared() | Lapsed():
                if standing is not None:
                    await self._submit(ClearWarning(form))

    async def _replace_last_known(self, raised: StandingWarning) -> None:
        named = [(each.type, each.id) for each in raised.objects]
        for warning_id, warning in list(self._last_known.items()):
            same = [(each.type, each.id) for each in warning.objects] == named
            if same and warning.kind is raised.kind and warning_id != raised.id:
                del self._last_known[warning_id]
                await self._submit(ClearWarning(msgspec.structs.replace(warning, last_known=True)))

    def publish(self, warning: StandingWarning) -> None:
        """Tell the streams of the parties that a standing warning is addressed to."""
        for listener in self._listeners:
            if listener.party in warning.parties:
                listener.pending[warning.id] = warning
                listener.grew.set()

    async def _submit(self, command: Command) -> None:
        await self._service.submit(Request(SYSTEM, command))

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _put_intent(
    watch: Watch, intent: Intent, volumes: Sequence[PreparedVolume]
) -> list[WarningEvent]:
    watch.put_intent(
        intent.id,
        volumes,
        name=intent.call_sign or intent.place_name or intent.kind.value,
        owner=intent.party,
        version=intent.version,
        # Where people are to be spared, no warning tells others so; the notice to a hazard does.
        warn_entry=intent.kind is not IntentKind.PRESENCE,
    )
    return []


def _put_zone(
    watch: Watch, zone: Zone, volumes: Sequence[PreparedVolume], exempt: frozenset[PartyId]
) -> list[WarningEvent]:
    watch.put_zone(
        zone.id,
        volumes,
        name=zone.name,
        owner=zone.party,
        version=zone.version,
        rule=zone.rule.value,
        exempt=sorted(exempt),
    )
    return []
