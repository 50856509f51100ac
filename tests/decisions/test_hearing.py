"""Who hears what is answered to a notice that an agreement has its sender give (D-04)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from agreements_scene import NORTH, SOUTH, agreed, scene
from scenes import Scene, details, named, signer, volume
from wideberth.decisions import disclosure
from wideberth.decisions import notices as rules
from wideberth.faces.api import notices as face
from wideberth.faces.api.notices import reach_seen
from wideberth.model.agreements import LegalKind
from wideberth.model.commands import AcknowledgeNotice
from wideberth.model.entries import NoticeAcknowledged, NoticeEscalated
from wideberth.model.ids import UnitToken
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.notices import Notice, Verb
from wideberth.model.provisions import LeadTime
from wideberth.model.receipts import difference_digest
from wideberth.picture.picture import Picture

PLACES = (47.0, 47.004, 48.0)  # two that meet, and one apart
VERBS = (Verb.RECEIVED, Verb.PASSED_DOWN, Verb.LOADED, Verb.CANNOT_COMPLY)
AGREED = (IntentKind.FLIGHT, IntentKind.HAZARD)
TOLD = (*AGREED, IntentKind.MOVEMENT)

NOTICED = st.one_of(
    st.tuples(st.just("tell"), st.sampled_from(PLACES), st.sampled_from(TOLD)),
    st.tuples(st.just("amend"), st.sampled_from(PLACES), st.integers(0, 2)),
    st.tuples(st.just("answer"), st.sampled_from(VERBS), st.integers(0, 2)),
)
HIDDEN = st.tuples(
    st.just("hide"),
    st.sampled_from(PLACES),
    st.sampled_from((IntentKind.FLIGHT, IntentKind.PRESENCE)),
)
COURSES = st.lists(st.one_of(NOTICED, HIDDEN), min_size=3, max_size=12)


def under_a_lead_time() -> Scene:
    """North tells south of each flight and hazard; south shows nothing of its own to anybody."""
    world = scene()
    leads = (LeadTime(id=f"lead-{kind.value}", kind=kind, minimum_s=4 * 3600) for kind in AGREED)
    agreed(world, *leads, kind=LegalKind.NOTIFY)
    return world


def heard(world: Scene) -> list[Any]:
    """All that north learns of what became of its notices, with names of ids in their order."""
    names: dict[str, int] = {}

    def name(one: str) -> int:
        return names.setdefault(one, len(names))

    answers = [
        (name(body.acknowledgement.notice), body.acknowledgement.verb, body.acknowledgement.unit,
         sorted(map(name, body.closes)))
        for entry in world.entries
        if isinstance(body := entry.body, NoticeAcknowledged) and body.sender == NORTH
    ]  # fmt: skip
    steps = [
        entry.time_us
        for entry in world.entries
        if isinstance(entry.body, NoticeEscalated) and entry.body.sender == NORTH
    ]
    rows = [
        (row.issued, row.furthest, row.waiting, row.exits, row.held, row.role, row.escalation)
        for each in world.picture.notices
        if (row := reach_seen(world.picture.notices[each], NORTH, world.picture)) is not None
        and row.role == "sender"
    ]
    return [answers, steps, rows]


def newest_to_south(world: Scene, intent: Intent) -> Notice | None:
    found = [
        each
        for each in world.open_notices("south")
        if each.subject is not None and each.subject.id == intent.id and each.sender == NORTH
    ]
    return max(found, key=lambda each: each.number, default=None)


def play(course: list[Any], *, hiding: bool) -> list[list[Any]]:
    """What north had heard after each step that is not a hidden one."""
    world, told, views = under_a_lead_time(), list[Intent](), list[list[Any]]()
    for what, one, other in course:
        world.pass_time(1)
        if what == "hide":
            if hiding:
                world.tell("south", details(volume(one), kind=other, visibility=named("west")))
            continue
        if what == "tell":
            told.append(world.tell("north", details(volume(one), kind=other)))
        elif told and what == "amend":
            standing = world.intent(told[other % len(told)].id)
            world.amend(
                standing, details(volume(one, upper_m=100 + standing.version), kind=standing.kind)
            )
        elif told:
            answer(world, told[other % len(told)], one)
        views.append(heard(world))
    return views


def answer(world: Scene, intent: Intent, verb: Verb) -> None:
    notice = newest_to_south(world, intent)
    if notice is None:
        return
    units = notice.units if verb in (Verb.LOADED, Verb.PASSED_DOWN) else (None,)
    for unit in units:
        world.try_(
            AcknowledgeNotice(
                notice.id,
                verb,
                unit=unit,
                system="computer" if verb is Verb.LOADED else None,
                reason="no radio" if verb is Verb.CANNOT_COMPLY else None,
                difference=difference_digest(notice),
            ),
            signer("south"),
        )


@pytest.mark.requirement("D-04")
def test_a_sender_sees_how_far_an_agreed_notice_came_where_the_other_side_shows_nothing() -> None:
    world = under_a_lead_time()
    intent = world.tell("north")
    assert heard(world)[2][0][1:5] == (None, ["u1", "u2"], [], False)
    notice = newest_to_south(world, intent)
    assert notice is not None
    answer(world, intent, Verb.RECEIVED)
    answer(world, intent, Verb.PASSED_DOWN)
    assert heard(world)[2][0][1] is Verb.PASSED_DOWN
    loading = AcknowledgeNotice(notice.id, Verb.LOADED, unit=UnitToken("u2"), system="computer")
    world.accept(loading, signer("south"))
    assert heard(world)[2][0][1:3] == (Verb.LOADED, ["u1"])
    answer(world, intent, Verb.LOADED)
    assert heard(world)[2] == []
    assert [verb for _, verb, _, _ in heard(world)[0]].count(Verb.LOADED) == 2


def test_it_does_not_see_the_steps_of_the_ladder_which_hang_on_what_is_hidden() -> None:
    world = under_a_lead_time()
    world.tell("north")
    ((*_, escalation),) = heard(world)[2]
    assert escalation is None


def test_nothing_is_heard_of_a_notice_that_no_agreement_has_it_give() -> None:
    world = under_a_lead_time()
    world.tell("south", details(volume(47.0), visibility=named("west")))
    movement = world.tell("north", details(volume(47.0), kind=IntentKind.MOVEMENT))
    assert newest_to_south(world, movement) is not None
    answer(world, movement, Verb.RECEIVED)
    assert heard(world) == [[], [], []]


@settings(max_examples=60, deadline=None)
@given(course=COURSES)
def test_what_is_hidden_changes_nothing_that_a_sender_hears(course: list[Any]) -> None:
    assert play(course, hiding=True) == play(course, hiding=False)


def _follows_all(_picture: Picture, notice: Notice, sender: Any) -> bool:
    return notice.sender == sender == NORTH and notice.recipient == SOUTH


def _shows_steps(patch: pytest.MonkeyPatch) -> None:
    """The same as for what may be followed: its next step hangs on the urgency."""
    patch.setattr(face, "may_follow", disclosure.may_hear_answers)


def _forgets_the_agreement(patch: pytest.MonkeyPatch) -> None:
    """Whatever was sent is heard of, agreed or not."""
    patch.setattr(rules, "may_hear_answers", _follows_all)
    patch.setattr(face, "may_hear_answers", _follows_all)


@pytest.mark.parametrize("fault", [_forgets_the_agreement, _shows_steps])
def test_a_planted_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)

    @settings(max_examples=400, deadline=None, phases=[Phase.generate], database=None)
    @given(course=COURSES)
    def compare(course: list[Any]) -> None:
        assert play(course, hiding=True) == play(course, hiding=False)

    with pytest.raises(AssertionError):
        compare()
