"""Where a moving thing will be if it holds its course: the one place where a path is predicted.

A track is taken to run along the geodesic of its present course at its present ground speed, over
the WGS84 ellipsoid at height 0. That geodesic is replaced by its circle of curvature, which needs
one sine and one cosine per position and no iteration:

    p(s) = p0 + R sin(s/R) u - R (1 - cos(s/R)) n

with n the ellipsoid's normal at p0, u the unit tangent along the course and R the radius of
curvature of the normal section in that course (Euler). Against the exact geodesic (Karney's, in
the tests) it is off by less than :func:`path_error_m`: 3 mm at 20 km, 9 cm at 100 km, 2.3 m at
300 km. Every test that rests on a predicted position widens its limit by that error.

Frames: ECEF metres, no poles and no antimeridian. Pure functions of arrays.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wideberth.space.wgs84 import A_M, E2, F
from wideberth.watch._jit import kernel as _kernel

__all__ = [
    "EARTH_RADIUS_MAX_M",
    "EARTH_RADIUS_MIN_M",
    "MAX_RUN_M",
    "Floats",
    "along_normal",
    "along_path_ecef_m",
    "arc_m",
    "course_deg",
    "curvature_radius_m",
    "ecef_m",
    "geodetic_deg",
    "normal_radius_m",
    "path_error_m",
    "starts",
    "tangent",
    "turned",
    "turns",
    "up",
]

Floats = NDArray[np.float64]

EARTH_RADIUS_MIN_M = A_M * (1 - E2)  # meridional curvature at the equator, the smallest
EARTH_RADIUS_MAX_M = A_M / (1 - F)  # curvature at the poles, the largest
MAX_RUN_M = 2_000_000.0  # the error bound of a path is stated up to here
_RADIAN = math.pi / 180
_SOME = 512
_SMALL = 0.25  # radians up to which a short series serves: a run of 1,600 km


def path_error_m(run_m: Floats) -> Floats:
    """How far p(s) may be from the exact geodesic after run_m metres (a bound; up to MAX_RUN_M).

    The term is torsion and the change of curvature along the path, both of order e^2 s^3 / R^2;
    the factor was checked against Karney's solution over random and polar starts (tests).
    """
    run_m = np.abs(run_m)
    return 0.002 + E2 * (run_m * run_m * run_m) / (2 * EARTH_RADIUS_MIN_M**2)


def ecef_m(latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
    """ECEF positions (n, 3) in metres of points on the ellipsoid."""
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    prime_m = A_M / np.sqrt(1 - E2 * np.sin(lat) ** 2)
    return np.stack(
        [
            prime_m * np.cos(lat) * np.cos(lon),
            prime_m * np.cos(lat) * np.sin(lon),
            prime_m * (1 - E2) * np.sin(lat),
        ],
        axis=-1,
    )


def geodetic_deg(position_ecef_m: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude in degrees of points on, or within metres of, the ellipsoid."""
    x, y, z = position_ecef_m[..., 0], position_ecef_m[..., 1], position_ecef_m[..., 2]
    latitude_deg = np.degrees(np.arctan2(z, (1 - E2) * np.hypot(x, y)))
    return latitude_deg, np.degrees(np.arctan2(y, x))


