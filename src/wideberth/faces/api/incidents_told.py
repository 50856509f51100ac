"""The wire structs of what goes out about incidents: no member holds two accounts as one."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told import Out
from wideberth.model.incidents import Column
from wideberth.model.questions import QuestionState, QuestionStep
from wideberth.picture.differences import DifferenceKind
from wideberth.wire.asked import PointFootprint, PolygonFootprint
from wideberth.wire.incidents import (
    DamageItemIn,
    IdentityClaimIn,
    OpenIncidentIn,
    RuleClaimIn,
    WarnedClaimIn,
    WhenClaimIn,
    WhereClaimIn,
)

__all__ = [
    "AccountOut",
    "AccountsDifferOut",
    "AccountsPage",
    "CheckedOut",
    "ClaimsApartOut",
    "ColumnOut",
    "DisclosedOut",
    "EvidenceOut",
    "EvidencePage",
    "IncidentEvent",
    "IncidentHead",
    "IncidentOut",
    "IncidentTold",
    "IncidentsPage",
    "ProposedOut",
    "ProposedPage",
    "QuestionOut",
    "QuestionSaidOut",
    "QuestionsPage",
    "ReceiptedOut",
    "ResultOut",
    "ResultsPage",
]


class AccountOut(Out, frozen=True, kw_only=True):
    """One version of a party's account, as its author gave it. version: counts those of this author
    that are shown to you, and no others. shown_to: who else may read this version.
    """

    id: str
    party: str
    version: int
    given: str
    shown_to: list[str]
    when: WhenClaimIn | None = None
    where: WhereClaimIn | None = None
    identity: IdentityClaimIn | None = None
    warned: WarnedClaimIn | None = None
    rule: RuleClaimIn | None = None
    damage: list[DamageItemIn] | None = None
    words: str | None = None
    language: str | None = None


class AccountsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Versions of accounts that are shown to you, in the order given."""

    accounts: list[AccountOut]
    next: str | None


class ColumnOut(Out, frozen=True, kw_only=True):
    """One party's column. account: its last version that is shown to you; left out where none is,
    which says nothing of whether there is one. not_shown_to: in your own column, who is named in
    the incident and may not read it.
    """

    party: str
    column: Column
    named: str
    by: str
    account: AccountOut | None = None
    not_shown_to: list[str] = []


class ClaimsApartOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """How far two claims are apart: as claimed, and at least and at most with the errors that both
    stated. Of areas, claimed is between their nearest points.
    """

    claimed: float
    at_least: float
    at_most: float


class AccountsDifferOut(Out, frozen=True, kw_only=True):
    """Where the last accounts of two parties differ, of those shown to you. members: of the claim;
    metres, minutes: how far apart. within_errors: both can be so by the errors that they stated.
    """

    kind: DifferenceKind
    parties: tuple[str, str]
    accounts: tuple[str, str]
    members: list[str]
    metres: ClaimsApartOut | None = None
    minutes: ClaimsApartOut | None = None
    within_errors: bool = False


class QuestionSaidOut(Out, frozen=True, kw_only=True):
    """One step of a question, in its party's words."""

    step: QuestionStep
    party: str
    words: str
    time: str


class QuestionOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A question. due: until when it is to be answered; overdue: since when it is, if it is.
    urgent: so marked by its asker.
    """

    id: str
    asker: str
    to: str
    urgent: bool
    state: QuestionState
    asks: int
    due: str
    overdue: str | None
    shown_to: list[str]
    said: list[QuestionSaidOut]


class QuestionsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Questions that are shown to you, in the order asked."""

    questions: list[QuestionOut]
    next: str | None


class DisclosedOut(Out, frozen=True, kw_only=True):
    """To whom it was disclosed, when. sealed: the sealed text that carries the salt."""

    parties: list[str]
    time: str
    sealed: str | None = None


class CheckedOut(Out, frozen=True, kw_only=True):
    """What a recipient found."""

    party: str
    matches: bool
    time: str


class EvidenceOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Evidence that was lodged. sha256: over the salt and the content. disclosed, checked: all of
    it to its party; to another what concerns that one.
    """

    id: str
    party: str
    lodged: str
    sha256: str
    size_bytes: int
    media_type: str
    line: str
    disclosed: list[DisclosedOut]
    checked: list[CheckedOut]


class EvidencePage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Evidence of which you may know, in the order lodged."""

    evidence: list[EvidenceOut]
    next: str | None


