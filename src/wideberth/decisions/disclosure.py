"""What one party may learn of another's intent when the two clash.

An ``open`` intent is shown whole, a ``named`` one to those named and to nobody else, and of an
``on-conflict`` one others learn the kind, the part that overlaps (rounded out to cells of the
agreed grid) and whom to call.
"""

from __future__ import annotations

import msgspec

from wideberth.decisions.clashes import Meeting, ZoneClash, intent_ref, zone_ref
from wideberth.model.ids import IntentId, NoticeId, PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.notices import Clash, Notice, ObjectRef, ObjectType, Overlap, Reliance
from wideberth.model.provisions import LeadTime
from wideberth.picture.cells import felt_as, shared_cells
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.space.prepared import PreparedVolume
from wideberth.space.volume import Gap

__all__ = [
    "MAX_CELLS",
    "MAX_HIDDEN",
    "Met",
    "clashes_for",
    "hidden_overlap",
    "may_follow",
    "may_hear_answers",
    "zone_clash_for_teller",
    "zone_clashes_for_owner",
]

MAX_CELLS = 64
"""An overlap with a hidden intent is told in at most so many cells; larger, in larger cells."""

MAX_HIDDEN = 16
"""So many meetings with one hidden intent are told apart."""


class Met(msgspec.Struct, frozen=True):
    """Under which rule two objects clash, and where. turned: the reader has the other side of the
    meetings, which matters only where one of the two is hidden.
    """

    rule_id: str
    meetings: tuple[Meeting, ...]
    turned: bool = False

    def from_reader(self) -> tuple[Meeting, ...]:
        """The meetings from the reader's side."""
        if not self.turned:
            return self.meetings
        return tuple(each.turned() for each in self.meetings)


def clashes_for(
    picture: Picture, reader: PartyId, *, own: ObjectRef, other: Intent, met: Met
) -> list[Clash]:
    """A clash as reader may see it: nothing where it may learn nothing of the other intent.

    own: the reader's object. One item where the other intent is shown; of a hidden one an item for
    each pair of volumes, so that the cells cover all of the true overlap.
    """
    if sees(picture, other, reader):
        closest = met.meetings[0]
        return [
            Clash(
                rule=met.rule_id,
                other_kind=other.kind.value,
                gap=closest.gap,
                overlap=closest.overlap,
                own=own,
                other=intent_ref(other),
                other_party=other.party,
                contact=_contact(picture, other.party),
            )
        ]
    if not other.is_felt_by(reader):
        return []
    return [
        Clash(
            rule=met.rule_id,
            other_kind=other.kind.value,
            # Where nothing overlaps, a distance would help to locate what is hidden.
            gap=Gap(0, 0, 0),
            overlap=overlap,
            own=own,
            contact=_contact(picture, other.party),
        )
        for overlap in _hidden_overlaps(picture, met.from_reader())
    ]


def zone_clash_for_teller(clash: ZoneClash, own: ObjectRef) -> Clash:
    """A clash with a zone as the author of the intent sees it: zones are open."""
    closest = clash.meetings[0]
    return Clash(
        rule=clash.rule_id,
        other_kind=f"{clash.zone.rule.value} zone",
        gap=closest.gap,
        overlap=closest.overlap,
        own=own,
        other=zone_ref(clash.zone),
        other_party=clash.zone.party,
        unilateral=clash.zone.unilateral,
    )


def zone_clashes_for_owner(picture: Picture, clash: ZoneClash, intent: Intent) -> list[Clash]:
    """The same as the zone's owner may see it; nothing where it may learn nothing."""
    mirrored = Met(clash.rule_id, clash.meetings, turned=True)
    return clashes_for(
        picture, clash.zone.party, own=zone_ref(clash.zone), other=intent, met=mirrored
    )


def may_follow(picture: Picture, notice: Notice, sender: PartyId) -> bool:
    """Whether the sender may know that this notice went out, and so what is answered to it.

    Only where it sees an object of the recipient's for which the notice was issued: else the
    answer to a notice would say that something hidden is near, and whose.
    """
    if notice.removal:
        return True  # it named the recipient itself, whatever lay near
    seen: set[NoticeId] = set()
    waiting = [notice]
    while waiting:
        each = waiting.pop()
        seen.add(each.id)
        if any(_is_own_shown(picture, clash, sender) for clash in each.clashes):
            return True
        earlier = map(picture.notices.get, each.supersedes)
        waiting += [one.notice for one in earlier if one is not None and one.notice.id not in seen]
    return False


def may_hear_answers(picture: Picture, notice: Notice, sender: PartyId) -> bool:
    """Whether the sender may know that this notice went out, and what people answer to it (D-04).

    Of what it may follow; and of what an agreement has it tell the recipient whatever lies near.
    Of the latter it is shown what people answered and no more: which step of a ladder came when
    hangs on the urgency, and with it on what is hidden.
    """
    return may_follow(picture, notice, sender) or _is_agreed_telling(picture, notice, sender)


