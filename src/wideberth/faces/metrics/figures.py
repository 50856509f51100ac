"""What a node measures, as families of Prometheus: made when somebody asks, from plain counts.

No figure carries an id, a place, a time of an intent or anything that was said. Parties and their
feeds are named only where the host's settings say so.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from wideberth.delivery.reach import reach_of
from wideberth.live import Live
from wideberth.measures import Histogram, Measures
from wideberth.service import Service
from wideberth.space.time import SECOND_US
from wideberth.watch.feedlink import FeedLink

__all__ = ["Figures", "TakSeen"]

_RECORD_FILES = ("record.sqlite3", "record.sqlite3-wal")
_SLICE = 500  # notices counted before others have their turn


def _counter() -> Counter[tuple[str, ...]]:
    return Counter()


class TakSeen(Protocol):
    """What is counted of TAK clients, where a node serves them."""

    clients: int
    events_in: Counter[str]
    events_out: int
    faults: Counter[str]
    dropped: Counter[str]
    too_large: int


@dataclass(slots=True, eq=False)
class Figures(Collector):
    """The figures of one process. folder: the node's. limited: requests held back, by limit. tak:
    None: no TAK clients are served.

    Whoever asks brings it up to date first (:meth:`look`), in the event loop's thread.
    """

    measures: Measures
    service: Service
    live: Live
    folder: Path
    limited: Counter[str]
    parties: bool = False
    tak: TakSeen | None = None

    _feed_ages_s: dict[tuple[str, str], float] = field(
        default_factory=dict[tuple[str, str], float], init=False
    )
    _notices: Counter[tuple[str, ...]] = field(default_factory=_counter, init=False)
    _ready: bool = field(default=False, init=False)

    async def look(self, *, ready: bool) -> None:
        """Ask for what only the event loop knows."""
        now_us = self.service.context().now_us
        self._feed_ages_s = {
            (party or "", feed): (now_us - at_us) / SECOND_US
            for (party, feed), at_us in (await self.live.newest_us()).items()
        }
        self._notices = await self._open_notices()
        self._ready = ready

    async def _open_notices(self) -> Counter[tuple[str, ...]]:
        """Open notices by hop, a slice at a time: nobody waits while they are counted."""
        notices = self.service.picture.notices
        counts = _counter()
        for number, notice in enumerate(list(notices)):
            if number % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            standing = notices.get(notice)
            if standing is None:  # closed meanwhile
                continue
            reach = reach_of(standing)
            hop = "none" if reach.furthest is None else reach.furthest.value
            counts[(hop, reach.recipient) if self.parties else (hop,)] += 1
        return counts

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        yield from self._loop()
        yield from self._http()
        yield from self._state()
        yield from self._feeds()
        if self.tak is not None:
            yield from _tak(self.tak)

    def _loop(self) -> Iterator[Metric]:
        measures = self.measures
        commands = CounterMetricFamily(
            "wideberth_commands", "Commands settled", labels=("command", "outcome")
        )
        for (kind, outcome), count in sorted(measures.commands.items()):
            commands.add_metric((kind, outcome), count)
        yield commands
        yield CounterMetricFamily(
            "wideberth_entries_written", "Entries that this process wrote", measures.entries
        )
        yield GaugeMetricFamily(
            "wideberth_queue_commands", "Commands that wait", self.service.waiting
        )
        yield _histograms(
            "wideberth_batch_commands",
            "Commands settled together",
            (),
            [((), measures.batch_commands)],
        )
        steps = ("queue", "decide", "append", "fold", "publish")
        yield _histograms(
            "wideberth_step_seconds",
            "The steps of the loop; append is the durable write",
            ("step",),
            [((step,), getattr(measures, f"{step}_s")) for step in steps],
        )
        yield _histograms(
            "wideberth_gc_pause_seconds",
            "Garbage collections",
            ("generation",),
            [((str(number),), each) for number, each in enumerate(measures.gc_s)],
        )

    def _http(self) -> Iterator[Metric]:
        measures = self.measures
        requests = CounterMetricFamily(
            "wideberth_http_requests", "Requests answered", labels=("method", "route", "status")
        )
        for (method, route, status), count in sorted(measures.requests.items()):
            requests.add_metric((method, route or "none", str(status)), count)
        yield requests
        yield _histograms(
            "wideberth_http_request_seconds",
            "From a request's header to the end of its answer; streams when they end",
            ("route",),
            [((route or "none",), each) for route, each in sorted(measures.request_s.items())],
        )
        held = CounterMetricFamily(
            "wideberth_http_held_back", "Requests over a limit", labels=("limit",)
        )
        for limit, count in sorted(self.limited.items()):
            held.add_metric((limit,), count)
        yield held
        streams = GaugeMetricFamily(
            "wideberth_streams_open", "Streams open", labels=("route", "carrier")
        )
        for labels, count in sorted(measures.streams.items()):
            streams.add_metric(labels, count)
        yield streams

    def _state(self) -> Iterator[Metric]:
        picture = self.service.picture
        yield GaugeMetricFamily("wideberth_ready", "1: takes commands", int(self._ready))
        yield GaugeMetricFamily("wideberth_record_entries", "Entries of the record", picture.size)
        yield GaugeMetricFamily(
            "wideberth_record_bytes", "Size of the record's files", _bytes_of(self.folder)
        )
        yield GaugeMetricFamily(
            "wideberth_clock_behind_seconds",
            "How far the clock is behind the record's last entry",
            self.service.clock_behind_us / SECOND_US,
        )
        age_s = _newest_age_s(self.folder / "snapshots")
        snapshot = GaugeMetricFamily("wideberth_snapshot_age_seconds", "Age of the newest snapshot")
        if age_s is not None:
            snapshot.add_metric((), age_s)
        yield snapshot
        yield GaugeMetricFamily(
            "wideberth_intents", "Live and future intents", _count(picture.intents)
        )
        yield GaugeMetricFamily("wideberth_warnings", "Standing warnings", _count(picture.warnings))
        labels = ("hop", "party") if self.parties else ("hop",)
        notices = GaugeMetricFamily(
            "wideberth_open_notices", "Open notices by the hop that they reached", labels=labels
        )
        for values, count in sorted(self._notices.items()):
            notices.add_metric(values, count)
        yield notices

    def _feeds(self) -> Iterator[Metric]:
        ages_s = self._feed_ages_s
        yield GaugeMetricFamily("wideberth_feeds", "Feeds that brought tracks", len(ages_s))
        labels = ("party", "feed") if self.parties else ("which",)
        ages = GaugeMetricFamily(
            "wideberth_feed_age_seconds", "How old a feed's newest position is", labels=labels
        )
        if self.parties:
            for key, age_s in sorted(ages_s.items()):
                ages.add_metric(key, age_s)
        elif ages_s:
            ages.add_metric(("newest",), min(ages_s.values()))
            ages.add_metric(("oldest",), max(ages_s.values()))
        yield ages
        yield from self._links()

    def _links(self) -> Iterator[Metric]:
        """How the feeds' lines stand, and what became of what came over them."""
        named = self.parties
        labels = ("party", "feed") if named else ()
        up = GaugeMetricFamily(
            "wideberth_feeds_up",
            "Feeds of which no line is known to be broken",
            labels=labels,
        )
        failures = CounterMetricFamily(
            "wideberth_feed_failures", "Lines of feeds that broke", labels=labels
        )
        inputs = CounterMetricFamily(
            "wideberth_feed_inputs",
            "What feeds brought: messages and positions, by what became of them",
            labels=(*labels, "outcome"),
        )
        flooded = CounterMetricFamily(
            "wideberth_feed_flooded_bytes", "Thrown away unread: it came too fast", labels=labels
        )
        of: dict[tuple[str, ...], list[FeedLink]] = {}
        for link in self.live.links:
            of.setdefault((link.party or "", link.name) if named else (), []).append(link)
        if not named:
            of.setdefault((), [])
        for key, links in of.items():
            up.add_metric(key, sum(each.is_up for each in links))
            failures.add_metric(key, sum(each.failures for each in links))
            flooded.add_metric(key, sum(each.flooded_bytes for each in links))
            for outcome, count in (
                ("read", sum(each.messages for each in links)),
                ("malformed", sum(each.malformed.total() for each in links)),
                ("taken", sum(each.taken for each in links)),
                ("refused", sum(each.refused.total() for each in links)),
                ("left-out", sum(each.left_out for each in links)),
                ("not-kept", sum(each.not_kept for each in links)),
            ):
                inputs.add_metric((*key, outcome), count)
        yield from (up, failures, inputs, flooded)


