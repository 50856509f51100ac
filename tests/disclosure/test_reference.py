"""What charlie sees in a play is what the reference lets it know, and nothing beyond."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given

from disclosure import reference
from disclosure.asking import UNKNOWN, View
from disclosure.drama import drama
from disclosure.plays import READER, Run, Step, a_run
from disclosure.strategies import Play, plays
from disclosure.test_interference import SETTINGS
from wideberth.model.entries import Entry, decode_entry


async def entries_of(run: Run) -> list[Entry]:
    """The plain list of entries."""
    size = run.world.node.service.picture.size
    rows = await run.world.node.service.rows(0, size)
    assert len(rows) == size
    return [decode_entry(row.envelope, position=row.position) for row in rows]


def judge(entries: list[Entry], view: View, own: list[Any], pages: dict[str, Any]) -> None:
    """Compare what was seen with what may be known."""
    may = reference.known(entries, READER)
    beyond = reference.said_too_much(entries, READER, view.raw, own)
    assert not beyond, f"{READER} may not know: {sorted(beyond)}"
    assert {each["id"] for each in pages["/intents"]["intents"]} == may.intents
    assert [each["id"] for each in pages["/notices"]["notices"]] == may.notices
    reached = {each["notice"] for each in pages["/notices/unreached"]["unreached"]}
    assert reached <= may.followed  # one whose object ended need not be followed any more
    positions = {
        each["position"]
        for each in pages["/record/entries"]["entries"]
        if "envelope" in each
    }  # fmt: skip
    assert positions == may.readable
    numbers = [number for number, *_ in view.seen[stream_of(view)]]
    assert [each for each in numbers if each is not None] == list(range(1, may.events + 1))


def stream_of(view: View) -> str:
    """The label of the whole stream, over SSE."""
    return next(label for label in view.seen if label.endswith(" stream /stream?"))


async def looked_at(steps: list[Step], shapes: list[dict[str, Any]]) -> None:
    async with a_run() as run:
        await run.play(steps)
        own = [step.given for step in steps if step.party == READER and not step.hidden]
        view = await run.seen(shapes)
        pages = {
            route: (await run.reader.ask("GET", route, query="limit=1000", keep=False)).json()
            for route in ("/intents", "/notices", "/notices/unreached", "/record/entries")
        }
        judge(await entries_of(run), view, [*own, *shapes, UNKNOWN], pages)


@pytest.mark.requirement("P-02")
def test_nothing_beyond_the_reference_is_seen_in_a_play_of_everything() -> None:
    play = drama()
    asyncio.run(looked_at(play.first, play.shapes))


@pytest.mark.requirement("P-02")
@SETTINGS
@given(play=plays())
def test_nothing_beyond_the_reference_is_seen(play: Play) -> None:
    asyncio.run(looked_at(play.first, play.shapes))
