"""Reading an export back: its header, and its entries with their proofs checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.model.entries import Entry, decode_entry
from wideberth.model.envelope import SALT_BYTES, leaf
from wideberth.record.merkle import is_included, leaf_hash
from wideberth.record.notes import Checkpoint, parse_vkey, verified_checkpoint

__all__ = ["Header", "entries", "read_header", "verified"]


class Header(msgspec.Struct, frozen=True):
    """The first line of an export, as far as it matters here."""

    wideberth_export: int
    origin: str
    vkey: str
    party: str
    checkpoint: str


class _Line(msgspec.Struct, frozen=True):
    position: int
    salt: bytes
    envelope: str
    proof: tuple[bytes, ...]


_header_decoder = msgspec.json.Decoder(Header)
_line_decoder = msgspec.json.Decoder(_Line)


def read_header(path: Path) -> Header:
    """The header of an export. Raises InvalidValue, RecordUnavailable."""
    try:
        with path.open("rb") as file:
            header = _header_decoder.decode(file.readline())
    except OSError as error:
        raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(
            str(path), "export", str(error), "give a folder, or what wideberth export wrote"
        ) from error
    if header.wideberth_export != 1:
        raise InvalidValue(
            str(path), "export-version", header.wideberth_export, "this program reads version 1"
        )
    return header


def verified(header: Header, vkey: str | None) -> Checkpoint:
    """The export's checkpoint, its signature checked under vkey or the key it names itself.

    Raises InvalidValue.
    """
    return verified_checkpoint(header.checkpoint, parse_vkey(vkey or header.vkey))


def entries(path: Path, checkpoint: Checkpoint) -> Iterator[Entry]:
    """The entries in order, each proved to stand at its position under the checkpoint.

    Raises InvalidValue naming the first line that does not hold.
    """
    last = -1
    with path.open("rb") as file:
        file.readline()
        for number, text in enumerate(file, start=2):
            try:
                line = _line_decoder.decode(text)
                envelope = line.envelope.encode()
            except (msgspec.DecodeError, UnicodeError) as error:
                raise InvalidValue(
                    f"line {number}", "export", str(error), "not an entry"
                ) from error
            if not last < line.position < checkpoint.size or len(line.salt) != SALT_BYTES:
                raise InvalidValue(
                    f"line {number}", "export-order", line.position, "positions must rise"
                )
            if not is_included(
                leaf_hash(leaf(line.salt, envelope)),
                line.position,
                checkpoint.size,
                proof=line.proof,
                root=checkpoint.root,
            ):
                raise InvalidValue(
                    f"line {number}", "inclusion", line.position, "the proof does not hold"
                )
            last = line.position
            yield decode_entry(envelope, position=line.position)
