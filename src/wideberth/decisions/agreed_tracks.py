"""Whose tracks an agreed area is watched for, as of now.

An area asks something of the parties that it binds. What a track is, it does not say: what its
party has under way says it. So a party that has told nothing, or not of which class it is, is
watched, and one is left out only where all that it has under way is of kinds and classes that the
area asks nothing of (a strip for what is armed, a ring for flights).

Of an area that is to be told of before, a party that stands there with an intent is left out, as of
a zone with notice. Of an area to keep out of, in an agreement of the kind CONSENT, a party is left
out while an intent stands there for which the party entitled approved or cleared what was asked:
no other answer, and no silence, does that (L-09). An intent excuses only while its own window there
runs, for somebody who told of tomorrow has not told of today.

A moving buffer (Z-06) is kept round the tracks of a party that has something of the classes meant
under way, from the tracks of the other parties of the agreement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wideberth.decisions.agreed import concerns
from wideberth.decisions.clashes import Meeting, in_area
from wideberth.errors import NotComparable
from wideberth.model.agreements import AgreedArea, Agreement
from wideberth.model.consents import Verdict
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind, IntentState
from wideberth.model.provisions import MovingBuffer
from wideberth.model.zones import ZoneRule
from wideberth.picture.agreed import rule_id
from wideberth.picture.limits import sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.space.prepared import PreparedVolume
from wideberth.space.time import HOUR_US, MINUTE_US
from wideberth.space.volume import Separation

__all__ = ["AgreedBuffer", "Guarded", "bound_now", "buffers_now", "excuses"]

_TOUCHING = Separation()
_BEFORE_US = 3 * MINUTE_US
"""So long before its window an intent excuses: an entry is told minutes ahead, and who is excused
is looked up once a minute.
"""
_TRACKED = frozenset((IntentKind.FLIGHT, IntentKind.MOVEMENT))  # what moves and may be seen


@dataclass(frozen=True)
class Guarded:
    """An intent that a buffer is kept round. seen_by: the others that are bound and see it."""

    intent: IntentId
    name: str
    party: PartyId
    version: int
    seen_by: frozenset[PartyId]


@dataclass(frozen=True)
class AgreedBuffer:
    """A moving buffer that holds now. id: the rule that warnings cite. bound: whose tracks keep
    clear of the others' that are guarded.
    """

    id: str
    provision: str
    version: int
    radius_m: int
    vertical_m: int
    bound: frozenset[PartyId]
    guarded: tuple[Guarded, ...]


def buffers_now(picture: Picture, now_us: int) -> dict[str, AgreedBuffer]:
    """The moving buffers that hold now round something that is under way, by id."""
    applied = {(each.id, each.version): each for of in picture.agreed.of.values() for each in of}
    found: dict[str, AgreedBuffer] = {}
    for key in sorted(applied):
        agreement = applied[key]
        parties = frozenset(agreement.terms.parties)
        for given in agreement.terms.provisions:
            if not isinstance(given, MovingBuffer) or not agreement.applies(given.id):
                continue
            guarded = tuple(
                Guarded(
                    intent.id,
                    intent.call_sign or intent.place_name or intent.kind.value,
                    party,
                    intent.version,
                    frozenset(
                        each
                        for each in parties
                        if each != party
                        and sees(picture, intent, each)
                        and needs(picture, intent, each)
                    ),
                )
                for party in sorted(parties)
                if not given.of or party in given.of
                for intent in map(picture.intents.__getitem__, sorted(picture.intents_of(party)))
                if intent.kind in _TRACKED
                and intent.state is not IntentState.ENDED
                and intent.start_us <= now_us <= intent.end_us
                and not intent.actors.isdisjoint(given.round)
            )
            if guarded:
                name = rule_id(agreement, given.id)
                found[name] = AgreedBuffer(
                    name, given.id, agreement.version, given.radius_m, given.vertical_m, parties,
                    guarded,
                )  # fmt: skip
    return found


def bound_now(picture: Picture, now_us: int) -> dict[str, tuple[AgreedArea, frozenset[PartyId]]]:
    """The agreed areas that hold now for somebody's tracks, by id, with those parties."""
    applied = {
        (each.id, each.version): each for of in picture.agreed.of.values() for each in of
    }  # an agreement stands there for each of its parties
    under_way: dict[PartyId, list[Intent]] = {}
    found: dict[str, tuple[AgreedArea, frozenset[PartyId]]] = {}
    for key in sorted(applied):
        agreement = applied[key]
        for area in agreement.areas:
            if not agreement.applies(area.provision):
                continue
            if area.kinds and _TRACKED.isdisjoint(area.kinds):
                continue
            bound = {
                each for each in area.bound if _may_be_meant(picture, area, each, under_way, now_us)
            }
            if bound:
                bound -= _excused(picture, agreement, area, bound, now_us)
            if bound:
                found[area.id] = area, frozenset(bound)
    return found


def _may_be_meant(
    picture: Picture,
    area: AgreedArea,
    party: PartyId,
    under_way: dict[PartyId, list[Intent]],
    now_us: int,
) -> bool:
    if not (area.kinds or area.actors or area.armed is not None):
        return True
    own = under_way.get(party)
    if own is None:
        own = under_way[party] = [
            intent
            for intent in map(picture.intents.__getitem__, picture.intents_of(party))
            if intent.kind in _TRACKED and intent.start_us <= now_us <= intent.end_us
        ]
    return not own or any(concerns(area, intent) for intent in own)


def _excused(
    picture: Picture, agreement: Agreement, area: AgreedArea, bound: Iterable[PartyId], now_us: int
) -> set[PartyId]:
    """Those of the bound that stand there now with an intent that excuses them."""
    volumes = [
        each
        for each in picture.agreed_space.views(area.id)
        if each.volume.start_us <= now_us + HOUR_US and now_us <= each.volume.end_us
    ]
    if area.rule is ZoneRule.NOTICE:
        touched = {
            each for volume in volumes for each in picture.intent_space.touched(volume, _TOUCHING)
        }
    else:
        touched = _consented(picture, agreement)
    excused: set[PartyId] = set()
    for intent_id in touched:
        intent = picture.intents.get(intent_id)
        if (
            intent is not None
            and intent.party in bound
            and intent.party not in excused
            and _stands_in(picture, intent, volumes, now_us)
        ):
            excused.add(intent.party)
    return excused


def excuses(met: Meeting, now_us: int) -> bool:
    """Whether what a party told where it meets an area excuses its tracks there now. met: the
    party's own volume first. What only its clock brings near does not.
    """
    told = met.own.volume
    is_now = told.start_us - _BEFORE_US <= now_us <= told.end_us
    return met.truly and met.gap.time_us == 0 and is_now


def _consented(picture: Picture, agreement: Agreement) -> set[IntentId]:
    """The intents for which what was asked under the agreement was approved or cleared."""
    asked = map(picture.consents.__getitem__, picture.consents)
    return {
        each.intent
        for each in asked
        if each.intent is not None
        and (each.agreement, each.version) == (agreement.id, agreement.version)
        and each.verdict in (Verdict.APPROVED, Verdict.CLEARED)
    }


def _stands_in(
    picture: Picture, intent: Intent, volumes: Iterable[PreparedVolume], now_us: int
) -> bool:
    try:
        met = (
            in_area(picture, intent, (own, volume), intent.party, now_us)
            for own in picture.intent_space.views(intent.id)
            for volume in volumes
        )
        return any(each is not None and excuses(each, now_us) for each in met)
    except NotComparable:  # under rules that no longer hold: rather a warning too many
        return False