def up(latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
    """The ellipsoid's outward unit normals (n, 3)."""
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def tangent(latitude_deg: ArrayLike, longitude_deg: ArrayLike, course: ArrayLike) -> Floats:
    """Unit tangents (n, 3) along a course in degrees, clockwise from north."""
    east, north = _east_north(latitude_deg, longitude_deg)
    azimuth = np.radians(course)[..., np.newaxis]
    return north * np.cos(azimuth) + east * np.sin(azimuth)


def curvature_radius_m(latitude_deg: ArrayLike, course: ArrayLike) -> Floats:
    """Radius of curvature of the normal section along a course in degrees (Euler's formula)."""
    lat, azimuth = np.radians(latitude_deg), np.radians(course)
    w2 = 1 - E2 * np.sin(lat) ** 2
    root = np.sqrt(w2)
    meridional_m = A_M * (1 - E2) / (w2 * root)
    prime_m = A_M / root
    return 1 / (np.cos(azimuth) ** 2 / meridional_m + np.sin(azimuth) ** 2 / prime_m)


def starts(
    latitude_deg: Floats, longitude_deg: Floats, course: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """What :func:`ecef_m`, :func:`tangent`, :func:`up` and :func:`curvature_radius_m` give, in one
    go: a thirtieth of the time where there are many.
    """
    return _starts(latitude_deg, longitude_deg, course)


@_kernel
def _sines(angle_deg: Floats, begin: int, until: int, sine: Floats, cosine: Floats) -> None:
    """Sines and cosines of [begin, until), to 1e-15: by their series, off the next right angle.
    No call and no branch, so that several are worked out at once.
    """
    for i in range(np.uintp(until - begin)):
        angle = angle_deg[np.uintp(begin) + i]
        quarters = math.floor(angle * (1 / 90) + 0.5)
        x = (angle - quarters * 90.0) * _RADIAN
        q = x * x
        # Up to x^15 and x^16, of at most 1 / 10^16 where x is an eighth of a turn.
        s = 1 - q * (1 / 110) * (1 - q * (1 / 156) * (1 - q * (1 / 210)))
        s = 1 - q * (1 / 20) * (1 - q * (1 / 42) * (1 - q * (1 / 72) * s))
        s = x * (1 - q * (1 / 6) * s)
        c = 1 - q * (1 / 132) * (1 - q * (1 / 182) * (1 - q * (1 / 240)))
        c = 1 - q * (1 / 30) * (1 - q * (1 / 56) * (1 - q * (1 / 90) * c))
        c = 1 - q * (1 / 2) * (1 - q * (1 / 12) * c)
        turn = int(quarters)
        is_odd = (turn & 1) == 1
        along = c if is_odd else s
        across = s if is_odd else c
        sine[i] = -along if (turn & 2) == 2 else along
        cosine[i] = -across if ((turn + 1) & 2) == 2 else across


@_kernel
def _starts(
    latitude_deg: Floats, longitude_deg: Floats, course: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    count = len(latitude_deg)
    position, tangents, normals = np.empty((count, 3)), np.empty((count, 3)), np.empty((count, 3))
    radius_m = np.empty(count)
    # Some at a time: what is worked out of them stays in the processor's cache.
    sin_lat, cos_lat = np.empty(_SOME), np.empty(_SOME)
    sin_lon, cos_lon = np.empty(_SOME), np.empty(_SOME)
    sin_azimuth, cos_azimuth = np.empty(_SOME), np.empty(_SOME)
    for begin in range(0, count, _SOME):
        until = begin + _SOME if begin + _SOME < count else count
        _sines(latitude_deg, begin, until, sin_lat, cos_lat)
        _sines(longitude_deg, begin, until, sin_lon, cos_lon)
        _sines(course, begin, until, sin_azimuth, cos_azimuth)
        for i in range(begin, until):
            k = i - begin
            sl, cl, so, co = sin_lat[k], cos_lat[k], sin_lon[k], cos_lon[k]
            sa, ca = sin_azimuth[k], cos_azimuth[k]
            w2 = 1 - E2 * (sl * sl)
            prime_m = A_M / math.sqrt(w2)
            position[i, 0] = prime_m * cl * co
            position[i, 1] = prime_m * cl * so
            position[i, 2] = prime_m * (1 - E2) * sl
            tangents[i, 0] = -sl * co * ca + -so * sa
            tangents[i, 1] = -sl * so * ca + co * sa
            tangents[i, 2] = cl * ca
            normals[i, 0] = cl * co
            normals[i, 1] = cl * so
            normals[i, 2] = sl
            # Euler's formula; along the meridian the radius is prime_m (1 - e^2) / w2.
            radius_m[i] = prime_m / (ca * ca * w2 * (1 / (1 - E2)) + sa * sa)
    return position, tangents, normals, radius_m


@_kernel.inlined
def turned(angle: float) -> tuple[float, float]:
    """The sine of an angle, and what its cosine is less than 1, to the last place or two."""
    q = angle * angle
    if q > _SMALL * _SMALL:
        half = math.sin(angle / 2)
        return math.sin(angle), 2 * half * half
    return _turned(angle)


@_kernel.inlined
def _turned(angle: float) -> tuple[float, float]:
    """:func:`turned`, of a small angle."""
    q = angle * angle
    # Up to x^11 and x^12: what follows is less than 1e-17 of the whole.
    s = 1 - q * (1 / 42) * (1 - q * (1 / 72) * (1 - q * (1 / 110)))
    s = 1 - q * (1 / 6) * (1 - q * (1 / 20) * s)
    c = 1 - q * (1 / 56) * (1 - q * (1 / 90) * (1 - q * (1 / 132)))
    c = 1 - q * (1 / 12) * (1 - q * (1 / 30) * c)
    return angle * s, q * (1 / 2) * c


@_kernel
def turns(  # noqa: PLR0913 - a kernel takes flat arrays, by position
    speed_m_s: Floats,
    age_s: Floats,
    ahead_s: float,
    radius_m: Floats,
    begin: int,
    until: int,
    ahead_m: Floats,
    drop_m: Floats,
) -> None:
    """Of those in [begin, until), how far ahead along the tangent, and how far down, each is
    ahead_s from now on its circle; into the first places of ahead_m and drop_m.
    """
    are_large = 0
    # No call and no branch, so that several are worked out at once.
    for k in range(np.uintp(until - begin)):
        i = np.uintp(begin) + k
        angle = speed_m_s[i] * (age_s[i] + ahead_s) / radius_m[i]
        sine, less = _turned(angle)
        ahead_m[k] = radius_m[i] * sine
        drop_m[k] = radius_m[i] * less
        are_large |= int(angle * angle > _SMALL * _SMALL)
    if are_large:
        for i in range(begin, until):
            sine, less = turned(speed_m_s[i] * (age_s[i] + ahead_s) / radius_m[i])
            ahead_m[i - begin] = radius_m[i] * sine
            drop_m[i - begin] = radius_m[i] * less


@_kernel
def along_normal(
    start: Floats, i: int, end: Floats, j: int, normals: Floats, k: int, out: Floats
) -> float:
    """The unit tangent from place i of start toward place j of end, both on the ellipsoid, along
    the normal section at i (whose normal is k of normals), into out. Gives the distance over the
    ground, metres. It is off the geodesic by less than :func:`path_error_m` at that distance.
    """
    across = chord2 = 0.0
    for c in range(3):
        step = end[j, c] - start[i, c]
        across += step * normals[k, c]
        chord2 += step * step
    size = 0.0
    for c in range(3):
        out[c] = end[j, c] - start[i, c] - across * normals[k, c]
        size += out[c] * out[c]
    size = math.sqrt(size)
    if size > 0.0:
        for c in range(3):
            out[c] /= size
    half = math.sqrt(chord2) / (2 * EARTH_RADIUS_MAX_M)
    return 2 * EARTH_RADIUS_MAX_M * math.asin(half if half < 1.0 else 1.0)


@_kernel
def normal_radius_m(normal_z: float, tangent_z: float) -> float:
    """:func:`curvature_radius_m` by the polar components of the normal and of the tangent."""
    w2 = 1 - E2 * normal_z * normal_z
    root = math.sqrt(w2)
    flat2 = 1 - normal_z * normal_z
    # At a pole all courses are alike.
    north2 = tangent_z * tangent_z / flat2 if flat2 > 1e-12 else 1.0
    north2 = north2 if north2 < 1.0 else 1.0
    return 1 / (north2 * w2 * root / (A_M * (1 - E2)) + (1 - north2) * root / A_M)


def along_path_ecef_m(
    position: Floats, tangents: Floats, normals: Floats, radius_m: Floats, run_m: Floats
) -> Floats:
    """ECEF positions (n, 3) after run_m metres along each path."""
    angle = run_m / radius_m
    ahead_m = (radius_m * np.sin(angle))[..., np.newaxis]
    drop_m = (2 * radius_m * np.sin(angle / 2) ** 2)[..., np.newaxis]
    return position + ahead_m * tangents - drop_m * normals


def arc_m(chord_m: Floats) -> Floats:
    """Distance over the ground of two points chord_m apart: never more than it is.

    On the flattest circle of the ellipsoid; short by at most 1 mm at 50 km and 0.8 m at 500 km.
    """
    half = np.minimum(chord_m / (2 * EARTH_RADIUS_MAX_M), 1.0)
    return 2 * EARTH_RADIUS_MAX_M * np.arcsin(half)


def course_deg(from_ecef_m: Floats, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
    """The course in degrees with which one arrives at a point from another (n, 3)."""
    east, north = _east_north(latitude_deg, longitude_deg)
    step = ecef_m(latitude_deg, longitude_deg) - from_ecef_m
    return np.degrees(np.arctan2((step * east).sum(-1), (step * north).sum(-1))) % 360.0


def _east_north(latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    east = np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], axis=-1)
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=-1)
    return east, north
