"""What stands of parties' channels and of hazards, and when the next word of each is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from wideberth.model.avoiding import AvoidingSuggested, AvoidingTold, AvoidingWithheld
from wideberth.model.channels import ChannelState
from wideberth.model.deadlines import DeadlineKind, Due
from wideberth.model.entries import Entry
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind, IntentState
from wideberth.model.liveness import (
    AllClearGiven,
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    HazardStated,
    HazardStatus,
    HazardUnheard,
    HazardWatch,
    HeartbeatGiven,
    HeartbeatMissed,
    PartyChannel,
)
from wideberth.model.notices import Notice, ObjectType
from wideberth.model.shifts import Shift, ShiftTaken
from wideberth.picture.calls import calls_due, calls_heard
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US, MINUTE_US

__all__ = [
    "FOLDS",
    "HAZARD_LIFE_US",
    "hazard_due",
    "hazard_ended",
    "hazard_notice",
    "hazard_put",
    "hazard_stepped",
    "heartbeat_due",
    "is_busy",
    "own_call_due_us",
    "state_of_party",
]

HAZARD_LIFE_US = 30 * DAY_US
"""How long after its end a hazard that nobody said to be clear stays in the picture."""

_BUSY = (IntentState.ACTIVATED, IntentState.NONCONFORMING, IntentState.CONTINGENT)
_replace = msgspec.structs.replace


def is_busy(picture: Picture, party: PartyId) -> bool:
    """Whether a party is in operations: an intent of its is under way."""
    return any(picture.intents[each].state in _BUSY for each in picture.intents_of(party))


def state_of_party(picture: Picture, party: PartyId) -> ChannelState:
    """What is known of a party's channel: never blank."""
    channel = picture.channels.get(party)
    return ChannelState.UNKNOWN if channel is None else channel.state


def heartbeat_due(picture: Picture, subject: str) -> Due | None:
    """When a party that is there is to be heard next; None where that is not waited for."""
    channel = picture.channels.get(PartyId(subject))
    if channel is None:
        return None
    beats = picture.space.rules.heartbeats
    if channel.state is ChannelState.SUSPENDED:
        if channel.until_us is None:
            return None
        return Due(channel.step, channel.until_us + beats.grace_us)
    if channel.state not in (ChannelState.UP, ChannelState.DEGRADED):
        return None  # it was missed already, or somebody says that it is gone
    every_us = beats.busy_us if is_busy(picture, channel.party) else beats.every_us
    return Due(channel.step, channel.heard_us + every_us + beats.grace_us)


def own_call_due_us(picture: Picture, party: PartyId) -> int | None:
    """By when a party is to be heard, or a call of its counts as missed, in microseconds: under the
    rules of the space or an agreement, whichever is first. None where nothing is waited for.
    """
    beat = heartbeat_due(picture, party)
    waits = [*calls_due(picture, party), *([] if beat is None else [beat])]
    return min((due.due_us for due in waits), default=None)


def hazard_due(picture: Picture, subject: str) -> Due | None:
    """When the next status of a hazard is due, or its end; None where neither is waited for."""
    hazard = picture.hazards.get(IntentId(subject))
    if hazard is None or hazard.over:
        return None
    if hazard.status in (HazardStatus.UNKNOWN, HazardStatus.ENDED):
        return Due(hazard.step, hazard.end_us)
    heard_us = max(hazard.start_us, hazard.stated_us)
    beat_us = heard_us + picture.space.rules.heartbeats.hazard_us
    return Due(hazard.step, min(beat_us, hazard.end_us))


def hazard_put(picture: Picture, intent: Intent, time_us: int) -> None:
    """A version of a hazard stands; nothing happens for other kinds."""
    if intent.kind is not IntentKind.HAZARD:
        return
    before = picture.hazards.get(intent.id)
    hazard = HazardWatch(
        intent.id,
        intent.party,
        intent.version,
        intent.start_us,
        intent.end_us,
        intent.visibility,
    )
    if before is not None:
        hazard = _replace(
            hazard,
            status=before.status,
            stated_us=before.stated_us,
            step=before.step,
            told=before.told,
            particulars=before.particulars,
        )
    if before is None and intent.state is IntentState.ACTIVATED:
        hazard = _replace(hazard, status=HazardStatus.ACTIVE, stated_us=time_us)
    _put_hazard(picture, hazard)
    picture.expire_at(intent.end_us + HAZARD_LIFE_US, "hazard", intent.id)


