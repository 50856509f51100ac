"""A process of its own with one Service, which does what it is asked over its pipes.

``service_worker.py FOLDER``: reads pickled ``(now_us, request or None)``, writes pickled
``(answer or exception, digest of the current picture)``. None asks for the digest alone.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from pathlib import Path
from typing import Any

from wideberth.errors import WideberthError
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Service

KEY = OriginKey("test.example/space", bytes(range(32)))


class RequestIds:
    """Ids that follow from the request alone, however often it is decided, and by whom.

    A service asks for the time before each decision: that begins the count again.
    """

    def __init__(self) -> None:
        self.request = ""
        self._next = 0

    def begin(self, now_us: int) -> int:
        self._next = 0
        return now_us

    def __call__(self) -> str:
        self._next += 1
        return f"q{self.request}i{self._next:03}"


async def main(folder: Path) -> None:
    now_us = 0
    with SqliteRecord(folder, key=KEY) as record:
        ids = RequestIds()
        async with Service(record, clock_us=lambda: ids.begin(now_us), ids=ids) as service:
            pickle.dump("ready", sys.stdout.buffer)
            sys.stdout.buffer.flush()
            while True:
                try:
                    now_us, request = await asyncio.to_thread(pickle.load, sys.stdin.buffer)
                except EOFError:
                    return
                answer: Any = None
                if request is not None:
                    ids.request = request.key or ""
                    try:
                        answer = await service.submit(request)
                    except WideberthError as error:
                        answer = RuntimeError(repr(error))
                picture = await service.current()
                pickle.dump((answer, picture.digest()), sys.stdout.buffer)
                sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
