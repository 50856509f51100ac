"""Which warnings must stand at a moment, by what honest feeds have said: slow, obvious, and careful
to ask for nothing that is near an edge. It shares nothing with the watch but the limits.

Places are put on a plane around each pair or area. Everything asked for holds with a tenth to
spare, and a warning must stand once it has been asked for during two looks. What stands
without being asked for is no fault here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from attack.soak_stage import Said
from wideberth.model.warnings import StandingWarning, WarningKind
from wideberth.space.time import SECOND_US
from wideberth.watch.settings import WatchSettings

SPARE = 0.9
_OUTSIDE_M = 1_000.0  # so far from an area that all the allowances together are less
_METRES_PER_DEGREE = 111_195.0

Wanted = tuple[str, frozenset[str]]
"""A warning, by its kind (or kinds, with a bar between) and the names of its objects."""


@dataclass(frozen=True)
class Round:
    """A round area that somebody declared: a zone, or an intent that is under way."""

    kind: str
    id: str
    party: str
    latitude_deg: float
    longitude_deg: float
    radius_m: float
    since_us: int


@dataclass
class Known:
    """What honest feeds have said so far. last: of each thing the newest, with its party; was_in:
    the things that were well inside an intent of their party.
    """

    last: dict[str, tuple[str, Said]] = field(default_factory=dict[str, tuple[str, Said]])
    was_in: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def take(self, party: str, said: Said) -> None:
        """Said on a line that stood."""
        held = self.last.get(said.track_id)
        if held is None or held[1].time_us < said.time_us:
            self.last[said.track_id] = party, said

    def forget(self, before_us: int) -> None:
        """Who has said nothing for so long is nobody's any more."""
        self.last = {name: each for name, each in self.last.items() if each[1].time_us >= before_us}
        self.was_in = {each for each in self.was_in if each[0] in self.last}


def wanted(
    known: Known, areas: Collection[Round], settings: WatchSettings, now_us: int
) -> Iterator[Wanted]:
    """What must stand now."""
    silent_us = settings.tracks.default_feed.silence_after_us
    heard = [
        (party, said)
        for party, said in known.last.values()
        if now_us - said.time_us < silent_us - SECOND_US
    ]
    for number, one in enumerate(heard):
        for other in heard[:number]:
            if one[0] != other[0]:
                yield from _pair(one, other, settings, now_us)
    for party, said in heard:
        for area in areas:
            yield from _entry(party, said, area, settings, now_us)
            yield from _departure(party, said, area, known)
    under_way = {area.party for area in areas if area.kind == "intent"}
    for party, said in known.last.values():
        age_us = now_us - said.time_us
        forgotten_us = settings.tracks.forget_after_us
        if party in under_way and silent_us + SECOND_US < age_us < forgotten_us - 5 * SECOND_US:
            yield "silence", frozenset((_name(party, said),))


def _pair(
    one: tuple[str, Said], other: tuple[str, Said], settings: WatchSettings, now_us: int
) -> Iterator[Wanted]:
    """Two that are too close at one of the seconds to come."""
    rules = settings.pairs
    if abs(one[1].altitude_w84_m - other[1].altitude_w84_m) > rules.vertical_m * SPARE:
        return
    names = frozenset(_name(*each) for each in (one, other))
    between = (one[1].latitude_deg + other[1].latitude_deg) / 2
    ahead_s = int(rules.look_ahead_us / SECOND_US * SPARE)
    apart, going = (
        _ahead(other[1], now_us, between)[k] - _ahead(one[1], now_us, between)[k] for k in (0, 1)
    )
    if abs(apart) > rules.horizontal_m + ahead_s * abs(going):
        return
    if abs(apart) <= rules.horizontal_m * SPARE:
        yield "separation", names
    nearest_m = min(abs(apart + second * going) for second in range(ahead_s + 1))
    if nearest_m <= rules.horizontal_m * SPARE:
        yield "conflict|separation", names


def _entry(
    party: str, said: Said, area: Round, settings: WatchSettings, now_us: int
) -> Iterator[Wanted]:
    """One that is in another's area, or will be."""
    if party == area.party:
        return
    apart, going = _seen_from(said, area, now_us)
    ahead_s = int(settings.zone_look_ahead_us / SECOND_US * SPARE)
    if min(abs(apart + second * going) for second in range(ahead_s + 1)) <= area.radius_m * SPARE:
        yield "incursion", frozenset((_name(party, said), area.id))


