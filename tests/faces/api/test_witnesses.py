"""Checkpoints, tiles, receipts and handed-in cosignatures, over a real node's API."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_world import World, a_world
from wideberth.record.cosignatures import WitnessKey, merged
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import (
    parse_checkpoint,
    parse_note,
    parse_receipt,
    parse_vkey,
    verified_checkpoint,
)
from wideberth.record.tiles import TiledTree, tile_path, tiles_of
from wideberth.record.verify import verify_receipt

W = [WitnessKey(f"witness.example/w{i}", bytes([i + 1]) * 32) for i in range(3)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A node with two witnesses that come by themselves, and a beat of a moment."""
    folder = tmp_path / "wideberth-data"
    folder.mkdir(mode=0o700)
    tables = "".join(f'[[witnesses]]\nvkey = "{each.vkey}"\n' for each in W[:2])
    (folder / "wideberth.toml").write_text(f"[witnessing]\nbeat_s = 0.05\n{tables}")
    async with a_world(tmp_path) as made:
        yield made


async def note_of(world: World, **query: Any) -> str:
    answer = await world.ask("alpha", "GET", "/record/checkpoint", params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


async def handed_in(world: World, note: str) -> httpx.Response:
    return await world.ask("alpha", "POST", "/record/cosignatures", {"note": note})


def cosigned(note: str, *witnesses: WitnessKey) -> str:
    text = parse_note(note).text
    return merged(note, [each.cosign(text, time_s=1_700_000_000) for each in witnesses])


def size_of(note: str) -> int:
    return parse_checkpoint(parse_note(note).text).size


async def test_what_witnesses_hand_in_stands_in_the_checkpoint(world: World) -> None:
    note = await note_of(world)
    for each in W[:2]:
        answer = await handed_in(world, cosigned(note, each))
        assert answer.status_code == 200
        assert answer.json() == {"size": size_of(note), "witnesses": [each.verifier.name]}
    assert await note_of(world) == cosigned(note, *W[:2])
    await world.told("alpha")
    newest = await note_of(world)
    assert size_of(newest) > size_of(note)
    assert len(parse_note(newest).signatures) == 1
    assert await note_of(world, witnesses=2) == cosigned(note, *W[:2])


async def test_a_stranger_s_cosignature_is_not_kept(world: World) -> None:
    note = await note_of(world)
    answer = await handed_in(world, cosigned(note, W[2]))
    assert (answer.status_code, answer.json()["rule"]) == (403, "witness-unknown")
    assert await note_of(world) == note


@pytest.mark.parametrize("note", ["", "x", "a\n\nb\n", "x" * 100_001])
async def test_what_is_no_note_is_refused(world: World, note: str) -> None:
    answer = await handed_in(world, note)
    assert answer.status_code == 400
    assert answer.json()["field"].startswith("note")


async def test_a_note_that_the_log_did_not_sign_is_refused(world: World) -> None:
    note = await note_of(world)
    changed = note.replace(f"\n{size_of(note)}\n", f"\n{size_of(note) + 1}\n")
    answer = await handed_in(world, cosigned(changed, W[0]))
    assert (answer.status_code, answer.json()["rule"]) == (400, "signature")
    assert world.node.service.stopped_by is None


async def test_a_head_that_the_record_does_not_have_ends_all_deciding(world: World) -> None:
    """A record of the same key, further on: this one was put back to an older copy."""
    key = OriginKey.load(world.node.folder / "keys" / "origin.key")
    longer = MemoryRecord(key)
    own = size_of(await note_of(world))
    longer.append([b"entry"] * 50, 0, time_us=1)
    answer = await handed_in(world, cosigned(longer.checkpoint(), W[0]))
    assert (answer.status_code, answer.json()["rule"]) == (503, "behind-witness")
    assert f"50 entries, and here are {own}" in answer.json()["detail"]
    key_out = await world.ask("alpha", "DELETE", "/keys/none")
    assert (key_out.status_code, key_out.json()["rule"]) == (503, "behind-witness")
    ready = await world.http().get("/readyz")
    assert (ready.status_code, ready.json()["field"]) == (503, "witness")
    assert (await note_of(world)).startswith(key.origin)  # it can still be read


async def test_the_head_of_a_beat_stays_while_the_record_grows(world: World) -> None:
    world.node.witnessing._beat_s = 3600
    first = await note_of(world, beat="true")
    await world.told("alpha")
    assert await note_of(world, beat="true") == first
    assert size_of(await note_of(world)) > size_of(first)


async def test_one_of_beat_and_witnesses(world: World) -> None:
    query = {"beat": "true", "witnesses": "1"}
    answer = await world.ask("alpha", "GET", "/record/checkpoint", params=query)
    assert (answer.status_code, answer.json()["rule"]) == (400, "one-of")


@pytest.mark.parametrize("count", ["-1", "61", "x", "1.5"])
async def test_a_number_of_witnesses_is_bounded(world: World, count: str) -> None:
    for path in ("/record/checkpoint", "/record/receipts/0"):
        answer = await world.ask("alpha", "GET", path, params={"witnesses": count})
        assert (answer.status_code, answer.json()["field"]) == (400, "witnesses")


async def test_a_receipt_under_a_cosigned_head(world: World) -> None:
    told = await world.told("alpha")
    position = told["position"]
    early = await world.ask("alpha", "GET", f"/record/receipts/{position}?witnesses=1")
    assert (early.status_code, early.json()["rule"]) == (404, "not-cosigned")
    note = await note_of(world)
    await handed_in(world, cosigned(note, W[0]))
    later = (await world.told("alpha"))["position"]
    answer = await world.ask("alpha", "GET", f"/record/receipts/{position}?witnesses=1")
    assert answer.status_code == 200
    assert parse_receipt(answer.text).note == cosigned(note, W[0])
    entries = await world.ask("alpha", "GET", f"/record/entries?from={position}&limit=1")
    [entry] = entries.json()["entries"]
    proved = verify_receipt(
        answer.text,
        envelope=entry["envelope"].encode(),
        salt=b64decode(entry["salt"]),
        vkey=world.node.vkey,
    )
    assert proved.position == position
    beyond = await world.ask("alpha", "GET", f"/record/receipts/{later}?witnesses=1")
    assert (beyond.status_code, beyond.json()["rule"]) == (404, "not-cosigned")
    plain = await world.ask("alpha", "GET", f"/record/receipts/{later}")
    assert plain.status_code == 200


async def test_an_entry_that_is_not_shown_has_no_receipt_whoever_cosigned(world: World) -> None:
    told = await world.told("alpha", visibility={"level": "named", "parties": []})
    await handed_in(world, cosigned(await note_of(world), W[0]))
    for query in ("", "?witnesses=1", "?witnesses=2"):
        path = f"/record/receipts/{told['position']}{query}"
        answer = await world.ask("bravo", "GET", path)
        assert (answer.status_code, answer.json()["rule"]) == (404, "no-such-entry")


async def test_a_reader_with_tiles_alone_gets_the_root(world: World) -> None:
    await world.told("alpha")
    note = await note_of(world)
    head = verified_checkpoint(note, parse_vkey(world.node.vkey))
    fetched: dict[str, bytes] = {}
    for tile in tiles_of(head.size):
        answer = await world.ask("alpha", "GET", f"/record/tile/{tile_path(tile)}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert "immutable" in answer.headers["cache-control"]
        fetched[tile_path(tile)] = answer.content
    tree = TiledTree(head.size, lambda tile: fetched[tile_path(tile)])
    assert tree.root() == head.root


@pytest.mark.parametrize(
    ("path", "status", "rule"),
    [
        ("0/000", 404, "no-such-tile"),
        ("7/000.p/1", 404, "no-such-tile"),
        ("0/000.p/0", 400, "tile"),
        ("0/0", 400, "tile"),
        ("64/000", 400, "tile"),
        ("entries/000", 400, "tile"),
        ("0/x999/x999/x999/x999/x999/x999/999", 404, "no-such-tile"),
    ],
)
async def test_tiles_that_are_not_there(world: World, path: str, status: int, rule: str) -> None:
    answer = await world.ask("alpha", "GET", f"/record/tile/{path}")
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)


async def test_checkpoints_are_good_for_a_moment_and_the_rest_for_none(world: World) -> None:
    head = await world.ask("alpha", "GET", "/record/checkpoint")
    assert head.headers.get_list("cache-control") == ["private, max-age=1"]
    parties = await world.ask("alpha", "GET", "/parties")
    assert parties.headers.get_list("cache-control") == ["no-store"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/record/checkpoint"),
        ("GET", "/record/tile/0/000.p/1"),
        ("POST", "/record/cosignatures"),
    ],
)
async def test_none_of_it_is_public(world: World, method: str, path: str) -> None:
    assert (await world.ask(None, method, path)).status_code == 401
