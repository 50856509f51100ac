"""The rules for a clock that was measured: what stands of it, and what stood before (L-12).

A clock that is measured worse widens what its party told already. So all that stands of the party
is looked at again, in the order of its ids, and clashes that the wider bound brings are told: in
the transaction of the measurement as far as a bounded piece of work reaches, and by
:class:`~wideberth.model.clocks.LookAgain` for the rest, a piece at a time with other commands
between. Where the look stands is in the record (:class:`~wideberth.model.clocks.LookDue`), so that
any process takes it up.

Nothing is refused or withdrawn by this. What stands was decided under the bounds of its time: two
that the wider bound brings together are both told, whatever the rule does with a new one. A clock
that is measured better lets later commands be tested more narrowly; a clash that was told stands
until what it is about is amended or ends.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from wideberth.decisions.budget import silent_touches
from wideberth.decisions.clashes import (
    IntentClash,
    ZoneClash,
    intent_clashes,
    intent_ref,
    intents_in_zone,
    meets_within,
    zone_clashes,
    zone_ref,
)
from wideberth.decisions.clocks import is_due, lengthened, rounded
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.decisions.telling import Subject, draft_intent, draft_zone, particulars_of, tell
from wideberth.model.clocks import ClockMeasured, DueLook, LookAgain, LookDue, MeasureClock
from wideberth.model.entries import (
    ENTRY_VERSION,
    Body,
    ClashPair,
    Entry,
    HiddenChecked,
)
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import Intent
from wideberth.model.parties import SYSTEM, Author
from wideberth.model.refusals import RefusalKind
from wideberth.model.zones import Zone
from wideberth.picture.fold import fold
from wideberth.picture.limits import part_for, sees
from wideberth.picture.picture import Picture
from wideberth.space.clockskew import Skew
from wideberth.space.time import MAX_US
from wideberth.space.volume import Separation

__all__ = ["AT_ONCE", "look_again", "measure"]

AT_ONCE = 50
"""So many intents and zones are looked at again for one command."""
MEETINGS_AT_ONCE = 500
"""No further one is begun after so many pairs of volumes that are too close, or entries."""

_TOUCHING = Separation()


def measure(picture: Picture, command: MeasureClock, author: Author, context: Context) -> Decision:
    """What was measured of the author's clock stands from here on; new clashes are told."""
    skew = Skew(command.low_us, command.high_us)
    if not -MAX_US <= skew.low_us <= skew.high_us <= MAX_US:
        return refused(
            RefusalKind.INVALID,
            "offset",
            "give the least and the greatest offset, in this order",
            field="low_us, high_us",
            value=f"{skew.low_us}, {skew.high_us}",
        )
    if not is_due(picture, author.party, skew, now_us=context.now_us):
        return refused(
            RefusalKind.CONFLICT, "clock-unchanged", "what stands holds this offset, or is too new"
        )
    measured = ClockMeasured(author.party, *rounded(skew, picture.space.rules))
    widened = picture.overlay()  # thrown away: to look with the bound that comes into force
    _fold(widened, measured, author, context)
    if widened.clock_bound_us(author.party) <= picture.clock_bound_us(author.party):
        return Accepted((measured,))
    before_us = min(picture.decided_clock_us(author.party), picture.clock_bound_us(author.party))
    look = DueLook(before_us, context.now_us, "")
    pending = author.party in picture.clock_looks
    after, told = _look(widened, author.party, look, context)
    if after is None and not pending:
        return Accepted((measured, *told))
    return Accepted((measured, _due(author.party, look, after), *told))


def look_again(picture: Picture, command: LookAgain, author: Author, context: Context) -> Decision:
    """The next piece of a look at what stands of a party."""
    look = picture.clock_looks.get(command.party)
    if look is None or look.after != command.after:
        return refused(RefusalKind.CONFLICT, "already-looked", "this piece was looked at already")
    after, told = _look(picture.overlay(), command.party, look, context)
    return Accepted((_due(command.party, look, after), *told))


def _due(party: PartyId, look: DueLook, after: str | None) -> LookDue:
    return LookDue(party, look.before_us, look.since_us, after or "", after is None)


def _look(
    picture: Picture, party: PartyId, look: DueLook, context: Context
) -> tuple[str | None, list[Body]]:
    """Look at a piece of what stands of the party, on a picture of its own. Gives the last that was
    looked at, None at the end of all; and what tells of clashes that are new.
    """
    looking = _Looking(picture, party, look, context)
    told: list[Body] = []
    names = heapq.nsmallest(
        AT_ONCE + 1, (name for name in _standing(picture, party) if name > look.after)
    )
    for count, name in enumerate(names, 1):
        told += looking.at(name)
        if count == AT_ONCE or looking.work + len(told) >= MEETINGS_AT_ONCE:
            return (name if count < len(names) else None), told
    return None, told


