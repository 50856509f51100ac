"""The tree against published constants, a recursive reference, and planted faults."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.record import merkle
from wideberth.record.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    interior_nodes,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    node_number,
    range_hash,
    tree_root,
)

# The leaves and roots that implementations of RFC 6962 test with, roots of sizes 0 to 8.
REFERENCE_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
REFERENCE_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "vectors"


def reference_root(leaves: list[bytes]) -> bytes:
    """MTH, word for word as RFC 6962 2.1 defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + reference_root(leaves[:k]) + reference_root(leaves[k:])).digest()


def reference_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH, word for word as RFC 6962 2.1.1 defines it."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*reference_path(m, leaves[:k]), reference_root(leaves[k:])]
    return [*reference_path(m - k, leaves[k:]), reference_root(leaves[:k])]


def reference_subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF, word for word as RFC 6962 2.1.2 defines it."""
    if m == len(leaves):
        return [] if whole else [reference_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*reference_subproof(m, leaves[:k], whole), reference_root(leaves[k:])]
    return [*reference_subproof(m - k, leaves[k:], False), reference_root(leaves[:k])]


class Tree:
    """Stored as a record stores it: leaf hashes, and interior nodes in order of completion."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaf_hashes = [leaf_hash(leaf) for leaf in leaves]
        self.frontier = Frontier()
        self.nodes = self.frontier.append(self.leaf_hashes)

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[node_number(level, index)] if level else self.leaf_hashes[index]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_reference_ones(size: int) -> None:
    tree = Tree(REFERENCE_LEAVES[:size])
    assert tree.frontier.root().hex() == REFERENCE_ROOTS[size]
    assert tree_root(Tree(REFERENCE_LEAVES).node, size).hex() == REFERENCE_ROOTS[size]


def test_a_planted_fault_in_the_hashes_changes_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    def swapped(left: bytes, right: bytes) -> bytes:
        return sha256(b"\1" + right + left).digest()

    monkeypatch.setattr(merkle, "node_hash", swapped)
    assert Tree(REFERENCE_LEAVES).frontier.root().hex() != REFERENCE_ROOTS[8]


@given(st.lists(st.binary(max_size=3), max_size=70), st.data())
def test_tree_agrees_with_the_recursive_definition(
    leaves: list[bytes], data: st.DataObject
) -> None:
    tree = Tree(leaves)
    assert tree.frontier.root() == reference_root(leaves)
    old = data.draw(st.integers(0, len(leaves)))
    assert tree_root(tree.node, old) == reference_root(leaves[:old])
    if old:
        proof = consistency_proof(tree.node, old, len(leaves))
        assert proof == reference_subproof(old, leaves, True)
    if leaves:
        index = data.draw(st.integers(0, len(leaves) - 1))
        assert inclusion_proof(tree.node, index, len(leaves)) == reference_path(index, leaves)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_growing_in_any_steps_gives_the_same_tree(steps: list[int]) -> None:
    leaves = [leaf_hash(bytes([i])) for i in range(sum(steps))]
    stepped, nodes = Frontier(), []
    for step in steps:
        assert len(nodes) == interior_nodes(stepped.size)
        nodes += stepped.append(leaves[stepped.size : stepped.size + step])
    whole = Frontier()
    assert nodes == whole.append(leaves)
    assert stepped.root() == whole.root()


def test_a_frontier_read_from_the_store_grows_on() -> None:
    tree = Tree([bytes([i]) for i in range(100)])
    for size in range(100):
        frontier = Frontier.read(tree.node, size)
        assert frontier.root() == tree_root(tree.node, size)
        frontier.append(tree.leaf_hashes[size:])
        assert frontier.root() == tree.frontier.root()


def test_a_frontier_wants_one_hash_for_each_bit() -> None:
    with pytest.raises(ValueError, match="3 leaves has 2 hashes"):
        Frontier(3, [EMPTY_ROOT])


