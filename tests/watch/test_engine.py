"""The watch as a whole: reports and areas in, warnings out, the same each time."""

import itertools
import math

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flights import GEOD, Flight, area, at, said
from wideberth.model.warnings import WarningKind
from wideberth.space.time import SECOND_US
from wideberth.watch.engine import Watch
from wideberth.watch.observations import ObjectRef, WarningKey
from wideberth.watch.reports import ReportBatch
from wideberth.watch.rows import rows_of
from wideberth.watch.settings import FeedSettings, PairSettings, TrackSettings, WatchSettings

SETTINGS = WatchSettings(
    tracks=TrackSettings(default_feed=FeedSettings(horizontal_error_m=10, vertical_error_m=10)),
    pairs=PairSettings(horizontal_m=1000, vertical_m=150, look_ahead_us=120 * SECOND_US),
)


def heard(watch, seconds, *flights, **changed):
    reports = [flight.report(seconds, **changed) for flight in flights]
    watch.observe(ReportBatch.of(reports, feed="radio", feed_party="desk"), at(seconds))
    return said(watch.tick(at(seconds)))


def held(watch, seconds):
    return rows_of(watch.table, watch.table.slots(), at(seconds))


def run(watch, seconds, *flights):
    return {second: told for second in seconds if (told := heard(watch, second, *flights))}


def head_on():
    return (
        Flight("a", 47.0, 8.0, 50.0, 90.0, callsign="ALPHA"),
        Flight("b", 47.0, 8.15, 50.0, 270.0),
    )


def test_two_head_on_are_a_conflict_then_a_loss_of_separation_then_clear():
    told = run(Watch(SETTINGS), range(0, 300, 5), *head_on())
    flat = [event for second in sorted(told) for event in told[second]]
    assert flat == [
        ("Raised", "conflict"),
        ("Worsened", "conflict"),
        ("Worsened", "conflict"),
        ("Raised", "separation"),
        ("Lapsed", "conflict"),
        ("Worsened", "separation"),
        ("Cleared", "separation"),
    ]
    # 11.4 km apart at 100 m/s, 1,000 m and both uncertainties to keep.
    raised = {event: second for second in sorted(told, reverse=True) for event in told[second]}
    assert raised[("Raised", "conflict")] == 0
    assert raised[("Raised", "separation")] == 105


@pytest.mark.requirement("L-06")
@pytest.mark.requirement("L-11")
def test_a_warning_says_rule_margin_uncertainty_and_two_facts_of_each():
    watch = Watch(SETTINGS)
    heard(watch, 0, *head_on())
    (warning,) = watch.standing.values()
    seen = warning.seen
    assert (seen.rule, seen.rule_version, seen.predicted) == ("pair-separation", "1", True)
    assert seen.margin.time_us > 0
    assert seen.margin.required_horizontal_mm == 1_000_000
    assert 11_000_000 < seen.margin.now_horizontal_mm < 11_500_000
    assert seen.uncertainty.horizontal_mm >= 2 * (10 + 50) * 1000
    names = [facts.identifying() for facts in seen.objects]
    assert names[0][:2] == ("a", "ALPHA")
    assert all(len(facts) >= 2 for facts in names)


def test_two_not_well_clear_are_warned_of_by_that_rule_with_time_and_miss_distance():
    pairs = msgspec.structs.replace(SETTINGS.pairs, well_clear="phase-1", by_distance=False)
    rules = msgspec.structs.replace(SETTINGS, pairs=pairs)
    watch = Watch(rules)
    told = run(watch, range(0, 300, 5), *head_on())
    flat = [event for second in sorted(told) for event in told[second]]
    assert flat[0] == ("Raised", "conflict")
    assert flat[-1] == ("Cleared", "separation")
    # 11.4 km apart at 100 m/s: modified tau is 35 s, its widening aside, 3.9 km before they meet.
    now = [second for second, each in told.items() if ("Raised", "separation") in each]
    assert 65 <= now[0] <= 75
    watch = Watch(rules)
    heard(watch, 0, *head_on())
    (warning,) = watch.standing.values()
    seen = warning.seen
    assert seen.rule == "well-clear-phase-1"
    assert seen.margin.required_horizontal_mm == 1_222_320
    assert seen.margin.required_vertical_mm == 137_160
    assert 65_000_000 < seen.margin.time_us < 75_000_000
    assert seen.margin.horizontal_mm < 100_000


