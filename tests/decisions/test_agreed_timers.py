"""Deadlines and ladders that two parties agreed, and their calls: they hold while the agreement is
applied, between its parties, and nobody else learns of them (D-06, D-07).
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agreements_scene import DESK, NORTH, PACT, SOUTH, act, agreed, propose, scene, sign, terms
from scenes import MINUTE_US, START_US, Scene, author, details, signer, volume
from wideberth.model.agreements import Act, AgreementState, ProposeAgreement
from wideberth.model.calls import CallMissed
from wideberth.model.channels import ChannelState
from wideberth.model.commands import AcknowledgeNotice, RegisterParty
from wideberth.model.ids import PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.ladders import NeutralCalled, NoticeEscalated, Post, agreed_ladder
from wideberth.model.liveness import GiveHeartbeat, HeartbeatMissed, ResumeChannel, SuspendChannel
from wideberth.model.notices import Notice, Urgency, Verb
from wideberth.model.provisions import Acknowledging, LadderStep, LeadTime, Liveness, Rung
from wideberth.picture import snapshot
from wideberth.picture.calls import calls_due, missed_by
from wideberth.picture.deadlines import pending, take_due
from wideberth.picture.liveness import heartbeat_due, own_call_due_us
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US, HOUR_US


def answers(
    *steps: tuple[int, Rung], within_s: int = 180, urgency: str = "prompt", name: str = "soon"
) -> Acknowledging:
    """Steps in minutes."""
    ladder = tuple(LadderStep(minutes * 60, to) for minutes, to in steps)
    return Acknowledging(id=name, urgency=urgency, within_s=within_s, ladder=ladder)


SOON = answers((3, Rung.ALTERNATE), (6, Rung.SENIOR), (9, Rung.POLITICAL))
DEFAULT = [(10, Post.ALTERNATE), (30, Post.SENIOR), (60, Post.NEUTRAL), (120, Post.POLITICAL)]


def clash(world: Scene, teller: str = "south", told: str = "north", *, at_min: int = 600) -> Notice:
    """The notice to one party of the other's flight, through its own."""
    at = 47.0 + 0.1 * len(world.entries)
    place = volume(at, from_min=at_min, until_min=at_min + 60)
    world.tell(told, details(place))
    world.tell(teller, details(place))
    return [each for each in world.open_notices(told) if each.sender == teller][-1]


def climb(world: Scene, notice: Notice, minutes: float) -> list[tuple[float, Post | None]]:
    """Let time pass half a minute at a time; which posts were told of a notice, and when."""
    told: list[tuple[float, Post | None]] = []
    for _ in range(round(minutes * 2)):
        world.pass_time(0.5)
        for passed in take_due(world.picture, world.now_us, limit=999):
            told += [
                ((world.now_us - notice.issued_us) / MINUTE_US, body.post)
                for body in world.accept(passed)
                if isinstance(body, NoticeEscalated) and body.notice == notice.id
            ]
    return told


@pytest.mark.requirement("D-06")
def test_the_ladder_that_two_parties_agreed_is_climbed_between_them() -> None:
    world = scene()
    agreed(world, SOON)
    notice = clash(world)
    assert notice.urgency is Urgency.PROMPT
    told = climb(world, notice, 30)
    assert told == [(3, Post.ALTERNATE), (6, Post.SENIOR), (9, Post.POLITICAL)]
    assert world.picture.digest() == world.replayed().digest()


def test_the_neutral_that_two_parties_agreed_on_is_called_and_no_other() -> None:
    world = scene()
    world.accept(RegisterParty(PartyId("harbour"), "Harbour", neutral=True))
    agreed(world, answers((3, Rung.NEUTRAL)), neutral=DESK)
    for teller, called in (("south", ["desk"]), ("west", ["desk", "harbour"])):
        notice = clash(world, teller)
        climb(world, notice, 130)
        entries = [each.body for each in world.entries]
        assert [
            body.neutral
            for body in entries
            if isinstance(body, NeutralCalled) and body.notice == notice.id
        ] == called


def test_a_notice_of_a_party_that_agreed_nothing_climbs_by_the_rules() -> None:
    world = scene()
    agreed(world, SOON)
    assert climb(world, clash(world, "west"), 130) == DEFAULT
    assert climb(world, clash(world, "north", "west"), 130) == DEFAULT


def test_another_urgency_climbs_by_the_rules() -> None:
    world = scene()
    agreed(world, answers((1, Rung.SENIOR), urgency="immediate"))
    assert climb(world, clash(world), 130) == DEFAULT


