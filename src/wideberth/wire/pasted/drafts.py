"""What a reading of pasted text brings: drafts of volumes, and what was not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from wideberth.errors import InvalidValue, Unclear
from wideberth.space.coordinates import parse_position
from wideberth.space.positions import Question
from wideberth.space.volume import circle, polygon
from wideberth.wire import asked

__all__ = [
    "FEET_M",
    "MAX_DRAFTS",
    "MAX_PLACES",
    "NAUTICAL_MILE_M",
    "Draft",
    "DraftPlace",
    "Form",
    "Reading",
    "Shape",
    "Trouble",
    "by_count",
    "cut",
    "place_of",
    "shaped",
]

Form = Literal["coordinates", "notam", "geojson", "table"]
Shape = Literal["polygon", "circle", "corridor"]

MAX_DRAFTS = 200  # volumes of one intent
MAX_PLACES = 2_000  # of one text
NAUTICAL_MILE_M = 1852.0
FEET_M = 0.3048
_SHOWN = 120  # characters of what came that a trouble gives back
_POINT_MM = 2_000  # a square of a metre is a point for all that is told here

T = TypeVar("T")


class DraftPlace(msgspec.Struct, frozen=True):
    """A place, degrees in WGS84. text, datum: as it came, where it came as text; within_m: how far
    the farthest corner of the square lies that the text names, 0 for a point.
    """

    longitude: float
    latitude: float
    text: str | None = None
    datum: str | None = None
    within_m: float = 0.0


class Draft(msgspec.Struct, frozen=True):
    """A volume as far as the text says it; None is to be filled in by a person.

    row: the line, feature or message that it comes from, from 1. places: corners, the points of a
    line, or one centre. times: a NOTAM's item D). words: of the text that are no geometry.
    """

    row: int
    shape: Shape
    places: tuple[DraftPlace, ...]
    radius_m: float | None = None
    width_m: float | None = None
    lower: asked.AltitudeWire | None = None
    upper: asked.AltitudeWire | None = None
    start: str | None = None
    end: str | None = None
    times: str | None = None
    kind: str | None = None
    name: str | None = None
    words: str | None = None


class Trouble(msgspec.Struct, frozen=True):
    """What was not read. row: as of a draft, 0 for the whole text. column: of a sheet. choices: for
    each reading the text to give instead, and what it means.
    """

    row: int
    field: str
    rule: str
    value: str
    detail: str
    column: str | None = None
    choices: tuple[tuple[str, str], ...] = ()


class Reading:
    """What was found in one text, while it is read and at its end.

    columns: the header of a sheet; mapping: which of them was read as what; unmapped: shown, so
    that nobody takes them for read.
    """

    def __init__(self, form: Form) -> None:
        self.form: Form = form
        self.drafts: list[Draft] = []
        self.troubles: list[Trouble] = []
        self.notes: list[str] = []
        self.columns: list[str] = []
        self.mapping: dict[str, str] = {}

    def trouble(
        self, error: InvalidValue | Question, row: int, *, column: str | None = None
    ) -> None:
        """Note what a reader refused, or asks."""
        choices: tuple[tuple[str, str], ...] = ()
        if isinstance(error, Question):
            error = error.error()
        if isinstance(error, Unclear):
            choices = error.choices
        self.troubles.append(
            Trouble(row, error.field, error.rule, cut(error.value), error.advice, column, choices)
        )

    def tried(self, make: Callable[[], T], row: int, *, column: str | None = None) -> T | None:
        """What make gives; None where it raises InvalidValue, which is noted."""
        try:
            return make()
        except InvalidValue as error:
            self.trouble(error, row, column=column)
            return None

    def add(self, draft: Draft) -> None:
        """Take a draft whose geometry is one; else note why it is none."""
        if len(self.drafts) >= MAX_DRAFTS:
            advice = f"paste up to {MAX_DRAFTS} areas"
            error = InvalidValue("text", "volume-count", f"over {MAX_DRAFTS}", advice)
            self.trouble(error, draft.row)
            return
        made = self.tried(lambda: shaped(draft), draft.row)
        if made is not None:
            self.drafts.append(made)


def cut(value: Any) -> str:
    """What came, in so many characters."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def place_of(text: str, *, datum: str | None, field: str) -> DraftPlace | Question:
    """The place that a text names, or what its writer has to be asked. Raises InvalidValue."""
    found = parse_position(text, field=field, datum=datum)
    if isinstance(found, Question):
        return found
    within_m = found.within_mm / 1000 if found.cell else 0.0
    return DraftPlace(
        found.longitude_nd / 1e9, found.latitude_nd / 1e9, text.strip(), datum, within_m
    )


def shaped(draft: Draft) -> Draft:
    """The same; without the closing corner of a ring. Raises InvalidValue for what is no shape."""
    places = draft.places
    if draft.shape == "polygon":
        if len(places) > 1 and _same(places[0], places[-1]):
            places = places[:-1]
        for index, place in enumerate(places):
            if place.within_m * 1000 > _POINT_MM:
                raise InvalidValue(
                    f"places.{index}",
                    "square-for-a-point",
                    place.text,
                    "a polygon's corner is a point: give five digits each, or degrees",
                )
        polygon((each.latitude, each.longitude) for each in places)
    elif draft.shape == "corridor" and len(places) < 2:
        raise InvalidValue("places", "too-few", len(places), "a corridor needs two points at least")
    for place in places:
        circle(place.latitude, place.longitude, 1)
    for field, value in (("radius_m", draft.radius_m), ("width_m", draft.width_m)):
        if value is not None and not 0 < value <= 1e8:
            raise InvalidValue(field, f"{field[:-2]}-range", value, "give a length in m above 0")
    return msgspec.structs.replace(draft, places=places)


def _same(one: DraftPlace, other: DraftPlace) -> bool:
    return (one.longitude, one.latitude) == (other.longitude, other.latitude)


def by_count(places: Sequence[DraftPlace]) -> Shape:
    """What so many places are, where nobody said: a centre, a line, an area."""
    return "circle" if len(places) == 1 else "corridor" if len(places) == 2 else "polygon"
