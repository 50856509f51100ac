from __future__ import annotations

import msgspec
import pytest

from scenes import HIDDEN, OPEN, Scene, author, details, named, volume
from wideberth.decisions.checks import DryRun, dry_run
from wideberth.decisions.outcome import Context
from wideberth.model.commands import RecordCheck
from wideberth.model.intents import IntentKind, Visibility
from wideberth.model.refusals import Refusal
from wideberth.model.settings import DEFAULT_RULES, KindLimit, PairRule, Rules
from wideberth.space.time import DAY_US, HOUR_US
from wideberth.space.volume import Separation


def _check(scene: Scene, told: object = None, **more: object) -> DryRun:
    outcome = dry_run(
        scene.picture,
        told or details(),  # type: ignore[arg-type]
        author("south"),
        Context(scene.now_us, scene.new_id),
        **more,  # type: ignore[arg-type]
    )
    assert isinstance(outcome, DryRun), outcome
    if outcome.owners:
        scene.accept(RecordCheck(outcome.owners), author("south"))
    return outcome


@pytest.mark.parametrize("visibility", [OPEN, HIDDEN, named("south"), named("east"), named()])
def test_a_dry_run_shows_what_telling_it_would(visibility: Visibility) -> None:
    scene = Scene("north", "south", "east")
    scene.tell("north", details(volume(47.003), visibility=visibility))
    dry = _check(scene)
    scene.tell("south", intent=dry.intent.id)
    told = scene.notices("south")
    clashes = told[0].clashes if told else ()
    assert [msgspec.structs.replace(each, own=None) for each in dry.clashes] == [
        msgspec.structs.replace(each, own=None) for each in clashes
    ]


@pytest.mark.requirement("N-04")
def test_a_dry_run_shows_the_lead_time_and_that_it_is_late_before_anything_is_told() -> None:
    limits = (KindLimit(IntentKind.FLIGHT, minimum_lead_us=2 * HOUR_US),)
    rules = msgspec.structs.replace(DEFAULT_RULES, version="l", limits=limits)
    scene = Scene("north", "south", rules=rules)
    dry = _check(scene).intent
    assert (dry.late, dry.lead_us, dry.minimum_lead_us) == (True, HOUR_US, 2 * HOUR_US)
    told = scene.tell("south", intent=dry.id)
    assert (told.late, told.lead_us, told.minimum_lead_us) == (True, HOUR_US, 2 * HOUR_US)


def test_a_dry_run_changes_nothing_but_the_count_of_hidden_touches() -> None:
    scene = Scene("north", "south")
    scene.tell("north")
    before = scene.picture.digest()
    assert _check(scene).clashes
    assert scene.picture.digest() == before


def test_near_misses_with_hidden_intents_are_not_shown() -> None:
    rules = Rules(
        version="s",
        pairs=(PairRule(("flight", "flight"), separation=Separation(1_500_000)),),  # type: ignore[arg-type]
    )
    scene = Scene("north", "south", rules=rules)
    scene.tell("north", details(volume(47.02), visibility=HIDDEN))
    assert _check(scene).clashes == ()
    scene.tell("north", details(volume(47.02)))
    assert len(_check(scene).clashes) == 1


def test_each_hidden_touch_is_counted_and_its_owner_sees_it() -> None:
    scene = Scene("north", "south", rules=_budget(2))
    scene.tell("north", details(visibility=HIDDEN))
    assert _check(scene).hidden.left_today == 2
    assert _check(scene).hidden.left_today == 1
    spent = _check(scene)
    assert (spent.hidden.done, spent.hidden.reason) == (False, "budget-spent")
    assert spent.clashes == ()
    assert scene.picture.history is not None
    assert scene.picture.history.stream_end(author("north").party) == 1 + 2


def test_a_spent_budget_says_the_same_where_nothing_is_hidden() -> None:
    answers = []
    for place in (47.0, 12.0):
        scene = Scene("north", "south", rules=_budget(1))
        scene.tell("north", details(visibility=HIDDEN))
        _check(scene)
        answers.append(_check(scene, details(volume(place))).hidden)
    assert answers[0] == answers[1]


def test_the_budget_is_new_the_next_day() -> None:
    scene = Scene("north", "south", rules=_budget(1))
    scene.tell("north", details(volume(until_min=60 * 40), visibility=HIDDEN))
    _check(scene)
    assert not _check(scene).hidden.done
    scene.now_us += DAY_US
    assert _check(scene, details(volume(from_min=60 * 25, until_min=60 * 26))).hidden.done


def test_a_batch_of_hidden_intents_cannot_be_met_beyond_the_budget() -> None:
    scene = Scene("north", "south", rules=_budget(3))
    for _ in range(5):
        scene.tell("north", details(visibility=HIDDEN))
    assert len(_check(scene).clashes) == 3


def test_a_large_volume_is_not_tested_against_hidden_intents() -> None:
    scene = Scene("north", "south")
    scene.tell("north", details(visibility=HIDDEN))
    scene.tell("north", details(visibility=OPEN))
    wide = _check(scene, details(volume(radius_m=30_000)))
    assert (wide.hidden.done, wide.hidden.reason) == (False, "too-large")
    assert len(wide.clashes) == 1


def test_hidden_intents_are_tested_only_where_asked() -> None:
    scene = Scene("north", "south")
    scene.tell("north", details(visibility=HIDDEN))
    assert _check(scene, ask_hidden=False).clashes == ()
    assert _check(scene, ask_hidden=False).hidden.reason == "not-asked"


def test_a_dry_run_of_an_amendment_leaves_out_the_version_it_replaces() -> None:
    scene = Scene(
        "south", rules=msgspec.structs.replace(DEFAULT_RULES, version="o", same_party=True)
    )
    standing = scene.tell("south")
    assert len(_check(scene).clashes) == 1
    assert _check(scene, replaces=standing.id).clashes == ()


def test_what_could_not_be_told_cannot_be_checked() -> None:
    scene = Scene("south")
    outcome = dry_run(
        scene.picture,
        details(volume(from_min=-20, until_min=-10)),
        author("south"),
        Context(scene.now_us, scene.new_id),
    )
    assert isinstance(outcome, Refusal)
    assert outcome.rule == "already-over"


def _budget(touches: int) -> Rules:
    return msgspec.structs.replace(DEFAULT_RULES, version="b", check_budget=touches)
