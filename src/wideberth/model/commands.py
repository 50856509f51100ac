"""Commands: what somebody asks for. Imperative; each is decided at exactly one position."""

from __future__ import annotations

import msgspec

from wideberth.model.accounts import GiveAccount
from wideberth.model.agreements import (
    DraftAgreement,
    ProposeAgreement,
    StepAgreement,
)
from wideberth.model.avoiding import SuggestAvoiding
from wideberth.model.channels import AnswerChannel, Identification, VoiceCall
from wideberth.model.clocks import LookAgain, MeasureClock
from wideberth.model.conformance import AnalyseConformance, MeasureFlight, StepByTrack
from wideberth.model.consents import AnswerConsent, AskConsent
from wideberth.model.counting import ContestCount
from wideberth.model.deadlines import DeadlinePassed
from wideberth.model.doubts import AnswerDoubt, RaiseDoubt
from wideberth.model.drills import AnswerDrill, RecordDrillTaken, SendDrill
from wideberth.model.ids import (
    IntentId,
    KeyId,
    NoticeId,
    Ovn,
    PartyId,
    SubscriptionId,
    UnitToken,
    ZoneId,
)
from wideberth.model.incidents import NameParties, NameSubjects, OpenIncident
from wideberth.model.inquiries import ReceiptResult, TransmitResult
from wideberth.model.intents import IntentKind, Provenance, Step, Under, Visibility
from wideberth.model.keeping import (
    ChangeLogKey,
    EraseEntries,
    OpenEpoch,
    RecordHostAction,
    RetireLogKey,
)
from wideberth.model.liveness import (
    GiveAllClear,
    GiveHeartbeat,
    ReportChannel,
    ResumeChannel,
    StateHazard,
    SuspendChannel,
)
from wideberth.model.loads import SetCeiling
from wideberth.model.lodged import CheckEvidence, DiscloseEvidence, LodgeEvidence
from wideberth.model.notices import Particulars, Verb
from wideberth.model.parties import Author, Role
from wideberth.model.questions import AskQuestion, StepQuestion
from wideberth.model.readbacktests import AnswerReadBackTest, BeginReadBackTest
from wideberth.model.redlines import RemoveRedLine, SetRedLine
from wideberth.model.sealed import OfferSealKey, SealText
from wideberth.model.settings import Rules
from wideberth.model.shifts import TakeShift
from wideberth.model.sites import (
    AnswerChallenge,
    AssessSharing,
    ChallengeSite,
    CountersignExport,
    RecordDelivery,
    ReportHarm,
    RequestExport,
    ReviewSite,
    WithdrawSharing,
)
from wideberth.model.stated import Stated, Status
from wideberth.model.stop_reads import AcknowledgeStop
from wideberth.model.stops import RecordAnswer, TellStop
from wideberth.model.warnings import StandingWarning
from wideberth.model.zones import ZoneRule
from wideberth.space.volume import Volume4D

__all__ = [
    "AcknowledgeNotice",
    "AdoptRules",
    "AmendIntent",
    "ChangeIntentState",
    "ClearWarning",
    "CloseSubscription",
    "Command",
    "DeclareZone",
    "EnrolKey",
    "IntentDetails",
    "OpenSpace",
    "OpenSubscription",
    "RaiseWarning",
    "RecordCheck",
    "RecordSegment",
    "RecordSnapshot",
    "RegisterParty",
    "ReleaseNotice",
    "Request",
    "RevokeKey",
    "SubmitIntent",
    "WithdrawZone",
    "WorsenWarning",
]


class OpenSpace(msgspec.Struct, frozen=True, tag=True):
    """Open the space: the first command of every record. host: who runs this node."""

    origin: str
    host: str
    rules: Rules
    exercise: bool = False


class AdoptRules(msgspec.Struct, frozen=True, tag=True):
    """Put other rules in force from here on."""

    rules: Rules


