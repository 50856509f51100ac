"""Notices, how far they came, and their acknowledgements."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.clashes import ChangeOut, ClashOut, ObjectOut
from wideberth.faces.api.told.conformance import ConformanceToldOut
from wideberth.faces.api.told.doubts import DoubtOut
from wideberth.model.agreements import AgreementState
from wideberth.model.channels import AnswerChannel, Identification
from wideberth.model.ladders import Post
from wideberth.model.notices import Urgency, Verb
from wideberth.model.parties import How

ReachRole = Literal["recipient", "sender", "holder"]


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
    relayed, neither signed nor under a token. recorded: false for one that waits for the record.
    difference: the digest of the difference that was
    acknowledged; content: of the notice as it was received; clock: when, by the receiver's own
    clock, where it said so; time is the node's.
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
    recorded: bool = True
    difference: str | None = None
    content: str | None = None
    clock: str | None = None


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


class ReceiptOut(Out, frozen=True, kw_only=True):
    """One answer as both sides hold it: of which content it is, when by the receiver's clock and by
    the node's. position: of its entry, for the proof that it is in the record. said: what was
    signed, as it was signed (a compact JWS); left out where nothing was.
    """

    position: int
    answer: AcknowledgementOut
    said: str | None = None


class ReceiptsOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The receipts of one notice, the oldest first."""

    notice: str
    recipient: str
    receipts: list[ReceiptOut]


class Released(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A held notice may close. closed: what left the open list with it."""

    notice: str
    closed: list[str]
    position: int
    time: str


class EscalationOut(Out, frozen=True, kw_only=True):
    """Where a notice stands on its ladder. posts: who at the recipient was told beyond the duty
    desk, in order; since: the last step; overdue: answered, and not loaded by
    the ladder's end or when what it tells begins.
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
    its start. cited: the version that was relied on and does not apply. title: of the agreement,
    for a reader whom it concerns.
    """

    agreement: str
    version: int
    title: str | None = None
    provision: str | None = None
    minimum_lead_s: float = 0
    late: bool = False
    cited: int | None = None


class AgreementNamedOut(Out, frozen=True, kw_only=True):
    """The agreement that a notice tells of: what it is called, how it stands now, and from when
    until when it is to hold.
    """

    title: str
    state: AgreementState
    effective: str
    expires: str


class NoticeOut(Out, frozen=True, kw_only=True):
    """A notice to you, its ladder so far, and what acknowledging it does not mean. under: what it
    rests on; uncovered: who may fire there and is not bound by it. changes: what is different from
    those that it takes the place of. content, difference: the digests of the notice as it was
    issued and of the changes, for an answer to name; salt: what is in both and nobody else knows.
    conformance: that your own flights are beyond the limits; told to nobody else.
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
    agreement: AgreementNamedOut | None = None  # that the subject is
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
    changes: list[ChangeOut] = []
    difference: str | None = None
    content: str | None = None
    salt: str | None = None
    conformance: ConformanceToldOut | None = None
    understood: bool = False
    reach: ReachOut | None = None
    escalation: EscalationOut | None = None  # of an open notice
    doubts: list[DoubtOut] = []


class NoticesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Notices to you by number. next: the number to ask after, null at the end."""

    notices: list[NoticeOut]
    next: int | None


class UnreachedPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Notices that somebody who must know has not loaded, the oldest first."""

    unreached: list[ReachOut]
    next: str | None
