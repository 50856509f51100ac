"""What is invented for the demo: a rescue helicopter and a news drone that never flew.

Their call signs, parties, feeds and purposes say so wherever they are shown. Real aircraft are
never given a position that was not recorded; these two have nothing but made ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from wideberth.space.time import SECOND_US, format_rfc3339, parse_rfc3339

__all__ = ["DRONE", "HELICOPTER", "InventedFlight"]

_EVERY_S = 15
_METRES_A_DEGREE = 111_320.0  # of latitude


def _at(clock: str) -> int:
    return parse_rfc3339(f"2020-09-09T{clock}:00Z")


@dataclass(frozen=True)
class InventedFlight:
    """A made-up flight along straight legs. points: (clock, latitude, longitude, height in metres
    above the WGS84 ellipsoid).
    """

    track: str
    call_sign: str
    party: str
    feed: str
    points: tuple[tuple[str, float, float, float], ...]

    def reports(self, after_us: int, until_us: int) -> list[dict[str, object]]:
        """Its made-up positions, every 15 s, from after after_us up to until_us."""
        start_us, end_us = _at(self.points[0][0]), _at(self.points[-1][0])
        step_us = _EVERY_S * SECOND_US
        first = max(0, (after_us - start_us) // step_us + 1) if after_us >= start_us else 0
        last = (min(until_us, end_us) - start_us) // step_us
        return [self._report(start_us + k * step_us) for k in range(first, last + 1)]

    def _report(self, time_us: int) -> dict[str, object]:
        legs = zip(self.points, self.points[1:], strict=False)
        a, b = next(leg for leg in legs if time_us <= _at(leg[1][0]))
        a_us, b_us = _at(a[0]), _at(b[0])
        part = (time_us - a_us) / (b_us - a_us)
        latitude = a[1] + part * (b[1] - a[1])
        longitude = a[2] + part * (b[2] - a[2])
        height_m = a[3] + part * (b[3] - a[3])
        north_m = (b[1] - a[1]) * _METRES_A_DEGREE
        east_m = (b[2] - a[2]) * _METRES_A_DEGREE * math.cos(math.radians(a[1]))
        seconds = (b_us - a_us) / SECOND_US
        return {
            "track": self.track,
            "call_sign": self.call_sign,
            "party": self.party,
            "latitude": round(latitude, 6),
            "longitude": round(longitude, 6),
            "altitude_m": round(height_m, 1),
            "ground_speed_m_s": round(math.hypot(north_m, east_m) / seconds, 1),
            "track_deg": round(math.degrees(math.atan2(east_m, north_m)) % 360, 1) % 360,
            "accuracy_m": 10.0,
            "time": format_rfc3339(time_us),
        }


HELICOPTER = InventedFlight(
    track="invented-helicopter",
    call_sign="RESCUE1-INVENTED",
    party="rescue",
    feed="invented-rescue",
    points=(
        ("00:52", 32.820, -117.020, 500.0),
        ("00:59", 32.790, -116.785, 700.0),
        ("01:02", 32.782, -116.772, 680.0),
        ("01:05", 32.789, -116.777, 660.0),
        ("01:08", 32.785, -116.771, 650.0),
        ("01:10", 32.790, -116.779, 650.0),
        ("01:11", 32.788, -116.797, 650.0),
        ("01:13", 32.787, -116.812, 640.0),
        ("01:19", 32.780, -116.820, 620.0),
        ("01:25", 32.786, -116.811, 620.0),
        ("01:33", 32.820, -117.020, 500.0),
        ("02:00", 32.820, -117.020, 120.0),  # on the ground
    ),
)

DRONE = InventedFlight(
    track="invented-drone",
    call_sign="DRONE1-INVENTED",
    party="newsroom",
    feed="invented-drone",
    points=(
        ("01:01", 32.797, -116.764, 580.0),
        ("01:03", 32.795, -116.758, 690.0),
        ("01:06", 32.789, -116.764, 700.0),
        ("01:09", 32.794, -116.772, 700.0),
        ("01:12", 32.801, -116.767, 690.0),
        ("01:16", 32.796, -116.757, 700.0),
        ("01:20", 32.789, -116.762, 690.0),
        ("01:24", 32.793, -116.771, 680.0),
        ("01:28", 32.797, -116.764, 560.0),  # landed and switched off: from here on silent
    ),
)
