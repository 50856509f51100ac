"""A segment of the archive of tracks: positions of one feed as they came, in frames of one file.

A frame is a length and a CRC-32 of 4 bytes each, big-endian, and its payload: compressed msgpack,
sealed where the folder is. The first frame opens the segment; each other holds the positions of a
batch, column by column, and to whom the feed was shown when they came. A torn end, as a crash
leaves it, ends the segment at its last whole frame.

The digest of a segment is SHA-256 over its compressed frames, each with its length before it: what
goes into the record. A random salt in the first frame keeps a guess at the rest from being checked.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import IO, Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.errors import RecordCorrupt
from wideberth.watch.paths import Floats
from wideberth.watch.reports import ReportBatch

__all__ = [
    "SALT_BYTES",
    "Chunk",
    "KeptFix",
    "Opened",
    "Sealer",
    "SegmentDigest",
    "batch_of",
    "chunk_of",
    "digest_of",
    "fixes_of",
    "framed",
    "frames",
    "frames_in",
    "may_see",
    "packed",
    "read_frame",
    "span_of",
]

T = TypeVar("T")
SALT_BYTES = 16
_HEAD_BYTES = 8
_MOST_BYTES = 1 << 28  # a frame of the largest batch is far below; more is damage
_BLOCK_BYTES = 1 << 18  # of a file, are held at a time; a longer frame is held whole
_LEVEL = 1
_NONE = np.iinfo(np.int64).min
_WHERE_SAID = ("altitude_std_mm", "ground_speed_mm_s", "course_mdeg", "vertical_rate_mm_s")
"""Columns that a chunk has only where something is said."""


class Sealer(Protocol):
    """What seals the folder at rest."""

    def seal(self, data: bytes, *, place: str) -> bytes:
        """Sealed for its place."""
        ...

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """What was sealed for the place. Raises RecordCorrupt."""
        ...


class Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="opened"):
    """The first frame. feed_party: whose feed it is, None: a public source; salt: random."""

    version: int
    name: str
    feed_party: str | None
    feed: str
    opened_us: int
    salt: bytes


class Chunk(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="chunk"
):
    """Positions that came together, at came_us by the host's clock. shown_to: ``owner``, ``all`` or
    the parties that the feed was open to then. Columns: text, or 64-bit integers, little-endian;
    those with a default are left out where the feed said none of it.
    """

    came_us: int
    shown_to: str | tuple[str, ...]
    track: tuple[str, ...]
    call_sign: tuple[str | None, ...]
    owner: tuple[str | None, ...]
    time_us: bytes
    latitude_nd: bytes
    longitude_nd: bytes
    altitude_w84_mm: bytes
    accuracy_mm: bytes
    altitude_std_mm: bytes = b""
    ground_speed_mm_s: bytes = b""
    course_mdeg: bytes = b""
    vertical_rate_mm_s: bytes = b""


class KeptFix(msgspec.Struct, frozen=True, gc=False):
    """One position as it was reported. accuracy_mm: horizontal, 95 %, as its feed said;
    course_mdeg: over ground, clockwise from true north; None: it did not say. segment: the file
    that holds it.
    """

    track: str
    feed_party: str | None
    feed: str
    time_us: int
    came_us: int
    latitude_nd: int
    longitude_nd: int
    altitude_w84_mm: int | None
    accuracy_mm: int | None
    call_sign: str | None
    owner: str | None
    shown_to: str | tuple[str, ...]
    segment: str
    altitude_std_mm: int | None = None
    ground_speed_mm_s: int | None = None
    course_mdeg: int | None = None
    vertical_rate_mm_s: int | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Opened | Chunk)


def may_see(
    reader: str, *, feed_party: str | None, owner: str | None, shown_to: str | Iterable[str]
) -> bool:
    """Whether a reader sees a track: as the feed's party, its own, or as the feed was opened."""
    if reader in (feed_party, owner):
        return True
    if shown_to == "owner":
        return False
    return shown_to == "all" or (not isinstance(shown_to, str) and reader in shown_to)


