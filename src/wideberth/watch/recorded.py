"""The watch's warnings in the form in which they are recorded, and to whom each is addressed.

A warning goes to the parties whose things it is about; that a track is implausible of which nobody
says whose it is, to the party whose feed brings it, since that feed says what cannot be. One that
is predicted along an intent goes to none of them that does not see that intent whole
(:mod:`wideberth.watch.along`); so does one of a buffer round an intent
(:mod:`wideberth.watch.buffers`). Of an intent that a party may not see it learns only where the
rules have told it of the clash already: never of a ``named`` one, and of an ``on-conflict`` one
only once its track is inside, at a place where an intent of its own that is under way clashes with
it. A position costs nothing to invent; an intent is an entry.
"""

from __future__ import annotations

import math

import msgspec

from wideberth.decisions.clashes import intent_clashes
from wideberth.errors import NotComparable
from wideberth.model.ids import IntentId, PartyId, WarningId
from wideberth.model.intents import Intent, IntentState
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.picture.limits import sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.space.overlap import covers
from wideberth.watch import observations as seen

__all__ = ["WATCHED", "addressed", "parties_of", "recorded_form", "track_name", "track_named"]

WATCHED = frozenset(
    (
        WarningKind.CONFLICT,  # two tracks will be too close within the look-ahead
        WarningKind.SEPARATION,  # two tracks are too close now
        WarningKind.INCURSION,  # a track is in, or will enter, a zone or another's volume
        WarningKind.DEPARTURE,  # a track left its own intent
        WarningKind.SILENCE,  # a track that matters says nothing any more
        WarningKind.IMPLAUSIBLE,  # what is reported of a track cannot be
    )
)
"""The kinds of warning that a watch raises."""


_ENTERS = frozenset((WarningKind.INCURSION,))

_RESTS_ON = {"way": "predicted along it", "round": "kept clear of"}
"""How intents are named that a warning rests on, and that only who sees them may know of."""


def recorded_form(event: seen.WarningEvent) -> StandingWarning:
    """The warning of an event, addressed to nobody yet. A clearance carries the fixes that it
    rests on; a lapse is marked as last known, since nobody saw that it was over.
    """
    warning = event.warning
    observation = event.observation if isinstance(event, seen.Cleared) else warning.seen
    margin, uncertainty = observation.margin, observation.uncertainty
    lapsed = isinstance(event, seen.Lapsed)
    return StandingWarning(
        id=WarningId(warning.id),
        kind=warning.key.kind,
        rule=f"watch/{observation.rule}/{observation.rule_version}",
        objects=tuple(_object(each) for each in observation.objects),
        parties=(),
        raised_us=warning.raised_us,
        updated_us=event.time_us,
        horizontal_mm=margin.horizontal_mm,
        vertical_mm=margin.vertical_mm,
        time_us=margin.time_us,
        uncertainty_mm=uncertainty.horizontal_mm,
        level=warning.level,
        last_known=lapsed or warning.last_known_since_us is not None,
        edge_mm=margin.now_horizontal_mm if observation.key.kind in _ENTERS else None,
    )


def parties_of(
    event: seen.WarningEvent, picture: Picture, standing: StandingWarning | None
) -> tuple[PartyId, ...]:
    """To whom an event's warning is addressed: registered parties, and those told of it before."""
    observation = event.warning.seen
    tracks = [each for each in observation.objects if isinstance(each, seen.TrackFacts)]
    areas = [each for each in observation.objects if isinstance(each, seen.AreaFacts)]
    # Along a way nothing is inside yet: it is where things will be.
    is_inside = observation.margin.time_us == 0 and all(each.ref.kind != "way" for each in areas)
    told = () if standing is None else standing.told_to()
    # Who saw once what it was predicted along, and cannot any more, is told that it is over alone.
    is_over = isinstance(event, seen.Cleared | seen.Lapsed)
    addressed: dict[PartyId, None] = {}
    for facts in observation.objects:
        owner = facts.owner
        if owner is None or PartyId(owner) not in picture.parties:
            continue
        party = PartyId(owner)
        inside = tracks if is_inside else []
        if not (is_over and party in told) and not _sees_ways(picture, areas, party):
            continue
        if party in told or all(
            _may_learn(picture, area, party, inside, event.time_us) for area in areas
        ):
            addressed[party] = None
    if not addressed and observation.key.kind is WarningKind.IMPLAUSIBLE:
        brought_by = (PartyId(each.ref.feed_party or "") for each in tracks)
        addressed.update(dict.fromkeys(each for each in brought_by if each in picture.parties))
    addressed.update(
        dict.fromkeys(each for each in told if is_over or _sees_ways(picture, areas, each))
    )
    return tuple(addressed)


