"""ASTM F3411 broadcast Remote ID: what unmanned aircraft say of themselves over Bluetooth and
Wi-Fi, as a receiver hands it on. Pure.

A message has 25 bytes. Two are read: Basic ID, which says who, and Location/Vector, which says
where; and the message pack, which holds several. The others (operator, self-description,
authentication, area) are passed over: where a pilot stands is nobody's business here.

A location names nobody. It counts for the id that the same source said at most a minute before;
the standard has both said at least every three seconds. Of several ids the serial number counts,
then the UUID, the registration and the session. A serial number and a UUID are the same thing in
every feed (:mod:`wideberth.watch.identity`), the others are called by what they are
(``registration:``, ``session:``).

The time is told in tenths of a second since the full hour; it is that of the hour nearest to the
arrival. Numbers that the standard sets aside for "not known" are not known. Nothing here is
signed: whoever has a transmitter can say it.

Source: ASTM F3411-22a, 5.4 (messages, table of fields and encodings), which
F3411-19 and prEN 4709-002 have alike.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass

from wideberth.faces.feeds.decoding import BadMessage
from wideberth.faces.feeds.recent import MOST_THINGS, Recent
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US
from wideberth.watch.reports import PositionReport

__all__ = [
    "HORIZONTAL_ACCURACY_M",
    "MESSAGE_BYTES",
    "REMOTE_ID_FAILURE",
    "Broadcasts",
    "HeardLocation",
    "accuracy_m",
    "basic_id",
    "location",
    "messages_of_pack",
]

MESSAGE_BYTES = 25
MOST_IN_PACK = 9
_BASIC_ID, _LOCATION, _PACK = 0, 1, 15

_SERIAL, _REGISTRATION, _UUID, _SESSION = 1, 2, 3, 4
_FIRST_OF = (_SERIAL, _UUID, _REGISTRATION, _SESSION)
_ID_US = MINUTE_US

_FIELDS = struct.Struct("<BBBbiiHHHBBHBx")  # of a location, after its first byte
_EAST, _FAST = 2, 1
_NO_SPEED, _NO_CLIMB, _NO_TIME, _NO_COURSE_DEG = 255, 126, 0xFFFF, 361
_LOWEST_M = _NO_HEIGHT_M = -1000.0
REMOTE_ID_FAILURE = 4
"""The status of an aircraft that says that its Remote ID does not work."""

_NM_M = 1852.0
HORIZONTAL_ACCURACY_M = {
    "HA10NM": 10 * _NM_M, "HA4NM": 4 * _NM_M, "HA2NM": 2 * _NM_M, "HA1NM": _NM_M,
    "HA05NM": 0.5 * _NM_M, "HA03NM": 0.3 * _NM_M, "HA01NM": 0.1 * _NM_M, "HA005NM": 0.05 * _NM_M,
    "HA30m": 30.0, "HA10m": 10.0, "HA3m": 3.0, "HA1m": 1.0,
}  # fmt: skip
"""What a horizontal accuracy is, 95 %, by its name over the network; by broadcast its number is its
place, 1 the first. 0 is not known, and the rest of the numbers is reserved.
"""
_ACCURACY_M = (None, *HORIZONTAL_ACCURACY_M.values())


@dataclass(frozen=True, slots=True)
class HeardLocation:
    """A location as it was said, in our units. since_hour_s: its time, in seconds since the full
    hour. None: not known. failed: the aircraft says that its Remote ID does not work.
    """

    latitude_deg: float
    longitude_deg: float
    altitude_w84_m: float | None = None
    altitude_std_m: float | None = None
    ground_speed_m_s: float | None = None
    course_deg: float | None = None
    vertical_rate_m_s: float | None = None
    accuracy_m: float | None = None
    since_hour_s: float | None = None
    failed: bool = False


def messages_of_pack(each_bytes: int, count: int, data: bytes) -> list[bytes]:
    """The messages of a pack, who before where: so many, of so many bytes each, one after the
    other in data, which may be longer. Raises BadMessage where they are not what the standard
    allows.
    """
    if each_bytes != MESSAGE_BYTES or count > MOST_IN_PACK or len(data) < count * MESSAGE_BYTES:
        raise BadMessage("remote-id-pack")
    ends = range(MESSAGE_BYTES, (count + 1) * MESSAGE_BYTES, MESSAGE_BYTES)
    messages = [data[end - MESSAGE_BYTES : end] for end in ends]
    if any(each[0] >> 4 == _PACK for each in messages):
        raise BadMessage("remote-id-pack")
    return sorted(messages, key=lambda each: each[0] >> 4 != _BASIC_ID)


def basic_id(kind: int, content: bytes) -> str | None:
    """The id of a track from the 20 bytes of an id; None where none is said. Raises BadMessage.

    kind: 1 serial number (ANSI/CTA-2063-A), 2 registration, 3 UUID of a UTM, 4 session.

    >>> basic_id(1, b"1596F3A1B2C3D4E5F6A7"), basic_id(2, b"FIN87astrdge12k8")
    ('1596F3A1B2C3D4E5F6A7', 'registration:FIN87astrdge12k8')
    >>> basic_id(3, bytes(range(16)))
    '00010203-0405-0607-0809-0a0b0c0d0e0f'
    """
    if kind in (_SERIAL, _REGISTRATION):
        told = content.split(b"\0", 1)[0].strip()
        if not told:
            return None
        text = told.decode("ascii", "replace")
        if not (text.isascii() and text.isprintable()):
            raise BadMessage("remote-id-text")
        return text if kind == _SERIAL else f"registration:{text}"
    if kind in (_UUID, _SESSION):
        if not any(content):
            return None
        if kind == _UUID:
            return str(uuid.UUID(bytes=content[:16]))
        return f"session:{content.rstrip(bytes(1)).hex()}"
    return None


def location(message: bytes) -> HeardLocation | None:
    """What a Location/Vector message of 25 bytes says; None where it says no place."""
    fields = _FIELDS.unpack(message[1:MESSAGE_BYTES])
    flags, course, speed, climb, latitude, longitude, pressure, geodetic = fields[:8]
    accuracies, tenths = fields[9], fields[11]
    if latitude == 0 and longitude == 0:
        return None
    course_deg = course + (180 if flags & _EAST else 0)
    is_fast = bool(flags & _FAST)  # then in steps of 0.75 m/s, from where those of 0.25 end
    return HeardLocation(
        latitude * 1e-7,
        longitude * 1e-7,
        altitude_w84_m=_height_m(geodetic),
        altitude_std_m=_height_m(pressure),
        ground_speed_m_s=_speed_m_s(speed, is_fast=is_fast),
        course_deg=None if course_deg >= _NO_COURSE_DEG else float(course_deg % 360),
        vertical_rate_m_s=None if climb == _NO_CLIMB else climb * 0.5,
        accuracy_m=accuracy_m(accuracies & 0x0F),
        since_hour_s=None if tenths == _NO_TIME else tenths / 10,
        failed=flags >> 4 == REMOTE_ID_FAILURE,
    )


def accuracy_m(number: int) -> float | None:
    """The horizontal accuracy, 95 %, of the number that is said for it; None: not known."""
    return _ACCURACY_M[number] if number < len(_ACCURACY_M) else None


def _speed_m_s(number: int, *, is_fast: bool) -> float | None:
    if not is_fast:
        return number / 4
    return None if number == _NO_SPEED else 0xFF / 4 + number * 3 / 4


def _height_m(half_m: int) -> float | None:
    height_m = half_m / 2 + _LOWEST_M
    return None if height_m == _NO_HEIGHT_M else height_m


class Broadcasts:
    """What the sources of one receiver said who they are, while it counts; of at most so many.

    A source is whatever the receiver tells them apart by, a radio address as a rule.
    """

    def __init__(self, most: int = MOST_THINGS) -> None:
        # Of each source its ids by their kind, each with when it was said.
        self._ids = Recent[dict[int, tuple[str, int]]](most)
        self._forgot_us = 0

    def __len__(self) -> int:
        return len(self._ids)

    def hear(self, source: str, message: bytes, came_us: int) -> PositionReport | None:
        """Take in one message of 25 bytes; the position that it says. Raises BadMessage."""
        kind = message[0] >> 4
        if kind == _BASIC_ID:
            self.name(source, message[1] >> 4, message[2:22], came_us)
        elif kind == _LOCATION:
            return self.place(source, location(message), came_us)
        return None

    def name(self, source: str, kind: int, content: bytes, came_us: int) -> None:
        """A source says who it is. Raises BadMessage."""
        track_id = basic_id(kind, content)
        if track_id is None:
            return
        self._forget(came_us)
        ids = self._ids.get(source) or {}
        ids[kind] = track_id, came_us
        self._ids.note(source, ids, came_us)

    def place(
        self, source: str, heard: HeardLocation | None, came_us: int
    ) -> PositionReport | None:
        """A source says where it is; None where nobody knows who it is, or it says no place.
        Whether that is a place on earth is for whoever asks.
        """
        track_id = self._track_id(source, came_us)
        if heard is None or track_id is None:
            return None
        return PositionReport(
            track_id,
            _time_us(heard.since_hour_s, came_us),
            heard.latitude_deg,
            heard.longitude_deg,
            altitude_w84_m=heard.altitude_w84_m,
            altitude_std_m=heard.altitude_std_m,
            ground_speed_m_s=heard.ground_speed_m_s,
            course_deg=heard.course_deg,
            vertical_rate_m_s=heard.vertical_rate_m_s,
            accuracy_m=None if heard.failed else heard.accuracy_m,
        )

    def _track_id(self, source: str, came_us: int) -> str | None:
        ids = self._ids.get(source) or {}
        for kind in _FIRST_OF:
            track_id, said_us = ids.get(kind, ("", 0))
            if track_id and abs(came_us - said_us) <= _ID_US:
                return track_id
        return None

    def _forget(self, came_us: int) -> None:
        if abs(came_us - self._forgot_us) < _ID_US:
            return
        self._forgot_us = came_us
        self._ids.keep(lambda _ids, said_us: abs(came_us - said_us) <= _ID_US)


def _time_us(since_hour_s: float | None, came_us: int) -> int:
    """The moment so far into an hour that is nearest to the arrival; the arrival where it is not
    known.

    >>> came_us = 10 * HOUR_US + 2 * SECOND_US
    >>> came_us - _time_us(3598.5, came_us), came_us - _time_us(1.5, came_us)
    (3500000, 500000)
    """
    if since_hour_s is None or not 0 <= since_hour_s <= HOUR_US // SECOND_US:
        return came_us
    told_us = came_us - came_us % HOUR_US + round(since_hour_s * 10) * (SECOND_US // 10)
    half_us = HOUR_US // 2
    return told_us - HOUR_US * ((told_us - came_us + half_us) // HOUR_US)
