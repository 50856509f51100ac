"""Making notices: who is told of a version of an intent or zone, and what each may learn.

One notice for one version on its way to one party, however many clashes it names. A later version's
notice takes the place of the earlier one's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import msgspec

from wideberth.decisions.agreement_told import MAX_CLASHES, units_of
from wideberth.decisions.changed import changed_in_part
from wideberth.decisions.clashes import IntentClash, ZoneClash, intent_ref
from wideberth.decisions.disclosure import (
    Met,
    clashes_for,
    zone_clash_for_teller,
    zone_clashes_for_owner,
)
from wideberth.decisions.late import late_warnings
from wideberth.decisions.outcome import Context
from wideberth.model.entries import Body, ClashesFound, ClashPair, NoticeIssued
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.intents import FieldChange, Intent, IntentKind
from wideberth.model.limits import Part
from wideberth.model.notices import (
    Clash,
    Notice,
    ObjectRef,
    Particulars,
    Reliance,
    Urgency,
)
from wideberth.model.provisions import Shared
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.picture.standing import OpenNotice
from wideberth.space.volume import Circle

__all__ = [
    "MAX_CLASHES",
    "Draft",
    "Drafts",
    "Subject",
    "draft_intent",
    "draft_zone",
    "particulars_of",
    "tell",
]

_PAIRS_IN_ENTRY = 2_000
_ORDER = (Urgency.ROUTINE, Urgency.PROMPT, Urgency.IMMEDIATE)


class Draft(msgspec.Struct):
    """What one party is to be told. holders: the owners of presences that a hazard of this party
    touches and who showed them to it: their word is needed before the notice closes. under: the
    versions of agreements that it rests on; uncovered: who is not bound by them there.
    """

    clashes: list[Clash] = msgspec.field(default_factory=list[Clash])
    urgency: Urgency = Urgency.ROUTINE
    holders: set[PartyId] = msgspec.field(default_factory=set[PartyId])
    under: dict[Reliance, None] = msgspec.field(default_factory=dict[Reliance, None])
    uncovered: dict[str, None] = msgspec.field(default_factory=dict[str, None])

    def add(self, clashes: Iterable[Clash], urgency: Urgency) -> None:
        """Name more clashes, at their urgency or a higher one that is there already."""
        self.clashes.extend(clashes)
        if urgency is not self.urgency:
            self.urgency = max(self.urgency, urgency, key=_ORDER.index)


class Drafts(dict[PartyId, Draft]):
    """Drafts by party. touched_by: for each hazard's party the owners of the presences that its
    hazard still touches, shown to it or not; nobody else reads it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.touched_by: dict[PartyId, set[PartyId]] = {}

    def add(self, party: PartyId, clashes: list[Clash], urgency: Urgency) -> None:
        """Name clashes to a party; nothing where there are none."""
        if clashes:
            self.setdefault(party, Draft()).add(clashes, urgency)

    def rely(self, party: PartyId, reliance: Reliance, urgency: Urgency) -> None:
        """Say to a party which version of an agreement this rests on."""
        draft = self.setdefault(party, Draft())
        draft.add((), urgency)
        draft.under[reliance] = None


class Subject(msgspec.Struct, frozen=True):
    """What is told: one version of an object. shown: whether a party sees it whole; shown_before:
    whether it saw the version before; partly: what it sees of it else. particulars: what is read
    back of it; name: what it is called; minimum_lead_us: what the rules ask for; withdrawal: it
    ended; removed_from: who was named for it and is to remove it. changes: from the version before,
    whole; partly_before: what a party saw of that one else.
    """

    reference: ObjectRef
    sender: PartyId
    shown: Callable[[PartyId], bool]
    shown_before: Callable[[PartyId], bool]
    partly: Callable[[PartyId], Part | None] = lambda _party: None
    particulars: Particulars | None = None
    late: bool = False
    lead_us: int = 0
    minimum_lead_us: int = 0
    name: str | None = None
    withdrawal: bool = False
    removed_from: frozenset[PartyId] = frozenset()
    changes: tuple[FieldChange, ...] = ()
    partly_before: Callable[[PartyId], Part | None] = lambda _party: None


