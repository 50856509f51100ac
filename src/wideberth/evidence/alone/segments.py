"""Segments of kept positions in a bundle, each held against the digest that an entry binds.

A segment is a Parquet file, whose SHA-256 is the digest; it is named by the entry that holds that.

Those that an earlier version closed are lines of tracks.jsonl: the entry, and frames in base64. A
frame is zlib over msgpack: the first says whose feed it is, each other holds positions, column by
column. The digest is SHA-256 over the frames, each with its length before it in 4 bytes,
big-endian.
"""

from __future__ import annotations

import struct
import zlib
from hashlib import sha256
from typing import Any, Dict, List, NamedTuple, Tuple

from wideberth.evidence.alone.columnfile import StoredColumn, stored_columns
from wideberth.evidence.alone.container import (
    Fault,
    canonical_json,
    from_base64,
    is_array,
    is_object,
    parsed_json,
    positions_entry,
    to_base64,
)
from wideberth.evidence.alone.kept import KeptPosition

__all__ = ["KeptSegment", "kept_in", "kept_segments", "segment_line"]

_MOST_FRAME = 1 << 28  # bytes that a frame may have, once it is unpacked; the archive's own bound
_DEEPEST = 4  # of a value within values; a frame has three
_FIRST_KEPT_US = -2_208_988_800_000_000  # 1900
_LAST_KEPT_US = 253_402_300_799_999_999  # 9999
_NOT_SAID = -(2**63)
_COLUMNS = ("time_us", "latitude_nd", "longitude_nd", "altitude_w84_mm", "accuracy_mm")
_FILE_VERSION = "2"
_ALWAYS_SAID = (
    *("batch", "came_us", "time_us", "latitude_nd", "longitude_nd", "track", "shown_to"),
)
_FILE_TEXTS = ("track", "call_sign", "owner", "shown_to")
_HEIGHT_BEHIND = "altitude_behind_us"
_VALUE_TIMES = (_HEIGHT_BEHIND, "velocity_behind_us", "call_sign_behind_us")
_FILE_COLUMNS = [
    StoredColumn(name, name in _FILE_TEXTS, name not in _ALWAYS_SAID, name in _VALUE_TIMES)
    for name in (
        *_ALWAYS_SAID[:5],
        *("altitude_w84_mm", "accuracy_mm", "altitude_std_mm", "ground_speed_mm_s"),
        *("course_mdeg", "vertical_rate_mm_s"),
        *_VALUE_TIMES,
        *_FILE_TEXTS,
    )
]


class KeptSegment(NamedTuple):
    """Positions of one feed, as they came. entry: with the digest of them all; file: of the bundle,
    that they stand in.
    """

    entry: int
    file: str
    name: str
    feed_party: str
    feed: str
    sha256: str
    positions: Tuple[KeptPosition, ...]


def kept_in(files: Dict[str, bytes], entries: List[Any]) -> List[KeptSegment]:
    """All segments of a bundle, by their entries. Raises Fault, as :func:`kept_segments` does."""
    found = kept_segments(files.get("tracks.jsonl", b""), entries)
    recorded = _recorded(entries)
    for name, data in files.items():
        position = positions_entry(name)
        if position is None:
            continue
        if position not in recorded or any(each.entry == position for each in found):
            raise Fault(position, "no entry in the bundle binds the positions that name it")
        try:
            found.append(_file_held_against(position, name, recorded[position], data))
        except Fault as fault:
            raise Fault(position, fault.reason) from None
    return sorted(found, key=lambda each: each.entry)


def segment_line(entry: int, frames: List[bytes]) -> bytes:
    """The line of a segment. frames: as they are kept, unsealed."""
    return canonical_json({"entry": entry, "frames": [to_base64(each) for each in frames]}) + b"\n"


