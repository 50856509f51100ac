"""Positions are kept as they came, proved by a digest, and shown to whoever could see them then."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

import archive_world
from archive_world import (
    NOW_US,
    a_batch,
    an_archive,
    keep,
    report,
    seen_by,
    stop_all,
    times_s,
)
from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.record.vault import Vault
from wideberth.space.time import DAY_US, MINUTE_US, SECOND_US
from wideberth.watch import archive as archives
from wideberth.watch import lately as latelies
from wideberth.watch._taking import NEVER_US
from wideberth.watch.archive import ArchiveSettings, Forgotten
from wideberth.watch.reports import PositionReport
from wideberth.watch.segmentfolder import SegmentFolder, State
from wideberth.watch.segments import (
    KeptFix,
    framed,
)


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    yield
    stop_all()


def test_a_position_is_kept_as_it_came(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    assert keep(archive, report("a", 1, owner="bravo"), shown_to=frozenset(("charlie",))) == 1
    (fix,) = archive.fixes(NOW_US, NOW_US + 2 * SECOND_US, lambda _: True)
    assert fix == KeptFix(
        track="a",
        feed_party="alpha",
        feed="f",
        time_us=NOW_US + SECOND_US,
        came_us=NOW_US,
        latitude_nd=47_000_100_000,
        longitude_nd=-179_500_000_000,
        altitude_w84_mm=90_500,
        accuracy_mm=12_250,
        call_sign=None,
        owner="bravo",
        shown_to=("charlie",),
        segment="s0-0",
    )


def test_what_a_feed_did_not_say_is_none(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    keep(archive, PositionReport("a", NOW_US, 0.0, 0.0, accuracy_m=float("inf")))
    (fix,) = archive.fixes(0, 2 * NOW_US, lambda _: True)
    assert (fix.altitude_w84_mm, fix.accuracy_mm) == (None, None)


lives = st.lists(
    st.one_of(
        st.tuples(
            st.just("keep"),
            st.sampled_from("ab"),
            st.integers(0, 40),
            st.sampled_from([None, "bravo", "charlie"]),
            st.sampled_from(["owner", "all", frozenset({"charlie"}), frozenset()]),
        ),
        st.tuples(st.just("close")),
        st.tuples(st.just("restart")),
    ),
    max_size=12,
)


def shows_otherwise(life: list[tuple[object, ...]]) -> bool:
    """Whether a reader is shown other positions than a list of them says, after such a life."""
    told: list[tuple[str, int, str | None, object]] = []
    with TemporaryDirectory() as name:
        archive = an_archive(Path(name))
        for step in life:
            match step:
                case ("keep", str(track), int(at_s), owner, shown_to):
                    keep(archive, report(track, at_s, owner), shown_to=shown_to)  # type: ignore[arg-type]  # drawn above
                    told.append((track, at_s, owner, shown_to))  # type: ignore[arg-type]  # drawn above
                case ("close",):
                    for each in archive.close_due(NOW_US, all_of_them=True):
                        archive.recorded(each.name)
                case _:
                    archive.stop()
                    archive = an_archive(Path(name))
        for reader in ("alpha", "bravo", "charlie", "delta"):
            wanted = sorted(
                (track, at_s)
                for track, at_s, owner, shown_to in told
                if 5 <= at_s < 30
                and (
                    reader in ("alpha", owner)
                    or shown_to == "all"
                    or (isinstance(shown_to, frozenset) and reader in shown_to)
                )
            )
            found = archive.fixes(NOW_US + 5 * SECOND_US, NOW_US + 30 * SECOND_US, seen_by(reader))
            if sorted((e.track, (e.time_us - NOW_US) // SECOND_US) for e in found) != wanted:
                stop_all()
                return True
        stop_all()
    return False


@settings(max_examples=30)
@given(lives)
def test_a_reader_is_shown_the_window_of_what_it_could_see_when_it_came(
    life: list[tuple[object, ...]],
) -> None:
    assert not shows_otherwise(life)


@pytest.mark.parametrize("fault", ["shown to all", "lost at a restart"])
def test_a_track_shown_to_who_may_not_see_it_is_noticed(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "shown to all":
        monkeypatch.setattr(archive_world, "archives_may_see", lambda *_args, **_more: True)
    else:
        monkeypatch.setattr(archives.TrackArchive, "_take_over", lambda self, give_way: None)
        real = SegmentFolder.segments
        monkeypatch.setattr(
            SegmentFolder,
            "segments",
            lambda self, state: [] if state is State.OPEN else real(self, state),
        )
    try:
        find(lives, shows_otherwise, settings=settings(phases=[Phase.generate], max_examples=300))
    except NoSuchExample:
        pytest.fail("the planted fault was not found")


def test_a_segment_that_is_closed_has_a_digest_that_stays(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a", 1), report("b", 7))
    keep(archive, report("c", 3), feed="other", party=None)
    assert archive.close_due(NOW_US + MINUTE_US) == [], "too early"
    first, second = archive.close_due(NOW_US + 10 * MINUTE_US)
    assert (first.feed_party, first.fixes, second.feed_party) == ("alpha", 2, None)
    assert (first.start_us, first.end_us) == (NOW_US + SECOND_US, NOW_US + 7 * SECOND_US)
    again = an_archive(tmp_path)
    assert again.close_due(NOW_US) == [first, second], "not recorded yet"
    again.recorded(first.name)
    assert again.close_due(NOW_US) == [second]
    assert again.digest(first.name) == first.sha256
    assert again.digest("unknown") is None
    assert times_s(again) == [1, 3, 7]


def test_a_segment_that_is_closed_is_read_once_until_it_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a", 1), report("b", 7))
    keep(archive, report("c", 3))
    read = files_read(monkeypatch)
    for _ in range(2):
        (closed,) = archive.close_due(NOW_US, all_of_them=True)
    assert set(read) == {"s0-0.open"}
    (again,) = an_archive(tmp_path).close_due(NOW_US)
    assert len(set(read)) == 2
    assert (again, again.fixes) == (closed, 3), "what was counted while it was written"


def test_a_query_of_another_hour_opens_no_open_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a", 1))
    keep(archive, report("b", 7), feed="other")
    read = files_read(monkeypatch)
    assert times_s(archive, 8, 3600) == times_s(archive, -3600, 1) == []
    assert read == []
    assert times_s(archive, 2, 8) == [7]
    assert len(read) == 1


def files_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are opened by their paths from now on."""
    read: list[str] = []
    real = Path.open

    def noted(path: Path, *args: str, **more: int) -> object:
        read.append(path.name)
        return real(path, *args, **more)  # type: ignore[call-overload]  # as it was called

    monkeypatch.setattr(Path, "open", noted)
    return read


