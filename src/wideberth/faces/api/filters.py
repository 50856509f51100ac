"""What of a stream a listener asked for: by kind of event, and by area.

A filter is judged on what the event shows to this party and on nothing else, so a filtered stream
says no more than the whole one: its events are those of the whole stream, with their numbers, less
some. What must be heard is never left out; the reference of the API says what that is and why:

* by kind, only what says nothing that its reader has to act on (:data:`OPTIONAL`);
* by area, only what shows a place that lies outside. What shows none is heard. What changes a place
  is heard wherever it is now, since it may have left the area; and a warning that was heard once is
  heard to its end.

What is prepared to be compared with an area is not remembered: it takes microseconds, and each
position is another, which would drive out what all decisions are made of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from wideberth.errors import InvalidValue
from wideberth.faces.api import codec
from wideberth.faces.api.areas import (
    Area,
    Slab,
    area_of_box,
    area_of_footprint,
    band_of,
    touches,
)
from wideberth.faces.api.events import EVENTS, is_shown_whole, version_at, version_notified
from wideberth.model.entries import (
    Body,
    HiddenChecked,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    SubscribersNotified,
    TouchesWithdrawn,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.keeping import EntriesErased
from wideberth.model.notices import Cell, Verb
from wideberth.model.warnings import StandingWarning, TrackFix
from wideberth.picture.picture import Picture
from wideberth.service import StreamEvent
from wideberth.space.altitude import MAX_ALTITUDE_MM, MIN_ALTITUDE_MM, Altitude, AltitudeReference
from wideberth.space.boxes import rings_of_box
from wideberth.space.prepared import PreparedVolume, prepare_many
from wideberth.space.time import MAX_US, MIN_US, SECOND_US
from wideberth.space.volume import (
    NANODEGREES,
    Circle,
    Footprint,
    Separation,
    Volume4D,
    circle,
    polygon,
)
from wideberth.warned import Warned, warned
from wideberth.watch.paths import ecef_m
from wideberth.watch.rows import Columns
from wideberth.watch.things import Mask
from wideberth.watch.tracks import TrackRow
from wideberth.wire import asked

if TYPE_CHECKING:
    from wideberth.faces.api.desk import Desk

__all__ = [
    "MOST_VERTICES",
    "OPTIONAL",
    "UPDATES",
    "Heard",
    "Shown",
    "Wanted",
    "maybe_in",
    "track_is_in",
    "wanted_of",
]

UPDATES = "warning-update"
"""The event that tells how a standing warning goes on; it is not in the record."""

MOST_VERTICES = 100
"""Of a polygon in a filter: it is compared with each event, while others wait."""

_OPTIONAL: dict[type[Body], str] = {
    IntentAccepted: "intent",
    IntentAmended: "intent",
    IntentStateChanged: "intent",
    ZoneDeclared: "zone",
    ZoneWithdrawn: "zone",
    SubscribersNotified: "notification",
    NoticeAcknowledged: "acknowledgement",
    HiddenChecked: "check",
    TouchesWithdrawn: "withdrawn-touches",
}
OPTIONAL = frozenset({*_OPTIONAL.values(), UPDATES})
"""What may be left out by kind: your own words come back, and what others do that asks nothing."""

_EXITS = frozenset({Verb.CANNOT_COMPLY, Verb.DISPUTED})
_REACH_MM_S = 340_000  # no aircraft that is warned of is quicker
_CLIMB_MM_S = 100_000
_STEP_US = 30 * SECOND_US  # a time is said no finer where a closed track is part of it
_SPOT_MM = 1_000
_PLAIN = re.compile(r"[0-9eE+., -]*", re.ASCII)  # numbers with commas between
_SLACK_M = 10.0  # of a bound: the spot's own size, and what is rounded
_MOST_REMEMBERED = 10_000
_Around = tuple[Sequence[PreparedVolume], Separation]

Shown = dict[int, tuple[StandingWarning, _Around]]
"""Of warnings that are judged at one time for several listeners of a party, by their ids in memory:
the places that each shows, and how far from them what it is about may come. Made once for all.
"""


@dataclass(slots=True)
class Heard:
    """What one listener heard of, as far as that decides what else it hears. outside: by warning,
    up to which position of the record all that was said of it was judged to lie outside the area.
    Bounded: what falls out is looked up in the record again. shown: where several are judged.
    """

    warnings: dict[str, bool] = field(default_factory=dict[str, bool])
    outside: dict[str, int] = field(default_factory=dict[str, int])
    shown: Shown | None = None

    def anew(self, shown: Shown) -> Heard:
        """Of a listener that asks for the same and heard nothing."""
        return Heard(outside=self.outside, shown=shown)

    def note(self, warning_id: str) -> None:
        """It heard of this warning."""
        if len(self.warnings) >= _MOST_REMEMBERED:
            self.warnings.clear()
        self.warnings[warning_id] = True

    def note_outside(self, warning_id: str, position: int) -> None:
        """All that was said of this warning, up to this position, lies outside the area."""
        if len(self.outside) >= _MOST_REMEMBERED:
            self.outside.clear()
        self.outside[warning_id] = position


@dataclass(frozen=True, slots=True)
class Wanted:
    """kinds: names of events; None: all. area: None: everywhere."""

    kinds: frozenset[str] | None = None
    area: Area | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.kinds is None and self.area is None

    def is_wanted_kind(self, name: str) -> bool:
        """Whether events of this name, which may be left out, were asked for."""
        return self.kinds is None or name in self.kinds

    async def hears(self, desk: Desk, event: StreamEvent, party: PartyId, heard: Heard) -> bool:
        """Whether the party's listener is told of the event."""
        body = event.entry.body
        name = _OPTIONAL.get(type(body))
        if name is not None and not self.is_wanted_kind(name):
            return _asks_something(body)
        if self.area is None:
            return True
        match body:
            case IntentAccepted(intent=intent):
                return self._is_intent_in(desk.picture, intent)
            case IntentStateChanged():
                intent, _ = await version_at(desk, event.position, event.entry)
                return self._is_intent_in(desk.picture, intent)
            case ZoneDeclared(zone=zone):
                return zone.version > 1 or self._is_any_in(desk.picture, zone.volumes)
            case SubscribersNotified():
                return await self._is_notified_in(desk, event, party)
            case WarningRaised() | WarningWorsened() | WarningCleared():
                return await self._hears_warning(
                    desk, body.warning, party, heard, until=event.position
                )
            case _:
                return True

    async def hears_update(
        self, desk: Desk, warning: StandingWarning, party: PartyId, heard: Heard
    ) -> bool:
        """Whether the party's listener is told how a standing warning goes on."""
        if not self.is_wanted_kind(UPDATES):
            return False
        return await self._hears_warning(desk, warning, party, heard, until=None)

    def _is_intent_in(self, picture: Picture, intent: Intent) -> bool:
        assert self.area is not None, "asked where there is an area"
        standing = picture.intents.get(intent.id)
        if standing is not None and standing.volumes == intent.volumes:
            return touches(picture.intent_space.views(intent.id), self.area)
        return self._is_any_in(picture, intent.volumes)

    def _is_any_in(self, picture: Picture, volumes: Sequence[Volume4D]) -> bool:
        assert self.area is not None, "asked where there is an area"
        return touches(prepare_many(volumes, picture.altitude_model), self.area)

    async def _is_notified_in(self, desk: Desk, event: StreamEvent, party: PartyId) -> bool:
        found = await version_notified(desk, event)
        if isinstance(found, EntriesErased):
            return True
        version, entry = found
        if isinstance(entry.body, IntentAmended):
            return True
        # A place is given away against a record of that alone, so it must not decide before.
        is_site = version.kind is IntentKind.PRESENCE and version.party != party
        if is_site or not is_shown_whole(desk.picture, version, party):
            return True
        return self._is_intent_in(desk.picture, version)

    async def _hears_warning(
        self,
        desk: Desk,
        warning: StandingWarning,
        party: PartyId,
        heard: Heard,
        *,
        until: int | None,
    ) -> bool:
        """until: the position of the entry; None: it is not recorded."""
        if self.area is None or warning.id in heard.warnings:
            return True
        await desk.live.know((warning,))
        if self._is_warning_in(desk, warning, party, heard.shown):
            heard.note(warning.id)
            return True
        # What was judged before is not judged at each update again; a warning may have hundreds.
        before = _positions_before(desk, warning.id, until, heard.outside.get(warning.id, -1))
        for position, entry in zip(before, await desk.service.entries_at(before), strict=True):
            said = entry.body
            if (
                isinstance(said, WarningRaised | WarningWorsened | WarningCleared)
                and party in said.warning.parties
            ):
                await desk.live.know((said.warning,))
                if self._is_warning_in(desk, said.warning, party, heard.shown):
                    heard.note(warning.id)
                    return True
            heard.note_outside(warning.id, position)
        if until is not None:
            heard.note_outside(warning.id, until)
        return False

    def _is_warning_in(
        self, desk: Desk, warning: StandingWarning, party: PartyId, shown: Shown | None
    ) -> bool:
        assert self.area is not None, "asked where there is an area"
        found = None if shown is None else shown.get(id(warning))
        places, reach = _around(desk, warning, party) if found is None else found[1]
        if shown is not None:
            shown[id(warning)] = warning, (places, reach)
        return not places or touches(places, self.area, reach)