def hazard_stepped(picture: Picture, intent: IntentId, state: IntentState, time_us: int) -> None:
    """An intent took a step: to activate a hazard says that it is active."""
    hazard = picture.hazards.get(intent)
    if hazard is not None and state is IntentState.ACTIVATED:
        _put_hazard(
            picture,
            _replace(hazard, status=HazardStatus.ACTIVE, stated_us=time_us, step=hazard.step + 1),
        )


def hazard_ended(picture: Picture, intent: IntentId, time_us: int) -> None:
    """Its party ended an intent: of a hazard, that is no ALL-CLEAR."""
    hazard = picture.hazards.get(intent)
    if hazard is not None:
        _put_hazard(
            picture,
            _replace(
                hazard,
                status=HazardStatus.ENDED,
                stated_us=time_us,
                step=hazard.step + 1,
                over=True,
            ),
        )


def hazard_notice(picture: Picture, notice: Notice) -> None:
    """A notice that names a hazard: its recipient is told what becomes of it."""
    subject = notice.subject
    if subject is None or subject.type is not ObjectType.INTENT:
        return
    hazard = picture.hazards.get(IntentId(subject.id))
    if hazard is not None and notice.recipient != hazard.party:
        told = dict.fromkeys((*hazard.told, notice.recipient))
        picture.hazards[hazard.intent] = _replace(
            hazard, told=tuple(told), particulars=notice.particulars or hazard.particulars
        )


def _put_hazard(picture: Picture, hazard: HazardWatch) -> None:
    picture.hazards[hazard.intent] = hazard
    if picture.due is not None:
        due = hazard_due(picture, hazard.intent)
        picture.note_due(DeadlineKind.HAZARD, hazard.intent, due)


def _put_channel(picture: Picture, channel: PartyChannel) -> None:
    picture.channels[channel.party] = channel
    if picture.due is not None:
        due = heartbeat_due(picture, channel.party)
        picture.note_due(DeadlineKind.HEARTBEAT, channel.party, due)


def _heard(picture: Picture, body: HeartbeatGiven, entry: Entry, position: int) -> None:
    state = ChannelState.DEGRADED if body.degraded else ChannelState.UP
    before = picture.channels.get(body.party)
    if before is None:
        channel = PartyChannel(body.party, state, entry.time_us, entry.time_us)
    elif before.state is ChannelState.SUSPENDED:
        channel = _replace(before, heard_us=entry.time_us, step=before.step + 1, before=state)
    else:
        since_us = before.since_us if before.state is state else entry.time_us
        channel = PartyChannel(body.party, state, since_us, entry.time_us, before.step + 1)
    _put_channel(picture, channel)
    calls_heard(picture, body.party)
    changed = before is None or before.state is not channel.state
    _streams(picture, _sides(picture, body.party) if changed else (body.party,), position)


def _missed(picture: Picture, body: HeartbeatMissed, entry: Entry, position: int) -> None:
    before = picture.channels.get(body.party)
    heard_us = 0 if before is None else before.heard_us
    _put_channel(
        picture,
        PartyChannel(body.party, ChannelState.UNKNOWN, entry.time_us, heard_us, body.step + 1),
    )
    _streams(picture, _sides(picture, body.party), position)


def _suspended(picture: Picture, body: ChannelSuspended, entry: Entry, position: int) -> None:
    before = picture.channels.get(body.party)
    minutes = body.for_minutes
    _put_channel(
        picture,
        PartyChannel(
            body.party,
            ChannelState.SUSPENDED,
            entry.time_us,
            0 if before is None else before.heard_us,
            0 if before is None else before.step + 1,
            by=body.party,
            reason=body.reason,
            scope=body.scope,
            until_us=None if minutes is None else entry.time_us + minutes * MINUTE_US,
            before=ChannelState.UNKNOWN if before is None else (before.before or before.state),
        ),
    )
    calls_heard(picture, body.party, suspended=True)
    _streams(picture, _sides(picture, body.party), position)