def _is_agreed_telling(picture: Picture, notice: Notice, sender: PartyId) -> bool:
    """Whether the notice would have gone out, and asked the same to be read back, had nothing of
    the recipient's been near: an agreed lead time has each version told to it, whole.

    Not of a presence: such a notice may wait for the word of a hazard's hidden sides. Not where
    need-to-know narrows what is told: then what the recipient declared decides. Not of a version
    told again, nor of one that takes the place of what may not be heard: something that came up
    later may be why, and with the newer notice the older one is closed.
    """
    subject = notice.subject
    if subject is None or subject.type is not ObjectType.INTENT or notice.sender != sender:
        return False
    intent = picture.intents.get(IntentId(subject.id))
    if intent is None or intent.kind is IntentKind.PRESENCE:
        return False
    if not sees(picture, intent, notice.recipient) or picture.space.rules.need_to_know:
        return False
    told: set[ObjectRef] = set()
    waiting = [notice]
    while waiting:
        each = waiting.pop()
        if each.subject is None or each.subject.id != subject.id or each.subject in told:
            return False
        if not any(_is_lead_time(picture, one) for one in each.under):
            return False
        told.add(each.subject)
        earlier = map(picture.notices.get, each.supersedes)
        waiting += [one.notice for one in earlier if one is not None]
    return True


def _is_lead_time(picture: Picture, reliance: Reliance) -> bool:
    if reliance.minimum_lead_us:
        return True
    agreement = picture.agreements.get((reliance.agreement, reliance.version))
    return agreement is not None and any(
        isinstance(each, LeadTime) and each.id == reliance.provision
        for each in agreement.terms.provisions
    )


def _is_own_shown(picture: Picture, clash: Clash, sender: PartyId) -> bool:
    """Whether the sender sees the recipient's side of the clash."""
    own = clash.own
    if own is None:
        return False
    if own.type is not ObjectType.INTENT:
        return True  # zones are open, and an agreement's areas are known to its parties
    intent = picture.intents.get(IntentId(own.id))
    return intent is not None and sees(picture, intent, sender)


def _hidden_overlaps(picture: Picture, meetings: tuple[Meeting, ...]) -> list[Overlap]:
    """What is told of each meeting with a hidden volume; the own volume is all that can be said of
    more than MAX_HIDDEN of them. In an order that says nothing of which is nearer.
    """
    ordered = sorted(meetings, key=lambda each: _place(picture, each))
    told = [hidden_overlap(picture, meeting) for meeting in ordered[:MAX_HIDDEN]]
    rest = ordered[MAX_HIDDEN:]
    if rest:
        own = [_own_band(meeting.own) for meeting in rest]
        told.append(
            Overlap(
                min(each.start_us for each in own),
                max(each.end_us for each in own),
                min(each.lower_mm for each in own),
                max(each.upper_mm for each in own),
                whole=True,
            )
        )
    return list(dict.fromkeys(told))


def _place(picture: Picture, meeting: Meeting) -> tuple[str, str]:
    felt = felt_as(meeting.other.volume, picture.space.rules)
    return repr(meeting.own.volume), repr(felt)


def _own_band(own: PreparedVolume) -> Overlap:
    lower_mm, upper_mm = own.altitude_model.band_w84_mm(own.volume)
    return Overlap(own.volume.start_us, own.volume.end_us, lower_mm, upper_mm, whole=True)


def hidden_overlap(picture: Picture, meeting: Meeting) -> Overlap:
    """What the owner of one volume learns of where a hidden one meets it.

    Never smaller than the true overlap, and made of the hidden one's cells and steps alone, cut to
    the own volume. In a dimension in which the two only come near, the own volume is all that is
    told.
    """
    own, hidden, rules = meeting.own, meeting.other, picture.space.rules
    felt = felt_as(hidden.volume, rules)
    band = _own_band(own)
    start_us, end_us = max(felt.start_us, band.start_us), min(felt.end_us + 1, band.end_us)
    if start_us <= end_us:
        band = msgspec.structs.replace(band, start_us=start_us, end_us=end_us)
    felt_lower_mm, felt_upper_mm = hidden.altitude_model.band_w84_mm(felt)
    step_mm = rules.cell_height_mm
    lower_mm = max(felt_lower_mm // step_mm * step_mm, band.lower_mm)
    upper_mm = min(-(-felt_upper_mm // step_mm) * step_mm, band.upper_mm)
    if lower_mm <= upper_mm:
        band = msgspec.structs.replace(band, lower_mm=lower_mm, upper_mm=upper_mm)
    cells = shared_cells(own, hidden, rules.cell_nd, MAX_CELLS)
    return msgspec.structs.replace(band, cells=cells, whole=not cells)


def _contact(picture: Picture, party: PartyId) -> str | None:
    known = picture.parties.get(party)
    return known.contact if known is not None else None
