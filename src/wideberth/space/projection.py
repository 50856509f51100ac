"""Metres on a map sheet: transverse Mercator (UTM) and polar stereographic (UPS) of WGS84.

Transverse Mercator is Krüger's series to the sixth power of the third flattening, as Karney
(Transverse Mercator with an accuracy of a few nanometers, 2011, equations 7 to 36) has it: below
10 nm of error within 35 degrees of the central meridian. Polar stereographic is closed.
Source of the grids' constants: NGA.SIG.0012, The Universal Grids and the TM and UPS projections.
"""

from __future__ import annotations

import math

from wideberth.space.wgs84 import A_M, E2, F

__all__ = [
    "FALSE_EASTING_M",
    "SOUTHERN_FALSE_NORTHING_M",
    "UPS_FALSE_M",
    "central_meridian_deg",
    "from_ups",
    "from_utm",
    "to_ups",
    "to_utm",
]

FALSE_EASTING_M = 500_000.0  # UTM
SOUTHERN_FALSE_NORTHING_M = 10_000_000.0  # UTM south of the equator
UPS_FALSE_M = 2_000_000.0  # easting and northing of a pole

_N = F / (2 - F)
_E = math.sqrt(E2)
_K0_UTM = 0.9996
_K0_UPS = 0.994
# Karney 2011, equation 14, and 35 and 36: radius of the rectifying sphere and the two series.
_A1_M = A_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64 + _N**6 / 256)


def _series(*rows: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(
        math.fsum(c * _N ** (order + power) for power, c in enumerate(row))
        for order, row in enumerate(rows, start=1)
    )


_ALPHA = _series(
    (1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800),
    (13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360),
    (61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440),
    (49561 / 161280, -179 / 168, 6601661 / 7257600),
    (34729 / 80640, -3418889 / 1995840),
    (212378941 / 319334400,),
)
_BETA = _series(
    (1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800),
    (1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720),
    (17 / 480, -37 / 840, -209 / 4480, 5569 / 90720),
    (4397 / 161280, -11 / 504, -830251 / 7257600),
    (4583 / 161280, -108847 / 3991680),
    (20648693 / 638668800,),
)
_UPS_C = math.sqrt((1 + _E) ** (1 + _E) * (1 - _E) ** (1 - _E))


def central_meridian_deg(zone: int) -> float:
    """The middle of a UTM zone, 1 to 60 [deg].

    >>> central_meridian_deg(31)
    3.0
    """
    return zone * 6.0 - 183.0


def to_utm(
    latitude_deg: float, longitude_deg: float, *, zone: int, south: bool
) -> tuple[float, float]:
    """Easting and northing [m] in a zone, also of a point outside of it."""
    latitude = math.radians(latitude_deg)
    east = math.radians(math.remainder(longitude_deg - central_meridian_deg(zone), 360.0))
    tau = _conformal(math.tan(latitude))
    xi = math.atan2(tau, math.cos(east))
    eta = math.asinh(math.sin(east) / math.hypot(tau, math.cos(east)))
    x, y = eta, xi
    for order, alpha in enumerate(_ALPHA, start=1):
        y += alpha * math.sin(2 * order * xi) * math.cosh(2 * order * eta)
        x += alpha * math.cos(2 * order * xi) * math.sinh(2 * order * eta)
    northing_m = _K0_UTM * _A1_M * y + (SOUTHERN_FALSE_NORTHING_M if south else 0.0)
    return FALSE_EASTING_M + _K0_UTM * _A1_M * x, northing_m


def from_utm(easting_m: float, northing_m: float, *, zone: int, south: bool) -> tuple[float, float]:
    """Latitude and longitude [deg, -180 to 180] of a point on a zone's sheet."""
    y = (northing_m - (SOUTHERN_FALSE_NORTHING_M if south else 0.0)) / (_K0_UTM * _A1_M)
    x = (easting_m - FALSE_EASTING_M) / (_K0_UTM * _A1_M)
    xi, eta = y, x
    for order, beta in enumerate(_BETA, start=1):
        xi -= beta * math.sin(2 * order * y) * math.cosh(2 * order * x)
        eta -= beta * math.cos(2 * order * y) * math.sinh(2 * order * x)
    conformal = math.sin(xi) / math.hypot(math.sinh(eta), math.cos(xi))
    east = math.atan2(math.sinh(eta), math.cos(xi))
    longitude_deg = math.remainder(central_meridian_deg(zone) + math.degrees(east), 360.0)
    return math.degrees(math.atan(_geographic(conformal))), longitude_deg


def to_ups(latitude_deg: float, longitude_deg: float, *, south: bool) -> tuple[float, float]:
    """Easting and northing [m] around the pole."""
    towards = -latitude_deg if south else latitude_deg
    if towards >= 90.0:
        return UPS_FALSE_M, UPS_FALSE_M
    tau = _conformal(math.tan(math.radians(towards)))
    # t = sqrt(1 + tau^2) - tau, written so that nothing cancels near the pole
    t = 1 / (math.hypot(1, tau) + tau) if tau > 0 else math.hypot(1, tau) - tau
    rho_m = 2 * A_M * _K0_UPS * t / _UPS_C
    longitude = math.radians(longitude_deg)
    away = math.cos(longitude) if south else -math.cos(longitude)
    return UPS_FALSE_M + rho_m * math.sin(longitude), UPS_FALSE_M + rho_m * away


def from_ups(easting_m: float, northing_m: float, *, south: bool) -> tuple[float, float]:
    """Latitude and longitude [deg] of a point on a pole's sheet; longitude 0 at the pole."""
    x, y = easting_m - UPS_FALSE_M, northing_m - UPS_FALSE_M
    rho_m = math.hypot(x, y)
    if rho_m == 0:
        return (-90.0 if south else 90.0), 0.0
    t = rho_m * _UPS_C / (2 * A_M * _K0_UPS)
    latitude_deg = math.degrees(math.atan(_geographic((1 / t - t) / 2)))
    longitude_deg = math.degrees(math.atan2(x, y if south else -y))
    return (-latitude_deg if south else latitude_deg), longitude_deg


def _conformal(tau: float) -> float:
    """Tangents: the conformal latitude's from the geographic's. Karney 2011, equations 7 to 9."""
    sigma = math.sinh(_E * math.atanh(_E * tau / math.hypot(1, tau)))
    return tau * math.hypot(1, sigma) - sigma * math.hypot(1, tau)


def _geographic(conformal: float) -> float:
    """The inverse of _conformal, by Newton's method. Karney 2011, equations 19 to 21."""
    tau = (
        conformal / (1 - _E**2)
        if abs(conformal) < 70
        else conformal * math.exp(_E * math.atanh(_E))
    )
    for _ in range(6):
        reached = _conformal(tau)
        step = (
            (conformal - reached)
            / math.hypot(1, reached)
            * (1 + (1 - _E**2) * tau**2)
            / ((1 - _E**2) * math.hypot(1, tau))
        )
        tau += step
        if abs(step) <= 1e-15 * max(1.0, abs(tau)):
            break
    return tau
