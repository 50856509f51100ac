"""The ladder of a notice that is not answered: when, to whom, and what stops it (D-05, D-06)."""

from __future__ import annotations

import msgspec
import pytest

from scenes import HIDDEN, MINUTE_US, Scene, details, named, signer, volume
from wideberth.decisions.deadlines import DONE, NOT_YET
from wideberth.model.commands import AcknowledgeNotice
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.intents import IntentKind
from wideberth.model.ladders import Ladder, NeutralCalled, NoticeEscalated, Post, Rung
from wideberth.model.notices import Notice, Urgency, Verb
from wideberth.model.receipts import difference_digest
from wideberth.model.settings import DEFAULT_RULES
from wideberth.picture.deadlines import next_due_us, take_due


def endangered(**hazard: object) -> tuple[Scene, Notice]:
    """A hazard of bravo's on alpha's people: alpha's notice is immediate."""
    scene = Scene("alpha", "bravo", neutral="cross")
    scene.tell("alpha", details(kind=IntentKind.PRESENCE, visibility=named("bravo")))
    scene.tell("bravo", details(kind=IntentKind.HAZARD, **hazard))  # type: ignore[arg-type]
    (notice,) = scene.open_notices("alpha")
    assert notice.urgency is Urgency.IMMEDIATE
    return scene, notice


def run(scene: Scene, minutes: float, *, of: Notice) -> list[tuple[float, str | None]]:
    """Let time pass, a quarter of a minute at a time; what was told of a notice, and when."""
    told: list[tuple[float, str | None]] = []
    for _ in range(round(minutes * 4)):
        scene.pass_time(0.25)
        for passed in take_due(scene.picture, scene.now_us, limit=99):
            step = scene.accept(passed)[0]
            if isinstance(step, NoticeEscalated) and step.notice == of.id:
                told.append(((scene.now_us - of.issued_us) / MINUTE_US, step.post))
    return told


def answer(scene: Scene, notice: Notice, verb: Verb, **more: object) -> None:
    read = None if verb is Verb.RECEIVED else difference_digest(notice)
    command = AcknowledgeNotice(notice.id, verb, difference=read, **more)  # type: ignore[arg-type]
    scene.accept(command, signer(notice.recipient))  # type: ignore[arg-type]


@pytest.mark.requirement("D-06")
def test_an_unanswered_notice_of_a_hazard_climbs_at_2_5_10_and_15_minutes() -> None:
    scene, notice = endangered()
    assert run(scene, 60, of=notice) == [
        (2, Post.ALTERNATE),
        (5, Post.SENIOR),
        (10, Post.NEUTRAL),
        (15, Post.POLITICAL),
    ]
    assert notice.id in scene.picture.notices, "it ends nothing"
    assert scene.picture.digest() == scene.replayed().digest()


