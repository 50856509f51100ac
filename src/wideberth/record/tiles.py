"""Tiles: the tree's hashes as static pieces of 256, from which anybody computes root and proofs.

C2SP tlog-tiles. The hash *i* of tile (level, index) is that of the complete subtree over 256^level
leaves number ``index * 256 + i``. A full tile never changes; the last one of a level is partial,
and named by its width. Only hash tiles: entry bundles would show envelopes to whoever fetches
them, and those are told by visibility.

Pure. :class:`TiledTree` is the other side: a tree of which only tiles are at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from wideberth.errors import InvalidValue
from wideberth.record.merkle import (
    HASH_BYTES,
    Node,
    consistency_proof,
    inclusion_proof,
    node_hash,
    tree_root,
)

__all__ = [
    "TILE_HASHES",
    "Tile",
    "TiledTree",
    "is_in_tree",
    "parse_tile_path",
    "tile_bytes",
    "tile_path",
    "tiles_of",
]

TILE_HASHES = 256
_HEIGHT = 8  # levels of the tree that a tile spans: 2**8 hashes
_MAX_LEVEL = 63  # tlog-tiles; a tree of 2**63 leaves has tiles of levels 0 to 7
_PATH = re.compile(
    r"(0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6})([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)

FetchTile = Callable[["Tile"], bytes]
"""``fetch(tile)``: its bytes, 32 for each of its width."""


class Tile(msgspec.Struct, frozen=True):
    """One tile. width: hashes in it, 1 to 256."""

    level: int
    index: int
    width: int = TILE_HASHES


def tile_path(tile: Tile) -> str:
    """Where a log serves it, below ``tile/``.

    >>> tile_path(Tile(0, 1234067)), tile_path(Tile(1, 5, 17))
    ('0/x001/x234/067', '1/005.p/17')
    """
    groups = [f"{tile.index % 1000:03}"]
    rest = tile.index // 1000
    while rest:
        groups.append(f"x{rest % 1000:03}")
        rest //= 1000
    partial = "" if tile.width == TILE_HASHES else f".p/{tile.width}"
    return f"{tile.level}/{'/'.join(reversed(groups))}{partial}"


def parse_tile_path(path: str) -> Tile:
    """The inverse of tile_path. Raises InvalidValue for any other spelling.

    >>> parse_tile_path("0/x001/x234/067.p/5")
    Tile(level=0, index=1234067, width=5)
    """
    match = _PATH.fullmatch(path)
    if match is not None:
        level, higher, last, width = match.groups()
        index = int(higher.replace("x", "").replace("/", "") + last)
        tile = Tile(int(level), index, int(width) if width else TILE_HASHES)
        if tile.level <= _MAX_LEVEL and tile_path(tile) == path and int(width or 1) < TILE_HASHES:
            return tile
    raise InvalidValue("tile", "tile", path, "give <level>/<index>[.p/<width>], as in 0/x001/067")


def is_in_tree(tile: Tile, size: int) -> bool:
    """Whether every hash of the tile is complete in a tree of size leaves."""
    return (tile.index * TILE_HASHES + tile.width) << (_HEIGHT * tile.level) <= size


def tile_bytes(node: Node, tile: Tile) -> bytes:
    """The tile's hashes, of a tree that has it (:func:`is_in_tree`)."""
    first = tile.index * TILE_HASHES
    level = _HEIGHT * tile.level
    return b"".join(node(level, first + i) for i in range(tile.width))


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a tree of size leaves, level by level, the partial one of each last.

    >>> [tile_path(tile) for tile in tiles_of(514)]
    ['0/000', '0/001', '0/002.p/2', '1/000.p/2']
    """
    level = 0
    while hashes := size >> (_HEIGHT * level):
        full, width = divmod(hashes, TILE_HASHES)
        yield from (Tile(level, index) for index in range(full))
        if width:
            yield Tile(level, full, width)
        level += 1


class TiledTree:
    """A tree of size leaves, each tile fetched once, when it is needed.

    What tiles say is not believed: a root or a proof that is computed here is to be checked against
    a signed root. Mutable (it keeps what it fetched); belongs to its maker.
    """

    def __init__(self, size: int, fetch: FetchTile) -> None:
        self.size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], bytes] = {}

    def root(self, size: int | None = None) -> bytes:
        """The root of the first size leaves; of all for None. Raises what fetch does."""
        return tree_root(self._node, self.size if size is None else size)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """RFC 6962 2.1.1, in the whole tree. Raises InvalidValue outside of it."""
        return inclusion_proof(self._node, index, self.size)

    def consistency_proof(self, old: int) -> list[bytes]:
        """RFC 6962 2.1.2, from old leaves to all. Raises InvalidValue beyond the tree."""
        return consistency_proof(self._node, old, self.size)

    def _node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree: in a tile, or made of 2**n neighbours in one."""
        tile_level, height = divmod(level, _HEIGHT)
        number, place = divmod(index << height, TILE_HASHES)
        data = self._tile(tile_level, number)
        hashes = [
            data[at * HASH_BYTES : (at + 1) * HASH_BYTES]
            for at in range(place, place + (1 << height))
        ]
        while len(hashes) > 1:
            hashes = [node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
        return hashes[0]

    def _tile(self, level: int, index: int) -> bytes:
        found = self._tiles.get((level, index))
        if found is None:
            hashes = (self.size >> (_HEIGHT * level)) - index * TILE_HASHES
            tile = Tile(level, index, min(hashes, TILE_HASHES))
            found = self._fetch(tile)
            if len(found) != tile.width * HASH_BYTES:
                raise InvalidValue(
                    f"tile {tile_path(tile)}",
                    "length",
                    len(found),
                    f"want {tile.width * HASH_BYTES} bytes",
                )
            self._tiles[level, index] = found
        return found
