"""What the record shows is entries and nothing else, and no order is claimed within the skew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

import evidence_world as world
from wideberth.evidence.alone import shows
from wideberth.evidence.alone.shows import (
    HOST_CLOCK,
    Shown,
    ShownLine,
    brief_facts,
    clocks_between,
    order_certain,
    record_shows,
)
from wideberth.evidence.scope import Scope, Seen, selected
from wideberth.evidence.timeline import group_words, timeline_text
from wideberth.model.clocks import ClockMeasured
from wideberth.model.entries import (
    Entry,
    IntentStateChanged,
    NoticeAcknowledged,
    WarningRaised,
    encode_entry,
)
from wideberth.model.ids import IntentId, NoticeId, Ovn, PartyId, WarningId
from wideberth.model.intents import IntentState, Step
from wideberth.model.ladders import Post
from wideberth.model.notices import Acknowledgement, Verb
from wideberth.model.stop_reads import StopAcknowledged
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.space.volume import Circle

START_US = world.START_US
ALPHA, BRAVO = world.ALPHA, world.BRAVO
PLACED = frozenset({"alpha", "bravo", HOST_CLOCK})


def seen(entries: Iterable[Entry]) -> list[Seen]:
    """Entries as whoever may read all of them sees them."""
    return [Seen(at, msgspec.json.decode(encode_entry(each))) for at, each in enumerate(entries)]


def answered(minute: float, clock_us: int | None, verb: Verb = Verb.READ_BACK) -> Entry:
    """An answer of bravo's, with what its own clock showed."""
    author = world.signed_by(BRAVO)
    answer = Acknowledgement(NoticeId("notice-1"), verb, author, START_US, clock_us=clock_us)
    return world.entry(minute, NoticeAcknowledged(answer, BRAVO, ALPHA), author)


def measured(minute: float, party: PartyId, low_s: float, high_s: float) -> Entry:
    low_us, high_us = (round(each * SECOND_US) for each in (low_s, high_s))
    return world.entry(minute, ClockMeasured(party, low_us, high_us))


def lines(shown: Shown) -> list[ShownLine]:
    return [line for group in shown.groups for line in group.lines]


def line(position: int, time_us: int, clock: str, error_us: int) -> ShownLine:
    return ShownLine(position, time_us, clock, error_us, "k", "", "w", (), "mechanism")


@pytest.mark.requirement("I-02")
def test_each_line_is_an_entry_with_its_time_its_words_and_its_proof() -> None:
    found = lines(record_shows(seen(world.entries())))
    told = [(each.position, each.kind, each.who, each.how) for each in found]
    assert told == [
        (5, "intent told", "alpha", "signed"),
        (6, "notice sent", "", "mechanism"),
        (7, "notice received", "bravo", "attested"),
        (8, "notice passed down", "bravo", "signed"),
        (9, "notice loaded", "bravo", "signed"),
        (10, "intent told", "bravo", "attested"),
    ]
    name = "no. 1 to bravo, \u201cRED <b>7</b>\u202e\u201d"
    told = "The mechanism issued a notice to bravo about what alpha told"
    assert found[1].words == f"{told} ({name})."
    assert found[2].words == f"bravo answered RECEIVED to the notice {name}."
    assert ("Time from telling to start", "56 min") in found[1].facts
    assert all(each.clock == HOST_CLOCK and each.error_us == 0 for each in found)


def test_a_step_of_an_intent_calls_it_as_people_do() -> None:
    body = {"type": "IntentStateChanged"}
    titles = {"i1": "\u201cRED\u201d"}
    words = "alpha took its intent i1 from the state Accepted to Activated."
    assert shows.with_titles(words, body, titles) == words.replace("i1", "\u201cRED\u201d")
    assert shows.with_titles(words, body, {}) == words


def test_a_notice_of_what_no_entry_shows_whole_says_so_and_what_is_told_of_it() -> None:
    entries = list(seen(world.entries()))
    at = next(each.position for each in lines(record_shows(entries)) if each.kind == "notice sent")

    def told(known: list[Seen]) -> dict[str, str]:
        return dict(next(each for each in lines(record_shows(known)) if each.position == at).facts)

    whole, part = told(entries), told(entries[:5] + entries[6:])
    assert "no entry here shows the whole" not in str(whole)
    assert part["About"] == f"something of which no entry here shows the whole, {whole['About']}"
    assert part.get("Told of it, to be read back") == whole.get("To be read back")
    renamed = {"Told of it, to be read back": "To be read back"}
    assert {renamed.get(k, k): v for k, v in part.items() if k != "About"} == {
        k: v for k, v in whole.items() if k != "About"
    }


bodies = st.sampled_from(
    [
        lambda minute, _time: world.entries()[5 + int(minute) % 6],
        answered,
        lambda minute, time_us: measured(minute, BRAVO, -abs(time_us) % 7, abs(time_us) % 5),
    ]
)
records = st.lists(st.tuples(bodies, st.integers(-(10**8), 10**8)), max_size=12).map(
    lambda made: [make(at / 3, START_US + offset_us) for at, (make, offset_us) in enumerate(made)]
)