def test_a_deadline_without_a_step_so_soon_tells_the_duty_desk_again() -> None:
    world = scene()
    agreed(world, answers((20, Rung.SENIOR), within_s=300))
    assert climb(world, clash(world), 40) == [(5, Post.DUTY), (20, Post.SENIOR)]


def test_received_holds_back_the_first_steps_and_is_overdue_at_the_end_as_ever() -> None:
    world = scene()
    agreed(world, answers((20, Rung.SENIOR), within_s=300))
    notice = clash(world)
    world.accept(AcknowledgeNotice(notice.id, Verb.PASSED_DOWN, unit="u1"), signer("north"))
    assert climb(world, notice, 40) == [(20, None)]
    assert world.picture.escalations[notice.id].overdue


def test_of_two_agreements_the_soonest_step_to_each_post_counts() -> None:
    world = scene()
    agreed(
        world,
        SOON,
        answers((4, Rung.SENIOR), (20, Rung.NEUTRAL), within_s=240, name="other"),
    )
    assert climb(world, clash(world), 30) == [
        (3, Post.ALTERNATE),
        (4, Post.SENIOR),
        (9, Post.POLITICAL),
        (20, Post.NEUTRAL),
    ]


def test_what_a_notice_rests_on_comes_before_what_its_sides_agreed_besides() -> None:
    world = scene()
    lead = LeadTime(id="lead", kind=IntentKind.HAZARD, minimum_s=30 * DAY_US // 1_000_000)
    agreed(world, SOON, lead)
    hazard = details(volume(10.0, from_min=600, until_min=660), kind=IntentKind.HAZARD)
    world.tell("south", hazard)
    (notice,) = [each for each in world.open_notices("north") if each.sender == SOUTH]
    assert [each.agreement for each in notice.under] == [PACT]
    assert climb(world, notice, 30)[0] == (3, Post.ALTERNATE)


def test_a_notice_that_was_open_before_the_agreement_climbs_by_it_from_then_on() -> None:
    world = scene()
    notice = clash(world)
    assert climb(world, notice, 5) == []
    agreed(world, SOON)
    told = climb(world, notice, 30)
    # The senior is told at 6, but for the minute that the alternate has to answer.
    assert told == [(5.5, Post.ALTERNATE), (6.5, Post.SENIOR), (9, Post.POLITICAL)]


@pytest.mark.requirement("D-06")
def test_a_suspension_mid_way_goes_on_by_the_rules_and_tells_no_post_twice() -> None:
    world = scene()
    agreed(world, SOON)
    notice = clash(world)
    assert climb(world, notice, 4) == [(3, Post.ALTERNATE)]
    world.accept(act(1, Act.SUSPEND, reason="talks"), signer("north"))
    assert climb(world, notice, 36) == [(30, Post.SENIOR)]
    world.accept(act(1, Act.RESUME), signer("north"))
    assert climb(world, notice, 60) == [(40.5, Post.POLITICAL)]
    assert world.picture.digest() == world.replayed().digest()


def test_suspending_another_provision_changes_no_ladder() -> None:
    world = scene()
    agreed(world, SOON, Liveness(id="calls", every_s=3600))
    world.accept(act(1, Act.SUSPEND, reason="talks", provisions=("calls",)), signer("north"))
    assert climb(world, clash(world), 4) == [(3, Post.ALTERNATE)]


@pytest.mark.requirement("D-06")
def test_expiry_mid_way_goes_on_by_the_rules() -> None:
    world = scene()
    agreed(world, SOON, expires_us=START_US + 2 * DAY_US)
    world.pass_time(2 * 24 * 60 - 5)
    notice = clash(world, at_min=4_000)
    assert climb(world, notice, 4) == [(3, Post.ALTERNATE)]
    assert climb(world, notice, 126) == DEFAULT[1:]
    assert world.picture.agreements[PACT, 1].state is AgreementState.EXPIRED
    assert world.picture.digest() == world.replayed().digest()


def test_a_version_that_takes_its_place_brings_its_own_ladder() -> None:
    world = scene()
    agreed(world, SOON)
    later = propose(world, terms(answers((15, Rung.SENIOR), within_s=900)), replaces=1)
    notice = clash(world)
    assert climb(world, notice, 4) == [(3, Post.ALTERNATE)]
    sign(world, later)
    assert climb(world, notice, 40) == [(15, Post.SENIOR)]


def test_what_is_due_is_the_same_when_it_is_found_anew() -> None:
    """The heap that was kept and the one that is made of the tables take the same deadlines."""
    world = scene()
    agreed(world, SOON, Liveness(id="calls", every_s=600))
    world.accept(GiveHeartbeat(), author("north"))
    pending(world.picture)
    clash(world)
    clash(world, "north", "south")
    world.accept(act(1, Act.SUSPEND, reason="talks"), signer("north"))
    world.accept(act(1, Act.RESUME), signer("north"))
    later = world.now_us + HOUR_US
    kept = take_due(world.picture, later, limit=999)
    world.picture.due = None
    assert kept == take_due(world.picture, later, limit=999)
    loaded = snapshot.load(snapshot.dump(world.picture))
    assert loaded.digest() == world.picture.digest()
    assert take_due(loaded, later, limit=999) == kept


STEPS = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(Rung)), unique_by=lambda each: each[1], max_size=5
)


