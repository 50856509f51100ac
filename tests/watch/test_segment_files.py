"""A closed segment is a Parquet file whose SHA-256 is its digest, whatever happens meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from errno import ENOSPC
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyarrow import parquet

from archive_world import NOW_US, an_archive, keep, report, seen_by, stop_all, times_s
from wideberth.errors import RecordUnavailable
from wideberth.faces.feeds.parquet import parquet_reader, parquet_rows
from wideberth.record.vault import Vault
from wideberth.space.time import DAY_US, MINUTE_US, SECOND_US
from wideberth.watch import archive as archives
from wideberth.watch import atrestpieces, segmentfile, segmentfolder, segments
from wideberth.watch.reports import PositionReport
from wideberth.watch.segmentfolder import seal_tracks
from wideberth.watch.segments import Chunk, KeptFix, Opened, chunk_span, frames, read_frame


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    yield
    stop_all()


def as_before(folder: Path) -> Path:
    """The one open journal of a folder, closed as an earlier version did: it keeps its frames."""
    (journal,) = (folder / "tracks").glob("*.open")
    opened, *chunks = map(partial(read_frame, name="x"), frames(journal.read_bytes()))
    assert isinstance(opened, Opened)
    spans = [chunk_span(each) for each in chunks if isinstance(each, Chunk)]
    span = f"{min(spans)[0]}_{max(each for _, each in spans)}"
    return journal.rename(journal.with_name(f"{span}_{opened.name}.closed"))


def test_a_segment_that_an_earlier_version_closed_is_due_read_and_kept(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    for at_s in range(4):
        keep(archive, report("a", at_s), shown_to=frozenset(("bravo",)))
    archive.stop()
    whole = list(frames(as_before(tmp_path).read_bytes()))
    later = an_archive(tmp_path)
    (due,) = later.close_due(NOW_US)
    told = sha256(b"".join(len(each).to_bytes(4, "big") + each for each in whole))
    assert (due.sha256, due.fixes) == (told.hexdigest(), 4)
    later.recorded(due.name)
    (path,) = (tmp_path / "tracks").iterdir()
    assert path.suffix == ".tracks"
    assert later.digest(due.name) == due.sha256
    assert later.segment(due.name) == ("alpha", whole)
    assert times_s(later) == [0, 1, 2, 3]
    assert len(list(later.fixes(0, 2 * NOW_US, seen_by("bravo")))) == 4
    assert len(list(later.heard(NOW_US, NOW_US + 1))) == 4
    assert len(later.forget(NOW_US + 31 * DAY_US).names) == 1


def test_of_a_journal_a_piece_is_held_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = an_archive(tmp_path)
    for at_s in range(40):
        keep(archive, report(f"a{at_s}", at_s))
    archive.stop()
    path = as_before(tmp_path)
    length = path.stat().st_size
    whole = list(frames(path.read_bytes()))
    read: list[int] = []
    real = Path.open

    class Noted:
        def __init__(self, file: Any) -> None:
            self.file = file

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def seek(self, at: int) -> None:
            self.file.seek(at)

        def read(self, count: int) -> bytes:
            data: bytes = self.file.read(count)
            read.append(len(data))
            return data

    monkeypatch.setattr(Path, "open", lambda path, mode: Noted(real(path, mode)))
    name = "s0-0"
    for block in (1, 9, 300, 1000, length, length + 1):
        monkeypatch.setattr(segments, "_BLOCK_BYTES", block)
        read.clear()
        assert archive.digest(name) == segments.digest_of(whole)
        assert max(read) <= max(block, length // 20), "a block, or a frame"
        assert times_s(archive) == [float(each) for each in range(40)]
    monkeypatch.undo()
    for first, most_bytes, count in ((0, 1, 2), (3, len(whole[3]), 2), (39, 10**9, 2)):
        found = archive.segment(name, first=first, most_bytes=most_bytes)
        assert found == ("alpha", whole[first : first + count])


@pytest.mark.parametrize("piece_bytes", [7, 100, 1 << 18])
@pytest.mark.parametrize("vault", [None, Vault(bytes(range(32)))])
def test_a_closed_segment_is_told_in_pieces_that_are_its_file(
    tmp_path: Path, vault: Vault | None, piece_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (segmentfolder, atrestpieces):
        monkeypatch.setattr(module, "PIECE_BYTES", piece_bytes)
    archive = an_archive(tmp_path, vault=vault)
    for at_s in range(5):
        keep(archive, report(f"a{at_s}", at_s))
    (closed,) = archive.close_due(NOW_US, all_of_them=True)
    told = archive.segment(closed.name)
    assert told is not None
    party, pieces = told
    assert party == "alpha"
    assert {len(each) for each in pieces[:-1]} <= {piece_bytes}
    assert sha256(b"".join(pieces)).hexdigest() == closed.sha256 == archive.digest(closed.name)
    few = archive.segment(closed.name, first=1, most_bytes=3 * piece_bytes)
    assert few == ("alpha", pieces[1:5])
    assert times_s(archive) == [0, 1, 2, 3, 4]
    (path,) = (tmp_path / "tracks").iterdir()
    assert (path.read_bytes() == b"".join(pieces)) is (vault is None)


HIGH = {"altitude_w84_mm": 90_500, "accuracy_mm": 12_250}


def told_by_pyarrow(path: Path) -> tuple[Any, dict[str, str]]:
    """The table of a file of the archive as pyarrow has it, and what it says of itself."""
    table: Any = parquet.read_table(path)
    return table, {key.decode(): each.decode() for key, each in table.schema.metadata.items()}


@pytest.mark.parametrize("space", ["valley.example/a", "exercise.valley.example/a"])
def test_any_reader_of_parquet_opens_a_closed_segment_and_its_digest_is_the_files(
    tmp_path: Path, space: str
) -> None:
    archive = an_archive(tmp_path, space=space)
    keep(archive, report("a", 1, owner="bravo"), report("b", 2), shown_to=frozenset(("charlie",)))
    keep(archive, PositionReport("a", NOW_US, 0.0, 0.0, callsign="ÉA", course_deg=7.5))
    (closed,) = archive.close_due(NOW_US, all_of_them=True)
    archive.recorded(closed.name)
    (path,) = (tmp_path / "tracks").glob("*.parquet")
    assert sha256(path.read_bytes()).hexdigest() == closed.sha256
    assert path.stat().st_mode & 0o777 == 0o600
    table, said = told_by_pyarrow(path)
    assert {name: said[name] for name in ("segment", "feed_party", "feed", "space")} == {
        "segment": closed.name,
        "feed_party": "alpha",
        "feed": "f",
        "space": space,
    }
    assert said["says"].startswith("EXERCISE. ") is space.startswith("exercise.")
    assert "neither permission nor a guarantee" in said["says"]
    assert table.to_pylist() == [
        dict.fromkeys(table.column_names)
        | {"batch": batch, "came_us": NOW_US, "time_us": NOW_US + at_s * SECOND_US, "track": track}
        | {"latitude_nd": north, "longitude_nd": east, "shown_to": shown_to}
        | more
        for batch, at_s, track, north, east, shown_to, more in (
            (0, 1, "a", 47_000_100_000, -179_500_000_000, '["charlie"]', {"owner": "bravo"} | HIGH),
            (0, 2, "b", 47_000_200_000, -179_500_000_000, '["charlie"]', HIGH),
            (1, 0, "a", 0, 0, "owner", {"call_sign": "ÉA", "course_mdeg": 7500}),
        )
    ]
    known = {each.name for each in msgspec.structs.fields(KeptFix)}
    assert set(table.column_names) - {"batch"} <= known


def test_a_file_of_the_archive_is_read_as_a_feed(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a", 1), report("b", 2))
    archive.close_due(NOW_US, all_of_them=True)
    (path,) = (tmp_path / "tracks").iterdir()
    told: list[Any] = list(parquet_rows(path.read_bytes(), parquet_reader()))
    assert [each["icao24"] for each in told] == ["a", "b"]
    assert [each["timestamp"] * 1000 for each in told] == [
        NOW_US + SECOND_US,
        NOW_US + 2 * SECOND_US,
    ]


def test_a_feed_that_brings_very_much_fills_several_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_MOST_FIXES", 10)
    monkeypatch.setattr(archives, "_MOST_AT_ONCE", 4)
    archive = an_archive(tmp_path)
    keep(archive, *(report("a", at_s) for at_s in range(25)))
    closed = archive.closed()
    assert [each.fixes for each in closed] == [12, 12], "before they are old enough"
    monkeypatch.setattr(archives, "_MOST_FIXES", 1000)
    monkeypatch.setattr(archives, "_MOST_BYTES", 1)
    keep(archive, report("b", 1))
    assert [each.fixes for each in archive.closed()] == [12, 12, 1]
    assert times_s(archive) == sorted([1, *range(25)])


def test_positions_beyond_one_row_group_are_read_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segmentfile, "GROUP_ROWS", 7)
    archive = an_archive(tmp_path)
    for at_s in range(0, 40, 2):
        keep(archive, report("a", at_s), report("b", at_s + 1))
    before = [(came, batch.track_id) for came, batch in archive.heard(0, 2 * NOW_US)]
    archive.close_due(NOW_US, all_of_them=True)
    (path,) = (tmp_path / "tracks").iterdir()
    assert parquet.ParquetFile(path).metadata.num_row_groups == 5
    assert times_s(archive) == list(range(40))
    assert times_s(archive, 13, 19) == list(range(13, 19))
    assert [(came, batch.track_id) for came, batch in archive.heard(0, 2 * NOW_US)] == before


def test_a_journal_that_is_closed_while_it_is_read_is_read_on_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "_BLOCK_BYTES", 300)
    archive = an_archive(tmp_path)
    for at_s in range(40):
        keep(archive, report("a", at_s))
    reading = archive.fixes(NOW_US, NOW_US + MINUTE_US, lambda _: True)
    found = [next(reading) for _ in range(5)]
    archive.close_due(NOW_US, all_of_them=True)
    found += reading
    assert [(each.time_us - NOW_US) // SECOND_US for each in found] == list(range(40))


CLOSES = """
import os, sys
from pathlib import Path
from wideberth.record.vault import Vault
from wideberth.watch.archive import ArchiveSettings, TrackArchive

