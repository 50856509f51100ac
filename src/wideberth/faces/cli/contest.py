"""``wideberth contest``: say why an item that a report counts should not be counted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._asking import NodeOption, asking
from wideberth.faces.cli._material import TokenOption

if TYPE_CHECKING:
    from wideberth.client import Client

__all__ = ["command"]


def command(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="As the report names it.")],
    agreement: Annotated[str, typer.Option(metavar="ID", help="Under which it counts.")],
    version: Annotated[int, typer.Option(metavar="N", min=1, help="Of that agreement.")],
    reason: Annotated[
        str, typer.Option(metavar="WORDS", help="Why; all parties of the agreement read it.")
    ],
    url: NodeOption = None,
    token: TokenOption = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Sign it with this key.")
    ] = None,
) -> None:
    """Contest an item of a count, with a reason.

    It stays counted; every report shows it as contested, and both ways of counting.
    """

    async def act(client: Client) -> int:
        told = await client.contest_count(agreement, version, item, reason, signed=key is not None)
        return int(told["position"])

    position = asking(url, token, act, key=key)
    print(f"contested {item}: entry {position}. It stays counted, and is shown as contested.")
