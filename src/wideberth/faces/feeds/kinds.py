"""The decoder and the source of each kind of feed, by its settings. One line for each kind: a new
one is added here and in :mod:`wideberth.feedtable`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from wideberth.faces.feeds.beast import BeastDecoder, mode_s_reader
from wideberth.faces.feeds.cot import CotDecoder
from wideberth.faces.feeds.credentials import ClientCredentials, Credential, FixedToken
from wideberth.faces.feeds.decoding import Decoder, Renamed
from wideberth.faces.feeds.gpx import GpxDecoder
from wideberth.faces.feeds.mavlink import MavlinkDecoder
from wideberth.faces.feeds.opensky import OpenSkyDecoder
from wideberth.faces.feeds.readsb import ReadsbDecoder
from wideberth.faces.feeds.remoteid import RemoteIdDecoder
from wideberth.faces.feeds.sbs import SbsDecoder
from wideberth.faces.feeds.sources import (
    FollowedFile,
    HttpPoll,
    Source,
    TcpLine,
    UdpPort,
    WholeFile,
)
from wideberth.faces.feeds.tables import TableDecoder
from wideberth.feedtable import FeedKind, FeedTable
from wideberth.tls import client_context

__all__ = ["DECODERS", "decoder_of", "source_of"]


def _sbs(table: FeedTable) -> Decoder:
    zone = None if table.zone is None else ZoneInfo(table.zone)
    return SbsDecoder(zone=zone, owner=table.owner, whole=table.where.way == "udp")


DECODERS: dict[FeedKind, Callable[[FeedTable], Decoder]] = {
    "sbs": _sbs,
    "readsb": lambda table: ReadsbDecoder(owner=table.owner),
    "beast": lambda table: BeastDecoder(mode_s_reader(), owner=table.owner),
    "opensky": lambda table: OpenSkyDecoder(owner=table.owner),
    "cot": lambda table: CotDecoder(owner=table.owner, datagrams=table.where.way == "udp"),
    "mavlink": lambda table: MavlinkDecoder(
        feed=table.name,
        owner=table.owner,
        simulated=table.simulated,
        whole=table.where.way == "udp",
    ),
    "remote-id": lambda table: RemoteIdDecoder(owner=table.owner, simulated=table.simulated),
    "json": lambda table: TableDecoder("json", owner=table.owner),
    "csv": lambda table: TableDecoder("csv", owner=table.owner),
    "parquet": lambda table: TableDecoder("parquet", owner=table.owner),
    "gpx": lambda table: GpxDecoder(feed=table.name, owner=table.owner),
}
_DOCUMENTS: frozenset[FeedKind] = frozenset(
    ("readsb", "opensky", "remote-id", "json", "csv", "parquet", "gpx")
)
"""Kinds of which a file is one document, not lines that go on."""


def _credential(table: FeedTable) -> Credential:
    if table.token_url is None or table.client_id is None or table.client_secret is None:
        return FixedToken(table.token)
    return ClientCredentials(
        table.token_url, table.client_id, table.client_secret, table.scope, table.audience
    )


def decoder_of(table: FeedTable) -> Decoder:
    """What reads this feed. Raises InvalidValue where it needs what is not installed."""
    decoder = DECODERS[table.kind](table)
    return Renamed(decoder, table.track_ids) if table.track_ids else decoder


def source_of(table: FeedTable, folder: Path, *, once: bool = False) -> Source:
    """What brings this feed. folder: what a relative path is below. once: a file, from its start,
    and no longer than to its end. Raises InvalidValue where a file of its settings cannot be used.
    """
    where = table.where
    match where.way:
        case "tcp":
            return TcpLine(where.host, where.port, table.idle_s)
        case "tls":
            context = partial(
                client_context,
                folder,
                certificate=table.tls_certificate,
                key=table.tls_key,
                authority=table.tls_ca,
            )
            context()  # so that what cannot be used is said at the start
            return TcpLine(where.host, where.port, table.idle_s, context, table.tls_name)
        case "udp":
            return UdpPort(where.host, where.port)
        case "http":
            return HttpPoll(where.target, table.every_s, _credential(table))
        case "file" if table.kind in _DOCUMENTS:
            return WholeFile(folder / where.target, once=once)
        case "file":
            return FollowedFile(folder / where.target, from_start=once, once=once)
