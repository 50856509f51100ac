"""Files of positions in a bundle: Parquet as the archive closed it, held against its entry."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from pyarrow import parquet

import evidence_world as world
from kept_world import (
    AT,
    BEGIN_US,
    NOT_SAID,
    alone,
    bundle,
    chunk,
    frames,
    happened,
    recorded,
    text_of,
)
from wideberth.errors import RecordCorrupt
from wideberth.evidence.alone.container import Fault, packed, unpacked
from wideberth.evidence.alone.page import page_html
from wideberth.evidence.alone.program import bundle_at, checked_contents
from wideberth.evidence.alone.segments import kept_in
from wideberth.evidence.check import check_files, verify_bundle
from wideberth.space.time import SECOND_US
from wideberth.watch.segmentfile import write_segment
from wideberth.watch.segments import Chunk, Opened, block_of, encoded, read_frame
from wideberth.watch.segments import packed as packed_frame

TOLD = {"made_for": "alpha", "asked": "incident incident-9"}
NAME = f"positions-{AT}.parquet"
"""In a bundle with one file of positions."""


def as_file(journal: list[bytes]) -> bytes:
    """The file of a segment that is made of a journal's frames."""
    opened, *chunks = (read_frame(each, name="x") for each in journal)
    assert isinstance(opened, Opened)
    blocks = [block_of(each, at) for at, each in enumerate(chunks) if isinstance(each, Chunk)]
    out = io.BytesIO()
    write_segment(out.write, opened, blocks, space="a.example", give_way=lambda: None)
    return out.getvalue()


def good(**more: Any) -> bytes:
    data = as_file(frames(**more))
    return bundle(happened(recorded([data])), {"seg-1": [data[:1000], data[1000:]]})


