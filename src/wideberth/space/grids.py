"""Places on a military grid: MGRS, UTM, UPS and GEOREF, read and written.

MGRS and GEOREF name squares: digits are cut off, never rounded (a place is in the square that is
named), and what is read is the square. A zone is the standard one, with Norway's and Svalbard's.
Source: NGA.STND.0037, Universal Grids and Grid Reference Systems.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.geodesic import distance_m
from wideberth.space.positions import (
    Choice,
    CoordinateFormat,
    Position,
    Question,
    normal_position,
)
from wideberth.space.projection import (
    central_meridian_deg,
    from_ups,
    from_utm,
    to_ups,
    to_utm,
)
from wideberth.space.volume import NANODEGREES

__all__ = [
    "georef_text",
    "is_polar",
    "mgrs_text",
    "parse_georef",
    "parse_mgrs",
    "parse_ups",
    "parse_utm",
    "ups_text",
    "utm_text",
    "zone_of",
]

_BANDS = "CDEFGHJKLMNPQRSTUVWX"  # 8 degrees each from 80 S, X 12
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")  # zones 1, 2, 3, and so on again
# Polar squares: their columns' letters, the first column and the first row [100 km].
_POLAR = {
    "A": ("JKLPQRSTUXYZ", 8, 8),
    "B": ("ABCFGHJKLPQR", 20, 8),
    "Y": ("RSTUXYZ", 13, 13),
    "Z": ("ABCFGHJ", 20, 13),
}
_SQUARE_M = 100_000
_ROUND_M = 2_000_000  # after which row letters come again
_UTM_SOUTH_DEG, _UTM_NORTH_DEG = -80.0, 84.0

MGRS = re.compile(r"(?:(\d{1,2}) ?([A-Z])|([ABYZ])) ?([A-Z]) ?([A-Z]) ?([\d ]*)")
UTM = re.compile(
    r"(?:ZONE )?(\d{1,2}) ?(?:([A-Z])|(NORTH|SOUTH))?(?: ZONE)?,? (?:E ?)?0?(\d{6}(?:\.\d{1,6})?)"
    r" ?(?:M? ?E|M)?,? (?:N ?)?(\d{1,8}(?:\.\d{1,6})?) ?(?:M? ?N|M)?"
)
UPS = re.compile(
    r"(?:UPS (NORTH|SOUTH)|([ABYZ])),? (?:E ?)?(\d{6,7}(?:\.\d{1,6})?) ?(?:M? ?E|M)?,?"
    r" (?:N ?)?(\d{6,7}(?:\.\d{1,6})?) ?(?:M? ?N|M)?"
)
GEOREF = re.compile(r"([A-Z])([A-Z])([A-Z])([A-Z]) ?(\d*)")


class _Cell(NamedTuple):
    """A square on a sheet: its south-west corner and its side, metres."""

    easting_m: float
    northing_m: float
    size_m: float


class _Sheet(NamedTuple):
    """A projection, and the (south, west, north, east) [deg] that it is used for."""

    forward: Callable[[float, float], tuple[float, float]]
    inverse: Callable[[float, float], tuple[float, float]]
    south: float
    west: float
    north: float
    east: float
    is_polar: bool = False


def is_polar(latitude_deg: float) -> bool:
    """Whether a place is on a polar sheet: south of 80 S, or at 84 N and north of it."""
    return not _UTM_SOUTH_DEG <= latitude_deg < _UTM_NORTH_DEG


def zone_of(latitude_deg: float, longitude_deg: float) -> int:
    """The UTM zone of a place, with Norway's (32V) and Svalbard's (31X, 33X, 35X, 37X).

    >>> zone_of(60.39, 5.32), zone_of(78.2, 15.6), zone_of(-33.9, 151.2)
    (32, 33, 56)
    """
    longitude_deg = math.remainder(longitude_deg, 360.0)
    zone = min(60, math.floor((longitude_deg + 180) / 6) + 1) if longitude_deg < 180 else 1
    if 56 <= latitude_deg < 64 and 3 <= longitude_deg < 12:
        return 32
    if latitude_deg >= 72 and 0 <= longitude_deg < 42:
        return 31 + 2 * ((longitude_deg >= 9) + (longitude_deg >= 21) + (longitude_deg >= 33))
    return zone


def mgrs_text(latitude_nd: int, longitude_nd: int, *, digits: int = 5) -> str:
    """The square that a place is in: digits 0 (100 km) to 5 (1 m). Cut off, never rounded.

    >>> mgrs_text(48_858_200_000, 2_294_500_000)
    '31U DQ 48251 11932'
    """
    latitude, longitude = latitude_nd / NANODEGREES, longitude_nd / NANODEGREES
    if is_polar(latitude):
        south = latitude < 0
        easting_m, northing_m = to_ups(latitude, longitude, south=south)
        letter = ("AB" if south else "YZ")[easting_m >= 2_000_000]
        columns, first_column, first_row = _POLAR[letter]
        zone = letter
        column = columns[int(easting_m // _SQUARE_M) - first_column]
        row = _LETTERS[int(northing_m // _SQUARE_M) - first_row]
    else:
        number = zone_of(latitude, longitude)
        easting_m, northing_m = to_utm(latitude, longitude, zone=number, south=latitude < 0)
        if latitude < 0:  # 10,000 km is the equator, which is north
            northing_m = min(northing_m, math.nextafter(10_000_000.0, 0.0))
        zone = f"{number}{_band(latitude)}"
        column = _COLUMNS[(number - 1) % 3][int(easting_m // _SQUARE_M) - 1]
        row = _ROWS[(int(northing_m // _SQUARE_M) + (0 if number % 2 else 5)) % 20]
    cut = 10 ** (5 - digits)
    parts = [f"{int(metres % _SQUARE_M) // cut:0{digits}d}" for metres in (easting_m, northing_m)]
    return " ".join([zone, column + row, *(parts if digits else ())])


def utm_text(latitude_nd: int, longitude_nd: int, *, digits: int = 0) -> str:
    """Zone, hemisphere in a word (a letter S could be a band), easting and northing, rounded.

    Raises InvalidValue for a polar place, which UTM has no sheet for.

    >>> utm_text(48_858_200_000, 2_294_500_000)
    '31 North 448252 5411933'
    """
    latitude, longitude = latitude_nd / NANODEGREES, longitude_nd / NANODEGREES
    if is_polar(latitude):
        raise InvalidValue(
            "format", "utm-polar", latitude, "UTM ends at 80 S and 84 N; take UPS or MGRS"
        )
    zone, south = zone_of(latitude, longitude), latitude < 0
    easting_m, northing_m = to_utm(latitude, longitude, zone=zone, south=south)
    word = "South" if south else "North"
    return f"{zone} {word} {easting_m:.{digits}f} {northing_m:.{digits}f}"


def ups_text(latitude_nd: int, longitude_nd: int, *, digits: int = 0) -> str:
    """Easting and northing on the polar sheet, rounded. Raises InvalidValue off the poles."""
    latitude, longitude = latitude_nd / NANODEGREES, longitude_nd / NANODEGREES
    if not is_polar(latitude):
        raise InvalidValue(
            "format", "ups-polar", latitude, "UPS is for south of 80 S and north of 84 N; take UTM"
        )
    easting_m, northing_m = to_ups(latitude, longitude, south=latitude < 0)
    word = "South" if latitude < 0 else "North"
    return f"UPS {word} {easting_m:.{digits}f} {northing_m:.{digits}f}"


def georef_text(latitude_nd: int, longitude_nd: int, *, digits: int = 4) -> str:
    """The GEOREF square of a place: digits 2 (a minute) to 4 (a hundredth); cut off.

    >>> georef_text(38_286_108_000, -76_411_375_000)
    'GJPJ35311716'
    """
    quarter, whole = 15 * NANODEGREES, NANODEGREES
    # The pole and nothing else lies on the last edge: it belongs to the square below.
    north = min(latitude_nd + 90 * NANODEGREES, 180 * NANODEGREES - 1)
    east = longitude_nd + 180 * NANODEGREES
    letters = "".join(
        _LETTERS[index]
        for index in (
            east // quarter,
            north // quarter,
            east % quarter // whole,
            north % quarter // whole,
        )
    )
    cells = 60 * 10 ** (digits - 2)
    parts = [f"{value % whole * cells // whole:0{digits}d}" for value in (east, north)]
    return letters + "".join(parts)


def parse_mgrs(match: re.Match[str], text: str, *, field: str) -> Position | Question:
    """The square that an MGRS reference names. Raises InvalidValue where there is none."""
    zone, band, polar, column, row, spaced = match.groups()
    groups = spaced.split()
    numbers = "".join(groups)
    is_even = len(numbers) % 2 == 0 and len(numbers) <= 10
    if not is_even or (len(groups) > 1 and [len(groups[0])] * 2 != [len(each) for each in groups]):
        raise InvalidValue(
            field, "mgrs-digits", text,
            "MGRS has as many digits for the easting as for the northing, up to five each",
        )  # fmt: skip
    digits = len(numbers) // 2
    size_m = _SQUARE_M // 10**digits
    east_m, north_m = (int(part or 0) * size_m for part in (numbers[:digits], numbers[digits:]))
    if polar:
        sheet, corner = _polar_square(polar, column, row, text, field)
    else:
        sheet, corner = _utm_square(int(zone), band, column, row, text, field)
    cell = _Cell(corner[0] + east_m, corner[1] + north_m, size_m)
    inside = _middle(sheet, cell)
    if inside is not None:
        return _with_reach(_position(text, CoordinateFormat.MGRS, sheet, cell, inside))
    latitude, longitude = sheet.inverse(
        cell.easting_m + cell.size_m / 2, cell.northing_m + cell.size_m / 2
    )
    return Question(
        field,
        "outside-zone",
        text,
        "there is no such square in this zone and band; a letter or the zone is wrong, or the"
        " reference was read off a neighbouring sheet",
        (
            Choice(
                mgrs_text(*_nd(latitude, longitude), digits=digits),
                "the sheet goes on beyond its zone, and this is the place there",
            ),
        ),
    )


def _polar_square(
    letter: str, column: str, row: str, text: str, field: str
) -> tuple[_Sheet, tuple[float, float]]:
    columns, first_column, first_row = _POLAR[letter]
    rows = _LETTERS if letter in "AB" else _LETTERS[:14]
    if column not in columns or row not in rows:
        raise _no_square(text, field)
    south = letter in "AB"
    west, east = (-180.0, 0.0) if letter in "AY" else (0.0, 180.0)
    sheet = _Sheet(
        partial(to_ups, south=south),
        partial(from_ups, south=south),
        -90.0 if south else 84.0,
        west,
        -80.0 if south else 90.0,
        east,
        is_polar=True,
    )
    easting_m = float((columns.index(column) + first_column) * _SQUARE_M)
    return sheet, (easting_m, float((rows.index(row) + first_row) * _SQUARE_M))


def _utm_square(
    zone: int, band: str, column: str, row: str, text: str, field: str
) -> tuple[_Sheet, tuple[float, float]]:
    columns = _COLUMNS[(zone - 1) % 3]
    if not 1 <= zone <= 60 or band not in _BANDS or column not in columns or row not in _ROWS:
        raise _no_square(text, field)
    south, west, north, east = _zone_bounds(zone, band, text, field)
    is_south = band < "N"
    sheet = _Sheet(
        partial(to_utm, zone=zone, south=is_south),
        partial(from_utm, zone=zone, south=is_south),
        south,
        west,
        north,
        east,
    )
    index = (_ROWS.index(row) - (0 if zone % 2 else 5)) % 20
    middle_m = sheet.forward((south + north) / 2, central_meridian_deg(zone))[1]
    # Rows come again every 2,000 km, and no band is as high: the one near its middle is meant.
    turns = round((middle_m - index * _SQUARE_M - _SQUARE_M / 2) / _ROUND_M)
    northing_m = float(index * _SQUARE_M + turns * _ROUND_M)
    return sheet, (float((columns.index(column) + 1) * _SQUARE_M), northing_m)


def _zone_bounds(zone: int, band: str, text: str, field: str) -> tuple[float, float, float, float]:
    south = -80.0 + 8 * _BANDS.index(band)
    north = 84.0 if band == "X" else south + 8
    west = zone * 6.0 - 186.0
    east = west + 6
    if band == "V" and zone in (31, 32):
        west, east = ((0.0, 3.0), (3.0, 12.0))[zone - 31]
    if band == "X" and 31 <= zone <= 37:
        bounds = {31: (0.0, 9.0), 33: (9.0, 21.0), 35: (21.0, 33.0), 37: (33.0, 42.0)}
        if zone not in bounds:
            raise _no_square(text, field)
        west, east = bounds[zone]
    return south, west, north, east


def parse_utm(match: re.Match[str], text: str, *, field: str) -> Position | Question:
    """The place that zone, band or hemisphere, easting and northing name.

    A letter S may be the southern hemisphere or the band S, which is north: asked about where both
    are places. Raises InvalidValue where there is no such place.
    """
    zone, letter, word = int(match[1]), match[2], match[3]
    easting_m, northing_m = float(match[4]), float(match[5])
    if not 1 <= zone <= 60:
        raise InvalidValue(field, "utm-zone", text, "UTM has the zones 1 to 60")
    if not 100_000 <= easting_m < 900_000 or northing_m > 10_000_000:
        raise InvalidValue(
            field, "utm-range", text, "eastings run from 100,000 to 900,000 m, northings to"
            " 10,000,000 m",
        )  # fmt: skip
    if letter is not None and letter not in _BANDS:
        raise InvalidValue(field, "utm-band", text, "bands are C to X without I and O")

    def place(*, south: bool) -> tuple[float, float]:
        return from_utm(easting_m, northing_m, zone=zone, south=south)

    band = letter if letter not in (None, "N", "S") else None
    if word or band:
        south = word == "SOUTH" if word else str(band) < "N"
        readings = [(south, "")]
    else:
        readings = [(False, "north of the equator"), (True, "south of the equator")]
        if letter == "N":  # the hemisphere or the band: both are north
            readings = readings[:1]
        elif letter == "S":
            readings = [(False, "S as the band from 32 N to 40 N"), (True, "S as south")]
    good = [
        (south, meaning)
        for south, meaning in readings
        if _utm_fits(place(south=south), south=south, letter="S" if "band" in meaning else band)
    ]
    if not good:
        raise InvalidValue(
            field, "utm-place", text,
            "no such place: easting, northing and band do not belong to one another",
        )  # fmt: skip
    is_asked = letter is None and word is None
    if is_asked or len(good) > 1:
        rule = "missing-hemisphere" if is_asked else "band-or-hemisphere"
        advice = (
            "say whether this is north or south of the equator: 31 North 448252 5411933"
            if is_asked
            else "S may be the band S, which is north, or south; write North or South"
        )
        return Question(
            field, rule, text, advice,
            tuple(Choice(_utm_choice(match, south=south), meaning) for south, meaning in good),
        )  # fmt: skip
    latitude, longitude = place(south=good[0][0])
    decimals = min(len(part.partition(".")[2]) for part in (match[4], match[5]))
    within_mm = math.ceil(math.sqrt(2) * 1000 / 10**decimals * 1.001)
    return Position(text, CoordinateFormat.UTM, *_nd(latitude, longitude), within_mm)


def _utm_fits(place_deg: tuple[float, float], *, south: bool, letter: str | None) -> bool:
    latitude = place_deg[0]
    slack = 1e-6  # a place on a band's edge, written in whole metres
    if letter is not None:
        low = -80.0 + 8 * _BANDS.index(letter)
        return low - slack <= latitude <= (84.5 if letter == "X" else low + 8 + slack)
    if south:
        return -80.5 <= latitude <= slack
    return -slack <= latitude <= 84.5


def _utm_choice(match: re.Match[str], *, south: bool) -> str:
    return f"{int(match[1])} {'South' if south else 'North'} {match[4]} {match[5]}"


def parse_ups(match: re.Match[str], text: str, *, field: str) -> Position:
    """The place on a polar sheet. Raises InvalidValue where the sheet has none."""
    word, letter = match[1], match[2]
    south = word == "SOUTH" if word else letter in "AB"
    easting_m, northing_m = float(match[3]), float(match[4])
    latitude, longitude = from_ups(easting_m, northing_m, south=south)
    limit = -79.5 if south else 83.5
    is_west = easting_m < 2_000_000
    beyond = latitude > limit if south else latitude < limit
    if beyond or (letter is not None and (letter in "AY") != is_west):
        raise InvalidValue(
            field, "ups-place", text, "no such place: easting and northing are not of this sheet"
        )
    decimals = min(len(part.partition(".")[2]) for part in (match[3], match[4]))
    within_mm = math.ceil(math.sqrt(2) * 1000 / 10**decimals * 1.01)
    return Position(text, CoordinateFormat.UPS, *_nd(latitude, longitude), within_mm)


def parse_georef(match: re.Match[str], text: str, *, field: str) -> Position:
    """The square that a GEOREF reference names. Raises InvalidValue where there is none."""
    letters, numbers = [match[index] for index in range(1, 5)], match[5]
    digits = len(numbers) // 2
    places = [_LETTERS.find(letter) for letter in letters]
    limits = (24, 12, 15, 15)
    if any(not 0 <= place < limit for place, limit in zip(places, limits, strict=True)):
        raise _no_square(text, field)
    if len(numbers) % 2 or digits == 1 or digits > 6:
        raise InvalidValue(
            field, "georef-digits", text, "GEOREF has no digits, or as many for each: 2 to 6"
        )
    per_degree = 60 * 10 ** (digits - 2) if digits else 1
    parts = [int(part or 0) for part in (numbers[:digits], numbers[digits:])]
    if any(part >= per_degree for part in parts):
        raise InvalidValue(field, "minutes", text, "there are less than 60 minutes in a degree")
    # In units of a half of the cell, so that its middle is whole too.
    units = 2 * per_degree
    east = (places[0] * 15 + places[2]) * units + 2 * parts[0]
    north = (places[1] * 15 + places[3]) * units + 2 * parts[1]

    def corner(up: int, right: int) -> tuple[int, int]:
        return normal_position(
            round((north + up) * NANODEGREES / units) - 90 * NANODEGREES,
            round((east + right) * NANODEGREES / units) - 180 * NANODEGREES,
        )

    cell = (corner(0, 0), corner(0, 2), corner(2, 2), corner(2, 0))
    return _with_reach(Position(text, CoordinateFormat.GEOREF, *corner(1, 1), 0, cell))


def _with_reach(position: Position) -> Position:
    """The same, with how far its farthest corner is."""
    assert position.cell is not None, "only a cell has corners"
    reach_m = max(
        distance_m(
            position.latitude_deg,
            position.longitude_deg,
            latitude_nd / NANODEGREES,
            longitude_nd / NANODEGREES,
        )
        for latitude_nd, longitude_nd in position.cell
    )
    # A cell's side bulges over the geodesic between its corners: by 1 in 1,000 at most (tested).
    return msgspec.structs.replace(position, within_mm=math.ceil(reach_m * 1001) + 1)


def _position(
    text: str, form: CoordinateFormat, sheet: _Sheet, cell: _Cell, inside: tuple[float, float]
) -> Position:
    corners = tuple(
        _nd(
            *sheet.inverse(cell.easting_m + right * cell.size_m, cell.northing_m + up * cell.size_m)
        )
        for right, up in _SQUARE
    )
    return Position(text, form, *_nd(*sheet.inverse(*inside)), 0, corners)


def _middle(sheet: _Sheet, cell: _Cell) -> tuple[float, float] | None:
    """A point of the cell well within its zone: its middle, where that lies in it; None for none.

    A square on a zone's edge belongs to it in part only. Zone and square are convex but for a bend
    of the parallels, so what they share is spanned by the corners of each in the other, and by
    where their edges cross.
    """
    low_e, low_n, size_m = cell
    middle = (low_e + size_m / 2, low_n + size_m / 2)
    if _outside(sheet, *middle) < 0:
        return middle
    found = [
        (easting_m, northing_m)
        for easting_m, northing_m in _zone_corners(sheet)
        if low_e <= easting_m <= low_e + size_m and low_n <= northing_m <= low_n + size_m
    ]
    corners = [(low_e + right * size_m, low_n + up * size_m) for right, up in _SQUARE]
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        found += _crossings(sheet, start, end)
    if not found:
        return None
    mean = (
        math.fsum(place[0] for place in found) / len(found),
        math.fsum(place[1] for place in found) / len(found),
    )
    # Where all of them lie on one side of the square so does their mean: go half way in.
    inner = _between(mean, middle, _last_inside(sheet, mean, middle) / 2)
    return inner if _outside(sheet, *inner) <= 0 else None


_SQUARE = ((0, 0), (1, 0), (1, 1), (0, 1))


def _outside(sheet: _Sheet, easting_m: float, northing_m: float) -> float:
    """How far outside of the zone a point of the sheet is, roughly in degrees; below 0 inside."""
    latitude, longitude = sheet.inverse(easting_m, northing_m)
    north_south = max(sheet.south - latitude, latitude - sheet.north)
    if sheet.is_polar:
        aside = (2_000_000.0 - easting_m) / 111_000
        return max(north_south, aside if sheet.west == 0 else -aside)
    middle, half = (sheet.west + sheet.east) / 2, (sheet.east - sheet.west) / 2
    aside = abs(math.remainder(longitude - middle, 360.0)) - half
    return max(north_south, aside * math.cos(math.radians(latitude)))


def _zone_corners(sheet: _Sheet) -> list[tuple[float, float]]:
    latitudes = (sheet.south, sheet.north)
    return [sheet.forward(lat, lon) for lat in latitudes for lon in (sheet.west, sheet.east)]


def _crossings(
    sheet: _Sheet, start: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """The ends of the part of a line that lies in the zone; none where it does not."""
    low, high = 0.0, 1.0
    for _ in range(80):  # by thirds, to the least of a function with one valley
        one, two = low + (high - low) / 3, high - (high - low) / 3
        if _outside(sheet, *_between(start, end, one)) < _outside(
            sheet, *_between(start, end, two)
        ):
            high = two
        else:
            low = one
    lowest = _between(start, end, (low + high) / 2)
    if _outside(sheet, *lowest) > 0:
        return []
    return [_between(lowest, to, _last_inside(sheet, lowest, to)) for to in (start, end)]


def _last_inside(sheet: _Sheet, inside: tuple[float, float], to: tuple[float, float]) -> float:
    """How far one can go from a point in the zone towards another, 0 to 1."""
    if _outside(sheet, *to) <= 0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(50):
        half = (low + high) / 2
        if _outside(sheet, *_between(inside, to, half)) <= 0:
            low = half
        else:
            high = half
    return low


def _between(
    start: tuple[float, float], end: tuple[float, float], share: float
) -> tuple[float, float]:
    return (
        start[0] + (end[0] - start[0]) * share,
        start[1] + (end[1] - start[1]) * share,
    )


def _band(latitude_deg: float) -> str:
    return _BANDS[min(19, int((latitude_deg + 80) // 8))]


def _nd(latitude_deg: float, longitude_deg: float) -> tuple[int, int]:
    return normal_position(round(latitude_deg * NANODEGREES), round(longitude_deg * NANODEGREES))


def _no_square(text: str, field: str) -> InvalidValue:
    return InvalidValue(
        field, "no-such-square", text, "there is no such square; a letter or the zone is wrong"
    )
