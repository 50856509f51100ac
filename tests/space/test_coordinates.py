"""Coordinates in and out (F-01 to F-05): what is read, what is asked, and round trips."""

from __future__ import annotations

import math
import random

import mgrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Proj

from wideberth.errors import InvalidValue, Unclear
from wideberth.space.coordinates import (
    Bounds,
    CoordinateFormat,
    Position,
    Question,
    format_position,
    parse_position,
    require_position,
)
from wideberth.space.projection import central_meridian_deg, from_ups, from_utm, to_ups, to_utm

GEOD = Geod(ellps="WGS84")
NULL = frozenset({"null-island"})
PARIS = (48_856_666_667, 2_351_944_444)


def apart_m(a: tuple[int, int], b: tuple[int, int]) -> float:
    return GEOD.inv(a[1] / 1e9, a[0] / 1e9, b[1] / 1e9, b[0] / 1e9)[2]


def place(found: Position | Question) -> tuple[int, int]:
    assert isinstance(found, Position), found
    return found.latitude_nd, found.longitude_nd


def places() -> st.SearchStrategy[tuple[int, int]]:
    """Anywhere, and often at a pole, the antimeridian, a zone's or a band's edge."""
    near = st.integers(-2_000_000, 2_000_000)
    latitude = st.one_of(
        st.integers(-90 * 10**9, 90 * 10**9),
        st.builds(
            lambda edge, by: max(-90 * 10**9, min(90 * 10**9, edge * 10**9 + by)),
            st.sampled_from([-90, -80, -72, -8, 0, 8, 56, 64, 72, 84, 90]),
            near,
        ),
    )
    longitude = st.one_of(
        st.integers(-180 * 10**9, 180 * 10**9 - 1),
        st.builds(
            lambda edge, by: (edge * 10**9 + by + 180 * 10**9) % (360 * 10**9) - 180 * 10**9,
            st.sampled_from([-180, -6, 0, 3, 6, 9, 12, 21, 33, 42, 174]),
            near,
        ),
    )
    return st.tuples(latitude, longitude)


@pytest.mark.requirement("F-01")
@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("48.856666667, 2.351944444", "degrees"),
        ("48.856666667 2.351944444", "degrees"),
        ("48.856666667° N 2.351944444° E", "degrees"),
        ("E 2.351944444 N 48.856666667", "degrees"),
        ("lon: 2.351944444, lat: 48.856666667", "degrees"),
        ("+48.856666667+002.351944444/", "degrees"),
        ("N48 51.40 E2 21.11666667", "minutes"),
        ("48°51.4' N, 002°21.11666667' E", "minutes"),
        ("48°51'24\"N 2°21'07\"E", "seconds"),
        ("48°51′24″N, 2°21′07″E", "seconds"),
        ("48º51’24”N 2º21’07”E", "seconds"),
        ("48 51 24 N 2 21 07 E", "seconds"),
        ("48-51-24N 002-21-07E", "seconds"),
        ("48:51:24N 2:21:07E", "seconds"),
        ("48d51m24sN 2d21m7sE", "seconds"),
        ("48 deg 51 min 24 sec north, 2 deg 21 min 7 sec east", "seconds"),
        ("+48 51 24, +2 21 07", "seconds"),
        ("48°51'24\" с.ш. 2°21'07\" в.д.", "seconds"),
        ("٤٨°٥١'٢٤\" N ٢°٢١'٠٧\" E", "seconds"),
        ("\u200e48°51\u202f24\u00a0N 2 21 07 E", "seconds"),
        ("485124N0022107E", "compact"),
        ("N485124 E0022107", "compact"),
        ("485124.0N 0022107.0E", "compact"),
        ("+485124+0022107/", "compact"),
        ("485124N0022107E (WGS 84)", "compact"),
    ],
)
def test_many_spellings_of_one_place_are_one_place(text: str, form: str) -> None:
    found = parse_position(text)
    assert place(found) == pytest.approx(PARIS, abs=1)
    assert isinstance(found, Position)
    assert found.format == form
    assert found.original == text


