"""Incidents over the API: opened, told of by each party in a column of its own, asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from wideberth.faces.api import incidents_seen as seen
from wideberth.faces.api import incidents_told as out
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import Route, encode
from wideberth.faces.api.incidents_proposed import proposed
from wideberth.faces.api.pages import Page, after_cursor
from wideberth.faces.api.problems import HttpProblem
from wideberth.model.commands import Command
from wideberth.model.entries import SegmentRecorded, decode_entry
from wideberth.model.ids import EvidenceId, IncidentId, QuestionId, ResultId
from wideberth.model.incidents import Incident
from wideberth.model.parties import Role
from wideberth.picture.incidents import incident_of
from wideberth.space.time import format_rfc3339
from wideberth.wire import asked
from wideberth.wire import incidents as said

__all__ = ["ROUTES"]


async def open_incident(call: Call) -> Command:
    """An incident."""
    fresh = IncidentId(call.desk.service.context().new_id())
    return said.opening_of(call.body, fresh)


async def name_parties(call: Call) -> Command:
    """Others in it."""
    return said.naming_of(call.body, _name(call))


async def name_subjects(call: Call) -> Command:
    """What it is about."""
    return said.subjects_of(call.body, _name(call))


async def give_account(call: Call) -> Command:
    """The party's own account."""
    return said.account_of(call.body, _name(call))


async def ask(call: Call) -> Command:
    """A question."""
    return said.asking_of(call.body, _name(call))


async def step(call: Call) -> Command:
    """A step with a question."""
    return said.step_of(call.body, _name(call), QuestionId(call.path["question"]))


async def lodge(call: Call) -> Command:
    """A digest of evidence."""
    return said.lodging_of(call.body, _name(call))


async def disclose(call: Call) -> Command:
    """To whom it was disclosed."""
    return said.disclosure_of(call.body, _name(call), EvidenceId(call.path["evidence"]))


async def check(call: Call) -> Command:
    """What a recipient found."""
    return said.check_of(call.body, _name(call), EvidenceId(call.path["evidence"]))


async def transmit(call: Call) -> Command:
    """The result of an inquiry."""
    return said.result_of(call.body, _name(call))


async def receipt(call: Call) -> Command:
    """That it came."""
    return said.receipt_of(call.body, _name(call), ResultId(call.path["result"]))


async def list_incidents(call: Call) -> out.IncidentsPage:
    """Incidents in which the reader is named, by id."""
    query: asked.PageQuery = call.query
    incidents, party = call.picture.incidents, call.party
    own = sorted(
        name
        for name in list(incidents)
        if incidents[name].member(party) is not None
        and (query.cursor is None or name > query.cursor)
    )
    page = Page().take_all(own[: query.limit], lambda name: encode(seen.head_out(incidents[name])))
    return out.IncidentsPage(
        incidents=page.things, next=own[len(page) - 1] if len(own) > len(page) else None
    )


async def get_incident(call: Call) -> out.IncidentOut:
    """One of them, column by column."""
    return seen.incident_out(_found(call), call.party)


async def list_accounts(call: Call) -> out.AccountsPage:
    """Versions of accounts."""
    query: said.AccountsQuery = call.query
    shown = [
        each
        for each in seen.accounts_numbered(_found(call), call.party)
        if query.party in (None, each.party)
    ]
    things, after = _paged(call, shown, seen.numbered_out)
    return out.AccountsPage(accounts=things, next=after)


async def list_questions(call: Call) -> out.QuestionsPage:
    """Questions that are shown to the reader."""
    shown = seen.questions_shown_to(_found(call), call.party)
    things, after = _paged(call, shown, seen.question_out)
    return out.QuestionsPage(questions=things, next=after)


async def list_evidence(call: Call) -> out.EvidencePage:
    """Evidence of which the reader may know."""
    shown = seen.evidence_shown_to(_found(call), call.party)
    things, after = _paged(call, shown, lambda each: seen.evidence_out(each, call.party))
    return out.EvidencePage(evidence=things, next=after)


async def list_results(call: Call) -> out.ResultsPage:
    """Results transmitted by the reader or to it."""
    shown = seen.results_shown_to(_found(call), call.party)
    things, after = _paged(call, shown, lambda each: seen.result_out(each, call.party))
    return out.ResultsPage(results=things, next=after)


async def list_segments(call: Call) -> out.SegmentsPage:
    """Files of kept positions of the reader's own feeds, as its entries name them."""
    query: asked.PageQuery = call.query
    incident, keeping = _found(call), call.desk.live.keeping
    if keeping is None:
        return out.SegmentsPage(segments=[], next=None, kept=False)
    # The window is closed.
    found = await keeping.segments(incident.start_us, incident.end_us + 1, call.party)
    rest = after_cursor(found, query.cursor, itemgetter(0))
    page = rest[: query.limit]
    told = [await _cited(call, feed, entry) for _, feed, entry in page]
    return out.SegmentsPage(
        segments=[each for each in told if each is not None],
        next=page[-1][0] if len(rest) > len(page) else None,
        kept=True,
    )


async def _cited(call: Call, feed: str, position: int) -> out.SegmentCitedOut | None:
    """A segment as its entry has it; None where the entry was erased."""
    for row in await call.desk.service.rows(position, 1):
        if row.position == position and row.erased_by is None:
            body = decode_entry(row.envelope, position=position).body
            assert isinstance(body, SegmentRecorded), "an entry that names a segment"
            return out.SegmentCitedOut(
                segment=body.name,
                feed=feed,
                start=format_rfc3339(body.start_us),
                end=format_rfc3339(body.end_us),
                positions=body.fixes,
                sha256=body.sha256,
                entry=position,
            )
    return None


