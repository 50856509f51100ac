"""A large incident in pages: each thing once, and no more made than a page shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_world import World, a_world, moment
from wideberth.faces.api import incidents_seen
from wideberth.model.accounts import Account, Audience, Claims
from wideberth.model.ids import AccountId, EvidenceId, IncidentId, PartyId, QuestionId
from wideberth.model.lodged import Lodged, Lodging
from wideberth.model.questions import Question, QuestionState

ALPHA, BRAVO, CHARLIE = (PartyId(each) for each in ("alpha", "bravo", "charlie"))
COUNT = 500  # as many as one party may have


def accounts() -> Iterator[Account]:
    """Of alpha, all shown to bravo; of bravo every other one shown to alpha; in turn."""
    for at in range(COUNT):
        for party, shown_to in ((ALPHA, (BRAVO,)), (BRAVO, (ALPHA,) if at % 2 else ())):
            name = AccountId(f"{party}-{at}")
            yield Account(name, party, at, Audience.NAMED, shown_to, Claims(), f"{at}")


def questions() -> Iterator[Question]:
    for at in range(COUNT):
        to = BRAVO if at % 2 else CHARLIE
        waits = QuestionState.ASKED
        yield Question(QuestionId(f"q{at}"), ALPHA, to, False, waits, 1, 10**15, ())


def evidence() -> Iterator[Lodged]:
    for at in range(COUNT):
        lodging = Lodging("ab" * 32, 9, "image/jpeg", f"{at}")
        yield Lodged(EvidenceId(f"e{at}"), ALPHA, at, lodging, (BRAVO,) if at % 5 else ())


async def large(world: World) -> str:
    """An incident as full as three parties may make a list of it. Gives its path."""
    body = {
        "title": "Something",
        "start": moment(-60),
        "end": moment(-30),
        "parties": ["bravo", "charlie"],
    }
    name = IncidentId((await world.ask("alpha", "POST", "/incidents", body)).json()["incident"])
    incidents = world.node.service.picture.incidents
    incidents[name] = msgspec.structs.replace(
        incidents[name],
        accounts=tuple(accounts()),
        questions=tuple(questions()),
        evidence=tuple(evidence()),
    )
    return f"/incidents/{name}"


async def walked(world: World, party: str, path: str, what: str, limit: int) -> list[list[Any]]:
    pages: list[list[Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
        answer = await world.ask(party, "GET", f"{path}/{what}", params=query)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()[what])
        cursor = answer.json()["next"]
        if cursor is None:
            return pages


EXPECTED = {
    ("bravo", "accounts"): [each.id for each in accounts()],
    ("alpha", "accounts"): [each.id for each in accounts() if each.party == ALPHA or each.shown_to],
    ("charlie", "accounts"): [],
    ("bravo", "questions"): [each.id for each in questions() if each.to == BRAVO],
    ("alpha", "questions"): [each.id for each in questions()],
    ("bravo", "evidence"): [each.id for each in evidence() if each.shown_to],
}
MAKERS = {"accounts": "account_out", "questions": "question_out", "evidence": "evidence_out"}


async def test_each_thing_is_on_one_page_and_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for name in MAKERS.values():
        real: Any = getattr(incidents_seen, name)

        def counting(item: Any, *rest: Any, real: Any = real) -> Any:
            made.append(item.id)
            return real(item, *rest)

        monkeypatch.setattr(incidents_seen, name, counting)
    async with a_world(tmp_path) as world:
        path = await large(world)
        for (party, what), expected in EXPECTED.items():
            made.clear()
            pages = await walked(world, party, path, what, 60)
            assert [each["id"] for page in pages for each in page] == expected
            assert all(len(each) == 60 for each in pages[:-1])
            assert made == expected, "what is on no page is not made"
        pages = await walked(world, "alpha", path, "accounts", 999)
        versions = [each["version"] for each in pages[0] if each["party"] == "bravo"]
        assert versions == list(range(1, COUNT // 2 + 1)), "as its reader counts them"


async def test_the_whole_incident_says_of_what_there_is_more(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        path = await large(world)
        for party in ("alpha", "bravo"):
            answer = await world.ask(party, "GET", path)
            assert answer.status_code == 200
            whole = answer.json()
            assert len(answer.content) < 5 * 1024 * 1024
            for what in ("questions", "evidence"):
                is_whole = [each["id"] for each in whole[what]] == EXPECTED.get((party, what))
                assert is_whole or what in whole["more"] or (party, what) not in EXPECTED
            assert whole["accounts"]["alpha"]["account"]["words"] == f"{COUNT - 1}"
