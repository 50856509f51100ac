"""A batch taken in as columns, against its positions taken in one by one in the order of their
times: by the table itself, and by a slow table of plain numbers.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339
from wideberth.watch import tracks
from wideberth.watch.paths import arc_m, course_deg, ecef_m
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rows import rows_of
from wideberth.watch.settings import FeedSettings, TrackSettings
from wideberth.watch.tracks import TrackKey, TrackTable

NOW_US = 1_600_000_000 * SECOND_US
RULES = TrackSettings(
    default_feed=FeedSettings(horizontal_error_m=80.0, vertical_error_m=20.0),
    plausible_again_after=2,
    trail_length=4,
)
SEARCH = settings(phases=[Phase.generate], max_examples=300, deadline=None, database=None)


class SlowTrack:
    """One track, and what one report after the other makes of it."""

    def __init__(self):
        self.time_us = None
        self.callsign = self.callsign_us = self.owner = None
        self.left, self.rule, self.trail = 0, None, []

    def take(self, report, counts):
        called_us = min(report.callsign_time_us or report.time_us, report.time_us)
        is_newer = self.callsign is None or called_us >= self.callsign_us
        if report.callsign and not report.callsign.isprintable():
            counts["callsign"] += 1
        elif report.callsign and is_newer:
            self.callsign, self.callsign_us = report.callsign, called_us
        report, altitude_us, velocity_us = timed(report, counts)
        number = {name: cleaned(report, name, counts) for name in BOUNDS}
        place = report.latitude_deg, report.longitude_deg
        accuracy_m = number["accuracy_m"]
        accuracy_m = 80.0 if math.isnan(accuracy_m) else accuracy_m
        if self.time_us is not None and report.time_us <= self.time_us:
            self.take_no_newer(report, place, number, accuracy_m, counts)
            return
        counts["taken"] += 1
        self.owner = report.owner or self.owner
        speed, course, climb = (
            number[name] for name in ("ground_speed_m_s", "course_deg", "vertical_rate_m_s")
        )
        course = 0.0 if math.isnan(course) and speed < 0.5 else course
        source = "unknown" if math.isnan(speed + course) else "reported"
        if math.isnan(speed + course) and math.isnan(climb):
            velocity_us = report.time_us
        doubt = None
        if self.time_us is not None:
            step_m, step_s = distance_m(self.place, place), (report.time_us - self.time_us) / 1e6
            rise_m = number["altitude_w84_m"] - self.number["altitude_w84_m"]
            if math.isnan(rise_m):
                rise_m = number["altitude_std_m"] - self.number["altitude_std_m"]
            rise_s = (altitude_us - self.altitude_us) / 1e6
            if step_m > 1000 * (step_s + 1) + accuracy_m + self.accuracy_m:
                doubt = "speed-impossible"
            elif abs(rise_m) > 200 * (abs(rise_s) + 1) + 2 * 20:
                doubt = "climb-impossible"
            if doubt is None and 1 <= step_s <= 60 and source == "unknown":
                source, speed = "derived", step_m / step_s
                course = float(course_deg(ecef_m(*self.place), *place))
            if doubt is None and 1 <= rise_s <= 60 and math.isnan(climb):
                climb = rise_m / rise_s
        if source == "unknown":
            speed = course = math.nan
        if doubt is not None:
            self.left, self.rule = 2, doubt
        elif self.left:
            self.left -= 1
            self.rule = self.rule if self.left else None
        self.time_us, self.place, self.number, self.accuracy_m = (
            report.time_us, place, number, accuracy_m
        )  # fmt: skip
        self.velocity = source, speed, course, climb
        self.altitude_us, self.velocity_us = altitude_us, velocity_us
        self.trail = [*self.trail, (report.time_us, *place, number["altitude_w84_m"])][-4:]

    def take_no_newer(self, report, place, number, accuracy_m, counts):
        if report.time_us == self.time_us:
            is_apart = distance_m(self.place, place) > accuracy_m + self.accuracy_m
            counts["contradictory" if is_apart else "repeated"] += 1
            if is_apart:
                self.left, self.rule = 2, "two-places-at-once"
            return
        counts["late"] += 1
        if report.time_us not in [each[0] for each in self.trail]:
            filed = (report.time_us, *place, number["altitude_w84_m"])
            self.trail = sorted([*self.trail, filed], key=lambda each: each[0])[-4:]

    def values(self):
        heights = [self.number[name] for name in ("altitude_w84_m", "altitude_std_m")]
        _, speed, _, climb = self.velocity
        has_height = not all(map(math.isnan, heights))
        has_velocity = not (math.isnan(speed) and math.isnan(climb))
        return (
            self.time_us, *self.place, *heights, *self.velocity, self.accuracy_m,
            self.rule, self.callsign, self.callsign_us, self.owner,
            self.altitude_us if has_height else None,
            self.velocity_us if has_velocity else None, *sum(self.trail, ()),
        )  # fmt: skip


BOUNDS = {
    "altitude_w84_m": (-8000, 100_000),
    "altitude_std_m": (-8000, 100_000),
    "ground_speed_m_s": (0, 1000),
    "course_deg": (0, 360),
    "vertical_rate_m_s": (-200, 200),
    "accuracy_m": (0, 1e6),
}


def timed(report, counts):
    """The report without what is of a moment that cannot be, and the moments of its values."""
    moments = []
    for name, values in (
        ("altitude_time_us", ("altitude_w84_m", "altitude_std_m")),
        ("velocity_time_us", ("ground_speed_m_s", "course_deg", "vertical_rate_m_s")),
    ):
        said_us = getattr(report, name)
        said_us = report.time_us if said_us is None else said_us
        if abs(said_us - report.time_us) > MINUTE_US or said_us > NOW_US + 5 * SECOND_US:
            counts[name] += 1
            report = msgspec.structs.replace(report, **dict.fromkeys(values))
            said_us = report.time_us
        moments.append(said_us)
    if report.altitude_w84_m is None and report.altitude_std_m is None:
        moments[0] = report.time_us
    return report, *moments


TIMES = ("altitude_time_us", "velocity_time_us")


def cleaned(report, name, counts):
    value = getattr(report, name)
    if value is None or math.isnan(value):
        return math.nan
    if not BOUNDS[name][0] <= value <= BOUNDS[name][1]:
        counts[name] += 1
        return math.nan
    return value


def distance_m(one, other):
    return float(arc_m(np.array([np.linalg.norm(ecef_m(*one) - ecef_m(*other))]))[0])


def slowly(batches):
    held, counts, refused = {}, Counter(), Counter()
    for reports in batches:
        for each in sorted(reports, key=lambda report: report.time_us):
            if not each.track_id:
                refused["track-id"] += 1
            elif not abs(each.latitude_deg) <= 90:
                refused["position"] += 1
            elif each.time_us > NOW_US + 5 * SECOND_US:
                refused["time-ahead"] += 1
            else:
                held.setdefault(each.track_id, SlowTrack()).take(each, counts)
    return {name: track.values() for name, track in held.items()}, +counts, +refused


def taken(batches, *, is_whole):
    """What the table holds and counted. is_whole: each batch at once; else one by one."""
    table, counts, refused = TrackTable(RULES, capacity=1), Counter(), Counter()
    for reports in batches:
        ordered = sorted(reports, key=lambda report: report.time_us)
        for part in [reports] if is_whole else [[each] for each in ordered]:
            said = table.update(ReportBatch.of(part, feed="f", feed_party="north"), NOW_US)
            counts += said.counts + said.dropped
            refused += said.refused
            assert len(said.good) == len(part) - said.counts["refused"]
            assert (np.diff(said.good) > 0).all()
            named = Counter(each.column for each in said.dropped_values)
            assert named == said.dropped
            for each in said.dropped_values:
                row = part[each.index]
                assert row.track_id == each.track_id
                was = getattr(row, each.column)
                was = format_rfc3339(was) if each.column in TIMES else was
                assert each.value in (was, "BAW1?")
    del counts["refused"]
    held = {}
    for name in "abc":
        slot = table.slot_of(TrackKey("north", "f", name))
        if slot is None:
            continue
        (row,) = rows_of(table, np.array([slot]), NOW_US)
        trail = table.trail(slot)
        heights = [row.altitude_w84_m, row.altitude_std_m]
        flown = [row.ground_speed_m_s, row.course_deg, row.vertical_rate_m_s]
        columns = trail.time_us, trail.latitude_deg, trail.longitude_deg, trail.altitude_w84_m
        filed = zip(*(column.tolist() for column in columns), strict=True)
        held[name] = (
            row.time_us, row.latitude_deg, row.longitude_deg, *heights, row.velocity_source,
            *flown, row.accuracy_m, row.implausible, row.callsign, row.callsign_us, row.owner,
            row.altitude_us, row.velocity_us, *sum(filed, ()),
        )  # fmt: skip
    return held, +counts, +refused


def alike(one, other):
    """As plain values: NaN is None, a number is the same to a part in a thousand million."""
    return [said_of(one), *one[1:]] == [said_of(other), *other[1:]]


def said_of(found):
    return {
        name: [
            None
            if isinstance(value, float) and math.isnan(value)
            else float(f"{value:.9g}") + 0.0
            if isinstance(value, float)
            else value
            for value in values
        ]
        for name, values in found[0].items()
    }


def differs(batches):
    whole = taken(batches, is_whole=True)
    return not (alike(whole, taken(batches, is_whole=False)) and alike(whole, slowly(batches)))


numbers = st.none() | st.sampled_from([0.0, 0.25, 12.0, 90.0, 359.0, 700.0, 5000.0, -9000.0])
said_times = st.none() | st.sampled_from([
    NOW_US + round(second * SECOND_US) for second in (-1800, -85, -31, -8, -2, -0.7, 0, 5, 6)
])  # fmt: skip
reports = st.builds(
    PositionReport,
    track_id=st.sampled_from(["a", "a", "a", "b", "c", ""]),
    time_us=st.integers(-60, 6).map(lambda seconds: NOW_US + seconds * SECOND_US // 2),
    latitude_deg=st.sampled_from([47.0, 47.0, 47.0005, 47.001, 47.1, -47.0, 91.0]),
    longitude_deg=st.sampled_from([8.0, 8.0, 8.0005, 8.002, 179.9]),
    altitude_w84_m=numbers,
    altitude_std_m=numbers,
    ground_speed_m_s=numbers,
    course_deg=numbers,
    vertical_rate_m_s=numbers,
    accuracy_m=st.none() | st.sampled_from([0.0, 10.0, 200.0, -1.0, 1e7]),
    callsign=st.none() | st.sampled_from(["BAW1", "BAW2", "TOO-LONG-1", "é", "", "BAW1\0"]),
    owner=st.none() | st.sampled_from(["south", "lake", ""]),
    altitude_time_us=said_times,
    velocity_time_us=said_times,
    callsign_time_us=said_times,
)
batches = st.lists(st.lists(reports, max_size=8), min_size=1, max_size=3)


@settings(deadline=None, max_examples=80)
@given(batches)
def test_a_batch_is_taken_in_as_its_positions_one_by_one(several):
    assert not differs(several)


def test_taking_the_last_of_each_track_alone_is_noticed(monkeypatch):
    real = tracks.take

    def planted(slots, times_us, columns, behind_us, *rest):
        last = {slot: k for k, slot in enumerate(slots.tolist())}
        kept = np.array(sorted(last.values()))
        of_kept = (np.ascontiguousarray(each[:, kept]) for each in (columns, behind_us))
        return real(slots[kept], times_us[kept], *of_kept, *rest)

    monkeypatch.setattr(tracks, "take", planted)
    find(batches, differs, settings=SEARCH)


def test_a_climb_from_one_height_to_the_next_goes_by_the_times_of_the_heights(monkeypatch):
    """One that was joined to two positions is no level flight, and none that is older is steep."""
    rising = [(0, 500.0, 0), (2, 500.0, 0), (4, 540.0, 4), (5, 900.0, 2)]
    said = [
        PositionReport(
            "a", NOW_US + (second - 6) * SECOND_US, 47.0, 8.0, altitude_w84_m=height_m,
            altitude_time_us=NOW_US + (height_s - 6) * SECOND_US,
        )
        for second, height_m, height_s in rising
    ]  # fmt: skip

    def climbs():
        several = [[said[:count]] for count in (2, 3, 4)]
        return [taken(each, is_whole=True)[0]["a"][8] for each in several]

    assert climbs() == [None, 10.0, None]
    real = tracks.take

    def planted(slots, times_us, columns, behind_us, *rest):
        return real(slots, times_us, columns, np.zeros_like(behind_us), *rest)

    monkeypatch.setattr(tracks, "take", planted)
    assert climbs() == [0.0, 20.0, 360.0]


def test_a_call_sign_said_again_after_another_of_that_moment_counts(monkeypatch):
    one, other = (
        PositionReport("a", NOW_US + second * SECOND_US, 47.0, 8.0, callsign=sign)
        for second, sign in ((0, "BAW1"), (1, "BAW2"))
    )
    again = msgspec.structs.replace(one, time_us=other.time_us)
    assert not differs([[one], [other, again]])
    # Planted: what is held already counts as told again, before whatever else is said.
    monkeypatch.setattr(tracks.np, "isin", lambda slots, _: np.zeros(len(slots), np.bool_))
    assert differs([[one], [other, again]])


INTERPRETED = """
import random
import test_taking as taking
from wideberth.watch.reports import PositionReport
rng = random.Random(5)
def one():
    return PositionReport(
        rng.choice("abc"), taking.NOW_US - rng.randrange(40) * 500_000,
        rng.choice([47.0, 47.0005, 47.1]), rng.choice([8.0, 8.002]),
        altitude_w84_m=rng.choice([None, 10.0, 900.0]), ground_speed_m_s=rng.choice([None, 12.0]),
        course_deg=rng.choice([None, 90.0, 400.0]), accuracy_m=rng.choice([None, 10.0]),
        altitude_time_us=rng.choice([None, taking.NOW_US - rng.randrange(40) * 500_000]),
        velocity_time_us=rng.choice([None, taking.NOW_US - rng.randrange(40) * 500_000]),
    )
for _ in range(20):
    assert not taking.differs([[one() for _ in range(12)] for _ in range(3)])
"""


def test_interpreted_kernels_take_in_the_same():
    env = os.environ | {"WIDEBERTH_KERNELS": "interpreted"}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", INTERPRETED],
        cwd=Path(__file__).parent, env=env, check=True,
    )  # fmt: skip
