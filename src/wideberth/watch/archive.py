"""The archive of tracks: positions as they came, in files beside the record.

Tracks never enter the record (there are far too many); here they are kept, so that what was
reported at a minute can be shown later. A batch is in its file when :meth:`TrackArchive.keep`
returns: a process that is killed loses none of it, a loss of power what the disk had not yet. A
segment is closed after a while, or when it is large: its journal is made into a Parquet file, whose
digest is then due as an entry of the record, and whoever records it says so with
:meth:`TrackArchive.recorded`. The files: :mod:`wideberth.watch.segmentfolder`.

Three threads at a time: one keeps (:meth:`TrackArchive.keep`, :meth:`TrackArchive.let_go`), one
tends (:meth:`TrackArchive.closed`, :meth:`TrackArchive.recorded`, :meth:`TrackArchive.forget`), one
reads. Closing is work in Python, and who does it gives way to the others. Several processes may
write to one folder, each its own segments. Of very many feeds, those that were written to last have
their files open: a process that has no descriptor left can write no record either.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import math
import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from errno import ENOSPC
from operator import itemgetter
from pathlib import Path
from typing import IO

import numpy as np

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
from wideberth.watch.segmentfolder import TRACKS_FOLDER, Segment, SegmentFolder, State
from wideberth.watch.segments import (
    SALT_BYTES,
    Chunk,
    Ints,
    KeptFix,
    Opened,
    Sealer,
    Span,
    batches_of,
    chunk_of,
    chunk_span,
    digest_of,
    encoded,
    fixes_of,
    framed,
    packed,
    widened,
)

__all__ = [
    "TRACKS_FOLDER",
    "ArchiveSettings",
    "ClosedSegment",
    "DamagedSegment",
    "Forgotten",
    "Held",
    "TrackArchive",
]

_MOST_OPEN = 32  # files at once; the others rest, unlocked, and are opened again when they are due
_MOST_FIXES = 1_000_000  # in a segment, and so many bytes before they are compressed, or a batch
_MOST_BYTES = 1 << 27  # more: what verifiers read is bounded
_MOST_AT_ONCE = 1 << 15  # positions of a batch that are kept in one piece


@dataclass(slots=True)
class _Writing:
    """A segment that is being written."""

    opened: Opened
    segment: Segment
    file: IO[bytes]
    frames: int = 0
    span: Span | None = None
    fixes: int = 0
    size: int = 0  # bytes, before they are compressed

    @property
    def is_full(self) -> bool:
        return self.fixes >= _MOST_FIXES or self.size >= _MOST_BYTES


class _Pause:
    """Gives way: of the time in which work is done, most is left to others."""

    _WORKED_S = 0.002  # at a time
    _SHARE = 4  # times as long as the work before it is waited

    def __init__(self) -> None:
        self._since_s = time.monotonic()

    def __call__(self) -> None:
        worked_s = time.monotonic() - self._since_s
        if worked_s >= self._WORKED_S:
            time.sleep(self._SHARE * min(worked_s, 10 * self._WORKED_S))
            self._since_s = time.monotonic()


class TrackArchive:
    """The archive in a folder, which is made when the first position comes."""

    def __init__(
        self,
        folder: Path,
        settings: ArchiveSettings | None = None,
        *,
        make_name: Callable[[], str],
        vault: Sealer | None = None,
        space: str = "",
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """space: what the node's record is called."""
        self._files = SegmentFolder(folder, vault, space=space)
        self.settings = settings or ArchiveSettings()
        self._make_name = make_name
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
        if not isinstance(shown_to, str):
            shown_to = frozenset(shown_to)
        try:
            for begin in range(0, len(rows), _MOST_AT_ONCE):
                piece = rows[begin : begin + _MOST_AT_ONCE]
                chunk = chunk_of(batch, piece, came_us=came_us, shown_to=shown_to)
                self._write(self._segment(batch.feed_party, batch.feed, came_us), chunk)
        except OSError as error:
            torn = self._writing.pop((batch.feed_party, batch.feed), None)
            self._open.pop((batch.feed_party, batch.feed), None)
            if torn is not None:  # nothing goes behind a half frame; it is taken over as it is
                torn.file.close()
                self._own.pop(torn.segment.path, None)
            raise RecordUnavailable(f"{self._files.path}: {system_reason(error)}") from error
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

    def closed(self, *, gently: bool = False) -> list[ClosedSegment]:
        """Close what was let go; gives all whose digest is not an entry yet, also those that
        another run left, the oldest first. What cannot be read is passed over, and is among
        :attr:`damaged`. gently: four times as long is waited as is worked.

        Raises RecordUnavailable.
        """
        give_way = _Pause() if gently else _not_at_all
        try:
            while self._let_go:
                self._close(self._let_go.popleft(), give_way)
            self._take_over(give_way)
            due = {each.name: each for each in self._files.segments(State.DUE)}
            self._due = {name: each for name, each in self._due.items() if name in due}
            for name, each in due.items():
                if name not in self._due and name not in self._damaged:
                    self._note_due(self._summed(each))
            return sorted(self._due.values(), key=lambda each: (each.start_us, each.name))
        except OSError as error:
            raise RecordUnavailable(f"{self._files.path}: {system_reason(error)}") from error

    @property
    def damaged(self) -> list[DamagedSegment]:
        """The segments that :meth:`closed` could not read; they are not tried again."""
        return list(self._damaged.values())

    def recorded(self, name: str) -> None:
        """The digest of the segment is an entry now."""
        for each in self._files.segments(State.DUE):
            if each.name == name:
                each.path.rename(each.later(State.KEPT).path)

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
        kept: dict[str | None, list[tuple[int, int, int, Segment]]] = defaultdict(list)
        damaged = [each for each in self._files.segments(State.DUE) if each.name in self._damaged]
        found = {each.name: each for each in (*damaged, *self._files.segments(State.KEPT))}
        self._party_of = {name: whose for name, whose in self._party_of.items() if name in found}
        for name, each in found.items():
            assert each.span is not None, "what is closed has a span"
            if name not in self._party_of:
                opened = self._files.opened(each)
                self._party_of[name] = None if opened is None else opened.feed_party
            party = self._party_of[name]
            how = 0 if held is None else held(party, *each.span)
            kept[party].append((-how, *each.span, each))
        gone = Forgotten()
        for each in kept.values():
            self._forget_of(each, now_us - self.settings.kept_us, gone)
        return gone

    def _forget_of(
        self, kept: list[tuple[int, int, int, Segment]], before_us: int, gone: Forgotten
    ) -> None:
        """Of one party's segments: minus how it is held back, from when to when, and its file."""
        held = sorted((each for each in kept if each[0]), key=itemgetter(0, 1, 2))
        whole = 0
        rest: list[tuple[int, int, int, Segment]] = []
        for each in held:
            size = each[3].path.stat().st_size
            if whole + size > self.settings.most_bytes:
                rest.append(each)
            else:
                whole += size
        rest += sorted((each for each in kept if not each[0]), key=itemgetter(1), reverse=True)
        whole = 0
        for how, _, end_us, segment in rest:
            whole += segment.path.stat().st_size
            if whole > self.settings.most_bytes or (not how and end_us < before_us):
                segment.path.unlink(missing_ok=True)
                (gone.held if how else gone.names).append(segment.name)

    def fixes(
        self, begin_us: int, end_us: int, may_see: Callable[[KeptFix], bool]
    ) -> Iterator[KeptFix]:
        """The kept positions from begin_us on and before end_us that may be seen; segment by
        segment, in each as they came. What cannot be read is left out: that is no statement.
        """
        for segment in self._files.listed():
            if not self._may_hold(segment, begin_us, end_us):
                continue
            try:
                for opened, block in self._files.blocks(segment, begin_us, end_us):
                    for each in fixes_of(opened, block, begin_us, end_us):
                        if may_see(each):
                            yield each
            except (OSError, RecordCorrupt):
                continue

    def _may_hold(self, segment: Segment, begin_us: int, end_us: int) -> bool:
        """Whether a file may hold positions from begin_us on and before end_us: as its name says,
        or as is known of an open one of this object. Of another process's only its frames tell.
        """
        if segment.span is not None:
            return _meet(segment.span, begin_us, end_us)
        try:
            span = self._own[segment.path]
        except KeyError:
            return True
        return span is not None and _meet(span, begin_us, end_us)

    def heard(self, begin_us: int, end_us: int) -> Iterator[tuple[int, ReportBatch]]:
        """The batches that came from begin_us on and before end_us by the host's clock, each with
        when it came, in that order: what the watch was told, but for what was not kept (positions
        closer together than every_us). What cannot be read is left out.
        """
        # A file is named by the times of its positions, and those came later, by a day at most.
        told = [
            (opened, each)
            for each in self._files.listed()
            if (each.span is None or each.span[1] >= begin_us - DAY_US)
            and (opened := self._files.opened(each)) is not None
        ]
        begins = deque(sorted(told, key=lambda each: each[0].opened_us))
        # A file is begun when its time comes, so that those of few feeds are held at a time.
        heads: list[tuple[int, int, ReportBatch, Iterator[tuple[int, ReportBatch]]]] = []
        number = itertools.count()
        while heads or begins:
            if begins and (not heads or begins[0][0].opened_us <= heads[0][0]):
                batches = self._heard_in(*begins.popleft(), begin_us, end_us)
            else:
                came_us, _, batch, batches = heapq.heappop(heads)
                yield came_us, batch
            for came_us, batch in batches:
                heapq.heappush(heads, (came_us, next(number), batch, batches))
                break

    def _heard_in(
        self, opened: Opened, segment: Segment, begin_us: int, end_us: int
    ) -> Iterator[tuple[int, ReportBatch]]:
        if opened.opened_us >= end_us:
            return
        try:
            for _, block in self._files.blocks(segment):
                for came_us, batch in batches_of(opened, block):
                    if begin_us <= came_us < end_us:
                        yield came_us, batch
        except (OSError, RecordCorrupt):
            return

    def closed_of(self, party: str, begin_us: int, end_us: int) -> list[tuple[str, str]]:
        """The segments of a party's feeds that are closed and have a position from begin_us on and
        before end_us: the name of each and its feed, by time. What cannot be read is left out.
        """
        found: list[tuple[str, str]] = []
        for each in self._files.listed():
            if each.span is None or not _meet(each.span, begin_us, end_us):
                continue
            whose, feed = self._whose(each)
            if whose == party and feed is not None:
                found.append((each.name, feed))
        return found

    def digest(self, name: str) -> str | None:
        """The digest of a segment as its file is now; None where there is no such file."""
        segment = self._files.whole(name)
        return None if segment is None else digest_of(self._files.pieces(segment))

    def segment(
        self, name: str, *, first: int = 0, most_bytes: float = math.inf
    ) -> tuple[str | None, list[bytes]] | None:
        """Whose feed a closed segment is of, and the pieces that its digest is made of: from the
        one of this number on, as many as have room, and one more, which may have none. None where
        there is no such file, or it cannot be read.
        """
        segment = self._files.whole(name)
        opened = None if segment is None else self._files.opened(segment)
        if segment is None or opened is None:
            return None
        found: list[bytes] = []
        size = 0
        try:
            for piece in itertools.islice(self._files.pieces(segment), first, None):
                found.append(piece)
                size += len(piece)
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
            self._own.pop(writing.segment.path, None)
            writing = None
        if writing is not None and writing.is_full:
            self._let_go.append(self._writing.pop(key))
            writing = None
        while len(self._open) >= _MOST_OPEN:
            self._open.pop(next(iter(self._open))).file.close()
        if writing is None:
            self._files.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            segment = self._files.open_segment(self._make_name())
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            with self._making:  # or who tends takes it over
                file = os.fdopen(os.open(segment.path, flags, 0o600), "wb", buffering=0)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._own[segment.path] = None
            salt = self._random_bytes(SALT_BYTES)
            opened = Opened(1, segment.name, feed_party, feed, now_us, salt)
            writing = self._writing[key] = _Writing(opened, segment, file)
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
            descriptor = os.open(writing.segment.path, os.O_WRONLY | os.O_APPEND)
        except FileNotFoundError:
            return False
        file = os.fdopen(descriptor, "wb", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), writing.segment.path.stat()):
                writing.file = file
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        file.close()
        return False

    def _write(self, writing: _Writing, item: Opened | Chunk) -> None:
        plain = encoded(item)
        payload = self._files.sealed_frame(packed(plain), writing.opened.name, writing.frames)
        frame = framed(payload)
        if writing.file.write(frame) != len(frame):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        writing.frames += 1
        writing.size += len(plain)
        if isinstance(item, Chunk):
            span = widened(writing.span, chunk_span(item))
            writing.span = self._own[writing.segment.path] = span
            writing.fixes += len(item.track)

    def _close(self, writing: _Writing, give_way: Callable[[], object]) -> None:
        segment = writing.segment
        try:
            if not self._is_at_hand(writing):
                return  # another process did
            closed = self._closed_or_damaged(segment, give_way)
            if closed is None:
                return
            self._note_due(closed)
            if (writing.span, writing.fixes) != ((closed.start_us, closed.end_us), closed.fixes):
                opened = writing.opened
                self._note_less(opened.name, opened.feed_party, opened.feed)
        finally:  # where it failed, it is taken over
            self._own.pop(segment.path, None)
            writing.file.close()

    def _note_due(self, closed: ClosedSegment | None) -> None:
        if closed is not None:
            self._due[closed.name] = closed

    def _take_over(self, give_way: Callable[[], object]) -> None:
        """Close what a run left open that is no more."""
        with self._making:
            left = [each for each in self._files.segments(State.OPEN) if each.path not in self._own]
        for each in left:
            with each.path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue  # another process writes it
                if not each.path.exists():
                    continue  # another process closed it
                if self._files.whole(each.name) is not None:
                    each.path.unlink()  # a run ended when the whole file was there
                    continue
                self._note_due(self._closed_or_damaged(each, give_way))

    def _closed_or_damaged(
        self, journal: Segment, give_way: Callable[[], object]
    ) -> ClosedSegment | None:
        """Close a journal that this process has locked; None where it is damaged or empty."""
        try:
            return self._files.close(journal, give_way)
        except RecordCorrupt as error:
            self._note_damaged(journal, error.reason)
            self._files.set_aside(journal)
            return None

    def _summed(self, segment: Segment) -> ClosedSegment | None:
        """What a closed file comes to; None where that is not what its name says: it is damaged."""
        try:
            summed = self._files.summed(segment)
        except FileNotFoundError:
            return None  # another process had it recorded meanwhile
        except OSError as error:
            self._note_damaged(segment, system_reason(error))
            return None
        except RecordCorrupt as error:
            self._note_damaged(segment, error.reason)
            return None
        if summed is not None and (summed.start_us, summed.end_us) == segment.span:
            return summed
        if segment.path.exists():
            self._note_less(segment.name, *self._whose(segment))
        return None

    def _note_less(self, name: str, feed_party: str | None, feed: str | None) -> None:
        why = "it holds less than it did when it was closed"
        self._damaged.setdefault(name, DamagedSegment(name, feed_party, feed, why))

    def _note_damaged(self, segment: Segment, why: str) -> None:
        damaged = DamagedSegment(segment.name, *self._whose(segment), why)
        self._damaged.setdefault(segment.name, damaged)

    def _whose(self, segment: Segment) -> tuple[str | None, str | None]:
        """The party and its feed, as the file says; None where it says nothing."""
        opened = self._files.opened(segment)
        return (None, None) if opened is None else (opened.feed_party, opened.feed)


def _not_at_all() -> None:
    """Gives way to nobody."""


def _meet(span: Span, begin_us: int, end_us: int) -> bool:
    """Whether a span has a time from begin_us on and before end_us."""
    return begin_us <= span[1] and span[0] < end_us
