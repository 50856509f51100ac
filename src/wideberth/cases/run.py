"""Plays a case: its steps, its positions and its criteria in order of time, each at its minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import msgspec

from wideberth.cases.case import Case, Criterion, Happening, Movement, Step, time_us
from wideberth.cases.criteria import judge, shortened
from wideberth.cases.filling import at_path, filled
from wideberth.cases.stage import Board, Face, staged
from wideberth.client import ApiProblem, Client
from wideberth.errors import InvalidValue
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339

__all__ = ["OUTSIDE", "Line", "Play", "play"]

Json = dict[str, Any]
OUTSIDE = "(outside)"
"""In the place of a party: what happens, and is told by none."""

_ARRIVES_WITHIN_S = 10.0  # over the loopback, and into the record; of the real clock
_LOOK_S = 0.02
_LOOK_AGAIN_S = 0.1
_MEMBERS_OF_TOLD = frozenset({"activated"})  # of a new intent only


@dataclass(frozen=True)
class Line:
    """A line of the minute table. party: who acts or is shown it, or :data:`OUTSIDE`. passed: None
    for a deed that nothing is asked of; found: what was there, where a criterion failed.
    """

    time_us: int
    party: str
    words: str
    is_shown: bool
    passed: bool | None = None
    found: str = ""


class Play:
    """One playing of a case on a stage. kept: what steps kept, by name, and as ``accounts`` what
    each side says, by party.

    patience_s: of the real clock, how long it is waited for what a party has to be shown: on a
    stage whose time passes by itself, an answer takes its time.
    """

    def __init__(self, case: Case, stage: Board, face: Face, *, patience_s: float = 0.0) -> None:
        self.case = case
        self.stage = stage
        self.kept: dict[str, Any] = {"accounts": {each.party: each.says for each in case.accounts}}
        self._face = face
        self._patience_s = patience_s
        self._bodies: dict[str, Json] = {}

    async def lines(self) -> AsyncGenerator[Line]:
        """Play it to the end."""
        beat_us = MINUTE_US if self.case.tracks else None
        for at_us, what in _in_order(self.case):
            more = {} if beat_us is None else {"beat_us": beat_us}
            await self.stage.advance(at_us, **more)
            match what:
                case Step():
                    line = await self._take(what)
                    await self.stage.settle()
                    yield line
                case Criterion():
                    yield await self._judge(what)
                case Happening():
                    yield Line(self._now_us, OUTSIDE, what.says, is_shown=False)
                case _:
                    await self._report(what, at_us)

    async def _take(self, step: Step) -> Line:
        """One deed. Where the node answers otherwise than the case says, its line has failed."""
        done = Line(self._now_us, step.by, step.says, is_shown=False)
        try:
            await self._do(step)
        except ApiProblem as problem:
            detail = self._named(str(problem.document.get("detail", problem.rule)))
            words = f"{step.says}: refused, {detail}"
            passed = step.refused == problem.rule
            found = "" if passed else shortened(problem.document)
            return replace(done, words=words, is_shown=True, passed=passed, found=found)
        except InvalidValue as error:
            return replace(done, passed=False, found=str(error))
        if step.refused is not None:
            return replace(done, is_shown=True, passed=False, found="the node took it")
        return done

    async def _do(self, step: Step) -> None:
        if step.channel is not None:
            receiver = self.stage.receivers.get((step.by, step.post))
            if receiver is None:
                raise InvalidValue(step.by, "no-channel", step.post, "give the party a channel")
            receiver.answers = step.channel == "up"
            return
        if step.answers is not None:
            answer = await self._answer(step, step.answers)
        elif step.agrees:
            answer = await self._agree(step)
        elif step.amends is not None:
            answer = await self._amend(step, step.amends)
        else:
            assert step.ask is not None, "a step is one deed"
            method, path = self._filled(step.ask).split(" ", 1)
            body = self._filled(step.body)
            answer = await self._ask(step, method, path, body)
            if step.keep is not None and path == "/intents":
                self._bodies[step.keep] = body
            if path == "/stop":
                await self._recorded(step.by, answer["id"])
        if step.keep is not None:
            self._keep(step.keep, answer)

    def _keep(self, name: str, answer: Any) -> None:
        """Of what was told, the thing itself; else the answer."""
        for member in ("intent", "zone", "doubt", "consent"):
            inner = at_path(answer, member)
            if isinstance(inner, dict):
                self.kept[name] = inner
                return
        self.kept[name] = answer

    async def _ask(self, step: Step, method: str, path: str, body: Json) -> Any:
        client = self.stage.clients[step.by]
        if method == "GET":
            return await _read(client, path)
        stated = self._face.statement_of(method, path) if step.signed else None
        if stated is None:
            return await client.write(method, path, body)
        command, names = stated
        return await client.signed(method, path, command, {**body, **names})

    async def _amend(self, step: Step, name: str) -> Any:
        before = self.kept[name]
        body = {**self._bodies[name], **self._filled(step.body)}
        self._bodies[name] = body
        told = {each: value for each, value in body.items() if each not in _MEMBERS_OF_TOLD}
        answer = await self._ask(
            step, "PUT", f"/intents/{before['id']}", {**told, "ovn": before["ovn"]}
        )
        self._keep(name, answer)
        return answer

    async def _answer(self, step: Step, name: str) -> Any:
        """Answer the party's newest open notice of what was kept by this name."""
        notice = await self._notice(step.by, at_path(self.kept.get(name), "id"))
        if notice is None:
            raise InvalidValue(step.by, "no-notice", name, "no open notice to it names this")
        body = self._filled(step.body)
        if "read_back" in body:
            body["read_back"] = {**notice["particulars"], **body["read_back"]}
        for each in ("content", "difference"):
            if notice.get(each) is not None:
                body.setdefault(each, notice[each])
        body.setdefault("clock", format_rfc3339(self._now_us))
        return await self._ask(step, "POST", f"/notices/{notice['id']}/acknowledgements", body)

    async def _notice(self, party: str, about: Any) -> Json | None:
        page = await self.stage.clients[party].get("/notices", state="open", limit=1000)
        for notice in reversed(page["notices"]):
            things = [notice.get("subject"), *(each.get("other") for each in notice["clashes"])]
            if any(each is not None and each["id"] == about for each in things):
                return cast("Json", notice)
        return None

    async def _agree(self, step: Step) -> Any:
        """Propose the terms, and have every party sign the one text."""
        body = self._filled(step.body)
        proposed = await self._ask(step, "POST", "/agreements", body)
        act = {"version": proposed["version"], "act": "sign", "digest": proposed["digest"]}
        path = f"/agreements/{proposed['agreement']}/acts"
        neutral = body["terms"].get("neutral")
        for party in step.agrees:
            own = [party] if neutral else [None]
            for sheet in body["terms"]["parties"] if party == neutral else own:
                whole = act if sheet is None else {**act, "sheet": sheet}
                await self._ask(msgspec.structs.replace(step, by=party), "POST", path, whole)
        return proposed

    async def _recorded(self, party: str, stop: str) -> None:
        """Wait until a STOP that left is in the record. Raises InvalidValue where it never is."""
        for _ in range(int(_ARRIVES_WITHIN_S / _LOOK_S)):
            if (await self.stage.clients[party].get(f"/stops/{stop}"))["recorded"]:
                return
            await asyncio.sleep(_LOOK_S)
        raise InvalidValue("stop", "not-recorded", stop, "the record did not take it in time")

    async def _report(self, movement: Movement, at_us: int) -> None:
        report = _position(movement, at_us, self.case)
        await self.stage.clients[movement.by].send_tracks(movement.feed, [report])

    async def _judge(self, shown: Criterion) -> Line:
        line = Line(self._now_us, shown.party, shown.words, is_shown=True, passed=False)
        try:
            wanted = {
                name: self._filled(value)
                for name in ("some", "none", "holds")
                if (value := getattr(shown, name)) is not None
            }
            if shown.see == "received":
                passed, found = await self._arrived(shown, wanted)
            else:
                passed, found = await self._looked(shown, wanted)
            if not passed:
                return replace(line, found=shortened(found))
            words = str(filled(shown.words, {**self.kept, "found": found}, {}, self.case.day))
            words = self._named(words)
        except InvalidValue as error:
            return replace(line, found=str(error))
        return replace(line, words=words, passed=True)

    async def _looked(self, shown: Criterion, wanted: Json) -> tuple[bool, Any]:
        """What the party reads, once it is what is asked for, or patience is over."""
        passed, found = judge(shown, wanted, await self._seen(shown))
        for _ in range(int(self._patience_s / _LOOK_AGAIN_S)):
            if passed:
                break
            await asyncio.sleep(_LOOK_AGAIN_S)
            passed, found = judge(shown, wanted, await self._seen(shown))
        return passed, found

    async def _seen(self, shown: Criterion) -> Any:
        """The answer to a read; of one that is refused, its problem."""
        path = self._filled(shown.see)
        if not isinstance(path, str):
            return path  # what was answered to a step
        try:
            return await _read(self.stage.clients[shown.party], path)
        except ApiProblem as problem:
            return {"problem": problem.document}

    async def _arrived(self, shown: Criterion, wanted: Json) -> tuple[bool, Any]:
        """What came over a channel, once it did: the connection is real, and takes its time."""
        receiver = self.stage.receivers[shown.party, shown.post]
        here = msgspec.structs.replace(shown, in_="messages")
        passed, found = False, None
        for _ in range(int(_ARRIVES_WITHIN_S / _LOOK_S)):
            items = [item for message in receiver.messages for item in message.get("items", [])]
            answer = {"messages": items}
            passed, found = judge(here, wanted, answer)
            if passed:
                break
            await asyncio.sleep(_LOOK_S)
        return passed, found

    def _named(self, words: str) -> str:
        """The words with the names of the case in the place of ids: those differ each time."""
        for name, kept in self.kept.items():
            thing = at_path(kept, "id")
            if isinstance(thing, str):
                words = words.replace(thing, name)
        return words

    def _filled(self, value: Any) -> Any:
        return filled(value, self.kept, self.case.places, self.case.day)

    @property
    def _now_us(self) -> int:
        return self.stage.now_us


