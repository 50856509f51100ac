"""Where and when: footprints, Volume4D, separation and gap. Plain data; what exists is valid.

All numbers are integers so that a record folds to the same picture everywhere: latitude and
longitude in 1e-9 degree (WGS84, "nanodegrees"), lengths in millimetres, time in microseconds
since 1970 UTC. All sets are closed: touching is conflict (ASTM F3548-21 treats boundaries alike).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.altitude import Altitude
from wideberth.space.time import MAX_US, MIN_US, format_rfc3339

__all__ = [
    "MAX_VERTICES",
    "NANODEGREES",
    "Circle",
    "Footprint",
    "Gap",
    "Polygon",
    "Separation",
    "Volume4D",
    "circle",
    "polygon",
]

NANODEGREES = 1_000_000_000  # in a degree
MAX_VERTICES = 10_000  # ASTM F3548-21 OiMaxVertices
MAX_RADIUS_MM = 20_003_932_000  # half a meridian: the whole earth
_LAT_LIMIT_ND = 90 * NANODEGREES
_LON_LIMIT_ND = 180 * NANODEGREES


class Polygon(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, tag="polygon"):
    """A region bounded by geodesics of the WGS84 ellipsoid; the smaller side is inside.

    vertices: (latitude, longitude) pairs in nanodegrees, 3 to 10,000, either winding, the first
    not repeated at the end. No two vertices in a row are equal, and no edges cross.
    Build one with :func:`polygon`, which checks and tidies what a sender gave.
    """

    vertices: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if not 3 <= len(self.vertices) <= MAX_VERTICES:
            raise InvalidValue(
                "vertices",
                "vertex-count",
                len(self.vertices),
                f"give 3 to {MAX_VERTICES} different vertices",
            )
        for latitude_nd, longitude_nd in self.vertices:
            # Written out, for a replay goes through millions.
            if not (
                -_LAT_LIMIT_ND <= latitude_nd <= _LAT_LIMIT_ND
                and -_LON_LIMIT_ND <= longitude_nd < _LON_LIMIT_ND
            ):
                _require_position(latitude_nd, longitude_nd)


class Circle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, tag="circle"):
    """All points within radius_mm of the centre along the ellipsoid: exact, never a polygon."""

    latitude_nd: int
    longitude_nd: int
    radius_mm: int

    def __post_init__(self) -> None:
        _require_position(self.latitude_nd, self.longitude_nd)
        if not 0 < self.radius_mm <= MAX_RADIUS_MM:
            raise InvalidValue(
                "radius",
                "radius-range",
                self.radius_mm / 1000,
                "give a radius over 0 m, up to 20,003,932 m (half the earth round)",
            )


Footprint = Polygon | Circle


class Volume4D(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A footprint x an altitude band x a time window, all closed (ASTM F3548-21 Volume4D).

    lower and upper may have different references (a floor above ground under a flight level);
    within one reference the band must not be upside down. Times in microseconds since 1970 UTC.
    """

    footprint: Footprint
    lower: Altitude
    upper: Altitude
    start_us: int
    end_us: int

    def __post_init__(self) -> None:
        if not MIN_US <= self.start_us <= self.end_us <= MAX_US:
            self._refuse_times()
        if (
            self.lower.reference == self.upper.reference
            and self.upper.value_mm < self.lower.value_mm
        ):
            floor_m, ceiling_m = self.lower.value_mm / 1000, self.upper.value_mm / 1000
            raise InvalidValue(
                "lower, upper",
                "upper-below-lower",
                [floor_m, ceiling_m],
                f"the band ends at {ceiling_m} m, below its floor at {floor_m} m;"
                " give an upper limit above the lower",
            )

    def _refuse_times(self) -> None:
        for name, instant_us in (("start", self.start_us), ("end", self.end_us)):
            if not MIN_US <= instant_us <= MAX_US:
                raise InvalidValue(name, "time-range", instant_us, "give a time from 1900 to 9999")
        if self.end_us < self.start_us:
            start, end = format_rfc3339(self.start_us), format_rfc3339(self.end_us)
            raise InvalidValue(
                "start, end",
                "end-before-start",
                [start, end],
                f"the window ends {end}, before it starts at {start}; give an end after the start",
            )


