"""The Merkle tree of RFC 6962 section 2.1: hashes, growth, proofs and their verification.

Pure. The tree's nodes come in as a callable, ``node(level, index)``: the hash of the complete
subtree over leaves ``[index << level, (index + 1) << level)``. A store keeps the interior nodes in
their order of completion (:func:`node_number`), so that it only ever appends; level 0 are the leaf
hashes. Whatever ends at a later leaf is never asked for, so a tree may grow while it is read.

Verification is strict: every hash has 32 bytes, and a proof has exactly the hashes that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from wideberth.errors import InvalidValue

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Frontier",
    "Node",
    "complete_subtrees",
    "consistency_proof",
    "inclusion_proof",
    "interior_nodes",
    "is_consistent",
    "is_included",
    "leaf_hash",
    "node_hash",
    "node_number",
    "proved_old_root",
    "range_hash",
    "tree_root",
]

HASH_BYTES = 32  # SHA-256
EMPTY_ROOT = sha256(b"").digest()  # RFC 6962, 2.1: the hash of an empty tree

Node = Callable[[int, int], bytes]
"""``node(level, index)``: the 32-byte hash of one complete subtree."""


def leaf_hash(leaf: bytes) -> bytes:
    """``SHA-256(0x00 || leaf)``. Source: RFC 6962, 2.1."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 || left || right)``. Source: RFC 6962, 2.1."""
    return sha256(b"\x01" + left + right).digest()


def interior_nodes(size: int) -> int:
    """How many interior nodes are complete in a tree of size leaves.

    >>> [interior_nodes(size) for size in (0, 1, 2, 3, 4, 8)]
    [0, 0, 1, 1, 3, 7]
    """
    return size - size.bit_count()


def node_number(level: int, index: int) -> int:
    """Where the node (level >= 1, index) stands when nodes are numbered as they become complete.

    A node becomes complete with its last leaf, after the node below it on the same path.

    >>> node_number(1, 0), node_number(1, 1), node_number(2, 0), node_number(1, 2)
    (0, 1, 2, 3)
    """
    last_leaf = ((index + 1) << level) - 1
    return interior_nodes(last_leaf) + level - 1


def complete_subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees (level, index) that make up leaves [begin, end), the largest first.

    begin must be a multiple of the largest power of two that is <= end - begin, as it is for every
    subtree of an RFC 6962 tree.

    >>> complete_subtrees(0, 7), complete_subtrees(4, 6), complete_subtrees(0, 0)
    ([(2, 0), (1, 2), (0, 6)], [(1, 2)], [])
    """
    parts: list[tuple[int, int]] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        parts.append((level, begin >> level))
        begin += 1 << level
    return parts


def range_hash(node: Node, begin: int, end: int) -> bytes:
    """The hash MTH of leaves [begin, end), aligned as :func:`complete_subtrees` wants it.

    Source: RFC 6962, 2.1.
    """
    return _folded([node(level, index) for level, index in complete_subtrees(begin, end)])


def tree_root(node: Node, size: int) -> bytes:
    """The root of the first size leaves; ``EMPTY_ROOT`` for size 0."""
    return range_hash(node, 0, size)


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]): from the leaf's sibling up to the child of the root.

    Empty for a tree of one leaf. Raises InvalidValue unless 0 <= index < size.
    Source: RFC 6962, 2.1.1.
    """
    if not 0 <= index < size:
        raise InvalidValue(
            "position", "in-tree", index, f"give a position from 0 to {size - 1} of {size} leaves"
        )
    proof: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(range_hash(node, middle, end))
            end = middle
        else:
            proof.append(range_hash(node, begin, middle))
            begin = middle
    proof.reverse()
    return proof


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]): that the first old of new leaves are unchanged.

    Empty where old is 0 or equal to new. Raises InvalidValue unless 0 <= old <= new.
    Source: RFC 6962, 2.1.2.
    """
    if not 0 <= old <= new:
        raise InvalidValue("old, new", "order", (old, new), "give sizes with 0 <= old <= new")
    if old == 0:
        return []
    proof: list[bytes] = []
    begin, end = 0, new
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            proof.append(range_hash(node, middle, end))
            end = middle
        else:
            proof.append(range_hash(node, begin, middle))
            begin = middle
    if begin:  # the old tree's last part is no root that the verifier has: SUBPROOF's b is false
        proof.append(range_hash(node, begin, end))
    proof.reverse()
    return proof


def is_included(leaf: bytes, index: int, size: int, *, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether proof shows the leaf *hash* leaf at index of the tree (size, root).

    Source: RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    return sn == 0 and r == root


def is_consistent(
    old: int, new: int, *, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether proof shows that the tree (new, new_root) extends the tree (old, old_root).

    Equal sizes need equal roots and an empty proof. From size 0 nothing is provable: False, unless
    new is 0 as well, and both roots are ``EMPTY_ROOT``. Source: RFC 9162, 2.1.4.2.
    """
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root and (old > 0 or old_root == EMPTY_ROOT)
    if old == 0 or not proof or not _are_hashes(old_root, new_root, *proof):
        return False
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    return _ends_of(old, new, path) == (old_root, new_root)