def addressed(
    event: seen.WarningEvent, picture: Picture, standing: StandingWarning | None
) -> StandingWarning | None:
    """The warning of an event as it is recorded; None where it is for nobody. standing: as it
    stands before; who was told of that and is left out now hears of the end.
    """
    parties = parties_of(event, picture, standing)
    if not parties:
        return None
    told = () if standing is None else standing.told_to()
    return msgspec.structs.replace(
        recorded_form(event),
        parties=parties,
        told_before=tuple(each for each in told if each not in parties),
    )


def _sees_ways(picture: Picture, areas: list[seen.AreaFacts], party: PartyId) -> bool:
    """Whether the party sees all the intents that the warning rests on, by what it is given too."""
    for way in areas:
        if way.ref.kind not in _RESTS_ON or way.owner == party:
            continue
        intent = picture.intents.get(IntentId(way.ref.id))
        if intent is None or not sees(picture, intent, party) or not needs(picture, intent, party):
            return False
    return True


def _may_learn(
    picture: Picture,
    area: seen.AreaFacts,
    party: PartyId,
    inside: list[seen.TrackFacts],
    now_us: int,
) -> bool:
    """Whether a warning of the area may go to the party. inside: the tracks that are in it now."""
    if area.ref.kind != "intent" or area.owner == party:
        return True  # of a way is asked besides, and more strictly
    intent = picture.intents.get(IntentId(area.ref.id))
    if intent is None:
        return False
    if sees(picture, intent, party):
        return True
    return intent.is_felt_by(party) and any(
        track.owner == party and _is_told_to_be_there(picture, track, party, intent, now_us)
        for track in inside
    )


def _is_told_to_be_there(
    picture: Picture, track: seen.TrackFacts, party: PartyId, hidden: Intent, now_us: int
) -> bool:
    """Whether an intent of the party that is under way covers the reported place and clashes with
    the hidden one: then the rules have told the party of that clash.
    """
    prepared = list(picture.intent_space.volumes(hidden.id))
    altitude_mm = track.altitude_w84_mm
    altitude_m = math.nan if altitude_mm is None else altitude_mm / 1000
    try:
        own = [
            clash.other.id
            for clash in intent_clashes(picture, hidden, prepared, now_us=now_us, at_most=None)
            if clash.other.party == party and clash.other.state is IntentState.ACTIVATED
        ]
        return any(
            covers(
                volume, track.latitude_nd / 1e9, track.longitude_nd / 1e9, altitude_m, now_us
            ).item()
            for intent_id in own
            for volume in picture.intent_space.volumes(intent_id)
        )
    except NotComparable:
        return False


def _object(facts: seen.Facts) -> WarningObject:
    owner = None if facts.owner is None else PartyId(facts.owner)
    if not isinstance(facts, seen.TrackFacts):
        if facts.ref.kind in _RESTS_ON:
            said = (*facts.identifying(), _RESTS_ON[facts.ref.kind])
            return WarningObject("intent", facts.ref.id, owner, said)
        return WarningObject(facts.ref.kind, facts.ref.id, owner, facts.identifying())
    fix = TrackFix(
        facts.latitude_nd,
        facts.longitude_nd,
        facts.time_us,
        facts.altitude_w84_mm,
        None if facts.altitude_w84_mm is None else facts.altitude_us,
    )
    said = facts.identifying()
    if facts.ref.feed_party and facts.ref.feed_party != facts.owner:
        said += (f"reported by {facts.ref.feed_party}",)  # whose thing it is, is that party's word
    return WarningObject(facts.ref.kind, track_name(facts.ref), owner, said, fix, facts.ref.feed)


def track_name(ref: seen.ObjectRef) -> str:
    """A track's id in the record: whose feed brought it, a slash, its id there. Two parties may use
    one id for two things.
    """
    return f"{ref.feed_party}/{ref.id}"


def track_named(name: str) -> tuple[str, str]:
    """(the feed's party, the id there) of what track_name gave; a party's id has no slash."""
    feed_party, _, track_id = name.partition("/")
    return feed_party, track_id
