"""Segments of kept positions in a bundle, judged by the code of the archive that wrote them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

import msgspec

from wideberth.errors import RecordCorrupt
from wideberth.evidence.alone.container import positions_entry
from wideberth.evidence.scope import Scope, Seen
from wideberth.model.entries import SegmentRecorded, decode_entry
from wideberth.space.time import MAX_US, MIN_US
from wideberth.watch.segmentfile import SegmentFile
from wideberth.watch.segments import (
    Block,
    Chunk,
    Opened,
    Span,
    block_of,
    digest_of,
    read_frame,
    widened,
)

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
    recorded = _recorded(files["entries.jsonl"])
    *lines, rest = files.get("tracks.jsonl", b"").split(b"\n")
    if rest:
        raise RecordCorrupt(None, "tracks.jsonl is cut off")
    for text in lines:
        try:
            line = msgspec.json.decode(text, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RecordCorrupt(None, f"tracks.jsonl: {error}") from error
        if msgspec.json.encode(line) != text:
            raise RecordCorrupt(line.entry, "the line of its positions is not in its one spelling")
        _check(line.entry, recorded, _journal(line.frames))
    for name, data in files.items():
        entry = positions_entry(name)
        if entry is not None:
            _check(entry, recorded, _file(data))


class _Held(msgspec.Struct, frozen=True):
    """Of a segment: its digest, and what is in it, for a name."""

    sha256: str
    blocks: Callable[[str], Iterator[tuple[Opened, Block]]]


def _journal(frames: tuple[bytes, ...]) -> _Held:
    def blocks(name: str) -> Iterator[tuple[Opened, Block]]:
        items = [read_frame(each, name=name) for each in frames]
        for number, each in enumerate(items[1:]):
            if not isinstance(items[0], Opened) or not isinstance(each, Chunk):
                raise RecordCorrupt(None, f"segment {name} has not the frames of one")
            yield items[0], block_of(each, number)

    return _Held(digest_of(frames), blocks)


def _file(data: bytes) -> _Held:
    def blocks(name: str) -> Iterator[tuple[Opened, Block]]:
        file = SegmentFile(lambda at, count: data[at : at + count], len(data), name=name)
        return ((file.opened, each) for each in file.blocks(MIN_US, MAX_US + 1))

    return _Held(sha256(data).hexdigest(), blocks)


def _recorded(entries: bytes) -> dict[int, SegmentRecorded]:
    found: dict[int, SegmentRecorded] = {}
    for text in entries.split(b"\n")[:-1]:
        entry = msgspec.json.decode(text, type=_Entry)
        body = decode_entry(entry.envelope.encode(), position=entry.position).body
        if isinstance(body, SegmentRecorded):
            found[entry.position] = body
    return found


def _check(entry: int, recorded: dict[int, SegmentRecorded], held: _Held) -> None:
    body = recorded.get(entry)
    try:
        is_held = body is not None and held.sha256 == body.sha256 and _is_as_told(body, held)
    except RecordCorrupt as error:
        raise RecordCorrupt(entry, error.reason) from error
    if not is_held:
        raise RecordCorrupt(entry, "the kept positions are not those whose digest it holds")


def _is_as_told(body: SegmentRecorded, held: _Held) -> bool:
    span: Span | None = None
    count = 0
    for opened, block in held.blocks(body.name):
        if (opened.name, opened.feed_party) != (body.name, body.party):
            return False
        span = widened(span, block.span)
        count += len(block)
    return (count, span) == (body.fixes, (body.start_us, body.end_us))
