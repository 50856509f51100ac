"""Coordinates in and out: one reader that tells the formats apart, one writer for each of them.

:func:`parse_position` gives a :class:`~wideberth.space.positions.Position` that keeps the
original text, or a :class:`~wideberth.space.positions.Question`: what could be meant in two ways,
or is hardly meant at all, is asked about and never guessed (F-01 to F-05).
"""

from __future__ import annotations

import itertools
import re

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space import grids
from wideberth.space.angles import (
    MAX_CHARACTERS,
    compact_text,
    normal_text,
    parse_angles,
    sexagesimal_text,
)
from wideberth.space.positions import (
    Bounds,
    Choice,
    CoordinateFormat,
    Position,
    Question,
    degrees_text,
    normal_position,
)
from wideberth.space.volume import NANODEGREES

__all__ = [
    "Bounds",
    "Choice",
    "CoordinateFormat",
    "Position",
    "Question",
    "format_position",
    "parse_position",
    "require_position",
    "slips",
]

_DATUM = re.compile(
    r"[(\[]?\b(?:DATUM[:= ]+)?(WGS[ _-]?(?:19)?(?:84|72)|ED[ -]?(?:19)?50|PULKOVO[ -]?(?:19)?42"
    r"|(?:SK|CK|СК)[ -]?42|NAD[ -]?(?:19)?(?:27|83)|ETRS[ -]?(?:19)?89|TOKYO|OSGB[ -]?(?:19)?36"
    r"|GDA[ -]?(?:94|2020)|INDIAN|CH[ -]?1903)\b[)\]]?"
)
_NEEDS_DATUM = frozenset((CoordinateFormat.UTM, CoordinateFormat.UPS, CoordinateFormat.MGRS))
_NULL_ISLAND_ND = NANODEGREES // 100  # about 1 km round 0 N, 0 E
_MOST_DIGITS = {
    CoordinateFormat.DEGREES: (9, 6),
    CoordinateFormat.MINUTES: (7, 4),
    CoordinateFormat.SECONDS: (5, 2),
    CoordinateFormat.COMPACT: (0, 0),
    CoordinateFormat.UTM: (3, 0),
    CoordinateFormat.UPS: (3, 0),
    CoordinateFormat.MGRS: (5, 5),
    CoordinateFormat.GEOREF: (6, 4),
}
"""For each format the most digits that it takes, and how many it is written with by default."""


