"""The map of a text that is agreed: it follows what is typed, and lies where the node has it."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.test_agreements import enrol, opened
from wideberth.space.shapes import corridor_cover, side_cover
from wideberth.space.volume import NANODEGREES, Circle, Footprint

pytestmark = pytest.mark.browser

PLACES = """async (terms) => {
  const { placesOf } = await import("/js/agreedmap.js");
  return placesOf(terms);
}"""
LINES = {
    "east": ((10.0, 20.0), (10.1, 20.6)),
    "bent, across the antimeridian": ((-48.0, 179.7), (-48.05, -179.9), (-48.0, -179.5)),
}
WIDTH_M = 9_000


def terms(*provisions: dict[str, Any]) -> dict[str, Any]:
    return {"provisions": list(provisions)}


def nanodegrees(points: tuple[tuple[float, float], ...]) -> list[list[int]]:
    return [[round(each * NANODEGREES) for each in point] for point in points]


def line(points: tuple[tuple[float, float], ...]) -> dict[str, Any]:
    return {"type": "line", "id": "line", "title": "The line", "points": nanodegrees(points)}


def is_inside(ring: list[list[float]], latitude: float, longitude: float) -> bool:
    """Crossings of a ray, in degrees; longitudes of a ring go on over the antimeridian."""
    turned = longitude + 360 * round((ring[0][0] - longitude) / 360)
    found = False
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > latitude) != (y2 > latitude):
            found ^= turned < x1 + (latitude - y1) / (y2 - y1) * (x2 - x1)
    return found


def is_covered(footprints: list[Footprint], latitude: float, longitude: float) -> bool:
    """Whether one of the footprints of the node holds the place: flat, for these are small."""
    for each in footprints:
        if isinstance(each, Circle):
            north = (latitude - each.latitude_nd / NANODEGREES) * 111_195
            turn = longitude - each.longitude_nd / NANODEGREES
            turn -= 360 * round(turn / 360)
            east = turn * 111_195 * math.cos(math.radians(latitude))
            if math.hypot(north, east) <= each.radius_mm / 1000:
                return True
            continue
        corners = [[lon / NANODEGREES, lat / NANODEGREES] for lat, lon in each.vertices]
        for corner in corners:
            corner[0] += 360 * round((corners[0][0] - corner[0]) / 360)
        if is_inside([*corners, corners[0]], latitude, longitude):
            return True
    return False


def disagreements(ring: list[list[float]], cover: list[Footprint]) -> int:
    """Of places in a net over the ring, those that it and the node's cover tell differently, but
    for those near an edge of either.
    """
    lons, lats = [each[0] for each in ring], [each[1] for each in ring]
    wrong = 0
    edge = 0.006  # degrees, some 600 m
    for row in range(24):
        for column in range(24):
            latitude = min(lats) - 0.05 + (max(lats) - min(lats) + 0.1) * row / 23
            longitude = min(lons) - 0.05 + (max(lons) - min(lons) + 0.1) * column / 23
            near = [
                (latitude + dy * edge, longitude + dx * edge)
                for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
            ]
            drawn = {is_inside(ring, *place) for place in near}
            held = {is_covered(cover, *place) for place in near}
            wrong += len(drawn) == 1 and len(held) == 1 and drawn != held
    return wrong


@pytest.mark.parametrize("points", LINES.values(), ids=LINES.keys())
def test_a_strip_lies_where_the_node_has_it(
    console: Any, window: Callable[[], Any], points: tuple[tuple[float, float], ...]
) -> None:
    page = window().page
    page.goto(console.url)
    exact = tuple((lat, lon) for lat, lon in nanodegrees(points))
    covers = {
        "both": corridor_cover(exact, WIDTH_M * 1000),
        "left": side_cover(exact, WIDTH_M * 1000, left=True),
        "right": side_cover(exact, WIDTH_M * 1000, left=False),
    }
    for side, cover in covers.items():
        buffer = {
            "type": "line-buffer",
            "id": "strip",
            "line": "line",
            "width_m": WIDTH_M,
            "side": side,
        }
        drawn, strip = page.evaluate(PLACES, terms(line(points), buffer))
        assert drawn["isLine"]
        assert drawn["text"] == "The line"
        (ring,) = strip["rings"]
        assert disagreements(ring, cover) == 0
        if side != "both":  # planted: the other side is found
            assert disagreements(ring, covers["left" if side == "right" else "right"]) > 20


def test_the_form_of_an_agreement_shows_where_it_holds_as_it_is_typed(
    console: Any, window: Callable[[], Any]
) -> None:
    page, found = opened(console, window, "alpha")
    enrol(page)
    page.get_by_role("button", name="New, from a template").click()
    page.get_by_label("Party bravo").check()
    page.locator("[data-template=stand-off-60-km]").click()
    form = page.get_by_role("form", name="Propose to the others")
    box = form.get_by_role("region", name="Map of the places of this text")
    expect(box.locator("canvas")).to_be_visible()
    before = scale(page)
    for width in form.get_by_label(re.compile(r"(distance|width), metres")).all():
        width.fill("600000")
    expect(box.locator(".maplibregl-ctrl-scale").first).not_to_have_text(before)
    wide = scale(page)
    form.get_by_label(re.compile("^points")).first.fill("nowhere")
    page.wait_for_timeout(600)
    assert scale(page) == wide, "what cannot be read moves nothing"
    form.get_by_role("button", name="Leave it").click()
    expect(page.locator(".agreed-map")).to_have_count(0)
    assert found.said == []


def scale(page: Page) -> str:
    return page.locator(".agreed-map .maplibregl-ctrl-scale").first.inner_text()


def test_a_text_without_places_has_no_map_and_areas_have_theirs(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    words = {"type": "wording", "id": "words", "words": "Ours."}
    assert page.evaluate(PLACES, terms(words)) == []
    circle = {"type": "circle", "latitude_nd": 10**9, "longitude_nd": 2 * 10**9, "radius_mm": 10**6}
    corners = nanodegrees(((0.0, 0.0), (0.0, 1.0), (1.0, 1.0)))
    made = page.evaluate(
        PLACES,
        terms(
            words,
            {"type": "zone", "id": "round", "rule": "notice", "footprint": circle},
            {
                "type": "coverage",
                "id": "whom",
                "party": "alpha",
                "not_covered": [
                    {"name": "A militia", "where": {"type": "polygon", "vertices": corners}},
                    {"name": "everywhere"},
                ],
            },
            {"type": "line-buffer", "id": "lost", "line": "none", "width_m": 5},
        ),
    )
    assert [(each["rule"], each["text"]) for each in made] == [
        ("notice", "Agreed area round"),
        ("notice", "NOT COVERED: A militia"),
    ]
    assert made[1]["rings"][0][0] == [0, 0]
    assert all(math.dist(each, (2, 1)) < 0.0091 for each in made[0]["rings"][0])
