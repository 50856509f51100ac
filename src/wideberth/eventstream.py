"""What a client reads of a stream: its events, in order, and what it asks to be left out.

Server-sent events alone: a WebSocket carries the same, and what a page of a browser gains by it, a
program does not need.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from wideberth.errors import WideberthError

__all__ = ["Event", "Order", "StreamGap", "Wanted", "parsed"]

_MAX_EVENT_BYTES = 8 * 1_048_576
_LEFT_OUT = "left-out"
_GAP = "gap"


class StreamGap(WideberthError):
    """The stream left a number out; or it ends before what it gave already (came <= after), since
    the record was restored from an older copy.
    """

    def __init__(self, after: int, came: int) -> None:
        self.after = after
        self.came = came
        super().__init__(
            f"event {came} came after event {after}"
            if came > after
            else f"the stream ends at event {came} now, and event {after} was given before"
        )


class Event(msgspec.Struct, frozen=True):
    """One event of the party's stream. number: counts from 1 without a gap; None: sent before it is
    recorded, as a STOP is, or never recorded. It may come again on another line.
    """

    number: int | None
    name: str
    data: Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a listener wants. kinds: names of those to hear besides the ones that always
    come; None: all. box: south, west, north, east in degrees; circle: latitude, longitude, radius
    in metres; polygon: (latitude, longitude) of each vertex; one of the three at most. lower_m,
    upper_m: heights above the WGS84 ellipsoid. What a filter leaves out stands in the reference of
    the API: never what has to be answered.
    """

    kinds: Sequence[str] | None = None
    box: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    polygon: Sequence[tuple[float, float]] | None = None
    lower_m: float | None = None
    upper_m: float | None = None

    def query(self) -> dict[str, str]:
        """As parameters of the address."""
        found: dict[str, str] = {}
        if self.kinds is not None:
            found["kinds"] = ",".join(self.kinds)
        if self.box is not None:
            sides = ("south", "west", "north", "east")
            found.update(zip(sides, map(repr, self.box), strict=True))
        if self.circle is not None:
            found["circle"] = ",".join(map(repr, self.circle))
        if self.polygon is not None:
            found["polygon"] = ";".join(f"{lat!r},{lon!r}" for lat, lon in self.polygon)
        for name, value in (("lower_m", self.lower_m), ("upper_m", self.upper_m)):
            if value is not None:
                found[name] = repr(value)
        return found


class Order:
    """Sees that each number comes once, in order. after: the last of which it is known what it was,
    whether it came or was left out.
    """

    def __init__(self, after: int) -> None:
        self.after = after

    def is_next(self, event: Event) -> bool:
        """Whether to hand the event on. Raises StreamGap where one before it is missing, or
        the stream ends before the last that came.
        """
        number = event.number
        if event.name == _GAP:
            raise StreamGap(self.after, int(event.data["last"]))
        if number is None:
            return True
        if number <= self.after:
            return False
        is_left_out = event.name == _LEFT_OUT
        first = int(event.data["first"]) if is_left_out else number
        if first > self.after + 1:
            raise StreamGap(self.after, first)
        self.after = number
        return not is_left_out


async def parsed(chunks: AsyncIterator[bytes]) -> AsyncGenerator[Event]:
    """Events of a text/event-stream (WHATWG HTML, 9.2.6), until it ends or says bye."""
    # Not by httpx's lines: those also end at U+2028 and the like, which JSON may hold.
    buffer = bytearray()
    fields: dict[str, bytes] = {}
    async for chunk in chunks:
        buffer += chunk
        if len(buffer) > _MAX_EVENT_BYTES:
            raise httpx.RemoteProtocolError("an event is larger than a client takes")
        *lines, rest = buffer.split(b"\n")
        buffer = bytearray(rest)
        for whole in lines:
            line = whole.removesuffix(b"\r")
            if not line:
                if fields.get("event") == b"bye":
                    return
                number = fields.get("id", b"")
                if "data" in fields and (number.isdigit() or not number):
                    yield Event(
                        int(number) if number else None,
                        fields.get("event", b"message").decode(),
                        msgspec.json.decode(fields["data"]),
                    )
                fields = {}
                continue
            name, _, value = bytes(line).partition(b":")
            value = value.removeprefix(b" ")
            if name == b"data" and "data" in fields:
                value = fields["data"] + b"\n" + value
            if name in (b"id", b"event", b"data"):
                fields[name.decode()] = value
