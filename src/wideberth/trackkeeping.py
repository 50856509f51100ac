"""Positions kept: the archive of tracks joined to the loop, and who may read what of it.

The archive has threads of its own, so that neither the watch nor a feed ever waits for a disk: one
that writes what came, one that closes segments and forgets them, one that reads. What waits to be
written is bounded, and what there is no room for is counted at its feed. A process that is killed
loses what waited, which is what came in a moment, or in as long as the disk has taken nothing; who
is answered waits that long for his own, up to a second.

The digest of each segment that is closed becomes an entry, which the party whose feed it is may
read, and nobody else: how much somebody's feed brought, and when, would tell of what it does.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from wideberth.errors import BehindWitness, Overloaded, RecordUnavailable
from wideberth.model.commands import RecordSegment, Request
from wideberth.model.ids import PartyId
from wideberth.model.parties import SYSTEM
from wideberth.service import Service
from wideberth.space.time import DAY_US, MINUTE_US, SECOND_US
from wideberth.watch.archive import ClosedSegment, Held, TrackArchive
from wideberth.watch.feedlink import FeedLinks
from wideberth.watch.reports import ReportBatch
from wideberth.watch.segments import KeptFix, may_see

__all__ = ["MOST_FIXES", "TrackKeeping", "is_shown_to", "kept_for"]

T = TypeVar("T")
_log = logging.getLogger(__name__)
_TEND_EVERY_US = 5 * SECOND_US
_FORGET_EVERY_US = MINUTE_US  # for how long something is kept is a most, also where none comes
_LONGEST_HELD_US = 7 * DAY_US
MOST_FIXES = 20_000
"""Positions that are read at once, at most."""
_MOST_WAITING = 200_000  # positions that wait to be written: some 60 MB, ten seconds of the most
_BATCH_WEIGHS = 10  # as many positions as a batch takes room besides its own


def kept_for(
    archive: TrackArchive, reader: PartyId, begin_us: int, end_us: int, *, limit: int = MOST_FIXES
) -> list[KeptFix]:
    """Up to limit kept positions from begin_us on and before end_us, the first in time, of those
    that the reader could see when they came: as the feed's party, as the party whose thing it is,
    or as the feed was opened then.
    """
    found = archive.fixes(begin_us, end_us, is_shown_to(reader))
    return heapq.nsmallest(limit, found, key=lambda fix: (fix.time_us, fix.track))


def is_shown_to(reader: PartyId) -> Callable[[KeptFix], bool]:
    """Whether the reader could see a kept position when it came."""
    return lambda fix: may_see(
        reader, feed_party=fix.feed_party, owner=fix.owner, shown_to=fix.shown_to
    )


class TrackKeeping:
    """The archive beside a service."""

    def __init__(
        self, service: Service, archive: TrackArchive, links: FeedLinks | None = None
    ) -> None:
        """links: of the feeds, where what could not be kept is counted."""
        self._service = service
        self._archive = archive
        self._links = FeedLinks() if links is None else links
        self._writer, self._tender, self._reader = (
            ThreadPoolExecutor(1, thread_name_prefix=f"wideberth-tracks-{each}")
            for each in ("write", "tend", "read")
        )
        self._waiting: Counter[str | None] = Counter()  # positions to be written, by whose feed
        self._tending = asyncio.Lock()
        self._beside: asyncio.Task[None] | None = None
        self._tended_us = 0
        self._forgot_us = 0
        self._damaged: set[str] = set()  # segments of which it was said
        self.damaged: Counter[tuple[str | None, str | None]] = Counter()
        """Segments that cannot be read, by whose feed and its name."""
        self._is_failing = False
        self._is_full = False

    def keep(
        self,
        batch: ReportBatch,
        rows: Sequence[int] | NDArray[np.int64],
        *,
        came_us: int,
        shown_to: str | Iterable[str],
    ) -> asyncio.Future[int] | None:
        """Have positions put into the archive, in turn; neither batch nor rows are changed any
        more. What cannot be kept is watched all the same, and counted. Gives what is done when
        they are written; None: there is no room for them.

        Where the disk is slow, a party may have as much waiting as is free still, so that one that
        brings too many leaves room for the others; who has nothing waiting always may.
        """
        party, weight = batch.feed_party, len(rows) + _BATCH_WEIGHS
        free = _MOST_WAITING - self._waiting.total()
        if self._waiting[party] and self._waiting[party] + weight > free:
            self._count_not_kept(batch, len(rows))
            if not self._is_full:
                _log.error("positions are not kept: they come faster than they can be written")
            self._is_full = True
            return None
        self._waiting[party] += weight
        call = partial(self._archive.keep, batch, rows, came_us=came_us, shown_to=shown_to)
        written = asyncio.get_running_loop().run_in_executor(self._writer, call)
        written.add_done_callback(partial(self._was_written, batch, len(rows)))
        return written

    def _was_written(self, batch: ReportBatch, count: int, written: asyncio.Future[int]) -> None:
        self._waiting[batch.feed_party] -= count + _BATCH_WEIGHS
        if not self._waiting[batch.feed_party]:
            del self._waiting[batch.feed_party]
        if not self._waiting:
            self._is_full = False
        error = None if written.cancelled() else written.exception()
        if error is not None:
            self._count_not_kept(batch, count)
            if not self._is_failing:  # and not once for each batch from then on
                known = isinstance(error, RecordUnavailable)
                _log.error("positions cannot be kept: %s", error, exc_info=None if known else error)
        self._is_failing = error is not None

    def _count_not_kept(self, batch: ReportBatch, count: int) -> None:
        link = self._links.find(batch.feed_party, batch.feed)
        if link is not None:
            link.not_kept += count

    async def kept(
        self, begin_us: int, end_us: int, reader: PartyId, *, limit: int = MOST_FIXES
    ) -> list[KeptFix]:
        """What :func:`kept_for` gives of all that came until now, read beside the loop."""
        await self._in(self._writer, lambda: None)  # what waits is written then
        call = partial(kept_for, self._archive, reader, begin_us, end_us, limit=limit)
        return await self._in(self._reader, call)

    async def segment(
        self, name: str, reader: PartyId, *, first: int, most_bytes: int
    ) -> list[bytes] | None:
        """The pieces of a segment of the reader's own feeds whose digest is an entry, from the one
        of this number on, as :meth:`TrackArchive.segment` has it; None: there is none, or not any
        more.
        """
        if self.entry_of(name) is None:
            return None
        call = partial(self._archive.segment, name, first=first, most_bytes=most_bytes)
        found = await self._in(self._reader, call)
        return found[1] if found is not None and found[0] == reader else None

    async def segments(
        self, begin_us: int, end_us: int, reader: PartyId
    ) -> list[tuple[str, str, int]]:
        """The segments of the reader's own feeds that are kept, whose digest is an entry, and that
        have a position from begin_us on and before end_us: name, feed and entry, by time.
        """
        call = partial(self._archive.closed_of, reader, begin_us, end_us)
        found = await self._in(self._reader, call)
        entries = [(name, feed, self.entry_of(name)) for name, feed in found]
        return [(name, feed, entry) for name, feed, entry in entries if entry is not None]

    def entry_of(self, segment: str) -> int | None:
        """Where the digest of a segment stands in the record; None: it is not closed yet."""
        history = self._service.picture.history
        positions = [] if history is None else history.positions(segment)
        return positions[0] if positions else None

    def tend_beside(self) -> None:
        """Have :meth:`tend` done, where it is not under way; nobody waits for it."""
        if self._beside is None or self._beside.done():
            self._beside = asyncio.create_task(self.tend(), name="wideberth-tracks")

    async def tend(self, *, all_of_them: bool = False) -> None:
        """Close segments that are old enough, have their digests recorded, and forget old ones."""
        async with self._tending:
            now_us = self._service.context().now_us
            if not all_of_them and abs(now_us - self._tended_us) < _TEND_EVERY_US:
                return
            self._tended_us = now_us
            try:
                await self._close(now_us, all_of_them=all_of_them)
            except (BehindWitness, Overloaded, RecordUnavailable, OSError) as error:
                _log.warning("segments of tracks wait to be recorded: %s", error)
            except Exception:  # noqa: BLE001  # it stands beside the watch, which goes on
                _log.exception("the archive of tracks was not tended")

    async def _close(self, now_us: int, *, all_of_them: bool) -> None:
        archive = self._archive
        await self._in(self._writer, partial(archive.let_go, now_us, all_of_them=all_of_them))
        try:
            closed = await self._in(self._tender, partial(archive.closed, gently=not all_of_them))
            self._say_damaged()
            for each in closed:
                await self._record(each)
                await self._in(self._tender, partial(archive.recorded, each.name))
        finally:  # what has to go goes, whatever the record takes
            await self._forget(now_us)

    def _say_damaged(self) -> None:
        for each in self._archive.damaged:
            if each.name not in self._damaged:
                self._damaged.add(each.name)
                self.damaged[each.feed_party, each.feed] += 1
                _log.error("kept positions cannot be read, segment %s: %s", each.name, each.why)

    async def _forget(self, now_us: int) -> None:
        if abs(now_us - self._forgot_us) >= _FORGET_EVERY_US:
            self._forgot_us = now_us
            archive = self._archive
            gone = await self._in(self._tender, partial(archive.forget, now_us, self._held()))
            if gone.names:
                _log.info("%d segments of tracks are no longer kept", len(gone.names))
            if gone.held:
                _log.error("of an incident's window, no room to keep: %s", ", ".join(gone.held))

    def _held(self) -> Held:
        """How segments are held back by an incident that was opened, whose window they are of,
        unless that is longer than any happening.
        """
        incidents = self._service.picture.incidents
        windows = [
            (each.start_us, each.end_us, each.opened_by)
            for each in map(incidents.__getitem__, list(incidents))
            if each.end_us - each.start_us <= _LONGEST_HELD_US
        ]

        def held(party: str | None, start_us: int, end_us: int) -> int:
            return max(
                (
                    1 if party == opened_by else 2
                    for begin_us, until_us, opened_by in windows
                    if begin_us <= end_us and start_us <= until_us
                ),
                default=0,
            )

        return held

    async def stop(self) -> None:
        """Write what waits, close what is open, have it recorded, and let the threads end."""
        if self._beside is not None:
            await self._beside
        await self.tend(all_of_them=True)
        await self._in(self._writer, self._archive.stop)
        for each in (self._writer, self._tender):
            each.shutdown()
        self._reader.shutdown(wait=False, cancel_futures=True)  # nobody is left to be answered

    async def _record(self, closed: ClosedSegment) -> None:
        """Once: a run that ended between entry and file left the entry."""
        if self.entry_of(closed.name) is not None:
            return
        party = None if closed.feed_party is None else PartyId(closed.feed_party)
        command = RecordSegment(
            closed.name, closed.sha256, closed.start_us, closed.end_us, closed.fixes, party
        )
        await self._service.submit(Request(SYSTEM, command))

    @staticmethod
    async def _in(thread: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(thread, call)
