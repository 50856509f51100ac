"""Finding clashes: which intents and zones a version of an intent touches, by the rules in force.

Geometry decides here, once; what it found goes into the entry. Between two of which one may not be
seen by the other's party, the agreed grid decides (:mod:`wideberth.picture.cells`): they clash
where their cells meet, which is wherever the two themselves do and somewhat beyond.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from wideberth.decisions.clocks import apart, reaching
from wideberth.errors import InvalidValue
from wideberth.model.entries import ClashPair
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import Intent
from wideberth.model.notices import ObjectRef, ObjectType, Overlap, Urgency
from wideberth.model.settings import Effect, PairRule
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture.agreed import PairTerm
from wideberth.picture.cells import felt_as, meet, reach
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.space.overlap import conflict
from wideberth.space.overlap import gap as gap_of
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.volume import Gap, Separation

__all__ = [
    "MAX_MEETINGS",
    "IntentClash",
    "Meeting",
    "ZoneClash",
    "in_area",
    "intent_clashes",
    "intent_ref",
    "intents_in_zone",
    "meets_within",
    "overlap_band",
    "shares_cells",
    "zone_clash",
    "zone_clashes",
    "zone_ref",
]

MAX_MEETINGS = 20_000
"""So many pairs of volumes are looked at for one command."""

_TOUCHING = Separation()


class Meeting(msgspec.Struct):
    """A volume of ours and one of theirs that lie too close.

    truly: the two themselves do; else their cells on the agreed grid, for one of them is hidden.
    """

    own: PreparedVolume
    other: PreparedVolume
    gap: Gap
    truly: bool = True
    _overlap: Overlap | None = None  # worked out once, for both sides are told of it

    @property
    def overlap(self) -> Overlap:
        """The time and the heights that they share; where apart, what lies between."""
        if self._overlap is None:
            self._overlap = overlap_band(self.own, self.other)
        return self._overlap

    def turned(self) -> Meeting:
        """The same meeting from the other side."""
        return Meeting(self.other, self.own, self.gap, self.truly, self.overlap)

    @property
    def overlaps(self) -> bool:
        """Whether the two share a point, not only lie nearer than the separation."""
        return self.gap == Gap(0, 0, 0)


class IntentClash(msgspec.Struct, frozen=True):
    """A clash with another intent. meetings: every pair of their volumes, the closest first."""

    other: Intent
    rule: PairRule
    rule_id: str
    meetings: tuple[Meeting, ...]

    @property
    def gap(self) -> Gap:
        """Of the closest pair."""
        return self.meetings[0].gap

    @property
    def overlap(self) -> Overlap:
        """Of the closest pair."""
        return self.meetings[0].overlap

    @property
    def overlaps(self) -> bool:
        """Whether they share a point anywhere."""
        return self.meetings[0].overlaps

    @property
    def truly(self) -> bool:
        """Whether the two themselves lie too close, and not only their cells meet."""
        return any(meeting.truly for meeting in self.meetings)

    @property
    def pair(self) -> ClashPair:
        """The evidence of it in the record."""
        return ClashPair(intent_ref(self.other), self.gap, self.rule_id)


class ZoneClash(msgspec.Struct, frozen=True):
    """A clash of an intent with a zone. too_short: the zone asks for more notice than was given.

    meetings: every volume of the intent with each of the zone's that it touches, closest first.
    """

    zone: Zone
    rule_id: str
    urgency: Urgency
    too_short: bool
    meetings: tuple[Meeting, ...]

    @property
    def gap(self) -> Gap:
        """Of the closest pair of volumes."""
        return self.meetings[0].gap

    @property
    def truly(self) -> bool:
        """Whether the intent itself is in the zone, and not only their cells meet."""
        return any(meeting.truly for meeting in self.meetings)

    @property
    def pair(self) -> ClashPair:
        """The evidence of it in the record."""
        return ClashPair(zone_ref(self.zone), self.gap, self.rule_id)


def intent_ref(intent: Intent) -> ObjectRef:
    """This version of the intent."""
    return ObjectRef(ObjectType.INTENT, intent.id, intent.version)


def zone_ref(zone: Zone) -> ObjectRef:
    """This version of the zone."""
    return ObjectRef(ObjectType.ZONE, zone.id, zone.version)


def intent_clashes(
    picture: Picture,
    intent: Intent,
    prepared: list[PreparedVolume],
    *,
    now_us: int,
    at_most: int | None = MAX_MEETINGS,
) -> list[IntentClash]:
    """Clashes of intent (not in the picture yet, or in another version) with those that stand.

    One for each other intent, by its id. What the two only shared before now_us is no clash.
    Raises InvalidValue for more pairs of volumes than at_most: one command must not hold up all
    others. Only those with intents that the author may see count there, and can cause a refusal.
    """
    met: dict[IntentId, list[Meeting]] = {}
    done: set[tuple[int, IntentId, int]] = set()
    looked_at = 0
    widest = picture.widest
    terms = picture.agreed.pairs.get(intent.party)  # most parties have agreed nothing
    cited: dict[IntentId, PairTerm] = {}
    if terms is not None:
        widest = _wider(widest, picture.agreed.widest[intent.party])
    reach_of_all, skewed = reaching(picture, widest, intent.party), picture.worst_clock_us
    for index, volume in enumerate(prepared):
        for other_id, ordinal, gap in picture.intent_space.conflicts(volume, reach_of_all):
            other = picture.intents[other_id]
            looked_at += sees(picture, other, intent.party)
            if at_most is not None and looked_at > at_most:
                raise InvalidValue(
                    "volumes",
                    "too-complex",
                    len(prepared),
                    "these volumes touch too many others at once; tell them in several intents",
                )
            rule = _rule_between(picture, intent, other)
            if terms is not None and other.party in terms:
                rule = _term_for(picture, intent, other, gap, cited) or rule
            if rule is None:
                continue
            separation = rule.separation
            if skewed:
                separation = apart(picture, separation, intent.party, other.party)
            if not _is_within(gap, separation):
                continue
            meeting = Meeting(volume, _volume(picture, other, ordinal), gap)
            if not _is_over(meeting, separation, now_us):
                met.setdefault(other_id, []).append(meeting)
                done.add((index, other_id, ordinal))
    for other_id, meeting, term in _felt_meetings(picture, intent, prepared, done, now_us):
        met.setdefault(other_id, []).append(meeting)
        if term is not None:
            _cite(cited, other_id, term)
    found: list[IntentClash] = []
    for other_id in sorted(met):
        other = picture.intents[other_id]
        rule, rule_id = picture.pair_rule(intent.kind, other.kind)
        if other_id in cited:
            rule = _agreed_rule(picture, (intent, other), rule, cited[other_id], met[other_id])
            rule_id = cited[other_id].rule_id
        found.append(IntentClash(other, rule, rule_id, _closest_first(met[other_id])))
    return found


def _wider(one: Separation, two: Separation) -> Separation:
    """What holds both, dimension by dimension."""
    return Separation(
        max(one.horizontal_mm, two.horizontal_mm),
        max(one.vertical_mm, two.vertical_mm),
        max(one.time_us, two.time_us),
    )


def _term_for(
    picture: Picture, intent: Intent, other: Intent, gap: Gap, cited: dict[IntentId, PairTerm]
) -> PairTerm | None:
    """What the two parties agreed that a gap is too little for; one that refuses comes first. It is
    put among those cited.
    """
    met = [
        term
        for term in picture.agreed.between(intent, other)
        if _is_within(gap, apart(picture, term.separation, intent.party, other.party))
    ]
    found = min(met, key=lambda term: not term.refuse, default=None)
    if found is not None:
        _cite(cited, other.id, found)
    return found


def _cite(cited: dict[IntentId, PairTerm], other: IntentId, term: PairTerm) -> None:
    known = cited.get(other)
    if known is None or (term.refuse and not known.refuse):
        cited[other] = term


def _agreed_rule(
    picture: Picture,
    intents: tuple[Intent, Intent],
    rule: PairRule,
    term: PairTerm,
    meetings: list[Meeting],
) -> PairRule:
    """The rule by which the two clash, as the agreement has it; the house's own refusal stays."""
    one, two = intents
    own = apart(picture, rule.separation, one.party, two.party)
    refuses = rule.effect is Effect.REFUSE and any(
        each.truly and _is_within(each.gap, own) for each in meetings
    )
    if refuses:
        return rule
    return PairRule(
        rule.kinds,
        Effect.REFUSE if term.refuse else Effect.WARN,
        term.separation,
        rule.urgency,
        higher_priority_passes=False,
    )


