"""``wideberth replay``: fold a record, or an export of it, again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import NO, complain, complaints, opened, progress_bar

if TYPE_CHECKING:
    from wideberth.model.entries import Entry, SnapshotRecorded
    from wideberth.picture.picture import Picture

__all__ = ["command"]

_PAGE = 1_000


def command(
    source: Annotated[
        Path,
        typer.Argument(metavar="[SOURCE]", help="The folder of a record, or an export of one."),
    ] = Path("wideberth-data"),
    vkey: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The record's public key, to check an export against."),
    ] = None,
) -> None:
    """Fold a record again, twice, and print what happened and the digest of the picture.

    Of an export, each entry's proof is checked first; its digest is of what that party may read.
    Of a folder, the digest of each recorded snapshot is compared.
    Exit code 1: digests differ, or an entry does not stand where the export says.
    """
    from wideberth.snapshots import Checker

    with complaints():
        read = (lambda: _of_folder(source)) if source.is_dir() else _of_export(source, vkey)
        with progress_bar("folding") as bar:
            recorded: list[SnapshotRecorded] = []
            first, counts, times = _folded(read(), bar, recorded=recorded)
            # An export is a part of the record: what it folds to is nobody's snapshot.
            checker = Checker(recorded if source.is_dir() else ())
            second, _, _ = _folded(read(), bar, look=checker)
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


def _folded(
    entries: Iterable[Entry],
    bar: Callable[[int, int], None] | None,
    *,
    recorded: list[SnapshotRecorded] | None = None,
    look: Callable[[Picture], None] | None = None,
) -> tuple[str, Counter[str], tuple[int, int] | None]:
    """Digest, entries by type, and the first and last time.

    recorded: takes in what is said of snapshots. look: called with the picture after each entry.
    """
    from wideberth.model.entries import SnapshotRecorded
    from wideberth.picture.fold import fold
    from wideberth.picture.picture import Picture

    picture: Picture = Picture()
    counts: Counter[str] = Counter()
    times: tuple[int, int] | None = None
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


def _of_folder(folder: Path) -> Iterator[Entry]:
    from wideberth.errors import RecordUnavailable
    from wideberth.model.entries import decode_entry

    with opened(folder) as record:
        position = 0
        while rows := record.read(position, _PAGE):
            for row in rows:
                if row.erased_by is not None:
                    raise RecordUnavailable(
                        f"entry {row.position} was erased, so this record folds only from a"
                        " snapshot on, as a node does; check it with wideberth verify"
                    )
                yield decode_entry(row.envelope, position=row.position)
            position += len(rows)


def _of_export(path: Path, vkey: str | None) -> Callable[[], Iterator[Entry]]:
    """The entries of an export, every one proved. Raises InvalidValue naming the first bad line."""
    from wideberth.errors import InvalidValue
    from wideberth.faces.cli import _exported

    header = _exported.read_header(path)
    checkpoint = _exported.verified(header, vkey)
    if vkey is None:
        complain("note: checked under the key that the export names; give --vkey to be sure")
    complain(f"note: this is what {header.party} may read; the digest is of that")

    def read() -> Iterator[Entry]:
        try:
            yield from _exported.entries(path, checkpoint)
        except InvalidValue as error:
            from wideberth.errors import RecordCorrupt

            raise RecordCorrupt(None, f"{path.name}: {error}") from error

    return read