class ReceiptedOut(Out, frozen=True, kw_only=True):
    """Who receipted it, when."""

    party: str
    time: str


class ResultOut(Out, frozen=True, kw_only=True):
    """The result of a party's inquiry. digest: what a receipt names. receipts, overdue: all of
    them to its party; to another its own. A receipt says nothing of what is in it.
    """

    id: str
    party: str
    to: list[str]
    words: str
    digest: str
    sent: str
    receipt_by: str
    receipts: list[ReceiptedOut]
    overdue: list[str]
    open: bool
    document_sha256: str | None = None
    language: str | None = None


class ResultsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Results that were transmitted by you or to you, in the order sent."""

    results: list[ResultOut]
    next: str | None


class IncidentHead(Out, frozen=True, kw_only=True):
    """An incident in which you are named. title: as its opener wrote it."""

    id: str
    title: str
    start: str
    end: str
    opened: str
    opened_by: str
    parties: list[str]
    observers: list[str]
    area: PolygonFootprint | PointFootprint | None = None


class IncidentsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Incidents in which you are named, by id."""

    incidents: list[IncidentHead]
    next: str | None


class IncidentOut(IncidentHead, frozen=True, kw_only=True):
    """An incident. accounts: a column for each party to it; observers_accounts: for each observer.
    subjects: what you said that it is about. questions, evidence, inquiries: as many as fit; more
    names those of them of which there are more, each on a page of its own. timeline: where the
    record shows, minute by minute, what was sent and received. segments: where the files of your
    feeds' kept positions of its window are.
    """

    accounts: dict[str, ColumnOut]
    observer_accounts: dict[str, ColumnOut]
    differences: list[AccountsDifferOut]
    subjects: list[str]
    questions: list[QuestionOut]
    evidence: list[EvidenceOut]
    inquiries: list[ResultOut]
    more: list[Literal["questions", "evidence", "inquiries"]]
    timeline: str
    segments: str
    sentence: str


class SegmentCitedOut(Out, frozen=True, kw_only=True):
    """A file of positions that were kept of a feed of yours, some of them of the incident's window.
    sha256: of the Parquet file, as its entry has it; start, end: of its first and last position;
    positions: how many it holds. GET /tracks/segments/{segment} tells it.
    """

    segment: str
    feed: str
    start: str
    end: str
    positions: int
    sha256: str
    entry: int


class SegmentsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """By time. next: null where there is nothing more. kept: whether this node keeps positions. A
    file that is still open has no digest yet and is not here; that none is here is not to say that
    nothing was there.
    """

    segments: list[SegmentCitedOut]
    next: str | None
    kept: bool


class IncidentTold(Out, frozen=True, kw_only=True):
    """It is in the record. id: of the account, the question, the evidence or the result."""

    incident: str
    position: int
    time: str
    id: str | None = None
    digest: str | None = None


class IncidentEvent(Out, frozen=True, kw_only=True):
    """Something was said of an incident, by you or to you; GET /incidents/{incident} gives it. id:
    of the account, the question, the evidence or the result.
    """

    incident: str
    change: Literal[
        "opened",
        "named",
        "subjects",
        "account",
        "asked",
        "answer",
        "ask-again",
        "call-meeting",
        "question-overdue",
        "lodged",
        "disclosed",
        "checked",
        "result",
        "receipt",
        "receipt-overdue",
    ]
    position: int
    time: str
    by: str | None = None
    id: str | None = None
    title: str | None = None


class ProposedOut(Out, frozen=True, kw_only=True):
    """Something on your stream of which an incident could be opened; none is by itself. kind: the
    warning's, or the STOP's form, or harm. open: a body for POST /incidents, from ten minutes
    before first to ten minutes after last; subjects: ids for
    POST /incidents/{incident}/subjects. Change what you like.
    """

    kind: str
    subject: str
    first: str
    last: str
    open: OpenIncidentIn
    subjects: list[str]


class ProposedPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Proposals, the newest first, from so many events of your stream. next: the number to give as
    before, for those of earlier events.
    """

    proposed: list[ProposedOut]
    next: int | None
