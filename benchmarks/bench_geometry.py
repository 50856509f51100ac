"""A million random and adversarial pairs of volumes against an independent ellipsoidal reference.

The separation of every second pair is put within millimetres of the distance that the reference
found, so that the verdict hangs on the last digit. A *difference* is a false clear (the reference
is nearer than the separation), a false conflict (it is further than the separation and the 1 cm
that is promised), or a gap that is off by more. There must be none.

    BENCH_PAIRS=20000 python -m benchmarks geometry
"""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import geodesic_reference as reference
from wideberth.space import (
    Altitude,
    AltitudeReference,
    Circle,
    Footprint,
    Polygon,
    Separation,
    Volume4D,
    conflict,
    prepare_many,
)

Floats = NDArray[np.float64]

CHUNK = 10_000
PROMISED_MM = 10.0  # toward conflict, never away from it
REFERENCE_MM = 0.5  # error of the reference, and of places rounded to 1e-9 degree
HALF_HOUR_US = 1_800_000_000
KINDS = ("circles", "circle and ring", "rings", "a shared corner", "an edge almost touched")
SIZES = (("tiny", 1.0, 20.0), ("small", 20.0, 2_000.0), ("wide", 2_000.0, 50_000.0),
         ("huge", 50_000.0, 900_000.0))  # fmt: skip
WHERE = ("anywhere", "near a pole", "on the seam", "on the equator")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of footprints, and the reference's distance between them, mm."""

    one: list[Footprint]
    two: list[Footprint]
    apart_mm: Floats


def main(count: int | None = None) -> None:
    """Print how many pairs there were of each family, and how many differences: 0."""
    wanted = int(os.environ.get("BENCH_PAIRS", "1000000")) if count is None else count
    rng = np.random.default_rng(2026)
    found: Counter[str] = Counter()
    families: Counter[str] = Counter()
    done = 0
    started = time.perf_counter()
    while done < wanted:
        kind = KINDS[int(rng.integers(len(KINDS)))]
        size = SIZES[int(rng.integers(len(SIZES)))]
        where = WHERE[int(rng.integers(len(WHERE)))]
        chunk = min(CHUNK, wanted - done)
        pairs = make(rng, kind, size[1:], where, chunk)
        found.update(differences(rng, pairs))
        families[f"{size[0]}: {kind}"] += chunk
        done += chunk
    print(f"{done:,} pairs in {time.perf_counter() - started:.0f} s, by family:")
    for name, pairs_of_it in sorted(families.items()):
        print(f"  {name:<40}{pairs_of_it:>10,}")
    print(f"  conflicts {found['conflict']:,}, clear {found['clear']:,}")
    print(f"  within {PROMISED_MM:.0f} mm of the separation: {found['close']:,}")
    different = found["false clear"] + found["false conflict"] + found["gap"]
    print(
        f"  DIFFERENCES {different}: false clear {found['false clear']}, false conflict"
        f" {found['false conflict']}, gap {found['gap']}"
    )
    print(f"  gaps over {PROMISED_MM - 1:.0f} mm short of the reference: {found['over 9 mm']}")
    assert different == 0, "the geometry differs from the reference"


def make(
    rng: np.random.Generator, kind: str, sizes_m: tuple[float, ...], where: str, count: int
) -> Pairs:
    """Pairs of one family. Places are rounded to 1e-9 degree before anybody looks at them."""
    middle = places(rng, where, count)
    size_m = np.exp(rng.uniform(math.log(sizes_m[0]), math.log(sizes_m[1]), count))
    other_m = np.clip(size_m * rng.uniform(0.05, 2.0, count), 1.0, 900_000.0)
    apart_m = rng.uniform(0, 1.3, count) * (size_m + other_m)
    beside = rounded(reference.direct(middle, rng.uniform(0, 360, count), apart_m)[0])
    if kind == "circles":
        a_m, b_m = np.floor(size_m * 1000) / 1000, np.floor(other_m * 1000) / 1000
        apart = reference.circles_m(middle, a_m, beside, b_m)
        return Pairs(discs(middle, a_m), discs(beside, b_m), apart * 1000)
    corners = int(rng.integers(3, 9))
    ring = star(rng, middle, size_m, corners)
    if kind == "circle and ring":
        radius_m = np.floor(other_m * 1000) / 1000
        apart = reference.circle_ring_m(beside, radius_m, ring)
        return Pairs(discs(beside, radius_m), polygons(ring), apart * 1000)
    if kind == "rings":
        other = star(rng, beside, other_m, int(rng.integers(3, 9)))
    elif kind == "a shared corner":
        other = beyond(rng, middle, ring[:, 0], other_m)
    else:
        share = rng.uniform(0.05, 0.95, count)
        length, azimuth = reference.inverse(ring[:, 0], ring[:, 1])
        on_edge, ahead = reference.direct(ring[:, 0], azimuth, length * share)
        # Rings wind with growing azimuth: outside is on the left of the edge's heading.
        off_m = rng.choice([0.0, 0.0005, 0.001, 0.003, 0.02, 1.0], count)
        corner = rounded(reference.direct(on_edge, ahead - 90, off_m)[0])
        other = beyond(rng, middle, corner, other_m)
    return Pairs(polygons(ring), polygons(other), reference.rings_m(ring, other) * 1000)


