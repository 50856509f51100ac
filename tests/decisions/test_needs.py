"""Need-to-know by area and time, against a slow reading of the entries (P-04)."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from agreements_scene import act, agreed, scene
from scenes import HIDDEN, OPEN, UNGUARDED, Scene, author, details, named, signer, volume
from wideberth.model.agreements import Act
from wideberth.model.commands import AdoptRules, CloseSubscription, OpenSubscription
from wideberth.model.entries import (
    ClashesFound,
    Entry,
    IntentAccepted,
    IntentStateChanged,
    SubscriptionClosed,
    SubscriptionOpened,
)
from wideberth.model.ids import PartyId, SubscriptionId
from wideberth.model.intents import Intent, IntentKind, Step
from wideberth.model.provisions import Disclosure, Shared
from wideberth.picture import needs as needs_module
from wideberth.picture.needs import needs
from wideberth.picture.visibility import is_readable
from wideberth.space.overlap import is_conflict
from wideberth.space.prepared import prepare
from wideberth.space.vertical import AltitudeModel
from wideberth.space.volume import Separation, Volume4D

NEED = msgspec.structs.replace(UNGUARDED, version="need", need_to_know=True)
PARTIES = ("north", "south", "west")
PLACES = st.tuples(st.integers(0, 3), st.integers(0, 3))


def needing() -> Scene:
    made = scene()
    made.accept(AdoptRules(NEED))
    return made


def at(place: tuple[int, int], *, wide: bool = False) -> Volume4D:
    """One of sixteen: four places, a kilometre apart; four hours. Wide: reaching into the next."""
    where, hour = place
    return volume(
        47 + where * 0.01,
        radius_m=700 if wide else 300,
        from_min=60 * hour + 1,
        until_min=60 * hour + (60 if wide else 30),
    )


def subscribe(scene: Scene, party: str, wanted: Volume4D) -> SubscriptionId:
    name = SubscriptionId(scene.new_id() + "-subscription")
    scene.accept(OpenSubscription(name, wanted), author(party))
    return name


def whole_list(scene: Scene, **more: object) -> None:
    given = Disclosure(
        id="all",
        party=PartyId("north"),
        to=PartyId("south"),
        fields=tuple(Shared),
        **{"whole_list": True, **more},  # type: ignore[arg-type]
    )
    agreed(scene, given)


@pytest.mark.requirement("P-04")
def test_what_lies_outside_of_what_was_declared_is_not_given_until_it_is() -> None:
    scene = needing()
    intent = scene.tell("north", details(at((0, 1))))
    assert needs(scene.picture, intent, PartyId("north")), "its own"
    assert not needs(scene.picture, intent, PartyId("south"))
    subscribe(scene, "south", at((1, 1)))
    subscribe(scene, "south", at((0, 2)))
    subscribe(scene, "west", at((0, 1)))
    assert not needs(scene.picture, intent, PartyId("south")), "another place, another time"
    name = subscribe(scene, "south", at((0, 1)))
    assert needs(scene.picture, intent, PartyId("south"))
    (accepted,) = (each for each in scene.entries if isinstance(each.body, IntentAccepted))
    assert is_readable(scene.picture, accepted, PartyId("south"))
    scene.accept(CloseSubscription(name), author("south"))
    assert not is_readable(scene.picture, accepted, PartyId("south"))


@pytest.mark.requirement("P-04")
def test_an_agreement_on_the_whole_list_gives_all_that_its_owner_shows() -> None:
    scene = needing()
    whole_list(scene)
    north, west = scene.tell("north", details(at((0, 0)))), scene.tell("west", details(at((2, 0))))
    assert needs(scene.picture, north, PartyId("south"))
    assert not needs(scene.picture, west, PartyId("south")), "of that owner alone"
    assert not needs(scene.picture, north, PartyId("west")), "to that party alone"
    scene.accept(act(1, Act.END), signer("north"))
    assert not needs(scene.picture, north, PartyId("south"))


@pytest.mark.requirement("P-04")
def test_nobody_is_kept_from_what_meets_its_own() -> None:
    scene = needing()
    hazard = scene.tell("north", details(at((0, 0)), kind=IntentKind.HAZARD))
    scene.tell("south", details(at((0, 0))))
    (notice,) = scene.notices("south")
    assert notice.subject is not None
    assert notice.clashes[0].other is not None
    assert notice.clashes[0].other.id == hazard.id
    own = scene.tell("west", details(at((3, 3))))
    assert not needs(scene.picture, hazard, PartyId("west"))
    assert scene.notices("west") == []
    assert own.id in scene.picture.intents


def test_without_the_rule_nothing_is_narrowed() -> None:
    made = scene()
    intent = made.tell("north", details(at((0, 0))))
    assert all(needs(made.picture, intent, PartyId(each)) for each in PARTIES)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.sampled_from(PARTIES), PLACES, st.sampled_from([0, 1, 2])),
        st.tuples(st.just("subscribe"), st.sampled_from(PARTIES), PLACES, st.booleans()),
        st.tuples(st.just("close"), st.integers(0, 5), st.none(), st.none()),
        st.tuples(st.just("end"), st.integers(0, 5), st.none(), st.none()),
    ),
    min_size=1,
    max_size=14,
)
SHOWN = (OPEN, HIDDEN, named("south"))


def play(*, agreed: bool, steps: list[tuple[str, object, object, object]]) -> None:
    scene = needing()
    if agreed:
        whole_list(scene)
    for step, first, second, third in steps:
        if step == "tell":
            assert isinstance(second, tuple)
            visibility = SHOWN[int(str(third))]
            scene.tell(str(first), details(at(second), visibility=visibility))
        elif step == "subscribe":
            assert isinstance(second, tuple)
            subscribe(scene, str(first), at(second, wide=bool(third)))
        else:
            table = scene.picture.subscriptions if step == "close" else scene.picture.intents
            names = sorted(table)
            if not names:
                continue
            name = names[int(str(first)) % len(names)]
            if step == "close":
                standing = scene.picture.subscriptions[SubscriptionId(name)]
                scene.accept(CloseSubscription(standing.id), author(standing.party))
            else:
                scene.step(scene.picture.intents[name], Step.END)  # type: ignore[index]
        for name in scene.picture.intents:
            intent = scene.picture.intents[name]
            for reader in PARTIES:
                wanted = reference(scene.entries, intent, reader, agreed=agreed)
                assert needs(scene.picture, intent, PartyId(reader)) == wanted, (reader, intent)


def reference(entries: list[Entry], intent: Intent, reader: str, *, agreed: bool) -> bool:
    """All over again from the first entry, every volume with every other, without an index."""
    if reader == intent.party or (agreed and (intent.party, reader) == ("north", "south")):
        return True
    declared: dict[str, Volume4D] = {}
    told: set[str] = set()
    for entry in entries:
        match entry.body:
            case SubscriptionOpened(subscription=given) if given.party == reader:
                declared[given.id] = given.volume
            case SubscriptionClosed(subscription=name):
                declared.pop(name, None)
            case ClashesFound(about=about, told=parties) if about.id == intent.id:
                told = {party for party, _ in parties or ()}
            case IntentStateChanged(intent=name) if name == intent.id:
                pass
            case _:
                pass
    if reader in told:
        return True
    model = AltitudeModel()
    return any(
        is_conflict(prepare(one, model), prepare(other, model), Separation())
        for one in intent.volumes
        for other in declared.values()
    )


@pytest.mark.requirement("P-04")
@settings(max_examples=60, deadline=None)
@given(st.booleans(), STEPS)
def test_a_slow_reading_says_the_same(
    agreed: bool,
    steps: list[tuple[str, object, object, object]],
) -> None:
    play(agreed=agreed, steps=steps)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("_is_told", lambda *_: False),
        ("_is_whole_list", lambda *_: False),
        ("_is_declared", lambda *_: False),
        ("_TOUCHING", Separation(2_000_000, 0, 0)),
    ],
)
def test_the_check_finds_a_planted_fault(name: str, fault: Callable[..., object]) -> None:
    found = settings(max_examples=300, deadline=None, phases=[Phase.generate])(
        given(st.booleans(), STEPS)(lambda agreed, steps: play(agreed=agreed, steps=steps))
    )
    with mock.patch.object(needs_module, name, fault), pytest.raises(AssertionError):
        found()