def _rule_between(picture: Picture, intent: Intent, other: Intent) -> PairRule | None:
    """The rule by which two intents can clash, None where there is none."""
    if other.party == intent.party and (
        other.id == intent.id or not picture.space.rules.same_party
    ):
        return None
    rule, _ = picture.pair_rule(intent.kind, other.kind)
    return None if rule.effect is Effect.NONE else rule


def _felt_meetings(
    picture: Picture,
    intent: Intent,
    prepared: list[PreparedVolume],
    done: set[tuple[int, IntentId, int]],
    now_us: int,
) -> Iterator[tuple[IntentId, Meeting, PairTerm | None]]:
    """Meetings on the agreed grid with intents one of which may not be seen by the other's party,
    beside those that were done already; and the agreed term, where it is one's.
    """
    rules = picture.space.rules
    hides = picture.hides(intent)
    if not hides and not picture.has_felt:
        return
    widest = picture.widest
    agreed = picture.agreed.widest.get(intent.party)
    if agreed is not None:
        widest = _wider(widest, agreed)
    near = reach(rules, reaching(picture, widest, intent.party))
    for index, volume in enumerate(prepared):
        felt = prepare(felt_as(volume.volume, rules), volume.altitude_model)
        if hides:
            found = picture.intent_space.conflicts(felt, near)
        else:
            found = picture.felt_space.conflicts(volume, near)
        for other_id, ordinal, _ in found:
            if (index, other_id, ordinal) in done:
                continue
            other = picture.intents[other_id]
            rule = _rule_between(picture, intent, other)
            terms = () if agreed is None else picture.agreed.between(intent, other)
            if (rule is None and not terms) or not _one_is_hidden(picture, intent, other):
                continue
            their = _volume(picture, other, ordinal)
            their_felt = prepare(felt_as(their.volume, rules), their.altitude_model)
            asked: list[tuple[Separation, PairTerm | None]] = [
                (term.separation, term) for term in terms
            ]
            if rule is not None:
                asked.append((rule.separation, None))
            for least, term in asked:
                separation = apart(picture, least, intent.party, other.party)
                if not meet(volume, their, (felt, their_felt), rules, separation):
                    continue
                on_grid = Meeting(felt, their_felt, Gap(0, 0, 0))
                if not _is_over(on_grid, separation, now_us):
                    meeting = Meeting(volume, their, gap_of(volume, their), truly=False)
                    yield other_id, meeting, term
                    break


