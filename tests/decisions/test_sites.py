"""Protected sites: stale, challenged, harmed, frozen; never removed but by their owner."""

from __future__ import annotations

import pytest

from scenes import START_US, Scene, author, details, named, volume
from wideberth.model.commands import AmendIntent, ChangeIntentState, SubmitIntent
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.entries import NoticeIssued
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import IntentKind, Step
from wideberth.model.parties import Role
from wideberth.model.refusals import Refusal
from wideberth.model.sites import (
    CHASES,
    AnswerChallenge,
    ChallengeSite,
    HarmReported,
    ReportHarm,
    ReviewSite,
    SiteReviewed,
    SiteStale,
)
from wideberth.model.stated import Stated
from wideberth.picture.deadlines import next_due_us, take_due
from wideberth.picture.fold import fold_all
from wideberth.picture.picture import Picture
from wideberth.picture.sites import is_stale, site_of, valid_until_us
from wideberth.picture.snapshot import dump, load
from wideberth.space.time import DAY_US, HOUR_US

CLINIC = IntentId("clinic")
DAY_MIN = 24 * 60


def told_site(
    scene: Scene, name: str = CLINIC, *, latitude: float = 47.0, days: int = 80, to: str = "bravo"
) -> IntentId:
    site = IntentId(name)
    place = volume(latitude, from_min=1, until_min=days * DAY_MIN)
    said = details(place, kind=IntentKind.PRESENCE, visibility=named(*to.split()), stated=Stated())
    scene.accept(SubmitIntent(site, said), author("alpha"))
    return site


@pytest.fixture
def scene() -> Scene:
    return Scene("alpha", "bravo", "charlie")


def pass_due(scene: Scene) -> list[object]:
    return [
        body
        for due in take_due(scene.picture, scene.now_us, limit=100)
        for body in scene.accept(due)
    ]


