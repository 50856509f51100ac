"""A late notice goes out at once, says that it is late, and a warning stands beside it (N-07)."""

from __future__ import annotations

import msgspec
import pytest

from scenes import HIDDEN, MINUTE_US, UNGUARDED, Scene, details, named, volume
from wideberth.model.entries import NoticeIssued, WarningCleared, WarningRaised
from wideberth.model.intents import IntentKind, Step
from wideberth.model.settings import KindLimit, Rules
from wideberth.model.warnings import StandingWarning, WarningKind
from wideberth.picture.visibility import is_readable


def rules(minimum_min: int = 90) -> Rules:
    limits = (KindLimit(IntentKind.FLIGHT, minimum_lead_us=minimum_min * MINUTE_US),)
    return msgspec.structs.replace(UNGUARDED, version="leads", limits=limits)


def standing(scene: Scene, party: str) -> list[StandingWarning]:
    return [
        each
        for each in (scene.picture.warnings[name] for name in scene.picture.warnings)
        if each.kind is WarningKind.LATE_NOTICE and each.parties == (party,)
    ]


def met(scene: Scene, **more: object) -> None:
    """Bravo stands in time; alpha's flight, in the same place, does not."""
    scene.tell("bravo", details(volume(from_min=100, until_min=200)), intent="there")
    told = details(volume(from_min=60, until_min=150), call_sign="ALFA1", **more)  # type: ignore[arg-type]
    scene.tell("alpha", told, intent="late")


@pytest.mark.requirement("N-07")
def test_a_late_notice_is_sent_at_once_marked_late_and_a_warning_stands() -> None:
    scene = Scene("alpha", "bravo", "charlie", rules=rules())
    met(scene)
    bodies = [entry.body for entry in scene.entries if entry.time_us == scene.now_us]
    issued = [body.notice for body in bodies if isinstance(body, NoticeIssued)]
    assert {notice.recipient for notice in issued} == {"alpha", "bravo"}
    assert all(notice.late and notice.issued_us == scene.now_us for notice in issued)
    for party in ("alpha", "bravo"):
        (warning,) = standing(scene, party)
        assert warning.raised_us == scene.now_us
        assert warning.time_us == -30 * MINUTE_US  # inside the limit by half an hour
        assert warning.rule == f"rules/minimum-lead/{scene.picture.space.rules.version}"
        (about,) = warning.objects
        assert (about.type, about.id, about.party) == ("intent", "late", "alpha")
        assert {"ALFA1", "alpha", "version 1"} <= set(about.facts)
        assert any(fact.startswith("47.") for fact in about.facts)
    assert not standing(scene, "charlie")
    assert scene.replayed().digest() == scene.picture.digest()


def test_what_is_told_in_time_raises_nothing() -> None:
    scene = Scene("alpha", "bravo", rules=rules(minimum_min=30))
    met(scene)
    assert scene.notices("bravo")
    assert not any(isinstance(entry.body, WarningRaised) for entry in scene.entries)


def test_who_may_not_see_the_intent_learns_nothing_of_when_it_was_told() -> None:
    scene = Scene("alpha", "bravo", rules=rules())
    met(scene, visibility=HIDDEN)
    (notice,) = scene.notices("bravo")
    assert not notice.late
    assert not standing(scene, "bravo")
    for entry in scene.entries:
        if isinstance(entry.body, WarningRaised):
            assert not is_readable(scene.picture, entry, "bravo")  # type: ignore[arg-type]


def test_a_warning_says_nothing_of_who_else_was_told() -> None:
    scene = Scene("alpha", "bravo", "charlie", rules=rules())
    scene.tell("charlie", details(volume(), kind=IntentKind.FLIGHT), intent="third")
    met(scene)
    parties = [
        each.parties for each in map(scene.picture.warnings.get, scene.picture.warnings) if each
    ]
    assert all(len(each) == 1 for each in parties)


def test_a_version_in_time_clears_the_warning_and_a_late_one_raises_its_own() -> None:
    scene = Scene("alpha", "bravo", rules=rules())
    met(scene)
    (first,) = standing(scene, "bravo")
    later = volume(from_min=70, until_min=150)
    scene.amend(scene.intent("late"), details(later, call_sign="ALFA1"))
    (second,) = standing(scene, "bravo")
    assert second.id != first.id
    assert second.time_us == -20 * MINUTE_US
    scene.amend(scene.intent("late"), details(volume(from_min=95, until_min=150)))
    assert not standing(scene, "bravo")
    over = [e.body.warning.id for e in scene.entries if isinstance(e.body, WarningCleared)]
    assert {first.id, second.id} <= set(over)
    assert scene.replayed().digest() == scene.picture.digest()


@pytest.mark.parametrize("away", [True, False])
def test_an_intent_that_ended_or_moved_away_has_no_warning_left(*, away: bool) -> None:
    scene = Scene("alpha", "bravo", rules=rules())
    met(scene)
    if away:
        scene.amend(scene.intent("late"), details(volume(20.0, from_min=60, until_min=150)))
    else:
        scene.step(scene.intent("late"), Step.END)
    assert not standing(scene, "bravo")
    assert not standing(scene, "alpha")


def test_who_is_no_longer_named_has_no_warning_left() -> None:
    scene = Scene("alpha", "bravo", rules=rules())
    met(scene, visibility=named("bravo"))
    assert standing(scene, "bravo")
    told = details(volume(from_min=60, until_min=150), call_sign="ALFA1", visibility=named())
    scene.amend(scene.intent("late"), told)
    assert not standing(scene, "bravo")
