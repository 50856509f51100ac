"""No order of two times is claimed within what the clocks that told them may be off (L-12)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from scenes import START_US
from wideberth.evidence.alone import page, words
from wideberth.evidence.alone.statements import ProvedEntry
from wideberth.evidence.alone.words import entry_words, measured_clock, order_words
from wideberth.faces.api.warnings_seen import warning_seen
from wideberth.model.clocks import MeasuredClock
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.picture.picture import Picture
from wideberth.space.clockskew import Order, order_of
from wideberth.space.time import SECOND_US

times = st.integers(-(10**6), 10**6)
bounds = st.integers(0, 10**6)
Case = tuple[int, int, int, int]
cases: st.SearchStrategy[Case] = st.tuples(times, times, bounds, bounds)
NUMBERS = {Order.BEFORE: -1, Order.UNKNOWN: 0, Order.AFTER: 1}


def differs(case: Case) -> bool:
    """Whether page and product disagree, or an order is claimed that true clocks may turn round."""
    first_us, second_us, one_us, two_us = case
    said, _ = words.order_words(first_us, second_us, one_us + two_us)
    gap_us = second_us - first_us
    could_be = {
        (true_us < 0) - (true_us > 0)
        for true_us in (gap_us - one_us - two_us, gap_us, gap_us + one_us + two_us)
    }
    return said != NUMBERS[order_of(first_us, second_us, one_us, two_us)] or (said != 0) != (
        could_be == {said} and said != 0
    )


@pytest.mark.requirement("L-12")
@given(cases)
def test_page_and_product_claim_the_same_orders_and_only_certain_ones(case: Case) -> None:
    assert not differs(case)


def test_an_order_claimed_by_the_figures_alone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = order_words
    monkeypatch.setattr(words, "order_words", lambda first, second, _: real(first, second, 0))
    try:
        find(cases, differs, settings=settings(phases=[Phase.generate], max_examples=500))
    except NoSuchExample:
        pytest.fail("the planted fault was not found")


def side(track: str, time_us: int) -> WarningObject:
    fix = TrackFix(47_000_000_000, 8_000_000_000, time_us)
    return WarningObject("track", track, PartyId("alpha"), ("a", "b"), fix)


def warning(one: str, two: str, apart_us: int) -> StandingWarning:
    objects = side(one, START_US), side(two, START_US + apart_us)
    parties = (PartyId("alpha"), PartyId("bravo"))
    return StandingWarning(
        WarningId("w"), WarningKind.SEPARATION, "rule/1", objects, parties, START_US, START_US
    )


def row(standing: StandingWarning, clocks: dict[str, int]) -> str:
    body: Any = {"type": "WarningRaised", "warning": msgspec.to_builtins(standing)}
    _, rows = entry_words({"body": body}, clocks)
    return dict(rows)["Which report was first"]


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize(
    ("apart_s", "shown", "product"),
    [
        (3, "not said: 3 s apart, by clocks that may be off by 5 s together", "unknown"),
        (5, "not said: 5 s apart", "unknown"),
        (6, "alpha/a before, by 6 s; the clocks may be off by 5 s together", "first"),
        (-6, "bravo/b before, by 6 s", "second"),
    ],
)
def test_of_two_feeds_the_order_is_said_beyond_both_bounds(
    apart_s: int, shown: str, product: str
) -> None:
    standing = warning("alpha/a", "bravo/b", apart_s * SECOND_US)
    clocks: dict[str, int] = {}
    picture = Picture()
    for party, low_s, high_s in (("alpha", -2, 1), ("bravo", 1, 3)):
        low_us, high_us = low_s * SECOND_US, high_s * SECOND_US
        entry = {"type": "ClockMeasured", "party": party, "low_us": low_us, "high_us": high_us}
        measured_clock({"body": entry}, clocks)
        picture.put_clock(PartyId(party), MeasuredClock(low_us, high_us, START_US))
    assert row(standing, clocks).startswith(shown)
    seen = warning_seen(standing, PartyId("alpha"), picture, lambda *_: True)
    assert seen.first_reported == product


@pytest.mark.requirement("L-12")
def test_clocks_that_nobody_measured_give_no_order_and_one_clock_gives_its_own() -> None:
    apart = warning("alpha/a", "bravo/b", 3600 * SECOND_US)
    together = warning("alpha/a", "alpha/b", 1)
    nobodys = warning("/a", "/b", 3600 * SECOND_US)
    for standing, shown, product in (
        (apart, "not said: two clocks", "unknown"),
        (nobodys, "not said: two clocks", "unknown"),
        (together, "alpha/a before", "first"),
    ):
        assert row(standing, {"alpha": 0}).startswith(shown)
        seen = warning_seen(standing, PartyId("alpha"), Picture(), lambda *_: True)
        assert seen.first_reported == product


def test_where_one_of_the_two_is_closed_to_the_reader_nothing_is_said_of_its_time() -> None:
    standing = warning("alpha/a", "bravo/b", 60 * SECOND_US)
    theirs = WarningObject("track", "bravo/b", PartyId("bravo"), (), standing.objects[1].fix)
    other = StandingWarning(
        standing.id,
        standing.kind,
        standing.rule,
        (standing.objects[0], theirs),
        standing.parties,
        START_US,
        START_US,
    )
    seen = warning_seen(other, PartyId("alpha"), Picture(), lambda *_: False)
    assert seen.first_reported is None


def test_a_measurement_and_a_look_have_words_of_their_own() -> None:
    measured = {"type": "ClockMeasured", "party": "alpha", "low_us": -2_000_000, "high_us": 500_000}
    sentence, rows = entry_words({"body": measured})
    assert "clock of alpha" in sentence
    assert rows == [
        ("Ahead by", "minus 2 s to 0.5 s; times that it tells may be off by up to the larger")
    ]
    due = {"type": "LookDue", "party": "alpha", "before_us": 0, "since_us": 1, "after": ""}
    sentence, _ = entry_words({"body": {**due, "done": True}})
    assert "looked at again" in sentence


@pytest.mark.requirement("L-12")
def test_the_page_goes_by_the_measurements_that_stand_before_the_warning() -> None:
    standing = warning("alpha/a", "bravo/b", 9 * SECOND_US)
    raised = {"type": "WarningRaised", "warning": msgspec.to_builtins(standing)}
    clock = {"type": "ClockMeasured", "low_us": 0}
    bodies: list[dict[str, Any]] = [
        {**clock, "party": "alpha", "high_us": 4 * SECOND_US},
        {**clock, "party": "bravo", "high_us": 4 * SECOND_US},
        raised,
        {**clock, "party": "bravo", "high_us": 5 * SECOND_US},
        raised,
    ]
    entries = [
        ProvedEntry(position, b"", bytes(32), {"time_us": START_US, "body": body}, None, 0)
        for position, body in enumerate(bodies)
    ]
    facts: Any = SimpleNamespace(entries=entries, head=SimpleNamespace(size=len(entries)))
    html = "\n".join(page._entries(facts))
    assert html.count("alpha/a before, by 9 s; the clocks may be off by 8 s together") == 1
    assert html.count("not said: 9 s apart, by clocks that may be off by 9 s together") == 1
