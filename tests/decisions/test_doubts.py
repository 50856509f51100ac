"""DOUBT: raised by the distribution, in the way of confirming, never deleted or counted (L-07)."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scenes import HIDDEN, START_US, Scene, author, details, named, signer, volume
from wideberth.decisions import doubts
from wideberth.decisions.keeping import ERASABLE
from wideberth.model.commands import (
    AmendIntent,
    ChangeIntentState,
    Command,
    DeclareZone,
    SubmitIntent,
)
from wideberth.model.doubts import (
    AnswerDoubt,
    DoubtAnswered,
    DoubtId,
    DoubtRaised,
    DoubtState,
    RaiseDoubt,
)
from wideberth.model.entries import Entry
from wideberth.model.ids import IntentId, NoticeId, PartyId, ZoneId
from wideberth.model.intents import IntentKind, Provenance, Source, Step
from wideberth.model.liveness import GiveAllClear
from wideberth.model.parties import Author, How, Role
from wideberth.model.refusals import Refusal
from wideberth.model.sites import ChallengeSite
from wideberth.model.stated import Evidence, Stated
from wideberth.model.stops import Form, Identified, Stop, TellStop
from wideberth.model.zones import ZoneRule
from wideberth.picture.doubts import is_doubted
from wideberth.picture.fold import fold_all
from wideberth.picture.picture import Picture
from wideberth.picture.sites import is_stale, valid_until_us
from wideberth.picture.snapshot import dump, load
from wideberth.picture.visibility import is_readable
from wideberth.space.time import DAY_US

CLINIC = IntentId("clinic")
DAY_MIN = 24 * 60
EVIDENCE = tuple(Evidence)


@pytest.fixture
def scene() -> Scene:
    return Scene("alpha", "bravo", "charlie")


def the_clinic(
    evidence: Evidence = Evidence.SUBMITTED, *, days: int = 80, latitude: float = 47.0
) -> object:
    return details(
        volume(latitude, from_min=max(1, (days - 80) * DAY_MIN), until_min=days * DAY_MIN),
        kind=IntentKind.PRESENCE,
        visibility=named("bravo"),
        stated=Stated(evidence=evidence),
    )


def told_clinic(scene: Scene) -> None:
    scene.accept(SubmitIntent(CLINIC, the_clinic()), author("alpha"))  # type: ignore[arg-type]


def raised(scene: Scene, party: str = "bravo", **about: object) -> DoubtId:
    about = about or {"intent": CLINIC}
    (body,) = scene.accept(RaiseDoubt("it moved", **about), author(party))  # type: ignore[arg-type]
    assert isinstance(body, DoubtRaised)
    return body.doubt.id


def amend(scene: Scene, wanted: object) -> AmendIntent:
    return AmendIntent(CLINIC, scene.picture.intents[CLINIC].ovn, wanted)  # type: ignore[arg-type]


def answer(name: DoubtId, state: DoubtState = DoubtState.ANSWERED) -> AnswerDoubt:
    return AnswerDoubt(name, state, "looked at again")


def rule(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.rule


@pytest.mark.requirement("L-07")
@pytest.mark.parametrize("settled", [DoubtState.ANSWERED, DoubtState.ACCEPTED_OPEN])
def test_a_doubt_waits_for_the_owners_word_before_the_item_is_confirmed(
    scene: Scene, settled: DoubtState
) -> None:
    told_clinic(scene)
    name = raised(scene)
    visited = amend(scene, the_clinic(Evidence.VISITED))
    assert rule(scene.try_(visited, author("alpha"))) == "doubt-open"
    checked = details(
        volume(from_min=1, until_min=80 * DAY_MIN),
        kind=IntentKind.PRESENCE,
        visibility=named("bravo"),
        stated=Stated(),
        provenance=Provenance(Source.GPS, 5_000, checked_by="survey"),
    )
    assert rule(scene.try_(amend(scene, checked), author("alpha"))) == "doubt-open"
    scene.accept(answer(name, settled), signer("alpha"))
    scene.accept(visited, author("alpha"))
    (standing,) = scene.picture.doubts[CLINIC].doubts
    assert (standing.state, standing.answer) == (settled, "looked at again")


@pytest.mark.requirement("L-07")
def test_what_is_doubted_can_be_corrected_at_once_but_is_not_validated_by_it(scene: Scene) -> None:
    told_clinic(scene)
    until_us = valid_until_us(scene.picture.intents[CLINIC])
    name = raised(scene)
    scene.now_us = START_US + 40 * DAY_US
    for days, latitude in ((120, 47.001), (125, 47.002)):
        scene.accept(amend(scene, the_clinic(days=days, latitude=latitude)), author("alpha"))
        site, known = scene.picture.intents[CLINIC], scene.picture.sites[CLINIC]
        assert valid_until_us(site, known) == START_US + 90 * DAY_US
    assert is_stale(site, START_US + 91 * DAY_US, known)
    assert until_us < START_US + 90 * DAY_US
    scene.accept(answer(name), signer("alpha"))
    scene.accept(amend(scene, the_clinic(days=126, latitude=47.002)), author("alpha"))
    site, known = scene.picture.intents[CLINIC], scene.picture.sites[CLINIC]
    assert valid_until_us(site, known) == site.end_us


def test_a_challenge_that_waits_is_in_the_way_too(scene: Scene) -> None:
    told_clinic(scene)
    scene.accept(ChallengeSite(CLINIC, "there is no roof"), author("bravo"))
    assert rule(scene.try_(amend(scene, the_clinic(Evidence.VISITED)), author("alpha"))) == (
        "doubt-open"
    )


@pytest.mark.requirement("L-07")
def test_a_hazard_is_not_clear_while_somebody_doubts_it(scene: Scene) -> None:
    hazard = scene.tell("alpha", details(kind=IntentKind.HAZARD))
    name = raised(scene, "charlie", intent=hazard.id)
    scene.step(hazard, Step.END)
    clear = GiveAllClear(hazard.id)
    assert rule(scene.try_(clear, signer("alpha"))) == "doubt-open"
    scene.accept(answer(name, DoubtState.ACCEPTED_OPEN), signer("alpha"))
    scene.accept(clear, signer("alpha"))


@pytest.mark.requirement("L-07")
def test_anyone_on_the_distribution_raises_one_and_nobody_else(scene: Scene) -> None:
    told_clinic(scene)
    flight = scene.tell("alpha")
    zone = ZoneId("z")
    scene.accept(
        DeclareZone(zone, "Range", ZoneRule.KEEP_OUT, (volume(46.0),), reason="exercise"),
        author("alpha"),
    )
    watching = author("charlie", roles=(Role.WATCH,))
    scene.accept(RaiseDoubt("too low", intent=flight.id), watching)
    scene.accept(RaiseDoubt("too wide", zone=zone), watching)
    assert rule(scene.try_(RaiseDoubt("where", intent=CLINIC), watching)) == "no-such-item"
    assert rule(scene.try_(RaiseDoubt("why", intent=flight.id), author("alpha"))) == "your-own"
    assert rule(scene.try_(RaiseDoubt("and", intent=flight.id), watching)) == "doubt-stands"
    for wrong in ({}, {"intent": flight.id, "zone": zone}):
        assert rule(scene.try_(RaiseDoubt("x", **wrong), watching)) == "one-item"  # type: ignore[arg-type]


@pytest.mark.requirement("L-07")
def test_who_had_a_notice_of_what_is_hidden_doubts_it_without_learning_what_it_is(
    scene: Scene,
) -> None:
    hidden = scene.tell("alpha", details(visibility=HIDDEN))
    scene.tell("bravo")
    (notice,) = scene.notices("bravo")
    assert notice.subject is not None, "its own intent is what was told last"
    scene.tell("charlie", details(volume(48.0)))
    amended = details(volume(upper_m=90), visibility=HIDDEN)
    scene.accept(AmendIntent(hidden.id, hidden.ovn, amended), author("alpha"))
    about = scene.notices("bravo")[-1]
    assert about.subject is None
    other = RaiseDoubt("whose", notice=about.id)
    assert rule(scene.try_(other, author("charlie"))) == "no-such-item"
    (body,) = scene.accept(RaiseDoubt("never heard of", notice=about.id), author("bravo"))
    assert isinstance(body, DoubtRaised)
    assert (body.item.id, body.owner, body.doubt.hidden) == (hidden.id, "alpha", True)
    entry = scene.entries[-1]
    assert is_readable(scene.picture, entry, PartyId("alpha"))
    assert not is_readable(scene.picture, entry, PartyId("bravo")), "it names what is hidden"
    assert not is_readable(scene.picture, entry, PartyId("charlie"))


def test_only_its_party_answers_signed_and_once(scene: Scene) -> None:
    told_clinic(scene)
    name = raised(scene)
    token = Author(PartyId("alpha"), How.ATTESTED, "desk", tuple(Role))
    assert rule(scene.try_(answer(name), token)) == "signature-required"
    assert rule(scene.try_(answer(name), signer("bravo"))) == "not-yours"
    assert rule(scene.try_(answer(name), signer("charlie"))) == "no-such-doubt"
    assert rule(scene.try_(answer(name, DoubtState.OPEN), signer("alpha"))) == "doubt-state"
    scene.accept(answer(name, DoubtState.ACCEPTED_OPEN), signer("alpha"))
    again = answer(name, DoubtState.ACCEPTED_OPEN)
    assert rule(scene.try_(again, signer("alpha"))) == "doubt-settled"
    scene.accept(answer(name), signer("alpha"))
    assert rule(scene.try_(answer(name), signer("alpha"))) == "doubt-settled"


@pytest.mark.requirement("L-07")
def test_no_doubt_is_deleted_by_anything(scene: Scene) -> None:
    assert not {"DoubtRaised", "DoubtAnswered"} & ERASABLE
    told_clinic(scene)
    name = raised(scene)
    scene.accept(amend(scene, the_clinic(latitude=47.01)), author("alpha"))
    site = scene.picture.intents[CLINIC]
    scene.accept(ChangeIntentState(CLINIC, site.ovn, Step.END), author("alpha"))
    assert scene.picture.doubts[CLINIC].is_open, "also where its party ended what is doubted"
    scene.now_us = site.end_us + 29 * DAY_US
    scene.tell("alpha", details(volume(from_min=120 * DAY_MIN, until_min=121 * DAY_MIN)))
    assert name in scene.picture.doubt_items
    history = scene.picture.history
    assert history is not None
    scene.now_us = site.end_us + 31 * DAY_US
    scene.tell("alpha", details(volume(from_min=120 * DAY_MIN, until_min=121 * DAY_MIN)))
    assert not scene.picture.doubts, "the picture is bounded; the record is not"
    (at,) = history.positions(name)
    assert isinstance(scene.entries[at].body, DoubtRaised)


def test_a_doubt_stays_as_long_as_what_it_is_about(scene: Scene) -> None:
    told_clinic(scene)
    raised(scene)
    scene.now_us = START_US + 300 * DAY_US  # it turned stale, and stays
    for _ in range(3):
        scene.now_us += 2 * DAY_US
        soon = (scene.now_us - START_US) // 60_000_000
        scene.tell("alpha", details(volume(from_min=soon + 60, until_min=soon + 120)))
        assert is_doubted(scene.picture, CLINIC)


@pytest.mark.requirement("L-07")
@pytest.mark.parametrize("identified", [Identified.ATTESTED, Identified.UNVERIFIED])
def test_a_doubt_that_came_as_a_stop_stands_where_its_sender_is_proved(
    scene: Scene, identified: Identified
) -> None:
    told_clinic(scene)
    stop = Stop("s", Form.DOUBT, PartyId("bravo"), identified, scene.now_us, "no", intent=CLINIC)
    scene.accept(TellStop(stop))
    assert is_doubted(scene.picture, CLINIC) is (identified is Identified.ATTESTED)
    again = msgspec.structs.replace(stop, id="t")
    scene.accept(TellStop(again))
    known = scene.picture.doubts.get(CLINIC)
    assert known is None or [each.stop for each in known.doubts] == ["s"]
    blind = msgspec.structs.replace(stop, id="u", sender=PartyId("charlie"))
    assert len(scene.accept(TellStop(blind))) == 1, "it never saw that"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("raise"), st.sampled_from(["bravo", "charlie"]), st.none()),
        st.tuples(
            st.just("answer"),
            st.integers(0, 5),
            st.sampled_from([DoubtState.ANSWERED, DoubtState.ACCEPTED_OPEN]),
        ),
        st.tuples(st.just("tell"), st.sampled_from(EVIDENCE), st.integers(0, 3)),
        st.tuples(st.just("restart"), st.none(), st.none()),
    ),
    max_size=12,
)


def play(steps: list[tuple[str, object, object]]) -> None:
    """Against a reference that reads the entries from the beginning, each time it asks."""
    scene = Scene("alpha", "bravo", "charlie")
    site = details(
        volume(from_min=1, until_min=50 * DAY_MIN),
        kind=IntentKind.PRESENCE,
        visibility=named("bravo", "charlie"),
        stated=Stated(),
    )
    scene.accept(SubmitIntent(CLINIC, site), author("alpha"))
    for step, first, second in steps:
        scene.pass_time(1)
        if step == "raise":
            command: Command = RaiseDoubt("no", intent=CLINIC)
            has_one = str(first) in open_in(scene.entries).values()
            done = scene.try_(command, author(str(first)))
            assert isinstance(done, Refusal) == has_one
        elif step == "answer":
            names = list(open_in(scene.entries)) or [DoubtId("none")]
            assert isinstance(second, DoubtState)
            command = answer(names[int(str(first)) % len(names)], second)
            scene.try_(command, signer("alpha"))
        elif step == "tell":
            assert isinstance(first, Evidence)
            standing = scene.picture.intents[CLINIC]
            assert standing.stated is not None
            more = EVIDENCE.index(first) > EVIDENCE.index(standing.stated.evidence)
            wanted = msgspec.structs.replace(
                site, stated=Stated(evidence=first), priority=int(str(second))
            )
            done = scene.try_(AmendIntent(CLINIC, standing.ovn, wanted), author("alpha"))
            if isinstance(done, Refusal):
                assert done.rule in ("doubt-open", "nothing-changed")
            stands_open = bool(open_in(scene.entries))
            assert not (more and stands_open) or isinstance(done, Refusal), "it was confirmed"
            if more and not stands_open:
                assert not isinstance(done, Refusal)
        else:
            again = load(dump(fold_all(Picture(), scene.entries)))
            assert again.digest() == scene.picture.digest()


def open_in(entries: list[Entry]) -> dict[DoubtId, PartyId]:
    found: dict[DoubtId, PartyId] = {}
    for entry in entries:
        if isinstance(entry.body, DoubtRaised):
            found[entry.body.doubt.id] = entry.body.doubt.party
        elif isinstance(entry.body, DoubtAnswered):
            found.pop(entry.body.doubt, None)
    return found


@pytest.mark.requirement("L-07")
@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_nothing_is_confirmed_past_an_open_doubt(
    steps: list[tuple[str, object, object]],
) -> None:
    play(steps)


def nothing(*_: object) -> None:
    return None


@pytest.mark.parametrize(
    ("name", "fault"), [("refuse_confirming", nothing), ("_has_open", lambda *_: False)]
)
def test_the_check_finds_a_confirmation_past_a_doubt(
    name: str, fault: Callable[..., object]
) -> None:
    where = doubts if name == "_has_open" else "wideberth.decisions.intents"
    target = f"{where.__name__}.{name}" if not isinstance(where, str) else f"{where}.{name}"
    found = settings(max_examples=200, deadline=None, phases=[Phase.generate])(given(STEPS)(play))
    with mock.patch(target, fault), pytest.raises(AssertionError):
        found()


def test_an_id_that_stands_nowhere_is_no_item(scene: Scene) -> None:
    for about in ({"intent": IntentId("x")}, {"zone": ZoneId("x")}, {"notice": NoticeId("x")}):
        assert rule(scene.try_(RaiseDoubt("x", **about), author("bravo"))) == "no-such-item"  # type: ignore[arg-type]