def test_the_same_calls_give_the_same_events():
    def events():
        watch, told = Watch(SETTINGS), []
        watch.put_zone("z", area(47.0, 8.07, 500.0), name="Fire")
        for seconds in range(0, 200, 5):
            reports = [flight.report(seconds) for flight in head_on()]
            watch.observe(ReportBatch.of(reports, feed="radio"), at(seconds))
            told += watch.tick(at(seconds))
        return told

    assert events() == events()
    assert len(events()) > 50


@pytest.mark.requirement("L-05")
def test_silence_ends_no_warning_and_is_one_itself():
    watch = Watch(SETTINGS)
    flights = head_on()
    heard(watch, 0, *flights)
    assert said(watch.tick(at(15))) == []
    told = said(watch.tick(at(61)))
    assert told == [("Raised", "silence"), ("Raised", "silence"), ("Worsened", "conflict")]
    conflict = next(w for k, w in watch.standing.items() if k.kind is WarningKind.CONFLICT)
    assert conflict.last_known_since_us == at(61)
    assert said(watch.tick(at(200))) == [("Worsened", "silence")] * 2
    assert said(watch.tick(at(7000))) == [("Worsened", "silence")] * 2  # forgotten, last known
    kinds = sorted(str(key.kind) for key in watch.standing)
    assert kinds == ["conflict", "silence", "silence"]


def test_a_party_that_speaks_again_far_away_clears_what_it_stood_for():
    watch = Watch(SETTINGS)
    a, b = head_on()
    heard(watch, 0, a, b)
    watch.tick(at(100))
    away = Flight("b", 47.0, 8.5, 50.0, 90.0)
    told = run(watch, range(105, 160, 5), a, away)
    flat = [event for second in sorted(told) for event in told[second]]
    assert ("Cleared", "conflict") in flat
    assert flat.count(("Cleared", "silence")) == 2


def test_a_height_that_nobody_knows_is_every_height():
    watch = Watch(SETTINGS)
    a, b = head_on()
    b.more["altitude_w84_m"] = None
    assert heard(watch, 0, a, b) == [("Raised", "conflict")]
    (warning,) = watch.standing.values()
    assert warning.seen.uncertainty.vertical_mm is None
    watch = Watch(SETTINGS)
    b.more["altitude_w84_m"] = 3000.0
    assert heard(watch, 0, a, b) == []


@pytest.mark.requirement("L-12")
def test_a_feeds_clock_error_widens_what_is_too_close_and_is_said():
    flights = Flight("a", 47.0, 8.0, 50.0, 0.0), Flight("b", 47.0, 8.02, 50.0, 0.0)
    assert heard(Watch(SETTINGS), 0, *flights) == []
    unsure = FeedSettings(clock_error_us=6 * SECOND_US, horizontal_error_m=10)
    watch = Watch(msgspec.structs.replace(SETTINGS, tracks=TrackSettings(feeds={"radio": unsure})))
    assert heard(watch, 0, *flights) == [("Raised", "separation")]
    (warning,) = watch.standing.values()
    assert warning.seen.uncertainty.time_us == 6 * SECOND_US
    assert warning.seen.uncertainty.horizontal_mm >= 2 * (10 + 300) * 1000


def test_nobody_on_the_ground_is_predicted_but_is_held_ever_less_surely():
    convoy = Flight("convoy", 47.0, 8.0, 20.0, 90.0)
    zone = area(47.0, 8.03, 500.0)
    for predict, told in ((True, [("Raised", "incursion")]), (False, [])):
        feed = FeedSettings(predict=predict, horizontal_error_m=10, clock_error_us=0)
        watch = Watch(
            msgspec.structs.replace(SETTINGS, tracks=TrackSettings(feeds={"radio": feed}))
        )
        watch.put_zone("z", zone, name="Impact area")
        assert heard(watch, 0, convoy) == told
    assert held(watch, 40)[0].uncertainty_m == 10 + 40 * (5 + 20)


def test_one_party_keeps_its_own_things_apart():
    a, b = head_on()
    b.more["owner"] = a.more["owner"]
    assert heard(Watch(SETTINGS), 0, a, b) == []


