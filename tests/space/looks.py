"""A watch that looks a few times at what it may meet: to see which kernels that calls."""

from __future__ import annotations

from flights import Flight, area, at
from wideberth.space.time import SECOND_US
from wideberth.watch.buffers import MovingBuffer, RoundIntent
from wideberth.watch.engine import Watch
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import PairSettings, WatchSettings
from wideberth.watch.ways import Way


def look() -> None:
    """Some tracks anew at each look, near each other, zones, intents with ways, and a buffer."""
    pairs = PairSettings(1000, 150, 120 * SECOND_US, well_clear="phase-1", by_distance=True)
    watch = Watch(WatchSettings(pairs=pairs))
    watch.put_zone("z", area(47.0, 8.01, 500), name="closed")
    watch.put_zone("y", area(47.0, 8.3, 500), name="closed too")
    way = Way(((47.0, 7.99), (47.0, 8.02), (47.05, 8.02)), 300.0)
    watch.put_intent("plan", area(47, 8, 60_000), name="A-1", owner="party-0", way=way)
    guarded = (RoundIntent("plan", "A-1", "party-0", 1, frozenset({"party-1"})),)
    parties = frozenset({"party-0", "party-1"})
    watch.put_buffer(MovingBuffer("b", "b", 1, 5000.0, 100.0, parties, guarded), at(0))
    flights = [
        Flight(f"t{k}", 47.0, 8.0 + k / 300, 30.0, 90.0, owner=f"party-{k % 3}") for k in range(40)
    ]
    for second in range(6):
        heard = flights if second < 2 else flights[second : second + 3]
        batch = ReportBatch.of([each.report(second) for each in heard], feed="f", feed_party="p")
        watch.observe(batch, at(second))
        watch.tick(at(second))
    watch.remove_zone("z", at(6))
    watch.set_clock("p", SECOND_US)
    watch.tick(at(6))
    assert watch.standing
