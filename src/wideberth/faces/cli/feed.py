"""``wideberth feed``: carry a feed of positions to a node, from where the receiver is."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._client import client_of
from wideberth.faces.cli._host import NO, complaints, printable, say_exercise

if TYPE_CHECKING:
    from wideberth.faces.feeds.carried import CarriedFeed
    from wideberth.feedtable import FeedTable
    from wideberth.watch.feedlink import FeedLink

__all__ = ["command"]

_SAY_EVERY_S = 10.0
_LOOK_EVERY_S = 0.2


def command(  # noqa: PLR0913 - one option each
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What is sent, such as sbs.")],
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="tcp://host:port, udp://address:port to listen on, http(s)://..., or file:path.",
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What the feed is called at the node.")
    ] = "feed",
    url: Annotated[
        str | None, typer.Option(metavar="URL", envvar="WIDEBERTH_URL", help="The node.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN", envvar="WIDEBERTH_TOKEN", help="A token of the party, that may tell."
        ),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="PARTY", help="Whose things all of it is, where that is known."),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="The time zone of a receiver that writes local times; without it, the time of"
            " arrival counts.",
        ),
    ] = None,
    every_s: Annotated[
        float, typer.Option("--every", metavar="SECONDS", help="How often a URL is asked.")
    ] = 1.0,
    accuracy_m: Annotated[
        float,
        typer.Option("--accuracy", metavar="METRES", help="Taken where a position says none."),
    ] = 100.0,
    once: Annotated[
        bool, typer.Option("--once", help="Read a file from its start to its end, and stop.")
    ] = False,
) -> None:
    """Carry a feed of positions to a node, from where the receiver is, with a party's token.

    It says each change of the line, and every 10 s what came. Ctrl-C stops it. With --once it ends
    with 1 where nothing was taken.
    """
    with complaints():
        table = _table(kind, address, name, owner, zone, every_s, accuracy_m)
        link = asyncio.run(_carry(table, url, token, once=once))
    print(_counts(link))
    if once and not link.taken:
        raise typer.Exit(NO)


def _table(
    kind: str,
    address: str,
    name: str,
    owner: str | None,
    zone: str | None,
    every_s: float,
    accuracy_m: float,
) -> FeedTable:
    """The same table as a node's settings have. Raises InvalidValue naming the option."""
    from wideberth.errors import InvalidValue
    from wideberth.feedtable import FEED_KINDS, FeedTable

    if kind not in FEED_KINDS:
        raise InvalidValue("KIND", "feed-kind", kind, f"give one of: {', '.join(FEED_KINDS)}")
    return FeedTable(
        name=name,
        kind=kind,
        address=address,
        owner=owner,
        zone=zone,
        every_s=every_s,
        accuracy_m=accuracy_m,
    )


async def _carry(table: FeedTable, url: str | None, token: str | None, *, once: bool) -> FeedLink:
    from wideberth.faces.feeds.carried import CarriedFeed

    async with client_of(url, token) as client:
        await client.space()  # whether the node is there and the token counts, before all else
        if client.is_exercise:
            say_exercise(client.url, exercise=True)
        feed = CarriedFeed(table, client, Path.cwd(), once=once)
        carrying = asyncio.create_task(feed.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, carrying.cancel)
        saying = asyncio.create_task(_say(feed))
        try:
            await asyncio.wait([carrying])
        finally:
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)
        with contextlib.suppress(asyncio.CancelledError):
            carrying.result()
        return feed.link


async def _say(feed: CarriedFeed) -> None:
    """Each change of the line, and every 10 s what came."""
    link, said, since_s = feed.link, "", 0.0
    while True:
        now = f"{link.phase}: {link.why}" if link.why else link.phase
        if now != said:
            said = now
            print(f"{link.name}: {printable(now)}", flush=True)
        if since_s >= _SAY_EVERY_S:
            since_s = 0.0
            print(_counts(link), flush=True)
        await asyncio.sleep(_LOOK_EVERY_S)
        since_s += _LOOK_EVERY_S


def _counts(link: FeedLink) -> str:
    malformed, refused = link.malformed.total(), link.refused.total()
    said = (
        f"{link.name}: {link.messages} messages, {link.taken} positions taken,"
        f" {refused} refused, {malformed} malformed"
    )
    if refused:
        said += f" (refused: {_by_rule(link.refused)})"
    if link.sample is not None:
        said += f" (last malformed, {link.sample.rule}: {link.sample.text[:60]})"
    return said


def _by_rule(counts: dict[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in sorted(counts.items()))
