"""Agreements, requests under them and red lines as their reader may see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wideberth.decisions.agreements import wanted_sheets
from wideberth.decisions.redlines import Approach, TrackApproach, approaches, crossed_by
from wideberth.faces.api import agreements_told as out
from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Desk
from wideberth.model.agreements import (
    Agreement,
    AgreementDrafted,
    AgreementMoment,
    AgreementProposed,
    AgreementState,
    AgreementStepped,
    Draft,
    ProvisionChange,
    canonical_text,
)
from wideberth.model.consents import NO_ANSWER_IS_NOT_CONSENT, Asked, ConsentAnswered, ConsentAsked
from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.model.provisions import StopRight
from wideberth.model.redlines import RedLine, RedLineRemoved, RedLineSet
from wideberth.picture.picture import Picture
from wideberth.service import Applied, StreamEvent
from wideberth.space.time import format_rfc3339

__all__ = [
    "ANSWERS",
    "EVENTS",
    "VIEWS",
    "agreement_seen",
    "approach_seen",
    "approaches_seen",
    "consent_seen",
    "draft_seen",
    "red_line_seen",
    "track_approach_seen",
]


def agreement_seen(agreement: Agreement, *, whole: bool) -> out.AgreementOut:
    """A version for whom it concerns. whole: with its text, and where it holds."""
    terms, suspension = agreement.terms, agreement.suspension
    wanted = wanted_sheets(agreement)
    if agreement.state is not AgreementState.PROPOSED:
        wanted.clear()
    more: dict[str, Any] = {}
    if whole:
        more = {
            "terms": terms,
            "text": canonical_text(agreement.id, agreement.version, terms).decode(),
            "areas": [
                out.AreaOut(
                    rule=area.id,
                    provision=area.provision,
                    bound=list(area.bound),
                    volumes=[views.volume(each) for each in area.volumes],
                )
                for area in agreement.areas
            ],
        }
    return out.AgreementOut(
        agreement=agreement.id,
        version=agreement.version,
        state=agreement.state,
        kind=terms.kind,
        title=terms.title,
        party=agreement.party,
        parties=list(terms.parties),
        digest=agreement.digest,
        effective=format_rfc3339(terms.effective_us),
        expires=format_rfc3339(terms.expires_us),
        proposed=format_rfc3339(agreement.proposed_us),
        answer_by=format_rfc3339(agreement.answer_by_us),
        neutral=terms.neutral,
        replaces=agreement.replaces,
        changes=_changes(agreement.changes),
        accepted=[
            out.AcceptedOut(party=party, provisions=list(names))
            for party, names in agreement.accepted
        ],
        signatures=[
            out.SignatureOut(
                party=each.party,
                digest=each.digest,
                time=format_rfc3339(each.time_us),
                sheet=each.sheet,
            )
            for each in agreement.signatures
        ],
        unsigned=[
            out.WantedOut(party=party, sheet=sheet)
            for party, sheet in sorted(wanted, key=lambda each: (each[0], each[1] or ""))
        ],
        suspension=None
        if suspension is None
        else out.SuspensionOut(
            by=suspension.by,
            since=format_rfc3339(suspension.since_us),
            reason=suspension.reason,
            provisions=list(suspension.provisions),
            stop_usable=not any(
                isinstance(each, StopRight) and each.excluded for each in terms.provisions
            ),
        ),
        conditions=[
            out.ConditionOut(
                provision=each.provision,
                by=each.by,
                since=format_rfc3339(each.since_us),
                due=format_rfc3339(each.due_us),
                met=list(each.met),
                failed=list(each.failed),
            )
            for each in agreement.conditions
        ],
        closed_by=agreement.closed_by,
        closed=format_rfc3339(agreement.closed_us) if agreement.closed_us else None,
        reason=agreement.reason,
        **more,
    )


def draft_seen(draft: Draft) -> out.DraftOut:
    """A draft for its own party."""
    return out.DraftOut(agreement=draft.agreement, revision=draft.revision, terms=draft.terms)


def consent_seen(asked: Asked, now_us: int) -> out.ConsentOut:
    """What was asked, for whom it concerns. What nobody answered is not answered, however late."""
    waits = asked.verdict is None
    return out.ConsentOut(
        id=asked.id,
        agreement=asked.agreement,
        version=asked.version,
        provision=asked.provision,
        party=asked.party,
        words=asked.words,
        asked=format_rfc3339(asked.asked_us),
        entitled=list(asked.entitled),
        answer_by=format_rfc3339(asked.answer_by_us) if asked.answer_by_us else None,
        overdue=waits and 0 < asked.answer_by_us < now_us,
        intent=asked.intent,
        verdict=asked.verdict,
        by=asked.by,
        answered=None if waits else format_rfc3339(asked.answered_us),
        reason=asked.reason,
        sentence=NO_ANSWER_IS_NOT_CONSENT if waits else None,
    )


def red_line_seen(line: RedLine) -> out.RedLineOut:
    """A red line for its owner."""
    return out.RedLineOut(
        id=line.id,
        name=line.name,
        volumes=[views.volume(each) for each in line.volumes],
        kinds=[each.value for each in line.kinds],
        least_lead_s=line.least_lead_s,
        least_distance_m=line.least_distance_m,
        longest_s=line.longest_s,
    )


def approach_seen(found: Approach) -> out.ApproachOut:
    """What comes up to a red line, for its owner."""
    about = views.object_ref(found.about)
    assert about is not None, "it is about something"
    return out.ApproachOut(
        red_line=found.red_line.id, about=about, party=found.party, why=found.why
    )


def track_approach_seen(found: TrackApproach) -> out.ApproachOut:
    """A track within a red line, for its owner."""
    return out.ApproachOut(
        red_line=found.red_line.id,
        party=found.track.party,
        why=found.why,
        track=found.track.track,
        feed_party=found.track.feed_party,
    )


def approaches_seen(picture: Picture, owner: PartyId) -> list[out.ApproachOut]:
    """All that comes up to the owner's red lines now."""
    return [approach_seen(each) for each in approaches(picture, owner)]


