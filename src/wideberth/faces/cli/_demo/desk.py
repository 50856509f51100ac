"""A party's desk: its own client, its own key, and how it answers the notices that it gets.

Each desk knows only what the node tells its party, over HTTP, as everybody does. It signs what
means more than RECEIVED with a key that this process alone holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from wideberth.client import ApiProblem, Client, PartyKey
from wideberth.clock import ExerciseClock
from wideberth.faces.cli._demo.cast import Role, instant
from wideberth.space.time import SECOND_US, parse_rfc3339

__all__ = ["Desk"]

Say = Callable[[str, str], None]
Json = dict[str, Any]
_MISREAD_FACTOR = 0.3048  # feet taken for metres
_CORRECTS_AFTER_S = 60


class Desk:
    """One party at work. Use as an async context; it answers while it is open."""

    def __init__(
        self,
        role: Role,
        url: str,
        token: str,
        *,
        key: PartyKey,
        clock: ExerciseClock,
        say: Say,
        heard: set[str],
    ) -> None:
        self.role = role
        self._heard = heard  # ids of warnings, shared by all desks: each is said once
        self.clock = clock
        self._say = say
        self._client = Client(url, token, key=key)
        self._tasks: set[asyncio.Task[None]] = set()
        self._intents: dict[str, Json] = {}
        self._has_misread = False

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Listen to the party's stream and answer, until the block ends."""
        async with self._client:
            self._start(self._listen())
            try:
                yield
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def tell(self, name: str, body: Json) -> None:
        """Tell an intent, or a new version of the one that this desk calls by this name."""
        before = self._intents.get(name)
        if before is None:
            answer = await self._client.submit_intent(body, signed=True)
        else:
            whole = {key: value for key, value in body.items() if key != "activated"}
            answer = await self._client.amend_intent(
                before["id"], {**whole, "ovn": before["ovn"]}, signed=True
            )
        self._intents[name] = answer["intent"]
        version = answer["intent"]["version"]
        what = "tells" if before is None else f"amends to version {version}:"
        late = " (late)" if answer["intent"].get("late") else ""
        clashes = len(answer["clashes"])
        touched = f"; it touches {clashes} things that others told" if clashes else ""
        self._say(self.role.party, f"{what} {body['call_sign']}{late}{touched}")

    async def end(self, name: str) -> None:
        """End an intent."""
        before = self._intents.pop(name)
        await self._client.change_state(before["id"], before["ovn"], "end", signed=True)
        self._say(self.role.party, f"ends {before['call_sign']}")

    async def declare(self, body: Json) -> None:
        """Declare a zone."""
        await self._client.declare_zone(body, signed=True)
        self._say(self.role.party, f"declares {body['name']}")

    async def open_feed(self, feed: str) -> None:
        """Let everybody in the space see this party's feed."""
        await self._client.write("PUT", f"/feeds/{feed}", {"shown_to": "all"})

    async def report(self, feed: str, reports: list[Json]) -> int:
        """Send positions; gives how many were taken."""
        taken = await self._client.send_tracks(feed, list(reports))
        return int(taken["accepted"])

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self) -> None:
        number = 0
        async for event in self._client.events():
            if event.name == "warning":
                self._hear_warning(event.data)
            if event.name != "notice":
                continue
            page = await self._client.notices(state="all", after=number, limit=1000)
            for notice in page["notices"]:
                number = max(number, notice["number"])
                self._start(self._answer(notice))

    def _hear_warning(self, data: Json) -> None:
        """Say it once, however many parties are warned."""
        warning = data["warning"]
        if data["change"] != "raised" or warning["id"] in self._heard:
            return
        self._heard.add(warning["id"])
        names = " and ".join(_name_of(each) for each in warning["objects"])
        self._say("(watch)", f"warns of {warning['kind']}: {names}")

    async def _answer(self, notice: Json) -> None:
        manners = self.role.manners
        if notice.get("withdrawal") and manners.leaves_withdrawals:
            return
        issued_us = parse_rfc3339(notice["issued"])
        if manners.busy_until is not None:
            issued_us = max(issued_us, parse_rfc3339(instant(manners.busy_until)))

        async def after(seconds: float, verb: str, **fields: Any) -> None:
            await asyncio.sleep(self.clock.seconds_until(issued_us + int(seconds * SECOND_US)))
            answer = await self._client.acknowledge(notice, verb, **fields)
            self._say_answer(notice, verb, fields, answer)

        try:
            await after(manners.received_s, "RECEIVED")
            await self._read_back(notice, after)
            steps = [
                *((each, "PASSED-DOWN", unit) for unit, each in _items(manners.passed_down_s)),
                *((each, "LOADED", unit) for unit, each in _items(manners.loaded_s)),
            ]
            for seconds, verb, unit in sorted(steps):
                system = {"system": self.role.system} if verb == "LOADED" else {}
                await after(seconds, verb, unit=unit, **system)
        except ApiProblem as problem:
            # A newer version of the same thing was loaded in the place of this one: it is closed.
            if problem.rule != "no-such-notice":
                raise

    def _say_answer(self, notice: Json, verb: str, fields: Json, answer: Json) -> None:
        """The steps that people look for; the others are on the console."""
        number = notice["number"]
        off = _differences(answer)
        if off:
            self._say(self.role.party, f"reads notice {number} back WRONG: {off}")
        elif verb == "RECEIVED":
            self._say(self.role.party, f"answers notice {number}: RECEIVED")
        elif verb == "LOADED":
            whole = ", and with that it is closed" if answer["closed"] else ""
            self._say(self.role.party, f"notice {number} is LOADED at {fields['unit']}{whole}")

    async def _read_back(self, notice: Json, after: Callable[..., Awaitable[None]]) -> None:
        seconds, told = self.role.manners.read_back_s, notice.get("particulars")
        if seconds is None or told is None:
            return
        if self.role.manners.misreads and not self._has_misread:
            self._has_misread = True
            wrong = {**told, "upper_m": round(told["upper_m"] * _MISREAD_FACTOR, 1)}
            wrong["lower_m"] = min(told["lower_m"], wrong["upper_m"])
            await after(seconds, "READ-BACK", read_back=wrong)
            seconds += _CORRECTS_AFTER_S
        await after(seconds, "READ-BACK", read_back=told)


def _items(delays: dict[str, float] | None) -> list[tuple[str, float]]:
    return list((delays or {}).items())


def _name_of(thing: Json) -> str:
    facts = thing.get("facts") or [thing["type"]]
    return str(facts[1] if len(facts) > 1 else facts[0])


def _differences(answer: Json) -> str:
    return "; ".join(
        f"{each['field']} told {each['told']}, read {each['read_back']}"
        for each in answer.get("differences", ())
    )
