"""A process that writes intents as fast as a node takes them, over many connections.

``stop_flood.py URL TOKEN CONNECTIONS``: until its input ends. Prints "ready" once it writes, and at
the end how often each status came, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api_world import flight, square


async def write(port: int, request: bytes, seen: Counter[str]) -> None:
    """One connection: the same request, again as soon as it is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
            await reader.readexactly(length)
            seen[head[9:12].decode()] += 1
    except (OSError, asyncio.IncompleteReadError) as error:
        seen[type(error).__name__] += 1
    finally:
        writer.close()


async def main(url: str, token: str, connections: int) -> None:
    seen: Counter[str] = Counter()
    port = int(url.split(":")[2].partition("/")[0])
    requests: list[bytes] = []
    for number in range(connections):
        body = json.dumps(flight(square(40 + number % 20, 1 + number // 20))).encode()
        head = (
            f"POST /api/v1/intents HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    tasks = [asyncio.create_task(write(port, request, seen)) for request in requests]
    while not seen:  # noqa: ASYNC110 - the first answer to any of them
        await asyncio.sleep(0.01)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
