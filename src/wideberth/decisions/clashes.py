"""Finding clashes: which intents and zones a version of an intent touches, by the rules in force.

Geometry decides here, once; what it found goes into the entry.
"""

from __future__ import annotations

from dataclasses import dataclass

from wideberth.model.entries import ClashPair
from wideberth.model.ids import IntentId, ZoneId
from wideberth.model.intents import Intent
from wideberth.model.notices import ObjectRef, ObjectType, Overlap, Urgency
from wideberth.model.settings import Effect, PairRule
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture.picture import Picture
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.volume import Gap, Separation, Volume4D

__all__ = [
    "IntentClash",
    "ZoneClash",
    "intent_clashes",
    "intent_ref",
    "overlap_band",
    "prepared_volumes",
    "zone_clashes",
    "zone_ref",
]

_TOUCHING = Separation()


@dataclass(frozen=True, slots=True)
class IntentClash:
    """A clash with another intent: the closest pair of volumes of the two."""

    other: Intent
    rule: PairRule
    rule_id: str
    gap: Gap
    own_volume: PreparedVolume
    other_volume: PreparedVolume
    overlap: Overlap

    @property
    def pair(self) -> ClashPair:
        """The evidence of it in the record."""
        return ClashPair(intent_ref(self.other), self.gap, self.rule_id)

    @property
    def overlaps(self) -> bool:
        """Whether the two share a point, not only lie nearer than the separation."""
        return self.gap == Gap(0, 0, 0)


@dataclass(frozen=True, slots=True)
class ZoneClash:
    """A clash with a zone. too_short: a notice zone asks for more notice than was given."""

    zone: Zone
    rule_id: str
    gap: Gap
    overlap: Overlap
    urgency: Urgency
    too_short: bool
    own_volume: PreparedVolume
    zone_volume: PreparedVolume

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


def prepared_volumes(picture: Picture, volumes: tuple[Volume4D, ...]) -> list[PreparedVolume]:
    """Volumes made ready for the geometry, under the picture's way of comparing heights."""
    return [prepare(volume, picture.altitude_model) for volume in volumes]


def intent_clashes(
    picture: Picture, intent: Intent, prepared: list[PreparedVolume]
) -> list[IntentClash]:
    """Clashes of intent (not in the picture yet, or in another version) with those that stand.

    One for each other intent: that of the closest pair of volumes, by the other intent's id.
    """
    rules = picture.space.rules
    closest: dict[IntentId, tuple[Gap, PreparedVolume, int, PairRule]] = {}
    for volume in prepared:
        for other_id, ordinal, gap in picture.intent_space.conflicts(volume, picture.widest):
            if other_id == intent.id:
                continue
            other = picture.intents[other_id]
            if other.party == intent.party and not rules.same_party:
                continue
            rule = rules.pair(intent.kind, other.kind)
            if rule.effect is Effect.NONE or not _is_within(gap, rule.separation):
                continue
            known = closest.get(other_id)
            if known is None or _nearness(gap) < _nearness(known[0]):
                closest[other_id] = (gap, volume, ordinal, rule)
    found: list[IntentClash] = []
    for other_id in sorted(closest):
        gap, volume, ordinal, rule = closest[other_id]
        other = picture.intents[other_id]
        other_volume = picture.intent_space.volumes(other_id)[ordinal]
        found.append(
            IntentClash(
                other,
                rule,
                f"{rules.version}/{rule.kinds[0].value}-{rule.kinds[1].value}",
                gap,
                volume,
                other_volume,
                overlap_band(volume, other_volume),
            )
        )
    return found


def zone_clashes(
    picture: Picture, intent: Intent, prepared: list[PreparedVolume]
) -> list[ZoneClash]:
    """Zones of others that the intent touches and whose rule applies to its kind, by zone id."""
    closest: dict[ZoneId, tuple[Gap, PreparedVolume, int]] = {}
    for volume in prepared:
        for zone_id, ordinal, gap in picture.zone_space.conflicts(volume, _TOUCHING):
            zone = picture.zones[zone_id]
            if zone.party != intent.party and zone.applies_to(intent.kind):
                closest.setdefault(zone_id, (gap, volume, ordinal))
    found: list[ZoneClash] = []
    for zone_id in sorted(closest):
        gap, volume, ordinal = closest[zone_id]
        zone = picture.zones[zone_id]
        other_volume = picture.zone_space.volumes(zone_id)[ordinal]
        too_short = zone.rule is ZoneRule.NOTICE and intent.lead_us < zone.notice_us
        calm = zone.rule is ZoneRule.NOTICE and not too_short
        found.append(
            ZoneClash(
                zone,
                f"zone/{zone.rule.value}/{zone.version}",
                gap,
                overlap_band(volume, other_volume),
                Urgency.ROUTINE if calm else Urgency.PROMPT,
                too_short,
                volume,
                other_volume,
            )
        )
    return found


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


def _nearness(gap: Gap) -> tuple[int, int, int]:
    return (gap.horizontal_mm, gap.vertical_mm, gap.time_us)