def test_equal_positions_have_another_digest_each_time(tmp_path: Path) -> None:
    digests: set[str] = set()
    for name in "ab":
        archive = an_archive(tmp_path / name)
        keep(archive, report("a"))
        digests |= {each.sha256 for each in archive.close_due(NOW_US, all_of_them=True)}
    assert len(digests) == 2, "a guess at the positions cannot be checked"


def test_a_file_torn_anywhere_gives_its_whole_frames(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    for at_s in range(3):
        keep(archive, report("a", at_s))
    archive.stop()
    (path,) = (tmp_path / "tracks").iterdir()
    whole = path.read_bytes()
    seen: set[int] = set()
    for cut in range(0, len(whole) + 1, 7):
        path.write_bytes(whole[:cut])
        found = times_s(an_archive(tmp_path))
        assert found == [0, 1, 2][: len(found)]
        seen.add(len(found))
    assert seen == {0, 1, 2} | ({3} if len(whole) % 7 == 0 else set())


def test_what_a_killed_run_left_is_taken_over_but_not_from_a_living_one(tmp_path: Path) -> None:
    living, killed = an_archive(tmp_path), an_archive(tmp_path)
    keep(living, report("a", 1))
    killed._make_name = lambda: "killed"
    keep(killed, report("b", 2))
    killed.stop()
    (taken,) = an_archive(tmp_path).close_due(NOW_US)
    assert (taken.name, taken.fixes) == ("killed", 1)
    assert times_s(living) == [1, 2]


def test_of_one_track_at_most_one_position_in_a_while_is_kept(tmp_path: Path) -> None:
    archive = an_archive(tmp_path, ArchiveSettings(every_us=SECOND_US))
    assert keep(archive, *(report("a", at / 4) for at in range(9)), report("b", 0.1)) == 4
    assert times_s(archive) == [0, 0.1, 1, 2]


def test_of_two_feeds_of_one_party_with_the_same_track_both_are_kept(tmp_path: Path) -> None:
    archive = an_archive(tmp_path, ArchiveSettings(every_us=SECOND_US))
    for at_s in range(5):
        assert keep(archive, report("a", at_s), feed="f") == 1
        assert keep(archive, report("a", at_s + 0.5), feed="g") == 1
    assert times_s(archive) == [each / 2 for each in range(10)]


def test_old_positions_go_and_the_oldest_of_a_party_that_brings_too_many(tmp_path: Path) -> None:
    archive = an_archive(tmp_path, ArchiveSettings(DAY_US, 0, MINUTE_US, 1 << 20))
    for at_s in (0, 100, 200):
        keep(archive, report("a", at_s))
        keep(archive, report("b", at_s), party="bravo", feed="g")
        for each in archive.close_due(NOW_US, all_of_them=True):
            archive.recorded(each.name)
    sizes = {path.stat().st_size for path in (tmp_path / "tracks").iterdir()}
    assert max(sizes) > 250, "of so much, not even two fit"
    archive.settings = ArchiveSettings(DAY_US, 0, MINUTE_US, 2 * max(sizes))
    assert len(archive.forget(NOW_US).names) == 2, "the oldest of each"
    assert times_s(archive) == [100, 100, 200, 200]
    later_us = NOW_US + DAY_US + 150 * SECOND_US
    assert archive.forget(later_us, lambda *_: 1) == Forgotten()
    assert len(archive.forget(later_us).names) == 2
    assert times_s(archive) == [200, 200]


def test_a_flood_takes_the_place_of_nothing_that_an_incident_holds(tmp_path: Path) -> None:
    archive = an_archive(tmp_path, ArchiveSettings(DAY_US, 0, MINUTE_US, 1 << 30))

    def bring(*times_s: int) -> int:
        """Positions, one in a segment of its own; the size of the largest."""
        for at_s in times_s:
            keep(archive, report("a", at_s))
            for each in archive.close_due(NOW_US, all_of_them=True):
                archive.recorded(each.name)
        return max(path.stat().st_size for path in (tmp_path / "tracks").iterdir())

    def held(_: str | None, start_us: int, __: int) -> int:
        """0 to 200 s are of an incident of somebody else's, from 600 s on of the party's own."""
        at_s = (start_us - NOW_US) // SECOND_US
        return 2 if at_s <= 200 else 1 if at_s >= 600 else 0

    most = 3 * bring(0, 100, 200) + 100  # less than a fourth one takes
    archive.settings = ArchiveSettings(DAY_US, 0, MINUTE_US, most)
    bring(300, 400, 500, 510, 520)
    assert len(archive.forget(NOW_US, held).names) == 2
    assert times_s(archive) == [0, 100, 200, 500, 510, 520]
    bring(600, 610, 620, 630)
    gone = archive.forget(NOW_US, held)
    assert (len(gone.names), len(gone.held)) == (3, 1), "its own incident's go last, and are named"
    assert times_s(archive) == [0, 100, 200, 600, 610, 620]


def test_what_is_not_recorded_yet_is_never_forgotten(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a"))
    archive.close_due(NOW_US, all_of_them=True)
    assert archive.forget(NOW_US + 100 * DAY_US) == Forgotten()


def test_a_damaged_file_is_passed_over_and_said_and_goes_when_it_is_old(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    for at_s in range(4):
        for more_s in range(0, 30, 10):
            keep(archive, report("a", at_s + more_s), feed=f"f{at_s}")
    closed = archive.close_due(NOW_US, all_of_them=True)
    of_name = {
        path.name.split("_")[2].removesuffix(".due.parquet"): path
        for path in (tmp_path / "tracks").iterdir()
    }
    undecodable, cut, empty, good = (of_name[each.name] for each in closed)
    whole = undecodable.read_bytes()
    undecodable.write_bytes(whole[:200] + bytes(100) + whole[300:])
    cut.write_bytes(cut.read_bytes()[:-3])
    empty.write_bytes(b"")
    killed = an_archive(tmp_path)
    keep(killed, report("b", 5), feed="g")
    killed.stop()
    (left,) = (tmp_path / "tracks").glob("*.open")
    left.write_bytes(left.read_bytes() + framed(b"no compressed frame"))

    later = an_archive(tmp_path)
    for _ in range(2):
        (due,) = later.close_due(NOW_US)
        assert due.name == closed[3].name
        said = {each.name: (each.feed_party, each.feed, each.why) for each in later.damaged}
        assert {name: each[:2] for name, each in said.items()} == {
            closed[0].name: ("alpha", "f0"),
            closed[1].name: ("alpha", "f1"),
            closed[2].name: (None, None),
            left.stem: ("alpha", "g"),
        }
        assert "damaged" in said[closed[0].name][2]
        assert "damaged" in said[closed[1].name][2]
    later.recorded(due.name)
    assert later.forget(NOW_US + 29 * DAY_US) == Forgotten(), "what can be read of them is kept"
    assert len(later.forget(NOW_US + 31 * DAY_US).names) == 5
    assert list((tmp_path / "tracks").iterdir()) == []
    assert not good.exists()


def test_what_many_feeds_brought_is_heard_in_turn_and_few_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = an_archive(tmp_path)
    for minute in range(12):
        for feed in "fg":
            batch = a_batch(report("a", 60 * minute), feed=feed)
            came_us = NOW_US + minute * MINUTE_US
            archive.keep(batch, [0], came_us=came_us, shown_to="owner")
            archive.close_due(came_us, all_of_them=True)
    begun: list[str] = []
    real = SegmentFolder.blocks
    monkeypatch.setattr(
        SegmentFolder,
        "blocks",
        lambda self, segment: (begun.append(segment.name), real(self, segment))[1],
    )
    heard = archive.heard(NOW_US, NOW_US + 20 * MINUTE_US)
    for minute in range(12):
        assert [next(heard)[0] for _ in "fg"] == [NOW_US + minute * MINUTE_US] * 2
        assert len(begun) <= 2 * (minute + 2)
    assert list(heard) == []


def test_a_sealed_folder_holds_no_position_in_plain(tmp_path: Path) -> None:
    vault = Vault(bytes(range(32)))
    sealed = an_archive(tmp_path, vault=vault)
    keep(sealed, report("a", 5))
    assert times_s(an_archive(tmp_path)) == [], "not without the key"
    assert times_s(an_archive(tmp_path, vault=vault)) == [5]
    (closed,) = sealed.close_due(NOW_US, all_of_them=True)
    assert sealed.digest(closed.name) == closed.sha256


def test_a_disk_that_takes_no_more_is_said(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a", 1))
    (writing,) = archive._writing.values()
    writing.file.close()
    writing.file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  # the archive closes it
    with pytest.raises(RecordUnavailable, match="tracks"):
        keep(archive, report("a", 2))
    keep(archive, report("a", 3))
    assert times_s(archive) == [1, 3]


def test_a_number_beyond_all_bounds_is_kept_as_not_said(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    keep(archive, PositionReport("a", NOW_US, 47.0, 8.0, 1e308, ground_speed_m_s=-1e308))
    (fix,) = archive.fixes(NOW_US, NOW_US + 1, lambda _: True)
    assert (fix.altitude_w84_mm, fix.ground_speed_mm_s) == (None, None)


@pytest.mark.parametrize("recorded", [False, True])
def test_what_is_closed_while_somebody_reads_is_read_all_the_same(
    tmp_path: Path, *, recorded: bool
) -> None:
    archive = an_archive(tmp_path)
    for number in range(4):
        keep(archive, report("a", number), feed=f"f{number}")
    reading = archive.fixes(NOW_US, NOW_US + MINUTE_US, lambda _: True)
    found = [next(reading)]
    for each in archive.close_due(NOW_US, all_of_them=True):
        if recorded:
            archive.recorded(each.name)
    found += reading
    assert sorted(each.feed for each in found) == ["f0", "f1", "f2", "f3"]


@pytest.mark.parametrize("name", ["kept_us", "close_us", "most_bytes", "every_us"])
def test_a_setting_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        ArchiveSettings(**{name: -1})


def open_files(folder: Path) -> int:
    """How many files below a folder this process has open."""
    held = (os.path.realpath(each) for each in Path("/proc/self/fd").iterdir())
    return sum(each.startswith(str(folder.resolve())) for each in held)


def test_many_feeds_have_few_files_open_and_each_its_one_segment(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    feeds = [f"f{number}" for number in range(100)]
    for at_s in (0, 1):
        for feed in feeds:
            keep(archive, report("a", at_s), feed=feed)
            assert open_files(tmp_path) <= 32
    assert times_s(archive) == [0] * 100 + [1] * 100
    closed = archive.close_due(NOW_US, all_of_them=True)
    assert [each.fixes for each in closed] == [2] * 100
    assert open_files(tmp_path) == 0
    assert all(archive.digest(each.name) == each.sha256 for each in closed)


def test_a_resting_segment_that_another_process_closed_is_begun_anew(tmp_path: Path) -> None:
    archive, other = an_archive(tmp_path), an_archive(tmp_path)
    other._make_name = lambda: "other"
    for number in range(40):
        keep(archive, report("a", 1), feed=f"f{number}")
    archive._make_name = map("later-{}".format, itertools.count()).__next__
    assert len(other.close_due(NOW_US)) == 8, "those that rest"
    for number in range(40):
        keep(archive, report("a", 2), feed=f"f{number}")
    assert times_s(archive) == [1] * 40 + [2] * 40
    closed = archive.close_due(NOW_US, all_of_them=True)
    assert sorted(each.fixes for each in closed) == [1] * 16 + [2] * 32


told_of = st.lists(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 8)), min_size=1, max_size=6),
    max_size=6,
)


def keeps_other_than_one_by_one(batches: list[list[tuple[str, int]]]) -> bool:
    """Positions of tracks by their times, kept at least 3 apart; forgotten to 2 after each."""
    lately, last, forgotten = latelies.Lately(), dict[str, int](), set[str]()
    for batch in batches:
        names, times = zip(*batch, strict=True)
        kept = lately.spaced(names, np.array(times), 3).tolist()
        for name, time_us, is_kept in zip(names, times, kept, strict=True):
            # What was let go of may have been kept in mind all the same, until there is much of it.
            is_far = name not in last or abs(time_us - last[name]) >= 3
            if is_kept != is_far and name not in forgotten:
                return True
            if is_kept:
                last[name] = time_us
                forgotten.discard(name)
        lately.forget(2)
        forgotten |= {name for name, time_us in last.items() if time_us <= 2}
        if len(lately._place_of) > 2 * len(set(last) - forgotten):
            return True
    return False


@settings(deadline=None, max_examples=80)
@given(told_of)
def test_what_is_kept_of_a_batch_is_what_is_kept_one_by_one(
    batches: list[list[tuple[str, int]]],
) -> None:
    assert not keeps_other_than_one_by_one(batches)


def test_keeping_each_of_a_batch_by_what_was_kept_before_it_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def planted(places: Any, times_us: Any, last_us: Any, every_us: int) -> Any:
        before_us = last_us[places]
        kept = (before_us == NEVER_US) | (abs(times_us - before_us) >= every_us)
        last_us[places[kept]] = times_us[kept]
        return kept

    monkeypatch.setattr(latelies, "spaced", planted)
    search = settings(phases=[Phase.generate], max_examples=300, deadline=None, database=None)
    find(told_of, keeps_other_than_one_by_one, settings=search)
