"""Says that deadlines have passed: looks at what is due and hands it to the loop as commands.

What is due follows from the record, so a start goes on where the last stop broke off. Several
processes of a folder may run this; the second to say it is told that it is done. A node that does
not decide (its clock is off, its record was restored) lets nothing pass: what is due then passes
once it decides again, each deadline once.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Self

from wideberth.errors import WideberthError
from wideberth.model.commands import Request
from wideberth.model.deadlines import DeadlinePassed
from wideberth.model.parties import SYSTEM
from wideberth.picture.deadlines import gather, give_back, next_due_us, take_due
from wideberth.service import Applied, Service

__all__ = ["AT_ONCE", "GATHER_AT_ONCE", "LOOK_S", "Timers"]

LOOK_S = 0.25
"""How often it is looked whether something is due."""
AT_ONCE = 64
"""So many are handed to the loop at a time: what others ask comes in between."""
GATHER_AT_ONCE = 500
"""Of so many it is found at a time what is due, after a start: a few milliseconds."""
_AGAIN_S = 1.0  # after something stood in the way
_log = logging.getLogger("wideberth.timers")


class Timers:
    """Beside a service. Use as an async context, inside the service's."""

    def __init__(self, service: Service, *, look_s: float = LOOK_S) -> None:
        self._service = service
        self._look_s = look_s
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Go on with what the record says is due."""
        self._task = asyncio.create_task(self._run(), name="wideberth-timers")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; the next start goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> int:
        """Let pass what is due now, up to AT_ONCE. Gives how many deadlines passed by it; what an
        earlier look took is told by then.

        Raises what stood in the way of one of them; each is due again then.
        """
        async with self._looking:
            return await self._look()

    async def _look(self) -> int:
        service = self._service
        picture = service.picture
        while not gather(picture, limit=GATHER_AT_ONCE):  # noqa: ASYNC110 - others have their turn
            await asyncio.sleep(0)
        now_us = service.context().now_us
        due: list[DeadlinePassed] = []
        while not due:
            first_us = next_due_us(picture)
            if first_us is None or first_us > now_us or service.stopped_by is not None:
                return 0
            due = take_due(picture, now_us, limit=AT_ONCE)
            if not due:
                await asyncio.sleep(0)  # much is over that was due; others have their turn
        asked = [service.submit(Request(SYSTEM, each)) for each in due]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        failed: BaseException | None = None
        for each, answer in zip(due, answers, strict=True):
            if not isinstance(answer, Applied):
                self._keep(each)
            if isinstance(answer, BaseException):
                failed = answer
        if failed is not None:
            raise failed
        return sum(isinstance(answer, Applied) for answer in answers)

    def _keep(self, passed: DeadlinePassed) -> None:
        give_back(self._service.picture, passed)

    async def _run(self) -> None:
        while True:
            try:
                passed = await self.look()
            except WideberthError as error:
                _log.debug("deadlines wait: %s", type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                _log.exception("deadlines could not be told")
                await asyncio.sleep(_AGAIN_S)
            else:
                await asyncio.sleep(0 if passed else self._look_s)
