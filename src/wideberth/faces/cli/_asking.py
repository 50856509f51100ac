"""What the commands of a party share: its key, a client that asks or signs, and the complaint where
the node cannot be asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from wideberth.faces.cli._client import with_client

if TYPE_CHECKING:
    from wideberth.client import Client, PartyKey
    from wideberth.correspondence import Correspondence
    from wideberth.pins import Pins

__all__ = ["KeyOption", "NodeOption", "PinsOption", "asking", "corresponding", "own_key"]

T = TypeVar("T")
NodeOption = Annotated[
    str | None,
    # Only of commands that ask a node in any case: where one reads a folder without --url, a
    # variable that somebody set for another command would change which record it tells of.
    typer.Option("--url", metavar="URL", envvar="WIDEBERTH_URL", help="The node."),
]
KeyOption = Annotated[
    Path, typer.Option("--key", metavar="FILE", help="The party's signing key, mode 0600.")
]
PinsOption = Annotated[
    Path | None,
    typer.Option("--pins", metavar="FILE", help="The pinned keys. [default: KEY.pins]"),
]


def asking(
    url: str | None,
    token: str | None,
    act: Callable[[Client], Awaitable[T]],
    *,
    key: Path | None = None,
) -> T:
    """What act gives with a client, which signs where there is a key. Ends the command where the
    node cannot be asked; says where it is an exercise. First goes what was signed before in vain.
    """
    return with_client(url, token, key, act)


def own_key(key: Path, pins: Path | None) -> tuple[PartyKey, Pins]:
    """A party's key, and the keys of others that it pinned."""
    from wideberth.client import PartyKey
    from wideberth.pins import Pins

    return PartyKey.load(key), Pins(pins or key.with_name(f"{key.name}.pins"))


def corresponding(
    url: str | None,
    token: str | None,
    key: Path,
    pins: Path | None,
    act: Callable[[Correspondence, Client], Awaitable[T]],
) -> T:
    """What act gives with a correspondence and a client, both of the party's key."""

    async def run(client: Client) -> T:
        from wideberth.correspondence import Correspondence

        own, kept = own_key(key, pins)
        return await act(Correspondence(client, own, kept), client)

    return asking(url, token, run, key=key)