def wanted_of(query: asked.ListenQuery, picture: Picture) -> Wanted:
    """What a query asks for. Raises InvalidValue naming the parameter."""
    kinds = _kinds(query.kinds) if isinstance(query, asked.StreamQuery) else None
    return Wanted(kinds, _area(query, picture))


def maybe_in(columns: Columns, area: Area) -> Mask:
    """Which tracks could be in the area: all of which :func:`track_is_in` says so, and some near
    it. All at once, by the balls around the area's pieces.
    """
    near = np.full(len(columns), not area.pieces)
    position_m = ecef_m(columns.latitude_deg, columns.longitude_deg)
    for piece in area.pieces:
        ball = piece.arrays.shapes[piece.index]
        center_m = np.array([ball["x"], ball["y"], ball["z"]])
        # A chord is never longer than the way over the ground.
        away_m = np.linalg.norm(position_m - center_m, axis=1) - ball["reach_m"]
        near |= away_m <= columns.uncertainty_m + _SLACK_M
    height_m = np.clip(columns.altitude_w84_m, MIN_ALTITUDE_MM / 1000, MAX_ALTITUDE_MM / 1000)
    slab = area.slab
    with np.errstate(invalid="ignore"):
        outside = (height_m < slab.lower_mm / 1000 - _SLACK_M) | (
            height_m > slab.upper_mm / 1000 + _SLACK_M
        )
    return near & ~outside


