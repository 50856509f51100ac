"""A node that is killed or stopped while clients write: what was answered is there, what is asked
again is there once.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from wideberth.audit import StatementAudit
from wideberth.client import ApiProblem, Client, PartyKey, Unreachable
from wideberth.model.commands import EnrolKey, RegisterParty
from wideberth.model.entries import IntentAccepted, decode_entry
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.parties import Role
from wideberth.node import Node
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder
from wideberth.service import Applied, now_us
from wideberth.space.time import HOUR_US, format_rfc3339

WIDEBERTH = Path(sys.executable).parent / "wideberth"
ALPHA = PartyId("alpha")


def intent(number: int) -> dict[str, Any]:
    start_us = now_us() + HOUR_US
    height = {"units": "M", "reference": "W84"}
    return {
        "kind": "flight",
        "call_sign": f"T{number}",
        "volumes": [
            {
                "footprint": {"type": "Point", "coordinates": [8.0, 47.0], "radius_m": 100},
                "lower": {"value": number * 10, **height},
                "upper": {"value": number * 10 + 5, **height},
                "start": format_rfc3339(start_us),
                "end": format_rfc3339(start_us + HOUR_US),
            }
        ],
    }


async def started(folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        *(WIDEBERTH, "serve", "--folder", folder, "--port", "0"), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while not (line := await process.stdout.readline()).startswith(b"wideberth is listening"):
            assert line, "it ended"
    return process, line.decode().split()[-1]


async def prepared(folder: Path) -> tuple[str, PartyKey]:
    def text(data: bytes) -> str:
        return urlsafe_b64encode(data).rstrip(b"=").decode()

    async with Node.open(folder) as node:
        key = PartyKey.make(node.origin, ALPHA, KeyId("k1"))
        proof = text(key.proof_of_possession())
        enrol = EnrolKey(ALPHA, KeyId("k1"), text(key.public_key), tuple(Role), proof)
        for command in (RegisterParty(ALPHA, "Alpha"), enrol):
            assert isinstance(await node.command(command), Applied)
        return node.mint(ALPHA, tuple(Role), life_s=600), key


@pytest.mark.slow
async def test_nothing_answered_is_lost_and_nothing_retried_is_double(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    token, key = await prepared(folder)
    answered: dict[str, str] = {}

    async def tell(client: Client, number: int) -> None:
        request = f"r{number}"
        try:
            if number % 2:
                told = await client.write("POST", "/intents", intent(number), request=request)
            else:
                told = await client.signed(
                    "POST", "/intents", "SubmitIntent", intent(number), request=request
                )
        except Unreachable:
            return
        answered[request] = told["intent"]["id"]

    process, url = await started(folder)
    async with Client(url, token, key=key, attempts=1) as client:
        telling = [asyncio.create_task(tell(client, number)) for number in range(60)]
        async with asyncio.timeout(30):
            while len(answered) < 20:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.001)
        process.kill()
        await process.wait()
        await asyncio.gather(*telling)
    before = dict(answered)
    assert 20 <= len(before) < 60

    process, url = await started(folder)
    try:
        async with Client(url, token, key=key) as client:
            await client.settle_pending()
            for number in range(1, 60, 2):  # by their keys, those of before included
                body = intent(number)
                became = await client.became_of(f"r{number}")
                if became is None:
                    await client.write("POST", "/intents", body, request=f"r{number}")
            await client.submit_intent(intent(100), signed=True)
    finally:
        process.terminate()
        assert await process.wait() == 0

    with SqliteRecord(folder) as record:
        entries = [decode_entry(r.envelope, position=r.position) for r in record.read(0, 10_000)]
        origin = record.origin
    told = [each for each in entries if isinstance(each.body, IntentAccepted)]
    by_request = {
        each.request: each.body.intent.id for each in told if isinstance(each.body, IntentAccepted)
    }
    signs = Counter(
        each.body.intent.call_sign for each in told if isinstance(each.body, IntentAccepted)
    )
    assert before.items() <= by_request.items(), "what was answered is in the record, as answered"
    assert set(signs.values()) == {1}, "and nothing is there twice"
    assert {f"T{number}" for number in range(1, 60, 2)} <= set(signs)
    verified = verify_folder(folder, statement_checker=StatementAudit(origin))
    assert verified.statements == sum(each.said is not None for each in entries)


async def test_a_stop_under_load_loses_nothing_and_ends_streams(tmp_path: Path) -> None:
    """With a backup and signals to read certificates anew in between."""
    folder, safe, again = tmp_path / "data", tmp_path / "safe", tmp_path / "again"
    token, key = await prepared(folder)
    process, url = await started(folder)
    answered: dict[str, str] = {}
    ends: list[bytes] = []

    async def tell(client: Client, first: int) -> None:
        for number in range(first, first + 10_000):
            try:
                told = await client.write(
                    "POST", "/intents", intent(number % 900), request=f"r{number}"
                )
            except (Unreachable, ApiProblem):
                return
            answered[f"r{number}"] = told["intent"]["id"]

    async def listen() -> None:
        said = b""
        async with httpx.AsyncClient(timeout=20) as client:
            headers = {"Authorization": f"Bearer {token}"}
            async with client.stream("GET", f"{url}/api/v1/stream", headers=headers) as answer:
                async for part in answer.aiter_bytes():
                    said = (said + part)[-100:]
        ends.append(said)

    async with Client(url, token, key=key, attempts=1) as client:
        tasks = [asyncio.create_task(tell(client, 10_000 * number)) for number in range(4)]
        tasks += [asyncio.create_task(listen()) for _ in range(3)]
        async with asyncio.timeout(30):
            while len(answered) < 20:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.001)
        process.send_signal(signal.SIGHUP)
        backup = await asyncio.create_subprocess_exec(
            WIDEBERTH, "backup", safe, "--folder", folder, stdout=subprocess.DEVNULL
        )
        assert await backup.wait() == 0
        before = len(answered)
        process.send_signal(signal.SIGHUP)
        process.terminate()
        assert await process.wait() == 0
        await asyncio.gather(*tasks)
    assert before > 20, "it took writes while the backup was made"
    assert [end.endswith(b"event: bye\ndata: {}\n\n") for end in ends] == [True] * 3

    with SqliteRecord(folder) as record:
        entries = [decode_entry(r.envelope, position=r.position) for r in record.read(0, 100_000)]
    told = {e.request: e.body.intent.id for e in entries if isinstance(e.body, IntentAccepted)}
    assert {request: told.get(request) for request in answered} == answered
    restore = await asyncio.create_subprocess_exec(
        WIDEBERTH, "restore", safe, "--folder", again, stdout=subprocess.DEVNULL
    )
    assert await restore.wait() == 0
    with SqliteRecord(again) as record:
        audit = StatementAudit(record.first_origin)
    assert 0 < verify_folder(again, statement_checker=audit).size <= len(entries)