def proved_old_root(old: int, new: int, *, proof: Sequence[bytes], new_root: bytes) -> bytes | None:
    """The root of the first old leaves that a consistency proof binds to the tree (new, new_root).

    None where it binds none: the proof leads elsewhere, or old is a power of two, for which a
    proof leaves the old root to its reader. Where it is another than the root that the log signed
    for old leaves, the log has forked.
    """
    if not 0 < old < new or old.bit_count() == 1 or not proof:
        return None
    if not _are_hashes(new_root, *proof):
        return None
    ends = _ends_of(old, new, list(proof))
    return None if ends is None or ends[1] != new_root else ends[0]


def _ends_of(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The roots of old and of new leaves that a path leads to; None where its length is wrong.

    Source: RFC 9162, 2.1.4.2, steps 3 to 7.
    """
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    return (fr, sr) if sn == 0 else None


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, the largest first.

    Enough to append and to know the root, in O(log size) memory. Mutable; belongs to its maker.
    """

    __slots__ = ("_hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self._hashes = list(hashes)
        if len(self._hashes) != size.bit_count():
            raise ValueError(f"a frontier of {size} leaves has {size.bit_count()} hashes")

    @classmethod
    def read(cls, node: Node, size: int) -> Frontier:
        """The frontier of the first size leaves of a stored tree."""
        return cls(size, [node(level, index) for level, index in complete_subtrees(0, size)])

    def copy(self) -> Frontier:
        """An independent frontier of the same tree."""
        return Frontier(self.size, self._hashes)

    def append(self, leaf_hashes: Iterable[bytes]) -> list[bytes]:
        """Add leaves; gives the interior nodes that became complete, in order of completion.

        The first of them has the number ``interior_nodes(size before)``.
        """
        completed: list[bytes] = []
        edge = self._hashes
        size = self.size
        for leaf in leaf_hashes:
            current = leaf
            bits = size
            while bits & 1:
                current = node_hash(edge.pop(), current)
                completed.append(current)
                bits >>= 1
            edge.append(current)
            size += 1
        self.size = size
        return completed

    def root(self) -> bytes:
        """The root of all leaves so far; ``EMPTY_ROOT`` without any."""
        return _folded(self._hashes)


def _split(count: int) -> int:
    """The largest power of two below count (count >= 2), where RFC 6962 splits a tree."""
    return 1 << ((count - 1).bit_length() - 1)


def _folded(parts: Sequence[bytes]) -> bytes:
    if not parts:
        return EMPTY_ROOT
    root = parts[-1]
    for left in reversed(parts[:-1]):
        root = node_hash(left, root)
    return root


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
