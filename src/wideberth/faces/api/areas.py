"""Which intents stand in an area, as far as the asker may see them; in the order they were told.

Nothing in a box is left out, and something up to MARGIN_M beyond it may be in the answer
(:mod:`wideberth.space.boxes`).

A small area asks the index. A large one, which could hold everything there is, walks through the
intents a few milliseconds at a time, so that nobody else waits, and stops when the page is full.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass, replace

from wideberth.errors import InvalidValue, NotComparable
from wideberth.faces.api.codec import Box
from wideberth.faces.api.turns import Turns
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.picture.limits import sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.space.altitude import MAX_ALTITUDE_MM, MIN_ALTITUDE_MM, Altitude, AltitudeReference
from wideberth.space.boxes import MARGIN_M, rings_of_box
from wideberth.space.overlap import is_conflict
from wideberth.space.prepared import PreparedVolume, prepare_many
from wideberth.space.time import MAX_US, MIN_US
from wideberth.space.volume import NANODEGREES, Circle, Footprint, Separation, Volume4D
from wideberth.wire import meaning

__all__ = [
    "MARGIN_M",
    "MOST_AREAS",
    "Area",
    "AreasAsked",
    "Found",
    "Slab",
    "area_of_box",
    "area_of_footprint",
    "area_of_volume",
    "band_of",
    "find",
    "touches",
]

_SMALL_DEG = 0.25
_TOUCHING = Separation()


@dataclass(frozen=True, slots=True)
class Slab:
    """The time and the heights that are asked about; all of both where nothing is said."""

    start_us: int = MIN_US
    end_us: int = MAX_US
    lower_mm: int = MIN_ALTITUDE_MM
    upper_mm: int = MAX_ALTITUDE_MM


@dataclass(frozen=True, slots=True)
class Area:
    """Volumes that together are the area; none: the whole earth. small: worth asking the index;
    box: what it was made of, where that was one.
    """

    pieces: tuple[PreparedVolume, ...]
    slab: Slab
    small: bool = False
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of intents. next: where the next page starts, or None at the end."""

    intents: list[Intent]
    next: int | None


MOST_AREAS = 16
"""Areas that differ, of the streams of positions of one party at a time."""


class AreasAsked:
    """Which areas each party's streams of positions are asked for at the moment."""

    def __init__(self) -> None:
        self._of: dict[PartyId, tuple[Counter[Hashable], asyncio.Lock]] = {}

    @contextlib.contextmanager
    def asked(self, party: PartyId, asks: Hashable) -> Generator[asyncio.Lock]:
        """One stream more asks for this; gives what is held while one of the party's areas is
        worked out, so that they are in turn. Raises InvalidValue where it is one area too many.
        """
        areas, turn = self._of.setdefault(party, (Counter(), asyncio.Lock()))
        if asks not in areas and len(areas) >= MOST_AREAS:
            advice = (
                f"your party's streams of positions ask for {MOST_AREAS} areas that differ;"
                " ask for one of those, or for everything and pick"
            )
            raise InvalidValue("", "area-count", len(areas) + 1, advice)
        areas[asks] += 1
        try:
            yield turn
        finally:
            areas[asks] -= 1
            if not areas[asks]:
                del areas[asks]
            if not areas:
                self._of.pop(party, None)


def band_of(lower_m: float | None, upper_m: float | None) -> tuple[int, int]:
    """Heights in millimetres above the ellipsoid, from all the way down or up where nothing is
    said. Raises InvalidValue.
    """
    lower_mm = MIN_ALTITUDE_MM if lower_m is None else meaning.millimetres(lower_m, "lower_m")
    upper_mm = MAX_ALTITUDE_MM if upper_m is None else meaning.millimetres(upper_m, "upper_m")
    if upper_mm < lower_mm:
        raise InvalidValue(
            "lower_m, upper_m", "upper-below-lower", upper_m, "give upper_m over lower_m"
        )
    return lower_mm, upper_mm


def area_of_box(box: Box, slab: Slab, picture: Picture) -> Area:
    """A box, its sides included."""
    south, west, north, east = box
    width = east - west if east >= west else east - west + 360
    if width >= 360 and south <= -90 and north >= 90:
        return Area((), slab)
    rings = [_volume(ring, slab) for ring in rings_of_box(south, west, north, east)]
    small = width <= _SMALL_DEG and north - south <= _SMALL_DEG
    return Area(_prepared(rings, picture), slab, small, box)


def area_of_volume(volume: Volume4D, picture: Picture) -> Area:
    """A volume as it was asked about. Raises NotComparable for heights that nothing here relates
    to the ellipsoid.
    """
    picture.altitude_model.require_comparable(volume)
    slab = Slab(volume.start_us, volume.end_us)
    return Area(_prepared((volume,), picture), slab, _is_small(volume))