def differences(rng: np.random.Generator, pairs: Pairs) -> Counter[str]:
    """Ours against the reference: what is different, and what is not."""
    count = len(pairs.one)
    separation_mm = np.where(
        rng.random(count) < 0.5,
        np.maximum(0, np.rint(pairs.apart_mm) + rng.choice([-20, -2, -1, 0, 1, 2, 20], count)),
        np.where(rng.random(count) < 0.5, 0, rng.integers(0, 2_000_000, count)),
    ).astype(np.int64)
    starts_us = rng.integers(0, 2 * HALF_HOUR_US, count)
    floors_mm = rng.choice([0, 60_000, 120_001], count)
    one = prepare_many([_volume(shape, 0, 0) for shape in pairs.one])
    two = prepare_many(
        [
            _volume(shape, int(start), int(floor))
            for shape, start, floor in zip(pairs.two, starts_us, floors_mm, strict=True)
        ]
    )
    found: Counter[str] = Counter()
    for index in range(count):
        wanted_us = int(rng.choice([0, HALF_HOUR_US]))
        wanted_mm = int(separation_mm[index])
        gap = conflict(one[index], two[index], Separation(wanted_mm, 0, wanted_us))
        true_mm = float(pairs.apart_mm[index])
        elsewhere = (
            max(0, int(starts_us[index]) - HALF_HOUR_US) > wanted_us or floors_mm[index] > 120_000
        )
        found["clear" if gap is None else "conflict"] += 1
        if elsewhere:
            found["false conflict"] += gap is not None
            continue
        found["close"] += abs(true_mm - wanted_mm) <= PROMISED_MM
        if gap is None:
            found["false clear"] += true_mm < wanted_mm - REFERENCE_MM
            continue
        found["false conflict"] += true_mm > wanted_mm + PROMISED_MM
        off_mm = true_mm - gap.horizontal_mm
        found["gap"] += not -REFERENCE_MM - 0.5 <= off_mm <= PROMISED_MM
        found["over 9 mm"] += off_mm > PROMISED_MM - 1
    return found


def _volume(shape: Footprint, start_us: int, floor_mm: int) -> Volume4D:
    w84 = AltitudeReference.W84
    return Volume4D(
        shape,
        Altitude(floor_mm, w84),
        Altitude(floor_mm + 120_000, w84),
        start_us,
        start_us + HALF_HOUR_US,
    )


def places(rng: np.random.Generator, where: str, count: int) -> Floats:
    """Middles of footprints, (n, 2) degrees."""
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    longitude = rng.uniform(-180, 180, count)
    if where == "near a pole":
        latitude = np.where(rng.random(count) < 0.5, 1, -1) * (90 - rng.random(count) ** 4)
    elif where == "on the seam":
        longitude = 180 + rng.uniform(-0.01, 0.01, count)
    elif where == "on the equator":
        latitude = rng.uniform(-0.01, 0.01, count)
    return rounded(np.stack([latitude, longitude], axis=1))


def rounded(place: Floats) -> Floats:
    """To 1e-9 degree, the longitude in [-180, 180)."""
    nd = np.rint(place * 1e9)
    nd[..., 1] = (nd[..., 1] + 180e9) % 360e9 - 180e9
    return nd / 1e9


def star(rng: np.random.Generator, middle: Floats, size_m: Floats, corners: int) -> Floats:
    """Rings around middles, one step of azimuth after the other."""
    count = len(middle)
    steps = rng.uniform(0.5, 1.0, (count, corners))
    azimuth = rng.uniform(0, 360, (count, 1)) + 360 * np.cumsum(
        steps / steps.sum(axis=1, keepdims=True), axis=1
    )
    reach = size_m[:, None] * rng.uniform(0.25, 1.0, (count, corners))
    return rounded(reference.direct(middle[:, None, :], azimuth, reach)[0])


def beyond(rng: np.random.Generator, middle: Floats, corner: Floats, size_m: Floats) -> Floats:
    """Thin triangles that stand on a corner and point away from the middle."""
    back = reference.inverse(corner, middle)[1] + 180
    width = 10 ** rng.uniform(-3, 1.3, len(corner))
    left, right = (
        rounded(reference.direct(corner, back + turn, size_m * share)[0])
        for turn, share in ((-width, 1.0), (width, 0.9))
    )
    return np.stack([corner, left, right], axis=1)


def discs(middle: Floats, radius_m: Floats) -> list[Footprint]:
    """As footprints."""
    nd = np.rint(middle * 1e9).astype(np.int64).tolist()
    mm = np.rint(radius_m * 1000).astype(np.int64).tolist()
    return [Circle(place[0], place[1], radius) for place, radius in zip(nd, mm, strict=True)]


def polygons(ring: Floats) -> list[Footprint]:
    """As footprints."""
    nd: list[Any] = np.rint(ring * 1e9).astype(np.int64).tolist()
    return [Polygon(tuple((place[0], place[1]) for place in each)) for each in nd]


if __name__ == "__main__":
    main()
