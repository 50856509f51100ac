"""The figures of a review against a slow recount, and planted faults that the recount finds."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import evidence_world as world
from review.recount import HERE, THEN, Figure, Key, Recount
from review_days import PARTIES, Days
from scenes import START_US
from wideberth.faces.cli._material import may_show_as
from wideberth.model.accounts import (
    Account,
    AccountGiven,
    Audience,
    Claims,
    PlaceClaim,
    Point,
    TimeClaim,
)
from wideberth.model.entries import Entry, NoticeIssued
from wideberth.model.ids import AccountId, IncidentId, PartyId, UnitToken
from wideberth.model.incidents import Column as Side
from wideberth.model.incidents import IncidentOpened
from wideberth.model.parties import Author, How
from wideberth.picture.flown import kept
from wideberth.review import answers, counts, drills, flights, incidents, places, stops
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.review.report import Head, Report, made
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US

HEAD = Head("test.example/space", 1, "00" * 32)
ROWS = {
    ("notices", "notices"): 1,
    ("notices", "leads"): 2,
    ("answers", "latencies"): 2,
    ("answers", "exits"): 1,
    ("unreached", "open"): 1,
    ("unreached", "open-count"): 1,
    ("unreached", "returned"): 1,
    ("questions", "open-count"): 1,
    ("incidents", "columns"): 2,
    ("incidents", "incidents-count"): 1,
    ("stale", "stale"): 1,
    ("stale", "stale-count"): 1,
    ("stops", "first-person"): 2,
    ("channels", "states"): 1,
    ("channels", "calls"): 1,
    ("shifts", "shifts"): 1,
    ("harm", "harm"): 1,
    ("changes", "changes-count"): 1,
    ("published", "published-count"): 1,
    ("drills", "drill-steps"): 2,
    ("flights", "flights-time"): 2,
    ("flights", "flights-excursions"): 2,
    ("flights", "flights-outside"): 3,
    ("counts", "pairs"): 5,
    ("counts", "items"): 1,
}
"""The tables that are recounted, and how many of their first columns name a row."""

TIMES_ALONE = ("channels", "states")


@cache
def entries_of(seed: int, steps: int) -> tuple[Entry, ...]:
    return tuple(Days(seed).run(steps).entries)


def read_by(party: str, entries: tuple[Entry, ...]) -> Facts:
    facts, may_show = Facts(PartyId(party)), may_show_as(PartyId(party))
    for position, entry in enumerate(entries):
        if may_show(entry):
            facts.take(position, entry)
        facts.warn(position, entry)
    return facts


def reported(report: Report) -> dict[Key, Figure]:
    """Every number of the tables that are recounted."""
    found: dict[Key, Figure] = {}
    for section in report.sections:
        for table in section.tables:
            names = ROWS.get((section.key, table.key))
            if names is None:
                continue
            for row in table.rows:
                key = (section.key, table.key, *(cell.text for cell in row[:names]))
                for at, cell in enumerate(row):
                    if at < names and cell.value is None:
                        continue
                    if cell.value is None and table.columns[at].unit != "us":
                        continue  # words
                    if (section.key, table.key) == TIMES_ALONE:
                        if table.columns[at].key.startswith("lasted"):
                            figure = (cell.value, frozenset[int]())
                            found[(*key, table.columns[at].key)] = figure
                        continue
                    found[(*key, table.columns[at].key)] = (cell.value, frozenset(cell.at))
    return found


def recounted(party: str, entries: tuple[Entry, ...], period: Period) -> dict[Key, Figure]:
    may_show = may_show_as(PartyId(party))
    read: list[tuple[int, int, dict[str, Any]]] = []
    warned: list[tuple[int, int, dict[str, Any]]] = []
    for position, entry in enumerate(entries):
        body = msgspec.to_builtins(entry.body)
        if may_show(entry):
            read.append((position, entry.time_us, body))
        if body["type"] != "WarningRaised" or party not in body["warning"]["parties"]:
            continue
        if len(body["warning"]["objects"]) == 2:
            warned.append((position, entry.time_us, body))
    return Recount(party, read, warned, (period.begin_us, period.end_us)).all()


def differing(party: str, entries: tuple[Entry, ...], period: Period) -> dict[Key, Any]:
    ours = reported(made(read_by(party, entries), period, HEAD))
    theirs = recounted(party, entries, period)
    return {
        key: (ours.get(key), theirs.get(key))
        for key in ours.keys() | theirs.keys()
        if ours.get(key) != theirs.get(key)
    }


PERIODS = st.builds(
    lambda begin, length: Period(START_US + begin * HOUR_US, START_US + (begin + length) * HOUR_US),
    st.integers(0, 200),
    st.integers(1, 120),
)


@given(seed=st.integers(0, 3), party=st.sampled_from(PARTIES), period=PERIODS)
@settings(
    max_examples=int(os.environ.get("WIDEBERTH_REVIEWS", "10")),
    deadline=None,
    phases=[Phase.generate],
)
def test_each_figure_is_what_a_slow_recount_of_the_entries_gives(
    seed: int, party: str, period: Period
) -> None:
    assert differing(party, entries_of(seed, 260), period) == {}


WHOLE = Period(START_US + 3 * DAY_US, START_US + 6 * DAY_US)


def some_difference() -> bool:
    return any(
        differing(party, entries_of(seed, 260), WHOLE) for seed in range(2) for party in PARTIES
    )


def _drops_unanswered(lengths: Any, per_cent: int) -> int | None:
    from wideberth.review.quantiles import quantile_us

    return quantile_us([each for each in lengths if each is not None], per_cent)


def _forgets_contests(_facts: Facts) -> dict[Any, Any]:
    return {}


def _unknown_is_inside(parts: Any, steps: Any) -> Any:
    said = kept(parts, steps)
    return msgspec.structs.replace(said, inside_us=said.inside_us + said.unknown_us)


def _no_previous(period: Period) -> Period:
    return period


def _closed_at_the_end(self: Period, time_us: object) -> bool:
    return isinstance(time_us, int) and self.begin_us <= time_us


def _all_ever_stale(facts: Facts, _end_us: int) -> Any:
    return places_stale_at(facts, 2**62)


places_stale_at = places.stale_at


said_in_incidents = incidents._said


def _half_of_it(facts: Facts) -> Any:
    return said_in_incidents(facts)[::2]


def _no_episodes(facts: Facts, end_us: int) -> Any:
    return [msgspec.structs.replace(each, at=each.at[:1]) for each in items_of(facts, end_us)]


items_of = counts.items_of


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        pytest.param(answers, "quantile_us", _drops_unanswered, id="the unanswered are left out"),
        pytest.param(stops, "quantile_us", _drops_unanswered, id="unread STOPs are left out"),
        pytest.param(counts, "_contests", _forgets_contests, id="contests are forgotten"),
        pytest.param(counts, "items_of", _no_episodes, id="an item has one entry"),
        pytest.param(places, "stale_at", _all_ever_stale, id="stale at any time"),
        pytest.param(incidents, "_said", _half_of_it, id="something said in an incident is lost"),
        pytest.param(drills, "quantile_us", _drops_unanswered, id="missed drills are left out"),
        pytest.param(flights, "kept", _unknown_is_inside, id="what is not known is inside"),
        pytest.param(Period, "previous", property(_no_previous), id="no previous period"),
        pytest.param(Period, "__contains__", _closed_at_the_end, id="a period without an end"),
    ],
)
def test_a_planted_fault_is_found(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, fault: Callable[..., Any]
) -> None:
    assert not some_difference()
    monkeypatch.setattr(owner, name, fault)
    assert some_difference()


def test_a_read_back_counts_only_where_one_came_and_a_pass_by_one_is_not_by_all() -> None:
    entries = tuple(world.entries())  # passed down and loaded by u1, and read back by nobody
    (came,) = answers.came_of(read_by("bravo", entries), world.START_US + DAY_US)
    steps = dict(zip(answers.STEPS, came.reached, strict=True))
    assert [name for name, reached in steps.items() if reached is None] == ["READ-BACK"]
    assert steps["PASSED-DOWN to all units"] == steps["PASSED-DOWN to one unit"]
    two = list(entries)
    issued = two[6].body
    assert isinstance(issued, NoticeIssued)
    units = (UnitToken("u1"), UnitToken("u2"))
    notice = msgspec.structs.replace(issued.notice, units=units)
    two[6] = msgspec.structs.replace(two[6], body=NoticeIssued(notice))
    (came,) = answers.came_of(read_by("bravo", tuple(two)), world.START_US + DAY_US)
    steps = dict(zip(answers.STEPS, came.reached, strict=True))
    assert steps["PASSED-DOWN to one unit"] == (2 * MINUTE_US, 8)
    assert steps["PASSED-DOWN to all units"] is None
    assert steps[answers.LOADED_BY_ALL] is None


def account(party: str, minute: int, when_min: float, audience: Audience, **where: int) -> Entry:
    claims = Claims(
        when=TimeClaim(world.START_US + int(when_min * MINUTE_US), 15_000_000),
        where=PlaceClaim(Point(**where)) if where else None,
    )
    given = Account(
        *(AccountId(f"{party}-{minute}"), PartyId(party), world.START_US + minute * MINUTE_US),
        audience,
        (PartyId("alpha"), PartyId("bravo")) if audience is Audience.ALL else (),
        claims,
    )
    author = Author(PartyId(party), How.ATTESTED, "desk")
    return world.entry(minute, AccountGiven(IncidentId("i"), given), author)


def test_the_pack_has_where_accounts_differ_and_nothing_of_one_that_is_kept_back() -> None:
    opened = IncidentOpened(
        *(IncidentId("i"), PartyId("alpha"), Side.PARTY, "At eight"),
        *(world.START_US, world.START_US + DAY_US, (PartyId("bravo"),)),
    )
    entries = (
        *world.entries(),
        world.entry(20, opened, Author(PartyId("alpha"), How.ATTESTED, "desk")),
        account("alpha", 21, 5, Audience.ALL, latitude_nd=47 * 10**9, longitude_nd=7 * 10**9),
        account("bravo", 22, 9.5, Audience.ALL, latitude_nd=47 * 10**9, longitude_nd=8 * 10**9),
        account("alpha", 23, 30, Audience.OWN),
    )
    period = Period(world.START_US, world.START_US + DAY_US)
    told = incidents.section(read_by("alpha", entries), period)
    tables = {each.key: each for each in told.tables}
    rows = [[cell.text for cell in row] for row in tables["differences"].rows]
    assert rows[0] == ["At eight", "time", "alpha and bravo", "4 min 30 s", "4 min", "5 min"]
    assert rows[1][:3] == ["At eight", "place", "alpha and bravo"]
    assert rows[1][3].startswith("76,0")
    assert tables["differences"].rows[0][2].at == (12, 13)
    cited = {at for each in told.tables for row in each.rows for cell in row for at in cell.at}
    assert 14 not in cited, "an account that is kept back is not there, not as a number either"
    counts = {row[1].text: row[3].value for row in tables["columns"].rows}
    assert counts == {"alpha": 1, "bravo": 1}


def test_nothing_has_waited_longer_than_until_now() -> None:
    facts = read_by("bravo", tuple(world.entries()[:7]))
    issued_us = world.START_US + 4 * MINUTE_US
    facts.now_us = issued_us + 13 * MINUTE_US
    (came,) = answers.came_of(facts, world.START_US + DAY_US)
    assert came.waited_us == 13 * MINUTE_US
    (came,) = answers.came_of(facts, issued_us + 5 * MINUTE_US)
    assert came.waited_us == 5 * MINUTE_US, "a period that was over by then ends where it did"


def test_the_previous_period_is_shown_as_its_own_report_had_it() -> None:
    facts = read_by("bravo", entries_of(1, 260))
    now = reported(made(facts, WHOLE, HEAD))
    earlier = reported(made(facts, WHOLE.previous, HEAD))
    compared = 0
    for key, figure in now.items():
        if key[:2] in (("answers", "latencies"), ("stops", "first-person")) and THEN in key:
            there = tuple(HERE if part == THEN else part for part in key)
            assert figure == earlier[there], key
            compared += 1
    assert compared > 20


def test_nothing_counts_that_the_party_may_not_read() -> None:
    """Entries that it does not read change no byte of the report."""
    entries = entries_of(2, 260)
    whole = made(read_by("charlie", entries), WHOLE, HEAD)
    cited = {each.position for each in whole.entries}
    facts = read_by("charlie", entries)
    assert cited <= set(facts.listed)
    assert len(facts.listed) < len(entries) / 2, "most of it is not its own"
    may_show = may_show_as(PartyId("charlie"))
    for position, entry in enumerate(entries):
        is_readable = may_show(entry)
        if position in cited and not is_readable:
            assert type(entry.body).__name__ == "WarningRaised"
            assert "charlie" in entry.body.warning.parties  # type: ignore[union-attr]
