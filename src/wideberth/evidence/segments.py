"""Segments of kept positions in a bundle, judged by the code of the archive that wrote them."""

from __future__ import annotations

import msgspec

from wideberth.errors import RecordCorrupt
from wideberth.evidence.scope import Scope, Seen
from wideberth.model.entries import SegmentRecorded, decode_entry
from wideberth.watch.segments import Chunk, Opened, digest_of, read_frame, span_of

__all__ = ["check_segments", "segments_within"]


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entry: int
    frames: tuple[bytes, ...]


class _Entry(msgspec.Struct, frozen=True):
    position: int
    envelope: str


def segments_within(entries: list[Seen], scope: Scope) -> set[int]:
    """The entries that hold the digests of positions of the scope's window, whenever those came to
    be recorded: a segment is closed minutes after its last position.
    """
    bodies = ((each.position, each.value["body"]) for each in entries)
    return {
        position
        for position, body in bodies
        if body["type"] == "SegmentRecorded"
        and body["start_us"] < scope.end_us
        and scope.begin_us <= body["end_us"]
    }


def check_segments(files: dict[str, bytes]) -> None:
    """Hold each segment against its entry. Raises RecordCorrupt naming the entry."""
    *lines, rest = files.get("tracks.jsonl", b"").split(b"\n")
    if rest:
        raise RecordCorrupt(None, "tracks.jsonl is cut off")
    if not lines:
        return
    recorded: dict[int, SegmentRecorded] = {}
    for text in files["entries.jsonl"].split(b"\n")[:-1]:
        entry = msgspec.json.decode(text, type=_Entry)
        body = decode_entry(entry.envelope.encode(), position=entry.position).body
        if isinstance(body, SegmentRecorded):
            recorded[entry.position] = body
    for text in lines:
        try:
            line = msgspec.json.decode(text, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RecordCorrupt(None, f"tracks.jsonl: {error}") from error
        if msgspec.json.encode(line) != text:
            raise RecordCorrupt(line.entry, "the line of its positions is not in its one spelling")
        body = recorded.get(line.entry)
        if body is None or not _is_held(body, line.frames):
            reason = "the kept positions are not those whose digest it holds"
            raise RecordCorrupt(line.entry, reason)


def _is_held(body: SegmentRecorded, frames: tuple[bytes, ...]) -> bool:
    if len(frames) < 2 or digest_of(frames) != body.sha256:
        return False
    opened, *chunks = (read_frame(each, name=body.name) for each in frames)
    if not isinstance(opened, Opened) or (opened.name, opened.feed_party) != (
        *(body.name, body.party),
    ):
        return False
    spans: list[tuple[int, int]] = []
    count = 0
    for each in chunks:
        if not isinstance(each, Chunk):
            return False
        spans.append(span_of(each))
        count += len(each.track)
    begin_us, end_us = min(spans)[0], max(each for _, each in spans)
    return (count, begin_us, end_us) == (body.fixes, body.start_us, body.end_us)
