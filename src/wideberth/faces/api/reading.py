"""How far a listener is on its party's stream, and what it is told of what comes next.

A listener reads for itself until it has read all there is; then it rests, and is told together with
the others of its party (:mod:`wideberth.faces.api.together`), by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from wideberth.faces.api import together, told
from wideberth.faces.api.carriers import Said
from wideberth.faces.api.deliveries import deliver, within_limit
from wideberth.faces.api.desk import Call
from wideberth.faces.api.events import event_view
from wideberth.faces.api.filters import UPDATES, Heard, Shown, Wanted
from wideberth.faces.api.http import encode
from wideberth.faces.api.past import intent_as_of
from wideberth.faces.api.together import AT_ONCE, warning_in
from wideberth.faces.api.turns import Turns
from wideberth.faces.api.warnings_seen import warning_seen_live
from wideberth.live import UpdateListener
from wideberth.model.entries import (
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import IntentId, WarningId
from wideberth.model.warnings import StandingWarning
from wideberth.service import StreamEvent

__all__ = ["Reading"]

_SAME_FOR_EACH_DESK = (
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    ZoneDeclared,
    ZoneWithdrawn,
)
"""Entries of which a party is told the same for a second at least, but for names beside the record.
Not so what is counted as delivered, and what turns on how something stands at the moment.
"""


class Reading:
    """One listener's. wanted: of the stream; after: the number of the last event that was read,
    sent or not; is_behind: there may be more.
    """

    def __init__(self, call: Call, wanted: Wanted, after: int) -> None:
        self.call = call
        self.wanted = wanted
        self.after = after
        self.is_behind = False
        # Listeners of a party that ask for the same are told the same.
        query: Any = msgspec.structs.replace(call.query, after=0)
        self.asks = (query, call.picture.altitude_model)
        self._heard = Heard()
        self._told = after  # up to here the listener knows what there was
        self._noted = after  # up to here it is noted that it took them
        self._warnings_left_out: list[int] = []
        self._at_once = AT_ONCE

    async def read_on(self) -> list[Said]:
        """What is said next, as much as goes out together."""
        call, all_of_it = self.call, self.wanted.is_all
        said: list[Said] = []
        room_bytes, count = together.MOST_BYTES, 0
        most = self._at_once
        found = await call.desk.service.events(call.party, self.after, most)
        for event in found:
            hears = all_of_it or await self.wanted.hears(call.desk, event, call.party, self._heard)
            if hears:
                said += self.left_out_event()
                said.append(await self.said_of(event))
                room_bytes -= len(said[-1].data)
            self._read(event, hears=hears)
            count += 1
            if room_bytes < 0:
                break
        # Large ones go out few at a time: what a reader does not take is kept for it.
        self._at_once = min(2 * count, AT_ONCE) if count else AT_ONCE
        # Fewer than were asked for: there were no more; one that came since has woken the line.
        self.is_behind = room_bytes < 0 or len(found) == most
        return said

    def take(
        self, found: Sequence[StreamEvent], said: Sequence[Said | None], hears: Sequence[bool]
    ) -> list[Said] | None:
        """The same of events that were read for several listeners: what each is as it goes out, and
        whether a listener hears it that asks for the same and has heard nothing. None: there are
        others before them, and nothing was taken.
        """
        if found[0].number > self.after + 1:
            return None
        mine: list[Said] = []
        for event, words, is_heard in zip(found, said, hears, strict=True):
            if event.number <= self.after:
                continue
            warning = warning_in(event)
            # Of a warning that it heard of, a listener hears the end.
            hears_it = is_heard or (warning is not None and warning.id in self._heard.warnings)
            if hears_it:
                assert words is not None, "what somebody hears is in words"
                mine += self.left_out_event()
                mine.append(words)
                if warning is not None and self.wanted.area is not None:
                    self._heard.note(warning.id)
            self._read(event, hears=hears_it)
        return mine

    def _read(self, event: StreamEvent, *, hears: bool) -> None:
        if hears:
            self._told = event.number
        elif warning_in(event) is not None:
            self._warnings_left_out.append(event.number)
        self.after = event.number

    async def hears_anew(
        self, found: Sequence[StreamEvent], shown: Shown, turns: Turns
    ) -> list[bool]:
        """Of each event, whether a listener hears it that asks for the same and heard nothing.
        shown, turns: of all that are asked at one time.
        """
        if self.wanted.is_all:
            return [True] * len(found)
        desk, party = self.call.desk, self.call.party
        hears: list[bool] = []
        for event in found:
            hears.append(await self.wanted.hears(desk, event, party, self._heard.anew(shown)))
            await turns.let_others()
        return hears

    async def said_of(self, event: StreamEvent) -> Said:
        """One event as it goes out. All desks of a party read the same within a moment: it is put
        into words once for them.
        """
        desk, party = self.call.desk, self.call.party
        is_shared = isinstance(event.entry.body, _SAME_FOR_EACH_DESK)
        said = desk.said.get(party, event.position) if is_shared else None
        if said is None:
            name, data = await event_view(desk, event, party)
            if isinstance(data, told.NotificationEvent) and not await self._may_leave(data):
                data = msgspec.structs.replace(data, intent=None, shared=None)
            said = Said(event.number, name, encode(data))
            if is_shared:
                desk.said.keep(party, event.position, said)
        return said

    async def _may_leave(self, data: told.NotificationEvent) -> bool:
        """Whether what a notification shows may leave: it is no site of another's, or its delivery
        is recorded and within the day's limit.
        """
        call = self.call
        intent = call.picture.intents.get(IntentId(data.id))
        if intent is None:
            intent = await intent_as_of(call.desk.service, IntentId(data.id))
        if intent is None or not within_limit(call, (intent,)):
            return False
        return await deliver(call, (intent,)) is None

    async def updated(self, updates: UpdateListener) -> list[Said]:
        """Updates of standing warnings, and before them what was left out, which no heartbeat says
        while they go on. They are not in the record and have no number.
        """
        desk, party, wanted = self.call.desk, self.call.party, self.wanted
        parts: list[Said] = []
        while updates.pending:
            _, (warning, missed) = updates.pending.popitem()
            if wanted.is_all or await wanted.hears_update(desk, warning, party, self._heard):
                await desk.live.know((warning,))
                parts.append(self.said_of_update(warning, missed))
        return self.after_left_out(parts)

    async def hears_updates_anew(
        self, updates: Mapping[WarningId, StandingWarning], shown: Shown, turns: Turns
    ) -> dict[WarningId, bool]:
        """The same of each update."""
        if self.wanted.is_all:
            return dict.fromkeys(updates, True)
        desk, party = self.call.desk, self.call.party
        hears: dict[WarningId, bool] = {}
        for name, warning in updates.items():
            heard = self._heard.anew(shown)
            hears[name] = await self.wanted.hears_update(desk, warning, party, heard)
            await turns.let_others()
        return hears

    def takes_update(self, warning: StandingWarning, *, hears: bool) -> bool:
        """Whether this one does. hears: as of :meth:`hears_updates_anew`."""
        wanted = self.wanted
        if wanted.is_all or not wanted.is_wanted_kind(UPDATES):
            return hears
        if hears and wanted.area is not None:
            self._heard.note(warning.id)
        return hears or warning.id in self._heard.warnings

    def said_of_update(self, warning: StandingWarning, missed: int) -> Said:
        """As it goes out; its tracks are at hand (:meth:`~wideberth.live.Live.know`)."""
        seen = warning_seen_live(warning, self.call.party, self.call.desk)
        event = told.WarningEvent(warning=seen, change="updated", missed=missed)
        return Said(None, UPDATES, encode(event))

    def left_out_event(self) -> list[Said]:
        """That nothing wanted was among the numbers since what was said last, if there are any."""
        if self.after == self._told:
            return []
        event = told.LeftOutEvent(first=self._told + 1, last=self.after)
        self._told = self.after
        return [Said(self.after, "left-out", encode(event))]

    def after_left_out(self, said: list[Said]) -> list[Said]:
        """What is said, if it is anything, after what was left out before it."""
        return [*self.left_out_event(), *said] if said else said

    def note_taken(self) -> None:
        """What was read was taken, but for warnings that were left out: those are told elsewhere
        where no other stream of the party takes them.
        """
        if self.after != self._noted:
            left_out = self._warnings_left_out
            # A filtered stream vouches for what it read itself; a whole one for all before as well.
            since = 0 if self.wanted.is_all else self._noted
            self.call.desk.outbound.took(
                self.call.party, self.after, since=since, left_out=left_out
            )
            self._noted, self._warnings_left_out = self.after, []

    def note_taken_with(self, whole: Reading | None) -> None:
        """The same. whole: a stream of the party, not filtered, that took as much: it vouches."""
        if whole is not None and whole.after >= self.after:
            self._noted, self._warnings_left_out = self.after, []
        else:
            self.note_taken()
