"""Asking and answering under an agreement of the kind CONSENT, and under no other.

Only here do approving, refusing and clearing exist. No answer is not a yes: what was not answered
stays asked, however long (L-09).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from wideberth.model.ids import AgreementId, ConsentId, IntentId, PartyId

__all__ = [
    "NO_ANSWER_IS_NOT_CONSENT",
    "AnswerConsent",
    "AskConsent",
    "Asked",
    "ConsentAnswered",
    "ConsentAsked",
    "Verdict",
]

NO_ANSWER_IS_NOT_CONSENT = "No answer is not consent."
"""The sentence of L-09, carried by every request that was not answered."""


class Verdict(StrEnum):
    """What the party entitled answers; the last answer holds."""

    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    CLEARED = "CLEARED"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A request under a provision. concerned: who sees it. answer_by_us: 0, where none was agreed.

    verdict: None until the party entitled answered, whatever time has passed.
    """

    id: ConsentId
    agreement: AgreementId
    version: int
    provision: str
    party: PartyId
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    asked_us: int
    entitled: tuple[PartyId, ...]
    concerned: tuple[PartyId, ...]
    answer_by_us: int = 0
    intent: IntentId | None = None
    verdict: Verdict | None = None
    by: PartyId | None = None
    answered_us: int = 0
    reason: str = ""


class ConsentAsked(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """Something was asked for."""

    asked: Asked


class ConsentAnswered(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The party entitled answered. concerned: who sees it."""

    consent: ConsentId
    party: PartyId
    verdict: Verdict
    concerned: tuple[PartyId, ...]
    reason: str = ""


class AskConsent(msgspec.Struct, frozen=True, tag=True):
    """Ask under a provision of a version in force."""

    consent: ConsentId
    agreement: AgreementId
    version: int
    provision: str
    words: str
    intent: IntentId | None = None


class AnswerConsent(msgspec.Struct, frozen=True, tag=True):
    """Answer, as the party entitled."""

    consent: ConsentId
    verdict: Verdict
    reason: str = ""