def rule(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.rule


@pytest.mark.requirement("N-09")
def test_a_site_that_is_not_validated_again_turns_stale_and_stays(scene: Scene) -> None:
    told_site(scene)
    site = scene.picture.intents[CLINIC]
    until_us = valid_until_us(site)
    assert not is_stale(site, until_us)
    assert is_stale(site, until_us + 1)
    assert next_due_us(scene.picture) == until_us
    scene.now_us = until_us + 1
    (stale,) = pass_due(scene)
    assert isinstance(stale, SiteStale)
    assert stale.intent == site
    # Its window is over and it leaves the live picture; as a site it stays.
    scene.now_us = until_us + 3 * HOUR_US
    told_site(scene, "later", days=89)
    assert CLINIC not in scene.picture.intents
    assert site_of(scene.picture, CLINIC) == site


@pytest.mark.requirement("N-09")
def test_the_owner_of_a_stale_site_is_asked_again_and_again_but_not_for_ever(scene: Scene) -> None:
    told_site(scene)
    scene.now_us = valid_until_us(scene.picture.intents[CLINIC]) + 365 * DAY_US
    chased: list[int] = []
    while due := take_due(scene.picture, scene.now_us, limit=1):
        chased += [body.chased for body in scene.accept(due[0]) if isinstance(body, SiteStale)]
    assert chased == list(range(1, CHASES + 1))
    assert site_of(scene.picture, CLINIC) is not None


@pytest.mark.requirement("N-09")
def test_a_site_whose_end_nobody_noticed_in_time_is_not_lost(scene: Scene) -> None:
    told_site(scene)
    site = scene.picture.intents[CLINIC]
    scene.now_us = site.end_us + 5 * HOUR_US  # the node was away
    scene.tell("alpha", details(volume(from_min=80 * DAY_MIN, until_min=82 * DAY_MIN)))
    assert CLINIC not in scene.picture.intents
    assert site_of(scene.picture, CLINIC) == site
    assert [body.chased for body in pass_due(scene) if isinstance(body, SiteStale)] == [1]


def test_a_stale_deadline_passes_once(scene: Scene) -> None:
    told_site(scene)
    scene.now_us = valid_until_us(scene.picture.intents[CLINIC]) + 1
    passed = DeadlinePassed(DeadlineKind.SITE, CLINIC, 0)
    scene.accept(passed)
    assert rule(scene.try_(passed)) == "deadline-done"


def test_telling_a_site_again_validates_it_anew(scene: Scene) -> None:
    told_site(scene, days=90)
    scene.now_us = START_US + 40 * DAY_US
    site = scene.picture.intents[CLINIC]
    again = details(
        volume(from_min=50 * DAY_MIN, until_min=100 * DAY_MIN),
        kind=IntentKind.PRESENCE,
        visibility=named("bravo"),
        stated=Stated(),
    )
    scene.accept(AmendIntent(CLINIC, site.ovn, again), author("alpha"))
    assert valid_until_us(scene.picture.intents[CLINIC]) > valid_until_us(site)


@pytest.mark.requirement("N-10", "S-06")
def test_a_challenge_stands_beside_the_site_with_both_statements_and_removes_nothing(
    scene: Scene,
) -> None:
    told_site(scene)
    scene.accept(ChallengeSite(CLINIC, "there are launchers"), author("bravo"))
    assert rule(scene.try_(ChallengeSite(CLINIC, "again"), author("bravo"))) == "challenge-stands"
    (standing,) = scene.picture.sites[CLINIC].challenges
    assert standing.answer_by_us == scene.now_us + 3 * DAY_US
    answered = AnswerChallenge(CLINIC, PartyId("bravo"), "there are not")
    assert rule(scene.try_(answered, author("bravo"))) == "not-yours"
    scene.accept(answered, author("alpha"))
    (standing,) = scene.picture.sites[CLINIC].challenges
    assert (standing.statement, standing.answer) == ("there are launchers", "there are not")
    assert CLINIC in scene.picture.intents


@pytest.mark.requirement("S-06")
def test_nobody_can_challenge_or_ask_about_a_site_that_is_not_shown_to_them(scene: Scene) -> None:
    told_site(scene)
    for command in (
        ChallengeSite(CLINIC, "x"),
        ChallengeSite(IntentId("none"), "x"),
        ReportHarm(CLINIC, scene.now_us, "x"),
        ReviewSite(CLINIC, "x"),
    ):
        assert rule(scene.try_(command, author("charlie"))) == "no-such-site"
    assert rule(scene.try_(ChallengeSite(CLINIC, "x"), author("alpha"))) == "your-own"


@pytest.mark.requirement("N-11", "S-07")
def test_ending_a_site_is_told_to_everybody_who_saw_it_and_followed(scene: Scene) -> None:
    told_site(scene, to="bravo charlie")
    site = scene.picture.intents[CLINIC]
    bodies = scene.accept(ChangeIntentState(CLINIC, site.ovn, Step.END), author("alpha"))
    notices = [body.notice for body in bodies if isinstance(body, NoticeIssued)]
    assert {each.recipient for each in notices} == {"bravo", "charlie"}
    assert all(each.withdrawal for each in notices)
    assert {each.id for each in notices} <= set(scene.picture.notices)


@pytest.mark.requirement("S-08")
def test_repeated_harm_near_one_place_freezes_it_until_both_sides_looked(scene: Scene) -> None:
    told_site(scene)
    far = told_site(scene, "far", latitude=47.5)
    near = told_site(scene, "near", latitude=47.02)
    scene.pass_time(60)

    def harm(site: IntentId) -> HarmReported:
        (body,) = scene.accept(ReportHarm(site, scene.now_us, "shells"), author("alpha"))
        assert isinstance(body, HarmReported)
        return body

    assert harm(CLINIC).freezes == ()
    assert harm(far).freezes == ()
    assert harm(near).freezes == (CLINIC, "near")
    assert scene.picture.sites[CLINIC].frozen
    assert not scene.picture.sites.get(far)
    watcher = author("alpha", roles=(Role.WATCH, Role.TELL))
    assert rule(scene.try_(ReviewSite(CLINIC, "seen"), watcher)) == "role-missing"
    (first,) = scene.accept(ReviewSite(CLINIC, "seen by the chief of staff"), author("alpha"))
    assert isinstance(first, SiteReviewed)
    assert not first.lifts
    (second,) = scene.accept(ReviewSite(CLINIC, "seen here too"), author("bravo"))
    assert isinstance(second, SiteReviewed)
    assert second.lifts
    assert not scene.picture.sites[CLINIC].frozen


def test_what_is_said_of_sites_survives_a_replay_and_a_snapshot(scene: Scene) -> None:
    told_site(scene)
    scene.accept(ChallengeSite(CLINIC, "x"), author("bravo"))
    scene.pass_time(60)
    scene.accept(ReportHarm(CLINIC, scene.now_us, "y"), author("bravo"))
    again = fold_all(Picture(), scene.entries)
    assert again.digest() == scene.picture.digest()
    assert load(dump(again)).digest() == again.digest()


def test_a_stale_site_whose_window_is_over_is_told_again_or_ended_by_its_owner(
    scene: Scene,
) -> None:
    told_site(scene)
    site = scene.picture.intents[CLINIC]
    scene.now_us = site.end_us + 5 * HOUR_US
    scene.tell("alpha", details(volume(from_min=80 * DAY_MIN, until_min=82 * DAY_MIN)))
    assert CLINIC not in scene.picture.intents
    end = ChangeIntentState(CLINIC, site.ovn, Step.END)
    assert rule(scene.try_(end, author("bravo"))) == "not-yours"
    bodies = scene.accept(end, author("alpha"))
    notices = [body.notice for body in bodies if isinstance(body, NoticeIssued)]
    assert [(each.recipient, each.withdrawal) for each in notices] == [("bravo", True)]
    assert site_of(scene.picture, CLINIC) is None
    assert take_due(scene.picture, scene.now_us + 400 * DAY_US, limit=9)[0].kind is not (
        DeadlineKind.SITE
    )
    assert fold_all(Picture(), scene.entries).digest() == scene.picture.digest()
