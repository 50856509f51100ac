"""Channels: by what means a counterpart is told and answers, and what state each is in (O-06).

Addresses are no part of it: those stand beside the record, never in an entry.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.ids import PartyId
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.space.time import HOUR_US

__all__ = [
    "RELAYED_VERBS",
    "AnswerChannel",
    "ChannelState",
    "Evidence",
    "Identification",
    "Medium",
    "VoiceCall",
    "refuse_call",
    "state_of",
]

RELAYED_VERBS = frozenset({"RECEIVED", "READ-BACK", "CANNOT-COMPLY", "DISPUTED"})
"""What an answer may say that is neither signed nor under a token: none of it closes a notice."""

_DOWN_AFTER = 3  # failures one after the other
_LONGEST_CALL_US = 24 * HOUR_US


class Medium(StrEnum):
    """By what a party is told."""

    STREAM = "stream"
    WEBHOOK = "webhook"
    MAIL = "mail"
    PUSH = "push"  # what apprise offers: SMS gateways, chat, push


class AnswerChannel(StrEnum):
    """By what an answer came that was relayed: neither signed by the party nor under its token."""

    MAIL = "mail"
    LINK = "link"
    CODE = "code"
    VOICE = "voice"


class Identification(StrEnum):
    """How the one who answered is known, where nothing was signed and no token shown.

    held-code: knew the code, or the link, that was sent to the party for this notice.
    called-back: was called at the number on file. pass-phrase: gave the phrase agreed on.
    recognised: the desk knows the voice. claimed: said so, and no more.
    """

    HELD_CODE = "held-code"
    CALLED_BACK = "called-back"
    PASS_PHRASE = "pass-phrase"  # noqa: S105 - a way to be known, no password
    RECOGNISED = "recognised"
    CLAIMED = "claimed"


class VoiceCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is logged of a call (R-07). typed_by: whose desk heard it and typed; desk: which one, a
    post and never a name. language: a BCP 47 tag; interpreter: whether one took part.
    audio_sha256: of the recording, where the parties agreed on one; lower-case hex.
    """

    started_us: int
    ended_us: int
    typed_by: PartyId
    desk: str
    language: str
    interpreter: bool = False
    audio_sha256: str | None = None


class ChannelState(StrEnum):
    """What is known of a channel to a counterpart; never blank (D-07)."""

    UP = "UP"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"
    UNKNOWN = "UNKNOWN"


class Evidence(msgspec.Struct, frozen=True):
    """What deliveries showed of one channel. failures: one after the other, since it last worked.

    refused: the last answer was that this is not taken, now or later.
    """

    last_success_us: int | None = None
    last_try_us: int | None = None
    failures: int = 0
    refused: bool = False
    suspended: bool = False


def state_of(evidence: Evidence) -> ChannelState:
    """The state of a channel, from what deliveries showed of it. That the software took something
    says nothing of any person.

    >>> state_of(Evidence()).value, state_of(Evidence(1, 2, failures=1)).value
    ('UNKNOWN', 'DEGRADED')
    """
    if evidence.suspended:
        return ChannelState.SUSPENDED
    if evidence.refused:
        return ChannelState.REFUSED
    if evidence.failures >= _DOWN_AFTER:
        return ChannelState.DOWN
    if evidence.failures:
        return ChannelState.DEGRADED
    return ChannelState.UNKNOWN if evidence.last_success_us is None else ChannelState.UP


def refuse_call(call: VoiceCall, now_us: int) -> Refusal | None:
    """Why a call cannot have been as it was typed, or None."""
    for is_bad, rule, advice, field in (
        (call.ended_us < call.started_us, "order", "a call ends after its start", "ended"),
        (call.ended_us > now_us, "future", "type a call in once it has ended", "ended"),
        (
            call.ended_us - call.started_us > _LONGEST_CALL_US,
            "length",
            "a call lasts up to 24 hours",
            "started, ended",
        ),
    ):
        if is_bad:
            return Refusal(RefusalKind.INVALID, f"call-{rule}", advice, field=field)
    return None
