"""The wire structs of what comes in about incidents, and what they mean.

Times are RFC 3339 text, lengths metres, angles degrees (WGS84). What is left out is not claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model import accounts
from wideberth.model.accounts import Audience, Claims, GiveAccount
from wideberth.model.ids import (
    AgreementId,
    EvidenceId,
    IncidentId,
    IntentId,
    NoticeId,
    PartyId,
    QuestionId,
    ResultId,
    require_party_id,
)
from wideberth.model.incidents import NameParties, NameSubjects, OpenIncident
from wideberth.model.inquiries import ReceiptResult, TransmitResult
from wideberth.model.lodged import CheckEvidence, DiscloseEvidence, LodgeEvidence, Lodging
from wideberth.model.questions import AskQuestion, QuestionStep, StepQuestion
from wideberth.space.time import SECOND_US, parse_rfc3339
from wideberth.space.volume import Footprint, circle
from wideberth.wire.asked import (
    AltitudeWire,
    Digest,
    In,
    PageQuery,
    PointFootprint,
    PolygonFootprint,
)
from wideberth.wire.forms import altitude_of, footprint_of, ordered

__all__ = [
    "AccountIn",
    "AccountsQuery",
    "AskQuestionIn",
    "CheckEvidenceIn",
    "DamageItemIn",
    "DiscloseEvidenceIn",
    "IdentityClaimIn",
    "InquiryResultIn",
    "LodgeEvidenceIn",
    "NamePartiesIn",
    "NameSubjectsIn",
    "OpenIncidentIn",
    "ProposedQuery",
    "ReceiptResultIn",
    "RuleClaimIn",
    "StepQuestionIn",
    "WarnedClaimIn",
    "WhenClaimIn",
    "WhereClaimIn",
    "account_of",
    "asking_of",
    "check_of",
    "disclosure_of",
    "lodging_of",
    "naming_of",
    "opening_of",
    "receipt_of",
    "result_of",
    "step_of",
    "subjects_of",
]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=200)]
Metres = Annotated[float, msgspec.Meta(ge=0, le=20_100_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=31_622_400)]
Language = Annotated[str, msgspec.Meta(pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$")]
Version = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
ShownTo = Literal["all", "own"] | Names
"""Whom something is shown to: all who are named in the incident now, nobody yet, or these."""


class OpenIncidentIn(In, frozen=True, kw_only=True):
    """An incident: a title in neutral words, when, who. observes: you observe, and are no party to
    it. area: where.
    """

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    start: str
    end: str
    parties: Names
    observers: Names = ()
    area: PolygonFootprint | PointFootprint | None = None
    observes: bool = False


class NamePartiesIn(In, frozen=True, kw_only=True):
    """Others in an incident, or an observer that becomes a party to it."""

    parties: Names = ()
    observers: Names = ()


class NameSubjectsIn(In, frozen=True, kw_only=True):
    """Ids of the intents, zones, warnings, notices and STOPs that it is about, as you say."""

    subjects: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=500)]


class WhenClaimIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """When it was by your own clock, and how far off that may be."""

    time: str
    error_s: Seconds = 0


class WhereClaimIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """Where it was: a point [longitude, latitude], or an area; and how far off that may be."""

    point: tuple[float, float] | None = None
    area: PolygonFootprint | PointFootprint | None = None
    error_m: Metres = 0
    altitude: AltitudeWire | None = None
    altitude_error_m: Metres = 0


class IdentityClaimIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """What it was that was there; one of these at least."""

    aircraft: Name | None = None
    unit: Name | None = None
    call_sign: Name | None = None
    intent: Name | None = None


class WarnedClaimIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """Whether there was a warning, by which notice, and when."""

    warned: bool
    notice: Name | None = None
    time: str | None = None


class RuleClaimIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """Which provision of which agreement was in force; no agreement: none was."""

    agreement: Name | None = None
    version: Version | None = None
    provision: Name | None = None


class DamageItemIn(In, frozen=True, kw_only=True):
    """So many people or objects, and what came to them, in your own words."""

    of: Literal["people", "objects"]
    count: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    words: Name


DamageItems = Annotated[tuple[DamageItemIn, ...], msgspec.Meta(max_length=accounts.MAX_DAMAGE)]


class AccountIn(In, frozen=True, kw_only=True):
    """Your account of an incident, whole; a correction is given whole as well. Each claim can be
    left out. damage: an empty list says that there was none. language: of your words (BCP 47).
    """

    shown_to: ShownTo
    when: WhenClaimIn | None = None
    where: WhereClaimIn | None = None
    identity: IdentityClaimIn | None = None
    warned: WarnedClaimIn | None = None
    rule: RuleClaimIn | None = None
    damage: Annotated[list[DamageItemIn], msgspec.Meta(max_length=accounts.MAX_DAMAGE)] | None = (
        None
    )
    words: Annotated[str, msgspec.Meta(max_length=accounts.MAX_ACCOUNT_WORDS)] = ""
    language: Language | None = None


class AskQuestionIn(In, frozen=True, kw_only=True):
    """A question to another who is named in the incident. shown_to: who may read it beside that
    party; own: nobody else.
    """

    to: Name
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    urgent: bool = False
    shown_to: ShownTo = "own"


class StepQuestionIn(In, frozen=True, kw_only=True):
    """What you do with a question: answer it (signed), ask again, call a meeting."""

    step: Literal["answer", "ask-again", "call-meeting"]
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


class LodgeEvidenceIn(In, frozen=True, kw_only=True):
    """Evidence that you hold: SHA-256 over 32 random bytes that you keep and the content."""

    sha256: Digest
    size_bytes: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    media_type: Name
    line: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    shown_to: ShownTo = "all"


class DiscloseEvidenceIn(In, frozen=True, kw_only=True):
    """To whom you disclosed it. sealed: the sealed text about the incident that carries the salt,
    and the content where it fits; left out: both went outside of the space.
    """

    parties: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=200)]
    sealed: Name | None = None


class CheckEvidenceIn(In, frozen=True, kw_only=True):
    """Whether what you were given has the digest that was lodged."""

    matches: bool


class InquiryResultIn(In, frozen=True, kw_only=True):
    """The result of your inquiry, to those who have to receipt it. document_sha256: of a longer
    document that goes beside it.
    """

    to: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=200)]
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    document_sha256: Digest | None = None
    language: Language | None = None


class ReceiptResultIn(In, frozen=True, kw_only=True):
    """That a result came. digest: of what you received."""

    digest: Digest


class AccountsQuery(PageQuery, frozen=True, kw_only=True):
    """Versions of accounts in the order given; party: of one author."""

    party: Name | None = None


class ProposedQuery(In, frozen=True, kw_only=True):
    """How far back on your stream to look: before is the number of an event, left out: its end."""

    before: Annotated[int, msgspec.Meta(ge=1, le=2**53)] | None = None


def opening_of(wire: OpenIncidentIn, incident: IncidentId) -> OpenIncident:
    """What a party opens. Raises InvalidValue."""
    return OpenIncident(
        incident=incident,
        title=wire.title,
        start_us=parse_rfc3339(wire.start, field="start"),
        end_us=parse_rfc3339(wire.end, field="end"),
        parties=_parties(wire.parties, "parties"),
        observers=_parties(wire.observers, "observers"),
        area=None if wire.area is None else footprint_of(wire.area, "area"),
        observes=wire.observes,
    )


def naming_of(wire: NamePartiesIn, incident: IncidentId) -> NameParties:
    """Whom a party names. Raises InvalidValue."""
    return NameParties(
        incident, _parties(wire.parties, "parties"), _parties(wire.observers, "observers")
    )


def subjects_of(wire: NameSubjectsIn, incident: IncidentId) -> NameSubjects:
    """What a party says that it is about."""
    return NameSubjects(incident, tuple(wire.subjects))


def account_of(wire: AccountIn, incident: IncidentId) -> GiveAccount:
    """What a party gives as its account. Raises InvalidValue."""
    audience, parties = _audience(wire.shown_to)
    return GiveAccount(incident, audience, parties, _claims(wire), wire.words, wire.language)


def asking_of(wire: AskQuestionIn, incident: IncidentId) -> AskQuestion:
    """What a party asks. Raises InvalidValue."""
    audience, parties = _audience(wire.shown_to)
    to = require_party_id(wire.to, field="to")
    return AskQuestion(incident, to, wire.words, wire.urgent, audience, parties)


def step_of(wire: StepQuestionIn, incident: IncidentId, question: QuestionId) -> StepQuestion:
    """What a party does with a question."""
    return StepQuestion(incident, question, QuestionStep(wire.step), wire.words)


def lodging_of(wire: LodgeEvidenceIn, incident: IncidentId) -> LodgeEvidence:
    """What a party lodges. Raises InvalidValue."""
    audience, parties = _audience(wire.shown_to)
    lodging = Lodging(wire.sha256, wire.size_bytes, wire.media_type, wire.line)
    return LodgeEvidence(incident, lodging, audience, parties)


def disclosure_of(
    wire: DiscloseEvidenceIn, incident: IncidentId, evidence: EvidenceId
) -> DiscloseEvidence:
    """To whom a party disclosed it. Raises InvalidValue."""
    return DiscloseEvidence(incident, evidence, _parties(wire.parties, "parties"), wire.sealed)


def check_of(wire: CheckEvidenceIn, incident: IncidentId, evidence: EvidenceId) -> CheckEvidence:
    """What a recipient found."""
    return CheckEvidence(incident, evidence, wire.matches)


def result_of(wire: InquiryResultIn, incident: IncidentId) -> TransmitResult:
    """What a party transmits. Raises InvalidValue."""
    to = _parties(wire.to, "to")
    return TransmitResult(incident, to, wire.words, wire.document_sha256, wire.language)


def receipt_of(wire: ReceiptResultIn, incident: IncidentId, result: ResultId) -> ReceiptResult:
    """What a party received."""
    return ReceiptResult(incident, result, wire.digest)


def _parties(names: Sequence[str], field: str) -> tuple[PartyId, ...]:
    return tuple(
        require_party_id(name, field=f"{field}.{index}") for index, name in enumerate(names)
    )


def _audience(shown_to: ShownTo) -> tuple[Audience, tuple[PartyId, ...]]:
    if isinstance(shown_to, str):
        return Audience(shown_to), ()
    return Audience.NAMED, _parties(shown_to, "shown_to")


def _claims(wire: AccountIn) -> Claims:
    claims: dict[str, Any] = {}
    for name, make in _CLAIMED.items():
        said = getattr(wire, name)
        if said is not None:
            claims[name] = make(said)
    return Claims(**claims)


def _when(wire: WhenClaimIn) -> accounts.TimeClaim:
    time_us = parse_rfc3339(wire.time, field="when.time")
    return accounts.TimeClaim(time_us, round(wire.error_s * SECOND_US))


def _where(wire: WhereClaimIn) -> accounts.PlaceClaim:
    if (wire.point is None) is (wire.area is None):
        raise InvalidValue("where", "one-place", None, "give a point or an area, one of them")
    place: accounts.Point | Footprint
    if wire.point is not None:
        longitude_deg, latitude_deg = wire.point
        try:
            found = circle(latitude_deg, longitude_deg, 0.001)
        except InvalidValue as error:
            told = ordered(error)
            raise InvalidValue("where.point", told.rule, told.value, told.advice) from error
        place = accounts.Point(found.latitude_nd, found.longitude_nd)
    else:
        assert wire.area is not None, "one of them is there"
        place = footprint_of(wire.area, "where.area")
    height = wire.altitude
    return accounts.PlaceClaim(
        place,
        round(wire.error_m * 1000),
        None if height is None else altitude_of(height, "where.altitude"),
        round(wire.altitude_error_m * 1000),
    )


def _identity(wire: IdentityClaimIn) -> accounts.IdentityClaim:
    intent = None if wire.intent is None else IntentId(wire.intent)
    return accounts.IdentityClaim(wire.aircraft, wire.unit, wire.call_sign, intent)


def _warned(wire: WarnedClaimIn) -> accounts.WarnedClaim:
    return accounts.WarnedClaim(
        wire.warned,
        None if wire.notice is None else NoticeId(wire.notice),
        None if wire.time is None else parse_rfc3339(wire.time, field="warned.time"),
    )


def _rule(wire: RuleClaimIn) -> accounts.RuleClaim:
    agreement = None if wire.agreement is None else AgreementId(wire.agreement)
    return accounts.RuleClaim(agreement, wire.version, wire.provision)


def _damage(wire: DamageItems) -> accounts.DamageClaim:
    return accounts.DamageClaim(
        tuple(
            accounts.DamageItem(accounts.DamageOf(each.of), each.count, each.words) for each in wire
        )
    )


_CLAIMED: dict[str, Any] = {
    "when": _when,
    "where": _where,
    "identity": _identity,
    "warned": _warned,
    "rule": _rule,
    "damage": _damage,
}