def has_a_line_without_an_entry(entries: list[Entry]) -> bool:
    """Whether something is told that the entry of that position does not say."""
    values = [msgspec.json.decode(encode_entry(each)) for each in entries]
    shown = record_shows(seen(entries))
    for each in (*lines(shown), *shown.unplaced):
        if not 0 <= each.position < len(values):
            return True
        text = str(values[each.position])
        if str(each.time_us) not in text or (each.who and each.who not in text):
            return True
    return False


@pytest.mark.requirement("I-02")
@given(records)
def test_no_line_is_without_an_entry_that_says_its_time(entries: list[Entry]) -> None:
    assert not has_a_line_without_an_entry(entries)


def test_a_line_without_an_entry_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = shows._other_times

    def invented(line: ShownLine, body: dict[str, Any], clocks: Any) -> list[ShownLine]:
        between = line._replace(time_us=line.time_us + 1, kind="position", facts=())
        return [*real(line, body, clocks), between]

    monkeypatch.setattr(shows, "_other_times", invented)
    expect_found(records, has_a_line_without_an_entry)


def expect_found(strategy: Any, fault: Any) -> None:
    try:
        find(strategy, fault, settings=settings(phases=[Phase.generate], max_examples=500))
    except NoSuchExample:
        pytest.fail("the planted fault was not found")


placed = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(sorted(PLACED)), st.integers(0, 12)),
    max_size=14,
).map(
    lambda made: [
        line(at, time_us, clock, 0 if clock == HOST_CLOCK else error_us)
        for at, (time_us, clock, error_us) in enumerate(made)
    ]
)


def claims_too_much(given: list[ShownLine]) -> bool:
    """Whether some line is told to be before another that true clocks may turn round, or the lines
    are not all there, or a bound is too small for a pair in its group.
    """
    groups = shows._grouped(given)
    if sorted(each for group in groups for each in group.lines) != sorted(given):
        return True
    for at, group in enumerate(groups):
        for later in groups[at + 1 :]:
            for one in group.lines:
                for two in later.lines:
                    if one.time_us > two.time_us or not order_certain(one, two):
                        return True
        for one in group.lines:
            for two in group.lines:
                if one.clock != two.clock:
                    assert one.error_us is not None
                    assert two.error_us is not None
                    if group.bound_us < one.error_us + two.error_us:
                        return True
    return False


def joins_what_is_certain(given: list[ShownLine]) -> bool:
    """Whether a group can be cut in two with every pair across the cut in a certain order."""
    return any(
        all(order_certain(one, two) for one in group.lines[:cut] for two in group.lines[cut:])
        for group in shows._grouped(given)
        for cut in range(1, len(group.lines))
    )


@pytest.mark.requirement("L-12")
@given(placed)
def test_only_a_certain_order_is_claimed_and_all_of_it(given: list[ShownLine]) -> None:
    assert not claims_too_much(given)
    assert not joins_what_is_certain(given)