def _one_is_hidden(picture: Picture, intent: Intent, other: Intent) -> bool:
    """Whether one of the two is felt by the other's party, and not seen."""
    return any(
        picture.hides(one) and one.is_felt_by(two.party) and not sees(picture, one, two.party)
        for one, two in ((intent, other), (other, intent))
    )


def _volume(picture: Picture, intent: Intent, ordinal: int) -> PreparedVolume:
    """A standing intent's volume as the index has it: to decide by now, not to keep."""
    return picture.intent_space.view(intent.id, ordinal)


def zone_clashes(
    picture: Picture, intent: Intent, prepared: list[PreparedVolume], *, now_us: int
) -> list[ZoneClash]:
    """Zones of others that the intent touches and whose rule applies to its kind, by zone id."""
    rules = picture.space.rules
    met: dict[ZoneId, list[Meeting]] = {}
    hides = picture.hides(intent)
    near = reaching(picture, _TOUCHING, intent.party)
    if hides:
        near = reach(rules, near)
    for volume in prepared:
        asked = prepare(felt_as(volume.volume, rules), volume.altitude_model) if hides else volume
        for zone_id, ordinal, _ in picture.zone_space.conflicts(asked, near):
            zone = picture.zones[zone_id]
            if zone.party == intent.party or not zone.applies_to(intent.kind):
                continue
            area = prepare(zone.volumes[ordinal], picture.altitude_model)
            meeting = _in_zone(picture, intent, (volume, area), zone, now_us)
            if meeting is not None:
                met.setdefault(zone_id, []).append(meeting)
    return [zone_clash(picture.zones[zone_id], intent, met[zone_id]) for zone_id in sorted(met)]


