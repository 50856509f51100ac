"""Counting by the agreed rule (I-08): the method in words, each item, contests, both ways."""

from __future__ import annotations

import pytest

from agreements_scene import NORTH, PACT, SOUTH, act, agreed, scene, terms
from review.test_figures import HEAD, read_by
from scenes import START_US, Scene, author, details, signer, volume
from wideberth.model.agreements import Act
from wideberth.model.commands import SubmitIntent
from wideberth.model.counting import ContestCount
from wideberth.model.ids import IntentId
from wideberth.model.intents import IntentKind
from wideberth.model.provisions import Counted, CountedThing, Counting, LeadTime
from wideberth.review.cells import Section
from wideberth.review.period import Period
from wideberth.review.report import made
from wideberth.space.time import HOUR_US

LEAD = LeadTime(id="lead", kind=IntentKind.HAZARD, minimum_s=3 * 3600)
COUNTED = Counting(id="counted", counts=(CountedThing(Counted.LATE_NOTICE),))
HOURS = Period(START_US, START_US + 10 * HOUR_US)


def late(world: Scene, name: str = "burn") -> None:
    """A hazard of north's, told an hour before it begins."""
    begin = int((world.now_us - START_US) / 60_000_000) + 60
    told = details(volume(from_min=begin, until_min=begin + 60), kind=IntentKind.HAZARD)
    world.accept(SubmitIntent(IntentId(name), told), author("north"))


def counted(world: Scene, party: str = "south", period: Period = HOURS) -> Section:
    report = made(read_by(party, tuple(world.entries)), period, HEAD)
    return next(each for each in report.sections if each.key == "counts")


def rows(section: Section, key: str) -> list[list[str]]:
    (table,) = [each for each in section.tables if each.key == key]
    return [[cell.text for cell in row] for row in table.rows]


@pytest.mark.requirement("I-08")
def test_an_item_is_counted_by_the_agreed_rule_and_contested_in_both_ways():
    world = scene()
    agreed(world, LEAD, COUNTED)
    late(world)
    section = counted(world)
    ((agreement, provision, what, how, episode),) = rows(section, "method")
    assert (agreement, provision, what, episode) == (
        *("pact version 1", "counted", "late-notice"),
        "each counts",
    )
    assert "told later than this agreement asks for" in how
    ((item, *_, entries, contested),) = rows(section, "items")
    assert (entries, contested) == ("1", "–")
    pair = ["pact", NORTH, SOUTH, "late-notice"]
    before = [*pair, "previous", "0", "0", "0"]
    assert rows(section, "pairs") == [[*pair, "this period", "1", "0", "1"], before]
    for party in ("north", "south"):  # each of them may
        world.accept(ContestCount(PACT, 1, item, f"{party} saw it"), author(party))
    world.pass_time(24 * 60)  # long after the period
    world.accept(ContestCount(PACT, 1, item, "it was a drill"), author("north"))
    section = counted(world)
    assert rows(section, "pairs") == [[*pair, "this period", "1", "1", "0"], before]
    ((*_, contested),) = rows(section, "items")
    assert contested == "by north: it was a drill; by south: south saw it"


def test_nothing_counts_without_a_rule_in_force():
    world = scene()
    late(world, "before")
    world.pass_time(1)
    agreed(world, LEAD, COUNTED)
    late(world, "within")
    world.pass_time(1)
    world.accept(act(1, Act.SUSPEND, reason="storm"), signer("north"))
    late(world, "suspended")
    items = rows(counted(world), "items")
    assert len(items) == 1
    without = scene()
    agreed(without, LEAD)
    late(without)
    section = counted(without)
    assert section.notes == (
        "No rule for counting was agreed that held in this period, so nothing is counted.",
    )
    assert rows(section, "items") == rows(section, "pairs") == []


def test_only_those_are_counted_whose_failings_were_agreed_to_be():
    for of, wanted in (((), 1), ((NORTH,), 1), ((SOUTH,), 0)):
        world = scene()
        agreed(world, LEAD, Counting(id="counted", counts=COUNTED.counts, of=of))
        late(world)
        assert len(rows(counted(world), "items")) == wanted, of


def test_a_report_shows_contests_to_the_parties_of_the_agreement_alone():
    world = scene()
    agreed(world, LEAD, COUNTED)
    late(world)
    ((item, *_),) = rows(counted(world), "items")
    world.accept(ContestCount(PACT, 1, item, "it was a drill"), author("north"))
    assert terms().parties == (NORTH, SOUTH)
    west = made(read_by("west", tuple(world.entries)), HOURS, HEAD)
    (section,) = [each for each in west.sections if each.key == "counts"]
    assert rows(section, "items") == rows(section, "method") == []
    assert "CountContested" not in {each.type for each in west.entries}
