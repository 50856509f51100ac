"""Which time of an agreement is reached next: it lapses, comes into force, is about to expire,
expires, a duty by a declared condition is overdue, or something is to be public, or no longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wideberth.model.agreements import REMINDERS_US, Agreement, AgreementState, Moment
from wideberth.model.deadlines import Due
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.provisions import Condition, Publish
from wideberth.picture.picture import Picture

__all__ = [
    "REMINDERS",
    "Coming",
    "agreement_due",
    "coming",
    "mark_of",
    "owing",
    "subject_of",
    "version_of",
]

_S = AgreementState
REMINDERS = (Moment.REMINDER_14, Moment.REMINDER_7, Moment.REMINDER_1)


class Coming(NamedTuple):
    """A time to be reached. provision: the declared condition, for an overdue duty, or what is to
    be public, or no longer.
    """

    due_us: int
    moment: Moment
    provision: str | None = None


def subject_of(agreement: Agreement) -> str:
    """What a version's deadlines are of."""
    return f"{agreement.id}/{agreement.version}"


def version_of(picture: Picture, subject: str) -> Agreement | None:
    """The version that deadlines of this subject are of."""
    name, _, version = subject.partition("/")
    return picture.agreements.get((AgreementId(name), int(version)))


def agreement_due(picture: Picture, subject: str) -> Due | None:
    """The deadline of a version that stands: the first that comes. step: how many there were."""
    agreement = version_of(picture, subject)
    following = None if agreement is None else coming(agreement)
    if agreement is None or following is None:
        return None
    failed = sum(1 for each in agreement.conditions if each.failed)
    return Due(len(agreement.reached) + failed, following.due_us)


def coming(agreement: Agreement) -> Coming | None:
    """What is reached next of a version as it stands; None: nothing."""
    return min(_all(agreement), key=lambda each: each.due_us, default=None)


def _all(agreement: Agreement) -> Iterator[Coming]:
    terms = agreement.terms
    if agreement.state is _S.PROPOSED:
        yield Coming(agreement.answer_by_us, Moment.LAPSE)
    elif agreement.state is _S.SIGNED:
        yield Coming(terms.effective_us, Moment.EFFECTIVE)
    elif agreement.state in (_S.IN_FORCE, _S.SUSPENDED):
        for before_us, moment in zip(REMINDERS_US, REMINDERS, strict=True):
            due_us = terms.expires_us - before_us
            # Of a term that is shorter than that, nobody has to be reminded so early.
            if moment.value not in agreement.reached and due_us >= terms.effective_us:
                yield Coming(due_us, moment)
        for declared in agreement.conditions:
            if not declared.failed and owing(agreement, declared.provision):
                yield Coming(declared.due_us, Moment.CONDITION, declared.provision)
        for provision in terms.provisions:
            if isinstance(provision, Publish):
                yield from _published(agreement, provision)
        yield Coming(terms.expires_us, Moment.EXPIRY)


def _published(agreement: Agreement, provision: Publish) -> Iterator[Coming]:
    """When it begins and ceases to be public, where the agreement itself does not."""
    terms = agreement.terms
    for due_us, moment in (
        (provision.from_us, Moment.PUBLISH),
        (provision.until_us, Moment.UNPUBLISH),
    ):
        if due_us is None or not terms.effective_us < due_us < terms.expires_us:
            continue
        if mark_of(moment, provision.id) not in agreement.reached:
            yield Coming(due_us, moment, provision.id)


def mark_of(moment: Moment, provision: str | None) -> str:
    """How a version keeps that a time was reached."""
    return moment.value if provision is None else f"{moment.value}/{provision}"


def owing(agreement: Agreement, name: str) -> tuple[PartyId, ...]:
    """Who has a duty by a declared condition and has not reported that it met it."""
    provision = next(
        (
            each
            for each in agreement.terms.provisions
            if isinstance(each, Condition) and each.id == name
        ),
        None,
    )
    declared = next((each for each in agreement.conditions if each.provision == name), None)
    if provision is None or declared is None:
        return ()
    return tuple(party for party in provision.parties if party not in declared.met)
