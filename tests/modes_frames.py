"""Extended squitters (DF 17 and 18) as aircraft send them, and Beast frames around them: written
from the standard's formulas, and read back by readsb and by the library in the tests.
"""

from __future__ import annotations

import math

_GENERATOR = 0xFFF409  # of the 24-bit parity of Mode S


def with_parity(first_88_bits: int) -> bytes:
    """The 14 bytes of a message."""
    rest = first_88_bits << 24
    for bit in range(111, 23, -1):
        if rest >> bit & 1:
            rest ^= (_GENERATOR | 1 << 24) << (bit - 24)
    return (first_88_bits << 24 | rest).to_bytes(14, "big")


def squitter(address: int, message: int) -> bytes:
    """DF 17, capability 5, and the 56 bits of a message."""
    return with_parity((17 << 3 | 5) << 80 | address << 56 | message)


def sent_on(message: bytes, control: int, *, flag_bit: int | None = None) -> bytes:
    """The message as DF 18 with a control field. flag_bit: of the 56, 1 and up, that is set."""
    rest = int.from_bytes(message[1:11], "big")
    if flag_bit is not None:
        rest |= 1 << (56 - flag_bit)
    return with_parity((18 << 3 | control) << 80 | rest)


def zones(latitude: float) -> int:
    """The number of longitude zones, NL."""
    if abs(latitude) >= 87:
        return 1 if abs(latitude) > 87 else 2
    part = (1 - math.cos(math.pi / 30)) / math.cos(math.radians(latitude)) ** 2
    return math.floor(2 * math.pi / math.acos(1 - part))


def cpr(latitude: float, longitude: float, odd: int) -> tuple[int, int]:
    """A place, airborne, in 17 bits each."""
    step = 360 / (60 - odd)
    y = math.floor(2**17 * (latitude % step) / step + 0.5)
    again = step * (y / 2**17 + math.floor(latitude / step))
    wide = 360 / max(zones(again) - odd, 1)
    x = math.floor(2**17 * (longitude % wide) / wide + 0.5)
    return y % 2**17, x % 2**17


def airborne(address: int, place: tuple[float, float], feet: int, odd: int) -> bytes:
    """An airborne position, type 11, pressure altitude in steps of 25 ft."""
    steps = (feet + 1000) // 25
    height = (steps >> 4) << 5 | 1 << 4 | steps & 0xF
    y, x = cpr(*place, odd)
    return squitter(address, 11 << 51 | height << 36 | odd << 34 | y << 17 | x)


def velocity(address: int, east_kn: int, north_kn: int, climb_fpm: int) -> bytes:
    """A velocity over ground, type 19, subtype 1."""
    climb = abs(climb_fpm) // 64 + 1
    message = 19 << 51 | 1 << 48
    message |= (east_kn < 0) << 42 | (abs(east_kn) + 1) << 32
    message |= (north_kn < 0) << 31 | (abs(north_kn) + 1) << 21
    message |= 1 << 20 | (climb_fpm < 0) << 19 | climb << 10
    return squitter(address, message)


def call_sign(address: int, name: str) -> bytes:
    """An identification, type 4."""
    letters = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"
    bits = 0
    for letter in name.ljust(8):
        bits = bits << 6 | letters.index(letter)
    return squitter(address, 4 << 51 | bits)


def beast(message: bytes, counter: int = 0, signal: int = 0x80) -> bytes:
    """A frame."""
    kind = {2: b"1", 7: b"2", 14: b"3"}[len(message)]
    body = counter.to_bytes(6, "big") + bytes([signal]) + message
    return b"\x1a" + kind + body.replace(b"\x1a", b"\x1a\x1a")