def parse_position(
    text: str,
    *,
    field: str = "position",
    datum: str | None = None,
    area: Bounds | None = None,
    accepted: frozenset[str] = frozenset(),
) -> Position | Question:
    """The place that a text names, or what its writer has to be asked.

    datum: what the caller and the writer agreed, for a text that names none; MGRS, UTM and UPS need
    one, degrees and GEOREF are WGS84 unless they say otherwise. Only WGS84 is read. area: where
    the space is; a place outside is asked about. accepted: the rules of plausibility (``outside-
    area``, ``null-island``) that the writer has confirmed for this text. Raises InvalidValue for a
    text that is no place.

    >>> parse_position("31U DQ 48251 11932", datum="WGS84").within_mm
    710
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - wire input
        raise InvalidValue(field, "text", text, "give the place as text")
    if len(text) > MAX_CHARACTERS:
        raise InvalidValue(
            field, "length", f"{len(text)} characters", f"give up to {MAX_CHARACTERS} characters"
        )
    clean, named = _without_datum(normal_text(text))
    for said in (named, datum):
        if said is not None and not _is_wgs84(said):
            return _ask_for_wgs84(said, text, field)
    found = _read(clean, text, field)
    if isinstance(found, Question):
        return _plausible_choices(found, area)
    if found.format in _NEEDS_DATUM and named is None and datum is None:
        return Question(
            field,
            "datum-missing",
            text,
            f"{found.format.value.upper()} squares lie up to some hundred metres apart in different"
            " datums; say which one this is",
            (Choice(f"{clean} (WGS84)", "the datum is WGS84"),),
        )
    return _plausible(found, area, accepted, field)


def require_position(
    text: str,
    *,
    field: str = "position",
    datum: str | None = None,
    area: Bounds | None = None,
    accepted: frozenset[str] = frozenset(),
) -> Position:
    """The same where nobody can be asked on the spot. Raises Unclear with the choices."""
    found = parse_position(text, field=field, datum=datum, area=area, accepted=accepted)
    if isinstance(found, Question):
        raise found.error()
    return found


def format_position(
    latitude_nd: int, longitude_nd: int, form: CoordinateFormat, *, digits: int | None = None
) -> str:
    """A place in a format. digits: decimals of the last part; for MGRS and GEOREF the digits each.

    Angles, UTM and UPS are rounded to the last digit; MGRS and GEOREF are cut off, because they
    name the square that the place is in. Raises InvalidValue for UTM at a pole and UPS elsewhere.

    >>> format_position(48_858_200_000, 2_294_500_000, CoordinateFormat.MGRS, digits=2)
    '31U DQ 48 11'
    """
    most, usual = _MOST_DIGITS[form]
    if digits is None:
        digits = usual
    fewest = 2 if form is CoordinateFormat.GEOREF else 0
    if not fewest <= digits <= most:
        raise InvalidValue("digits", "digits", digits, f"{form.value} takes {fewest} to {most}")
    latitude_nd, longitude_nd = normal_position(latitude_nd, longitude_nd)
    match form:
        case CoordinateFormat.DEGREES:
            return degrees_text(latitude_nd, longitude_nd, digits=digits)
        case CoordinateFormat.MINUTES:
            return sexagesimal_text(latitude_nd, longitude_nd, digits=digits, has_seconds=False)
        case CoordinateFormat.SECONDS:
            return sexagesimal_text(latitude_nd, longitude_nd, digits=digits, has_seconds=True)
        case CoordinateFormat.COMPACT:
            return compact_text(latitude_nd, longitude_nd)
        case CoordinateFormat.UTM:
            return grids.utm_text(latitude_nd, longitude_nd, digits=digits)
        case CoordinateFormat.UPS:
            return grids.ups_text(latitude_nd, longitude_nd, digits=digits)
        case CoordinateFormat.MGRS:
            return grids.mgrs_text(latitude_nd, longitude_nd, digits=digits)
        case CoordinateFormat.GEOREF:
            return grids.georef_text(latitude_nd, longitude_nd, digits=digits)


def _read(clean: str, text: str, field: str) -> Position | Question:
    bare = re.sub(r"^(?:MGRS|USNG|UTM(?!\w)|GEOREF)[: ]*", "", clean)
    if match := grids.GEOREF.fullmatch(bare):
        return grids.parse_georef(match, text, field=field)
    if match := grids.UPS.fullmatch(bare):
        return grids.parse_ups(match, text, field=field)
    if match := grids.UTM.fullmatch(bare):
        return grids.parse_utm(match, text, field=field)
    if match := grids.MGRS.fullmatch(bare):
        return grids.parse_mgrs(match, text, field=field)
    found = parse_angles(clean, field=field)
    if isinstance(found, Question):
        return msgspec.structs.replace(found, value=text)
    return msgspec.structs.replace(found, original=text)


def _without_datum(clean: str) -> tuple[str, str | None]:
    """The text without the datum that it names, and that datum."""
    match = _DATUM.search(clean)
    if match is None:
        return clean, None
    rest = f"{clean[: match.start()]} {clean[match.end() :]}"
    return re.sub(" +", " ", rest).strip(" ,;"), match[1]


def _is_wgs84(datum: str) -> bool:
    return re.fullmatch(r"WGS[ _-]?(19)?84", datum.strip().upper()) is not None


def _ask_for_wgs84(datum: str, text: str, field: str) -> Question:
    return Question(
        field,
        "datum-unsupported",
        text,
        f"only WGS84 is read here, and this is said to be {datum[:40]}: the same figures are a"
        " place up to some hundred metres away; convert it with the parameters of its region, and"
        " state the accuracy that is left",
    )


def _plausible_choices(question: Question, area: Bounds | None) -> Question:
    """The question without the readings outside of the area, if any is within it."""
    if area is None:
        return question
    within: list[Choice] = []
    for choice in question.choices:
        found = _read(normal_text(choice.text), choice.text, question.field)
        if isinstance(found, Position) and area.holds(found.latitude_nd, found.longitude_nd):
            within.append(choice)
    return msgspec.structs.replace(question, choices=tuple(within)) if within else question


def _plausible(
    found: Position, area: Bounds | None, accepted: frozenset[str], field: str
) -> Position | Question:
    latitude, longitude = found.latitude_nd, found.longitude_nd
    as_written = Choice(degrees_text(latitude, longitude), "as written")
    is_null = max(abs(latitude), abs(longitude)) <= _NULL_ISLAND_ND
    if is_null and "null-island" not in accepted:
        return Question(
            field,
            "null-island",
            found.original,
            "0 N, 0 E is where coordinates end up that were never filled in; accept null-island if"
            " it is meant",
            (as_written,),
        )
    if area is None or area.holds(latitude, longitude) or "outside-area" in accepted:
        return found
    choices = [as_written]
    for meaning, (other_latitude, other_longitude) in slips(latitude, longitude):
        other = normal_position(other_latitude, other_longitude)
        if area.holds(*other):
            choices.append(Choice(degrees_text(*other), meaning))
    return Question(
        field,
        "outside-area",
        found.original,
        "this lies outside of the area of this space; send one of these, or accept outside-area",
        tuple(choices),
    )


def slips(latitude: int, longitude: int) -> list[tuple[str, tuple[int, int]]]:
    """What the writer of a place, in nanodegrees, may have meant, in words and in figures: other
    hemispheres, and latitude for longitude.
    """
    found: list[tuple[str, tuple[int, int]]] = []
    for is_swapped, north, east in itertools.product((False, True), (1, -1), (1, -1)):
        place = (longitude, latitude) if is_swapped else (latitude, longitude)
        signs = [name for name, sign in (("north-south", north), ("east-west", east)) if sign < 0]
        if is_swapped or signs:
            words = (["latitude and longitude swapped"] if is_swapped else []) + (
                [f"the other hemisphere {' and '.join(signs)}"] if signs else []
            )
            if abs(place[0]) <= 90 * NANODEGREES:
                found.append((", ".join(words), (place[0] * north, place[1] * east)))
    return found