def _name(call: Call) -> IncidentId:
    return IncidentId(call.path["incident"])


def _found(call: Call) -> Incident:
    found = incident_of(call.picture, _name(call), call.party)
    if found is None:
        raise HttpProblem(
            404, "no-such-incident", "no incident of this id names your party", field="incident"
        )
    return found


def _paged(
    call: Call, shown: Sequence[Any], make: Callable[[Any], Any]
) -> tuple[list[Any], str | None]:
    """A page of what is shown to the reader; its cursor is the id of the last of the one before.
    Only what is on the page is made.
    """
    query: asked.PageQuery = call.query
    rest = after_cursor(shown, query.cursor, lambda each: each.id)
    page = Page().take_all(map(make, rest[: query.limit]), encode)
    return page.things, rest[len(page) - 1].id if len(rest) > len(page) else None


_INCIDENT: tuple[tuple[str, type], ...] = (("incident", str),)
_EVIDENCE: tuple[tuple[str, type], ...] = (*_INCIDENT, ("evidence", str))


def _write(
    path: str,
    handler: Callable[[Call], Any],
    summary: str,
    command: str,
    body: Any,
    *,
    also: tuple[tuple[str, type], ...] = _INCIDENT,
    status: int = 200,
) -> Route:
    return Route(
        "POST",
        path,
        handler,
        summary,
        out.IncidentTold,
        kind="write",
        status=status,
        body=body,
        command=command,
        also=also,
    )


def _read(
    path: str,
    handler: Callable[[Call], Any],
    summary: str,
    answer: type,
    query: Any = asked.PageQuery,
) -> Route:
    return Route("GET", path, handler, summary, answer, query=query, role=Role.WATCH)


ROUTES: tuple[Route, ...] = (
    _write(
        "/incidents",
        open_incident,
        "Open an incident; those named in it learn of it, and nobody else",
        "OpenIncident",
        said.OpenIncidentIn,
        also=(),
        status=201,
    ),
    _read(
        "/incidents",
        list_incidents,
        "Incidents in which you are named",
        out.IncidentsPage,
    ),
    _read(
        "/incidents/proposed",
        proposed,
        "Of what on your stream an incident could be opened; none is by itself",
        out.ProposedPage,
        said.ProposedQuery,
    ),
    _read(
        "/incidents/{incident}",
        get_incident,
        "An incident: a column for each party and observer, and where they differ",
        out.IncidentOut,
        asked.Nothing,
    ),
    _write(
        "/incidents/{incident}/parties",
        name_parties,
        "Name others in it, or make a party of an observer",
        "NameParties",
        said.NamePartiesIn,
    ),
    _write(
        "/incidents/{incident}/subjects",
        name_subjects,
        "Say which objects it is about; read by you alone",
        "NameSubjects",
        said.NameSubjectsIn,
    ),
    _write(
        "/incidents/{incident}/accounts",
        give_account,
        "Give your account, or correct it, for whom you decide; signed",
        "GiveAccount",
        said.AccountIn,
        status=201,
    ),
    _read(
        "/incidents/{incident}/accounts",
        list_accounts,
        "All versions of accounts that are shown to you",
        out.AccountsPage,
        said.AccountsQuery,
    ),
    _write(
        "/incidents/{incident}/questions",
        ask,
        "Ask another a question",
        "AskQuestion",
        said.AskQuestionIn,
        status=201,
    ),
    _read(
        "/incidents/{incident}/questions",
        list_questions,
        "Questions that are shown to you",
        out.QuestionsPage,
    ),
    _write(
        "/incidents/{incident}/questions/{question}/steps",
        step,
        "Answer a question (signed), ask again, or call a meeting",
        "StepQuestion",
        said.StepQuestionIn,
        also=(*_INCIDENT, ("question", str)),
    ),
    _write(
        "/incidents/{incident}/evidence",
        lodge,
        "Lodge the digest of evidence; signed",
        "LodgeEvidence",
        said.LodgeEvidenceIn,
        status=201,
    ),
    _read(
        "/incidents/{incident}/segments",
        list_segments,
        "Files of positions that were kept of your own feeds in its window, and their digests",
        out.SegmentsPage,
    ),
    _read(
        "/incidents/{incident}/evidence",
        list_evidence,
        "Evidence of which you may know",
        out.EvidencePage,
    ),
    _write(
        "/incidents/{incident}/evidence/{evidence}/disclosures",
        disclose,
        "Say to whom you disclosed it, and by which sealed text; signed",
        "DiscloseEvidence",
        said.DiscloseEvidenceIn,
        also=_EVIDENCE,
    ),
    _write(
        "/incidents/{incident}/evidence/{evidence}/checks",
        check,
        "Say whether what you were given has the digest that was lodged; signed",
        "CheckEvidence",
        said.CheckEvidenceIn,
        also=_EVIDENCE,
    ),
    _write(
        "/incidents/{incident}/results",
        transmit,
        "Transmit the result of your inquiry; signed",
        "TransmitResult",
        said.InquiryResultIn,
        status=201,
    ),
    _read(
        "/incidents/{incident}/results",
        list_results,
        "Results transmitted by you or to you",
        out.ResultsPage,
    ),
    _write(
        "/incidents/{incident}/results/{result}/receipt",
        receipt,
        "Receipt a result, by its digest; signed",
        "ReceiptResult",
        said.ReceiptResultIn,
        also=(*_INCIDENT, ("result", str)),
    ),
)
