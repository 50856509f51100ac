"""Objects as they were at a position of the record, found through the index over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import msgspec

from wideberth.model.entries import (
    Entry,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
)
from wideberth.model.ids import IntentId, NoticeId
from wideberth.model.intents import FieldChange, Intent
from wideberth.picture.standing import OpenNotice
from wideberth.service import Service

__all__ = [
    "Version",
    "intent_as_of",
    "intent_versions",
    "notice_as_of",
    "notices_as_of",
    "stepped",
]


_AT_ONCE = 8  # entries read together: one may hold 200 volumes


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an intent, where it stands, and what it changed."""

    intent: Intent
    position: int
    time_us: int
    changes: tuple[FieldChange, ...] = ()


async def intent_versions(
    service: Service, intent_id: IntentId, until: int | None = None
) -> AsyncGenerator[Version]:
    """Every version of an intent up to position until, the oldest first; none for an unknown id.
    Read as they are asked for, a few entries at a time.
    """
    positions = _positions(service, intent_id, until)
    before: Intent | None = None
    for start in range(0, len(positions), _AT_ONCE):
        some = positions[start : start + _AT_ONCE]
        for position, entry in zip(some, await service.entries_at(some), strict=True):
            version = _version_of(entry, intent_id, position, before)
            if version is not None:
                before = version.intent
                yield version
        await asyncio.sleep(0)  # others have their turn


async def intent_as_of(
    service: Service, intent_id: IntentId, until: int | None = None
) -> Intent | None:
    """The version that stood at position until (the last one where None), ended ones as well."""
    steps: list[tuple[int, Entry]] = []
    for position in reversed(_positions(service, intent_id, until)):
        (entry,) = await service.entries_at([position])
        match entry.body:
            case IntentAccepted(intent=intent) | IntentAmended(intent=intent) if (
                intent.id == intent_id
            ):
                for at, step in reversed(steps):  # the steps since the whole of it was told last
                    version = _version_of(step, intent_id, at, intent)
                    intent = intent if version is None else version.intent
                return intent
            case IntentStateChanged(intent=changed) if changed == intent_id:
                steps.append((position, entry))
            case _:
                pass
    return None


async def notice_as_of(
    service: Service, notice_id: NoticeId, until: int | None = None
) -> OpenNotice | None:
    """A notice with its answers up to position until, closed ones as well."""
    found = await notices_as_of(service, [notice_id], until)
    return found[0] if found else None


async def notices_as_of(
    service: Service, notice_ids: list[NoticeId], until: int | None = None
) -> list[OpenNotice]:
    """Notices with their answers, in the order asked for; unknown ids are left out."""
    wanted = [_positions(service, notice_id, until) for notice_id in notice_ids]
    entries = await service.entries_at([position for each in wanted for position in each])
    at = 0
    found: list[OpenNotice] = []
    for notice_id, positions in zip(notice_ids, wanted, strict=True):
        standing: OpenNotice | None = None
        for entry in entries[at : at + len(positions)]:
            standing = _with(standing, entry, notice_id)
        at += len(positions)
        if standing is not None:
            found.append(standing)
    return found


def _positions(service: Service, object_id: str, until: int | None) -> list[int]:
    history = service.picture.history
    positions = history.positions(object_id) if history is not None else []
    return positions if until is None else [each for each in positions if each <= until]


def _version_of(
    entry: Entry, intent_id: IntentId, position: int, before: Intent | None
) -> Version | None:
    """The version that an entry made of the intent, None where it made none."""
    match entry.body:
        case IntentAccepted(intent=intent) if intent.id == intent_id:
            return Version(intent, position, entry.time_us)
        case IntentAmended(intent=intent, changes=changes) if intent.id == intent_id:
            return Version(intent, position, entry.time_us, changes)
        case IntentStateChanged() as change if before is not None and change.intent == intent_id:
            return _stepped(before, change, position, entry)
        case _:
            return None


def stepped(before: Intent, change: IntentStateChanged) -> Intent:
    """The version that a step made of the one before it."""
    return msgspec.structs.replace(
        before, state=change.state, version=change.version, ovn=change.ovn
    )


def _stepped(before: Intent, change: IntentStateChanged, position: int, entry: Entry) -> Version:
    after = stepped(before, change)
    step = FieldChange("state", change.before.value, change.state.value)
    return Version(after, position, entry.time_us, (step,))


def _with(standing: OpenNotice | None, entry: Entry, notice_id: NoticeId) -> OpenNotice | None:
    match entry.body:
        case NoticeIssued(notice=notice) if notice.id == notice_id:
            return OpenNotice(notice)
        case NoticeAcknowledged(acknowledgement=answer) if standing and answer.notice == notice_id:
            return standing.answered(answer)
        case NoticeReleased(notice=released) if standing and released == notice_id:
            return standing.released(entry.body.by.party)
        case _:
            return standing