def test_a_zone_is_foretold_entered_and_left_and_spares_whoever_may_be_there():
    flight = Flight("a", 47.0, 8.0, 50.0, 90.0)
    guest = Flight("g", 47.01, 8.1)
    watch = Watch(SETTINGS)
    watch.put_zone("fta", area(47.0, 8.1, 2000.0), name="Fire", exempt=["party-g"])
    told = run(watch, range(0, 400, 5), flight, guest)
    flat = [event for second in sorted(told) for event in told[second]]
    assert flat == [
        ("Raised", "incursion"),
        ("Worsened", "incursion"),
        ("Worsened", "incursion"),
        ("Worsened", "incursion"),
        ("Cleared", "incursion"),
    ]


def test_a_removed_zone_takes_its_warnings_along_as_a_lapse():
    watch = Watch(SETTINGS)
    watch.put_zone("fta", area(47.0, 8.0, 2000.0), name="Fire")
    heard(watch, 0, Flight("a", 47.0, 8.0))
    (event,) = watch.remove_zone("fta", at(1))
    assert event.reason == "withdrawn"
    assert not watch.standing
    assert watch.remove_zone("fta", at(1)) == []


def test_a_track_departs_only_from_an_intent_that_it_was_in():
    flight = Flight("a", 47.0, 8.0, 50.0, 90.0)
    watch = Watch(SETTINGS)
    watch.put_intent("work", area(47.0, 8.02, 800.0), name="Drop", owner="party-a")
    told = run(watch, range(0, 100, 5), flight)
    # In at 720 m (14 s), out again at 2,320 m (46 s).
    assert list(told) == [50, 60]
    assert told[50] == [("Raised", "departure")]
    warning = watch.standing[
        WarningKey(
            WarningKind.DEPARTURE,
            (ObjectRef("track", "a", "desk", "radio"), ObjectRef("intent", "work")),
        )
    ]
    assert warning.seen.margin.horizontal_mm > 2_000_000
    back = Flight("a", 47.0, 8.02)
    assert ("Cleared", "departure") in [
        event for told in run(watch, range(200, 240, 5), back).values() for event in told
    ]


def test_a_track_that_was_named_departs_also_when_it_never_was_inside():
    watch = Watch(SETTINGS)
    box = area(47.0, 8.5, 800.0)
    watch.put_intent("box", box, name="Box", owner="party-a", track_ids=["a"])
    assert heard(watch, 0, Flight("a", 47.0, 8.0)) == [("Raised", "departure")]


def test_flying_from_one_own_intent_into_the_next_is_no_departure():
    watch = Watch(SETTINGS)
    watch.put_intent("one", area(47.0, 8.0, 1200.0), name="One", owner="party-a")
    watch.put_intent("two", area(47.0, 8.02, 1200.0), name="Two", owner="party-a")
    assert run(watch, range(0, 50, 5), Flight("a", 47.0, 8.0, 30.0, 90.0)) == {}


def test_others_are_warned_of_a_declared_volume_and_its_owner_is_not():
    watch = Watch(SETTINGS)
    watch.put_intent("work", area(47.0, 8.0, 800.0), name="Drop", owner="party-a")
    told = heard(watch, 0, Flight("a", 47.0, 8.0, altitude_w84_m=900.0), Flight("n", 47.0, 8.0))
    assert told == [("Raised", "incursion")]
    (key,) = watch.standing
    assert [ref.id for ref in key.objects] == ["n", "work"]
    quiet = Watch(SETTINGS)
    quiet.put_intent("site", area(47.0, 8.0, 800.0), name="Site", owner="party-a", warn_entry=False)
    assert heard(quiet, 0, Flight("n", 47.0, 8.0)) == []


def test_an_implausible_track_is_flagged_and_clears_nothing():
    watch = Watch(SETTINGS)
    a, b = head_on()
    heard(watch, 0, a, b)
    jumped = Flight("b", 60.0, 8.0)
    told = heard(watch, 5, a, jumped)
    assert ("Raised", "implausible") in told
    assert ("Worsened", "conflict") in told  # last known: what b says cannot be
    assert heard(watch, 10, a, jumped) == []
    kinds = {str(key.kind) for key in watch.standing}
    assert {"conflict", "implausible"} <= kinds


