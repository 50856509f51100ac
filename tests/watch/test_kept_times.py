"""Kept positions with the times of their values: what is replayed is what was live."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from archive_world import NOW_US, an_archive, stop_all
from wideberth.evidence.alone.columnfile import stored_columns
from wideberth.evidence.alone.segments import _FILE_COLUMNS
from wideberth.faces.feeds.files import positions_of
from wideberth.faces.feeds.parquet import parquet_reader, parquet_rows
from wideberth.model.warnings import WarningKind
from wideberth.space.time import MAX_US, MINUTE_US, SECOND_US
from wideberth.watch import segmentfile, segments
from wideberth.watch.columnfile import ColumnWriter
from wideberth.watch.engine import Watch
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.segmentfile import SCHEMA, SegmentFile, write_segment
from wideberth.watch.segments import (
    VALUE_TIMES,
    Chunk,
    Opened,
    batches_of,
    block_of,
    chunk_of,
    encoded,
    fixes_of,
    read_frame,
)
from wideberth.watch.segments import packed as packed_frame
from wideberth.watch.settings import FeedSettings, PairSettings, TrackSettings, WatchSettings
from wideberth.watch.tracks import TrackTable

OPENED = Opened(1, "s", "alpha", "f", NOW_US, b"\7" * 16)
SEARCH = settings(phases=[Phase.generate], max_examples=100, deadline=None, database=None)


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    yield
    stop_all()


def us(at_s: float) -> int:
    return NOW_US + round(at_s * SECOND_US)


def report(
    track: str,
    at_s: float,
    high: float | None,
    speed: float | None,
    sign: str | None,
    *said: float | None,
) -> PositionReport:
    """said: when its heights, velocity and call sign were, in seconds after the position."""
    times = [None if each is None else us(at_s + each) for each in said]
    return PositionReport(
        track,
        us(at_s),
        47.0,
        8.0,
        high,
        ground_speed_m_s=speed,
        course_deg=None if speed is None else 90.0,
        vertical_rate_m_s=None if speed is None else 1.5,
        callsign=sign,
        altitude_time_us=times[0],
        velocity_time_us=times[1],
        callsign_time_us=times[2],
    )


# Behind the position, ahead of it, further away than counts, and times that no clock shows.
said_s = st.none() | st.sampled_from([-1e12, -90.0, -5.0, -0.000001, 0.0, 2.5, 4.0, 80.0, 1e12])
reports = st.lists(
    st.builds(
        report,
        st.sampled_from("ab"),
        st.integers(0, 3),
        st.sampled_from([None, 1000.0, 1200.5]),
        st.sampled_from([None, 0.0, 70.25]),
        st.sampled_from([None, "ONE", "TWO"]),
        said_s,
        said_s,
        said_s,
    ),
    min_size=1,
    max_size=4,
)
lives = st.lists(reports, min_size=1, max_size=3)


def as_frame(chunk: Chunk) -> Iterator[tuple[int, ReportBatch]]:
    """Read again from the journal of an open segment."""
    read = read_frame(packed_frame(encoded(chunk)), name="s")
    assert isinstance(read, Chunk)
    yield from batches_of(OPENED, block_of(read, 0))


def as_file(chunk: Chunk) -> Iterator[tuple[int, ReportBatch]]:
    """Read again from a closed segment."""
    file = segment_file(written(chunk))
    for block in file.blocks(0, MAX_US):
        yield from batches_of(file.opened, block)


def written(*chunks: Chunk) -> bytes:
    out = io.BytesIO()
    blocks = [block_of(each, at) for at, each in enumerate(chunks)]
    write_segment(out.write, OPENED, blocks, space="a.example", give_way=lambda: None)
    return out.getvalue()


def segment_file(data: bytes) -> SegmentFile:
    return SegmentFile(lambda at, count: data[at : at + count], len(data), name="s")


KEPT: dict[str, Callable[[Chunk], Iterator[tuple[int, ReportBatch]]]] = {
    "journal": as_frame,
    "file": as_file,
}


def held(table: TrackTable) -> list[tuple[object, ...]]:
    """What a table has of each track, and allows for."""
    slots = table.slots()
    vertical_m = table.vertical_error_at_m(slots, us(9)).round(6).tolist()
    across_m = table.horizontal_error_m(slots, us(9)).round(6).tolist()
    return sorted(
        (
            table.key(slot).track_id,
            *(column[slot].item() for column in (table.time_us, table.altitude_w84_m)),
            table.altitude_behind_us[slot].item(),
            table.velocity_behind_us[slot].item(),
            table.callsign(slot) or "",
            table.callsign_us(slot) or 0,
            *errors,
        )
        for slot, *errors in zip(slots.tolist(), vertical_m, across_m, strict=True)
    )


def is_replayed_otherwise(life: list[list[PositionReport]], form: str) -> bool:
    live, again = TrackTable(), TrackTable()
    for said in life:
        batch = ReportBatch.of(said, feed="f", feed_party="alpha")
        report = live.update(batch, us(4))
        chunk = chunk_of(batch, report.good, came_us=us(4), shown_to="owner")
        for came_us, kept in KEPT[form](chunk):
            later = again.update(kept, came_us)
            if (later.counts, later.dropped) != (report.counts, report.dropped):
                return True
    return repr(held(live)) != repr(held(again))  # NaN is as NaN


APART = [[report("a", 0, 1000.0, 70.25, "ONE", -5.0, -4.0, -3.0)]]
FAR = [[report("a", 0, 1000.0, 70.25, "ONE", -90.0, 80.0, 1e12)]]


@pytest.mark.parametrize("form", KEPT)
@settings(max_examples=40, deadline=None)
@given(life=lives)
@example(life=APART)
@example(life=FAR)
def test_the_table_of_a_replay_is_that_of_the_watch(
    form: str, life: list[list[PositionReport]]
) -> None:
    assert not is_replayed_otherwise(life, form)


@pytest.mark.parametrize("lost", VALUE_TIMES)
def test_times_that_are_not_kept_are_noticed(monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    real = segments.chunk_of

    def planted(*rows: Any, **more: Any) -> Chunk:
        return msgspec.structs.replace(real(*rows, **more), **{lost: b""})

    monkeypatch.setitem(globals(), "chunk_of", planted)
    for form in KEPT:
        assert is_replayed_otherwise(APART, form)
    find(lives, lambda life: is_replayed_otherwise(life, "journal"), settings=SEARCH)


@settings(max_examples=30, deadline=None)
@given(reports)
def test_every_reader_reads_the_times_that_were_said(said: list[PositionReport]) -> None:
    batch = ReportBatch.of(said, feed="f", feed_party="alpha")
    data = written(chunk_of(batch, range(len(batch)), came_us=NOW_US, shown_to="owner"))
    table: Any = parquet.read_table(io.BytesIO(data))
    alone = stored_columns(data, _FILE_COLUMNS, tuple(VALUE_TIMES)).columns
    (block,) = segment_file(data).blocks(0, MAX_US)
    fixes = list(fixes_of(OPENED, block, 0, MAX_US))
    for name, column in VALUE_TIMES.items():
        times = [getattr(each, column) for each in said]
        wanted = [
            None if each in (None, row.time_us) else row.time_us - each
            for row, each in zip(said, times, strict=True)
        ]
        assert table[name].to_pylist() == alone[name] == wanted
        assert [getattr(each, name) for each in fixes] == wanted


def test_nothing_is_kept_of_values_that_are_of_their_positions() -> None:
    batch = ReportBatch.of([report("a", 0, 1.0, 1.0, "A", 0.0, None, 0.0)], feed="f")
    chunk = chunk_of(batch, [0], came_us=NOW_US, shown_to="owner")
    assert {getattr(chunk, name) for name in VALUE_TIMES} == {b""}
    assert not any(name.encode() in encoded(chunk) for name in VALUE_TIMES)
    ((_, kept),) = as_file(chunk)
    assert {getattr(kept, column) for column in VALUE_TIMES.values()} == {None}


def test_a_time_that_no_clock_shows_is_told_as_the_last_that_one_does() -> None:
    batch = ReportBatch.of([report("a", 0, 1.0, None, "A", 1e12, None, -1e14)], feed="f")
    chunk = chunk_of(batch, [0], came_us=NOW_US, shown_to="owner")
    (fix,) = fixes_of(OPENED, block_of(chunk, 0), 0, MAX_US)
    assert fix.altitude_us == MAX_US
    assert 0 > fix.call_sign_us > fix.time_us - us(1e14)


def before(chunk: Chunk, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A file as it was written before the times of values were kept."""

    class Lacking(ColumnWriter):
        def __init__(self, write: Any, schema: Any, **more: Any) -> None:
            super().__init__(write, [each for each in schema if not each.may_lack], **more)

        def add(self, numbers: Any, texts: Any) -> None:
            super().add({each: numbers[each] for each in numbers.keys() - VALUE_TIMES}, texts)

    with monkeypatch.context() as only_here:
        only_here.setattr(segmentfile, "ColumnWriter", Lacking)
        return written(chunk)


