"""Red lines: set and removed by their owner; what approaches one is worked out as the owner reads.

Nothing is recorded of that. A proposal or an intent is decided in the same way, with the same
entries, whether it touches somebody's red line or not: nobody can find one by trying (Z-08).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from wideberth.decisions.agreement_areas import areas_of
from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.errors import InvalidValue
from wideberth.model.agreements import Agreement, AgreementState
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.notices import ObjectRef, ObjectType
from wideberth.model.parties import Author
from wideberth.model.provisions import (
    Between,
    LeadTime,
    LineBuffer,
    MovingBuffer,
    Provision,
    SeparationTable,
)
from wideberth.model.redlines import (
    RedLine,
    RedLineRemoved,
    RedLineSet,
    RemoveRedLine,
    SetRedLine,
    Watched,
)
from wideberth.model.refusals import RefusalKind
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.space.overlap import covers, is_conflict
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Separation, Volume4D

__all__ = [
    "FLIES_M_S",
    "MAX_RED_LINES",
    "Approach",
    "Track",
    "TrackApproach",
    "approaches",
    "crossed_by",
    "remove",
    "set_line",
    "tracks_at",
]

MAX_RED_LINES = 100
FLIES_M_S = 50.0  # faster than anything that carries people on the ground off a railway
_TOUCHING = Separation()


class Approach(msgspec.Struct, frozen=True):
    """What comes up to a red line of the reader's own. why: in a few words."""

    red_line: RedLine
    about: ObjectRef
    party: PartyId
    why: str


def set_line(picture: Picture, command: SetRedLine, author: Author, context: Context) -> Decision:
    """A red line of the author's party."""
    line = msgspec.structs.replace(command.red_line, party=author.party)
    conditions = (line.least_lead_s, line.least_distance_m, line.longest_s)
    if not line.volumes and all(each is None for each in conditions):
        return refused(
            RefusalKind.INVALID,
            "no-condition",
            "give volumes, least_lead_s, least_distance_m or longest_s",
            field="volumes",
        )
    for index, volume in enumerate(line.volumes):
        try:
            picture.altitude_model.require_comparable(volume)
        except InvalidValue as error:
            return invalid(error.within(f"volumes.{index}"))
    own = sum(1 for party, _ in picture.red_lines if party == author.party)
    if own >= MAX_RED_LINES and (author.party, line.id) not in picture.red_lines:
        return refused(RefusalKind.LIMIT, "red-line-count", f"a party has up to {MAX_RED_LINES}")
    return Accepted((RedLineSet(line),))


def remove(picture: Picture, command: RemoveRedLine, author: Author, context: Context) -> Decision:
    """A red line's end."""
    if (author.party, command.red_line) not in picture.red_lines:
        return refused(RefusalKind.UNKNOWN, "no-such-red-line", "no red line of yours has this id")
    return Accepted((RedLineRemoved(command.red_line, author.party),))


def approaches(picture: Picture, owner: PartyId) -> list[Approach]:
    """What now approaches the owner's red lines: standing proposals, and intents it may see."""
    lines = [picture.red_lines[each] for each in picture.red_lines if each[0] == owner]
    if not lines:
        return []
    found: list[Approach] = []
    for each in picture.agreements:
        agreement = picture.agreements[each]
        if (
            agreement.state is AgreementState.PROPOSED
            and owner in agreement.terms.concerned
            and agreement.party != owner
        ):
            found += crossed_by(picture, agreement, lines)
    for line in lines:
        found += _intents_at(picture, line)
    return found


class Track(msgspec.Struct, frozen=True):
    """The last position of something that the owner of red lines sees. altitude_w84_m: above the
    ellipsoid, None where unknown. pressure_altitude: it reports one, as aircraft do.
    """

    feed_party: PartyId | None
    track: str
    party: PartyId | None
    latitude_deg: float
    longitude_deg: float
    altitude_w84_m: float | None
    time_us: int
    ground_speed_m_s: float | None = None
    pressure_altitude: bool = False

    @property
    def flies(self) -> bool:
        """Whether it is certain to be an aircraft by how it moves and what it reports; nothing
        else is watched, for it may be people on the ground.
        """
        fast = self.ground_speed_m_s is not None and self.ground_speed_m_s >= FLIES_M_S
        return self.pressure_altitude or fast


