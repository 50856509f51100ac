"""Two bundles about one thing: do they come from one record, and where do they first differ?

Both have to hold by themselves: which of them does not is said. One record shows everybody the same
entry at a position: two bundles that prove different ones there, or two signed states of one size
with different roots, show that the record forked. Else they differ in what was asked, to whom it
was shown, or when: then the entries that stand in one of them alone are named, in order.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.evidence.alone.container import unpacked
from wideberth.evidence.alone.program import checked_bundle
from wideberth.evidence.alone.shows import kind_words
from wideberth.evidence.alone.statements import ProvedEntry
from wideberth.evidence.alone.words import entry_words
from wideberth.evidence.check import VerifiedBundle, verify_bundle
from wideberth.record.splits import Evidence

__all__ = ["BundlesCompared", "Difference", "Relation", "compare_bundles", "is_bundle"]


class Relation(Enum):
    """How two bundles relate."""

    SAME = "same"
    DIFFERENT = "different"
    FORK = "fork"


class Difference(msgspec.Struct, frozen=True):
    """An entry that is not the same in both. in_a, in_b: what it says there, in plain words; None:
    it is not in that bundle, and why names what is known of that. kind: what it is, in few words.
    """

    position: int
    kind: str
    in_a: str | None
    in_b: str | None
    why: str


class BundlesCompared(msgspec.Struct, frozen=True):
    """The verdict. differences: all of them, contradictions first. fork: two notes that
    contradict each other, where their sizes are equal; for a fork of another kind both bundles
    together are the evidence. heads_compared: whether the whole records are known to be one.
    """

    relation: Relation
    a: VerifiedBundle
    b: VerifiedBundle
    differences: tuple[Difference, ...] = ()
    fork: Evidence | None = None
    heads_compared: bool = False

    @property
    def first(self) -> Difference | None:
        """The first difference."""
        return self.differences[0] if self.differences else None

    @property
    def differing(self) -> int:
        """How many differences there are."""
        return len(self.differences)


def is_bundle(data: bytes) -> bool:
    """Whether the bytes begin as a bundle does."""
    return data.startswith(b"PK\3\4")


def compare_bundles(
    data_a: bytes,
    data_b: bytes,
    *,
    policy: bytes | None = None,
    vkey: str | None = None,
    names: tuple[str, str] = ("A", "B"),
) -> BundlesCompared:
    """How two bundles relate, each judged under the same policy or key of the log. names: of the
    two, to say which of them does not hold.

    Raises RecordCorrupt where one of them does not hold by itself, InvalidValue where they are of
    two logs.
    """
    a, b = (
        _verified(each, name, policy, vkey)
        for each, name in zip((data_a, data_b), names, strict=True)
    )
    origins = [a.checkpoint.origin, b.checkpoint.origin]
    if origins[0] != origins[1]:
        raise InvalidValue("origin", "two-logs", origins, "give bundles from one record")
    entries_a, entries_b = _entries(data_a), _entries(data_b)
    same_size = a.checkpoint.size == b.checkpoint.size
    roots_differ = same_size and a.checkpoint.root != b.checkpoint.root
    positions = sorted({*entries_a, *entries_b})
    found: list[Difference] = []
    contradicted = False
    for position in positions:
        one, two = entries_a.get(position), entries_b.get(position)
        if one is not None and two is not None and one.leaf == two.leaf:
            continue
        contradicted |= one is not None and two is not None
        found.append(_difference(position, one, two, a, b))
    if contradicted:
        found.sort(key=lambda each: (each.in_a is None or each.in_b is None, each.position))
    relation = Relation.DIFFERENT if found else Relation.SAME
    fork = None
    if contradicted or roots_differ:
        relation = Relation.FORK
        if roots_differ:
            notes = [unpacked(each)["checkpoint.txt"].decode() for each in (data_a, data_b)]
            fork = Evidence(notes[0], notes[1])
    return BundlesCompared(
        relation,
        a,
        b,
        differences=tuple(found),
        fork=fork,
        heads_compared=same_size,
    )


def _verified(data: bytes, name: str, policy: bytes | None, vkey: str | None) -> VerifiedBundle:
    try:
        return verify_bundle(data, policy=policy, vkey=vkey)
    except RecordCorrupt as error:
        raise RecordCorrupt(error.position, f"{error.reason}: this is of {name}") from None


def _entries(data: bytes) -> dict[int, ProvedEntry]:
    return {each.position: each for each in checked_bundle(data, None).entries}


def _difference(
    position: int,
    one: ProvedEntry | None,
    two: ProvedEntry | None,
    a: VerifiedBundle,
    b: VerifiedBundle,
) -> Difference:
    in_a, in_b = (None if each is None else entry_words(each.value)[0] for each in (one, two))
    if one is not None and two is not None:
        why = "the record shows two entries at one position: it forked"
    else:
        lacking, name = (a, "A") if one is None else (b, "B")
        if position >= lacking.checkpoint.size:
            why = f"{name} was made when the record had {lacking.checkpoint.size} entries"
        else:
            why = (
                f"{name} was made for {lacking.made_for}, who asked for {lacking.asked}: it was"
                " not asked for there, or not shown"
            )
    shown = one or two
    assert shown is not None, "it is in one of them"
    return Difference(position, kind_words(shown.value["body"]), in_a, in_b, why)