def close(folder, at):
    steps = 0

    def dies(real):
        def step(*arguments, **more):
            nonlocal steps
            steps += 1
            if steps == at:
                os._exit(9)
            return real(*arguments, **more)
        return step

    os.fsync, Path.rename, Path.unlink = map(dies, (os.fsync, Path.rename, Path.unlink))
    vault = Vault(bytes(32)) if folder.parent.name == "sealed" else None
    TrackArchive(folder, ArchiveSettings(), make_name=str, vault=vault).closed()
    os._exit(0)

for each in sys.argv[1:]:
    child = os.fork() or close(Path(each), int(Path(each).name))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_that_dies_at_any_step_of_closing_loses_no_position(tmp_path: Path) -> None:
    steps = range(1, 7)
    vaults = {"plain": None, "sealed": Vault(bytes(32))}
    folders = {tmp_path / form / str(step): vaults[form] for form in vaults for step in steps}
    for folder, vault in folders.items():
        archive = an_archive(folder, vault=vault)
        for at_s in range(3):
            keep(archive, report("a", at_s))
        archive.stop()
    done = subprocess.run(
        [sys.executable, "-c", CLOSES, *map(str, folders)],
        check=True,
        capture_output=True,
        text=True,
    )
    # On the disk, named, its name on the disk, what is left of the making, and the journal.
    assert done.stdout.split() == 2 * ["9", "9", "9", "9", "9", "0"]
    for folder, vault in folders.items():
        later = an_archive(folder, vault=vault)
        assert times_s(later) == [0, 1, 2], folder
        (closed,) = later.close_due(NOW_US)
        assert (closed.fixes, later.damaged) == (3, [])
        assert later.digest(closed.name) == closed.sha256
        assert times_s(later) == [0, 1, 2], folder
        (path,) = (folder / "tracks").iterdir()
        assert path.name.endswith(".due.parquet" if vault is None else ".due.sealed")


