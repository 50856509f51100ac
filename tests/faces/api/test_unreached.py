"""The page of notices not yet reached counts nothing that its reader is not shown."""

from __future__ import annotations

from typing import Any

from api_world import World, flight, square


async def pages(world: World, party: str, limit: int) -> list[list[dict[str, Any]]]:
    """Every page, the cursor of each taken from the one before."""
    found: list[list[dict[str, Any]]] = []
    cursor: str | None = None
    while True:
        asked = f"/notices/unreached?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        page = (await world.ask(party, "GET", asked)).json()
        found.append(page["unreached"])
        cursor = page["next"]
        if cursor is None:
            return found


async def test_a_cursor_and_its_end_do_not_tell_of_hidden_notices(world: World) -> None:
    hidden = flight(square(), visibility={"level": "on-conflict"})
    assert (await world.ask("alpha", "POST", "/intents", hidden)).status_code == 201
    await world.told("bravo")  # notices: to alpha (bravo may not follow it) and to bravo
    (only,) = await pages(world, "bravo", 1)
    assert [row["role"] for row in only] == ["recipient"]


async def test_pages_of_any_size_hold_the_same_rows(
    world: World,
) -> None:
    for place in range(3):
        volume = square(47 + place)
        await world.told("alpha", volume)
        await world.told("bravo", volume)
        hidden = flight(volume, visibility={"level": "on-conflict"})
        await world.ask("charlie", "POST", "/intents", hidden)
    (whole,) = await pages(world, "bravo", 1000)
    assert len(whole) > 5
    for limit in (1, 2, 3):
        split = await pages(world, "bravo", limit)
        assert all(split), "no page is empty"
        assert [row for page in split for row in page] == whole
    first = (await world.ask("bravo", "GET", "/notices/unreached?limit=2")).json()
    assert first["next"] == first["unreached"][-1]["notice"]
    after = await world.ask("bravo", "GET", f"/notices/unreached?cursor={first['next']}")
    assert after.json()["unreached"] == whole[2:]
    bad = await world.ask("bravo", "GET", "/notices/unreached?cursor=12")
    assert (bad.status_code, bad.json()["rule"]) == (400, "cursor")
