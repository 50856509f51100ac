"""Making notices: who is told of a version of an intent or zone, and what each may learn.

One notice for one version on its way to one party, however many clashes it names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wideberth.decisions.clashes import IntentClash, ZoneClash, intent_ref
from wideberth.decisions.disclosure import (
    clash_for,
    zone_clash_for_owner,
    zone_clash_for_teller,
)
from wideberth.decisions.outcome import Context
from wideberth.model.entries import Body, ClashesFound, NoticeIssued
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.notices import Clash, Notice, ObjectRef, Particulars, Urgency
from wideberth.picture.picture import Picture
from wideberth.space.volume import Circle

__all__ = ["NoticeDesk", "Telling", "particulars_of", "tell_of_intent"]

_ORDER = (Urgency.ROUTINE, Urgency.PROMPT, Urgency.IMMEDIATE)


@dataclass(slots=True)
class _Draft:
    clashes: list[Clash] = field(default_factory=list[Clash])
    urgency: Urgency = Urgency.ROUTINE
    held_by: PartyId | None = None
    particulars: Particulars | None = None

    def raise_to(self, urgency: Urgency) -> None:
        if _ORDER.index(urgency) > _ORDER.index(self.urgency):
            self.urgency = urgency


@dataclass(frozen=True, slots=True)
class Telling:
    """What a notice says, apart from its number, its recipient and when it was issued."""

    sender: PartyId | None
    urgency: Urgency
    subject: ObjectRef | None
    supersedes: tuple[NoticeId, ...] = ()
    clashes: tuple[Clash, ...] = ()
    particulars: Particulars | None = None
    late: bool = False
    lead_us: int = 0
    held_by: PartyId | None = None
    withdrawal: bool = False


class NoticeDesk:
    """Numbers and collects the notices of one decision: each party's numbers have no gap."""

    def __init__(self, picture: Picture, context: Context) -> None:
        self._picture = picture
        self._context = context
        self._numbers: dict[PartyId, int] = {}
        self.issued: list[Notice] = []

    def issue(self, recipient: PartyId, telling: Telling) -> Notice:
        """Issue the recipient's next notice."""
        known = self._picture.notice_counts.get(recipient) or 0
        number = self._numbers.get(recipient, known) + 1
        self._numbers[recipient] = number
        party = self._picture.parties.get(recipient)
        notice = Notice(
            id=NoticeId(self._context.new_id()),
            number=number,
            recipient=recipient,
            sender=telling.sender,
            urgency=telling.urgency,
            issued_us=self._context.now_us,
            subject=telling.subject,
            clashes=telling.clashes,
            particulars=telling.particulars,
            units=party.units if party is not None else (),
            late=telling.late,
            lead_us=telling.lead_us,
            supersedes=telling.supersedes,
            held_by=telling.held_by,
            withdrawal=telling.withdrawal,
        )
        self.issued.append(notice)
        return notice


def tell_of_intent(
    picture: Picture,
    context: Context,
    intent: Intent,
    clashes: list[IntentClash],
    zones: list[ZoneClash],
    *,
    also: frozenset[PartyId] = frozenset(),
    withdrawal: bool = False,
) -> list[Body]:
    """The entries that tell of a version of an intent: evidence of its clashes, then the notices.

    also: parties to tell although nothing of theirs clashes now (it did with an earlier version).
    A hazard that touches a presence: both are told, and the neutrals that its owner named, at the
    highest urgency, as far as the owner consented; the hazard's party cannot close its own notice.
    """
    drafts: dict[PartyId, _Draft] = {party: _Draft() for party in sorted(also)}
    reference = intent_ref(intent)
    for clash in clashes:
        _draft_intent_clash(picture, drafts, intent, reference, clash)
    for clash in zones:
        _draft_zone_clash(picture, drafts, intent, reference, clash)
    desk = NoticeDesk(picture, context)
    latest = dict(picture.told.get(intent.id) or ())
    told: list[tuple[PartyId, NoticeId]] = []
    for recipient, draft in drafts.items():
        shown = intent.is_shown_to(recipient)
        if not shown and not draft.clashes and recipient not in latest:
            continue
        before = latest.get(recipient)
        notice = desk.issue(
            recipient,
            Telling(
                sender=intent.party if shown else None,
                urgency=draft.urgency,
                subject=reference if shown else None,
                supersedes=(before,) if before is not None else (),
                clashes=tuple(draft.clashes),
                particulars=_particulars(picture, intent, draft, shown=shown),
                # The lead time of a hidden intent would tell its start beyond the overlap.
                late=intent.late and shown,
                lead_us=intent.lead_us if shown else 0,
                held_by=None if withdrawal else draft.held_by,
                withdrawal=withdrawal,
            ),
        )
        told.append((recipient, notice.id))
    if not clashes and not zones and not told:
        return []
    evidence = ClashesFound(
        reference,
        (*(clash.pair for clash in clashes), *(clash.pair for clash in zones)),
        tuple(told),
    )
    return [evidence, *(NoticeIssued(notice) for notice in desk.issued)]


