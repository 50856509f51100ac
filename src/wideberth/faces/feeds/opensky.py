"""State vectors of the OpenSky Network (``GET /api/states/all``). Pure.

A state is a list: address, call sign, country, time of the position, last contact, longitude,
latitude, pressure altitude [m], on ground, speed [m/s], course [deg], climb [m/s], sensors, height
above the ellipsoid [m], and more. Times are whole seconds. A state stays in the answer for some
seconds after its position; each position is given once.

When the heights and the velocity were said it does not tell: they are the last before the last
contact, which is any valid message, and count as of then, so that what lies between then and the
position is allowed for.

Source: openskynetwork.github.io/opensky-api/rest.html, "All State Vectors".
"""

from __future__ import annotations

from wideberth.faces.feeds.aircraft import aircraft_id, call_sign
from wideberth.faces.feeds.decoding import BadMessage, Decoded
from wideberth.faces.feeds.recent import Recent
from wideberth.faces.feeds.records import (
    as_list,
    document_of,
    member_of,
    number,
    place_of,
    records_of,
    seconds_us,
    text,
    value_of,
)
from wideberth.space.time import MINUTE_US
from wideberth.watch.reports import PositionReport

__all__ = ["OpenSkyDecoder"]

_FEWEST = 14  # up to the height above the ellipsoid
_FORGET_US = 10 * MINUTE_US


class OpenSkyDecoder:
    """owner: of every thing. Each piece is a whole document."""

    stamped = True

    def __init__(self, *, owner: str | None = None) -> None:
        self._owner = owner
        self._given_us = Recent[int]()

    def reset(self) -> None:
        """Documents are whole: nothing is kept of half a one."""

    def feed(self, data: bytes, came_us: int) -> Decoded:  # noqa: ARG002 - it has its own time
        """The new positions of a document."""
        decoded = Decoded()
        document = document_of(data, decoded)
        if document is None:
            return decoded
        time_us = seconds_us(member_of(document, "time"))
        if "states" not in document or time_us is None:
            decoded.refuse("not-states", data)
            return decoded
        states = records_of(document["states"]) or []
        decoded.take_each(states, lambda each: self._report(as_list(value_of(each)) or []), bytes)
        self._given_us.keep(lambda given_us, _: abs(time_us - given_us) < _FORGET_US)
        return decoded

    def _report(self, state: list[object]) -> PositionReport | None:
        """The position of a state; None where it has none, or one that was given. Raises
        BadMessage.
        """
        if len(state) < _FEWEST:
            raise BadMessage("fields")
        track_id = aircraft_id(text(state[0]) or "")
        if track_id is None:
            raise BadMessage("aircraft-id")
        place = place_of(state[6], state[5])
        if place is None:
            return None
        time_us = seconds_us(state[3])
        if time_us is None:
            raise BadMessage("time")
        given_us = self._given_us.get(track_id)
        if given_us is not None and time_us <= given_us:
            return None
        self._given_us.note(track_id, time_us, time_us)
        contact_us = seconds_us(state[4])
        return PositionReport(
            track_id,
            time_us,
            *place,
            altitude_w84_m=number(state[13]),
            altitude_std_m=number(state[7]),
            ground_speed_m_s=number(state[9]),
            course_deg=number(state[10]),
            vertical_rate_m_s=number(state[11]),
            callsign=call_sign(text(state[1]) or ""),
            owner=self._owner,
            altitude_time_us=contact_us,
            velocity_time_us=contact_us,
        )
