"""Hours of the watch with feeds that die, lie and flood, and with clients: whatever must be warned
of is, nothing ends that was not seen to, nobody misses anything, and memory stays where it was.

In short here; the whole day with ``WIDEBERTH_SOAK=day``, as `make attack` has it.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Collection
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from attack.soak import SHORT, WHOLE, Day, Memory, Soaked, Stage, soak
from wideberth.faces.api.tracks import FIELD_OF_RULE
from wideberth.model.ids import PartyId
from wideberth.model.warnings import WarningKind
from wideberth.service import StreamEvent
from wideberth.watch.observations import Observation, Verdict, WarningKey
from wideberth.watch.reports import ReportBatch

Observed = tuple[list[Observation], Collection[WarningKey]]

DAY = WHOLE if os.environ.get("WIDEBERTH_SOAK") == "day" else SHORT
KINDS = ("conflict|separation", "separation", "incursion", "departure", "silence")

# What may be held more in the last third of the samples than in the first: blocks of Python, bytes
# of the process; and so much for each entry that the record got meanwhile, of which the service
# keeps an index in memory (over the whole day, 1.1 blocks and 503 bytes were measured).
MOST_BLOCKS, BLOCKS_AN_ENTRY = 5_000, 3
MOST_BYTES, BYTES_AN_ENTRY = 16 << 20, 1_000


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What feeds log of their breaks would be kept, and count as memory."""
    caplog.set_level(logging.CRITICAL, "wideberth.faces.feeds.running")


def growth(done: Soaked, of: Callable[[Memory], int]) -> int:
    return done.growth(of)


def is_flat(done: Soaked) -> bool:
    entries = growth(done, lambda each: each.entries)
    return (
        growth(done, lambda each: each.blocks) <= MOST_BLOCKS + BLOCKS_AN_ENTRY * entries
        and growth(done, lambda each: each.process_bytes) <= MOST_BYTES + BYTES_AN_ENTRY * entries
    )


def told(done: Soaked) -> str:
    """The counts, for whoever runs it."""
    verdict = done.verdict
    waits = sorted(verdict.waits_s)
    lines = [
        f"{done.looks} looks in {done.took_s:.0f} s; most tracks {done.most_tracks}",
        f"sent {dict(done.sent)}",
        f"raised {dict(done.raised)}",
        f"asked for {dict(verdict.asked)}; missed {verdict.missed.total()},"
        f" late {verdict.late.total()}; longest wait {waits[-1] if waits else 0:.1f} s",
        *(
            f"{name}: taken {link.taken}, refused {dict(link.refused)}, malformed"
            f" {dict(link.malformed)}, left out {link.left_out}, unread {link.flooded_bytes} bytes,"
            f" broken {link.failures} times"
            for name, link in done.links.items()
        ),
        f"ended {dict(done.endings.counts)}; archive {dict(done.segments)}",
        f"clients {dict(done.clients.counts)}",
        f"whole listener {dict(done.clients.whole.counts)},"
        f" slow one {dict(done.clients.slow.counts)}",
        f"grown by {growth(done, lambda each: each.blocks)} blocks,"
        f" {growth(done, lambda each: each.process_bytes) / 1e6:.1f} MB,"
        f" {growth(done, lambda each: each.entries)} entries",
    ]
    return "\n".join(lines)


def test_no_warning_is_missed_and_memory_stays(tmp_path: Path) -> None:
    done = soak(tmp_path, DAY)
    print(f"\n{told(done)}")  # noqa: T201 - for whoever runs the day
    assert done.faults == []
    assert {kind for kind in KINDS if done.verdict.asked[kind]} == set(KINDS)
    assert is_flat(done), told(done)
    # And it was a bad day: each kind of trouble came.
    links = done.links
    assert all(links[name].failures for name in ("charlie-1", "charlie-2", "bravo-1", "delta-1"))
    assert {"time-ahead", "time-old"} <= set(links["delta-1"].refused)
    assert {"fields", "not-sbs", "time"} <= set(links["delta-1"].malformed)
    assert links["echo-1"].flooded_bytes > 0
    assert links["echo-1"].refused["table-full"] > 0
    assert not any(links[name].refused for name in ("alpha-1", "bravo-1", "charlie-1"))
    # And what there was to hear, to read and to keep was heard, read and kept.
    clients, ended = done.clients, done.endings.counts
    assert all(ended[right] for right in ("seen to be over", "superseded", "withdrawn"))
    assert all(clients.slow.counts[what] for what in ("cut off", "left out", "updates missed"))
    assert clients.whole.counts["told"] > clients.slow.counts["told"] > 0
    assert all(clients.counts[what] for what in ("tracks read", "posted, table full"))
    assert clients.counts["kept positions read"] > 0
    assert 0 < done.segments["still kept"] < done.segments["closed"]
    assert not any(link.not_kept for link in links.values())


def named(key: WarningKey) -> tuple[object, ...]:
    """A warning by its kind and the ids of its objects."""
    return key.kind, *(each.id for each in key.objects)


