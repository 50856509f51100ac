"""A place that is not plausible is asked about, and never guessed (F-04): outside of the space's
area, or far from where the version before was.

Nothing here is looked at by fold: a question that was answered stands in the entry as a caution.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from wideberth.errors import Unclear
from wideberth.model.intents import IntentKind
from wideberth.model.settings import Area, Plausible
from wideberth.picture.picture import Picture
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.boxes import rings_of_box
from wideberth.space.coordinates import slips
from wideberth.space.geodesic import distance_m
from wideberth.space.overlap import horizontal_gap_mm
from wideberth.space.positions import degrees_text, normal_position
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.vertical import AltitudeModel
from wideberth.space.volume import NANODEGREES, Circle, Footprint, Volume4D

__all__ = [
    "MOVED_FAR",
    "OUTSIDE_AREA",
    "are_far",
    "asked",
    "how_far_unasked_mm",
    "in_one",
    "is_outside",
    "moved",
    "outside",
]

OUTSIDE_AREA = "outside-area"
"""The rule that asks, and the caution on an intent that was confirmed."""

MOVED_FAR = "moved-far"
"""The rule that asks about an amendment, and the caution on a version that was confirmed."""

_MOST_EDGE_PAIRS = 1_000_000
"""Pairs of edges measured exactly for one question; others wait meanwhile. Measured: 2 ms where
they are those of two rings of 1,000 vertices, 31 ms of a hundred times two rings of 100."""

_MOST_LOOKS = 80_000
"""Pairs of footprints looked at for one question: 200 volumes, those before, and what is between.
Measured: 2 us each."""

_GROUND = Altitude(0, AltitudeReference.W84)


def is_outside(area: Area, footprint: Footprint) -> bool:
    """Whether no point of the footprint is in the area; up to 130 m beyond its sides is in it."""
    if any(area.bounds.holds(*place) for place in _places(footprint)):
        return False
    told = _prepared(footprint)
    return all(horizontal_gap_mm(told, piece) > 0 for piece in _pieces(area))


def outside(
    picture: Picture, volumes: Collection[Volume4D], *, standing: Collection[Volume4D] = ()
) -> Unclear | None:
    """What to ask about the first volume that lies wholly outside of the space's area; nothing
    about those that stand already.
    """
    area = picture.space.rules.area
    if area is None:
        return None
    for index, volume in enumerate(volumes):
        if is_outside(area, volume.footprint) and volume not in standing:
            return asked(
                volume.footprint,
                OUTSIDE_AREA,
                f"volumes.{index}",
                "this lies outside of the area of this space; correct it, or send it with"
                " confirmed",
                fits=area.bounds.holds,
            )
    return None


def how_far_unasked_mm(plausible: Plausible, kind: IntentKind | None, *, same_name: bool) -> int:
    """How far something may be moved without a question. kind: None for a zone. same_name: it
    names the same place as before.

    What stays put is asked about much earlier: a presence, and a hazard at a place by its name.
    """
    stays = kind is IntentKind.PRESENCE or (kind is IntentKind.HAZARD and same_name)
    return plausible.site_moved_mm if stays else plausible.moved_mm


def moved(
    volumes: Collection[Volume4D], standing: Collection[Volume4D], limit_mm: int
) -> Unclear | None:
    """What to ask about the first volume that is farther than the limit from all that stood.

    The distance is that of the nearest points. What hangs together, each within the limit of the
    next, with something near what stood is not asked about: a way that is made longer, a cover cut
    anew, legs that were flown and left out. Nor is what is told beside all that stood: that was not
    moved. Where shapes have over a million pairs of edges, their
    enclosing circles are compared, which asks less, never more.
    """
    stood = {volume.footprint for volume in standing}
    told = {volume.footprint for volume in volumes}
    if stood <= told or told <= stood:
        return None
    measure = _Measure(limit_mm)
    waiting = {
        footprint: _cap(footprint)
        for footprint in dict.fromkeys(volume.footprint for volume in volumes)
        if footprint not in stood
    }
    reached = [_cap(footprint) for footprint in dict.fromkeys(v.footprint for v in standing)]
    known = tuple(reached)
    while reached and waiting:
        near = reached.pop()
        for footprint, cap in list(waiting.items()):
            if measure.are_near(near, cap):
                reached.append(waiting.pop(footprint))
    for index, volume in enumerate(volumes):
        if volume.footprint in waiting:
            return asked(
                volume.footprint,
                MOVED_FAR,
                f"volumes.{index}",
                f"this is over {limit_mm / 1_000_000:g} km from where the version before was;"
                " correct it, or send it with confirmed",
                fits=lambda latitude_nd, longitude_nd: _is_within(
                    (latitude_nd, longitude_nd), known, limit_mm
                ),
            )
    return None


def are_far(volumes: Collection[Volume4D], others: Collection[Volume4D], limit_mm: int) -> bool:
    """Whether the nearest points of all these volumes and all those are over the limit apart.

    With the bound on the work of :func:`moved`: past it, shapes count as near.
    """
    measure = _Measure(limit_mm)
    told = [_cap(footprint) for footprint in dict.fromkeys(v.footprint for v in volumes)]
    known = [_cap(footprint) for footprint in dict.fromkeys(v.footprint for v in others)]
    return not any(measure.are_near(one, other) for one in told for other in known)


def asked(
    footprint: Footprint, rule: str, field: str, advice: str, *, fits: Callable[[int, int], bool]
) -> Unclear:
    """The question about one footprint: as written, or what its writer may have meant instead.

    fits: whether another place (latitude, longitude, 1e-9 degree) is worth offering.
    """
    place = _places(footprint)[0]
    written = degrees_text(*place)
    choices = [("confirmed: true", f"as written, at {written}")]
    for meaning, other in slips(*place):
        meant = normal_position(*other)
        if fits(*meant):
            choices.append((degrees_text(*meant), meaning))
    return Unclear(f"{field}.footprint", rule, written, advice, tuple(choices))


def in_one(questions: Iterable[Unclear | None]) -> Unclear | None:
    """One question for all of them, since one confirmation answers them all: the first, which
    names the others.
    """
    asked = [each for each in questions if each is not None]
    if len(asked) < 2:
        return asked[0] if asked else None
    first = asked[0]
    also = "; ".join(f"{each.field}: {each.advice} (rule {each.rule})" for each in asked[1:])
    return Unclear(
        first.field, first.rule, first.value, f"{first.advice}; also {also}", first.choices
    )


@dataclass(frozen=True, slots=True)
class _Cap:
    """A footprint, one point of it, and how far from there it reaches at most."""

    footprint: Footprint
    place: tuple[int, int]
    reach_mm: int


def _cap(footprint: Footprint) -> _Cap:
    if isinstance(footprint, Circle):
        return _Cap(footprint, (footprint.latitude_nd, footprint.longitude_nd), footprint.radius_mm)
    first = footprint.vertices[0]
    reach_mm = max(_apart_mm(first, vertex) for vertex in footprint.vertices)
    return _Cap(footprint, first, round(1.01 * reach_mm) + 1)  # an edge may bulge on the ellipsoid


class _Measure:
    """Whether footprints lie within a distance of each other, with a bound on the work."""

    def __init__(self, limit_mm: int) -> None:
        self._limit_mm = limit_mm
        self._left = _MOST_EDGE_PAIRS
        self._looks = 0

    def are_near(self, one: _Cap, other: _Cap) -> bool:
        """Whether they are, or may be where too much was looked at before."""
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            return True
        apart_mm = _apart_mm(one.place, other.place)
        if apart_mm - one.reach_mm - other.reach_mm > self._limit_mm:
            return False
        circles = _circle_mm(one) + _circle_mm(other)
        if apart_mm - circles <= self._limit_mm:
            return True
        pairs = len(_places(one.footprint)) * len(_places(other.footprint))
        if pairs > self._left:
            return True
        self._left -= pairs
        gap_mm = horizontal_gap_mm(_prepared(one.footprint), _prepared(other.footprint))
        return gap_mm <= self._limit_mm


def _circle_mm(cap: _Cap) -> int:
    return cap.reach_mm if isinstance(cap.footprint, Circle) else 0


def _is_within(place: tuple[int, int], known: tuple[_Cap, ...], limit_mm: int) -> bool:
    return any(_apart_mm(place, cap.place) - cap.reach_mm <= limit_mm for cap in known)


def _apart_mm(one: tuple[int, int], other: tuple[int, int]) -> float:
    return 1000 * distance_m(*(angle / NANODEGREES for angle in (*one, *other)))


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
