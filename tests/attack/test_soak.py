"""Hours of the watch with feeds that die, lie and flood: whatever must be warned of is, and memory
stays where it was.

In short here; the whole day with ``WIDEBERTH_SOAK=day``, as `make attack` has it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from attack.soak import SHORT, WHOLE, Day, Memory, Soaked, Stage, soak
from wideberth.model.warnings import WarningKind
from wideberth.watch.observations import Observation, WarningKey

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
