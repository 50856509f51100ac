"""What the geometry answers to many small questions: to be asked compiled and interpreted."""

from __future__ import annotations

import random
from itertools import combinations

from wideberth.errors import InvalidValue
from wideberth.space import (
    Altitude,
    AltitudeReference,
    Footprint,
    Separation,
    Volume4D,
    VolumeIndex,
    all_pairs,
    circle,
    conflict,
    covers,
    distance_to_edge_m,
    gap,
    polygon,
    prepare,
    prepare_many,
)

W84 = AltitudeReference.W84
PLACES = ((46.0, 7.0), (0.0, 179.99), (89.9, 20.0), (-33.0, -71.0))


def footprint(rng: random.Random) -> Footprint:
    latitude, longitude = rng.choice(PLACES)
    size = 10 ** rng.uniform(-3, 0.3)

    def place() -> tuple[float, float]:
        north = min(90.0, latitude + rng.uniform(-size, size))
        return north, (longitude + rng.uniform(-size, size) + 180) % 360 - 180

    kind = rng.random()
    if kind < 0.4:
        return circle(*place(), size * 50_000)
    corners = [place() for _ in range(rng.choice((3, 3, 4, 5)))]
    if kind < 0.45:  # right round the pole
        corners = [(70.0, -170.0), (70.0, -50.0), (60.0, 60.0)]
    return polygon(corners)


def volume(rng: random.Random) -> Volume4D:
    low, start = rng.randint(0, 2_000_000), rng.randint(0, 10**9)
    high = low + rng.randint(0, 1_000_000)
    end = start + rng.choice((0, 10**8, 10**11, 10**13))
    return Volume4D(footprint(rng), Altitude(low, W84), Altitude(high, W84), start, end)


def answers(seed: int) -> list[object]:
    rng = random.Random(seed)
    said: list[object] = []
    volumes: list[Volume4D] = []
    while len(volumes) < 7:
        try:
            volumes.append(volume(rng))
        except InvalidValue as error:
            said.append([error.rule, error.field])
    separation = Separation(rng.choice((0, 1_000_000, 60_000_000)), rng.choice((0, 500_000)), 0)
    ready = [prepare(each) for each in volumes]
    said.append(sorted((i, j, str(g)) for i, j, g in all_pairs(prepare_many(volumes), separation)))
    index = VolumeIndex()
    slots = [index.insert(each) for each in ready]
    said.append([str(index.conflicts(each, separation)) for each in ready])
    index.remove(slots[2])
    said.append([index.candidates(each, separation) for each in ready])
    for a, b in combinations(ready, 2):
        found = gap(a, b)  # millimetres: the last digit hangs on how a sine is rounded
        said.append([str(conflict(a, b, separation)), found.vertical_mm, found.time_us])
        said.append({"mm": found.horizontal_mm})
    for each in ready:
        latitude, longitude = rng.choice(PLACES)
        said.append(
            covers(each, latitude, longitude, [100.0, 900.0], each.volume.start_us).tolist()
        )
        said.append({"m": round(float(distance_to_edge_m(each, latitude, longitude)), 4)})
    return said
