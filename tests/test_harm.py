"""What the house never does, walked over its routes, words and pages (S-01, S-02, S-10, S-11)."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import PARTIES, World, a_world, square
from wideberth.faces.api.routes import ROUTES
from wideberth.model.entries import Body
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.settings import Rules

HOUSE = Path(__file__).parent.parent
FORBIDDEN = re.compile(
    r"\b(?:targets?|targeting|strike|kill|lethal\w*|casualt\w*|weapon|warhead|blast|"
    r"rank|ranks|ranked|ranking|recommend\w*|unprotected|not[-_ ]protected|engage\w*|"
    r"is[-_ ]free|is[-_ ]clear|safe[-_ ]to|predict\w*)\b",
    re.IGNORECASE,
)
"""Words of what S-01 and S-02 forbid. Approving and clearing exist under CONSENT only (D-01)."""


KNOWN = {
    "check_target": "the address of a channel, as the library that sends calls it",
    "is_clear": "of a layer over a table: nothing was written to it",
    "rank": "of what is waiting to be recorded: in which order it was sent",
}
"""Functions that have such a word for something else."""


def offending(words: str) -> set[str]:
    return {found.lower() for found in FORBIDDEN.findall(words.replace("_", " "))}


def words_of_routes() -> dict[str, str]:
    """All that a client can ask or be answered, by route: path, summary, handler, members."""
    found: dict[str, str] = {}
    for route in ROUTES:
        parts = [route.path, route.summary, route.handler.__name__]
        for struct in (route.body, route.query, route.answer):
            if isinstance(struct, type) and issubclass(struct, msgspec.Struct):
                parts += [struct.__name__, *struct.__struct_fields__]
        found[f"{route.method} {route.path}"] = " ".join(parts)
    return found


@pytest.mark.requirement("S-01", "S-02")
def test_no_route_ranks_recommends_predicts_or_asks_what_is_not_protected() -> None:
    assert {name: offending(words) for name, words in words_of_routes().items()} == {
        name: set() for name in words_of_routes()
    }


@pytest.mark.requirement("S-01")
def test_no_entry_and_no_function_has_a_word_for_it() -> None:
    names = [
        f"{struct.__name__} {' '.join(struct.__struct_fields__)}"
        for struct in (*Body.__args__, Rules)  # type: ignore[attr-defined]
    ]
    for path in (HOUSE / "src" / "wideberth").rglob("*.py"):
        names += re.findall(r"^\s*(?:async )?def (\w+)", path.read_text(), re.MULTILINE)
    assert {name for name in names if offending(name)} == set(KNOWN)


def test_the_walk_finds_what_it_is_for() -> None:
    for planted in ("rank_targets", "GET /unprotected", "predict", "is_free", "recommended"):
        assert offending(planted), planted


def emptiness(answer: Any) -> bool:
    """Whether a list in an answer is empty."""
    return isinstance(answer, dict) and any(each == [] for each in answer.values())


@pytest.mark.requirement("S-02")
async def test_every_empty_answer_about_a_place_says_that_it_knows_nothing(
    tmp_path: Path,
) -> None:
    box = "?south=1&west=1&north=2&east=2"
    async with a_world(tmp_path) as world:
        for path in ("/intents", "/zones", "/sites"):
            answer = (
                await world.ask("alpha", "GET", path + (box if path != "/sites" else ""))
            ).json()
            assert emptiness(answer)
            assert answer["rests_on"]["note"] == "no information is not clearance", path
        for path, body in (
            ("/intents/query", {"volume": square(1, 1)}),
            ("/intents/check", {"kind": "flight", "volumes": [square(1, 1)]}),
        ):
            answer = (await world.ask("alpha", "POST", path, body)).json()
            assert emptiness(answer)
            assert answer["rests_on"]["note"] == "no information is not clearance", path


@pytest.mark.requirement("S-02")
def test_every_answer_that_is_asked_by_place_has_room_for_what_it_rests_on() -> None:
    asked_by_place = [
        route
        for route in ROUTES
        if "volume" in getattr(route.body, "__struct_fields__", ())
        or "south" in getattr(route.query, "__struct_fields__", ())
    ]
    assert len(asked_by_place) >= 4
    bare = [
        route.path
        for route in asked_by_place
        if isinstance(route.answer, type)
        and route.kind == "read"
        and "rests_on" not in getattr(route.answer, "__struct_fields__", ())
    ]
    assert bare == []


async def looks(world: World, party: str) -> list[tuple[str, int, list[str]]]:
    """What a party gets from every plain read: status and members."""
    found: list[tuple[str, int, list[str]]] = []
    for route in ROUTES:
        if route.method == "GET" and "{" not in route.path and route.kind == "read":
            path = route.path[1:] if route.path.startswith("//") else route.path
            answer = await world.ask(party, "GET", path)
            is_json = answer.headers["content-type"].startswith("application/json")
            members = sorted(answer.json()) if is_json else []
            found.append((route.path, answer.status_code, members))
    return found


@pytest.mark.requirement("S-10")
async def test_every_party_is_served_alike(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        first, *others = [await looks(world, party) for party in PARTIES]
        assert all(each == first for each in others)


@pytest.mark.requirement("S-10")
def test_no_rule_limit_or_default_is_of_one_party() -> None:
    names = set(Rules.__struct_fields__)
    assert not {each for each in names if "party" in each} - {"same_party"}
    # One queue, taken in order: what is asked later waits longer, whoever asks. Urgent is by kind
    # of command, and no handler can look at who waits.
    source = (HOUSE / "src/wideberth/service.py").read_text()
    assert not re.search(r"(?:party|author)\S*\s+in\s+.*(?:favou?red|priority)", source)
    for route in ROUTES:
        assert "part" not in route.limit
        assert not {"party_first", "favoured"} & set(inspect.signature(route.handler).parameters)


@pytest.mark.requirement("S-11")
def test_the_first_page_and_what_is_exported_say_what_an_acknowledgement_is_not() -> None:
    gist = "neither permission nor a guarantee"
    assert gist in NEITHER_PERMISSION_NOR_GUARANTEE
    assert gist in (HOUSE / "README.md").read_text()
    for path in (
        "src/wideberth/faces/web/static/js/dom.js",
        "src/wideberth/evidence/alone/page.py",
        "src/wideberth/faces/cli/export.py",
        "src/wideberth/faces/api/records.py",
    ):
        text = (HOUSE / path).read_text()
        assert gist in text or "NEITHER_PERMISSION" in text, path
