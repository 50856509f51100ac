"""100,000 tracks, a fifth of which are held to intents of their own: who is in, who left.

One look's share of it, of processor time of one thread; no peer has it. Each intent holds all
tracks of its owner, then, in a second run, the one track that it names.

    taskset -c 0 python -m benchmarks.bench_own [tracks]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import START_US
from wideberth.space import Altitude, AltitudeReference, Volume4D, circle, prepare_many
from wideberth.space.time import HOUR_US, SECOND_US
from wideberth.watch.engine import Watch
from wideberth.watch.look import Look
from wideberth.watch.observations import Verdict
from wideberth.watch.own_intents import OwnIntents
from wideberth.watch.reports import PositionReport, ReportBatch

REPEATS = 15
PARTIES = 1_000
GOAL_MS = 20.0

Floats = NDArray[np.float64]


def main(count: int | None = None) -> None:
    """Print the figures. Raises AssertionError where somebody in its place is told to have left, or
    somebody who left is not.
    """
    if count is None:
        count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 100_000
    for named in (False, True):
        watch, own = _watch(count, count // 5, named=named)
        look = Look.at(watch.table, START_US)
        took_ms = _least_ms(partial(_told, own, look, watch))
        assert _told(own, look, watch) == 0
        whom = "the one that each names" if named else "all of their owner's"
        print(f"{count} tracks, {len(own)} intents that hold {whom}:")
        print(f"  all in them: {took_ms:.1f} ms a look (goal: well below {GOAL_MS:.0f} ms)")
        took_ms = _least_ms(partial(watch.conformance.take, look, own.place(look)))
        print(f"  counted besides, nothing new: {took_ms:.1f} ms")
        left = count // 500
        _hear(watch, count, count // 5, START_US + SECOND_US, away=left)
        look = Look.at(watch.table, START_US + SECOND_US)
        assert _told(own, look, watch) == left
        took_ms = _least_ms(partial(_told, own, look, watch))
        print(f"  {left} of them have left: {took_ms:.1f} ms")


def _watch(count: int, own: int, *, named: bool) -> tuple[Watch, OwnIntents]:
    floor, ceiling = (Altitude(mm, AltitudeReference.W84) for mm in (0, 120_000))
    latitude, longitude = _places(count)
    watch = Watch()
    volumes = prepare_many(
        [
            Volume4D(
                circle(latitude[k], longitude[k], 2_000.0),
                floor,
                ceiling,
                START_US - HOUR_US,
                START_US + HOUR_US,
            )
            for k in range(own)
        ]
    )
    for k, volume in enumerate(volumes):
        ids = [f"t{k}"] if named else None
        watch.put_intent(f"i{k}", [volume], name="i", owner=f"p{k % PARTIES}", track_ids=ids)
    _hear(watch, count, own, START_US, away=0)
    return watch, watch.own_intents


def _hear(watch: Watch, count: int, own: int, now_us: int, *, away: int) -> None:
    """A report of each track; of those with intents, so many are 50 km away."""
    latitude, longitude = _places(count)
    latitude[:away] += 0.5
    reports = [
        PositionReport(
            f"t{k}",
            now_us,
            float(latitude[k]),
            float(longitude[k]),
            50.0,
            owner=f"{'p' if k < own else 'q'}{k % PARTIES}",
            accuracy_m=5.0,
        )
        for k in range(count)
    ]
    watch.observe(ReportBatch.of(reports, feed="f", feed_party="f"), now_us)


def _places(count: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(20261122)
    return rng.uniform(44.0, 50.0, count), rng.uniform(3.0, 13.0, count)


def _told(own: OwnIntents, look: Look, watch: Watch) -> int:
    told = own.departures(look, own.place(look), (), watch.settings)
    return sum(each.verdict is Verdict.HOLDS for each in told)


def _least_ms(call: Callable[[], object]) -> float:
    best_s = float("inf")
    for _ in range(REPEATS):
        began = time.process_time()
        call()
        best_s = min(best_s, time.process_time() - began)
    return best_s * 1000


if __name__ == "__main__":
    main()