def intents_in_zone(
    picture: Picture, zone: Zone, prepared: list[PreparedVolume], *, now_us: int
) -> list[tuple[Intent, ZoneClash]]:
    """The standing intents of others that a zone touches and applies to, by intent id."""
    met: dict[IntentId, list[Meeting]] = {}
    near = reach(picture.space.rules, reaching(picture, _TOUCHING, zone.party))
    for area in prepared:
        found = {
            (intent_id, ordinal)
            for space in (picture.intent_space, picture.felt_space)
            for intent_id, ordinal, _ in space.conflicts(area, near)
        }
        for intent_id, ordinal in sorted(found):
            intent = picture.intents[intent_id]
            if intent.party == zone.party or not zone.applies_to(intent.kind):
                continue
            volume = _volume(picture, intent, ordinal)
            meeting = _in_zone(picture, intent, (volume, area), zone, now_us)
            if meeting is not None:
                met.setdefault(intent_id, []).append(meeting)
    return [
        (picture.intents[each], zone_clash(zone, picture.intents[each], met[each]))
        for each in sorted(met)
    ]


def _in_zone(
    picture: Picture,
    intent: Intent,
    volumes: tuple[PreparedVolume, PreparedVolume],
    zone: Zone,
    now_us: int,
) -> Meeting | None:
    """Where a volume of an intent meets one of a zone and it is not over: on the agreed grid, where
    the zone's owner may only feel the intent.
    """
    volume, area = volumes
    separation = apart(picture, _TOUCHING, intent.party, zone.party)
    gap = conflict(volume, area, separation)
    if gap is not None:
        meeting = Meeting(volume, area, gap)
        if not _is_over(meeting, separation, now_us):
            return meeting
    if not intent.is_felt_by(zone.party) or sees(picture, intent, zone.party):
        return None
    rules = picture.space.rules
    felt, area_felt = (
        prepare(felt_as(each.volume, rules), each.altitude_model) for each in volumes
    )
    if not meet(volume, area, (felt, area_felt), rules, separation):
        return None
    if _is_over(Meeting(felt, area_felt, Gap(0, 0, 0)), separation, now_us):
        return None
    return Meeting(volume, area, gap_of(volume, area), truly=False)


def in_area(
    picture: Picture,
    intent: Intent,
    volumes: tuple[PreparedVolume, PreparedVolume],
    reader: PartyId,
    now_us: int,
) -> Meeting | None:
    """Where a volume of an intent meets one of an agreed area, as this party of the agreement may
    learn it: on the agreed grid, where it may only feel the intent.
    """
    area = Zone(ZoneId(""), reader, "", ZoneRule.KEEP_OUT, (), 0, 0)
    return _in_zone(picture, intent, volumes, area, now_us)


