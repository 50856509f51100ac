"""Lists of protected sites, and each way to abuse them that is stopped or counted."""

from __future__ import annotations

import msgspec
import pytest

from scenes import Scene, author, details, named, volume
from wideberth.model.commands import SubmitIntent
from wideberth.model.entries import IntentAmended, NoticeIssued
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.parties import Author, How, Role
from wideberth.model.refusals import Refusal
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.sites import (
    AssessSharing,
    CountersignExport,
    Disclosure,
    ExportCountersigned,
    RecordDelivery,
    ReportHarm,
    RequestExport,
    SharingWithdrawn,
    SitesDelivered,
    WithdrawSharing,
)
from wideberth.picture.fold import fold_all
from wideberth.picture.picture import Picture
from wideberth.picture.snapshot import dump, load

GUARDED = msgspec.structs.replace(DEFAULT_RULES, version="guarded", assess_sharing=True)
BRAVO = PartyId("bravo")
DAY_MIN = 24 * 60


@pytest.fixture
def scene() -> Scene:
    return Scene("alpha", "bravo", "charlie", rules=GUARDED)


def assess(disclosure: Disclosure = Disclosure.EXACT, to: str = "bravo") -> AssessSharing:
    return AssessSharing(PartyId(to), disclosure, "the desk", "to nobody", "none known")


def site(name: str, to: str = "bravo", latitude: float = 47.0) -> SubmitIntent:
    said = details(
        volume(latitude, from_min=1, until_min=60 * DAY_MIN),
        kind=IntentKind.PRESENCE,
        visibility=named(*to.split()),
    )
    return SubmitIntent(IntentId(name), said)


def person(name: str, party: str = "bravo") -> Author:
    return Author(PartyId(party), How.ATTESTED, name, tuple(Role))


