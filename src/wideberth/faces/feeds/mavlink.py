"""MAVLink 1 and 2: what autopilots say, and receivers of Remote ID, over UDP (port 14550 as a rule)
or TCP. Pure.

These messages are read, the others of a stream are passed over:

* GLOBAL_POSITION_INT (33): the vehicle itself. Its track is called after the feed and the system id
  (``drones:7``), for a system id is no name: the next vehicle may have the same. The height is
  above mean sea level; it becomes one above the ellipsoid by the difference of both that the same
  vehicle gives in GPS_RAW_INT, and without that it is not known. Zero north, zero east is what an
  autopilot says before it has a fix, and is no position.
* GPS_RAW_INT (24): that difference and the accuracy, where it has them (MAVLink 2), for 5 s.
* ADSB_VEHICLE (246): another aircraft that the vehicle's receiver heard. It is nobody's of this
  feed. A simulated one is left out, but in an exercise that asks for them. A height by barometer
  is taken as pressure altitude, which is what ADS-B sends, although the message's name for it
  says QNH.
* OPEN_DRONE_ID_BASIC_ID (12900), _LOCATION (12901) and _MESSAGE_PACK (12915): broadcast Remote ID
  that a receiver heard (:mod:`wideberth.faces.feeds.broadcast`), told apart by the address it came
  from. It is nobody's of this feed. Without an address it is what a vehicle tells its own
  transmitter to send: it is where GLOBAL_POSITION_INT says, and left out.

A frame whose checksum is wrong is counted. One of another message is counted as unread: without
that message's seed its checksum tells nothing, so it may be no message at all. Signatures are
passed over, not checked. The time of arrival counts; an ADSB_VEHICLE is older by the seconds that
it says.

Source: mavlink.io, "Packet serialization" and message set common.xml, whose checksum seeds these
are; accuracies there have no confidence level and are taken as 68 %.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from wideberth.faces.feeds.aircraft import call_sign
from wideberth.faces.feeds.broadcast import (
    REMOTE_ID_FAILURE,
    Broadcasts,
    HeardLocation,
    accuracy_m,
    messages_of_pack,
)
from wideberth.faces.feeds.decoding import BadMessage, Decoded, Noise
from wideberth.space.time import SECOND_US
from wideberth.watch.reports import PositionReport

__all__ = ["MavlinkDecoder", "MavlinkFrames", "checksum"]

_V1, _V2 = 0xFE, 0xFD
_MAGIC = re.compile(b"[\xfe\xfd]")
_HEADER_BYTES = {_V1: 6, _V2: 10}
_CHECKSUM_BYTES = 2
_SIGNATURE_BYTES = 13
_SIGNED = 0x01  # of the flags that a reader must understand
_SEED = {
    0: 50,
    24: 24,
    33: 104,
    246: 184,
    12900: 114,
    12901: 254,
    12915: 94,
}  # CRC_EXTRA of the messages that are read, and of the heartbeat that every vehicle sends
_GPS_RAW = struct.Struct("<QiiiHHHHBBiIIIIH")
_POSITION = struct.Struct("<IiiiihhhH")
_ADSB = struct.Struct("<IiiiHHhHHB9sBB")
_ID = struct.Struct("<xx20sBB20s")
_LOCATION = struct.Struct("<iiffffHHhxx20sBBBBBBB")
_PACKED = struct.Struct("<xx20sBB225s")
_JOIN_US = 5 * SECOND_US
_PLACE, _HEIGHT, _COURSE, _VELOCITY, _CALL_SIGN, _SIMULATED, _CLIMB = 1, 2, 4, 8, 16, 64, 128
_GEOMETRIC = 1
_OWN = bytes(20)  # the address of Remote ID that was not heard
_NO_COURSE_CDEG, _NO_SPEED_CM_S, _NO_CLIMB_CM_S, _NO_HEIGHT_M = 36_100, 25_500, 6_300, -1000.0
_DEGREES = 1e-7


@dataclass(frozen=True, slots=True)
class Message:
    """A frame whose checksum holds, or that nothing here reads. system: who sent it."""

    number: int
    system: int
    payload: bytes


def checksum(data: bytes, seed: int) -> int:
    """CRC-16/MCRF4XX of a frame without its first byte, and of the message's seed.

    >>> hex(checksum(b"12345678", ord("9")))
    '0x6f91'
    """
    value = 0xFFFF
    for byte in (*data, seed):
        part = byte ^ (value & 0xFF)
        part = (part ^ (part << 4)) & 0xFF
        value = (value >> 8) ^ (part << 8) ^ (part << 3) ^ (part >> 4)
    return value


class MavlinkFrames:
    """Cuts a stream into messages. What is between frames is counted. rest: half a frame, whose
    other half has not come.
    """

    def __init__(self) -> None:
        self.rest = b""
        self._noise = Noise()

    def reset(self) -> None:
        """Forget half a frame."""
        self.rest = b""
        self._noise.end()

    def feed(self, data: bytes, into: Decoded) -> Iterator[Message]:
        """The messages that data completes."""
        data = self.rest + data
        at = 0
        while at < len(data):
            magic = data[at]
            header = _HEADER_BYTES.get(magic)
            if header is None:
                begins = _MAGIC.search(data, at)
                end = len(data) if begins is None else begins.start()
                self._noise.hear("not-mavlink", data[at:end], into)
                at = end
                continue
            size = _size(data, at, header)
            if size is None or at + size > len(data):
                break
            message = _message(data[at : at + size], header)
            if message is None:
                if at + size == len(data):
                    # What comes next says whether its length can be believed.
                    self._noise.begin("checksum", data[at : at + 1], into)
                    break
                wrong = size if data[at + size] in _HEADER_BYTES else 1
                self._noise.hear("checksum", data[at : at + wrong], into)
                at += wrong
                continue
            self._noise.end()
            at += size
            yield message
        self.rest = data[at:]


def _size(data: bytes, at: int, header: int) -> int | None:
    """How long the frame is that begins here; None: too little of it has come to know."""
    if len(data) < at + 3:
        return None
    size = header + data[at + 1] + _CHECKSUM_BYTES
    if data[at] == _V2 and data[at + 2] & _SIGNED:
        size += _SIGNATURE_BYTES
    return size


def _message(frame: bytes, header: int) -> Message | None:
    """The message of a whole frame; None where its checksum is wrong."""
    end = header + frame[1]
    if frame[0] == _V1:
        number, system = frame[5], frame[3]
    else:
        number, system = int.from_bytes(frame[7:10], "little"), frame[5]
    seed = _SEED.get(number)
    if seed is not None:
        told = int.from_bytes(frame[end : end + _CHECKSUM_BYTES], "little")
        if told != checksum(frame[1:end], seed):
            return None
    return Message(number, system, frame[header:end])


@dataclass(frozen=True, slots=True)
class _Gps:
    """What a vehicle's receiver said. difference_m: the height above the
    ellipsoid less that above the sea.
    """

    came_us: int
    difference_m: float | None
    accuracy_m: float | None


class MavlinkDecoder:
    """feed: what the vehicles' tracks are called after. owner: of the vehicles. simulated: other
    aircraft that are simulated are taken too. whole: each piece is whole frames, a datagram.
    """

    stamped = False

    def __init__(
        self, *, feed: str, owner: str | None = None, simulated: bool = False, whole: bool = False
    ) -> None:
        self._feed = feed
        self._owner = owner
        self._takes_simulated = simulated
        self._whole = whole
        self._frames = MavlinkFrames()
        self._gps: dict[int, _Gps] = {}
        self._broadcasts = Broadcasts()

    def reset(self) -> None:
        """Forget half a frame."""
        self._frames.reset()

    def feed(self, data: bytes, came_us: int) -> Decoded:
        """The positions of the messages that data completes."""
        decoded = Decoded()
        for message in self._frames.feed(data, decoded):
            if message.number not in _SEED:
                decoded.unread += 1
                continue
            try:
                reports = [_in_range(each) for each in self._reports(message, came_us)]
            except BadMessage as bad:
                decoded.refuse(bad.rule, message.payload)
                continue
            decoded.take(reports[0] if reports else None)
            decoded.reports += reports[1:]
        if self._whole and self._frames.rest:
            if not decoded.malformed["checksum"]:  # else it is whole, and was counted
                decoded.refuse("cut-short", self._frames.rest)
            self._frames.reset()
        return decoded

    def _reports(self, message: Message, came_us: int) -> list[PositionReport]:
        """The positions that a message says. Raises BadMessage."""
        match message.number:
            case 24:
                self._note_gps(message, came_us)
                report = None
            case 33:
                report = self._vehicle(message, came_us)
            case 246:
                report = _heard(message, came_us, simulated=self._takes_simulated)
            case 12900:
                report = None
                address, kind, _, content = _ID.unpack(_filled(message.payload, _ID))
                if address != _OWN:
                    self._broadcasts.name(_source(message, address), kind, content, came_us)
            case 12901:
                report = self._located(message, came_us)
            case 12915:
                return self._packed(message, came_us)
            case _:
                report = None
        return [] if report is None else [report]

    def _located(self, message: Message, came_us: int) -> PositionReport | None:
        fields = _LOCATION.unpack(_filled(message.payload, _LOCATION))
        latitude, longitude, pressure_m, geodetic_m, _, since_hour_s = fields[:6]
        course_cdeg, speed_cm_s, climb_cm_s, address, status, _, accuracy = fields[6:13]
        if address == _OWN or (latitude == 0 and longitude == 0):
            return None
        heard = HeardLocation(
            latitude * _DEGREES,
            longitude * _DEGREES,
            altitude_w84_m=_known(geodetic_m, _NO_HEIGHT_M),
            altitude_std_m=_known(pressure_m, _NO_HEIGHT_M),
            ground_speed_m_s=None if speed_cm_s >= _NO_SPEED_CM_S else speed_cm_s / 100,
            course_deg=None if course_cdeg >= _NO_COURSE_CDEG else course_cdeg / 100 % 360,
            vertical_rate_m_s=None if climb_cm_s == _NO_CLIMB_CM_S else climb_cm_s / 100,
            accuracy_m=accuracy_m(accuracy),
            since_hour_s=since_hour_s,
            failed=status == REMOTE_ID_FAILURE,
        )
        return self._broadcasts.place(_source(message, address), heard, came_us)

    def _packed(self, message: Message, came_us: int) -> list[PositionReport]:
        address, each_bytes, count, data = _PACKED.unpack(_filled(message.payload, _PACKED))
        if address == _OWN:
            return []
        source = _source(message, address)
        found = [
            self._broadcasts.hear(source, each, came_us)
            for each in messages_of_pack(each_bytes, count, data)
        ]
        return [each for each in found if each is not None]

    def _note_gps(self, message: Message, came_us: int) -> None:
        fields = _GPS_RAW.unpack(_filled(message.payload, _GPS_RAW))
        sea_mm, ellipsoid_mm, accuracy_mm = fields[3], fields[10], fields[11]
        self._gps[message.system] = _Gps(
            came_us,
            # Zero is what a frame without these members is filled with.
            (ellipsoid_mm - sea_mm) / 1000 if ellipsoid_mm else None,
            2 * accuracy_mm / 1000 if accuracy_mm else None,
        )

    def _vehicle(self, message: Message, came_us: int) -> PositionReport | None:
        fields = _POSITION.unpack(_filled(message.payload, _POSITION))
        latitude, longitude, sea_mm = fields[1:4]
        if latitude == 0 and longitude == 0:
            return None
        north_cm_s, east_cm_s, down_cm_s = fields[5:8]
        gps = self._gps.get(message.system)
        if gps is not None and abs(came_us - gps.came_us) > _JOIN_US:
            gps = None
        difference_m = None if gps is None else gps.difference_m
        return PositionReport(
            f"{self._feed}:{message.system}",
            came_us,
            latitude * _DEGREES,
            longitude * _DEGREES,
            altitude_w84_m=None if difference_m is None else sea_mm / 1000 + difference_m,
            ground_speed_m_s=math.hypot(north_cm_s, east_cm_s) / 100,
            course_deg=math.degrees(math.atan2(east_cm_s, north_cm_s)) % 360,
            vertical_rate_m_s=-down_cm_s / 100,
            accuracy_m=None if gps is None else gps.accuracy_m,
            owner=self._owner,
        )


def _heard(message: Message, came_us: int, *, simulated: bool) -> PositionReport | None:
    """Another aircraft; None where it is nowhere, or simulated where those are not taken."""
    fields = _ADSB.unpack(_filled(message.payload, _ADSB))
    address, latitude, longitude, height_mm = fields[:4]
    course_cdeg, speed_cm_s, climb_cm_s, flags, _, height_kind, name, _, age_s = fields[4:]
    if (flags & _SIMULATED and not simulated) or not flags & _PLACE or address >= 1 << 24:
        return None
    height_m = height_mm / 1000 if flags & _HEIGHT else None
    is_geometric = height_kind == _GEOMETRIC
    said = name.split(b"\0", 1)[0].decode("ascii", "replace") if flags & _CALL_SIGN else ""
    return PositionReport(
        f"{address:06x}",
        came_us - age_s * SECOND_US,
        latitude * _DEGREES,
        longitude * _DEGREES,
        altitude_w84_m=height_m if is_geometric else None,
        altitude_std_m=None if is_geometric else height_m,
        ground_speed_m_s=speed_cm_s / 100 if flags & _VELOCITY else None,
        course_deg=course_cdeg / 100 if flags & _COURSE else None,
        vertical_rate_m_s=climb_cm_s / 100 if flags & _CLIMB else None,
        callsign=call_sign(said),
    )


def _filled(payload: bytes, form: struct.Struct) -> bytes:
    """A payload as long as its form: MAVLink 2 leaves zeros at the end out, and may say more."""
    return payload[: form.size].ljust(form.size, b"\0")


def _in_range(report: PositionReport) -> PositionReport:
    """A report whose place is one. Raises BadMessage."""
    if not (abs(report.latitude_deg) <= 90 and abs(report.longitude_deg) <= 180):
        raise BadMessage("position-range")
    return report


def _source(message: Message, address: bytes) -> str:
    """Who said it: two receivers may hear one address, and each be told another id by it."""
    return f"{message.system}:{address.hex()}"


def _known(value: float, unknown: float) -> float | None:
    return None if value == unknown or not math.isfinite(value) else value
