"""A process of its own: clients that tell intents over HTTP while the server is killed under them.

``kill_client.py URL TOKEN NAME CONNECTIONS LOG [KEY_FILE]``: each connection tells one intent after
the other, under an idempotency key of its own, and tries until it is answered. An answer is a line
of LOG. Some are asked again later: the answer must be the same, byte for byte. Ends when its input
does, with status 0 where every answer was as it must be.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api_world import flight, square
from wideberth.client import Client, PartyKey

ATTEMPTS = 100_000
AGAIN = 0.15


class Told(msgspec.Struct, frozen=True):
    """One answered write. said: the signed statement, where there is one."""

    request: str
    sign: str
    answer: dict[str, Any]
    said: str | None = None


def body(sign: str) -> dict[str, Any]:
    at = square(47 + random.random() / 2, 7.5 + random.random() / 2, start=60, end=120)
    return flight(at, call_sign=sign, visibility={"level": "open"})


async def soon(_: float) -> None:
    await asyncio.sleep(0.02)


async def tell(client: Client, name: str, log: int, key: PartyKey | None) -> None:
    sent: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
    for number in count():
        if stopping.is_set():
            return
        sign = request = f"{name}-{number}"
        what = body(sign)
        if key is None:
            answer = await client.write("POST", "/intents", what, request=request)
            sent.append((request, what, answer))
            said = None
        else:
            answer = await client.signed("POST", "/intents", "SubmitIntent", what, request=request)
            said = statements[request]
        os.write(log, msgspec.json.encode(Told(request, sign, answer, said)) + b"\n")
        if sent and random.random() < AGAIN:
            earlier, what, first = random.choice(sent[-50:])
            again = await client.write("POST", "/intents", what, request=earlier)
            assert again == first, f"the retry of {earlier} got another answer"


stopping = asyncio.Event()
statements: dict[str, str] = {}


class NotingKey(PartyKey):
    """A party's key that remembers what it signed."""

    __slots__ = ()

    def sign(self, command: str, body: Any, *, method: str, path: str, request: str) -> str:
        said = super().sign(command, body, method=method, path=path, request=request)
        statements[request] = said
        return said


async def main(arguments: list[str]) -> None:
    url, token, name, connections, log_path, *key_path = arguments
    key = NotingKey.load(Path(key_path[0])) if key_path else None
    log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, stopping.set)
    async with Client(url, token, key=key, attempts=ATTEMPTS, sleep=soon) as client:
        await asyncio.gather(
            *(tell(client, f"{name}{index}", log, key) for index in range(int(connections)))
        )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
