"""Moving buffers: every pair within one is found, and told because of what is guarded alone."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from flights import GEOD, Flight, area, at, said
from wideberth.space.time import SECOND_US
from wideberth.watch import buffers
from wideberth.watch._crowds import Bounds
from wideberth.watch.buffers import MovingBuffer, RoundIntent
from wideberth.watch.closest import candidates
from wideberth.watch.engine import Watch
from wideberth.watch.observations import Verdict
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import FeedSettings, PairSettings, TrackSettings, WatchSettings

SETTINGS = WatchSettings(
    tracks=TrackSettings(
        default_feed=FeedSettings(horizontal_error_m=0, vertical_error_m=0, clock_error_us=0),
        widening_m_s=0,
    ),
    pairs=PairSettings(horizontal_m=1, vertical_m=1, look_ahead_us=120 * SECOND_US),
)
RADIUS_M = 18_520.0  # ten nautical miles


def buffer(*intents, radius_m=RADIUS_M, bound=("a", "b", "c"), vertical_m=100_000.0):
    guarded = tuple(
        RoundIntent(name, name, f"party-{party}", 1, frozenset(f"party-{each}" for each in seen))
        for name, party, seen in intents
    )
    parties = frozenset(f"party-{each}" for each in bound)
    return MovingBuffer("agreement/x/1/ships", "ships", 1, radius_m, vertical_m, parties, guarded)


def heard(watch, seconds, *flights):
    reports = [each.report(seconds) for each in flights]
    watch.observe(ReportBatch.of(reports, feed="radio", feed_party="desk"), at(seconds))
    return watch.tick(at(seconds))


def standing(watch):
    return {
        (str(key.kind), *(f"{each.kind} {each.id}" for each in key.objects)): warning.seen
        for key, warning in watch.standing.items()
    }


def watch_of(*intents, **more):
    watch = Watch(SETTINGS)
    watch.put_buffer(buffer(*intents, **more), at(0))
    return watch


def name(kind, guarded, other, intent="ship"):
    return (
        kind,
        f"track {guarded}",
        f"track {other}",
        "zone agreement/x/1/ships",
        f"round {intent}",
    )


@st.composite
def fleets(draw):
    latitude, longitude = draw(st.sampled_from([(44.0, 33.0), (0.0, 180.0), (75.0, -179.9)]))
    flights = []
    for k in range(draw(st.integers(2, 8))):
        lon, lat, _ = GEOD.fwd(
            longitude, latitude, draw(st.floats(0, 360)), draw(st.floats(0, 60_000))
        )
        speed = draw(st.sampled_from([0.0, 8.0, 200.0]))
        party = draw(st.sampled_from(["a", "b", "c", "d"]))
        flights.append(
            Flight(
                f"t{k}", lat, lon, speed, draw(st.floats(0, 360)), owner=f"party-{party}",
                altitude_w84_m=draw(st.sampled_from([0.0, 5000.0])),
            )
        )  # fmt: skip
    return flights


def check_against_all_pairs(flights):
    """Of each two the distance each second on exact geodesics: what is surely within the buffer is
    told, and what is surely out of it is not.
    """
    watch = watch_of(("ship", "a", "bc"), vertical_m=1000.0)
    heard(watch, 0, *flights)
    told = {key[1:3] for key in standing(watch) if key[-1] == "round ship"}
    times = np.arange(0, 121.0)
    for one in flights:
        for other in flights:
            owners = one.more["owner"], other.more["owner"]
            if owners[0] != "party-a" or owners[1] not in ("party-b", "party-c"):
                assert (f"track {one.name}", f"track {other.name}") not in told
                continue
            ends = [
                GEOD.fwd(
                    *(np.full_like(times, each) for each in flight.start),
                    np.full_like(times, flight.course),
                    flight.speed * times,
                )
                for flight in (one, other)
            ]
            _, _, metres = GEOD.inv(ends[0][0], ends[0][1], ends[1][0], ends[1][1])
            level = one.more["altitude_w84_m"] == other.more["altitude_w84_m"]
            least = metres.min() if level else math.inf
            pair = f"track {one.name}", f"track {other.name}"
            if least <= RADIUS_M:
                assert pair in told
            if least > RADIUS_M + 250:  # a second of both, and the bound of the path
                assert pair not in told


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(fleets())
def test_every_pair_within_a_buffer_is_told_and_no_other(flights):
    check_against_all_pairs(flights)


def searched(monkeypatch, *, part=1.0, **bounds):
    """The search looks as far as this part of the distance; crowds are what has more pairs."""

    def search(movers, limits, **_):
        less = dataclasses.replace(limits, horizontal_m=limits.horizontal_m * part)
        return candidates(movers, less, bounds=Bounds(**bounds))

    monkeypatch.setattr(buffers, "candidates", search)


def test_that_comparison_finds_a_search_that_looks_less_far(monkeypatch):
    """Planted: it looks half as far."""
    searched(monkeypatch, part=0.5)
    search = settings(
        max_examples=80, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    with pytest.raises(AssertionError):
        search(given(fleets())(check_against_all_pairs))()


@pytest.mark.requirement("Z-06")
def test_a_ship_is_kept_clear_of_wherever_it_sails_until_it_has_passed():
    ship = Flight("s", 44.0, 33.0, 8.0, 90.0, owner="party-a", altitude_w84_m=0.0)
    jet = Flight("j", 44.0, 34.0, 250.0, 270.0, owner="party-b", altitude_w84_m=9000.0)
    watch = watch_of(("ship", "a", "b"))
    flat = []
    for second in range(0, 480, 5):
        flat += said(heard(watch, second, ship, jet))
    kinds = [(event, kind) for event, kind in flat if event != "Worsened"]
    assert kinds == [
        ("Raised", "conflict"),
        ("Raised", "separation"),
        ("Lapsed", "conflict"),
        ("Cleared", "separation"),
    ]


def test_both_sides_are_named_with_the_rule_and_what_is_guarded():
    ship = Flight("s", 44.0, 33.0, 8.0, 90.0, owner="party-a", altitude_w84_m=0.0)
    jet = Flight("j", 44.1, 33.0, 0.0, 0.0, owner="party-b")
    watch = watch_of(("ship", "a", "b"))
    heard(watch, 0, ship, jet)
    seen = standing(watch)[name("separation", "s", "j")]
    assert seen.rule == "agreed-moving-buffer"
    assert seen.margin.required_horizontal_mm == 18_520_000
    assert 11_000_000 < seen.margin.now_horizontal_mm < 11_200_000
    assert [each.owner for each in seen.objects] == ["party-a", "party-b", None, "party-a"]


def test_of_a_party_with_several_intents_only_what_is_not_in_another_is_guarded():
    watch = watch_of(("ship", "a", "b"))
    watch.put_intent("ship", area(44.0, 33.0, 2000), name="ship", owner="party-a")
    watch.put_intent("plane", area(44.0, 33.1, 2000), name="plane", owner="party-a")
    ship = Flight("s", 44.0, 33.0, owner="party-a")
    plane = Flight("p", 44.0, 33.1, owner="party-a")
    astray = Flight("q", 44.05, 33.05, owner="party-a")  # in none of its own: it may be the ship
    jet = Flight("j", 44.05, 33.0, owner="party-b")
    heard(watch, 0, ship, plane, astray, jet)
    keys = {key for key in standing(watch) if "round ship" in key}
    assert keys == {name("separation", each, "j") for each in ("s", "q")}


def test_of_several_guarded_the_one_that_the_other_side_sees_is_named():
    ship = Flight("s", 44.0, 33.0, owner="party-a")
    jet, other = Flight("j", 44.05, 33.0, owner="party-b"), Flight("k", 44, 33.1, owner="party-c")
    watch = watch_of(("hidden", "a", ""), ("shown", "a", "b"))
    heard(watch, 0, ship, jet, other)
    keys = {key for key in standing(watch) if key[-1].startswith("round")}
    assert keys == {
        name("separation", "s", "j", "shown"),
        name("separation", "s", "k", "hidden"),
    }


def test_of_a_track_that_goes_from_one_guarded_intent_into_another_one_warning_stands():
    jet = Flight("j", 44.05, 33.05, owner="party-b")
    watch = watch_of(("one", "a", "b"), ("two", "a", "b"))
    watch.put_intent("one", area(44.0, 33.0, 2000), name="one", owner="party-a")
    watch.put_intent("two", area(44.0, 33.1, 2000), name="two", owner="party-a")
    told = []
    for second, longitude, intent in ((0, 33.0, "one"), (40, 33.1, "two"), (80, 33.0, "one")):
        events = heard(watch, second, Flight("s", 44.0, longitude, owner="party-a"), jet)
        told += [event for event, kind in said(events) if kind == "separation"]
        keys = {key for key in standing(watch) if key[-1].startswith("round")}
        assert keys == {name("separation", "s", "j", intent)}
    assert told == ["Raised", *["Raised", "Lapsed"] * 2]


def test_a_buffer_that_ends_or_an_intent_that_is_guarded_no_more_takes_its_warnings_along():
    ship = Flight("s", 44.0, 33.0, owner="party-a")
    jet = Flight("j", 44.05, 33.0, owner="party-b")
    watch = watch_of(("ship", "a", "b"))
    heard(watch, 0, ship, jet)
    events = watch.put_buffer(buffer(("ship", "a", "")), at(1))
    assert said(events) == [("Lapsed", "separation")]
    heard(watch, 2, ship, jet)
    assert said(watch.remove_buffer("agreement/x/1/ships", at(3))) == [("Lapsed", "separation")]


def test_a_swarm_within_a_buffer_is_counted_beyond_the_places_and_hides_nobody_else():
    ship = Flight("s", 44.0, 33.0, owner="party-a")
    swarm = [Flight(f"x{k:02}", 44.05, 33.0 + k / 1000, owner="party-b") for k in range(30)]
    single = Flight("y", 44.06, 33.0, owner="party-c")
    watch = watch_of(("ship", "a", "bc"))
    heard(watch, 0, ship, *swarm, single)
    told = standing(watch)
    assert name("separation", "s", "y") in told
    assert len([key for key in told if key[1] == "track s" and "round ship" in key]) == 11
    (counted,) = [each for key, each in told.items() if key[1] == "party party-a"]
    assert counted.objects[0].count == 20
    # All fall silent: nobody has seen them apart.
    events = [event for second in range(1, 200) for event in watch.tick(at(second))]
    assert not {"Cleared", "Lapsed"} & {kind for kind, _ in said(events)}


def test_two_swarms_within_a_buffer_are_looked_at_in_part_and_counted(monkeypatch):
    ships = [Flight(f"s{k:02}", 44.0, 33.0 + k / 1000, owner="party-a") for k in range(30)]
    swarm = [Flight(f"x{k:02}", 44.05, 33.0 + k / 1000, owner="party-b") for k in range(30)]
    single = Flight("y", 44.06, 33.0, owner="party-c")
    watch = watch_of(("ship", "a", "bc"))
    heard(watch, 0, *ships[:6], *swarm[:6])
    before = set(standing(watch))
    assert len(before) == 36
    searched(monkeypatch, pairs=0, per_mover=0, per_track=1)
    for second in range(1, 30):
        events = heard(watch, second, *ships, *swarm, single)
        assert not {"Cleared", "Lapsed"} & {kind for kind, _ in said(events)}
    told = standing(watch)
    assert {told[each].verdict for each in before} == {Verdict.HOLDS}
    pairs = {key[1:3] for key in told if key[1] != "party party-a"}
    assert {one for one, _ in pairs} == {f"track s{k:02}" for k in range(30)}
    (counted,) = [each for key, each in told.items() if key[1] == "party party-a"]
    assert 1 <= counted.objects[0].count <= 30 * 31 - len(pairs)


def test_who_is_not_guarded_takes_no_room_of_who_is(monkeypatch):
    """Two parties that are bound and not guarded are not held against each other."""
    ship = Flight("s", 44.1, 33.3, owner="party-a")
    crowd = [
        Flight(f"x{k:02}", 44.1, 33.1 + k / 1000, owner=f"party-{'bc'[k % 2]}") for k in range(20)
    ]
    # As many as there are with the ship, and too many if there were also those among the others.
    searched(monkeypatch, pairs=20, per_mover=0, per_track=0)
    kept = []
    real = buffers.within_reach
    monkeypatch.setattr(
        buffers, "within_reach", lambda *given: kept.append(real(*given)) or kept[-1]
    )
    watch = watch_of(("ship", "a", "bc"))
    heard(watch, 0, *crowd[:10], ship, *crowd[10:])
    ((pairs, passed_over),) = kept
    assert len(pairs) == 20
    assert passed_over == {}
    assert {key[1:3] for key in standing(watch)} == {
        ("track s", f"track x{k:02}") for k in range(20)
    }


PAIRS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(5, 12), st.booleans()),
    max_size=40,
    unique_by=lambda p: p[:2],
)


@settings(max_examples=60, deadline=None)
@given(PAIRS, st.lists(st.integers(0, 3), min_size=13, max_size=13), st.integers(1, 3))
@example([(0, k, False) for k in range(5, 13)], [0] * 5 + [1] * 8, 2)
def test_places_are_given_in_order_to_tracks_and_parties(pairs, owners, most):
    check_places(pairs, owners, most)


def check_places(pairs, owners, most):
    """Against the same, pair by pair."""
    taken = {}
    expected = []
    for one, other, stands in pairs:
        names = ("track", one), ("party", owners[one], owners[other])
        is_told = stands or min(taken.get(each, 0) for each in names) < most
        expected.append(is_told)
        for each in names if is_told else ():
            taken[each] = taken.get(each, 0) + 1
    rows = np.array([pair[:2] for pair in pairs], np.int64).reshape(-1, 2)
    stands = np.array([pair[2] for pair in pairs], np.bool_)
    assert buffers._given(np.array(owners), rows, stands, most).tolist() == expected


@pytest.mark.parametrize("fault", ["one place too many", "what stands is passed over"])
def test_that_comparison_finds_places_given_otherwise(fault, monkeypatch):
    real = buffers._given

    def planted(owner, pairs, stands, most):
        if fault == "one place too many":
            return real(owner, pairs, stands, most + 1)
        return real(owner, pairs, stands & False, most)

    monkeypatch.setattr(buffers, "_given", planted)
    ten = [(0, k, k == 12) for k in range(5, 13)]
    with pytest.raises(AssertionError):
        check_places(ten, [0] * 5 + [1] * 8, 2)
