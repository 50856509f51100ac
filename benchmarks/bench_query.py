"""One new intent against 100,000 live ones, beside shapely, rtree, SQLite and PostGIS.

Ours counts the index, the exact test and the call from Python, on a volume that is prepared; the
peers are given ready geometries and boxes too. `candidates` rows are the index alone, for SQLite's
R*Tree and ours. The garbage collector runs as in real life, but the sets are frozen first.

    python -m benchmarks.bench_query [count]
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import datasets, peers
from wideberth.space import PreparedVolumes, VolumeIndex, prepare, prepare_many

QUERIES = 2000
WARM_UP = 200
GOAL_P50_US = 8.0
GOAL_P99_US = 40.0
LARGE = int(os.environ.get("BENCH_LARGE", "1000000"))
GOAL_LARGE_P50_US = 15.0


def main(count: int | None = None) -> None:
    """Print the tables. Raises AssertionError where the answers are not the same."""
    if count is None:
        count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 100_000
    with peers.postgis() as connection_string:
        for name, make in (("city", datasets.city), ("cont", datasets.cont)):
            against(name, make(count), make(QUERIES, seed=99), connection_string)
    large(LARGE)
    mixed(count)
    preparation(count)


def large(count: int) -> None:
    """Ten times as many over a continent: what is touched grows little."""
    print(f"\ncont, one against {count:,}: us p50 / p99")
    index = filled(prepare_many(datasets.cont(count)))
    queries = list(prepare_many(datasets.cont(QUERIES, seed=99)))
    gc.collect()
    gc.freeze()
    ours_us = timed(lambda k: index.conflicts(queries[k]))
    show("wideberth: index and exact test", ours_us, ours_us)
    p50 = float(np.percentile(ours_us, 50))
    met = "met" if p50 <= GOAL_LARGE_P50_US else "MISSED"
    print(f"  goal p50 <= {GOAL_LARGE_P50_US:.0f} us: {met}")
    gc.unfreeze()


def against(name: str, live: list[Any], asked: list[Any], connection_string: str | None) -> None:
    """One set, all engines."""
    print(f"\n{name}, one against {len(live):,}: us p50 / p99, and p50 in ours")
    flat, flat_asked = peers.Flat(live), peers.Flat(asked)
    many, asked_many = prepare_many(live), prepare_many(asked)
    index = filled(many)
    queries = list(asked_many)
    gc.collect()
    gc.freeze()
    ours_us = timed(lambda k: index.conflicts(queries[k]))
    show("wideberth: index and exact test", ours_us, ours_us)
    tree = peers.ShapelyTree(flat)
    show("shapely STRtree, filter, predicate", timed(lambda k: tree.query(flat_asked, k)), ours_us)
    spatial = peers.LibSpatialIndex(flat)
    boxes = spatial.boxes(flat_asked)
    show(
        "rtree 3D, filter, predicate",
        timed(lambda k: spatial.query(flat_asked, k, boxes[k])),
        ours_us,
    )
    if connection_string:
        table = peers.PostGis(connection_string, flat)
        arguments = [table.arguments(flat_asked, k) for k in range(QUERIES)]
        show("PostGIS, prepared, loopback", timed(lambda k: table.query(arguments[k])), ours_us)
    show("candidates: wideberth", timed(lambda k: index.candidates(queries[k])), ours_us)
    sqlite = peers.SqliteRTree(many)
    unit_boxes = query_boxes(asked_many)
    show("candidates: SQLite R*Tree 5D", timed(lambda k: sqlite.query(unit_boxes[k])), ours_us)
    found = [(slot, k, gap) for k in range(QUERIES) for slot, gap in index.conflicts(queries[k])]
    theirs = {(i, k) for k in range(QUERIES) for i in tree.query(flat_asked, k)}
    print("  same answers:", peers.same_pairs(found, theirs, flat, flat_asked))
    for slot, k, _ in found:
        assert slot in set(sqlite.query(unit_boxes[k])), "the R*Tree misses one"
    if name == "city":
        changes(index, many, sqlite)
        p50, p99 = np.percentile(ours_us, (50, 99))
        met = "met" if p50 <= GOAL_P50_US and p99 <= GOAL_P99_US else "MISSED"
        print(f"  goal p50 <= {GOAL_P50_US:.0f} us, p99 <= {GOAL_P99_US:.0f} us: {met}")
    gc.unfreeze()


def mixed(count: int) -> None:
    """Small volumes with large and long zones among them: the index alone."""
    print("\nmixed (one zone of 20-300 km, up to 24 h, per 1,000), candidates: us p50 / p99")
    many = prepare_many(datasets.mixed(count))
    index, sqlite = filled(many), peers.SqliteRTree(many)
    asked = prepare_many(datasets.city(QUERIES, seed=98))
    queries, boxes = list(asked), query_boxes(asked)
    ours_us = timed(lambda k: index.candidates(queries[k]))
    show("small asks: wideberth", ours_us, ours_us)
    show("small asks: SQLite R*Tree 5D", timed(lambda k: sqlite.query(boxes[k])), ours_us)
    zones = prepare_many(datasets.mixed(count, seed=97)[count : count + 100])
    views, zone_boxes = list(zones), query_boxes(zones)
    ours_us = timed(lambda k: index.candidates(views[k]), len(views), 5)
    show("zone asks: wideberth", ours_us, ours_us)
    show(
        "zone asks: SQLite R*Tree 5D",
        timed(lambda k: sqlite.query(zone_boxes[k]), len(views), 5),
        ours_us,
    )
    exact_us = timed(lambda k: index.conflicts(views[k]), len(views), 5)
    show("zone asks: wideberth with the exact test", exact_us, ours_us)


def changes(index: VolumeIndex, many: PreparedVolumes, sqlite: peers.SqliteRTree) -> None:
    """A volume leaves and comes back."""
    volumes = list(many[:QUERIES])
    boxes = sqlite.boxes(many)[:QUERIES]

    def replace(k: int) -> None:
        index.remove(k)
        index.insert(volumes[k])

    ours_us = timed(replace)
    show("remove and insert: wideberth", ours_us, ours_us)
    with sqlite.connection:
        show(
            "remove and insert: SQLite R*Tree",
            timed(lambda k: sqlite.change(k, boxes[k])),
            ours_us,
        )


def preparation(count: int) -> None:
    """From a Volume4D to what the kernels take."""
    volumes = datasets.city(count, seed=96)  # none of which prepare() remembers
    print("\nprepare: us p50 / p99")
    for name, circles in (("polygon of 8 vertices, 1 km", False), ("circle", True)):
        chosen = [v for v in volumes if hasattr(v.footprint, "radius_mm") == circles][:QUERIES]
        took_us = timed(lambda k, chosen=chosen: prepare(chosen[k]), len(chosen), 0)
        show(name, took_us[WARM_UP:], took_us[WARM_UP:])
    started = time.perf_counter()
    prepare_many(volumes)
    took_s = time.perf_counter() - started
    print(f"  prepare_many: {took_s:.2f} s for {count:,}, {took_s / count * 1e6:.1f} us each")


def filled(many: PreparedVolumes) -> VolumeIndex:
    """An index in which each volume's slot is its position."""
    index = VolumeIndex()
    for position, volume in enumerate(many):
        assert index.insert(volume) == position
    return index


def query_boxes(asked: PreparedVolumes) -> list[tuple[float, ...]]:
    """The arguments of SqliteRTree.QUERY."""
    return peers.SqliteRTree.boxes(asked)


def timed(call: Callable[[int], object], count: int = QUERIES, warm_up: int = WARM_UP) -> Any:
    """Microseconds of each of `count` calls."""
    for k in range(warm_up):
        call(k % count)
    took = np.empty(count)
    clock = time.perf_counter_ns
    for k in range(count):
        started = clock()
        call(k)
        took[k] = clock() - started
    return took / 1000


def show(name: str, took_us: Any, ours_us: Any) -> None:
    """One line of the table."""
    p50, p99 = np.percentile(took_us, (50, 99))
    ratio = p50 / np.percentile(ours_us, 50)
    print(f"  {name:<42}{p50:>10.1f} /{p99:>10.1f}   {ratio:>7.2f}x")


if __name__ == "__main__":
    main()