def _tak(seen: TakSeen) -> Iterator[Metric]:
    """TAK clients and outputs in plain."""
    yield GaugeMetricFamily("wideberth_tak_clients", "TAK clients connected", seen.clients)
    said = CounterMetricFamily("wideberth_tak_events_said", "Events that went to TAK clients")
    said.add_metric((), seen.events_out)
    heard = CounterMetricFamily(
        "wideberth_tak_events_heard", "Events of TAK clients, by what they were", labels=("kind",)
    )
    for kind, count in sorted(seen.events_in.items()):
        heard.add_metric((kind,), count)
    faults = CounterMetricFamily(
        "wideberth_tak_faults", "Input of TAK clients that is no event", labels=("rule",)
    )
    for rule, count in sorted(seen.faults.items()):
        faults.add_metric((rule,), count)
    dropped = CounterMetricFamily(
        "wideberth_tak_dropped", "Connections that ended, datagrams not sent", labels=("reason",)
    )
    for reason, count in sorted([*seen.dropped.items(), ("too-large", seen.too_large)]):
        dropped.add_metric((reason,), count)
    yield from (said, heard, faults, dropped)


def _histograms(
    name: str,
    text: str,
    labels: tuple[str, ...],
    rows: Iterable[tuple[tuple[str, ...], Histogram]],
) -> Metric:
    family = HistogramMetricFamily(name, text, labels=labels)
    for values, each in rows:
        buckets: list[tuple[str, float]] = []
        so_far = 0
        for bound, count in zip((*each.bounds, float("inf")), each.counts, strict=True):
            so_far += count
            buckets.append(("+Inf" if bound == float("inf") else repr(bound), so_far))
        family.add_metric(values, buckets, each.total)
    return family


def _count(table: Iterable[object]) -> int:
    return len(table) if isinstance(table, Sized) else sum(1 for _ in table)


def _bytes_of(folder: Path) -> int:
    total = 0
    for name in _RECORD_FILES:
        try:
            total += (folder / name).stat().st_size
        except OSError:  # not there (yet), or gone meanwhile
            continue
    return total


def _newest_age_s(folder: Path) -> float | None:
    """How long ago the newest file of a folder was written; None: there is none."""
    try:
        times_s = [each.stat().st_mtime for each in folder.iterdir() if each.is_file()]
    except OSError:
        return None
    return max(0.0, time.time() - max(times_s)) if times_s else None
