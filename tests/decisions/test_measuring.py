"""A clock that is measured worse is looked at again: clashes that it brings are told (L-12)."""

from __future__ import annotations

from itertools import combinations

import msgspec
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from scenes import HIDDEN, START_US, Scene, author, details, named, volume
from wideberth.decisions import measuring
from wideberth.model.clocks import ClockMeasured, LookAgain, LookDue, MeasureClock
from wideberth.model.commands import DeclareZone, SubmitIntent
from wideberth.model.entries import (
    Body,
    ClashesFound,
    HiddenChecked,
    IntentAccepted,
    NoticeIssued,
    decode_entry,
    encode_entry,
)
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import Visibility
from wideberth.model.refusals import Refusal
from wideberth.model.settings import DEFAULT_RULES, Effect, Rules
from wideberth.model.zones import ZoneRule
from wideberth.picture.fold import fold_all
from wideberth.picture.picture import Picture
from wideberth.picture.snapshot import dump, load
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.space.volume import Separation, Volume4D

ALPHA, BRAVO = PartyId("alpha"), PartyId("bravo")
FINE = msgspec.structs.replace(DEFAULT_RULES, version="fine", cell_time_us=SECOND_US)


def measure(scene: Scene, party: str, bound_s: float) -> tuple[Body, ...] | Refusal:
    given = scene.try_(MeasureClock(0, round(bound_s * SECOND_US)), author(party))
    assert isinstance(given, tuple | Refusal)
    return given


def window(start_s: float, end_s: float, **more: float) -> Volume4D:
    start_us = START_US + 60 * MINUTE_US
    return msgspec.structs.replace(
        volume(**more),  # type: ignore[arg-type]  # by name, from the test
        start_us=start_us + round(start_s * SECOND_US),
        end_us=start_us + round(end_s * SECOND_US),
    )


def tell(
    scene: Scene,
    party: str,
    name: str,
    start_s: float,
    end_s: float,
    *,
    visibility: Visibility | None = None,
    **more: float,
) -> tuple[Body, ...]:
    given = {} if visibility is None else {"visibility": visibility}
    what = details(window(start_s, end_s, **more), **given)  # type: ignore[arg-type]
    return scene.accept(SubmitIntent(IntentId(name), what), author(party))


def notices(bodies: object) -> dict[str, int]:
    """How many clashes each party is told of."""
    assert isinstance(bodies, tuple)
    return {
        body.notice.recipient: len(body.notice.clashes)
        for body in bodies
        if isinstance(body, NoticeIssued)
    }


def finish(scene: Scene) -> list[Body]:
    """Let every look come to its end; what that told."""
    told: list[Body] = []
    while scene.picture.clock_looks:
        party = next(iter(scene.picture.clock_looks))
        look = scene.picture.clock_looks[party]
        told += scene.accept(LookAgain(party, look.after))
    return told


def same_again(scene: Scene) -> bool:
    """Whether replay, from bytes and through a snapshot, gives the same picture."""
    digest = scene.picture.digest()
    again = [decode_entry(encode_entry(e), position=i) for i, e in enumerate(scene.entries)]
    replayed = fold_all(Picture(), again)
    return replayed.digest() == digest == load(dump(replayed)).digest()


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize("visibility", [None, HIDDEN])
@pytest.mark.parametrize("later", ["alpha", "bravo"])
def test_a_clash_that_a_worse_clock_brings_is_told_in_the_same_transaction(
    visibility: Visibility | None, later: str
) -> None:
    scene = Scene("alpha", "bravo", rules=FINE)
    tell(scene, "alpha", "i1", 0, 60, visibility=visibility)
    tell(scene, "bravo", "i2", 63.5, 90)
    told = measure(scene, later, 2)
    assert notices(told) == {}
    told = measure(scene, later, 4)
    assert isinstance(told, tuple)
    assert isinstance(told[0], ClockMeasured)
    assert notices(told) == {"alpha": 1, "bravo": 1}
    assert sum(len(each.pairs) for each in told if isinstance(each, ClashesFound)) == 1
    assert notices(measure(scene, later, 5)) == {}, "it was told"
    assert same_again(scene)
    numbers = [each.number for each in scene.notices("alpha")]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize("declarer", ["alpha", "bravo"])
