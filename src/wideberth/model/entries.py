"""Entries: what was said and decided. One line of the record each; past tense; integers only.

The envelope of an entry is the exact JSON written here once and never again: later readers decode
it, nobody re-encodes it. What a sensor, a library or the geometry decided (pairs, gaps, rule
version) is in the entry, so that a fold copies and never recomputes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from wideberth.errors import NewerEntry, RecordCorrupt
from wideberth.model.accounts import AccountGiven
from wideberth.model.agreements import (
    AgreementDrafted,
    AgreementMoment,
    AgreementProposed,
    AgreementStepped,
)
from wideberth.model.avoiding import AvoidingSuggested, AvoidingTold, AvoidingWithheld
from wideberth.model.calls import CallMissed
from wideberth.model.clocks import ClockMeasured, LookDue
from wideberth.model.conformance import ConformanceAnalysed, FlightMeasured, SteppedByTrack
from wideberth.model.consents import ConsentAnswered, ConsentAsked
from wideberth.model.counting import CountContested
from wideberth.model.doubts import DoubtAnswered, DoubtRaised
from wideberth.model.drills import (
    DrillAnswered,
    DrillMissed,
    DrillPlanned,
    DrillSent,
    DrillTaken,
)
from wideberth.model.ids import IntentId, KeyId, NoticeId, Ovn, PartyId, SubscriptionId, ZoneId
from wideberth.model.incidents import IncidentOpened, PartiesNamed, SubjectsNamed
from wideberth.model.inquiries import ResultOverdue, ResultReceipted, ResultTransmitted
from wideberth.model.intents import FieldChange, Intent, IntentState, Step, Visibility
from wideberth.model.keeping import (
    EntriesErased,
    EpochOpened,
    HostActed,
    LogKeyChanged,
    LogKeyRetired,
)
from wideberth.model.ladders import NeutralCalled, NoticeEscalated
from wideberth.model.liveness import (
    AllClearGiven,
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    HazardStated,
    HazardUnheard,
    HeartbeatGiven,
    HeartbeatMissed,
)
from wideberth.model.loads import CeilingSet
from wideberth.model.lodged import EvidenceChecked, EvidenceDisclosed, EvidenceLodged
from wideberth.model.notices import Acknowledgement, Notice, ObjectRef
from wideberth.model.parties import Author, Key, Party
from wideberth.model.publications import PublicationMade, PublicationWithdrawn
from wideberth.model.questions import QuestionAsked, QuestionOverdue, QuestionStepped
from wideberth.model.readbacktests import ReadBackTestBegun, ReadBackTestJudged
from wideberth.model.redlines import RedLineRemoved, RedLineSet
from wideberth.model.sealed import SealKeyOffered, TextSealed
from wideberth.model.settings import Rules
from wideberth.model.shifts import ShiftTaken
from wideberth.model.sites import (
    ChallengeAnswered,
    ExportCountersigned,
    ExportRequested,
    HarmReported,
    SharingAssessed,
    SharingWithdrawn,
    SiteChallenged,
    SiteReviewed,
    SitesDelivered,
    SiteStale,
)
from wideberth.model.stop_reads import StopAcknowledged, StopRepeated
from wideberth.model.stops import StopTold, StopToUnits
from wideberth.model.subscriptions import Subscription
from wideberth.model.warnings import StandingWarning
from wideberth.model.zones import Zone
from wideberth.space.volume import Gap

__all__ = [
    "ENTRY_VERSION",
    "UPCASTERS",
    "Body",
    "ClashPair",
    "ClashesFound",
    "Entry",
    "HiddenChecked",
    "IntentAccepted",
    "IntentAmended",
    "IntentStateChanged",
    "KeyEnrolled",
    "KeyRevoked",
    "NoticeAcknowledged",
    "NoticeIssued",
    "NoticeReleased",
    "PartyRegistered",
    "RulesAdopted",
    "SegmentRecorded",
    "SnapshotRecorded",
    "SpaceOpened",
    "SubscribersNotified",
    "SubscriptionClosed",
    "SubscriptionOpened",
    "TouchesWithdrawn",
    "Upcaster",
    "WarningCleared",
    "WarningRaised",
    "WarningWorsened",
    "ZoneDeclared",
    "ZoneWithdrawn",
    "decode_entries",
    "decode_entry",
    "encode_entry",
]

ENTRY_VERSION = 1


class SpaceOpened(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The first entry: the space, its host and its rules."""

    origin: str
    host: str
    rules: Rules
    exercise: bool = False


class RulesAdopted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Other rules hold from here on."""

    rules: Rules


class PartyRegistered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party is known, or known differently."""

    party: Party


