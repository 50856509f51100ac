"""What the host's own commands share: the node of a folder, opened, asked and closed."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from wideberth.errors import (
    InvalidValue,
    Overloaded,
    RecordCorrupt,
    WideberthError,
    system_reason,
)
from wideberth.model.exercises import EXERCISE_WORD, is_exercise_name

if TYPE_CHECKING:
    from wideberth.model.commands import Command
    from wideberth.model.ids import PartyId
    from wideberth.model.keeping import HostAction
    from wideberth.node import Node
    from wideberth.record.sqlite import SqliteRecord
    from wideberth.service import Applied

__all__ = [
    "BAD_INPUT",
    "NO",
    "FolderOption",
    "asked",
    "complain",
    "complaints",
    "duration_s",
    "host_did",
    "host_did_in",
    "on_node",
    "opened",
    "printable",
    "progress_bar",
    "read_notes",
    "say_exercise",
    "say_exercise_of",
]

NO, BAD_INPUT = 1, 2  # exit codes

FolderOption = Annotated[
    Path,
    typer.Option(
        "--folder", metavar="FOLDER", envvar="WIDEBERTH_FOLDER", help="The folder of the node."
    ),
]

_DURATION = re.compile(r"(\d{1,7})\s*([smhd])", re.ASCII)
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
T = TypeVar("T")


def on_node(folder: Path, act: Callable[[Node], Awaitable[T]], *, must_exist: bool = False) -> T:
    """What act gives on the running node of the folder. Says on standard error what was made."""
    from wideberth.node import Node

    async def run() -> T:
        async with Node.open(folder, must_exist=must_exist) as node:
            for made in node.made:
                complain(f"made {made}")
            for note in node.notes:
                complain(f"note: {note}")
            return await act(node)

    with complaints():
        return asyncio.run(run())


async def asked(node: Node, command: Command) -> Applied:
    """What the host's command did. Raises InvalidValue with the rules' words where they refuse."""
    from wideberth.model.refusals import Refusal

    done = await node.command(command)
    if isinstance(done, Refusal):
        raise InvalidValue(done.field or "request", done.rule, done.value, done.advice)
    return done


async def host_did(
    node: Node, action: HostAction, party: PartyId | None = None, what: str = ""
) -> None:
    """Put what the host did into the record, for whom it concerns (S-09).

    Where the record takes nothing now (it was restored, its key is elsewhere), it says so: the
    host is not kept from what it has to do.
    """
    from wideberth.model.commands import RecordHostAction

    known = party if party in node.service.picture.parties else None
    told = what if known == party else f"{party}: {what}"
    try:
        await asked(node, RecordHostAction(action, known, told))
    except WideberthError as error:
        complain(f"note: not in the record: {error}")


def host_did_in(folder: Path, action: HostAction, what: str = "") -> None:
    """The same for a folder that no node of this process has open."""
    from wideberth.node import Node

    async def run() -> None:
        try:
            async with Node.open(folder, must_exist=True) as node:
                await host_did(node, action, what=what)
        except WideberthError as error:
            complain(f"note: not in the record: {error}")

    asyncio.run(run())


@contextmanager
def opened(folder: Path) -> Generator[SqliteRecord]:
    """The record of a folder, for reading only: nothing is made, nothing is folded."""
    from wideberth.atrest import vault_of
    from wideberth.record.sqlite import SqliteRecord

    record = SqliteRecord(folder, vault=vault_of(folder))
    try:
        yield record
    finally:
        record.close()


def say_exercise(origin: str, *, exercise: bool = False) -> None:
    """Say on standard error that what is shown is of an exercise, where it is (X-03).

    exercise: as the record has it; one that was opened before names said so is found by that.
    """
    if exercise or is_exercise_name(origin):
        complain(f"{EXERCISE_WORD}: nothing of this is real ({origin})")


def say_exercise_of(folder: Path) -> None:
    """The same of a node's folder; nothing where there is no record, or it cannot be read: whoever
    goes on to read it says why.
    """
    from wideberth.atrest import vault_of
    from wideberth.record.database import RECORD_FILE
    from wideberth.record.sqlite import SqliteRecord

    if not (folder / RECORD_FILE).exists():
        return
    with suppress(WideberthError, OSError):
        record = SqliteRecord(folder, vault=vault_of(folder, is_needed=False))
        try:
            origin, opened_so = record.origin, False
            if not is_exercise_name(origin):
                with suppress(WideberthError):  # sealed, and no key at hand
                    opened_so = _is_opened_as_exercise(record)
            say_exercise(origin, exercise=opened_so)
        finally:
            record.close()


def _is_opened_as_exercise(record: SqliteRecord) -> bool:
    from wideberth.model.entries import SpaceOpened, decode_entry

    rows = record.read(0, 1)
    if not rows or rows[0].erased_by is not None:
        return False
    body = decode_entry(rows[0].envelope, position=0).body
    return isinstance(body, SpaceOpened) and body.exercise


@contextmanager
def complaints() -> Generator[None]:
    """Errors made on purpose become one line on standard error and an exit code."""
    try:
        yield
    except RecordCorrupt as error:
        complain(f"wideberth: the record does not verify: {error}")
        raise typer.Exit(NO) from None
    except Overloaded as error:
        complain(f"wideberth: {error}")
        raise typer.Exit(NO) from None
    except InvalidValue as error:
        came = "" if error.value is None else f", got {error.value!r}"
        complain(f"wideberth: {error.field}: {error.advice} [{error.rule}{came}]")
        raise typer.Exit(BAD_INPUT) from None
    except WideberthError as error:
        complain(f"wideberth: {error}")
        raise typer.Exit(BAD_INPUT) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def read_notes(paths: Iterable[Path], *, option: str = "--checkpoint") -> list[str]:
    """The texts of files with signed heads. Raises InvalidValue."""
    from wideberth.record.notes import parse_note

    read: list[str] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
            parse_note(text)
        except OSError as error:
            raise InvalidValue(option, "unreadable", str(path), system_reason(error)) from None
        except ValueError as error:  # no text, or no note
            rule = error.rule if isinstance(error, InvalidValue) else "utf-8"
            why = "give what `GET /api/v1/record/checkpoint` answered, as it came"
            raise InvalidValue(option, rule, str(path), why) from None
        read.append(text)
    return read


def complain(text: str) -> None:
    """A line on standard error, also where its encoding cannot say all of it."""
    encoding = sys.stderr.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)


def printable(words: str) -> str:
    """The words without what would move a terminal's cursor or hide in it."""
    return "".join(
        each if each.isprintable() or each in "\n\t" else f"[U+{ord(each):04X}]" for each in words
    )


def duration_s(text: str, *, option: str) -> int:
    """Seconds of ``45s``, ``30m``, ``8h`` or ``7d``. Raises InvalidValue.

    >>> duration_s("8h", option="--for")
    28800
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise InvalidValue(option, "duration", text, "give a number and s, m, h or d, like 8h")
    return int(match[1]) * _UNIT_S[match[2]]


@contextmanager
def progress_bar(what: str) -> Generator[Callable[[int, int], None] | None]:
    """A bar on standard error, where somebody sees it: called with entries done and in all."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
