"""Predictions along declared ways: against exact geodesics walked point by point, beside the
straight line and never in its place, and told to nobody who may not see what they rest on.
"""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flights import GEOD, Flight, area, at, said
from wideberth.model.warnings import WarningKind
from wideberth.space.altitude import altitude
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D, circle
from wideberth.watch import along
from wideberth.watch import ways as ways_module
from wideberth.watch._crowds import Bounds
from wideberth.watch.closest import candidates
from wideberth.watch.engine import Watch
from wideberth.watch.look import Look
from wideberth.watch.observations import Verdict
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import FeedSettings, PairSettings, TrackSettings, WatchSettings
from wideberth.watch.ways import Way, Ways, way_through
from wideberth.watch.zones import watched

HALF_M = 300.0
SETTINGS = WatchSettings(
    tracks=TrackSettings(
        default_feed=FeedSettings(horizontal_error_m=10, vertical_error_m=10, clock_error_us=0),
        widening_m_s=0,
    ),
    pairs=PairSettings(horizontal_m=1000, vertical_m=150, look_ahead_us=120 * SECOND_US),
)


def step(place, course, metres):
    longitude, latitude, _ = GEOD.fwd(place[1], place[0], course, metres)
    return latitude, longitude


def heard(watch, seconds, *flights):
    reports = [each.report(seconds) for each in flights]
    watch.observe(ReportBatch.of(reports, feed="radio", feed_party="desk"), at(seconds))
    return watch.tick(at(seconds))


def everywhere():
    return area(47.0, 8.0, 60_000, upper=3000)


def turning(start=(47.0, 8.0), first=90.0, after_m=2000.0, second=0.0, then_m=9000.0):
    """A way that goes so far on one course and then so far on another."""
    corner = step(start, first, after_m)
    return Way((step(start, first, -500.0), corner, step(corner, second, then_m)), HALF_M)


def watch_with(way, *, owner="party-a", others=(), rules=SETTINGS):
    watch = Watch(rules)
    watch.put_intent("plan", everywhere(), name="A-1", owner=owner, way=way, warn_entry=False)
    for name, whose, other in others:
        watch.put_intent(name, everywhere(), name=name, owner=whose, way=other, warn_entry=False)
    return watch


def standing(watch):
    return {
        (str(key.kind), *(f"{each.kind} {each.id}" for each in key.objects)): warning.seen
        for key, warning in watch.standing.items()
    }


def walked(way, start, speed, seconds):
    """Where a thing is that goes from start to the second point of a way and on: step by step on
    exact geodesics.
    """
    place, left_m = start, speed * seconds
    for point in way.points[1:]:
        course, _, metres = GEOD.inv(place[1], place[0], point[1], point[0])
        if left_m <= metres:
            return step(place, course, left_m)
        place, left_m = point, left_m - metres
    return None


@st.composite
def meetings(draw):
    start = draw(st.sampled_from([(47.0, 8.0), (0.0, 179.99), (-70.0, -180.0), (0.0, 0.0)]))
    first, second = draw(st.floats(0, 360)), draw(st.floats(0, 360))
    way = turning(start, first, draw(st.floats(200, 4000)), second, draw(st.floats(500, 12_000)))
    speed = draw(st.floats(10, 120))
    # Somebody who will be near a place on the way at about a time.
    at_s = draw(st.floats(0, 130))
    meeting = walked(way, start, speed, at_s) or way.points[-1]
    meeting = step(meeting, draw(st.floats(0, 360)), draw(st.floats(0, 2500)))
    course, other = draw(st.floats(0, 360)), draw(st.sampled_from([0.0, 20.0, 90.0]))
    begin = step(meeting, course + 180, other * at_s)
    height = draw(st.floats(300, 900))
    return way, start, first, speed, begin, course, other, height


