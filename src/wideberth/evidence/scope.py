"""Which entries bear on an incident: its window, its area, its parties and what it is about.

Chosen from what a reader may see, and nothing is added: what is left out here is left out of the
lines and the evidence alike. Where an entry's place cannot be compared with the area, it is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from wideberth.errors import InvalidValue, NotComparable
from wideberth.evidence.alone.container import is_array, is_object
from wideberth.model.ids import PartyId
from wideberth.space.altitude import MAX_ALTITUDE_MM, MIN_ALTITUDE_MM, Altitude, AltitudeReference
from wideberth.space.overlap import is_conflict
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.time import MAX_US, MIN_US, SECOND_US, format_rfc3339
from wideberth.space.volume import Circle, Footprint, Separation, Volume4D

__all__ = ["NAMING", "Area", "Scope", "Seen", "named_ids", "selected", "sought"]

NAMING = frozenset(
    {
        *("id", "intent", "zone", "notice", "subscription", "warning", "closes", "supersedes"),
        *("stop", "agreement", "incident", "subjects"),
    }
)
"""The members of an entry's body that name objects by their ids."""

_TOUCHING = Separation()
_FOLLOWS = frozenset(
    {
        *("NoticeAcknowledged", "NoticeReleased", "NoticeEscalated", "IntentStateChanged"),
        *("StopAcknowledged", "StopRepeated", "StopToUnits", "HazardStated", "HazardUnheard"),
        *("AllClearGiven", "ZoneWithdrawn", "SiteStale", "AvoidingTold", "AvoidingSuggested"),
    }
)
"""Types that are in where the object is that they name, when an area is asked about."""
_OPENS = {
    "NoticeIssued": "notice",
    "StopTold": "stop",
    "IntentAccepted": "intent",
    "IntentAmended": "intent",
    "ZoneDeclared": "zone",
    "WarningRaised": "warning",
    "WarningWorsened": "warning",
    "WarningCleared": "warning",
}
"""By type: the member that is the object, of which later entries say more."""
_STEPS = frozenset({"IntentStateChanged", "HazardStated", "HazardUnheard", "AllClearGiven"})
"""Types that say more of an intent that was told before, by its id."""
_STATE_BEFORE = frozenset({"AgreementStepped", "AgreementMoment"})
_CHANNEL = frozenset({"HeartbeatMissed", "ChannelSuspended", "ChannelResumed", "ChannelReported"})


class Seen(NamedTuple):
    """An entry as its reader sees it. value: the JSON object of its envelope; is_part: less of it,
    as the reader is told it on its stream.
    """

    position: int
    value: dict[str, Any]
    is_part: bool = False


class Scope(msgspec.Struct, frozen=True):
    """What is asked about. Times: from begin_us on, before end_us. area: None: everywhere; parties
    and subjects (ids of intents, zones, notices, warnings, STOPs): empty: all.

    Raises InvalidValue where it ends before it begins.
    """

    begin_us: int = MIN_US
    end_us: int = MAX_US + 1
    area: Footprint | None = None
    parties: tuple[PartyId, ...] = ()
    subjects: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.end_us < self.begin_us:
            begin, end = format_rfc3339(self.begin_us), format_rfc3339(self.end_us)
            advice = f"it ends {end}, before it begins {begin}; are they swapped?"
            raise InvalidValue("from, to", "time-order", f"{begin} to {end}", advice)

    @property
    def is_everything(self) -> bool:
        """Whether nothing but time is asked about."""
        return self.area is None and not self.parties and not self.subjects

    @property
    def words(self) -> str:
        """The window, in words."""
        begin = "the beginning" if self.begin_us <= MIN_US else format_rfc3339(self.begin_us)
        end_us = self.end_us - (
            self.end_us % SECOND_US == 1
        )  # a closed window, by its last instant
        end = "now" if self.end_us > MAX_US else format_rfc3339(end_us)
        return f"{begin} to {end}"

    def has(self, time_us: int) -> bool:
        """Whether a time is in the window."""
        return self.begin_us <= time_us < self.end_us


def selected(entries: Iterable[Seen], scope: Scope) -> list[Seen]:
    """The entries that bear on the scope, in the order of the record: those of the window, what was
    said before of the same objects, and how agreements, channels and clocks stood when it began.
    """
    known = list(entries)
    objects = sought(known, scope)
    area = Area(scope.area)
    taken: dict[int, Seen] = {}
    state: dict[tuple[str, ...], list[Seen]] = {}
    for each in known:
        time_us: int = each.value["time_us"]
        if time_us >= scope.end_us:
            break
        if time_us >= scope.begin_us:
            if _is_in(each, scope, objects, area):
                taken[each.position] = each
        elif not objects.isdisjoint(named_ids(each.value["body"])):
            taken[each.position] = each
        else:
            _stand(each, scope, state)
    taken.update((each.position, each) for kept in state.values() for each in kept)
    return [taken[position] for position in sorted(taken)]