def test_every_proof_verifies_and_no_changed_one_does() -> None:
    tree = Tree([bytes([i]) for i in range(18)])
    roots = [tree_root(tree.node, size) for size in range(19)]
    for size in range(1, 19):
        for index in range(size):
            proof = inclusion_proof(tree.node, index, size)
            leaf, root = tree.leaf_hashes[index], roots[size]
            assert is_included(leaf, index, size, proof=proof, root=root)
            for changed in changes(proof):
                assert not is_included(leaf, index, size, proof=changed, root=root)
            for other in range(-1, size + 1):
                if other != index:
                    assert not is_included(leaf, other, size, proof=proof, root=root)
        for old in range(1, size + 1):
            proof = consistency_proof(tree.node, old, size)
            ends = {"old_root": roots[old], "new_root": roots[size]}
            assert is_consistent(old, size, proof=proof, **ends)
            for changed in changes(proof):
                assert not is_consistent(old, size, proof=changed, **ends)
            if old != size:
                assert not is_consistent(size, old, proof=proof, **ends)
                assert not is_consistent(
                    old, size, proof=proof, old_root=roots[size], new_root=roots[old]
                )


def changes(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Every way to spoil a proof a little."""
    yield [*proof, bytes(32)]
    yield [bytes(32), *proof]
    for place, item in enumerate(proof):
        yield proof[:place] + proof[place + 1 :]
        yield [*proof[:place], bytes([item[0] ^ 1]) + item[1:], *proof[place + 1 :]]
        yield [*proof[:place], item[:31], *proof[place + 1 :]]


def test_from_size_zero_nothing_is_provable() -> None:
    tree = Tree([b"a", b"b"])
    assert consistency_proof(tree.node, 0, 2) == []
    root = tree.frontier.root()
    assert not is_consistent(0, 2, proof=[], old_root=EMPTY_ROOT, new_root=root)
    assert is_consistent(0, 0, proof=[], old_root=EMPTY_ROOT, new_root=EMPTY_ROOT)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 2), (2, 2)])
def test_no_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(InvalidValue, match="in-tree"):
        inclusion_proof(Tree([b"a", b"b"]).node, index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 2), (2, 1)])
def test_no_consistency_backwards(old: int, new: int) -> None:
    with pytest.raises(InvalidValue, match="order"):
        consistency_proof(Tree([b"a", b"b"]).node, old, new)


# Accumulated vectors of draft-ietf-plants-merkle-tree-certs, Appendix C.1: one SHA-256 over a line
# for every subtree, inclusion and consistency proof of a tree whose 130 leaves are bytes 0 to 129.
ACCUMULATED_SIZE = 130
SUBTREE_HASHES = "b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81"
INCLUSION_PROOFS = "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"
CONSISTENCY_PROOFS = "10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74"


def subtrees() -> Iterator[tuple[int, int]]:
    for end in range(ACCUMULATED_SIZE + 1):
        for start in range(end + 1):
            if start == end or start % (1 << (end - start - 1).bit_length()) == 0:
                yield start, end


def rolled(lines: Iterator[str]) -> str:
    digest = sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


@pytest.fixture(scope="module")
def bytes_tree() -> Tree:
    return Tree([bytes([i]) for i in range(ACCUMULATED_SIZE)])


def test_subtree_hashes_accumulate_to_the_published_value(bytes_tree: Tree) -> None:
    lines = (
        f"[{start}, {end}) {range_hash(bytes_tree.node, start, end).hex()}"
        for start, end in subtrees()
    )
    assert rolled(lines) == SUBTREE_HASHES


def test_inclusion_proofs_accumulate_to_the_published_value(bytes_tree: Tree) -> None:
    def lines() -> Iterator[str]:
        for start, end in subtrees():
            shifted = from_leaf(bytes_tree, start)
            for index in range(start, end):
                proof = inclusion_proof(shifted, index - start, end - start)
                yield f"{index} [{start}, {end})" + "".join(f" {item.hex()}" for item in proof)

    assert rolled(lines()) == INCLUSION_PROOFS


def from_leaf(tree: Tree, start: int) -> Callable[[int, int], bytes]:
    """The subtree that begins at leaf start, as a tree of its own."""
    return lambda level, index: tree.node(level, index + (start >> level))


def test_consistency_proofs_accumulate_to_the_published_value(bytes_tree: Tree) -> None:
    """The draft proves any subtree; those that begin at 0 are RFC 6962's, and ours."""

    @cache
    def hash_text(start: int, end: int) -> str:
        return range_hash(bytes_tree.node, start, end).hex()

    def subproof(start: int, end: int, span: tuple[int, int], *, whole: bool) -> list[str]:
        low, high = span
        if (start, end) == span:
            return [] if whole else [hash_text(low, high)]
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        if end <= middle:
            return [
                *subproof(start, end, (low, middle), whole=whole),
                hash_text(middle, high),
            ]
        if start >= middle:
            part = subproof(start, end, (middle, high), whole=whole)
        else:
            part = subproof(middle, end, (middle, high), whole=False)
        return [*part, hash_text(low, middle)]

    def lines() -> Iterator[str]:
        for size in range(ACCUMULATED_SIZE + 1):
            for start, end in all_subtrees:
                if end > size:
                    break
                if start == end:
                    proof: list[str] = []
                elif start == 0:
                    ours = consistency_proof(bytes_tree.node, end, size)
                    proof = [item.hex() for item in ours]
                else:
                    proof = subproof(start, end, (0, size), whole=True)
                yield " ".join((f"[{start}, {end}) {size}", *proof))

    all_subtrees = list(subtrees())
    assert rolled(lines()) == CONSISTENCY_PROOFS


def vector_cases(kind: str) -> list[dict[str, object]]:
    if not VECTORS.is_dir():
        pytest.skip(f"the published {kind} proofs are not beside this checkout")
    return [json.loads(path.read_bytes()) for path in sorted((VECTORS / kind).rglob("*.json"))]


def hashes(case: dict[str, object], *names: str) -> list[bytes]:
    return [b64decode(str(case[name] or "")) for name in names]


def proof_of(case: dict[str, object]) -> list[bytes]:
    proof = case["proof"]
    return [b64decode(item) for item in proof] if isinstance(proof, list) else []


def test_inclusion_vectors() -> None:
    cases = vector_cases("inclusion")
    for case in cases:
        root, leaf = hashes(case, "root", "leafHash")
        verdict = is_included(
            leaf, int(case["leafIdx"]), int(case["treeSize"]), proof=proof_of(case), root=root
        )
        assert verdict is not case["wantErr"], case["desc"]
    assert len(cases) == 98


def test_consistency_vectors() -> None:
    cases = vector_cases("consistency")
    for case in cases:
        old_root, new_root = hashes(case, "root1", "root2")
        verdict = is_consistent(
            int(case["size1"]),
            int(case["size2"]),
            proof=proof_of(case),
            old_root=old_root,
            new_root=new_root,
        )
        assert verdict is not case["wantErr"], case["desc"]
    assert len(cases) == 98


def test_a_verifier_that_ignores_the_rest_of_a_proof_fails_the_vectors() -> None:
    """The planted fault: RFC 9162's check that sn is 0 left out."""

    def lax(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
        fn, sn, r = index, size - 1, leaf
        for p in proof:
            if sn == 0:
                break
            r = node_hash(p, r) if fn & 1 or fn == sn else node_hash(r, p)
            fn, sn = fn >> 1, sn >> 1
        return r == root

    wrong = 0
    for case in vector_cases("inclusion"):
        root, leaf = hashes(case, "root", "leafHash")
        verdict = lax(leaf, int(case["leafIdx"]), int(case["treeSize"]), proof_of(case), root)
        wrong += verdict is case["wantErr"]
    assert wrong > 0
