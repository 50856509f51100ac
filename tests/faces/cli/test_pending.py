"""What was signed and has no answer: said by name, seen, let go of, and never said twice."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api_world import PARTIES, World, moment, serving
from desks import Desk
from wideberth.client import Client, PartyKey
from wideberth.faces.cli.app import app

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there
TIMES = ("--from", moment(-60), "--to", moment(-30))


class Officer(Desk):
    """Someone at a terminal."""

    def __init__(self, folder: Path, url: str, world: World, party: str = PARTIES[0]) -> None:
        super().__init__(folder, url, party, world.tokens[party])
        self.url, self.world = url, world

    def types(self, *arguments: str, url: str | None = None) -> tuple[int, str]:
        asks = ["--key", str(self.key), "--url", url or self.url, "--token", self.asks[-1]]
        done = CliRunner().invoke(app, ["incident", *arguments, *asks])
        return done.exit_code, " ".join(done.output.split())

    def titles(self) -> list[str]:
        picture = self.world.node.service.picture
        return [picture.incidents[each].title for each in picture.incidents]


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A line that is cut after the node has it (True) or before (False)."""
    sent = httpx.AsyncClient.request

    async def request(self: Any, method: str, url: Any, **more: Any) -> httpx.Response:
        if method == "POST" and cutting["after"] is not None:
            if cutting["after"]:
                await sent(self, method, url, **more)
            raise httpx.ReadError("cut")
        return await sent(self, method, url, **more)

    cutting: dict[str, bool | None] = {"after": None}
    monkeypatch.setattr(httpx.AsyncClient, "request", request)
    monkeypatch.setattr("wideberth.client._LONGEST_PAUSE_S", 0.0)
    return cutting


def test_what_never_left_is_not_kept_and_is_told_soon(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        officer = Officer(tmp_path, url, world)
        officer.enrol()
        began_s = time.process_time()
        code, said = officer.types("open", "Shots", *TIMES, url=NOBODY)
        assert time.process_time() - began_s < 10
        assert code == 2
        assert f"no answer of {NOBODY} after 3 attempts" in said
        assert "nothing was sent" in said
        assert officer.types("pending") == (
            0,
            "nothing is pending: everything that was signed with this key was answered",
        )
        assert officer.types("open", "Shots at the ford", *TIMES)[0] == 0
        assert officer.titles() == ["Shots at the ford"], "and the first one never was"


@pytest.mark.parametrize("arrived", [True, False])
def test_what_may_have_arrived_is_named_and_sent_first(
    tmp_path: Path, cut: dict[str, bool | None], arrived: bool
) -> None:
    with serving(tmp_path) as (url, world):
        officer = Officer(tmp_path, url, world)
        officer.enrol()
        cut["after"] = arrived
        code, said = officer.types("open", "Shots", *TIMES)
        assert code == 3, said
        assert "signed, and perhaps arrived: the opening of an incident: \u201cShots\u201d" in said
        assert "do not type it again" in said
        cut["after"] = None
        assert (
            "pending the opening of an incident: \u201cShots\u201d" in officer.types("pending")[1]
        )
        code, said = officer.types("open", "Second", *TIMES)
        assert code == 0, said
        assert "first: sending what was signed before: the opening of an incident" in said
        assert "first: it is in the record, once" in said
        assert sorted(officer.titles()) == ["Second", "Shots"]


def test_the_same_typed_again_is_said_once(tmp_path: Path, cut: dict[str, bool | None]) -> None:
    with serving(tmp_path) as (url, world):
        officer = Officer(tmp_path, url, world)
        officer.enrol()
        cut["after"] = True
        assert officer.types("open", "Shots", *TIMES)[0] == 3
        cut["after"] = None
        code, said = officer.types("open", "Shots", *TIMES)
        assert code == 0
        assert "it is not said twice" in said
        assert officer.titles() == ["Shots"]
        assert officer.types("open", "Shots", *TIMES)[0] == 0
        assert officer.titles() == ["Shots", "Shots"], "asked for anew, it is another one"


@pytest.mark.parametrize("arrived", [True, False])
def test_a_person_lets_go_of_what_was_never_sent(
    tmp_path: Path, cut: dict[str, bool | None], arrived: bool
) -> None:
    with serving(tmp_path) as (url, world):
        officer = Officer(tmp_path, url, world)
        officer.enrol()
        cut["after"] = arrived
        assert officer.types("open", "Shots", *TIMES)[0] == 3
        cut["after"] = None
        code, said = officer.types("pending", "--drop")
        assert code == 0, said
        assert said.startswith("in the record after all" if arrived else "dropped ")
        assert officer.types("open", "Second", *TIMES)[0] == 0, "the chain goes on"
        assert officer.titles() == (["Shots", "Second"] if arrived else ["Second"])


def test_it_is_sent_to_the_record_that_it_was_signed_for_alone(
    tmp_path: Path, cut: dict[str, bool | None]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with serving(tmp_path) as (url, world), serving(other) as (elsewhere, _):
        officer = Officer(tmp_path, url, world)
        officer.enrol()
        cut["after"] = False
        assert officer.types("open", "Shots", *TIMES)[0] == 3
        cut["after"] = None
        code, said = officer.types("open", "Shots", *TIMES, url=elsewhere)
        assert code == 2
        assert "another-record" in said
        assert not PartyKey.load(officer.key).is_settled, "it waits for its own"


@pytest.mark.parametrize("url", ["127.0.0.1:8470", "node", "ftp://node"])
def test_a_url_without_its_beginning_is_told_how_one_begins(tmp_path: Path, url: str) -> None:
    done = CliRunner().invoke(app, ["incident", "list", "--url", url, "--token", "t"])
    assert done.exit_code == 2
    assert "begin it with http:// or https://" in done.output
    assert url in done.output


def test_who_has_no_token_is_told_where_one_comes_from() -> None:
    done = CliRunner().invoke(
        app, ["incident", "list", "--url", NOBODY], env={"WIDEBERTH_TOKEN": ""}
    )
    said = " ".join(done.output.split())
    assert "WIDEBERTH_TOKEN" in said
    assert "wideberth token PARTY" in said
    assert "None" not in said


async def test_a_client_goes_on_trying_where_it_was_told_to() -> None:
    tried: list[float] = []

    async def sleep(pause_s: float) -> None:
        tried.append(pause_s)

    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    line = httpx.MockTransport(refuse)
    async with Client("http://node", "t", transport=line, attempts=6, sleep=sleep) as client:
        with pytest.raises(Exception, match="6 attempts"):
            await client.space()
    assert len(tried) == 5