class RegisterParty(msgspec.Struct, frozen=True, tag=True):
    """Register a party, or change what is known of it."""

    party: PartyId
    name: str
    units: tuple[UnitToken, ...] = ()
    contact: str | None = None
    neutral: bool = False


class EnrolKey(msgspec.Struct, frozen=True, tag=True):
    """Enrol a party's public key. proof: its signature over :func:`wideberth.model.envelope` 's
    enrolment text, which shows that the party holds the private half.
    """

    party: PartyId
    key_id: KeyId
    public_key: str
    roles: tuple[Role, ...]
    proof: str


class RevokeKey(msgspec.Struct, frozen=True, tag=True):
    """Take a key out of force from this position on."""

    party: PartyId
    key_id: KeyId


class IntentDetails(msgspec.Struct, frozen=True):
    """What a party says of an intent; all of it can be amended but the kind. declaration: as in
    :class:`~wideberth.model.intents.Intent`. confirmed: it is meant as it is, also what lies
    outside of the space's area or was moved far. under: what it says with regard to agreements.
    stated: what its kind states beside where and when. status: for what it is told; None: for what
    the space is. state_by_track: as in :class:`~wideberth.model.intents.Intent`.
    """

    kind: IntentKind
    volumes: tuple[Volume4D, ...]
    visibility: Visibility
    provenance: Provenance
    priority: int = 0
    count: int | None = None
    call_sign: str | None = None
    place_name: str | None = None
    declaration: str | None = None
    confirmed: bool = False
    under: Under | None = None
    stated: Stated | None = None
    status: Status | None = None
    state_by_track: bool = False


class SubmitIntent(msgspec.Struct, frozen=True, tag=True):
    """Tell a new intent. key: OVNs of the intents that the author knows of."""

    intent: IntentId
    details: IntentDetails
    key: tuple[Ovn, ...] = ()
    activated: bool = False


class AmendIntent(msgspec.Struct, frozen=True, tag=True):
    """Tell a new version of an intent. ovn: of the version it replaces."""

    intent: IntentId
    ovn: Ovn
    details: IntentDetails
    key: tuple[Ovn, ...] = ()


class ChangeIntentState(msgspec.Struct, frozen=True, tag=True):
    """Take one step with an intent. ovn: of the version it is taken on."""

    intent: IntentId
    ovn: Ovn
    step: Step


class DeclareZone(msgspec.Struct, frozen=True, tag=True):
    """Declare a zone, or a new version of one (then version is the one it replaces). confirmed: as
    in :class:`IntentDetails`.
    """

    zone: ZoneId
    name: str
    rule: ZoneRule
    volumes: tuple[Volume4D, ...]
    reason: str
    notice_us: int = 0
    kinds: tuple[IntentKind, ...] = ()
    replaces_version: int = 0
    declaration: str | None = None
    confirmed: bool = False


class WithdrawZone(msgspec.Struct, frozen=True, tag=True):
    """Withdraw a zone."""

    zone: ZoneId
    version: int


class OpenSubscription(msgspec.Struct, frozen=True, tag=True):
    """Ask to be told of whatever touches a volume."""

    subscription: SubscriptionId
    volume: Volume4D


class CloseSubscription(msgspec.Struct, frozen=True, tag=True):
    """Stop a subscription."""

    subscription: SubscriptionId


class AcknowledgeNotice(msgspec.Struct, frozen=True, tag=True):
    """Answer a notice with one of the verbs of D-01. channel, identified, call: of an answer that
    is relayed; difference, content, clock_us: what was read, and when by the giver's own clock; as
    in :class:`~wideberth.model.notices.Acknowledgement`.
    """

    notice: NoticeId
    verb: Verb
    unit: UnitToken | None = None
    system: str | None = None
    reason: str | None = None
    read_back: Particulars | None = None
    attested: bool = False
    channel: AnswerChannel | None = None
    identified: Identification | None = None
    call: VoiceCall | None = None
    difference: str | None = None
    content: str | None = None
    clock_us: int | None = None