def kept_segments(data: bytes, entries: List[Any]) -> List[KeptSegment]:
    """The segments of tracks.jsonl. entries: those proved. Raises Fault naming the entry whose
    digest, count or times a segment has not.
    """
    if data and not data.endswith(b"\n"):
        raise Fault(None, "tracks.jsonl is cut off")
    recorded = _recorded(entries)
    found: List[KeptSegment] = []
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        what = "line %d of tracks.jsonl" % number
        value: Any = parsed_json(line, what)
        if not is_object(value) or list(value) != ["entry", "frames"]:
            raise Fault(None, what + " has not the members of a segment")
        position, texts = value["entry"], value["frames"]
        if type(position) is not int or not is_array(texts):
            raise Fault(None, what + " has not the members of a segment")
        frames = [from_base64(each, None, what) for each in texts]
        if segment_line(position, frames) != line + b"\n":
            raise Fault(None, what + " is not in its one spelling")
        if found and position <= found[-1].entry:
            raise Fault(position, "its segment stands after that of entry %d" % found[-1].entry)
        if position not in recorded:
            raise Fault(position, "no entry in the bundle binds the positions that name it")
        try:
            found.append(_held_against(position, recorded[position], frames))
        except Fault as fault:
            raise Fault(position, fault.reason) from None
    return found


def _recorded(entries: List[Any]) -> Dict[int, Any]:
    return {
        each.position: each.value["body"]
        for each in entries
        if each.value["body"]["type"] == "SegmentRecorded"
    }


def _file_held_against(position: int, file: str, body: Dict[str, Any], data: bytes) -> KeptSegment:
    digest = sha256(data).hexdigest()
    if digest != body.get("sha256"):
        raise Fault(None, "the kept positions are not those whose digest it holds")
    stored = stored_columns(data, _FILE_COLUMNS, (*_COLUMNS, _HEIGHT_BEHIND, "track"))
    if stored.said.get("version") != _FILE_VERSION:
        raise Fault(None, "the kept positions are of a version that this verifier does not know")
    party, feed = stored.said.get("feed_party"), stored.said.get("feed")
    named = _same_segment(body, stored.said.get("segment"), party, feed)
    columns = [stored.columns[each] for each in ("track", *_COLUMNS, _HEIGHT_BEHIND)]
    positions = tuple(
        KeptPosition(time_us, track, *named[1:], north, east, height, accuracy, position, behind)
        for track, time_us, north, east, height, accuracy, behind in zip(*columns)
    )
    _check_count(body, [each.time_us for each in positions])
    return KeptSegment(position, file, *named, digest, positions)


def _same_segment(body: Dict[str, Any], name: Any, party: Any, feed: Any) -> Tuple[str, str, str]:
    """Name, party and feed of a segment, which are those of an entry. Raises Fault."""
    if name != body.get("name"):
        raise Fault(None, "the kept positions are of another segment")
    if party != body.get("party") or not isinstance(party, str) or not isinstance(feed, str):
        raise Fault(None, "the kept positions are of the feed of another party")
    return str(name), party, feed


def _check_count(body: Dict[str, Any], times: List[int]) -> None:
    if times and not _FIRST_KEPT_US <= min(times) <= max(times) <= _LAST_KEPT_US:
        raise Fault(None, "it has a position of a time that no record has")
    said = tuple(body.get(each) for each in ("fixes", "start_us", "end_us"))
    if not times or said != (len(times), min(times), max(times)):
        raise Fault(None, "it tells another number of positions, or other times of them")


def _held_against(position: int, body: Dict[str, Any], frames: List[bytes]) -> KeptSegment:
    digest = sha256()
    for each in frames:
        digest.update(struct.pack(">L", len(each)))
        digest.update(each)
    if digest.hexdigest() != body.get("sha256"):
        raise Fault(None, "the kept positions are not those whose digest it holds")
    values = [_frame_value(each) for each in frames]
    opened = values[0] if values else {}
    name, party, feed = (opened.get(each) for each in ("name", "feed_party", "feed"))
    if opened.get("type") != "opened":
        raise Fault(None, "the kept positions are of another segment")
    named = _same_segment(body, name, party, feed)
    positions: List[KeptPosition] = []
    for value in values[1:]:
        positions += _positions_of(value, *named[1:], position)
    _check_count(body, [each.time_us for each in positions])
    file = "tracks.jsonl"
    return KeptSegment(position, file, *named, digest.hexdigest(), tuple(positions))


def _frame_value(frame: bytes) -> Dict[str, Any]:
    packed_frame = zlib.decompressobj()
    try:
        plain = packed_frame.decompress(frame, _MOST_FRAME)
    except zlib.error:
        raise Fault(None, "a frame of positions cannot be unpacked") from None
    if not packed_frame.eof or packed_frame.unused_data:
        raise Fault(None, "a frame of positions is too long, or cut off")
    reader = _MessagePack(plain)
    try:
        value = reader.value(0)
    except (IndexError, struct.error, UnicodeDecodeError):
        raise Fault(None, "a frame of positions is cut off") from None
    if reader.at != len(plain) or not is_object(value):
        raise Fault(None, "a frame of positions has not the form of one")
    return value


