"""Every row of the route table is asked, and every planted leak is found."""

from __future__ import annotations

import asyncio

from disclosure.asking import uncovered
from disclosure.drama import drama
from disclosure.plays import a_run
from disclosure.test_interference import compare


def test_every_route_is_asked() -> None:
    async def asked() -> set[tuple[str, str]]:
        play = drama()
        async with a_run() as run:
            await run.play(play.first)
            return (await run.seen(play.shapes)).routes

    assert uncovered(asyncio.run(asked())) == set(), (
        "say in asking.py how a party asks these, so that what they tell is looked at"
    )


def test_two_courses_look_the_same() -> None:
    compare(drama())