def test_what_is_held_can_be_seen_and_says_what_it_rests_on():
    watch = Watch(SETTINGS)
    heard(watch, 0, *head_on())
    assert watch.table.newest_us() == {("desk", "radio"): at(0)}
    assert [row.state for row in held(watch, 61)] == ["silent", "silent"]


def test_a_clock_that_runs_backward_is_held():
    watch = Watch(SETTINGS)
    heard(watch, 100, *head_on())
    events = watch.tick(at(50))
    assert all(event.time_us == at(100) for event in events)


ROUTES = st.lists(
    st.tuples(
        st.floats(0, 6_000),  # from the middle
        st.floats(0, 360),
        st.floats(0, 200),
        st.floats(0, 360),
        st.sampled_from([400.0, 500.0, 620.0, None]),
        st.sampled_from([5, 10, 20]),  # a report every so many seconds
    ),
    min_size=2,
    max_size=4,
)


def overlooked(watch_of, middle, routes):
    """Pairs that exact geodesics have within the limits, and zones that hold a reported position,
    at a tick without a warning that stands. Things fly straight on.
    """
    watch = watch_of(SETTINGS)
    watch.put_zone("z", area(*middle, 1500.0, upper=550), name="Zone")
    flights = []
    for k, (away_m, bearing, speed, course, height, every) in enumerate(routes):
        longitude, latitude, _ = GEOD.fwd(middle[1], middle[0], bearing, away_m)
        more = {"altitude_w84_m": height, "vertical_rate_m_s": 0.0}
        flights.append((Flight(f"t{k}", latitude, longitude, speed, course, **more), every))
    problems = []
    for seconds in range(0, 60, 5):
        due = [flight for flight, every in flights if seconds % every == 0]
        heard(watch, seconds, *due)
        told = {(str(key.kind), *(ref.id for ref in key.objects)) for key in watch.standing}
        here = [flight.report(seconds) for flight, _ in flights]
        for a, b in itertools.combinations(here, 2):
            away_m = GEOD.inv(a.longitude_deg, a.latitude_deg, b.longitude_deg, b.latitude_deg)[2]
            heights = a.altitude_w84_m, b.altitude_w84_m
            level = None in heights or abs(heights[0] - heights[1]) <= 150
            if away_m <= 1000 and level and ("separation", a.track_id, b.track_id) not in told:
                problems.append((seconds, a.track_id, b.track_id))
        for one in here:
            away_m = GEOD.inv(one.longitude_deg, one.latitude_deg, middle[1], middle[0])[2]
            low = one.altitude_w84_m is None or one.altitude_w84_m <= 550
            if away_m <= 1500 and low and ("incursion", one.track_id, "z") not in told:
                problems.append((seconds, one.track_id, "z"))
    return problems


MIDDLES = st.sampled_from([(47.0, 8.0), (0.0, 180.0), (89.999, 0.0), (-66.0, -179.999)])


@settings(deadline=None, max_examples=60)
@given(MIDDLES, ROUTES)
@example((89.999, 0.0), [(40.0, 36.0, 13.0, 0.0, 400.0, 10), (1874.0, 2.0, 4.0, 0.0, 400.0, 5)])
def test_whatever_is_too_close_or_inside_has_a_warning_that_stands(middle, routes):
    assert overlooked(Watch, middle, routes) == []


def test_the_check_sees_a_watch_that_takes_a_late_position_for_a_present_one():
    class Stale(Watch):
        def tick(self, now_us):
            slots = self.table.slots()
            self.table.ground_speed_m_s[slots] = 0.0  # the planted fault: nothing moves on
            self.table.settings = msgspec.structs.replace(self.table.settings, widening_m_s=0.0)
            return super().tick(now_us)

    routes = [(1300.0, 270.0, 200.0, 90.0, 500.0, 20), (1300.0, 90.0, 200.0, 270.0, 500.0, 20)]
    assert overlooked(Watch, (47.0, 8.0), routes) == []
    assert overlooked(Stale, (47.0, 8.0), routes) != []


def test_an_empty_watch_ticks():
    watch = Watch()
    watch.put_zone("z", area(0.0, 0.0, 10.0), name="Z")
    assert watch.tick(at(0)) == []
    assert watch.table.newest_us() == {}
    assert math.isfinite(watch.settings.pairs.horizontal_m)
