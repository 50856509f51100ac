"""``wideberth snapshot``: put the picture into a file, for a quick start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wideberth.faces.cli._host import FolderOption, on_node

if TYPE_CHECKING:
    from wideberth.node import Node

__all__ = ["command"]


def command(folder: FolderOption = Path("wideberth-data")) -> None:
    """Put the picture of now into a file of the folder, and its digest into the record.

    The next start begins there instead of at the first entry. The newest two files are kept. Works
    beside a running node, which by itself starts this now and then.
    """
    from wideberth.snapshots import SNAPSHOTS, make

    async def act(node: Node) -> None:
        made = await make(node.service, node.folder, vault=node.vault)
        if made is None:
            print("nothing happened since the last snapshot")
            return
        print(f"snapshot {made.size} entries, in {node.folder / SNAPSHOTS}")
        print(f"digest   {made.digest}")
        print(f"sha256   {made.sha256}")

    on_node(folder, act, must_exist=True)
