"""A file that is sealed at rest in pieces, so that any part of it can be read alone.

Each piece of the plain file, the last one shorter, is sealed for the file's place and its number:
none can stand in another's place. Whether the end is missing, what is in the file says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from wideberth.watch.segments import Sealer

__all__ = ["PIECE_BYTES", "PiecesAtRest", "SealingFile"]

PIECE_BYTES = 1 << 18
"""Of the plain file, are sealed at a time."""
_SEAL_BYTES = 40  # a nonce and an authenticator


class SealingFile:
    """Writes plain bytes as sealed pieces into a file."""

    def __init__(self, file: IO[bytes], vault: Sealer, *, place: str) -> None:
        self._file, self._vault, self._place = file, vault, place
        self._rest = bytearray()
        self._number = 0

    def write(self, data: bytes) -> None:
        """The next plain bytes. Raises OSError."""
        self._rest += data
        while len(self._rest) >= PIECE_BYTES:
            self._put(PIECE_BYTES)

    def finish(self) -> None:
        """Write the last piece. Raises OSError."""
        if self._rest:
            self._put(len(self._rest))

    def _put(self, count: int) -> None:
        sealed = self._vault.seal(
            bytes(self._rest[:count]), place=_place_of(self._place, self._number)
        )
        del self._rest[:count]
        self._number += 1
        self._file.write(sealed)


class PiecesAtRest:
    """Reads plain bytes of a file of sealed pieces."""

    def __init__(
        self, read_at: Callable[[int, int], bytes], size: int, vault: Sealer, *, place: str
    ) -> None:
        """read_at: so many bytes of the sealed file from there on; size: of that, in bytes."""
        self._read_at, self._vault, self._place = read_at, vault, place
        self.size = max(0, size - -(-size // (PIECE_BYTES + _SEAL_BYTES)) * _SEAL_BYTES)
        """Of the plain file, in bytes."""
        self._last: tuple[int, bytes] = (-1, b"")  # read again, as a rule

    def read_at(self, at: int, count: int) -> bytes:
        """So many plain bytes from there on. Raises OSError, RecordCorrupt."""
        pieces = range(at // PIECE_BYTES, -(-(at + count) // PIECE_BYTES))
        data = b"".join(map(self._piece, pieces))
        begin = at - pieces.start * PIECE_BYTES
        return data[begin : begin + count]

    def _piece(self, number: int) -> bytes:
        if self._last[0] != number:
            whole = PIECE_BYTES + _SEAL_BYTES
            sealed = self._read_at(number * whole, whole)
            plain = self._vault.open(sealed, place=_place_of(self._place, number))
            self._last = (number, plain)
        return self._last[1]


def _place_of(place: str, number: int) -> str:
    return f"{place} piece {number}"
