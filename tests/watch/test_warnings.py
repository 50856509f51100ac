"""The life of a warning: what every run of looks must keep, and each rule once by hand."""

from unittest import mock

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from wideberth.model.warnings import WarningKind
from wideberth.space.time import SECOND_US
from wideberth.watch.observations import (
    AreaFacts,
    Cleared,
    Lapsed,
    Margin,
    ObjectRef,
    Observation,
    Raised,
    TrackFacts,
    Uncertainty,
    Updated,
    Verdict,
    WarningKey,
    Worsened,
)
from wideberth.watch.settings import WarningSettings
from wideberth.watch.warnings import WarningState, step, withdraw

A, B = ObjectRef("track", "a"), ObjectRef("track", "b")
CONFLICT = WarningKey(WarningKind.CONFLICT, (A, B))
SEPARATION = WarningKey(WarningKind.SEPARATION, (A, B))
RULES = WarningSettings(hold_us=15 * SECOND_US, lapse_after_us=600 * SECOND_US)


def make_id(key, now_us):
    return f"{key.kind}-{'-'.join(ref.id for ref in key.objects)}-{now_us}"


def seen(verdict, *, key=CONFLICT, level=1, oldest_s=0.0, supersedes=None):
    return Observation(
        key=key,
        verdict=verdict,
        level=level,
        rule="pair-separation",
        rule_version="1",
        margin=Margin(),
        uncertainty=Uncertainty(0, None, 0),
        objects=(),
        oldest_us=round(oldest_s * SECOND_US),
        predicted=True,
        supersedes=supersedes,
    )


def run(looks, *, rules=RULES, every_s=5):
    """The events of each look; looks: lists of observations, one look every few seconds."""
    state, told = WarningState(), []
    for k, observations in enumerate(looks):
        state, events = step(state, observations, k * every_s * SECOND_US, rules, make_id)
        told.append(events)
    return state, told


def kinds(told):
    return [[type(event).__name__ for event in events] for events in told]


HOLDS, NEAR, CLEAR, UNKNOWN = Verdict.HOLDS, Verdict.NEAR, Verdict.CLEAR, Verdict.UNKNOWN
LOOKS = st.lists(
    st.none()
    | st.tuples(
        st.sampled_from([HOLDS, CLEAR, CLEAR, NEAR, UNKNOWN]),
        st.integers(1, 4),
        st.integers(0, 20),
    ),
    max_size=40,
)


def broken_promises(looks, take_step):
    """What a run of looks breaks: worked out from the looks alone, not from the state."""
    state, problems, standing, peak = WarningState(), [], False, 0
    clear_run_us: list[int] = []  # the moments since which it has looked clear
    for k, look in enumerate(looks):
        now_us = k * 5 * SECOND_US
        observations = []
        if look is not None:
            verdict, level, age_s = look
            observations = [seen(verdict, level=level, oldest_s=k * 5 - age_s)]
        state, events = take_step(state, observations, now_us, RULES, make_id)
        names = [type(event) for event in events]
        holds = look is not None and look[0] is HOLDS
        clear = look is not None and look[0] is CLEAR
        clear_run_us = [*clear_run_us, now_us] if clear else []
        if holds and CONFLICT not in state.standing:
            problems.append((k, "holds and does not stand"))
        if Raised in names and standing:
            problems.append((k, "raised twice"))
        if holds and standing and look[1] > peak and Worsened not in names:
            problems.append((k, "worse and not said"))
        stale = any(isinstance(event, Lapsed) and event.reason == "stale" for event in events)
        gone = standing and CONFLICT not in state.standing
        if gone and Cleared not in names and not stale:
            problems.append((k, "gone without a word"))
        if Cleared in names:
            fresh = clear and (k * 5 - look[2]) * SECOND_US >= clear_run_us[0]
            if not fresh or now_us - clear_run_us[0] < RULES.hold_us:
                problems.append((k, "cleared too soon, or by silence"))
        standing = CONFLICT in state.standing
        peak = max(peak, look[1]) if holds else peak if standing else 0
    return problems


@settings(deadline=None, max_examples=300)
@given(LOOKS)
def test_no_run_of_looks_clears_too_soon_by_silence_or_without_a_word(looks):
    assert broken_promises(looks, step) == []


def silence_clears(state, observations, *rest):
    """The planted fault: what is not seen is taken as clear."""
    missing = [key for key in state.standing if key not in {each.key for each in observations}]
    assumed = [seen(CLEAR, key=key, oldest_s=rest[0] / SECOND_US) for key in missing]
    return step(state, [*observations, *assumed], *rest)


def age_clears(state, observations, *rest):
    """The planted fault: old data is as good as new."""
    newer = [msgspec.structs.replace(each, oldest_us=rest[0]) for each in observations]
    return step(state, newer, *rest)


@pytest.mark.parametrize("fault", [silence_clears, age_clears])
def test_the_check_of_runs_sees_a_planted_fault(fault):
    clear = (CLEAR, 1, 20)
    looks = [(HOLDS, 1, 0), *([None] * 8 if fault is silence_clears else [clear] * 8)]
    assert broken_promises(looks, step) == []
    assert broken_promises(looks, fault) != []


def test_raised_at_once_updated_then_cleared_after_the_hold_and_fresh_data():
    looks = [[seen(HOLDS)], [seen(HOLDS)], *([seen(CLEAR, oldest_s=5 * k)] for k in range(2, 6))]
    _, told = run(looks)
    assert kinds(told) == [
        ["Raised"],
        ["Updated"],
        ["Updated"],
        ["Updated"],
        ["Updated"],
        ["Cleared"],
    ]