def track_is_in(row: TrackRow, area: Area, picture: Picture) -> bool:
    """Whether a track's last position, as surely as it is known, touches the area."""
    if _is_in_box(row, area):
        return True
    altitude_mm = None if row.altitude_w84_m is None else round(row.altitude_w84_m * 1000)
    spot = _spot(
        round(row.latitude_deg * NANODEGREES), round(row.longitude_deg * NANODEGREES), altitude_mm
    )
    reach = Separation(horizontal_mm=round(row.uncertainty_m * 1000))
    return touches(prepare_many((spot,), picture.altitude_model), area, reach)


def _is_in_box(row: TrackRow, area: Area) -> bool:
    """Whether it is in the box that the area was made of: nothing in that is left out, and it costs
    a hundredth of the whole question.
    """
    if area.box is None:
        return False
    south, west, north, east = area.box
    longitude, altitude_m, slab = row.longitude_deg, row.altitude_w84_m, area.slab
    if not south <= row.latitude_deg <= north:
        return False
    if not (west <= longitude <= east if west <= east else longitude >= west or longitude <= east):
        return False
    return altitude_m is None or slab.lower_mm <= altitude_m * 1000 <= slab.upper_mm


def _kinds(text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    names = text.split(",")
    known = (*EVENTS, UPDATES)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            advice = "give names of events with commas between"
            raise InvalidValue(
                "kinds",
                "not-one-of",
                name,
                f"{advice}; did you mean {near[0]}?" if near else advice,
            )
    return frozenset(names)


def _area(query: asked.ListenQuery, picture: Picture) -> Area | None:
    box = codec.box_of(query)
    slab = Slab(MIN_US, MAX_US, *band_of(query.lower_m, query.upper_m))
    given = [
        name
        for name, value in (("south", box), ("circle", query.circle), ("polygon", query.polygon))
        if value is not None
    ]
    if len(given) > 1:
        raise InvalidValue(", ".join(given), "one-area", None, "give a box, a circle or a polygon")
    if box is not None:
        return area_of_box(box, slab, picture)
    if query.circle is not None:
        return area_of_footprint(_circle(query.circle), slab, picture)
    if query.polygon is not None:
        return area_of_footprint(_polygon(query.polygon), slab, picture)
    has_band = query.lower_m is not None or query.upper_m is not None
    return Area((), slab) if has_band else None


def _circle(text: str) -> Footprint:
    numbers = _numbers(text, "circle", 3, "give latitude,longitude,radius in metres")
    try:
        return circle(*numbers)
    except InvalidValue as error:
        raise InvalidValue("circle", error.rule, error.value, error.advice) from error


def _polygon(text: str) -> Footprint:
    pairs = text.split(";")
    if not 3 <= len(pairs) <= MOST_VERTICES:
        raise InvalidValue(
            "polygon", "vertex-count", len(pairs), f"give 3 to {MOST_VERTICES} vertices"
        )
    advice = "give latitude,longitude pairs with semicolons between"
    points = [_numbers(pair, "polygon", 2, advice) for pair in pairs]
    try:
        return polygon((latitude, longitude) for latitude, longitude in points)
    except InvalidValue as error:
        raise InvalidValue("polygon", error.rule, error.value, error.advice) from error


def _numbers(text: str, name: str, count: int, advice: str) -> list[float]:
    parts = text.split(",")
    try:
        # In ASCII and without the underscores that Python would pass over.
        numbers = [float(part) for part in parts] if _PLAIN.fullmatch(text) else []
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise InvalidValue(name, "numbers", text, advice)
    return numbers


def _asks_something(body: Body) -> bool:
    """Of an event of an optional kind: whether its reader has to act on it all the same."""
    if not isinstance(body, NoticeAcknowledged):
        return False
    answer = body.acknowledgement
    return answer.verb in _EXITS or bool(answer.differences)


def _around(desk: Desk, warning: StandingWarning, party: PartyId) -> _Around:
    known = warned(warning, party, desk.picture, desk.live.is_track_open)
    # As views, which each area is compared with.
    return list(_places(known, desk.picture)), _reach(known, desk.live.look_ahead_us)


def _places(known: Warned, picture: Picture) -> Sequence[PreparedVolume]:
    """All places that a warning shows to a party."""
    volumes: list[Volume4D] = []
    for side in known.sides:
        if side.fix is not None:
            volumes.append(_spot_of(side.fix))
        elif side.cell is not None:
            volumes += _cell(side.cell)
    return prepare_many(volumes, picture.altitude_model)


def _reach(known: Warned, look_ahead_us: int) -> Separation:
    """How far what a warning is about may come, from where it was, before the time that is said."""
    is_hidden = any(each.type == "intent" and not each.shown for each in known.sides)
    # What a warning of lateness says is over is before now.
    time_us = look_ahead_us if is_hidden else max(known.time_us or 0, 0)
    if known.coarse:
        time_us += _STEP_US
    time_s = time_us / SECOND_US
    return Separation(
        horizontal_mm=round(_REACH_MM_S * time_s) + known.uncertainty_mm,
        vertical_mm=round(_CLIMB_MM_S * time_s),
    )


def _positions_before(desk: Desk, warning_id: str, until: int | None, after: int) -> list[int]:
    """Where something was said of a warning, before a position (None: so far) and after another."""
    history = desk.picture.history
    assert history is not None, "streams are made from the picture, not from an overlay"
    positions = history.positions(warning_id)
    return [each for each in positions if after < each and (until is None or each < until)]


def _spot_of(fix: TrackFix) -> Volume4D:
    return _spot(fix.latitude_nd, fix.longitude_nd, fix.altitude_w84_mm)


def _spot(latitude_nd: int, longitude_nd: int, altitude_mm: int | None) -> Volume4D:
    """A position at any time; at any height where its own is not known."""
    low_mm, high_mm = MIN_ALTITUDE_MM, MAX_ALTITUDE_MM
    if altitude_mm is not None:
        low_mm = high_mm = max(low_mm, min(high_mm, altitude_mm))
    half_nd = 180 * NANODEGREES
    longitude_nd = (longitude_nd + half_nd) % (2 * half_nd) - half_nd
    return _at_any_time(Circle(latitude_nd, longitude_nd, _SPOT_MM), low_mm, high_mm)


def _cell(cell: Cell) -> list[Volume4D]:
    south, west, size = (each / NANODEGREES for each in (cell.south_nd, cell.west_nd, cell.size_nd))
    return [
        _at_any_time(ring, MIN_ALTITUDE_MM, MAX_ALTITUDE_MM)
        for ring in rings_of_box(south, west, min(90.0, south + size), west + size)
    ]


def _at_any_time(footprint: Footprint, lower_mm: int, upper_mm: int) -> Volume4D:
    return Volume4D(
        footprint,
        Altitude(lower_mm, AltitudeReference.W84),
        Altitude(upper_mm, AltitudeReference.W84),
        MIN_US,
        MAX_US,
    )
