"""The wire structs of what goes out: answers of the native API, and its problem details.

Nothing is computed here; :mod:`wideberth.faces.api.views` makes these of the model's values, as far
as the reader may see them. Members that say nothing are left out. OpenAPI is made from these.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from wideberth.model.channels import AnswerChannel, ChannelState, Identification
from wideberth.model.intents import IntentKind, IntentState, Source, Under, VisibilityLevel
from wideberth.model.ladders import Post
from wideberth.model.notices import Urgency, Verb
from wideberth.model.parties import How, Role
from wideberth.model.provisions import Shared
from wideberth.model.stated import Evidence, Marking, NoticeKind, Phase, StandOff
from wideberth.model.stops import Form, Identified
from wideberth.model.warnings import WarningKind
from wideberth.model.zones import ZoneRule
from wideberth.wire.asked import AltitudeWire, PointFootprint, PolygonFootprint, VolumeWire


class Out(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes out: members that say nothing are left out."""


class VisibilityOut(Out, frozen=True, kw_only=True):
    """Who sees an intent."""

    level: VisibilityLevel
    parties: list[str] = []


class ProvenanceOut(Out, frozen=True, kw_only=True):
    """Where the coordinates come from and how good they are (0: not said)."""

    source: Source
    accuracy_m: float = 0
    captured: str | None = None
    checked_by: str | None = None


class IntentOut(Out, frozen=True, kw_only=True):
    """One version of an intent. told: when; lead_s: from then to its first start. declaration: its
    volumes as they were declared, where the volumes here are what covers that. notice_kind: one of
    N-01. stand_off: what the party asks for. marking: digests of photographs.
    """

    id: str
    party: str
    kind: IntentKind
    state: IntentState
    version: int
    ovn: str
    priority: int
    volumes: list[VolumeWire]
    visibility: VisibilityOut
    provenance: ProvenanceOut
    told: str
    start: str
    end: str
    lead_s: float
    minimum_lead_s: float = 0
    late: bool = False
    count: int | None = None
    call_sign: str | None = None
    place_name: str | None = None
    cautions: list[str] = []
    declaration: msgspec.Raw | None = None
    notice_kind: NoticeKind
    stand_off: list[StandOff] | Literal["none agreed"] | None = None
    marking: list[Marking] | Literal["none given"] | None = None
    evidence: Evidence | None = None
    phase: Phase | None = None
    phase_text: str | None = None
    open_ended: bool = False
    under: Under | None = None


class SharedVolumeOut(Out, frozen=True, kw_only=True):
    """A volume of which a part is shown. start, end: left out where times are not shown."""

    footprint: PolygonFootprint | PointFootprint
    lower: AltitudeWire
    upper: AltitudeWire
    start: str | None = None
    end: str | None = None


class CoarsenedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """How coarsely an intent is shown (P-03); 0: exactly. words: the same as a sentence."""

    cell_deg: float
    height_step_m: float
    time_step_s: float
    words: str


class SharedUnderOut(Out, frozen=True, kw_only=True):
    """A provision of a version of an agreement."""

    agreement: str
    version: int
    provision: str


class SharedIntentOut(Out, frozen=True, kw_only=True):
    """What you are shown of an intent, as was agreed; it is not the whole. withheld: fields that
    are not shown. under: by which provisions.
    """

    id: str
    party: str
    kind: IntentKind
    state: IntentState
    version: int
    notice_kind: NoticeKind
    coarsened: CoarsenedOut
    withheld: list[Shared]
    under: list[SharedUnderOut]
    volumes: list[SharedVolumeOut] = []
    start: str | None = None
    end: str | None = None
    priority: int | None = None
    provenance: ProvenanceOut | None = None
    count: int | None = None
    call_sign: str | None = None
    place_name: str | None = None


class SharedPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A page of intents of which you are shown a part, by id. next: cursor of the next page."""

    shared: list[SharedIntentOut]
    next: str | None
    rests_on: RestsOn


class SeenByOut(Out, frozen=True, kw_only=True):
    """What one other party will be shown. bytes: the body that its GET of the intent is answered
    with, byte by byte; left out where it has none.
    """

    party: str
    sees: Literal["whole", "part", "on-conflict", "nothing"]
    bytes: str | None = None


class PreviewOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What each other party of the space will be shown. id and ovn are made when it is told, and
    stand here as ``id`` and ``ovn``. note: what is not in the preview.
    """

    seen_by: list[SeenByOut]
    note: str


class ObjectOut(Out, frozen=True, kw_only=True):
    """One version of an intent, a zone or an agreement."""

    type: Literal["intent", "zone", "agreement"]
    id: str
    version: int


class GapOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What lies between two things; 0 where they overlap. Rounded down."""

    horizontal_m: float
    vertical_m: float
    time_s: float


class CellOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A cell of the agreed grid, in degrees from its south-west corner."""

    south: float
    west: float
    size: float


class OverlapOut(Out, frozen=True, kw_only=True):
    """The part that is shared. Heights above the WGS84 ellipsoid. cells: rounded out to the agreed
    grid, where the other's geometry may not be seen; whole: only your own volume can be said.
    """

    start: str
    end: str
    lower_m: float
    upper_m: float
    cells: list[CellOut] = []
    whole: bool = False


class ContactOut(Out, frozen=True, kw_only=True):
    """Whom to call. details: what the store beside the record has under the reference."""

    reference: str
    details: Any = None


class ClashOut(Out, frozen=True, kw_only=True):
    """One clash as the reader may see it. other: left out where it may not be seen. label:
    ``UNILATERAL / NOT AGREED``, where the other is one party's own zone.
    """

    rule: str
    other_kind: str
    gap: GapOut
    overlap: OverlapOut
    own: ObjectOut | None = None
    other: ObjectOut | None = None
    other_party: str | None = None
    contact: ContactOut | None = None
    label: str | None = None


class ChangeOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """One field of an amendment, before and after, in words."""

    field: str
    before: str
    after: str


class IntentTold(Out, frozen=True, kw_only=True):
    """The answer to telling an intent. notices: ids of notices to you. clashes: as you may see
    them. position, time: where it stands in the record.
    """

    intent: IntentOut
    clashes: list[ClashOut]
    notices: list[str]
    position: int
    time: str
    changes: list[ChangeOut] | None = None


