"""What looks find by what changed since the look before, against all pairs tried at each look."""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from wideberth.space.time import SECOND_US
from wideberth.watch import neighbours as module
from wideberth.watch.closest import Pairs
from wideberth.watch.heldfeeds import HeldFeeds
from wideberth.watch.judging import judge_all, judge_of, search_for
from wideberth.watch.look import Look
from wideberth.watch.neighbours import Neighbours
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import FeedSettings, PairSettings, TrackSettings
from wideberth.watch.tracks import TrackKey, TrackTable

T0_US = 1_700_000_000_000_000
TRACKS = TrackSettings(
    feeds={
        "quick": FeedSettings(horizontal_error_m=10, vertical_error_m=10, clock_error_us=0),
        "people": FeedSettings(predict=False),
    },
    default_feed=FeedSettings(silence_after_us=20 * SECOND_US),
    forget_after_us=60 * SECOND_US,
    max_future_us=15 * SECOND_US,
)
MINUTE_AHEAD = PairSettings(1000.0, 100.0, 60 * SECOND_US)
RULES = (
    MINUTE_AHEAD,
    PairSettings(0.0, 0.0, 0, same_owner=True),
    PairSettings(5000.0, 300.0, 120 * SECOND_US, pressure_error_m=200.0),
    PairSettings(600.0, 50.0, 20 * SECOND_US, well_clear="phase-1"),
    PairSettings(600.0, 50.0, 20 * SECOND_US, well_clear="non-coop", by_distance=False),
)
FEEDS = (("north", "quick"), ("north", "slow"), ("south", "slow"), (None, "people"))
ICAO = ("4ca7b6", "4ca7b7")


@dataclass(frozen=True)
class Said:
    """One position. east_m, north_m: from the anchor; dated_s: against the moment it comes."""

    feed: int
    name: str
    east_m: float
    north_m: float
    speed_m_s: float = 0.0
    course_deg: float = 90.0
    height_m: float = 100.0
    std_m: float = math.nan
    climb_m_s: float = 0.0
    accuracy_m: float = 5.0
    owner: str | None = None
    dated_s: float = 0.0


@dataclass(frozen=True)
class Step:
    """What happens, and then a look, so long after the one before."""

    after_s: float
    said: tuple[Said, ...] = ()
    over: tuple[tuple[int, str], ...] = ()
    clock_s: int | None = None
    rules: int | None = None


@dataclass
class World:
    """A table, and one who looks."""

    anchor: tuple[float, float]
    most_changed: float
    table: TrackTable = field(default_factory=lambda: TrackTable(TRACKS, capacity=4))

    def __post_init__(self) -> None:
        self.neighbours = Neighbours(self.table, most_changed=self.most_changed)
        self.now_us = T0_US
        self.rules = MINUTE_AHEAD

    def report(self, said: Said) -> PositionReport:
        latitude = self.anchor[0] + said.north_m / 111_000
        latitude = latitude if abs(latitude) <= 90 else math.copysign(180, latitude) - latitude
        east = said.east_m / 111_000 / max(math.cos(math.radians(latitude)), 1e-3)
        return PositionReport(
            said.name,
            self.now_us + round(said.dated_s * SECOND_US),
            latitude,
            (self.anchor[1] + east + 180.0) % 360.0 - 180.0,
            said.height_m,
            said.std_m,
            said.speed_m_s,
            said.course_deg,
            said.climb_m_s,
            said.accuracy_m,
            owner=said.owner,
        )

    def step(self, step: Step) -> tuple[object, object, object]:
        """(what is found, what the full pass finds, what is found among all pairs)."""
        self.now_us += round(step.after_s * SECOND_US)
        for feed, of_feed in itertools.groupby(
            sorted(step.said, key=lambda each: each.feed), key=lambda each: each.feed
        ):
            party, name = FEEDS[feed]
            batch = ReportBatch.of(
                [self.report(each) for each in of_feed], feed=name, feed_party=party
            )
            self.table.update(batch, self.now_us)
        for feed, name in step.over:
            self.table.remove(TrackKey(*FEEDS[feed], name))
        if step.clock_s is not None:
            self.table.set_clock("north", step.clock_s * SECOND_US)
        if step.rules is not None:
            self.rules = RULES[step.rules]
        self.table.forget(self.now_us)
        look = Look.at(self.table, self.now_us)
        found = self.neighbours.judged(look, self.rules)
        movers = look.movers
        both = itertools.combinations(range(len(movers)), 2)
        pairs = np.array(
            [
                (i, j)
                for i, j in both
                if movers.identity[i] != movers.identity[j]
                and (self.rules.same_owner or not movers.owner[i] == movers.owner[j] >= 0)
            ],
            np.int64,
        ).reshape(-1, 2)
        return (
            columns(found),
            columns(judge_all(movers, self.rules)),
            columns(judge_of(movers, pairs, self.rules)),
        )


