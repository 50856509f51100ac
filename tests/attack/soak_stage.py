"""What happens on the soak's day: things that fly, what their feeds say of them, and how these die,
lie and flood. The truth is a formula; a wire is what a feed reads from.
"""

from __future__ import annotations

import asyncio
import cmath
import dataclasses
import math
import random
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scenes import START_US
from wideberth.faces.feeds.sources import OnLost, OnOpen, SourceFailed
from wideberth.space.time import SECOND_US

SCENE_S = 200.0
ZONE_RADIUS_M = 3_000.0
INTENT_RADIUS_M = 3_000.0
_METRES_PER_DEGREE = 111_195.0
_FOOT_M, _KNOT_M_S = 0.3048, 1852 / 3600

Place = tuple[float, float]


class Wire:
    """A line that somebody sends on: a source for a feed. It breaks in every way that lines do."""

    listens = False
    whole = False

    def __init__(self) -> None:
        self.broken: Callable[[], Exception] | None = None
        self._pieces: deque[bytes] = deque()
        self._grew = asyncio.Event()
        self._is_up = False

    async def pieces(self, opened: OnOpen, lost: OnLost) -> AsyncGenerator[bytes]:
        """See Source."""
        if self.broken is not None:
            raise self.broken()
        opened()
        self._is_up = True
        try:
            while True:
                while self._pieces:
                    yield self._pieces.popleft()
                if self.broken is not None:
                    raise self.broken()
                self._grew.clear()
                await self._grew.wait()
        finally:
            self._is_up = False
            self._pieces.clear()

    def send(self, data: bytes) -> bool:
        """Whether there was a line to send it on."""
        if not self._is_up or self.broken is not None:
            return False
        self._pieces.append(data)
        self._grew.set()
        return True

    def cut(self, how: Callable[[], Exception], half: bytes = b"") -> None:
        """The line breaks, in the middle of a message."""
        self._pieces.append(half)
        self.broken = how
        self._grew.set()

    def mend(self) -> None:
        """Whoever connects again is let in."""
        self.broken = None


@dataclass(frozen=True)
class Said:
    """What a feed said of a thing, in the units of the tests."""

    track_id: str
    time_us: int
    latitude_deg: float
    longitude_deg: float
    altitude_w84_m: float
    speed_m_s: float
    course_deg: float

    def line(self) -> bytes:
        """As a receiver writes it, with the time of its own clock."""
        return b"MSG,3,1,1,%b,1,%b,%b,,%.1fH,%.2f,%.3f,%.6f,%.6f,0,,0,0,0,0\r\n" % (
            self.track_id.encode(),
            _stamp(self.time_us),
            _stamp(self.time_us),
            self.altitude_w84_m / _FOOT_M,
            self.speed_m_s / _KNOT_M_S,
            self.course_deg,
            self.latitude_deg,
            self.longitude_deg,
        )


@dataclass(frozen=True)
class Thing:
    """Something that flies straight ahead at one height. metres: north and east of the centre at
    begin_s; speaks until end_s. party: whose it is; feeds: who brings it.
    """

    track_id: str
    party: str
    feeds: tuple[str, ...]
    centre: Place
    north_m: float
    east_m: float
    north_m_s: float
    east_m_s: float
    altitude_m: float
    begin_s: float
    end_s: float

    def said(self, at_s: float) -> Said:
        """The truth at a moment."""
        run_s = at_s - self.begin_s
        latitude = self.centre[0] + (self.north_m + run_s * self.north_m_s) / _METRES_PER_DEGREE
        # One scale for the whole scene: it is small.
        east = (self.east_m + run_s * self.east_m_s) / (_METRES_PER_DEGREE * _shrunk(self.centre))
        velocity = complex(self.north_m_s, self.east_m_s)
        return Said(
            self.track_id,
            time_us(at_s),
            latitude,
            self.centre[1] + east,
            self.altitude_m,
            abs(velocity),
            _course_deg(velocity),
        )


