"""What was moved far since its last version is asked about, and told when confirmed (F-04)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import Scene, author, details, named, volume
from wideberth.decisions import places
from wideberth.decisions.checks import DryRun, dry_run
from wideberth.decisions.outcome import Context
from wideberth.decisions.places import moved
from wideberth.model.commands import AmendIntent, DeclareZone, IntentDetails, SubmitIntent
from wideberth.model.ids import IntentId, ZoneId
from wideberth.model.intents import IntentKind
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.settings import Area, Plausible, Rules
from wideberth.model.zones import ZoneRule
from wideberth.space.geodesic import distance_m
from wideberth.space.volume import NANODEGREES, Polygon, Volume4D

pytestmark = pytest.mark.requirement("F-04")

KM = 1_000_000
HERE = volume(47.0, 8.0)
NEAR = volume(47.3, 8.0)  # 33 km
FAR = volume(48.0, 8.0)  # 111 km


def standing(told: IntentDetails, *, rules: Rules | None = None) -> Scene:
    scene = Scene("alpha", "bravo") if rules is None else Scene("alpha", "bravo", rules=rules)
    scene.accept(SubmitIntent(IntentId("i1"), told), author("alpha"))
    return scene


def amend(scene: Scene, told: IntentDetails) -> object:
    intent = scene.intent(IntentId("i1"))
    return scene.try_(AmendIntent(intent.id, intent.ovn, told), author("alpha"))


def test_what_was_moved_far_is_asked_about_until_it_is_confirmed() -> None:
    scene = standing(details(HERE))
    size = scene.picture.size
    asked = amend(scene, details(FAR))
    assert isinstance(asked, Refusal)
    assert (asked.kind, asked.rule) == (RefusalKind.UNCLEAR, "moved-far")
    assert asked.field == "volumes.0.footprint"
    assert asked.choices[0][0] == "confirmed: true"
    assert scene.picture.size == size
    assert not isinstance(amend(scene, details(FAR, confirmed=True)), Refusal)
    assert scene.intent(IntentId("i1")).cautions == ("moved-far",)
    assert not isinstance(amend(scene, details(FAR, priority=3)), Refusal)
    assert scene.intent(IntentId("i1")).cautions == ()


def test_confirming_what_was_not_moved_far_leaves_no_caution() -> None:
    scene = standing(details(HERE))
    assert not isinstance(amend(scene, details(NEAR, confirmed=True)), Refusal)
    assert scene.intent(IntentId("i1")).cautions == ()


def test_the_place_that_swapped_angles_give_is_offered() -> None:
    asked = amend(standing(details(HERE)), details(volume(8.0, 47.0)))
    assert isinstance(asked, Refusal)
    assert ("47.000000000° N, 8.000000000° E", "latitude and longitude swapped") in asked.choices


@pytest.mark.parametrize(
    ("told", "again", "asks"),
    [
        pytest.param(details(HERE), details(NEAR), False, id="a flight, 33 km"),
        pytest.param(
            details(HERE, kind=IntentKind.PRESENCE, visibility=named("bravo")),
            details(volume(47.01, 8.0), kind=IntentKind.PRESENCE, visibility=named("bravo")),
            False,
            id="a presence, 1,112 m between centres of 500 m",
        ),
        pytest.param(
            details(HERE, kind=IntentKind.PRESENCE, visibility=named("bravo")),
            details(volume(47.02, 8.0), kind=IntentKind.PRESENCE, visibility=named("bravo")),
            True,
            id="a presence, 1,224 m between edges",
        ),
        pytest.param(
            details(HERE, kind=IntentKind.HAZARD, place_name="range"),
            details(NEAR, kind=IntentKind.HAZARD, place_name="range"),
            True,
            id="a hazard at the place of the same name",
        ),
        pytest.param(
            details(HERE, kind=IntentKind.HAZARD, place_name="range"),
            details(NEAR, kind=IntentKind.HAZARD, place_name="quarry"),
            False,
            id="a hazard at another place",
        ),
        pytest.param(
            details(HERE, kind=IntentKind.MOVEMENT, place_name="depot"),
            details(NEAR, kind=IntentKind.MOVEMENT, place_name="depot"),
            False,
            id="what moves keeps its name",
        ),
    ],
)
def test_what_stays_put_is_asked_about_earlier(
    told: IntentDetails, again: IntentDetails, asks: bool
) -> None:
    assert isinstance(amend(standing(told), again), Refusal) is asks


def test_a_way_that_is_made_longer_or_flown_in_part_was_not_moved() -> None:
    way = [volume(47.0 + step * 0.4, 8.0) for step in range(8)]  # 44 km each, 311 km in all
    assert moved(way[1:], way[:2], 50 * KM) is None
    asked = moved([*way[1:4], way[7]], way[:2], 50 * KM)
    assert asked is not None
    assert asked.field == "volumes.3.footprint"


def test_what_is_told_beside_all_that_stood_was_not_moved() -> None:
    assert moved([HERE, FAR], [HERE], KM) is None
    assert moved([HERE], [HERE, FAR], KM) is None
    assert moved([FAR], [HERE], KM) is not None


def test_other_times_and_heights_are_no_move() -> None:
    later = msgspec.structs.replace(HERE, end_us=HERE.end_us + 1)
    assert moved([later], [HERE], 0) is None


def test_the_distance_is_that_of_the_rules() -> None:
    rules = Rules(version="wide", plausible=Plausible(moved_mm=200 * KM))
    assert not isinstance(amend(standing(details(HERE), rules=rules), details(FAR)), Refusal)


def test_a_zone_is_asked_about_likewise() -> None:
    scene = Scene("alpha")
    zone = DeclareZone(ZoneId("z1"), "range", ZoneRule.KEEP_OUT, (HERE,), "why")
    scene.accept(zone, author("alpha"))
    again = msgspec.structs.replace(zone, volumes=(FAR,), replaces_version=1)
    asked = scene.try_(again, author("alpha"))
    assert isinstance(asked, Refusal)
    assert (asked.kind, asked.rule) == (RefusalKind.UNCLEAR, "moved-far")
    scene.accept(msgspec.structs.replace(again, confirmed=True), author("alpha"))


def test_one_question_names_all_that_a_confirmation_would_answer() -> None:
    alps = Area(*(side * NANODEGREES for side in (45, 5, 48, 12)))
    scene = standing(details(HERE), rules=Rules(version="alps", area=alps))
    asked = amend(scene, details(volume(-47.0, 8.0)))
    assert isinstance(asked, Refusal)
    assert asked.rule == "outside-area"
    assert "rule moved-far" in str(msgspec.to_builtins(asked))
    amend(scene, details(volume(-47.0, 8.0), confirmed=True))
    assert scene.intent(IntentId("i1")).cautions == ("outside-area", "moved-far")


def test_a_dry_run_asks_the_same_and_only_about_what_is_the_askers() -> None:
    scene = standing(details(HERE))
    for party, confirmed, asks in (
        ("alpha", False, True),
        ("alpha", True, False),
        ("bravo", False, False),  # a question would say that it is not near
    ):
        found = dry_run(
            scene.picture,
            details(FAR, confirmed=confirmed),
            author(party),
            Context(scene.now_us, lambda: "id"),
            replaces=IntentId("i1"),
        )
        assert isinstance(found, Refusal if asks else DryRun), party


def square(latitude_deg: float, longitude_deg: float, side_deg: float) -> Volume4D:
    corners = ((0, 0), (0, side_deg), (side_deg, side_deg), (side_deg, 0))
    ring = tuple(
        (
            round((latitude_deg + north) * NANODEGREES),
            round((longitude_deg + east) * NANODEGREES),
        )
        for north, east in corners
    )
    return msgspec.structs.replace(HERE, footprint=Polygon(ring))


points = st.tuples(st.floats(46, 48), st.floats(7, 10))


def asked_slowly(new: list[Volume4D], old: list[Volume4D], limit_m: float) -> tuple[bool, float]:
    """For circles: whether one hangs together with nothing that stood, and how narrowly."""

    def gap_m(one: Volume4D, other: Volume4D) -> float:
        angles = [
            angle / NANODEGREES
            for each in (one, other)
            for angle in (each.footprint.latitude_nd, each.footprint.longitude_nd)  # type: ignore[union-attr]  # circles
        ]
        return max(0.0, distance_m(*angles) - 1000)

    narrow_m = min(
        abs(gap_m(one, other) - limit_m) for one in new for other in (*old, *new) if one != other
    )
    known = list(old)
    for _ in new:
        known += [each for each in new if any(gap_m(each, by) <= limit_m for by in known)]
    return any(each not in known for each in new), narrow_m


@settings(max_examples=80, deadline=None)
@given(
    st.lists(points, min_size=1, max_size=4, unique=True),
    st.lists(points, min_size=1, max_size=4, unique=True),
    st.floats(1, 150),
)
def test_it_asks_as_a_slow_reading_of_the_rule_does(
    new: list[tuple[float, float]], old: list[tuple[float, float]], limit_km: float
) -> None:
    told, stood = [volume(*each) for each in new], [volume(*each) for each in old]
    shapes = ({v.footprint for v in told}, {v.footprint for v in stood})
    expected, narrow_m = False, 1.0
    if not (shapes[0] <= shapes[1] or shapes[1] <= shapes[0]):
        expected, narrow_m = asked_slowly(told, stood, limit_km * 1000)
    if narrow_m > 0.1:
        assert (moved(told, stood, round(limit_km * KM)) is not None) is expected


@settings(max_examples=40, deadline=None)
@given(points, points, st.floats(0.01, 0.5), st.floats(1, 200))
def test_polygons_are_measured_by_their_nearest_points(
    one: tuple[float, float], other: tuple[float, float], side_deg: float, limit_km: float
) -> None:
    """Whatever shortcut settles it, the answer is that of the exact distance."""
    told, stood = square(*one, side_deg), square(*other, side_deg)
    if told == stood:
        return
    exact = places.horizontal_gap_mm(
        places._prepared(told.footprint), places._prepared(stood.footprint)
    )
    if abs(exact - limit_km * KM) > 100:
        asked = moved([told], [stood], round(limit_km * KM))
        assert (asked is not None) is (exact > limit_km * KM)


def test_over_the_bound_on_work_it_asks_less_and_never_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "_MOST_EDGE_PAIRS", 0)
    assert moved([square(47.0, 8.0, 0.1)], [square(47.25, 8.0, 0.1)], KM) is None
    assert moved([square(49.0, 8.0, 0.1)], [square(47.0, 8.0, 0.1)], KM) is not None