@pytest.mark.parametrize("measured", ["alpha", "bravo"])
@pytest.mark.parametrize("visibility", [None, HIDDEN])
def test_zones_are_looked_at_again_from_both_sides(
    declarer: str, measured: str, visibility: Visibility | None
) -> None:
    scene = Scene("alpha", "bravo", rules=FINE)
    other = "bravo" if declarer == "alpha" else "alpha"
    tell(scene, other, "i1", 0, 60, visibility=visibility)
    area = (window(64.5, 90, radius_m=900),)
    scene.accept(
        DeclareZone(ZoneId("z1"), "range", ZoneRule.KEEP_OUT, area, "why"), author(declarer)
    )
    assert notices(measure(scene, measured, 2)) == {}
    told = measure(scene, measured, 5)
    assert set(notices(told)) == {"alpha", "bravo"}
    assert notices(measure(scene, measured, 6)) == {}
    assert same_again(scene)


@pytest.mark.requirement("L-12")
def test_only_who_learns_something_new_is_told_and_of_all_clashes_of_the_version() -> None:
    scene = Scene("alpha", "bravo", "carol")
    tell(scene, "carol", "c", 0, 50)
    tell(scene, "bravo", "b", 63, 90)
    tell(scene, "alpha", "a", 0, 60)
    first = scene.open_notices("carol")
    told = measure(scene, "alpha", 4)
    assert notices(told) == {"alpha": 2, "bravo": 1}
    assert scene.open_notices("carol") == first
    assert {party for party, _ in scene.picture.told["a"]} == {"alpha", "bravo", "carol"}
    newest = scene.notices("alpha")[-1]
    assert newest.supersedes == (scene.notices("alpha")[-2].id,)
    assert newest.subject is not None
    assert newest.subject.version == 1


@pytest.mark.requirement("L-12")
def test_what_a_rule_forbids_is_told_and_stands_until_it_is_amended() -> None:
    rules = Rules(version="strict", default=Effect.REFUSE, separation=Separation(0, 0, SECOND_US))
    scene = Scene("alpha", "bravo", rules=rules)
    tell(scene, "alpha", "i1", 0, 60)
    tell(scene, "bravo", "i2", 63, 90)
    assert notices(measure(scene, "alpha", 3)) == {"alpha": 1, "bravo": 1}
    assert set(scene.picture.intents) == {"i1", "i2"}
    near = SubmitIntent(IntentId("i3"), details(window(64, 90)))
    assert isinstance(scene.try_(near, author("bravo")), Refusal)


@pytest.mark.requirement("L-12")
def test_a_better_clock_withdraws_nothing_and_narrows_what_is_told_later() -> None:
    scene = Scene("alpha", "bravo")
    tell(scene, "alpha", "i1", 0, 60)
    tell(scene, "bravo", "i2", 63, 90)
    measure(scene, "alpha", 4)
    standing = scene.open_notices("bravo")
    scene.pass_time(2)
    (only,) = scene.accept(MeasureClock(0, SECOND_US), author("alpha"))
    assert isinstance(only, ClockMeasured)
    assert scene.open_notices("bravo") == standing
    assert notices(tell(scene, "bravo", "i3", 63, 90)) == {}


def test_a_hidden_intent_that_only_a_worse_clock_meets_is_counted() -> None:
    """Widening one's own clock is no free look at what is hidden."""
    scene = Scene("alpha", "bravo", rules=FINE)
    tell(scene, "bravo", "hidden", 63, 90, visibility=HIDDEN)
    tell(scene, "alpha", "mine", 0, 60, visibility=named())
    told = measure(scene, "alpha", 4)
    assert isinstance(told, tuple)
    assert HiddenChecked(ALPHA, ((BRAVO, 1),)) in told
    assert scene.picture.check_days[ALPHA][1] == 1


