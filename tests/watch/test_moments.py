"""Heights and velocities of another moment than their position, in what is allowed for."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from wideberth.evidence.alone.phrases import time_words
from wideberth.evidence.alone.words import entry_words
from wideberth.faces.api import views
from wideberth.model.warnings import StandingWarning, WarningKind
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.watch import moments, tracks
from wideberth.watch.engine import Watch
from wideberth.watch.observations import Raised
from wideberth.watch.paths import Floats
from wideberth.watch.recorded import recorded_form
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import FeedSettings, PairSettings, TrackSettings, WatchSettings
from wideberth.watch.tracks import TrackTable

NOW_US = 1_600_000_000 * SECOND_US
EXACT = TrackSettings(
    default_feed=FeedSettings(clock_error_us=0, vertical_error_m=0.0),
    widening_m_s=0.0,
    vertical_widening_m_s=0.0,
)
SEARCH = settings(phases=[Phase.generate], max_examples=300, deadline=None, database=None)


def us(second: float) -> int:
    return NOW_US + round(second * SECOND_US)


def table_of(*reports: PositionReport, rules: TrackSettings = EXACT) -> TrackTable:
    table = TrackTable(rules, capacity=1)
    for each in reports:
        said = table.update(ReportBatch.of([each], feed="f"), us(40))
        assert not said.dropped
    return table


def errors_m(table: TrackTable, second: float) -> tuple[float, float]:
    slots = table.slots()
    across = table.horizontal_error_m(slots, us(second))
    return across.item(), table.vertical_error_at_m(slots, us(second)).item()


def report(at_s: float, **more: Any) -> PositionReport:
    known = {"accuracy_m": 0.0, "ground_speed_m_s": 0.0, "course_deg": 0.0}
    return PositionReport("a", us(at_s), 47.0, 8.0, **(known | more))


# One thing's true motion: it turns, brakes and pushes over as hard as is allowed for until the
# moment of the position, and holds what it then has.
motions = st.fixed_dictionaries({
    "velocity_s": st.integers(-20, 0),  # when that is said; the position is of second 0
    "altitude_s": st.integers(-20, 20),
    "east_m_s": st.integers(-250, 250),
    "north_m_s": st.integers(-250, 250),
    "climb_m_s": st.integers(-30, 30),
    "turning_deg": st.integers(0, 359),
    "pushing": st.sampled_from([-1.0, 0.0, 1.0]),
    "now_s": st.integers(0, 40),
})  # fmt: skip


def state_at(motion: dict[str, Any], second: float) -> tuple[Floats, Floats]:
    """Position and velocity, east, north and up: from second 0 on at what was reached by then."""
    turning = math.radians(motion["turning_deg"])
    pull_m_s2 = np.array([
        moments.TURNING_M_S2 * math.cos(turning),
        moments.TURNING_M_S2 * math.sin(turning),
        moments.CLIMBING_M_S2 * motion["pushing"],
    ])  # fmt: skip
    said_m_s = np.array([motion["east_m_s"], motion["north_m_s"], motion["climb_m_s"]], float)
    step_s, at_s = 0.25, float(motion["velocity_s"])
    place, velocity_m_s = np.zeros(3), said_m_s.copy()
    places = {at_s: place}
    while at_s < max(second, 0.0):
        was_m_s = velocity_m_s
        velocity_m_s = was_m_s + pull_m_s2 * step_s if at_s < 0 else was_m_s
        place = place + (was_m_s + velocity_m_s) / 2 * step_s
        at_s += step_s
        places[at_s] = place
    if second < motion["velocity_s"]:  # before it was said, as it was said
        return said_m_s * (second - motion["velocity_s"]), said_m_s
    return places[second], velocity_m_s


def is_outside(motion: dict[str, Any]) -> bool:
    """Whether the thing is further from where it is taken to be than what is allowed for."""
    at_position, _ = state_at(motion, 0.0)
    at_height, _ = state_at(motion, motion["altitude_s"])
    truth, _ = state_at(motion, motion["now_s"])
    east_m_s, north_m_s, climb_m_s = (
        motion[name] for name in ("east_m_s", "north_m_s", "climb_m_s")
    )
    table = table_of(
        report(
            0,
            altitude_w84_m=1000.0 + float(at_height[2]),
            altitude_time_us=us(motion["altitude_s"]),
            ground_speed_m_s=math.hypot(east_m_s, north_m_s),
            course_deg=math.degrees(math.atan2(east_m_s, north_m_s)) % 360,
            vertical_rate_m_s=float(climb_m_s),
            velocity_time_us=us(motion["velocity_s"]),
        )
    )
    across_m, up_m = errors_m(table, motion["now_s"])
    said_m_s = np.array([east_m_s, north_m_s])
    taken_to_be = at_position[:2] + said_m_s * motion["now_s"]
    height_m = at_height[2] + climb_m_s * motion["now_s"]
    off_m = float(np.linalg.norm(truth[:2] - taken_to_be))
    return off_m > across_m + 1e-6 or abs(float(truth[2]) - height_m) > up_m + 1e-6


@settings(deadline=None, max_examples=60)
@given(motions)
def test_a_thing_is_where_it_may_be_whenever_its_height_and_velocity_were_said(
    motion: dict[str, Any],
) -> None:
    assert not is_outside(motion)


@pytest.mark.parametrize("forgotten", ["height", "velocity"])
def test_values_that_count_as_of_the_positions_moment_are_noticed(
    monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    is_height = forgotten == "height"

    def planted(*asked: Any) -> Any:
        behind_us, wrong = moments.behind_us(*asked)
        behind_us[0 if is_height else 1] = 0
        return behind_us, wrong

    monkeypatch.setattr(tracks, "behind_us", planted)
    example = {
        "velocity_s": 0 if is_height else -5, "altitude_s": -5 if is_height else 0,
        "east_m_s": 200, "north_m_s": 0, "climb_m_s": 15, "turning_deg": 90, "pushing": -1.0,
        "now_s": 10,
    }  # fmt: skip
    assert is_outside(example)
    find(motions, is_outside, settings=SEARCH)


def test_what_is_allowed_for_is_what_the_rule_says() -> None:
    known = {"vertical_rate_m_s": -12.0, "altitude_std_m": 900.0}
    for said, across_m, up_m in (
        ({}, 0.0, 0.0),
        ({"altitude_time_us": us(-5)}, 0.0, 12.0 * 5),
        ({"altitude_time_us": us(3)}, 0.0, 12.0 * 3),
        ({"altitude_time_us": us(-5), "vertical_rate_m_s": None}, 0.0, 10.0 * 5),
        ({"velocity_time_us": us(-4)}, 5.0 * 4 * 7, 2.5 * 4 * 7),
        ({"velocity_time_us": us(2)}, 0.0, 0.0),
        (
            {"altitude_time_us": us(-5), "velocity_time_us": us(-4)},
            5.0 * 4 * 7, 12.0 * 5 + 2.5 * 4 * (7 + 5),
        ),
    ):  # fmt: skip
        table = table_of(report(0, **(known | said)))
        assert errors_m(table, 7) == pytest.approx((across_m, up_m))


def test_two_that_meet_only_by_how_old_a_height_is_are_warned_of() -> None:
    """A climbs at 15 m/s, and its height is 5 s older than its place: it is 75 m higher by then."""
    rules = WatchSettings(
        tracks=TrackSettings(default_feed=FeedSettings(clock_error_us=0, vertical_error_m=10.0)),
        pairs=PairSettings(horizontal_m=500, vertical_m=50, look_ahead_us=0),
    )

    def found(height_s: float) -> list[StandingWarning]:
        watch = Watch(rules)
        climbing = report(
            0, altitude_w84_m=1000.0, vertical_rate_m_s=15.0, altitude_time_us=us(height_s)
        )
        level = report(0, altitude_w84_m=1120.0, vertical_rate_m_s=0.0)
        for party, each in (("north", climbing), ("south", level)):
            watch.observe(ReportBatch.of([each], feed="f", feed_party=party), NOW_US)
        forms = [recorded_form(each) for each in watch.tick(NOW_US) if isinstance(each, Raised)]
        return [each for each in forms if each.kind is WarningKind.SEPARATION]

    assert not found(0)
    (warning,) = found(-5)
    # What is recorded says so: the height of the one that climbs is older than its place.
    fixes = [each.fix for each in warning.objects]
    assert [each and (each.time_us, each.altitude_time_us) for each in fixes] == [
        (NOW_US, us(-5)),
        (NOW_US, None),
    ]
    shown = [views.fix(each) for each in fixes]
    assert [each and each.altitude_time for each in shown] == [format_rfc3339(us(-5)), None]
    body = {"type": "WarningRaised", "warning": msgspec.to_builtins(warning)}
    _, facts = entry_words({"body": body}, {})
    (one, other) = (text for name, text in facts if name == "Object")
    assert f", its height at {time_words(us(-5))}" in one
    assert "height at" not in other
