"""Folding what the record says of agreements, of what was asked under them, and of red lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from wideberth.model.agreements import (
    Act,
    Agreement,
    AgreementDrafted,
    AgreementMoment,
    AgreementProposed,
    AgreementState,
    AgreementStepped,
    DeclaredCondition,
    Moment,
    Signature,
    Suspension,
)
from wideberth.model.consents import ConsentAnswered, ConsentAsked
from wideberth.model.counting import CountContested
from wideberth.model.deadlines import DeadlineKind
from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.model.provisions import Acknowledging, Condition
from wideberth.model.redlines import RedLineRemoved, RedLineSet
from wideberth.picture.agreement_times import agreement_due, mark_of, subject_of
from wideberth.picture.calls import follow_calls
from wideberth.picture.drills import follow_drills
from wideberth.picture.ladders import escalation_due
from wideberth.picture.limits import follow_limits
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US, SECOND_US

__all__ = ["FOLDS", "SETTLED_LIFE_US", "apply", "fold_agreements", "leaves_us"]

SETTLED_LIFE_US = 120 * DAY_US
"""How long a version that nothing can change any more stays in the picture."""


def leaves_us(agreement: Agreement) -> int:
    """When a version leaves the picture; it has to be settled by then."""
    return max(agreement.terms.expires_us, agreement.answer_by_us) + SETTLED_LIFE_US


def apply(picture: Picture, agreement: Agreement, before: Agreement | None) -> None:
    """Let a version stand as it is now, and what it says be enforced or not."""
    picture.agreements[agreement.id, agreement.version] = agreement
    picture.file_agreed(agreement, before)
    if agreement.is_applied or (before is not None and before.is_applied):
        follow_calls(picture, agreement)
        follow_drills(picture, agreement)
        _climb_anew(picture, agreement)
    follow_limits(picture, agreement)
    subject = subject_of(agreement)
    picture.note_due(DeadlineKind.AGREEMENT, subject, agreement_due(picture, subject))


def fold_agreements(picture: Picture, entry: Entry) -> None:
    """Fold only what an entry says of agreements: enough to know who may read which others."""
    picture.time_us = entry.time_us
    making = FOLDS.get(type(entry.body))
    if making is not None:
        making(picture, entry.body, entry, picture.size)


def _climb_anew(picture: Picture, agreement: Agreement) -> None:
    """Another ladder may hold for the open notices of these parties: one that is due sooner is
    looked for now, one that is due later when its time would have come.
    """
    terms = agreement.terms
    if picture.due is None or not any(isinstance(each, Acknowledging) for each in terms.provisions):
        return
    for party in terms.parties:
        for standing in picture.notices_to(party):
            notice = standing.notice.id
            picture.note_due(DeadlineKind.ESCALATION, notice, escalation_due(picture, notice))


def _drafted(picture: Picture, body: AgreementDrafted, _entry: Entry, position: int) -> None:
    draft = body.draft
    picture.drafts[draft.party, draft.agreement] = draft
    _note(picture, draft.agreement, (draft.party,), position)


def _proposed(picture: Picture, body: AgreementProposed, entry: Entry, position: int) -> None:
    agreement = Agreement(
        id=body.agreement,
        version=body.version,
        party=body.party,
        terms=body.terms,
        digest=body.digest,
        proposed_us=entry.time_us,
        answer_by_us=body.answer_by_us,
        replaces=body.replaces,
        changes=body.changes,
    )
    apply(picture, agreement, None)
    picture.expire_at(leaves_us(agreement), "agreement", f"{agreement.id}/{agreement.version}")
    picture.drafts.pop((body.party, body.agreement), None)
    concerned = body.terms.concerned
    replaced = picture.agreements.get((body.agreement, body.replaces))
    if replaced is not None:
        if replaced.state is AgreementState.PROPOSED:
            countered = msgspec.structs.replace(replaced, state=AgreementState.COUNTERED)
            apply(picture, countered, replaced)
        concerned = tuple(dict.fromkeys((*concerned, *replaced.terms.concerned)))
    _note(picture, body.agreement, concerned, position)


def _stepped(picture: Picture, body: AgreementStepped, entry: Entry, position: int) -> None:
    _note(picture, body.agreement, body.concerned, position)
    before = picture.agreements.get((body.agreement, body.version))
    if before is not None:
        apply(picture, _after(before, body, entry.time_us), before)


def _after(before: Agreement, body: AgreementStepped, time_us: int) -> Agreement:
    replace = msgspec.structs.replace
    after = replace(before, state=body.state)
    match body.act:
        case Act.ACCEPT:
            known = dict(before.accepted)
            named = (*known.get(body.party, ()), *body.provisions)
            known[body.party] = tuple(dict.fromkeys(named))
            return replace(after, accepted=tuple(sorted(known.items())))
        case Act.SIGN:
            signature = Signature(body.party, body.digest or "", time_us, body.sheet)
            return replace(after, signatures=(*before.signatures, signature))
        case Act.SUSPEND:
            suspension = Suspension(body.party, time_us, body.reason, body.provisions)
            return replace(after, suspension=suspension)
        case Act.RESUME:
            return replace(after, suspension=None)
        case Act.DECLINE | Act.END:
            return replace(after, closed_by=body.party, closed_us=time_us, reason=body.reason)
        case Act.DECLARE_CONDITION:
            return replace(after, conditions=(*before.conditions, _declared(before, body, time_us)))
        case Act.LIFT_CONDITION:
            left = (each for each in before.conditions if each.provision not in body.provisions)
            return replace(after, conditions=tuple(left))
        case Act.REPORT_MET:
            met = tuple(
                replace(each, met=(*each.met, body.party))
                if each.provision in body.provisions
                else each
                for each in before.conditions
            )
            return replace(after, conditions=met)


def _declared(before: Agreement, body: AgreementStepped, time_us: int) -> DeclaredCondition:
    named = body.provisions[0]
    within_s = next(
        each.within_s
        for each in before.terms.provisions
        if isinstance(each, Condition) and each.id == named
    )
    return DeclaredCondition(named, body.party, time_us, time_us + within_s * SECOND_US)


def _moment(picture: Picture, body: AgreementMoment, entry: Entry, position: int) -> None:
    _note(picture, body.agreement, body.concerned, position)
    before = picture.agreements.get((body.agreement, body.version))
    if before is None:
        return
    replace = msgspec.structs.replace
    after = replace(before, state=body.state)
    if body.moment is Moment.CONDITION:
        failed = tuple(
            replace(each, failed=body.failed) if each.provision == body.provision else each
            for each in before.conditions
        )
        after = replace(after, conditions=failed)
    else:
        mark = mark_of(body.moment, body.provision)
        after = replace(after, reached=(*before.reached, mark))
    if body.moment is Moment.EFFECTIVE:
        after = replace(after, areas=body.areas)
    elif body.moment in (Moment.EXPIRY, Moment.LAPSE):
        after = replace(after, closed_us=entry.time_us)
    for version in (body.supersedes, *body.supersedes_too):
        superseded = picture.agreements.get((body.agreement, version))
        if superseded is not None:
            gone = replace(superseded, state=AgreementState.SUPERSEDED, closed_us=entry.time_us)
            apply(picture, gone, superseded)
    apply(picture, after, before)


def _asked(picture: Picture, body: ConsentAsked, _entry: Entry, position: int) -> None:
    asked = body.asked
    picture.consents[asked.id] = asked
    picture.expire_at(asked.asked_us + SETTLED_LIFE_US, "consent", asked.id)
    _note(picture, asked.id, asked.concerned, position)


def _answered(picture: Picture, body: ConsentAnswered, entry: Entry, position: int) -> None:
    asked = picture.consents.get(body.consent)
    if asked is not None:
        picture.consents[body.consent] = msgspec.structs.replace(
            asked,
            verdict=body.verdict,
            by=body.party,
            answered_us=entry.time_us,
            reason=body.reason,
        )
    _note(picture, body.consent, body.concerned, position)


def _red_line_set(picture: Picture, body: RedLineSet, _entry: Entry, position: int) -> None:
    line = body.red_line
    picture.red_lines[line.party, line.id] = line
    _note(picture, line.id, (line.party,), position)


def _red_line_removed(picture: Picture, body: RedLineRemoved, _entry: Entry, position: int) -> None:
    picture.red_lines.pop((body.party, body.red_line), None)
    _note(picture, body.red_line, (body.party,), position)


def _contested(picture: Picture, body: CountContested, _entry: Entry, position: int) -> None:
    _note(picture, body.agreement, body.concerned, position)


def _note(picture: Picture, object_id: str, parties: Iterable[PartyId], position: int) -> None:
    if picture.history is not None:
        picture.history.note_object(object_id, position)
        for party in parties:
            picture.history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    AgreementDrafted: _drafted,
    AgreementProposed: _proposed,
    AgreementStepped: _stepped,
    AgreementMoment: _moment,
    ConsentAsked: _asked,
    ConsentAnswered: _answered,
    RedLineSet: _red_line_set,
    RedLineRemoved: _red_line_removed,
    CountContested: _contested,
}