def _changes(changes: Iterable[ProvisionChange]) -> list[out.ProvisionChangeOut]:
    return [
        out.ProvisionChangeOut(
            id=each.id,
            change=each.change,  # pyright: ignore[reportArgumentType]  # one of the three
            fields=views.changes(each.fields),
        )
        for each in changes
    ]


def _at(applied: Applied) -> dict[str, Any]:
    return {"position": applied.position, "time": format_rfc3339(applied.entries[0].time_us)}


async def _proposed(_desk: Desk, applied: Applied, _party: PartyId) -> out.AgreementTold:
    body = applied.entries[0].body
    assert isinstance(body, AgreementProposed)
    return out.AgreementTold(
        agreement=body.agreement,
        version=body.version,
        digest=body.digest,
        text=canonical_text(body.agreement, body.version, body.terms).decode(),
        changes=_changes(body.changes),
        **_at(applied),
    )


async def _stepped(_desk: Desk, applied: Applied, _party: PartyId) -> out.AgreementActed:
    body = applied.entries[0].body
    assert isinstance(body, AgreementStepped)
    state = body.state
    for entry in applied.entries[1:]:
        if isinstance(entry.body, AgreementMoment):
            state = entry.body.state
    return out.AgreementActed(
        agreement=body.agreement,
        version=body.version,
        act=body.act,
        state=state,
        provisions=list(body.provisions),
        **_at(applied),
    )


async def _drafted(_desk: Desk, applied: Applied, _party: PartyId) -> out.DraftTold:
    body = applied.entries[0].body
    assert isinstance(body, AgreementDrafted)
    return out.DraftTold(draft=draft_seen(body.draft), **_at(applied))


async def _asked(_desk: Desk, applied: Applied, _party: PartyId) -> out.ConsentTold:
    body = applied.entries[0].body
    assert isinstance(body, ConsentAsked)
    return out.ConsentTold(consent=consent_seen(body.asked, body.asked.asked_us), **_at(applied))


async def _answered(_desk: Desk, applied: Applied, _party: PartyId) -> out.ConsentAnsweredOut:
    body = applied.entries[0].body
    assert isinstance(body, ConsentAnswered)
    return out.ConsentAnsweredOut(consent=body.consent, verdict=body.verdict, **_at(applied))


