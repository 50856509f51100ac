"""The WGS84 ellipsoid, in numbers (NGA.STND.0036): one place for all that computes on it."""

from __future__ import annotations

__all__ = ["A_M", "B_M", "E2", "F"]

A_M = 6_378_137.0  # half the greater axis
F = 1 / 298.257_223_563  # flattening
B_M = A_M * (1 - F)  # half the lesser axis
E2 = F * (2 - F)  # the first eccentricity, squared
