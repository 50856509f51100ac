"""The soak: a day of the watch with feeds that die, lie and flood, in minutes.

A real node with its API, the real watch beside it, an archive of positions and real feeds, on a
loop whose clock jumps (`attack.compressed`). Only what the feeds read from is made up
(`attack.soak_stage`), and who uses the API (`attack.soak_clients`). Between two looks, the warnings
that stand in the record are held against a reference (`attack.soak_reference`), and of each that
ends, by what right it does (`attack.soak_endings`).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from itertools import count
from pathlib import Path

import msgspec

from api_world import World
from attack.compressed import run_compressed
from attack.soak_clients import READER, Clients
from attack.soak_endings import Endings
from attack.soak_reference import Known, Round, Verdict, standing_by_kind, wanted
from attack.soak_stage import (
    INTENT_RADIUS_M,
    SCENE_S,
    ZONE_RADIUS_M,
    Cast,
    Place,
    Trouble,
    Wire,
    flood,
    grid,
    lies,
    time_us,
)
from scenes import OPEN, START_US, UNGUARDED, signer
from wideberth.faces.api import create_app
from wideberth.faces.feeds.running import Pacing, RunningFeed
from wideberth.faces.feeds.sbs import SbsDecoder
from wideberth.live import Live, LiveSettings
from wideberth.model.commands import (
    ChangeIntentState,
    Command,
    DeclareZone,
    IntentDetails,
    RegisterParty,
    Request,
    SubmitIntent,
    WithdrawZone,
)
from wideberth.model.entries import Entry, SegmentRecorded, WarningRaised
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import IntentKind, Provenance, Source, Step
from wideberth.model.parties import Author
from wideberth.model.warnings import WarningObject
from wideberth.model.zones import ZoneRule
from wideberth.node import Node
from wideberth.service import Applied, Settings, new_id
from wideberth.space import prepared
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.space.volume import NANODEGREES, Circle, Volume4D
from wideberth.watch.archive import TRACKS_FOLDER, ArchiveSettings, TrackArchive
from wideberth.watch.feedlink import FeedLink
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import (
    FeedSettings,
    PairSettings,
    TrackSettings,
    WarningSettings,
    WatchSettings,
)
from wideberth.watch.taken import UpdateReport
from wideberth.watch.warm import warm_up

HONEST = ("alpha-1", "bravo-1", "charlie-1", "charlie-2")
FEEDS = (*HONEST, "alpha-2", "delta-1", "echo-1")
PARTIES = ("alpha", "bravo", "charlie", "delta", "echo")
FLOOD_BYTES_S = 100_000.0

WATCH = WatchSettings(
    tracks=TrackSettings(
        default_feed=FeedSettings(silence_after_us=20 * SECOND_US),
        forget_after_us=3 * MINUTE_US,
        max_tracks=1_000,
    ),
    pairs=PairSettings(look_ahead_us=MINUTE_US),
    zone_look_ahead_us=MINUTE_US,
    # What is last known of who is gone stands for a day by default, and is not what leaks.
    warnings=WarningSettings(lapse_after_us=5 * MINUTE_US),
)
# So little that segments close and are forgotten on the shortest day.
ARCHIVE = ArchiveSettings(kept_us=2 * MINUTE_US, close_us=MINUTE_US)


@dataclass(frozen=True)
class Day:
    """How long, and with how much. beat_s: between two looks; an honest feed speaks at every second
    beat. warm_up_s: after which memory has to stay; sample_s: how often it is looked at.
    flood_every_s, flood_s: when, how long.
    """

    beat_s: float
    length_s: float
    warm_up_s: float
    sample_s: float
    scenes: int = 6
    flood_every_s: float = 300.0
    flood_s: float = 8.0
    seed: int = 1


# One flood, as others begin to fly and before memory is looked at: what a decoder knows of the
# aircraft of a flood, it keeps until it hears something again.
SHORT = Day(beat_s=2.0, length_s=434, warm_up_s=290, sample_s=6, flood_every_s=222.0)
WHOLE = Day(
    beat_s=4.0,
    length_s=86_400,
    warm_up_s=3_600,
    sample_s=1_800,
    flood_every_s=1_200.0,
)


@dataclass(frozen=True)
class Memory:
    """At a moment: how many blocks Python holds, what the process has of the machine (bytes), and
    how many entries the record has, of which the service keeps an index.
    """

    at_s: float
    blocks: int
    process_bytes: int
    entries: int


@dataclass
class Soaked:
    """What came of it."""

    verdict: Verdict
    endings: Endings
    clients: Clients
    memory: list[Memory] = field(default_factory=list[Memory])
    raised: Counter[str] = field(default_factory=Counter[str])
    links: dict[str, FeedLink] = field(default_factory=dict[str, FeedLink])
    looks: int = 0
    sent: Counter[str] = field(default_factory=Counter[str])
    took_s: float = 0.0
    most_tracks: int = 0
    segments: Counter[str] = field(default_factory=Counter[str])

    @property
    def faults(self) -> list[str]:
        """What went against the reference, in words."""
        return [*self.verdict.faults, *self.endings.faults, *self.clients.faults]

    def growth(self, of: Callable[[Memory], int]) -> int:
        """How much more is held in the last third of the samples than in the first, on average."""
        third = max(1, len(self.memory) // 3)
        values = [of(each) for each in self.memory]
        return round(sum(values[-third:]) / third - sum(values[:third]) / third)


Plant = Callable[["Stage"], None]
"""Puts a fault into what runs, before it runs."""


class Stage:
    """What runs, and who plays before it. live, feeds: for whoever plants a fault in them."""

    def __init__(self, day: Day, world: World, live: Live) -> None:
        self.day = day
        self.service = world.node.service
        self.live = live
        self.known = Known()
        self._archive = world.node.folder / TRACKS_FOLDER
        self.endings = Endings(WATCH, round(day.beat_s * SECOND_US), self._is_declared)
        self.clients = Clients(world, live, self.known, day.seed + 2)
        self.done = Soaked(Verdict(within_s=2.25 * day.beat_s), self.endings, self.clients)
        self.wires = {name: Wire() for name in FEEDS}
        self.each_look: list[Callable[[], object]] = []
        self._rng = random.Random(day.seed)
        self._cast = Cast(random.Random(day.seed + 1))
        self._areas: dict[str, tuple[Round, float]] = {}
        self._numbers = count(1)
        self._troubles = [
            Trouble(self.wires["charlie-1"], every_s=170, for_s=40, from_s=60),
            Trouble(self.wires["charlie-2"], every_s=230, for_s=60, from_s=75),
            Trouble(self.wires["bravo-1"], every_s=410, for_s=30, from_s=130),
            Trouble(self.wires["delta-1"], every_s=90, for_s=10, from_s=50),
        ]
        self._began_s: dict[Place, float] = {}

    def feed(self, name: str, threads: ThreadPoolExecutor) -> RunningFeed:
        """A feed as the node makes one of its settings."""
        party = PartyId(name.partition("-")[0])
        link = FeedLink(name, party, "sbs", "connecting", self.now_us())
        self.live.links.put(link)
        self.done.links[name] = link
        return RunningFeed(
            link,
            self.wires[name],
            SbsDecoder(zone=UTC, owner=party),
            partial(self.live.observe, feed=name, feed_party=party),
            now_us=self.now_us,
            threads=threads,
            pacing=Pacing(most_bytes_s=FLOOD_BYTES_S, longest_wait_s=8.0),
        )

    def now_us(self) -> int:
        """The time of the node."""
        return self.service.context().now_us

    async def play(self) -> None:
        """The day."""
        loop = asyncio.get_running_loop()
        next_sample_s = self.day.warm_up_s
        beat_s = self.day.beat_s
        for beat in range(int(self.day.length_s / beat_s)):
            at_s = beat * beat_s
            # The watch looks on the beat.
            await asyncio.sleep(max(0.0, at_s + beat_s / 4 - loop.time()))
            await self._act(beat, at_s)
            await asyncio.sleep(max(0.0, at_s + beat_s * 3 / 4 - loop.time()))
            await self._judge(beat, loop.time())
            if at_s >= next_sample_s:
                next_sample_s += self.day.sample_s
                self.done.memory.append(self._memory(at_s))
        await self.clients.finish()
        self.done.verdict.finish()
        self.done.segments["still kept"] = len(list(self._archive.glob("*.parquet")))

    async def _act(self, beat: int, at_s: float) -> None:
        for trouble in self._troubles:
            trouble.act(at_s)
        await self._scenes(at_s)
        self._speak(beat, at_s)
        since_s = at_s % self.day.flood_every_s
        floods = since_s >= self.day.flood_every_s - self.day.flood_s
        await self.clients.act(beat, at_s, self.now_us(), floods=floods)
        if floods:
            data = flood(self._rng, at_s, int(3 * FLOOD_BYTES_S * self.day.beat_s))
            self.done.sent["flood bytes"] += len(data)
            for start in range(0, len(data), 65_536):
                self.wires["echo-1"].send(data[start : start + 65_536])

    async def _scenes(self, at_s: float) -> None:
        """What begins and ends on the stage."""
        self._cast.leave(at_s)
        self.known.forget(time_us(at_s) - WATCH.tracks.forget_after_us)
        for area_id, (_, end_s) in list(self._areas.items()):
            if end_s <= at_s:
                await self._withdraw(area_id)
        for number, centre in enumerate(grid(self.day.scenes)):
            due_s = self._began_s.get(centre, number * 17.0 - SCENE_S - 15) + SCENE_S + 15
            if at_s >= due_s:
                self._began_s[centre] = at_s
                await self._begin(number % 3, centre, at_s)

    async def _begin(self, what: int, centre: Place, at_s: float) -> None:
        if what == 0:
            self._cast.meet(centre, at_s)
        elif what == 1:
            await self._declare("zone", "charlie", centre, at_s)
            self._cast.enter(centre, at_s)
        else:
            await self._declare("intent", "bravo", centre, at_s)
            self._cast.leave_own(centre, at_s)
            if self._rng.random() < 0.5:
                self._cast.enter(centre, at_s)

    def _speak(self, beat: int, at_s: float) -> None:
        """What the feeds send on this beat."""
        truth = [each for each in self._cast.things if at_s >= each.begin_s]
        for number, name in enumerate(HONEST):
            if (beat + number) % 2:
                continue
            said = [each.said(at_s) for each in truth if name in each.feeds]
            if said and self.wires[name].send(b"".join(each.line() for each in said)):
                self.done.sent["honest"] += len(said)
                for each in said:
                    self.known.take(name.partition("-")[0], each)
                if name == f"{READER}-1":
                    self.clients.said += [(each.track_id, each.time_us) for each in said]
        if beat % 2 == 0:
            shown = [each.said(at_s) for each in truth]
            self._send_lies("delta-1", lies(shown, self._rng, time_us(at_s), beat // 2))
            # Another receiver of alpha's hears the same, late and twice.
            echoed = [each.said(at_s - 1) for each in truth if each.party == "alpha"]
            self._send_lies("alpha-2", [each.line() for each in echoed] * 2)

    def _send_lies(self, name: str, lines: Sequence[bytes]) -> None:
        if self.wires[name].send(b"".join(lines)):
            self.done.sent["lies and doubles"] += len(lines)

    async def _judge(self, beat: int, at_s: float) -> None:
        for each in self.each_look:
            each()
        self.done.looks += 1
        self.done.most_tracks = max(self.done.most_tracks, len(self.live._watch.table))
        warnings = self.service.picture.warnings
        standing = standing_by_kind(warnings[each] for each in warnings)
        areas = [each for each, _ in self._areas.values()]
        must = list(wanted(self.known, areas, WATCH, time_us(at_s)))
        self.done.verdict.judge(at_s, must, standing)
        self.endings.ask(must, time_us(at_s))
        await self.clients.look(beat, time_us(at_s), WATCH.tracks.forget_after_us)

    def _memory(self, at_s: float) -> Memory:
        # Up to 8,192 volumes are remembered, and each place that a filter judges is one.
        prepared._prepare_small.cache_clear()
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        size = self.service.picture.size
        return Memory(at_s, sys.getallocatedblocks(), pages * os.sysconf("SC_PAGE_SIZE"), size)

    async def _declare(self, kind: str, party: str, centre: Place, at_s: float) -> None:
        area_id = f"{kind}-{next(self._numbers)}"
        end_s = at_s + SCENE_S + (5 if kind == "zone" else 10)
        radius_m = ZONE_RADIUS_M if kind == "zone" else INTENT_RADIUS_M
        volume = Volume4D(
            Circle(
                round(centre[0] * NANODEGREES), round(centre[1] * NANODEGREES), int(radius_m * 1000)
            ),
            Altitude(0, AltitudeReference.W84),
            Altitude(2_000_000, AltitudeReference.W84),
            time_us(at_s),
            time_us(end_s + 60),
        )
        if kind == "zone":
            command: Command = DeclareZone(
                ZoneId(area_id), "Ring", ZoneRule.KEEP_OUT, (volume,), "soak", confirmed=True
            )
        else:
            told = IntentDetails(
                IntentKind.FLIGHT, (volume,), OPEN, Provenance(Source.PLANNED), confirmed=True
            )
            command = SubmitIntent(IntentId(area_id), told, activated=True)
        await self.ask(signer(party), command)
        area = Round(kind, area_id, party, *centre, radius_m, time_us(at_s))
        self._areas[area_id] = area, end_s

    async def _withdraw(self, area_id: str) -> None:
        area, _ = self._areas.pop(area_id)
        picture = self.service.picture
        if area.kind == "zone":
            zone = ZoneId(area_id)
            command: Command = WithdrawZone(zone, picture.zones[zone].version)
        else:
            intent = IntentId(area_id)
            command = ChangeIntentState(intent, picture.intents[intent].ovn, Step.END)
        await self.ask(signer(area.party), command)

    async def ask(self, by: Author, command: Command) -> None:
        """A command that is taken."""
        done = await self.service.submit(Request(by, command))
        assert isinstance(done, Applied), done

    def count(self, start: int, entries: Sequence[Entry]) -> None:
        """Of the record's entries, the warnings, and the archive's segments."""
        for entry in entries:
            if isinstance(entry.body, WarningRaised):
                self.done.raised[entry.body.warning.kind.value] += 1
            elif isinstance(entry.body, SegmentRecorded):
                self.done.segments["closed"] += 1
                self.done.segments["positions in them"] += entry.body.fixes
        self.endings.listen(start, entries)

    def hear_all(self) -> None:
        """Note which positions are taken, of every feed."""
        real = self.live.take

        async def take(batch: ReportBatch, *, written_within_s: float = 0.0) -> UpdateReport:
            report = await real(batch, written_within_s=written_within_s)
            said = [(batch.track_id[row], int(batch.time_us[row])) for row in report.good.tolist()]
            self.endings.take(batch.feed_party, batch.feed, said)
            return report

        self.live.take = take

    def _is_declared(self, area: WarningObject) -> bool:
        return area.id in self._areas


@contextlib.asynccontextmanager
async def a_stage(folder: Path, day: Day) -> AsyncIterator[Stage]:
    """Everything but the feeds, running."""
    loop = asyncio.get_running_loop()
    numbers = count()
    # Nobody else appends to this record, and what is newest need not be kept for streams.
    settings = Settings(poll_s=86_400.0, recent=100)
    node = Node.open(
        folder,
        settings=settings,
        clock_us=lambda: START_US + round(loop.time() * SECOND_US),
    )
    node._rules = msgspec.structs.replace(UNGUARDED)
    node.service._ids = lambda: f"{next(numbers):022d}"
    archive = TrackArchive(folder, ARCHIVE, make_name=new_id)
    live = Live(node.service, LiveSettings(tick_s=day.beat_s, watch=WATCH), archive=archive)
    app = create_app(node, live=live)
    async with node:
        for each in PARTIES:
            done = await node.command(RegisterParty(PartyId(each), each.title()))
            assert isinstance(done, Applied), done
        async with live:
            stage = Stage(day, World(node, app), live)
            stage.hear_all()
            node.service.fold_listeners.append(stage.count)
            yield stage


async def _soak(folder: Path, day: Day, plant: Plant | None) -> Soaked:
    async with a_stage(folder, day) as stage:
        if plant is not None:
            plant(stage)
        with ThreadPoolExecutor(1) as threads:
            feeds = [asyncio.create_task(stage.feed(name, threads).run()) for name in FEEDS]
            try:
                await stage.play()
            finally:
                for each in feeds:
                    each.cancel()
                await asyncio.gather(*feeds, return_exceptions=True)
        return stage.done


def soak(folder: Path, day: Day, plant: Plant | None = None) -> Soaked:
    """Play a day; gives what came of it."""
    random.seed(day.seed)  # how long a feed waits before it connects again
    warm_up()
    began_s = time.perf_counter()
    done = run_compressed(lambda: _soak(folder, day, plant))
    done.took_s = time.perf_counter() - began_s
    return done
