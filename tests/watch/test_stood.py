"""What a look passes over changes nothing that is raised, worsened, cleared or lapses."""

from __future__ import annotations

from itertools import pairwise
from zlib import crc32

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from flights import area, at
from wideberth.space.time import SECOND_US
from wideberth.watch import engine, stood
from wideberth.watch.engine import Watch
from wideberth.watch.look import Look
from wideberth.watch.observations import Updated, Verdict, WatchWarning
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import (
    FeedSettings,
    PairSettings,
    TrackSettings,
    WarningSettings,
    WatchSettings,
)
from wideberth.watch.stood import NUMBER_OF, Known, Stood, is_told_anew
from wideberth.watch.tracks import TrackKey

T0_US = at(0)
LOOK_US = SECOND_US // 10


def watch(update_us: int) -> Watch:
    """One with a zone and an intent beside the pairs; a track of feed "f" is silent after 3 s."""
    looked = Watch(
        WatchSettings(
            tracks=TrackSettings(feeds={"f": FeedSettings(silence_after_us=3 * SECOND_US)}),
            silence_of_all=True,
            pairs=PairSettings(600.0, 80.0, 60 * SECOND_US),
            warnings=WarningSettings(
                hold_us=2 * SECOND_US,
                urgent_us=(40 * SECOND_US, 20 * SECOND_US),
                update_us=update_us,
                idle_update_us=5 * update_us,
            ),
        )
    )
    looked.put_zone("z", area(47.0, 8.0 + 1800 / 75_900, 300.0), name="Zone", owner="z")
    looked.put_intent(
        "i", area(47.5, 8.0, 3000.0), name="Way", owner="p", track_ids=["t2"], require_entry=False
    )
    return looked


def report(track: int, second: float, *, at_m: float, speed_m_s: float, up_m: float):
    return PositionReport(
        f"t{track}",
        T0_US + round(second * SECOND_US),
        47.0 + track // 2 * 0.5,
        8.0 + at_m / 75_900,
        altitude_w84_m=up_m,
        ground_speed_m_s=abs(speed_m_s),
        course_deg=90.0 if speed_m_s >= 0 else 270.0,
        accuracy_m=5.0,
    )


def life(reports: list[list[PositionReport]], update_us: int) -> list[list[tuple[object, ...]]]:
    """What each look says that is recorded, without the numbers."""
    looked = watch(update_us)
    said: list[list[tuple[object, ...]]] = []
    for number, batch in enumerate(reports):
        now_us = T0_US + (number + 1) * LOOK_US
        if batch:
            looked.observe(ReportBatch.of(batch, feed="f", feed_party="p"), now_us)
        said.append(
            [
                (type(event).__name__, event.warning.key, event.warning.level, event.time_us)
                for event in looked.tick(now_us)
                if not isinstance(event, Updated)
            ]
        )
    return said


@st.composite
def flights(draw: st.DrawFn) -> list[list[PositionReport]]:
    """Two pairs that come and go, told now and then, over ten seconds of looks."""
    looks: list[list[PositionReport]] = []
    for number in range(100):
        batch: list[PositionReport] = []
        for track in range(4):
            if draw(st.integers(0, 9)) == 0 or number == 0:
                at_m = draw(st.sampled_from([0.0, 200.0, 500.0, 900.0, 1500.0, 4000.0]))
                batch.append(
                    report(
                        track,
                        number / 10,
                        at_m=at_m * (track % 2),
                        speed_m_s=draw(st.sampled_from([0.0, 5.0, -20.0, -60.0, 60.0])),
                        up_m=draw(st.sampled_from([100.0, 160.0, 400.0])),
                    )
                )
        looks.append(batch)
    return looks


def near_and_apart() -> list[list[PositionReport]]:
    """Two that close, are too close, and part; each told every second."""
    looks: list[list[PositionReport]] = []
    for number in range(200):
        batch: list[PositionReport] = []
        if number % 10 == 0:
            closing_m = 60.0 * number / 10
            batch.append(report(0, number / 10, at_m=0.0, speed_m_s=0.0, up_m=100.0))
            batch.append(
                report(1, number / 10, at_m=700.0 - closing_m, speed_m_s=-60.0, up_m=100.0)
            )
        looks.append(batch)
    return looks


@settings(max_examples=25, deadline=None)
@given(flights())
@example(near_and_apart())
def test_what_is_passed_over_would_have_changed_nothing(reports) -> None:
    assert life(reports, SECOND_US) == life(reports, 0)


def test_a_look_that_passes_over_too_much_is_found(monkeypatch) -> None:
    def always(_self: Stood, which: np.ndarray, *_: object, **__: object) -> np.ndarray:
        return np.ones(len(which), np.bool_)

    @settings(phases=[Phase.explicit], deadline=None)
    @given(flights())
    @example(near_and_apart())
    def holds(reports) -> None:
        monkeypatch.setattr(Stood, "passed_over", always)
        planted = life(reports, SECOND_US)
        monkeypatch.undo()
        assert planted == life(reports, 0)

    with pytest.raises(AssertionError):
        holds()


def test_an_observation_that_is_passed_over_too_often_is_found(monkeypatch) -> None:
    @settings(phases=[Phase.explicit], deadline=None)
    @given(flights())
    @example(near_and_apart())
    def holds(reports) -> None:
        monkeypatch.setattr(engine, "is_as_before", lambda *_: True)
        planted = life(reports, SECOND_US)
        monkeypatch.undo()
        assert planted == life(reports, 0)

    with pytest.raises(AssertionError):
        holds()


