"""What comes in from the client of a party: positions, STOP, and what keeps a connection going.

The party is the one that the client's certificate is bound to, whatever an event says of itself.
Nothing that comes in changes an intent, acknowledges a notice or clears anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from wideberth.aside import Kept
from wideberth.faces.cot.around import Around
from wideberth.model.ids import PartyId
from wideberth.model.parties import Author, How
from wideberth.model.stops import Form, Identified, Stop, TellStop, stop_id
from wideberth.service import new_id
from wideberth.watch.cotreports import domain_of, is_position, is_self, report_of
from wideberth.watch.reports import PositionReport
from wideberth.wire.cot import CotEvent, Fault
from wideberth.wire.cotheard import (
    StopHeard,
    asks_for_protobuf,
    is_cancelled_emergency,
    is_echo,
    is_emergency,
    is_ping,
    pong,
    sender_of,
    stop_in,
    takes_protobuf,
)
from wideberth.wire.cotsaid import PREFIX, chat
from wideberth.wire.cotxml import encode_xml

__all__ = ["FEED", "Hearing", "Reply"]

FEED = "tak"
"""The feed under which positions of a party's clients are kept; shown and opened like any other."""
_MOST_OWN = 10_000
_WITHIN_S = 1.0  # how long the answer to a STOP waits for the record; the STOP has left by then
_NOT_A_STOP = (
    "This was NOT passed on to anybody. To tell every party to stop, write STOP in the chat. To"
    " tell of anything else, call."
)
_NO_ALL_CLEAR = (
    "This takes back no STOP and clears nothing: ALL-CLEAR is a signed notice of the party that"
    " declared the hazard."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An event for the client alone. to_protobuf: after it, all is written so."""

    event: CotEvent
    to_protobuf: bool = False


class Hearing:
    """Takes what one client of a party says. subject: which certificate, for the record."""

    def __init__(self, around: Around, party: PartyId, subject: str, own_tracks: set[str]) -> None:
        self._around = around
        self._party = party
        self._author = Author(party, How.ATTESTED, subject)
        self._own_tracks = own_tracks

    async def take(self, found: list[CotEvent | Fault]) -> list[Reply]:
        """What came together; STOPs first. Raises nothing for what a client sent."""
        counts = self._around.counts
        events: list[CotEvent] = []
        for each in found:
            if isinstance(each, Fault):
                counts.fault(each, self._party)
            else:
                events.append(each)
        replies: list[Reply] = []
        others: list[CotEvent] = []
        for event in events:
            heard = None if is_echo(event) else self._stop_in(event)
            if heard is None:
                others.append(event)
                continue
            counts.events_in["stop"] += 1
            replies.append(await self._told(event, heard))
        for event in others:
            reply = self._answer(event)
            if reply is not None:
                replies.append(reply)
        await self._observe([each for each in others if is_position(each)])
        return replies

    def _stop_in(self, event: CotEvent) -> StopHeard | None:
        return stop_in(event, emergency_is_stop=self._around.emergency_is_stop)

    def _answer(self, event: CotEvent) -> Reply | None:
        now_us, counts = self._around.now_us(), self._around.counts
        if is_position(event):
            return None
        if is_ping(event):
            counts.events_in["ping"] += 1
            return Reply(pong(now_ms=now_us // 1000))
        if asks_for_protobuf(event):
            counts.events_in["control"] += 1
            good, answer = takes_protobuf(event, now_ms=now_us // 1000)
            return Reply(answer, to_protobuf=good)
        if is_echo(event):
            counts.events_in["echo"] += 1
            return None
        if is_cancelled_emergency(event):
            counts.events_in["emergency-cancelled"] += 1
            return self._words(event, _NO_ALL_CLEAR)
        if is_emergency(event):
            counts.events_in["emergency"] += 1
            return self._words(event, _NOT_A_STOP)
        if event.type == "b-t-f":
            counts.events_in["chat"] += 1
            return self._words(event, _NOT_A_STOP)
        counts.events_in["other"] += 1
        return None

    def _words(self, event: CotEvent, words: str) -> Reply:
        around = self._around
        name = hashlib.sha256(event.uid.encode()).hexdigest()[:16]
        return Reply(
            chat(
                f"{PREFIX}answer.{name}",
                words,
                now_us=around.now_us(),
                exercise=around.exercise,
                to=sender_of(event),
            )
        )

    async def _observe(self, events: list[CotEvent]) -> None:
        around, reports = self._around, list[PositionReport]()
        for event in events:
            report = report_of(event, owner=self._party if is_self(event) else None)
            if report is None:
                around.counts.events_in["no-position"] += 1
                continue
            reports.append(report)
            domain = domain_of(event)
            if domain is not None:
                around.keep_domain(self._party, report.track_id, domain)
            if len(self._own_tracks) < _MOST_OWN:
                self._own_tracks.add(report.track_id)
        if reports:
            taken = await around.live.observe(reports, feed=FEED, feed_party=self._party)
            refused = sum(taken.refused.values())
            around.counts.events_in["position"] += len(reports) - refused
            around.counts.events_in["position-refused"] += refused

    async def _told(self, event: CotEvent, heard: StopHeard) -> Reply:
        """Send a STOP on, then have it recorded; the answer says what became of it."""
        around, urgent = self._around, self._around.urgent
        told_as = encode_xml(event)
        # One message, however often a client or a server between repeats it, is one STOP.
        said = f"{event.uid}\n{heard.text}".encode()
        key = f"tak-{hashlib.sha256(said).hexdigest()[:32]}"
        name = stop_id(Identified.ATTESTED, self._party, key, heard.text.encode())
        now_us = around.now_us()
        stop = Stop(
            id=name,
            form=Form.STOP,
            sender=self._party,
            identified=Identified.ATTESTED,
            sent_us=now_us,
            text=heard.text,
            area=heard.area,
        )
        fingerprint = hashlib.sha256(b"TAK STOP\n" + told_as).hexdigest()
        kept = Kept(name, around.origin, now_us, self._author, TellStop(stop), key, fingerprint)
        sent_to = urgent.send(kept)
        on_disk = await urgent.see_to(kept, within_s=_WITHIN_S)
        position = urgent.position_of(name)
        of = len(set(around.picture.parties) - {self._party})
        parts = (
            "STOP was sent before; it is not repeated"
            if sent_to is None
            else f"STOP sent: on the open streams of {sent_to} of {of} other parties",
            f"recorded as entry {position}" if position is not None else "not recorded yet",
            "kept" if on_disk else "NOT on disk yet: say it again",
            f"id {name}",
            "That it was sent says nothing of who has read it. It is no order and no permission",
        )
        return Reply(
            chat(
                f"{PREFIX}answer.{new_id()}",
                ". ".join(parts) + ".",
                now_us=now_us,
                exercise=around.exercise,
                to=sender_of(event),
            )
        )
