"""The archive of tracks: positions as they came, in files beside the record.

Tracks never enter the record (there are far too many); here they are kept, so that what was
reported at a minute can be shown later. A batch is in its file when :meth:`TrackArchive.keep`
returns: a process that is killed loses none of it, a loss of power what the disk had not yet. A
segment is closed after a while; its digest, made while it was written, is then due as an entry of
the record, and whoever records it says so with :meth:`TrackArchive.recorded`.

::

    tracks/
      <name>.open                     being written, locked by its process
      <start>_<end>_<name>.closed     whole; its digest is due
      <start>_<end>_<name>.tracks     whole; its digest is an entry

Three threads at a time: one keeps (:meth:`TrackArchive.keep`, :meth:`TrackArchive.let_go`), one
tends (:meth:`TrackArchive.closed`, :meth:`TrackArchive.recorded`, :meth:`TrackArchive.forget`), one
reads. Several processes may write to one folder, each its own segments. Of very many feeds, those
that were written to last have their files open: a process that has no descriptor left can write no
record either.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import math
import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from errno import ENOSPC
from operator import itemgetter
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from wideberth.errors import RecordCorrupt, RecordUnavailable, system_reason
from wideberth.space.time import DAY_US
from wideberth.watch.archived import (
    ArchiveSettings,
    ClosedSegment,
    DamagedSegment,
    Forgotten,
    Held,
)
from wideberth.watch.lately import Lately
from wideberth.watch.reports import ReportBatch
from wideberth.watch.segments import (
    SALT_BYTES,
    Chunk,
    KeptFix,
    Opened,
    Sealer,
    SegmentDigest,
    batch_of,
    chunk_of,
    digest_of,
    fixes_of,
    framed,
    frames,
    frames_in,
    packed,
    read_frame,
    span_of,
)

__all__ = [
    "TRACKS_FOLDER",
    "ArchiveSettings",
    "ClosedSegment",
    "DamagedSegment",
    "Forgotten",
    "Held",
    "TrackArchive",
    "seal_tracks",
]

Ints = NDArray[np.int64]

TRACKS_FOLDER = "tracks"
_OPEN, _CLOSED, _KEPT = ".open", ".closed", ".tracks"
_FIRST_BYTES = 65_536  # the first frame holds a few names
_MOST_OPEN = 32  # files at once; the others rest, unlocked, and are opened again when they are due
Span = tuple[int, int]
"""The times of the first and of the last position, us."""


@dataclass(slots=True)
class _Writing:
    """A segment that is being written."""

    opened: Opened
    path: Path
    file: IO[bytes]
    frames: int = 0
    span: Span | None = None
    fixes: int = 0
    digest: SegmentDigest = field(default_factory=SegmentDigest)


class TrackArchive:
    """The archive in a folder, which is made when the first position comes."""

    def __init__(
        self,
        folder: Path,
        settings: ArchiveSettings | None = None,
        *,
        make_name: Callable[[], str],
        vault: Sealer | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._folder = folder / TRACKS_FOLDER
        self.settings = settings or ArchiveSettings()
        self._make_name = make_name
        self._vault = vault
        self._random_bytes = random_bytes
        self._writing: dict[tuple[str | None, str], _Writing] = {}  # by the thread that keeps
        # Of them, those whose files are open; the one that was written to last is the last.
        self._open: dict[tuple[str | None, str], _Writing] = {}
        self._let_go: deque[_Writing] = deque()  # from the thread that keeps to the one that tends
        # The open files of this object and what times are in them: written by the thread that keeps
        # and the one that tends, each its own, and read by all.
        self._own: dict[Path, Span | None] = {}
        self._making = threading.Lock()  # while a file is there that is not in _own yet
        # By the thread that tends: what is due, what cannot be, and whose the kept ones are.
        self._due: dict[str, ClosedSegment] = {}
        self._damaged: dict[str, DamagedSegment] = {}
        self._party_of: dict[str, str | None] = {}
        self._lately: dict[tuple[str | None, str], Lately] = {}  # by party and feed

    def keep(
        self,
        batch: ReportBatch,
        rows: Sequence[int] | Ints,
        *,
        came_us: int,
        shown_to: str | Iterable[str],
    ) -> int:
        """Keep the positions in these rows of a batch; gives how many. In the file on return.

        Raises RecordUnavailable where they cannot be written.
        """
        rows = self._spaced(batch, np.asarray(rows, np.int64))
        if not len(rows):
            return 0
        chunk = chunk_of(batch, rows, came_us=came_us, shown_to=shown_to)
        try:
            self._write(self._segment(batch.feed_party, batch.feed, came_us), chunk)
        except OSError as error:
            torn = self._writing.pop((batch.feed_party, batch.feed), None)
            self._open.pop((batch.feed_party, batch.feed), None)
            if torn is not None:  # nothing goes behind a half frame; it is taken over as it is
                torn.file.close()
                self._own.pop(torn.path, None)
            raise RecordUnavailable(f"{self._folder}: {system_reason(error)}") from error
        return len(rows)

    def close_due(self, now_us: int, *, all_of_them: bool = False) -> list[ClosedSegment]:
        """Close the segments that are old enough; gives all whose digest is not an entry yet, also
        those that another run left, the oldest first.

        Raises RecordUnavailable.
        """
        self.let_go(now_us, all_of_them=all_of_them)
        return self.closed()

    def let_go(self, now_us: int, *, all_of_them: bool = False) -> None:
        """Leave the segments that are old enough to :meth:`closed`: what comes from now on goes
        into others. Waits for no disk.
        """
        for key, writing in list(self._writing.items()):
            if all_of_them or now_us - writing.opened.opened_us >= self.settings.close_us:
                self._let_go.append(self._writing.pop(key))
                self._open.pop(key, None)
        for feed, lately in list(self._lately.items()):
            if not lately.forget(now_us - self.settings.close_us):
                del self._lately[feed]

    def closed(self) -> list[ClosedSegment]:
        """Close what was let go; gives all whose digest is not an entry yet, also those that
        another run left, the oldest first. Only what another run left is read. What cannot be read
        is passed over, and is among :attr:`damaged`.

        Raises RecordUnavailable.
        """
        try:
            while self._let_go:
                self._close(self._let_go.popleft())
            self._take_over()
            paths = {_name_of(path): path for path in self._files(_CLOSED)}
            self._due = {name: each for name, each in self._due.items() if name in paths}
            for name, path in paths.items():
                if name not in self._due and name not in self._damaged:
                    self._note_due(self._summed_closed(path))
            return sorted(self._due.values(), key=lambda each: (each.start_us, each.name))
        except OSError as error:
            raise RecordUnavailable(f"{self._folder}: {system_reason(error)}") from error

    @property
    def damaged(self) -> list[DamagedSegment]:
        """The segments that :meth:`closed` could not read; they are not tried again."""
        return list(self._damaged.values())

    def recorded(self, name: str) -> None:
        """The digest of the segment is an entry now."""
        for path in self._files(_CLOSED):
            if _name_of(path) == name:
                path.rename(path.with_suffix(_KEPT))

    def forget(self, now_us: int, held: Held | None = None) -> Forgotten:
        """Remove what is older than is kept, and the oldest of a party that has more than is kept.
        held: of a party's segment from one time to another, how it is held back.

        What is held stays however old it is, and fills an account of its own, as large: first what
        is held by others, then the oldest. So nothing that a party's feeds bring afterwards, and no
        happening that it names itself, takes the place of what others may need. What has no room
        there goes by size after all else of the party.

        Only what is an entry already is removed: the digest stays, and says that there was more;
        and what is damaged, of which there can be none.
        """
        kept: dict[str | None, list[tuple[int, int, int, Path]]] = defaultdict(list)
        damaged = [each for each in self._files(_CLOSED) if _name_of(each) in self._damaged]
        paths = {_name_of(path): path for path in (*damaged, *self._files(_KEPT))}
        self._party_of = {name: whose for name, whose in self._party_of.items() if name in paths}
        for name, path in paths.items():
            start_us, end_us = _span_of(path)
            if name not in self._party_of:
                opened = self._opened(path)
                self._party_of[name] = None if opened is None else opened.feed_party
            party = self._party_of[name]
            how = 0 if held is None else held(party, start_us, end_us)
            kept[party].append((-how, start_us, end_us, path))
        gone = Forgotten()
        for each in kept.values():
            self._forget_of(each, now_us - self.settings.kept_us, gone)
        return gone

    def _forget_of(
        self, kept: list[tuple[int, int, int, Path]], before_us: int, gone: Forgotten
    ) -> None:
        """Of one party's segments: minus how it is held back, from when to when, and its file."""
        held = sorted(each for each in kept if each[0])
        whole = 0
        rest: list[tuple[int, int, int, Path]] = []
        for each in held:
            size = each[3].stat().st_size
            if whole + size > self.settings.most_bytes:
                rest.append(each)
            else:
                whole += size
        rest += sorted((each for each in kept if not each[0]), key=itemgetter(1), reverse=True)
        whole = 0
        for how, _, end_us, path in rest:
            whole += path.stat().st_size
            if whole > self.settings.most_bytes or (not how and end_us < before_us):
                path.unlink(missing_ok=True)
                (gone.held if how else gone.names).append(_name_of(path))

    def fixes(
        self, begin_us: int, end_us: int, may_see: Callable[[KeptFix], bool]
    ) -> Iterator[KeptFix]:
        """The kept positions from begin_us on and before end_us that may be seen; segment by
        segment, in each as they came. What cannot be read is left out: that is no statement.
        """
        for path in self._listed():
            if not self._may_hold(path, begin_us, end_us):
                continue
            try:
                for each in self._read(path, begin_us, end_us):
                    if may_see(each):
                        yield each
            except (OSError, RecordCorrupt):
                continue

    def _may_hold(self, path: Path, begin_us: int, end_us: int) -> bool:
        """Whether a file may hold positions from begin_us on and before end_us: as its name says,
        or as is known of an open one of this object. Of another process's only its frames tell.
        """
        if path.suffix != _OPEN:
            return _meet(_span_of(path), begin_us, end_us)
        try:
            span = self._own[path]
        except KeyError:
            return True
        return span is not None and _meet(span, begin_us, end_us)

    def heard(self, begin_us: int, end_us: int) -> Iterator[tuple[int, ReportBatch]]:
        """The batches that came from begin_us on and before end_us by the host's clock, each with
        when it came, in that order: what the watch was told, but for what was not kept (positions
        closer together than every_us). What cannot be read is left out.
        """
        # A file is named by the times of its positions, and those came later, by a day at most.
        paths = [
            path
            for path in self._listed()
            if path.suffix == _OPEN or _span_of(path)[1] >= begin_us - DAY_US
        ]
        opened = [(each, path) for path in paths if (each := self._opened(path)) is not None]
        begins = deque(sorted(opened, key=lambda each: each[0].opened_us))
        # A file is begun when its time comes, so that those of few feeds are held at a time.
        heads: list[tuple[int, int, ReportBatch, Iterator[tuple[int, ReportBatch]]]] = []
        number = itertools.count()
        while heads or begins:
            if begins and (not heads or begins[0][0].opened_us <= heads[0][0]):
                told = self._heard_in(*begins.popleft(), begin_us, end_us)
            else:
                came_us, _, batch, told = heapq.heappop(heads)
                yield came_us, batch
            for came_us, batch in told:
                heapq.heappush(heads, (came_us, next(number), batch, told))
                break

    def _heard_in(
        self, opened: Opened, path: Path, begin_us: int, end_us: int
    ) -> Iterator[tuple[int, ReportBatch]]:
        if opened.opened_us >= end_us:
            return
        try:
            for _, item in self._items(path):
                if isinstance(item, Chunk) and begin_us <= item.came_us < end_us:
                    yield item.came_us, batch_of(opened, item)
        except (OSError, RecordCorrupt):
            return

    def digest(self, name: str) -> str | None:
        """The digest of a segment as its file is now; None where there is no such file."""
        path = self._whole(name)
        return None if path is None else digest_of(self._payloads(path))

    def segment(
        self, name: str, *, first: int = 0, most_bytes: float = math.inf
    ) -> tuple[str | None, list[bytes]] | None:
        """Whose feed a closed segment is of, and its frames as its digest is made of them: from
        the one of this number on, as many as have room, and one more, which may have none. None
        where there is no such file, or it cannot be read.
        """
        path = self._whole(name)
        opened = None if path is None else self._opened(path)
        if path is None or opened is None:
            return None
        found: list[bytes] = []
        size = 0
        try:
            for payload in itertools.islice(self._payloads(path), first, None):
                found.append(payload)
                size += len(payload)
                if size > most_bytes and len(found) > 1:
                    break
        except (OSError, RecordCorrupt):
            return None
        return opened.feed_party, found

    def stop(self) -> None:
        """Close the files, as they are: the next run takes them over."""
        for writing in (*self._writing.values(), *self._let_go):
            writing.file.close()
        self._writing.clear()
        self._open.clear()
        self._let_go.clear()
        self._own.clear()

    def _spaced(self, batch: ReportBatch, rows: Ints) -> Ints:
        """Of these rows, those that are far enough in time from the one kept before."""
        lately = self._lately.setdefault((batch.feed_party, batch.feed), Lately())
        names = batch.track_id
        if len(rows) < len(names):
            at: list[int] = rows.tolist()
            names = [names[row] for row in at]
        return rows[lately.spaced(names, batch.time_us[rows], self.settings.every_us)]

    def _segment(self, feed_party: str | None, feed: str, now_us: int) -> _Writing:
        key = (feed_party, feed)
        writing = self._writing.get(key)
        self._open.pop(key, None)
        if writing is not None and not self._is_at_hand(writing):
            self._own.pop(writing.path, None)
            writing = None
        while len(self._open) >= _MOST_OPEN:
            self._open.pop(next(iter(self._open))).file.close()
        if writing is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = self._make_name()
            path = self._folder / f"{name}{_OPEN}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            with self._making:  # or who tends takes it over
                file = os.fdopen(os.open(path, flags, 0o600), "wb", buffering=0)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._own[path] = None
            salt = self._random_bytes(SALT_BYTES)
            opened = Opened(1, name, feed_party, feed, now_us, salt)
            writing = self._writing[key] = _Writing(opened, path, file)
            self._write(writing, opened)
        self._open[key] = writing
        return writing

    def _is_at_hand(self, writing: _Writing) -> bool:
        """Whether a segment can be written on, its file opened again where it rested. Not where
        another process took it over meanwhile, as it does with what nobody has locked.
        """
        if not writing.file.closed:
            return True
        try:
            descriptor = os.open(writing.path, os.O_WRONLY | os.O_APPEND)
        except FileNotFoundError:
            return False
        file = os.fdopen(descriptor, "wb", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), writing.path.stat()):
                writing.file = file
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        file.close()
        return False

    def _write(self, writing: _Writing, item: Opened | Chunk) -> None:
        payload = packed(item)
        frame = framed(self._sealed(payload, writing.opened.name, writing.frames))
        if writing.file.write(frame) != len(frame):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        writing.frames += 1
        writing.digest.add(payload)
        if isinstance(item, Chunk):
            writing.span = self._own[writing.path] = _widened(writing.span, span_of(item))
            writing.fixes += len(item.track)

    def _close(self, writing: _Writing) -> None:
        """Nothing of it is read again: what is recorded is what was written."""
        try:
            if not self._is_at_hand(writing):
                return  # another process did
            os.fsync(writing.file.fileno())
            if writing.span is None:
                writing.path.unlink()
                return
            name, digest = writing.opened.name, writing.digest.hex
            writing.path.rename(self._folder / _file_name(writing.span, name))
            self._note_due(
                ClosedSegment(name, writing.opened.feed_party, digest, *writing.span, writing.fixes)
            )
        finally:  # where it failed, it is taken over
            self._own.pop(writing.path, None)
            writing.file.close()

    def _note_due(self, closed: ClosedSegment | None) -> None:
        if closed is not None:
            self._due[closed.name] = closed

    def _take_over(self) -> None:
        """Close what a run left open that is no more."""
        with self._making:
            paths = [path for path in self._files(_OPEN) if path not in self._own]
        for path in paths:
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue  # another process writes it
                summed = self._summed_or_damaged(path)
                if path.stem in self._damaged:
                    path.rename(self._folder / _file_name(self._readable(path), path.stem))
                    continue
                if summed is None:
                    path.unlink(missing_ok=True)
                    continue
                path.rename(
                    self._folder / _file_name((summed.start_us, summed.end_us), summed.name)
                )
                self._note_due(summed)

    def _summed_closed(self, path: Path) -> ClosedSegment | None:
        """What a closed file comes to; None where that is not what its name says: it is damaged."""
        summed = self._summed_or_damaged(path)
        if summed is not None and (summed.start_us, summed.end_us) == _span_of(path):
            return summed
        if path.exists():  # or another process had it recorded meanwhile
            self._note_damaged(path, "it holds less than it did when it was closed")
        return None

    def _summed_or_damaged(self, path: Path) -> ClosedSegment | None:
        try:
            return self._summed(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._note_damaged(path, system_reason(error))
        except RecordCorrupt as error:
            self._note_damaged(path, str(error))
        return None

    def _note_damaged(self, path: Path, why: str) -> None:
        name, opened = _name_of(path), self._opened(path)
        party, feed = (None, None) if opened is None else (opened.feed_party, opened.feed)
        self._damaged.setdefault(name, DamagedSegment(name, party, feed, why))

    def _readable(self, path: Path) -> Span:
        """The times of what can be read of a damaged file; when it was written, where none can."""
        span: Span | None = None
        with contextlib.suppress(OSError, RecordCorrupt):
            for _, item in self._items(path):
                if isinstance(item, Chunk):
                    span = _widened(span, span_of(item))
        written_us = path.stat().st_mtime_ns // 1000
        return (written_us, written_us) if span is None else span

    def _summed(self, path: Path) -> ClosedSegment | None:
        """What a file comes to, by its frames; None where it holds no position."""
        digest = SegmentDigest()
        opened: Opened | None = None
        span: Span | None = None
        count = 0
        for payload, item in self._items(path):
            digest.add(payload)
            if isinstance(item, Opened):
                opened = item
            else:
                span = _widened(span, span_of(item))
                count += len(item.track)
        if opened is None or span is None:
            return None
        return ClosedSegment(opened.name, opened.feed_party, digest.hex, *span, count)

    def _opened(self, path: Path) -> Opened | None:
        """The first frame of a file; None where it has none."""
        name = _name_of(path)
        try:
            with self._opening(path) as file:
                for sealed in frames(file.read(_FIRST_BYTES)):
                    first = read_frame(self._plain(sealed, name, 0), name=name)
                    return first if isinstance(first, Opened) else None
        except (OSError, RecordCorrupt):
            pass
        return None

    def _read(self, path: Path, begin_us: int, end_us: int) -> Iterator[KeptFix]:
        """The positions of a file from begin_us on and before end_us."""
        opened: Opened | None = None
        for _, item in self._items(path):
            if isinstance(item, Opened):
                opened = item
            elif opened is not None and _meet(span_of(item), begin_us, end_us):
                for each in fixes_of(opened, item):
                    if begin_us <= each.time_us < end_us:
                        yield each

    def _items(self, path: Path) -> Iterator[tuple[bytes, Opened | Chunk]]:
        """The compressed frames of a file, each with what it holds."""
        name = _name_of(path)
        for payload in self._payloads(path):
            yield payload, read_frame(payload, name=name)

    def _payloads(self, path: Path) -> Iterator[bytes]:
        """The compressed frames of a file."""
        name = _name_of(path)
        for index, sealed in enumerate(frames_in(lambda: self._opening(path))):
            yield self._plain(sealed, name, index)

    def _opening(self, path: Path) -> IO[bytes]:
        """A file to be read, under its later name where it was closed or recorded since."""
        while True:
            try:
                return path.open("rb")
            except FileNotFoundError:
                later = next(
                    (each for each in self._listed() if _name_of(each) == _name_of(path)), path
                )
                if later == path:
                    raise
                path = later

    def _plain(self, sealed: bytes, name: str, index: int) -> bytes:
        return (
            sealed if self._vault is None else self._vault.open(sealed, place=_place(name, index))
        )

    def _sealed(self, payload: bytes, name: str, index: int) -> bytes:
        if self._vault is None:
            return payload
        return self._vault.seal(payload, place=_place(name, index))

    def _whole(self, name: str) -> Path | None:
        """The file of a segment that is closed."""
        paths = (*self._files(_CLOSED), *self._files(_KEPT))  # in this order: see _listed
        return next((path for path in paths if _name_of(path) == name), None)

    def _listed(self) -> list[Path]:
        """The file of each segment, those that are open last. They are looked for in the order of a
        segment's life, so that one that is closed meanwhile is not missed.
        """
        found: dict[str, Path] = {}
        for suffix in (_OPEN, _CLOSED, _KEPT):
            found |= {_name_of(path): path for path in self._files(suffix)}
        return sorted(found.values(), key=lambda path: (path.suffix == _OPEN, path.name))

    def _files(self, suffix: str) -> list[Path]:
        return list(self._folder.glob(f"*{suffix}")) if self._folder.is_dir() else []


def seal_tracks(folder: Path, vault: Sealer) -> int:
    """Seal the segments of a folder that lie in plain; gives how many. Nothing writes to it.

    Raises RecordUnavailable.
    """
    count = 0
    try:
        for path in (folder / TRACKS_FOLDER).glob("*"):
            if path.suffix not in (_OPEN, _CLOSED, _KEPT):
                continue
            payloads = list(frames(path.read_bytes()))
            name = _name_of(path)
            if not payloads or not _is_plain(payloads[0], name):
                continue
            new = path.with_name(f"{path.name}.new")
            with new.open("wb") as file:
                for index, payload in enumerate(payloads):
                    file.write(framed(vault.seal(payload, place=_place(name, index))))
                file.flush()
                os.fsync(file.fileno())
            new.chmod(0o600)
            new.replace(path)
            count += 1
    except OSError as error:
        raise RecordUnavailable(f"{folder / TRACKS_FOLDER}: {system_reason(error)}") from error
    return count


def _is_plain(payload: bytes, name: str) -> bool:
    try:
        read_frame(payload, name=name)
    except RecordCorrupt:
        return False
    return True


def _file_name(span: tuple[int, int], name: str) -> str:
    return f"{span[0]}_{span[1]}_{name}{_CLOSED}"


def _name_of(path: Path) -> str:
    return path.stem if path.suffix == _OPEN else path.stem.split("_", 2)[2]


def _span_of(path: Path) -> tuple[int, int]:
    start_us, end_us, _ = path.stem.split("_", 2)
    return int(start_us), int(end_us)


def _meet(span: Span, begin_us: int, end_us: int) -> bool:
    """Whether a span has a time from begin_us on and before end_us."""
    return begin_us <= span[1] and span[0] < end_us


def _widened(span: Span | None, by: Span) -> Span:
    return by if span is None else (min(span[0], by[0]), max(span[1], by[1]))


def _place(name: str, index: int) -> str:
    return f"tracks {name} {index}"
