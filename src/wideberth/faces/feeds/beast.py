"""Mode S Beast: the binary stream that receivers, dump1090 and readsb serve on TCP port 30005.

Pure. The messages themselves are read by the library ``rs1090`` (MIT, in the extra ``feeds``).

A frame is ``1A``, a type, six bytes of a counter, one of signal strength, and the message, in which
each ``1A`` stands twice. What is read here are the extended squitters (DF 17 and 18): a position
needs an even and an odd message of one aircraft at most 10 s apart, and gets what that aircraft
said of its velocity at most 5 s before, with when that was. Its pressure altitude is in the same
message; the height above the ellipsoid is that and the difference of both, which comes with the
velocity and hardly changes within 5 s: so both heights are of the position's moment.

A message whose parity is wrong is noise, as any receiver hears much of: it counts among the
messages that say nothing of a position. Positions on the ground need to know where the receiver is,
and are left out.

What is sent on, or by what is no transponder (DF 18), says in its control field whose address it
has: one that ICAO did not give out is the same number as somebody's at times, and is another track.

The counter has no date, so the time of arrival counts.

Sources: the Beast data output formats, wiki.jetvision.de/wiki/Mode-S_Beast; the even and odd
messages: RTCA DO-260B, compact position reporting; the control field and the flag of the address
(IMF): DO-260B, 2.2.3.2.1.3 and 2.2.17.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.aircraft import (
    VELOCITY,
    HeardAircraft,
    Said,
    aircraft_id,
    call_sign,
)
from wideberth.faces.feeds.decoding import Decoded, Noise
from wideberth.faces.feeds.readsb import NACP_ACCURACY_M
from wideberth.faces.feeds.records import number, text
from wideberth.faces.feeds.units import FEET_PER_MINUTE_M_S, FOOT_M, KNOT_M_S
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.watch.reports import PositionReport

__all__ = ["BeastDecoder", "Frames", "ModeSReader", "mode_s_reader"]

_ESCAPE = 0x1A
_NOISE = "not-beast"
_MESSAGE_BYTES = {0x31: 2, 0x32: 7, 0x33: 14, 0x34: 14}  # Mode A/C, short, long, status
_HEADER_BYTES = 7  # counter and signal
_LONG = 0x33
_SQUITTERS = (17, 18)
_OF_ANOTHER = 18  # not by a transponder
_ICAO, _NOT_ICAO, _AS_FLAGGED = range(3)
# Whose address a DF 18 has, by its control field. 3, 4 and 7 are of other forms and not read.
_ADDRESS = {0: _ICAO, 1: _NOT_ICAO, 2: _AS_FLAGGED, 5: _NOT_ICAO, 6: _AS_FLAGGED}
_FLAG_BIT = {"05": 8, "09": 9, "65": 56}  # of the 56 of a message, the first being 1
_PAIR_US = 10 * SECOND_US
_OTHER_BOUNDS_US = {"nac_p": MINUTE_US}  # how long a status counts


class ModeSReader(Protocol):
    """What reads messages (hexadecimal) with their times in seconds: fields of each, or None."""

    def __call__(self, messages: list[str], times_s: list[float]) -> list[Mapping[str, Any] | None]:
        """See above."""
        ...


def mode_s_reader() -> ModeSReader:
    """The library. Raises InvalidValue where it is not installed."""
    try:
        import rs1090
    except ImportError as error:
        advice = 'it needs rs1090, which is not installed: pip install "wideberth[feeds]"'
        raise InvalidValue("kind", "not-installed", "beast", advice) from error

    def read(messages: list[str], times_s: list[float]) -> list[Mapping[str, Any] | None]:
        found: Any = rs1090.decode(messages, times_s)
        return found

    return read


class Frames:
    """Cuts a stream into frames: (type, message). What is between frames is counted."""

    def __init__(self) -> None:
        self._rest = b""
        self._noise = Noise()

    def reset(self) -> None:
        """Forget half a frame."""
        self._rest = b""
        self._noise.end()

    def feed(self, data: bytes, into: Decoded) -> Iterator[tuple[int, bytes]]:
        """The frames that data completes."""
        data = self._rest + data
        at, end = 0, len(data)
        while at < end:
            start = data.find(_ESCAPE, at)
            if start != at:
                noise = data[at : end if start < 0 else start]
                self._noise.hear(_NOISE, noise, into)
                if start < 0:
                    at = end
                    break
                at = start
            if at + 1 >= end:
                break
            size = _MESSAGE_BYTES.get(data[at + 1])
            if size is None:
                size = 2 if data[at + 1] == _ESCAPE else 1
                self._noise.hear(_NOISE, data[at : at + size], into)
                at += size
                continue
            body, after = _body(data, at + 2, _HEADER_BYTES + size)
            if after < 0:
                break
            if body is None:
                self._noise.hear(_NOISE, data[at:after], into)
                at = after
                continue
            self._noise.end()
            yield data[at + 1], body[_HEADER_BYTES:]
            at = after
        self._rest = data[at:]


def _body(data: bytes, start: int, size: int) -> tuple[bytes | None, int]:
    """So many bytes from start, each 1A that stands twice taken once, and where they end. None:
    another frame begins within them, there. -1: they are not all here yet.
    """
    plain = data[start : start + size]
    if len(plain) == size and _ESCAPE not in plain:
        return plain, start + size
    body, at = bytearray(), start
    while len(body) < size:
        if at >= len(data):
            return None, -1
        byte = data[at]
        if byte == _ESCAPE:
            if at + 1 >= len(data):
                return None, -1
            if data[at + 1] != _ESCAPE:
                return None, at
            at += 1
        body.append(byte)
        at += 1
    return bytes(body), at


class BeastDecoder:
    """read: the library. owner: of every thing."""

    stamped = False

    def __init__(self, read: ModeSReader, *, owner: str | None = None) -> None:
        self._read = read
        self._owner = owner
        self._frames = Frames()
        self._heard = HeardAircraft()

    def reset(self) -> None:
        """Forget half a frame; what aircraft said is kept, with its age."""
        self._frames.reset()

    def feed(self, data: bytes, came_us: int) -> Decoded:
        """The positions of the frames that data completes."""
        decoded = Decoded()
        self._heard.forget(came_us)
        for kind, message in self._frames.feed(data, decoded):
            squitter = kind == _LONG and message[0] >> 3 in _SQUITTERS
            decoded.take(self._squitter(message.hex(), came_us) if squitter else None)
        return decoded

    def _decoded(self, messages: list[str], times_us: list[int]) -> Mapping[str, Any] | None:
        """The fields of the last of these messages; None where the library reads nothing."""
        try:
            found = self._read(messages, [each / SECOND_US for each in times_us])
        except BaseException as error:
            # A failed assertion within the library: no subclass of Exception, and no end of ours.
            if type(error).__name__ != "PanicException":
                raise
            return None
        return found[-1] if found else None  # what it cannot read, it leaves out

    def _squitter(self, message: str, now_us: int) -> PositionReport | None:
        said = self._decoded([message], [now_us])
        track_id = None if said is None else _track_id(bytes.fromhex(message), said)
        if said is None or track_id is None:
            return None
        aircraft = self._heard.hear(track_id, now_us)
        match said.get("bds"):
            case "05":
                return self._place(track_id, aircraft, message, said, now_us)
            case "08":
                aircraft.callsign = call_sign(text(said.get("callsign")) or ""), now_us
            case "09":
                self._note(aircraft, now_us, said, _SAID_WITH_VELOCITY)
            case "65":
                self._note(aircraft, now_us, said, (("NACp", "nac_p", 1.0),))
            case _:
                pass
        return None

    def _note(
        self,
        aircraft: Said,
        now_us: int,
        said: Mapping[str, Any],
        fields: tuple[tuple[str, str, float], ...],
    ) -> None:
        for theirs, ours, scale in fields:
            value = number(said.get(theirs), scale=scale)
            if value is not None:
                aircraft.numbers[ours] = value, now_us

    def _place(
        self,
        track_id: str,
        aircraft: Said,
        message: str,
        said: Mapping[str, Any],
        now_us: int,
    ) -> PositionReport | None:
        parity = text(said.get("parity")) or ""
        aircraft.halves[parity] = message, now_us
        other, other_us = aircraft.halves.get("odd" if parity == "even" else "even", ("", 0))
        if not other or now_us - other_us > _PAIR_US:
            return None
        both = self._decoded([other, message], [other_us, now_us])
        latitude = None if both is None else number(both.get("latitude"))
        longitude = None if both is None else number(both.get("longitude"))
        if latitude is None or longitude is None:
            return None
        numbers = aircraft.numbers_at(now_us, _OTHER_BOUNDS_US)
        std_m, w84_m = _heights(said, numbers)
        return PositionReport(
            track_id,
            now_us,
            latitude,
            longitude,
            altitude_w84_m=w84_m,
            altitude_std_m=std_m,
            ground_speed_m_s=numbers.get("ground_speed_m_s"),
            course_deg=numbers.get("course_deg"),
            vertical_rate_m_s=numbers.get("vertical_rate_m_s"),
            accuracy_m=NACP_ACCURACY_M.get(int(numbers.get("nac_p", 0))),
            callsign=aircraft.callsign_at(now_us),
            owner=self._owner,
            velocity_time_us=aircraft.said_us(name for name in VELOCITY if name in numbers),
            callsign_time_us=aircraft.called_us(now_us),
        )


def _track_id(message: bytes, said: Mapping[str, Any]) -> str | None:
    """What the sender is called; None for a message that is not to be read as said."""
    address = text(said.get("icao24")) or ""
    if message[0] >> 3 != _OF_ANOTHER:
        return aircraft_id(address)
    whose = _ADDRESS.get(message[0] & 7)
    if whose is None:
        return None
    if whose == _AS_FLAGGED:
        bit = _FLAG_BIT.get(str(said.get("bds")))
        content = int.from_bytes(message[4:11], "big")
        is_flagged = bit is not None and content >> (56 - bit) & 1
        whose = _NOT_ICAO if is_flagged else _ICAO
    return aircraft_id(address if whose == _ICAO else f"~{address}")


_SAID_WITH_VELOCITY = (
    ("groundspeed", "ground_speed_m_s", KNOT_M_S),
    ("track", "course_deg", 1.0),
    ("vertical_rate", "vertical_rate_m_s", FEET_PER_MINUTE_M_S),
    ("geo_minus_baro", "above_pressure_m", FOOT_M),
)


def _heights(
    said: Mapping[str, Any], numbers: Mapping[str, float]
) -> tuple[float | None, float | None]:
    """Pressure altitude, and height above the ellipsoid: sent itself, or as the difference."""
    height_m = number(said.get("altitude"), scale=FOOT_M)
    if said.get("source") != "barometric":
        return None, height_m
    above_m = numbers.get("above_pressure_m")
    return height_m, None if height_m is None or above_m is None else height_m + above_m
