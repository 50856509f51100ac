"""Real servers on loopback for the tests of delivery: a mail server, and a receiver of webhooks
that can be told to fail, hang, answer slowly, redirect, close early.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Receiver:
    """What came, and how to behave: one word for each request, the last one for all further."""

    url: str = ""
    moods: list[str] = field(default_factory=lambda: ["ok"])
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    moved: int = 0

    @property
    def items(self) -> list[str]:
        """Ids of what was answered with 2xx, in order, doubles and all."""
        return [item["id"] for each in self.taken for item in each["items"]]


@contextlib.asynccontextmanager
async def a_receiver(*moods: str) -> AsyncIterator[Receiver]:  # noqa: C901 - a branch a mood
    receiver = Receiver(moods=list(moods) or ["ok"])

    tasks: set[Any] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        over = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with contextlib.suppress(*over), contextlib.closing(writer):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                if head[0].split()[1] != "/hook":
                    receiver.moved += 1
                receiver.came.append((headers, body))
                mood = receiver.moods.pop(0) if len(receiver.moods) > 1 else receiver.moods[0]
                if not await behave(mood, writer, body):
                    return

    async def behave(mood: str, writer: asyncio.StreamWriter, body: bytes) -> bool:
        status, extra, answer = 200, "", b"ok"
        match mood:
            case "hang":
                await asyncio.sleep(3600)
            case "slow":
                await asyncio.sleep(0.2)
            case "close":
                writer.close()
                return False
            case "half":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhalf")
                await writer.drain()
                writer.close()
                return False
            case "redirect":
                status, extra = 307, "Location: /elsewhere\r\n"
            case "endless":
                status = 200
                receiver.taken.append(json.loads(body))
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                    await writer.drain()
            case "later":
                status, extra = 429, "Retry-After: 0\r\n"
            case number if number.isdigit():
                status = int(number)
        if 200 <= status < 300:
            receiver.taken.append(json.loads(body))
        writer.write(
            f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(answer)}\r\n\r\n".encode() + answer
        )
        await writer.drain()
        return True

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Mailbox:
    """Takes mail. answers: to RCPT and DATA, one for each, the last for all further."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.rcpt = ["250 OK"]
        self.data = ["250 OK"]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self.rcpt.pop(0) if len(self.rcpt) > 1 else self.rcpt[0]
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.data.pop(0) if len(self.data) > 1 else self.data[0]
        if answer.startswith("250"):
            self.mails.append(envelope.original_content or envelope.content)
        return answer


@contextlib.contextmanager
def a_mail_server(box: Mailbox | None = None, **more: Any) -> Iterator[tuple[Mailbox, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    box = box or Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()
