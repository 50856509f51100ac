"""Does cost grow with what is touched, or with what exists? From 1,000 to 1,000,000, and a picture.

`as dense`: the continent grows with the number, so that as much is touched each time: costs should
stay. `denser`: the same 100 km x 100 km for all, so that ten times as much is touched: costs should
grow with that.

    BENCH_GROWTH=1000,10000 python -m benchmarks growth
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks import datasets
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.space import Circle, Polygon, Volume4D, VolumeIndex, prepare_many

SIZES = [
    int(each) for each in os.environ.get("BENCH_GROWTH", "1000,10000,100000,1000000").split(",")
]
ASKED = 2000
CHART = Path(__file__).resolve().parents[1] / "docs" / "images" / "growth.svg"

Row = dict[str, float]


def main() -> None:
    """Print the table, and draw it where matplotlib is installed."""
    rows: dict[str, dict[int, Row]] = {"as dense": {}, "denser": {}}
    for size in SIZES:
        rows["as dense"][size] = geometry(spread(size, size), spread(ASKED, size, seed=99))
        rows["denser"][size] = geometry(datasets.city(size), datasets.city(ASKED, seed=99))
        rows["as dense"][size] |= proof(size)
    for name, table in rows.items():
        print(f"\n{name}: us, p50")
        columns = list(next(iter(table.values())))
        print(f"  {'count':>10}" + "".join(f"{column:>24}" for column in columns))
        for size, row in table.items():
            print(f"  {size:>10,}" + "".join(f"{row[column]:>24.1f}" for column in columns))
    draw(rows)


def spread(count: int, of: int, *, seed: int = 3) -> list[Volume4D]:
    """`city`, moved apart: as many copies of a city of 1,000 as the number asks for."""
    rng = np.random.default_rng(seed)
    volumes = datasets.city(count, seed=seed)
    cities = max(1, of // 1000)
    across = int(np.ceil(np.sqrt(cities)))
    chosen = rng.integers(0, cities, count)
    moved: list[Volume4D] = []
    for volume, city in zip(volumes, chosen.tolist(), strict=True):
        north, east = divmod(city, across)
        moved.append(_shifted(volume, -north * 10**9, (east * 15 // 10) * 10**9))
    return moved


def _shifted(volume: Volume4D, north_nd: int, east_nd: int) -> Volume4D:
    shape = volume.footprint
    if isinstance(shape, Circle):
        place = _place(shape.latitude_nd + north_nd, shape.longitude_nd + east_nd)
        moved: Any = Circle(*place, shape.radius_mm)
    else:
        moved = Polygon(
            tuple(
                _place(latitude + north_nd, longitude + east_nd)
                for latitude, longitude in shape.vertices
            )
        )
    return msgspec.structs.replace(volume, footprint=moved)


def _place(latitude_nd: int, longitude_nd: int) -> tuple[int, int]:
    return latitude_nd, (longitude_nd + 180 * 10**9) % (360 * 10**9) - 180 * 10**9


def geometry(live: list[Volume4D], asked: list[Volume4D]) -> Row:
    """One against all, and a volume that leaves and comes back."""
    index = VolumeIndex()
    views = list(prepare_many(live))
    for view in views:
        index.insert(view)
    queries = list(prepare_many(asked))
    gc.collect()
    gc.freeze()

    def replace(k: int) -> None:
        slot = k % len(views)
        index.remove(slot)
        index.insert(views[slot])

    found = sum(len(index.conflicts(query)) for query in queries) / len(queries)
    row = {
        "one against all": median_us(lambda k: index.conflicts(queries[k])),
        "conflicts found": found,
        "remove and insert": median_us(replace),
    }
    gc.unfreeze()
    return row


def proof(size: int) -> Row:
    """A receipt for an entry among so many."""
    record = MemoryRecord(OriginKey("growth.example/log", bytes(range(32))))
    for begin in range(0, size, 10_000):
        count = min(10_000, size - begin)
        record.append([b"%d" % each for each in range(begin, begin + count)], begin, time_us=0)
    rng = np.random.default_rng(1)
    wanted = rng.integers(0, size, ASKED).tolist()
    return {"receipt": median_us(lambda k: record.receipt(wanted[k]))}


def median_us(call: Callable[[int], object]) -> float:
    """Microseconds of a call, in the middle of ASKED of them."""
    for k in range(200):
        call(k)
    took = np.empty(ASKED)
    for k in range(ASKED):
        began = time.perf_counter_ns()
        call(k)
        took[k] = time.perf_counter_ns() - began
    return float(np.median(took)) / 1000


def draw(rows: dict[str, dict[int, Row]]) -> None:
    """The picture of the manual."""
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        print("no matplotlib here: no picture")
        return
    plt.rcParams["svg.hashsalt"] = "wideberth"
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axis, (name, table) in zip(axes, rows.items(), strict=True):
        sizes = list(table)
        for column, style in zip(
            next(iter(table.values())), ("o-", "x:", "s--", "^-."), strict=False
        ):
            axis.plot(sizes, [table[size][column] for size in sizes], style, label=column)
        axis.set(xscale="log", yscale="log", title=name, xlabel="volumes (entries) that exist")
        axis.grid(visible=True, alpha=0.3)
        axis.legend(fontsize=8)
    axes[0].set_ylabel("microseconds (found: number)")
    figure.tight_layout()
    figure.savefig(CHART, metadata={"Date": None})
    print(f"drawn: {CHART.relative_to(CHART.parents[2])}")


if __name__ == "__main__":
    main()