def test_it_is_told_anew_once_in_each_time_whatever_the_looks() -> None:
    for step_us in (1, 37_000, 100_000, 250_000, 1_000_000, 7_000_000):
        moments = range(T0_US, T0_US + 20 * max(SECOND_US, step_us), max(step_us, 10_000))
        told = [
            now_us
            for before_us, now_us in pairwise(moments)
            if is_told_anew("w-1", now_us, before_us, SECOND_US)
        ]
        gaps = [b - a for a, b in pairwise(told)]
        assert max(gaps) <= SECOND_US + step_us + 10_000


def test_a_first_look_passes_nothing_over_and_many_are_spread() -> None:
    assert is_told_anew("w-1", T0_US, None, SECOND_US)
    at_one_look = [
        name
        for name in map(str, range(1000))
        if is_told_anew(name, T0_US + LOOK_US, T0_US, SECOND_US)
    ]
    assert 50 < len(at_one_look) < 200


def test_streams_hear_of_it_once_in_a_second_at_ten_looks() -> None:
    looked = watch(SECOND_US)
    count = 0
    for number in range(100):
        now_us = T0_US + (number + 1) * LOOK_US
        if number % 10 == 0:
            both = [
                report(0, number / 10, at_m=0.0, speed_m_s=0.0, up_m=100.0),
                report(1, number / 10, at_m=300.0, speed_m_s=0.0, up_m=100.0),
            ]
            looked.observe(ReportBatch.of(both, feed="f", feed_party="p"), now_us)
        count += sum(isinstance(event, Updated) for event in looked.tick(now_us))
    assert 8 <= count <= 11


def updates(every: int) -> list[int]:
    """At which of a hundred looks the standing warnings are told anew; two things hover near each
    other in a zone, and report at each so many looks.
    """
    looked = watch(SECOND_US)
    looked.put_zone("near", area(47.0, 8.0, 800.0), name="Zone", owner="z")
    told: list[int] = []
    for number in range(100):
        now_us = T0_US + (number + 1) * LOOK_US
        if number % every == 0:
            both = [
                report(track, number / 10, at_m=300.0 * track, speed_m_s=0.0, up_m=100.0)
                for track in (0, 1)
            ]
            looked.observe(ReportBatch.of(both, feed="g", feed_party="p"), now_us)
        told += [number for event in looked.tick(now_us) if isinstance(event, Updated)]
    assert len(looked.standing) == 3
    return told


def test_a_zone_s_numbers_are_told_once_in_a_second_as_those_of_pairs() -> None:
    assert 24 <= len(updates(10)) <= 33


def test_of_two_that_report_seldom_the_numbers_are_told_when_they_have() -> None:
    """The zone's each second, since who may learn of it changes; those of the pair as it reports,
    and where it does not, each five seconds.
    """
    assert 17 + 3 <= len(updates(25)) <= 20 + 5
    assert 17 + 1 <= len(updates(200)) <= 20 + 2


@given(
    st.lists(st.text(max_size=12), max_size=20),
    st.integers(0, 5 * SECOND_US),
    st.none() | st.integers(0, 3 * SECOND_US),
    st.sampled_from([0, 1, 999, SECOND_US]),
)
def test_many_are_told_anew_as_each_is(names, now_us, ago_us, update_us) -> None:
    before_us = None if ago_us is None else T0_US + now_us - ago_us
    numbers = np.array([crc32(name.encode()) for name in names], np.int64)
    together = stood._are_told_anew(numbers, T0_US + now_us, before_us, update_us)
    each = [is_told_anew(name, T0_US + now_us, before_us, update_us) for name in names]
    assert together.tolist() == each


def test_what_is_known_of_a_warning_follows_its_tracks_and_itself() -> None:
    looked = watch(SECOND_US)
    batch = near_and_apart()[0]
    looked.observe(ReportBatch.of(batch, feed="f", feed_party="p"), T0_US)
    looked.tick(T0_US)
    (warning,) = looked.standing.values()
    known = Known()

    def seen(now_us: int, warning: WatchWarning) -> list[tuple[int, int, list[int]]]:
        look = Look.at(looked.table, now_us)
        there = Stood.at(look, {warning.key: warning}, now_us - 1, WarningSettings(), known)
        fresh = Stood.at(look, {warning.key: warning}, now_us - 1, WarningSettings(), Known())
        for name in ("rows", "code", "separation", "level", "verdict", "clear_since_us", "due"):
            assert getattr(there, name).tolist() == getattr(fresh, name).tolist()
        assert there.warnings == fresh.warnings
        return [
            (level, verdict, [look.table.key(look.slots[row]).track_id for row in rows])
            for level, verdict, rows in zip(
                there.level.tolist(), there.verdict.tolist(), there.rows.tolist(), strict=True
            )
        ]

    assert [row[2] for row in seen(T0_US, warning)] == [["t0", "t1"]]
    worse = msgspec.structs.replace(warning, level=7, clear_since_us=T0_US)
    assert [row[:2] for row in seen(T0_US, worse)] == [(7, NUMBER_OF[Verdict.CLEAR])]
    # Gone, its slot another's, and back in another slot.
    looked.table.remove(TrackKey("p", "f", "t0"))
    assert seen(T0_US, worse) == []
    other = msgspec.structs.replace(batch[0], track_id="t9")
    looked.observe(ReportBatch.of([other], feed="f", feed_party="p"), T0_US)
    assert seen(T0_US, worse) == []
    looked.observe(ReportBatch.of(batch[:1], feed="f", feed_party="p"), T0_US)
    assert [sorted(row[2]) for row in seen(T0_US, worse)] == [["t0", "t1"]]