def test_near_starts_the_hold_anew():
    clear = [seen(CLEAR, oldest_s=1000)]
    _, told = run([[seen(HOLDS)], clear, clear, clear, [seen(NEAR)], clear, clear, clear])
    assert not any("Cleared" in names for names in kinds(told))


def test_silence_makes_it_last_known_and_never_clears_it():
    state, told = run([[seen(HOLDS)], *([[]] * 50)])
    assert kinds(told)[:3] == [["Raised"], ["Worsened"], []]
    assert told[1][0].reason == "last-known"
    assert state.standing[CONFLICT].last_known_since_us == 5 * SECOND_US
    _, told = run([[seen(HOLDS)], [], [seen(HOLDS)]])
    assert told[2][0].warning.last_known_since_us is None


def test_a_warning_that_nothing_speaks_of_lapses_in_the_end_which_is_no_clearance():
    state, told = run([[seen(HOLDS)], *([[]] * 121)])
    assert [(type(e), e.reason) for e in told[-1]] == [(Lapsed, "stale")]
    assert not state.standing


def test_only_a_level_over_its_peak_is_worse():
    levels = [1, 2, 1, 2, 3]
    _, told = run([[seen(HOLDS, level=level)] for level in levels])
    assert kinds(told) == [["Raised"], ["Worsened"], ["Updated"], ["Updated"], ["Worsened"]]
    assert [events[0].warning.level for events in told] == levels


def test_two_of_three_looks_are_needed_where_the_settings_say_so():
    rules = WarningSettings(raise_count=2, raise_window=3)
    _, told = run([[seen(HOLDS)], [], [seen(HOLDS)]], rules=rules)
    assert kinds(told) == [[], [], ["Raised"]]
    _, told = run([[seen(HOLDS)], [], [], [seen(HOLDS)]], rules=rules)
    assert kinds(told) == [[], [], [], []]


def test_a_loss_of_separation_takes_the_place_of_the_conflict_that_foretold_it():
    lost = seen(HOLDS, key=SEPARATION, supersedes=CONFLICT)
    state, told = run([[seen(HOLDS)], [seen(HOLDS), lost]])
    assert kinds(told) == [["Raised"], ["Raised", "Lapsed"]]
    assert told[1][1].reason == "superseded"
    assert told[1][1].by == told[1][0].warning.id
    assert list(state.standing) == [SEPARATION]


def test_a_withdrawn_object_ends_its_warnings_by_lapse():
    state, _ = run([[seen(HOLDS)]])
    after, events = withdraw(state, B, 7)
    assert [(type(e), e.reason) for e in events] == [(Lapsed, "withdrawn")]
    assert not after.standing
    assert withdraw(state, ObjectRef("zone", "b"), 7)[0].standing == state.standing


def test_step_changes_no_state_that_it_was_given():
    state, _ = run([[seen(HOLDS)]])
    before = dict(state.standing)
    step(state, [], 5 * SECOND_US, RULES, make_id)
    assert dict(state.standing) == before


def test_every_object_is_named_by_at_least_two_facts():
    track = TrackFacts(A, None, None, 0, 47_000_000_000, 8_000_000_000, None, None, None, None)
    area = AreaFacts(ObjectRef("zone", "z"), "Fire Traffic Area", None, 3, 0)
    assert track.identifying() == ("a", "47.0000, 8.0000")
    moving = msgspec.structs.replace(track, ground_speed_mm_s=1, course_mdeg=90_000)
    assert moving.identifying() == ("a", "47.0000, 8.0000", "course 090")
    still = msgspec.structs.replace(moving, ground_speed_mm_s=0)
    assert still.identifying() == track.identifying(), "what stands still has no course"
    assert len(area.identifying()) >= 2


signs = st.text("AB7-", min_size=1, max_size=6)
facts = st.one_of(
    st.builds(
        TrackFacts,
        st.builds(ObjectRef, st.just("track"), signs),
        st.none() | signs,
        st.none() | signs,
        st.integers(0, 10**15),
        st.integers(-90 * 10**9, 90 * 10**9),
        st.integers(-180 * 10**9, 180 * 10**9),
        *[st.none() | st.integers(-(10**6), 10**6)] * 4,
    ),
    st.builds(
        AreaFacts,
        st.builds(ObjectRef, st.sampled_from(["zone", "intent", "way", "round"]), signs),
        signs,
        st.none() | signs,
        st.integers(1, 10**6),
        st.integers(0, 99),
    ),
)


def is_told_apart(given_):
    said = given_.identifying()
    assert len(set(said)) >= 2, "L-06"
    assert all(each.strip() for each in said)


@pytest.mark.requirement("L-06")
@given(facts)
def test_whatever_is_known_of_a_thing_it_is_told_apart_by_two_facts(given_):
    is_told_apart(given_)


@pytest.mark.parametrize("kind", [TrackFacts, AreaFacts])
def test_one_fact_is_found_to_be_too_few(kind):
    found = settings(phases=[Phase.generate])(given(facts)(is_told_apart))
    with (
        mock.patch.object(kind, "identifying", lambda each: (each.ref.id,)),
        pytest.raises(AssertionError),
    ):
        found()


def test_what_is_recorded_survives_json():
    _, told = run([[seen(HOLDS)], [], [seen(HOLDS, level=3)]])
    for event in (event for events in told for event in events):
        assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event
    assert isinstance(told[2][0], Worsened | Updated)
