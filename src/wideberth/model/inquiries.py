"""The result of a party's inquiry, transmitted to the other side and receipted by it (I-07).

A receipt says that the result came, and which; it says nothing about whether it is right.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

import msgspec

from wideberth.model.accounts import Language
from wideberth.model.ids import IncidentId, PartyId, ResultId

__all__ = [
    "MAX_RESULT_WORDS",
    "InquiryResult",
    "ReceiptResult",
    "Receipted",
    "ResultOverdue",
    "ResultReceipted",
    "ResultTransmitted",
    "TransmitResult",
    "result_digest",
]

MAX_RESULT_WORDS = 20_000  # characters
_RESULT = "wideberth inquiry result v1"

Hex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


def result_digest(
    incident: IncidentId, party: PartyId, words: str, document_sha256: str | None
) -> str:
    """What a receipt names: SHA-256 in hexadecimal, over five lines in UTF-8.

    They are the kind, the incident, the party, the SHA-256 of the words, and that of the document
    beside them or ``-``.
    """
    said = sha256(words.encode()).hexdigest()
    lines = (_RESULT, incident, party, said, document_sha256 or "-")
    return sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


class Receipted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who receipted a result, and when."""

    party: PartyId
    time_us: int


class InquiryResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A result as its party transmitted it. to: who has to receipt it by receipt_by_us.
    document_sha256: of a longer document that went beside the words. digest: what a receipt names.
    receipts: so far. overdue: whose receipt did not come in time, and had not come since.
    """

    id: ResultId
    party: PartyId
    to: tuple[PartyId, ...]
    words: str
    digest: str
    sent_us: int
    receipt_by_us: int
    document_sha256: Hex | None = None
    language: Language | None = None
    receipts: tuple[Receipted, ...] = ()
    overdue: tuple[PartyId, ...] = ()

    def has_receipt_of(self, party: PartyId) -> bool:
        """Whether the party receipted it."""
        return any(each.party == party for each in self.receipts)


class ResultTransmitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party transmitted the result of its inquiry."""

    incident: IncidentId
    result: InquiryResult


class ResultReceipted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """It came: the party names the digest of what it received."""

    incident: IncidentId
    result: ResultId
    party: PartyId
    digest: str
    sender: PartyId


class ResultOverdue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The time for a party's receipt passed."""

    incident: IncidentId
    result: ResultId
    party: PartyId
    sender: PartyId


class TransmitResult(msgspec.Struct, frozen=True, tag=True):
    """Transmit the result of an inquiry to other parties of the incident."""

    incident: IncidentId
    to: tuple[PartyId, ...]
    words: str
    document_sha256: str | None = None
    language: str | None = None


class ReceiptResult(msgspec.Struct, frozen=True, tag=True):
    """Say that it came. digest: of what was received."""

    incident: IncidentId
    result: ResultId
    digest: str
