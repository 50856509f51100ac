"""Well clear for a million pairs, beside DAIDALUS in C++: the same verdicts, and how long a pair.

The peer is built outside of this project: an executable that reads states and writes verdicts as
`wellclear_oracle` describes, named by WIDEBERTH_BENCH_WELLCLEAR. Several, separated by colons, are
measured one after the other in each turn. Without one only ours is measured.

    python -m benchmarks.bench_wellclear [count]
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.wellclear_oracle import LOOK_AHEAD_S, VOLUMES, Answers, ask, encounters, oracles
from wideberth.watch.wellclear import Volume, violated, violation

REPEATS = 5
SEED = 20261121
GOAL = 3.0

Floats = NDArray[np.float64]


def main(count: int | None = None) -> None:
    """Print the tables. Raises AssertionError where a verdict differs."""
    if count is None:
        count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 1_000_000
    peers = oracles()
    if not peers:
        print("the peer is not here: name an executable in WIDEBERTH_BENCH_WELLCLEAR; left out")
    warm = encounters(100, VOLUMES["phase_1"], seed=0)
    violation(VOLUMES["phase_1"], warm[:, :3], warm[:, 3:], LOOK_AHEAD_S)
    print(f"{count:,} pairs a volume; ns a pair, least of {REPEATS} turns: processor (wall)")
    for k, (name, volume) in enumerate(VOLUMES.items()):
        compare(name, volume, encounters(count, volume, seed=SEED + k), peers)


def compare(name: str, volume: Volume, states: Floats, peers: list[str]) -> None:
    """One volume: verdicts and times."""
    position, velocity = states[:, :3].copy(), states[:, 3:].copy()
    ours_s: list[tuple[float, float]] = []
    theirs: dict[str, Answers] = {}
    theirs_s: dict[str, list[Floats]] = {peer: [] for peer in peers}
    first = last = np.empty(0)
    for _ in range(REPEATS):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        first, last = violation(volume, position, velocity, LOOK_AHEAD_S)
        ours_s.append((time.perf_counter() - wall_s, time.process_time() - cpu_s))
        for peer in peers:
            theirs[peer] = ask(peer, volume, states)
            theirs_s[peer].append(theirs[peer].took_s[0])
    scale = 1e9 / len(states)
    ours = np.array(ours_s).min(0) * scale
    print(f"\n{name}\n  {'wideberth':<28} {ours[1]:7.1f} ({ours[0]:.1f})")
    for peer in peers:
        them = np.array(theirs_s[peer]).min(0) * scale
        ratio = them[1] / ours[1]
        print(
            f"  {Path(peer).name:<28} {them[1]:7.1f} ({them[0]:.1f})  {ratio:.1f} times ours"
            f" (goal {GOAL:g})"
        )
        agree(volume, states, theirs[peer], first, last)


def agree(volume: Volume, states: Floats, told: Answers, first: Floats, last: Floats) -> None:
    """Prints how the verdicts compare. Raises AssertionError where one differs."""
    ahead = first < last
    different = int((ahead != told.ahead).sum())
    now = violated(volume, states[:, :3], states[:, 3:])
    different_now = int((now != told.now).sum())
    both = ahead & told.ahead
    off_s = np.abs([first[both] - told.first_s[both], last[both] - told.last_s[both]])
    wide = dataclasses.replace(volume, dthr_m=1.001 * volume.dthr_m)
    wide_first, wide_last = violation(wide, states[:, :3], states[:, 3:], LOOK_AHEAD_S)
    planted = int(((wide_first < wide_last) != told.ahead).sum())
    print(
        f"    {int(told.ahead.sum()):,} violated, {int(told.now.sum()):,} now;"
        f" {different} and {different_now} verdicts differ, moments by"
        f" {off_s.max(initial=0.0):.1e} s at most; with DTHR 0.1 % larger {planted} differ"
    )
    assert different + different_now == 0, f"{different + different_now} verdicts differ"
    assert planted > 0, "a fault that was planted is not seen"


if __name__ == "__main__":
    main()