def test_a_file_of_before_is_read_and_its_values_are_of_their_positions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = ReportBatch.of(APART[0], feed="f")
    data = before(chunk_of(batch, [0], came_us=NOW_US, shown_to="owner"), monkeypatch)
    table: Any = parquet.read_table(io.BytesIO(data))
    assert set(table.column_names) == {each.name for each in SCHEMA} - {*VALUE_TIMES}
    (block,) = segment_file(data).blocks(0, MAX_US)
    ((_, kept),) = batches_of(OPENED, block)
    assert {getattr(kept, column) for column in VALUE_TIMES.values()} == {None}
    assert (kept.altitude_w84_m.item(), kept.callsign) == (1000.0, ["ONE"])
    wanted = (*VALUE_TIMES, "altitude_w84_mm", "track")
    assert stored_columns(data, _FILE_COLUMNS, wanted).columns == {
        **{name: [None] for name in VALUE_TIMES},
        "altitude_w84_mm": [1_000_000],
        "track": ["a"],
    }


def test_two_that_meet_only_by_how_old_a_height_is_are_warned_of_again(tmp_path: Path) -> None:
    rules = WatchSettings(
        tracks=TrackSettings(default_feed=FeedSettings(clock_error_us=0, vertical_error_m=10.0)),
        pairs=PairSettings(horizontal_m=500, vertical_m=50, look_ahead_us=0),
    )
    archive = an_archive(tmp_path)
    live = Watch(rules)
    for party, high, climb, behind_s in (("north", 1000.0, 15.0, 5), ("south", 1120.0, 0.0, 0)):
        said = PositionReport(
            party, NOW_US, 47.0, 8.0, high, ground_speed_m_s=0.0, course_deg=0.0,
            vertical_rate_m_s=climb, accuracy_m=0.0, altitude_time_us=us(-behind_s),
        )  # fmt: skip
        batch = ReportBatch.of([said], feed="f", feed_party=party)
        live.observe(batch, NOW_US)
        archive.keep(batch, [0], came_us=NOW_US, shown_to="owner")

    def warned(watch: Watch) -> list[tuple[WarningKind, tuple[object, ...], object, object]]:
        return [
            (each.kind, each.objects, warning.seen.margin, warning.seen.uncertainty)
            for each, warning in sorted(watch.standing.items())
        ]

    live.tick(NOW_US)
    assert [each[0] for each in warned(live)] == [WarningKind.SEPARATION]
    for is_closed in (False, True):
        if is_closed:
            archive.close_due(NOW_US, all_of_them=True)
        again = Watch(rules)
        for came_us, batch in archive.heard(NOW_US, NOW_US + MINUTE_US):
            again.observe(batch, came_us)
        again.tick(NOW_US)
        assert warned(again) == warned(live)


def test_a_kept_file_as_a_feed_says_when_its_values_were_said() -> None:
    batch = ReportBatch.of([*APART[0], report("b", 1, 5.0, None, "B", *[None] * 3)], feed="f")
    data = written(chunk_of(batch, [0, 1], came_us=NOW_US, shown_to="owner"))
    again, _ = positions_of(parquet_rows(data, parquet_reader()), feed="again")
    for column in ("time_us", "altitude_time_us", "callsign_time_us"):
        np.testing.assert_array_equal(getattr(again, column), getattr(batch, column))
