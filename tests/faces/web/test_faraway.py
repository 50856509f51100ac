"""A place far from where it was expected is asked about; differences are rounded to what is so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

FAR_JS = """async ({places, area}) => {
    const { farFromArea } = await import("/js/faraway.js");
    return places.map((place) => farFromArea("Where:", place, area));
}"""
CIRCLE = {"type": "Point", "coordinates": [7.5, 47.05], "radius_m": 5000}
ACROSS = {  # the antimeridian
    "type": "Polygon",
    "coordinates": [[[179, 10], [-179, 10], [-179, 12], [179, 12], [179, 10]]],
}


def far(
    console: Any, window: Callable[[], Any], places: list[list[float] | None], area: Any
) -> list[str | None]:
    page = window().page
    page.goto(console.url)
    found: list[str | None] = page.evaluate(FAR_JS, {"places": places, "area": area})
    return found


def test_a_place_far_from_the_incident_is_asked_about_and_whether_it_is_turned_round(
    console: Any, window: Callable[[], Any]
) -> None:
    near, inside, turned, away, none = far(
        console, window, [[7.9, 47.2], [7.5, 47.05], [47.052, 7.505], [-70, -20], None], CIRCLE
    )
    assert near is None
    assert inside is None
    assert none is None
    assert turned is not None
    assert turned.startswith("Where: 7.50500° N 47.05200° E is 5,6") or "km" in turned
    assert "are latitude and longitude swapped?" in turned
    assert away is not None
    assert "swapped" not in away
    assert far(console, window, [[-70, -20]], None) == [None]


def test_an_area_across_the_antimeridian_has_an_inside(
    console: Any, window: Callable[[], Any]
) -> None:
    east, west, away = far(console, window, [[179.9, 11], [-179.9, 11], [170, 11]], ACROSS)
    assert east is None
    assert west is None
    assert away is not None


ALL_JS = """async ({place, state}) => {
    const { farFromAll, placesOf } = await import("/js/faraway.js");
    return farFromAll(place, placesOf(state));
}"""


def test_a_hazard_far_from_all_that_is_agreed_is_asked_about(
    console: Any, window: Callable[[], Any]
) -> None:
    line = {"type": "line", "points": [[47_000_000_000, 7_000_000_000]]}
    own = {"party": "north", "volumes": [{"middle": [7.2, 47.1]}]}
    state = {
        "session": {"party": "north"},
        "agreed": [{"provisions": [line]}],
        "intents": {"i": own},
        "zones": {},
    }
    nothing = state | {"agreed": [], "intents": {"i": own | {"party": "south"}}}
    page = window().page
    page.goto(console.url)

    def said(place: list[float], given: Any) -> Any:
        return page.evaluate(ALL_JS, {"place": place, "state": given})

    assert said([9, 48], state) is None
    assert "Are latitude and longitude swapped?" in said([47.04, 7.52], state)
    assert "swapped" not in said([-70, -20], state)
    assert said([47.04, 7.52], nothing) is None  # nothing is known here to be far from


ROUND_JS = """async () => {
    const { inMetres, inSeconds } = await import("/js/columns.js");
    const all = (say, value) => [Math.floor, Math.round, Math.ceil].map((way) => say(value, way));
    return [all(inSeconds, 4.25), all(inSeconds, 4.7417), all(inSeconds, 1506), all(inSeconds, 0),
        all(inMetres, 1847.303), all(inMetres, 12340)]
        .map((each) => each.map((text) => text.replaceAll("\\u00a0", " ")));
}"""


def test_the_least_is_rounded_down_and_the_most_up(console: Any, window: Callable[[], Any]) -> None:
    page = window().page
    page.goto(console.url)
    assert page.evaluate(ROUND_JS) == [
        ["4 min 15 s"] * 3,
        ["4 min 44 s", "4 min 45 s", "4 min 45 s"],
        ["1 d 1 h 6 min"] * 3,
        ["0 s"] * 3,
        ["1,847 m / 6,060 ft", "1,847 m / 6,061 ft", "1,848 m / 6,061 ft"],
        ["12.3 km / 6.6 nm", "12.3 km / 6.7 nm", "12.4 km / 6.7 nm"],
    ]
