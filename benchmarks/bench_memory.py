"""Memory of a live intent: what the process grows by, beside the bytes of the intent's entry.

A picture is filled with intents of `city` as the loop fills it: decoded from their envelopes and
folded, each asked for with an idempotency key, all filed in the index. The growth of the process
(resident set) and of Python's own allocations, for each intent, less the envelope's bytes.
`BENCH_MEMORY_LIVE=1000,10000` for other sizes. Each size runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

GOAL_BYTES = 2_500
RUN = """
import gc, json, sys, tracemalloc
from pathlib import Path
from benchmarks.bench_memory import resident
from benchmarks.bench_decide import told
from benchmarks.datasets import city
from benchmarks.traffic import Traffic
from wideberth.model.entries import decode_entry, encode_entry
from wideberth.picture.fold import fold
from wideberth.picture.snapshot import dump

size, traced = int(sys.argv[1]), sys.argv[2] == "traced"
traffic = Traffic()
for _ in traffic.opening():
    pass
picture = traffic.picture
# What is made once, whatever the number: kernels loaded, the memory of prepared volumes filled.
for number, volume in enumerate(city(200, seed=99)):
    fold(picture, told(10**9 + number, volume, traffic.now_us))
picture.file()
file = Path(sys.argv[3])
if sys.argv[2] == "write":  # elsewhere, so that what is freed here is not taken for room
    with file.open("wb") as out:
        for number, volume in enumerate(city(size)):
            out.write(encode_entry(told(number, volume, traffic.now_us)) + b"\\n")
    sys.exit()
gc.collect()
if traced:
    tracemalloc.start()
before = resident()
payload = 0
with file.open("rb") as source:
    for line in source:
        payload += len(line) - 1
        fold(picture, decode_entry(line, position=picture.size))
        if picture.size % 50_000 == 0:
            picture.file()
picture.file()
gc.collect()
grown = tracemalloc.get_traced_memory()[0] if traced else resident() - before
print(json.dumps([payload / size, grown / size, len(dump(picture)) / size]))
"""


def main() -> None:
    """Measure at each size, and print a line for each figure."""
    sizes = [int(each) for each in os.environ.get("BENCH_MEMORY_LIVE", "10000,100000").split(",")]
    print(f"goal: {GOAL_BYTES:,} bytes for each live intent beyond its payload")
    for size in sizes:
        for kind in ("resident", "traced"):
            payload, grown, dumped = measure(size, kind)
            print(
                f"  {size:>9,} {kind:<9} {grown:>7,.0f} bytes each, payload {payload:,.0f}:"
                f" beyond it {grown - payload:>6,.0f}   (in a snapshot {dumped:,.0f})"
            )


def measure(size: int, kind: str) -> list[float]:
    """Payload, growth and bytes in a snapshot, for each intent, from a process of its own."""
    with tempfile.NamedTemporaryFile() as file:
        run(size, "write", file.name)
        return json.loads(run(size, kind, file.name))


def run(size: int, kind: str, file: str) -> str:
    """What the script printed."""
    return subprocess.run(
        [sys.executable, "-c", RUN, str(size), kind, file],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def resident() -> int:
    """Bytes of the process that are in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # a pseudo-file
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
