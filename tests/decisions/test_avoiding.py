"""A suggested avoiding action is checked before it is sent, and withheld where it leads into
something; nobody learns more by it than it may see (L-08).
"""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scenes import HIDDEN, OPEN, Scene, author, details, named, volume
from wideberth.decisions import avoiding
from wideberth.decisions.avoiding import in_the_way
from wideberth.decisions.checks import DryRun, HiddenTest
from wideberth.model.avoiding import (
    AvoidingSuggested,
    AvoidingTold,
    AvoidingWithheld,
    SuggestAvoiding,
    Unchecked,
)
from wideberth.model.commands import DeclareZone
from wideberth.model.entries import Body, HiddenChecked
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import Intent, IntentKind, Step
from wideberth.model.liveness import HazardStatus, StateHazard
from wideberth.model.refusals import Refusal
from wideberth.model.zones import ZoneRule
from wideberth.picture.fold import fold_all
from wideberth.picture.picture import Picture
from wideberth.picture.snapshot import dump, load
from wideberth.picture.visibility import is_readable
from wideberth.space.overlap import is_conflict
from wideberth.space.volume import Separation, Volume4D
from wideberth.wire import asked

AWAY = 47.1


@pytest.fixture
def scene() -> Scene:
    """A hazard of alpha's that bravo and charlie were told of, for what they do there."""
    made = Scene("alpha", "bravo", "charlie", "delta")
    hazard(made)
    return made


def hazard(made: Scene) -> Intent:
    made.tell("bravo", details(volume(radius_m=100)))
    made.tell("charlie", details(volume(radius_m=100)))
    return made.tell("alpha", details(kind=IntentKind.HAZARD))


def hazard_in(scene: Scene) -> IntentId:
    """The first hazard: the one that all know of."""
    return next(each for each in scene.picture.hazards if scene.picture.hazards[each].told)


def suggestion(scene: Scene, *volumes: Volume4D, to: tuple[str, ...] = ()) -> SuggestAvoiding:
    given = volumes or (volume(AWAY),)
    parties = tuple(PartyId(each) for each in to)
    return SuggestAvoiding(hazard_in(scene), "flight", given, parties)


def suggest(scene: Scene, *volumes: Volume4D, to: tuple[str, ...] = ()) -> tuple[Body, ...]:
    return scene.accept(suggestion(scene, *volumes, to=to), author("alpha"))


@pytest.mark.requirement("L-08")
def test_what_leads_into_nothing_reaches_whoever_was_told_of_the_hazard(scene: Scene) -> None:
    sent, *told = suggest(scene)
    assert isinstance(sent, AvoidingSuggested)
    assert sent.suggested.to == (), "whom it reaches may be somebody hidden"
    assert [each.recipient for each in told if isinstance(each, AvoidingTold)] == [
        "bravo",
        "charlie",
    ]
    assert all(isinstance(each, AvoidingTold) and each.volumes for each in told)
    entries = scene.entries[-3:]
    for party, seen in (
        ("alpha", [True, False, False]),
        ("bravo", [False, True, False]),
        ("delta", [False] * 3),
    ):
        assert [is_readable(scene.picture, each, PartyId(party)) for each in entries] == seen
    again = load(dump(fold_all(Picture(), scene.entries)))
    assert again.digest() == scene.picture.digest()


@pytest.mark.requirement("L-08")
@pytest.mark.parametrize("kind", list(IntentKind))
@pytest.mark.parametrize("owner", ["alpha", "bravo", "delta"])
def test_what_leads_into_something_is_withheld_and_the_conflict_shown(
    scene: Scene, kind: IntentKind, owner: str
) -> None:
    shown = named("alpha") if kind is IntentKind.PRESENCE else OPEN
    other = scene.tell(owner, details(volume(AWAY), kind=kind, visibility=shown))
    outcome = suggest(scene)
    if owner == "alpha" and kind in (IntentKind.FLIGHT, IntentKind.MOVEMENT):
        assert isinstance(outcome[0], AvoidingSuggested), "its own move is its own to move"
        return
    (withheld,) = outcome
    assert isinstance(withheld, AvoidingWithheld)
    refs = [*withheld.own, *(each.other for each in withheld.clashes)]
    assert [each.id for each in refs if each is not None] == [other.id]
    assert scene.picture.hazards[hazard_in(scene)].suggested is None