@pytest.mark.requirement("R-05")
def test_a_bundle_holds_the_file_itself_and_any_reader_of_parquet_opens_it(tmp_path: Path) -> None:
    data = good()
    assert list(unpacked(data))[-2:] == [NAME, "verify.py"]
    assert verify_bundle(data, policy=world.policy()).kept_positions == 5
    alone()["checked_bundle"](data, world.policy())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    told = json.loads((tmp_path / "manifest.json").read_bytes())
    assert told["wideberth_evidence"] == 3
    assert told["files"][NAME] == sha256((tmp_path / NAME).read_bytes()).hexdigest()
    assert parquet.read_table(tmp_path / NAME)["track"].to_pylist() == ["a", "a", "a", "b", "a"]
    assert bundle_at(tmp_path) == data
    done = subprocess.run(
        [sys.executable, "verify.py", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "5 positions in 1 segments" in done.stdout) == (0, True), done.stderr


def test_the_page_says_of_a_file_what_it_says_of_a_journal() -> None:
    journal = bundle(happened(recorded(frames())), {"seg-1": frames()})
    wanted = text_of(journal).replace("tracks.jsonl", NAME)
    digests = [recorded(each).body.sha256 for each in (frames(), [as_file(frames())])]  # type: ignore[union-attr]  # of segments
    assert text_of(good()) == wanted.replace(*digests)


def planted(name: str, data: bytes, *, without: bool = True) -> dict[str, bytes]:
    """A bundle with another file of positions, with manifest and page made right for it."""
    files = unpacked(good())
    verifier = files.pop("verify.py")
    if without:
        del files[NAME]
    return {**files, name: data, "verify.py": verifier}


GOOD = as_file(frames())
FORGED: dict[str, tuple[Callable[[], dict[str, bytes]], str]] = {
    "moved": (lambda: planted(NAME, as_file(frames(latitude=48))), f"entry {AT}: .* digest"),
    "cut off": (lambda: planted(NAME, GOOD[:-1]), "digest"),
    "longer": (lambda: planted(NAME, GOOD + b"x"), "digest"),
    "empty": (lambda: planted(NAME, b""), "digest"),
    "another entry": (lambda: planted(f"positions-{AT - 1}.parquet", GOOD), "no entry in the"),
    "no such entry": (lambda: planted("positions-99.parquet", GOOD), "no entry in the bundle"),
    "a journal of it": (lambda: planted(NAME, b"".join(frames())), "digest"),
}
"""By name: a bundle with other positions, and what is said of it."""


@pytest.mark.parametrize("name", FORGED)
def test_changed_positions_are_found_though_all_else_is_made_right(name: str) -> None:
    make, reason = FORGED[name]
    files = make()
    verifier = alone()
    with pytest.raises(verifier["Fault"], match=reason):
        verifier["checked_contents"](files, TOLD, world.policy())
    with pytest.raises(RecordCorrupt, match=r"entry \d+"):
        check_files(files)


def test_without_the_digest_a_moved_position_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: it is the digest that finds it."""

    class Blind:
        def __init__(self, _data: bytes) -> None: ...
        def hexdigest(self) -> str:
            return sha256(GOOD).hexdigest()

    monkeypatch.setattr("wideberth.evidence.alone.segments.sha256", Blind)
    facts = checked_contents(FORGED["moved"][0](), TOLD, world.policy())
    assert "48.000000002 N" in page_html(facts).decode()


def test_no_byte_of_a_file_can_be_another() -> None:
    files = unpacked(good())
    for at in range(0, len(GOOD), 97):
        changed = {**files, NAME: GOOD[:at] + bytes([GOOD[at] ^ (1 << at % 7)]) + GOOD[at + 1 :]}
        with pytest.raises(Fault):
            checked_contents(changed, TOLD, world.policy())
        with pytest.raises(RecordCorrupt):
            check_files(changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda files: {**files, "positions-07.parquet": GOOD},
        lambda files: {**files, "positions-.parquet": GOOD},
        lambda files: {"positions-99.parquet": GOOD, NAME: GOOD},
        lambda files: {NAME: GOOD, f"{NAME}x": b""},
    ],
)
def test_a_container_has_files_of_positions_in_one_spelling_and_order(
    change: Callable[[dict[str, bytes]], dict[str, bytes]],
) -> None:
    files = unpacked(good())
    verifier = files.pop("verify.py")
    del files[NAME]
    with pytest.raises(Fault):
        unpacked(packed({**files, **change({}), "verify.py": verifier}))
    many = {f"positions-{at}.parquet": GOOD for at in (0, 7, 10, 123456)}
    whole = {**files, **many, "verify.py": verifier}
    assert unpacked(packed(whole)) == whole


def a_segment(data: bytes, **more: Any) -> list[Any]:
    """What the verifier reads of a file whose digest is right."""
    value = {"body": msgspec.to_builtins(recorded([data], **more).body)}
    proved = type("Proved", (), {"position": 7, "value": value})
    return kept_in({"positions-7.parquet": data}, [proved])


@pytest.mark.parametrize(
    ("data", "more", "reason"),
    [
        (as_file(frames(name="other")), {}, "another segment"),
        (as_file(frames("bravo")), {}, "the feed of another party"),
        (as_file(frames(None)), {"party": None}, "the feed of another party"),
        (GOOD, {"fixes": 4}, "another number of positions"),
        (GOOD, {"end_us": BEGIN_US}, "other times"),
        (b"PAR1", {}, "cut off"),
        (b"no Parquet", {"sha256": sha256(b"no Parquet").hexdigest()}, "cut off"),
        (GOOD.replace(b"version\x18\x012", b"version\x18\x013"), {}, "version"),
        (GOOD.replace(b"came_us", b"came_ms"), {}, "columns are not those"),
    ],
)
def test_an_entry_that_says_otherwise_than_its_file_is_found(
    data: bytes, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Fault, match=reason) as raised:
        a_segment(data, **more)
    assert raised.value.index == 7


def test_the_verifier_reads_a_file_as_it_reads_the_journal() -> None:
    rows = [("t" * (at % 300 + 1), BEGIN_US + at * SECOND_US, at - 5, -at) for at in range(40_000)]
    data = as_file([frames()[0], a_frame(rows)])
    end_us = BEGIN_US + 39_999 * SECOND_US
    (segment,) = a_segment(data, start_us=BEGIN_US, end_us=end_us, fixes=40_000)
    assert [
        (each.track, each.time_us, each.latitude_nd, each.altitude_mm) for each in segment.positions
    ] == rows
    assert {(each.accuracy_mm, each.entry) for each in segment.positions} == {(10_000, 7)}


def test_the_page_says_when_a_height_was_said_that_is_not_of_its_position() -> None:
    opened, first, later = frames()
    read = read_frame(first, name="x")
    assert isinstance(read, Chunk)
    aged = msgspec.structs.replace(
        read, altitude_behind_us=np.array([NOT_SAID, NOT_SAID, 4_500_000, 0], "<i8").tobytes()
    )
    journal = [opened, packed_frame(encoded(aged)), later]
    for made in (journal, [as_file(journal)]):
        text = text_of(bundle(happened(recorded(made)), {"seg-1": made}))
        assert text.count("(said 4.5 s before the position)") == 1


def a_frame(rows: list[tuple[str, int, int, int]]) -> bytes:
    return packed_frame(encoded(chunk(*rows)))


def test_old_and_new_segments_stand_in_one_bundle() -> None:
    later = as_file(frames(name="seg-2"))
    data = bundle(
        happened(recorded(frames()), recorded([later], name="seg-2", minute=31)),
        {"seg-1": frames(), "seg-2": [later]},
    )
    files = unpacked(data)
    assert list(files)[-3:] == ["tracks.jsonl", f"positions-{AT + 1}.parquet", "verify.py"]
    assert verify_bundle(data, policy=world.policy()).kept_positions == 10
    twice = {**files, NAME: later}
    with pytest.raises(Fault, match="binds the positions"):
        checked_contents(twice, TOLD, world.policy())


def test_a_file_that_was_changed_since_is_left_out() -> None:
    data = bundle(happened(recorded([GOOD])), {"seg-1": [as_file(frames(latitude=48))]})
    assert "its positions are not in this bundle" in text_of(data)
    assert list(unpacked(data))[-2:] == ["entries.jsonl", "verify.py"]
