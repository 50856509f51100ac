"""Drill messages: sent by hand and as agreed, answered down to the unit, missed; and no notices."""

from __future__ import annotations

import pytest

from agreements_scene import NORTH, PACT, SOUTH, act, agreed, scene
from scenes import START_US, Scene, author, signer
from wideberth.model.agreements import Act
from wideberth.model.channels import AnswerChannel, Medium
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.drills import (
    AnswerDrill,
    Drill,
    DrillAnswered,
    DrillMissed,
    DrillPlanned,
    DrillSent,
    RecordDrillTaken,
    SendDrill,
)
from wideberth.model.ids import UnitToken
from wideberth.model.notices import Verb
from wideberth.model.parties import Author, How, Role
from wideberth.model.provisions import Distribution, Drills, Languages
from wideberth.picture import snapshot
from wideberth.picture.deadlines import take_due
from wideberth.picture.visibility import is_readable
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US, SECOND_US

DAILY = Drills(id="drills", every_days=1, at_s=9 * 3600)
DRAWN = Drills(id="drills", every_days=7, at_s=9 * 3600, window_s=8 * 3600)


def pact() -> Scene:
    """A scene in which north and south agreed on something."""
    world = scene()
    agreed(world, Languages(id="tongues", tags=("en",)))
    return world


def sent(world: Scene, to: str = "south", by: str = "north") -> DrillSent:
    (body,) = world.accept(SendDrill(SOUTH if to == "south" else NORTH), author(by))
    assert isinstance(body, DrillSent)
    return body


def passed(world: Scene, minutes: float = 0) -> list[object]:
    """What deadlines of drills bring about after so long, each passed once."""
    world.pass_time(minutes)
    bodies: list[object] = []
    for each in take_due(world.picture, world.now_us, limit=999):
        if each.kind in (DeadlineKind.DRILL, DeadlineKind.DRILL_PLAN):
            bodies += world.accept(each)
            assert world.refuse(each).rule == "deadline-done"
    return bodies


def climb(world: Scene, drill: DrillSent) -> list[DrillAnswered]:
    """Every hop, a minute after each other."""
    answers: list[DrillAnswered] = []
    for verb, unit, word in (
        (Verb.RECEIVED, None, None),
        (Verb.READ_BACK, None, drill.word.lower()),
        (Verb.PASSED_DOWN, "u1", None),
        (Verb.LOADED, "u1", None),
        (Verb.LOADED, "u2", None),
    ):
        world.pass_time(1)
        token = None if unit is None else UnitToken(unit)
        (body,) = world.accept(AnswerDrill(drill.drill, verb, token, word), signer("south"))
        assert isinstance(body, DrillAnswered)
        answers.append(body)
    return answers


@pytest.mark.requirement("X-01")
def test_each_hop_down_to_the_unit_is_timed_and_kept() -> None:
    world = pact()
    drill = sent(world)
    world.pass_time(0.5)
    world.accept(RecordDrillTaken(drill.drill, Medium.MAIL))
    assert world.refuse(RecordDrillTaken(drill.drill, Medium.MAIL)).rule == "drill-taken"
    answers = climb(world, drill)
    assert [each.after_us / MINUTE_US for each in answers] == [1.5, 2.5, 3.5, 4.5, 5.5]
    assert [each.ends for each in answers] == [False] * 4 + [True]
    assert world.picture.drills[drill.drill].state == "answered"
    assert passed(world, 60) == []
    assert world.picture.digest() == world.replayed().digest()


@pytest.mark.requirement("N-19")
def test_a_drill_is_no_notice_and_stands_nowhere_among_them() -> None:
    world = pact()
    before = (dict(world.picture.notice_counts), len(world.picture.notices))
    told = world.picture.notices_to(SOUTH)
    begin = len(world.entries)
    drill = sent(world)
    climb(world, drill)
    second = sent(world)
    passed(world, 60)
    assert world.picture.drills[second.drill].state == "missed"
    assert (dict(world.picture.notice_counts), len(world.picture.notices)) == before
    assert world.picture.notices_to(SOUTH) == told
    assert not world.picture.escalations
    assert not world.picture.warnings
    members = set(DrillSent.__struct_fields__)
    assert not members & {"subject", "particulars", "volumes", "clashes", "number", "urgency"}
    types = {type(each.body).__name__ for each in world.entries[begin:]}
    assert not {each for each in types if each.startswith(("Notice", "Warning"))}


@pytest.mark.requirement("X-01")
def test_what_is_not_reached_in_time_is_missed_once_and_named() -> None:
    world = pact()
    drill = sent(world)
    world.accept(AnswerDrill(drill.drill, Verb.RECEIVED), author("south"))
    (body,) = passed(world, 16)
    assert isinstance(body, DrillMissed)
    assert body.missing == ("READ-BACK", "LOADED u1", "LOADED u2")
    assert passed(world, 600) == []
    (late,) = world.accept(
        AnswerDrill(drill.drill, Verb.READ_BACK, word=drill.word), signer("south")
    )
    assert isinstance(late, DrillAnswered)
    assert late.late
    assert world.picture.drills[drill.drill].state == "missed", "the rest came late"