def test_a_party_with_much_that_stands_is_looked_at_piece_by_piece() -> None:
    scene = Scene("alpha", "bravo")
    count = 3 * measuring.AT_ONCE
    for number in range(count):
        place = {"latitude_deg": 40 + number / 10}
        tell(scene, "alpha", f"a{number:03}", 0, 60, **place)
    tell(scene, "bravo", "last", 63, 90, latitude_deg=40 + (count - 1) / 10)
    first = measure(scene, "alpha", 4)
    assert isinstance(first, tuple)
    due = next(each for each in first if isinstance(each, LookDue))
    assert (due.after, due.done) == (f"intent/a{measuring.AT_ONCE - 1:03}", False)
    assert notices(first) == {}
    assert same_again(scene), "a restart in the middle goes on from there"
    again = LookAgain(ALPHA, "")
    assert isinstance(scene.try_(again), Refusal), "another process was quicker"
    told = finish(scene)
    assert notices(tuple(told)) == {"alpha": 1, "bravo": 1}
    assert same_again(scene)
    assert isinstance(scene.try_(again), Refusal)


def test_what_ends_or_comes_during_a_look_does_not_disturb_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "AT_ONCE", 1)
    scene = Scene("alpha", "bravo")
    for name in ("a", "c", "e"):
        tell(scene, "alpha", name, 0, 60)
    tell(scene, "bravo", "far", 63, 90)
    measure(scene, "alpha", 4)
    scene.now_us += 1
    assert notices(tell(scene, "alpha", "b", 0, 60)) == {"alpha": 1, "bravo": 1}, "decided anew"
    tell(scene, "alpha", "d", 0, 60, latitude_deg=10)
    told = finish(scene)
    about = [each.about.id for each in told if isinstance(each, ClashesFound)]
    assert about == ["c", "e"]


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize("better", ["alpha", "bravo"])
def test_no_clock_gets_better_while_what_a_worse_one_brings_is_being_looked_at(
    monkeypatch: pytest.MonkeyPatch, better: str
) -> None:
    monkeypatch.setattr(measuring, "AT_ONCE", 1)
    scene = Scene("alpha", "bravo", rules=FINE)
    measure(scene, "bravo", 2)
    for name in ("a", "b", "c"):
        tell(scene, "alpha", name, 0, 60)
    tell(scene, "bravo", "other", 63, 90)
    assert notices(measure(scene, "alpha", 2)) == {"alpha": 1, "bravo": 1}
    scene.now_us += 61 * SECOND_US
    refusal = measure(scene, better, 0)
    assert isinstance(refusal, Refusal)
    assert refusal.rule == "clock-unchanged"
    told = finish(scene)
    assert {each.about.id for each in told if isinstance(each, ClashesFound)} == {"b", "c"}
    assert not isinstance(measure(scene, better, 0), Refusal), "and then it does"


def test_only_the_mechanism_looks_again() -> None:
    refusal = Scene("alpha").try_(LookAgain(ALPHA, ""), author("alpha"))
    assert isinstance(refusal, Refusal)
    assert refusal.rule == "host-only"


def test_the_intents_of_a_party_are_those_that_stand_in_each_layer() -> None:
    scene = Scene("alpha", "bravo")
    tell(scene, "alpha", "a", 0, 60)
    tell(scene, "bravo", "b", 100, 160)
    assert scene.picture.intents_of(ALPHA) == {"a"}
    tell(scene, "alpha", "c", 200, 260)
    assert scene.picture.intents_of(ALPHA) == {"a", "c"}
    layer = scene.picture.overlay()
    layer.drop_intent(IntentId("a"))
    assert layer.intents_of(ALPHA) == {"c"}
    assert scene.picture.intents_of(ALPHA) == {"a", "c"}
    scene.picture.drop_intent(IntentId("a"))
    assert scene.picture.intents_of(ALPHA) == {"c"}
    assert scene.picture.intents_of(BRAVO) == {"b"}


