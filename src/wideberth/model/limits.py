"""Limits: what an agreement lets one party see of another's intents, and since when (P-02).

A limit narrows what the owner shows; it never shows anybody more. It is of what is told while the
agreement stands, and stays with that: a suspension or the end of an agreement opens nothing.
"""

from __future__ import annotations

import msgspec

from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.intents import Intent
from wideberth.model.provisions import Shared

__all__ = ["Limit", "Part"]


class Limit(msgspec.Struct, frozen=True, gc=False):
    """What reader sees of what its owner told from from_us to until_us (0: it still stands).

    fields: that are shown. cell_nd, time_step_us: how coarsely, 0: as it is. delay_us: how long
    after it was told it is in lists. declared_only: only what touches an area that the reader
    subscribed to (P-04).
    """

    reader: PartyId
    agreement: AgreementId
    version: int
    provision: str
    from_us: int
    fields: tuple[Shared, ...]
    cell_nd: int = 0
    time_step_us: int = 0
    delay_us: int = 0
    declared_only: bool = False
    until_us: int = 0

    def is_of(self, told_us: int) -> bool:
        """Whether it is of what was told then."""
        return self.from_us <= told_us and (not self.until_us or told_us <= self.until_us)


class Part(msgspec.Struct, frozen=True):
    """What a reader is shown of an intent under limits: coarsened, and cut to these fields.

    intent: rounded outward already; a member that is not in fields is not to be shown.
    """

    intent: Intent
    fields: frozenset[Shared]
    limits: tuple[Limit, ...]

    @property
    def cell_nd(self) -> int:
        """The cell that places are rounded out to, 1e-9 degree; 0: they are exact."""
        return max(each.cell_nd for each in self.limits)

    @property
    def time_step_us(self) -> int:
        """The step that times are rounded out to; 0: they are exact."""
        return max(each.time_step_us for each in self.limits)

    @property
    def declared_only(self) -> bool:
        """Whether it is listed only where the reader subscribed."""
        return any(each.declared_only for each in self.limits)

    @property
    def delay_us(self) -> int:
        """How long after it was told lists hold it."""
        return max(each.delay_us for each in self.limits)

    def is_listed(self, now_us: int) -> bool:
        """Whether its delay is over."""
        return now_us >= self.intent.told_us + self.delay_us