def columns(judged) -> dict[str, list[str]]:
    """Every figure, as it is written: so that one that is none equals itself."""
    numbers = {each.name: getattr(judged.pairs, each.name) for each in dataclasses.fields(Pairs)}
    return {
        name: list(map(str, row.tolist())) for name, row in (numbers | {"by": judged.by}).items()
    }


def check(anchor, most_changed, steps) -> int:
    """How many pairs were found; each look is held against the others."""
    world, count = World(anchor, most_changed), 0
    for step in steps:
        found, full, tried = world.step(step)
        assert found == full == tried
        count += len(found["first"])
    return count


NAMES = st.sampled_from(["a", "b", "c", "d", *ICAO])
METRES = st.floats(-6000, 6000) | st.sampled_from([0.0, 500.0, -20_000.0])
HEIGHTS = st.sampled_from([0.0, 100.0, 180.0, 900.0, math.nan])
SAID = st.builds(
    Said,
    st.integers(0, 3),
    NAMES,
    METRES,
    METRES,
    st.sampled_from([0.0, 15.0, 60.0, 250.0, math.nan]),
    st.sampled_from([0.0, 90.0, 180.0, 270.0, 33.0, math.nan]),
    HEIGHTS,
    HEIGHTS,
    st.sampled_from([0.0, 0.0, 5.0, -12.0]),
    st.sampled_from([5.0, 5.0, 200.0, 900_000.0, math.nan]),
    st.sampled_from([None, "north", "south"]),
    st.sampled_from([0.0, 0.0, -3.0, 4.0, 14.0]),
)
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from([0.0, 0.1, 0.1, 1.0, 4.0, 9.0, 25.0, 70.0, -5.0]),
        st.lists(SAID, max_size=5).map(tuple),
        st.lists(st.tuples(st.integers(0, 3), NAMES), max_size=1).map(tuple),
        st.none() | st.sampled_from([0, 3]),
        st.none() | st.integers(0, len(RULES) - 1),
    ),
    min_size=1,
    max_size=12,
)
ANCHORS = st.sampled_from([(47.0, 8.0), (89.99, 0.0), (-17.0, 180.0), (45.0, 45.0), (0.0, -90.0)])

FAR_HEAD_ON = (Said(0, "a", 0.0, 0.0, 100.0), Said(2, "b", 14_500.0, 0.0, 100.0, 270.0))
COMES_LATER = (Step(0.0, FAR_HEAD_ON), *(Step(1.0) for _ in range(30)))
COMES_MUCH_LATER = (
    Step(0.0, (FAR_HEAD_ON[0], dataclasses.replace(FAR_HEAD_ON[1], east_m=16_200.0))),
    *(Step(1.0) for _ in range(20)),
)
TURNS = (
    Step(0.0, (Said(0, "a", 0.0, 0.0, 60.0, 270.0), Said(2, "b", 4000.0, 0.0))),
    Step(0.1),
    Step(1.0, (Said(0, "a", 0.0, 0.0, 60.0, 90.0),)),
    Step(0.1),
)
SLOT_USED_AGAIN = (
    Step(0.0, (Said(0, "a", 0.0, 0.0), Said(2, "b", 500.0, 0.0), Said(2, "c", 60_000.0, 0.0))),
    Step(0.1),
    Step(0.1, over=((0, "a"),)),
    Step(0.1, (Said(0, "d", 60_200.0, 0.0),)),
    Step(0.1, (Said(2, "b", 59_900.0, 0.0, accuracy_m=20.0),)),
)
GROWS_UNSURE = (
    # Nobody is predicted: within reach only by how unsure both are, more and more.
    Step(0.0, (Said(3, "a", 0.0, 0.0, 3.0), Said(3, "b", 1150.0, 0.0, 3.0))),
    *(Step(1.0) for _ in range(18)),
)
CLOCK = (
    Step(0.0, (Said(0, "a", 0.0, 0.0, 100.0, 0.0), Said(2, "b", 1700.0, 0.0, 1.0, 0.0))),
    Step(0.1),
    Step(0.1, clock_s=30),
    Step(0.1, clock_s=0),
)
AHEAD = (
    Step(0.0, (Said(0, "a", 0.0, 0.0, 100.0, 270.0, dated_s=14.0), Said(2, "b", 2300.0, 0.0))),
    *(Step(1.0) for _ in range(16)),
)
OWNERS = (
    Step(0.0, tuple(Said(0, name, 100.0, 0.0, owner="north") for name in "ab")),
    Step(0.1),
    Step(0.1, (Said(0, "b", 100.0, 0.0, owner="south"),)),
)
ONE_THING = (
    Step(0.0, tuple(Said(feed, ICAO[0], 0.0, 0.0) for feed in range(3))),
    Step(0.1),
    Step(1.0, (Said(2, ICAO[0], 3000.0, 0.0),)),
    Step(1.0, (Said(2, ICAO[0], 0.0, 0.0),)),
)
KINDS = (
    COMES_LATER,
    COMES_MUCH_LATER,
    TURNS,
    SLOT_USED_AGAIN,
    GROWS_UNSURE,
    CLOCK,
    AHEAD,
    OWNERS,
    ONE_THING,
)


