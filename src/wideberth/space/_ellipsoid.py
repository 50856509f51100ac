"""Kernels: points and geodesics of the WGS84 ellipsoid, earth-centred (ECEF) in metres.

Every point here lies on the ellipsoid (height 0), so its reduced latitude is plain:
``sin U = z / b``, ``cos U = hypot(x, y) / a``.
"""

from __future__ import annotations

import math

from wideberth.space._jit import kernel
from wideberth.space.wgs84 import A_M, B_M, E2, F

A = A_M
B = B_M
MEAN_RADIUS = 6_371_008.8  # m, IUGG
LEAST_CURVATURE_RADIUS = A * (1 - E2)  # m, 6,335.4 km: north-south at the equator

# Up to here the length of a geodesic follows from its chord by a series with the mean radius:
# its square is wrong by 1.2 % at most, the correction at 40 km is 66 mm, the error below 0.8 mm.
SHORT_M = 40_000.0
# Beyond it two points may be nearly antipodal, where Vincenty's iteration does not settle.
FAR_M = 19_700_000.0

_TINY = 1e-12  # rad; 6 micrometres


@kernel
def to_ecef(latitude_deg: float, longitude_deg: float) -> tuple[float, float, float]:
    """The point on the ellipsoid, in metres."""
    phi = math.radians(latitude_deg)
    lam = math.radians(longitude_deg)
    sin_phi = math.sin(phi)
    cos_phi = math.cos(phi)
    n = A / math.sqrt(1 - E2 * sin_phi * sin_phi)
    return (
        n * cos_phi * math.cos(lam),
        n * cos_phi * math.sin(lam),
        n * (1 - E2) * sin_phi,
    )


@kernel
def lift(x: float, y: float, z: float) -> tuple[float, float, float]:
    """A point a little off the ellipsoid, moved onto it along the normal.

    One Newton step: from h metres below, what remains is under h**2 / 6,000 km.
    """
    gx = x / (A * A)
    gy = y / (A * A)
    gz = z / (B * B)
    step = (1.0 - (x * gx + y * gy + z * gz)) / (2.0 * (gx * gx + gy * gy + gz * gz))
    return x + step * gx, y + step * gy, z + step * gz


@kernel
def onto_surface(x: float, y: float, z: float) -> tuple[float, float, float]:
    """The point of the ellipsoid in the same direction from the earth's centre."""
    scale = 1.0 / math.sqrt((x * x + y * y) / (A * A) + z * z / (B * B))
    return x * scale, y * scale, z * scale


@kernel
def short_length(chord: float) -> float:
    """Length of the geodesic over a chord of up to SHORT_M."""
    return chord * (1.0 + chord * chord / (24.0 * MEAN_RADIUS * MEAN_RADIUS))


@kernel
def least_length(chord: float) -> float:
    """A length that no geodesic over this chord is under.

    The ellipsoid is the sphere of radius a, squeezed to b / a along its axis (reduced latitude):
    a chord shrinks, so the sphere's angle is at least 2 asin(chord / 2a), and a length is at
    least b times that angle. It falls short by 0.34 % at most.
    """
    if chord < SHORT_M:
        return chord
    return max(chord, 2.0 * B * math.asin(min(1.0, chord / (2.0 * A))))


@kernel
def most_length(chord: float) -> float:
    """A length that no shortest geodesic over this chord is over: a times the sphere's angle."""
    return 2.0 * A * math.asin(min(1.0, chord / (2.0 * B)))


@kernel
def inverse(
    x1: float, y1: float, z1: float, x2: float, y2: float, z2: float
) -> tuple[float, float, float]:
    """Length in metres, azimuth at the first and at the second point in radians.

    NaN where the points are nearly antipodal (beyond FAR_M). Error below 0.1 mm.
    Source: T. Vincenty, Survey Review 23 (176), 1975, with A and B of his 1976 note.
    """
    p1 = math.hypot(x1, y1)
    p2 = math.hypot(x2, y2)
    sin_u1 = z1 / B
    cos_u1 = p1 / A
    sin_u2 = z2 / B
    cos_u2 = p2 / A
    longitude = math.atan2(y2, x2) - math.atan2(y1, x1)
    if longitude > math.pi:
        longitude -= 2 * math.pi
    elif longitude < -math.pi:
        longitude += 2 * math.pi
    lam = longitude
    for _ in range(60):
        sin_lam = math.sin(lam)
        cos_lam = math.cos(lam)
        east = cos_u2 * sin_lam
        north = cos_u1 * sin_u2 - sin_u1 * cos_u2 * cos_lam
        sin_sigma = math.hypot(east, north)
        if sin_sigma < _TINY:
            cos_sigma = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos_lam
            if cos_sigma > 0:
                return math.hypot(math.hypot(x2 - x1, y2 - y1), z2 - z1), 0.0, 0.0
            return math.nan, math.nan, math.nan
        cos_sigma = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos_lam
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = cos_u1 * east / sin_sigma
        cos2_alpha = 1.0 - sin_alpha * sin_alpha
        cos_2m = cos_sigma - 2.0 * sin_u1 * sin_u2 / cos2_alpha if cos2_alpha > _TINY else 0.0
        c = F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha))
        bend = cos_2m + c * cos_sigma * (2.0 * cos_2m * cos_2m - 1.0)
        before = lam
        lam = longitude + (1.0 - c) * F * sin_alpha * (sigma + c * sin_sigma * bend)
        if abs(lam) > math.pi:
            return math.nan, math.nan, math.nan
        if abs(lam - before) < _TINY:
            u2 = cos2_alpha * (A * A - B * B) / (B * B)
            root = math.sqrt(1.0 + u2)
            k = (root - 1.0) / (root + 1.0)
            big_a = (1.0 + k * k / 4.0) / (1.0 - k)
            length = B * big_a * (sigma - _delta_sigma(k, sin_sigma, cos_sigma, cos_2m))
            return (
                length,
                math.atan2(east, north),
                math.atan2(cos_u1 * sin_lam, cos_u1 * sin_u2 * cos_lam - sin_u1 * cos_u2),
            )
    return math.nan, math.nan, math.nan


