"""Agreed calls: heartbeats that an agreement in force asks of its parties, and those missed (D-07).

What was agreed is known to its parties alone, and so is what was missed of it: the state of a
channel that all see goes by the rules of the space.
"""

from __future__ import annotations

import msgspec

from wideberth.model.ids import AgreementId, PartyId

__all__ = ["Call", "CallMissed"]


class Call(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What stands of the calls of one party under one agreement. from_us: they are waited for
    since. step: counts those missed. missed_us: since when the party is not heard, 0: it is.
    """

    agreement: AgreementId
    party: PartyId
    version: int
    from_us: int
    step: int = 0
    missed_us: int = 0


class CallMissed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """An agreed call of a party did not come. concerned: who is told, who see the agreement."""

    agreement: AgreementId
    version: int
    party: PartyId
    step: int
    due_us: int
    concerned: tuple[PartyId, ...]