async def _red_line_set(_desk: Desk, applied: Applied, _party: PartyId) -> out.RedLineTold:
    body = applied.entries[0].body
    assert isinstance(body, RedLineSet)
    return out.RedLineTold(red_line=red_line_seen(body.red_line), **_at(applied))


async def _red_line_removed(_desk: Desk, applied: Applied, _party: PartyId) -> told.Withdrawn:
    body = applied.entries[0].body
    assert isinstance(body, RedLineRemoved)
    return told.Withdrawn(id=body.red_line, **_at(applied))


ANSWERS = {
    AgreementProposed: _proposed,
    AgreementStepped: _stepped,
    AgreementDrafted: _drafted,
    ConsentAsked: _asked,
    ConsentAnswered: _answered,
    RedLineSet: _red_line_set,
    RedLineRemoved: _red_line_removed,
}
"""What a write is answered with, by its entry."""


def _where(event: StreamEvent) -> dict[str, Any]:
    return {"position": event.position, "time": format_rfc3339(event.entry.time_us)}


async def _agreement_event(desk: Desk, event: StreamEvent, party: PartyId) -> tuple[str, Any]:
    entry: Entry = event.entry
    match entry.body:
        case AgreementProposed() as body:
            return "agreement", out.AgreementEvent(
                agreement=body.agreement,
                version=body.version,
                change="proposed",
                state=AgreementState.PROPOSED,
                party=body.party,
                digest=body.digest,
                replaces=body.replaces,
                changes=_changes(body.changes),
                red_lines=_own_lines_crossed(desk.picture, body, party),
                **_where(event),
            )
        case AgreementStepped() as body:
            return "agreement", out.AgreementEvent(
                agreement=body.agreement,
                version=body.version,
                change=body.act.value,
                state=body.state,
                party=body.party,
                digest=body.digest,
                provisions=list(body.provisions),
                reason=body.reason,
                **_where(event),
            )
        case AgreementMoment() as body:
            return "agreement", out.AgreementEvent(
                agreement=body.agreement,
                version=body.version,
                change=body.moment.value,
                state=body.state,
                replaces=body.supersedes,
                provisions=[] if body.provision is None else [body.provision],
                failed=list(body.failed),
                **_where(event),
            )
        case other:
            raise AssertionError(f"no event of an agreement: {type(other).__name__}")


def _own_lines_crossed(
    picture: Picture, body: AgreementProposed, party: PartyId
) -> list[out.ApproachOut]:
    if body.party == party:
        return []
    lines = [picture.red_lines[each] for each in picture.red_lines if each[0] == party]
    standing = picture.agreements.get((body.agreement, body.version))
    if not lines or standing is None:
        return []
    return [approach_seen(each) for each in crossed_by(picture, standing, lines)]


async def _draft_event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    assert isinstance(body, AgreementDrafted)
    return "draft", out.DraftEvent(draft=draft_seen(body.draft), **_where(event))


async def _consent_event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    if isinstance(body, ConsentAsked):
        asked = consent_seen(body.asked, body.asked.asked_us)
        return "consent", out.ConsentEvent(consent=asked.id, asked=asked, **_where(event))
    assert isinstance(body, ConsentAnswered)
    return "consent", out.ConsentEvent(
        consent=body.consent,
        verdict=body.verdict,
        by=body.party,
        reason=body.reason,
        **_where(event),
    )


async def _red_line_event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    body = event.entry.body
    if isinstance(body, RedLineSet):
        return "red-line", out.RedLineEvent(
            red_line=body.red_line.id, change="set", **_where(event)
        )
    assert isinstance(body, RedLineRemoved)
    return "red-line", out.RedLineEvent(red_line=body.red_line, change="removed", **_where(event))


VIEWS = {
    AgreementProposed: _agreement_event,
    AgreementStepped: _agreement_event,
    AgreementMoment: _agreement_event,
    AgreementDrafted: _draft_event,
    ConsentAsked: _consent_event,
    ConsentAnswered: _consent_event,
    RedLineSet: _red_line_event,
    RedLineRemoved: _red_line_event,
}
"""What a stream says, by its entry."""

EVENTS: dict[str, type] = {
    "agreement": out.AgreementEvent,
    "draft": out.DraftEvent,
    "consent": out.ConsentEvent,
    "red-line": out.RedLineEvent,
}