@pytest.mark.parametrize("fault", ["figures alone", "last run alone"])
def test_an_order_claimed_within_the_skew_is_noticed(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    real = shows._Run.leaves_open
    if fault == "figures alone":
        monkeypatch.setattr(
            shows._Run, "leaves_open", lambda run, line: real(run, line._replace(error_us=0))
        )
    else:
        monkeypatch.setattr(
            shows._Run,
            "leaves_open",
            lambda run, line: real(run, line) and line.position - run.lines[-1].position == 1,
        )
    expect_found(placed, claims_too_much)


def test_an_answer_by_a_measured_clock_has_a_line_of_its_own() -> None:
    given = [
        measured(0, BRAVO, 0, 4),
        answered(1, START_US + MINUTE_US - 3 * SECOND_US),
        answered(2, START_US + MINUTE_US + 30 * SECOND_US, Verb.LOADED),
    ]
    shown = record_shows(seen(given))
    told = [
        [(each.position, each.clock, each.kind) for each in group.lines] for group in shown.groups
    ]
    assert told == [
        [(0, "", "clock measured")],
        [(1, "bravo", "notice read back"), (1, "", "notice read back")],
        [(2, "bravo", "notice loaded")],
        [(2, "", "notice loaded")],
    ]
    assert group_words(shown.groups[1]) == "order not known (clocks may differ by up to 4 s)"
    assert group_words(shown.groups[2]) is None


def test_a_clock_that_nobody_measured_gives_no_place_in_the_order() -> None:
    shown = record_shows(seen([answered(1, START_US)]))
    assert [each.clock for each in shown.unplaced] == ["bravo"]
    assert [each.clock for each in lines(shown)] == [HOST_CLOCK]
    text = timeline_text(shown, Scope())
    assert "bravo: nobody measured its clock" in text
    assert "their place in the order is not known" in text


def test_the_differences_of_each_two_clocks_are_those_of_the_worst_measurements() -> None:
    given = [measured(0, ALPHA, -1, 1), measured(1, BRAVO, 2, 3), measured(2, BRAVO, -4, 0)]
    shown = record_shows(seen(given))
    assert clocks_between(shown.clocks, ("alpha", "bravo", "charlie")) == [
        ("alpha", "bravo", (-4 * SECOND_US, 5 * SECOND_US)),
        ("alpha", "charlie", None),
        ("bravo", "charlie", None),
    ]
    assert "alpha and bravo: may differ by up to 5 s" in timeline_text(shown, Scope())


def test_positions_that_a_warning_rests_on_are_by_the_clock_of_their_feed() -> None:
    fix = TrackFix(47_000_000_000, 8_000_000_000, START_US + 10 * SECOND_US)
    side = WarningObject("track", "alpha/a", ALPHA, ("a", "b"), fix)
    standing = StandingWarning(
        WarningId("w"), WarningKind.SEPARATION, "rule/1", (side,), (ALPHA,), START_US, START_US
    )
    shown = record_shows(seen([measured(0, ALPHA, 0, 1), world.entry(1, WarningRaised(standing))]))
    (position,) = [each for each in lines(shown) if each.kind == "position"]
    assert (position.clock, position.error_us, position.time_us) == (
        "alpha",
        SECOND_US,
        fix.time_us,
    )
    assert "alpha/a was reported at 47 N, 8 E" in position.words


def test_the_first_person_who_read_a_stop_is_named_as_such() -> None:
    read = [StopAcknowledged("stop-1", party, Post.DUTY, ALPHA, 1) for party in (BRAVO, ALPHA)]
    found = lines(record_shows(seen(world.entry(at, body) for at, body in enumerate(read))))
    assert [each.kind for each in found] == [
        "STOP first read by a person, of what is shown here",
        "STOP read by a person",
    ]


def chosen(scope: Scope, *more: Entry) -> list[int]:
    return [each.position for each in selected(seen([*world.entries(), *more]), scope)]


def minutes(begin: float, end: float, **more: Any) -> Scope:
    begin_us, end_us = (START_US + int(each * MINUTE_US) for each in (begin, end))
    return Scope(begin_us, end_us, **more)


@pytest.mark.parametrize(
    ("scope", "positions"),
    [
        pytest.param(minutes(4, 7), [5, 6, 7, 8], id="a window, its end left out"),
        pytest.param(minutes(6, 8, subjects=("intent-7",)), [5, 6, 7, 8, 9], id="before"),
        pytest.param(minutes(6, 8, subjects=("notice-1",)), [5, 6, 7, 8, 9], id="a notice"),
        pytest.param(minutes(4, 9, subjects=("unsaid",)), [10], id="another intent"),
        pytest.param(minutes(4, 9, parties=(ALPHA,)), [5, 6, 7, 8, 9], id="a party"),
        pytest.param(
            minutes(4, 9, area=Circle(47_000_000_000, 8_500_000_000, 1_000)),
            [5, 6, 7, 8, 9, 10],
            id="an area, and the notices about what is there",
        ),
        pytest.param(
            minutes(4, 9, area=Circle(57_000_000_000, 8_500_000_000, 1_000)), [], id="elsewhere"
        ),
    ],
)
def test_what_bears_on_a_scope_is_chosen(scope: Scope, positions: list[int]) -> None:
    found = chosen(scope)
    kinds = {each.position for each in lines(record_shows(seen(world.entries())))}
    assert [each for each in found if each in kinds] == positions


@pytest.mark.parametrize("parties", [(), (ALPHA,)], ids=["a time", "a party"])
def test_what_was_told_before_comes_with_a_step_of_the_window(parties: tuple[PartyId, ...]) -> None:
    step = IntentStateChanged(
        IntentId("intent-7"), ALPHA, Step.ACTIVATE, IntentState.ACCEPTED, IntentState.ACTIVATED, 2,
        Ovn("o2"),
    )  # fmt: skip
    wanted = minutes(19, 21, parties=parties)
    assert 5 in chosen(wanted, world.entry(20, step))
    assert 5 not in chosen(wanted, world.entry(18, step))
    assert 5 not in chosen(wanted)


def test_clocks_as_they_stood_before_the_window_are_known_in_it() -> None:
    before = [measured(8.1, BRAVO, 0, 9), measured(8.2, BRAVO, 0, 2), answered(10, START_US)]
    assert chosen(minutes(9, 11, parties=(BRAVO,)), *before) == [12, 13]


def test_what_no_entry_gave_a_name_keeps_its_id() -> None:
    answers = [each for each in seen(world.entries()) if each.position != 6]
    words = [line.words for line in lines(record_shows(answers))]
    assert "bravo answered RECEIVED to the notice notice-1." in words


@pytest.mark.parametrize(
    ("fact", "brief"),
    [
        ("13 min 36.374349 s", "13 min 36 s"),
        ("1 h 0 min 5.5 s", "1 h 0 min 5 s"),
        ("0.25 s", "0.25 s"),
        ("36.5 s", "36.5 s"),
    ],
)
def test_a_part_of_a_second_is_left_to_the_entry_where_it_says_nothing(
    fact: str, brief: str
) -> None:
    line = lines(record_shows(seen(world.entries())))[0]
    line = line._replace(facts=(("Time from telling to start", fact),))
    assert brief_facts(line) == [("Time from telling to start", brief)]
