"""Incidents as those who are named in them may see them.

Each account stands in its author's column and nowhere else. What a reader was not shown leaves no
trace: versions are counted by what is shown to the reader, and differences are those between
accounts that it may read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from wideberth.faces.api import incidents_told as out
from wideberth.faces.api import views
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.http import PREFIX, encode
from wideberth.faces.api.pages import Page
from wideberth.model.accounts import Account, AccountGiven, PlaceClaim, Point
from wideberth.model.ids import AccountId, PartyId
from wideberth.model.incidents import (
    Column,
    Incident,
    IncidentOpened,
    PartiesNamed,
    SubjectsNamed,
)
from wideberth.model.inquiries import (
    InquiryResult,
    ResultOverdue,
    ResultReceipted,
    ResultTransmitted,
)
from wideberth.model.lodged import (
    EvidenceChecked,
    EvidenceDisclosed,
    EvidenceLodged,
    Lodged,
)
from wideberth.model.questions import Question, QuestionAsked, QuestionOverdue, QuestionStepped
from wideberth.picture.differences import Difference, DifferenceKind, Parted, differences
from wideberth.picture.incidents import accounts_shown_to, latest_shown_to
from wideberth.service import Applied, StreamEvent
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339
from wideberth.space.volume import NANODEGREES
from wideberth.wire import incidents as said

__all__ = [
    "ANSWERS",
    "EVENTS",
    "SENTENCE",
    "VIEWS",
    "accounts_numbered",
    "difference_out",
    "evidence_out",
    "evidence_shown_to",
    "head_out",
    "incident_out",
    "numbered_out",
    "question_out",
    "questions_shown_to",
    "result_out",
    "results_shown_to",
]

SENTENCE = (
    "Each account is its author's own, and is shown as its author decides; none is merged, judged"
    " or put into other words here. That a column is empty, or a question not answered, says"
    " nothing about what happened."
)

EVENTS: dict[str, type] = {"incident": out.IncidentEvent}


def head_out(incident: Incident) -> out.IncidentHead:
    """What an incident is, and who is named in it."""
    return out.IncidentHead(**_head(incident))


def _head(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "title": incident.title,
        "start": format_rfc3339(incident.start_us),
        "end": format_rfc3339(incident.end_us),
        "opened": format_rfc3339(incident.opened_us),
        "opened_by": incident.opened_by,
        "parties": _named(incident, Column.PARTY),
        "observers": _named(incident, Column.OBSERVER),
        "area": None if incident.area is None else views.footprint(incident.area),
    }


def _named(incident: Incident, column: Column) -> list[str]:
    return [each.party for each in incident.members if each.column is column]


def incident_out(incident: Incident, reader: PartyId) -> out.IncidentOut:
    """The incident for one of those who are named in it."""
    columns = _columns(incident, reader)
    more: list[Any] = []
    pages: dict[str, list[Any]] = {}
    page = Page()
    for name, items in (
        ("questions", questions_shown_to(incident, reader)),
        ("evidence", evidence_shown_to(incident, reader)),
        ("inquiries", results_shown_to(incident, reader)),
    ):
        before = len(page)
        page.take_all((_item_out(each, reader) for each in items), encode)
        pages[name] = page.things[before:]
        if len(pages[name]) < len(items):
            more.append(name)
    return out.IncidentOut(
        **_head(incident),
        accounts={each.party: each for each in columns if each.column is Column.PARTY},
        observer_accounts={each.party: each for each in columns if each.column is Column.OBSERVER},
        differences=[
            difference_out(each) for each in differences(latest_shown_to(incident, reader))
        ],
        subjects=[each.id for each in incident.subjects if each.party == reader],
        questions=pages["questions"],
        evidence=pages["evidence"],
        inquiries=pages["inquiries"],
        more=more,
        timeline=f"{PREFIX}/incidents/{incident.id}/timeline",
        segments=f"{PREFIX}/incidents/{incident.id}/segments",
        sentence=SENTENCE,
    )


def _item_out(item: Question | Lodged | InquiryResult, reader: PartyId) -> Any:
    match item:
        case Question():
            return question_out(item)
        case Lodged():
            return evidence_out(item, reader)
        case InquiryResult():
            return result_out(item, reader)


def _columns(incident: Incident, reader: PartyId) -> list[out.ColumnOut]:
    shown = accounts_shown_to(incident, reader)
    columns: list[out.ColumnOut] = []
    for member in incident.members:
        versions = shown.get(member.party, ())
        unaware: list[str] = []
        if member.party == reader and versions:
            unaware = [each for each in incident.parties if not versions[-1].is_shown_to(each)]
        columns.append(
            out.ColumnOut(
                party=member.party,
                column=member.column,
                named=format_rfc3339(member.since_us),
                by=member.by,
                account=account_out(versions[-1], len(versions)) if versions else None,
                not_shown_to=unaware,
            )
        )
    return columns


class Numbered(NamedTuple):
    """A version of an account, and which one it is of those that its reader may have."""

    account: Account
    version: int

    @property
    def id(self) -> AccountId:
        """The account's."""
        return self.account.id

    @property
    def party(self) -> PartyId:
        """Its author."""
        return self.account.party


