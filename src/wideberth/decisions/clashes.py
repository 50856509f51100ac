"""Finding clashes: which intents and zones a version of an intent touches, by the rules in force.

Geometry decides here, once; what it found goes into the entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from wideberth.errors import InvalidValue
from wideberth.model.entries import ClashPair
from wideberth.model.ids import IntentId, ZoneId
from wideberth.model.intents import Intent
from wideberth.model.notices import ObjectRef, ObjectType, Overlap, Urgency
from wideberth.model.settings import Effect, PairRule
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture.picture import Picture
from wideberth.space.prepared import PreparedVolume
from wideberth.space.volume import Gap, Separation

__all__ = [
    "MAX_MEETINGS",
    "IntentClash",
    "Meeting",
    "ZoneClash",
    "intent_clashes",
    "intent_ref",
    "intents_in_zone",
    "overlap_band",
    "zone_clash",
    "zone_clashes",
    "zone_ref",
]

MAX_MEETINGS = 20_000
"""So many pairs of volumes are looked at for one command."""

_TOUCHING = Separation()


@dataclass(frozen=True, slots=True)
class Meeting:
    """A volume of ours and one of theirs that lie too close."""

    own: PreparedVolume
    other: PreparedVolume
    gap: Gap

    @property
    def overlap(self) -> Overlap:
        """The time and the heights that they share; where apart, what lies between."""
        return overlap_band(self.own, self.other)

    @property
    def overlaps(self) -> bool:
        """Whether the two share a point, not only lie nearer than the separation."""
        return self.gap == Gap(0, 0, 0)


@dataclass(frozen=True, slots=True)
class IntentClash:
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
    def pair(self) -> ClashPair:
        """The evidence of it in the record."""
        return ClashPair(intent_ref(self.other), self.gap, self.rule_id)


@dataclass(frozen=True, slots=True)
class ZoneClash:
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
    others.
    """
    rules = picture.space.rules
    met: dict[IntentId, list[Meeting]] = {}
    looked_at = 0
    for volume in prepared:
        near = picture.intent_space.conflicts(volume, picture.widest)
        looked_at += len(near)
        if at_most is not None and looked_at > at_most:
            raise InvalidValue(
                "volumes",
                "too-complex",
                len(prepared),
                "these volumes touch too many others at once; tell them in several intents",
            )
        for other_id, ordinal, gap in near:
            if other_id == intent.id:
                continue
            other = picture.intents[other_id]
            if other.party == intent.party and not rules.same_party:
                continue
            rule = rules.pair(intent.kind, other.kind)
            if rule.effect is Effect.NONE or not _is_within(gap, rule.separation):
                continue
            meeting = Meeting(volume, picture.intent_space.volumes(other_id)[ordinal], gap)
            if not _is_over(meeting, rule.separation, now_us):
                met.setdefault(other_id, []).append(meeting)
    found: list[IntentClash] = []
    for other_id in sorted(met):
        other = picture.intents[other_id]
        rule = rules.pair(intent.kind, other.kind)
        rule_id = f"{rules.version}/{rule.kinds[0].value}-{rule.kinds[1].value}"
        found.append(IntentClash(other, rule, rule_id, _closest_first(met[other_id])))
    return found


def zone_clashes(
    picture: Picture, intent: Intent, prepared: list[PreparedVolume], *, now_us: int
) -> list[ZoneClash]:
    """Zones of others that the intent touches and whose rule applies to its kind, by zone id."""
    met: dict[ZoneId, list[Meeting]] = {}
    for volume in prepared:
        for zone_id, ordinal, gap in picture.zone_space.conflicts(volume, _TOUCHING):
            zone = picture.zones[zone_id]
            if zone.party == intent.party or not zone.applies_to(intent.kind):
                continue
            meeting = Meeting(volume, picture.zone_space.volumes(zone_id)[ordinal], gap)
            if not _is_over(meeting, _TOUCHING, now_us):
                met.setdefault(zone_id, []).append(meeting)
    return [zone_clash(picture.zones[zone_id], intent, met[zone_id]) for zone_id in sorted(met)]


def intents_in_zone(
    picture: Picture, zone: Zone, prepared: list[PreparedVolume], *, now_us: int
) -> list[tuple[Intent, ZoneClash]]:
    """The standing intents of others that a zone touches and applies to, by intent id."""
    met: dict[IntentId, list[Meeting]] = {}
    for volume in prepared:
        for intent_id, ordinal, gap in picture.intent_space.conflicts(volume, _TOUCHING):
            intent = picture.intents[intent_id]
            if intent.party == zone.party or not zone.applies_to(intent.kind):
                continue
            meeting = Meeting(picture.intent_space.volumes(intent_id)[ordinal], volume, gap)
            if not _is_over(meeting, _TOUCHING, now_us):
                met.setdefault(intent_id, []).append(meeting)
    return [
        (picture.intents[each], zone_clash(zone, picture.intents[each], met[each]))
        for each in sorted(met)
    ]


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


def overlap_band(first: PreparedVolume, second: PreparedVolume) -> Overlap:
    """The time and the heights that two volumes share; where apart, what lies between."""
    ours, theirs = first.volume, second.volume
    floor_mm, ceiling_mm = first.altitude_model.band_w84_mm(ours)
    other_floor_mm, other_ceiling_mm = second.altitude_model.band_w84_mm(theirs)
    start_us, end_us = sorted(
        (max(ours.start_us, theirs.start_us), min(ours.end_us, theirs.end_us))
    )
    lower_mm, upper_mm = sorted((max(floor_mm, other_floor_mm), min(ceiling_mm, other_ceiling_mm)))
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
    return tuple(sorted(meetings, key=_nearness))


def _nearness(meeting: Meeting) -> tuple[int, int, int, int, int]:
    gap, ours, theirs = meeting.gap, meeting.own.volume, meeting.other.volume
    start_us = max(ours.start_us, theirs.start_us)
    return (gap.horizontal_mm, gap.vertical_mm, gap.time_us, start_us, theirs.start_us)