def sought(entries: Iterable[Seen], scope: Scope) -> set[str]:
    """Ids of the objects that the scope is about: its subjects, what entries opened in the window
    and the area, intents that took a step in it, and what was opened about those before: notices,
    warnings, STOPs.
    """
    objects = set(scope.subjects)
    given = list(entries)
    area = Area(scope.area)
    for each in given:
        body = each.value["body"]
        is_step = body["type"] in _STEPS and scope.has(each.value["time_us"])
        if is_step and _is_in(each, scope, objects, area):
            objects.add(str(body["intent"]))
    if scope.is_everything:
        return objects
    known = [each for each in given if each.value["body"]["type"] in _OPENS]
    for each in known:
        if scope.has(each.value["time_us"]) and _is_in(each, scope, objects, area):
            _open(each.value["body"], objects)
    for each in known:
        body = each.value["body"]
        if each.value["time_us"] < scope.end_us and not objects.isdisjoint(named_ids(body)):
            _open(body, objects)
    return objects


def _open(body: dict[str, Any], objects: set[str]) -> None:
    """Add what an entry opens, and of a notice what it is about."""
    opened: Any = body.get(_OPENS[body["type"]])
    if is_object(opened):
        objects.add(opened["id"])
        if body["type"] == "NoticeIssued" and is_object(opened.get("subject")):
            objects.add(opened["subject"]["id"])


def named_ids(value: Any, member: str = "") -> Iterator[str]:
    """Every text in a value of JSON that stands where an object is named."""
    if isinstance(value, str):
        if member in NAMING:
            yield value
    elif is_object(value):
        for name, each in value.items():
            yield from named_ids(each, name)
    elif is_array(value):
        for each in value:
            yield from named_ids(each, member)


def _is_in(seen: Seen, scope: Scope, objects: set[str], area: Area) -> bool:
    """Whether an entry of the window bears on the scope."""
    if scope.is_everything:
        return True
    body = seen.value["body"]
    if not objects.isdisjoint(named_ids(body)):
        return True
    if scope.area is not None:
        touches = area.touches(body)
        if touches is not None or body["type"] in _FOLLOWS:
            return touches is True
    return not set(scope.parties).isdisjoint(_texts([body, seen.value.get("author")]))


def _stand(seen: Seen, scope: Scope, state: dict[tuple[str, ...], list[Seen]]) -> None:
    """Keep what an entry before the window leaves standing when it begins."""
    body = seen.value["body"]
    kind: str = body["type"]
    concerned = not scope.parties or not set(scope.parties).isdisjoint(_texts(body))
    if kind == "ClockMeasured" and concerned:
        state["clock", body["party"]] = [seen]
    elif kind in _CHANNEL and concerned:
        state["channel", body.get("about") or body["party"]] = [seen]
    elif kind == "HeartbeatGiven" and concerned:
        state.pop(("channel", body["party"]), None)
    elif kind == "AgreementProposed" and concerned:
        state["agreement", body["agreement"], str(body["version"])] = [seen]
    elif kind in _STATE_BEFORE:
        key = ("agreement", body["agreement"], str(body["version"]))
        kept = state.get(key, []) if concerned else []
        if body["state"] in ("in-force", "suspended") and concerned:
            state[key] = [*kept[:1], seen]
        elif body["state"] in ("expired", "ended", "superseded", "declined", "lapsed", "countered"):
            state.pop(key, None)
        replaced = (body.get("supersedes") or 0, *body.get("supersedes_too", ()))
        for version in replaced:
            state.pop(("agreement", body["agreement"], str(version)), None)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value):
        for each in value.values():
            yield from _texts(each)
    elif is_array(value):
        for each in value:
            yield from _texts(each)


class Area:
    """An area at all heights and times, and whether what an entry places touches it."""

    def __init__(self, footprint: Footprint | None) -> None:
        self._piece = None if footprint is None else _column(footprint)

    def touches(self, body: dict[str, Any]) -> bool | None:
        """Whether a place in a value of JSON touches it. None: there is none, or no area."""
        if self._piece is None:
            return None
        found = None
        for place in _places(body):
            if self._meets(place):
                return True
            found = False
        return found

    def _meets(self, place: Any) -> bool:
        assert self._piece is not None, "asked only where there is an area"
        try:
            if "footprint" in place:
                volume = prepare(msgspec.convert(place, Volume4D))
            else:
                radius_mm = max(1, place.get("radius_mm", 1))
                volume = _column(Circle(place["latitude_nd"], place["longitude_nd"], radius_mm))
            return is_conflict(volume, self._piece, _TOUCHING)
        except NotComparable:
            return True


def _column(footprint: Footprint) -> PreparedVolume:
    lower, upper = (
        Altitude(each, AltitudeReference.W84) for each in (MIN_ALTITUDE_MM, MAX_ALTITUDE_MM)
    )
    return prepare(Volume4D(footprint, lower, upper, MIN_US, MAX_US))


def _places(value: Any) -> Iterator[dict[str, Any]]:
    """Volumes and points in a value of JSON."""
    if is_object(value):
        if "footprint" in value or "latitude_nd" in value:
            yield value
            return
        for each in value.values():
            yield from _places(each)
    elif is_array(value):
        for each in value:
            yield from _places(each)
