"""A day of traffic through a server that is killed throughout: each notice is somewhere, once.

``WIDEBERTH_DAY_NOTICES=10000`` for the long run (`make attack`).
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attack.day import Played, play
from attack.ends import ENDS, ends_of, require_delivered, require_told_once, still_open
from wideberth.model.entries import Entry, NoticeAcknowledged, NoticeIssued
from wideberth.model.ids import NoticeId
from wideberth.model.ladders import NoticeEscalated

NOTICES = int(os.environ.get("WIDEBERTH_DAY_NOTICES", "200"))
PER_S = 16.0
HOURS = 24.0 if NOTICES >= 5000 else 3.0
RATE = min(1000.0, HOURS * 3600 * PER_S / NOTICES)
SEED = int(os.environ.get("WIDEBERTH_SEED", "20261121"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    root = tmp_path_factory.mktemp("day")
    return play(root, notices=NOTICES, hours=HOURS, rate=RATE, seed=SEED)


def test_after_a_day_of_kills_each_notice_is_somewhere_once(played: Played) -> None:
    counted = look(played)
    open_now = still_open(played.entries)
    doubles = {
        party: require_delivered(items, played.issued_to(party), open_now)
        for party, items in played.items.items()
    }
    shown = {"kills": played.kills, "notices": counted.total(), **counted}
    sys.stdout.write(f"\n{shown}, doubles of the same: {doubles}\n")
    assert counted.total() >= NOTICES * 0.7
    # Hardly one in a thousand is overdue at the end: few days of 200 notices have one.
    wanted = ENDS if NOTICES >= 5000 else tuple(end for end in ENDS if end != "overdue")
    assert all(counted[end] for end in wanted), counted


def look(day: Played) -> Counter[str]:
    """How the notices of a day ended; raises AssertionError for what may not be."""
    require_told_once(day.entries, day.answered)
    return ends_of(day.entries)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param("forgetful", "ran out of sight", id="what was due meanwhile is forgotten"),
        pytest.param("doubling", "executed twice|answered otherwise", id="a retry is told again"),
    ],
)
def test_a_planted_server_is_found_out(tmp_path: Path, fault: str, said: str) -> None:
    day = play(tmp_path, notices=30, hours=0.5, rate=500.0, seed=1, plant=fault)
    with pytest.raises(AssertionError, match=said):
        look(day)


def _without(entries: list[Entry], kind: type) -> list[Entry]:
    """One of a kind is lost, of a notice that stays open."""
    open_now = still_open(entries)
    bodies = [each.body for each in entries]
    at = max(
        at
        for at, body in enumerate(bodies)
        if isinstance(body, kind) and _notice_of(body) in open_now
    )
    gone = _notice_of(bodies[at])
    if kind is NoticeEscalated:
        return [
            each
            for each in entries
            if not (isinstance(each.body, kind) and _notice_of(each.body) == gone)
        ]
    return entries[:at] + entries[at + 1 :]


def _twice(entries: list[Entry], kind: type) -> list[Entry]:
    open_now = still_open(entries)
    at = max(
        at
        for at, each in enumerate(entries)
        if isinstance(each.body, kind) and _notice_of(each.body) in open_now
    )
    return [*entries, entries[at]]


def _closing_twice(entries: list[Entry]) -> list[Entry]:
    closing = [
        each for each in entries if isinstance(each.body, NoticeAcknowledged) and each.body.closes
    ]
    return [*entries, closing[-1]]


def _notice_of(body: Any) -> NoticeId:
    return body.notice.id if isinstance(body, NoticeIssued) else body.notice


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        pytest.param(lambda day: _without(day, NoticeIssued), "misses one|no notice", id="lost"),
        pytest.param(lambda day: _twice(day, NoticeIssued), "issued twice", id="doubled"),
        pytest.param(lambda day: _without(day, NoticeEscalated), "out of sight", id="unseen"),
        pytest.param(lambda day: _twice(day, NoticeEscalated), "steps twice", id="step doubled"),
        pytest.param(_closing_twice, "after it closed|closed twice", id="closed twice"),
    ],
)
def test_the_checker_sees_a_planted_record(
    played: Played, plant: Callable[[list[Entry]], list[Entry]], said: str
) -> None:
    with pytest.raises(AssertionError, match=said):
        ends_of(plant(played.entries))


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        pytest.param(lambda items: items[:-5], "never delivered", id="lost"),
        pytest.param(lambda items: [*items, items[-1] | {"version": 99}], "another", id="changed"),
        pytest.param(lambda items: items[::-1], "out of order", id="disordered"),
        pytest.param(lambda items: [*items, {**items[0], "id": "x"}], "wrong one", id="strange"),
    ],
)
def test_the_checker_sees_planted_deliveries(
    played: Played, plant: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], said: str
) -> None:
    items = list({item["id"]: item for item in played.items["echo"]}.values())
    with pytest.raises(AssertionError, match=said):
        require_delivered(plant(items), played.issued_to("echo"), still_open(played.entries))