def shortly(folder: Path, plant: Callable[[Stage], None], day: Day = SHORT) -> Soaked:
    return soak(folder, day, plant)


def test_planted_one_warning_that_is_not_seen_any_more_is_found(tmp_path: Path) -> None:
    def plant(stage: Stage) -> None:
        watch: Any = stage.live._watch
        real, dropped = watch._observations, []

        def observations(now_us: int, before_us: int | None) -> Observed:
            found, passed_over = real(now_us, before_us)
            # Of one thing, whichever of its feeds it rests on.
            entered = [each.key for each in found if each.key.kind is WarningKind.INCURSION]
            dropped.extend(map(named, entered[:1] if not dropped else []))
            return [each for each in found if named(each.key) not in dropped], passed_over

        watch._observations = observations

    faults = shortly(tmp_path, plant).faults
    assert len(faults) == 1
    assert "did not stand" in faults[0]


def test_planted_a_warning_that_comes_a_little_late_is_found(tmp_path: Path) -> None:
    kind = WarningKind.INCURSION

    def plant(stage: Stage) -> None:
        watch: Any = stage.live._watch
        real, first_us = watch._observations, {}

        def observations(now_us: int, before_us: int | None) -> Observed:
            found, passed_over = real(now_us, before_us)
            kept = [
                each
                for each in found
                if each.key.kind is not kind
                or now_us - first_us.setdefault(each.key, now_us) > 30_000_000
            ]
            return kept, passed_over

        watch._observations = observations

    done = shortly(tmp_path, plant)
    assert done.verdict.late.total() > 0
    assert {each.split(": ")[2].split()[0] for each in done.faults} == {kind.value}


def test_planted_a_table_that_a_flood_may_fill_is_found(tmp_path: Path) -> None:
    def plant(stage: Stage) -> None:
        table: Any = stage.live._watch.table
        table._room = lambda _: []

    done = shortly(tmp_path, plant)
    assert done.links["alpha-1"].refused["table-full"] > 0
    assert any("did not stand" in each for each in done.faults)


def test_planted_a_list_that_grows_with_each_look_is_found(tmp_path: Path) -> None:
    kept: list[list[object]] = []

    def plant(stage: Stage) -> None:
        stage.each_look.append(lambda: kept.append([object() for _ in range(500)]))

    done = shortly(tmp_path, plant)
    assert done.faults == []
    assert not is_flat(done)


# Until a feed of charlie's, silent for as long as the hold, would come again; with one flood.
BRIEF = dataclasses.replace(SHORT, length_s=134, warm_up_s=134, flood_every_s=100.0)


def test_planted_a_silence_that_clears_and_what_clients_would_not_be_told_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three faults that have nothing to do with each other, on one day, since a day takes long."""

    def plant(stage: Stage) -> None:
        watch: Any = stage.live._watch
        service: Any = stage.service
        real, real_events = watch._observations, service.events

        def observations(now_us: int, before_us: int | None) -> Observed:
            found, passed_over = real(now_us, before_us)
            seen = {each.key: each for each in found if each.verdict is not Verdict.UNKNOWN}
            for key, warning in watch.standing.items():
                if warning.id not in passed_over and key not in seen:
                    seen[key] = msgspec.structs.replace(
                        warning.seen, verdict=Verdict.CLEAR, oldest_us=now_us
                    )
            return list(seen.values()), passed_over

        async def events(party: PartyId, after: int, limit: int) -> list[StreamEvent]:
            return [each for each in await real_events(party, after, limit) if each.number != 7]

        watch._observations, service.events = observations, events

    monkeypatch.delitem(FIELD_OF_RULE, "table-full")
    faults = shortly(tmp_path, plant, BRIEF).faults
    assert any("had been silent" in each for each in faults)
    assert any("came after 6" in each for each in faults)
    assert "POST was answered 500" in faults


def test_planted_warnings_that_end_too_soon_and_positions_that_are_not_kept_are_found(
    tmp_path: Path,
) -> None:
    def plant(stage: Stage) -> None:
        live: Any = stage.live
        life = msgspec.structs.replace(
            live._watch.settings.warnings, hold_us=0, lapse_after_us=6_000_000
        )
        live._watch.settings = msgspec.structs.replace(live._watch.settings, warnings=life)
        real_keep, batches = live.keeping.keep, count()

        def keep(batch: ReportBatch, *rest: Any, **more: Any) -> Any:
            is_lost = batch.feed == "alpha-1" and next(batches) % 10 == 9
            return None if is_lost else real_keep(batch, *rest, **more)

        live.keeping.keep = keep
        live._outdate = lambda _: None  # what was to be told of a warning stays to be told

    faults = shortly(tmp_path, plant, BRIEF).faults
    assert any("held within the hold" in each for each in faults)
    assert any("ended, for no reason" in each for each in faults)
    assert any("were not kept" in each for each in faults)
    assert any("after its warning's end" in each for each in faults)
