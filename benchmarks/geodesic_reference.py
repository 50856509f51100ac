"""Footprints' distances on the ellipsoid by Karney's geodesics alone, many pairs at a time.

An independent check of the kernels: no chords, planes, balls or pieces, only lengths and azimuths
from GeographicLib (through pyproj). Sides come from azimuths, insideness from how azimuths turn,
the nearest point of an edge from going along it until the other place stands square to it.
Edges of up to 2,000 km; error under 0.2 mm.

A *ring* array is (n, k, 2): n rings of k corners each, latitude and longitude in degrees.
A *place* array is (n, 2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

__all__ = ["circle_ring_m", "circles_m", "direct", "inverse", "rings_m"]

Floats = NDArray[np.float64]
_GEOD = Geod(ellps="WGS84")
_RADIUS_M = 6_371_000.0
_ROUNDS = 8


def inverse(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Lengths in m and azimuths at a in degrees; a and b broadcast, (..., 2)."""
    a, b = np.broadcast_arrays(a, b)
    azimuth, _, length = _GEOD.inv(a[..., 1], a[..., 0], b[..., 1], b[..., 0])
    return np.asarray(length), np.asarray(azimuth)


def direct(a: Floats, azimuth_deg: Any, length_m: Any) -> tuple[Floats, Floats]:
    """The places (..., 2) so far along geodesics, and the azimuths on arrival in degrees."""
    azimuth, length = np.broadcast_arrays(
        np.asarray(azimuth_deg, float), np.asarray(length_m, float)
    )
    here = np.broadcast_to(a, (*azimuth.shape, 2))
    longitude, latitude, back = _GEOD.fwd(here[..., 1], here[..., 0], azimuth, length)
    return np.stack([latitude, longitude], axis=-1), np.asarray(back) + 180.0


def circles_m(a: Floats, a_radius_m: Floats, b: Floats, b_radius_m: Floats) -> Floats:
    """Between discs around places; 0 where they overlap."""
    return np.maximum(0.0, inverse(a, b)[0] - a_radius_m - b_radius_m)


def circle_ring_m(place: Floats, radius_m: Floats, ring: Floats) -> Floats:
    """Between discs and rings; 0 where they overlap."""
    nearest = _to_edges_m(place[:, None, :], ring)[:, 0]
    nearest[_inside(place, ring)] = 0.0
    return np.maximum(0.0, nearest - radius_m)


def rings_m(a: Floats, b: Floats) -> Floats:
    """Between rings; 0 where they overlap."""
    nearest = np.minimum(_to_edges_m(a, b).min(axis=1), _to_edges_m(b, a).min(axis=1))
    nearest[_cross(a, b) | _inside(a[:, 0], b) | _inside(b[:, 0], a)] = 0.0
    return nearest


def _turn(before: Floats, after: Floats) -> Floats:
    """From one azimuth to another, -180 to 180 degrees."""
    return (after - before + 180.0) % 360.0 - 180.0


def _inside(place: Floats, ring: Floats) -> NDArray[np.bool_]:
    """Do rings turn around places?"""
    seen = inverse(place[:, None, :], ring)[1]
    return np.abs(_turn(seen, np.roll(seen, -1, axis=1)).sum(axis=1)) > 180.0


def _sides(ring: Floats, places: Floats) -> NDArray[np.bool_]:
    """(n, edges, places): is the place left of the geodesic that the edge lies on?"""
    along = inverse(ring, np.roll(ring, -1, axis=1))[1]
    seen = inverse(ring[:, :, None, :], places[:, None, :, :])[1]
    return _turn(along[:, :, None], seen) < 0


def _cross(a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Do any two edges cross?"""
    b_of_a = _sides(a, b)
    a_of_b = np.swapaxes(_sides(b, a), 1, 2)
    parted = b_of_a != np.roll(b_of_a, -1, axis=2)
    parted_too = a_of_b != np.roll(a_of_b, -1, axis=1)
    return np.any(parted & parted_too, axis=(1, 2))


def _to_edges_m(places: Floats, ring: Floats) -> Floats:
    """(n, places): the least length from each place to any edge of the ring beside it."""
    ends = np.roll(ring, -1, axis=1)
    edge_m, azimuth = inverse(ring, ends)
    from_corner_m = inverse(places[:, :, None, :], ring[:, None, :, :])[0]
    to_next_m = np.roll(from_corner_m, -1, axis=2)
    best = from_corner_m.min(axis=2)
    # No point of an edge is nearer than half of what the way over it is longer than the edge.
    least = (from_corner_m + to_next_m - edge_m[:, None, :]) / 2
    row, place, edge = np.nonzero((least < best[:, :, None]) & (edge_m[:, None, :] > 0))
    length = edge_m[row, edge]
    start, heading = ring[row, edge], azimuth[row, edge]
    wanted = places[row, place]
    one, two = from_corner_m[row, place, edge], to_next_m[row, place, edge]
    went = np.clip((one**2 + length**2 - two**2) / (2 * length), 0.0, length)
    nearest = np.minimum(one, two)
    for _ in range(_ROUNDS):
        here, ahead = direct(start, heading, went)
        apart, seen = inverse(here, wanted)
        nearest = np.minimum(nearest, apart)
        step = _RADIUS_M * np.arctan(
            np.cos(np.radians(seen - ahead)) * np.tan(np.minimum(apart / _RADIUS_M, 1.5))
        )
        went = np.clip(went + step, 0.0, length)
    np.minimum.at(best, (row, place), nearest)
    return best
