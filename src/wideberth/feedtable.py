"""The table ``[[feed]]`` of ``wideberth.toml``: where positions come from, and who sees them.

What a kind of feed is, and over which ways it can come, stands here as data; the programs that read
them are in ``faces/feeds``. See docs/how-to/feeds.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from wideberth.errors import InvalidValue
from wideberth.layered import Secret, require
from wideberth.model.ids import require_party_id, require_token
from wideberth.space.time import SECOND_US
from wideberth.watch.settings import FeedSettings

__all__ = ["FEED_KINDS", "FeedAddress", "FeedKind", "FeedTable", "feed_address"]

FeedKind = Literal[
    "sbs", "readsb", "beast", "opensky", "mavlink", "cot", "remote-id", "json", "csv", "parquet",
    "gpx",
]  # fmt: skip
_LONGEST_ID = 128
Way = Literal["tcp", "tls", "udp", "http", "file"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """ways: over which a kind may come."""

    ways: tuple[Way, ...]


FEED_KINDS: dict[FeedKind, _Kind] = {
    "sbs": _Kind(("tcp", "udp", "file")),
    "readsb": _Kind(("http", "file")),
    "beast": _Kind(("tcp",)),
    "opensky": _Kind(("http", "file")),
    "mavlink": _Kind(("udp", "tcp")),
    "cot": _Kind(("tls", "tcp", "udp", "file")),
    "remote-id": _Kind(("http", "file")),
    "json": _Kind(("http", "file")),
    "csv": _Kind(("http", "file")),
    "parquet": _Kind(("http", "file")),
    "gpx": _Kind(("http", "file")),
}

_SAY_SIMULATED: tuple[FeedKind, ...] = ("remote-id", "mavlink")


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """way: how. host, port: of tcp, tls and udp (there: where to listen). target: the URL, or the
    path of a file.
    """

    way: Way
    host: str = ""
    port: int = 0
    target: str = ""


def feed_address(text: str) -> FeedAddress:
    """Where a feed comes from. Raises InvalidValue.

    >>> feed_address("tcp://192.0.2.7:30003")
    FeedAddress(way='tcp', host='192.0.2.7', port=30003, target='')
    >>> feed_address("file:messages.txt").target
    'messages.txt'
    """
    advice = "give tcp://host:port, tls://host:port, udp://address:port, http(s)://..., file:path"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InvalidValue("address", "feed-address", text, advice) from None
    match parts.scheme:
        case "tcp" | "tls" | "udp" as way if (
            parts.hostname and port is not None and not parts.path.strip("/")
        ):
            return FeedAddress(way, parts.hostname, port)
        case "http" | "https" if parts.hostname:
            if parts.username or parts.password:
                raise InvalidValue("address", "feed-address", "(hidden)", "give no password in it")
            return FeedAddress("http", target=text)
        case "file" if text.removeprefix("file:").removeprefix("//"):
            return FeedAddress("file", target=text.removeprefix("file:").removeprefix("//"))
        case _:
            raise InvalidValue("address", "feed-address", text, advice)


class FeedTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[feed]]``. party: who brings it, None: the host. owner: whose things all of it is,
    where that is known. shown_to: ``owner`` (the feed's party and each thing's own), ``all``, or
    these parties.

    accuracy_m, vertical_accuracy_m: taken where a position says none (95 %). clock_error_s: how far
    its times may be off. silence_after_s: a track without a position for so long is silent; None:
    as in [watch]. predict: false for people and vehicles, of whom no position is predicted.
    simulated: what its sender calls simulated is taken too; in an exercise only.
    track_ids: what a thing is called here, by what the feed calls it; the others keep their id.
    zone: the time zone of a receiver that writes local times; None: the time of arrival counts.
    every_s: how often a URL is asked. idle_s: a line that says nothing for so long is made anew.
    most_kb_s: what comes faster is thrown away, counted. token: shown to a URL; or token_url,
    client_id and client_secret, with which one is fetched, for this scope and audience.
    tls_certificate, tls_key: what is shown over tls, PEM files; tls_ca: the authorities that count
    there, None: the system's; tls_name: the name that the other side must have, None: its host.
    """

    name: str
    kind: FeedKind
    address: str
    party: str | None = None
    owner: str | None = None
    shown_to: Literal["owner", "all"] | tuple[str, ...] = "owner"
    accuracy_m: float = FeedSettings().horizontal_error_m
    vertical_accuracy_m: float = FeedSettings().vertical_error_m
    clock_error_s: float = FeedSettings().clock_error_us / SECOND_US
    silence_after_s: float | None = None
    predict: bool = True
    simulated: bool = False
    track_ids: dict[str, str] = {}
    zone: str | None = None
    every_s: float = 1.0
    idle_s: float = 60.0
    most_kb_s: float = 2000.0
    token: Secret | None = None
    token_url: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    scope: str | None = None
    audience: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    tls_ca: str | None = None
    tls_name: str | None = None

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        require_token(self.name, field="name")
        for name in ("party", "owner"):
            value: str | None = getattr(self, name)
            if value is not None:
                require_party_id(value, field=name)
        if not isinstance(self.shown_to, str):
            for index, party in enumerate(self.shown_to):
                require_party_id(party, field=f"shown_to.{index}")
        holds = self.kind in _SAY_SIMULATED or not self.simulated
        advice = f"it is of {' and '.join(_SAY_SIMULATED)}: no other kind says what is simulated"
        require("simulated", self.simulated, advice, holds=holds)
        ways = FEED_KINDS[self.kind].ways
        require(
            "address",
            self.address,
            f"{self.kind} comes over {', '.join(ways)}",
            holds=feed_address(self.address).way in ways,
        )
        for name, least, most in _BOUNDS:
            value_: float | None = getattr(self, name)
            if value_ is not None:
                advice = f"give {least:g} to {most:g}"
                require(name, value_, advice, holds=least <= value_ <= most)
        fetched = (self.token_url, self.client_id, self.client_secret)
        holds = all(each is None for each in fetched) or (None not in fetched)
        advice = "give token_url, client_id and client_secret, or none of them"
        require("token_url", self.token_url, advice, holds=holds)
        if self.token_url is not None:
            holds = feed_address(self.token_url).way == "http" and self.token is None
            require("token_url", self.token_url, "give a URL, and no token", holds=holds)
        if self.zone is not None:
            require("zone", self.zone, "give a zone like Europe/Kyiv", holds=_is_zone(self.zone))

        for said, meant in self.track_ids.items():
            for each in (said, meant):
                advice = f"give 1 to {_LONGEST_ID} printed signs"
                holds = 0 < len(each) <= _LONGEST_ID and each.isprintable()
                require("track_ids", each, advice, holds=holds)
        self._require_tls()

    def _require_tls(self) -> None:
        is_tls = self.where.way == "tls"
        for name in ("tls_certificate", "tls_ca", "tls_name"):
            value: str | None = getattr(self, name)
            advice = "it is of feeds that come over tls"
            require(name, value, advice, holds=value is None or is_tls)
        holds = (self.tls_certificate is None) == (self.tls_key is None)
        advice = "give tls_certificate and tls_key, or neither"
        require("tls_key", self.tls_key, advice, holds=holds)

    @property
    def where(self) -> FeedAddress:
        """The address, read."""
        return feed_address(self.address)

    def watched(self, default: FeedSettings) -> FeedSettings:
        """What the watch is told of it. default: of feeds of which nothing is said."""
        silence_us = default.silence_after_us
        if self.silence_after_s is not None:
            silence_us = round(self.silence_after_s * SECOND_US)
        return FeedSettings(
            silence_after_us=silence_us,
            clock_error_us=round(self.clock_error_s * SECOND_US),
            horizontal_error_m=self.accuracy_m,
            vertical_error_m=self.vertical_accuracy_m,
            predict=self.predict,
        )


_BOUNDS = (
    ("accuracy_m", 0, 100_000),
    ("vertical_accuracy_m", 0, 20_000),
    ("clock_error_s", 0, 3600),
    ("silence_after_s", 1, 86_400),
    ("every_s", 0.2, 3600),
    ("idle_s", 1, 86_400),
    ("most_kb_s", 1, 100_000),
)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
