"""Pasted text over HTTP: what was read, what was not and why, and nothing told or kept."""

from __future__ import annotations

from typing import Any

import pytest

from api_world import World

CORNERS = "48.85, 2.35\n48.9 N 2.4 E\n485124N0023107E"


async def read(world: World, **body: Any) -> dict[str, Any]:
    answer = await world.ask("alpha", "POST", "/intents/read", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_draft_is_read_and_nothing_enters_the_record(world: World) -> None:
    before = world.node.service.picture.size
    found = await read(world, text=CORNERS)
    (draft,) = found["drafts"]
    assert (draft["shape"], draft["row"], found["troubles"]) == ("polygon", 1, [])
    first = draft["places"][0]
    assert (first["longitude"], first["latitude"], first["text"]) == (2.35, 48.85, "48.85, 2.35")
    assert "upper" not in draft
    assert world.node.service.picture.size == before


async def test_what_is_not_read_names_row_field_rule_and_value(world: World) -> None:
    found = await read(world, text="lat\tlon\tradius_m\n48.85\t2.35\t5\n48,9\t2,4\t5")
    assert [draft["row"] for draft in found["drafts"]] == [2]
    (trouble,) = found["troubles"]
    assert {name: trouble[name] for name in ("row", "field", "rule", "column")} == {
        "row": 3, "field": "latitude", "rule": "decimal-comma", "column": "lat",
    }  # fmt: skip
    assert trouble["choices"]
    assert found["columns"] == ["lat", "lon", "radius_m"]
    assert "radius_nm" in found["fields"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": " \n"}, 400),
        ({"text": "x" * 200_001}, 400),
        ({"text": "\n" * 5_001 + "x"}, 400),
        ({"text": "x", "form": "pdf"}, 400),
        ({"text": "x", "columns": {"latitude": "y"}, "form": "table"}, 200),
        ({}, 400),
    ],
)
async def test_a_body_that_breaks_a_rule_is_a_problem(
    world: World, body: dict[str, Any], status: int
) -> None:
    answer = await world.ask("alpha", "POST", "/intents/read", body)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["rule"]
