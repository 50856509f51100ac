"""The files of segments in the archive's folder: how they are named, and how they are read.

::

    <name>.open                          a journal: being written, locked by its process
    <start>_<end>_<name>.due.parquet     whole; its digest is due
    <start>_<end>_<name>.parquet         whole; its digest is an entry
    <start>_<end>_<name>.due.sealed, .sealed    the same of a folder that is sealed at rest
    <start>_<end>_<name>.closed, .tracks        journals that an earlier version closed, or that
                                                are damaged: due, and an entry
    <name>.new                           being made out of a journal, which is there still
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import IO

from wideberth.errors import RecordCorrupt, RecordUnavailable, system_reason
from wideberth.watch.archived import ClosedSegment
from wideberth.watch.atrestpieces import PIECE_BYTES, PiecesAtRest, SealingFile
from wideberth.watch.columnfile import MAGIC
from wideberth.watch.segmentfile import SegmentFile, write_segment
from wideberth.watch.segments import (
    Block,
    Opened,
    Sealer,
    Span,
    block_of,
    chunk_span,
    digest_of,
    framed,
    frames,
    frames_in,
    read_frame,
    widened,
)

__all__ = ["TRACKS_FOLDER", "Form", "Segment", "SegmentFolder", "State", "seal_tracks"]

TRACKS_FOLDER = "tracks"
_FIRST_BYTES = 65_536  # the first frame holds a few names
_EVER_US = (-(1 << 62), 1 << 62)


class State(Enum):
    """Of a segment: being written, its digest due, and an entry; in the order of its life."""

    OPEN = 0
    DUE = 1
    KEPT = 2


class Form(Enum):
    """Of the file of a segment."""

    JOURNAL = "journal"
    PARQUET = "parquet"
    SEALED = "sealed"


_ENDS = {
    ".open": (State.OPEN, Form.JOURNAL),
    ".closed": (State.DUE, Form.JOURNAL),
    ".tracks": (State.KEPT, Form.JOURNAL),
    ".due.parquet": (State.DUE, Form.PARQUET),
    ".parquet": (State.KEPT, Form.PARQUET),
    ".due.sealed": (State.DUE, Form.SEALED),
    ".sealed": (State.KEPT, Form.SEALED),
}
_END_OF = {each: end for end, each in _ENDS.items()}
_NAMED = re.compile(
    r"(?:(-?\d+)_(-?\d+)_)?(.+?)(" + "|".join(map(re.escape, _ENDS)) + r")", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Segment:
    """The file of a segment. span: as its name says; None: it is open."""

    path: Path
    name: str
    state: State
    form: Form
    span: Span | None

    def later(self, state: State, form: Form | None = None, span: Span | None = None) -> Segment:
        """The same in another state; nothing is moved."""
        form, span = form or self.form, span or self.span
        assert span is not None, "what is closed has a span"
        path = self.path.with_name(f"{span[0]}_{span[1]}_{self.name}{_END_OF[state, form]}")
        return Segment(path, self.name, state, form, span)


class SegmentFolder:
    """A folder of segments, which is there from the first position on."""

    def __init__(self, folder: Path, vault: Sealer | None, *, space: str) -> None:
        """folder: of the node. space: what its record is called."""
        self.path = folder / TRACKS_FOLDER
        self._vault, self._space = vault, space

    def open_segment(self, name: str) -> Segment:
        """The journal of a segment that is to be begun."""
        path = self.path / f"{name}{_END_OF[State.OPEN, Form.JOURNAL]}"
        return Segment(path, name, State.OPEN, Form.JOURNAL, None)

    def segments(self, state: State) -> list[Segment]:
        """Those in a state."""
        if not self.path.is_dir():
            return []
        found: dict[str, Segment] = {}
        for path in self.path.iterdir():
            named = _NAMED.fullmatch(path.name)
            if named is None or _ENDS[named[4]][0] is not state:
                continue
            span = None if named[1] is None else (int(named[1]), int(named[2]))
            if (span is None) is (state is State.OPEN):
                found[named[3]] = Segment(path, named[3], *_ENDS[named[4]], span)
        return list(found.values())

    def listed(self) -> list[Segment]:
        """The file of each segment, those that are open last. They are looked for in the order of a
        segment's life, so that one that is closed meanwhile is not missed.
        """
        found: dict[str, Segment] = {}
        for state in State:
            found |= {each.name: each for each in self.segments(state)}
        return sorted(found.values(), key=lambda each: (each.span is None, each.path.name))

    def whole(self, name: str) -> Segment | None:
        """A segment that is closed."""
        both = (each for state in (State.DUE, State.KEPT) for each in self.segments(state))
        return next((each for each in both if each.name == name), None)

    def opened(self, segment: Segment) -> Opened | None:
        """What a file says of itself; None where it says nothing."""
        with contextlib.suppress(OSError, RecordCorrupt):
            if segment.form is not Form.JOURNAL:
                return self._file(segment).opened
        with contextlib.suppress(OSError, RecordCorrupt):
            for payload in frames(self._head(segment)):
                if segment.form is Form.JOURNAL:
                    payload = self._plain(payload, segment, 0)  # noqa: PLW2901  # unsealed
                first = read_frame(payload, name=segment.name)
                return first if isinstance(first, Opened) else None
        return None

    def _head(self, segment: Segment) -> bytes:
        """The bytes in which the first frame of a segment is."""
        if segment.form is Form.JOURNAL:
            with self._opening(segment) as file:
                return file.read(_FIRST_BYTES)
        read_at, size = self._reading(segment)
        return read_at(len(MAGIC), min(_FIRST_BYTES, max(0, size - len(MAGIC))))

    def blocks(
        self, segment: Segment, begin_us: int = _EVER_US[0], end_us: int = _EVER_US[1]
    ) -> Iterator[tuple[Opened, Block]]:
        """The blocks that have positions from begin_us on and before end_us. Raises OSError,
        RecordCorrupt.
        """
        if segment.form is not Form.JOURNAL:
            yield from self._blocks_in_file(segment, begin_us, end_us, 0)
            return
        opened: Opened | None = None
        number = 0
        try:
            for payload in self._payloads(segment):
                item = read_frame(payload, name=segment.name)
                if isinstance(item, Opened):
                    opened = item
                    continue
                number += 1
                first_us, last_us = chunk_span(item)
                if opened is not None and first_us < end_us and begin_us <= last_us:
                    yield opened, block_of(item, number - 1)
        except FileNotFoundError:
            closed = self.whole(segment.name)  # meanwhile
            if closed is None or closed.form is Form.JOURNAL:
                raise
            yield from self._blocks_in_file(closed, begin_us, end_us, number)

    def _blocks_in_file(
        self, segment: Segment, begin_us: int, end_us: int, from_batch: int
    ) -> Iterator[tuple[Opened, Block]]:
        file = self._file(segment)
        for each in file.blocks(begin_us, end_us, from_batch=from_batch):
            yield file.opened, each

    def pieces(self, segment: Segment) -> Iterator[bytes]:
        """What the digest of a segment is made of: its file in pieces, or the frames of a journal;
        without a seal. Raises OSError, RecordCorrupt.
        """
        if segment.form is Form.JOURNAL:
            yield from self._payloads(segment)
            return
        read_at, size = self._reading(segment)
        for at in range(0, size, PIECE_BYTES):
            yield read_at(at, min(PIECE_BYTES, size - at))

    def summed(self, segment: Segment) -> ClosedSegment | None:
        """What a closed file comes to, all of it read; None where it holds no position. Raises
        OSError, RecordCorrupt.
        """
        span: Span | None = None
        count = 0
        party: str | None = None
        for opened, block in self.blocks(segment):
            party = opened.feed_party
            span = widened(span, block.span)
            count += len(block)
        if span is None:
            return None
        return ClosedSegment(segment.name, party, digest_of(self.pieces(segment)), *span, count)

    def close(self, journal: Segment, give_way: Callable[[], object]) -> ClosedSegment | None:
        """Make the closed file of a journal, which goes then; None where it holds no position.

        At each moment either the journal is there or the whole file, also after a loss of power.
        Raises OSError, RecordCorrupt where the journal cannot be read: it stays.
        """
        blocks = self.blocks(journal)
        first = next(blocks, None)
        if first is None:
            journal.path.unlink(missing_ok=True)
            return None
        opened = first[0]

        def all_blocks() -> Iterator[Block]:
            yield first[1]
            yield from (block for _, block in blocks)

        new = self.path / f"{journal.name}.new"
        try:
            with _made(new) as file:
                digest = sha256()
                sealing = None if self._vault is None else self._sealing(file, journal.name)

                def write(data: bytes) -> None:
                    digest.update(data)
                    (sealing or file).write(data)

                told = write_segment(
                    write, opened, all_blocks(), space=self._space, give_way=give_way
                )
                if sealing is not None:
                    sealing.finish()
                _to_disk(file)
            form = Form.PARQUET if sealing is None else Form.SEALED
            span, count = told
            new.rename(journal.later(State.DUE, form, span).path)
            self._sync()
        finally:
            new.unlink(missing_ok=True)
        journal.path.unlink()
        return ClosedSegment(journal.name, opened.feed_party, digest.hexdigest(), *span, count)

    def set_aside(self, journal: Segment) -> None:
        """Name a journal that cannot be closed by what can be read of it; by when it was written,
        where that is nothing. Raises OSError.
        """
        span: Span | None = None
        with contextlib.suppress(OSError, RecordCorrupt):
            for _, block in self.blocks(journal):
                span = widened(span, block.span)
        written_us = journal.path.stat().st_mtime_ns // 1000
        span = span or (written_us, written_us)
        journal.path.rename(journal.later(State.DUE, span=span).path)

    def sealed_frame(self, payload: bytes, name: str, index: int) -> bytes:
        """The payload of a journal's frame as it is written."""
        if self._vault is None:
            return payload
        return self._vault.seal(payload, place=_place(name, index))

    def _sealing(self, file: IO[bytes], name: str) -> SealingFile:
        assert self._vault is not None, "asked for where there is one"
        return SealingFile(file, self._vault, place=f"tracks {name}")

    def _file(self, segment: Segment) -> SegmentFile:
        return SegmentFile(*self._reading(segment), name=segment.name)

    def _reading(self, segment: Segment) -> tuple[Callable[[int, int], bytes], int]:
        """How the plain file is read at a place, and its size."""

        def read_at(at: int, count: int) -> bytes:
            with self._opening(segment) as file:
                file.seek(at)
                return file.read(count)

        with self._opening(segment) as file:
            size = file.seek(0, os.SEEK_END)
        if segment.form is Form.PARQUET:
            return read_at, size
        if self._vault is None:
            raise RecordCorrupt(None, f"segment {segment.name} of tracks is sealed")
        pieces = PiecesAtRest(read_at, size, self._vault, place=f"tracks {segment.name}")
        return pieces.read_at, pieces.size

    def _payloads(self, journal: Segment) -> Iterator[bytes]:
        """The compressed frames of a journal."""
        for index, sealed in enumerate(frames_in(lambda: self._opening(journal))):
            yield self._plain(sealed, journal, index)

    def _opening(self, segment: Segment) -> IO[bytes]:
        """A file to be read, under its later name where it was closed or recorded since; of the
        same form.
        """
        while True:
            try:
                return segment.path.open("rb")
            except FileNotFoundError:
                later = self.whole(segment.name)
                if later is None or later.path == segment.path or later.form is not segment.form:
                    raise
                segment = later

    def _plain(self, sealed: bytes, journal: Segment, index: int) -> bytes:
        if self._vault is None:
            return sealed
        return self._vault.open(sealed, place=_place(journal.name, index))

    def _sync(self) -> None:
        """Have the names in the folder on the disk."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def seal_tracks(folder: Path, vault: Sealer) -> int:
    """Seal the segments of a node's folder that lie in plain; gives how many. Nothing writes to it.

    Raises RecordUnavailable.
    """
    plain = SegmentFolder(folder, None, space="")
    count = 0
    try:
        for state in State:
            for each in plain.segments(state):
                if each.form is Form.PARQUET:
                    _seal_file(plain, each, vault)
                elif each.form is Form.SEALED or not _seal_journal(each, vault):
                    continue
                count += 1
    except OSError as error:
        raise RecordUnavailable(f"{plain.path}: {system_reason(error)}") from error
    return count


def _seal_file(plain: SegmentFolder, segment: Segment, vault: Sealer) -> None:
    new = segment.path.with_name(f"{segment.name}.new")
    with _made(new) as file:
        sealing = SealingFile(file, vault, place=f"tracks {segment.name}")
        for each in plain.pieces(segment):
            sealing.write(each)
        sealing.finish()
        _to_disk(file)
    new.rename(segment.later(segment.state, Form.SEALED).path)
    segment.path.unlink()


def _seal_journal(journal: Segment, vault: Sealer) -> bool:
    payloads = list(frames(journal.path.read_bytes()))
    if not payloads or not _is_plain(payloads[0], journal.name):
        return False
    new = journal.path.with_name(f"{journal.name}.new")
    with _made(new) as file:
        for index, payload in enumerate(payloads):
            file.write(framed(vault.seal(payload, place=_place(journal.name, index))))
        _to_disk(file)
    new.rename(journal.path)
    return True


def _is_plain(payload: bytes, name: str) -> bool:
    try:
        read_frame(payload, name=name)
    except RecordCorrupt:
        return False
    return True


def _made(path: Path) -> IO[bytes]:
    """A new file, for its owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _place(name: str, index: int) -> str:
    return f"tracks {name} {index}"