@pytest.mark.requirement("L-08")
def test_the_hazard_itself_and_zones_are_in_the_way_too(scene: Scene) -> None:
    (withheld,) = suggest(scene, volume())
    assert isinstance(withheld, AvoidingWithheld)
    assert [each.id for each in withheld.own] == [hazard_in(scene)]
    for owner, name in (("alpha", ZoneId("own")), ("delta", ZoneId("theirs"))):
        place = volume(48.0 if owner == "alpha" else 49.0)
        zone = DeclareZone(name, "Range", ZoneRule.KEEP_OUT, (place,), reason="exercise")
        scene.accept(zone, author(owner))
        (withheld,) = suggest(scene, place)
        assert isinstance(withheld, AvoidingWithheld)
        refs = [*withheld.own, *(each.other for each in withheld.clashes)]
        assert [each.id for each in refs if each is not None] == [name]


def test_what_one_party_moves_itself_is_not_in_its_own_way(scene: Scene) -> None:
    scene.tell("bravo", details(volume(AWAY)))
    assert isinstance(suggest(scene, to=("bravo",))[0], AvoidingSuggested)
    assert isinstance(suggest(scene)[0], AvoidingWithheld), "it is in the way of the other"


@pytest.mark.requirement("L-08")
def test_of_what_is_hidden_the_sender_learns_no_more_than_by_a_dry_run(scene: Scene) -> None:
    hidden = scene.tell(
        "delta", details(volume(AWAY, radius_m=50), kind=IntentKind.HAZARD, visibility=HIDDEN)
    )
    withheld, counted = suggest(scene)
    assert isinstance(withheld, AvoidingWithheld)
    (clash,) = withheld.clashes
    assert (clash.other, clash.other_party) == (None, None)
    assert clash.overlap.cells
    assert counted == HiddenChecked(PartyId("alpha"), ((PartyId("delta"), 1),))
    assert hidden.id not in msgspec.json.encode(withheld).decode()
    (unchecked,) = suggest(scene, volume(50.0, radius_m=60_000))
    assert isinstance(unchecked, AvoidingWithheld)
    assert unchecked.unchecked is Unchecked.TOO_LARGE, "what is not checked is not sent"


@pytest.mark.requirement("L-08")
def test_what_only_its_reader_sees_keeps_it_from_that_reader_and_the_sender_learns_nothing(
    scene: Scene,
) -> None:
    site = scene.tell(
        "delta", details(volume(AWAY), kind=IntentKind.PRESENCE, visibility=named("bravo"))
    )
    sent, bravo, charlie = suggest(scene)
    assert isinstance(sent, AvoidingSuggested)
    assert isinstance(bravo, AvoidingTold)
    assert isinstance(charlie, AvoidingTold)
    assert (bravo.volumes, [each.id for each in bravo.in_the_way]) == ((), [site.id])
    assert charlie.volumes
    assert charlie.in_the_way == ()
    assert sent.suggested.to == (), "whom it reaches may be somebody hidden"


@pytest.mark.requirement("L-08")
def test_what_is_told_later_counts_when_it_is_read(scene: Scene) -> None:
    suggest(scene)
    known = scene.picture.hazards[hazard_in(scene)]
    assert known.suggested is not None
    assert in_the_way(scene.picture, known.suggested, PartyId("bravo"), scene.now_us) == ()
    later = scene.tell("delta", details(volume(AWAY), kind=IntentKind.HAZARD))
    (met,) = in_the_way(scene.picture, known.suggested, PartyId("bravo"), scene.now_us)
    assert met.id == later.id


@pytest.mark.parametrize("status", [HazardStatus.MOVED, HazardStatus.ENDED])
def test_it_goes_with_the_hazard_as_it_was(scene: Scene, status: HazardStatus) -> None:
    suggest(scene)
    name = hazard_in(scene)
    scene.accept(StateHazard(name, status), author("alpha"))
    assert scene.picture.hazards[name].suggested is None
    suggest(scene)
    standing = scene.picture.intents[name]
    scene.step(standing, Step.END)
    again = scene.try_(suggestion(scene), author("alpha"))
    assert isinstance(again, Refusal)
    assert again.rule == "no-such-hazard"


def test_who_may_suggest_what_to_whom(scene: Scene) -> None:
    def rule(command: SuggestAvoiding, party: str = "alpha") -> str:
        done = scene.try_(command, author(party))
        assert isinstance(done, Refusal), done
        return done.rule

    assert rule(suggestion(scene), "bravo") == "no-such-hazard"
    assert rule(suggestion(scene, to=("alpha",))) == "not-shown"
    assert rule(suggestion(scene, to=("nobody",))) == "not-shown"
    assert rule(suggestion(scene, *[volume(AWAY)] * 21)) == "volume-count"
    scene.pass_time(150)
    assert rule(suggestion(scene)) in ("already-over", "no-such-hazard")


