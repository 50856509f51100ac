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
import heapq
import logging
import math
import time
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Generator,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Literal, Self, TypeVar

import msgspec
import numpy as np

from wideberth.conforming import Conforming
from wideberth.errors import Overloaded, RecordError
from wideberth.heldtracks import HeldTracks
from wideberth.model.commands import ClearWarning, Command, RaiseWarning, Request, WorsenWarning
from wideberth.model.entries import (
    Entry,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import IntentId, PartyId, WarningId
from wideberth.model.parties import SYSTEM
from wideberth.model.warnings import StandingWarning, WarningKind, WarningObject
from wideberth.picture.flown import ConformanceLimits
from wideberth.samewarnings import SameWarnings, one_with
from wideberth.service import Service
from wideberth.trackkeeping import TrackKeeping
from wideberth.watch.archive import TrackArchive
from wideberth.watch.conformance import Flown, Outside
from wideberth.watch.engine import Watch
from wideberth.watch.feedlink import MOST_TOLD, FeedLinks
from wideberth.watch.fusion import FusedTrack, agree
from wideberth.watch.instep import Change, InStep
from wideberth.watch.observations import (
    Cleared,
    Lapsed,
    Raised,
    Updated,
    WarningEvent,
    Worsened,
)
from wideberth.watch.recorded import WATCHED, addressed, parties_of, recorded_form, track_named
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rows import Columns, rows_of
from wideberth.watch.segments import may_see
from wideberth.watch.settings import WatchSettings
from wideberth.watch.staterule import StateSettings
from wideberth.watch.taken import UpdateReport
from wideberth.watch.things import Where
from wideberth.watch.trackrow import TrackKey, TrackRow, Whose
from wideberth.watch.unsaid import Unsaid

__all__ = ["Live", "LiveSettings", "ShownTo", "ShownTracks", "UpdateListener"]

T = TypeVar("T")
TrackName = tuple[str | None, str]
"""Of a track: whose feed brings it, and its id."""
Named = tuple[TrackRow, ...]
"""The tracks of one name: that of each feed of the party that brings it."""
_NAMED_FOR_S = 2.0
_NOT_RECORDED = (Overloaded, RecordError)
"""What a later look may have more luck with; a record that decides nothing among it."""
_log = logging.getLogger(__name__)

ShownTo = Literal["owner", "all"] | frozenset[PartyId]
"""Who sees a feed's tracks, besides the feed's party and the party whose thing it is."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """tick_s: how often the watch looks; show_every_s: how often positions go out on streams, at
    most; told_per_look, told_at_once: warnings that are recorded after one look, and together, at
    most (the others wait their turn); watch: its thresholds; limits: what flights are held against;
    states: when an intent follows its track.
    """

    tick_s: float = 1.0
    show_every_s: float = 1.0
    told_per_look: int = 512
    told_at_once: int = 64
    watch: WatchSettings = field(default_factory=WatchSettings)
    limits: ConformanceLimits = field(default_factory=ConformanceLimits)
    states: StateSettings = field(default_factory=StateSettings)


@dataclass(slots=True, eq=False)
class UpdateListener:
    """What a stream has not yet been told of standing warnings: the newest of each, and how many
    it took the place of; no more, however slowly it reads. party: whose stream it is; updates of
    others' do not wake it.
    """

    grew: asyncio.Event
    party: PartyId
    pending: dict[WarningId, tuple[StandingWarning, int]] = field(
        default_factory=dict[WarningId, "tuple[StandingWarning, int]"]
    )


@dataclass(slots=True, eq=False)
class ShownTracks:
    """The tracks at one moment, for all streams: worked out once for each party. words: what was
    made of a thing to tell it, by its id in memory: once for all that are told of it; worked_out:
    what streams told of them is made from, likewise.
    """

    seen: Callable[..., Awaitable[list[FusedTrack]]]
    is_visible: Callable[[Whose, PartyId], bool]
    words: dict[int, bytes] = field(default_factory=dict[int, bytes])
    worked_out: dict[Hashable, asyncio.Task[Any]] = field(
        default_factory=dict[Hashable, "asyncio.Task[Any]"]
    )
    _of: dict[PartyId, list[FusedTrack]] = field(default_factory=dict[PartyId, list[FusedTrack]])

    async def of(
        self,
        reader: PartyId,
        *,
        where: Where | None = None,
        besides: Collection[TrackKey] = (),
    ) -> list[FusedTrack]:
        """What the reader is shown; where, besides: of that, as :meth:`Live.things` has it."""

        def is_seen(whose: Whose) -> bool:
            return self.is_visible(whose, reader)

        if where is not None:
            return await self.seen(is_seen, where=where, besides=besides)
        found = self._of.get(reader)
        if found is None:
            found = self._of[reader] = await self.seen(is_seen)
        return found


class Live:
    """The watch beside a service. Use as an async context, inside the service's."""

    def __init__(
        self,
        service: Service,
        settings: LiveSettings | None = None,
        *,
        archive: TrackArchive | None = None,
    ) -> None:
        """archive: where positions are kept; None: nowhere."""
        self._service = service
        self.links = FeedLinks()
        """How each feed stands that brings positions here."""
        self.keeping = None if archive is None else TrackKeeping(service, archive, self.links)
        self._settings = settings or LiveSettings()
        self._watch = Watch(self._settings.watch)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-watch")
        self._task: asyncio.Task[None] | None = None
        self._feeds: dict[tuple[PartyId, str], ShownTo] = {}
        self.beside: list[contextlib.AbstractAsyncContextManager[object]] = []
        """What runs while the watch does, and brings positions to it."""
        self._beside = contextlib.AsyncExitStack()
        self._held = HeldTracks(self._copied, every_s=self._settings.show_every_s)
        self._shown: asyncio.Task[ShownTracks] | None = None
        self._shown_s = -math.inf
        # The tracks that warnings name, as of the last look at which something was said of them.
        self._named: dict[TrackName, Named] = {}
        self._named_before: dict[TrackName, Named] = {}
        self._named_since_s = -math.inf
        self._known_tracks = 0
        self._listeners: dict[PartyId, set[UpdateListener]] = {}
        # How each standing warning goes on since the record last said something of it.
        self._updated: dict[WarningId, StandingWarning] = {}
        self._in_step = InStep(self._watch)
        self._conforming = Conforming(service, self._settings.states)
        self._last_known: dict[WarningId, StandingWarning] = {}
        # Warnings of late notices by when each is looked at next: when its intent's time is over.
        self._late: list[tuple[int, WarningId]] = []
        self._same = SameWarnings()
        self._unsaid = Unsaid()
        self._looking = asyncio.Lock()

    @property
    def limits(self) -> ConformanceLimits:
        """What flights are held against here."""
        return self._settings.limits

    async def __aenter__(self) -> Self:
        """Take over what stands, then look once a second."""
        picture = self._service.picture
        self._in_step.take_over(picture)
        self._conforming.take_over(picture)
        for warning in map(picture.warnings.__getitem__, list(picture.warnings)):
            self._note_late(warning)
            self._same.note(warning)
        self._service.fold_listeners.append(self._listen)
        self._task = asyncio.create_task(self._look_on(), name="wideberth-live")
        for each in self.beside:
            await self._beside.enter_async_context(each)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop looking."""
        await self._beside.aclose()
        self._service.fold_listeners.remove(self._listen)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(*_NOT_RECORDED):
            self._conforming.over(await self._in_thread(self._watch.conformance.end_all))
            await self._conforming.record((), all_of_them=True)
        if self.keeping is not None:
            await self.keeping.stop()
        await self._held.stop()
        self._thread.shutdown()

    @property
    def show_every_s(self) -> float:
        """How often positions go out on streams, at most."""
        return self._settings.show_every_s

    @property
    def look_ahead_us(self) -> int:
        """How far ahead the watch looks, at most."""
        watch = self._settings.watch
        return max(watch.pairs.look_ahead_us, watch.zone_look_ahead_us)

    async def observe(
        self, reports: Iterable[PositionReport], *, feed: str, feed_party: PartyId | None
    ) -> UpdateReport:
        """Take in a batch of one feed; gives what became of it. Nothing of it is recorded; its
        positions go to the archive, where there is one. feed_party None: of the host's own.
        """
        return await self.take(ReportBatch.of(reports, feed=feed, feed_party=feed_party))

    async def take(self, batch: ReportBatch, *, written_within_s: float = 0.0) -> UpdateReport:
        """What :meth:`observe` does, of a batch. written_within_s: how long to wait until its
        positions are in the archive's file.
        """
        feed, feed_party = batch.feed, batch.feed_party
        now_us = self._service.context().now_us
        report = await self._in_thread(lambda: self._watch.observe(batch, now_us))
        self._held.changed()
        self._known_tracks = max(self._known_tracks, 1)
        newest_us = int(batch.time_us[report.good].max()) if len(report.good) else None
        self.links.of(feed_party, feed, now_us).observed(report, newest_us)
        if self.keeping is not None and len(report.good):
            shown_to = self._shown_to(feed_party, feed)
            written = self.keeping.keep(batch, report.good, came_us=now_us, shown_to=shown_to)
            if written is not None and written_within_s > 0:
                await asyncio.wait([written], timeout=written_within_s)
        return report

    async def rows(self, seen: Callable[[Whose], bool] = lambda _: True) -> list[TrackRow]:
        """Every track that a reader sees, as it is held now."""
        return await self._held.rows(seen)

    async def newest_us(self) -> dict[tuple[str | None, str], int]:
        """When each feed was at its newest position, by its party and name."""
        return await self._in_thread(self._watch.table.newest_us)

    def show_feed(self, party: PartyId | None, feed: str, shown_to: ShownTo) -> None:
        """Let the feed's tracks be seen by others, or no longer. Forgotten at a restart. party
        None: a feed of the host's own.
        """
        key = party or PartyId(""), feed
        if shown_to == "owner":
            self._feeds.pop(key, None)
        else:
            self._feeds[key] = shown_to
        self._shown = None

    def may_open(self, party: PartyId, feed: str) -> bool:
        """Whether the feed is one of those that the party opened, or may be one more of them."""
        opened = [name for whose, name in self._feeds if whose == party]
        return feed in opened or len(opened) < MOST_TOLD

    def is_feed_visible(self, party: str | None, feed: str, reader: PartyId) -> bool:
        """Whether the reader is whose feed it is, or one of those that it was opened to."""
        shown_to = self._shown_to(party, feed)
        return may_see(reader, feed_party=party, owner=None, shown_to=shown_to)

    def is_visible(self, whose: Whose, reader: PartyId) -> bool:
        """Whether the reader sees a track: as the feed's party, its own, or as the feed opened
        it.
        """
        shown_to = self._shown_to(whose.feed_party, whose.feed)
        return may_see(reader, feed_party=whose.feed_party, owner=whose.owner, shown_to=shown_to)

    def is_open(self, whose: Whose) -> bool:
        """Whether the feed's party opened a track to all parties of the space."""
        return self._shown_to(whose.feed_party, whose.feed) == "all"

    def _shown_to(self, feed_party: str | None, feed: str) -> ShownTo:
        return self._feeds.get((PartyId(feed_party or ""), feed), "owner")

    async def _copied(self) -> Columns:
        now_us = self._service.context().now_us
        return await self._in_thread(lambda: self._watch.columns(now_us))

    async def things(
        self,
        seen: Callable[[Whose], bool],
        *,
        where: Where | None = None,
        besides: Collection[TrackKey] = (),
    ) -> list[FusedTrack]:
        """What a reader is shown of the tracks that it sees, those of one thing as one. where: only
        those of which it sees a track there; besides: and those of these keys.
        """
        return await self._held.seen(seen, where=where, besides=besides)

    async def page_of_things(
        self,
        seen: Callable[[Whose], bool],
        *,
        after: str | None,
        most: int,
        where: Where | None = None,
    ) -> list[FusedTrack]:
        """A page of these, in order, and nothing made of the others; see
        :meth:`wideberth.watch.things.Things.page`.
        """
        return await self._held.page(seen, after=after, most=most, where=where)

    async def shown(self) -> ShownTracks:
        """The tracks as of now, or of a moment ago: a quarter of show_every_s at most. A hundred
        streams ask for them, and each position that comes would have all of them made anew.
        """
        now_s = time.monotonic()
        if self._shown is None or now_s - self._shown_s > self.show_every_s / 4:
            self._shown_s = now_s
            self._shown = asyncio.create_task(self._show(), name="wideberth-shown")
        return await asyncio.shield(self._shown)

    async def _show(self) -> ShownTracks:
        things = await self._held.now()
        return ShownTracks(partial(self._held.seen_of, things), self.is_visible)

    def is_track_open(
        self, feed_party: str, feed: str | None, track_id: str, reader: PartyId
    ) -> bool:
        """Whether the track of this party's feed is visible to the reader, of a track that is at
        hand (:meth:`know`); else not. feed None: whether that of each of its feeds is.
        """
        held = self._held_of((feed_party or None, track_id))
        asked = [row for row in held if feed is None or row.feed == feed]
        return bool(asked) and all(self.is_visible(row.whose, reader) for row in asked)

    def _held_of(self, name: TrackName) -> Named:
        return self._named.get(name) or self._named_before.get(name, ())

    async def know(self, warnings: Iterable[StandingWarning], *, anew: bool = False) -> None:
        """Have at hand the tracks that these warnings name, for :meth:`is_track_open` and
        :meth:`one_with`. What the last look said something of is, and nobody waits for it. anew: as
        they are now, not at that look.
        """
        standing, alike = self._service.picture.warnings, list(warnings)
        for name in [name for each in alike for name in self._same.like(each)]:
            other = standing.get(name)
            if other is not None:
                alike.append(other)
        names = _names_of(alike)
        at_hand = (self._named, self._named_before)
        asked = {name for name in names if anew or not any(name in each for each in at_hand)}
        if asked:
            now_us = self._service.context().now_us
            self._note_named(await self._in_thread(lambda: self._named_now(asked, now_us)))

    def _note_named(self, named: Mapping[TrackName, Named]) -> None:
        """Have these at hand; what nothing was said of for a while is asked for anew."""
        now_s = time.monotonic()
        if now_s - self._named_since_s > _NAMED_FOR_S:
            self._named_since_s = now_s
            self._named_before, self._named = self._named, {}
        self._named.update(named)

    def _named_now(self, names: Iterable[TrackName], now_us: int) -> dict[TrackName, Named]:
        asked, table = list(names), self._watch.table
        held = [table.slots_named(*name) for name in asked]
        rows = iter(rows_of(table, np.array([slot for each in held for slot in each], int), now_us))
        return {
            name: tuple(islice(rows, len(each))) for name, each in zip(asked, held, strict=True)
        }

    def one_with(self, warning: StandingWarning, reader: PartyId) -> tuple[WarningId, ...]:
        """The other standing warnings that are one with it to the reader, as of the last look; see
        :mod:`wideberth.samewarnings`.
        """
        return one_with(
            warning,
            self._same.like(warning),
            reader,
            self._service.picture,
            track_open=self.is_track_open,
            are_one=self._are_one,
        )

    def _are_one(self, one: WarningObject, other: WarningObject) -> bool:
        rows = [self._row_of(each) for each in (one, other)]
        return rows[0] is not None and rows[1] is not None and agree(rows[0], rows[1])

    def _row_of(self, track: WarningObject) -> TrackRow | None:
        feed_party, track_id = track_named(track.id)
        rows = self._held_of((feed_party or None, track_id))
        return next((row for row in rows if row.feed == track.feed), None)

    @contextlib.contextmanager
    def updates(self, grew: asyncio.Event, party: PartyId) -> Generator[UpdateListener]:
        """A listener to updates of standing warnings that are addressed to the party; sets grew
        when there are some.
        """
        listener = UpdateListener(grew, party)
        listeners = self._listeners.setdefault(party, set())
        listeners.add(listener)
        try:
            yield listener
        finally:
            listeners.discard(listener)
            if not listeners:
                self._listeners.pop(party, None)

    async def tick(self) -> None:
        """One look, and what it says, recorded. Raises Overloaded, RecordUnavailable; what was not
        recorded then is recorded after a later look.
        """
        if self._late:
            await self._clear_late(self._service.context().now_us)
        idle = not self._known_tracks and not self._watch.standing and not self._unsaid
        if idle and not self._conforming.followed:
            return
        async with self._looking:  # what waits is recorded by one look at a time
            await self._look()

    async def _look(self) -> None:
        now_us = self._service.context().now_us
        changes: list[Change] = []
        for piece in self._in_step.pieces(self._service.picture, now_us):
            changes += piece
            await asyncio.sleep(0)  # others have their turn
        followed = self._conforming.followed

        def look() -> tuple[list[WarningEvent], dict[TrackName, Named], list[Flown], list[Outside]]:
            events = [event for change in changes for event in change()]
            events += self._watch.tick(now_us)
            named = self._named_now({name for each in events for name in _tracks_of(each)}, now_us)
            counted = self._watch.conformance
            return events, named, counted.over(), counted.flying(followed)

        events, named, flown, flying = await self._in_thread(look)
        self._known_tracks = len(self._watch.table)
        self._held.changed()
        self._note_named(named)
        updates = [form for event in events if (form := self._note(event)) is not None]
        self._conforming.over(flown)
        try:  # what is new goes first: to tell streams how all else goes on takes as long
            await self._tell_all()
        finally:
            self._publish(updates)
        await self._conforming.record(flying)

    def _note_late(self, warning: StandingWarning) -> None:
        if warning.kind is WarningKind.LATE_NOTICE:
            heapq.heappush(self._late, (0, warning.id))  # the next look says when

    async def _clear_late(self, now_us: int) -> None:
        """Clear the warnings of late notices of intents whose time is over, as last known: nobody
        said that they ended. What a later notice took the place of was cleared with it.
        """
        picture = self._service.picture
        while self._late and self._late[0][0] < now_us:
            _, warning_id = heapq.heappop(self._late)
            warning = picture.warnings.get(warning_id)
            if warning is None:
                continue
            intent = picture.intents.get(IntentId(warning.objects[0].id))
            if intent is not None:
                over_us = intent.end_us + picture.clock_bound_us(intent.party)
                if over_us >= now_us:
                    heapq.heappush(self._late, (over_us, warning_id))
                    continue
            try:
                over = msgspec.structs.replace(warning, updated_us=now_us, last_known=True)
                await self._submit(ClearWarning(over))
            except _NOT_RECORDED:
                heapq.heappush(self._late, (0, warning_id))  # the next look tries again
                raise

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        is_taken_over = False
        due_s = loop.time()
        while True:
            # At a beat, however long a look takes; one that took longer is not made up for.
            due_s = max(due_s + self._settings.tick_s, loop.time())
            await asyncio.sleep(due_s - loop.time())
            try:
                if not is_taken_over:
                    await self._keep_last_known()
                    is_taken_over = True
                await self.tick()
            except _NOT_RECORDED as error:
                _log.warning("%d warnings wait to be recorded: %s", len(self._unsaid), error)
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                _log.exception("the watch failed at one look; it goes on")
            if self.keeping is not None:
                self.keeping.tend_beside()

    async def _keep_last_known(self) -> None:
        picture = self._service.picture
        for warning_id in list(picture.warnings):
            warning = picture.warnings[warning_id]
            if warning.kind not in WATCHED:
                continue
            self._last_known[warning_id] = warning
            if not warning.last_known:
                await self._submit(WorsenWarning(msgspec.structs.replace(warning, last_known=True)))

    def _listen(self, _start: int, entries: Sequence[Entry]) -> None:
        """Note what concerns the watch; it learns of it at its next look."""
        for entry in entries:
            self._in_step.note(entry.body)
            self._conforming.note(entry.body)
            match entry.body:
                case ZoneDeclared() | ZoneWithdrawn():
                    self._known_tracks = max(self._known_tracks, 1)
                case WarningRaised(warning=warning):
                    self._note_late(warning)
                    self._same.note(warning)
                    self._outdate(warning.id)
                case WarningWorsened(warning=warning):
                    self._outdate(warning.id)
                case WarningCleared(warning=warning):
                    self._same.forget(warning.id)
                    self._outdate(warning.id)
                case _:
                    pass

    def _note(self, event: WarningEvent) -> tuple[StandingWarning, StandingWarning] | None:
        """Puts an event of the watch to those that wait to be recorded; of one that is for the
        streams alone, gives the warning as it goes on, and as the record has it.
        """
        if not isinstance(event, Updated):
            self._unsaid.put(event)
            return None
        if event.warning.id in self._unsaid:
            if self._unsaid.is_last_known(event.warning.id):
                self._unsaid.put(event)  # it is seen again before that was recorded
            return None
        picture = self._service.picture
        standing = picture.warnings.get(WarningId(event.warning.id))
        parties = parties_of(event, picture, standing)
        if not parties:
            return None
        # Somebody may learn of it only now; or the record says that it is not seen any more.
        if standing is None or set(parties) > set(standing.parties) or standing.last_known:
            self._unsaid.put(event)
            return None
        return msgspec.structs.replace(recorded_form(event), parties=parties), standing

    def _publish(self, updates: Iterable[tuple[StandingWarning, StandingWarning]]) -> None:
        """Tell streams of these, but of what the record has said anything of since."""
        recorded = self._service.picture.warnings
        for warning, before in updates:
            if recorded.get(warning.id) is before:
                self.publish(warning)

    async def _tell_all(self) -> None:
        """Record what waits, in turn, several warnings at once; each one's events in order."""
        settings = self._settings
        turns = self._unsaid.in_turn()[: settings.told_per_look]
        for start in range(0, len(turns), settings.told_at_once):
            group = turns[start : start + settings.told_at_once]
            done = await asyncio.gather(*map(self._tell, group), return_exceptions=True)
            failed = [each for each in done if each is not None]
            if failed:
                raise failed[0]

    async def _tell(self, warning_id: str) -> None:
        """Record what waits of one warning. What fails, and what came after it, goes on waiting."""
        while (event := self._unsaid.first(warning_id)) is not None:
            picture = self._service.picture
            standing = picture.warnings.get(WarningId(warning_id))
            form = addressed(event, picture, standing)
            if form is not None:
                await self._record(event, form, stands=standing is not None)
            self._unsaid.said(event)

    async def _record(self, event: WarningEvent, form: StandingWarning, *, stands: bool) -> None:
        match event:
            case Cleared() | Lapsed():
                if stands:
                    await self._submit(ClearWarning(form))
            case Raised() | Updated() | Worsened():
                if stands:
                    await self._submit(WorsenWarning(form))
                else:
                    await self._replace_last_known(form)
                    await self._submit(RaiseWarning(form))

    async def _replace_last_known(self, raised: StandingWarning) -> None:
        named = [(each.type, each.id) for each in raised.objects]
        for warning_id, warning in list(self._last_known.items()):
            same = [(each.type, each.id) for each in warning.objects] == named
            if same and warning.kind is raised.kind and warning_id != raised.id:
                await self._submit(ClearWarning(warning.over()))
                self._last_known.pop(warning_id, None)

    def publish(self, warning: StandingWarning) -> None:
        """Tell the streams of the parties that a standing warning is addressed to. It is forgotten
        when the record says something of the warning.
        """
        self._updated[warning.id] = warning
        for party in warning.parties:
            for listener in self._listeners.get(party, ()):
                before = listener.pending.get(warning.id)
                missed = 0 if before is None else before[1] + 1
                listener.pending[warning.id] = warning, missed
                listener.grew.set()

    def newest(self, warning: StandingWarning, reader: PartyId) -> StandingWarning:
        """A warning of the record as it goes on now, as far as the reader was told."""
        updated = self._updated.get(warning.id)
        if updated is None or reader not in updated.parties:
            return warning
        return updated

    def _outdate(self, warning_id: WarningId) -> None:
        """The record says something of a warning: what was to be told of it before comes too late.
        A listener that is slow would hear it after the warning's end.
        """
        updated = self._updated.pop(warning_id, None)
        for party in () if updated is None else updated.parties:
            for listener in self._listeners.get(party, ()):
                listener.pending.pop(warning_id, None)

    async def _submit(self, command: Command) -> None:
        await self._service.submit(Request(SYSTEM, command))

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _names_of(warnings: Iterable[StandingWarning]) -> set[TrackName]:
    """The tracks that warnings of the record name."""
    return {
        (party or None, track_id)
        for warning in warnings
        for each in warning.objects
        if each.type == "track"
        for party, track_id in [track_named(each.id)]
    }


def _tracks_of(event: WarningEvent) -> Iterator[TrackName]:
    """The tracks that an event of the watch names."""
    for ref in event.warning.key.objects:
        if ref.kind == "track":
            yield ref.feed_party or None, ref.id
