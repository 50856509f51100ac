"""What flights come to, against the limits: counted, and recounted second by second."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wideberth.model.conformance import FlightMeasured
from wideberth.model.entries import IntentStateChanged
from wideberth.model.ids import IntentId, Ovn, PartyId
from wideberth.model.intents import IntentState, Step
from wideberth.picture import flown
from wideberth.picture.flown import kept
from wideberth.space.time import SECOND_US

ALPHA = PartyId("alpha")


def flight(name, inside_s, outside_s, unknown_s, excursions, longest_s):
    spent = [round(each * SECOND_US) for each in (inside_s, outside_s, unknown_s)]
    return FlightMeasured(
        ALPHA, IntentId("i"), name, "f", 0, 0, sum(spent), *spent,
        excursions, longest_s * SECOND_US,
    )  # fmt: skip


FLIGHTS = st.lists(
    st.builds(
        flight,
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 2000),
        st.integers(0, 100),
        st.integers(0, 3000),
        st.integers(0, 20),
        st.integers(0, 12),
    ),
    max_size=6,
)


def check(flights):
    said = kept(flights, [])
    seconds = {"in": 0, "out": 0}
    for each in flights:
        seconds["in"] += each.inside_us // SECOND_US
        seconds["out"] += each.outside_us // SECOND_US
    known = seconds["in"] + seconds["out"]
    beyond = []
    if 100 * seconds["in"] < 95 * known:
        beyond.append("inside")
    if any(each.longest_us > 10 * SECOND_US for each in flights):
        beyond.append("longest")
    if sum(each.excursions for each in flights) * 3600 > 18 * known:
        beyond.append("per-hour")
    assert list(said.beyond) == beyond
    assert said.flights == len({each.track for each in flights})
    assert said.is_enough == (known >= 36_000)
    assert said.flown_us == sum(each.until_us for each in flights)


EDGE = [flight("a", 950, 50, 5000, 5, 10)]


@given(FLIGHTS)
@example(EDGE)
@example([flight("a", 1000, 0, 20_000, 6, 0)])
@example([flight("a", 36_000, 0, 0, 180, 10)])
def test_the_limits_are_held_against_what_is_known(flights):
    check(flights)


def test_at_the_limits_all_is_kept():
    assert kept(EDGE, []).beyond == ()
    assert kept([flight("a", 949, 51, 5000, 6, 11)], []).beyond == ("inside", "longest", "per-hour")


def test_the_recount_finds_what_is_not_known_taken_as_inside(monkeypatch):
    real = flown.kept
    unknown_in = flight("a", 900, 100, 20_000, 1, 1)

    def faulty(flights, steps):
        return real(
            [
                flight(each.track, (each.inside_us + each.unknown_us) // SECOND_US,
                       each.outside_us // SECOND_US, 0, each.excursions, 0)
                for each in flights
            ],
            steps,
        )  # fmt: skip

    monkeypatch.setitem(globals(), "kept", faulty)
    with pytest.raises(AssertionError):
        check([unknown_in])


def test_steps_are_counted_by_where_they_lead():
    def step(before, state):
        return IntentStateChanged(IntentId("i"), ALPHA, Step.ACTIVATE, before, state, 2, Ovn("o"))

    a, n, c = IntentState.ACTIVATED, IntentState.NONCONFORMING, IntentState.CONTINGENT
    said = kept([], [step(a, n), step(n, a), step(a, n), step(n, c)])
    assert (said.nonconforming, said.contingent) == (2, 1)
    assert (said.flights, said.beyond, said.known_us) == (0, (), 0)