def check_against_walk(case):
    way, start, first, speed, begin, course, other, height = case
    a = Flight("a", *start, speed, first)
    b = Flight("b", *begin, other, course, altitude_w84_m=height)
    watch = Watch(SETTINGS)
    volumes = area(*start, 60_000, upper=3000)
    watch.put_intent("plan", volumes, name="A-1", owner="party-a", way=way, warn_entry=False)
    heard(watch, 0, a, b)
    least, first_s = math.inf, math.inf
    for second in np.arange(0, 120.01, 0.5):
        mine = walked(way, start, speed, second)
        if mine is None:
            break
        bearing, _, _ = GEOD.inv(begin[1], begin[0], *step(begin, course, 1.0)[::-1])
        theirs = step(begin, bearing if other else 0.0, other * second)
        _, _, metres = GEOD.inv(mine[1], mine[0], theirs[1], theirs[0])
        if abs(height - 500.0) <= 150 + 20:
            least = min(least, metres)
            if metres <= 1000 + 20:
                first_s = min(first_s, second)
    told = standing(watch)
    straight = [each for key, each in told.items() if len(key) == 3]
    bent = told.get(("conflict", "track a", "track b", "way plan"))
    straight_level = max((each.level for each in straight), default=0)
    # Either it is told, or the straight line says at least as much.
    if first_s < math.inf:
        urgency = 4 if first_s <= 0 else 1 + (first_s <= 60) + (first_s <= 30)
        assert bent is not None or straight_level >= urgency
        if bent is not None:
            assert bent.margin.time_us <= first_s * SECOND_US + 1000
    if bent is not None:  # and nothing is told that is not within all that was allowed for
        assert least <= 1000 + bent.uncertainty.horizontal_mm / 1000 + 60
        assert abs(height - 500.0) <= 150 + 20.01


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(meetings())
def test_no_meeting_on_the_way_is_missed_that_a_walk_along_exact_geodesics_finds(case):
    check_against_walk(case)


