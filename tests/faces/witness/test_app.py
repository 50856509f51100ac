"""The protocol over HTTP: bytes, headers and statuses as the specification has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from wideberth.errors import RecordUnavailable
from wideberth.faces.witness import WitnessApp
from wideberth.record.cosignatures import WitnessKey
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.splits import verify_evidence
from wideberth.record.witness import (
    MAX_BODY_BYTES,
    Submission,
    Witness,
    format_submission,
    origin_hash,
)

LOG = OriginKey("space.example/log", bytes(range(32)))
KEY = WitnessKey("witness.example/w1", bytes([1]) * 32)


def a_log(*words: bytes) -> MemoryRecord:
    record = MemoryRecord(LOG)
    record.append(words, 0, time_us=1)
    return record


def body_of(record: MemoryRecord, old: int = 0) -> bytes:
    proof = record.consistency_proof(old, record.head().size)
    return format_submission(Submission(old, tuple(proof), record.checkpoint())).encode()


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with Witness(tmp_path, key=KEY, logs=[LOG.verifier]) as made:
        yield made


def http(witness: Witness, **more: object) -> httpx.AsyncClient:
    app = WitnessApp(witness, clock_s=lambda: 1_700_000_000.9, **more)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://witness")


async def test_a_head_is_cosigned_and_the_monitor_shows_it(witness: Witness) -> None:
    record = a_log(b"a", b"b", b"c")
    async with http(witness) as client:
        path = f"/{origin_hash(LOG.origin)}/checkpoint"
        assert (await client.get(path)).status_code == 404
        answer = await client.post("/add-checkpoint", content=body_of(record))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text.startswith("— witness.example/w1 ")
        assert (await client.get(path)).text == record.checkpoint() + answer.text


async def test_a_wrong_old_size_is_told_the_right_one(witness: Witness) -> None:
    record = a_log(b"a", b"b", b"c")
    async with http(witness) as client:
        await client.post("/add-checkpoint", content=body_of(record))
        answer = await client.post("/add-checkpoint", content=body_of(record))
    assert (answer.status_code, answer.text) == (409, "3\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"


async def test_a_fork_is_said_at_once(witness: Witness) -> None:
    said: list[str] = []
    async with http(witness, on_evidence=said.append) as client:
        await client.post("/add-checkpoint", content=body_of(a_log(b"a", b"b", b"c")))
        answer = await client.post("/add-checkpoint", content=body_of(a_log(b"a", b"b", b"d"), 3))
        assert answer.status_code == 422
        again = await client.post("/add-checkpoint", content=body_of(a_log(b"a", b"b", b"c"), 3))
        assert again.status_code == 422
    [text] = said
    assert verify_evidence(text, keys=[LOG.verifier]).smaller.size == 3


async def test_prefixes_paths_and_methods(witness: Witness) -> None:
    async with http(witness, prefix="/w1/") as client:
        body = body_of(a_log(b"a"))
        assert (await client.post("/w1/add-checkpoint", content=body)).status_code == 200
        hashed = origin_hash(LOG.origin)
        assert (await client.get(f"/w1/{hashed}/checkpoint")).status_code == 200
        for method, path, status, allow in [
            ("POST", "/add-checkpoint", 404, None),
            ("GET", "/w1/add-checkpoint", 405, "POST"),
            ("PUT", f"/w1/{hashed}/checkpoint", 405, "GET"),
            ("GET", f"/w1/{hashed.upper()}/checkpoint", 404, None),
            ("GET", f"/w1/{'0' * 64}/checkpoint", 404, None),
            ("GET", "/w1/", 404, None),
            ("GET", "/w1x/add-checkpoint", 404, None),
        ]:
            answer = await client.request(method, path)
            assert answer.status_code == status, path
            assert answer.headers.get("allow") == allow


async def test_a_body_is_bounded_while_it_comes(witness: Witness) -> None:
    async def endless() -> object:
        for _ in range(MAX_BODY_BYTES // 1000 + 10):
            yield b"x" * 1000

    async with http(witness) as client:
        answer = await client.post("/add-checkpoint", content=endless())
    assert answer.status_code == 413


async def test_where_nothing_can_be_stored_nothing_is_cosigned(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise RecordUnavailable("the store failed: disk full")

    monkeypatch.setattr(witness, "add_checkpoint", full)
    async with http(witness) as client:
        answer = await client.post("/add-checkpoint", content=b"old 0\n\n")
    assert answer.status_code == 503
    assert "—" not in answer.text