class RestsOn(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What an answer rests on. parties_telling: parties of what is in the answer."""

    parties_telling: list[str]
    position: int
    time: str
    note: str = "no information is not clearance"


class IntentsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A page of intents, the first told first. next: cursor of the next page, null at the end.
    in_part: of what some parties tell you are shown a part only: ask ``/shared`` as well.
    limited: protected sites are left out, of which you were given as many as in a day you are.
    """

    intents: list[IntentOut]
    next: str | None
    rests_on: RestsOn
    in_part: bool = False
    limited: bool = False


class HiddenOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Whether hidden intents were tested; reason: why not. left_today: what the budget allows."""

    done: bool
    reason: str
    left_today: int


class CheckedIntent(Out, frozen=True, kw_only=True):
    """What the intent would be, told now."""

    kind: IntentKind
    start: str
    end: str
    lead_s: float
    minimum_lead_s: float = 0
    late: bool = False
    cautions: list[str] = []


class Checked(Out, frozen=True, kw_only=True):
    """The answer to a dry run."""

    intent: CheckedIntent
    clashes: list[ClashOut]
    hidden: HiddenOut
    rests_on: RestsOn


class VersionOut(Out, frozen=True, kw_only=True):
    """One version of an intent. changes: against the version before, where you may see that."""

    intent: IntentOut
    position: int
    time: str
    changes: list[ChangeOut] = []


class VersionsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Versions of an intent, the oldest first. next: the number to ask after, null at the end."""

    versions: list[VersionOut]
    next: int | None


class ZoneOut(Out, frozen=True, kw_only=True):
    """One version of a zone. unilateral: declared by one party, not agreed; label says so."""

    id: str
    party: str
    name: str
    rule: ZoneRule
    volumes: list[VolumeWire]
    version: int
    declared: str
    reason: str
    unilateral: bool
    label: str | None = None
    notice_minutes: float = 0
    kinds: list[IntentKind] = []
    declaration: msgspec.Raw | None = None
    notice_kind: NoticeKind


class ZoneTold(Out, frozen=True, kw_only=True):
    """The answer to declaring a zone."""

    zone: ZoneOut
    clashes: list[ClashOut]
    notices: list[str]
    position: int
    time: str


class ZonesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A page of zones."""

    zones: list[ZoneOut]
    next: str | None
    rests_on: RestsOn


class Withdrawn(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Something of yours no longer stands."""

    id: str
    position: int
    time: str


class SubscriptionOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A standing wish. notification_index: of its last notification; counts without gaps."""

    id: str
    volume: VolumeWire
    notification_index: int


class SubscriptionTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The answer to opening a subscription."""

    subscription: SubscriptionOut
    position: int
    time: str


class SubscriptionsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Your subscriptions."""

    subscriptions: list[SubscriptionOut]
    next: str | None


class ParticularsOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What is to be read back; heights above the WGS84 ellipsoid."""

    latitude: float
    longitude: float
    start: str
    end: str
    lower_m: float
    upper_m: float


class AuthorOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Who says it, and how that is known: signed by its key, or attested by a token."""

    party: str
    how: How


class DifferenceOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A field of a read-back that is off by more than the tolerance."""

    field: str
    told: str
    read_back: str


class CallOut(Out, frozen=True, kw_only=True):
    """A call by telephone. typed_by, desk: who heard it and typed."""

    started: str
    ended: str
    typed_by: str
    desk: str
    language: str
    interpreter: bool = False
    audio_sha256: str | None = None


class AcknowledgementOut(Out, frozen=True, kw_only=True):
    """One answer to a notice. sentence: what it is not. channel, identified, call: of one that was
    relayed, neither signed nor under a token.
    """

    notice: str
    verb: Verb
    by: AuthorOut
    time: str
    sentence: str
    unit: str | None = None
    system: str | None = None
    reason: str | None = None
    read_back: ParticularsOut | None = None
    differences: list[DifferenceOut] = []
    attested: bool = False
    channel: AnswerChannel | None = None
    identified: Identification | None = None
    call: CallOut | None = None


class Acknowledged(Out, frozen=True, kw_only=True):
    """What an answer to a notice did. understood: of a read-back, whether it was within tolerance.
    closed: the notices that left the open list with it. recorded: false, with status 202, where the
    record takes nothing now; kept: whether it is on disk until the record does.
    """

    acknowledgement: AcknowledgementOut
    closed: list[str]
    sentence: str
    position: int | None = None
    time: str | None = None
    understood: bool | None = None
    differences: list[DifferenceOut] = []
    recorded: bool = True
    kept: bool | None = None


class Released(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A held notice may close. closed: what left the open list with it."""

    notice: str
    closed: list[str]
    position: int
    time: str


ReachRole = Literal["recipient", "sender", "holder"]
"""Why a notice concerns the reader: it is to it, from it, or held open until it says so."""


class EscalationOut(Out, frozen=True, kw_only=True):
    """Where a notice stands on its ladder. posts: who at the recipient was told beyond the duty
    desk, in order; since: the last step; overdue: answered, and not loaded by the ladder's end.
    next, at: who is told next, and when, unless it is answered as agreed before; next is left out
    where the notice becomes overdue then.
    """

    posts: list[Post] = []
    since: str | None = None
    overdue: bool = False
    next: Post | None = None
    at: str | None = None


class ReachOut(Out, frozen=True, kw_only=True):
    """How far a notice has come. furthest: null: nobody has answered. waiting: units that have not
    loaded it. recipient and waiting: left out where you may not know whom it concerns. withdrawal:
    what is waited for is that it is taken off the list (N-11). subject: what you told, or what
    you were told of, where you may see it.
    """

    notice: str
    issued: str
    role: ReachRole
    held: bool
    subject: ObjectOut | None = None
    furthest: Verb | None = None
    exits: list[Verb] = []
    withdrawal: bool = False
    number: int | None = None
    recipient: str | None = None
    waiting: list[str] | None = None
    escalation: EscalationOut | None = None


class RelianceOut(Out, frozen=True, kw_only=True):
    """Which version of an agreement a notice rests on. late: told later than minimum_lead_s before
    its start. cited: the version that was relied on and does not apply.
    """

    agreement: str
    version: int
    provision: str | None = None
    minimum_lead_s: float = 0
    late: bool = False
    cited: int | None = None


class NoticeOut(Out, frozen=True, kw_only=True):
    """A notice to you, its ladder so far, and what acknowledging it does not mean. under: what it
    rests on; uncovered: who may fire there and is not bound by it.
    """

    id: str
    number: int
    urgency: Urgency
    issued: str
    open: bool
    clashes: list[ClashOut]
    answers: list[AcknowledgementOut]
    sentence: str
    sender: str | None = None
    subject: ObjectOut | None = None
    particulars: ParticularsOut | None = None
    units: list[str] = []
    late: bool = False
    lead_s: float = 0
    supersedes: list[str] = []
    held_by: list[str] = []
    more_clashes: int = 0
    withdrawal: bool = False
    protection: str | None = None
    all_clear: bool = False
    under: list[RelianceOut] = []
    uncovered: list[str] = []
    understood: bool = False
    reach: ReachOut | None = None
    escalation: EscalationOut | None = None  # of an open notice


class NoticesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Notices to you by number. next: the number to ask after, null at the end."""

    notices: list[NoticeOut]
    next: int | None


class UnreachedPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Notices that somebody who must know has not loaded, the oldest first."""

    unreached: list[ReachOut]
    next: str | None


class FixOut(Out, frozen=True, kw_only=True):
    """A reported position that a warning rests on."""

    latitude: float
    longitude: float
    time: str
    altitude_m: float | None = None


class WarningObjectOut(Out, frozen=True, kw_only=True):
    """One side of a warning; of what you may not see, only what it is. cell: of another's track on
    a closed feed, the cell of the agreed grid in which it was. feed_party: of a track, who reports
    it, and says whose it is.
    """

    type: str
    facts: list[str] = []
    id: str | None = None
    party: str | None = None
    feed_party: str | None = None
    fix: FixOut | None = None
    cell: CellOut | None = None


class WarningOut(Out, frozen=True, kw_only=True):
    """A warning. level: higher is more urgent. last_known: nothing fresh speaks of it any more.
    first_reported: which of two reports that it rests on was first, the first or the second
    object's; unknown where their times are no further apart than the clocks behind them may be off.
    """

    id: str
    kind: WarningKind
    rule: str
    objects: list[WarningObjectOut]
    raised: str
    updated: str
    level: int
    uncertainty_m: float
    horizontal_m: float | None = None
    vertical_m: float | None = None
    time_s: float | None = None
    last_known: bool = False
    first_reported: Literal["first", "second", "unknown"] | None = None


class WarningsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Warnings that stand and concern you."""

    warnings: list[WarningOut]
    next: str | None


class BadReport(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A report that was not taken."""

    index: int
    field: str
    rule: str
    value: Any


class TracksTaken(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What became of a batch. refused: the first hundred; refused_count: all of them."""

    accepted: int
    refused: list[BadReport]
    refused_count: int


class FeedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A feed's disclosure. Held in memory: after a restart a feed is its owner's alone again."""

    feed: str
    shown_to: Literal["owner", "all"] | list[str]


VelocitySource = Literal["reported", "derived", "unknown"]
"""Where a velocity comes from: the feed said it, or it was made of the last two positions."""


class TrackOut(Out, frozen=True, kw_only=True):
    """A track's last reported position; uncertainty_m grows with its age."""

    track: str
    feed: str
    feed_party: str
    latitude: float
    longitude: float
    time: str
    state: Literal["live", "silent"]
    uncertainty_m: float
    call_sign: str | None = None
    party: str | None = None
    altitude_m: float | None = None
    ground_speed_m_s: float | None = None
    track_deg: float | None = None
    vertical_rate_m_s: float | None = None
    velocity_source: VelocitySource = "unknown"
    implausible: str | None = None


class TracksPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Tracks that you may see."""

    tracks: list[TrackOut]
    next: str | None
    rests_on: RestsOn


class KeyOut(Out, frozen=True, kw_only=True):
    """A public key in force. last_seq, last_digest: the end of its chain of statements, shown to
    its own party, which continues it.
    """

    key_id: str
    public_key: str
    roles: list[Role]
    last_seq: int | None = None
    last_digest: str | None = None


class PartyOut(Out, frozen=True, kw_only=True):
    """A party of the space. units: its distribution list, shown to itself."""

    id: str
    name: str
    neutral: bool = False
    contact: ContactOut | None = None
    units: list[str] | None = None
    keys: list[KeyOut] = []


class PartiesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Parties by id. next: the cursor of the next page."""

    parties: list[PartyOut]
    next: str | None


class KeyTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A key is in force from this position on."""

    key: KeyOut
    position: int
    time: str


class StopAreaOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Everything within radius_m of a point (WGS84 degrees)."""

    latitude: float
    longitude: float
    radius_m: float


class StopReadOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """That a person at a party has read a STOP: at which posts, and so long after it was sent, as
    the record has it.
    """

    party: str
    posts: list[Post]
    after_s: float
    in_time: bool


class StopReadingOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Who has read a STOP, by what people said; delivery counts for nothing. A receiver is shown
    its own word alone; the sender and a neutral all of them: first_s: to the first one; unread:
    parties at which nobody has. next, at: who is told next where nobody has read it, and when;
    next None with a time: all of them once more. read_within_s: by when it should be read.
    """

    read_within_s: float
    reads: list[StopReadOut]
    first_s: float | None = None
    unread: list[str] | None = None
    next: Post | None = None
    at: str | None = None
    sentence: str


class StopOut(Out, frozen=True, kw_only=True):
    """A STOP, or one of its kin, as it was told. intent: only where you may see it. doubts: why the
    sender is unverified. recorded: whether it is in the record yet, at position; what is sent
    again once it is, is the same by its id. count: which one of its place it is; posts: who at
    each party is told at the same time; reading: once it is in the record. unit: the convoy or
    post of the sender's that told it; directly: whether you agreed that it may. units: of your
    own, to which it goes at the same time, as agreed.
    """

    id: str
    form: Form
    sender: str
    identified: Identified
    sent: str
    text: str = ""
    intent: str | None = None
    zone: str | None = None
    area: StopAreaOut | None = None
    doubts: str | None = None
    contact: ContactOut | None = None
    recorded: bool = msgspec.field(name="recorded")
    position: int | None = None
    count: int
    posts: list[Post]
    unit: str | None = None
    directly: bool | None = None
    units: list[str] = []
    reading: StopReadingOut | None = None


class StopEvent(Out, frozen=True, kw_only=True):
    """Event ``stop``: without a number as it is sent, and with one once it is recorded."""

    stop: StopOut


class StopUnitsEvent(Out, frozen=True, kw_only=True):
    """Event ``stop-units``: a STOP went to these units of yours at the same time, as agreed."""

    stop: str
    units: list[str]
    position: int
    time: str


class StopReadEvent(Out, frozen=True, kw_only=True):
    """Event ``stop-read``: a person at a party has read a STOP; to both sides and the neutrals."""

    stop: str
    party: str
    post: Post
    after_s: float
    in_time: bool
    position: int
    time: str


class StopRepeatedEvent(Out, frozen=True, kw_only=True):
    """Event ``stop-repeated``: nobody at these parties has read a STOP, and it is told to them
    again. parties: yourself; to its sender and a neutral all of them. post: who is told besides
    those of before; left out: all of them once more. carry: you are asked to reach the parties.
    """

    stop: StopOut
    step: int
    due: str
    parties: list[str]
    post: Post | None = None
    carry: bool = False
    sentence: str
    position: int
    time: str


class StopReadTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Your word that a person has read a STOP is in the record."""

    stop: str
    post: Post
    after_s: float
    in_time: bool
    sentence: str
    position: int
    time: str


class StopsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """STOPs of the last day in the order of their ids."""

    stops: list[StopOut]
    next: str | None


class StopSent(Out, frozen=True, kw_only=True):
    """What became of a STOP. sent_to: on so many other parties' streams of this node, of so many
    parties; None: it was sent before, under the same key. kept: on disk, so that a crash does not
    keep it from the record. recorded: in the record, at position.
    """

    id: str
    identified: Identified
    sent: str
    sent_to: int | None
    of: int
    kept: bool
    recorded: bool
    doubts: str | None = None
    position: int | None = None


class RequestOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What became of a request: it is in the record, and this was its answer."""

    state: Literal["applied"]
    position: int
    time: str
    answer: Any


class EntryOut(Out, frozen=True, kw_only=True):
    """One entry of the record: whole where you may read it, else its leaf (base64).

    erased: its content is deleted, for everybody; an entry after it says on which ground.
    """

    position: int
    salt: str | None = None
    envelope: str | None = None
    leaf: str | None = None
    erased: bool = False


class EntriesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Entries by position. next: the position to ask from, null at the end."""

    entries: list[EntryOut]
    next: int | None


class CosignedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The cosignatures that were kept: of a head of this size, by these witnesses."""

    size: int
    witnesses: list[str]


class ProofOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """RFC 6962 consistency proof: base64 hashes."""

    old: int
    new: int
    proof: list[str]


class ClockOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The node's clock. simulated: of an exercise; rate: its seconds in a real one."""

    simulated: bool
    rate: float


class SpaceOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The public facts: whose record this is, who runs it, what an acknowledgement is not."""

    name: str
    origin: str
    vkey: str
    host: str
    exercise: bool
    rules: str
    sentence: str
    version: str
    time: str
    clock: ClockOut


class Health(Out, frozen=True, kw_only=True, omit_defaults=False):
    """ok: this process lives. ready: this node takes commands."""

    status: Literal["ok", "ready"]


class SkewOut(Out, frozen=True, kw_only=True):
    """How far the asker's clock is ahead of the node's, in seconds; below 0: behind. bound_s: how
    far a time that it tells may be off.
    """

    ahead_least_s: float
    ahead_most_s: float
    bound_s: float


class StampsOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """When the question came and when the answer left, by the node's clock. clock: what the earlier
    exchanges say. recorded: what stands in the record of the asker's clock; widened_by_s: by how
    much that widens, at both ends, the windows that the asker tells. warning: that it is off by
    more than is agreed.
    """

    received: str
    answered: str
    clock: SkewOut | None
    recorded: SkewOut | None
    widened_by_s: float
    warning: str | None


class ChoiceOut(Out, frozen=True, kw_only=True):
    """One meaning of a value that could have several. text: what to send instead."""

    text: str
    meaning: str


class Problem(Out, frozen=True, kw_only=True):
    """RFC 9457. rule: a stable code; field: where it stands; value: what came. choices: with status
    422, what it could mean, each with the text to send instead.
    """

    type: str
    title: str
    status: int
    detail: str
    rule: str
    field: str | None = None
    value: Any = None
    with_intents: list[str] = []
    choices: list[ChoiceOut] = []
    from_: str | None = msgspec.field(name="from", default=None)
    until: str | None = None
    instance: str | None = None


class NoticeEvent(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Event ``notice``: a notice to you was issued."""

    notice: NoticeOut
    position: int
    time: str


class AcknowledgementEvent(Out, frozen=True, kw_only=True):
    """Event ``acknowledgement``: a notice to you or from you was answered, or one that was held
    open was released. closed: which left the open list with it, as far as they are yours.
    recorded: false where the record takes nothing now; then it has no number, position and time.
    """

    notice: str
    closed: list[str]
    sentence: str
    position: int | None = None
    time: str | None = None
    recipient: str | None = None
    acknowledgement: AcknowledgementOut | None = None
    released_by: str | None = None
    recorded: bool = True


class SaidOut(Out, frozen=True, kw_only=True):
    """What was said is recorded. kind: of the entry."""

    kind: str
    position: int
    time: str


class ChannelOut(Out, frozen=True, kw_only=True):
    """What is known of a party's channel; UNKNOWN where it was never heard. since: of the state;
    heard: the last heartbeat. by: whose word it is, where it is not the party's own heartbeat or
    its absence. scope, until: of a suspension; before: the state that it found. missed_calls: by
    what you agreed with the party; one that is UP or DEGRADED to others is UNKNOWN to you then.
    """

    party: str
    state: ChannelState
    since: str | None = None
    heard: str | None = None
    by: str | None = None
    reason: str | None = None
    scope: str | None = None
    until: str | None = None
    before: ChannelState | None = None
    missed_calls: list[MissedCallOut] = []


class MissedCallOut(Out, frozen=True, kw_only=True):
    """A call that an agreement of yours asks of the party, and that did not come."""

    agreement: str
    version: int
    since: str


class ChannelsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The channels of all parties. sentence: what silence is not."""

    channels: list[ChannelOut]
    sentence: str
    next: str | None


ChannelChange = Literal["heard", "missed", "suspended", "resumed", "reported"]
"""What became of a channel."""


class ChannelEvent(Out, frozen=True, kw_only=True):
    """Event ``channel``: what is known of a party's channel has changed, or you were heard."""

    party: str
    change: ChannelChange
    position: int
    time: str
    state: ChannelState
    by: str | None = None
    reason: str | None = None
    scope: str | None = None
    for_minutes: int | None = None
    agreement: str | None = None
    version: int | None = None


HazardState = Literal[
    "announced",
    "active",
    "moved",
    "unknown",
    "ended, not confirmed clear",
    "ended by time, not confirmed clear",
]
"""How a hazard stands, in words. None of them is a clearance."""


class HazardOut(Out, frozen=True, kw_only=True):
    """A hazard that nobody said to be clear. start, end: as far as you may know. stated: the
    last word of its party; next: to its party, when it is due to be heard.
    """

    intent: str
    party: str
    state: HazardState
    start: str | None = None
    end: str | None = None
    stated: str | None = None
    next: str | None = None


class HazardsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Hazards of yours, and those that you were told of and see. sentence: what silence is not."""

    hazards: list[HazardOut]
    sentence: str
    next: str | None


HazardChange = Literal["stated", "missed", "ended-by-time", "all-clear"]
"""What became of a hazard."""


class HazardEvent(Out, frozen=True, kw_only=True):
    """Event ``hazard``: its party gave its status, or gave none; ALL-CLEAR comes as a notice."""

    intent: str
    party: str
    change: HazardChange
    position: int
    time: str
    state: HazardState | None = None


class ShiftOut(Out, frozen=True, kw_only=True):
    """Who holds a post: yours: it was taken with your credential. hours: since the hand-over."""

    post: Post
    since: str
    hours: float
    yours: bool = False


class ShiftsOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The posts of your party, and the open list that a hand-over has to name by its digest. open:
    notices to you that are open; unanswered: those that nobody answered; oldest: of those open.
    """

    shifts: list[ShiftOut]
    open: int
    unanswered: int
    oldest: str | None
    open_list: str


class ShiftEvent(Out, frozen=True, kw_only=True):
    """Event ``shift``: a post of your party was taken over."""

    post: Post
    position: int
    time: str


class HeldOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What you hold in force, in order. digest: SHA-256 over all of it, whatever the page; count:
    of all of it. size: entries of the record that it rests on.
    """

    held: list[ObjectOut]
    digest: str
    count: int
    size: int
    next: str | None


class EscalationEvent(Out, frozen=True, kw_only=True):
    """Event ``escalation``: a notice to you or from you was not answered as agreed. post: who is
    told there now; left out where it was answered and is overdue, as it is not loaded.
    furthest: how far it had come. Silence is no consent.
    """

    notice: str
    recipient: str
    step: int
    due: str
    sentence: str
    position: int
    time: str
    post: Post | None = None
    furthest: Verb | None = None


class CalledEvent(Out, frozen=True, kw_only=True):
    """Event ``called``, to a neutral: reach this party, which does not answer a notice. contact:
    whom to call. subject, sender: where you see what the notice is about.
    """

    notice: str
    recipient: str
    urgency: Urgency
    issued: str
    sentence: str
    position: int
    time: str
    contact: ContactOut | None = None
    subject: ObjectOut | None = None
    sender: str | None = None


IntentChange = Literal["told", "amended", "stepped"]
"""What became of an intent."""

WarningChange = Literal["raised", "worsened", "cleared", "updated"]
"""What became of a warning; updates are not in the record and carry no number."""


class IntentEvent(Out, frozen=True, kw_only=True):
    """Event ``intent``: a version of an intent of yours stands in the record."""

    intent: IntentOut
    change: IntentChange
    position: int
    time: str
    changes: list[ChangeOut] = []


class ZoneEvent(Out, frozen=True, kw_only=True):
    """Event ``zone``: a zone of yours was declared or withdrawn."""

    id: str
    change: Literal["declared", "withdrawn"]
    position: int
    time: str
    zone: ZoneOut | None = None


class NotificationOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """One of your subscriptions, and the number of this notification of it: no gaps, from 1."""

    subscription: str
    notification_index: int


class NotificationEvent(Out, frozen=True, kw_only=True):
    """Event ``notification``: an intent changed that one of your subscriptions touches."""

    subscriptions: list[NotificationOut]
    change: IntentChange
    id: str
    version: int
    position: int
    time: str
    intent: IntentOut | None = None
    shared: SharedIntentOut | None = None


class WarningEvent(Out, frozen=True, kw_only=True):
    """Event ``warning``: a warning that concerns you."""

    warning: WarningOut
    change: WarningChange
    position: int | None = None
    time: str | None = None


class ErasedEvent(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Event ``erased``: what happened here was erased since. ground: agreement, standard or law;
    reference: which clause; erased_by: the office that ordered it.
    """

    erased_by: str
    ground: str
    reference: str


class CheckEvent(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Event ``check``: dry runs met intents that you hide, so many times, on this day (UTC)."""

    met: int
    day: str


class WithdrawnTouchesEvent(Out, frozen=True, kw_only=True):
    """Event ``withdrawn-touches``: somebody told intents or zones that touched what you hide, and
    withdrew them or moved them away, so many times by now on this day (UTC). contact: whom to call.
    """

    count: int
    day: str
    contact: ContactOut | None = None


class TracksEvent(Out, frozen=True, kw_only=True):
    """Event ``tracks`` of the stream of tracks: the newest position of each track that moved since
    the last event. missed: how many looks were left out because you read too slowly.
    """

    tracks: list[TrackOut]
    missed: int = 0
