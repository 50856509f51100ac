"""Whether commands should be sent here: ``/readyz``, for load balancers and service managers.

``/healthz`` says that the process lives, and that a restart would help nothing. This says what
stands in the way of a command. Both are public, and name no party, number or size.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from wideberth.errors import BehindWitness, NewerEntry, RecordError, RecordRestored
from wideberth.service import Service

__all__ = ["LEAST_FREE_BYTES", "Readiness"]

LEAST_FREE_BYTES = 64 * 1024 * 1024  # a write-ahead log and a snapshot under way need room
_KEPT_S = 0.5  # one answer for all who ask meanwhile: asking takes a lock of the store
_FAILED_FOR_S = 5.0  # so long after a failed append; then a command may find out
_WITHIN_S = 2.0


@dataclass(slots=True)
class Readiness:
    """Asks a service what stands in the way. folder: where the record is; None: not on a disk."""

    service: Service
    folder: Path | None = None
    _as_of_s: float = field(default=-1e9, init=False)
    _found: dict[str, str] = field(default_factory=dict[str, str], init=False)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def obstacles(self) -> dict[str, str]:
        """What stands in the way of a command, by name, in words; empty: nothing."""
        async with self._asking:
            if time.monotonic() - self._as_of_s > _KEPT_S:
                self._found = await self._ask()
                self._as_of_s = time.monotonic()
            return self._found

    async def _ask(self) -> dict[str, str]:
        service = self.service
        if service.closed:
            return {"stopping": "this node is stopping"}
        if isinstance(service.stopped_by, BehindWitness):
            return {"witness": "a witness holds a head that this record does not have"}
        if isinstance(service.stopped_by, RecordRestored):
            return {"record": "was restored from a backup; run wideberth epoch"}
        if service.stopped_by is not None:
            newer = isinstance(service.stopped_by, NewerEntry)
            return {
                "record": "holds an entry newer than this program; install a newer one"
                if newer
                else "contradicts itself; run wideberth verify"
            }
        found = dict(service.holds)
        if service.clock_behind_us > service.skew_us:
            found["clock"] = "is behind the record's last entry; set the clock"
        elif service.clock_off is not None:
            found["clock"] = "is too far from the witnesses' clocks; set the clock"
        if not await asyncio.to_thread(_has_room, self.folder):
            found["disk"] = "is nearly full"
        try:
            async with asyncio.timeout(_WITHIN_S):
                await service.current()
                await service.probe()
        except TimeoutError:
            found["record"] = "cannot be read or locked in time"
        except (RecordError, NewerEntry):
            found["record"] = "cannot be read or written"
        else:
            if service.since_failed_append_s < _FAILED_FOR_S:
                found["record"] = "refused the last write"
        return found


def _has_room(folder: Path | None) -> bool:
    if folder is None:
        return True
    try:
        about = os.statvfs(folder)
    except OSError:
        return False
    return about.f_bavail * about.f_frsize >= LEAST_FREE_BYTES
