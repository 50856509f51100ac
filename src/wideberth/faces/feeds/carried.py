"""A feed carried to a node from where the receiver is, over the node's API with a party's token:
for feeds that the node itself cannot reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from wideberth.client import Client
from wideberth.faces.feeds.kinds import decoder_of, source_of
from wideberth.faces.feeds.running import Pacing, RunningFeed
from wideberth.feedtable import FeedTable
from wideberth.service import now_us
from wideberth.space.time import format_rfc3339
from wideberth.watch.feedlink import FeedLink
from wideberth.watch.reports import PositionReport

__all__ = ["CarriedFeed"]

_WIRE = (
    ("call_sign", "callsign"),
    ("party", "owner"),
    ("altitude_m", "altitude_w84_m"),
    ("pressure_altitude_m", "altitude_std_m"),
    ("ground_speed_m_s", "ground_speed_m_s"),
    ("track_deg", "course_deg"),
    ("vertical_rate_m_s", "vertical_rate_m_s"),
    ("accuracy_m", "accuracy_m"),
)
_WIRE_TIMES = (
    ("altitude_time", "altitude_time_us"),
    ("velocity_time", "velocity_time_us"),
    ("call_sign_time", "callsign_time_us"),
)


class CarriedFeed:
    """link: how it stands. Raises InvalidValue where the feed needs what is not installed."""

    def __init__(self, table: FeedTable, client: Client, folder: Path, *, once: bool) -> None:
        self.link = FeedLink(table.name, table.party, table.kind, "connecting", now_us())
        self._accuracy_m = table.accuracy_m
        self._pacing = Pacing(most_bytes_s=table.most_kb_s * 1000)
        self._client = client
        self._source = source_of(table, folder, once=once)
        self._decoder = decoder_of(table)

    async def run(self) -> None:
        """Carry until the source ends; a line never does, until this is cancelled."""
        with ThreadPoolExecutor(1, thread_name_prefix="wideberth-feed") as threads:
            await RunningFeed(
                self.link,
                self._source,
                self._decoder,
                self._deliver,
                now_us=now_us,
                threads=threads,
                pacing=self._pacing,
            ).run()

    async def _deliver(self, reports: Sequence[PositionReport]) -> None:
        wires = [self._wire(each) for each in reports]
        body = {"feed": self.link.name, "reports": wires}
        answer = await self._client.write("POST", "/tracks", body)
        refused = Counter(str(each["rule"]) for each in answer["refused"])
        unnamed = answer["refused_count"] - refused.total()
        if unnamed:
            refused["not-named"] += unnamed
        bad = {each["index"] for each in answer["refused"]}
        good = [each.time_us for index, each in enumerate(reports) if index not in bad]
        newest_us = max(good) if answer["accepted"] else None
        self.link.took(answer["accepted"], refused, newest_us)
        dropped = Counter(str(each["field"]) for each in answer["dropped"])
        dropped["not-named"] = answer["dropped_count"] - dropped.total()
        self.link.dropped += dropped

    def _wire(self, report: PositionReport) -> dict[str, Any]:
        wire: dict[str, Any] = {
            "track": report.track_id,
            "latitude": report.latitude_deg,
            "longitude": report.longitude_deg,
            "time": format_rfc3339(report.time_us),
        }
        for name, member in _WIRE:
            value = getattr(report, member)
            if value is not None:
                wire[name] = value
        for name, member in _WIRE_TIMES:
            said_us = getattr(report, member)
            if said_us is not None and said_us != report.time_us:
                wire[name] = format_rfc3339(said_us)
        wire.setdefault("accuracy_m", self._accuracy_m)
        return wire
