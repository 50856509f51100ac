"""Incidents: who is named, whose account is whose, questions, evidence, results (I-05, I-07)."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from incident_hands import (
    INCIDENT,
    account,
    asked,
    at,
    gave,
    lodged,
    lodging,
    opened,
    opening,
    step,
    transmitted,
)
from scenes import START_US, Scene, author, signer
from wideberth.decisions.keeping import ERASABLE
from wideberth.model.accounts import Account, AccountGiven, Audience, Claims, RuleClaim
from wideberth.model.commands import AdoptRules
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.entries import Body
from wideberth.model.ids import IncidentId, PartyId, QuestionId, ResultId
from wideberth.model.incidents import (
    INCIDENT_LIFE_US,
    MAX_ITEMS,
    MAX_SUBJECTS,
    Column,
    NameParties,
    NameSubjects,
    PartiesNamed,
)
from wideberth.model.inquiries import ReceiptResult, ResultOverdue, TransmitResult, result_digest
from wideberth.model.lodged import CheckEvidence, DiscloseEvidence, LodgeEvidence
from wideberth.model.parties import How
from wideberth.model.questions import (
    QUESTION_STEPS,
    AskQuestion,
    QuestionOverdue,
    QuestionState,
    QuestionStep,
    QuestionTimes,
    StepQuestion,
)
from wideberth.picture.deadlines import take_due
from wideberth.picture.fold import fold_all
from wideberth.picture.incidents import READERS, accounts_shown_to, incident_of
from wideberth.picture.snapshot import dump, load
from wideberth.picture.visibility import is_readable
from wideberth.space.time import DAY_US, MINUTE_US

NAMES = ("alpha", "bravo", "charlie", "delta")
DAY_MIN = 24 * 60


@pytest.fixture
def scene() -> Scene:
    return Scene(*NAMES)


def readers(scene: Scene, position: int) -> set[str]:
    entry = scene.entries[position]
    return {name for name in NAMES if is_readable(scene.picture, entry, PartyId(name))}


def streams(scene: Scene, position: int) -> set[str]:
    history = scene.picture.history
    assert history is not None
    size = len(scene.entries)
    return {
        name
        for name in NAMES
        if position in {each for _, each in history.stream(PartyId(name), 0, size)}
    }


def rule(scene: Scene, command: Any, by: Any) -> str:
    return scene.refuse(command, by).rule


# Opening, and who is named.


def test_an_incident_has_a_column_for_each_party_and_observer(scene: Scene) -> None:
    incident = opened(scene)
    columns = {each.party: each.column for each in incident.members}
    assert columns == {
        "alpha": Column.PARTY,
        "bravo": Column.PARTY,
        "charlie": Column.OBSERVER,
    }
    assert readers(scene, -1) == {"alpha", "bravo", "charlie"}
    assert streams(scene, len(scene.entries) - 1) == {"alpha", "bravo", "charlie"}
    assert incident_of(scene.picture, INCIDENT, PartyId("delta")) is None


def test_an_observer_can_open_one(scene: Scene) -> None:
    incident = opened(scene, "charlie", "alpha", "bravo", observes=True)
    own = incident.member(PartyId("charlie"))
    assert own is not None
    assert own.column is Column.OBSERVER
    scene.accept(NameParties(INCIDENT, (PartyId("delta"),)), author("charlie"))


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        pytest.param({"title": "  "}, "words", id="no title"),
        pytest.param({"title": "x" * 201}, "words", id="a title too long"),
        pytest.param({"start_us": START_US + 1, "end_us": START_US + 2}, "not-yet", id="to come"),
        pytest.param({"end_us": START_US - 31 * MINUTE_US}, "end-before-start", id="backwards"),
        pytest.param({"start_us": START_US - 367 * DAY_US}, "window-length", id="too long"),
        pytest.param({"parties": (PartyId("nobody"),)}, "no-such-party", id="not known"),
        pytest.param({"parties": (PartyId("alpha"),)}, "named-twice", id="the opener again"),
        pytest.param({"observers": (PartyId("bravo"),)}, "named-twice", id="in both columns"),
    ],
)
def test_what_cannot_be_opened(scene: Scene, more: dict[str, object], wanted: str) -> None:
    command = msgspec.structs.replace(opening("bravo"), **more)
    assert rule(scene, command, author("alpha")) == wanted


def test_a_party_to_it_names_others_and_an_observer_does_not(scene: Scene) -> None:
    opened(scene)
    name_delta = NameParties(INCIDENT, (PartyId("delta"),))
    assert rule(scene, name_delta, author("charlie")) == "not-a-party"
    assert rule(scene, name_delta, author("delta")) == "no-such-incident"
    (body,) = scene.accept(name_delta, author("bravo"))
    assert isinstance(body, PartiesNamed)
    assert readers(scene, -1) == set(NAMES)
    assert rule(scene, name_delta, author("alpha")) == "named-already"
    as_party = NameParties(INCIDENT, (PartyId("charlie"),))
    scene.accept(as_party, author("alpha"))
    member = scene.picture.incidents[INCIDENT].member(PartyId("charlie"))
    assert member is not None
    assert member.column is Column.PARTY
    as_observer = NameParties(INCIDENT, (), (PartyId("charlie"),))
    assert rule(scene, as_observer, author("alpha")) == "named-already"
    assert rule(scene, NameParties(INCIDENT), author("alpha")) == "nobody-named"


def test_who_is_named_later_reads_what_is_said_from_then_on(scene: Scene) -> None:
    opened(scene)
    first = len(scene.entries) - 1
    scene.accept(NameParties(INCIDENT, (PartyId("delta"),)), author("alpha"))
    assert readers(scene, first) == {"alpha", "bravo", "charlie"}
    body = scene.entries[-1].body
    assert isinstance(body, PartiesNamed)
    assert body.title == scene.picture.incidents[INCIDENT].title


def test_subjects_are_read_by_who_named_them_alone(scene: Scene) -> None:
    opened(scene)
    scene.accept(NameSubjects(INCIDENT, ("i1", "nothing-at-all")), author("bravo"))
    assert readers(scene, -1) == {"bravo"} == streams(scene, len(scene.entries) - 1)
    again = NameSubjects(INCIDENT, ("i1",))
    assert rule(scene, again, author("bravo")) == "named-already"
    scene.accept(again, author("alpha"))
    assert rule(scene, NameSubjects(INCIDENT, ("a b",)), author("alpha")) == "subject"
    many = NameSubjects(INCIDENT, tuple(f"x{number}" for number in range(MAX_SUBJECTS)))
    assert rule(scene, many, author("alpha")) == "subject-count"


# Accounts.


def test_an_account_is_signed_and_never_attested(scene: Scene) -> None:
    opened(scene)
    for how in (How.ATTESTED, How.RELAYED):
        assert rule(scene, account(), author("alpha", how=how)) == "signature-required"
    assert gave(scene, "alpha").party == "alpha"


def test_no_field_of_the_model_merges_accounts(scene: Scene) -> None:
    opened(scene)
    gave(scene, "alpha", claims=at(47.0, 8.0), words="It came from the east.")
    gave(scene, "bravo", claims=at(47.1, 8.0), words="It was never there.")
    gave(scene, "charlie", words="We heard two engines.")
    incident = scene.picture.incidents[INCIDENT]
    for reader in ("alpha", "bravo", "charlie"):
        columns = accounts_shown_to(incident, PartyId(reader))
        assert list(columns) == ["alpha", "bravo", "charlie"]
        for author_, versions in columns.items():
            assert {each.party for each in versions} == {author_}
    # An account has one author, and stands nowhere but in its author's name.
    made = [each for each in typing.get_args(Body) if "account" in each.__struct_fields__]
    assert made == [AccountGiven]
    assert "party" in Account.__struct_fields__


@pytest.mark.parametrize(
    ("parties", "audience", "shown"),
    [
        pytest.param((), Audience.ALL, {"alpha", "bravo", "charlie"}, id="all"),
        pytest.param(("charlie",), None, {"alpha", "charlie"}, id="one"),
        pytest.param((), Audience.OWN, {"alpha"}, id="nobody yet"),
    ],
)
def test_an_account_is_shown_as_its_author_decides(
    scene: Scene, parties: tuple[str, ...], audience: Audience | None, shown: set[str]
) -> None:
    opened(scene)
    gave(scene, "alpha", *parties, audience=audience)
    assert readers(scene, -1) == shown == streams(scene, len(scene.entries) - 1)
    incident = scene.picture.incidents[INCIDENT]
    for reader in NAMES:
        assert bool(accounts_shown_to(incident, PartyId(reader))) is (reader in shown)


def test_naming_somebody_later_shows_no_account_to_it(scene: Scene) -> None:
    opened(scene)
    gave(scene, "alpha")
    given_at = len(scene.entries) - 1
    scene.accept(NameParties(INCIDENT, (PartyId("delta"),)), author("bravo"))
    incident = scene.picture.incidents[INCIDENT]
    assert accounts_shown_to(incident, PartyId("delta")) == {}
    assert "delta" not in readers(scene, given_at)
    gave(scene, "alpha")
    shown = accounts_shown_to(scene.picture.incidents[INCIDENT], PartyId("delta"))
    assert [len(each) for each in shown.values()] == [1]


def test_a_correction_is_a_version_and_all_stay(scene: Scene) -> None:
    opened(scene)
    for words in ("at nine", "at ten", "at nine, after all"):
        gave(scene, "alpha", words=words)
    versions = accounts_shown_to(scene.picture.incidents[INCIDENT], PartyId("bravo"))["alpha"]  # type: ignore[index]
    assert [each.words for each in versions] == ["at nine", "at ten", "at nine, after all"]


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        pytest.param(account("delta"), "not-named", id="somebody outside"),
        pytest.param(account("alpha"), "not-named", id="the author"),
        pytest.param(account("bravo", "bravo"), "not-named", id="twice"),
        pytest.param(account(audience=Audience.NAMED), "audience", id="nobody named"),
        pytest.param(account("bravo", audience=Audience.ALL), "audience", id="all and some"),
        pytest.param(account(words=""), "account-empty", id="nothing said"),
        pytest.param(account(words="x" * 10_001), "words", id="too much said"),
        pytest.param(account(incident="inc2"), "no-such-incident", id="no such incident"),
    ],
)
def test_what_account_is_not_taken(scene: Scene, command: Any, wanted: str) -> None:
    opened(scene)
    assert rule(scene, command, signer("alpha")) == wanted


def test_claims_alone_are_an_account(scene: Scene) -> None:
    opened(scene)
    assert gave(scene, "bravo", words="", claims=Claims(rule=RuleClaim())).words == ""


def test_to_who_is_not_named_the_incident_is_not_there(scene: Scene) -> None:
    opened(scene)
    question, evidence = asked(scene, "alpha", "bravo"), lodged(scene, "alpha")
    result = transmitted(scene, "alpha", "bravo").id
    for name in (INCIDENT, IncidentId("never")):
        for command in (
            account(incident=name),
            NameSubjects(name, ("i1",)),
            AskQuestion(name, PartyId("alpha"), "?"),
            StepQuestion(name, question, QuestionStep.ANSWER, "x"),
            LodgeEvidence(name, lodging(), Audience.ALL),
            DiscloseEvidence(name, evidence, (PartyId("alpha"),)),
            CheckEvidence(name, evidence, matches=True),
            TransmitResult(name, (PartyId("alpha"),), "x"),
            ReceiptResult(name, result, "0" * 64),
        ):
            refusal = scene.refuse(command, signer("delta"))
            assert (refusal.rule, refusal.value) == ("no-such-incident", name)


# Questions.


def overdue(scene: Scene, *, minutes: float) -> list[Any]:
    """What the timers record in so many minutes."""
    scene.pass_time(minutes)
    found: list[Any] = []
    for passed in take_due(scene.picture, scene.now_us, limit=100):
        found += scene.accept(passed)
    return found


@pytest.mark.requirement("I-05")
@pytest.mark.parametrize(("urgent", "days"), [(False, 7), (True, 2)])
def test_a_question_has_its_days_and_is_overdue_after_them(
    scene: Scene, urgent: bool, days: int
) -> None:
    opened(scene)
    name = asked(scene, "alpha", "bravo", urgent=urgent)
    assert overdue(scene, minutes=days * DAY_MIN - 1) == []
    (body,) = overdue(scene, minutes=1)
    assert isinstance(body, QuestionOverdue)
    assert readers(scene, -1) == {"alpha", "bravo"}
    question = scene.picture.incidents[INCIDENT].question(name)
    assert question is not None
    assert (question.state, question.overdue_us) == (QuestionState.ASKED, scene.now_us)
    assert overdue(scene, minutes=DAY_MIN) == []
    scene.accept(step(name, QuestionStep.ASK_AGAIN), author("alpha"))
    question = scene.picture.incidents[INCIDENT].question(name)
    assert question is not None
    assert (question.state, question.overdue_us) == (QuestionState.ASKED_AGAIN, None)
    (body,) = overdue(scene, minutes=days * DAY_MIN)
    assert isinstance(body, QuestionOverdue)
    assert body.asks == 2
    scene.accept(step(name, QuestionStep.CALL_MEETING), author("bravo"))
    scene.accept(step(name, QuestionStep.ANSWER), signer("bravo"))
    question = scene.picture.incidents[INCIDENT].question(name)
    assert question is not None
    assert (question.state, question.overdue_us) == (QuestionState.ANSWERED, None)
    steps = [(each.step.value, each.party) for each in question.said]
    assert steps == [
        ("ask", "alpha"), ("ask-again", "alpha"), ("call-meeting", "bravo"), ("answer", "bravo"),
    ]  # fmt: skip


def test_the_space_sets_the_days(scene: Scene) -> None:
    times = QuestionTimes(answer_us=DAY_US, urgent_us=MINUTE_US, receipt_us=DAY_US)
    rules = msgspec.structs.replace(scene.picture.space.rules, version="v2", questions=times)
    scene.accept(AdoptRules(rules))
    opened(scene)
    asked(scene, "alpha", "bravo", urgent=True)
    assert len(overdue(scene, minutes=1)) == 1


def test_an_answered_question_is_not_overdue(scene: Scene) -> None:
    opened(scene)
    name = asked(scene, "alpha", "bravo")
    assert rule(scene, step(name, QuestionStep.ANSWER), author("bravo")) == "signature-required"
    scene.accept(step(name, QuestionStep.ANSWER), signer("bravo"))
    assert overdue(scene, minutes=30 * DAY_MIN) == []
    passed = DeadlinePassed(DeadlineKind.INCIDENT, f"{INCIDENT}/{name}", 1)
    assert rule(scene, passed, signer("alpha")) == "deadline-done"


@pytest.mark.parametrize("kind", [each for each in QuestionStep if each is not QuestionStep.ASK])
@pytest.mark.parametrize("state", list(QuestionState))
def test_the_steps_of_a_question_are_those_of_the_table(
    scene: Scene, state: QuestionState, kind: QuestionStep
) -> None:
    opened(scene)
    name = asked(scene, "alpha", "bravo")
    ways: dict[QuestionState, tuple[tuple[QuestionStep, str], ...]] = {
        QuestionState.ASKED: (),
        QuestionState.ANSWERED: ((QuestionStep.ANSWER, "bravo"),),
        QuestionState.ASKED_AGAIN: (
            (QuestionStep.ANSWER, "bravo"),
            (QuestionStep.ASK_AGAIN, "alpha"),
        ),
        QuestionState.MEETING_CALLED: ((QuestionStep.CALL_MEETING, "bravo"),),
    }
    for done, by in ways[state]:
        scene.accept(step(name, done), signer(by))
    overdue(scene, minutes=8 * DAY_MIN)
    by = "bravo" if kind is QuestionStep.ANSWER else "alpha"
    if (state, kind) in QUESTION_STEPS:
        scene.accept(step(name, kind), signer(by))
        question = scene.picture.incidents[INCIDENT].question(name)
        assert question is not None
        assert question.state is QUESTION_STEPS[state, kind]
    else:
        assert rule(scene, step(name, kind), signer(by)) == "no-such-transition"


def test_asking_again_early_does_not_move_the_time(scene: Scene) -> None:
    opened(scene)
    name = asked(scene, "alpha", "bravo")
    assert rule(scene, step(name, QuestionStep.ASK_AGAIN), author("alpha")) == "not-overdue"


def test_a_question_is_read_as_the_asker_decides(scene: Scene) -> None:
    opened(scene)
    quiet = asked(scene, "alpha", "bravo")
    assert readers(scene, -1) == {"alpha", "bravo"}
    refusal = scene.refuse(step(quiet, QuestionStep.ANSWER), signer("charlie"))
    never = scene.refuse(step(QuestionId("never"), QuestionStep.ANSWER), signer("charlie"))
    assert (refusal.rule, refusal.advice) == (never.rule, never.advice)
    loud = asked(scene, "alpha", "bravo", "charlie")
    assert readers(scene, -1) == {"alpha", "bravo", "charlie"}
    assert rule(scene, step(loud, QuestionStep.ANSWER), signer("charlie")) == "not-yours"
    scene.accept(step(loud, QuestionStep.ANSWER), signer("bravo"))
    assert readers(scene, -1) == {"alpha", "bravo", "charlie"}


# Evidence.


def test_what_is_lodged_is_known_to_whom_its_party_decides(scene: Scene) -> None:
    opened(scene)
    for parties, audience, shown in (
        ((), Audience.ALL, {"alpha", "bravo", "charlie"}),
        (("bravo",), None, {"alpha", "bravo"}),
        ((), Audience.OWN, {"alpha"}),
    ):
        content = repr(shown).encode()
        lodged(scene, "alpha", *parties, audience=audience, content=content)
        assert readers(scene, -1) == shown == streams(scene, len(scene.entries) - 1)


def test_evidence_is_disclosed_later_and_checked_by_who_has_it(scene: Scene) -> None:
    opened(scene)
    name = lodged(scene, "alpha", audience=Audience.OWN)
    check = CheckEvidence(INCIDENT, name, matches=True)
    assert rule(scene, check, signer("bravo")) == "no-such-evidence"
    command = DiscloseEvidence(INCIDENT, name, (PartyId("bravo"),))
    assert rule(scene, command, signer("bravo")) == "no-such-evidence"
    assert rule(scene, command, author("alpha")) == "signature-required"
    scene.pass_time(60)
    scene.accept(command, signer("alpha"))
    assert readers(scene, -1) == {"alpha", "bravo"}
    assert rule(scene, command, signer("alpha")) == "disclosed-already"
    assert rule(scene, command, signer("bravo")) == "not-yours"
    assert rule(scene, check, signer("alpha")) == "not-disclosed"
    scene.accept(check, signer("bravo"))
    assert readers(scene, -1) == {"alpha", "bravo"}
    found = scene.picture.incidents[INCIDENT].lodged(name)
    assert found is not None
    assert [each.parties for each in found.disclosed] == [("bravo",)]
    assert [(each.party, each.matches) for each in found.checked] == [("bravo", True)]
    assert found.lodged_us < found.disclosed[0].time_us


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        pytest.param({"media_type": "photo"}, "media-type", id="no type"),
        pytest.param({"line": ""}, "words", id="no line"),
    ],
)
def test_what_cannot_be_lodged(scene: Scene, more: dict[str, Any], wanted: str) -> None:
    opened(scene)
    command = LodgeEvidence(INCIDENT, msgspec.structs.replace(lodging(), **more), Audience.ALL)
    assert rule(scene, command, signer("alpha")) == wanted


def test_a_digest_is_lodged_once_by_a_party(scene: Scene) -> None:
    opened(scene)
    lodged(scene, "alpha")
    again = LodgeEvidence(INCIDENT, lodging(b"x"), Audience.OWN)
    assert rule(scene, again, signer("alpha")) == "lodged-already"
    scene.accept(again, signer("bravo"))


def test_a_sealed_text_is_named_that_carries_it(scene: Scene) -> None:
    opened(scene)
    name = lodged(scene, "alpha")
    command = DiscloseEvidence(INCIDENT, name, (PartyId("bravo"),), "sealed-" + "0" * 64)
    assert rule(scene, command, signer("alpha")) == "no-such-sealed-text"


# Results of inquiries.


@pytest.mark.requirement("I-07")
def test_a_result_is_open_until_each_side_receipted_it(scene: Scene) -> None:
    opened(scene)
    result = transmitted(scene, "alpha", "bravo", "charlie")
    assert readers(scene, -1) == {"alpha", "bravo", "charlie"}
    receipt = ReceiptResult(INCIDENT, result.id, result.digest)
    wrong = ReceiptResult(INCIDENT, result.id, "0" * 64)
    assert rule(scene, receipt, author("bravo")) == "signature-required"
    assert rule(scene, wrong, signer("bravo")) == "digest-differs"
    assert rule(scene, receipt, signer("alpha")) == "your-own"
    scene.accept(receipt, signer("bravo"))
    assert readers(scene, -1) == {"alpha", "bravo"}
    assert rule(scene, receipt, signer("bravo")) == "receipted-already"
    (body,) = overdue(scene, minutes=7 * DAY_MIN)
    assert isinstance(body, ResultOverdue)
    assert (body.party, readers(scene, -1)) == ("charlie", {"alpha", "charlie"})
    standing = scene.picture.incidents[INCIDENT].result(result.id)
    assert standing is not None
    assert standing.overdue == ("charlie",)
    scene.accept(receipt, signer("charlie"))
    standing = scene.picture.incidents[INCIDENT].result(result.id)
    assert standing is not None
    assert (standing.overdue, len(standing.receipts)) == ((), 2)
    assert overdue(scene, minutes=30 * DAY_MIN) == []


def test_the_digest_of_a_result_names_whose_and_what(scene: Scene) -> None:
    opened(scene)
    result = transmitted(scene, "alpha", "bravo")
    given = (INCIDENT, result.party, result.words, None)
    assert result.digest == result_digest(*given)
    others = {
        result_digest(IncidentId("inc2"), *given[1:]),
        result_digest(INCIDENT, PartyId("bravo"), result.words, None),
        result_digest(INCIDENT, result.party, result.words + ".", None),
        result_digest(INCIDENT, result.party, result.words, "0" * 64),
    }
    assert len(others) == 4
    assert result.digest not in others


def test_a_result_goes_to_others_of_the_incident(scene: Scene) -> None:
    opened(scene)
    for to, wanted in ((("delta",), "not-named"), (("alpha",), "not-named"), ((), "audience")):
        command = TransmitResult(INCIDENT, tuple(map(PartyId, to)), "x")
        assert rule(scene, command, signer("alpha")) == wanted
    unknown = ReceiptResult(INCIDENT, ResultId("never"), "0" * 64)
    assert rule(scene, unknown, signer("bravo")) == "no-such-result"


# What stays.


def busy(scene: Scene) -> None:
    opened(scene)
    scene.accept(NameParties(INCIDENT, (PartyId("delta"),)), author("alpha"))
    scene.accept(NameSubjects(INCIDENT, ("i1",)), author("alpha"))
    gave(scene, "alpha", claims=at(47.0, 8.0))
    gave(scene, "bravo", "alpha", claims=at(47.0, 8.1))
    asked(scene, "alpha", "bravo", urgent=True)
    asked(scene, "bravo", "alpha", "charlie")
    name = lodged(scene, "bravo")
    scene.accept(DiscloseEvidence(INCIDENT, name, (PartyId("alpha"),)), signer("bravo"))
    scene.accept(CheckEvidence(INCIDENT, name, matches=False), signer("alpha"))
    transmitted(scene, "bravo", "alpha", "charlie")


def test_replay_and_a_snapshot_give_the_same_and_what_is_due_with_it(scene: Scene) -> None:
    busy(scene)
    again, loaded = scene.replayed(), load(dump(scene.picture))
    assert scene.picture.digest() == again.digest() == loaded.digest()
    later_us = scene.now_us + 8 * DAY_US
    due = take_due(scene.picture, later_us, limit=100)
    assert len(due) == 4
    assert due == take_due(again, later_us, limit=100) == take_due(loaded, later_us, limit=100)


def test_an_incident_leaves_ten_years_after_the_last_that_was_said(scene: Scene) -> None:
    opened(scene)
    scene.now_us += INCIDENT_LIFE_US - DAY_US
    gave(scene, "alpha")
    loaded = load(dump(scene.picture))
    for extra_us, stands in ((INCIDENT_LIFE_US, True), (DAY_US, False)):
        scene.now_us += extra_us
        entries = len(scene.entries)
        scene.accept(opening("bravo", name=f"other{extra_us}", end_us=scene.now_us - DAY_US,
                             start_us=scene.now_us - DAY_US), author("delta"))  # fmt: skip
        fold_all(loaded, scene.entries[entries:])
        assert (INCIDENT in scene.picture.incidents) is stands
        assert loaded.digest() == scene.picture.digest()


def test_no_entry_of_an_incident_can_be_erased() -> None:
    assert not {each.__name__ for each in READERS} & ERASABLE


def test_every_entry_of_an_incident_names_it_and_its_readers() -> None:
    kinds = {
        each
        for each in typing.get_args(Body)
        if each.__module__.rpartition(".")[2]
        in ("incidents", "accounts", "questions", "lodged", "inquiries")
    }
    assert kinds == set(READERS)
    for each in kinds:
        assert "incident" in each.__struct_fields__


# How much one party may have in one incident.


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(gave, id="accounts"),
        pytest.param(
            lambda scene, name: asked(scene, name, "alpha" if name == "bravo" else "bravo"),
            id="questions",
        ),
        pytest.param(
            lambda scene, name: lodged(scene, name, content=scene.new_id().encode()), id="evidence"
        ),
    ],
)
def test_a_party_has_so_many_items_in_one_incident_and_others_theirs(
    scene: Scene, more: Callable[[Scene, str], Any]
) -> None:
    opened(scene)
    for _ in range(MAX_ITEMS):
        more(scene, "alpha")
    with pytest.raises(AssertionError, match="item-count"):
        more(scene, "alpha")
    more(scene, "bravo")
