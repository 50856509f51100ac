"""What does not go with its place is asked about until it is confirmed (F-04): far from the place
that it is named after, a ship on land, people on open water.
"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from agreements_scene import agreed
from scenes import Scene, author, details, named, volume
from wideberth.decisions import surroundings
from wideberth.model.commands import (
    AmendIntent,
    DeclareZone,
    IntentDetails,
    SubmitIntent,
    WithdrawZone,
)
from wideberth.model.ids import IntentId, ZoneId
from wideberth.model.intents import ActorClass, IntentKind, Step, Under
from wideberth.model.provisions import AgreedZone
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.settings import Plausible, Rules
from wideberth.model.zones import ZoneRule
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture

ALPS = (47.0, 8.0)
ATLANTIC = (40.0, -40.0)
COAST = (43.3, 5.4)  # Marseille
MOVEMENT, PRESENCE = IntentKind.MOVEMENT, IntentKind.PRESENCE


def tell(
    scene: Scene, told: IntentDetails, *, name: str = "i1", party: str = "alpha"
) -> Refusal | tuple[str, ...]:
    """The refusal, or the cautions of the intent that stands."""
    outcome = scene.try_(SubmitIntent(IntentId(name), told), author(party))
    return outcome if isinstance(outcome, Refusal) else scene.intent(IntentId(name)).cautions


def asked(outcome: object, rule: str, field: str = "volumes.0.footprint") -> Refusal:
    assert isinstance(outcome, Refusal)
    assert (outcome.kind, outcome.rule, outcome.field) == (RefusalKind.UNCLEAR, rule, field)
    assert outcome.choices[0][0] == "confirmed: true"
    return outcome


def on(
    place: tuple[float, float], kind: IntentKind, actor: ActorClass | None = None, **more: object
) -> IntentDetails:
    visible = {"visibility": named("bravo")} if kind is PRESENCE else {}
    given = {**visible, **more}
    under = None if actor is None else Under(actor=actor)
    return details(volume(*place), kind=kind, under=under, **given)  # type: ignore[arg-type]


@pytest.mark.requirement("F-04")
@pytest.mark.parametrize(
    ("kind", "actor", "place", "rule"),
    [
        (MOVEMENT, ActorClass.SHIP, ALPS, "ship-on-land"),
        (PRESENCE, ActorClass.SHIP, ALPS, "ship-on-land"),
        (MOVEMENT, ActorClass.GROUND, ATLANTIC, "ground-on-water"),
        (PRESENCE, ActorClass.GROUND, ATLANTIC, "ground-on-water"),
        (PRESENCE, None, ATLANTIC, "ground-on-water"),
    ],
)
def test_water_or_land_contrary_to_the_kind_is_asked_about_until_confirmed(
    kind: IntentKind, actor: ActorClass | None, place: tuple[float, float], rule: str
) -> None:
    scene = Scene("alpha", "bravo")
    size = scene.picture.size
    question = asked(tell(scene, on(place, kind, actor)), rule)
    assert "25 km" in question.advice
    assert scene.picture.size == size
    assert tell(scene, on(place, kind, actor, confirmed=True)) == (rule,)


@pytest.mark.requirement("F-04")
@pytest.mark.parametrize(
    ("kind", "actor", "place"),
    [
        (MOVEMENT, ActorClass.SHIP, ATLANTIC),
        (MOVEMENT, ActorClass.SHIP, COAST),
        (MOVEMENT, ActorClass.GROUND, ALPS),
        (MOVEMENT, ActorClass.GROUND, COAST),
        (MOVEMENT, None, ALPS),
        (MOVEMENT, None, ATLANTIC),
        (PRESENCE, None, ALPS),
        (PRESENCE, None, COAST),
        (PRESENCE, ActorClass.SHIP, ATLANTIC),
        (IntentKind.FLIGHT, ActorClass.ROTARY, ATLANTIC),
        (IntentKind.HAZARD, ActorClass.ARTILLERY, ATLANTIC),
        (IntentKind.HAZARD, None, ALPS),
    ],
)
def test_what_goes_with_its_surface_or_is_near_a_coast_is_not(
    kind: IntentKind, actor: ActorClass | None, place: tuple[float, float]
) -> None:
    scene = Scene("alpha", "bravo")
    assert tell(scene, on(place, kind, actor)) == ()
    assert tell(scene, on(place, kind, actor, confirmed=True), name="i2") == ()


def test_swapped_angles_are_offered_where_they_would_go_with_it() -> None:
    swapped = (30.73, 46.48)  # of a ship off Odesa
    question = asked(tell(Scene("alpha"), on(swapped, MOVEMENT, ActorClass.SHIP)), "ship-on-land")
    assert (
        "46.480000000° N, 30.730000000° E",
        "latitude and longitude swapped",
    ) in question.choices


def test_a_space_on_lakes_asks_nothing_of_the_coast() -> None:
    lakes = Rules(version="lakes", plausible=Plausible(coast=False))
    assert tell(Scene("alpha", rules=lakes), on(ALPS, MOVEMENT, ActorClass.SHIP)) == ()


def amended(scene: Scene, told: IntentDetails) -> object:
    standing = scene.intent(IntentId("i1"))
    return scene.try_(AmendIntent(standing.id, standing.ovn, told), author("alpha"))


def test_what_was_confirmed_is_not_asked_again_and_keeps_its_caution() -> None:
    scene = Scene("alpha")
    tell(scene, on(ALPS, MOVEMENT, ActorClass.SHIP, confirmed=True))
    assert not isinstance(amended(scene, on(ALPS, MOVEMENT, ActorClass.SHIP, priority=3)), Refusal)
    assert scene.intent(IntentId("i1")).cautions == ("ship-on-land",)
    assert not isinstance(amended(scene, on(ALPS, MOVEMENT, ActorClass.GROUND)), Refusal)
    assert scene.intent(IntentId("i1")).cautions == ()
    asked(amended(scene, on(ALPS, MOVEMENT, ActorClass.SHIP)), "ship-on-land")


def zone(
    scene: Scene,
    name: str,
    place: tuple[float, float],
    *,
    zone_id: str = "z1",
    party: str = "bravo",
) -> None:
    declared = DeclareZone(
        ZoneId(zone_id), name, ZoneRule.KEEP_OUT, (volume(*place),), "why", confirmed=True
    )
    scene.accept(declared, author("bravo"))


def flight(place: tuple[float, float], name: str, **more: object) -> IntentDetails:
    return details(volume(*place), place_name=name, **more)  # type: ignore[arg-type]


BOTH = "place_name, volumes.0.footprint"
NEAR = (47.03, 8.0)  # 3 km
FAR = (47.07, 8.0)  # 8 km


@pytest.mark.requirement("F-04", "N-02")
def test_far_from_the_zone_of_that_name_is_asked_about_until_confirmed() -> None:
    scene = Scene("alpha", "bravo")
    zone(scene, "Northern  Range", ALPS)
    size = scene.picture.size
    question = asked(tell(scene, flight(FAR, "northern range")), "far-from-named", BOTH)
    assert "5 km from the zone z1" in question.advice
    assert scene.picture.size == size
    assert tell(scene, flight(FAR, "northern range", confirmed=True)) == ("far-from-named",)
    assert tell(scene, flight(NEAR, "northern range"), name="i2") == ()
    assert tell(scene, flight(FAR, "southern range"), name="i3") == ()


@pytest.mark.requirement("F-04")
def test_what_begins_at_the_named_place_is_not_far_from_it() -> None:
    scene = Scene("alpha", "bravo")
    zone(scene, "Airport", ALPS)
    route = details(volume(*ALPS), volume(47.5, 8.0), volume(48.0, 8.0), place_name="Airport")
    assert tell(scene, route) == ()


def test_a_zone_that_left_or_was_renamed_stands_under_its_old_name_no_more() -> None:
    scene = Scene("alpha", "bravo")
    zone(scene, "Range", ALPS)
    renamed = DeclareZone(
        ZoneId("z1"), "Field", ZoneRule.KEEP_OUT, (volume(*ALPS),), "why", replaces_version=1
    )
    asked(tell(scene, flight(FAR, "range")), "far-from-named", BOTH)
    scene.accept(renamed, author("bravo"))
    assert tell(scene, flight(FAR, "range")) == ()
    asked(tell(scene, flight(FAR, "field"), name="i2"), "far-from-named", BOTH)
    scene.accept(WithdrawZone(ZoneId("z1"), 2), author("bravo"))
    assert tell(scene, flight(FAR, "field"), name="i2") == ()


def site(place: tuple[float, float], *parties: str) -> IntentDetails:
    return details(volume(*place), kind=PRESENCE, visibility=named(*parties), place_name="Clinic")


@pytest.mark.requirement("F-04")
def test_far_from_a_site_is_asked_of_those_who_see_it_and_of_nobody_else() -> None:
    scene = Scene("alpha", "bravo", "charlie")
    assert tell(scene, site(ALPS, "bravo"), name="site") == ()
    convoy = flight(FAR, "clinic")
    asked(tell(scene, convoy, name="a"), "far-from-named", BOTH)
    asked(tell(scene, convoy, name="b", party="bravo"), "far-from-named", BOTH)
    assert tell(scene, convoy, name="c", party="charlie") == ()


def test_a_caution_speaks_of_a_site_only_to_those_who_see_it() -> None:
    """Charlie reads an open intent, and must not learn from it that such a site stands."""
    scene = Scene("alpha", "bravo", "charlie")
    tell(scene, site(ALPS, "bravo"), name="site")
    assert tell(scene, flight(FAR, "clinic", confirmed=True), name="open") == ()
    among = flight(FAR, "clinic", confirmed=True, visibility=named("bravo"))
    assert tell(scene, among, name="among") == ("far-from-named",)
    beyond = flight(FAR, "clinic", confirmed=True, visibility=named("bravo", "charlie"))
    assert tell(scene, beyond, name="beyond") == ()


@pytest.mark.requirement("F-04")
def test_far_from_an_agreed_zone_of_that_title_is_asked_of_its_parties() -> None:
    scene = Scene("north", "south", "west")
    agreed(scene, AgreedZone(
        id="z", title="Safe area", footprint=volume(*ALPS).footprint,
        lower=volume().lower, upper=volume().upper,
    ))  # fmt: skip
    told = flight(FAR, "safe area")
    asked(tell(scene, told, party="south"), "far-from-named", BOTH)
    confirmed = msgspec.structs.replace(told, confirmed=True)
    assert tell(scene, confirmed, party="south") == ()  # west reads it, and not the agreement
    assert tell(scene, told, party="west", name="i2") == ()


def test_moving_a_site_is_one_question_and_not_a_second_of_its_own_name() -> None:
    scene = Scene("alpha", "bravo")
    tell(scene, site(ALPS, "bravo"))
    question = asked(amended(scene, site(FAR, "bravo")), "moved-far")
    assert "far-from-named" not in question.advice


def test_a_name_that_many_have_is_that_of_no_place() -> None:
    scene = Scene("alpha", "bravo")
    for number in range(21):
        zone(scene, "Area", ALPS, zone_id=f"z{number}")
    assert tell(scene, flight(FAR, "area")) == ()


PLACES = st.tuples(st.sampled_from((46.98, 47.0, 47.03, 47.07)), st.sampled_from((8.0, 8.1)))
NAMES = st.sampled_from(("Range", "range ", "Clinic", "Field"))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("zone", "end zone", "site", "end site")),
        st.integers(0, 3),
        NAMES,
        PLACES,
    ),
    max_size=12,
)


def slowly_named(picture: Picture, name: str) -> list[str]:
    """Everything that stands, looked at one by one."""
    wanted = " ".join(name.lower().split())
    zones = [z.id for z in (picture.zones[i] for i in picture.zones) if z.name.lower() == wanted]
    sites = [
        each.id
        for each in (picture.intents[i] for i in picture.intents)
        if each.kind is PRESENCE and (each.place_name or "").strip().lower() == wanted
    ]
    return sorted([*zones, *sites])


def compare_names(steps: list[tuple[str, int, str, tuple[float, float]]]) -> None:
    """Each step on an overlay too, and dropped; the index is that of the obvious way."""
    scene = Scene("alpha", "bravo")
    early = scene.picture.named("range")
    assert early == []
    for what, number, name, place in steps:
        standing = scene.picture.zones.get(ZoneId(f"z{number}"))
        before = {each: slowly_named(scene.picture, each) for each in ("range", "clinic", "field")}
        count = len(scene.entries)
        if what == "zone" and name == name.strip():
            version = 0 if standing is None else standing.version
            declared = DeclareZone(
                ZoneId(f"z{number}"), name, ZoneRule.KEEP_OUT, (volume(*place),), "why",
                replaces_version=version, confirmed=True,
            )  # fmt: skip
            scene.try_(declared, author("bravo"))
        elif what == "end zone" and standing is not None:
            scene.accept(WithdrawZone(standing.id, standing.version), author("bravo"))
        elif what == "site":
            told = msgspec.structs.replace(site(place, "bravo"), place_name=name, confirmed=True)
            tell(scene, told, name=f"s{len(scene.entries)}")
        elif what == "end site":
            sites = list(scene.picture.intents)
            if sites:
                scene.step(scene.intent(sites[number % len(sites)]), Step.END)
        for each in ("range", "clinic", "field"):
            found = sorted(place.id for place in scene.picture.named(each))
            assert found == slowly_named(scene.picture, each)
        again = Picture()
        for entry in scene.entries[:count]:
            fold(again, entry)
        assert again.named("range") is not None
        layer = again.overlay()
        for entry in scene.entries[count:]:
            fold(layer, entry)
        for each, names in before.items():
            after = sorted(place.id for place in layer.named(each))
            assert after == slowly_named(scene.picture, each)
            assert sorted(place.id for place in again.named(each)) == names


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_names_are_found_as_by_looking_at_everything(
    steps: list[tuple[str, int, str, tuple[float, float]]],
) -> None:
    compare_names(steps)


def test_a_planted_fault_in_the_names_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that forgets what is below."""
    monkeypatch.setattr(
        Picture, "_named", lambda self, name: self._names.of(name) if self._names else set()
    )

    @settings(max_examples=25, deadline=None, phases=[Phase.generate], database=None)
    @given(STEPS)
    def run(steps: list[tuple[str, int, str, tuple[float, float]]]) -> None:
        compare_names(steps)

    with pytest.raises(AssertionError):
        run()


def test_planted_faults_in_the_questions_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither question asked: the tests above have to see it."""
    monkeypatch.setattr(surroundings, "are_far", lambda *_: False)
    with pytest.raises(AssertionError):
        test_far_from_the_zone_of_that_name_is_asked_about_until_confirmed()
    monkeypatch.setattr(surroundings, "surface_under", lambda _: None)
    with pytest.raises(AssertionError):
        test_water_or_land_contrary_to_the_kind_is_asked_about_until_confirmed(
            MOVEMENT, ActorClass.SHIP, ALPS, "ship-on-land"
        )
