"""Drill messages: sent in the real space to measure the way down to the unit and back (X-01).

A drill is a kind of its own. It names no place, time, height or object, so that nothing of it can
be taken for a notice; it stands in no inbox and no open list, has no number among notices and is
counted as none (N-19). What is read back of it is a word that was drawn for it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import msgspec

from wideberth.model.channels import AnswerChannel, Medium
from wideberth.model.ids import AgreementId, DrillId, PartyId, UnitToken
from wideberth.model.notices import Verb
from wideberth.space.time import DAY_US, SECOND_US

__all__ = [
    "DRILL_LIFE_US",
    "HOPS",
    "MOST_WITHIN_S",
    "AnswerDrill",
    "Drill",
    "DrillAnswered",
    "DrillHop",
    "DrillMissed",
    "DrillPlan",
    "DrillPlanned",
    "DrillSent",
    "DrillTaken",
    "RecordDrillTaken",
    "SendDrill",
    "drawn",
    "word_of",
]

HOPS = (Verb.RECEIVED, Verb.READ_BACK, Verb.PASSED_DOWN, Verb.LOADED)
"""What may be answered to a drill: the ladder of a notice, without its side exits."""
MOST_WITHIN_S = 12 * 3600
DRILL_LIFE_US = 120 * DAY_US
"""How long a result is listed; the record has it for ever."""

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # without those that are misheard for a digit or each other


class SendDrill(msgspec.Struct, frozen=True, tag=True):
    """Send a drill message by hand. within_s: how long its answers are waited for. units: of the
    recipient's, that are to have it LOADED; none: all of them, where an agreement that holds
    concerns both or the host sends it, else no unit is asked.
    """

    to: PartyId
    within_s: int = 900
    units: tuple[UnitToken, ...] = ()


class AnswerDrill(msgspec.Struct, frozen=True, tag=True):
    """Answer a drill with one hop of the ladder. word: of a READ-BACK, as it was read."""

    drill: DrillId
    verb: Verb
    unit: UnitToken | None = None
    word: str | None = None
    channel: AnswerChannel | None = None


class RecordDrillTaken(msgspec.Struct, frozen=True, tag=True):
    """Say that a way took a drill: its software has it, and no person yet."""

    drill: DrillId
    medium: Medium


class DrillSent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A drill message to one party. sender: None: by the host, or as was agreed. units: that are to
    have it LOADED. seen_by: who may read how it went.
    """

    drill: DrillId
    recipient: PartyId
    word: str
    answer_by_us: int
    units: tuple[UnitToken, ...] = ()
    sender: PartyId | None = None
    agreement: AgreementId | None = None
    version: int = 0
    provision: str | None = None
    seen_by: tuple[PartyId, ...] = ()


class DrillTaken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A way of the recipient's took the drill, so long after it was sent."""

    drill: DrillId
    recipient: PartyId
    medium: Medium
    after_us: int


class DrillAnswered(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """One hop of a drill was reached, so long after it was sent. party: the recipient, whose word
    it is. ends: every hop is reached. late: it came after the drill was missed.
    """

    drill: DrillId
    party: PartyId
    verb: Verb
    after_us: int
    unit: UnitToken | None = None
    word: str | None = None
    channel: AnswerChannel | None = None
    ends: bool = False
    late: bool = False
    seen_by: tuple[PartyId, ...] = ()


class DrillMissed(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """Not every hop was reached in time. missing: those that were not: ``READ-BACK``, or ``LOADED``
    and the unit's token.
    """

    drill: DrillId
    recipient: PartyId
    due_us: int
    missing: tuple[str, ...]
    seen_by: tuple[PartyId, ...] = ()


class DrillPlanned(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """When the next drill of a provision is due: nobody is told. at_us: the moment that was drawn
    within the window; None: the window has not begun.
    """

    agreement: AgreementId
    provision: str
    number: int
    start_us: int
    at_us: int | None = None


class DrillPlan(msgspec.Struct, frozen=True, gc=False):
    """What stands of a provision's drills: the same as :class:`DrillPlanned`."""

    agreement: AgreementId
    provision: str
    number: int
    start_us: int
    at_us: int | None = None

    @property
    def step(self) -> int:
        """Which of the provision's deadlines is next: its window opens, or the moment comes."""
        return 2 * self.number + (self.at_us is not None)


class DrillHop(msgspec.Struct, frozen=True, gc=False):
    """One hop that was reached. channel: of an answer that was relayed."""

    verb: Verb
    time_us: int
    unit: UnitToken | None = None
    channel: AnswerChannel | None = None


class Drill(msgspec.Struct, frozen=True):
    """What stands of a drill. taken: by which way, and when; missed_us: None: not missed."""

    sent: DrillSent
    sent_us: int
    hops: tuple[DrillHop, ...] = ()
    taken: tuple[Medium, int] | None = None
    missed_us: int | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The hops that are not reached yet; none: it is over. What was loaded was passed down."""
        reached = {each.verb for each in self.hops}
        loaded = {each.unit for each in self.hops if each.verb is Verb.LOADED}
        return (
            *(each.value for each in (Verb.RECEIVED, Verb.READ_BACK) if each not in reached),
            *(f"{Verb.LOADED.value} {each}" for each in self.sent.units if each not in loaded),
        )

    @property
    def state(self) -> Literal["waiting", "answered", "missed"]:
        """``missed`` stays so, also where the rest came late."""
        if self.missed_us is not None:
            return "missed"
        return "waiting" if self.missing else "answered"

    def has(self, verb: Verb, unit: UnitToken | None) -> bool:
        """Whether this hop was said before."""
        return any(each.verb is verb and each.unit == unit for each in self.hops)


def word_of(drawn_id: str) -> str:
    """The word of a drill, of an id that was drawn for it: two letters and four digits.

    >>> len(word_of("0")), word_of("0") != word_of("1")
    (6, True)
    """
    digest = sha256(f"drill word\n{drawn_id}".encode()).digest()
    letters = "".join(_LETTERS[each % len(_LETTERS)] for each in digest[:2])
    return f"{letters}{int.from_bytes(digest[2:6], 'big') % 10_000:04}"


def drawn(drawn_id: str, window_s: int) -> int:
    """Microseconds from 0 up to a window of seconds, of an id that was drawn for it.

    >>> 0 <= drawn("0", 60) < 60_000_000, drawn("0", 0)
    (True, 0)
    """
    digest = sha256(f"drill time\n{drawn_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % max(1, window_s * SECOND_US)