def accounts_numbered(incident: Incident, reader: PartyId) -> list[Numbered]:
    """All versions that the reader may have, in the order given."""
    numbers: dict[PartyId, int] = {}
    found: list[Numbered] = []
    for each in incident.accounts:
        if each.is_shown_to(reader):
            numbers[each.party] = numbers.get(each.party, 0) + 1
            found.append(Numbered(each, numbers[each.party]))
    return found


def numbered_out(numbered: Numbered) -> out.AccountOut:
    """One version as the wire has it."""
    return account_out(numbered.account, numbered.version)


def account_out(account: Account, version: int) -> out.AccountOut:
    """One version, in the members in which it was given."""
    claims = account.claims
    when, where, identity = claims.when, claims.where, claims.identity
    warned, rule, damage = claims.warned, claims.rule, claims.damage
    return out.AccountOut(
        id=account.id,
        party=account.party,
        version=version,
        given=format_rfc3339(account.given_us),
        shown_to=list(account.shown_to),
        when=None
        if when is None
        else said.WhenClaimIn(time=format_rfc3339(when.time_us), error_s=when.error_us / SECOND_US),
        where=None if where is None else _where(where),
        identity=None
        if identity is None
        else said.IdentityClaimIn(**msgspec.structs.asdict(identity)),
        warned=None
        if warned is None
        else said.WarnedClaimIn(
            warned=warned.warned,
            notice=warned.notice,
            time=None if warned.time_us is None else format_rfc3339(warned.time_us),
        ),
        rule=None if rule is None else said.RuleClaimIn(**msgspec.structs.asdict(rule)),
        damage=None
        if damage is None
        else [
            said.DamageItemIn(of=each.of.value, count=each.count, words=each.words)
            for each in damage.items
        ],
        words=account.words or None,
        language=account.language,
    )


def _where(claim: PlaceClaim) -> said.WhereClaimIn:
    place = claim.place
    is_point = isinstance(place, Point)
    return said.WhereClaimIn(
        point=(place.longitude_nd / NANODEGREES, place.latitude_nd / NANODEGREES)
        if isinstance(place, Point)
        else None,
        area=None if is_point else views.footprint(place),
        error_m=claim.error_mm / 1000,
        altitude=None if claim.altitude is None else views.altitude(claim.altitude),
        altitude_error_m=claim.altitude_error_mm / 1000,
    )


def difference_out(found: Difference) -> out.AccountsDifferOut:
    """One difference, in metres or minutes."""
    is_time = found.kind in (DifferenceKind.TIME, DifferenceKind.WARNED)
    parted = found.parted
    return out.AccountsDifferOut(
        kind=found.kind,
        parties=found.parties,
        accounts=found.accounts,
        members=list(found.members),
        metres=None if parted is None or is_time else _apart(parted, 1000),
        minutes=None if parted is None or not is_time else _apart(parted, MINUTE_US),
        within_errors=found.is_within_errors,
    )


def _apart(parted: Parted, unit: int) -> out.ClaimsApartOut:
    return out.ClaimsApartOut(
        claimed=parted.claimed / unit,
        at_least=parted.at_least / unit,
        at_most=parted.at_most / unit,
    )


def questions_shown_to(incident: Incident, reader: PartyId) -> list[Question]:
    """Questions that the reader asked, was asked, or was shown."""
    return [each for each in incident.questions if reader in each.concerned]


def question_out(question: Question) -> out.QuestionOut:
    """A question, for one whom its asker lets read it."""
    overdue_us = question.overdue_us
    return out.QuestionOut(
        id=question.id,
        asker=question.asker,
        to=question.to,
        urgent=question.urgent,
        state=question.state,
        asks=question.asks,
        due=format_rfc3339(question.due_us),
        overdue=None if overdue_us is None else format_rfc3339(overdue_us),
        shown_to=list(question.shown_to),
        said=[
            out.QuestionSaidOut(
                step=each.step,
                party=each.party,
                words=each.words,
                time=format_rfc3339(each.time_us),
            )
            for each in question.said
        ],
    )


def evidence_shown_to(incident: Incident, reader: PartyId) -> list[Lodged]:
    """Evidence of which the reader may know."""
    return [each for each in incident.evidence if each.is_shown_to(reader)]