def _positions_of(chunk: Dict[str, Any], party: str, feed: str, entry: int) -> List[KeptPosition]:
    tracks: Any = chunk.get("track")
    if chunk.get("type") != "chunk" or not is_array(tracks):
        raise Fault(None, "a frame of positions has not the form of one")
    size = 8 * len(tracks)
    columns: List[Any] = [chunk.get(each) for each in _COLUMNS]
    columns.append(chunk.get(_HEIGHT_BEHIND) or struct.pack("<q", _NOT_SAID) * len(tracks))
    if not all(isinstance(each, str) for each in tracks) or not all(
        isinstance(each, bytes) and len(each) == size for each in columns
    ):
        raise Fault(None, "a frame of positions has not the form of one")
    numbers = [struct.unpack("<%dq" % len(tracks), each) for each in columns]
    found: List[KeptPosition] = []
    for track, time_us, latitude_nd, longitude_nd, *rest in zip(tracks, *numbers):
        height, accuracy, behind = (None if each == _NOT_SAID else each for each in rest)
        found.append(
            KeptPosition(
                *(time_us, track, party, feed, latitude_nd, longitude_nd),
                *(height, accuracy, entry, behind),
            )
        )
    return found


class _MessagePack:
    """A value of msgpack: what frames are made of, and nothing else."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self, depth: int) -> Any:
        """The value that comes next. Raises Fault, IndexError, struct.error, UnicodeDecodeError."""
        if depth > _DEEPEST:
            raise Fault(None, "a frame of positions is nested too deep")
        code = self._data[self.at]
        self.at += 1
        if code < 0x80 or code >= 0xE0:
            return code if code < 0x80 else code - 0x100
        if code < 0x90:
            return self._members(code & 0x0F, depth)
        if code < 0xA0:
            return self._items(code & 0x0F, depth)
        if code < 0xC0:
            return self._taken(code & 0x1F).decode("utf-8")
        if code in _PLAIN:
            return _PLAIN[code]
        if code not in _SIZED:
            raise Fault(None, "a frame of positions has a value that none has")
        return self._sized(*_SIZED[code], depth)

    def _sized(self, kind: str, form: str, depth: int) -> Any:
        """A value that begins with its size, or is a number of so many bytes."""
        (number,) = struct.unpack(form, self._taken(struct.calcsize(form)))
        if kind == "number":
            return number
        if kind == "bytes":
            return self._taken(number)
        if kind == "text":
            return self._taken(number).decode("utf-8")
        return self._items(number, depth) if kind == "array" else self._members(number, depth)

    def _items(self, count: int, depth: int) -> List[Any]:
        return [self.value(depth + 1) for _ in range(count)]

    def _members(self, count: int, depth: int) -> Dict[str, Any]:
        found: Dict[str, Any] = {}
        for _ in range(count):
            name = self.value(depth + 1)
            if not isinstance(name, str) or name in found:
                raise Fault(None, "a frame of positions names a member twice, or not at all")
            found[name] = self.value(depth + 1)
        return found

    def _taken(self, size: int) -> bytes:
        if self.at + size > len(self._data):
            raise IndexError(size)
        self.at += size
        return self._data[self.at - size : self.at]


_PLAIN: Dict[int, Any] = {0xC0: None, 0xC2: False, 0xC3: True}
_SIZED = {
    **{0xC4 + at: ("bytes", form) for at, form in enumerate((">B", ">H", ">L"))},
    **{0xCC + at: ("number", form) for at, form in enumerate((">B", ">H", ">L", ">Q"))},
    **{0xD0 + at: ("number", form) for at, form in enumerate((">b", ">h", ">l", ">q"))},
    **{0xD9 + at: ("text", form) for at, form in enumerate((">B", ">H", ">L"))},
    **{0xDC + at: ("array", form) for at, form in enumerate((">H", ">L"))},
    **{0xDE + at: ("members", form) for at, form in enumerate((">H", ">L"))},
}