def test_a_disk_without_room_for_the_file_leaves_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a", 1))
    real = os.fsync

    def full(_descriptor: int) -> None:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for _ in range(2):
        with pytest.raises(RecordUnavailable, match="full"):
            archive.close_due(NOW_US, all_of_them=True)
        assert [each.name for each in (tmp_path / "tracks").iterdir()] == ["s0-0.open"]
        assert times_s(archive) == [1]
    monkeypatch.setattr(os, "fsync", real)
    (closed,) = archive.close_due(NOW_US)
    assert closed.fixes == 1


def test_a_journal_that_lost_what_was_written_is_said_and_closed_as_it_is(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    for at_s in range(3):
        keep(archive, report("a", at_s))
    (path,) = (tmp_path / "tracks").iterdir()
    os.truncate(path, path.stat().st_size - 5)
    (closed,) = archive.close_due(NOW_US, all_of_them=True)
    (damaged,) = archive.damaged
    assert (closed.fixes, damaged.name, damaged.feed) == (2, closed.name, "f")
    assert "holds less" in damaged.why
    assert times_s(archive) == [0, 1]


def test_who_closes_gently_waits_four_times_as_long_as_it_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s, waited = 0.0, list[float]()

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return now_s

        @staticmethod
        def sleep(wait_s: float) -> None:
            waited.append(wait_s)

    monkeypatch.setattr(archives, "time", Clock)
    pause = archives._Pause()
    for worked_s in (0.001, 0.0005, 0.001, 0.01, 60.0):
        now_s += worked_s
        pause()
    assert waited == pytest.approx([0.01, 0.04, 0.08])


def test_of_a_sealed_file_no_piece_can_stand_in_anothers_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atrestpieces, "PIECE_BYTES", 100)
    vault = Vault(bytes(32))
    archive = an_archive(tmp_path, vault=vault)
    keep(archive, report("a", 1))
    (closed,) = archive.close_due(NOW_US, all_of_them=True)
    (path,) = (tmp_path / "tracks").iterdir()
    data = path.read_bytes()
    assert b"PAR1" not in data
    for changed in (
        data[140:280] + data[:140] + data[280:],
        data[:-1],
        data[: len(data) // 140 * 140],
        data[:150] + bytes([data[150] ^ 1]) + data[151:],
    ):
        path.write_bytes(changed)
        assert times_s(an_archive(tmp_path, vault=vault)) == []
    path.write_bytes(data)
    assert times_s(an_archive(tmp_path)) == [], "not without the key"
    assert an_archive(tmp_path).segment(closed.name) is None
    assert times_s(an_archive(tmp_path, vault=vault)) == [1]


def test_a_plain_folder_of_every_form_is_sealed_and_a_cut_off_sealing_is_finished(
    tmp_path: Path,
) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a", 1))
    archive.stop()
    as_before(tmp_path)
    archive = an_archive(tmp_path)
    for number in (2, 3):
        keep(archive, report("a", number))
        (*_, closed) = archive.close_due(NOW_US, all_of_them=True)
        if number == 2:  # an entry already
            archive.recorded(closed.name)
    keep(archive, report("a", 4))
    archive.stop()
    digests = {each.name: each.sha256 for each in an_archive(tmp_path).closed()[:2]}
    vault = Vault(bytes(32))
    (kept,) = (tmp_path / "tracks").glob("*[0-9].parquet")
    before = kept.read_bytes()
    seal_tracks(tmp_path, vault)
    for path in (tmp_path / "tracks").iterdir():
        assert b"PAR1" not in path.read_bytes()
    kept.write_bytes(before)  # a run that ended before the plain file was gone
    assert times_s(an_archive(tmp_path, vault=vault)) == [1, 2, 3, 4]
    assert seal_tracks(tmp_path, vault) == 1
    assert not kept.exists()
    later = an_archive(tmp_path, vault=vault)
    assert times_s(later) == [1, 2, 3, 4]
    assert {name: later.digest(name) for name in digests} == digests


def test_a_folder_that_is_sealed_later_keeps_its_digests(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    keep(archive, report("a", 5))
    (closed,) = archive.close_due(NOW_US, all_of_them=True)
    vault = Vault(bytes(range(32)))
    assert (seal_tracks(tmp_path, vault), seal_tracks(tmp_path, vault)) == (1, 0)
    later = an_archive(tmp_path, vault=vault)
    assert later.digest(closed.name) == closed.sha256
    assert times_s(later) == [5]