@given(st.lists(st.tuples(st.integers(0, 90), STEPS), min_size=1, max_size=4))
def test_the_ladder_of_several_is_the_soonest_of_each(
    given_: list[tuple[int, list[tuple[int, Rung]]]],
) -> None:
    provisions = [answers(*sorted(steps), within_s=60 * within) for within, steps in given_]
    ladder = agreed_ladder(Urgency.PROMPT, provisions)
    within = min(minutes for minutes, _ in given_)
    told = {rung.post: rung.after_us // MINUTE_US for rung in ladder.rungs}
    for post in Post:
        asked = [at for _, steps in given_ for at, to in steps if to.value == post.value]
        if asked and post is not Post.DUTY:
            assert told[post] == min(asked)
        elif asked:
            assert told[post] in (min(asked), within)
        else:
            assert post not in told or (post is Post.DUTY and told[post] == within)
    assert min(told.values()) <= within, "the deadline brings something about"
    times = [rung.after_us for rung in ladder.rungs]
    assert times == sorted(times)
    assert ladder.overdue_us >= times[-1]


@given(st.lists(st.sampled_from(["pass", "suspend", "resume"]), min_size=1, max_size=12))
def test_however_often_it_is_suspended_each_post_is_told_once_and_the_top_in_the_end(
    course: list[str],
) -> None:
    world = scene()
    agreed(world, SOON)
    notice = clash(world)
    told: list[tuple[float, Post | None]] = []
    applied = True
    for each in course:
        if each == "pass":
            told += climb(world, notice, 7)
        elif (each == "suspend") is applied:
            command = act(1, Act.SUSPEND, reason="talks") if applied else act(1, Act.RESUME)
            world.accept(command, signer("north"))
            applied = not applied
    told += climb(world, notice, 125)
    posts = [post for _, post in told]
    assert len(set(posts)) == len(posts)
    assert Post.POLITICAL in posts
    assert world.picture.digest() == world.replayed().digest()


@pytest.mark.parametrize(
    ("provision", "field"),
    [
        pytest.param(answers((3, Rung.SENIOR), (5, Rung.SENIOR)), "ladder", id="twice"),
        pytest.param(answers((5, Rung.SENIOR), (3, Rung.NEUTRAL)), "ladder", id="out of order"),
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_not_proposed(provision: Any, field: str) -> None:
    world = scene()
    command = ProposeAgreement(PACT, world.now_us + HOUR_US, terms(provision), 0)
    assert field in str(world.refuse(command, signer("north")).field)


CALLS = Liveness(id="calls", every_s=600, missed_after_s=300)


def missed(world: Scene, minutes: float) -> list[tuple[float, str]]:
    """Let time pass; whose agreed calls were missed, in minutes from the start."""
    found: list[tuple[float, str]] = []
    for _ in range(round(minutes * 2)):
        world.pass_time(0.5)
        for passed in take_due(world.picture, world.now_us, limit=999):
            found += [
                ((world.now_us - START_US) / MINUTE_US, body.party)
                for body in world.accept(passed)
                if isinstance(body, CallMissed)
            ]
    return found


@pytest.mark.requirement("D-07")
def test_a_call_that_was_agreed_and_does_not_come_is_told_to_both_sides() -> None:
    world = scene()
    agreed(world, CALLS, neutral="desk")
    world.accept(GiveHeartbeat(), author("north"))
    world.pass_time(5)
    world.accept(GiveHeartbeat(), author("south"))
    assert missed(world, 60) == [(15, NORTH), (20, SOUTH)]
    last = [each.body for each in world.entries if isinstance(each.body, CallMissed)][-1]
    assert set(last.concerned) == {NORTH, SOUTH, "desk"}
    assert [each.agreement for each in missed_by(world.picture, NORTH, SOUTH)] == [PACT]
    assert missed_by(world.picture, NORTH, author("west").party) == []
    world.accept(GiveHeartbeat(), author("north"))
    assert missed_by(world.picture, NORTH, SOUTH) == []
    assert world.picture.digest() == world.replayed().digest()


@given(heard=st.lists(st.integers(0, 40), max_size=3, unique=True).map(sorted))
@example(heard=[])
@example(heard=[3])
def test_by_when_a_party_is_to_be_heard_is_when_its_call_is_missed(heard: list[int]) -> None:
    """Whoever is not heard by then is told, in that half minute, that its call was missed."""
    first_missed(heard, own_call_due_us)


def the_later(picture: Picture, party: PartyId) -> int | None:
    """A planted fault: what the rules and an agreement ask for, whichever is last."""
    beat = heartbeat_due(picture, party)
    waits = [*calls_due(picture, party), *([] if beat is None else [beat])]
    return max((each.due_us for each in waits), default=None)


def the_rules_alone(picture: Picture, party: PartyId) -> int | None:
    """A planted fault: what was agreed is left out."""
    beat = heartbeat_due(picture, party)
    return None if beat is None else beat.due_us


@pytest.mark.parametrize("planted", [the_later, the_rules_alone])
def test_a_call_said_for_another_time_is_found(planted: Any) -> None:
    with pytest.raises(AssertionError):
        first_missed([3], planted)


def first_missed(heard: list[int], due: Any) -> None:
    """Let minutes pass, north heard in these of them, until its agreed call is missed."""
    world = scene()
    agreed(world, CALLS)
    told: list[float] = []
    for minute in range(60):
        if minute in heard:
            world.accept(GiveHeartbeat(), author("north"))
        if told:
            return
        by_us = due(world.picture, NORTH)
        assert by_us is not None
        told = [at for at, party in missed(world, 1) if party == NORTH]
        assert bool(told) == (by_us <= world.now_us), (minute, by_us, world.now_us)
    raise AssertionError("nothing was missed in an hour")


def test_what_all_see_of_a_channel_goes_by_the_rules_of_the_space() -> None:
    world = scene()
    agreed(world, CALLS)
    world.accept(GiveHeartbeat(), author("north"))
    missed(world, 60)
    assert world.picture.channels[NORTH].state is ChannelState.UP
    assert not [each for each in world.entries if isinstance(each.body, HeartbeatMissed)]


def test_a_party_that_never_called_is_waited_for_from_the_first_day() -> None:
    world = scene()
    world.pass_time(30)
    agreed(world, CALLS)
    assert missed(world, 60) == [(45, NORTH), (45, SOUTH)]


def test_nothing_is_waited_for_while_it_is_suspended_or_after_its_end() -> None:
    world = scene()
    agreed(world, CALLS)
    world.accept(act(1, Act.SUSPEND, reason="talks"), signer("north"))
    assert missed(world, 60) == []
    world.accept(act(1, Act.RESUME), signer("north"))
    assert missed(world, 14) == []
    assert missed(world, 2) == [(75, NORTH), (75, SOUTH)]
    world.accept(act(1, Act.END, reason="over"), signer("south"))
    assert not list(world.picture.calls)
    assert missed_by(world.picture, NORTH, SOUTH) == []
    assert missed(world, 60) == []
    assert world.picture.digest() == world.replayed().digest()


def test_a_channel_that_its_party_suspended_is_waited_for_after_that() -> None:
    world = scene()
    agreed(world, CALLS)
    world.accept(GiveHeartbeat(), author("south"))
    world.accept(SuspendChannel("all", "works", None), signer("north"))
    world.accept(SuspendChannel("all", "works", None), signer("south"))
    assert missed(world, 60) == []
    world.accept(ResumeChannel(), signer("north"))
    assert missed(world, 20) == [(75, NORTH)]
    world.accept(SuspendChannel("all", "works", 30), signer("south"))
    assert missed(world, 60) == [(115, SOUTH)]


def test_of_two_calls_in_one_agreement_the_stricter_is_waited_for() -> None:
    world = scene()
    agreed(world, Liveness(id="daily", every_s=86_400), CALLS)
    assert missed(world, 60) == [(15, NORTH), (15, SOUTH)]