def test_that_walk_finds_a_way_that_is_left_at_its_corner(monkeypatch):
    """Planted: after its corner a track is taken to stand still."""
    real = ways_module.follow

    def planted(*arguments):
        count, *columns = real(*arguments)
        kept = columns[5] <= 0.0  # begin_s: the first leg alone
        kept[count:] = False
        return int(kept.sum()), *(each[kept] for each in columns)

    monkeypatch.setattr(ways_module, "follow", planted)
    search = settings(
        max_examples=60, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    with pytest.raises(AssertionError):
        search(given(meetings())(check_against_walk))()


def test_a_turn_that_is_declared_is_predicted_beside_the_straight_line():
    corner = step((47.0, 8.0), 90, 2000)
    ahead = Flight("ahead", *step((47.0, 8.0), 90, 6000))  # where the straight line leads
    beside = Flight("beside", *step(corner, 0, 4000))  # where the plan leads
    a = Flight("a", 47.0, 8.0, 50.0, 90.0)
    watch = watch_with(turning())
    heard(watch, 0, a, ahead, beside)
    told = standing(watch)
    assert set(told) == {
        ("conflict", "track a", "track ahead"),
        ("conflict", "track a", "track beside", "way plan"),
    }
    by_line = told["conflict", "track a", "track ahead"]
    by_plan = told["conflict", "track a", "track beside", "way plan"]
    assert (by_line.rule, by_plan.rule) == ("pair-separation", "pair-separation-along-intent")
    # 2 km to the corner and 4 km behind it, less what is kept and what it may be beside the way.
    assert 70 < by_plan.margin.time_us / SECOND_US < 105
    assert by_plan.uncertainty.horizontal_mm > by_line.uncertainty.horizontal_mm
    assert by_plan.objects[2].identifying() == ("plan", "A-1", "party-a", "version 1")


def test_two_that_turn_toward_each_other_rest_on_both_plans_and_each_alone_on_none():
    a, b = Flight("a", 47.0, 8.0, 50.0, 90.0), Flight("b", 47.08, 8.0, 50.0, 90.0)
    watch = watch_with(
        turning(second=0.0), others=[("their", "party-b", turning((47.08, 8.0), second=180.0))]
    )
    heard(watch, 0, a, b)
    assert set(standing(watch)) == {("conflict", "track a", "track b", "way plan", "way their")}


@pytest.mark.parametrize(
    ("flight", "why"),
    [
        (Flight("a", 47.0, 8.0, 50.0, 270.0), "it goes against the way"),
        (Flight("a", *step((47.0, 8.0), 0, 400), 50.0, 90.0), "it is beside the way"),
        (Flight("a", 47.0, 8.0, 50.0, 90.0, altitude_w84_m=4000.0), "it is over the band"),
        (Flight("a", 47.0, 8.0, 50.0, 90.0, owner="party-c"), "it is another party's"),
        (Flight("a", 47.0, 8.0, 0.0, 90.0), "it stands"),
    ],
)
def test_who_does_not_go_along_a_way_is_not_predicted_along_it(flight, why):
    corner = step((47.0, 8.0), 90, 2000)
    high = flight.more["altitude_w84_m"]
    beside = Flight("beside", *step(corner, 0, 4000), altitude_w84_m=high)
    watch = watch_with(turning())
    heard(watch, 0, flight, beside)
    assert not [key for key in standing(watch) if key[0] == "conflict"], why


def test_a_turn_into_a_zone_is_told_and_over_when_it_has_turned_away():
    a = Flight("a", 47.0, 8.0, 50.0, 90.0)
    corner = step((47.0, 8.0), 90, 2000)
    watch = watch_with(turning())
    watch.put_zone("z", area(*step(corner, 0, 3000), 1000), name="closed")
    heard(watch, 0, a)
    told = standing(watch)
    name = ("incursion", "track a", "zone z", "way plan")
    assert set(told) == {name}
    assert told[name].rule == "zone-keep-out-along-intent"
    assert told[name].margin.time_us / SECOND_US == pytest.approx(80, abs=12)
    # It flies straight on, past the corner and off its plan: nothing is known along it any more.
    for second in range(5, 60, 5):
        heard(watch, second, a)
    (warning,) = [each for each in watch.standing.values() if each.key.objects[-1].kind == "way"]
    assert warning.last_known_since_us is not None, "off its way nothing is cleared"
    events = watch.remove_intent("plan", at(61))
    assert ("Lapsed", "incursion") in said(events)


def test_what_is_over_on_the_way_is_cleared_by_fresh_positions():
    a = Flight("a", 47.0, 8.0, 50.0, 90.0)
    corner = step((47.0, 8.0), 90, 2000)
    watch = watch_with(turning())
    beside = Flight("beside", *step(corner, 0, 4000))
    heard(watch, 0, a, beside)
    assert standing(watch)
    away = Flight("beside", *step(corner, 0, 40_000))
    events = []
    for second in range(1, 40):
        report = [a.report(second), away.report(second)]
        watch.observe(ReportBatch.of(report, feed="radio", feed_party="desk"), at(second))
        events += watch.tick(at(second))
    kinds = [kind for kind in said(events) if kind[1] == "conflict"]
    # A jump of 36 km is implausible at first, and clears nothing then.
    assert kinds == [("Worsened", "conflict"), ("Cleared", "conflict")]


def test_more_pairs_along_a_way_than_places_are_counted_to_its_party():
    rules = WatchSettings(
        tracks=SETTINGS.tracks,
        pairs=PairSettings(
            horizontal_m=1000, vertical_m=150, look_ahead_us=120 * SECOND_US, told_per_track=2
        ),
    )
    corner = step((47.0, 8.0), 90, 2000)
    crowd = [Flight(f"x{k}", *step(corner, 0, 4000 + 20 * k), owner="party-x") for k in range(6)]
    watch = watch_with(turning(), rules=rules)
    heard(watch, 0, Flight("a", 47.0, 8.0, 50.0, 90.0), *crowd)
    told = standing(watch)
    pairs = [key for key in told if key[1] == "track a"]
    assert len(pairs) == 2
    (counted,) = [each for key, each in told.items() if key[1] == "party party-a"]
    assert counted.objects[0].count == 4
    # The crowd falls silent; who goes along the way is heard on.
    kinds: set[str] = set()
    for second in range(1, 90):
        events = heard(watch, second, Flight("a", 47.0, 8.0, 50.0, 90.0))
        kinds |= {kind for kind, _ in said(events)}
    assert not {"Cleared", "Lapsed"} & kinds


def bounded(monkeypatch, **bounds):
    """Crowds are what has more pairs than this."""

    def search(movers, limits, *, same_owner):
        return candidates(movers, limits, same_owner=same_owner, bounds=Bounds(**bounds))

    monkeypatch.setattr(along, "candidates", search)


def on_the_way_and_at_its_end(count):
    corner = step((47.0, 8.0), 90, 2000)
    going = [
        Flight(f"a{k}", *step((47.0, 8.0), 90, 10 * k), 50.0, 90.0, owner="party-a")
        for k in range(count)
    ]
    there = [Flight(f"x{k}", *step(corner, 0, 4000 + 20 * k), owner="party-x") for k in range(7)]
    return going, there


def test_pairs_along_a_way_that_a_crowd_hides_are_counted_too(monkeypatch):
    going, there = on_the_way_and_at_its_end(12)
    counts = []
    for bounds in ({}, {"pairs": 0, "per_mover": 0, "per_track": 1}):
        bounded(monkeypatch, **bounds)
        watch = watch_with(turning())
        heard(watch, 0, *going, *there)
        told = standing(watch)
        pairs = {key for key in told if key[-1] == "way plan" and key[1] != "party party-a"}
        count = told.get(("conflict", "party party-a", "way plan"))
        counts.append((pairs, 0 if count is None else count.objects[0].count))
    (all_pairs, none), (some_pairs, count) = counts
    assert len(all_pairs) == 84
    assert none == 0
    assert some_pairs < all_pairs
    assert {key[1] for key in some_pairs} == {f"track a{k}" for k in range(12)}
    # "at least": one of each that goes along the way and was passed over, never more than there are
    missing = all_pairs - some_pairs
    assert len({key[1] for key in missing}) <= count <= len(missing)


def test_what_stands_along_a_way_is_not_cleared_because_a_crowd_came(monkeypatch):
    going, there = on_the_way_and_at_its_end(8)
    watch = watch_with(turning())
    heard(watch, 0, *going, *there)
    stood = {key for key in standing(watch) if key[-1] == "way plan"}
    assert len(stood) == 56
    bounded(monkeypatch, pairs=0, per_mover=0, per_track=1)
    for second in range(1, 40):
        events = heard(watch, second, *going, *there)
        assert not {"Cleared", "Lapsed"} & {kind for kind, _ in said(events)}
    told = standing(watch)
    assert stood <= told.keys()
    assert all(told[key].verdict is Verdict.HOLDS for key in stood)


def test_straight_lines_of_a_crowd_take_no_room_of_ways(monkeypatch):
    """Tracks that nobody says whose they are make pairs among each other."""
    corner = step((47.0, 8.0), 90, 2000)
    going, _ = on_the_way_and_at_its_end(4)
    place = step(corner, 0, 4000)
    there = [Flight(f"x{k}", *step(place, 0, k), owner=None) for k in range(40)]
    aside = [Flight(f"y{k}", *step(place, 270, 4000 + k), owner=None) for k in range(40)]
    # At each place 780 among each other; with no more than two legs each, four times 40.
    bounded(monkeypatch, pairs=320, per_mover=0, per_track=0)
    each = PairSettings(
        horizontal_m=1000, vertical_m=150, look_ahead_us=120 * SECOND_US, told_per_track=1000
    )
    watch = watch_with(turning(), rules=WatchSettings(tracks=SETTINGS.tracks, pairs=each))
    heard(watch, 0, *going, *there, *aside)
    pairs = [key for key in standing(watch) if key[-1] == "way plan"]
    assert len(pairs) == 4 * 40
    assert not [key for key in pairs if key[1] == "party party-a"]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(meetings())
def test_what_the_straight_line_raises_is_raised_whatever_is_declared(case):
    way, start, first, speed, begin, course, other, height = case
    a = Flight("a", *start, speed, first)
    b = Flight("b", *begin, other, course, altitude_w84_m=height)
    said_by = []
    for declared in (None, way):
        watch = Watch(SETTINGS)
        volumes = area(*start, 60_000, upper=3000)
        watch.put_intent(
            "plan", volumes, name="A-1", owner="party-a", way=declared, warn_entry=False
        )
        heard(watch, 0, a, b)
        said_by.append(
            {key: each for key, each in standing(watch).items() if "way plan" not in key}
        )
    assert said_by[0] == said_by[1]


def test_volumes_one_after_the_other_are_a_way_and_one_alone_or_two_at_once_are_none():
    def volume(place, start_s, radius_m=400):
        return Volume4D(
            circle(*place, radius_m),
            altitude(0, "M", "W84"),
            altitude(1000, "M", "W84"),
            at(start_s),
            at(start_s + 90),
        )

    places = [step((47.0, 8.0), 90, 800 * k) for k in range(3)]
    chain = [volume(place, 60 * k) for k, place in enumerate(places)]
    way = way_through(chain[::-1])
    assert way is not None
    assert way.half_width_m == 400
    assert np.allclose(way.points, places, atol=1e-8)
    assert way_through(chain[:1]) is None
    assert way_through([chain[0], volume(places[1], 0)]) is None
    assert way_through([chain[0], volume(places[1], 60, 6000)]) is None


def test_the_height_on_a_way_ends_at_the_band_and_is_uncertain_by_where_it_ends():
    watch = watch_with(turning())
    a = Flight("a", 47.0, 8.0, 50.0, 90.0, altitude_w84_m=2800.0, vertical_rate_m_s=10.0)
    watch.observe(ReportBatch.of([a.report(0)], feed="radio", feed_party="desk"), at(0))
    ways = Ways()
    band = everywhere()
    ways.put(
        "plan", turning(), [watched(each) for each in band],
        owner="party-a", call_sign="", track_ids=None,
    )  # fmt: skip
    legs = ways.legs(Look.at(watch.table, at(0)), 120.0)
    movers = legs.movers
    ends = movers.altitude_w84_m + movers.climb_m_s * (legs.end_s - legs.begin_s)
    assert np.all(ends <= 3000.001)
    # 40 s to the corner, at the top of the band after 20 s: 100 m over the straight climb.
    assert movers.vertical_error_m[0] == pytest.approx(10 + 100, abs=1)


def test_only_what_conforms_to_its_call_sign_follows_of_several_at_one_place():
    watch = Watch(SETTINGS)
    for name, second in (("north", 0.0), ("south", 180.0)):
        watch.put_intent(
            name, everywhere(), name=name, owner="party-a", way=turning(second=second),
            call_sign=name.upper(), warn_entry=False,
        )  # fmt: skip
    corner = step((47.0, 8.0), 90, 2000)
    a = Flight("a", 47.0, 8.0, 50.0, 90.0, callsign="SOUTH")
    others = [
        Flight(name, *step(corner, bearing, 4000)) for name, bearing in (("n", 0), ("s", 180))
    ]
    heard(watch, 0, a, *others)
    assert set(standing(watch)) == {("conflict", "track a", "track s", "way south")}
    assert {key.kind for key in watch.standing} == {WarningKind.CONFLICT}
