"""Contesting an item of a count: who may, what it must name, and that it takes nothing away."""

from __future__ import annotations

import pytest

from agreements_scene import NORTH, PACT, SOUTH, agreed, propose, scene, terms
from scenes import author
from wideberth.model.counting import ContestCount, CountContested, item_name, item_parts
from wideberth.model.entries import decode_entry, encode_entry
from wideberth.model.ids import AgreementId
from wideberth.model.provisions import Counted, CountedThing, Counting
from wideberth.picture.visibility import is_readable

COUNTING = Counting(
    id="counted", counts=(CountedThing(Counted.LATE_NOTICE), CountedThing(Counted.INCURSION, 600))
)


def contest(item: str = "counted/incursion/3", reason: str = "a drill", version: int = 1):
    return ContestCount(PACT, version, item, reason)


def test_a_contest_is_an_entry_that_the_parties_of_the_agreement_read_and_nobody_else():
    world = scene()
    agreed(world, COUNTING)
    (body,) = world.accept(contest(), author("south"))
    assert isinstance(body, CountContested)
    assert (body.party, body.item, body.concerned) == (SOUTH, "counted/incursion/3", (NORTH, SOUTH))
    entry = world.entries[-1]
    assert decode_entry(encode_entry(entry), position=0) == entry
    readers = [each for each in world.picture.parties if is_readable(world.picture, entry, each)]
    assert readers == [NORTH, SOUTH]


@pytest.mark.parametrize(
    ("command", "by", "wanted"),
    [
        pytest.param(contest(), "west", "no-such-version", id="not a party of it"),
        pytest.param(contest(version=2), "south", "no-such-version", id="no such version"),
        pytest.param(
            ContestCount(AgreementId("other"), 1, "counted/incursion/3", "x"),
            *("south", "no-such-version"),
            id="no such agreement",
        ),
        pytest.param(contest("counted/separation/3"), "south", "no-such-item", id="not counted"),
        pytest.param(contest("other/incursion/3"), "south", "no-such-item", id="no provision"),
        pytest.param(contest("counted/incursion/99999"), "south", "no-such-item", id="to come"),
        pytest.param(contest("counted/incursion/03"), "south", "no-such-item", id="two writings"),
        pytest.param(contest(reason=" "), "south", "words", id="no reason"),
        pytest.param(contest(reason="x" * 2001), "south", "words", id="too long"),
    ],
)
def test_a_contest_that_names_nothing_is_refused_and_changes_nothing(command, by, wanted):
    world = scene()
    agreed(world, COUNTING)
    assert world.refuse(command, author(by)).rule == wanted


def test_an_item_has_one_name():
    for what in Counted:
        assert item_parts(item_name("counted", what, 12)) == ("counted", what, 12)
    for wrong in ("counted/late notice/1", "counted/late-notice/", "/late-notice/1", "a/b/1"):
        assert item_parts(wrong) is None


def test_what_is_counted_is_named_once_and_of_parties_of_the_agreement():
    world = scene()
    twice = Counting(id="c", counts=(CountedThing(Counted.INCURSION),) * 2)
    stranger = Counting(id="c", counts=COUNTING.counts, of=(NORTH, "west"))  # type: ignore[arg-type]
    for wrong in (twice, stranger):
        with pytest.raises(AssertionError):
            propose(world, terms(wrong))