def evidence_out(lodged: Lodged, reader: PartyId) -> out.EvidenceOut:
    """Evidence as lodged; of disclosures and checks, what concerns the reader."""
    is_own = lodged.party == reader
    return out.EvidenceOut(
        id=lodged.id,
        party=lodged.party,
        lodged=format_rfc3339(lodged.lodged_us),
        sha256=lodged.lodging.sha256,
        size_bytes=lodged.lodging.size_bytes,
        media_type=lodged.lodging.media_type,
        line=lodged.lodging.line,
        disclosed=[
            out.DisclosedOut(
                parties=list(each.parties), time=format_rfc3339(each.time_us), sealed=each.sealed
            )
            for each in lodged.disclosed
            if is_own or reader in each.parties
        ],
        checked=[
            out.CheckedOut(
                party=each.party, matches=each.matches, time=format_rfc3339(each.time_us)
            )
            for each in lodged.checked
            if reader in (lodged.party, each.party)
        ],
    )


def results_shown_to(incident: Incident, reader: PartyId) -> list[InquiryResult]:
    """Results that the reader transmitted or has to receipt."""
    return [each for each in incident.results if reader in (each.party, *each.to)]


def result_out(result: InquiryResult, reader: PartyId) -> out.ResultOut:
    """A result; of receipts, all to its party, and to another its own."""
    is_own = result.party == reader
    waits = [each for each in result.to if not result.has_receipt_of(each)]
    return out.ResultOut(
        id=result.id,
        party=result.party,
        to=list(result.to),
        words=result.words,
        digest=result.digest,
        sent=format_rfc3339(result.sent_us),
        receipt_by=format_rfc3339(result.receipt_by_us),
        receipts=[
            out.ReceiptedOut(party=each.party, time=format_rfc3339(each.time_us))
            for each in result.receipts
            if is_own or each.party == reader
        ],
        overdue=[each for each in result.overdue if is_own or each == reader],
        open=bool(waits) if is_own else reader in waits,
        document_sha256=result.document_sha256,
        language=result.language,
    )


def _change(body: Any) -> tuple[str, dict[str, Any]]:  # noqa: PLR0911 - one a kind
    """What an event says of an entry: no more than the entry, to the same readers."""
    match body:
        case IncidentOpened():
            return "opened", {"by": body.party, "title": body.title}
        case PartiesNamed():
            return "named", {"by": body.party, "title": body.title}
        case SubjectsNamed():
            return "subjects", {"by": body.party}
        case AccountGiven(account=account):
            return "account", {"by": account.party, "id": account.id}
        case QuestionAsked():
            return "asked", {"by": body.party, "id": body.question}
        case QuestionStepped():
            return body.step.value, {"by": body.party, "id": body.question}
        case QuestionOverdue():
            return "question-overdue", {"id": body.question}
        case EvidenceLodged():
            return "lodged", {"by": body.party, "id": body.evidence}
        case EvidenceDisclosed():
            return "disclosed", {"by": body.party, "id": body.evidence}
        case EvidenceChecked():
            return "checked", {"by": body.party, "id": body.evidence}
        case ResultTransmitted(result=result):
            return "result", {"by": result.party, "id": result.id}
        case ResultReceipted():
            return "receipt", {"by": body.party, "id": body.result}
        case ResultOverdue():
            return "receipt-overdue", {"id": body.result}
        case other:
            raise AssertionError(f"{type(other).__name__} is of no incident")


async def _event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body: Any = event.entry.body
    change, members = _change(body)
    return "incident", out.IncidentEvent(
        incident=body.incident,
        change=change,  # pyright: ignore[reportArgumentType]  # one of the literals, by _change
        position=event.position,
        time=format_rfc3339(event.entry.time_us),
        **members,
    )


async def _told(_desk: Desk, applied: Applied, _party: PartyId) -> out.IncidentTold:
    body: Any = applied.entries[0].body
    _, members = _change(body)
    return out.IncidentTold(
        incident=body.incident,
        id=members.get("id"),
        digest=body.result.digest if isinstance(body, ResultTransmitted) else None,
        position=applied.position,
        time=format_rfc3339(applied.entries[0].time_us),
    )


_SAID: Iterable[type] = (
    IncidentOpened,
    PartiesNamed,
    SubjectsNamed,
    AccountGiven,
    QuestionAsked,
    QuestionStepped,
    EvidenceLodged,
    EvidenceDisclosed,
    EvidenceChecked,
    ResultTransmitted,
    ResultReceipted,
)
ANSWERS: dict[type, Callable[[Desk, Applied, PartyId], Awaitable[Any]]] = dict.fromkeys(
    _SAID, _told
)
"""What a write about incidents is answered with, by the entry that it became."""

VIEWS: dict[type, Callable[[Desk, StreamEvent, PartyId], Awaitable[tuple[str, Any]]]] = (
    dict.fromkeys((*_SAID, QuestionOverdue, ResultOverdue), _event)
)
