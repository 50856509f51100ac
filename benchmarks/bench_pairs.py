"""All pairs among 100,000 volumes, beside shapely's STRtree and PostGIS.

Every engine starts from ready arrays or geometries (ours from `prepare_many`, shapely from
polygons, PostGIS from an indexed table) and ends with the pairs in Python: ours with their gaps.

    python -m benchmarks.bench_pairs [count]
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from benchmarks import datasets, peers
from wideberth.space import Gap, all_pairs, prepare_many

Result = TypeVar("Result")

REPEATS = 5
GOAL = 6.0
LARGE = int(os.environ.get("BENCH_LARGE", "1000000"))


def main(count: int | None = None) -> None:
    """Print the tables. Raises AssertionError where the pairs are not the same."""
    if count is None:
        count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 100_000
    with peers.postgis() as connection_string:
        for name, make in (("city", datasets.city), ("cont", datasets.cont)):
            compare(name, make(count), connection_string)
    large(LARGE)


def large(count: int) -> None:
    """Ten times as many over a continent, in memory that does not grow with the pairs."""
    many = prepare_many(datasets.cont(count))
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    found = sum(1 for _ in all_pairs(many))
    took_s = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"\ncont, all pairs of {count:,}: {took_s * 1000:,.0f} ms, {found:,} pairs,"
        f" {grown:,.0f} MiB at most beside the {count * 64 / 2**20:,.0f} MiB of their rows"
    )


def compare(name: str, volumes: list[Any], connection_string: str | None) -> None:
    """One set, all engines."""
    print(f"\n{name}, all pairs of {len(volumes):,}: ms median [least - most], and in ours")
    started = time.perf_counter()
    flat = peers.Flat(volumes)
    theirs_ready_s = time.perf_counter() - started
    prepare_many(volumes[:10])
    started = time.perf_counter()
    many = prepare_many(volumes)
    ours_ready_s = time.perf_counter() - started
    list(all_pairs(many[:100]))
    gc.collect()
    gc.freeze()
    # In turns, so that whatever else the machine does weighs on both alike.
    ours_ms: list[float] = []
    theirs_ms: list[float] = []
    ours: list[tuple[int, int, Gap]] = []
    theirs: set[tuple[int, int]] = set()
    for _ in range(REPEATS):
        took_ms, ours = timed(lambda: list(all_pairs(many)))
        ours_ms.append(took_ms)
        took_ms, theirs = timed(lambda: peers.shapely_pairs(flat))
        theirs_ms.append(took_ms)
    show("wideberth, exact, with gaps", ours_ms, ours_ms)
    show("shapely STRtree, NumPy filter first", theirs_ms, ours_ms)
    print("  same pairs:", peers.same_pairs(ours, theirs, flat, flat))
    ratio = float(np.median(theirs_ms) / np.median(ours_ms))
    if name == "city":
        print(
            f"  goal >= {GOAL:.0f}x shapely: {'met' if ratio >= GOAL else 'MISSED'} ({ratio:.1f}x)"
        )
    if connection_string:
        table = peers.PostGis(connection_string, flat)
        took_ms, found = timed(table.pairs)
        show("PostGIS, self join (once)", [took_ms], ours_ms)
        assert found == theirs, "PostGIS and shapely disagree"
    print(
        f"  made ready: ours {ours_ready_s * 1000:.0f} ms, planar geometries"
        f" {theirs_ready_s * 1000:.0f} ms"
    )
    gc.unfreeze()


def timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """Milliseconds, and what came out."""
    started = time.perf_counter()
    result = call()
    return (time.perf_counter() - started) * 1000, result


def show(name: str, took_ms: list[float], ours_ms: list[float]) -> None:
    """One line of the table."""
    middle = float(np.median(took_ms))
    ratio = middle / float(np.median(ours_ms))
    print(f"  {name:<42}{middle:>10.1f} [{min(took_ms):.1f} - {max(took_ms):.1f}]   {ratio:.1f}x")


if __name__ == "__main__":
    main()