@settings(max_examples=60, deadline=None)
@given(ANCHORS, st.sampled_from([math.inf, math.inf, 0.5]), STEPS)
def test_looks_find_what_the_full_pass_finds_and_what_all_pairs_give(anchor, most, steps) -> None:
    check(anchor, most, steps)


@pytest.mark.parametrize("steps", KINDS)
@pytest.mark.parametrize("anchor", [(47.0, 8.0), (-17.0, 180.0)])
def test_each_kind_of_change_is_seen(steps, anchor) -> None:
    assert check(anchor, math.inf, steps) > 0


def test_many_over_the_earth_are_found_look_by_look() -> None:
    rng = np.random.default_rng(7)
    places = rng.uniform(-30_000, 30_000, (150, 2)).tolist()

    def said(k: int) -> Said:
        east, north = places[k]
        fast = 200.0 if k % 3 == 0 else 12.0
        return Said(k % 3, f"t{k}", east, north, fast, k * 7.0 % 360, 50.0 + k % 5 * 40)

    begun = [Step(0.0, tuple(map(said, range(150)))), Step(0.1)]
    later = [Step(0.5, tuple(said(k) for k in rng.integers(0, 150, 9).tolist())) for _ in range(25)]
    assert check((47.0, 8.0), 0.5, begun + later) > 500


def nothing_later(movers, rules, _later_s):
    return search_for(movers, rules, 0.0)


def never_changed(table: TrackTable):
    return np.flatnonzero(table._is_changed & (table.time_us < 0))


def never_other(feeds: HeldFeeds, *args) -> bool:
    HELD_SET(feeds, *args)
    return False


def too_narrow(*args):
    half_m, *rest = search_for(*args)
    return half_m / 2, *rest


def for_ever(slots):
    return slots * 0 + 10**9


HELD_SET = HeldFeeds.set
PLANTED = {
    "what comes within the look-ahead later": (module, "search_for", nothing_later, COMES_LATER),
    "what is over": (module, "_lasts_us", for_ever, COMES_MUCH_LATER),
    "how wide a capsule is": (module, "search_for", too_narrow, GROWS_UNSURE),
    "what turned": (TrackTable, "changed", never_changed, TURNS),
    "whose slot it is now": (TrackTable, "changed", never_changed, SLOT_USED_AGAIN),
    "a clock that is worse": (HeldFeeds, "set", never_other, CLOCK),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_in_what_is_looked_at_anew_is_found(fault, monkeypatch) -> None:
    owner, name, planted, steps = PLANTED[fault]
    monkeypatch.setattr(owner, name, planted)

    @settings(phases=[Phase.explicit], deadline=None)
    @given(STEPS)
    @example(steps)
    def holds(each) -> None:
        check((47.0, 8.0), math.inf, each)

    with pytest.raises(AssertionError):
        holds()
