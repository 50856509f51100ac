"""How much each party, and each address without a credential, may ask: token buckets.

A bucket holds a number of requests and fills at the agreed rate; an empty one says how long until
the next. Acknowledgements never come here (``Route.limited_as``): that somebody answered too much
is no reason not to hear that a hazard was loaded.

Memory is bounded: parties are those of the record, and of addresses the MOST that came last are
kept. When all of them are still filling, whoever is new shares one bucket with all who are new.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache

from wideberth.faces.api.problems import HttpProblem
from wideberth.operating import LimitsTable, PartyLimits

__all__ = ["MOST_ADDRESSES", "Buckets", "Limits", "address_of"]

MOST_ADDRESSES = 10_000
_KINDS = {
    "commands": "commands_per_s",
    "reads": "reads_per_s",
    "reports": "reports_per_s",
}
_EVERYBODY_NEW = ""
_STREAMS_AGAIN_S = 10


class Buckets:
    """Token buckets by key, at most so many of them. rate_per_s, burst_s: of a bucket; a burst is
    one request at least.
    """

    def __init__(self, rate_per_s: float, burst_s: float, most: int | None = None) -> None:
        self._rate_per_s = rate_per_s
        self._full = max(1.0, rate_per_s * burst_s)
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # level, as of when

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, key: str, now_s: float) -> float:
        """How long until the key has a request; 0: it has one. Takes nothing."""
        found = self._buckets.get(key)
        if found is None:
            return 0.0
        return max(0.0, (1.0 - self._level(found, now_s)) / self._rate_per_s)

    def take(self, key: str, now_s: float) -> float:
        """Take a request from the key's bucket: 0. Where it has none: how long until it has."""
        found = self._buckets.get(key)
        if found is None:
            key = self._room_for(key, now_s)
            found = self._buckets.get(key, (self._full, now_s))
        level = self._level(found, now_s)
        if level < 1.0:
            return (1.0 - level) / self._rate_per_s
        self._buckets[key] = (level - 1.0, now_s)
        self._buckets.move_to_end(key)
        return 0.0

    def _level(self, bucket: tuple[float, float], now_s: float) -> float:
        level, at_s = bucket
        return min(self._full, level + max(0.0, now_s - at_s) * self._rate_per_s)

    def _room_for(self, key: str, now_s: float) -> str:
        """The key, with room for it; or the one that everybody new shares."""
        if self._most is None or len(self._buckets) < self._most:
            return key
        oldest = next(iter(self._buckets))
        if self._level(self._buckets[oldest], now_s) < self._full:
            return _EVERYBODY_NEW
        del self._buckets[oldest]
        return key


class Limits:
    """The limits of a node. Owned by the event loop's thread. clock_s: a clock that only rises."""

    def __init__(self, table: LimitsTable, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._clock_s = clock_s
        self._own: dict[str, PartyLimits] = {each.party: each for each in table.parties}
        self._of_all = {kind: self._buckets(getattr(table, _KINDS[kind])) for kind in _KINDS}
        self._of_party: dict[tuple[str, str], Buckets] = {}
        for party, own in self._own.items():
            for kind, name in _KINDS.items():
                rate: float | None = getattr(own, name)
                if rate is not None:
                    self._of_party[party, kind] = self._buckets(rate)
        self._unknown = Buckets(table.unknown_per_s, table.burst_s, MOST_ADDRESSES)
        self._public = Buckets(table.public_per_s, table.burst_s, MOST_ADDRESSES)
        self._streams: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        """How many requests were held back, by what was used up."""

    def take(self, kind: str, party: str) -> None:
        """Count a request of a party. kind: commands, reads, reports. Raises HttpProblem 429."""
        buckets = self._of_party.get((party, kind), self._of_all[kind])
        wait_s = buckets.take(party, self._clock_s())
        if wait_s:
            raise self._held_back(kind, wait_s, f"your party's agreed {kind} a second are used up")

    @contextmanager
    def stream(self, party: str) -> Generator[None]:
        """While a stream of the party is open. Raises HttpProblem 429 where it has too many."""
        own = self._own.get(party)
        most = self._table.streams if own is None or own.streams is None else own.streams
        if self._streams[party] >= most:
            text = f"your party has its agreed {most} streams open; close one"
            raise self._held_back("streams", _STREAMS_AGAIN_S, text)
        self._streams[party] += 1
        try:
            yield
        finally:
            self._streams[party] -= 1
            if not self._streams[party]:
                del self._streams[party]

    def take_unknown(self, host: str | None) -> None:
        """Count a request that showed no credential that counts. Raises HttpProblem 429."""
        wait_s = self._unknown.take(address_of(host), self._clock_s())
        if wait_s:
            raise self._unknown_held_back(wait_s)

    def take_public(self, host: str | None) -> None:
        """Count a request for what is published. Raises HttpProblem 429."""
        wait_s = self._public.take(address_of(host), self._clock_s())
        if wait_s:
            text = "too many requests for what is published came from your address"
            raise self._held_back("public", wait_s, text)

    def check_unknown(self, host: str | None) -> None:
        """Whether this address may try a credential that was not seen before: the signature of each
        costs as much as a command. Takes nothing. Raises HttpProblem 429.
        """
        wait_s = self._unknown.wait_s(address_of(host), self._clock_s())
        if wait_s:
            raise self._unknown_held_back(wait_s)

    def _buckets(self, rate_per_s: float) -> Buckets:
        return Buckets(rate_per_s, self._table.burst_s)

    def _unknown_held_back(self, wait_s: float) -> HttpProblem:
        text = "too many requests without a credential that counts came from your address"
        return self._held_back("unknown", wait_s, text)

    def _held_back(self, kind: str, wait_s: float, text: str) -> HttpProblem:
        self.refused[kind] += 1
        after_s = max(1, math.ceil(wait_s))
        return HttpProblem(
            429,
            f"limit-{kind}",
            f"{text}; try again in {after_s} s",
            headers=((b"retry-after", str(after_s).encode()),),
        )


@lru_cache(maxsize=4096)
def address_of(host: str | None) -> str:
    """What stands for one who asks: an IPv4 address, or the /64 that one IPv6 subscriber has.

    >>> [address_of(each) for each in ("192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1:2", None)]
    ['192.0.2.1', '192.0.2.1', '2001:db8::', 'unknown']
    """
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(address) >> 64 << 64))
