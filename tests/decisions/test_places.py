"""What is told outside of the space's area is asked about, and told when it is confirmed (F-04)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import Scene, author, details, volume
from wideberth.decisions.places import is_outside
from wideberth.model.commands import AmendIntent, DeclareZone, SubmitIntent
from wideberth.model.ids import IntentId, ZoneId
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.settings import Area, Rules
from wideberth.model.zones import ZoneRule
from wideberth.space.volume import NANODEGREES, Circle, Polygon, Volume4D


def area_of(south: float, west: float, north: float, east: float) -> Area:
    return Area(*(round(side * NANODEGREES) for side in (south, west, north, east)))


ALPS = area_of(45, 5, 48, 12)
FAR = volume(-47.0, 8.0)
SWAPPED = volume(8.0, 47.0)


def alpine() -> Scene:
    return Scene("alpha", rules=Rules(version="alps", area=ALPS))


def submit(scene: Scene, *volumes: Volume4D, name: str = "i1", confirmed: bool = False) -> object:
    told = details(*volumes, confirmed=confirmed)
    return scene.try_(SubmitIntent(IntentId(name), told), author("alpha"))


@pytest.mark.requirement("F-04")
def test_a_volume_wholly_outside_is_asked_about_until_it_is_confirmed() -> None:
    scene = alpine()
    size = scene.picture.size
    asked = submit(scene, volume(), FAR)
    assert isinstance(asked, Refusal)
    assert (asked.kind, asked.rule) == (RefusalKind.UNCLEAR, "outside-area")
    assert asked.field == "volumes.1.footprint"
    assert scene.picture.size == size
    assert asked.choices[0][0] == "confirmed: true"
    assert "47.000000000° N, 8.000000000° E" in dict(asked.choices)
    submit(scene, volume(), FAR, confirmed=True)
    assert scene.intent(IntentId("i1")).cautions == ("outside-area",)


@pytest.mark.requirement("F-04")
def test_swapped_latitude_and_longitude_are_offered() -> None:
    asked = submit(alpine(), SWAPPED)
    assert isinstance(asked, Refusal)
    assert (
        "47.000000000° N, 8.000000000° E",
        "latitude and longitude swapped",
    ) in asked.choices


@pytest.mark.requirement("F-04")
def test_what_stands_there_already_is_not_asked_about_again() -> None:
    scene = alpine()
    submit(scene, FAR, confirmed=True)
    standing = scene.intent(IntentId("i1"))
    more = AmendIntent(standing.id, standing.ovn, details(FAR, volume(), priority=3))
    scene.accept(more, author("alpha"))
    standing = scene.intent(IntentId("i1"))
    assert standing.cautions == ("outside-area",)
    moved = AmendIntent(standing.id, standing.ovn, details(SWAPPED))
    assert isinstance(scene.try_(moved, author("alpha")), Refusal)


@pytest.mark.requirement("F-04")
def test_zones_are_asked_about_likewise() -> None:
    scene = alpine()
    zone = DeclareZone(ZoneId("z1"), "range", ZoneRule.KEEP_OUT, (FAR,), "why")
    asked = scene.try_(zone, author("alpha"))
    assert isinstance(asked, Refusal)
    assert asked.kind is RefusalKind.UNCLEAR
    scene.accept(msgspec.structs.replace(zone, confirmed=True), author("alpha"))
    again = msgspec.structs.replace(zone, name="other", replaces_version=1)
    scene.accept(again, author("alpha"))


def test_a_space_without_an_area_asks_nothing() -> None:
    assert not isinstance(submit(Scene("alpha"), FAR), Refusal)


CASES = [
    pytest.param(ALPS, Circle(47 * NANODEGREES, 4_990_000_000, 2_000_000), False, id="reaches in"),
    pytest.param(ALPS, Circle(47 * NANODEGREES, 4_900_000_000, 2_000_000), True, id="beside"),
    pytest.param(
        ALPS,
        Polygon(
            tuple(
                (round(lat * NANODEGREES), round(lon * NANODEGREES))
                for lat, lon in ((40, 0), (40, 20), (55, 20), (55, 0))
            )
        ),
        False,
        id="round it",
    ),
    pytest.param(
        area_of(-20, 170, 0, -170),
        Circle(-10 * NANODEGREES, 180 * -NANODEGREES, 1),
        False,
        id="seam",
    ),
    pytest.param(
        area_of(-20, 170, 0, -170), Circle(-10 * NANODEGREES, 160 * NANODEGREES, 1), True, id="off"
    ),
    pytest.param(area_of(-90, -180, 90, 180), Circle(0, 0, 1), False, id="the whole earth"),
    pytest.param(area_of(70, -180, 90, 180), Circle(90 * NANODEGREES, 0, 1), False, id="a pole"),
    pytest.param(
        area_of(70, -180, 90, 180), Circle(60 * NANODEGREES, 0, 1), True, id="south of a cap"
    ),
]


@pytest.mark.parametrize(("area", "footprint", "expected"), CASES)
def test_outside_is_what_has_no_point_in_the_area(
    area: Area, footprint: Circle | Polygon, expected: bool
) -> None:
    assert is_outside(area, footprint) is expected


@pytest.mark.requirement("F-04")
@settings(max_examples=60, deadline=None)
@given(st.floats(-80, 80), st.floats(-180, 179.9), st.floats(-60, 60), st.floats(-170, 170))
def test_a_point_in_the_area_is_never_asked_about(
    latitude: float, longitude: float, south: float, west: float
) -> None:
    """Against the comparison of degrees; beyond the sides it may err by 130 m, toward inside."""
    area = area_of(south, west, south + 20, west + 10 if west < 170 else west - 350)
    point = Circle(round(latitude * NANODEGREES), round(longitude * NANODEGREES), 1)
    inside = area.bounds.holds(point.latitude_nd, point.longitude_nd)
    bounds = area.bounds
    near = bounds._replace(south=bounds.south - 0.01, north=bounds.north + 0.01)
    near = near._replace(west=bounds.west - 0.01, east=bounds.east + 0.01)
    if inside:
        assert not is_outside(area, point)
    elif not near.holds(point.latitude_nd, point.longitude_nd):
        assert is_outside(area, point)