def draft_intent(
    picture: Picture, intent: Intent, clashes: list[IntentClash], zones: list[ZoneClash]
) -> Drafts:
    """What a version of an intent has to tell to whom.

    A hazard that touches a presence: both are told, and the neutrals that its owner named, at the
    highest urgency, as far as the owner consented.
    """
    drafts = Drafts()
    reference = intent_ref(intent)
    for clash in clashes:
        other = clash.other
        met = Met(clash.rule_id, clash.meetings)
        mirrored = Met(clash.rule_id, clash.meetings, turned=True)
        mine = clashes_for(picture, intent.party, own=reference, other=other, met=met)
        theirs = clashes_for(
            picture, other.party, own=intent_ref(other), other=intent, met=mirrored
        )
        drafts.add(intent.party, mine, clash.rule.urgency)
        drafts.add(other.party, theirs, clash.rule.urgency)
        if (intent.kind, other.kind) == (IntentKind.HAZARD, IntentKind.PRESENCE):
            _draft_hazard(picture, drafts, intent, other, mirrored, clash.rule.urgency)
        elif (intent.kind, other.kind) == (IntentKind.PRESENCE, IntentKind.HAZARD):
            _draft_hazard(picture, drafts, other, intent, met, clash.rule.urgency)
    for clash in zones:
        drafts.add(intent.party, [zone_clash_for_teller(clash, reference)], clash.urgency)
        owners = zone_clashes_for_owner(picture, clash, intent)
        # Whether a hidden intent came in time would tell the zone's owner when it starts.
        shown = sees(picture, intent, clash.zone.party)
        drafts.add(clash.zone.party, owners, clash.urgency if shown else Urgency.PROMPT)
    return drafts


def draft_zone(picture: Picture, met: list[tuple[Intent, ZoneClash]]) -> Drafts:
    """What a zone has to tell to the owners of intents in it, and to its own."""
    drafts = Drafts()
    for intent, clash in met:
        drafts.add(intent.party, [zone_clash_for_teller(clash, intent_ref(intent))], Urgency.PROMPT)
        owners = zone_clashes_for_owner(picture, clash, intent)
        drafts.add(clash.zone.party, owners, Urgency.PROMPT)
    return drafts


def tell(  # noqa: PLR0913 - what the telling depends on, each by its name
    picture: Picture,
    context: Context,
    subject: Subject,
    drafts: Drafts,
    *,
    pairs: list[ClashPair],
    also: Iterable[PartyId] = (),
    instead_of: dict[PartyId, tuple[NoticeId, ...]] | None = None,
    only: Collection[PartyId] | None = None,
    earlier: Drafts | None = None,
) -> list[Body]:
    """The entries that tell of a version of an object: evidence of its clashes, the notices, then
    the warnings of those that are late.

    also: parties whom an earlier version touched. instead_of: further notices that a party's new
    one takes the place of. Whoever no longer clashes is told so once and then no more; whoever no
    longer sees the object learns only that, for it, it is withdrawn. only: parties for whom there
    is something new, None for all; what the others were told stands. earlier: what the version
    before had to tell to whom.
    """
    latest = dict(picture.told.get(subject.reference.id) or ())
    recipients = dict.fromkeys((*drafts, *sorted({*latest, *also})))
    issued: list[Notice] = []
    told: list[tuple[PartyId, NoticeId]] = []
    for recipient in recipients:
        if only is not None and recipient not in only:
            if recipient in latest:
                told.append((recipient, latest[recipient]))
            continue
        draft = drafts.get(recipient) or Draft()
        before = (latest[recipient],) if recipient in latest else ()
        supersedes = (*before, *(instead_of or {}).get(recipient, ()))
        notice = _notice(picture, context, subject, recipient, draft, supersedes)
        if not subject.withdrawal:
            still = drafts.touched_by.get(recipient, set()) & _holders(picture, supersedes)
            notice = _held(notice, draft.holders | still)
        if before and not notice.withdrawal:
            felt = (None if earlier is None else earlier.get(recipient)) or Draft()
            changes = _changes(picture, subject, notice, picture.notices.get(before[0]), felt)
            if changes:
                notice = msgspec.structs.replace(notice, changes=changes)
        issued.append(notice)
        if draft.clashes or draft.under:
            told.append((recipient, notice.id))
    if not issued:
        # What clashes but may be told to nobody leaves no trace either: an entry more would tell.
        return []
    first, *rest = (
        pairs[start : start + _PAIRS_IN_ENTRY]
        for start in range(0, max(1, len(pairs)), _PAIRS_IN_ENTRY)
    )
    return [
        ClashesFound(subject.reference, tuple(first), tuple(told)),
        *(ClashesFound(subject.reference, tuple(more), None) for more in rest),
        *(NoticeIssued(notice) for notice in issued),
        *(
            warning
            for notice in issued
            if notice.late or notice.supersedes
            for warning in late_warnings(
                picture,
                notice,
                context,
                name=subject.name,
                minimum_lead_us=subject.minimum_lead_us,
                whole=subject.shown(notice.recipient),
            )
        ),
    ]


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


