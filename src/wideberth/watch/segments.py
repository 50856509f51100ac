"""Segments of the archive of tracks: positions of one feed as they came, and the journal of them.

A segment that is open is a journal of frames; one that is closed is a file of columns
(:mod:`wideberth.watch.segmentfile`). Those that an earlier version closed stay journals.

A frame is a length and a CRC-32 of 4 bytes each, big-endian, and its payload: compressed msgpack,
sealed where the folder is. The first frame opens the segment; each other holds the positions of a
batch, column by column, and to whom the feed was shown when they came. A torn end, as a crash
leaves it, ends the segment at its last whole frame.

The digest of a journal that an earlier version closed is SHA-256 over its compressed frames, each
with its length before it. A random salt in the first frame keeps a guess at the rest from being
checked.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Any, Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from wideberth.errors import RecordCorrupt
from wideberth.space.time import MAX_US, MIN_US
from wideberth.watch.columnfile import MAGIC, NONE, Texts
from wideberth.watch.paths import Floats
from wideberth.watch.reports import ReportBatch

__all__ = [
    "ALWAYS_SAID",
    "NUMBERS",
    "SALT_BYTES",
    "TEXTS",
    "VALUE_TIMES",
    "Block",
    "Chunk",
    "Ints",
    "KeptFix",
    "Opened",
    "Sealer",
    "Span",
    "batches_of",
    "block_of",
    "chunk_of",
    "chunk_span",
    "digest_of",
    "encoded",
    "fixes_of",
    "framed",
    "frames",
    "frames_in",
    "may_see",
    "packed",
    "read_frame",
    "widened",
]

T = TypeVar("T")
Ints = NDArray[np.int64]
Span = tuple[int, int]
"""The times of the first and of the last position, us."""

SALT_BYTES = 16
_HEAD_BYTES = 8
_MOST_BYTES = 1 << 28  # a frame of the largest batch is far below; more is damage
_BLOCK_BYTES = 1 << 18  # of a file, are held at a time; a longer frame is held whole
_LEVEL = 1
_WHERE_SAID = ("altitude_std_mm", "ground_speed_mm_s", "course_mdeg", "vertical_rate_mm_s")
"""Columns that a chunk has only where something is said."""
VALUE_TIMES = {
    "altitude_behind_us": "altitude_time_us",
    "velocity_behind_us": "velocity_time_us",
    "call_sign_behind_us": "callsign_time_us",
}
"""How long before its position each value was said (negative: after it), and the column of a batch
that says when; in a chunk where any was not of the position's moment. Not said: with the position.
"""
ALWAYS_SAID = ("batch", "came_us", "time_us", "latitude_nd", "longitude_nd", "track", "shown_to")
"""Columns in which no row is without a value."""
NUMBERS = (*ALWAYS_SAID[:5], "altitude_w84_mm", "accuracy_mm", *_WHERE_SAID, *VALUE_TIMES)
TEXTS = ("track", "call_sign", "owner", "shown_to")
"""The columns of a segment. batch: the number of the batch that a position came in, from 0 on;
shown_to: ``owner``, ``all``, or a JSON array of parties.
"""


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
    altitude_behind_us: bytes = b""
    velocity_behind_us: bytes = b""
    call_sign_behind_us: bytes = b""


@dataclass(frozen=True, slots=True)
class Block:
    """Positions of a segment, column by column, in the order in which they came; of whole batches.
    numbers: NONE stands for what is not said.
    """

    numbers: Mapping[str, Ints]
    texts: Mapping[str, Texts]

    def __len__(self) -> int:
        return len(self.numbers["time_us"])

    @property
    def span(self) -> Span:
        """The first and the last time."""
        return _span_of(self.numbers["time_us"])

    def where(self, which: NDArray[np.bool_]) -> Block:
        """Those rows of it."""
        rows = np.flatnonzero(which)
        return Block(
            {name: each[rows] for name, each in self.numbers.items()},
            {name: each.of(rows) for name, each in self.texts.items()},
        )


class KeptFix(msgspec.Struct, frozen=True, gc=False):
    """One position as it was reported. accuracy_mm: horizontal, 95 %, as its feed said;
    course_mdeg: over ground, clockwise from true north; None: it did not say. segment: the file
    that holds it. altitude_behind_us: how long before time_us its heights were said, negative:
    after it; velocity_behind_us, call_sign_behind_us likewise; None: with the position.
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
    altitude_behind_us: int | None = None
    velocity_behind_us: int | None = None
    call_sign_behind_us: int | None = None

    @property
    def altitude_us(self) -> int:
        """When its heights were said."""
        return self._before(self.altitude_behind_us)

    @property
    def call_sign_us(self) -> int:
        """When its call sign was said."""
        return self._before(self.call_sign_behind_us)

    def _before(self, behind_us: int | None) -> int:
        # What a feed said may be a time that no clock shows.
        return min(max(self.time_us - (behind_us or 0), MIN_US), MAX_US)


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
    rows: Sequence[int] | Ints,
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
        return _column(numbers if known.all() else np.where(known, numbers, NONE))

    def texts(column: Sequence[T]) -> tuple[T, ...]:
        return tuple(column if len(at) == len(column) else [column[row] for row in order])

    def where_said(values: Floats) -> bytes:
        return whole(values, 1000) if np.isfinite(values[at]).any() else b""

    def behind(said_us: Ints | None) -> bytes:
        if said_us is None:
            return b""
        behind_us = batch.time_us[at] - said_us[at]
        return _column(np.where(behind_us == 0, NONE, behind_us)) if behind_us.any() else b""

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
        altitude_behind_us=behind(batch.altitude_time_us),
        velocity_behind_us=behind(batch.velocity_time_us),
        call_sign_behind_us=behind(batch.callsign_time_us),
    )


