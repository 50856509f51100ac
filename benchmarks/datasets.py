"""Seeded sets of volumes that the benchmarks share.

70 % are star polygons of 8 vertices, 0.6 to 1.2 km across, 30 % circles of 250 to 600 m; each has a
window of 30 minutes in one day.

* ``city``: all in 100 km x 100 km, bands of 0-120 m (one of 0-60, 60-120 or 0-120): dense.
* ``cont``: longitudes -10 to 40, latitudes 36 to 62, half of them in 60 clusters, half of the bands
  somewhere from 120 to 12,000 m: spread out.
* ``mixed``: ``city`` with one zone of 20 to 300 km and up to 24 hours among each 1,000.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wideberth.space import (
    Altitude,
    AltitudeReference,
    Circle,
    Footprint,
    Polygon,
    Volume4D,
)

DAY_US = 86_400_000_000
HALF_HOUR_US = 1_800_000_000
START_US = 1_788_912_000_000_000  # 2026-09-09T00:00:00Z
METRES_PER_DEGREE = 111_195.0
CITY_CORNER = (46.9, 7.4)  # latitude, longitude
CITY_M = 100_000.0
CLUSTERS = 60
CLUSTER_M = 15_000.0


def city(count: int, *, seed: int = 3) -> list[Volume4D]:
    """Dense: everything in 100 km x 100 km."""
    rng = np.random.default_rng(seed)
    north_m = rng.uniform(0, CITY_M, count)
    east_m = rng.uniform(0, CITY_M, count)
    latitude = CITY_CORNER[0] + north_m / METRES_PER_DEGREE
    scale = np.cos(np.radians(CITY_CORNER[0] + CITY_M / 2 / METRES_PER_DEGREE))
    longitude = CITY_CORNER[1] + east_m / (METRES_PER_DEGREE * scale)
    floor_m = rng.choice([0.0, 0.0, 60.0], count)
    ceiling_m = np.where(floor_m > 0, 120.0, rng.choice([60.0, 120.0], count))
    return _volumes(rng, latitude, longitude, floor_m, ceiling_m)


def cont(count: int, *, seed: int = 4) -> list[Volume4D]:
    """Spread over a continent, half of it in clusters, up to 12 km high."""
    rng = np.random.default_rng(seed)
    latitude = rng.uniform(36, 62, count)
    longitude = rng.uniform(-10, 40, count)
    clustered = rng.random(count) < 0.5
    chosen = rng.integers(0, CLUSTERS, count)
    towns = rng.uniform((38, -8), (60, 38), (CLUSTERS, 2))
    offset_m = rng.normal(0, CLUSTER_M, (count, 2))
    town_latitude = towns[chosen, 0]
    latitude = np.where(clustered, town_latitude + offset_m[:, 0] / METRES_PER_DEGREE, latitude)
    east = offset_m[:, 1] / (METRES_PER_DEGREE * np.cos(np.radians(town_latitude)))
    longitude = np.where(clustered, towns[chosen, 1] + east, longitude)
    high = rng.random(count) < 0.5
    floor_m = np.where(high, rng.uniform(120, 11_000, count), 0.0)
    ceiling_m = np.where(high, floor_m + rng.uniform(100, 1_000, count), 120.0)
    return _volumes(rng, latitude, longitude, floor_m, ceiling_m)


def mixed(count: int, *, seed: int = 5) -> list[Volume4D]:
    """`city`, and one large and long zone for each 1,000 of its volumes."""
    rng = np.random.default_rng(seed)
    volumes = city(count, seed=seed)
    for _ in range(max(1, count // 1000)):
        start_us = START_US + int(rng.integers(0, DAY_US))
        volumes.append(
            Volume4D(
                Circle(
                    round(rng.uniform(45, 49) * 1e9),
                    round(rng.uniform(6, 10) * 1e9),
                    int(rng.uniform(20_000, 300_000) * 1000),
                ),
                _height(float(rng.uniform(0, 3_000))),
                _height(6_000.0),
                start_us,
                start_us + int(rng.integers(HALF_HOUR_US, DAY_US)),
            )
        )
    return volumes


def _volumes(
    rng: np.random.Generator,
    latitude: NDArray[np.float64],
    longitude: NDArray[np.float64],
    floor_m: NDArray[np.float64],
    ceiling_m: NDArray[np.float64],
) -> list[Volume4D]:
    count = len(latitude)
    start_us = START_US + rng.integers(0, DAY_US - HALF_HOUR_US, count)
    round_ones = rng.random(count) < 0.3
    radius_m = rng.uniform(250, 600, count)
    half_m = rng.uniform(300, 600, count)
    reach_m = half_m[:, None] * rng.uniform(0.6, 1.0, (count, 8))
    turn = rng.uniform(0, 2 * np.pi, (count, 1)) + np.arange(8) * (np.pi / 4)
    ring_latitude = latitude[:, None] + reach_m * np.cos(turn) / METRES_PER_DEGREE
    ring_longitude = longitude[:, None] + reach_m * np.sin(turn) / (
        METRES_PER_DEGREE * np.cos(np.radians(latitude))[:, None]
    )
    rings = np.stack([ring_latitude, ring_longitude], axis=2)
    rings_nd = np.rint(rings * 1e9).astype(np.int64).tolist()
    return [
        Volume4D(
            _footprint(
                (latitude[i], longitude[i], radius_m[i]) if round_ones[i] else None, rings_nd[i]
            ),
            _height(float(floor_m[i])),
            _height(float(ceiling_m[i])),
            int(start_us[i]),
            int(start_us[i]) + HALF_HOUR_US,
        )
        for i in range(count)
    ]


def _footprint(disc: tuple[float, float, float] | None, ring_nd: list[list[int]]) -> Footprint:
    if disc is None:
        return Polygon(tuple((latitude, longitude) for latitude, longitude in ring_nd))
    latitude, longitude, radius_m = disc
    return Circle(round(latitude * 1e9), round(longitude * 1e9), round(radius_m * 1000))


def _height(metres: float) -> Altitude:
    return Altitude(round(metres * 1000), AltitudeReference.W84)
