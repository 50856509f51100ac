"""Memory of a live intent, beside the bytes of its entry, and of a live track, beside its history.

A picture is filled with intents of `city` as the loop fills it: decoded from their envelopes and
folded, each asked for with an idempotency key, all filed in the index. The growth of the process
(resident set) and of Python's own allocations, for each intent, less the envelope's bytes.
`BENCH_MEMORY_LIVE=1000,10000` for other sizes. Each size runs in a process of its own.

A table of tracks is filled by the batch, each track with an ICAO address, a call sign and every
number; what Python and NumPy allocate for it, for each track, less the ring of its last positions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

GOAL_BYTES = 2_500
GOAL_TRACK_BYTES = 300
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

TRACKS = """
import gc, json, sys, tracemalloc
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import TrackSettings
from wideberth.watch.tracks import TrackTable

size, now_us = int(sys.argv[1]), 1_600_000_000_000_000


def batch(start, stop):
    return ReportBatch.of(
        (
            PositionReport(
                f"{0x400000 + k:06x}", now_us, 47 + k / 1e6, 8.0, 1000.0, 990.0, 100.0, 90.0, 0.0,
                30.0, f"ABC{k:05d}",
            )
            for k in range(start, stop)
        ),
        feed=f"feed-{start % 3}", feed_party="north",
    )


TrackTable(TrackSettings(max_tracks=10)).update(batch(0, 10), now_us)  # loads what is compiled
gc.collect()
tracemalloc.start()
before = tracemalloc.get_traced_memory()[0]
table = TrackTable(TrackSettings(max_tracks=size))
for start in range(0, size, 10_000):
    table.update(batch(start, min(size, start + 10_000)), now_us)
gc.collect()
grown = tracemalloc.get_traced_memory()[0] - before
ring = table._trail_time_us.nbytes + table._trail_numbers.nbytes
assert len(table) == size
print(json.dumps([(grown - ring) / size, ring / size]))
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
    print(f"goal: {GOAL_TRACK_BYTES} bytes for each live track beyond its history")
    for size in sizes:
        beyond, ring = track_bytes(size)
        print(f"  {size:>9,} tracks    {beyond:>7,.0f} bytes each, history {ring:,.0f}")


def track_bytes(size: int) -> list[float]:
    """Bytes of a live track beyond its history, and of that, from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", TRACKS, str(size)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


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