def _departure(party: str, said: Said, area: Round, known: Known) -> Iterator[Wanted]:
    """One that was in its party's intent and is not any more."""
    if party != area.party or area.kind != "intent" or said.time_us < area.since_us:
        return
    here = said.track_id, area.id
    apart, _ = _seen_from(said, area, said.time_us)
    if abs(apart) <= area.radius_m * SPARE:
        known.was_in.add(here)
    elif abs(apart) > area.radius_m + _OUTSIDE_M and here in known.was_in:
        yield "departure", frozenset((_name(party, said), area.id))


def _ahead(said: Said, now_us: int, around_deg: float) -> tuple[complex, complex]:
    """Where it is if it held its course, in metres north and (imaginary) east, and its velocity."""
    course = math.radians(said.course_deg)
    going = said.speed_m_s * complex(math.cos(course), math.sin(course))
    east = said.longitude_deg * math.cos(math.radians(around_deg))
    at = complex(said.latitude_deg, east) * _METRES_PER_DEGREE
    return at + going * (now_us - said.time_us) / SECOND_US, going


def _seen_from(said: Said, area: Round, now_us: int) -> tuple[complex, complex]:
    at, going = _ahead(said, now_us, area.latitude_deg)
    east = area.longitude_deg * math.cos(math.radians(area.latitude_deg))
    return at - complex(area.latitude_deg, east) * _METRES_PER_DEGREE, going


def _name(party: str, said: Said) -> str:
    return f"{party}/{said.track_id}"


@dataclass
class Verdict:
    """What came of it. asked: by kind, each time that one began to be asked for and went on long
    enough; waits_s: how long until each stood; late: stood, and later than within_s; missed: did
    not stand while it was asked for, or no longer.
    """

    within_s: float
    asked: Counter[str] = field(default_factory=Counter[str])
    late: Counter[str] = field(default_factory=Counter[str])
    missed: Counter[str] = field(default_factory=Counter[str])
    waits_s: list[float] = field(default_factory=list[float])
    faults: list[str] = field(default_factory=list[str])
    _since_s: dict[Wanted, float] = field(default_factory=dict[Wanted, float])
    _stood: dict[Wanted, float] = field(default_factory=dict[Wanted, float])
    _faulted: set[Wanted] = field(default_factory=set[Wanted])

    def judge(
        self, now_s: float, must: Iterable[Wanted], standing: Mapping[str, set[frozenset[str]]]
    ) -> None:
        """One moment. standing: by kind, the names of the objects of each warning."""
        asked = set(must)
        for gone in [each for each in self._since_s if each not in asked]:
            self._over(gone)
        for each in asked:
            since_s = self._since_s.setdefault(each, now_s)
            if any(each[1] in standing.get(kind, ()) for kind in each[0].split("|")):
                if each not in self._stood:
                    self._stands(each, now_s, now_s - since_s)
                self._stood[each] = now_s
            elif each in self._stood:
                self._fault(each, f"{now_s:.1f}: no longer stood: {_words(each)}")
            elif now_s - since_s > self.within_s:
                self._fault(each, f"{now_s:.1f}: did not stand: {_words(each)}")

    def finish(self) -> None:
        """The day is over."""
        for each in list(self._since_s):
            self._over(each)

    def _stands(self, each: Wanted, now_s: float, wait_s: float) -> None:
        self.asked[each[0]] += 1
        self.waits_s.append(wait_s)
        if each in self._faulted:  # it did not stand in time, and does now
            self._faulted.discard(each)
            self.missed[each[0]] -= 1
            self.late[each[0]] += 1
            self.faults.append(f"{now_s:.1f}: stood after {wait_s:.1f} s: {_words(each)}")

    def _fault(self, each: Wanted, words: str) -> None:
        if each not in self._faulted:
            self._faulted.add(each)
            self.missed[each[0]] += 1
            self.faults.append(words)

    def _over(self, each: Wanted) -> None:
        del self._since_s[each]
        if each in self._faulted and each not in self._stood:
            self.asked[each[0]] += 1
        self._faulted.discard(each)
        self._stood.pop(each, None)


def _words(each: Wanted) -> str:
    return f"{each[0]} of {', '.join(sorted(each[1]))}"


def standing_by_kind(warnings: Iterable[StandingWarning]) -> dict[str, set[frozenset[str]]]:
    """The warnings in the record, as the verdict asks for them."""
    found: dict[str, set[frozenset[str]]] = {}
    for warning in warnings:
        names = frozenset(each.id for each in warning.objects)
        found.setdefault(WarningKind(warning.kind).value, set()).add(names)
    return found
