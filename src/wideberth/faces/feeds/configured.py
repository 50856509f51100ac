"""The feeds that a node runs itself, as its settings name them: started and stopped with the watch.

Who sees their tracks is as the settings say from the first position on; a party may open or close
its own feed over the API, until the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.kinds import decoder_of, source_of
from wideberth.faces.feeds.running import Pacing, RunningFeed
from wideberth.feedtable import FeedTable
from wideberth.live import Live
from wideberth.model.ids import PartyId
from wideberth.service import Service
from wideberth.watch.feedlink import FeedLink

__all__ = ["ConfiguredFeeds"]


class ConfiguredFeeds:
    """Use as an async context; :attr:`wideberth.live.Live.beside` enters it. folder: the node's."""

    def __init__(
        self, tables: Sequence[FeedTable], live: Live, service: Service, folder: Path
    ) -> None:
        """Raises InvalidValue where a feed needs what is not installed."""
        self._live = live
        # A thread for each, made when it is needed: a document may take seconds to read.
        self._threads = ThreadPoolExecutor(
            max(1, len(tables)), thread_name_prefix="wideberth-feeds"
        )
        self._feeds = [
            self._feed(table, index, service, folder) for index, table in enumerate(tables)
        ]
        self._tasks: list[asyncio.Task[None]] = []

    def _feed(self, table: FeedTable, index: int, service: Service, folder: Path) -> RunningFeed:
        def now_us() -> int:
            return service.context().now_us

        party = None if table.party is None else PartyId(table.party)
        shown_to = table.shown_to
        opened = shown_to if isinstance(shown_to, str) else frozenset(map(PartyId, shown_to))
        self._live.show_feed(party, table.name, opened)
        link = FeedLink(table.name, party, table.kind, "connecting", now_us())
        self._live.links.put(link)
        try:
            decoder, source = decoder_of(table), source_of(table, folder)
        except InvalidValue as error:
            raise error.within(f"feed.{index}") from None
        return RunningFeed(
            link,
            source,
            decoder,
            partial(self._live.observe, feed=table.name, feed_party=party),
            now_us=now_us,
            threads=self._threads,
            pacing=Pacing(most_bytes_s=table.most_kb_s * 1000),
        )

    async def __aenter__(self) -> Self:
        """Begin."""
        self._tasks = [
            asyncio.create_task(each.run(), name=f"feed-{each.link.name}") for each in self._feeds
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, without waiting for anybody's line."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
