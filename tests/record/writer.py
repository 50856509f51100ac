"""A process of its own that appends to a record: what the crash and race tests start.

``writer.py kill FOLDER``: append as fast as it goes, print each acknowledged range, for ever.
``writer.py boast FOLDER``: the planted fault: the same, but it prints ranges before it appends.
``writer.py race FOLDER NAME COUNT``: append COUNT envelopes by the optimistic protocol, then print
one line of JSON. Prints "ready" and waits for a line of input first.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from wideberth.errors import PositionTaken
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord

KEY = OriginKey("space.example/log", bytes(range(32)))
LOST_RACES_BEFORE_LOCK = 2
MAX_BATCH = 7


def kill(folder: Path, *, boasts: int = 0) -> None:
    record = SqliteRecord(folder, key=KEY)
    position = record.head().size
    batch = 1
    while True:
        envelopes = [b"%d " % (position + i) + b"x" * 700 for i in range(batch)]
        if boasts:
            tell(f"{position} {position + boasts}")
        position = record.append(envelopes, position, time_us=1).size
        if not boasts:
            tell(f"{position - batch} {position}")
        batch = batch % MAX_BATCH + 1


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def race(folder: Path, name: str, count: int) -> None:
    record = SqliteRecord(folder, key=KEY)
    tell("ready")
    sys.stdin.readline()
    lost, locked = 0, 0
    for number in range(count):
        envelope = f"{name} {number}".encode()
        for _ in range(LOST_RACES_BEFORE_LOCK):
            try:
                record.append([envelope], record.head().size, time_us=1)
                break
            except PositionTaken:
                lost += 1
        else:
            with record.exclusive() as head:
                record.append([envelope], head.size, time_us=1)
            locked += 1
    tell(json.dumps({"name": name, "count": count, "lost": lost, "locked": locked}))


if __name__ == "__main__":
    mode, folder_text, *rest = sys.argv[1:]
    if mode == "kill":
        kill(Path(folder_text))
    elif mode == "boast":
        kill(Path(folder_text), boasts=50)
    else:
        race(Path(folder_text), rest[0], int(rest[1]))
