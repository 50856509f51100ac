"""A process of its own that appends while strace makes its system calls fail.

``fault_writer.py FOLDER COUNT [reads]``: COUNT appends, each tried until it succeeds; prints
"ok SIZE" or "failed" for each attempt. Ends with status 0 where nothing but RecordUnavailable was
raised, and a failed append was invisible each time. With ``reads`` RecordCorrupt is right as well:
SQLite calls a file damaged that the disk cannot read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from wideberth.errors import RecordCorrupt, RecordUnavailable
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord

KEY = OriginKey("space.example/faults", bytes(range(32)))
ATTEMPTS = 50


def body(position: int, entries: int) -> list[bytes]:
    return [b"%d " % (position + i) + b"x" * 1200 for i in range(entries)]


def main(folder: Path, count: int, *, fails: tuple[type[Exception], ...]) -> None:
    for _ in range(ATTEMPTS):
        try:
            record = SqliteRecord(folder, key=KEY)
            size = record.head().size
            break
        except fails:
            say("failed")
    else:
        raise AssertionError(f"{ATTEMPTS} attempts to open it failed")
    record._db.pragma("wal_autocheckpoint", 12)  # checkpoints among the appends
    for number in range(count):
        for _ in range(ATTEMPTS):
            try:
                size = record.append(body(size, 1 + number % 4), size, time_us=1).size
            except fails:
                say("failed")
                require_invisible(record, size, fails)
            else:
                say(f"ok {size}")
                break
        else:
            raise AssertionError(f"{ATTEMPTS} attempts failed")
    record.close()


def require_invisible(record: SqliteRecord, size: int, fails: tuple[type[Exception], ...]) -> None:
    for _ in range(ATTEMPTS):
        try:
            found = record.head().size
        except fails:
            continue
        assert found == size, f"a failed append is visible: {found}, not {size}"
        return
    raise AssertionError("the head cannot be read")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    reads = (RecordCorrupt,) if sys.argv[3:] else ()
    main(Path(sys.argv[1]), int(sys.argv[2]), fails=(RecordUnavailable, *reads))
