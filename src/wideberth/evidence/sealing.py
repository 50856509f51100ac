"""A sealed text in a bundle of evidence, for words that somebody shows beside it."""

from __future__ import annotations

import msgspec

from wideberth.errors import InvalidValue
from wideberth.evidence.alone.container import unpacked
from wideberth.model.entries import SpaceOpened, decode_entry
from wideberth.model.keeping import EpochOpened
from wideberth.model.sealed import SealedText, TextSealed

__all__ = ["sealed_in"]


class _Line(msgspec.Struct):
    position: int
    envelope: str


_decoder = msgspec.json.Decoder(_Line)


def sealed_in(data: bytes, name: str) -> tuple[int, str, SealedText]:
    """Where a sealed text stands in a bundle that verified, the space's name there, and the text.

    Raises InvalidValue where the bundle does not have it.
    """
    origin = ""
    for line in unpacked(data)["entries.jsonl"].splitlines():
        entry = _decoder.decode(line)
        body = decode_entry(entry.envelope.encode(), position=entry.position).body
        match body:
            case SpaceOpened(origin=opened) | EpochOpened(origin=opened):
                origin = opened
            case TextSealed(id=found, text=text) if found == name:
                return entry.position, origin, text
            case _:
                pass
    raise InvalidValue("id", "not-in-evidence", name, "the bundle has no sealed text of this id")
