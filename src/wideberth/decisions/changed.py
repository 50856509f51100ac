"""What is different between two versions, field by field: in an amendment's entry, and in the
notices that tell of it (N-16).

A notice shows a difference only of what its recipient was shown before and is shown now. Values are
JSON, with the unit in the name of each number.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from wideberth.model.intents import FieldChange, Intent
from wideberth.model.notices import Particulars
from wideberth.model.provisions import Shared
from wideberth.model.zones import Zone
from wideberth.space.time import MINUTE_US
from wideberth.space.volume import Volume4D

__all__ = ["MOST_TEXT", "changed_in_part", "intent_changes", "told_changes"]

MOST_TEXT = 2_000
"""Characters of one value in a notice; a longer one is told by how long it is and its SHA-256."""

_OF_INTENT = (
    "priority",
    "volumes",
    "visibility",
    "provenance",
    "count",
    "call_sign",
    "place_name",
    "under",
    "stated",
    "state_by_track",
)
_OF_ZONE = ("name", "rule", "volumes", "kinds", "reason")
_WHERE = frozenset({Shared.VOLUMES.value, Shared.TIMES.value})


def intent_changes(before: Intent, after: Intent) -> tuple[FieldChange, ...]:
    """What an amendment changed, whole: for the record."""
    return _changes(before, after, _OF_INTENT)


def told_changes(before: Intent | Zone, after: Intent | Zone) -> tuple[FieldChange, ...]:
    """What is told of it to whoever sees both versions whole. Of many volumes only those that are
    different, by their place in the list.
    """
    names = ("state", *_OF_INTENT) if isinstance(before, Intent) else _OF_ZONE
    told: list[FieldChange] = []
    if isinstance(before, Zone) and isinstance(after, Zone) and before.notice_us != after.notice_us:
        told.append(FieldChange("notice", _minutes(before.notice_us), _minutes(after.notice_us)))
    for change in _changes(before, after, names):
        if change.field == "volumes" and _is_long(change):
            told += _volume_changes(before.volumes, after.volumes)
        else:
            told.append(_short(change))
    return tuple(told)


def changed_in_part(
    whole: tuple[FieldChange, ...],
    fields: frozenset[Shared],
    before: Particulars | None,
    after: Particulars | None,
) -> tuple[FieldChange, ...]:
    """The same for who was shown, or is shown, a part: of fields the ones that it saw both times,
    of where and when what it was told to read back then and is told now.
    """
    seen = {each.value for each in fields} - _WHERE
    changes = tuple(each for each in whole if each.field in seen)
    if before is None or after is None or before == after:
        return changes
    return (*changes, *_changes(before, after, tuple(Particulars.__struct_fields__)))


def _changes(before: object, after: object, names: tuple[str, ...]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, _in_words(getattr(before, name)), _in_words(getattr(after, name)))
        for name in names
        if getattr(before, name) != getattr(after, name)
    )


def _volume_changes(before: tuple[Volume4D, ...], after: tuple[Volume4D, ...]) -> list[FieldChange]:
    """Each volume that is another at its place, one that came or went against null."""
    changes: list[FieldChange] = []
    for index in range(max(len(before), len(after))):
        was = before[index] if index < len(before) else None
        now = after[index] if index < len(after) else None
        if was != now:
            changes.append(_short(FieldChange(f"volumes.{index}", _in_words(was), _in_words(now))))
    if sum(len(each.before) + len(each.after) for each in changes) <= 2 * MOST_TEXT:
        return changes
    return [_short(FieldChange("volumes", _in_words(before), _in_words(after)))]


def _is_long(change: FieldChange) -> bool:
    return max(len(change.before), len(change.after)) > MOST_TEXT


def _short(change: FieldChange) -> FieldChange:
    if not _is_long(change):
        return change
    return FieldChange(change.field, _cut(change.before), _cut(change.after))


def _cut(text: str) -> str:
    if len(text) <= MOST_TEXT:
        return text
    return f"{len(text)} characters, SHA-256 {sha256(text.encode()).hexdigest()}"


def _minutes(time_us: int) -> str:
    return f"{time_us / MINUTE_US:g} min"


def _in_words(value: object) -> str:
    return msgspec.json.encode(value).decode()