async def find(
    picture: Picture,
    area: Area,
    reader: PartyId,
    *,
    kinds: Sequence[IntentKind] = (),
    party: str | None = None,
    after: int = -1,
    limit: int,
) -> Found:
    """Intents in the area that the reader may see. after: told first at a later position."""

    def is_asked(intent: Intent) -> bool:
        return (
            (not kinds or intent.kind in kinds)
            and (party is None or intent.party == party)
            and sees(picture, intent, reader)
            and needs(picture, intent, reader)
        )

    if area.small:
        try:
            return _asked_of_index(picture, area, is_asked, after=after, limit=limit)
        except NotComparable:
            pass  # heights under rules that no longer hold: walk, and show rather than leave out
    return await _walked(picture, area, is_asked, after=after, limit=limit)


def area_of_footprint(footprint: Footprint, slab: Slab, picture: Picture) -> Area:
    """A circle or a polygon."""
    volume = _volume(footprint, slab)
    return Area(_prepared((volume,), picture), slab, _is_small(volume))


def touches(
    volumes: Sequence[PreparedVolume], area: Area, separation: Separation = _TOUCHING
) -> bool:
    """Whether one of the volumes touches the area, or comes as near as separation says; heights
    that cannot be compared count as yes.
    """
    if not area.pieces:
        slab = replace(
            area.slab,
            lower_mm=max(MIN_ALTITUDE_MM, area.slab.lower_mm - separation.vertical_mm),
            upper_mm=min(MAX_ALTITUDE_MM, area.slab.upper_mm + separation.vertical_mm),
        )
        return any(_is_in_slab(volume, slab) for volume in volumes)
    return any(_touches(volume, piece, separation) for volume in volumes for piece in area.pieces)


def first_position(picture: Picture, intent_id: IntentId) -> int:
    """Where an intent was told first."""
    assert picture.history is not None, "reads are made from the picture, not from an overlay"
    return picture.history.positions(intent_id)[0]


def _asked_of_index(
    picture: Picture, area: Area, is_asked: Callable[[Intent], bool], *, after: int, limit: int
) -> Found:
    ids: set[IntentId] = set()
    for piece in area.pieces:
        ids.update(each for each, _, _ in picture.intent_space.conflicts(piece, _TOUCHING))
    intents = picture.intents
    placed = [
        (first_position(picture, intent_id), intent_id)
        for intent_id in ids
        if is_asked(intents[intent_id])
    ]
    placed = sorted(each for each in placed if each[0] > after)
    page = [intents[intent_id] for _, intent_id in placed[:limit]]
    return Found(page, placed[limit - 1][0] if len(placed) > limit else None)


async def _walked(
    picture: Picture, area: Area, is_asked: Callable[[Intent], bool], *, after: int, limit: int
) -> Found:
    page: list[Intent] = []
    last = after
    turns = Turns()
    for intent_id in list(picture.intents):  # in the order told; others may leave meanwhile
        await turns.let_others()
        intent = picture.intents.get(intent_id)
        if intent is None or not is_asked(intent):
            continue
        position = first_position(picture, intent_id)
        if position <= after or not _is_in(picture, area, intent):
            continue
        if len(page) == limit:
            return Found(page, last)
        page.append(intent)
        last = position
    return Found(page, None)


def _is_in(picture: Picture, area: Area, intent: Intent) -> bool:
    slab = area.slab
    if intent.end_us < slab.start_us or intent.start_us > slab.end_us:
        return False
    return touches(picture.intent_space.views(intent.id), area)


def _is_in_slab(prepared: PreparedVolume, slab: Slab) -> bool:
    volume = prepared.volume
    if volume.start_us > slab.end_us or volume.end_us < slab.start_us:
        return False
    if (slab.lower_mm, slab.upper_mm) == (MIN_ALTITUDE_MM, MAX_ALTITUDE_MM):
        return True
    try:
        lower_mm, upper_mm = prepared.altitude_model.band_w84_mm(volume)
    except NotComparable:
        return True
    return lower_mm <= slab.upper_mm and upper_mm >= slab.lower_mm


def _touches(volume: PreparedVolume, piece: PreparedVolume, separation: Separation) -> bool:
    try:
        return is_conflict(volume, piece, separation)
    except NotComparable:
        return True


def _is_small(volume: Volume4D) -> bool:
    shape = volume.footprint
    if isinstance(shape, Circle):
        return shape.radius_mm <= 15_000_000
    latitudes = [vertex[0] for vertex in shape.vertices]
    longitudes = [vertex[1] for vertex in shape.vertices]
    span = max(max(latitudes) - min(latitudes), max(longitudes) - min(longitudes))
    return span <= _SMALL_DEG * NANODEGREES


def _prepared(volumes: Sequence[Volume4D], picture: Picture) -> tuple[PreparedVolume, ...]:
    """Not remembered: what anybody asks about must not drive out what stands."""
    return tuple(prepare_many(volumes, picture.altitude_model))


def _volume(footprint: Footprint, slab: Slab) -> Volume4D:
    return Volume4D(
        footprint,
        Altitude(slab.lower_mm, AltitudeReference.W84),
        Altitude(slab.upper_mm, AltitudeReference.W84),
        slab.start_us,
        slab.end_us,
    )
