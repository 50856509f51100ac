"""A list of coordinates in any of the formats: one on a line, or several with a mark between."""

from __future__ import annotations

import re

from wideberth.errors import InvalidValue
from wideberth.space.positions import Question
from wideberth.wire.pasted.drafts import (
    MAX_PLACES,
    Draft,
    DraftPlace,
    Reading,
    Shape,
    by_count,
    place_of,
)

__all__ = ["read_coordinates"]

# From the mark that stands in no coordinate to those that may stand in one.
_BETWEEN = (r";", r"\t", r"\|", r"\s+(?:-|–|—|to|TO)\s+", r"\s*/\s*", r",", r"\s+")


def read_coordinates(text: str, *, shape: Shape | None, datum: str | None) -> Reading:
    """The places, in their order, as one shape; of circles one for each.

    shape: None: one place is a centre, two are a line, more are the corners of an area. Where one
    is not read there is no draft.
    """
    reading = Reading("coordinates")
    places: list[tuple[int, DraftPlace]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        places += [(number, found) for found in _on_line(line, reading, number, datum=datum)]
        if len(places) > MAX_PLACES:
            error = InvalidValue(
                "text", "place-count", f"over {MAX_PLACES}", f"paste up to {MAX_PLACES} places"
            )
            reading.trouble(error, 0)
            break
    if not places and not reading.troubles:
        reading.trouble(InvalidValue("text", "empty", "", "paste a place on each line"), 0)
    if reading.troubles:
        return reading
    made = shape or by_count([place for _, place in places])
    if made == "circle":
        for number, place in places:
            reading.add(Draft(number, "circle", (place,)))
    else:
        reading.add(Draft(places[0][0], made, tuple(place for _, place in places)))
    return reading


def _on_line(line: str, reading: Reading, row: int, *, datum: str | None) -> list[DraftPlace]:
    """The places of a line: all of it as one, else parted where every part is a place."""
    try:
        found = [place_of(line, datum=datum, field="place")]
    except InvalidValue as error:
        parted = _parted(line, datum=datum)
        if parted is None:
            reading.trouble(error, row)
            return []
        found = parted
    places: list[DraftPlace] = []
    for each in found:
        if isinstance(each, Question):
            reading.trouble(each, row)
        else:
            places.append(each)
    return places


def _parted(line: str, *, datum: str | None) -> list[DraftPlace | Question] | None:
    for mark in _BETWEEN:
        parts = [part for part in re.split(mark, line.strip()) if part.strip()]
        if not 1 < len(parts) <= MAX_PLACES:
            continue
        try:
            return [place_of(part, datum=datum, field="place") for part in parts]
        except InvalidValue:
            continue
    return None
