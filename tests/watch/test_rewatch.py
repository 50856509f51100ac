"""A window watched again says what the node's watch said, at the same looks of the same positions:
one code, another clock.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lived import LOOKS, Window, lived
from test_live import CALM
from wideberth.model.entries import Entry, WarningCleared, WarningRaised
from wideberth.picture.picture import Picture
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US
from wideberth.watch.archive import ArchiveSettings, TrackArchive
from wideberth.watch.observations import Cleared, Lapsed, Raised
from wideberth.watch.recorded import WATCHED, recorded_form
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rewatch import Rewatched, rewatched
from wideberth.watch.segments import Opened, batches_of, block_of, chunk_of


def again(
    window: Window, heard: Iterable[tuple[int, ReportBatch]] | None = None
) -> list[Rewatched]:
    entries, kept, begin_us = window
    return list(
        rewatched(
            Picture(),
            entries,
            kept if heard is None else heard,
            settings=CALM.watch,
            begin_us=begin_us,
            end_us=begin_us + LOOKS * SECOND_US,
            every_us=SECOND_US,
        )
    )


def recorded(entries: list[Entry]) -> list[tuple[object, ...]]:
    """Each warning that began or ended in the record: what, when, of what, to whom, how near."""
    return sorted(
        (
            type(entry.body).__name__,
            warning.updated_us,
            warning.kind.value,
            tuple((each.type, each.id) for each in warning.objects),
            tuple(sorted(warning.parties)),
            warning.level,
            warning.last_known,
        )
        for entry in entries
        if isinstance(entry.body, WarningRaised | WarningCleared)
        and (warning := entry.body.warning).kind in WATCHED
    )


def said(looks: list[Rewatched]) -> list[tuple[object, ...]]:
    """The same of a window watched again."""
    return sorted(
        (
            "WarningRaised" if isinstance(each.event, Raised) else "WarningCleared",
            look.time_us,
            form.kind.value,
            tuple((one.type, one.id) for one in form.objects),
            tuple(sorted(each.parties)),
            form.level,
            form.last_known,
        )
        for look in looks
        for each in look.said
        if isinstance(each.event, Raised | Cleared | Lapsed) and each.parties
        for form in [recorded_form(each.event)]
    )


async def test_a_window_watched_again_says_what_the_node_said(tmp_path: Path) -> None:
    window = await lived(tmp_path)
    looks = again(window)
    first = recorded(window[0])
    assert said(looks) == first
    assert {each[2] for each in first} >= {"incursion", "conflict", "separation"}
    assert len(looks) == LOOKS
    assert [each for look in looks for each in look.entries][-1][0] <= len(window[0]) - 1
    # A checker counts once a fault makes it fail: a feed that comes four seconds late.
    late = [(came_us + 4 * SECOND_US, batch) for came_us, batch in window[1]]
    assert said(again(window, late)) != first
    # ... and one whose velocities were not kept, as an older program left them.
    plain = [
        (came_us, dataclasses.replace(batch, course_deg=np.full(len(batch), np.nan)))
        for came_us, batch in window[1]
    ]
    assert said(again(window, plain)) != first


async def test_entries_of_before_a_window_are_folded_and_said_nothing_of(tmp_path: Path) -> None:
    entries, heard, begin_us = await lived(tmp_path)
    from_us = begin_us + 100 * SECOND_US
    looks = list(
        rewatched(
            Picture(), entries, heard, settings=CALM.watch, begin_us=from_us,
            end_us=from_us + 10 * SECOND_US, every_us=SECOND_US,
        )
    )  # fmt: skip
    assert all(entry.time_us >= from_us for look in looks for _, entry in look.entries)
    positions = [position for look in looks for position, _ in look.entries]
    assert all(entries[position].time_us >= from_us for position in positions)


def test_an_iterator_is_read_no_further_than_a_window_needs() -> None:
    read: list[int] = []

    def heard() -> Iterator[tuple[int, ReportBatch]]:
        for second in range(100):
            read.append(second)
            yield second * SECOND_US, ReportBatch.of([], feed="f")

    looks = rewatched(
        Picture(), [], heard(), settings=CALM.watch, begin_us=0, end_us=5 * SECOND_US,
        every_us=SECOND_US,
    )  # fmt: skip
    assert len(list(looks)) == 5
    assert read == list(range(6)), "one beyond the last look"


numbers = st.one_of(st.none(), st.floats(-9_000, 9_000))
reports = st.lists(
    st.builds(
        PositionReport,
        track_id=st.sampled_from("abc"),
        time_us=st.integers(0, 2**52),
        latitude_deg=st.floats(-90, 90),
        longitude_deg=st.floats(-180, 180),
        altitude_w84_m=numbers,
        altitude_std_m=numbers,
        ground_speed_m_s=numbers,
        course_deg=numbers,
        vertical_rate_m_s=numbers,
        accuracy_m=numbers,
        callsign=st.sampled_from([None, "CALL"]),
        owner=st.sampled_from([None, "bravo"]),
    ),
    min_size=1,
    max_size=6,
)


@given(reports)
def test_a_batch_is_kept_with_all_that_was_said(said: list[PositionReport]) -> None:
    batch = ReportBatch.of(said, feed="f", feed_party="alpha")
    opened = Opened(1, "s", "alpha", "f", 0, b"")
    chunk = chunk_of(batch, range(len(batch)), came_us=1, shown_to="owner")
    ((_, kept),) = batches_of(opened, block_of(chunk, 0))
    for column in dataclasses.fields(ReportBatch):
        was, is_now = (getattr(each, column.name) for each in (batch, kept))
        if isinstance(was, np.ndarray) and was.dtype == np.float64:
            near = 6e-10 if "itude_deg" in column.name else 6e-4
            np.testing.assert_allclose(is_now, was, rtol=0, atol=near, equal_nan=True)
        elif isinstance(was, np.ndarray):
            assert is_now.tolist() == was.tolist()
        else:
            assert is_now == was


@pytest.mark.parametrize("far", [0, 2 * HOUR_US])
def test_an_archive_tells_what_came_in_the_order_in_which_it_came(tmp_path: Path, far: int) -> None:
    """Also what is dated long before it came: a file is named by the times of its positions."""
    names = iter(map(str, range(9)))
    archive = TrackArchive(
        tmp_path, ArchiveSettings(every_us=0), make_name=lambda: f"s{next(names)}"
    )
    begin_us = 1_800_000_000 * SECOND_US
    for minute in range(6):
        came_us = begin_us + minute * MINUTE_US
        for feed in "fg":
            batch = ReportBatch.of([PositionReport(feed, came_us - far, 47.0, 8.0)], feed=feed)
            archive.keep(batch, [0], came_us=came_us, shown_to="owner")
        if minute == 2:
            archive.close_due(came_us, all_of_them=True)
    heard = [
        ((came_us - begin_us) // MINUTE_US, batch.feed)
        for came_us, batch in archive.heard(begin_us + MINUTE_US, begin_us + 5 * MINUTE_US)
    ]
    archive.stop()
    assert [minute for minute, _ in heard] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert sorted(heard) == [(minute, feed) for minute in range(1, 5) for feed in "fg"]
