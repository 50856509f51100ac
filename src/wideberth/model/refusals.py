"""A refusal: the answer no, as a value, with the reason in words."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.ids import IntentId

__all__ = ["Refusal", "RefusalKind"]


class RefusalKind(StrEnum):
    """What sort of no it is; each face maps it to its own status once."""

    INVALID = "invalid"  # a field breaks a rule
    FORBIDDEN = "forbidden"  # the credential does not carry the role, or it is another's object
    UNKNOWN = "unknown"  # no such object that this party may see
    STALE = "stale"  # another version stands
    CONFLICT = "conflict"  # the rules in force forbid both to stand
    UNCLEAR = "unclear"  # it could mean several things; only its sender can say which
    LIMIT = "limit"  # a budget or size that was agreed


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why not. A refusal changed nothing and is not in the record.

    rule: a stable code. field: which field, where there is one. value: what came. advice: what was
    wanted and what to do. with_intents: the intents in the way, only such as the asker may see.
    from_us, until_us: when they are in the way. choices: of what is unclear, for each reading what
    to send instead, and what it means in words.
    """

    kind: RefusalKind
    rule: str
    advice: str
    field: str | None = None
    value: str | None = None
    with_intents: tuple[IntentId, ...] = ()
    from_us: int | None = None
    until_us: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
