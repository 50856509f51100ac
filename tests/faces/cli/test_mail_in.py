"""``wideberth mail-in``: an answer by mail reaches the record; what cannot, says why."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from types import SimpleNamespace

import typer

from api_world import World, serving, square
from wideberth.delivery.messages import WayToAnswer
from wideberth.faces.cli.mail_in import command

LATER, NOT_READ = 75, 65


def handed(monkeypatch, folder: Path, url: str, data: str) -> int:
    """The exit code of the command for a mail."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data.encode())))
    try:
        command(folder=folder, url=url)
    except typer.Exit as done:
        return done.exit_code
    return 0


def mail(code: str, text: str, *fields: str) -> str:
    head = ["From: desk@bravo.example", f"Subject: Re: Notice 1 [{code}]", *fields]
    return "\n".join([*head, "", text, ""])


async def a_code(world: World) -> tuple[str, WayToAnswer]:
    await world.told("bravo", square())
    await world.told("alpha", square())
    (*_, seen) = (await world.ask("bravo", "GET", "/notices")).json()["notices"]
    outbound, origin = world.node.outbound, world.node.origin
    notice = world.node.service.picture.notices[seen["id"]].notice
    await outbound.channels()
    state, codes = outbound._state, outbound.keys.codes(origin, notice)
    await outbound._in_thread(lambda: state.keep_codes(codes))
    way = outbound.keys.way_to_answer(origin, notice, public_url=None, contact=None)
    return seen["id"], way


def test_an_answer_by_mail_is_recorded_and_an_automaton_is_let_go(
    tmp_path, monkeypatch, capsys
) -> None:
    folder = tmp_path / "wideberth-data"
    with serving(tmp_path) as (url, world):
        notice, way = asyncio.run_coroutine_threadsafe(a_code(world), _loop(world)).result(30)

        def answers() -> list[str]:
            standing = world.node.service.picture.notices[notice]
            return [f"{each.verb.value} {each.channel}" for each in standing.answers]

        absent = mail(way.code, "RECEIVED", "Auto-Submitted: auto-replied")
        assert handed(monkeypatch, folder, url, absent) == 0
        assert answers() == []
        assert handed(monkeypatch, folder, url, mail(way.code, "thanks a lot")) == NOT_READ
        assert "begin the first line" in capsys.readouterr().err
        assert answers() == []
        assert handed(monkeypatch, folder, url, mail(way.code, "RECEIVED\n> quoted")) == 0
        assert answers() == ["RECEIVED mail"]
        assert "neither permission" in capsys.readouterr().out
        assert handed(monkeypatch, folder, url, mail(way.code, "DISPUTED not there")) == 0
        assert answers() == ["RECEIVED mail", "DISPUTED mail"]
        assert handed(monkeypatch, folder, url, mail("0000-0000-0000", "RECEIVED")) == NOT_READ


def test_a_node_that_is_not_there_is_tried_again_later(tmp_path, monkeypatch) -> None:
    (tmp_path / "keys").mkdir()
    given = mail("0000-0000-0000", "RECEIVED")
    assert handed(monkeypatch, tmp_path, "http://127.0.0.1:9", given) == LATER


def _loop(world: World) -> asyncio.AbstractEventLoop:
    return world.node.service._tasks[0].get_loop()
