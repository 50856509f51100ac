"""Deciding: a new intent among so many live ones of `city`, decided and folded without I/O.

Processor time of this thread for each, so that other jobs on the machine count less. A record's
writing and an overlay are not in it; the second line adds an overlay for each intent and a second
fold, which is what a batch of one costs the loop beside its write.
`BENCH_DECIDE_LIVE=1000,10000,100000,1000000` for other sizes, `BENCH_AGREEMENTS=10` for so many
agreements in force (benchmarks/agreed.py).
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable
from itertools import count

from benchmarks.agreed import in_force
from benchmarks.datasets import city
from benchmarks.traffic import Traffic, details, teller
from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Accepted, Context
from wideberth.model.commands import Request, SubmitIntent
from wideberth.model.entries import Entry, IntentAccepted
from wideberth.model.ids import IntentId, Ovn
from wideberth.model.intents import Intent, IntentState, Provenance, Source
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.service import entries_of
from wideberth.space import Volume4D

GOAL_US = 60.0  # p50 among 100,000
WARM, MEASURED = 300, 2_000
AGREEMENTS = int(os.environ.get("BENCH_AGREEMENTS", "0"))


def main() -> None:
    """Measure at each size, and print a line for each figure."""
    sizes = [
        int(each) for each in os.environ.get("BENCH_DECIDE_LIVE", "1000,10000,100000").split(",")
    ]
    print(f"{'live':>9} {'':<16} {'p50':>8} {'p90':>8} {'p99':>8}   microseconds of processor time")
    for size in sizes:
        traffic, asked = crowd(size)
        runs = iter(asked)
        for name, act in (("decide and fold", alone), ("as the loop does", in_overlay)):
            taken_us = [measured(act, traffic, next(runs)) for _ in range(WARM + MEASURED)][WARM:]
            p = statistics.quantiles(taken_us, n=100)
            goal = f"   goal: p50 {GOAL_US:.0f}" if size == 100_000 and act is alone else ""
            print(f"{size:>9,} {name:<16} {p[49]:>8.1f} {p[89]:>8.1f} {p[98]:>8.1f}{goal}")
        gc.unfreeze()


def crowd(size: int) -> tuple[Traffic, list[Request]]:
    """A picture with so many live intents, and requests for more of them."""
    traffic = Traffic()
    for _ in traffic.opening():
        pass
    if AGREEMENTS:
        in_force(traffic.picture, sorted(traffic.picture.parties), AGREEMENTS, traffic.now_us)
    volumes = city(size + 2 * (WARM + MEASURED))
    for number, volume in enumerate(volumes[:size]):
        fold(traffic.picture, told(number, volume, traffic.now_us))
    traffic.picture.file()
    asked = [
        Request(
            teller(number),
            SubmitIntent(IntentId(f"{number:022}"), details(volume)),
            f"key-{number:018}",
            "f" * 64,
        )
        for number, volume in enumerate(volumes[size:], size)
    ]
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)  # as a node does
    return traffic, asked


def told(number: int, volume: Volume4D, now_us: int) -> Entry:
    """The entry of an intent that stands."""
    author, said = teller(number), details(volume)
    intent = Intent(
        id=IntentId(f"{number:022}"),
        party=author.party,
        kind=said.kind,
        priority=0,
        state=IntentState.ACCEPTED,
        version=1,
        ovn=Ovn(f"ovn-{number:018}"),
        volumes=(volume,),
        visibility=said.visibility,
        provenance=Provenance(Source.PLANNED),
        told_us=now_us,
        lead_us=volume.start_us - now_us,
    )
    return Entry(
        v=1,
        time_us=now_us,
        author=author,
        body=IntentAccepted(intent, "bench"),
        request=f"key-{number:018}",
        fingerprint="f" * 64,
    )


def measured(
    act: Callable[[Picture, Request, Context], None], traffic: Traffic, request: Request
) -> float:
    """Microseconds of processor time."""
    numbers = count()
    context = Context(traffic.now_us, lambda: f"{request.key}-{next(numbers)}")
    began_ns = time.thread_time_ns()
    act(traffic.picture, request, context)
    return (time.thread_time_ns() - began_ns) / 1000


def alone(picture: Picture, request: Request, context: Context) -> None:
    """Decide on the picture and fold into it."""
    decision = decide(picture, request, context)
    assert isinstance(decision, Accepted)
    for entry in entries_of(request, decision.bodies, context.now_us):
        fold(picture, entry)


def in_overlay(picture: Picture, request: Request, context: Context) -> None:
    """Decide on an overlay, fold into it, then into the picture."""
    overlay = picture.overlay()
    decision = decide(overlay, request, context)
    assert isinstance(decision, Accepted)
    entries = entries_of(request, decision.bodies, context.now_us)
    for entry in entries:
        fold(overlay, entry)
    for entry in entries:
        fold(picture, entry)


if __name__ == "__main__":
    main()
