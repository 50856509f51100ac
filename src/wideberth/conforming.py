"""How flights keep to their intents, recorded: what each came to, and the steps by rule.

Beside the watch, on the event loop. What a flight came to becomes an entry when it is over, for its
party alone, and only of tracks that the party's own feeds bring. What cannot be recorded waits, up
to a bound.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable

from wideberth.model.commands import Request
from wideberth.model.conformance import FlightMeasured, MeasureFlight
from wideberth.model.entries import Body
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.parties import SYSTEM
from wideberth.picture.picture import Picture
from wideberth.service import Service
from wideberth.watch.conformance import Flown, Outside
from wideberth.watch.staterule import StateRule, StateSettings

__all__ = ["Conforming"]

_log = logging.getLogger(__name__)
_MOST_WAITING = 100_000
_AT_ONCE = 256  # flights that are recorded after one look


class Conforming:
    """Beside a service. Owned by the event loop."""

    def __init__(self, service: Service, states: StateSettings | None = None) -> None:
        self._service = service
        self._rule = StateRule(states)
        self._waiting: deque[FlightMeasured] = deque()
        self._recording: asyncio.Task[None] | None = None  # of the first that waits

    def take_over(self, picture: Picture) -> None:
        """Begin with what stands."""
        self._rule.take_over(picture)

    def note(self, body: Body) -> None:
        """Note an entry that was folded."""
        self._rule.note(body)

    @property
    def followed(self) -> frozenset[str]:
        """The intents whose state follows their tracks."""
        return frozenset(self._rule)

    def over(self, flown: Iterable[Flown]) -> None:
        """Have these flights recorded by and by."""
        parties = self._service.picture.parties
        for each in flown:
            if each.key.feed_party != each.owner or PartyId(each.owner) not in parties:
                continue
            if len(self._waiting) >= _MOST_WAITING:
                _log.error("a flight is not counted: %d wait to be recorded", len(self._waiting))
                continue
            self._waiting.append(
                FlightMeasured(
                    PartyId(each.owner), IntentId(each.intent), each.key.track_id, each.key.feed,
                    each.began_us, each.from_us, each.until_us,
                    each.inside_us, each.outside_us, each.unknown_us,
                    each.excursions, each.longest_us,
                )
            )  # fmt: skip

    async def record(self, flying: Iterable[Outside], *, all_of_them: bool = False) -> None:
        """Take the steps by rule, then record what flights came to. Raises Overloaded,
        RecordUnavailable, BehindWitness; what was not recorded then waits.
        """
        now_us = self._service.context().now_us
        for step in self._rule.steps(self._service.picture, flying, now_us):
            await self._service.submit(Request(SYSTEM, step))
        left = len(self._waiting) if all_of_them else min(len(self._waiting), _AT_ONCE)
        for _ in range(left):
            if self._recording is None or self._recording.done():
                self._recording = asyncio.create_task(self._record_first())
            # Whoever is cancelled here leaves it to end; the next to come waits for it.
            await asyncio.shield(self._recording)

    async def _record_first(self) -> None:
        await self._service.submit(Request(SYSTEM, MeasureFlight(self._waiting[0])))
        self._waiting.popleft()
