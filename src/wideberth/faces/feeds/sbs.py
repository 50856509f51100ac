"""SBS, or BaseStation: the lines of text that dump1090, readsb and many receivers serve on TCP port
30003. Pure.

``MSG,3,1,1,4CA7B6,1,2024/05/01,10:00:00.000,2024/05/01,10:00:00.000,,37000,,,51.45,-1.02,,,0,0,0,0``

A line tells a part: a call sign (1), a place (2, 3), a velocity (4), a height (5, 7). A line with a
place makes a position, joined with what the same aircraft last said of the rest, where that is not
older than 5 s (a call sign: than 10 minutes), and with when it said it. The height is pressure
altitude; one that ends in ``H`` is above the ellipsoid. Lines of other kinds (``SEL``, ``ID``,
``AIR``, ``STA``, ``CLK``) are read and say nothing of a position.

The times in it are local times of the receiver, and nothing says of which zone. So the time of
arrival counts, unless the feed's settings name the zone; then it is the time "generated".

Source: the BaseStation socket format as woodair.net/sbs/article/barebones42_socket_data.htm lists
its 22 fields.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, tzinfo

from wideberth.faces.feeds.aircraft import (
    HEIGHTS,
    VELOCITY,
    HeardAircraft,
    Said,
    aircraft_id,
    call_sign,
)
from wideberth.faces.feeds.decoding import BadMessage, Decoded, Lines
from wideberth.faces.feeds.units import FEET_PER_MINUTE_M_S, FOOT_M, KNOT_M_S
from wideberth.space.time import MAX_US, MIN_US, SECOND_US
from wideberth.watch.reports import PositionReport

__all__ = ["SbsDecoder"]

_KINDS = frozenset((b"SEL", b"ID", b"AIR", b"STA", b"CLK"))
_PARTS = frozenset(b"%d" % part for part in range(1, 9))  # what a line of MSG tells
_FIELDS = 22
_FEWEST_FIELDS = 16  # up to the longitude; some senders leave off what follows
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,12})?", re.ASCII)


class SbsDecoder:
    """zone: of the receiver's clock; None: the time of arrival counts. owner: of every thing.
    whole: each piece ends its last line (a datagram).
    """

    def __init__(
        self, *, zone: tzinfo | None = None, owner: str | None = None, whole: bool = False
    ) -> None:
        self._zone = zone
        self._whole = whole
        self._owner = owner
        self._lines = Lines()
        self._heard = HeardAircraft()

    @property
    def stamped(self) -> bool:
        """Whether the times are the receiver's."""
        return self._zone is not None

    def reset(self) -> None:
        """Forget half a line; what aircraft said is kept, with its age."""
        self._lines.reset()

    def feed(self, data: bytes, came_us: int) -> Decoded:
        """The positions of the lines that data completes."""
        decoded = Decoded()
        self._heard.forget(came_us)
        lines = self._lines.feed(data + b"\n" if self._whole else data, decoded)
        decoded.take_each(lines, lambda line: self._read(line, came_us), bytes)
        return decoded

    def _read(self, line: bytes, came_us: int) -> PositionReport | None:
        fields = line.split(b",")
        if fields[0] != b"MSG":
            if fields[0] in _KINDS:
                return None
            raise BadMessage("not-sbs")
        if not _FEWEST_FIELDS <= len(fields) <= _FIELDS or fields[1] not in _PARTS:
            raise BadMessage("fields")
        try:
            text = [each.decode("ascii").strip() for each in fields]
        except UnicodeDecodeError:
            raise BadMessage("not-ascii") from None
        text += [""] * (_FIELDS - len(text))
        track_id = aircraft_id(text[4])
        if track_id is None:
            raise BadMessage("aircraft-id")
        time_us = came_us if self._zone is None else _generated_us(text[6], text[7], self._zone)
        numbers = _numbers(text)
        place = _place(text[14], text[15])
        said = self._heard.hear(track_id, came_us)
        if text[10]:
            said.callsign = call_sign(text[10]), came_us
        for name, value in numbers.items():
            said.numbers[name] = value, time_us
        return None if place is None else self._report(track_id, said, time_us, place, came_us)

    def _report(
        self,
        track_id: str,
        said: Said,
        time_us: int,
        place: tuple[float, float],
        came_us: int,
    ) -> PositionReport:
        numbers = said.numbers_at(time_us)
        return PositionReport(
            track_id,
            time_us,
            *place,
            callsign=said.callsign_at(came_us),
            owner=self._owner,
            altitude_time_us=said.said_us(name for name in HEIGHTS if name in numbers),
            velocity_time_us=said.said_us(name for name in VELOCITY if name in numbers),
            callsign_time_us=said.called_us(came_us),
            **numbers,
        )


def _numbers(text: list[str]) -> dict[str, float]:
    """What a line says besides the place, in metres, m/s and degrees. Raises BadMessage."""
    found: dict[str, float] = {}
    if text[11]:
        above_ellipsoid = text[11].endswith("H")
        name = "altitude_w84_m" if above_ellipsoid else "altitude_std_m"
        found[name] = _number(text[11].removesuffix("H"), "altitude") * FOOT_M
    for index, name, factor in (
        (12, "ground_speed_m_s", KNOT_M_S),
        (13, "course_deg", 1.0),
        (16, "vertical_rate_m_s", FEET_PER_MINUTE_M_S),
    ):
        if text[index]:
            found[name] = _number(text[index], name) * factor
    return found


def _number(text: str, rule: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise BadMessage(rule)
    return float(text)


def _place(latitude: str, longitude: str) -> tuple[float, float] | None:
    if not latitude and not longitude:
        return None
    place = _number(latitude, "position"), _number(longitude, "position")
    if not (abs(place[0]) <= 90 and abs(place[1]) <= 180 and math.isfinite(place[0])):
        raise BadMessage("position-range")
    return place


def _generated_us(date: str, time: str, zone: tzinfo) -> int:
    for form in ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S"):
        try:
            moment = datetime.strptime(f"{date} {time}", form).replace(tzinfo=zone)
            seconds = moment.timestamp()
        except (ValueError, OverflowError):
            continue
        time_us = round(seconds * SECOND_US)
        if MIN_US <= time_us <= MAX_US:
            return time_us
    raise BadMessage("time")
