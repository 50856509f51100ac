"""``wideberth seal``: encrypt at rest what a folder holds."""

from __future__ import annotations

from pathlib import Path

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import FolderOption, complain, complaints, progress_bar

__all__ = ["command"]


def command(folder: FolderOption = Path("wideberth-data")) -> None:
    """Seal a folder that is in plain: its entries, snapshots and contacts.

    Set seal and its key in [record] of the settings first, and stop every process on the folder. A
    new folder needs no such step. Needs as much room again as the record takes.
    """
    from wideberth.atrest import seal_folder
    from wideberth.configuration import CONFIGURATION_FILE, load_configuration
    from wideberth.record.sqlite import SqliteRecord
    from wideberth.succession import locked

    with complaints():
        SqliteRecord(folder).close()  # is there one?
        table = load_configuration(folder / CONFIGURATION_FILE).record
        if not table.seal:
            raise InvalidValue(
                f"{CONFIGURATION_FILE}: record.seal", "not-set", False, "set it to true first"
            )
        with locked(folder), progress_bar("sealing") as bar:
            seal_folder(folder, table, on_progress=bar)
    print(f"sealed   {folder}")
    complain("note: older backups are in plain, and so may be what the disk freed; see the docs")
