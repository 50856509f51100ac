"""``wideberth epoch``: go on under another name, and say what is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from wideberth.faces.cli._host import FolderOption, complain, complaints, read_notes

__all__ = ["command"]


def command(
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; every party reads it in the record.")
    ],
    folder: FolderOption = Path("wideberth-data"),
    origin: Annotated[
        str | None, typer.Option(metavar="NAME", help="The new name. [default: numbered]")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A head that a party or witness kept; repeat it."),
    ] = None,
) -> None:
    """Open a new epoch: the same entries, another name and key, and a first entry about it.

    For a log that cannot be gone on with: its key is lost, or what was restored lacks entries that
    somebody saw. Stop every process on the folder first. The witnesses in the settings are asked
    for the heads that they hold.
    """
    from wideberth.atrest import vault_of
    from wideberth.model.keeping import EpochOpened
    from wideberth.succession import open_epoch

    async def run() -> None:
        seen = [*read_notes(checkpoint or ()), *await _witnessed(folder)]
        vault = vault_of(folder)
        vkey, done = await open_epoch(folder, reason=reason, origin=origin, seen=seen, vault=vault)
        body = done.entries[0].body
        assert isinstance(body, EpochOpened)
        print(f"epoch    {body.origin}, from entry {done.position} on")
        print(f"key      {vkey}")
        if body.missing_until > done.position:
            print(f"missing  entries {done.position} to {body.missing_until - 1} of the old log")
        else:
            print("missing  nothing that anybody showed")
        if body.signature is None:
            complain("note: the old key did not sign this; tell every party the new key yourself")
        complain("note: tokens and statements name the new origin from now on")

    with complaints():
        asyncio.run(run())


async def _witnessed(folder: Path) -> list[str]:
    """The heads that the witnesses in the settings hold; who does not answer is named."""
    import httpx

    from wideberth.configuration import CONFIGURATION_FILE, load_configuration
    from wideberth.record.sqlite import SqliteRecord
    from wideberth.record.witness import origin_hash

    notes: list[str] = []
    with SqliteRecord(folder) as record:
        path = f"{origin_hash(record.origin)}/checkpoint"
    async with httpx.AsyncClient(timeout=5.0, follow_redirects=False) as client:
        for witness in load_configuration(folder / CONFIGURATION_FILE).witnesses:
            if not witness.url:
                continue
            try:
                answer = await client.get(f"{witness.url.rstrip('/')}/{path}")
            except httpx.HTTPError as error:
                complain(f"note: {witness.url} was not heard: {error or type(error).__name__}")
                continue
            if answer.status_code == 200:
                notes.append(answer.text)
            elif answer.status_code != 404:
                complain(f"note: {witness.url} answered {answer.status_code}")
    return notes
