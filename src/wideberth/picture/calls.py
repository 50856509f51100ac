"""What stands of agreed calls, and when the next one of each party is missed (D-07).

An agreement that begins to be applied, or is again, asks for the first call from then on. What the
rules of the space ask of every channel stands beside it (:mod:`wideberth.picture.liveness`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from wideberth.model.agreements import Agreement
from wideberth.model.calls import Call, CallMissed
from wideberth.model.channels import ChannelState
from wideberth.model.deadlines import DeadlineKind, Due
from wideberth.model.entries import Entry
from wideberth.model.ids import AgreementId, PartyId
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US

__all__ = [
    "FOLDS",
    "call_due",
    "call_of",
    "calls_due",
    "calls_heard",
    "follow_calls",
    "missed_by",
    "subjects",
]

_replace = msgspec.structs.replace


def subjects(picture: Picture) -> list[str]:
    """What deadlines of calls are of."""
    return [_subject(picture.calls[each]) for each in picture.calls]


def call_of(picture: Picture, subject: str) -> Call | None:
    """The call that deadlines of this subject are of."""
    agreement, _, party = subject.partition("/")
    return picture.calls.get((AgreementId(agreement), PartyId(party)))


def call_due(picture: Picture, subject: str) -> Due | None:
    """When a party is to be heard under an agreement; None: it was missed already, or its channel
    is suspended without an end.
    """
    call = call_of(picture, subject)
    asked = None if call is None else picture.agreed.calls.get((call.agreement, call.party))
    if call is None or asked is None or call.missed_us:
        return None
    heard_us = call.from_us
    channel = picture.channels.get(call.party)
    if channel is not None:
        heard_us = max(heard_us, channel.heard_us)
        if channel.state is ChannelState.SUSPENDED:
            if channel.until_us is None:
                return None
            heard_us = max(heard_us, channel.until_us - asked.every_s * SECOND_US)
    return Due(call.step, heard_us + asked.missed_us)


def missed_by(picture: Picture, party: PartyId, reader: PartyId) -> list[Call]:
    """The agreed calls that a party missed and that the reader may know of, by agreement."""
    return [
        call
        for agreement, call in _calls(picture, party)
        if call.missed_us and reader in agreement.terms.concerned
    ]


def calls_due(picture: Picture, party: PartyId) -> list[Due]:
    """When each call that agreements ask of a party is missed, of those that are waited for."""
    dues = (call_due(picture, _subject(call)) for _, call in _calls(picture, party))
    return [due for due in dues if due is not None]


def follow_calls(picture: Picture, agreement: Agreement) -> None:
    """A version stands as it does now: calls are waited for under it, or no longer."""
    for party in agreement.terms.parties:
        key = (agreement.id, party)
        known = picture.calls.get(key)
        if key in picture.agreed.calls:
            if known is None and agreement.is_applied:
                _put(picture, Call(agreement.id, party, agreement.version, from_us=picture.time_us))
        elif known is not None:
            picture.calls.pop(key, None)


def calls_heard(picture: Picture, party: PartyId, *, suspended: bool = False) -> None:
    """A party was heard: whatever call of its was missed is made up for; or its channel was
    suspended, which makes up for nothing.
    """
    for _, call in _calls(picture, party):
        _put(picture, call if suspended else _replace(call, missed_us=0))


def _calls(picture: Picture, party: PartyId) -> Iterator[tuple[Agreement, Call]]:
    for agreement in picture.agreed.of.get(party, ()):
        call = picture.calls.get((agreement.id, party))
        if call is not None:
            yield agreement, call


def _put(picture: Picture, call: Call) -> None:
    picture.calls[call.agreement, call.party] = call
    if picture.due is not None:
        subject = _subject(call)
        picture.note_due(DeadlineKind.CALL, subject, call_due(picture, subject))


def _subject(call: Call) -> str:
    return f"{call.agreement}/{call.party}"


def _missed(picture: Picture, body: CallMissed, entry: Entry, position: int) -> None:
    known = picture.calls.get((body.agreement, body.party))
    if known is not None:
        _put(picture, _replace(known, step=body.step + 1, missed_us=entry.time_us))
    if picture.history is not None:
        for party in dict.fromkeys((body.party, *body.concerned)):
            picture.history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {CallMissed: _missed}
