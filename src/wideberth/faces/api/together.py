"""The listeners of a party that have heard all there is: they rest, and are told together.

Nobody is woken to find out that nothing is for it, and nothing is read, put into words or judged by
a filter once for each of them. Who is to know is found from the event: whose stream it is on, then
what the listeners of that party asked for, each question once. A listener that does not take what
it is sent at once rests no longer; it reads for itself, at its own pace, and nobody waits for it.

That none misses anything and none hears it twice rests on the numbers alone: they have no gap, and
a listener takes what follows on what it has.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import logging
from collections.abc import AsyncGenerator, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

from wideberth.faces.api.carriers import Piece, Said
from wideberth.faces.api.turns import Turns
from wideberth.live import UpdateListener
from wideberth.model.entries import WarningCleared, WarningRaised, WarningWorsened
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.warnings import StandingWarning
from wideberth.service import StreamEvent

if TYPE_CHECKING:
    from wideberth.faces.api.desk import Desk
    from wideberth.faces.api.filters import Shown
    from wideberth.faces.api.lines import Line
    from wideberth.faces.api.reading import Reading

__all__ = ["AT_ONCE", "MOST_BYTES", "Front", "Resting", "Together", "warning_in"]

AT_ONCE = 200  # events read and written together
MOST_BYTES = 262_144  # of them; the last may go beyond
_MOST_TOLD = 100  # listeners, before others have their turn
_LATE = 0.02  # of the time between two heartbeats: those due within it go out together
_log = logging.getLogger(__name__)


class Resting:
    """A listener that can rest."""

    __slots__ = ("is_on_clock", "line", "reading", "updates")

    def __init__(self, line: Line, reading: Reading, updates: UpdateListener) -> None:
        self.line = line
        self.reading = reading
        self.updates = updates
        self.is_on_clock = False


class Together:
    """All listeners of a desk, by party; and their heartbeats, for which there is one clock."""

    def __init__(self) -> None:
        self._fronts: dict[PartyId, Front] = {}
        self._clock = _Clock()

    @contextlib.asynccontextmanager
    async def front(self, desk: Desk, party: PartyId) -> AsyncGenerator[Front]:
        """Where listeners of a party rest: one place for all of them, while there are any."""
        found = self._fronts.get(party)
        if found is None:
            found = self._fronts[party] = Front(desk, party, self._clock)
        found.count += 1
        try:
            yield found
        finally:
            found.count -= 1
            if not found.count:
                del self._fronts[party]
                await found.stop()


class Front:
    """The listeners of one party that rest. after: up to here they were told; count: of listeners,
    resting or not.
    """

    def __init__(self, desk: Desk, party: PartyId, clock: _Clock) -> None:
        self.after = _end(desk, party)
        self.count = 0
        self._desk = desk
        self._party = party
        self._clock = clock
        self._resting: dict[Hashable, dict[Resting, None]] = {}  # by what they asked for
        self._open = contextlib.ExitStack()
        self._grew = self._open.enter_context(desk.service.listening(party))
        self._task = asyncio.create_task(self._run(), name="wideberth-front")

    async def stop(self) -> None:
        """The last listener has gone."""
        self._open.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def rest(self, one: Resting) -> None:
        """Until the listener has something to do itself: read on, finish what it was sent, end."""
        if one.line.ended or one.updates.pending or one.reading.after < self.after:
            return
        self._resting.setdefault(one.reading.asks, {})[one] = None
        one.updates.grew = self._grew
        self._clock.watch(one, self)
        try:
            await one.line.woken.wait()
        finally:
            self._leave(one)

    def beat(self, one: Resting) -> None:
        """A heartbeat for a listener that rests."""
        if not one.line.beat_at_once():
            self._leave(one)

    def is_resting(self, one: Resting) -> bool:
        """Whether it is told here."""
        return one in self._resting.get(one.reading.asks, ())

    def _leave(self, one: Resting) -> None:
        group = self._resting.get(one.reading.asks)
        if group is not None and one in group:
            del group[one]
            one.updates.grew = one.line.woken
            if not group:
                del self._resting[one.reading.asks]

    def _wake(self, one: Resting) -> None:
        self._leave(one)
        one.line.woken.set()

    def _groups(self) -> list[tuple[Hashable, list[Resting]]]:
        """Who rests, as of now."""
        return [(asks, list(group)) for asks, group in self._resting.items()]

    async def _run(self) -> None:
        while True:
            await self._grew.wait()
            self._grew.clear()
            try:
                await self._tell_events()
                await self._tell_updates()
            except Exception:  # noqa: BLE001  # the top of a task: each listener reads for itself
                _log.exception("the listeners of %s were not told together", self._party)
                self.after = _end(self._desk, self._party)
                for _, group in self._groups():
                    for one in group:
                        self._wake(one)

    async def _tell_events(self) -> None:
        """What came, to all that rest; where nobody does, whoever comes reads for itself."""
        while self._resting:
            found = await self._desk.service.events(self._party, self.after, AT_ONCE)
            if not found:
                return
            asked = {asks: group[0].reading for asks, group in self._groups()}
            shown: Shown = {}
            turns = Turns()
            hears = {asks: await one.hears_anew(found, shown, turns) for asks, one in asked.items()}
            said: list[Said | None] = []
            room_bytes = MOST_BYTES
            for index, event in enumerate(found):
                hearing = [one for asks, one in asked.items() if hears[asks][index]]
                if (
                    not hearing and warning_in(event) is not None
                ):  # somebody may have heard of it before
                    hearing = list(asked.values())
                words = await hearing[0].said_of(event) if hearing else None
                said.append(words)
                room_bytes -= 0 if words is None else len(words.data)
                if room_bytes < 0:
                    break
            is_all = len(found) < AT_ONCE and len(said) == len(found)
            await self._hand_out(found[: len(said)], said, hears)
            if is_all:  # what came since has set the event
                return
        self.after = max(self.after, _end(self._desk, self._party))

    async def _hand_out(
        self,
        found: Sequence[StreamEvent],
        said: Sequence[Said | None],
        hears: dict[Hashable, list[bool]],
    ) -> None:
        self.after = found[-1].number  # whoever comes from here on has read it, or does so first
        pieces = _Pieces()
        took: list[Resting] = []
        async for asks, one in self._each():
            heard = hears.get(asks)
            if heard is None:
                self._wake(one)
                continue
            mine = one.reading.take(found, said, heard[: len(said)])
            if mine is None:
                self._wake(one)
            elif not mine or one.line.send_at_once(pieces.of(mine)):
                took.append(one)
            else:
                self._leave(one)
        whole = next((one.reading for one in took if one.reading.wanted.is_all), None)
        if whole is not None:
            whole.note_taken()
        for one in took:
            one.reading.note_taken_with(whole)

    async def _tell_updates(self) -> None:
        asked: dict[WarningId, StandingWarning] = {}
        for _, group in self._groups():
            for one in group:
                asked.update((name, warning) for name, (warning, _) in one.updates.pending.items())
        if not asked:
            return
        await self._desk.live.know(asked.values())
        shown: Shown = {}
        turns = Turns()
        hears: dict[Hashable, dict[WarningId, bool]] = {}
        for asks, group in self._groups():
            hears[asks] = await group[0].reading.hears_updates_anew(asked, shown, turns)
        words: dict[tuple[WarningId, int], Said] = {}
        pieces = _Pieces()
        async for asks, one in self._each():
            pending, mine = one.updates.pending, list[Said]()
            heard = hears.get(asks)
            if heard is None or any(
                asked.get(name) is not each for name, (each, _) in pending.items()
            ):
                self._wake(one)  # what it asks was not asked, or there is more by now
                continue
            for name, (warning, missed) in pending.items():
                if one.reading.takes_update(warning, hears=heard[name]):
                    if (name, missed) not in words:
                        words[name, missed] = one.reading.said_of_update(warning, missed)
                    mine.append(words[name, missed])
            pending.clear()
            if mine and not one.line.send_at_once(pieces.of(one.reading.after_left_out(mine))):
                self._leave(one)

    async def _each(self) -> AsyncGenerator[tuple[Hashable, Resting]]:
        """Those that rest and are not about to end, as of now; others have their turn meanwhile."""
        count = 0
        for asks, group in self._groups():
            for one in group:
                count += 1
                if count % _MOST_TOLD == 0:
                    await asyncio.sleep(0)
                if self.is_resting(one) and not one.line.ended:
                    yield asks, one


class _Pieces:
    """What goes out together, made once for all that are told the same."""

    def __init__(self) -> None:
        self._made: dict[tuple[Said, ...], Piece] = {}

    def of(self, said: Sequence[Said]) -> Piece:
        """The piece of these."""
        key = tuple(said)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = Piece(key)
        return made


class _Clock:
    """When which listener that rests is due a heartbeat."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Resting, Front]] = []
        self._numbers: Iterator[int] = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, one: Resting, front: Front) -> None:
        """Have it hear something at least so often, while it rests."""
        if not one.is_on_clock:
            one.is_on_clock = True
            self._put(one, front)
            self._wait_for_first(0.0)

    def _put(self, one: Resting, front: Front) -> None:
        heapq.heappush(self._due, (one.line.due_s, next(self._numbers), one, front))

    def _wait_for_first(self, not_before_s: float) -> None:
        due_s = max(self._due[0][0], not_before_s)
        if self._timer is not None:
            if self._timer.when() <= due_s:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due_s, self._beat)

    def _beat(self) -> None:
        self._timer = None
        now_s = asyncio.get_running_loop().time()
        late_s = 0.0
        for _ in range(_MOST_TOLD):
            if not self._due or self._due[0][0] > now_s:
                break
            _, _, one, front = heapq.heappop(self._due)
            if not front.is_resting(one) or one.line.ended:
                one.is_on_clock = False
                continue
            if one.line.due_s <= now_s:
                front.beat(one)
            late_s = one.line.beat_s * _LATE
            self._put(one, front)
        else:
            late_s = 0.0  # there are more of them
        if self._due:
            self._wait_for_first(now_s + late_s)


def warning_in(event: StreamEvent) -> StandingWarning | None:
    """The warning that it is about, if it is about one."""
    body = event.entry.body
    return (
        body.warning if isinstance(body, WarningRaised | WarningWorsened | WarningCleared) else None
    )


def _end(desk: Desk, party: PartyId) -> int:
    history = desk.picture.history
    assert history is not None, "streams are made from the picture, not from an overlay"
    return history.stream_end(party)