class TrackApproach(msgspec.Struct, frozen=True):
    """A track within a red line of the reader's own."""

    red_line: RedLine
    track: Track
    why: str


def tracks_at(picture: Picture, owner: PartyId, tracks: Sequence[Track]) -> list[TrackApproach]:
    """Which of these tracks of others, all of them seen by the owner, are within its red lines."""
    watched = [each for each in tracks if each.flies and each.party != owner]
    lines = [picture.red_lines[each] for each in picture.red_lines if each[0] == owner]
    lines = [each for each in lines if each.volumes and Watched.FLIGHT in each.kinds]
    if not watched or not lines:
        return []
    latitude_deg = [each.latitude_deg for each in watched]
    longitude_deg = [each.longitude_deg for each in watched]
    altitude_m = [
        math.nan if each.altitude_w84_m is None else each.altitude_w84_m for each in watched
    ]
    time_us = [each.time_us for each in watched]
    found: list[TrackApproach] = []
    for line in lines:
        within: set[int] = set()
        for volume in picture.prepared(line.volumes):
            inside = covers(volume, latitude_deg, longitude_deg, altitude_m, time_us)
            within.update(at for at, each in enumerate(inside.tolist()) if each)
        found += [TrackApproach(line, watched[at], "a track is within it") for at in sorted(within)]
    return found


def crossed_by(
    picture: Picture, agreement: Agreement, lines: Iterable[RedLine]
) -> Iterator[Approach]:
    """Which of these lines a version crosses, and how; each reason once."""
    terms = agreement.terms
    about = ObjectRef(ObjectType.AGREEMENT, agreement.id, agreement.version)
    areas: tuple[Volume4D, ...] | None = None
    for line in lines:
        reasons = [why for each in terms.provisions for why in _too_little(line, each)]
        term_us = terms.expires_us - terms.effective_us
        if line.longest_s is not None and term_us > line.longest_s * SECOND_US:
            reasons.append(f"its term is longer than {line.longest_s} s")
        if line.volumes:
            if areas is None:
                made = areas_of(agreement.id, agreement.version, terms)
                areas = tuple(volume for area in made for volume in area.volumes)
            if _touch(picture, areas, line.volumes):
                reasons.append("an area of it touches the line's own")
        for why in dict.fromkeys(reasons):
            yield Approach(line, about, agreement.party, why)


def _too_little(line: RedLine, provision: Provision) -> Iterator[str]:
    if isinstance(provision, LeadTime) and line.least_lead_s is not None:
        asked = min((provision.minimum_s, *(each.minimum_s for each in provision.exceptions)))
        if asked < line.least_lead_s:
            yield f"{provision.id}: a lead time of {asked} s"
    if line.least_distance_m is None:
        return
    match provision:
        case SeparationTable():
            widths = [row.distance_m for row in provision.rows]
        case LineBuffer():
            widths = [provision.width_m]
        case MovingBuffer():
            widths = [provision.radius_m]
        case Between():
            widths = [provision.horizontal_m]
        case _:
            widths = []
    if widths and min(widths) < line.least_distance_m:
        yield f"{provision.id}: a distance of {min(widths)} m"


def _intents_at(picture: Picture, line: RedLine) -> Iterator[Approach]:
    """Intents of others that the owner sees whole; what is hidden from it is not looked at."""
    met: dict[IntentId, None] = {}
    kinds = {IntentKind(each.value) for each in line.kinds}
    for volume in picture.prepared(line.volumes):
        for intent_id in picture.intent_space.touched(volume, _TOUCHING):
            met[intent_id] = None
    for intent_id in sorted(met):
        intent: Intent | None = picture.intents.get(intent_id)
        if intent is None or intent.party == line.party or intent.kind not in kinds:
            continue
        if sees(picture, intent, line.party):
            about = ObjectRef(ObjectType.INTENT, intent.id, intent.version)
            yield Approach(line, about, intent.party, f"a {intent.kind.value} touches it")


def _touch(picture: Picture, ours: Iterable[Volume4D], theirs: Iterable[Volume4D]) -> bool:
    prepared = picture.prepared(tuple(theirs))
    return any(
        is_conflict(one, other, _TOUCHING)
        for one in picture.prepared(tuple(ours))
        for other in prepared
    )
