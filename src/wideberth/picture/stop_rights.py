"""What agreements say of STOPs between their parties: to which units one goes at the same time
(L-02), and whether a convoy or a post tells one directly (L-04).

They hold while the agreement is in force, and while it is suspended too, unless it says that a
suspension takes the STOP with it (D-11).
"""

from __future__ import annotations

from collections.abc import Iterator

from wideberth.model.agreements import Agreement, AgreementState
from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.provisions import Distribution, StopRight
from wideberth.picture.picture import Picture

__all__ = ["tells_directly", "units_told"]


def units_told(picture: Picture, sender: PartyId) -> dict[PartyId, tuple[UnitToken, ...]]:
    """By receiver: the units that a STOP of the sender goes to at once, by what the two agreed."""
    found: dict[PartyId, dict[UnitToken, None]] = {}
    for agreement, right in _rights(picture, sender):
        if not right.to_units:
            continue
        for each in agreement.terms.provisions:
            if isinstance(each, Distribution) and each.party != sender:
                found.setdefault(each.party, {}).update(dict.fromkeys(each.units))
    return {party: tuple(found[party]) for party in sorted(found)}


def tells_directly(picture: Picture, sender: PartyId, reader: PartyId) -> bool:
    """Whether a unit of the sender's may tell the reader a STOP itself, by what they agreed."""
    return any(
        right.from_units and reader in agreement.terms.parties
        for agreement, right in _rights(picture, sender)
    )


def _rights(picture: Picture, party: PartyId) -> Iterator[tuple[Agreement, StopRight]]:
    for key in picture.agreements:
        agreement = picture.agreements[key]
        if party not in agreement.terms.parties:
            continue
        for each in agreement.terms.provisions:
            if isinstance(each, StopRight) and (
                agreement.state is AgreementState.IN_FORCE
                or (agreement.state is AgreementState.SUSPENDED and not each.excluded)
            ):
                yield agreement, each
