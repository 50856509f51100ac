"""What an aircraft is called, the same whichever feed brings it: so that it is one track; and what
those said of which each message tells a part. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wideberth.faces.feeds.recent import MOST_THINGS, Recent
from wideberth.space.time import MINUTE_US, SECOND_US

__all__ = [
    "CALL_SIGN_US",
    "HEIGHTS",
    "VELOCITY",
    "HeardAircraft",
    "Said",
    "aircraft_id",
    "call_sign",
]

HEIGHTS = ("altitude_w84_m", "altitude_std_m")
VELOCITY = ("ground_speed_m_s", "course_deg", "vertical_rate_m_s")
"""Of what a report has the time of: the fields that go together."""

CALL_SIGN_US = 10 * MINUTE_US  # a call sign counts for so long after it was said
_JOIN_US = 5 * SECOND_US  # and a height, a velocity
_LONGEST_JOIN_US = MINUTE_US  # what a decoder joins over, at most
_NO_OTHERS: Mapping[str, int] = {}

_HEX = re.compile(r"(~?)([0-9A-Fa-f]{6})", re.ASCII)
_LONGEST_CALL_SIGN = 8  # ICAO Annex 10, volume IV: eight characters


def aircraft_id(text: str) -> str | None:
    """The id of a track from a Mode S address of six hex digits; None where it is none.

    With ``~`` before it, as readsb writes it, it is no address that ICAO gave out (a ground
    station's, or made up for an anonymous sender), and may be the same number as somebody's.

    >>> aircraft_id("4CA7B6"), aircraft_id("~2A3f00"), aircraft_id("4CA7")
    ('4ca7b6', 'non-icao:2a3f00', None)
    """
    match = _HEX.fullmatch(text)
    if match is None:
        return None
    return f"non-icao:{match[2].lower()}" if match[1] else match[2].lower()


def call_sign(text: str) -> str | None:
    """A call sign without what fills it up; None where nothing is left.

    >>> call_sign("RYR1427 "), call_sign("@@@@@@@@")
    ('RYR1427', None)
    """
    plain = text.strip().rstrip("@_ ")[:_LONGEST_CALL_SIGN].strip()
    return plain if plain and plain.isascii() and plain.isprintable() else None


@dataclass(slots=True)
class Said:
    """What one aircraft last said, each with when: numbers by the field of a report, and messages
    that need another to be read, by which half they are.
    """

    numbers: dict[str, tuple[float, int]] = field(default_factory=dict[str, tuple[float, int]])
    halves: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    callsign: tuple[str | None, int] = (None, 0)

    def numbers_at(
        self, time_us: int, other_bounds_us: Mapping[str, int] = _NO_OTHERS
    ) -> dict[str, float]:
        """The numbers that count at a moment: those said at most 5 s from it, or the time that
        other_bounds_us gives for them.
        """
        return {
            name: value
            for name, (value, at_us) in self.numbers.items()
            if abs(time_us - at_us) <= other_bounds_us.get(name, _JOIN_US)
        }

    def said_us(self, names: Iterable[str]) -> int | None:
        """When that of these numbers was said which is the oldest; None where none was."""
        times_us = [self.numbers[name][1] for name in names if name in self.numbers]
        return min(times_us, default=None)

    def callsign_at(self, came_us: int) -> str | None:
        """The call sign that counts at a moment."""
        callsign, said_us = self.callsign
        return callsign if came_us - said_us <= CALL_SIGN_US else None

    def called_us(self, came_us: int) -> int | None:
        """When the call sign that counts at a moment was said; None where there is none."""
        return None if self.callsign_at(came_us) is None else self.callsign[1]


class HeardAircraft:
    """What the aircraft of a feed said, while it counts, of at most so many: ten minutes after an
    aircraft was last heard, or a minute where it gave no call sign.
    """

    def __init__(self, most: int = MOST_THINGS) -> None:
        self._said = Recent[Said](most)
        self._forgot_us = 0

    def __len__(self) -> int:
        return len(self._said)

    def hear(self, track_id: str, now_us: int) -> Said:
        """What this one said; it was just heard."""
        said = self._said.get(track_id) or Said()
        self._said.note(track_id, said, now_us)
        return said

    def forget(self, now_us: int) -> None:
        """Leave out those of whom nothing counts any more."""
        if abs(now_us - self._forgot_us) < MINUTE_US:
            return
        self._forgot_us = now_us

        def counts(said: Said, heard_us: int) -> bool:
            is_named = said.callsign_at(now_us) is not None
            return abs(now_us - heard_us) <= (CALL_SIGN_US if is_named else _LONGEST_JOIN_US)

        self._said.keep(counts)