def block_of(chunk: Chunk, number: int) -> Block:
    """The positions of a chunk. number: of the batch that it is, in its segment."""
    count = len(chunk.track)
    every = np.arange(count)
    numbers = {"batch": np.full(count, number), "came_us": np.full(count, chunk.came_us)}
    for name in NUMBERS[2:]:
        column: bytes = getattr(chunk, name)
        numbers[name] = np.frombuffer(column, "<i8") if column else np.full(count, NONE)
    texts = {name: Texts(getattr(chunk, name), every) for name in TEXTS[:3]}
    shown_to = chunk.shown_to
    if not isinstance(shown_to, str):
        shown_to = msgspec.json.encode(shown_to).decode()
    texts["shown_to"] = Texts([shown_to], np.zeros(count, np.int64))
    return Block(numbers, texts)


def batches_of(opened: Opened, block: Block) -> Iterator[tuple[int, ReportBatch]]:
    """The batches of a block as they came, each with when it came; in whole millimetres and 1e-9
    degrees. What an archive of before did not keep (heights by pressure, velocities) is not said,
    and counts as of the position's moment where it kept no other.
    """
    number, came_us = block.numbers["batch"], block.numbers["came_us"]
    begins = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist()]
    for begin, end in zip(begins, [*begins[1:], len(number)], strict=True):
        yield int(came_us[begin]), _batch_of(opened, block, slice(begin, end))


