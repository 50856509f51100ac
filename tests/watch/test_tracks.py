"""The track table against a slow table that takes one report at a time."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.space.time import SECOND_US
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rows import rows_of
from wideberth.watch.settings import FeedSettings, TrackSettings
from wideberth.watch.tracks import TrackKey, TrackTable

NOW_US = 1_600_000_000 * SECOND_US


def report(track_id="a", at_s=0.0, latitude=47.0, longitude=8.0, **more):
    return PositionReport(track_id, NOW_US + round(at_s * SECOND_US), latitude, longitude, **more)


def batch(*reports, feed="radio", party="north"):
    return ReportBatch.of(reports, feed=feed, feed_party=party)


def table_of(*reports, now_s=0.0, settings=None):
    table = TrackTable(settings)
    for each in reports:
        table.update(batch(each), NOW_US + round(now_s * SECOND_US))
    return table


def held(table, track_id="a", now_s=0.0):
    slot = table.slot_of(TrackKey("north", "radio", track_id))
    (row,) = rows_of(table, np.array([slot]), NOW_US + round(now_s * SECOND_US))
    return row


def slow_table(batches):
    """What is held of each track, and the counts, one report after the other."""
    rows, counts = {}, {"taken": 0, "late": 0, "repeated": 0, "refused": 0}
    for reports in batches:
        for each in sorted(reports, key=lambda r: r.time_us):
            bad = not (abs(each.latitude_deg) <= 90 and abs(each.longitude_deg) <= 180)
            ahead = each.time_us - NOW_US > 5 * SECOND_US
            if bad or ahead or not each.track_id:
                counts["refused"] += 1
                continue
            before = rows.get(each.track_id)
            if before is None or each.time_us > before.time_us:
                rows[each.track_id] = each
                counts["taken"] += 1
            else:
                counts["late" if each.time_us < before.time_us else "repeated"] += 1
    return rows, counts


# One place per id and moment, so that nothing contradicts; slow enough to be plausible.
REPORTS = st.builds(
    lambda track, at_s, off, height: report(
        track, at_s, latitude=47 + at_s / 1e4 + off, longitude=8.0, altitude_w84_m=height
    ),
    st.sampled_from(["a", "b", "c", ""]),
    st.integers(-120, 10),
    st.sampled_from([0.0, 0.0, 0.0, math.nan, 60.0]),
    st.none() | st.floats(0, 100),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(REPORTS, max_size=12), max_size=5))
def test_a_table_holds_the_newest_report_of_each_track_in_any_order_and_batches(batches):
    table, counts = (
        TrackTable(capacity=1),
        dict.fromkeys(("taken", "late", "repeated", "refused"), 0),
    )
    for reports in batches:
        update = table.update(batch(*reports), NOW_US)
        assert update.counts["contradictory"] == 0
        for name in counts:
            counts[name] += update.counts[name]
    rows, expected = slow_table(batches)
    assert counts == expected
    assert len(table) == len(rows)
    for track_id, each in rows.items():
        row = held(table, track_id)
        assert (row.time_us, row.latitude_deg, row.longitude_deg) == (
            each.time_us,
            each.latitude_deg,
            each.longitude_deg,
        )
        assert row.altitude_w84_m == each.altitude_w84_m
        trail = table.trail(table.slot_of(TrackKey("north", "radio", track_id)))
        told = {r.time_us for reports in batches for r in reports if r.track_id == track_id}
        assert (np.diff(trail.time_us) > 0).all()
        assert set(trail.time_us.tolist()) <= told
        assert trail.time_us[-1] == each.time_us


def test_the_slow_table_sees_a_table_that_takes_late_reports():
    table = TrackTable()
    newer, older = report(at_s=-5), report(at_s=-60, latitude=46.99)
    table.update(batch(newer), NOW_US)
    slot = table.slot_of(TrackKey("north", "radio", "a"))
    table.time_us[slot] = 0  # the planted fault: it forgot how new its position is
    table.update(batch(older), NOW_US)
    rows, _ = slow_table([[newer], [older]])
    assert held(table).time_us != rows["a"].time_us


def test_a_table_grows_and_uses_freed_slots_again():
    table = TrackTable(capacity=1)
    table.update(batch(*(report(f"t{k}", latitude=k / 10) for k in range(40))), NOW_US)
    assert len(table) == 40
    assert [held(table, f"t{k}").latitude_deg for k in range(40)] == [k / 10 for k in range(40)]
    later = NOW_US + table.settings.forget_after_us + 1
    assert len(table.forget(later)) == 40
    assert len(table) == len(table.slots()) == 0
    table.update(batch(report("new", at_s=7200)), NOW_US + 7200 * SECOND_US)
    assert held(table, "new").callsign is None
    assert len(table.time_us) == 65


def test_bad_rows_are_counted_and_named_and_the_rest_is_taken():
    table = TrackTable()
    update = table.update(
        batch(
            report("good"),
            report("nan", latitude=math.nan),
            report("far", longitude=181.0),
            report("ahead", at_s=6),
            report("old", at_s=-4000),
            report("x" * 200),
            report("year0", at_s=-1e11),
        ),
        NOW_US,
    )
    assert +update.counts == {"taken": 1, "refused": 6}
    assert [(bad.index, bad.rule) for bad in update.bad_rows] == [
        (1, "position"),
        (2, "position"),
        (3, "time-ahead"),
        (4, "time-old"),
        (5, "track-id"),
        (6, "time-range"),
    ]
    assert len(table) == 1


def test_a_field_that_cannot_be_is_taken_as_not_said():
    table = TrackTable()
    update = table.update(
        batch(report(ground_speed_m_s=-3.0, course_deg=400.0, altitude_w84_m=1e9)), NOW_US
    )
    assert update.dropped == {"ground_speed_m_s": 1, "course_deg": 1, "altitude_w84_m": 1}
    row = held(table)
    assert (row.ground_speed_m_s, row.altitude_w84_m, row.velocity_source) == (
        None,
        None,
        "unknown",
    )


def test_velocity_is_the_reported_one_else_derived_else_unknown():
    said = table_of(report(ground_speed_m_s=70.0, course_deg=12.0))
    assert (held(said).ground_speed_m_s, held(said).velocity_source) == (70.0, "reported")
    derived = table_of(report(at_s=-10, latitude=46.99), report())
    row = held(derived)
    assert row.velocity_source == "derived"
    assert row.ground_speed_m_s == pytest.approx(1111.8 / 10, rel=1e-3)
    assert min(row.course_deg, 360 - row.course_deg) < 0.01
    too_long_ago = table_of(report(at_s=-70, latitude=46.99), report())
    assert held(too_long_ago).velocity_source == "unknown"


@pytest.mark.parametrize(
    ("second", "rule"),
    [
        (report(latitude=48.0), "speed-impossible"),
        (report(latitude=47.001, altitude_w84_m=9000.0), "climb-impossible"),
    ],
)
def test_an_impossible_step_is_stored_as_reported_and_flagged(second, rule):
    table = table_of(report(at_s=-10, altitude_w84_m=500.0), second)
    row = held(table)
    assert row.implausible == rule
    assert row.latitude_deg == second.latitude_deg
    assert row.velocity_source == "unknown"


def test_two_places_at_one_moment_keep_the_first_and_flag_it():
    table = TrackTable()
    update = table.update(batch(report(), report(latitude=47.5)), NOW_US)
    assert +update.counts == {"taken": 1, "contradictory": 1}
    assert (held(table).latitude_deg, held(table).implausible) == (47.0, "two-places-at-once")


def test_implausible_ends_only_after_some_plausible_reports_in_a_row():
    table = table_of(report(at_s=-50), report(at_s=-40, latitude=60.0))
    flags = []
    for at_s in (-30, -20, -10):
        table.update(batch(report(at_s=at_s, latitude=60.0)), NOW_US)
        flags.append(held(table).implausible)
    assert flags == ["speed-impossible", "speed-impossible", None]


def test_silence_comes_with_the_feeds_bound_and_uncertainty_widens_with_age():
    quick = TrackSettings(feeds={"radio": FeedSettings(silence_after_us=20 * SECOND_US)})
    table = table_of(report(ground_speed_m_s=0.0), settings=quick)
    assert held(table, now_s=20).state == "live"
    assert held(table, now_s=21).state == "silent"
    widths = [held(table, now_s=age).uncertainty_m for age in (0, 20, 200)]
    assert widths == [100.0, 200.0, 1100.0]
    assert held(table, now_s=200).latitude_deg == 47.0  # never moved on
    unknown = table_of(report(), settings=quick)
    assert held(unknown, now_s=10).uncertainty_m == 100.0 + 50.0 + 500.0


def test_no_party_moves_a_track_of_anothers_feed():
    table = TrackTable()
    table.update(batch(report()), NOW_US)
    table.update(batch(report(latitude=10.0), party="south"), NOW_US)
    assert held(table).latitude_deg == 47.0
    slots = table.slots()
    assert len(slots) == 2


def test_no_feed_moves_a_track_of_another_of_the_same_party():
    table = TrackTable()
    table.update(batch(report(latitude=10.0), feed="closed"), NOW_US)
    table.update(batch(report()), NOW_US)
    table.update(batch(report(at_s=-5, latitude=9.0), feed="closed"), NOW_US)
    assert held(table).latitude_deg == 47.0
    assert held(table).feed == "radio"
    assert len(table) == 2


def test_a_feed_that_has_no_track_any_more_is_forgotten():
    table = TrackTable()
    for number in range(40):
        table.update(batch(report(), feed=f"f{number}"), NOW_US)
        table.remove(TrackKey("north", f"f{number}", "a"))
    assert len(table._feeds._numbered) == 1
    full = TrackTable(TrackSettings(max_tracks=1))
    full.update(batch(report("a")), NOW_US)
    full.update(batch(report("b"), feed="other"), NOW_US)
    assert len(list(full._feeds)) == 1


def test_a_call_sign_says_when_it_was_last_said():
    table = table_of(
        report(at_s=-20, callsign="OLD1"),
        report(at_s=-10, callsign="NEW1"),
        report(at_s=-15, callsign="LATE"),
        report(at_s=-5),
    )
    assert held(table).callsign == "NEW1"
    assert held(table).callsign_us == NOW_US - 10 * SECOND_US


def test_only_the_newest_position_says_whose_thing_it_is():
    table = table_of(report(at_s=-10, owner="north"))
    for late in (
        report(at_s=-20, owner="south"),  # late
        report(at_s=-10, owner="south"),  # repeated
        report(at_s=-10, latitude=48.0, owner="south"),  # at two places
    ):
        table.update(batch(late), NOW_US)
        assert held(table).owner == "north"
    table.update(batch(report(at_s=-5)), NOW_US)
    assert held(table).owner == "north"
    # Of one batch too, whichever stands last in it.
    table.update(batch(report(at_s=-1, owner="east"), report(at_s=-2, owner="south")), NOW_US)
    assert held(table).owner == "east"


def test_a_table_takes_no_more_tracks_than_it_may_and_forgets_their_names():
    table = TrackTable(TrackSettings(max_tracks=2))
    update = table.update(batch(report("a"), report("b"), report("c"), report("a\n")), NOW_US)
    assert update.refused == {"table-full": 1, "track-id": 1}
    assert [bad.track_id for bad in update.bad_rows] == ["a?", "c"]
    table.remove(TrackKey("north", "radio", "a"))
    assert +table.update(batch(report("c")), NOW_US).counts == {"taken": 1}
    codes = table.identity_code[table.slots()].tolist()
    assert len(set(codes)) == 2
    assert len(table._feeds.get("north", "radio").slot_of) == 2


def test_a_report_of_a_time_that_no_clock_shows_is_refused():
    for time_us in (10**30, -(10**30)):
        each = PositionReport("a", time_us, 47.0, 8.0)
        assert TrackTable().update(batch(each), NOW_US).refused == {"time-range": 1}


def test_a_trail_is_bounded_and_takes_late_reports_at_their_place():
    short = TrackSettings(trail_length=4)
    table = table_of(*(report(at_s=s) for s in (-50, -40, -20, -10, -30, -60)), settings=short)
    trail = table.trail(table.slot_of(TrackKey("north", "radio", "a")))
    assert ((trail.time_us - NOW_US) // SECOND_US).tolist() == [-40, -30, -20, -10]


def crowd(count, prefix, *, at_s=0.0):
    return [report(f"{prefix}{number}", at_s) for number in range(count)]


def owners(table):
    return Counter(table.key(slot).feed_party for slot in table.slots().tolist())


def test_whoever_fills_the_table_makes_room_for_others():
    table = TrackTable(TrackSettings(max_tracks=10))
    flood = table.update(batch(*crowd(30, "x", at_s=-9), party="flood"), NOW_US)
    assert flood.refused == {"table-full": 20}
    for number in range(3):
        update = table.update(batch(report(f"a{number}")), NOW_US)
        assert not update.refused
    assert owners(table) == {"flood": 7, "north": 3}
    gone = table.forget(NOW_US)
    assert {each.feed_party for each in gone} == {"flood"}
    assert len(gone) == 3
    assert table.forget(NOW_US) == []


def test_the_oldest_of_whoever_has_the_most_makes_room():
    table = TrackTable(TrackSettings(max_tracks=4))
    old = [report("new", 0), report("old", -50), report("middle", -20), report("older", -60)]
    table.update(batch(*old, party="south"), NOW_US)
    table.update(batch(report("a"), report("b")), NOW_US)
    assert [each.track_id for each in table.forget(NOW_US)] == ["older", "old"]


def test_nobody_makes_room_for_one_that_has_as_many():
    table = TrackTable(TrackSettings(max_tracks=6))
    table.update(batch(*crowd(3, "x"), party="south"), NOW_US)
    table.update(batch(*crowd(3, "y")), NOW_US)
    update = table.update(batch(*crowd(5, "z")), NOW_US)
    assert update.refused == {"table-full": 5}
    assert owners(table) == {"south": 3, "north": 3}


def test_of_a_partys_own_feeds_the_one_with_the_most_makes_room():
    table = TrackTable(TrackSettings(max_tracks=4))
    table.update(batch(*crowd(4, "x"), feed="flood"), NOW_US)
    update = table.update(batch(report("x0", 1), report("a", 1), feed="radio"), NOW_US)
    assert not update.refused
    held = Counter(table.key(slot).feed for slot in table.slots().tolist())
    assert held == {"flood": 2, "radio": 2}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["north", "south", "east"]),
            st.sampled_from(["f", "g"]),
            st.lists(st.integers(0, 12), min_size=1, max_size=8),
        ),
        max_size=12,
    )
)
def test_a_party_below_its_part_of_the_table_is_never_refused(steps):
    """Of n parties with tracks, one that has fewer than the table's n-th part."""
    most = 9
    table = TrackTable(TrackSettings(max_tracks=most))
    for number, (party, feed, names) in enumerate(steps):
        for name in names:
            reports = [report(f"{party}{name}", number / 100)]
            update = table.update(batch(*reports, feed=feed, party=party), NOW_US)
            count = owners(table)
            assert sum(count.values()) <= most
            if update.refused:
                assert count[party] >= max(count.values()) - 1
            held = Counter()
            for each in table._feeds:
                held[each.party] += len(each.slot_of)
                assert each.slot_of, "a feed without tracks is forgotten"
            assert held == count
