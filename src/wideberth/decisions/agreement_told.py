"""Telling the parties of an agreement that it changed: a notice each, followed like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wideberth.decisions.outcome import Context
from wideberth.model.agreements import Agreement
from wideberth.model.entries import Body, NoticeIssued
from wideberth.model.ids import NoticeId, PartyId, UnitToken
from wideberth.model.notices import Clash, Notice, ObjectRef, ObjectType, Reliance, Urgency
from wideberth.model.provisions import Distribution
from wideberth.picture.picture import Picture

__all__ = ["MAX_CLASHES", "agreement_ref", "announce", "units_of"]

MAX_CLASHES = 500
"""So many clashes are named in one notice; it says how many more there are."""


def agreement_ref(agreement: Agreement) -> ObjectRef:
    """This version of the agreement."""
    return ObjectRef(ObjectType.AGREEMENT, agreement.id, agreement.version)


def units_of(picture: Picture, party: PartyId, under: Iterable[Reliance]) -> tuple[UnitToken, ...]:
    """The units of a party that must have what is told under these agreements (D-04): its own list
    and what was agreed, each once.
    """
    known = picture.parties.get(party)
    units = dict.fromkeys(known.units if known is not None else ())
    for reliance in under:
        agreement = picture.agreements.get((reliance.agreement, reliance.version))
        for provision in agreement.terms.provisions if agreement is not None else ():
            if isinstance(provision, Distribution) and provision.party == party:
                units.update(dict.fromkeys(provision.units))
    return tuple(units)


def announce(
    picture: Picture,
    context: Context,
    agreement: Agreement,
    *,
    by: PartyId | None,
    urgency: Urgency = Urgency.ROUTINE,
    withdrawal: bool = False,
    clashes: Mapping[PartyId, Sequence[Clash]] | None = None,
) -> list[Body]:
    """A notice of what became of a version to everybody whom it concerns, but to who did it.

    clashes: by party, what stands where the agreement says not to.
    """
    under = (Reliance(agreement.id, agreement.version),)
    reference = agreement_ref(agreement)
    issued: list[Body] = []
    for recipient in agreement.terms.concerned:
        if recipient == by or recipient not in picture.parties:
            continue
        met = (clashes or {}).get(recipient, ())
        issued.append(
            NoticeIssued(
                Notice(
                    id=NoticeId(context.new_id()),
                    number=(picture.notice_counts.get(recipient) or 0) + 1,
                    recipient=recipient,
                    sender=by,
                    urgency=urgency,
                    issued_us=context.now_us,
                    subject=reference,
                    clashes=tuple(met[:MAX_CLASHES]),
                    more_clashes=max(0, len(met) - MAX_CLASHES),
                    units=units_of(picture, recipient, under),
                    withdrawal=withdrawal,
                    under=under,
                    salt=context.new_id(),
                )
            )
        )
    return issued