@pytest.mark.requirement("P-02")
@pytest.mark.parametrize("to", [(), ("bravo",), ("delta",)])
def test_whom_it_reaches_does_not_tell_who_is_hidden_there(to: tuple[str, ...]) -> None:
    """Found by two plays that differ in a hidden intent: named or not, whoever was told of the
    hazard for something hidden made another answer.
    """

    def said(*, is_bravo_there: bool) -> tuple[str, tuple[PartyId, ...]]:
        scene = Scene("alpha", "bravo", "delta")
        if is_bravo_there:
            scene.tell("bravo", details(volume(radius_m=100), visibility=HIDDEN))
        told = scene.tell("alpha", details(kind=IntentKind.HAZARD))
        command = SuggestAvoiding(told.id, "flight", (volume(AWAY),), tuple(map(PartyId, to)))
        first, *others = scene.accept(command, author("alpha"))
        assert isinstance(first, AvoidingSuggested)
        reached = [each.recipient for each in others if isinstance(each, AvoidingTold)]
        assert ("bravo" in reached) == (is_bravo_there if not to else to == ("bravo",))
        return type(first).__name__, first.suggested.to

    assert said(is_bravo_there=True) == said(is_bravo_there=False)


@pytest.mark.requirement("L-08")
def test_a_stop_carries_none() -> None:
    """Nothing is checked before a STOP is sent, so it has nothing that would have to be."""
    assert not {"avoiding", "volumes", "kind", "to"} & set(asked.StopIn.__struct_fields__)


THINGS = st.lists(
    st.tuples(
        st.sampled_from(["alpha", "bravo", "delta", "zone"]),
        st.sampled_from(list(IntentKind)),
        st.tuples(st.integers(0, 3), st.integers(0, 2)),
    ),
    max_size=6,
)


def at(place: tuple[int, int]) -> Volume4D:
    return volume(
        48 + place[0] * 0.01,
        radius_m=400,
        from_min=60 * place[1] + 1,
        until_min=60 * place[1] + 50,
    )


def play(things: list[tuple[str, IntentKind, tuple[int, int]]], where: tuple[int, int]) -> None:
    scene = Scene("alpha", "bravo", "charlie", "delta")
    hazard(scene)
    dangers: list[Volume4D] = []
    for number, (owner, kind, place) in enumerate(things):
        if owner == "zone":
            zone = DeclareZone(
                ZoneId(f"z{number}"), "Range", ZoneRule.KEEP_OUT, (at(place),), reason="exercise"
            )
            scene.accept(zone, author("delta"))
            dangers.append(at(place))
            continue
        shown = named("alpha") if kind is IntentKind.PRESENCE else OPEN
        scene.tell(owner, details(at(place), kind=kind, visibility=shown))
        is_own_move = owner == "alpha" and kind in (IntentKind.FLIGHT, IntentKind.MOVEMENT)
        if not is_own_move:
            dangers.append(at(place))
    first = suggest(scene, at(where))[0]
    model = scene.picture.prepared((at(where), *dangers))
    clear = not any(is_conflict(model[0], each, Separation()) for each in model[1:])
    assert isinstance(first, AvoidingSuggested) == clear


@pytest.mark.requirement("L-08")
@settings(max_examples=60, deadline=None)
@given(THINGS, st.tuples(st.integers(0, 3), st.integers(0, 2)))
def test_it_is_sent_only_where_a_slow_look_finds_nothing(
    things: list[tuple[str, IntentKind, tuple[int, int]]], where: tuple[int, int]
) -> None:
    play(things, where)


def blind(_picture: Picture, would_be: Intent, _context: object) -> DryRun:
    return DryRun(would_be, (), HiddenTest(done=True, reason="", left_today=1), ())


@pytest.mark.parametrize(("name", "fault"), [("look", blind), ("_own_dangers", lambda *_: ())])
def test_the_check_finds_one_that_is_sent_unchecked(
    name: str, fault: Callable[..., object]
) -> None:
    found = settings(max_examples=3000, deadline=None, phases=[Phase.generate])(
        given(THINGS, st.tuples(st.integers(0, 3), st.integers(0, 2)))(play)
    )
    with mock.patch.object(avoiding, name, fault), pytest.raises(AssertionError):
        found()
