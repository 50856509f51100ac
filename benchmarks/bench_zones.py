"""100,000 tracks against zones and intents, beside shapely's STRtree: who is inside, who enters.

Ours starts from movers and an index, as a look of the watch has them, and judges height and time
besides place; the peer starts from points and a tree of prepared geometries, on the plane of
longitude and latitude. Where the two differ, how far that track is from the edge is printed.
What is read is processor time of one thread; the wall clock stands beside it.

    taskset -c 0 python -m benchmarks.bench_zones [tracks]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import STRtree, contains_xy, points, polygons, prepare

from benchmarks.datasets import METRES_PER_DEGREE, START_US
from wideberth.space import Altitude, AltitudeReference, Polygon, Volume4D, prepare_many
from wideberth.space.overlap import distance_to_edge_m
from wideberth.space.time import SECOND_US
from wideberth.watch.area_index import NOBODY, AreaIndex
from wideberth.watch.movers import Movers
from wideberth.watch.observations import ObjectRef
from wideberth.watch.zones import WatchedVolume, watched

REPEATS = 7
ZONES = 10_000
AREAS = 100_000
VERTICES = 40
INSIDE_GOAL_MS, RATIO_GOAL, ENTRY_GOAL_MS, AHEAD_S = 8.0, 6.0, 100.0, 60.0
SOUTH, WEST, SIZE_DEG = 40.0, 0.0, 18.0  # about 2,000 km x 1,400 km
EDGE_M = 10.0  # an edge of 500 m bends less than this between the plane and the ellipsoid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def main(count: int | None = None) -> None:
    """Print the figures. Raises AssertionError where the answers differ away from the edge."""
    if count is None:
        count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 100_000
    rng = np.random.default_rng(20261121)
    latitude = rng.uniform(SOUTH, SOUTH + SIZE_DEG, count)
    longitude = rng.uniform(WEST, WEST + SIZE_DEG, count)
    movers = tracks(rng, latitude, longitude)
    rings = stars(rng, ZONES, 6_000.0)
    compare(movers, latitude, longitude, rings)
    entering(movers, stars(rng, AREAS, 1_500.0))


def tracks(rng: np.random.Generator, latitude: Floats, longitude: Floats) -> Movers:
    """70 % drones at up to 25 m/s, the rest at up to 250 m/s, all within the zones' heights."""
    count = len(latitude)
    speed_m_s = np.where(rng.random(count) < 0.7, rng.uniform(0, 25, count), 0.0)
    speed_m_s = np.where(speed_m_s == 0, rng.uniform(60, 250, count), speed_m_s)
    zero = np.zeros(count)
    return Movers.of(
        latitude_deg=latitude,
        longitude_deg=longitude,
        speed_m_s=speed_m_s,
        course_deg=rng.uniform(0, 360, count),
        age_s=rng.uniform(0, 2, count),
        altitude_w84_m=rng.uniform(1, 999, count),
        altitude_std_m=zero + np.nan,
        climb_m_s=zero,
        horizontal_error_m=zero + 10.0,
        vertical_error_m=zero + 10.0,
        owner=np.full(count, -1),
        identity=np.arange(count),
    )


def stars(rng: np.random.Generator, count: int, radius_m: float) -> Floats:
    """Rings (count, VERTICES, 2) of latitude and longitude, spread over where the tracks are."""
    middle = rng.uniform((SOUTH, WEST), (SOUTH + SIZE_DEG, WEST + SIZE_DEG), (count, 2))
    bearing = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    away = rng.uniform(0.5, 1.0, (count, VERTICES)) * radius_m / METRES_PER_DEGREE
    away *= rng.uniform(0.3, 1.0, (count, 1))
    north, east = away * np.cos(bearing), away * np.sin(bearing)
    east /= np.cos(np.radians(middle[:, :1]))
    return np.stack([middle[:, :1] + north, middle[:, 1:] + east], axis=2)


def indexed(rings: Floats) -> tuple[AreaIndex, list[WatchedVolume]]:
    """An index of the rings, from the ground to 1,000 m, and what it was made of."""
    floor, ceiling = (Altitude(mm, AltitudeReference.W84) for mm in (0, 1_000_000))
    whole: list[list[tuple[int, int]]] = np.round(rings * 1e9).astype(np.int64).tolist()
    volumes = [
        Volume4D(
            Polygon(tuple((vertex[0], vertex[1]) for vertex in ring)),
            floor,
            ceiling,
            START_US - 3600 * SECOND_US,
            START_US + 3600 * SECOND_US,
        )
        for ring in whole
    ]
    made = [watched(each) for each in prepare_many(volumes)]
    AreaIndex().put(ObjectRef("zone", ""), (made[0],))  # compiles
    alone = AreaIndex()
    began = time.process_time()
    for number, each in enumerate(made[:1000]):
        alone.put(ObjectRef("zone", str(number)), (each,))
    alone_us = (time.process_time() - began) / 1000 * 1e6
    index = AreaIndex()
    began = time.process_time()
    index.put_many(
        (ObjectRef("zone", str(number)), (each,), NOBODY) for number, each in enumerate(made)
    )
    took_us = (time.process_time() - began) / len(made) * 1e6
    print(
        f"\n{len(made):,} areas of {VERTICES} vertices; to put one into the index"
        f" {alone_us:.0f} us, of all at once {took_us:.1f} us"
    )
    return index, made