@pytest.mark.requirement("D-06")
def test_a_routine_notice_climbs_at_4_12_and_24_hours() -> None:
    ladder = DEFAULT_RULES.ladder(Urgency.ROUTINE)
    assert [(rung.after_us // MINUTE_US / 60, rung.post) for rung in ladder.rungs] == [
        (4, Post.ALTERNATE),
        (12, Post.SENIOR),
        (24, Post.NEUTRAL),
    ]


@pytest.mark.requirement("D-05", "D-06")
def test_received_holds_back_the_first_step_only() -> None:
    scene, notice = endangered()
    answer(scene, notice, Verb.RECEIVED)
    assert [post for _, post in run(scene, 60, of=notice)] == [
        Post.SENIOR,
        Post.NEUTRAL,
        Post.POLITICAL,
    ]


def test_a_notice_that_was_passed_down_and_is_not_loaded_is_overdue_and_stays_so() -> None:
    scene, notice = endangered()
    answer(scene, notice, Verb.PASSED_DOWN, unit="u1")
    assert run(scene, 240, of=notice) == [(15, None)]
    assert scene.picture.escalations[notice.id].overdue
    answer(scene, notice, Verb.RECEIVED)
    assert scene.picture.escalations[notice.id].overdue
    scene.load(notice)
    assert notice.id not in scene.picture.escalations
    assert run(scene, 60, of=notice) == []


def test_a_notice_that_is_loaded_in_time_climbs_nowhere() -> None:
    scene, notice = endangered()
    run(scene, 3, of=notice)
    scene.load(notice)
    assert run(scene, 60, of=notice) == []


@pytest.mark.parametrize("verb", [Verb.CANNOT_COMPLY, Verb.DISPUTED])
def test_to_say_no_is_no_step_down_and_holds_nothing_back(verb: Verb) -> None:
    scene, notice = endangered()
    answer(scene, notice, verb, reason="no reach")
    assert len(run(scene, 60, of=notice)) == 4


def test_a_newer_notice_of_the_same_object_answers_for_the_one_it_replaces() -> None:
    scene, notice = endangered()
    (hazard,) = [each for each in map(scene.intent, scene.picture.intents) if each.party == "bravo"]
    scene.pass_time(1)
    scene.amend(hazard, details(kind=IntentKind.HAZARD, priority=1))
    newest = scene.open_notices("alpha")[-1]
    assert newest.supersedes == (notice.id,)
    answer(scene, newest, Verb.PASSED_DOWN, unit="u1")
    assert run(scene, 60, of=notice) == [(15, None)]


def test_each_deadline_passes_once_and_never_early() -> None:
    scene, notice = endangered()
    first = DeadlinePassed(DeadlineKind.ESCALATION, notice.id, 0)
    assert scene.refuse(first).rule == NOT_YET
    scene.pass_time(2)
    scene.accept(first)
    assert scene.refuse(first).rule == DONE
    assert scene.refuse(DeadlinePassed(DeadlineKind.ESCALATION, notice.id, 3)).rule == DONE
    assert scene.refuse(DeadlinePassed(DeadlineKind.ESCALATION, "nothing", 0)).rule == DONE


def test_after_a_long_stop_every_step_is_taken_once_in_order_a_minute_apart() -> None:
    scene, notice = endangered()
    scene.pass_time(24 * 60)
    stopped = 24 * 60
    told = run(scene, 10, of=notice)
    assert [(at - stopped, post) for at, post in told] == [
        (0.25, Post.ALTERNATE),
        (1.25, Post.SENIOR),
        (2.25, Post.NEUTRAL),
        (3.25, Post.POLITICAL),
    ]
    steps = [each.body for each in scene.entries if isinstance(each.body, NoticeEscalated)]
    agreed = [
        (each.due_us - notice.issued_us) / MINUTE_US for each in steps if each.notice == notice.id
    ]
    assert agreed == [2, 5, 10, 15], "when it was due stands in the record"


def test_after_a_long_stop_whoever_answers_holds_back_who_comes_next() -> None:
    scene, notice = endangered()
    scene.pass_time(24 * 60)
    assert len(run(scene, 1, of=notice)) == 1
    answer(scene, notice, Verb.PASSED_DOWN, unit="u1")
    assert [post for _, post in run(scene, 60, of=notice)] == [None], "overdue, and nobody new"


def test_steps_that_are_agreed_closer_than_a_minute_keep_their_distance_after_a_stop() -> None:
    scene, notice = endangered()
    quick = Ladder(
        Urgency.IMMEDIATE,
        (Rung(30_000_000, Post.SENIOR, Verb.LOADED), Rung(45_000_000, Post.POLITICAL, Verb.LOADED)),
        MINUTE_US,
    )
    scene.adopt(msgspec.structs.replace(DEFAULT_RULES, version="quick", ladders=(quick,)))
    scene.pass_time(60)
    assert run(scene, 5, of=notice) == [(60.25, Post.SENIOR), (60.5, Post.POLITICAL)]


@pytest.mark.requirement("D-06")
def test_the_neutral_learns_whom_to_reach_and_nothing_of_what_it_does_not_see() -> None:
    scene, notice = endangered(visibility=HIDDEN)
    run(scene, 11, of=notice)
    (called,) = [
        each.body
        for each in scene.entries
        if isinstance(each.body, NeutralCalled) and each.body.notice == notice.id
    ]
    assert (called.neutral, called.recipient, called.contact) == ("cross", "alpha", "desk:alpha")
    assert (called.subject, called.sender) == (None, None)


def test_the_neutral_is_told_the_subject_where_it_sees_it() -> None:
    scene, notice = endangered()
    run(scene, 11, of=notice)
    called = [each.body for each in scene.entries if isinstance(each.body, NeutralCalled)]
    assert {each.subject for each in called if each.notice == notice.id} == {notice.subject}


def test_a_sender_who_may_not_follow_the_notice_is_not_told_of_its_steps() -> None:
    scene = Scene("alpha", "bravo")
    scene.tell("alpha", details(visibility=HIDDEN))
    scene.tell("bravo", details(kind=IntentKind.HAZARD))
    (notice,) = scene.open_notices("alpha")
    run(scene, 16, of=notice)
    steps = [each.body for each in scene.entries if isinstance(each.body, NoticeEscalated)]
    assert {each.sender for each in steps if each.notice == notice.id} == {None}


def test_the_rules_in_force_may_have_another_ladder_for_what_is_open_already() -> None:
    scene, notice = endangered()
    next_due_us(scene.picture)
    quick = Ladder(
        Urgency.IMMEDIATE, (Rung(MINUTE_US // 2, Post.POLITICAL, Verb.LOADED),), MINUTE_US
    )
    scene.adopt(msgspec.structs.replace(DEFAULT_RULES, version="quick", ladders=(quick,)))
    answer(scene, notice, Verb.PASSED_DOWN, unit="u1")
    assert run(scene, 30, of=notice) == [(0.5, Post.POLITICAL)]


@pytest.mark.requirement("D-06")
def test_what_begins_before_its_ladder_ends_is_overdue_when_it_begins() -> None:
    scene = Scene("alpha", "bravo")
    scene.tell("alpha", details())
    scene.tell("bravo", details(volume(from_min=20, until_min=90)))
    (notice,) = scene.open_notices("alpha")
    ladder = DEFAULT_RULES.ladder(notice.urgency)
    assert ladder.overdue_us > 20 * MINUTE_US
    answer(scene, notice, Verb.PASSED_DOWN, unit="u1")
    assert run(scene, 200, of=notice) == [(20, None)]
