"""Agreements between parties: their text, their life, and what the record says of both.

A version is never edited: a counter-proposal and a renewal are new versions. What is signed is one
canonical text of the version; nothing is in force before every signature over the same digest of
it stands (Z-01).
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Annotated

import msgspec

from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.intents import ActorClass, FieldChange, IntentKind
from wideberth.model.provisions import Provision
from wideberth.model.zones import ZoneRule
from wideberth.space.time import DAY_US
from wideberth.space.volume import Volume4D

__all__ = [
    "LONGEST_TERM_US",
    "REMINDERS_US",
    "Act",
    "AgreedArea",
    "Agreement",
    "AgreementDrafted",
    "AgreementMoment",
    "AgreementProposed",
    "AgreementState",
    "AgreementStepped",
    "DeclaredCondition",
    "Draft",
    "DraftAgreement",
    "LegalKind",
    "Moment",
    "ProposeAgreement",
    "ProvisionChange",
    "Signature",
    "StepAgreement",
    "Suspension",
    "Terms",
    "canonical_text",
    "digest_of",
]

LONGEST_TERM_US = 120 * DAY_US  # Z-05
REMINDERS_US = (14 * DAY_US, 7 * DAY_US, DAY_US)  # Z-05, before the expiry


class LegalKind(StrEnum):
    """What sort of agreement it is; the three are never mixed."""

    NOTIFY = "NOTIFY"  # each tells the others
    CONSENT = "CONSENT"  # one asks, another answers
    SEPARATION = "SEPARATION"  # each keeps away


class AgreementState(StrEnum):
    """Where in its life a version is."""

    PROPOSED = "proposed"
    COUNTERED = "countered"
    DECLINED = "declined"
    LAPSED = "lapsed"
    SIGNED = "signed"  # by all, before its time
    IN_FORCE = "in-force"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ENDED = "ended"


class Terms(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What a version says. neutral: each party signs with it a sheet of its own (Z-02)."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    kind: LegalKind
    parties: Annotated[tuple[PartyId, ...], msgspec.Meta(min_length=2, max_length=50)]
    effective_us: int
    expires_us: int
    provisions: Annotated[tuple[Provision, ...], msgspec.Meta(min_length=1, max_length=200)]
    neutral: PartyId | None = None

    @property
    def concerned(self) -> tuple[PartyId, ...]:
        """Who sees it: its parties, and the neutral that carries it."""
        return self.parties if self.neutral is None else (*self.parties, self.neutral)


_canonical = msgspec.json.Encoder(order="deterministic")


def canonical_text(agreement: AgreementId, version: int, terms: Terms) -> bytes:
    """The one text of a version: JSON in UTF-8 without spaces, members of objects by name.

    All numbers are whole, so that there is one way to write them.
    """
    return _canonical.encode(
        {"agreement": agreement, "version": version, "terms": msgspec.to_builtins(terms)}
    )


def digest_of(agreement: AgreementId, version: int, terms: Terms) -> str:
    """SHA-256 of the canonical text, in hexadecimal: what is signed."""
    return sha256(canonical_text(agreement, version, terms)).hexdigest()


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A text that only its author sees. revision: counts the drafts of it."""

    agreement: AgreementId
    party: PartyId
    terms: Terms
    revision: int = 1


class ProvisionChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a counter-proposal does with one provision. id: empty for what stands above them all.

    change: ``added``, ``removed`` or ``changed``; fields: of a changed one, in words.
    """

    id: str
    change: str
    fields: tuple[FieldChange, ...] = ()


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who signed, over which digest. sheet: of a mirror, whose sheet it stands on (Z-02)."""

    party: PartyId
    digest: str
    time_us: int
    sheet: PartyId | None = None


