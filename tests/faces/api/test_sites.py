"""Protected sites over the API: the list, its guards, and each way round them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api_world import World, moment, square
from stream_lines import Line
from wideberth.model.commands import AdoptRules
from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.sites import SitesDelivered
from wideberth.service import Applied

WORDS = {"receives": "the desk", "passes_on": "nobody", "history": "none known"}
GPS = {"source": "gps", "accuracy_m": 5}


async def told_site(world: World, *to: str, latitude: float = 47.0, **more: Any) -> dict[str, Any]:
    return await world.told(
        "alpha",
        square(latitude, end=60 * 24 * 30),
        kind="presence",
        visibility={"level": "named", "parties": list(to)},
        provenance=GPS,
        **more,
    )


async def guard(world: World) -> None:
    rules = msgspec.structs.replace(DEFAULT_RULES, version="guarded", assess_sharing=True)
    assert isinstance(await world.node.command(AdoptRules(rules)), Applied)


async def entries(world: World) -> list[Entry]:
    service = world.node.service
    return await service.entries_at(list(range(service.picture.size)))


async def ok(world: World, party: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = await world.ask(party, method, path, body)
    assert answer.status_code < 300, answer.text
    return answer.json()


@pytest.mark.requirement("S-03", "P-03")
async def test_coarse_disclosure_gives_a_labelled_cell_and_nothing_else(world: World) -> None:
    await guard(world)
    await told_site(world, latitude=47.01)
    await told_site(world, latitude=47.02)
    nothing = await ok(world, "bravo", "GET", "/sites")
    assert nothing["sites"] == []
    await ok(world, "alpha", "PUT", "/sharings/bravo", {"disclosure": "coarse", **WORDS})
    seen = await ok(world, "bravo", "GET", "/sites")
    # One cell, not one for each site: how many there are is not disclosed either.
    (cell,) = seen["sites"]
    assert "intent" not in cell
    assert "id" not in cell
    assert cell["cell"]["size_deg"] == 0.05
    assert "0.05 degrees" in cell["cell"]["coarsened"]
    assert "47.01" not in str(seen)
    assert (await ok(world, "charlie", "GET", "/sites"))["sites"] == []


@pytest.mark.requirement("S-02")
async def test_an_empty_list_of_sites_says_that_it_knows_nothing(world: World) -> None:
    seen = await ok(world, "bravo", "GET", "/sites")
    assert seen["rests_on"]["note"] == "no information is not clearance"


async def test_each_owner_sees_that_its_sites_were_delivered_and_what_was_looked_for_is_nowhere(
    world: World,
) -> None:
    await told_site(world, "bravo")
    for path in ("/sites", "/sites", "/intents?kind=presence", "/intents"):
        await ok(world, "bravo", "GET", path)
    delivered = [each for each in await entries(world) if isinstance(each.body, SitesDelivered)]
    assert [each.body for each in delivered] == [
        SitesDelivered(PartyId("bravo"), ((PartyId("alpha"), 1),))
    ]
    await told_site(world, "bravo", latitude=48.0)
    # The way round by the list of all intents is recorded alike.
    await ok(world, "bravo", "GET", "/intents?south=40&west=0&north=50&east=20")
    (sharing,) = (await ok(world, "alpha", "GET", "/sharings"))["sharings"]
    assert (sharing["recipient"], sharing["most_today"], sharing["sites_shown"]) == ("bravo", 2, 2)


async def test_reading_ones_own_sites_is_no_delivery(world: World) -> None:
    await told_site(world, "bravo")
    await ok(world, "alpha", "GET", "/sites")
    await ok(world, "charlie", "GET", "/intents")
    assert not any(isinstance(each.body, SitesDelivered) for each in await entries(world))


async def test_the_list_of_ones_own_sites_gives_nobody_anothers(world: World) -> None:
    """The console of a party asks for it all day: what others told stands in it nowhere."""
    own = (await told_site(world, "bravo"))["intent"]["id"]
    (seen,) = (await ok(world, "alpha", "GET", "/sites?whose=own"))["sites"]
    assert (seen["id"], seen["state"], seen["owner"]) == (own, "current", "alpha")
    assert seen["valid_until"] is not None
    assert (await ok(world, "bravo", "GET", "/sites?whose=own"))["sites"] == []
    assert not any(isinstance(each.body, SitesDelivered) for each in await entries(world))
    wrong = await world.ask("alpha", "GET", "/sites?whose=theirs")
    assert (wrong.status_code, "whose" in wrong.text) == (400, True)


@pytest.mark.requirement("S-05", "S-07", "N-11")
async def test_an_emergency_withdrawal_says_what_it_cannot_do_and_lists_who_did_not_confirm(
    world: World,
) -> None:
    site = (await told_site(world, "bravo"))["intent"]["id"]
    await ok(world, "bravo", "GET", f"/sites/{site}")
    said = await ok(world, "alpha", "DELETE", "/sharings/bravo")
    assert said["withdrawn"] == 1
    assert "cannot be recalled" in said["note"]
    assert (await world.ask("bravo", "GET", f"/sites/{site}")).status_code == 404
    assert (await world.ask("bravo", "GET", f"/intents/{site}")).status_code == 404
    (notice,) = (await ok(world, "bravo", "GET", "/notices?state=open"))["notices"]
    assert notice["withdrawal"]
    assert "what the law protects stays protected" in notice["protection"]
    (waiting,) = (await ok(world, "alpha", "GET", "/notices/unreached"))["unreached"]
    assert (waiting["recipient"], waiting["withdrawal"]) == ("bravo", True)


@pytest.mark.requirement("S-04")
async def test_what_was_reported_after_notice_stands_beside_the_consent_with_its_method(
    world: World,
) -> None:
    site = (await told_site(world, "bravo"))["intent"]["id"]
    body = {"occurred": moment(-61), "statement": "shells fell"}
    await ok(world, "alpha", "POST", f"/sites/{site}/harm", body)
    renewed = await ok(world, "alpha", "PUT", "/sharings/bravo", {"disclosure": "exact", **WORDS})
    after = renewed["sharing"]["after_notice"]
    assert after["reports"] == 0
    assert "says nothing about who caused the harm" in after["method"]


@pytest.mark.requirement("N-10", "S-06")
async def test_a_challenged_site_shows_both_statements_and_hides_who_challenged_from_others(
    world: World,
) -> None:
    site = (await told_site(world, "bravo", "charlie"))["intent"]["id"]
    path = f"/sites/{site}"
    await ok(world, "bravo", "POST", f"{path}/challenges", {"statement": "misused"})
    assert (await ok(world, "charlie", "GET", path))["evidence"] == "CHALLENGED"
    answered = f"{path}/challenges/bravo/answer"
    await ok(world, "alpha", "POST", answered, {"statement": "it is not"})
    (seen,) = (await ok(world, "charlie", "GET", path))["challenges"]
    assert (seen["statement"], seen["answer"]) == ("misused", "it is not")
    assert "party" not in seen
    (own,) = (await ok(world, "alpha", "GET", path))["challenges"]
    assert own["party"] == "bravo"


@pytest.mark.requirement("P-08", "D-01")
async def test_a_bulk_export_takes_two_people_and_is_traced_without_touching_coordinates(
    world: World,
) -> None:
    told = [await told_site(world, "bravo", latitude=latitude) for latitude in (46.0, 47.0, 48.0)]
    export = await ok(world, "bravo", "POST", "/exports", {"purpose": "for the air desk"})
    name = export["id"]
    assert export["waits_for_second"]
    assert (await world.ask("bravo", "GET", f"/exports/{name}")).status_code == 409
    alone = await world.ask("bravo", "POST", f"/exports/{name}/countersignature", {})
    assert alone.json()["rule"] == "second-person"
    assert (await world.ask("charlie", "GET", f"/exports/{name}")).status_code == 404
    again = await world.ask("bravo", "POST", "/exports", {"purpose": "once more"})
    assert again.status_code == 429, again.text
    second = world.node.issuer.mint(PartyId("bravo"), tuple(Role), life_s=600, subject="second")
    async with world.http(token=second) as client:
        signed = await client.post(f"/api/v1/exports/{name}/countersignature", json={})
        assert signed.json()["sites"] == 3, signed.text
    taken = await ok(world, "bravo", "GET", f"/exports/{name}")
    volumes = {each["intent"]["id"]: each["intent"]["volumes"] for each in taken["sites"]}
    assert volumes == {each["intent"]["id"]: each["intent"]["volumes"] for each in told}
    traces = [each["trace"] for each in taken["sites"]]
    assert traces == sorted(traces)
    assert len(set(traces)) == 3


@pytest.mark.requirement("S-08")
async def test_repeated_harm_freezes_and_a_person_of_each_side_lifts_it(world: World) -> None:
    site = (await told_site(world, "bravo"))["intent"]["id"]
    for _ in range(2):
        body = {"occurred": moment(-61), "statement": "shells"}
        said = await ok(world, "bravo", "POST", f"/sites/{site}/harm", body)
    assert said["frozen"] == [site]
    assert (await ok(world, "alpha", "GET", f"/sites/{site}"))["frozen"]
    refused = await world.ask("alpha", "PUT", "/sharings/bravo", {"disclosure": "exact", **WORDS})
    assert refused.json()["rule"] == "frozen-for-review"
    seen = {"statement": "the chief of staff looked"}
    assert not (await ok(world, "alpha", "POST", f"/sites/{site}/review", seen))["lifted"]
    assert (await ok(world, "bravo", "POST", f"/sites/{site}/review", seen))["lifted"]


async def limit(world: World, sites: int) -> None:
    rules = msgspec.structs.replace(
        DEFAULT_RULES, version=f"limit-{sites}", assess_sharing=False, sites_a_day=sites
    )
    assert isinstance(await world.node.command(AdoptRules(rules)), Applied)


async def most_today(world: World) -> int:
    (sharing,) = (await ok(world, "alpha", "GET", "/sharings"))["sharings"]
    return int(sharing.get("most_today", 0))


WAYS_ROUND = ["one by one", "versions", "record", "receipts", "stream", "list"]


@pytest.mark.parametrize("way", WAYS_ROUND)
async def test_a_list_is_counted_whichever_way_it_is_taken(world: World, way: str) -> None:
    """Nobody takes the list unseen, one site after another."""
    place = {"volume": square(46.9, 7.4, side=0.5, end=60 * 24 * 30)}
    await ok(world, "bravo", "POST", "/subscriptions", place)
    told = [await told_site(world, "bravo", latitude=47 + n / 50) for n in range(3)]
    assert await most_today(world) == 0
    ids = [each["intent"]["id"] for each in told]
    match way:
        case "one by one":
            for each in ids * 2:
                await ok(world, "bravo", "GET", f"/intents/{each}")
        case "versions":
            for each in ids:
                await ok(world, "bravo", "GET", f"/intents/{each}/versions")
        case "record":
            await ok(world, "bravo", "GET", "/record/entries?limit=1000")
        case "receipts":
            for position in range(world.node.service.picture.size):
                await world.ask("bravo", "GET", f"/record/receipts/{position}")
        case "stream":
            line = Line(world, "bravo", "/stream")
            await line.until(lambda seen: sum("intent" in data for _, _, data in seen) == 3)
            await line.close()
        case _:
            await ok(world, "bravo", "GET", "/intents")
    assert await most_today(world) == 3
    told_of = "".join(
        str(each.body) for each in await entries(world) if isinstance(each.body, SitesDelivered)
    )
    assert not any(each in told_of for each in ids), "which they were is recorded nowhere"


@pytest.mark.parametrize("way", WAYS_ROUND)
async def test_no_way_gives_more_in_a_day_than_is_agreed(world: World, way: str) -> None:
    await limit(world, 2)
    place = {"volume": square(46.9, 7.4, side=0.5, end=60 * 24 * 30)}
    await ok(world, "bravo", "POST", "/subscriptions", place)
    told = [await told_site(world, "bravo", latitude=47 + n / 50) for n in range(4)]
    flight = await world.told("alpha", square(47.3, 7.5))
    ids = [each["intent"]["id"] for each in told]
    places = [str(each["intent"]["volumes"][0]["footprint"]) for each in told]
    match way:
        case "one by one" | "versions":
            tail = "" if way == "one by one" else "/versions"
            answers = [await world.ask("bravo", "GET", f"/intents/{each}{tail}") for each in ids]
            assert [each.status_code for each in answers] == [200, 200, 429, 429]
            assert answers[3].json()["rule"] == "sites-limit"
            again = await world.ask("bravo", "GET", f"/intents/{ids[0]}{tail}")
            assert again.status_code == 200, "a site that was given counts once"
            assert (await world.ask("alpha", "GET", f"/intents/{ids[3]}")).status_code == 200
        case "record" | "receipts":
            seen = []
            for position in range(world.node.service.picture.size):
                path = (
                    f"/record/entries?from={position}&limit=1"
                    if way == "record"
                    else f"/record/receipts/{position}"
                )
                answer = await world.ask("bravo", "GET", path)
                seen.append(answer.text if answer.status_code == 200 else "")
            if way == "record":
                assert sum(site in each for each in seen for site in ids) == 2
            else:
                assert sum(bool(each) for each in seen) >= 2
        case "stream":
            line = Line(world, "bravo", "/stream")
            await line.until(lambda seen: sum(name == "notification" for _, name, _ in seen) == 5)
            await line.close()
            shown = [data for _, name, data in line.events if name == "notification"]
            assert [each["id"] for each in shown] == [*ids, flight["intent"]["id"]]
            assert ["intent" in each for each in shown] == [True, True, False, False, True]
        case _:
            page = await ok(world, "bravo", "GET", "/intents")
            assert page["limited"] is True
            assert [each["id"] for each in page["intents"]] == [*ids[:2], flight["intent"]["id"]]
            listed = await ok(world, "bravo", "GET", "/sites")
            assert (len(listed["sites"]), listed["limited"]) == (2, True)
    assert len(set(places)) == 4
    # What a plan of its own touches is told however many there were.
    asked = await world.ask(
        "bravo", "POST", "/intents/check", {"kind": "flight", "volumes": [square(47.06)]}
    )
    assert [each["other"]["id"] for each in asked.json()["clashes"] if "other" in each] == [ids[3]]


@pytest.mark.requirement("S-03", "P-03")
@pytest.mark.parametrize(
    ("latitude", "longitude", "side", "cells"),
    [
        pytest.param(47.01, 7.51, 0.01, 1, id="within one"),
        pytest.param(47.045, 7.51, 0.02, 2, id="over a line"),
        pytest.param(47.045, 7.545, 0.02, 4, id="over a corner"),
        pytest.param(-0.01, 36.99, 0.02, 4, id="over the equator"),
    ],
)
async def test_coarse_cells_hold_the_whole_site(
    world: World, latitude: float, longitude: float, side: float, cells: int
) -> None:
    await guard(world)
    to_nobody = {"level": "named", "parties": []}
    place = square(latitude, longitude, side=side, end=60 * 24)
    await world.told("alpha", place, kind="presence", visibility=to_nobody, provenance=GPS)
    await ok(world, "alpha", "PUT", "/sharings/bravo", {"disclosure": "coarse", **WORDS})
    seen = [each["cell"] for each in (await ok(world, "bravo", "GET", "/sites"))["sites"]]
    assert len(seen) == cells
    for corner in place["footprint"]["coordinates"][0]:
        assert any(
            cell["west"] - 1e-9 <= corner[0] <= cell["west"] + cell["size_deg"] + 1e-9
            and cell["south"] - 1e-9 <= corner[1] <= cell["south"] + cell["size_deg"] + 1e-9
            for cell in seen
        )


@pytest.mark.requirement("S-03")
async def test_a_new_space_asks_for_the_assessment_before_anything_is_shown(world: World) -> None:
    assert DEFAULT_RULES.assess_sharing
    rules = msgspec.structs.replace(DEFAULT_RULES, version="as-a-new-space-has-them")
    assert isinstance(await world.node.command(AdoptRules(rules)), Applied)
    body = {
        "kind": "presence", "volumes": [square(end=60 * 24)], "provenance": GPS,
        "visibility": {"level": "named", "parties": ["bravo"]},
    }  # fmt: skip
    refused = await world.ask("alpha", "POST", "/intents", body)
    assert (refused.status_code, refused.json()["rule"]) == (409, "sharing-not-assessed")
    await ok(world, "alpha", "PUT", "/sharings/bravo", {"disclosure": "exact", **WORDS})
    await ok(world, "alpha", "POST", "/intents", body)
