"""``wideberth contest``: say why an item that a report counts should not be counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from wideberth.faces.cli._host import complaints
from wideberth.faces.cli._material import TokenOption, UrlOption

__all__ = ["command"]


def command(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="As the report names it.")],
    agreement: Annotated[str, typer.Option(metavar="ID", help="Under which it counts.")],
    version: Annotated[int, typer.Option(metavar="N", min=1, help="Of that agreement.")],
    reason: Annotated[
        str, typer.Option(metavar="WORDS", help="Why; all parties of the agreement read it.")
    ],
    url: UrlOption = None,
    token: TokenOption = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Sign it with this key.")
    ] = None,
) -> None:
    """Contest an item of a count, with a reason.

    It stays counted; every report shows it as contested, and both ways of counting.
    """
    from wideberth.client import Client, PartyKey
    from wideberth.errors import InvalidValue

    async def ask(where: str, credential: str) -> int:
        signing = None if key is None else PartyKey.load(key)
        async with Client(where, credential, key=signing) as client:
            told = await client.contest_count(
                agreement, version, item, reason, signed=signing is not None
            )
        return int(told["position"])

    with complaints():
        if url is None or token is None:
            raise InvalidValue("--url, --token", "missing", None, "give the service and a token")
        position = asyncio.run(ask(url, token))
    print(f"contested {item}: entry {position}. It stays counted, and is shown as contested.")