def measured(call: Callable[[], Any]) -> tuple[float, float, Any]:
    """Milliseconds of processor and by the wall, least of REPEATS, and what came out."""
    took: list[tuple[float, float]] = []
    found: Any = None
    for _ in range(REPEATS):
        wall_s, cpu_s = time.perf_counter(), time.thread_time()
        found = call()
        took.append((time.thread_time() - cpu_s, time.perf_counter() - wall_s))
    cpu_ms, wall_ms = np.array(took).min(axis=0) * 1000
    return float(cpu_ms), float(wall_ms), found


def compare(movers: Movers, latitude: Floats, longitude: Floats, rings: Floats) -> None:
    """Who is inside."""
    index, made = indexed(rings)
    count = len(movers)
    now_us, clock_us = np.full(count, START_US), np.zeros(count, np.int64)
    shapes: Any = polygons(rings[:, :, ::-1])
    prepare(shapes)
    tree, spots = STRtree(shapes), points(longitude, latitude)
    index.inside(movers, time_us=now_us, clock_error_us=clock_us)

    def ours() -> Any:
        return index.inside(movers, time_us=now_us, clock_error_us=clock_us)

    def predicate() -> Any:
        return tree.query(spots, predicate="intersects")

    def boxes_first() -> Any:
        pairs = tree.query(spots)
        rows, zone = pairs[0], pairs[1]
        keep = contains_xy(shapes[zone], longitude[rows], latitude[rows])
        return pairs[:, keep]

    cpu_ms, wall_ms, (keys, area, row) = measured(ours)
    print(f"  {count:,} tracks inside, wideberth    {cpu_ms:8.1f} ms ({wall_ms:.1f} wall)")
    theirs: dict[str, float] = {}
    peer: Any = None
    for name, call in (("STRtree, predicate", predicate), ("STRtree, contains_xy", boxes_first)):
        theirs[name], peer_wall_ms, peer = measured(call)
        print(f"  shapely {name:<30}{theirs[name]:8.1f} ms ({peer_wall_ms:.1f} wall)")
    ratio = min(theirs.values()) / cpu_ms
    print(
        f"  goal {INSIDE_GOAL_MS:g} ms: {'met' if cpu_ms <= INSIDE_GOAL_MS else 'MISSED'};"
        f" goal {RATIO_GOAL:g}x the faster: {'met' if ratio >= RATIO_GOAL else 'MISSED'}"
        f" ({ratio:.1f}x)"
    )
    number = np.array([int(key.id) for key in keys])
    mine = set(zip(row.tolist(), number[area].tolist(), strict=True))
    other = set(zip(peer[0].tolist(), peer[1].tolist(), strict=True))
    worst_m = max(
        (edge_m(made[z], float(latitude[k]), float(longitude[k])) for k, z in mine ^ other),
        default=0,
    )
    print(
        f"  {len(mine):,} inside; {len(mine ^ other)} told otherwise, {worst_m:.2f} m from the edge"
    )
    assert worst_m <= EDGE_M, "the answers differ away from the edge"


def edge_m(area: WatchedVolume, latitude: float, longitude: float) -> float:
    """How far a point is from the edge: outside the distance, inside the least way out."""
    away_m = float(distance_to_edge_m(area.prepared, latitude, longitude))
    if away_m > 0:
        return away_m
    bearing = np.linspace(0, 2 * np.pi, 360)
    scale = METRES_PER_DEGREE * np.cos(np.radians(latitude))
    for step_m in (0.1, 0.3, 1.0, 3.0, EDGE_M):
        north = latitude + step_m * np.cos(bearing) / METRES_PER_DEGREE
        east = longitude + step_m * np.sin(bearing) / scale
        if distance_to_edge_m(area.prepared, north, east).any():
            return step_m
    return np.inf


def entering(movers: Movers, rings: Floats) -> None:
    """Who enters within the look-ahead."""
    index, _ = indexed(rings)
    clock_s = np.zeros(len(movers))

    def ours() -> Any:
        return index.entries(movers, now_us=START_US, look_ahead_s=AHEAD_S, clock_error_s=clock_s)

    ours()
    cpu_ms, wall_ms, met = measured(ours)
    later = int((met.entries.entry_s > 0).sum())
    print(
        f"  {len(movers):,} tracks, entry within {AHEAD_S:g} s: {cpu_ms:.1f} ms"
        f" ({wall_ms:.1f} wall); {len(met.row):,} found, {later:,} of them later than now"
        f"\n  goal {ENTRY_GOAL_MS:g} ms: {'met' if cpu_ms <= ENTRY_GOAL_MS else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
