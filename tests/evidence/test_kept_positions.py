"""Kept positions in an incident's bundle: digests that entries hold, two verifiers, the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

import evidence_world as world
from api_world import a_world, moment
from evidence_world import BRAVO
from kept_world import (
    AT,
    BEGIN_US,
    END_US,
    INCIDENT,
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
from wideberth.evidence.alone.container import Fault, unpacked
from wideberth.evidence.alone.container import packed as packed_files
from wideberth.evidence.alone.page import page_html
from wideberth.evidence.alone.program import checked_bundle, checked_contents
from wideberth.evidence.alone.segments import kept_segments, segment_line
from wideberth.evidence.check import check_files, verify_bundle
from wideberth.faces.cli.app import app
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339
from wideberth.trackkeeping import TrackKeeping
from wideberth.watch.archive import ArchiveSettings, TrackArchive
from wideberth.watch.segments import Chunk, digest_of, encoded, read_frame
from wideberth.watch.segments import packed as packed_frame


def good() -> bytes:
    return bundle(happened(recorded(frames())), {"seg-1": frames()})


@pytest.mark.requirement("R-05")
def test_the_bundle_holds_the_positions_of_its_window_and_the_page_tells_them() -> None:
    data = good()
    assert list(unpacked(data))[-2:] == ["tracks.jsonl", "verify.py"]
    assert verify_bundle(data, policy=world.policy()).kept_positions == 5
    alone()["checked_bundle"](data, world.policy())
    text = text_of(data)
    assert "5 positions of the feed radar of alpha" in text
    assert (
        "a at 47.000000002 N, 7.5 E, 320.5 m above the WGS84 ellipsoid; give or take 10 m" in text
    )
    assert "47.000000001 N" not in text, "the last of each minute"
    assert "47 N" not in text, "that one was before the incident"
    assert "b at 47.000000003 N, 7.5 E, no height reported" in text
    assert "no position kept of alpha/a" in text
    assert text.count("nobody measured its clock") == 3
    assert f"the digest of its file is entry {AT}" in text


def planted(change: Any) -> dict[str, bytes]:
    """A bundle whose positions were changed, with manifest and page made right for them."""
    files = unpacked(good())
    files["tracks.jsonl"] = change(files["tracks.jsonl"])
    return files


def with_frames(made: list[bytes], entry: int = AT) -> dict[str, bytes]:
    return planted(lambda _: segment_line(entry, made))


FORGED: dict[str, tuple[Callable[[], dict[str, bytes]], str]] = {
    "moved": (lambda: with_frames(frames(latitude=48)), f"entry {AT}: .* digest"),
    "one frame less": (lambda: with_frames(frames()[:-1]), "digest"),
    "turned round": (lambda: with_frames([frames()[0], *frames()[:0:-1]]), "digest"),
    "another entry": (lambda: with_frames(frames(), entry=AT - 1), "no entry in the bundle binds"),
    "no such entry": (lambda: with_frames(frames(), entry=99), "no entry in the bundle binds"),
    "twice": (lambda: planted(lambda line: line * 2), "stands after"),
    "nothing": (lambda: planted(lambda _: b""), "holds nothing"),
    "respelled": (lambda: planted(lambda line: line.replace(b":", b": ", 1)), "one spelling"),
    "cut off": (lambda: planted(lambda line: line[:-1]), "cut off"),
    "no json": (lambda: planted(lambda _: b"\xff\n"), "no JSON"),
}
"""By name: a bundle with other positions, and what is said of it."""


@pytest.mark.parametrize("name", FORGED)
def test_changed_positions_are_found_though_all_else_is_made_right(name: str) -> None:
    make, reason = FORGED[name]
    files = make()
    verifier = alone()
    told = {"made_for": "alpha", "asked": f"incident {INCIDENT}"}
    with pytest.raises(verifier["Fault"], match=reason):
        verifier["checked_contents"](files, told, world.policy())
    with pytest.raises(RecordCorrupt, match=reason):
        verify_bundle(world.redigested(files), policy=world.policy())


def test_the_second_verifier_finds_a_moved_position_alone() -> None:
    with pytest.raises(RecordCorrupt, match=rf"entry {AT}.*digest"):
        check_files(FORGED["moved"][0]())


def test_without_the_digest_a_moved_position_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: it is the digest that finds it."""
    files = FORGED["moved"][0]()
    told = {"made_for": "alpha", "asked": f"incident {INCIDENT}"}
    before = sha_of = digest_of(frames())

    class Blind:
        def update(self, _data: bytes) -> None: ...
        def hexdigest(self) -> str:
            return sha_of

    monkeypatch.setattr("wideberth.evidence.alone.segments.sha256", Blind)
    facts = checked_contents(files, told, world.policy())
    assert facts.segments[0].sha256 == before
    assert "48.000000002 N" in page_html(facts).decode()


def test_no_byte_of_the_positions_can_be_another() -> None:
    files = unpacked(good())
    line = files["tracks.jsonl"]
    told = {"made_for": "alpha", "asked": f"incident {INCIDENT}"}
    for at in range(0, len(line), 5):
        changed = line[:at] + bytes([line[at] ^ (1 << at % 7)]) + line[at + 1 :]
        with pytest.raises(Fault):
            checked_contents({**files, "tracks.jsonl": changed}, told, world.policy())
        with pytest.raises(RecordCorrupt):
            check_files({**files, "tracks.jsonl": changed})