def _draft_hazard(
    picture: Picture,
    drafts: Drafts,
    hazard: Intent,
    presence: Intent,
    met: Met,
    urgency: Urgency,
) -> None:
    """Hold the hazard's notice for the presence's owner; tell the neutrals that the owner named.

    A neutral sees the presence because its owner named it, the hazard as its party lets it.
    """
    drafts.touched_by.setdefault(hazard.party, set()).add(presence.party)
    if hazard.party in drafts and sees(picture, presence, hazard.party):
        drafts[hazard.party].holders.add(presence.party)
    for name in presence.visibility.parties:
        party = picture.parties.get(name)
        if party is not None and party.neutral and name not in (hazard.party, presence.party):
            seen = clashes_for(picture, name, own=intent_ref(presence), other=hazard, met=met)
            drafts.add(name, seen, urgency)


def _notice(
    picture: Picture,
    context: Context,
    subject: Subject,
    recipient: PartyId,
    draft: Draft,
    supersedes: tuple[NoticeId, ...],
) -> Notice:
    shown = subject.shown(recipient)
    part = None if shown else subject.partly(recipient)
    gone = (
        not (draft.clashes or draft.under) and not shown and part is None
    )  # it saw or felt an earlier version; not this one
    named = shown or part is not None or (gone and subject.shown_before(recipient))
    units = picture.parties[recipient].units if recipient in picture.parties else ()
    if draft.under:
        units = units_of(picture, recipient, draft.under)
    return Notice(
        id=NoticeId(context.new_id()),
        number=(picture.notice_counts.get(recipient) or 0) + 1,
        recipient=recipient,
        sender=subject.sender if named else None,
        urgency=draft.urgency,
        issued_us=context.now_us,
        subject=subject.reference if named else None,
        clashes=tuple(draft.clashes[:MAX_CLASHES]),
        more_clashes=max(0, len(draft.clashes) - MAX_CLASHES),
        particulars=subject.particulars if shown else _particulars_in_part(picture, draft, part),
        units=units,
        # The lead time of a hidden intent would tell its start beyond the overlap.
        late=(shown and subject.late) or any(each.late for each in draft.under),
        lead_us=subject.lead_us if shown else 0,
        supersedes=supersedes,
        withdrawal=subject.withdrawal or gone,
        removal=recipient in subject.removed_from,
        under=tuple(draft.under),
        uncovered=tuple(draft.uncovered),
        salt=context.new_id(),
    )


def _changes(
    picture: Picture, subject: Subject, notice: Notice, latest: OpenNotice | None, felt: Draft
) -> tuple[FieldChange, ...]:
    """What is different from what the recipient was told last (N-16): of what it was shown then and
    is shown now, no more. latest: that notice, where it is open; felt: what the version before had
    to tell it.
    """
    recipient = notice.recipient
    shown, shown_before = subject.shown(recipient), subject.shown_before(recipient)
    if shown and shown_before:
        return subject.changes
    part = None if shown_before else subject.partly_before(recipient)
    was = _particulars_in_part(picture, felt, part) if latest is None else latest.notice.particulars
    fields = _fields(shown_before, part) & _fields(shown, subject.partly(recipient))
    return changed_in_part(subject.changes, fields, was, notice.particulars)


def _fields(whole: bool, part: Part | None) -> frozenset[Shared]:  # noqa: FBT001 - with the part
    if whole:
        return frozenset(Shared)
    return frozenset() if part is None else part.fields


def _held(notice: Notice, holders: set[PartyId]) -> Notice:
    if not holders:
        return notice
    return msgspec.structs.replace(notice, held_by=tuple(sorted(holders)))


def _holders(picture: Picture, notices: Iterable[NoticeId]) -> set[PartyId]:
    """Whose word these open notices still wait for."""
    return {
        holder
        for standing in map(picture.notices.get, notices)
        if standing is not None
        for holder in standing.notice.held_by
    }


def _particulars_in_part(picture: Picture, draft: Draft, part: Part | None) -> Particulars | None:
    """What somebody reads back who does not see it whole: the overlap, or the part that it sees."""
    overlap = _particulars_of_overlap(draft)
    if overlap is None and part is not None and {Shared.VOLUMES, Shared.TIMES} <= part.fields:
        return particulars_of(picture, part.intent)
    return overlap


def _particulars_of_overlap(draft: Draft) -> Particulars | None:
    if not draft.clashes or not draft.clashes[0].overlap.cells:
        return None
    overlap = draft.clashes[0].overlap
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
