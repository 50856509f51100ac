"""``wideberth key``: the key that signs the record's heads."""

from __future__ import annotations

import asyncio
import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.faces.cli._host import FolderOption, complain, complaints, host_did_in, opened
from wideberth.model.keeping import HostAction

__all__ = ["command"]

command = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Show, change, back up and give back the key that signs the record's heads.",
)

_FOLDER = Path("wideberth-data")
PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", help="Its first line. [default: it is asked for]"
    ),
]


@command.command()
def show(folder: FolderOption = _FOLDER) -> None:
    """Print the keys that sign or once signed the record's heads, and from which size to which."""
    with complaints(), opened(folder) as record:
        for each in record.log_keys():
            until = "now" if each.until_size is None else f"size {each.until_size}"
            print(f"{each.vkey}  from size {each.from_size} to {until}")


@command.command()
def rotate(folder: FolderOption = _FOLDER) -> None:
    """Let a new key sign the heads; the old one signs beside it until `wideberth key retire`.

    Start `wideberth serve` again afterwards: a process with the old key alone writes nothing more.
    """
    from wideberth.atrest import vault_of
    from wideberth.succession import rotate as change

    with complaints():
        vkey, done = asyncio.run(change(folder, vault=vault_of(folder)))
    print(f"key      {vkey}, from entry {done.position} on")
    complain("note: tell every party and witness this key, then: wideberth key retire")
    complain("note: start wideberth serve again where it runs")


@command.command()
def retire(folder: FolderOption = _FOLDER) -> None:
    """Let the former key sign no more. Start `wideberth serve` again afterwards."""
    from wideberth.atrest import vault_of
    from wideberth.succession import FORMER_KEYS
    from wideberth.succession import retire as end

    with complaints():
        vkey, done = asyncio.run(end(folder, vault=vault_of(folder)))
    print(f"retired  {vkey}, from entry {done.position} on")
    complain(f"note: its file in {folder / FORMER_KEYS} is needed no more; destroy it")


@command.command()
def export(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where it goes, mode 0600.")],
    folder: FolderOption = _FOLDER,
    passphrase_file: PassphraseOption = None,
) -> None:
    """Write the log's key to a file that a passphrase opens. Keep both, apart from each other."""
    from wideberth.record.keys import OriginKey, write_new
    from wideberth.record.wrapping import wrap
    from wideberth.succession import ORIGIN_KEY

    with complaints():
        path = folder / ORIGIN_KEY
        key = OriginKey.load(path)
        wrapped = wrap(path.read_bytes(), _passphrase(passphrase_file, is_new=True))
        try:
            write_new(to, wrapped)
        except OSError as error:
            raise RecordUnavailable(f"{to}: {error.strerror}") from error
    host_did_in(folder, HostAction.LOG_KEY_EXPORTED)
    print(f"exported {key.vkey} to {to}")


@command.command("import")
def give_back(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `key export` wrote.")],
    folder: FolderOption = _FOLDER,
    passphrase_file: PassphraseOption = None,
) -> None:
    """Give a folder its log's key back from what `wideberth key export` wrote."""
    from wideberth.record.keys import OriginKey, write_new
    from wideberth.record.wrapping import unwrap
    from wideberth.succession import ORIGIN_KEY, locked

    with complaints(), opened(folder) as record, locked(folder):
        path = folder / ORIGIN_KEY
        try:
            text = unwrap(file.read_bytes(), passphrase=_passphrase(passphrase_file))
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_new(path, text)
        except OSError as error:
            raise RecordUnavailable(f"{error.filename}: {error.strerror}") from error
        key = OriginKey.load(path)
        if key.vkey != record.vkey:
            path.unlink()
            raise InvalidValue("FILE", "origin", key.vkey, f"the record is signed by {record.vkey}")
    host_did_in(folder, HostAction.LOG_KEY_IMPORTED)
    print(f"gave back {key.vkey}")


@command.command("at-rest")
def make_at_rest(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file, mode 0600.")],
) -> None:
    """Make a key file that seals a folder at rest; `key_file` of `[record]` names it.

    Keep it outside of the folder, and a copy elsewhere: without it the record cannot be read.
    """
    from wideberth.record.datakey import make_key_file

    with complaints():
        make_key_file(to)
    print(f"made     {to}")
    complain("note: keep a copy elsewhere; nobody can read the record without it")


def _passphrase(path: Path | None, *, is_new: bool = False) -> str:
    """From the file, or asked for. Raises InvalidValue."""
    if path is not None:
        try:
            return path.read_text(encoding="utf-8").split("\n", 1)[0]
        except OSError as error:
            why = system_reason(error)
            raise InvalidValue("--passphrase-file", "unreadable", str(path), why) from None
        except UnicodeDecodeError:
            why = "give a passphrase in UTF-8"
            raise InvalidValue("--passphrase-file", "utf-8", str(path), why) from None
    if not sys.stdin.isatty():
        raise InvalidValue("--passphrase-file", "missing", None, "nobody is there to be asked")
    given = getpass.getpass("Passphrase: ")
    if is_new and getpass.getpass("Again: ") != given:
        raise InvalidValue("passphrase", "not-the-same", "(kept secret)", "give it twice alike")
    return given
