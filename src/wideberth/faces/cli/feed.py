"""``wideberth feed``: carry a feed of positions to a node, from where the receiver is."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wideberth.faces.cli._asking import NodeOption
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
    url: NodeOption = None,
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
    idle_s: Annotated[
        float,
        typer.Option(
            "--idle", metavar="SECONDS", help="A line that says nothing for so long is made anew."
        ),
    ] = 60.0,
    most_kb_s: Annotated[
        float,
        typer.Option(
            "--most-kb-s",
            metavar="NUMBER",
            help="Thousands of bytes a second; what comes faster is thrown away and counted.",
        ),
    ] = 2000.0,
    feed_token: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A file with the token that is shown to the URL that is asked."
        ),
    ] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The authorities that count over tls, as PEM."),
    ] = None,
    tls_certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The certificate that is shown over tls, as PEM."),
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its private key, as PEM.")
    ] = None,
    tls_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The name that the other side's certificate must have."),
    ] = None,
    track_id: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SAID=MEANT", help="What a thing is called, by what the feed calls it."
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Read a file from its start to its end, and stop.")
    ] = False,
) -> None:
    """Carry a feed of positions to a node, from where the receiver is, with a party's token.

    It says each change of the line, and every 10 s what came. Ctrl-C stops it. With --once it ends
    with 1 where nothing was taken.
    """
    with complaints():
        table = _table(
            kind,
            address,
            name=name,
            owner=owner,
            zone=zone,
            every_s=every_s,
            accuracy_m=accuracy_m,
            idle_s=idle_s,
            most_kb_s=most_kb_s,
            token=_token_in(feed_token),
            tls_ca=_text(tls_ca),
            tls_certificate=_text(tls_certificate),
            tls_key=_text(tls_key),
            tls_name=tls_name,
            track_ids=_names(track_id or []),
        )
        if once:
            _require_file(table)
        link = asyncio.run(_carry(table, url, token, once=once))
    print(_counts(link))
    if once and not link.taken:
        raise typer.Exit(NO)


def _table(kind: str, address: str, **given: Any) -> FeedTable:
    """The same table as a node's settings have. Raises InvalidValue naming the option."""
    from wideberth.errors import InvalidValue
    from wideberth.feedtable import FEED_KINDS, FeedTable

    if kind not in FEED_KINDS:
        raise InvalidValue("KIND", "feed-kind", kind, f"give one of: {', '.join(FEED_KINDS)}")
    return FeedTable(kind=kind, address=address, **given)


def _require_file(table: FeedTable) -> None:
    """Raises InvalidValue where there is no file to be read once: it would be waited for."""
    from wideberth.errors import InvalidValue, system_reason
    from wideberth.feedtable import feed_address

    address = feed_address(table.address)
    if address.way != "file":
        raise InvalidValue("--once", "no-file", table.address, "it is of files, file:path")
    try:
        Path(address.target).open("rb").close()
    except OSError as error:
        raise InvalidValue("ADDRESS", "unreadable", address.target, system_reason(error)) from error


def _names(pairs: Sequence[str]) -> dict[str, str]:
    """What is called how: ``drones:7=1596F3A1B2C3D4E5F6A7``. Raises InvalidValue."""
    from wideberth.errors import InvalidValue

    names: dict[str, str] = {}
    for pair in pairs:
        said, equals, meant = pair.rpartition("=")
        if not equals:
            raise InvalidValue("--track-id", "track-id", pair, "give SAID=MEANT")
        names[said] = meant
    return names


def _token_in(file: Path | None) -> str | None:
    """The token in a file: others of the machine read command lines. Raises InvalidValue."""
    from wideberth.errors import InvalidValue, system_reason

    if file is None:
        return None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidValue("--feed-token", "unreadable", str(file), system_reason(error)) from error
    except UnicodeDecodeError as error:
        raise InvalidValue("--feed-token", "token-file", str(file), "give text") from error
    if not token or not token.isascii() or not token.isprintable():
        raise InvalidValue("--feed-token", "token-file", str(file), "give one line, the token")
    return token


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


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
