"""Places in the form that the reader prefers are the places that the node reads in them."""

from __future__ import annotations

import math
import random

import pytest

from tests.faces.web.pure import run
from wideberth.space.coordinates import parse_position
from wideberth.space.grids import mgrs_text
from wideberth.space.positions import Position
from wideberth.space.volume import NANODEGREES

TEXTS = """async (load, places) => {
    const { placeText } = await load("coordinates.js");
    return places.map((place) => ["DD", "DMS", "MGRS"].map((form) => placeText(place, form)));
}"""
EDGES = (
    (48.8582, 2.2945),
    (0.0, 0.0),
    (-1e-7, 30.0),
    (60.39, 5.32),
    (78.2, 15.6),
    (78.2, 8.99),
    (83.999, 40.0),
    (84.0, 40.0),
    (90.0, 0.0),
    (-80.0, -70.0),
    (-80.1, -70.0),
    (-89.9, 179.0),
    (-33.9, 151.2),
    (10.0, 180.0),
    (10.0, -179.9999999),
    (71.99999, 9.0),
)


def places() -> list[tuple[float, float]]:
    """Latitude and longitude of places of all kinds, in whole 1e-9 degrees."""
    made = random.Random(11)
    drawn = [
        (math.degrees(math.asin(made.uniform(-1, 1))), made.uniform(-180, 180)) for _ in range(3000)
    ]
    near_poles = [
        (made.choice((-1, 1)) * made.uniform(79, 90), made.uniform(-180, 180)) for _ in range(500)
    ]
    return [*EDGES, *((round(lat, 9), round(lon, 9)) for lat, lon in drawn + near_poles)]


def texts(given: list[tuple[float, float]]) -> list[list[str]]:
    return run(TEXTS, [[longitude, latitude] for latitude, longitude in given])


def test_an_mgrs_reference_is_that_of_the_node() -> None:
    given = places()
    for (latitude, longitude), (_, _, shown) in zip(given, texts(given), strict=True):
        expected = mgrs_text(round(latitude * NANODEGREES), round(longitude * NANODEGREES))
        assert shown == expected, (latitude, longitude)


def test_degrees_are_read_back_as_the_place_within_their_last_digit() -> None:
    given = places()[:600]
    for (latitude, longitude), shown in zip(given, texts(given), strict=True):
        for text, within_deg in ((shown[0], 0.5e-5), (shown[1], 0.5 / 36000)):
            found = parse_position(text, accepted=frozenset({"null-island"}))
            assert isinstance(found, Position), (text, found)
            assert abs(found.latitude_deg - latitude) <= within_deg + 1e-9, text
            turn = math.remainder(found.longitude_deg - longitude, 360)
            assert abs(turn) <= within_deg + 1e-9, text


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((48.8582, 2.2945), ["48.85820° N 2.29450° E", "48°51′29.5″N 002°17′40.2″E", "31U DQ 48251 11932"]),  # noqa: E501
        ((-0.000001, -0.000001), ["0.00000° N 0.00000° E", "00°00′00.0″N 000°00′00.0″E", None]),
        ((9.99999, 359.99), ["9.99999° N 0.01000° W", "10°00′00.0″N 000°00′36.0″W", None]),
        ((91.0, 0.0), ["place not known"] * 3),
    ],
)  # fmt: skip
def test_forms_of_a_place(place: tuple[float, float], expected: list[str | None]) -> None:
    (found,) = texts([place])
    assert [
        each if wanted else None for each, wanted in zip(found, expected, strict=True)
    ] == expected
