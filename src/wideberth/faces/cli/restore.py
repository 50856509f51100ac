"""``wideberth restore``: put a backup back into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wideberth.faces.cli._host import (
    FolderOption,
    complain,
    complaints,
    host_did_in,
    progress_bar,
    read_notes,
)

__all__ = ["command"]


def command(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="What `backup` wrote.")],
    folder: FolderOption = Path("wideberth-data"),
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The log's key, where the backup is without keys."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A head that a party or witness kept; repeat it."),
    ] = None,
    complete: Annotated[
        bool,
        typer.Option(
            "--complete", help="You vouch that nothing was answered after this backup was made."
        ),
    ] = False,
) -> None:
    """Put a backup into a new folder, every file and every entry checked.

    The node then answers reads and decides nothing, until `wideberth epoch` says under another
    name what is missing; with --complete it goes on at once.
    """
    from wideberth.atrest import vault_of
    from wideberth.backups import restore
    from wideberth.model.keeping import HostAction

    with complaints():
        held = read_notes(checkpoint or ())
        vault = vault_of(source, is_needed=False)
        with progress_bar("verifying") as bar:
            manifest = restore(
                source,
                folder,
                key_file=key,
                held=held,
                is_complete=complete,
                vault=vault,
                on_progress=bar,
            )
    if complete:  # otherwise the epoch that has to be opened says so
        host_did_in(folder, HostAction.BACKUP_RESTORED, f"{manifest.size} entries")
    print(f"restored {manifest.size} entries into {folder}")
    if not complete:
        complain("note: it answers reads and decides nothing, until: wideberth epoch")