class KeyEnrolled(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A key is in force from this position on; proof shows that its party holds it."""

    key: Key
    proof: str


class KeyRevoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A key is out of force from this position on."""

    party: PartyId
    key_id: KeyId


class IntentAccepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A new intent stands. rules: version of the rules it was decided under."""

    intent: Intent
    rules: str


class IntentAmended(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A new version of an intent stands; changes: field by field (N-16).

    was: the visibility of the version before, which the changes quote.
    """

    intent: Intent
    was: Visibility
    changes: tuple[FieldChange, ...]
    rules: str


class IntentStateChanged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """An intent took a step; version and OVN are new."""

    intent: IntentId
    party: PartyId
    step: Step
    before: IntentState
    state: IntentState
    version: int
    ovn: Ovn


class ClashPair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One clash of the object that an entry is about. rule: id and version of the rule."""

    other: ObjectRef
    gap: Gap
    rule: str


class ClashesFound(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """What an object clashes with, and which notices carry that to whom.

    Evidence of the decision, shown to nobody as it is: each party learns by its own notice.
    told: None in an entry that only goes on with the pairs of the one before.
    """

    about: ObjectRef
    pairs: tuple[ClashPair, ...]
    told: tuple[tuple[PartyId, NoticeId], ...] | None


class ZoneDeclared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A zone, or a version of it, stands."""

    zone: Zone


class ZoneWithdrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A zone no longer stands."""

    zone: ZoneId
    party: PartyId
    version: int


class SubscriptionOpened(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A subscription stands."""

    subscription: Subscription


class SubscriptionClosed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A subscription no longer stands."""

    subscription: SubscriptionId
    party: PartyId


class SubscribersNotified(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The subscriptions (by number) that an intent's change touched; each index counts one up.

    subject_back: how many entries before this one the change stands.
    """

    subject: ObjectRef
    subject_back: int
    subscriptions: tuple[int, ...]


class NoticeIssued(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A notice is on its way."""

    notice: Notice


class NoticeAcknowledged(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A notice was answered. closes: the notices that leave the open list with it. statement: what
    was signed, verbatim, under a former name of the record, which took nothing then; request: the
    key under which it was asked then.
    """

    acknowledgement: Acknowledgement
    recipient: PartyId
    sender: PartyId | None = None
    closes: tuple[NoticeId, ...] = ()
    statement: str | None = None
    request: str | None = None


class NoticeReleased(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The owner of the presence let a held notice close. closes: what leaves the open list."""

    notice: NoticeId
    recipient: PartyId
    by: Author
    closes: tuple[NoticeId, ...] = ()


class WarningRaised(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A warning stands."""

    warning: StandingWarning


class WarningWorsened(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A warning is more serious than it was."""

    warning: StandingWarning


class WarningCleared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A warning no longer stands; its objects carry the fixes that this rests on."""

    warning: StandingWarning


class HiddenChecked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party's dry run met hidden intents of these owners, so many each."""

    party: PartyId
    owners: tuple[tuple[PartyId, int], ...]


class TouchesWithdrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party withdrew, or moved away, what had touched hidden intents of these owners; so often
    today by now, for each. told: the owners who are told so now.
    """

    party: PartyId
    owners: tuple[tuple[PartyId, int], ...]
    told: tuple[PartyId, ...]


class SegmentRecorded(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The digest of a segment of the archive of tracks. party: whose feed it is; it alone reads
    this; None: a public source's, read by nobody.
    """

    name: str
    sha256: str
    start_us: int
    end_us: int
    fixes: int
    party: PartyId | None = None


class SnapshotRecorded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The picture of the first size entries was put into a file.

    digest: of the picture's canonical form; sha256: of the file; both in hexadecimal.
    """

    size: int
    digest: str
    sha256: str


Body = (
    SpaceOpened
    | RulesAdopted
    | PartyRegistered
    | KeyEnrolled
    | KeyRevoked
    | IntentAccepted
    | IntentAmended
    | IntentStateChanged
    | ClashesFound
    | ZoneDeclared
    | ZoneWithdrawn
    | SubscriptionOpened
    | SubscriptionClosed
    | SubscribersNotified
    | NoticeIssued
    | NoticeAcknowledged
    | NoticeReleased
    | WarningRaised
    | WarningWorsened
    | WarningCleared
    | HiddenChecked
    | TouchesWithdrawn
    | SegmentRecorded
    | FlightMeasured
    | ConformanceAnalysed
    | SteppedByTrack
    | SnapshotRecorded
    | LogKeyChanged
    | LogKeyRetired
    | EpochOpened
    | EntriesErased
    | HostActed
    | ClockMeasured
    | LookDue
    | StopTold
    | NoticeEscalated
    | NeutralCalled
    | AllClearGiven
    | ChannelReported
    | ChannelResumed
    | ChannelSuspended
    | HazardStated
    | HazardUnheard
    | HeartbeatGiven
    | HeartbeatMissed
    | CallMissed
    | ShiftTaken
    | StopAcknowledged
    | StopToUnits
    | StopRepeated
    | DoubtRaised
    | AvoidingSuggested
    | AvoidingTold
    | AvoidingWithheld
    | DoubtAnswered
    | AgreementDrafted
    | AgreementProposed
    | AgreementStepped
    | AgreementMoment
    | ConsentAsked
    | ConsentAnswered
    | SealKeyOffered
    | TextSealed
    | RedLineSet
    | RedLineRemoved
    | ChallengeAnswered
    | ExportCountersigned
    | ExportRequested
    | HarmReported
    | SharingAssessed
    | SharingWithdrawn
    | SiteChallenged
    | SiteReviewed
    | SitesDelivered
    | SiteStale
    | PublicationMade
    | PublicationWithdrawn
    | CountContested
    | IncidentOpened
    | PartiesNamed
    | SubjectsNamed
    | AccountGiven
    | QuestionAsked
    | QuestionStepped
    | QuestionOverdue
    | EvidenceLodged
    | EvidenceDisclosed
    | EvidenceChecked
    | ResultTransmitted
    | ResultReceipted
    | ResultOverdue
    | CeilingSet
    | DrillSent
    | DrillTaken
    | DrillAnswered
    | DrillMissed
    | DrillPlanned
    | ReadBackTestBegun
    | ReadBackTestJudged
)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the record.

    v: the version of this format. time_us: when it was decided, never before its predecessor.
    author: who caused it. On the first entry of a command only: request, the client's idempotency
    key; fingerprint, SHA-256 of what the client sent; said, the signed statement that caused it,
    verbatim (JWS compact); said_digest, its SHA-256, which the next statement of the same key names
    as its predecessor. The entries that follow by rule say so and have the mechanism as their
    author: a notice does not name who is hidden, and no entry tells how many follow it.
    """

    v: int
    time_us: int
    author: Author
    body: Body
    request: str | None = None
    fingerprint: str | None = None
    follows: bool = False
    said: str | None = None
    said_digest: str | None = None


Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes the JSON object of one version's entry out of the one of the version before."""

UPCASTERS: dict[int, Upcaster] = {}
"""By version: the step to the next. Version 1 is the first, so there is none yet. A version that
was ever released keeps its step: what stands in a record is never written again."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)


class _Versioned(msgspec.Struct):
    v: int


_version_decoder = msgspec.json.Decoder(_Versioned)


def encode_entry(entry: Entry) -> bytes:
    """The envelope: exact bytes of the entry, JSON in UTF-8 without spaces, fields as declared."""
    return _encoder.encode(entry)


def decode_entry(
    envelope: bytes, *, position: int, upcasters: Mapping[int, Upcaster] = UPCASTERS
) -> Entry:
    """The entry in an envelope, in this program's terms. position: where it stands, for the error.

    An older version is brought up step by step. Raises NewerEntry where its version, its type or
    one of its fields is not known to this program, RecordCorrupt where it is no JSON.
    """
    try:
        entry = _decoder.decode(envelope)
    except msgspec.ValidationError as error:
        return _upcast(envelope, position, upcasters, error)
    except msgspec.DecodeError as error:
        raise RecordCorrupt(position, f"not an entry: {error}") from error
    if entry.v != ENTRY_VERSION:
        return _upcast(envelope, position, upcasters, None)
    return entry


def decode_entries(lines: str) -> list[Entry] | None:
    """The entries in so many envelopes, a line each; None where one of them needs a look of its
    own by :func:`decode_entry`.
    """
    try:
        entries = _decoder.decode_lines(lines)
    except msgspec.DecodeError:
        return None
    return entries if all(entry.v == ENTRY_VERSION for entry in entries) else None


def _upcast(
    envelope: bytes,
    position: int,
    upcasters: Mapping[int, Upcaster],
    error: msgspec.ValidationError | None,
) -> Entry:
    """An entry of an older version, step by step. error: what decoding it as it stands met."""
    try:
        version = _version_decoder.decode(envelope).v
    except msgspec.ValidationError as unversioned:
        raise NewerEntry(position, str(error or unversioned)) from unversioned
    if not version < ENTRY_VERSION:
        raise NewerEntry(position, version if error is None else str(error)) from error
    stated: dict[str, Any] = msgspec.json.decode(envelope)
    for step in range(version, ENTRY_VERSION):
        if step not in upcasters:
            raise NewerEntry(position, version) from error
        stated = upcasters[step](stated)
    try:
        return msgspec.convert({**stated, "v": ENTRY_VERSION}, Entry)
    except msgspec.ValidationError as left:
        raise NewerEntry(position, str(left)) from left