def particulars_of(picture: Picture, intent: Intent) -> Particulars:
    """What is read back of an intent: a point of its first volume, its whole time and heights."""
    bands = [picture.altitude_model.band_w84_mm(volume) for volume in intent.volumes]
    shape = intent.volumes[0].footprint
    latitude_nd, longitude_nd = (
        (shape.latitude_nd, shape.longitude_nd) if isinstance(shape, Circle) else shape.vertices[0]
    )
    return Particulars(
        latitude_nd,
        longitude_nd,
        intent.start_us,
        intent.end_us,
        min(lower_mm for lower_mm, _ in bands),
        max(upper_mm for _, upper_mm in bands),
    )


def _draft_intent_clash(
    picture: Picture,
    drafts: dict[PartyId, _Draft],
    intent: Intent,
    reference: ObjectRef,
    clash: IntentClash,
) -> None:
    other = clash.other
    mine = clash_for(
        picture,
        intent.party,
        own=reference,
        own_volume=clash.own_volume,
        other=other,
        other_volume=clash.other_volume,
        clash=clash,
    )
    theirs = clash_for(
        picture,
        other.party,
        own=clash.pair.other,
        own_volume=clash.other_volume,
        other=intent,
        other_volume=clash.own_volume,
        clash=clash,
    )
    for party, seen in ((intent.party, mine), (other.party, theirs)):
        if seen is not None:
            draft = drafts.setdefault(party, _Draft())
            draft.clashes.append(seen)
            draft.raise_to(clash.rule.urgency)
    kinds = {intent.kind, other.kind}
    if kinds == {IntentKind.HAZARD, IntentKind.PRESENCE}:
        _draft_hazard_on_presence(drafts, picture, intent, clash)


def _draft_hazard_on_presence(
    drafts: dict[PartyId, _Draft], picture: Picture, intent: Intent, clash: IntentClash
) -> None:
    presence = intent if intent.kind is IntentKind.PRESENCE else clash.other
    hazard = clash.other if presence is intent else intent
    told_of_hazard = drafts.get(hazard.party)
    if told_of_hazard is not None and presence.is_shown_to(hazard.party):
        told_of_hazard.held_by = presence.party
    for name in presence.visibility.parties:
        party = picture.parties.get(name)
        if party is None or not party.neutral or name in (hazard.party, presence.party):
            continue
        # The neutral sees the presence because its owner named it, the hazard as its party lets it.
        other_volume = clash.own_volume if hazard is intent else clash.other_volume
        own_volume = clash.other_volume if hazard is intent else clash.own_volume
        seen = clash_for(
            picture,
            name,
            own=intent_ref(presence),
            own_volume=own_volume,
            other=hazard,
            other_volume=other_volume,
            clash=clash,
        )
        if seen is not None:
            draft = drafts.setdefault(name, _Draft())
            draft.clashes.append(seen)
            draft.raise_to(clash.rule.urgency)


def _draft_zone_clash(
    picture: Picture,
    drafts: dict[PartyId, _Draft],
    intent: Intent,
    reference: ObjectRef,
    clash: ZoneClash,
) -> None:
    mine = drafts.setdefault(intent.party, _Draft())
    mine.clashes.append(zone_clash_for_teller(clash, reference))
    mine.raise_to(clash.urgency)
    theirs = zone_clash_for_owner(picture, clash, intent)
    if theirs is not None:
        draft = drafts.setdefault(clash.zone.party, _Draft())
        draft.clashes.append(theirs)
        draft.raise_to(clash.urgency)


def _particulars(
    picture: Picture, intent: Intent, draft: _Draft, *, shown: bool
) -> Particulars | None:
    if shown:
        return particulars_of(picture, intent)
    if not draft.clashes:
        return None
    overlap = draft.clashes[0].overlap
    if not overlap.cells:
        return None
    cell = overlap.cells[0]
    half_nd = cell.size_nd // 2
    return Particulars(
        cell.south_nd + half_nd,
        cell.west_nd + half_nd,
        overlap.start_us,
        overlap.end_us,
        overlap.lower_mm,
        overlap.upper_mm,
    )
