"""Tiles against the definition, and a reader that has nothing but tiles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.merkle import (
    Frontier,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    node_number,
    tree_root,
)
from wideberth.record.tiles import (
    TILE_HASHES,
    Tile,
    TiledTree,
    is_in_tree,
    parse_tile_path,
    tile_bytes,
    tile_path,
    tiles_of,
)

SIZE = 66_000  # beyond 256 * 256, so that three levels have tiles


class Tree:
    def __init__(self, size: int) -> None:
        self.leaf_hashes = [leaf_hash(b"%d" % i) for i in range(size)]
        self.nodes = Frontier().append(self.leaf_hashes)

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[node_number(level, index)] if level else self.leaf_hashes[index]


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(SIZE)


def folder_of(tree: Tree, size: int) -> dict[str, bytes]:
    """Every tile of a tree by its path: what a static server would hold."""
    return {tile_path(tile): tile_bytes(tree.node, tile) for tile in tiles_of(size)}


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        pytest.param(Tile(0, 0), "0/000", id="the first"),
        pytest.param(Tile(0, 999, 1), "0/999.p/1", id="partial"),
        pytest.param(Tile(2, 1000, 255), "2/x001/000.p/255", id="two groups"),
        pytest.param(Tile(63, 1234067), "63/x001/x234/067", id="the example of the text"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile_path(tile) == path
    assert parse_tile_path(path) == tile


@given(st.integers(0, 63), st.integers(0, 2**55), st.integers(1, 256))
def test_every_path_reads_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_tile_path(tile_path(tile)) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "0/0",
        "0/0000",
        "00/000",
        "64/000",
        "-1/000",
        "0/x000/000",
        "0/001/000",
        "0/x001/x000",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/000.p/",
        "0/000/",
        "entries/000",
        "0/٠٠٠",
        "0/000\n",
    ],
)
def test_no_other_spelling(path: str) -> None:
    with pytest.raises(InvalidValue, match="tile"):
        parse_tile_path(path)


def test_the_tiles_of_a_tree_are_those_of_the_specification() -> None:
    """Its example: 273 full ones, one of 112, one full, one of 17, one of 1."""
    found = list(tiles_of(70_000))
    assert sum(t.level == 0 and t.width == TILE_HASHES for t in found) == 273
    assert [t for t in found if t.level or t.width < TILE_HASHES] == [
        Tile(0, 273, 112),
        Tile(1, 0),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.integers(0, 3), st.integers(0, 300), st.integers(1, 256), st.integers(0, 70_000))
def test_a_tile_is_served_once_all_its_leaves_are_there(
    level: int, index: int, width: int, size: int
) -> None:
    last_leaf = (index * 256 + width) * 256**level - 1
    assert is_in_tree(Tile(level, index, width), size) == (last_leaf < size)


def test_a_hash_of_a_level_is_the_root_of_the_full_tile_below(tree: Tree) -> None:
    below = tile_bytes(tree.node, Tile(0, 3))
    hashes = [below[at : at + 32] for at in range(0, 8192, 32)]
    while len(hashes) > 1:
        hashes = [node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
    assert len(below) == 8192
    assert tile_bytes(tree.node, Tile(1, 0))[3 * 32 : 4 * 32] == hashes[0]


@settings(max_examples=60)
@given(st.data())
def test_root_and_proofs_come_from_tiles_alone(tree: Tree, data: st.DataObject) -> None:
    size = data.draw(st.sampled_from([1, 2, 255, 256, 257, 513, 65_535, 65_536, 65_537, SIZE]))
    fetched: list[Tile] = []

    def fetch(tile: Tile) -> bytes:
        assert is_in_tree(tile, size)
        assert tile in [*tiles_of(size)] if size < 1000 else True
        fetched.append(tile)
        return tile_bytes(tree.node, tile)

    tiled = TiledTree(size, fetch)
    root = tree_root(tree.node, size)
    assert tiled.root() == root
    index = data.draw(st.integers(0, size - 1))
    proof = tiled.inclusion_proof(index)
    assert is_included(tree.leaf_hashes[index], index, size, proof=proof, root=root)
    old = data.draw(st.integers(1, size))
    ends = {"old_root": tree_root(tree.node, old), "new_root": root}
    assert tiled.root(old) == ends["old_root"]
    assert is_consistent(old, size, proof=tiled.consistency_proof(old), **ends)
    assert len(fetched) == len(set(fetched)) <= 12  # a few for each level, each once


def test_a_wrong_hash_in_a_tile_shows(tree: Tree) -> None:
    """The planted fault: one bit of one tile."""
    held = folder_of(tree, 600)
    root = tree_root(tree.node, 600)
    assert TiledTree(600, lambda tile: held[tile_path(tile)]).root() == root
    last = held["0/002.p/88"]
    held["0/002.p/88"] = bytes([last[0] ^ 1]) + last[1:]
    assert TiledTree(600, lambda tile: held[tile_path(tile)]).root() != root


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_tile_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidValue, match="want 32 bytes"):
        TiledTree(1, lambda _: bytes(length)).root()


def test_a_record_serves_its_tiles(key: OriginKey) -> None:
    record = MemoryRecord(key)
    record.append([b"%d" % i for i in range(300)], 0, time_us=1)
    tiled = TiledTree(300, record.tile)
    assert tiled.root() == record.head().root
    with pytest.raises(InvalidValue, match="in-tree"):
        record.tile(Tile(0, 1, 45))
