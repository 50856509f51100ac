"""``wideberth doctor``: whether a node could run well here, and what to do where it could not."""

from __future__ import annotations

from pathlib import Path

import typer

from wideberth.faces.cli._host import NO, FolderOption, complaints

__all__ = ["command"]


def command(folder: FolderOption = Path("wideberth-data")) -> None:
    """Look at folder, keys, record, disk, clock, certificates, ports; say what to do.

    Exit status 1 where something fails. Changes nothing; a node may run meanwhile.
    """
    from wideberth.faces.cli._doctor import examine

    worst = set[str]()
    with complaints():
        for finding in examine(folder):
            worst.add(finding.status)
            print(f"{finding.status:<5}{finding.what:<13}{finding.said}", flush=True)
            if finding.advice:
                print(f"{'':<18}{finding.advice}", flush=True)
    if "fail" in worst:
        raise typer.Exit(NO)