# Random orders of telling and measuring, against all pairs under all bounds that ever stood.


@st.composite
def played(draw: st.DrawFn) -> Scene:
    """Intents and measurements of three parties in a random order, each look in small pieces."""
    scene = Scene("alpha", "bravo", "carol", rules=FINE)
    number = 0
    for _ in range(draw(st.integers(3, 14))):
        party = draw(st.sampled_from(("alpha", "bravo", "carol")))
        scene.now_us += draw(st.sampled_from((0, 1, 61 * SECOND_US)))
        match draw(st.sampled_from(("tell", "tell", "measure", "measure", "look"))):
            case "tell":
                start_s = draw(st.integers(0, 40))
                place = draw(st.sampled_from((47.0, 47.2)))
                hidden = draw(st.sampled_from((None, None, HIDDEN)))
                name = f"{party[0]}{number}"
                tell(
                    scene, party, name, start_s, start_s + 3, latitude_deg=place, visibility=hidden
                )
                number += 1
            case "measure":
                measure(scene, party, draw(st.integers(0, 9)))
            case _ if scene.picture.clock_looks:
                due = draw(st.sampled_from(sorted(scene.picture.clock_looks)))
                scene.accept(LookAgain(due, scene.picture.clock_looks[due].after))
            case _:
                pass
    finish(scene)
    return scene


def untold(scene: Scene) -> set[frozenset[str]]:
    """Pairs that met at some position of the record, by the bounds that stood there, and of which
    no notice tells. The slow way: all pairs at every position.
    """
    bounds: dict[str, int] = {}
    standing: dict[str, tuple[str, Volume4D]] = {}
    met: set[frozenset[str]] = set()
    told: set[frozenset[str]] = set()
    for entry in scene.entries:
        match entry.body:
            case ClockMeasured(party=party, low_us=low_us, high_us=high_us):
                bounds[party] = max(abs(low_us), abs(high_us))
            case IntentAccepted(intent=intent):
                standing[intent.id] = (intent.party, intent.volumes[0])
            case NoticeIssued(notice=notice):
                assert not notice.more_clashes
                told |= {
                    frozenset((each.own.id, each.other.id))
                    for each in notice.clashes
                    if each.own is not None and each.other is not None
                }
                continue
            case ClashesFound(about=about, pairs=pairs):
                told |= {frozenset((about.id, pair.other.id)) for pair in pairs}
                continue
            case _:
                continue
        for (one, (ours, mine)), (two, (theirs, other)) in combinations(standing.items(), 2):
            apart_us = bounds.get(ours, 0) + bounds.get(theirs, 0)
            near = max(mine.start_us, other.start_us) - min(mine.end_us, other.end_us) <= apart_us
            if ours != theirs and mine.footprint == other.footprint and near:
                met.add(frozenset((one, two)))
    return met - told


@pytest.mark.requirement("L-12")
@settings(max_examples=60, deadline=None)
@given(played())
def test_whatever_the_order_of_measuring_every_pair_that_ever_met_is_told(scene: Scene) -> None:
    assert not untold(scene)
    assert same_again(scene)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "AT_ONCE", 1)


@pytest.mark.usefixtures("small_pieces")
def test_in_the_smallest_pieces_as_well() -> None:
    @settings(max_examples=100, deadline=None)
    @given(played())
    def check(scene: Scene) -> None:
        assert not untold(scene)
        assert same_again(scene)

    check()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("_is_new", id="nothing is looked at again"),
        pytest.param("decided", id="another's pending look counts as done"),
    ],
)
def test_a_look_that_leaves_something_out_is_noticed(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "AT_ONCE", 1)
    if fault == "_is_new":
        monkeypatch.setattr(measuring._Looking, "_is_new", lambda *_: False)
    else:
        monkeypatch.setattr(Picture, "decided_clock_us", Picture.clock_bound_us)
    try:
        find(played(), untold, settings=settings(phases=[Phase.generate], max_examples=3000))
    except NoSuchExample:
        pytest.fail("the planted fault was not found")
