"""All pairs that come too close, beside BlueSky's compiled detector and SciPy's k-d tree.

Ours is a whole pass: from columns of positions to pairs with their times and distances, the
columns made ready each time as a look does. BlueSky's detector is its compiled one, loaded by
itself (`pip install --no-deps bluesky-simulator==1.1.1`). The k-d tree gives the pairs that can
meet at all, the rest is NumPy on straight lines through space. Where a peer is not installed, the
benchmark says so.

BlueSky computes over a sphere flattened at each pair, ours over the ellipsoid: for each pair that
only one of them has, it is worked out by how much the horizontal limit would have to differ.

    python -m benchmarks.bench_closest
"""

from __future__ import annotations

import gc
import importlib.machinery
import importlib.util
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wideberth.watch.closest import Limits, Pairs, evaluate, too_close
from wideberth.watch.movers import Movers

Result = TypeVar("Result")
Columns = dict[str, NDArray[Any]]

REPEATS = 5
FOOT_M = 0.3048
EN_ROUTE = Limits(5 * 1852.0, 1000 * FOOT_M, 300.0)
LOW = Limits(2000 * FOOT_M, 250 * FOOT_M, 60.0)
GOAL_BLUESKY, GOAL_TREE, GOAL_MS = 250.0, 8.0, 60.0


def main() -> None:
    """Print both tables."""
    print(f"load {os.getloadavg()[0]:.1f}; ms of CPU on one thread, median [least - most]; wall")
    compare("10,000 aircraft, 5 NM / 1,000 ft / 300 s", fleet(10_000, drones=0.0), EN_ROUTE)
    compare("100,000, 70 % drones, 2,000 ft / 250 ft / 60 s", fleet(100_000, drones=0.7), LOW)


def fleet(count: int, *, drones: float, seed: int = 1) -> Columns:
    """A random fleet over 2,000 km x 2,000 km."""
    rng = np.random.default_rng(seed)
    is_drone = rng.random(count) < drones
    latitude_deg = 47.0 + rng.uniform(-1e6, 1e6, count) / 111_195.0
    east_m = rng.uniform(-1e6, 1e6, count)
    zero = np.zeros(count)
    climbs = rng.choice([0.0, 0.0, 0.0, -7.0, 7.0], count)
    return {
        "latitude_deg": latitude_deg,
        "longitude_deg": 8.0 + east_m / (111_320.0 * np.cos(np.radians(latitude_deg))),
        "speed_m_s": np.where(is_drone, rng.uniform(0, 20, count), rng.uniform(100, 250, count)),
        "course_deg": rng.uniform(0, 360, count),
        "age_s": zero,
        "altitude_w84_m": np.where(
            is_drone, rng.uniform(0, 120, count), rng.uniform(0, 12_000, count)
        ),
        "altitude_std_m": zero + np.nan,
        "climb_m_s": np.where(is_drone, rng.uniform(-2, 2, count), climbs),
        "horizontal_error_m": zero,
        "vertical_error_m": zero,
        "owner": np.full(count, -1),
        "identity": np.arange(count),
    }


def compare(name: str, columns: Columns, limits: Limits) -> None:
    """One fleet, all engines, in turns."""
    print(f"\n{name}")
    tree, detect = _tree(), _bluesky() if len(columns["owner"]) <= 10_000 else None
    too_close(Movers.of(**columns), limits)
    gc.collect()
    took: dict[str, list[tuple[float, float]]] = {"wideberth": [], "k-d tree": [], "BlueSky": []}
    ours, tree_pairs, their_pairs = None, None, None
    for turn in range(REPEATS):
        for _ in range(3):
            ours = _timed(lambda: too_close(Movers.of(**columns), limits), took["wideberth"])
        if tree is not None:
            tree_pairs = _timed(lambda: by_tree(tree, columns, limits), took["k-d tree"])
        if detect is not None and turn < 2:
            their_pairs = _timed(lambda: by_bluesky(detect, columns, limits), took["BlueSky"])
    assert ours is not None
    middle_ms = float(np.median([cpu for cpu, _ in took["wideberth"]]))
    for engine, times in took.items():
        if not times:
            print(f"  {engine:<12} not run: not installed, or too many for it")
            continue
        cpu, wall = np.array(times).T
        print(
            f"  {engine:<12}{np.median(cpu):>10.1f} [{cpu.min():.1f} - {cpu.max():.1f}]"
            f"   wall {np.median(wall):.1f}   {np.median(cpu) / middle_ms:.1f}x"
        )
    movers = Movers.of(**columns)
    print(f"  pairs: {len(ours)}")
    if tree_pairs is not None:
        _differences("k-d tree", movers, ours, tree_pairs, limits)
    if their_pairs is not None:
        _differences("BlueSky", movers, ours, their_pairs, limits)
    ratio = {
        each: float(np.median([cpu for cpu, _ in t])) / middle_ms for each, t in took.items() if t
    }
    if "k-d tree" in ratio:
        _goal(f">= {GOAL_TREE:.0f}x k-d tree", ratio["k-d tree"] >= GOAL_TREE)
    if "BlueSky" in ratio:
        _goal(f">= {GOAL_BLUESKY:.0f}x BlueSky", ratio["BlueSky"] >= GOAL_BLUESKY)
    if limits is LOW:
        _goal(f"<= {GOAL_MS:.0f} ms a pass", middle_ms <= GOAL_MS)


