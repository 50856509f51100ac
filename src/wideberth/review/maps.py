"""A coarse map of the places that a reader was told of: outline of the land, shapes, a scale.

Drawn as degrees with the longitudes shortened by the cosine of the middle latitude: for looking at,
never for measuring. The outline of the land is handed in, as rings of (longitude, latitude).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from wideberth.review.cells import Chart
from wideberth.review.charts import INK, PALE, number, svg
from wideberth.review.facts import ShapeFact
from wideberth.space.volume import NANODEGREES, Footprint, Polygon

__all__ = ["COLOURS", "MOST_SHAPES", "drawn"]

Ring = Sequence[tuple[float, float]]

COLOURS = {
    "flight": "#1f4e79",
    "movement": "#2f7d4f",
    "hazard": "#b3541e",
    "presence": "#6a4c93",
    "zone": "#444444",
}
"""By kind, in the order of the legend."""

MOST_SHAPES = 400
_WIDTH, _HEIGHT = 720.0, 420.0
_DEGREE_KM = 111.2  # of a meridian, mean
_EARTH_KM = 6371.0
_CORNERS = 48  # of a circle as it is drawn


def drawn(shapes: Sequence[ShapeFact], land: Iterable[Ring]) -> Chart | None:
    """The map of the newest shapes, up to MOST_SHAPES; None where there is none."""
    newest = sorted(shapes, key=lambda each: each.position)[-MOST_SHAPES:]
    rings = [(each.kind, _ring(one)) for each in newest for one in each.footprints]
    if not rings:
        return None
    middle = rings[0][1][0][0]
    turned = [(kind, [(_near(x, middle), y) for x, y in ring]) for kind, ring in rings]
    frame = _Frame([point for _, ring in turned for point in ring])
    parts = [
        f'<rect x="0" y="0" width="{number(_WIDTH)}" height="{number(_HEIGHT)}" fill="#eef3f6"/>'
    ]
    for ring in land:
        for offset in (-360.0, 0.0, 360.0):
            inside = _clipped([(x + offset, y) for x, y in ring], frame)
            if len(inside) > 2:
                parts.append(_path(inside, frame, 'fill="#fbfaf6" stroke="#8d8d86"'))
    parts += frame.grid()
    for kind, ring in turned:
        colour = COLOURS[kind]
        look = f'fill="{colour}" fill-opacity="0.16" stroke="{colour}" stroke-width="1.3"'
        if kind == "zone":
            look = f'fill="none" stroke="{colour}" stroke-width="1.4" stroke-dasharray="6 3"'
        parts.append(_path(ring, frame, look))
    parts.append(frame.scale_bar())
    parts.append(
        f'<rect x="0.5" y="0.5" width="{number(_WIDTH - 1)}" height="{number(_HEIGHT - 1)}"'
        f' fill="none" stroke="{INK}"/>'
    )
    x = 4.0
    for kind, colour in COLOURS.items():
        if any(kind == each for each, _ in turned):
            parts.append(
                f'<rect x="{number(x)}" y="{number(_HEIGHT + 9)}" width="11" height="11"'
                f' fill="{colour}" fill-opacity="0.3" stroke="{colour}"/>'
                f'<text x="{number(x + 17)}" y="{number(_HEIGHT + 19)}" fill="{INK}">{kind}</text>'
            )
            x += 34 + 8 * len(kind)
    caption = (
        "Places told in the period that the reader may see whole. A coarse outline, for looking at"
        " and not for measuring. No information is not clearance."
    )
    if len(shapes) > MOST_SHAPES:
        caption += f" The newest {MOST_SHAPES} of {len(shapes)} are drawn."
    return Chart("map", caption, svg(_WIDTH, _HEIGHT + 26, parts))


class _Frame:
    """What part of the world is drawn, and where a place of it comes to lie."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        south, north = min(y for _, y in points), max(y for _, y in points)
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        middle = (south + north) / 2
        self.shrink = max(0.05, math.cos(math.radians(middle)))
        width = max((east - west) * self.shrink, 0.05) * 1.35
        height = max(north - south, 0.03) * 1.35
        self.per_degree = min(_WIDTH / width, _HEIGHT / height)
        self.west = (west + east) / 2 - _WIDTH / self.per_degree / self.shrink / 2
        self.east = (west + east) / 2 + _WIDTH / self.per_degree / self.shrink / 2
        self.south = middle - _HEIGHT / self.per_degree / 2
        self.north = middle + _HEIGHT / self.per_degree / 2

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a (longitude, latitude) lies on the drawing."""
        return (
            (point[0] - self.west) * self.shrink * self.per_degree,
            (self.north - point[1]) * self.per_degree,
        )

    def grid(self) -> list[str]:
        """Meridians and parallels, with their degrees at the edge."""
        step = _round_step((self.north - self.south) / 3)
        parts: list[str] = []
        for first, last, is_meridian in (
            (self.west, self.east, True),
            (self.south, self.north, False),
        ):
            for at in range(math.ceil(first / step), math.floor(last / step) + 1):
                value = at * step
                x, y = self.at((value, self.south) if is_meridian else (self.west, value))
                ends = (x, 0.0, x, _HEIGHT) if is_meridian else (0.0, y, _WIDTH, y)
                x1, y1, x2, y2 = map(number, ends)
                parts.append(
                    f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{PALE}"'
                    ' stroke-width="0.7"/>'
                )
                turned = (value + 180) % 360 - 180 if is_meridian else value
                side = ("EW" if is_meridian else "NS")[turned < 0]
                degrees = f"{abs(turned):.4f}".rstrip("0").rstrip(".")
                place = (x + 3, _HEIGHT - 5) if is_meridian else (4.0, y - 3)
                parts.append(
                    f'<text x="{number(place[0])}" y="{number(place[1])}" font-size="11"'
                    f' fill="#6b6b66">{degrees}° {side}</text>'
                )
        return parts

    def scale_bar(self) -> str:
        """So many kilometres, as long as they are in the middle of the map."""
        km = _round_step(150 / self.per_degree * _DEGREE_KM)
        length = km / _DEGREE_KM * self.per_degree
        x, y = _WIDTH - length - 16, 24.0
        shown = f"{km:.3f}".rstrip("0").rstrip(".")
        return (
            f'<path d="M{number(x)} {number(y - 5)}V{number(y)}H{number(x + length)}'
            f'V{number(y - 5)}" fill="none" stroke="{INK}"/>'
            f'<text x="{number(x + length / 2)}" y="{number(y - 8)}" font-size="11"'
            f' text-anchor="middle" fill="{INK}">{shown} km</text>'
        )


def _round_step(value: float) -> float:
    """1, 2 or 5 times a power of ten, no more than value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(each * power for each in (5, 2, 1) if each * power <= value * 1.000001)