def _batch_of(opened: Opened, block: Block, rows: slice) -> ReportBatch:
    def floats(name: str, unit: float) -> Floats:
        numbers = block.numbers[name][rows]
        return np.where(numbers == NONE, np.nan, numbers / unit)

    def times(name: str) -> Ints | None:
        behind_us = block.numbers[name][rows]
        said = behind_us != NONE
        return time_us - np.where(said, behind_us, 0) if said.any() else None

    def texts(name: str) -> list[Any]:
        return block.texts[name].of(rows).listed()

    time_us = block.numbers["time_us"][rows].astype(np.int64)

    return ReportBatch(
        feed=opened.feed,
        feed_party=opened.feed_party,
        track_id=texts("track"),
        callsign=texts("call_sign"),
        owner=texts("owner"),
        time_us=time_us,
        latitude_deg=floats("latitude_nd", 1e9),
        longitude_deg=floats("longitude_nd", 1e9),
        altitude_w84_m=floats("altitude_w84_mm", 1000),
        altitude_std_m=floats("altitude_std_mm", 1000),
        ground_speed_m_s=floats("ground_speed_mm_s", 1000),
        course_deg=floats("course_mdeg", 1000),
        vertical_rate_m_s=floats("vertical_rate_mm_s", 1000),
        accuracy_m=floats("accuracy_mm", 1000),
        **{column: times(name) for name, column in VALUE_TIMES.items()},
    )


def encoded(item: Opened | Chunk) -> bytes:
    """What a frame of a journal holds, before it is compressed."""
    return _encoder.encode(item)


def packed(plain: bytes) -> bytes:
    """The payload of a frame, before it is sealed."""
    return zlib.compress(plain, _LEVEL)


def read_frame(payload: bytes, *, name: str) -> Opened | Chunk:
    """What :func:`packed` was given, read. Raises RecordCorrupt naming the segment."""
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


def digest_of(pieces: Iterable[bytes]) -> str:
    """SHA-256, in hexadecimal, of a segment: of its file, in pieces, or of the compressed frames of
    a journal, each with its length before it.
    """
    digest = sha256()
    is_journal: bool | None = None
    for each in pieces:
        if is_journal is None:
            is_journal = not each.startswith(MAGIC)
        if is_journal:
            digest.update(len(each).to_bytes(4, "big"))
        digest.update(each)
    return digest.hexdigest()


def fixes_of(opened: Opened, block: Block, begin_us: int, end_us: int) -> Iterator[KeptFix]:
    """The positions of a block from begin_us on and before end_us, one by one. Raises
    RecordCorrupt.
    """
    times_us = block.numbers["time_us"]
    rows = np.flatnonzero((begin_us <= times_us) & (times_us < end_us))
    shown_to = block.texts["shown_to"]
    shown = [_shown_to(each, opened.name) for each in shown_to.words]
    columns = [
        *(block.numbers[name][rows].tolist() for name in NUMBERS[1:5]),
        *(_said(block.numbers[name][rows]) for name in NUMBERS[5:]),
        *(block.texts[name].of(rows).listed() for name in TEXTS[:3]),
        shown_to.codes[rows].tolist(),
    ]
    names = (*NUMBERS[1:], *TEXTS[:3])
    code: int
    for *row, code in zip(*columns, strict=True):
        yield KeptFix(
            feed_party=opened.feed_party,
            feed=opened.feed,
            shown_to=shown[code],
            segment=opened.name,
            **dict(zip(names, row, strict=True)),
        )


def _shown_to(text: str | None, name: str) -> str | tuple[str, ...]:
    if text in ("owner", "all", None):
        return text or "owner"
    try:
        return msgspec.json.decode(text, type=tuple[str, ...])
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise RecordCorrupt(None, f"segment {name} of tracks is damaged: {error}") from error


def chunk_span(chunk: Chunk) -> Span:
    """The first and the last time of a chunk's positions."""
    return _span_of(np.frombuffer(chunk.time_us, "<i8"))


def widened(span: Span | None, by: Span) -> Span:
    """The span that holds both."""
    return by if span is None else (min(span[0], by[0]), max(span[1], by[1]))


def _span_of(times_us: Ints) -> Span:
    return int(times_us.min()), int(times_us.max())


def _column(values: Ints | Floats) -> bytes:
    return np.asarray(values).astype("<i8").tobytes()


def _said(numbers: Ints) -> list[int | None]:
    found: list[int | None] = numbers.tolist()
    for row in np.flatnonzero(numbers == NONE).tolist():
        found[row] = None
    return found
