"""What is told outside of the space's area is asked about, and never guessed (F-04)."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from wideberth.errors import Unclear
from wideberth.model.settings import Area
from wideberth.picture.picture import Picture
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.boxes import rings_of_box
from wideberth.space.coordinates import slips
from wideberth.space.overlap import horizontal_gap_mm
from wideberth.space.positions import degrees_text, normal_position
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.vertical import AltitudeModel
from wideberth.space.volume import Circle, Footprint, Volume4D

__all__ = ["OUTSIDE_AREA", "is_outside", "require_inside"]

OUTSIDE_AREA = "outside-area"
"""The rule that asks, and the caution on an intent that was confirmed."""

_GROUND = Altitude(0, AltitudeReference.W84)


def is_outside(area: Area, footprint: Footprint) -> bool:
    """Whether no point of the footprint is in the area; up to 130 m beyond its sides is in it."""
    if any(area.bounds.holds(*place) for place in _places(footprint)):
        return False
    told = _prepared(footprint)
    return all(horizontal_gap_mm(told, piece) > 0 for piece in _pieces(area))


def require_inside(
    picture: Picture, volumes: Collection[Volume4D], *, standing: Collection[Volume4D] = ()
) -> None:
    """Raise Unclear for the first volume that lies wholly outside of the space's area; not for
    those that stand already.
    """
    area = picture.space.rules.area
    if area is None:
        return
    for index, volume in enumerate(volumes):
        if is_outside(area, volume.footprint) and volume not in standing:
            raise _question(area, volume.footprint, f"volumes.{index}")


def _question(area: Area, footprint: Footprint, field: str) -> Unclear:
    place = _places(footprint)[0]
    written = degrees_text(*place)
    choices = [("confirmed: true", f"as written, at {written}")]
    for meaning, other in slips(*place):
        meant = normal_position(*other)
        if area.bounds.holds(*meant):
            choices.append((degrees_text(*meant), meaning))
    return Unclear(
        f"{field}.footprint",
        OUTSIDE_AREA,
        written,
        "this lies outside of the area of this space; correct it, or send it with confirmed",
        tuple(choices),
    )


def _places(footprint: Footprint) -> tuple[tuple[int, int], ...]:
    if isinstance(footprint, Circle):
        return ((footprint.latitude_nd, footprint.longitude_nd),)
    return footprint.vertices


@lru_cache(maxsize=8)
def _pieces(area: Area) -> tuple[PreparedVolume, ...]:
    return tuple(_prepared(ring) for ring in rings_of_box(*area.bounds))


def _prepared(footprint: Footprint) -> PreparedVolume:
    """For distances on the ground alone."""
    return prepare(Volume4D(footprint, _GROUND, _GROUND, 0, 0), AltitudeModel())