def by_tree(tree: Any, columns: Columns, limits: Limits) -> set[tuple[int, int]]:
    """SciPy's cKDTree over the middles of the paths, then NumPy."""
    movers = Movers.of(**columns)
    run_m = movers.speed_m_s * limits.look_ahead_s
    start, angle = movers.position_ecef_m, (run_m / movers.radius_m)[:, None]
    radius_m = movers.radius_m[:, None]
    step = radius_m * (np.sin(angle) * movers.tangent - (1 - np.cos(angle)) * movers.normal)
    found = tree(start + step / 2).query_pairs(
        limits.horizontal_m + float(run_m.max()), output_type="ndarray"
    )
    i, j = found[:, 0], found[:, 1]
    rise_m = movers.altitude_w84_m[j] - movers.altitude_w84_m[i]
    climb_m = (movers.climb_m_s[j] - movers.climb_m_s[i]) * limits.look_ahead_s
    least_m = np.minimum(np.abs(rise_m), np.abs(rise_m + climb_m))
    level = (least_m <= limits.vertical_m) | (rise_m * (rise_m + climb_m) <= 0)
    i, j, rise_m, climb_m = i[level], j[level], rise_m[level], climb_m[level]
    away, closing = start[j] - start[i], step[j] - step[i]
    speed2 = np.maximum((closing * closing).sum(1), 1e-9)
    slope = (away * closing).sum(1)
    inner = slope**2 - speed2 * ((away * away).sum(1) - limits.horizontal_m**2)
    root = np.sqrt(np.maximum(inner, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (-limits.vertical_m - rise_m) / climb_m
        other = (limits.vertical_m - rise_m) / climb_m
    begins = np.where(climb_m == 0, 0.0, np.minimum(one, other))
    ends = np.where(climb_m == 0, 1.0, np.maximum(one, other))
    begins = np.maximum(np.maximum(begins, (-slope - root) / speed2), 0.0)
    ends = np.minimum(np.minimum(ends, (-slope + root) / speed2), 1.0)
    hit = (inner >= 0) & (begins <= ends)
    return _pairs(np.minimum(i, j)[hit], np.maximum(i, j)[hit])


def by_bluesky(detect: Callable[..., Any], columns: Columns, limits: Limits) -> set[Any]:
    """BlueSky's compiled state-based detector: pairs as rows."""
    count = len(columns["owner"])
    traffic = SimpleNamespace(
        lat=columns["latitude_deg"],
        lon=columns["longitude_deg"],
        trk=columns["course_deg"],
        gs=columns["speed_m_s"],
        alt=columns["altitude_w84_m"],
        vs=columns["climb_m_s"],
        id=list(range(count)),
        ntraf=count,
    )
    each = np.ones(count)
    found = detect(
        traffic,
        traffic,
        each * limits.horizontal_m,
        each * limits.vertical_m,
        each * limits.look_ahead_s,
    )[0]
    return {(i, j) for i, j in found if i < j}


def _differences(
    name: str, movers: Movers, ours: Pairs, theirs: set[tuple[int, int]], limits: Limits
) -> None:
    """By how much the horizontal limit would have to differ for the pairs to be the same."""
    mine = _pairs(ours.first, ours.second)
    print(f"  {name}: {len(theirs)} pairs; {len(mine - theirs)} ours only,", end=" ")
    print(f"{len(theirs - mine)} theirs only", end="")
    least = [
        next(
            (
                m
                for m in 2.0 ** np.arange(-4, 12)
                if _is_close(movers, pair, limits, sign * m) == is_in
            ),
            float("inf"),
        )
        for sign, is_in, those in ((-1, False, mine - theirs), (1, True, theirs - mine))
        for pair in those
    ]
    print(f"; each within {max(least):g} m of the limit" if least else ": the same")


def _is_close(movers: Movers, pair: tuple[int, int], limits: Limits, more_m: float) -> bool:
    wide = Limits(limits.horizontal_m + more_m, limits.vertical_m, limits.look_ahead_s)
    at = evaluate(movers, np.array(pair[:1]), np.array(pair[1:]), wide)
    return bool(np.isfinite(at.loss_s[0]))


def _pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> set[tuple[int, int]]:
    return set(zip(first.tolist(), second.tolist(), strict=True))


def _timed(call: Callable[[], Result], into: list[tuple[float, float]]) -> Result:
    wall, cpu = time.perf_counter(), time.thread_time()
    result = call()
    into.append(((time.thread_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000))
    return result


def _goal(what: str, is_met: bool) -> None:  # noqa: FBT001 - two words on a line
    print(f"  goal {what}: {'met' if is_met else 'MISSED'}")


def _tree() -> Any:
    if importlib.util.find_spec("scipy") is None:
        return None
    return importlib.import_module("scipy.spatial").cKDTree


def _bluesky() -> Callable[..., Any] | None:
    """Its detector alone: the package around it starts a simulator."""
    found = importlib.util.find_spec("bluesky")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "traffic" / "asas"
    for path in folder.glob("cstatebased*.so"):
        loader = importlib.machinery.ExtensionFileLoader("cstatebased", str(path))
        spec = importlib.util.spec_from_loader("cstatebased", loader)
        if spec is not None:
            module: Any = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
            return module.detect
    return None


if __name__ == "__main__":
    main()
