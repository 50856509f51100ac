"""What a party's clock may be off widens each comparison of times in the watch (L-12)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from wideberth.model.warnings import WarningKind
from wideberth.space.altitude import altitude
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D, circle
from wideberth.watch import conditions
from wideberth.watch.engine import Watch
from wideberth.watch.observations import ObjectRef, WarningKey
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import FeedSettings, PairSettings, TrackSettings, WatchSettings
from wideberth.watch.tracks import TrackKey, TrackTable

T0_US = 1_600_000_000 * SECOND_US
SETTINGS = WatchSettings(
    tracks=TrackSettings(
        default_feed=FeedSettings(horizontal_error_m=10, vertical_error_m=10, clock_error_us=0)
    ),
    pairs=PairSettings(horizontal_m=1000, vertical_m=150, look_ahead_us=0),
    zone_look_ahead_us=0,
)


def area(start_s: float, end_s: float) -> list[PreparedVolume]:
    floor, ceiling = altitude(0, "M", "W84"), altitude(1000, "M", "W84")
    start_us, end_us = (T0_US + round(each * SECOND_US) for each in (start_s, end_s))
    return [prepare(Volume4D(circle(47.0, 8.0, 800), floor, ceiling, start_us, end_us))]


def seen(watch: Watch, party: str, name: str, *, at_s: float = 0, now_s: float = 0, **more: float):
    fields = {"altitude_w84_m": 500.0, "ground_speed_m_s": 0.0, "course_deg": 0.0} | more
    where = fields.pop("latitude", 47.0), fields.pop("longitude", 8.0)
    time_us = T0_US + round(at_s * SECOND_US)
    report = PositionReport(name, time_us, *where, owner=party, **fields)
    batch = ReportBatch.of([report], feed="radio", feed_party=party)
    return watch.observe(batch, T0_US + round(now_s * SECOND_US))


def kinds(watch: Watch, now_s: float = 0) -> set[str]:
    watch.tick(T0_US + round(now_s * SECOND_US))
    return {str(key.kind) for key in watch.standing}


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize("kind", ["zone", "intent"])
@pytest.mark.parametrize(
    ("owner_s", "feed_s", "expected"),
    [(0, 0, set()), (9, 0, set()), (4, 5.9, set()), (4, 6, {"incursion"}), (0, 10, {"incursion"})],
)
def test_an_area_counts_for_longer_by_the_clocks_of_its_owner_and_of_the_feed(
    kind: str, owner_s: float, feed_s: float, expected: set[str]
) -> None:
    watch = Watch(SETTINGS)
    clock_us = round(owner_s * SECOND_US)
    if kind == "zone":
        watch.put_zone("z", area(10, 60), name="Fire", owner="bravo", clock_us=clock_us)
    else:
        watch.put_intent("z", area(10, 60), name="Drop", owner="bravo", clock_us=clock_us)
    watch.set_clock("alpha", round(feed_s * SECOND_US))
    seen(watch, "alpha", "a")
    assert kinds(watch) == expected
    if expected:
        (warning,) = watch.standing.values()
        assert warning.seen.uncertainty.time_us == round((owner_s + feed_s) * SECOND_US)


@pytest.mark.requirement("L-12")
def test_a_track_has_not_left_its_intent_while_the_clocks_leave_that_open() -> None:
    for clock_s, expected in ((0, {"departure"}), (5, set[str]())):
        watch = Watch(SETTINGS)
        watch.put_intent(
            "i",
            area(4, 60),
            name="Drop",
            owner="alpha",
            track_ids=["a"],
            clock_us=round(clock_s * SECOND_US),
        )
        seen(watch, "alpha", "a")
        assert kinds(watch) == expected


@pytest.mark.requirement("L-12")
def test_two_tracks_of_two_sources_are_widened_by_both_clocks_across_and_in_height() -> None:
    fast = {"ground_speed_m_s": 100.0}
    for alpha_s, bravo_s, expected in ((0, 0, False), (2, 2, False), (3, 3, True)):
        watch = Watch(SETTINGS)
        watch.set_clock("bravo", bravo_s * SECOND_US)
        seen(watch, "alpha", "a", **fast)
        seen(watch, "bravo", "b", latitude=47.0 + 1500 / 111_200, **fast)
        watch.set_clock("alpha", alpha_s * SECOND_US)  # where its track is already
        assert ("separation" in kinds(watch)) == expected
    climbing = {"vertical_rate_m_s": 20.0}
    for clock_s, expected in ((0, False), (6, True)):
        watch = Watch(SETTINGS)
        watch.set_clock("alpha", clock_s * SECOND_US)
        seen(watch, "alpha", "a", **climbing)
        seen(watch, "bravo", "b", altitude_w84_m=780.0)
        assert ("separation" in kinds(watch)) == expected


def test_a_clock_that_is_measured_better_narrows_at_the_next_look() -> None:
    table = TrackTable(SETTINGS.tracks)
    for bound_s in (7, 2, 0):
        table.set_clock("alpha", bound_s * SECOND_US)
        report = PositionReport("a", T0_US + 1, 47.0, 8.0)
        table.update(ReportBatch.of([report], feed="radio", feed_party="alpha"), T0_US + 1)
        slot = table.slot_of(TrackKey("alpha", "radio", "a"))
        assert table.clock_error_us([slot])[0] == bound_s * SECOND_US


@pytest.mark.requirement("L-12")
def test_reports_of_a_clock_that_is_known_to_be_ahead_are_taken() -> None:
    watch = Watch(SETTINGS)
    assert seen(watch, "alpha", "a", at_s=20).refused["time-ahead"] == 1
    watch.set_clock("alpha", 20 * SECOND_US)
    assert seen(watch, "alpha", "a", at_s=20).counts["taken"] == 1
    assert seen(watch, "bravo", "b", at_s=20).refused["time-ahead"] == 1


# A window and two clocks, against every true offset that the bounds allow.

seconds = st.integers(-40, 40)
bounds = st.integers(0, 12)
Case = tuple[int, int, int, int]
cases: st.SearchStrategy[Case] = st.tuples(seconds, st.integers(0, 20), bounds, bounds)


def missed(case: Case) -> bool:
    """Whether some true time of the position lies in some true window, and nobody is warned."""
    start_s, length_s, owner_s, feed_s = case
    meets = any(
        start_s - owner_off <= -feed_off <= start_s + length_s - owner_off
        for owner_off in range(-owner_s, owner_s + 1)
        for feed_off in range(-feed_s, feed_s + 1)
    )
    watch = Watch(SETTINGS)
    watch.set_clock("alpha", feed_s * SECOND_US)
    window = area(start_s, start_s + length_s)
    watch.put_intent("i", window, name="Drop", owner="bravo", clock_us=owner_s * SECOND_US)
    seen(watch, "alpha", "a")
    return meets and "incursion" not in kinds(watch)


@pytest.mark.requirement("L-12")
@settings(max_examples=80, deadline=None)
@given(cases)
def test_no_true_offset_puts_a_track_into_an_area_unnoticed(case: Case) -> None:
    assert not missed(case)


def test_a_window_that_is_not_widened_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = conditions.watched
    monkeypatch.setattr(conditions, "watched", lambda each, **_: real(each))
    try:
        find(cases, missed, settings=settings(phases=[Phase.generate], max_examples=500))
    except NoSuchExample:
        pytest.fail("the planted fault was not found")


def test_the_key_of_a_warning_does_not_hang_on_a_clock() -> None:
    """A clock that is measured anew lets a standing warning go on, and raises no second one."""
    watch = Watch(SETTINGS)
    for clock_s in (3, 8):
        clock_us = clock_s * SECOND_US
        watch.put_zone("z", area(2, 60), name="Fire", owner="bravo", clock_us=clock_us)
        seen(watch, "alpha", "a")
        assert kinds(watch) == {"incursion"}
    key = WarningKey(
        WarningKind.INCURSION, (ObjectRef("track", "a", "alpha", "radio"), ObjectRef("zone", "z"))
    )
    assert list(watch.standing) == [key]
    assert msgspec.json.encode(watch.standing[key])