def chunk_of(
    batch: ReportBatch,
    rows: Sequence[int] | NDArray[np.int64],
    *,
    came_us: int,
    shown_to: str | Iterable[str],
) -> Chunk:
    """The positions in these rows of a batch, as they are kept, in their order. The rows hold
    positions.
    """
    at = np.asarray(rows, np.int64)
    order: list[int] = at.tolist()

    def whole(values: Floats, unit: float) -> bytes:
        with np.errstate(over="ignore"):  # what is too large to be anything is not kept
            numbers = np.rint(values[at] * unit)
        known = np.abs(numbers) < 2**62  # what is not said is not less
        return _column(numbers if known.all() else np.where(known, numbers, _NONE))

    def texts(column: Sequence[T]) -> tuple[T, ...]:
        return tuple(column if len(at) == len(column) else [column[row] for row in order])

    def where_said(values: Floats) -> bytes:
        return whole(values, 1000) if np.isfinite(values[at]).any() else b""

    return Chunk(
        came_us=came_us,
        shown_to=shown_to if isinstance(shown_to, str) else tuple(sorted(shown_to)),
        track=texts(batch.track_id),
        call_sign=texts(batch.callsign),
        owner=texts(batch.owner),
        time_us=_column(batch.time_us[at]),
        latitude_nd=whole(batch.latitude_deg, 1e9),
        longitude_nd=whole(batch.longitude_deg, 1e9),
        altitude_w84_mm=whole(batch.altitude_w84_m, 1000),
        accuracy_mm=whole(batch.accuracy_m, 1000),
        altitude_std_mm=where_said(batch.altitude_std_m),
        ground_speed_mm_s=where_said(batch.ground_speed_m_s),
        course_mdeg=where_said(batch.course_deg),
        vertical_rate_mm_s=where_said(batch.vertical_rate_m_s),
    )


def batch_of(opened: Opened, chunk: Chunk) -> ReportBatch:
    """The positions of a chunk as they came, in whole millimetres and 1e-9 degrees. What an archive
    of before did not keep (heights by pressure, velocities) is not said.
    """
    count = len(chunk.track)

    def floats(column: bytes, unit: float) -> Floats:
        if not column:
            return np.full(count, np.nan)
        numbers = np.frombuffer(column, "<i8")
        return np.where(numbers == _NONE, np.nan, numbers / unit)

    return ReportBatch(
        feed=opened.feed,
        feed_party=opened.feed_party,
        track_id=list(chunk.track),
        callsign=list(chunk.call_sign),
        owner=list(chunk.owner),
        time_us=np.frombuffer(chunk.time_us, "<i8").astype(np.int64),
        latitude_deg=floats(chunk.latitude_nd, 1e9),
        longitude_deg=floats(chunk.longitude_nd, 1e9),
        altitude_w84_m=floats(chunk.altitude_w84_mm, 1000),
        altitude_std_m=floats(chunk.altitude_std_mm, 1000),
        ground_speed_m_s=floats(chunk.ground_speed_mm_s, 1000),
        course_deg=floats(chunk.course_mdeg, 1000),
        vertical_rate_m_s=floats(chunk.vertical_rate_mm_s, 1000),
        accuracy_m=floats(chunk.accuracy_mm, 1000),
    )


def packed(item: Opened | Chunk) -> bytes:
    """The payload of a frame, before it is sealed."""
    return zlib.compress(_encoder.encode(item), _LEVEL)


def read_frame(payload: bytes, *, name: str) -> Opened | Chunk:
    """What :func:`packed` gave, again. Raises RecordCorrupt naming the segment."""
    try:
        plain = zlib.decompressobj().decompress(payload, _MOST_BYTES)
        return _decoder.decode(plain)
    except (zlib.error, msgspec.DecodeError) as error:
        raise RecordCorrupt(None, f"segment {name} of tracks is damaged: {error}") from error


