"""Lines of the log: one for each thing, read by machines, and nothing of what was said in them."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_world import World, a_world, flight, square
from wideberth.faces.api import Operation
from wideberth.logs import request_logger, set_up
from wideberth.operating import LogTable


@pytest.fixture
def untouched() -> Iterator[None]:
    """The loggers as they were, afterwards."""
    root, requests = logging.getLogger(), logging.getLogger("wideberth.requests")
    before = (list(root.handlers), root.level, requests.level)
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    requests.setLevel(before[2])


def lines_of(table: LogTable, act: Any) -> list[str]:
    stream = io.StringIO()
    set_up(table, stream)
    act()
    return stream.getvalue().splitlines()


async def a_busy_world(tmp_path: Path, table: LogTable) -> tuple[list[str], World, list[str]]:
    """Lines, the world, and what must not be in them."""
    stream = io.StringIO()
    set_up(table, stream)
    operation = Operation(watchers=[request_logger(b"secret")])
    async with a_world(tmp_path, operation=operation) as world:
        told = await world.told("alpha", square(latitude=47.123456))
        await world.ask("alpha", "POST", "/intents", flight(label="SECRET-LABEL"))
        await world.ask("alpha", "GET", f"/intents/{told['intent']['id']}")
        await world.ask("bravo", "GET", "/intents?bbox=7.1111,47.2222,7.3333,47.4444")
        await world.ask("bravo", "POST", "/intents", flight(square(latitude=99.8765)))
        await world.ask("bravo", "GET", "/SECRET/path%0aforged line")
        async with world.http(token="SECRET.TOKEN.X") as client:
            await client.get("/api/v1/notices")

        async def fault(_: Any) -> None:
            raise RuntimeError("SECRET 47.123456")

        real = world.app.desk.service.submit
        world.app.desk.service.submit = fault  # type: ignore[assignment, method-assign]
        assert (await world.ask("alpha", "POST", "/intents", flight())).status_code == 500
        world.app.desk.service.submit = real  # type: ignore[method-assign]
        id_ = told["intent"]["id"]
        hidden = [
            *("SECRET", "47.1234", "47.2222", "7.1111", "7.3333", "99.8765", "alpha", "bravo"),
            *(id_, world.tokens["alpha"], world.tokens["bravo"][:30]),
        ]
    return stream.getvalue().splitlines(), world, hidden


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("level", ["info", "warning"])
async def test_no_line_holds_payload_token_coordinate_or_name(
    tmp_path: Path, form: Any, level: Any
) -> None:
    lines, _, hidden = await a_busy_world(tmp_path, LogTable(form, level, requests=True))
    assert sum("/api/v1/intents/{intent}" in line for line in lines) == 1
    assert any("RuntimeError" in line and "fault:" in line for line in lines), "type and place"
    for line in lines:
        for each in hidden:
            assert each not in line, (each, line)


@pytest.mark.usefixtures("untouched")
async def test_a_request_is_one_json_line_with_id_route_status_and_duration(
    tmp_path: Path,
) -> None:
    lines, _, _ = await a_busy_world(tmp_path, LogTable("json", "warning", requests=True))
    told = [json.loads(line) for line in lines]
    requests = [each for each in told if each["logger"] == "wideberth.requests"]
    assert [each["status"] for each in requests] == [201, 400, 200, 400, 400, 404, 401, 500]
    first, second, _, third = requests[:4]
    assert set(first) == {
        *("time", "level", "logger", "message"),
        *("id", "method", "route", "status", "duration_ms", "party"),
    }
    assert re.fullmatch(r"[0-9a-f]{16}", first["id"])
    assert first["party"] == second["party"] != third["party"]
    assert re.fullmatch(r"party-[0-9a-f]{12}", first["party"])
    assert "party" not in requests[6]


@pytest.mark.usefixtures("untouched")
async def test_without_asking_requests_are_not_logged(tmp_path: Path) -> None:
    lines, _, _ = await a_busy_world(tmp_path, LogTable())
    assert not any("wideberth.requests" in line for line in lines)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_message_ends_its_line(form: Any) -> None:
    def act() -> None:
        logging.getLogger("x").error("a\nlevel=error forged\r\x1b[2J %s", "b\u2028c")

    (line,) = lines_of(LogTable(form), act)
    assert "\x1b" not in line
    assert "\u2028" not in line


@pytest.mark.usefixtures("untouched")
def test_what_an_error_says_is_for_debugging_only() -> None:
    def act() -> None:
        try:
            raise ValueError("SECRET")  # noqa: TRY301 - here, so that the line names it
        except ValueError:
            logging.getLogger("x").exception("failed")

    (line,) = lines_of(LogTable("text", "error"), act)
    assert "error=ValueError" in line
    assert "at=act:" in line
    assert "SECRET" not in line
    assert "SECRET" in lines_of(LogTable("text", "debug"), act)[0]
