"""Who uses the soak's node meanwhile, over its API: two that listen to one party's stream, of whom
one is slow and asks for a part, one that reads tracks now and then, and one that posts batches.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from typing import Any

import httpx
import msgspec

from api_world import JSON, World
from attack.soak_reference import Known
from stream_lines import Line
from wideberth.live import Live
from wideberth.model.ids import PartyId
from wideberth.space.time import SECOND_US, format_rfc3339

READER, POSTER = "alpha", "echo"
AREA = "south=43&north=45&west=3&east=7"  # around some of the scenes
STALLS = ((20.0, 65.0), (90.0, 175.0))  # of each turn; a reader is cut off after a minute
TURN_S = 190.0
READ_EVERY_BEATS = 10
KEPT_S = 60.0
_REMEMBERED = 2_000
_POSTED, _POSTED_ANEW = 20, 600


class Listener:
    """One that listens to a party's stream, and comes again where it was. number: up to here it was
    told everything, or what was left out; heard: the newest events, by number.
    """

    def __init__(self, world: World, query: str, whole: Listener | None = None) -> None:
        """whole: another that is told everything."""
        self.number = 0
        self.counts: Counter[str] = Counter()
        self.heard: dict[int, str] = {}
        self.faults: list[str] = []
        self._over: deque[str] = deque(maxlen=_REMEMBERED)
        self._world, self._path, self._whole = world, f"/stream{query}", whole
        self._line = self._begin()

    def _begin(self) -> Line:
        return Line(self._world, READER, self._path, last_event_id=str(self.number))

    @property
    def is_reading(self) -> bool:
        """Whether it takes what comes."""
        return self._line.flowing.is_set()

    def stall(self) -> None:
        """Read no more for a while."""
        self._line.flowing.clear()
        self.counts["stalls"] += 1

    def read_on(self) -> None:
        """Read again; on a new line, where the old one was cut off."""
        if self._line.task.done():
            self.counts["cut off"] += 1
            self.take()
            self._line = self._begin()
        self._line.flowing.set()

    def take(self) -> None:
        """Look at what came."""
        if self._line.status not in (0, httpx.codes.OK):
            self.faults.append(f"{self._path} was answered {self._line.status}")
        for number, name, data in self._line.events:
            if number is None:
                self._beside(name, data)
                continue
            first = data["first"] if name == "left-out" else number
            if first != self.number + 1:
                self.faults.append(f"{self._path}: {name} {first} came after {self.number}")
            if name == "left-out":
                self.counts["left out"] += number - first + 1
            else:
                self._hear(number, name, data)
            self.number = number
        self._line.events.clear()

    async def close(self) -> None:
        """Hang up."""
        await self._line.close()

    def _hear(self, number: int, name: str, data: Any) -> None:
        self.counts["told"] += 1
        self.heard[number] = name
        if len(self.heard) > _REMEMBERED:
            del self.heard[next(iter(self.heard))]
        if self._whole is not None and self._whole.heard.get(number, name) != name:
            self.faults.append(f"{self._path}: {number} is {name}, and another event for the other")
        if name == "warning" and data["change"] == "cleared":
            self._over.append(data["warning"]["id"])

    def _beside(self, name: str, data: Any) -> None:
        if name == "bye":
            return
        if name != "warning-update":
            self.faults.append(f"{self._path}: {name} came")
            return
        self.counts["updates"] += 1
        self.counts["updates missed"] += data.get("missed", 0)
        if data["warning"]["id"] in self._over:
            self.faults.append(f"{self._path}: an update came after its warning's end")


class Clients:
    """All of them. counts: of what the reader and the poster got."""

    def __init__(self, world: World, live: Live, known: Known, seed: int) -> None:
        self.whole = Listener(world, "")
        self.slow = Listener(world, f"?{AREA}", self.whole)
        self.counts: Counter[str] = Counter()
        self.said: deque[tuple[str, int]] = deque(maxlen=_REMEMBERED)
        """What the reader's first feed brought lately, that the archive must have."""
        self._world, self._live, self._known = world, live, known
        self._rng = random.Random(seed)
        self._reader = world.http(READER)
        self._poster = world.http(token=world.token(POSTER))
        self._faults: list[str] = []

    @property
    def faults(self) -> list[str]:
        """What was not as it should be, in words."""
        return [*self._faults, *self.whole.faults, *self.slow.faults]

    async def act(self, beat: int, at_s: float, now_us: int, *, floods: bool) -> None:
        """What they do on a beat, while the feeds speak."""
        is_slow = any(begin_s <= at_s % TURN_S < end_s for begin_s, end_s in STALLS)
        if is_slow and self.slow.is_reading:
            self.slow.stall()
        elif not is_slow and not self.slow.is_reading:
            self.slow.read_on()
        if beat % 2 or floods:
            await self._post(now_us, floods=floods)

    async def look(self, beat: int, now_us: int, forget_us: int) -> None:
        """Look at what came, between two looks of the watch."""
        self.whole.take()
        self.slow.take()
        if beat % READ_EVERY_BEATS == 0:
            await self._read(now_us - forget_us)
            await self._read_kept(now_us)

    async def finish(self) -> None:
        """Hear the rest, and hang up."""
        if not self.slow.is_reading:
            self.slow.read_on()
        await asyncio.sleep(0.2)
        # What was left out is told with a heartbeat, which waits while updates come; or at the end.
        self._world.node.stopping.set()
        await asyncio.sleep(0.1)
        listeners = self.whole, self.slow
        for each in listeners:
            each.take()
            if each.number != self._end():
                self._faults.append(f"a stream ended at {each.number}, the record at {self._end()}")
        for each in listeners:
            await each.close()
        await self._reader.aclose()
        await self._poster.aclose()

    def _end(self) -> int:
        history = self._world.node.service.picture.history
        assert history is not None
        return history.stream_end(PartyId(READER))

    async def _read(self, since_us: int) -> None:
        """Two at once are shown the same, all that their feeds brought, and nothing of others'."""
        answers = await asyncio.gather(*(self._reader.get("/api/v1/tracks") for _ in range(2)))
        shown: list[set[str]] = []
        for answer in answers:
            self._expect(answer)
            tracks = answer.json()["tracks"] if answer.status_code == httpx.codes.OK else []
            self.counts["tracks read"] += len(tracks)
            shown.append({each["track"] for each in tracks})
            if any(READER not in (each["feed_party"], each.get("party")) for each in tracks):
                self._faults.append("a reader was shown what is nothing to it")
        if shown[0] != shown[1]:
            self._faults.append("two readers at once were shown different tracks")
        for track_id, (party, said) in self._known.last.items():
            own = party == READER and said.time_us > since_us + 5 * SECOND_US
            if own and track_id not in shown[0]:
                self._faults.append(f"a reader was not shown {track_id}")

    async def _read_kept(self, now_us: int) -> None:
        """What was said lately is in the archive."""
        keeping, since_us = self._live.keeping, now_us - round(KEPT_S * SECOND_US)
        assert keeping is not None
        kept = await keeping.kept(since_us, now_us, PartyId(READER))
        found = {(each.track, each.time_us) for each in kept}
        self.counts["kept positions read"] += len(kept)
        lost = [each for each in self.said if each[1] >= since_us and each not in found]
        if lost:
            self._faults.append(f"{len(lost)} positions were not kept, first {lost[0]}")

    async def _post(self, now_us: int, *, floods: bool) -> None:
        """Positions, one of them from nowhere; and in a flood, of things never heard of."""
        ids = [f"p{number:02d}" for number in range(_POSTED)]
        if floods:
            ids += [f"f{self._rng.randrange(10**9)}" for _ in range(_POSTED_ANEW)]
        ago_s = now_us // SECOND_US % 1_000
        reports = [
            {
                "track": track_id,
                "latitude": 10 + number * 0.1,
                "longitude": 100 + ago_s * 0.0005,
                "time": format_rfc3339(now_us),
                "altitude_m": 900.0,
            }
            for number, track_id in enumerate(ids)
        ]
        reports[1]["latitude"] = 95.0
        body = msgspec.json.encode({"feed": "posted", "reports": reports})
        answer = await self._poster.post("/api/v1/tracks", content=body, headers=JSON)
        if not self._expect(answer):
            return
        told = answer.json()
        self.counts["posted"] += len(reports)
        self.counts["posted, refused"] += told["refused_count"]
        self.counts["posted, table full"] += told["refused_count"] - 1
        rules = Counter(each["rule"] for each in told["refused"])
        adds_up = told["accepted"] + told["refused_count"] == len(reports)
        if not adds_up or rules["latitude"] != 1 or set(rules) - {"latitude", "table-full"}:
            self._faults.append(f"of {len(reports)} posted: {told['accepted']}, {dict(rules)}")

    def _expect(self, answer: httpx.Response) -> bool:
        self.counts["requests"] += 1
        if answer.is_success:
            return True
        self._faults.append(f"{answer.request.method} was answered {answer.status_code}")
        return False