class Separation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must lie between two volumes: they are too close when they are nearer than, or at,
    all three at once. Zero everywhere means that only touching counts.
    """

    horizontal_mm: int = 0
    vertical_mm: int = 0
    time_us: int = 0

    def __post_init__(self) -> None:
        for name in ("horizontal_mm", "vertical_mm", "time_us"):
            value = getattr(self, name)
            if not 0 <= value <= 10**15:
                raise InvalidValue(
                    name, "separation-range", value, "give a separation of 0 or more"
                )


class Gap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """How far apart two volumes are: 0 where they overlap in that dimension.

    Rounded down, so that it never claims more distance than there is.
    """

    horizontal_mm: int
    vertical_mm: int
    time_us: int


def polygon(points_deg: Iterable[tuple[float, float]]) -> Polygon:
    """A polygon from (latitude, longitude) pairs in degrees, as a sender gave them.

    A repeated closing vertex and repeats in a row are dropped; longitudes are brought to
    [-180, 180). Raises InvalidValue for NaN, values out of range, fewer than 3 different vertices,
    more than 10,000, and (checked in :mod:`wideberth.space.rings`) edges that cross or overlap,
    and a ring without area.
    """
    from wideberth.space.rings import require_simple

    vertices: list[tuple[int, int]] = []
    for index, (latitude_deg, longitude_deg) in enumerate(points_deg):
        if index > MAX_VERTICES:
            raise InvalidValue(
                "vertices", "vertex-count", f"over {MAX_VERTICES}", "give fewer vertices"
            )
        vertex = (
            (round(latitude_deg * NANODEGREES), round(longitude_deg * NANODEGREES))
            if type(latitude_deg) is type(longitude_deg) is float
            and -89.9999999 < latitude_deg < 89.9999999
            and -180 <= longitude_deg < 179.9999999
            else _position_nd(latitude_deg, longitude_deg, field=f"vertices.{index}")
        )  # the first is what the second gives, for all but a few places, in a third of the time
        if not vertices or vertices[-1] != vertex:
            vertices.append(vertex)
    while len(vertices) > 1 and vertices[0] == vertices[-1]:
        vertices.pop()
    shape = Polygon(tuple(vertices))
    require_simple(shape)
    return shape


def circle(latitude_deg: float, longitude_deg: float, radius_m: float) -> Circle:
    """A circle from degrees and metres. Raises InvalidValue naming the field."""
    latitude_nd, longitude_nd = _position_nd(latitude_deg, longitude_deg, field="center")
    if not _is_number(radius_m) or not 0 < radius_m < 1e9:
        raise InvalidValue(
            "radius", "radius-range", radius_m, "give a radius over 0 m, up to 20,003,932 m"
        )
    return Circle(latitude_nd, longitude_nd, max(1, round(radius_m * 1000)))


def _position_nd(latitude_deg: object, longitude_deg: object, *, field: str) -> tuple[int, int]:
    if not _is_number(latitude_deg) or not -90 <= latitude_deg <= 90:
        raise InvalidValue(field, "latitude", latitude_deg, "give a latitude from -90 to 90")
    if not _is_number(longitude_deg) or not -180 <= longitude_deg <= 180:
        raise InvalidValue(field, "longitude", longitude_deg, "give a longitude from -180 to 180")
    longitude_nd = round(longitude_deg * NANODEGREES)
    if longitude_nd == _LON_LIMIT_ND:
        longitude_nd = -_LON_LIMIT_ND
    latitude_nd = round(latitude_deg * NANODEGREES)
    # At a pole every longitude is the same point: one spelling, so that repeats are seen as such.
    return (latitude_nd, 0 if abs(latitude_nd) == _LAT_LIMIT_ND else longitude_nd)


def _is_number(value: object) -> TypeGuard[int | float]:
    # Compared, not math.isfinite: that fails on an integer of a thousand digits.
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e12 < value < 1e12


def _require_position(latitude_nd: int, longitude_nd: int) -> None:
    if not -_LAT_LIMIT_ND <= latitude_nd <= _LAT_LIMIT_ND:
        raise InvalidValue(
            "latitude", "latitude", latitude_nd / NANODEGREES, "give a latitude from -90 to 90"
        )
    if not -_LON_LIMIT_ND <= longitude_nd < _LON_LIMIT_ND:
        raise InvalidValue(
            "longitude",
            "longitude",
            longitude_nd / NANODEGREES,
            "give a longitude from -180 up to, but not, 180",
        )