def time_us(at_s: float) -> int:
    """The time of day, whole milliseconds as receivers have them."""
    return START_US + round(at_s * 1000) * (SECOND_US // 1000)


@dataclass
class Cast:
    """Who is on the stage. number: of ids so far, so that none comes twice."""

    rng: random.Random
    things: list[Thing] = field(default_factory=list[Thing])
    number: int = 0

    def new_id(self) -> str:
        """An address that nobody had."""
        self.number += 1
        return f"{self.number:06x}"

    def leave(self, at_s: float) -> None:
        """Forget who has stopped speaking."""
        self.things = [each for each in self.things if each.end_s >= at_s]

    def meet(self, centre: Place, at_s: float) -> None:
        """Two parties' aircraft on courses that cross, somewhere between a hit and a near miss; the
        one is brought by two feeds.
        """
        miss_m = self.rng.uniform(0, 1_200)
        middle_s = SCENE_S / 2
        speed_m_s = self.rng.uniform(40, 110)
        low_m = self.rng.uniform(500, 3_000)
        self.things += [
            Thing(
                self.new_id(), "alpha", ("alpha-1",), centre,
                -speed_m_s * middle_s, 0, speed_m_s, 0, low_m, at_s, at_s + SCENE_S,
            ),
            Thing(
                self.new_id(), "charlie", ("charlie-1", "charlie-2"), centre,
                miss_m, -70 * middle_s, 0, 70, low_m + self.rng.uniform(-80, 80),
                at_s, at_s + SCENE_S,
            ),
        ]  # fmt: skip

    def enter(self, centre: Place, at_s: float) -> None:
        """An aircraft of alpha that flies through what others declared here."""
        speed_m_s = self.rng.uniform(50, 90)
        self.things.append(
            Thing(
                self.new_id(), "alpha", ("alpha-1",), centre,
                -speed_m_s * SCENE_S / 2, self.rng.uniform(-1_500, 1_500), speed_m_s, 0, 1_000,
                at_s, at_s + SCENE_S,
            )
        )  # fmt: skip

    def leave_own(self, centre: Place, at_s: float) -> None:
        """A drone of bravo that begins in its party's intent and does not stay there; it falls
        silent before the intent is over.
        """
        self.things.append(
            Thing(
                self.new_id(), "bravo", ("bravo-1",), centre,
                0, 0, 25 * self.rng.choice((-1, 1)), 20, 1_000, at_s, at_s + SCENE_S - 30,
            )
        )  # fmt: skip


def grid(count: int) -> Iterator[Place]:
    """Places so far apart that what happens at one is nothing to another."""
    for number in range(count):
        yield 44.0 + 0.9 * (number // 6), 4.0 + 1.3 * (number % 6)


def lies(truth: list[Said], rng: random.Random, at_us: int, number: int) -> list[bytes]:
    """What a feed says that means harm, or is broken: of others' aircraft and of its own."""
    said: list[bytes] = []
    for each in truth[:4]:
        elsewhere = rng.uniform(1, 3)
        said.append(_changed(each, latitude_deg=each.latitude_deg + elsewhere).line())
        said.append(_changed(each, time_us=each.time_us + 60 * SECOND_US).line())  # to come
        said.append(_changed(each, time_us=each.time_us - 400 * SECOND_US).line())  # long ago
        said.append(each.line().replace(b"2027/", b"2207/"))
        said.append(each.line().replace(b"MSG,3", b"MSG,3,", 1))
    jumping = 50.0 if number % 2 else -50.0
    own = Said("fffff0", at_us, jumping, 100, 1_000, 50, 90)
    said += [own.line(), own.line(), _changed(own, longitude_deg=120.0).line()]
    said.append(rng.randbytes(60).replace(b"\n", b"") + b"\n")
    said.append(b"MSG,3,1,1,ABCDEF,1,,,,,NaN,1e999,NaN,inf,,,,,,0\n")
    return said


def flood(rng: random.Random, at_s: float, size: int) -> bytes:
    """So many bytes of positions of things that nobody has heard of before."""
    stamp = _stamp(time_us(at_s))
    line = b"MSG,3,1,1,%06x,1,%b,%b,,1000H,100,90,%.4f,%.4f,0,,0,0,0,0\n"
    made: list[bytes] = []
    held = 0
    while held < size:
        number = 0x800000 + rng.randrange(0x700000)
        place = rng.uniform(-60, -20), rng.uniform(-170, 170)
        made.append(line % (number, stamp, stamp, *place))
        held += len(made[-1])
    return b"".join(made)


@dataclass
class Trouble:
    """A line that breaks and is mended, again and again. how: the next failure's."""

    wire: Wire
    every_s: float
    for_s: float
    from_s: float
    times: int = 0

    def act(self, at_s: float) -> None:
        """Break or mend, as is due."""
        since_s = (at_s - self.from_s) % self.every_s
        is_due = at_s >= self.from_s and since_s < self.for_s
        if is_due and self.wire.broken is None:
            self.wire.cut(_FAILURES[self.times % len(_FAILURES)], b"MSG,3,1,1,0000")
            self.times += 1
        elif not is_due and self.wire.broken is not None:
            self.wire.mend()


_FAILURES: tuple[Callable[[], Exception], ...] = (
    lambda: SourceFailed("the other side closed the connection"),
    lambda: ConnectionResetError(104, "reset"),
    lambda: RuntimeError("a source with a fault of its own"),
    lambda: TimeoutError(110, "timed out"),
)


def _changed(said: Said, **more: float) -> Said:
    return dataclasses.replace(said, **more)  # type: ignore[arg-type]  # by name


def _stamp(at_us: int) -> bytes:
    at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at_us)
    return f"{at:%Y/%m/%d,%H:%M:%S}.{at.microsecond // 1000:03d}".encode()


def _shrunk(centre: Place) -> float:
    return math.cos(math.radians(centre[0]))


def _course_deg(velocity: complex) -> float:
    return math.degrees(cmath.phase(velocity)) % 360
