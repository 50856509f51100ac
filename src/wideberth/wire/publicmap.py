"""What is published as GeoJSON (RFC 7946), for maps. A circle is drawn as a ring around it.

GeoJSON draws edges straight in degrees, and ours are geodesics: an edge of 10 km leaves them by
less than 4 m at 60 degrees of latitude, one of 100 km by 340 m. The exact shape is in the members
``exact`` (in words) of each volume.
"""

from __future__ import annotations

import math
from typing import Any

from wideberth.model.exercises import EXERCISE_WORD
from wideberth.model.publications import NO_CLEARANCE, Publication
from wideberth.space.geodesic import around
from wideberth.space.volume import NANODEGREES, Circle, Polygon
from wideberth.wire.publicwords import (
    height,
    identifier,
    is_all_heights,
    place,
    sentences,
    utc,
)

__all__ = ["RING", "SPARE", "WIDEST_MM", "collection", "ring_around"]

RING = 72
"""Corners of the ring around a circle."""
SPARE = 1.004
"""How much wider the ring is than one that touches the circle on a plane."""
WIDEST_MM = 200_000_000
"""A larger circle, one that reaches beyond 75 degrees of latitude or over the antimeridian, is a
point with a radius."""
_POLAR_ND = 75 * NANODEGREES


def collection(publications: list[Publication], *, exercise: bool) -> dict[str, Any]:
    """A feature for each volume. The sentence on clearance is a member of the collection."""
    return {
        "type": "FeatureCollection",
        "sentence": NO_CLEARANCE,
        "exercise": exercise,
        "features": [
            feature for each in publications for feature in _features(each, exercise=exercise)
        ],
    }


def _features(publication: Publication, *, exercise: bool) -> list[dict[str, Any]]:
    content = publication.content
    text = " ".join(sentences(content))
    common = {
        "alert": identifier(publication.sender, publication.message),
        "kind": content.kind.value,
        "area": content.area,
        "agreed": content.agreed,
        "text": f"{EXERCISE_WORD}: {text}" if exercise else text,
        "exercise": exercise,
        "sent": utc(publication.message.sent_us),
    }
    return [
        {
            "type": "Feature",
            "geometry": _geometry(volume.footprint),
            "properties": {
                **common,
                "start": utc(volume.start_us),
                "end": utc(volume.end_us, up=True),
                "lower": None if is_all_heights(volume) else height(volume.lower),
                "upper": None if is_all_heights(volume) else height(volume.upper),
                "exact": place(volume.footprint),
                **_radius(volume.footprint),
            },
        }
        for volume in content.volumes
    ]


def _geometry(shape: Polygon | Circle) -> dict[str, Any]:
    if isinstance(shape, Polygon):
        ring = _counter_clockwise(_unrolled(shape))
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    ring = ring_around(shape)
    if ring is not None:
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Point", "coordinates": [_deg(shape.longitude_nd), _deg(shape.latitude_nd)]}


def _radius(shape: Polygon | Circle) -> dict[str, float]:
    return {"radius_m": shape.radius_mm / 1000} if isinstance(shape, Circle) else {}


def ring_around(circle: Circle) -> list[list[float]] | None:
    """A ring, counter-clockwise, whose straight edges hold the circle; None where it is too large,
    too near to a pole, or on the antimeridian.
    """
    radius_m = circle.radius_mm / 1000
    reach_nd = round(radius_m / 110_000 * NANODEGREES)
    if circle.radius_mm > WIDEST_MM or abs(circle.latitude_nd) + reach_nd > _POLAR_ND:
        return None
    points = around(
        _deg(circle.latitude_nd),
        _deg(circle.longitude_nd),
        radius_m / math.cos(math.pi / RING) * SPARE,
        RING,
    )
    ring = [[longitude_deg, latitude_deg] for latitude_deg, longitude_deg in reversed(points)]
    if max(each[0] for each in ring) - min(each[0] for each in ring) > 180:
        return None
    return ring


def _unrolled(shape: Polygon) -> list[list[float]]:
    """The corners, each longitude within 180 degrees of the one before: over the antimeridian they
    go on beyond 180, which maps draw in one piece.
    """
    ring: list[list[float]] = []
    for latitude_nd, longitude_nd in shape.vertices:
        longitude_deg = _deg(longitude_nd)
        if ring:
            longitude_deg += 360 * round((ring[-1][0] - longitude_deg) / 360)
        ring.append([longitude_deg, _deg(latitude_nd)])
    return ring


def _counter_clockwise(ring: list[list[float]]) -> list[list[float]]:
    twice = sum(
        one[0] * two[1] - two[0] * one[1]
        for one, two in zip(ring, [*ring[1:], ring[0]], strict=True)
    )
    return ring if twice >= 0 else ring[::-1]


def _deg(nanodegrees: int) -> float:
    return nanodegrees / NANODEGREES