def _resumed(picture: Picture, body: ChannelResumed, entry: Entry, position: int) -> None:
    before = picture.channels.get(body.party)
    _put_channel(
        picture,
        PartyChannel(
            body.party,
            ChannelState.UP,
            entry.time_us,
            entry.time_us,  # whoever resumes is there
            0 if before is None else before.step + 1,
        ),
    )
    calls_heard(picture, body.party)
    _streams(picture, _sides(picture, body.party), position)


def _reported(picture: Picture, body: ChannelReported, entry: Entry, position: int) -> None:
    before = picture.channels.get(body.about)
    if before is None or before.state is not ChannelState.SUSPENDED:
        heard_us, step = (0, 0) if before is None else (before.heard_us, before.step + 1)
        _put_channel(
            picture,
            PartyChannel(
                body.about, body.state, entry.time_us, heard_us, step, body.party, body.reason
            ),
        )
    _streams(picture, (*_sides(picture, body.about), body.party), position)


def _stated(picture: Picture, body: HazardStated, entry: Entry, position: int) -> None:
    hazard = picture.hazards.get(body.intent)
    if hazard is not None:
        known = _replace(hazard, status=body.status, stated_us=entry.time_us, step=hazard.step + 1)
        if body.status in (HazardStatus.MOVED, HazardStatus.ENDED):
            known = _replace(known, suggested=None)  # it was checked for where the hazard was
        _put_hazard(picture, known)
        _streams(picture, hazard.informed, position)


def _unheard(picture: Picture, body: HazardUnheard, _entry: Entry, position: int) -> None:
    hazard = picture.hazards.get(body.intent)
    if hazard is not None:
        _put_hazard(
            picture,
            _replace(
                hazard,
                status=HazardStatus.UNKNOWN,
                step=body.step + 1,
                over=body.ended,
                by_time=body.ended,
            ),
        )
        _streams(picture, hazard.informed, position)


def _all_clear(picture: Picture, body: AllClearGiven, _entry: Entry, position: int) -> None:
    picture.hazards.pop(body.intent, None)
    if picture.history is not None:
        picture.history.note_object(body.intent, position)
    _streams(picture, (body.party,), position)  # the others have a notice


def _avoiding_suggested(
    picture: Picture, body: AvoidingSuggested, _entry: Entry, position: int
) -> None:
    hazard = picture.hazards.get(body.intent)
    if hazard is not None:
        picture.hazards[body.intent] = _replace(hazard, suggested=body.suggested)
    _streams(picture, (body.party,), position)


def _avoiding_withheld(
    picture: Picture, body: AvoidingWithheld, _entry: Entry, position: int
) -> None:
    _streams(picture, (body.party,), position)


def _avoiding_told(picture: Picture, body: AvoidingTold, _entry: Entry, position: int) -> None:
    _streams(picture, (body.recipient,), position)


def _shift_taken(picture: Picture, body: ShiftTaken, entry: Entry, position: int) -> None:
    picture.shifts[body.party, body.post] = Shift(entry.author.subject, entry.time_us)
    _streams(picture, (body.party,), position)


def _sides(picture: Picture, party: PartyId) -> tuple[PartyId, ...]:
    """Who is told what becomes of a party's channel: itself, who takes part in heartbeats, and the
    neutrals.
    """
    neutrals = [each for each in picture.parties if _is_neutral(picture, each)]
    return (party, *sorted({*picture.channels, *neutrals} - {party}))


def _is_neutral(picture: Picture, party: PartyId) -> bool:
    known = picture.parties.get(party)
    return known is not None and known.neutral


def _streams(picture: Picture, parties: Iterable[PartyId], position: int) -> None:
    if picture.history is not None:
        for party in dict.fromkeys(parties):
            picture.history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    HeartbeatGiven: _heard,
    HeartbeatMissed: _missed,
    ChannelSuspended: _suspended,
    ChannelResumed: _resumed,
    ChannelReported: _reported,
    HazardStated: _stated,
    HazardUnheard: _unheard,
    AllClearGiven: _all_clear,
    ShiftTaken: _shift_taken,
    AvoidingSuggested: _avoiding_suggested,
    AvoidingWithheld: _avoiding_withheld,
    AvoidingTold: _avoiding_told,
}
