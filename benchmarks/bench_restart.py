"""A start: the whole record folded, and from a snapshot.

The record holds days of traffic as the loop writes it (`traffic.py`). Each start runs in a process
of its own, from opening the folder to the first answer; beside it `import wideberth` and the
import of the service alone. `BENCH_RESTART_ENTRIES=1000000` for a million (making them takes some
minutes); 100,000 otherwise. `BENCH_RESTART_FOLDER=/path` keeps the record there for the next run;
`BENCH_RESTART_ROUNDS` starts of each kind, of which the best is shown.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from benchmarks.traffic import ORIGIN, Traffic
from wideberth.model.commands import RegisterParty
from wideberth.model.entries import Entry, encode_entry
from wideberth.model.ids import PartyId
from wideberth.node import ORIGIN_KEY, Node
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.snapshots import files, make

GOALS = "goals among 1,000,000: 10 s, and 2 s from a snapshot; import wideberth 0.3 s"
ROUNDS = int(os.environ.get("BENCH_RESTART_ROUNDS", "3"))
BATCH = 500
START = """
import asyncio, json, sys, time
from pathlib import Path
began_s, began_cpu_s = time.perf_counter(), time.process_time()
from wideberth.node import Node
async def run():
    async with Node.open(Path(sys.argv[1])) as node:
        took = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        print(json.dumps([*took, node.service.picture.size, len(node.service.picture.intents)]))
asyncio.run(run())
"""
IMPORT = (
    "import json, time; began_s, cpu_s = time.perf_counter(), time.process_time(); import {name};"
    " print(json.dumps([time.perf_counter() - began_s, time.process_time() - cpu_s]))"
)


def main() -> None:
    """Measure, and print a line for each figure."""
    entries = int(os.environ.get("BENCH_RESTART_ENTRIES", "100000"))
    print(GOALS)
    for name in ("wideberth", "wideberth.service"):
        shows(f"import {name}", [ask(IMPORT.format(name=name)) for _ in range(ROUNDS)])
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as kept:
        folder = Path(os.environ.get("BENCH_RESTART_FOLDER", kept)) / f"restart-{entries}"
        if not (folder / ORIGIN_KEY).exists():
            build(folder, entries)
        for path in files(folder).values():
            path.unlink()
        shows(f"start, {entries:,} entries", [ask(START, str(folder)) for _ in range(ROUNDS)])
        began_s = time.process_time()
        size = asyncio.run(snapshot(folder))
        print(f"  a snapshot made, start included: {time.process_time() - began_s:.2f} s of CPU")
        print(f"  its file: {files(folder)[size].stat().st_size / 1e6:.1f} MB")
        shows("start from the snapshot", [ask(START, str(folder)) for _ in range(ROUNDS)])


def build(folder: Path, entries: int) -> None:
    """A node's folder with so many entries."""
    began_s = time.perf_counter()
    (folder / "keys").mkdir(parents=True)
    key = OriginKey.make(folder / ORIGIN_KEY, ORIGIN)
    stream = islice(Traffic().entries(), entries)
    with SqliteRecord(folder, key=key) as record:
        position = 0
        while batch := list(islice(stream, BATCH)):
            position = append(record, batch, position)
    print(f"  made in {time.perf_counter() - began_s:.0f} s")


def append(record: SqliteRecord, batch: list[Entry], position: int) -> int:
    """Append the entries; the record's new size."""
    envelopes = [encode_entry(entry) for entry in batch]
    return record.append(envelopes, position, time_us=batch[-1].time_us).size


async def snapshot(folder: Path) -> int:
    """Have a snapshot made; its size."""
    with SqliteRecord(folder) as record:
        now_us = record.head().time_us  # the day of the traffic, on which its intents live
    async with Node.open(folder, clock_us=lambda: now_us) as node:
        # Something new, where the folder was kept from a run before.
        await node.command(RegisterParty(PartyId("bench"), "bench"))
        made = await make(node.service, node.folder)
        assert made is not None, "something happened since the last one"
        return made.size


def ask(script: str, *arguments: str) -> list[float]:
    """What a process of its own measured."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def shows(name: str, runs: list[list[float]]) -> None:
    """Print the best of the runs, with processor time beside it, and what was there."""
    best = min(runs)
    more = f"   {best[2]:,.0f} entries, {best[3]:,.0f} live intents" if len(best) > 2 else ""
    print(f"  {name:<32} {best[0]:>7.2f} s  (processor {best[1]:.2f} s){more}")


if __name__ == "__main__":
    main()