class ReleaseNotice(msgspec.Struct, frozen=True, tag=True):
    """Say, as the owner of the presence, that a notice held for it may close."""

    notice: NoticeId


class RaiseWarning(msgspec.Struct, frozen=True, tag=True):
    """Record that a warning was raised."""

    warning: StandingWarning


class WorsenWarning(msgspec.Struct, frozen=True, tag=True):
    """Record that a warning worsened."""

    warning: StandingWarning


class ClearWarning(msgspec.Struct, frozen=True, tag=True):
    """Record that a warning was cleared, and on which fixes that rests."""

    warning: StandingWarning


class RecordCheck(msgspec.Struct, frozen=True, tag=True):
    """Record that a dry run met hidden intents, for their owners to see and to be counted."""

    owners: tuple[tuple[PartyId, int], ...]


class RecordSegment(msgspec.Struct, frozen=True, tag=True):
    """Record the digest of a segment of tracks, so that a track can be proved later. party: whose
    feed it is; None: a public source's.
    """

    name: str
    sha256: str
    start_us: int
    end_us: int
    fixes: int
    party: PartyId | None = None


class RecordSnapshot(msgspec.Struct, frozen=True, tag=True):
    """Record that a snapshot was made: the picture's digest at a size, and its file's SHA-256."""

    size: int
    digest: str
    sha256: str


Command = (
    OpenSpace
    | AdoptRules
    | RegisterParty
    | EnrolKey
    | RevokeKey
    | SubmitIntent
    | AmendIntent
    | ChangeIntentState
    | DeclareZone
    | WithdrawZone
    | OpenSubscription
    | CloseSubscription
    | AcknowledgeNotice
    | ReleaseNotice
    | RaiseWarning
    | WorsenWarning
    | ClearWarning
    | RecordCheck
    | RecordSegment
    | MeasureFlight
    | AnalyseConformance
    | StepByTrack
    | RecordSnapshot
    | ChangeLogKey
    | RetireLogKey
    | OpenEpoch
    | EraseEntries
    | RecordHostAction
    | MeasureClock
    | LookAgain
    | TellStop
    | RecordAnswer
    | AcknowledgeStop
    | RaiseDoubt
    | SuggestAvoiding
    | AnswerDoubt
    | DeadlinePassed
    | GiveAllClear
    | GiveHeartbeat
    | ReportChannel
    | ResumeChannel
    | StateHazard
    | SuspendChannel
    | TakeShift
    | DraftAgreement
    | ProposeAgreement
    | StepAgreement
    | AskConsent
    | AnswerConsent
    | ContestCount
    | SendDrill
    | AnswerDrill
    | RecordDrillTaken
    | BeginReadBackTest
    | AnswerReadBackTest
    | OfferSealKey
    | SealText
    | SetRedLine
    | RemoveRedLine
    | AnswerChallenge
    | AssessSharing
    | ChallengeSite
    | CountersignExport
    | RecordDelivery
    | ReportHarm
    | RequestExport
    | ReviewSite
    | WithdrawSharing
    | OpenIncident
    | NameParties
    | NameSubjects
    | GiveAccount
    | AskQuestion
    | StepQuestion
    | LodgeEvidence
    | DiscloseEvidence
    | CheckEvidence
    | TransmitResult
    | ReceiptResult
    | SetCeiling
)


class Request(msgspec.Struct, frozen=True):
    """A command and who asks for it.

    key: the client's idempotency key; the same key from the same party is one request, also across
    a crash. fingerprint: SHA-256 of what the client sent, so that a key is not used for two things.
    said: the signed statement (JWS compact), verbatim; seq, previous and digest are the
    statement's place in the chain of its signing key, checked by the rules.
    """

    author: Author
    command: Command
    key: str | None = None
    fingerprint: str = ""
    said: str | None = None
    seq: int = 0
    previous: str = ""
    digest: str = ""
