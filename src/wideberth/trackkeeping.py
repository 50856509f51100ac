"""Positions kept: the archive of tracks joined to the loop, and who may read what of it.

The archive has a thread of its own, so that the watch never waits for a disk, and another for those
who read: a day of positions takes long, and whoever brings some waits until they are kept. The
digest of each segment that is closed becomes an entry, which the party whose feed it is may read,
and nobody else: how much somebody's feed brought, and when, would tell of what it does.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from wideberth.errors import BehindWitness, Overloaded, RecordUnavailable
from wideberth.model.commands import RecordSegment, Request
from wideberth.model.ids import PartyId
from wideberth.model.parties import SYSTEM
from wideberth.service import Service
from wideberth.space.time import DAY_US, SECOND_US
from wideberth.watch.archive import ClosedSegment, TrackArchive
from wideberth.watch.reports import ReportBatch
from wideberth.watch.segments import KeptFix, may_see

__all__ = ["MOST_FIXES", "TrackKeeping", "is_shown_to", "kept_for"]

T = TypeVar("T")
_log = logging.getLogger(__name__)
_TEND_EVERY_US = 5 * SECOND_US
_LONGEST_HELD_US = 7 * DAY_US
MOST_FIXES = 20_000
"""Positions that are read at once, at most."""


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

    def __init__(self, service: Service, archive: TrackArchive) -> None:
        self._service = service
        self._archive = archive
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-tracks")
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="wideberth-tracks-read")
        self._tended_us = 0
        self._is_failing = False

    async def keep(
        self,
        batch: ReportBatch,
        rows: Sequence[int],
        *,
        came_us: int,
        shown_to: str | Iterable[str],
    ) -> None:
        """Put positions into the archive. What cannot be kept is watched all the same."""
        call = partial(self._archive.keep, batch, rows, came_us=came_us, shown_to=shown_to)
        try:
            await self._in_thread(call)
            self._is_failing = False
        except RecordUnavailable as error:
            if not self._is_failing:  # and not once for each batch from then on
                _log.error("positions cannot be kept: %s", error)
            self._is_failing = True

    async def kept(
        self, begin_us: int, end_us: int, reader: PartyId, *, limit: int = MOST_FIXES
    ) -> list[KeptFix]:
        """What :func:`kept_for` gives, read beside the loop."""
        call = partial(kept_for, self._archive, reader, begin_us, end_us, limit=limit)
        return await self._read(call)

    async def segment(self, name: str, reader: PartyId) -> list[bytes] | None:
        """The frames of a segment of the reader's own feeds whose digest is an entry; None: there
        is none, or not any more.
        """
        if self.entry_of(name) is None:
            return None
        found = await self._read(partial(self._archive.segment, name))
        return found[1] if found is not None and found[0] == reader else None

    def entry_of(self, segment: str) -> int | None:
        """Where the digest of a segment stands in the record; None: it is not closed yet."""
        history = self._service.picture.history
        positions = [] if history is None else history.positions(segment)
        return positions[0] if positions else None

    async def tend(self, *, all_of_them: bool = False) -> None:
        """Close segments that are old enough, have their digests recorded, and forget old ones."""
        now_us = self._service.context().now_us
        if not all_of_them and abs(now_us - self._tended_us) < _TEND_EVERY_US:
            return
        self._tended_us = now_us
        archive = self._archive
        try:
            closed = await self._in_thread(
                partial(archive.close_due, now_us, all_of_them=all_of_them)
            )
            for each in closed:
                await self._record(each)
                await self._in_thread(partial(archive.recorded, each.name))
            if closed:
                gone = await self._in_thread(partial(archive.forget, now_us, self._held()))
                if gone:
                    _log.info("%d segments of tracks are no longer kept", len(gone))
        except (BehindWitness, Overloaded, RecordUnavailable, OSError) as error:
            _log.warning("segments of tracks wait to be recorded: %s", error)
        except Exception:  # noqa: BLE001  # it stands beside the watch, which goes on
            _log.exception("the archive of tracks was not tended")

    def _held(self) -> Callable[[int, int], bool]:
        """Whether positions from one time to another stay, however old they are: those of the
        window of an incident that somebody opened, unless that is longer than any happening.
        """
        incidents = self._service.picture.incidents
        windows = [
            (each.start_us, each.end_us)
            for each in map(incidents.__getitem__, list(incidents))
            if each.end_us - each.start_us <= _LONGEST_HELD_US
        ]

        def is_held(start_us: int, end_us: int) -> bool:
            return any(begin <= end_us and start_us <= end for begin, end in windows)

        return is_held

    async def stop(self) -> None:
        """Close what is open, have it recorded, and let the thread end."""
        await self.tend(all_of_them=True)
        await self._in_thread(self._archive.stop)
        self._thread.shutdown()
        self._reading.shutdown(cancel_futures=True)

    async def _record(self, closed: ClosedSegment) -> None:
        """Once: a run that ended between entry and file left the entry."""
        if self.entry_of(closed.name) is not None:
            return
        party = None if closed.feed_party is None else PartyId(closed.feed_party)
        command = RecordSegment(
            closed.name, closed.sha256, closed.start_us, closed.end_us, closed.fixes, party
        )
        await self._service.submit(Request(SYSTEM, command))

    async def _read(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, call)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
