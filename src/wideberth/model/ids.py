"""The identifiers of wideberth: one type each, all of them text.

Ids are handed to the rules, never made by them, so that a replay gives the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NewType

from wideberth.errors import InvalidValue

__all__ = [
    "AccountId",
    "AgreementId",
    "ConsentId",
    "DrillId",
    "EvidenceId",
    "IncidentId",
    "IntentId",
    "KeyId",
    "NoticeId",
    "Ovn",
    "PartyId",
    "QuestionId",
    "RedLineId",
    "ResultId",
    "SubscriptionId",
    "UnitToken",
    "WarningId",
    "ZoneId",
    "are_tokens",
    "require_party_id",
    "require_token",
]

PartyId = NewType("PartyId", str)
KeyId = NewType("KeyId", str)
IntentId = NewType("IntentId", str)
ZoneId = NewType("ZoneId", str)
SubscriptionId = NewType("SubscriptionId", str)
NoticeId = NewType("NoticeId", str)
WarningId = NewType("WarningId", str)
AgreementId = NewType("AgreementId", str)
ConsentId = NewType("ConsentId", str)
DrillId = NewType("DrillId", str)
RedLineId = NewType("RedLineId", str)
IncidentId = NewType("IncidentId", str)
AccountId = NewType("AccountId", str)
QuestionId = NewType("QuestionId", str)
EvidenceId = NewType("EvidenceId", str)
ResultId = NewType("ResultId", str)

Ovn = NewType("Ovn", str)
"""Opaque number of one version of an intent (ASTM F3548-21): holding it proves having seen it."""

UnitToken = NewType("UnitToken", str)
"""An opaque name for a unit that must know; what it stands for stays with the party (D-04)."""

_PARTY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:/-]{0,126}[A-Za-z0-9])?", re.ASCII)
_TOKENS = re.compile(rf"(?:{_TOKEN.pattern}\n)*", re.ASCII)


def require_party_id(text: str, *, field: str = "party") -> PartyId:
    """A party's id: 1 to 63 lower-case letters, digits and inner hyphens. Raises InvalidValue."""
    if not _PARTY.fullmatch(text):
        raise InvalidValue(
            field, "party-id", text, "give 1 to 63 lower-case letters, digits or inner hyphens"
        )
    return PartyId(text)


def require_token(text: str, *, field: str) -> str:
    """A short opaque name (unit token, call sign, key id, idempotency key). Raises InvalidValue."""
    if not _TOKEN.fullmatch(text):
        raise InvalidValue(
            field, "token", text, "give 1 to 128 letters, digits, and inner . _ : / or -"
        )
    return text


def are_tokens(texts: Sequence[str]) -> bool:
    """Whether each is one that :func:`require_token` gives back; asked of all at once."""
    lines = "\n".join([*texts, ""])
    return lines.count("\n") == len(texts) and _TOKENS.fullmatch(lines) is not None