class Suspension(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What does not apply, since when, by whom and why (D-11). provisions: all where empty."""

    by: PartyId
    since_us: int
    reason: str
    provisions: tuple[str, ...] = ()


class DeclaredCondition(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A condition that was declared (Z-11). due_us: until when; met: who has said it did.

    failed: who had not, when the time was over.
    """

    provision: str
    by: PartyId
    since_us: int
    due_us: int
    met: tuple[PartyId, ...] = ()
    failed: tuple[PartyId, ...] = ()


class AgreedArea(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a provision holds, worked out once when the version came into force. Never unilateral.

    id: the rule that clashes with it cite. bound: who keeps out or tells before.
    """

    id: str
    agreement: AgreementId
    version: int
    provision: str
    rule: ZoneRule
    volumes: tuple[Volume4D, ...]
    bound: tuple[PartyId, ...]
    notice_us: int = 0
    kinds: tuple[IntentKind, ...] = ()
    actors: tuple[ActorClass, ...] = ()
    armed: bool | None = None


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One version of an agreement and where it stands. A version's terms never change.

    replaces: the version that it counters or renews, 0 for none. accepted: by party, the
    provisions that it accepted; what is not named there is not accepted (Z-13).
    reached: moments that were reached. areas: since it is in force.
    """

    id: AgreementId
    version: int
    party: PartyId
    terms: Terms
    digest: str
    proposed_us: int
    answer_by_us: int
    state: AgreementState = AgreementState.PROPOSED
    replaces: int = 0
    changes: tuple[ProvisionChange, ...] = ()
    accepted: tuple[tuple[PartyId, tuple[str, ...]], ...] = ()
    signatures: tuple[Signature, ...] = ()
    suspension: Suspension | None = None
    conditions: tuple[DeclaredCondition, ...] = ()
    reached: tuple[str, ...] = ()
    areas: tuple[AgreedArea, ...] = ()
    closed_by: PartyId | None = None
    closed_us: int = 0
    reason: str = ""

    @property
    def is_applied(self) -> bool:
        """Whether any of it is enforced: in force, and not wholly suspended."""
        if self.state is AgreementState.IN_FORCE:
            return True
        suspension = self.suspension
        return (
            self.state is AgreementState.SUSPENDED
            and suspension is not None
            and bool(suspension.provisions)
        )

    def applies(self, provision: str) -> bool:
        """Whether this provision is enforced now."""
        if self.state is AgreementState.IN_FORCE:
            return True
        suspension = self.suspension
        return self.is_applied and suspension is not None and provision not in suspension.provisions

    @property
    def is_settled(self) -> bool:
        """Whether nothing of it can change any more."""
        return self.state in _SETTLED


_SETTLED = frozenset(
    {
        AgreementState.COUNTERED,
        AgreementState.DECLINED,
        AgreementState.LAPSED,
        AgreementState.SUPERSEDED,
        AgreementState.EXPIRED,
        AgreementState.ENDED,
    }
)


class Act(StrEnum):
    """What a party does with a version."""

    ACCEPT = "accept"
    DECLINE = "decline"
    SIGN = "sign"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"
    DECLARE_CONDITION = "declare-condition"
    LIFT_CONDITION = "lift-condition"
    REPORT_MET = "report-met"


class Moment(StrEnum):
    """A time of a version that is reached by itself."""

    EFFECTIVE = "effective"
    LAPSE = "lapse"
    REMINDER_14 = "reminder-14"
    REMINDER_7 = "reminder-7"
    REMINDER_1 = "reminder-1"
    EXPIRY = "expiry"
    CONDITION = "condition"  # a duty that was not reported met in time
    PUBLISH = "publish"  # what was agreed to be public is, from now on
    UNPUBLISH = "unpublish"  # and no longer


class AgreementDrafted(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A party keeps a text for itself."""

    draft: Draft


class AgreementProposed(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A version was proposed. replaces: the version that it counters or renews; changes: against
    that one, provision by provision.
    """

    agreement: AgreementId
    version: int
    party: PartyId
    terms: Terms
    digest: str
    answer_by_us: int
    replaces: int = 0
    changes: tuple[ProvisionChange, ...] = ()


class AgreementStepped(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A party did something with a version. state: the version's after it.

    concerned: who sees the version. provisions: those accepted, suspended, or the condition's.
    """

    agreement: AgreementId
    version: int
    party: PartyId
    act: Act
    state: AgreementState
    concerned: tuple[PartyId, ...]
    provisions: tuple[str, ...] = ()
    digest: str | None = None
    sheet: PartyId | None = None
    reason: str = ""


class AgreementMoment(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A time of a version was reached. state: the version's after it. areas: what holds where,
    when it comes into force. supersedes: the version that it takes the place of then;
    supersedes_too: where several stood, the others.
    provision: the condition, or what is published, or no longer. failed: of a condition, who had
    not reported it met.
    """

    agreement: AgreementId
    version: int
    moment: Moment
    state: AgreementState
    concerned: tuple[PartyId, ...]
    areas: tuple[AgreedArea, ...] = ()
    supersedes: int = 0
    provision: str | None = None
    failed: tuple[PartyId, ...] = ()
    supersedes_too: tuple[int, ...] = ()


class DraftAgreement(msgspec.Struct, frozen=True, tag=True):
    """Keep a text for the author's own party."""

    agreement: AgreementId
    terms: Terms


class ProposeAgreement(msgspec.Struct, frozen=True, tag=True):
    """Propose a version. replaces: it counters or renews that one. answer_by_us: then it lapses."""

    agreement: AgreementId
    answer_by_us: int
    terms: Terms
    replaces: int = 0


class StepAgreement(msgspec.Struct, frozen=True, tag=True):
    """Do something with a version. The other members are those of AgreementStepped."""

    agreement: AgreementId
    version: int
    act: Act
    provisions: tuple[str, ...] = ()
    digest: str | None = None
    sheet: PartyId | None = None
    reason: str = ""