@kernel
def _delta_sigma(k: float, sin_sigma: float, cos_sigma: float, cos_2m: float) -> float:
    big_b = k * (1.0 - 3.0 / 8.0 * k * k)
    last = (
        big_b / 6.0 * cos_2m * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * cos_2m * cos_2m - 3.0)
    )
    bend = cos_2m + big_b / 4.0 * (cos_sigma * (2.0 * cos_2m * cos_2m - 1.0) - last)
    return big_b * sin_sigma * bend


@kernel
def direct(
    x: float, y: float, z: float, azimuth: float, length: float
) -> tuple[float, float, float]:
    """The point at this length along the geodesic that leaves at this azimuth (rad).

    Source: as for inverse. Error below 0.1 mm.
    """
    p = math.hypot(x, y)
    sin_u1 = z / B
    cos_u1 = p / A
    longitude = math.atan2(y, x)
    sin_az = math.sin(azimuth)
    cos_az = math.cos(azimuth)
    sigma1 = math.atan2(sin_u1, cos_u1 * cos_az)
    sin_alpha = cos_u1 * sin_az
    cos2_alpha = 1.0 - sin_alpha * sin_alpha
    root = math.sqrt(1.0 + cos2_alpha * (A * A - B * B) / (B * B))
    k = (root - 1.0) / (root + 1.0)
    big_a = (1.0 + k * k / 4.0) / (1.0 - k)
    start = length / (B * big_a)
    sigma = start
    for _ in range(60):
        cos_2m = math.cos(2.0 * sigma1 + sigma)
        sin_sigma = math.sin(sigma)
        cos_sigma = math.cos(sigma)
        before = sigma
        sigma = start + _delta_sigma(k, sin_sigma, cos_sigma, cos_2m)
        if abs(sigma - before) < _TINY:
            break
    sin_sigma = math.sin(sigma)
    cos_sigma = math.cos(sigma)
    cos_2m = math.cos(2.0 * sigma1 + sigma)
    across = sin_u1 * sin_sigma - cos_u1 * cos_sigma * cos_az
    sin_u2 = sin_u1 * cos_sigma + cos_u1 * sin_sigma * cos_az
    cos_u2 = math.hypot(sin_alpha, across)
    lam = math.atan2(sin_sigma * sin_az, cos_u1 * cos_sigma - sin_u1 * sin_sigma * cos_az)
    c = F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha))
    bend = cos_2m + c * cos_sigma * (2.0 * cos_2m * cos_2m - 1.0)
    longitude += lam - (1.0 - c) * F * sin_alpha * (sigma + c * sin_sigma * bend)
    scale = 1.0 / math.hypot(sin_u2, cos_u2)
    return (
        A * cos_u2 * scale * math.cos(longitude),
        A * cos_u2 * scale * math.sin(longitude),
        B * sin_u2 * scale,
    )


@kernel
def geodesic_length(x1: float, y1: float, z1: float, x2: float, y2: float, z2: float) -> float:
    """Length in metres; NaN where the points are nearly antipodal."""
    dx = x2 - x1
    dy = y2 - y1
    dz = z2 - z1
    chord = math.sqrt(dx * dx + dy * dy + dz * dz)
    if chord < SHORT_M:
        return short_length(chord)
    return inverse(x1, y1, z1, x2, y2, z2)[0]


@kernel
def determinant(
    px: float, py: float, pz: float, qx: float, qy: float, qz: float, x: float, y: float, z: float
) -> float:
    """Positive where (x, y, z) lies left of the great circle from p to q, seen from outside.

    In differences, so that it is exactly 0 where the point is p or q, and exact to nanometres.
    """
    ux = qx - px
    uy = qy - py
    uz = qz - pz
    vx = x - px
    vy = y - py
    vz = z - pz
    return px * (uy * vz - uz * vy) + py * (uz * vx - ux * vz) + pz * (ux * vy - uy * vx)
