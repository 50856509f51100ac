"""The page of a play: what it serves, to whom knows its address and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from wideberth.cases import OUTSIDE, Line, load_case
from wideberth.faces.cli._demo import BORDER
from wideberth.faces.cli._demo.playpage import PlayPage
from wideberth.space.time import parse_rfc3339

ORDER = ("south", "lake", "north")
CONSOLES = {party: f"http://127.0.0.1:1/#token={party}" for party in ORDER}
NOON_US = parse_rfc3339("2031-05-12T12:00:00Z")


@pytest.fixture
def page() -> Iterator[PlayPage]:
    with PlayPage() as made:
        yield made


def begun(page: PlayPage) -> PlayPage:
    page.begin(load_case(BORDER), CONSOLES, ORDER)
    return page


def test_it_names_the_parties_from_left_to_right_with_their_consoles(page: PlayPage) -> None:
    play = httpx.get(f"{begun(page).url}lines").json()["play"]
    assert [(each["id"], each["console"]) for each in play["parties"]] == list(CONSOLES.items())
    assert play["invented"].startswith("All names")
    assert "<script>" in httpx.get(page.url).text


def test_each_line_is_told_once_to_who_asks_from_where_it_was(page: PlayPage) -> None:
    begun(page).show(Line(NOON_US, "south", "South calls", is_shown=False))
    page.show(Line(NOON_US, OUTSIDE, "A launch", is_shown=False))
    first = httpx.get(f"{page.url}lines?from=0").json()["lines"]
    page.show(Line(NOON_US, "lake", "nothing", is_shown=True, passed=True))
    page.show(Line(NOON_US, "lake", "something", is_shown=True, passed=False))
    then = httpx.get(f"{page.url}lines?from=2").json()
    assert [(each["time"], each["kind"]) for each in first] == [
        ("12:00Z", "does"),
        ("12:00Z", "happens"),
    ]
    assert [each["kind"] for each in then["lines"]] == ["shown", "missed"]
    assert then["after"] is None


def test_at_the_end_it_leads_to_the_files_and_to_no_other(page: PlayPage, tmp_path: Path) -> None:
    files: list[tuple[Path, str]] = []
    for party in ("south", "lake"):
        path = tmp_path / party / "report.html"
        path.parent.mkdir()
        path.write_text(party)
        files.append((path, f"review for {party}"))
    (tmp_path / "key").write_text("secret")
    begun(page).end(files, ["What happened"])
    after = httpx.get(f"{page.url}lines").json()["after"]
    found = [httpx.get(f"{page.url}files/{each['name']}") for each in after["files"]]
    assert [each.text for each in found] == ["south", "lake"]
    assert all("sandbox" in each.headers["content-security-policy"] for each in found)
    for name in ("key", "../key", "%2e%2e/key", "..%2fkey", ""):
        assert httpx.get(f"{page.url}files/{name}").status_code in (200, 404)
        assert httpx.get(f"{page.url}files/{name}").text != "secret"


def test_who_does_not_know_its_address_is_shown_nothing(page: PlayPage) -> None:
    begun(page)
    host = urlsplit(page.url).netloc
    for path in ("", "lines", "files/x", "x/lines"):
        answer = httpx.get(f"http://{host}/{path}")
        assert (answer.status_code, answer.content) == (404, b"")
