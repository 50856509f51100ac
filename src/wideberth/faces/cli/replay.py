"""``wideberth replay``: fold a record, or an export of it, again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import NO, complain, complaints, opened, progress_bar, say_exercise

if TYPE_CHECKING:
    from wideberth.faces.cli._rewatch import Window
    from wideberth.model.entries import Entry, SnapshotRecorded
    from wideberth.picture.picture import Picture

__all__ = ["command"]

_PAGE = 1_000
_MOST_DAYS = 31


def command(
    source: Annotated[
        Path,
        typer.Argument(metavar="[SOURCE]", help="The folder of a record, or an export of one."),
    ] = Path("wideberth-data"),
    vkey: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The record's public key, to check an export against."),
    ] = None,
    from_time: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Watch the folder again from this time on."),
    ] = None,
    to_time: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Up to this time, with --from.")
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=0.01, metavar="X", help="Seconds of the window in one. [default: all at once]"
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Watch with the [watch] of this configuration."),
    ] = None,
) -> None:
    """Fold a record again, twice, and print what happened and the digest of the picture.

    Of an export, each entry's proof is checked first; its digest is of what that party may read.
    Of a folder, the digest of each recorded snapshot is compared; where entries were erased, it is
    folded from the newest snapshot on, as a node does.
    With --from and --to: the kept positions of a folder are watched again, and the warnings that
    come of it stand beside those in the record. Nothing is recorded, and nobody is told.
    Exit code 1: digests differ, or an entry does not stand where the export says.
    """
    from wideberth.snapshots import Checker

    with complaints():
        window = _window(from_time, to_time, speed, settings)
        if window is not None:
            _watch_again(source, window)
            return
        begin, read = _of_folder(source) if source.is_dir() else _of_export(source, vkey)
        with progress_bar("folding") as bar:
            recorded: list[SnapshotRecorded] = []
            first, counts, times = _folded(begin(), read(), bar, recorded=recorded)
            # An export is a part of the record: what it folds to is nobody's snapshot.
            checker = Checker(recorded if source.is_dir() else ())
            second, _, _ = _folded(begin(), read(), bar, look=checker)
    if times:
        from wideberth.space.time import format_rfc3339

        print(f"from     {format_rfc3339(times[0])}")
        print(f"to       {format_rfc3339(times[1])}")
    for name, count in sorted(counts.items()):
        print(f"{count:8}  {name}")
    print(f"{counts.total():8}  entries")
    print(f"digest   {first}")
    if first != second:
        complain(f"wideberth: folded again it is {second}: the fold is not deterministic")
        raise typer.Exit(NO)
    if checker.checked:
        print(f"{checker.checked:8}  recorded snapshots compared")
    for each in checker.wrong:
        complain(f"wideberth: the snapshot of {each.size} entries was recorded as {each.digest}")
    if checker.wrong:
        raise typer.Exit(NO)


def _window(
    from_time: str | None, to_time: str | None, speed: float | None, settings: Path | None
) -> Window | None:
    """What the options ask to be watched again; None: nothing. Raises InvalidValue."""
    from wideberth.errors import InvalidValue
    from wideberth.faces.cli._rewatch import Window
    from wideberth.space.time import DAY_US, parse_rfc3339

    if from_time is None or to_time is None:
        asked = {"--to": to_time, "--from": from_time, "--speed": speed, "--settings": settings}
        for option, value in asked.items():
            if value is not None:
                raise InvalidValue(
                    option, "window", str(value), "give --from and --to: the window to watch again"
                )
        return None
    begin_us = parse_rfc3339(from_time, field="--from")
    end_us = parse_rfc3339(to_time, field="--to")
    if end_us <= begin_us:
        raise InvalidValue("--to", "after-from", to_time, f"give a time after {from_time}")
    if end_us - begin_us > _MOST_DAYS * DAY_US:
        advice = f"give a window of up to {_MOST_DAYS} days: each second of it is looked at"
        raise InvalidValue("--to", "window-length", to_time, advice)
    if speed is not None and not math.isfinite(speed):
        raise InvalidValue("--speed", "finite", speed, "give a number, or leave it out")
    return Window(begin_us, end_us, speed, settings)


def _watch_again(folder: Path, window: Window) -> None:
    """Raises InvalidValue where the window cannot be watched again."""
    from wideberth.errors import InvalidValue
    from wideberth.faces.cli._rewatch import rewatch

    if not folder.is_dir():
        raise InvalidValue(
            "SOURCE", "folder", str(folder), "give the folder of a node: an export has no positions"
        )
    begin, read = _of_folder(folder)
    rewatch(folder, begin(), read(), window)


def _folded(
    picture: Picture,
    entries: Iterable[Entry],
    bar: Callable[[int, int], None] | None,
    *,
    recorded: list[SnapshotRecorded] | None = None,
    look: Callable[[Picture], None] | None = None,
) -> tuple[str, Counter[str], tuple[int, int] | None]:
    """Digest, entries by type, and the first and last time.

    picture: what is folded onto. recorded: takes in what is said of snapshots. look: called with
    the picture at the start and after each entry.
    """
    from wideberth.model.entries import SnapshotRecorded
    from wideberth.picture.fold import fold

    counts: Counter[str] = Counter()
    times: tuple[int, int] | None = None
    if look is not None:
        look(picture)
    for entry in entries:
        fold(picture, entry)
        if look is not None:
            look(picture)
        if recorded is not None and isinstance(entry.body, SnapshotRecorded):
            recorded.append(entry.body)
        counts[type(entry.body).__name__] += 1
        times = (times[0] if times else entry.time_us, entry.time_us)
        if bar is not None and picture.size % _PAGE == 0:
            bar(picture.size, 0)
    return picture.digest(), counts, times


def _of_folder(folder: Path) -> tuple[Callable[[], Picture], Callable[[], Iterator[Entry]]]:
    """What to fold onto, made anew each time, and the entries from there on."""
    from wideberth.errors import RecordUnavailable
    from wideberth.model.entries import decode_entry

    start = _start_of(folder).size
    if start:
        complain(f"note: entries were erased; folded from the snapshot of {start} entries on")

    def read() -> Iterator[Entry]:
        with opened(folder) as record:
            position = start
            while rows := record.read(position, _PAGE):
                for row in rows:
                    if row.erased_by is not None:
                        raise RecordUnavailable(f"entry {row.position} was erased now; try again")
                    yield decode_entry(row.envelope, position=row.position)
                position += len(rows)

    return (lambda: _start_of(folder)), read


def _start_of(folder: Path) -> Picture:
    """An empty picture, or the newest snapshot's where entries were erased. Raises RecordError."""
    from wideberth.atrest import vault_of
    from wideberth.errors import RecordUnavailable
    from wideberth.picture.picture import Picture
    from wideberth.snapshots import restored

    with opened(folder) as record:
        last = record.last_erased()
        if last is None:
            return Picture()
        notes: list[str] = []
        picture = restored(folder, record, notes, vault=vault_of(folder))
    if picture.size <= last:
        why = "; ".join(notes)
        raise RecordUnavailable(
            f"entry {last} was erased, and no snapshot beyond it can be read; {why}".rstrip("; ")
        )
    return picture


def _of_export(
    path: Path, vkey: str | None
) -> tuple[Callable[[], Picture], Callable[[], Iterator[Entry]]]:
    """The entries of an export, every one proved. Raises InvalidValue naming the first bad line."""
    from wideberth.errors import InvalidValue
    from wideberth.faces.cli import _exported
    from wideberth.picture.picture import Picture

    header = _exported.read_header(path)
    checkpoint = _exported.verified(header, vkey)
    if vkey is None:
        complain("note: checked under the key that the export names; give --vkey to be sure")
    say_exercise(checkpoint.origin)
    complain(f"note: this is what {header.party} may read; the digest is of that")

    def read() -> Iterator[Entry]:
        try:
            yield from _exported.entries(path, checkpoint)
        except InvalidValue as error:
            from wideberth.errors import RecordCorrupt

            raise RecordCorrupt(None, f"{path.name}: {error}") from error

    return Picture, read
