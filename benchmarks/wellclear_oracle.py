"""Random encounters, and what another program says of them: the oracle of well clear.

The oracle is an executable outside of this project, named by WIDEBERTH_BENCH_WELLCLEAR (several,
separated by colons: the same library built in several ways). It reads from standard input and
writes to standard output, little-endian, doubles of 8 bytes, lengths in metres, times in seconds:

    in   DTHR, ZTHR, TTHR, TCOA, look-ahead; two 8-byte integers n and repeats;
         n times position x, y, z and velocity x, y, z, of one as seen from the other
    out  repeats times wall time and processor time of one pass over all n;
         n times: violated now (0 or 1), violated within the look-ahead (0 or 1), first, last moment

    python -m benchmarks.wellclear_oracle tests/data/wellclear/vectors.npz

writes the stored answers anew.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.watch import wellclear
from wideberth.watch.wellclear import Volume

__all__ = ["LOOK_AHEAD_S", "VOLUMES", "Answers", "ask", "encounters", "head_on", "oracles"]

Floats = NDArray[np.float64]

LOOK_AHEAD_S = 180.0  # DO-365B's
VOLUMES = {
    "phase_1": wellclear.PHASE_I,
    "phase_2": wellclear.PHASE_II,
    "non_coop": wellclear.NON_COOP,
    "buffered_phase_1": wellclear.BUFFERED_PHASE_I,
}
STORED = 1500  # encounters a volume in the tests' data


@dataclass(frozen=True)
class Answers:
    """What the oracle says: arrays of n. took_s: the wall and processor time of each pass."""

    now: NDArray[np.bool_]
    ahead: NDArray[np.bool_]
    first_s: Floats
    last_s: Floats
    took_s: Floats


def oracles() -> list[str]:
    """The executables that are named, none where there are none."""
    return [each for each in os.environ.get("WIDEBERTH_BENCH_WELLCLEAR", "").split(":") if each]


def ask(executable: str, volume: Volume, states: Floats, *, repeats: int = 1) -> Answers:
    """The oracle's answers about states (n, 6). Raises CalledProcessError."""
    asked = struct.pack("<5d2q", *astuple(volume), LOOK_AHEAD_S, len(states), repeats)
    done = subprocess.run(
        [executable],
        input=asked + np.ascontiguousarray(states, "<f8").tobytes(),
        stdout=subprocess.PIPE,
        check=True,
    )
    numbers = np.frombuffer(done.stdout, "<f8")
    took, told = numbers[: 2 * repeats], numbers[2 * repeats :].reshape(len(states), 4)
    return Answers(told[:, 0] > 0, told[:, 1] > 0, told[:, 2], told[:, 3], took.reshape(-1, 2))


def encounters(count: int, volume: Volume, *, seed: int) -> Floats:
    """Random states (count, 6): within 15 NM and 1,500 m of each other, half of them coming nearer.

    One in twenty each: level (vz 0), side by side (v 0 across), both; passing at DTHR; at DTHR now;
    at ZTHR now; at ZTHR when the look-ahead ends. Those at an edge are a millionth off it, to
    either side: on it, two builds of one program differ in the last bit, and so in the verdict.
    """
    rng = np.random.default_rng(seed)
    away_m = 15 * 1852.0 * np.sqrt(rng.uniform(0, 1, count))
    bearing = rng.uniform(0, 2 * np.pi, count)
    speed_m_s = rng.uniform(0, 400, count)
    toward = bearing + np.pi + rng.normal(0, 0.15, count)
    course = np.where(rng.random(count) < 0.5, toward, rng.uniform(0, 2 * np.pi, count))
    x, y = away_m * np.cos(bearing), away_m * np.sin(bearing)
    z = rng.uniform(-1500, 1500, count)
    u, w = speed_m_s * np.cos(course), speed_m_s * np.sin(course)
    climb = rng.normal(0, 10, count)
    kind = rng.integers(0, 20, count)
    side = rng.choice([-1.0, 1.0], count)
    edge = 1 + 1e-6 * rng.choice([-1.0, 1.0], count)

    climb[(kind == 0) | (kind == 2)] = 0.0
    still = (kind == 1) | (kind == 2)
    u[still], w[still] = 0.0, 0.0
    near = kind <= 2
    x[near], y[near], z[near] = 0.2 * x[near], 0.2 * y[near], 0.2 * z[near]

    grazing = kind == 3
    ahead_m, off_m = rng.uniform(-20_000, 20_000, count), volume.dthr_m * edge * side
    x[grazing] = (-ahead_m * np.cos(course) - off_m * np.sin(course))[grazing]
    y[grazing] = (-ahead_m * np.sin(course) + off_m * np.cos(course))[grazing]
    at_edge = kind == 4
    x[at_edge] = (volume.dthr_m * edge * np.cos(bearing))[at_edge]
    y[at_edge] = (volume.dthr_m * edge * np.sin(bearing))[at_edge]
    z[grazing | at_edge] *= 0.1
    at_height = kind == 5
    z[at_height] = (volume.zthr_m * edge * side)[at_height]
    at_end = kind == 6
    climb[at_end] = ((np.sign(z) * volume.zthr_m * edge - z) / LOOK_AHEAD_S)[at_end]
    return np.stack([x, y, z, u, w, climb], axis=1)


def head_on() -> Floats:
    """One encounter second by second, (240, 6): 200 against 600 knots, 260 m aside, one climbing
    through the other's height.
    """
    time_s = np.arange(240.0)[:, None]
    start = np.array([260.0, 82_000.0, -400.0])
    velocity = np.array([0.0, -800 * 1852 / 3600, 2.5])
    return np.hstack([start + time_s * velocity, np.broadcast_to(velocity, (240, 3))])


def _write(path: Path, executable: str) -> None:
    columns: dict[str, NDArray[Any]] = {}
    grain = np.repeat([1 / 64, 1 / 4096], 3)  # m, m/s: so that they pack
    for seed, (name, volume) in enumerate(VOLUMES.items()):
        made = np.round(encounters(STORED, volume, seed=seed) / grain) * grain
        states = np.concatenate([made, head_on()])
        told = ask(executable, volume, states)
        columns[f"{name}_states"] = states
        columns[f"{name}_now"], columns[f"{name}_ahead"] = told.now, told.ahead
        columns[f"{name}_first_s"], columns[f"{name}_last_s"] = told.first_s, told.last_s
    np.savez_compressed(path, allow_pickle=False, **columns)


if __name__ == "__main__":
    _write(Path(sys.argv[1]), oracles()[0])