def zone_clash(zone: Zone, intent: Intent, meetings: list[Meeting]) -> ZoneClash:
    """The clash that these meetings of the two are."""
    too_short = zone.rule is ZoneRule.NOTICE and intent.lead_us < zone.notice_us
    calm = zone.rule is ZoneRule.NOTICE and not too_short
    return ZoneClash(
        zone,
        f"zone/{zone.rule.value}/{zone.version}",
        Urgency.ROUTINE if calm else Urgency.PROMPT,
        too_short,
        _closest_first(meetings),
    )


def meets_within(
    picture: Picture,
    intent: Intent,
    theirs: Intent | Zone,
    meetings: Iterable[Meeting],
    separation: Separation,
) -> bool:
    """Whether one of these meetings, found under a wider separation, is one under this one too.

    meetings: of the intent with the other intent or the zone, the intent's own volume first.
    """
    hidden = (
        not sees(picture, intent, theirs.party)
        if isinstance(theirs, Zone)
        else _one_is_hidden(picture, intent, theirs)
    )
    rules = picture.space.rules
    for each in meetings:
        if each.truly and _is_within(each.gap, separation):
            return True
        if hidden:
            felt, their_felt = (
                prepare(felt_as(one.volume, rules), one.altitude_model)
                for one in (each.own, each.other)
            )
            if meet(each.own, each.other, (felt, their_felt), rules, separation):
                return True
    return False


def shares_cells(picture: Picture, meeting: Meeting) -> bool:
    """Whether the two volumes of a meeting touch the same cells of the agreed grid, and do not
    only come near.
    """
    if meeting.overlaps:
        return True
    rules, own, other = picture.space.rules, meeting.own, meeting.other
    felt = (
        prepare(felt_as(own.volume, rules), own.altitude_model),
        prepare(felt_as(other.volume, rules), other.altitude_model),
    )
    return meet(own, other, felt, rules, _TOUCHING)


def overlap_band(first: PreparedVolume, second: PreparedVolume) -> Overlap:
    """The time and the heights that two volumes share; where apart, what lies between."""
    ours, theirs = first.volume, second.volume
    floor_mm, ceiling_mm = first.altitude_model.band_w84_mm(ours)
    other_floor_mm, other_ceiling_mm = second.altitude_model.band_w84_mm(theirs)
    start_us, end_us = max(ours.start_us, theirs.start_us), min(ours.end_us, theirs.end_us)
    if start_us > end_us:
        start_us, end_us = end_us, start_us
    lower_mm, upper_mm = max(floor_mm, other_floor_mm), min(ceiling_mm, other_ceiling_mm)
    if lower_mm > upper_mm:
        lower_mm, upper_mm = upper_mm, lower_mm
    return Overlap(start_us, end_us, lower_mm, upper_mm)


def _is_within(gap: Gap, separation: Separation) -> bool:
    return (
        gap.horizontal_mm <= separation.horizontal_mm
        and gap.vertical_mm <= separation.vertical_mm
        and gap.time_us <= separation.time_us
    )


def _is_over(meeting: Meeting, separation: Separation, now_us: int) -> bool:
    """Whether the time in which the two are too close lies wholly before now."""
    ours, theirs = meeting.own.volume, meeting.other.volume
    return min(ours.end_us, theirs.end_us) + separation.time_us < now_us


def _closest_first(meetings: list[Meeting]) -> tuple[Meeting, ...]:
    """Sorted by how near; those equally near stay in the order of the intents' own volumes."""
    return (meetings[0],) if len(meetings) == 1 else tuple(sorted(meetings, key=_nearness))


def _nearness(meeting: Meeting) -> tuple[int, int, int, int, int]:
    gap, ours, theirs = meeting.gap, meeting.own.volume, meeting.other.volume
    start_us = max(ours.start_us, theirs.start_us)
    return (gap.horizontal_mm, gap.vertical_mm, gap.time_us, start_us, theirs.start_us)
