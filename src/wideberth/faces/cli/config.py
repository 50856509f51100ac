"""``wideberth config``: the settings of a node, checked and shown."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import FolderOption, complaints

__all__ = ["command"]

command = typer.Typer(
    name="config",
    no_args_is_help=True,
    add_completion=False,
    help="Check and show the settings of a node.",
)


@command.command()
def check(folder: FolderOption = Path("wideberth-data")) -> None:
    """Say whether a node would start with these settings; exit status 2 where it would not.

    Reads wideberth.toml, the variables WIDEBERTH_TABLE__KEY, and the keys and certificates that
    they name. Changes nothing.
    """
    from wideberth.configuration import (
        CONFIGURATION_FILE,
        effective_configuration,
        require_loopback_or_auth,
        trusted_issuers,
    )
    from wideberth.record.datakey import load_key_file
    from wideberth.tls import server_context, tak_context

    path = folder / CONFIGURATION_FILE
    with complaints():
        effective = effective_configuration(path, os.environ)
        found = effective.configuration
        trusted_issuers(found.auth, folder)
        try:
            server_context(found.listen, folder)
            if found.tak.port is not None:
                tak_context(found.tak, found.listen, folder)
            if found.record.seal and found.record.key_file is not None:
                load_key_file(folder / found.record.key_file, field="record.key_file")
        except InvalidValue as error:
            raise effective.layers.refused(error) from None
        host = effective.layers.where("listen.host")
        require_loopback_or_auth(found, found.listen.host, where=host)
        said = path if path.exists() else f"{path} (not there: the defaults)"
        print(f"good     {said}")
        for variable in sorted(effective.layers.variables.values()):
            print(f"variable {variable}")


@command.command()
def show(folder: FolderOption = Path("wideberth-data")) -> None:
    """Print every setting in force and where it comes from, as TOML; secrets are hidden."""
    from wideberth.configuration import CONFIGURATION_FILE, effective_configuration
    from wideberth.layered import shown

    with complaints():
        effective = effective_configuration(folder / CONFIGURATION_FILE, os.environ)
        for each in shown(effective.configuration, effective.layers):
            line = f"# {each.key} =" if each.value is None else f"{each.key} = {each.value}"
            print(f"{line}  # {each.source}")
