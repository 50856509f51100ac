"""ASTM F3411 network Remote ID: the flights that a service provider answers (``GET
/uss/flights?view=...``, of 19 and 22a), and what a display provider shows (``GET
/display_data?view=...``). Pure.

A flight's current state is its position, with its own time and accuracy, the height above the
ellipsoid and the pressure altitude. Numbers that the standard sets aside for "not known" (a height
of -1000 m, a course of 361, a speed of 255 m/s, a vertical speed of 63 m/s) are not known. A
position that somebody extrapolated is left out: nothing here is invented; so is a flight that is
simulated, but in an exercise that asks for them. A display does not say which flights are. A
display's position without a time has that of its arrival; its clusters, which stand for flights
that may not be told apart, are no positions.

Source: the OpenAPI documents of ASTM F3411-19 and F3411-22a (astm-utm/Protocol, remoteid/augmented
.yaml and updated.yaml), and InterUSS's interface of observation.
"""

from __future__ import annotations

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.broadcast import HORIZONTAL_ACCURACY_M
from wideberth.faces.feeds.decoding import BadMessage, Decoded
from wideberth.faces.feeds.recent import Recent
from wideberth.faces.feeds.records import (
    as_record,
    document_of,
    number,
    place_of,
    records_of,
    text,
    value_of,
)
from wideberth.space.time import MINUTE_US, parse_rfc3339
from wideberth.watch.reports import PositionReport

__all__ = ["RemoteIdDecoder"]

_NO_HEIGHT_M, _NO_COURSE, _NO_SPEED_M_S, _NO_CLIMB_M_S = -1000.0, 361.0, 255.0, 63.0
_FORGET_US = 10 * MINUTE_US
_LONGEST_ID = 120


class RemoteIdDecoder:
    """owner: of every thing. simulated: flights that are simulated are taken too. Each piece is a
    whole document.
    """

    stamped = True

    def __init__(self, *, owner: str | None = None, simulated: bool = False) -> None:
        self._owner = owner
        self._takes_simulated = simulated
        self._given = Recent[tuple[int, tuple[float, float]]]()

    def reset(self) -> None:
        """Documents are whole: nothing is kept of half a one."""

    def feed(self, data: bytes, came_us: int) -> Decoded:
        """The new positions of a document."""
        decoded = Decoded()
        document = document_of(data, decoded)
        if document is None:
            return decoded
        if "flights" not in document and "clusters" not in document:
            decoded.refuse("not-flights", data)
            return decoded
        flights = records_of(document.get("flights")) or []
        decoded.take_each(
            flights, lambda each: self._report(as_record(value_of(each)), came_us), bytes
        )
        clusters = len(records_of(document.get("clusters")) or [])
        decoded.messages += clusters
        decoded.ignored += clusters
        self._given.keep(lambda _, noted_us: abs(came_us - noted_us) < _FORGET_US)
        return decoded

    def _report(self, flight: dict[str, object], came_us: int) -> PositionReport | None:
        """The position of a flight; None where it has none, or one that was given. Raises
        BadMessage.
        """
        track_id = text(flight.get("id"), _LONGEST_ID)
        if track_id is None:
            raise BadMessage("no-id")
        state = as_record(flight.get("current_state") or {})
        position = as_record(state.get("position") or flight.get("most_recent_position") or {})
        place = place_of(position.get("lat"), position.get("lng"))
        if place is None or position.get("extrapolated") is True:
            return None
        if flight.get("simulated") is True and not self._takes_simulated:
            return None
        time_us = _time_us(state.get("timestamp"))
        before = self._given.get(track_id)
        if time_us is None:
            if before is not None and before[1] == place:
                return None  # without a time, the same place says nothing new
            time_us = came_us
        elif before is not None and time_us == before[0]:
            return None
        self._given.note(track_id, (time_us, place), came_us)
        return PositionReport(
            track_id,
            time_us,
            *place,
            altitude_w84_m=_known(position.get("alt"), _NO_HEIGHT_M),
            altitude_std_m=_known(position.get("pressure_altitude"), _NO_HEIGHT_M),
            ground_speed_m_s=_known(state.get("speed"), _NO_SPEED_M_S),
            course_deg=_known(state.get("track"), _NO_COURSE),
            vertical_rate_m_s=_known(state.get("vertical_speed"), _NO_CLIMB_M_S),
            accuracy_m=HORIZONTAL_ACCURACY_M.get(text(position.get("accuracy_h")) or ""),
            owner=self._owner,
        )


def _time_us(value: object) -> int | None:
    """An instant: RFC 3339 text (19), or that in an object (22a). None: not said. Raises
    BadMessage.
    """
    if value is None:
        return None
    told = value if isinstance(value, str) else as_record(value).get("value")
    if told is None:
        return None
    try:
        return parse_rfc3339(text(told) or "")
    except InvalidValue:
        raise BadMessage("time") from None


def _known(value: object, unknown: float) -> float | None:
    found = number(value)
    return None if found is None or found == unknown else found