def rule(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.rule


@pytest.mark.requirement("S-03", "P-06")
def test_a_site_is_shown_to_nobody_whom_its_owner_did_not_assess(scene: Scene) -> None:
    assert rule(scene.try_(site("clinic"), author("alpha"))) == "sharing-not-assessed"
    for disclosure in (Disclosure.COARSE, Disclosure.AREA, Disclosure.NONE):
        scene.accept(assess(disclosure), author("alpha"))
        assert rule(scene.try_(site("clinic"), author("alpha"))) == "sharing-not-assessed"
    scene.accept(assess(), author("alpha"))
    scene.accept(site("clinic"), author("alpha"))
    # What one owner assessed counts for no other, and for no other recipient.
    assert rule(scene.try_(site("x", to="alpha"), author("charlie"))) == "sharing-not-assessed"
    assert rule(scene.try_(site("y", to="bravo charlie"), author("alpha"))) == (
        "sharing-not-assessed"
    )


@pytest.mark.requirement("S-03")
@pytest.mark.parametrize("field", ["receives", "passes_on", "history"])
def test_an_assessment_that_leaves_a_question_open_is_none(scene: Scene, field: str) -> None:
    hollow = msgspec.structs.replace(assess(), **{field: "  "})
    refusal = scene.refuse(hollow, author("alpha"))
    assert (refusal.rule, refusal.field) == ("words", field)


@pytest.mark.requirement("S-05", "P-06", "N-11")
def test_a_withdrawal_stops_disclosure_at_once_and_asks_for_removal(scene: Scene) -> None:
    scene.accept(assess(), author("alpha"))
    scene.accept(assess(to="charlie"), author("alpha"))
    for name in ("one", "two", "three"):
        scene.accept(site(name, to="bravo charlie"), author("alpha"))
    bodies = scene.accept(WithdrawSharing(BRAVO), author("alpha"))
    assert bodies[0] == SharingWithdrawn(PartyId("alpha"), BRAVO, 3)
    for name in ("one", "two", "three"):
        assert not scene.intent(name).is_shown_to(BRAVO)
        assert scene.intent(name).is_shown_to(PartyId("charlie"))
    asked = scene.open_notices("bravo")
    assert [each.withdrawal for each in asked] == [True] * 3
    assert [each.number for each in scene.notices("bravo")] == [1, 2, 3]
    assert not scene.notices("charlie")
    assert sum(isinstance(each, IntentAmended) for each in bodies) == 3
    # The consent is gone with it: nothing new is shown either.
    assert rule(scene.try_(site("four"), author("alpha"))) == "sharing-not-assessed"
    again = fold_all(Picture(), scene.entries)
    assert again.digest() == scene.picture.digest() == load(dump(again)).digest()


@pytest.mark.requirement("S-05")
def test_a_frozen_site_is_withdrawn_without_waiting_for_a_review(scene: Scene) -> None:
    scene.accept(assess(), author("alpha"))
    scene.accept(site("clinic"), author("alpha"))
    scene.pass_time(60)
    for _ in range(2):
        scene.accept(ReportHarm(IntentId("clinic"), scene.now_us, "shells"), author("alpha"))
    assert scene.picture.sites[IntentId("clinic")].frozen
    assert rule(scene.try_(assess(), author("alpha"))) == "frozen-for-review"
    bodies = scene.accept(WithdrawSharing(BRAVO), author("alpha"))
    assert any(isinstance(each, NoticeIssued) for each in bodies)
    assert not scene.intent("clinic").is_shown_to(BRAVO)


@pytest.mark.requirement("S-04")
def test_harm_after_notice_is_counted_for_who_was_named_before_it_and_nobody_else(
    scene: Scene,
) -> None:
    scene.accept(assess(), author("alpha"))
    scene.accept(site("clinic"), author("alpha"))
    before_us = scene.now_us
    scene.pass_time(60)
    clinic = IntentId("clinic")
    scene.accept(ReportHarm(clinic, before_us, "before it was told"), author("alpha"))
    assert not scene.picture.after_notice
    scene.accept(ReportHarm(clinic, scene.now_us, "after"), author("bravo"))
    assert dict(scene.picture.after_notice) == {("alpha", "bravo"): 1}
    refusal = scene.refuse(ReportHarm(clinic, scene.now_us + 1, "to come"), author("alpha"))
    assert refusal.rule == "harm-time"


@pytest.mark.requirement("P-08")
def test_no_single_person_takes_the_list_in_bulk(scene: Scene) -> None:
    scene.accept(assess(), author("alpha"))
    for name in ("one", "two"):
        scene.accept(site(name), author("alpha"))
    scene.accept(RequestExport("e1", "for the air desk"), person("ann"))
    assert rule(scene.try_(CountersignExport("e1"), person("ann"))) == "second-person"
    # Nor does somebody of another party countersign, or learn that there is one.
    assert rule(scene.try_(CountersignExport("e1"), person("bob", "charlie"))) == "no-such-export"
    signed, told = scene.accept(CountersignExport("e1"), person("bob"))
    assert signed == ExportCountersigned("e1", BRAVO, "bob", (IntentId("one"), IntentId("two")))
    assert told == SitesDelivered(BRAVO, ((PartyId("alpha"), 2),), "e1")
    assert rule(scene.try_(CountersignExport("e1"), person("cid"))) == "countersigned"


@pytest.mark.requirement("P-08")
def test_a_bulk_export_is_taken_once_a_day_whoever_of_the_party_asks(scene: Scene) -> None:
    scene.accept(RequestExport("e1", "x"), person("ann"))
    assert rule(scene.try_(RequestExport("e2", "x"), person("bob"))) == "export-limit"
    scene.pass_time(DAY_MIN + 1)
    assert rule(scene.try_(CountersignExport("e1"), person("bob"))) == "export-over"
    scene.accept(RequestExport("e2", "x"), person("bob"))


def test_a_delivery_is_recorded_for_its_owner_without_what_was_looked_for(scene: Scene) -> None:
    given = RecordDelivery(((PartyId("alpha"), 2),))
    assert scene.accept(given, author("bravo")) == (
        SitesDelivered(BRAVO, ((PartyId("alpha"), 2),)),
    )
    assert scene.picture.deliveries[PartyId("alpha"), BRAVO].most == 2