async def _read(client: Client, path: str) -> Any:
    """The answer to a read of a path with its query."""
    path, _, query = path.partition("?")
    return await client.get(path, **dict(parse_qsl(query, strict_parsing=bool(query))))


async def play(
    case: Case, folder: Path, face: Face, *, tell: Callable[[Line], None] = lambda _: None
) -> list[Line]:
    """Every line of the case's minute table, played on a new node in the folder.

    tell: called with each line as it is there. Raises InvalidValue for settings of the node that
    it does not take.
    """
    made: list[Line] = []
    async with staged(case, folder, face) as stage, aclosing(Play(case, stage, face).lines()) as on:
        async for line in on:
            made.append(line)
            tell(line)
    return made


_Event = Step | Criterion | Movement | Happening


def _in_order(case: Case) -> list[tuple[int, _Event]]:
    """Everything by time; at the same time positions, then what happens, steps, criteria."""
    rows: list[tuple[int, int, int, _Event]] = []
    for movement in case.tracks:
        first_us, last_us = (time_us(movement.points[at][0], case.day) for at in (0, -1))
        for at_us in range(first_us, last_us + 1, movement.every_s * SECOND_US):
            rows.append((at_us, 0, len(rows), movement))
    for rank, things in ((1, case.happens), (2, case.steps), (3, case.shows)):
        for each in things:
            rows.append((time_us(each.at, case.day), rank, len(rows), each))
    rows.sort(key=lambda row: row[:3])
    return [(at_us, what) for at_us, _, _, what in rows]


def _position(movement: Movement, at_us: int, case: Case) -> Json:
    """Where it is at a time between its first point and its last."""
    points = [(time_us(at, case.day), *rest) for at, *rest in movement.points]
    before, after = next(leg for leg in pairwise(points) if at_us <= leg[1][0])
    part = (at_us - before[0]) / (after[0] - before[0])
    longitude, latitude, height = (
        a + part * (b - a) for a, b in zip(before[1:], after[1:], strict=True)
    )
    return {
        "track": movement.track,
        "latitude": round(latitude, 7),
        "longitude": round(longitude, 7),
        "altitude_m": round(height, 1),
        "time": format_rfc3339(at_us),
        "accuracy_m": 10.0,
        **({} if movement.call_sign is None else {"call_sign": movement.call_sign}),
        **({} if movement.party is None else {"party": movement.party}),
    }