def a_segment(made: list[bytes], **more: Any) -> list[Any]:
    """What the verifier reads of frames whose digest is right."""
    entry = recorded(made, **more)
    value = {"body": msgspec.to_builtins(entry.body)}
    proved = type("Proved", (), {"position": 7, "value": value})
    return kept_segments(segment_line(7, made), [proved])


@pytest.mark.parametrize(
    ("made", "more", "reason"),
    [
        (frames(name="other"), {}, "another segment"),
        (frames(BRAVO), {}, "the feed of another party"),
        (frames(None), {"party": None}, "the feed of another party"),
        (frames(), {"fixes": 4}, "another number of positions"),
        (frames(), {"end_us": BEGIN_US}, "other times"),
        (frames()[:1], {}, "another number of positions"),
        (frames()[1:], {}, "another segment"),
        ([*frames(), b"no zlib"], {}, "cannot be unpacked"),
        ([*frames(), frames()[1][:-3]], {}, "too long, or cut off"),
        ([*frames(), frames()[0]], {}, "not the form"),
        ([], {}, "another segment"),
    ],
)
def test_an_entry_that_says_otherwise_than_its_positions_is_found(
    made: list[bytes], more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Fault, match=reason) as raised:
        a_segment(made, **more)
    assert raised.value.index == 7


def test_the_verifier_reads_frames_as_the_archive_does() -> None:
    """Against the archive's own reader, over sizes at which msgpack changes its forms."""
    for count in (1, 15, 16, 17, 40, 255, 256, 70_000):
        rows = [("t" * (count % 300 + 1), BEGIN_US + at, at - 5, -at) for at in range(count)]
        made = [frames()[0], packed_frame(encoded(chunk(*rows, accuracy_mm=NOT_SAID)))]
        times = {"start_us": BEGIN_US, "end_us": BEGIN_US + count - 1, "fixes": count}
        (segment,) = a_segment(made, **times)
        assert [
            (each.track, each.time_us, each.latitude_nd, each.altitude_mm)
            for each in segment.positions
        ] == rows
        assert isinstance(read_frame(made[1], name="x"), Chunk)


def test_a_segment_that_is_no_longer_kept_is_named_and_what_was_changed_is_left_out() -> None:
    for kept in ({}, {"seg-1": frames(latitude=48)}):
        data = bundle(happened(recorded(frames())), kept)
        assert "tracks.jsonl" not in unpacked(data)
        assert "its positions are not in this bundle" in text_of(data)
        assert json.loads(unpacked(data)["manifest.json"])["wideberth_evidence"] == 1
        verify_bundle(data, policy=world.policy())


def test_positions_of_other_times_and_of_public_sources_stay_out() -> None:
    late = recorded(frames(), start_us=END_US + 1, end_us=END_US + 2)
    public = recorded(frames(None), None, minute=31)
    data = bundle(happened(late, public), {"seg-1": frames()})
    assert "tracks.jsonl" not in unpacked(data)
    verify_bundle(data, policy=world.policy())


def test_a_bundle_with_positions_has_a_format_of_its_own() -> None:
    files = unpacked(good())
    manifest = files["manifest.json"]
    assert json.loads(manifest)["wideberth_evidence"] == 2
    older = packed_files({**files, "manifest.json": manifest.replace(b'ence":2', b'ence":1')})
    with pytest.raises(Fault, match="format"):
        checked_bundle(older, world.policy())


async def test_the_commands_bundle_is_the_same_from_folder_and_service(tmp_path: Any) -> None:
    async with a_world(tmp_path) as node:
        archive = TrackArchive(
            node.node.folder, ArchiveSettings(every_us=0), make_name=lambda: "seg-1"
        )
        keeping = node.app.desk.live.keeping = TrackKeeping(node.node.service, archive)
        now_us = node.node.service.context().now_us
        place = {"latitude": 47.0, "longitude": 7.5, "accuracy_m": 10.0}
        wires = [
            {"track": "a", "time": format_rfc3339(now_us - at_s * SECOND_US), **place}
            for at_s in (3, 2, 1)
        ]
        sent = {"feed": "radar", "reports": wires}
        assert (await node.ask("alpha", "POST", "/tracks", sent)).status_code == 200
        body = {
            "title": "Something",
            "start": format_rfc3339(now_us - MINUTE_US),
            "end": moment(0),
            "parties": ["bravo"],
        }
        opened = await node.ask("alpha", "POST", "/incidents", body)
        incident = opened.json()["incident"]
        path = "/tracks/segments/seg-1"
        assert (await node.ask("alpha", "GET", path)).status_code == 404, "still open"
        await keeping.tend(all_of_them=True)
        answer = await node.ask("alpha", "GET", path)
        assert answer.json()["pieces"]
        assert answer.json()["next"] is None
        assert (await node.ask("alpha", "GET", path, params={"from": "1"})).json()["pieces"] == (
            answer.json()["pieces"][1:]
        )
        other = await node.ask("bravo", "GET", path)
        unknown = await node.ask("bravo", "GET", "/tracks/segments/none")
        assert (other.status_code, other.json()) == (404, unknown.json()), "hidden as unknown"
        folder = node.node.folder
    for party, count in (("alpha", 3), ("bravo", 0)):
        out = tmp_path / f"{party}.zip"
        arguments = ["evidence", "--folder", str(folder), "--party", party, "--out", str(out)]
        done = CliRunner().invoke(app, [*arguments, "--incident", incident])
        assert done.exit_code == 0, done.output
        assert verify_bundle(out.read_bytes()).kept_positions == count
    said = CliRunner().invoke(app, ["verify", str(tmp_path / "alpha.zip")])
    assert "3 positions" in said.output