@pytest.mark.parametrize(
    ("command", "by", "rule"),
    [
        pytest.param({"verb": Verb.RECEIVED}, author("west"), "no-such-drill", id="not to it"),
        pytest.param({"verb": Verb.DISPUTED}, signer("south"), "drill-verb", id="no hop"),
        pytest.param({"verb": Verb.READ_BACK}, signer("south"), "drill-hop", id="no word"),
        pytest.param(
            {"verb": Verb.READ_BACK, "word": "XX0000"},
            *(signer("south"), "read-back-mismatch"),
            id="another word",
        ),
        pytest.param({"verb": Verb.LOADED}, signer("south"), "drill-hop", id="no unit"),
        pytest.param(
            {"verb": Verb.LOADED, "unit": "u9"}, signer("south"), "no-such-unit", id="no such unit"
        ),
        pytest.param(
            {"verb": Verb.LOADED, "unit": "u1"},
            *(author("south"), "signature-required"),
            id="unsigned",
        ),
        pytest.param(
            {"verb": Verb.RECEIVED, "channel": AnswerChannel.MAIL},
            *(signer("south"), "relayed-how"),
            id="signed, and by mail",
        ),
        pytest.param(
            {"verb": Verb.LOADED, "unit": "u1", "channel": AnswerChannel.MAIL},
            *(Author(SOUTH, How.RELAYED, "mail", (Role.ACKNOWLEDGE,)), "signature-required"),
            id="loaded by mail",
        ),
    ],
)
def test_a_wrong_answer_is_refused_and_changes_nothing(
    command: dict[str, object], by: Author, rule: str
) -> None:
    world = scene()
    drill = sent(world)
    assert world.refuse(AnswerDrill(drill=drill.drill, **command), by).rule == rule  # type: ignore[arg-type]


def test_a_hop_is_said_once() -> None:
    world = scene()
    drill = sent(world)
    world.accept(AnswerDrill(drill.drill, Verb.RECEIVED), author("south"))
    again = world.refuse(AnswerDrill(drill.drill, Verb.RECEIVED), author("south"))
    assert again.rule == "drill-said"


def test_nobody_is_flooded_with_drills_and_none_goes_to_oneself() -> None:
    world = scene()
    assert world.refuse(SendDrill(NORTH), author("north")).rule == "own-drill"
    assert world.refuse(SendDrill(SOUTH, within_s=1), author("north")).rule == "within"
    for _ in range(5):
        sent(world)
    assert world.refuse(SendDrill(SOUTH), author("north")).rule == "drills-wait"
    sent(world, by="west")


def test_a_drill_by_hand_may_go_down_to_some_units_and_to_none_that_the_party_has_not() -> None:
    world = pact()
    units = world.picture.parties[SOUTH].units
    (whole,) = world.accept(SendDrill(SOUTH), author("north"))
    (some,) = world.accept(SendDrill(SOUTH, units=units[-1:]), author("north"))
    assert (whole.units, some.units) == (units, units[-1:])  # type: ignore[union-attr]
    strange = SendDrill(SOUTH, units=(UnitToken("another"),))
    refusal = world.refuse(strange, author("north"))
    assert (refusal.rule, refusal.field) == ("no-such-unit", "units")


def test_who_agreed_nothing_with_a_party_learns_of_no_unit_of_it() -> None:
    world = pact()
    (hers,) = world.accept(SendDrill(SOUTH), author("west"))
    assert isinstance(hers, DrillSent)
    assert hers.units == ()
    units = world.picture.parties[SOUTH].units
    probed = [
        world.refuse(SendDrill(SOUTH, units=(UnitToken(each),)), author("west"))
        for each in (units[0], "another")
    ]
    assert [(each.rule, each.field) for each in probed] == [("no-such-unit", "units")] * 2
    for verb, word in ((Verb.RECEIVED, None), (Verb.READ_BACK, hers.word)):
        world.accept(AnswerDrill(hers.drill, verb, word=word), signer("south"))
    assert world.picture.drills[hers.drill].state == "answered"
    world.accept(act(1, Act.SUSPEND, reason="talks"), signer("north"))
    (then,) = world.accept(SendDrill(SOUTH), author("north"))
    assert isinstance(then, DrillSent)
    assert then.units == ()