def framed(payload: bytes) -> bytes:
    """A payload with its length and CRC-32."""
    return len(payload).to_bytes(4, "big") + zlib.crc32(payload).to_bytes(4, "big") + payload


def frames(data: bytes) -> Iterator[bytes]:
    """The whole frames of a file, up to its end or where it is torn."""
    at = 0
    while at + _HEAD_BYTES <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        payload = data[at + _HEAD_BYTES : at + _HEAD_BYTES + length]
        if len(payload) < length or length > _MOST_BYTES:
            return
        if zlib.crc32(payload) != int.from_bytes(data[at + 4 : at + _HEAD_BYTES], "big"):
            return
        yield payload
        at += _HEAD_BYTES + length


def frames_in(opening: Callable[[], IO[bytes]]) -> Iterator[bytes]:
    """What :func:`frames` gives of a file, of which some is read at a time. opening: opens it, anew
    for each piece, so that of many files that are read in turn none stays open.
    """
    at, wanted = 0, _BLOCK_BYTES
    while True:
        with opening() as file:
            file.seek(at)
            block = file.read(wanted)
        before = at
        for payload in frames(block):
            at += _HEAD_BYTES + len(payload)
            yield payload
        if len(block) < wanted:
            return
        wanted = _BLOCK_BYTES
        if at == before:
            longer = _HEAD_BYTES + int.from_bytes(block[:4], "big")
            if longer <= len(block) or longer > _MOST_BYTES:
                return
            wanted = longer


class SegmentDigest:
    """The digest of a segment, frame by frame as they are written."""

    def __init__(self) -> None:
        self._digest = sha256()

    def add(self, payload: bytes) -> None:
        """The next compressed frame."""
        self._digest.update(len(payload).to_bytes(4, "big"))
        self._digest.update(payload)

    @property
    def hex(self) -> str:
        """SHA-256 of the frames until now, in hexadecimal."""
        return self._digest.hexdigest()


def digest_of(payloads: Iterable[bytes]) -> str:
    """SHA-256, in hexadecimal, of a segment's compressed frames."""
    digest = SegmentDigest()
    for each in payloads:
        digest.add(each)
    return digest.hex


def fixes_of(opened: Opened, chunk: Chunk) -> Iterator[KeptFix]:
    """The positions of a chunk, one by one."""
    columns = [
        _numbers(getattr(chunk, name)) for name in ("time_us", "latitude_nd", "longitude_nd")
    ]
    said = [
        _said(getattr(chunk, name), len(chunk.track))
        for name in ("altitude_w84_mm", "accuracy_mm", *_WHERE_SAID)
    ]
    for track, call_sign, owner, time_us, lat_nd, lon_nd, alt_mm, accuracy_mm, *rest in zip(
        chunk.track, chunk.call_sign, chunk.owner, *columns, *said, strict=True
    ):
        yield KeptFix(
            track=track,
            feed_party=opened.feed_party,
            feed=opened.feed,
            time_us=time_us,
            came_us=chunk.came_us,
            latitude_nd=lat_nd,
            longitude_nd=lon_nd,
            altitude_w84_mm=alt_mm,
            accuracy_mm=accuracy_mm,
            call_sign=call_sign,
            owner=owner,
            shown_to=chunk.shown_to,
            segment=opened.name,
            **dict(zip(_WHERE_SAID, rest, strict=True)),
        )


def span_of(chunk: Chunk) -> tuple[int, int]:
    """The first and the last time of a chunk's positions."""
    times_us = np.frombuffer(chunk.time_us, "<i8")
    return int(times_us.min()), int(times_us.max())


def _column(values: NDArray[np.int64] | Floats) -> bytes:
    return np.asarray(values).astype("<i8").tobytes()


def _said(column: bytes, count: int) -> list[int | None]:
    return [None if each == _NONE else each for each in _numbers(column)] or [None] * count


def _numbers(column: bytes) -> list[int]:
    return np.frombuffer(column, "<i8").tolist()