def _near(longitude: float, middle: float) -> float:
    """The same meridian, within half a turn of the middle."""
    return longitude - 360 * round((longitude - middle) / 360)


def _ring(footprint: Footprint) -> list[tuple[float, float]]:
    """(longitude, latitude) in degrees round a footprint, without a jump in between."""
    if isinstance(footprint, Polygon):
        points = [(lon / NANODEGREES, lat / NANODEGREES) for lat, lon in footprint.vertices]
    else:
        points = _round_a_point(
            footprint.latitude_nd / NANODEGREES,
            footprint.longitude_nd / NANODEGREES,
            footprint.radius_mm / 1e6 / _EARTH_KM,
        )
    ring = [points[0]]
    for x, y in points[1:]:
        ring.append((_near(x, ring[-1][0]), y))
    return ring


def _round_a_point(
    latitude_deg: float, longitude_deg: float, radius_rad: float
) -> list[tuple[float, float]]:
    """A circle on the sphere. Source: the direct problem on a sphere, by spherical trigonometry."""
    phi = math.radians(latitude_deg)
    radius = min(radius_rad, math.pi - 1e-6)
    points: list[tuple[float, float]] = []
    for at in range(_CORNERS):
        bearing = 2 * math.pi * at / _CORNERS
        there = math.asin(
            max(
                -1.0,
                min(
                    1.0,
                    math.sin(phi) * math.cos(radius)
                    + math.cos(phi) * math.sin(radius) * math.cos(bearing),
                ),
            )
        )
        turn = math.atan2(
            math.sin(bearing) * math.sin(radius) * math.cos(phi),
            math.cos(radius) - math.sin(phi) * math.sin(there),
        )
        points.append((longitude_deg + math.degrees(turn), math.degrees(there)))
    return points


def _clipped(ring: Ring, frame: _Frame) -> list[tuple[float, float]]:
    """The part of a ring within the frame. Source: Sutherland and Hodgman, 1974."""
    points = list(ring)
    for axis, bound, sign in (
        (0, frame.west, 1.0),
        (0, frame.east, -1.0),
        (1, frame.south, 1.0),
        (1, frame.north, -1.0),
    ):
        kept: list[tuple[float, float]] = []
        for at, point in enumerate(points):
            before = points[at - 1]
            is_in = (point[axis] - bound) * sign >= 0
            was_in = (before[axis] - bound) * sign >= 0
            if is_in != was_in:
                share = (bound - before[axis]) / (point[axis] - before[axis])
                kept.append(
                    (
                        before[0] + share * (point[0] - before[0]),
                        before[1] + share * (point[1] - before[1]),
                    )
                )
            if is_in:
                kept.append(point)
        points = kept
        if not points:
            break
    return points


def _path(ring: Ring, frame: _Frame, look: str) -> str:
    points = [frame.at(each) for each in ring]
    shown = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path d="M{shown}Z" {look}/>'