@pytest.mark.requirement("X-01")
def test_an_agreed_drill_goes_to_each_party_at_its_time_every_so_many_days() -> None:
    world = scene()
    agreed(world, DAILY, Distribution(id="units", party=SOUTH, units=(UnitToken("crew"),)))
    assert passed(world) == []
    (plan,) = (world.picture.drill_plans[each] for each in world.picture.drill_plans)
    assert plan.start_us % DAY_US == 9 * HOUR_US
    world.now_us = plan.start_us
    first = passed(world)
    drills = [each for each in first if isinstance(each, DrillSent)]
    assert {each.recipient for each in drills} == {NORTH, SOUTH}
    assert all(each.agreement == PACT and each.seen_by == (NORTH, SOUTH) for each in drills)
    (south,) = (each for each in drills if each.recipient == SOUTH)
    assert UnitToken("crew") in south.units
    assert isinstance(first[-1], DrillPlanned)
    assert first[-1].start_us == plan.start_us + DAY_US
    assert len([each for each in passed(world, 20) if isinstance(each, DrillMissed)]) == 2
    world.now_us = plan.start_us + DAY_US
    assert len([each for each in passed(world) if isinstance(each, DrillSent)]) == 2
    assert world.picture.digest() == world.replayed().digest()


@pytest.mark.requirement("X-01")
def test_a_moment_is_drawn_in_the_window_and_no_party_may_read_it() -> None:
    world = scene()
    agreed(world, DRAWN)
    (plan,) = (world.picture.drill_plans[each] for each in world.picture.drill_plans)
    world.now_us = plan.start_us
    (drawn,) = passed(world)
    assert isinstance(drawn, DrillPlanned)
    assert drawn.at_us is not None
    assert plan.start_us <= drawn.at_us < plan.start_us + 8 * HOUR_US
    entry = world.entries[-1]
    assert not any(is_readable(world.picture, entry, each) for each in world.picture.parties)
    loaded = snapshot.load(snapshot.dump(world.picture))
    assert loaded.digest() == world.picture.digest()
    world.now_us = drawn.at_us - SECOND_US
    assert passed(world) == []
    world.now_us = drawn.at_us
    assert {each.recipient for each in passed(world) if isinstance(each, DrillSent)} == {
        NORTH,
        SOUTH,
    }
    assert passed(world, 10) == []


@pytest.mark.requirement("X-01")
def test_after_a_restart_what_came_due_meanwhile_is_sent_once_and_goes_on_from_there() -> None:
    world = scene()
    agreed(world, DAILY)
    world.picture = snapshot.load(snapshot.dump(world.picture))
    world.now_us += 5 * DAY_US
    drills = [each for each in passed(world) if isinstance(each, DrillSent)]
    assert len(drills) == 2, "not one for each day that nobody decided"
    (plan,) = (world.picture.drill_plans[each] for each in world.picture.drill_plans)
    assert world.now_us < plan.start_us <= world.now_us + DAY_US
    loaded = snapshot.load(snapshot.dump(world.picture))
    assert loaded.drills == world.picture.drills
    due = [each.kind for each in take_due(loaded, world.now_us + HOUR_US, limit=99)]
    assert due.count(DeadlineKind.DRILL) == 2


def test_a_suspended_agreement_sends_none_and_plans_anew_when_it_is_resumed() -> None:
    world = scene()
    agreed(world, DAILY)
    world.accept(act(1, Act.SUSPEND, reason="talks"), signer("north"))
    assert not world.picture.drill_plans
    world.pass_time(3 * 24 * 60)
    assert passed(world) == []
    world.accept(act(1, Act.RESUME), signer("north"))
    (plan,) = (world.picture.drill_plans[each] for each in world.picture.drill_plans)
    assert plan.start_us > world.now_us


def test_the_word_is_read_by_its_recipient_alone_and_the_result_by_who_agreed() -> None:
    world = scene()
    agreed(world, DAILY)
    (plan,) = (world.picture.drill_plans[each] for each in world.picture.drill_plans)
    world.now_us = plan.start_us
    passed(world)
    (drill,) = (
        each.body
        for each in world.entries
        if isinstance(each.body, DrillSent) and each.body.recipient == SOUTH
    )
    world.accept(AnswerDrill(drill.drill, Verb.RECEIVED), author("south"))
    readers = {
        type(each.body).__name__: [
            party for party in world.picture.parties if is_readable(world.picture, each, party)
        ]
        for each in world.entries
        if getattr(each.body, "drill", None) == drill.drill
    }
    assert readers == {"DrillSent": [SOUTH], "DrillAnswered": [NORTH, SOUTH]}


def test_a_result_leaves_the_list_after_its_time_and_the_record_has_it() -> None:
    world = scene()
    drill = sent(world)
    passed(world, 20)
    world.pass_time(121 * 24 * 60)
    sent(world)
    sent(world)
    assert drill.drill not in world.picture.drills
    assert isinstance(world.entries[-1].body, DrillSent)
    assert world.now_us > START_US
    assert isinstance(next(iter(world.picture.drills.values())), Drill)  # type: ignore[attr-defined]
    assert DeadlinePassed(DeadlineKind.DRILL, drill.drill, 0).id.startswith("drill/")
