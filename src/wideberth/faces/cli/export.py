"""``wideberth export``: what one party may read of the record, with proofs."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.faces.cli._host import complain, complaints, opened, progress_bar
from wideberth.faces.cli._keptout import export_positions, writer_for
from wideberth.faces.cli._material import FromOption, ToOption, window_of
from wideberth.model.ids import PartyId, require_party_id

if TYPE_CHECKING:
    from wideberth.model.entries import Entry
    from wideberth.picture.picture import Picture
    from wideberth.record.sqlite import SqliteRecord

__all__ = ["command"]

_PAGE = 500


def command(
    party: Annotated[str, typer.Option(metavar="PARTY", help="Whose export it is.")],
    folder: Annotated[
        Path,
        typer.Option("--folder", metavar="FOLDER", envvar="WIDEBERTH_FOLDER", help="The node."),
    ] = Path("wideberth-data"),
    from_time: FromOption = None,
    to_time: ToOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this file, mode 0600.")
    ] = None,
    positions: Annotated[
        bool,
        typer.Option("--positions", help="The kept positions instead, as .parquet or .csv."),
    ] = False,
) -> None:
    """Write every entry that a party may read, as JSON lines, each with its proof.

    The first line is a header. The proofs hold against its checkpoint; `wideberth replay` checks
    them. Places of people to be spared go to nobody but their owner and those it named.
    With --positions: the positions that the party could see when they came, a row each, with the
    entry that holds the digest of what each was kept in.
    """
    with complaints():
        window_us = window_of(from_time, to_time)
        reader = require_party_id(party, field="--party")
        if positions:
            write = writer_for(out)
            with opened(folder) as record, _written(out) as file:
                count = export_positions(folder, record, reader, window_us, write, file)
            complain(f"exported {count} positions to {party}")
            return
        with opened(folder) as record, _written(out) as file:
            count = _export(record, reader, window_us, file)
        complain(f"exported {count} entries to {party}")


def _export(
    record: SqliteRecord, party: PartyId, window_us: tuple[int, int], file: IO[bytes]
) -> int:
    from wideberth.model.entries import PartyRegistered, decode_entry
    from wideberth.model.nearest import no_such_party
    from wideberth.picture.agreements import fold_agreements
    from wideberth.picture.needs import fold_needs
    from wideberth.picture.picture import Picture

    note = record.checkpoint()
    size = int(note.split("\n", 2)[1])
    file.write(_header(record, party, window_us, note))
    count, known = 0, set[PartyId]()
    agreed = Picture()  # what of the record limits who sees what
    with progress_bar("exporting") as bar:
        for begin in range(0, size, _PAGE):
            for row in record.read(begin, min(_PAGE, size - begin)):
                if row.erased_by is not None:
                    continue
                entry = decode_entry(row.envelope, position=row.position)
                fold_agreements(agreed, entry)
                fold_needs(agreed, entry)
                if isinstance(entry.body, PartyRegistered):
                    known.add(entry.body.party.id)
                if window_us[0] <= entry.time_us < window_us[1] and may_be_exported(
                    agreed, entry, party
                ):
                    proof = record.inclusion_proof(row.position, size)
                    file.write(_line(row.position, row.salt, row.envelope, proof))
                    count += 1
            if bar is not None:
                bar(min(size, begin + _PAGE), size)
    if party not in known:
        raise InvalidValue("--party", "party-unknown", party, no_such_party(party, known))
    return count


def may_be_exported(picture: Picture, entry: Entry, party: PartyId) -> bool:
    """What the party may read; a presence only as its owner or one it named, whatever its level."""
    from wideberth.model.entries import IntentAccepted, IntentAmended
    from wideberth.model.intents import IntentKind
    from wideberth.picture.visibility import is_readable

    body = entry.body
    if isinstance(body, IntentAccepted | IntentAmended) and body.intent.kind is IntentKind.PRESENCE:
        intent = body.intent
        named = party == intent.party or party in intent.visibility.parties
        return named and is_readable(picture, entry, party)
    return is_readable(picture, entry, party)


def _header(record: SqliteRecord, party: PartyId, window_us: tuple[int, int], note: str) -> bytes:
    import msgspec

    from wideberth.model.exercises import is_exercise_name
    from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
    from wideberth.space.time import MAX_US, MIN_US, format_rfc3339

    begin_us, end_us = window_us
    header = {
        "wideberth_export": 1,
        "origin": record.origin,
        "exercise": is_exercise_name(record.origin),
        "vkey": record.vkey,
        "party": party,
        "from": None if begin_us == MIN_US else format_rfc3339(begin_us),
        "to": None if end_us > MAX_US else format_rfc3339(end_us),
        "checkpoint": note,
        "acknowledgement": NEITHER_PERMISSION_NOR_GUARANTEE,
        "rests_on": "only what this party may read; no information is not clearance",
    }
    return msgspec.json.encode(header) + b"\n"


def _line(position: int, salt: bytes, envelope: bytes, proof: list[bytes]) -> bytes:
    """Envelope stands as text: its exact bytes are what the leaf commits to."""
    import msgspec

    line = {"position": position, "salt": salt, "envelope": envelope.decode(), "proof": proof}
    return msgspec.json.encode(line) + b"\n"


@contextmanager
def _written(out: Path | None) -> Generator[IO[bytes]]:
    """Standard output, or a file that is there whole or not at all."""
    if out is None:
        try:
            yield sys.stdout.buffer
            sys.stdout.flush()
        except BrokenPipeError:  # the reader has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    part = out.with_name(f"{out.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise RecordUnavailable(f"{part}: {system_reason(error)}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        part.replace(out)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
