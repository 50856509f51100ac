"""``wideberth backup``: a copy of a node's folder, also while the node serves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wideberth.faces.cli._host import FolderOption, complain, complaints, host_did_in, progress_bar

__all__ = ["command"]


def command(
    target: Annotated[
        Path, typer.Argument(metavar="DEST", help="The folder to write; it must not exist.")
    ],
    folder: FolderOption = Path("wideberth-data"),
    keys: Annotated[
        bool, typer.Option("--keys", help="Put the node's own keys in as well; keep it locked up.")
    ] = False,
) -> None:
    """Copy the node's folder: the record as of one moment, and the files beside it.

    Works beside a running node. The keys are left out, so that a backup cannot be used to write
    another history; keep the log's key by `wideberth key export`.
    """
    from wideberth.backups import MANIFEST, backup
    from wideberth.model.keeping import HostAction
    from wideberth.service import now_us

    # Before, so that the backup has it: one that lacks the newest entry is not complete.
    with complaints():
        said = "with the node's keys" if keys else "without the node's keys"
        host_did_in(folder, HostAction.BACKUP_BEGUN, said)
    with complaints(), progress_bar("backing up") as bar:
        made = backup(folder, target, made_us=now_us(), with_keys=keys, on_progress=bar)
    total = sum(each.bytes for each in made.files)
    print(f"backup   {made.size} entries, {len(made.files)} files, {total} bytes, in {target}")
    print(f"manifest {target / MANIFEST}")
    if not keys:
        complain("note: without the node's keys; back up the log's key: wideberth key export")
