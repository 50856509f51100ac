"""A suggested avoiding action: where the party of a hazard suggests to keep, while it lasts (L-08).

It is the party's own; the software suggests nothing. It is checked before it is sent: what leads
into something else is withheld. A STOP carries none: nothing stands before a STOP.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.ids import IntentId, PartyId
from wideberth.model.notices import Clash, ObjectRef
from wideberth.space.volume import Volume4D

__all__ = [
    "MAX_SUGGESTED",
    "SUGGESTED_BY_ITS_PARTY",
    "AvoidingSuggested",
    "AvoidingTold",
    "AvoidingWithheld",
    "SuggestAvoiding",
    "Suggested",
    "Unchecked",
]

MAX_SUGGESTED = 20  # volumes in one suggestion

SUGGESTED_BY_ITS_PARTY = (
    "The party of the hazard suggests this, not the software. It was checked against what was told"
    " until then; it is neither permission nor a guarantee."
)


class Unchecked(StrEnum):
    """Why a suggestion could not be checked against hidden intents, and is withheld for that."""

    TOO_LARGE = "too-large"
    BUDGET_SPENT = "budget-spent"


class Suggested(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was suggested last for a version of a hazard. kind: for what moves how. to: whom; empty
    for whoever was told of the hazard and sees it, whom its party does not learn by this.
    """

    kind: str
    volumes: tuple[Volume4D, ...]
    to: tuple[PartyId, ...]
    suggested_us: int


class AvoidingSuggested(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A suggestion was sent: nothing that its party may learn of stood in its way."""

    party: PartyId
    intent: IntentId
    suggested: Suggested


class AvoidingWithheld(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A suggestion was not sent. clashes: where it leads, as its party may see it; own: what of the
    party's own; unchecked: it could not be checked whole.
    """

    party: PartyId
    intent: IntentId
    kind: str
    volumes: tuple[Volume4D, ...]
    clashes: tuple[Clash, ...] = ()
    own: tuple[ObjectRef, ...] = ()
    unchecked: Unchecked | None = None


class AvoidingTold(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """What reached one party of a suggestion. volumes: empty where it leads into what that party
    sees and its sender may not: then in_the_way names that, to this party alone.
    """

    party: PartyId
    recipient: PartyId
    intent: IntentId
    kind: str
    volumes: tuple[Volume4D, ...] = ()
    in_the_way: tuple[ObjectRef, ...] = ()


class SuggestAvoiding(msgspec.Struct, frozen=True, tag=True):
    """Suggest where to keep while a hazard lasts. kind: flight or movement. to: of those who see
    the hazard; whoever was told of it where empty.
    """

    intent: IntentId
    kind: str
    volumes: tuple[Volume4D, ...]
    to: tuple[PartyId, ...] = ()
