"""``wideberth compact``: older entries in less room."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wideberth.faces.cli._host import FolderOption, complaints, progress_bar

__all__ = ["command"]


def command(
    folder: FolderOption = Path("wideberth-data"),
    keep: Annotated[
        int, typer.Option(metavar="ENTRIES", min=0, help="So many of the newest stay as they are.")
    ] = 100_000,
    shrink: Annotated[
        bool,
        typer.Option(
            "--shrink/--no-shrink",
            help="Give the room back to the file system: writers wait while the file is rewritten.",
        ),
    ] = False,
) -> None:
    """Compress older entries, 256 at a time. Reads, proofs and verify stay what they are.

    Works beside a running node: each step is short. Without --shrink the room that comes free is
    used again for new entries, and the file stays as large as it is.
    """
    from wideberth.atrest import vault_of
    from wideberth.record.database import RECORD_FILE
    from wideberth.record.upkeep import Upkeep

    path = folder / RECORD_FILE
    with complaints():
        with Upkeep(folder, vault=vault_of(folder)) as upkeep, progress_bar("compressing") as bar:
            before = path.stat().st_size
            blocks = upkeep.compact(keep=keep, on_progress=bar)
            if shrink:
                upkeep.shrink()
        print(f"compressed {blocks * 256} entries")
        print(f"file       {before} bytes before, {path.stat().st_size} after")
