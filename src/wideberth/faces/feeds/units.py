"""The units that feeds send, brought to metres and seconds. Nowhere else are they converted."""

from __future__ import annotations

from wideberth.space.altitude import FOOT_MM

__all__ = ["FEET_PER_MINUTE_M_S", "FOOT_M", "KNOT_M_S", "MILLISECOND_US"]

FOOT_M = FOOT_MM / 1000
KNOT_M_S = 1852 / 3600  # the international nautical mile, exact
FEET_PER_MINUTE_M_S = FOOT_M / 60
MILLISECOND_US = 1000
