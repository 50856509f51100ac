"""The feeds that the table of tracks holds tracks of, and what is known of each: once for a feed,
not for each of its tracks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from wideberth.watch.settings import FeedSettings

__all__ = ["HeldFeed", "HeldFeeds"]


@dataclass(slots=True, eq=False)
class HeldFeed:
    """A feed with tracks. number: of its row; slot_of: where each of its tracks is, by its id."""

    party: str | None
    name: str
    number: int
    slot_of: dict[str, int] = field(default_factory=dict[str, int])


class HeldFeeds:
    """By the number of a feed: after how long a track is silent, how far its times and heights may
    be off, and whether it is followed. A freed number is used again.
    """

    def __init__(self) -> None:
        self.silence_after_us = np.zeros(8, np.int64)
        self.clock_error_us = np.zeros(8, np.int64)
        self.vertical_error_m = np.zeros(8)
        self.predict = np.zeros(8, np.bool_)
        self._of: dict[tuple[str | None, str], HeldFeed] = {}
        self._numbered: list[HeldFeed | None] = []
        self._free: list[int] = []

    def __iter__(self) -> Iterator[HeldFeed]:
        return iter(self._of.values())

    def __getitem__(self, number: int) -> HeldFeed:
        feed = self._numbered[number]
        if feed is None:
            raise KeyError(number)
        return feed

    def get(self, party: str | None, name: str) -> HeldFeed | None:
        """The feed of this party and name, None where it has no tracks."""
        return self._of.get((party, name))

    def add(self, party: str | None, name: str) -> HeldFeed:
        """The feed of this party and name."""
        found = self._of.get((party, name))
        if found is not None:
            return found
        number = self._free.pop() if self._free else len(self._numbered)
        feed = self._of[party, name] = HeldFeed(party, name, number)
        if number == len(self._numbered):
            self._numbered.append(feed)
            self._grow()
        else:
            self._numbered[number] = feed
        return feed

    def remove(self, feed: HeldFeed) -> None:
        """Forget a feed that has no tracks any more."""
        del self._of[feed.party, feed.name]
        self._numbered[feed.number] = None
        self._free.append(feed.number)

    def set(self, feed: HeldFeed, settings: FeedSettings, party_clock_us: int) -> bool:
        """What is known of it. party_clock_us: how far its party's clock may be off. Whether any of
        it is another than before.
        """
        is_other = False
        for column, value in (
            (self.silence_after_us, settings.silence_after_us),
            (self.clock_error_us, settings.clock_error_us + party_clock_us),
            (self.vertical_error_m, settings.vertical_error_m),
            (self.predict, settings.predict),
        ):
            is_other |= column.item(feed.number) != value
            column[feed.number] = value
        return is_other

    def _grow(self) -> None:
        size = len(self.predict)
        if len(self._numbered) <= size:
            return
        for name in ("silence_after_us", "clock_error_us", "vertical_error_m", "predict"):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