@pytest.mark.parametrize(
    ("text", "rule", "choices"),
    [
        pytest.param("48,8566 2,3522", "decimal-comma", 1, id="commas for points"),
        pytest.param("48,8566, 2,3522", "decimal-comma", 1, id="three commas"),
        pytest.param("48,2", "decimal-comma", 1, id="one comma"),
        pytest.param("33,8688S 151,2093E", "decimal-comma", 1, id="commas with letters"),
        pytest.param("48 51 24 2 21 07", "missing-hemisphere", 4, id="no hemisphere at all"),
        pytest.param("48 51 24 N 2 21 07", "missing-hemisphere", 2, id="one of two"),
        pytest.param("48.8566 2.3522 W", "missing-hemisphere", 2, id="the other of two"),
        pytest.param("48°30' 2°18'", "missing-hemisphere", 4, id="minutes"),
        pytest.param("122.4, 47.6", "swapped", 1, id="no such latitude"),
        pytest.param("-33.8, 208.8", "longitude-over-180", 1, id="counted on to 360"),
        pytest.param("48°51'N 2°21'O", "letter-o", 2, id="Ost or Ouest"),
        pytest.param("-33.8 S, 151 E", "sign-and-letter", 2, id="twice said"),
        pytest.param("48.85-2.35", "hyphen", 2, id="minus or hyphen"),
        pytest.param("0.000, 0.0", "null-island", 1, id="never filled in"),
        pytest.param("31U DQ 48251 11932", "datum-missing", 1, id="MGRS without a datum"),
        pytest.param("31 North 448252 5411933", "datum-missing", 1, id="UTM without a datum"),
        pytest.param("31 448252 5411933", "missing-hemisphere", 2, id="UTM without a hemisphere"),
        pytest.param("35S 500000 4000000", "band-or-hemisphere", 2, id="S is a band, and south"),
        pytest.param("48.1 N 2.1 E Pulkovo-42", "datum-unsupported", 0, id="Pulkovo"),
        pytest.param("31U DQ 48251 11932 ED50", "datum-unsupported", 0, id="ED50"),
        pytest.param("31U DQ 48251 11932 NAD27", "datum-unsupported", 0, id="NAD27"),
    ],
)
@pytest.mark.requirement("F-02", "F-03", "F-04")
def test_what_could_be_meant_otherwise_is_asked_and_never_guessed(
    text: str, rule: str, choices: int
) -> None:
    found = parse_position(text)
    assert isinstance(found, Question), found
    assert (found.rule, found.value, len(found.choices)) == (rule, text, choices)
    for choice in found.choices:  # an answer is never asked about again, but for its datum
        again = parse_position(choice.text, datum="WGS84", accepted=NULL)
        assert isinstance(again, Position)
    with pytest.raises(Unclear) as raised:
        require_position(text)
    assert len(raised.value.within("volumes.0").choices) == choices  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "coordinates"),
        ("northern Syria", "coordinates"),
        ("48 75 0 N 2 0 0 E", "minutes"),
        ("48 0 60 N 2 0 0 E", "seconds"),
        ("95.2, 95.1", "latitude"),
        ("95 N 10 E", "latitude"),
        ("45 N 361 E", "longitude"),
        ("48 N 2 N", "same-axis"),
        ("4851.4N0221.12E", "digits"),
        ("485124 0022107", "digits"),
        ("48.5 30 N 2 E", "fraction"),
        ("48'51° N 2 E", "units"),
        ("31U DQ 48251 1193", "mgrs-digits"),
        ("31U DQ 482511 11932 ", "mgrs-digits"),
        ("31U DI 48251 11932", "no-such-square"),
        ("61U DQ 48251 11932", "no-such-square"),
        ("34X DQ 48251 11932", "no-such-square"),
        ("31U 448252 9411933", "utm-place"),
        ("61 North 448252 5411933", "utm-zone"),
        ("GJPJ353", "georef-digits"),
        ("GJPJ7531", "minutes"),
        ("ZZZZ3531", "no-such-square"),
        ("1" * 300, "length"),
        ("1" * 150, "two-angles"),
    ],
)
def test_nonsense_is_refused_with_its_rule(text: str, rule: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_position(text, datum="WGS84")
    assert refused.value.rule == rule
    assert not isinstance(refused.value, Unclear)


@pytest.mark.requirement("F-04")
def test_a_place_outside_of_the_area_is_asked_about_with_what_may_have_been_meant() -> None:
    area = Bounds(33, 35, 38, 43)
    assert isinstance(parse_position("35.5, 39.2", area=area), Position)
    swapped = parse_position("39.2, 35.5", area=area)
    assert isinstance(swapped, Question)
    assert swapped.rule == "outside-area"
    assert [choice.meaning for choice in swapped.choices] == [
        "as written",
        "latitude and longitude swapped",
    ]
    flipped = parse_position("-35.5, 39.2", area=area)
    assert isinstance(flipped, Question)
    assert flipped.choices[1].text == "35.500000000° N, 39.200000000° E"
    meant = parse_position("39.2, 35.5", area=area, accepted=frozenset({"outside-area"}))
    assert place(meant) == (39_200_000_000, 35_500_000_000)


def test_an_area_narrows_the_choices_of_another_question() -> None:
    found = parse_position("33 30 0 36 18 0", area=Bounds(32, 35, 38, 43))
    assert isinstance(found, Question)
    assert [choice.meaning for choice in found.choices] == ["north and east"]


def test_an_area_across_the_antimeridian_holds_both_sides() -> None:
    area = Bounds(-20, 170, -10, -170)
    for text in ("-15, 175", "-15, -175", "15 S 180 E"):
        assert isinstance(parse_position(text, area=area), Position), text
    assert isinstance(parse_position("-15, 165", area=area), Question)


@pytest.mark.requirement("F-03")
@settings(max_examples=400, deadline=None)
@given(place_nd=places(), data=st.data())
def test_a_round_trip_stays_within_the_stated_precision(
    place_nd: tuple[int, int], data: st.DataObject
) -> None:
    form = data.draw(st.sampled_from(list(CoordinateFormat)))
    most = {"degrees": 9, "minutes": 7, "seconds": 5, "compact": 0, "utm": 3, "ups": 3, "mgrs": 5}
    fewest = 2 if form is CoordinateFormat.GEOREF else 0
    digits = data.draw(st.integers(fewest, most.get(form, 6)))
    is_polar = not -80 <= place_nd[0] / 1e9 < 84
    if form in ("utm", "ups") and is_polar != (form == "ups"):
        with pytest.raises(InvalidValue, match=r"utm-polar|ups-polar"):
            format_position(*place_nd, form, digits=digits)
        return
    text = format_position(*place_nd, form, digits=digits)
    found = parse_position(text, datum="WGS84", accepted=NULL)
    assert isinstance(found, Position), (text, found)
    # A coordinate itself is rounded to 1e-9 degree, which is 0.11 mm.
    assert apart_m(place_nd, place(found)) <= found.within_mm / 1000 + 0.001, text
    assert found.format == form
    if form in ("mgrs", "georef"):
        again = format_position(*place(found), form, digits=digits)
        assert again == text  # what is read of a square lies in that square


@pytest.mark.requirement("F-03")
@settings(max_examples=150, deadline=None)
@given(
    place_nd=places(), digits=st.integers(0, 5), share=st.tuples(st.floats(0, 1), st.floats(0, 1))
)
def test_every_place_of_a_square_is_within_what_is_stated(
    place_nd: tuple[int, int], digits: int, share: tuple[float, float]
) -> None:
    """Also the points of the square itself, between its corners, on its own sheet."""
    text = format_position(*place_nd, CoordinateFormat.MGRS, digits=digits)
    square = parse_position(text, datum="WGS84", accepted=NULL)
    assert isinstance(square, Position)
    assert square.cell is not None
    south = square.cell[0][0] < 0
    if text[0].isdigit():
        zone = int("".join(c for c in text[:2] if c.isdigit()))
        is_south = text[1 + (zone > 9)] < "N"
        east, north = to_utm(
            square.cell[0][0] / 1e9, square.cell[0][1] / 1e9, zone=zone, south=is_south
        )
        size_m = 10 ** (5 - digits)
        lat, lon = from_utm(
            east + share[0] * size_m, north + share[1] * size_m, zone=zone, south=is_south
        )
    else:
        east, north = to_ups(square.cell[0][0] / 1e9, square.cell[0][1] / 1e9, south=south)
        size_m = 10 ** (5 - digits)
        lat, lon = from_ups(east + share[0] * size_m, north + share[1] * size_m, south=south)
    there = (round(lat * 1e9), round(lon * 1e9))
    assert apart_m(place(square), there) <= square.within_mm / 1000


@pytest.mark.requirement("F-03")
def test_mgrs_is_that_of_geotrans_and_cuts_off() -> None:
    """Against the C library of the format's makers; at an edge they may round by a micrometre."""
    reference = mgrs.MGRS()
    rng = random.Random(20)
    compared = 0
    for number in range(6000):
        lat, lon = rng.uniform(-89.9, 89.9), rng.uniform(-180, 180)
        if number % 3 == 0:
            lat, lon = rng.uniform(55, 83.9), rng.uniform(-1, 45)
        if number % 3 == 1:
            lat, lon = (
                rng.choice([0, 8, -8, 72, -80]) + rng.uniform(-1e-3, 1e-3),
                round(lon / 6) * 6,
            )
            lon += rng.uniform(-1e-3, 1e-3)
        lat_nd, lon_nd = round(lat * 1e9), round(((lon + 180) % 360 - 180) * 1e9)
        digits = rng.randint(0, 5)
        ours = format_position(lat_nd, lon_nd, CoordinateFormat.MGRS, digits=digits)
        finest = format_position(lat_nd, lon_nd, CoordinateFormat.MGRS)
        theirs = reference.toMGRS(lat_nd / 1e9, lon_nd / 1e9, MGRSPrecision=digits).lstrip("0")
        if ours.replace(" ", "") != theirs:
            zone = finest.split(" ")[0]
            south = lat_nd < 0
            metres = (
                to_utm(lat_nd / 1e9, lon_nd / 1e9, zone=int(zone[:-1]), south=south)
                if zone[:-1]
                else to_ups(lat_nd / 1e9, lon_nd / 1e9, south=south)
            )
            assert any(abs(m - round(m)) < 1e-3 for m in metres) or abs(abs(lat) - 80) < 2e-5, (
                lat_nd, lon_nd, ours, theirs,
            )  # fmt: skip
            continue
        compared += 1
    assert compared > 5950


@pytest.mark.parametrize(
    ("latitude", "longitude", "zone"),
    [
        pytest.param(60.39, 5.32, "32V", id="Bergen is in Norway's wide zone"),
        pytest.param(60.39, 2.99, "31V", id="west of it"),
        pytest.param(64.0, 5.32, "31W", id="north of it"),
        pytest.param(55.999, 5.32, "31U", id="south of it"),
        pytest.param(78.2, 15.6, "33X", id="Svalbard"),
        pytest.param(78.2, 8.999, "31X", id="west of Svalbard's wide zone"),
        pytest.param(78.2, 21.0, "35X", id="its eastern edge belongs to the next"),
        pytest.param(78.2, 33.0, "37X", id="and the next"),
        pytest.param(78.2, 42.0, "38X", id="the ordinary again"),
        pytest.param(71.999, 15.6, "33W", id="south of Svalbard's"),
        pytest.param(83.999, 15.6, "33X", id="the last of UTM"),
        pytest.param(84.0, 15.6, "Z", id="the first of UPS"),
        pytest.param(-80.0, 15.6, "33C", id="the last of UTM in the south"),
        pytest.param(-80.001, 15.6, "B", id="the first of UPS in the south"),
        pytest.param(-85, -15.6, "A", id="west"),
        pytest.param(85, -15.6, "Y", id="north-west"),
        pytest.param(0.0, 180.0, "1N", id="the antimeridian is the first zone"),
        pytest.param(-1e-9, 179.999999, "60M", id="and its other side the last"),
    ],
)
def test_zones_and_bands_with_their_exceptions(
    latitude: float, longitude: float, zone: str
) -> None:
    text = format_position(round(latitude * 1e9), round(longitude * 1e9), CoordinateFormat.MGRS)
    assert text.split(" ")[0] == zone


def test_a_square_off_its_zone_is_asked_about() -> None:
    """Read off a neighbour's sheet: the place is told, and named as its own zone has it."""
    found = parse_position("31U AQ 00000 11932", datum="WGS84")
    assert isinstance(found, Question)
    assert found.rule == "outside-zone"
    assert found.choices[0].text.startswith("30U")


def test_a_kilometre_square_is_an_area() -> None:
    found = require_position("31U DQ 48 11", datum="WGS84")
    assert found.cell is not None
    sides = [
        apart_m(a, b) for a, b in zip(found.cell, (*found.cell[1:], found.cell[0]), strict=True)
    ]
    assert sides == pytest.approx([1000] * 4, rel=1e-3)
    assert found.within_mm / 1000 == pytest.approx(math.sqrt(0.5) * 1000, rel=3e-3)


def test_the_projection_is_pyprojs() -> None:
    rng = random.Random(4)
    for zone in (1, 31, 60):
        for south in (False, True):
            theirs = Proj(proj="utm", zone=zone, south=south, ellps="WGS84")
            for _ in range(100):
                lat = rng.uniform(-80, 0) if south else rng.uniform(0, 84)
                lon = central_meridian_deg(zone) + rng.uniform(-7, 7)
                ours = to_utm(lat, lon, zone=zone, south=south)
                assert ours == pytest.approx(theirs(lon, lat), abs=1e-7)
                back = from_utm(*ours, zone=zone, south=south)
                assert back[0] == pytest.approx(lat, abs=1e-12)
                assert math.remainder(back[1] - lon, 360) == pytest.approx(0, abs=1e-11)
    for south in (False, True):
        theirs = Proj(
            f"+proj=stere +lat_0={-90 if south else 90} +k=0.994 +x_0=2000000 +y_0=2000000"
            " +ellps=WGS84"
        )
        for _ in range(100):
            lat = (-1 if south else 1) * (90 - 10 ** rng.uniform(-9, 1))
            lon = rng.uniform(-180, 180)
            ours = to_ups(lat, lon, south=south)
            assert ours == pytest.approx(theirs(lon, lat), abs=1e-7)


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet="0123456789 NSEWO°'\".,-+:/MGRUTPX\u200e٣", max_size=40))
def test_any_text_is_a_place_a_question_or_refused(text: str) -> None:
    try:
        found = parse_position(text)
    except InvalidValue:
        return
    assert text in (getattr(found, "original", None), getattr(found, "value", None))


def test_rounding_in_place_of_cutting_is_caught() -> None:
    """The planted fault: a rounded reference names a square that the place is not in."""
    lat_nd, lon_nd = 48_858_200_000, 2_294_500_000
    cut = format_position(lat_nd, lon_nd, CoordinateFormat.MGRS, digits=2)
    easting, northing = to_utm(lat_nd / 1e9, lon_nd / 1e9, zone=31, south=False)
    rounded = f"31U DQ {round(easting % 1e5 / 1000):02d} {round(northing % 1e5 / 1000):02d}"
    assert cut == "31U DQ 48 11"
    assert rounded != cut
    square = require_position(rounded, datum="WGS84")
    assert apart_m((lat_nd, lon_nd), place(square)) > square.within_mm / 1000 * 0.75
