"""``wideberth channel``: by what each party is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import FolderOption, host_did, on_node
from wideberth.faces.cli.party import PartyArgument
from wideberth.model.channels import Medium
from wideberth.model.ids import require_party_id
from wideberth.model.keeping import HostAction
from wideberth.model.ladders import Post
from wideberth.model.nearest import no_such_party
from wideberth.space.coordinates import CoordinateFormat
from wideberth.space.timetext import TimeFormat

if TYPE_CHECKING:
    from wideberth.node import Node

__all__ = ["command"]

command = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Say by what a party is told, in which order."
)

_FOLDER = Path("wideberth-data")


@command.command()
def add(  # noqa: PLR0913 - each is an option of the command
    party: PartyArgument,
    medium: Annotated[
        Medium, typer.Argument(metavar="MEDIUM", help="stream, webhook, mail or push.")
    ],
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="A URL, a mail address; nothing for a stream.")
    ] = "",
    folder: FolderOption = _FOLDER,
    post: Annotated[Post, typer.Option(metavar="POST", help="Who is reached by it.")] = Post.DUTY,
    places: Annotated[
        CoordinateFormat, typer.Option(metavar="FORM", help="How it reads places.")
    ] = CoordinateFormat.DEGREES,
    times: Annotated[
        TimeFormat, typer.Option(metavar="FORM", help="How it reads times.")
    ] = TimeFormat.RFC3339,
    language: Annotated[
        str, typer.Option(metavar="TAG", help="What it reads: en, fr, es, ar.")
    ] = "en",
) -> None:
    """Add a way to reach a party, after those that it has for the same post."""

    async def act(node: Node) -> None:
        from wideberth.contacts import Way

        party_id = require_party_id(party)
        if party_id not in node.service.picture.parties:
            advice = no_such_party(party, node.service.picture.parties)
            raise InvalidValue(
                "party", "party-unknown", party, f"{advice}. A new one: wideberth party add"
            )
        ways, way = node.outbound.ways, Way(post, medium, address, places, times, language)
        ways.put(party_id, (*ways.get(party_id, ()), way))
        await host_did(node, HostAction.CHANNEL_ADDED, party_id, f"{way.id} ({post.value})")
        print(f"added {way.id} for {party_id} ({post.value})")

    on_node(folder, act)


@command.command()
def remove(
    party: PartyArgument,
    way: Annotated[str, typer.Argument(metavar="WAY", help="As channel list shows it.")],
    folder: FolderOption = _FOLDER,
) -> None:
    """Take a way to reach a party out."""

    async def act(node: Node) -> None:
        party_id, ways = require_party_id(party), node.outbound.ways
        before = ways.get(party_id, ())
        left = tuple(each for each in before if each.id != way)
        if len(left) == len(before):
            raise InvalidValue("way", "way-unknown", way, "wideberth channel list shows them")
        ways.put(party_id, left)
        await host_did(node, HostAction.CHANNEL_REMOVED, party_id, way)
        print(f"removed {way}")

    on_node(folder, act)


@command.command("list")
def list_channels(folder: FolderOption = _FOLDER) -> None:
    """List the ways to each party, in order, and what is known of each."""

    async def act(node: Node) -> None:
        for each in await node.outbound.channels():
            print(
                f"{each.party} {each.post.value} {each.way} {each.state.value}"
                + (f" ({each.why})" if each.why else "")
            )

    on_node(folder, act)
