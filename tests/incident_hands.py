"""What tests of incidents do again and again: parties who open, tell, ask, lodge and answer."""

from __future__ import annotations

from hashlib import sha256

from scenes import START_US, Scene, author, signer
from wideberth.model.accounts import (
    Account,
    AccountGiven,
    Audience,
    Claims,
    GiveAccount,
    PlaceClaim,
    Point,
    TimeClaim,
)
from wideberth.model.ids import EvidenceId, IncidentId, PartyId, QuestionId, ResultId
from wideberth.model.incidents import Incident, OpenIncident
from wideberth.model.inquiries import InquiryResult, ResultTransmitted, TransmitResult
from wideberth.model.lodged import EvidenceLodged, LodgeEvidence, Lodging
from wideberth.model.questions import AskQuestion, QuestionAsked, QuestionStep, StepQuestion
from wideberth.space.time import MINUTE_US
from wideberth.space.volume import NANODEGREES

INCIDENT = IncidentId("inc1")


def opening(
    *parties: str, observers: tuple[str, ...] = (), name: str = INCIDENT, **more: object
) -> OpenIncident:
    given: dict[str, object] = {
        "title": "The morning at the river",
        "start_us": START_US - 30 * MINUTE_US,
        "end_us": START_US,
        "parties": tuple(map(PartyId, parties)),
        "observers": tuple(map(PartyId, observers)),
        **more,
    }
    return OpenIncident(IncidentId(name), **given)  # type: ignore[arg-type]  # from the test


def opened(scene: Scene, by: str = "alpha", *parties: str, **more: object) -> Incident:
    """An incident of alpha and bravo, which charlie observes, where nothing else is said."""
    if not parties:
        parties = ("bravo",)
        more = {"observers": ("charlie",), **more}
    scene.accept(opening(*parties, **more), author(by))  # type: ignore[arg-type]
    return scene.picture.incidents[IncidentId(str(more.get("name", INCIDENT)))]


def account(
    *parties: str,
    audience: Audience | None = None,
    words: str = "As we saw it.",
    claims: Claims | None = None,
    language: str | None = None,
    incident: str = INCIDENT,
) -> GiveAccount:
    """For the parties named, or, where none is, for all of the incident."""
    found = audience or (Audience.NAMED if parties else Audience.ALL)
    return GiveAccount(
        IncidentId(incident),
        found,
        tuple(map(PartyId, parties)),
        claims or Claims(),
        words,
        language,
    )


def gave(scene: Scene, by: str, *parties: str, **more: object) -> Account:
    (body,) = scene.accept(account(*parties, **more), signer(by))  # type: ignore[arg-type]
    assert isinstance(body, AccountGiven)
    return body.account


def at(
    latitude_deg: float, longitude_deg: float, *, error_m: float = 0, minute: float = 0
) -> Claims:
    """A point and a time."""
    point = Point(round(latitude_deg * NANODEGREES), round(longitude_deg * NANODEGREES))
    return Claims(
        when=TimeClaim(START_US + round(minute * MINUTE_US)),
        where=PlaceClaim(point, round(error_m * 1000)),
    )


def asked(scene: Scene, by: str, to: str, *parties: str, urgent: bool = False) -> QuestionId:
    audience = Audience.NAMED if parties else Audience.OWN
    command = AskQuestion(
        INCIDENT, PartyId(to), "Where was it?", urgent, audience, tuple(map(PartyId, parties))
    )
    (body,) = scene.accept(command, author(by))
    assert isinstance(body, QuestionAsked)
    return body.question


def step(question: QuestionId, kind: QuestionStep, words: str = "By the river.") -> StepQuestion:
    return StepQuestion(INCIDENT, question, kind, words)


def lodging(content: bytes = b"photo", *, line: str = "a photo") -> Lodging:
    return Lodging(sha256(bytes(32) + content).hexdigest(), len(content), "image/jpeg", line)


def lodged(
    scene: Scene, by: str, *parties: str, audience: Audience | None = None, content: bytes = b"x"
) -> EvidenceId:
    found = audience or (Audience.NAMED if parties else Audience.ALL)
    command = LodgeEvidence(INCIDENT, lodging(content), found, tuple(map(PartyId, parties)))
    (body,) = scene.accept(command, signer(by))
    assert isinstance(body, EvidenceLodged)
    return body.evidence


def transmitted(scene: Scene, by: str, *to: str, words: str = "We looked.") -> InquiryResult:
    command = TransmitResult(INCIDENT, tuple(map(PartyId, to)), words)
    (body,) = scene.accept(command, signer(by))
    assert isinstance(body, ResultTransmitted)
    return body.result


def result_id(result: InquiryResult) -> ResultId:
    return result.id