def _standing(picture: Picture, party: PartyId) -> Iterator[str]:
    for intent_id in picture.intents_of(party):
        yield f"intent/{intent_id}"
    for zone_id in picture.zones:
        if picture.zones[zone_id].party == party:
            yield f"zone/{zone_id}"


@dataclass(slots=True)
class _Looking:
    """One piece of a look. picture: what is told is folded into it. work: pairs of volumes that
    were too close so far.
    """

    picture: Picture
    party: PartyId
    look: DueLook
    context: Context
    work: int = 0

    def at(self, name: str) -> list[Body]:
        """What tells of the new clashes of one intent or zone of the party."""
        kind, _, object_id = name.partition("/")
        if kind == "intent":
            told = self._at_intent(self.picture.intents[IntentId(object_id)])
        else:
            told = self._at_zone(self.picture.zones[ZoneId(object_id)])
        for body in told:
            _fold(self.picture, body, SYSTEM, self.context, follows=True)
        return told

    def _at_intent(self, intent: Intent) -> list[Body]:
        picture, now_us = self.picture, self.context.now_us
        if intent.told_us > self.look.since_us:
            return []
        prepared = list(picture.intent_space.views(intent.id))
        clashes = intent_clashes(picture, intent, prepared, now_us=now_us, at_most=None)
        zones = zone_clashes(picture, intent, prepared, now_us=now_us)
        self.work += sum(len(each.meetings) for each in (*clashes, *zones))
        new = [each for each in clashes if self._is_new(intent, each)]
        new_zones = [each for each in zones if self._is_new_in(intent, each)]
        if not new and not new_zones:
            return []
        subject = Subject(
            intent_ref(intent),
            intent.party,
            shown=lambda party: sees(picture, intent, party),
            shown_before=lambda party: sees(picture, intent, party),
            partly=lambda party: part_for(picture, intent, party),
            particulars=particulars_of(picture, intent),
            late=intent.late,
            lead_us=intent.lead_us,
            minimum_lead_us=intent.minimum_lead_us,
            name=intent.call_sign or intent.place_name,
        )
        told = tell(
            picture,
            self.context,
            subject,
            draft_intent(picture, intent, clashes, zones),
            pairs=[each.pair for each in (*new, *new_zones)],
            only=draft_intent(picture, intent, new, new_zones),
        )
        met = silent_touches(picture, intent, new)
        return [*told, HiddenChecked(intent.party, met)] if met else told

    def _at_zone(self, zone: Zone) -> list[Body]:
        picture = self.picture
        if zone.declared_us > self.look.since_us:
            return []
        prepared = picture.prepared(zone.volumes)
        met = intents_in_zone(picture, zone, prepared, now_us=self.context.now_us)
        self.work += sum(len(clash.meetings) for _, clash in met)
        new = [(intent, clash) for intent, clash in met if self._is_new_in(intent, clash)]
        if not new:
            return []
        subject = Subject(
            zone_ref(zone), zone.party, shown=lambda _: True, shown_before=lambda _: True
        )
        return tell(
            picture,
            self.context,
            subject,
            draft_zone(picture, met),
            pairs=[ClashPair(intent_ref(each), clash.gap, clash.rule_id) for each, clash in new],
            only=draft_zone(picture, new),
        )

    def _is_new(self, intent: Intent, clash: IntentClash) -> bool:
        """Whether only the wider bound makes it one. Of two of the party's own, once."""
        other = clash.other
        if other.told_us > self.look.since_us:
            return False
        if other.party == self.party and other.id < intent.id:
            return False
        before = self._before(clash.rule.separation, other.party)
        return not meets_within(self.picture, intent, other, clash.meetings, before)

    def _is_new_in(self, intent: Intent, clash: ZoneClash) -> bool:
        zone = clash.zone
        theirs, told_us = (
            (zone.party, zone.declared_us)
            if intent.party == self.party
            else (intent.party, intent.told_us)
        )
        if told_us > self.look.since_us:
            return False
        before = self._before(_TOUCHING, theirs)
        return not meets_within(self.picture, intent, zone, clash.meetings, before)

    def _before(self, separation: Separation, other: PartyId) -> Separation:
        """The separation that what stands of both was decided under, at least."""
        own_us = self.look.before_us
        other_us = own_us if other == self.party else self.picture.decided_clock_us(other)
        return lengthened(separation, own_us + other_us)


def _fold(
    picture: Picture, body: Body, author: Author, context: Context, *, follows: bool = False
) -> None:
    fold(picture, Entry(ENTRY_VERSION, context.now_us, author, body, follows=follows))
