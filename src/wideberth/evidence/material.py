"""What evidence is made from: a signed head, the entries that somebody may read, and their proofs.

From a folder (:func:`from_record`) the record proves; from a service (:func:`from_service`) the
whole tree is computed here, out of entries and leaves, and has to give the root that was signed.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from wideberth.client import ApiProblem, Client
from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.evidence.scope import Seen
from wideberth.model.entries import Entry, decode_entry
from wideberth.model.envelope import leaf
from wideberth.record.merkle import Frontier, inclusion_proof, leaf_hash, node_number
from wideberth.record.notes import Checkpoint, parse_checkpoint, parse_note
from wideberth.record.policy import Policy
from wideberth.record.protocol import Row

__all__ = ["Material", "Segments", "from_record", "from_service", "is_met", "seen_entries"]

_PAGE = 500


Segments = Callable[[str], list[bytes] | None]


def _no_segment(_name: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Material:
    """The record as of one signed head. note: its checkpoint; vkey: the key that it goes by.

    rows: a fresh walk, in order, over what may be read; proof: of an entry, under the head.
    segment: the pieces of a segment of kept positions, by its name; None where it is not kept, or
    not shown to whom this is for.
    """

    note: str
    vkey: str
    checkpoint: Checkpoint
    rows: Callable[[], Iterator[Row]]
    proof: Callable[[int], list[bytes]]
    segment: Segments = _no_segment


def seen_entries(material: Material, may_show: Callable[[Entry], bool]) -> Iterator[Seen]:
    """The entries that may be shown, in order. may_show is asked of every entry, in order."""
    for row in material.rows():
        if may_show(decode_entry(row.envelope, position=row.position)):
            yield Seen(row.position, msgspec.json.decode(row.envelope))


class _Provable(Protocol):
    @property
    def vkey(self) -> str: ...
    def checkpoint(self) -> str: ...
    def read(self, from_position: int, limit: int) -> list[Row]: ...
    def root_at(self, size: int) -> bytes: ...
    def inclusion_proof(self, position: int, size: int) -> list[bytes]: ...


def from_record(
    record: _Provable, note: str | None = None, *, segment: Segments = _no_segment
) -> Material:
    """Material of a record in a folder, under the checkpoint in note or else the newest.

    Raises InvalidValue for a note that is no checkpoint or is beyond the record's end, and
    RecordCorrupt where the record has another tree than it signed there.
    """
    given = record.checkpoint() if note is None else note
    checkpoint = parse_checkpoint(parse_note(given).text)
    size = checkpoint.size
    if record.root_at(size) != checkpoint.root:
        raise RecordCorrupt(None, f"the record has another tree of {size} entries: equivocation")

    def rows() -> Iterator[Row]:
        for begin in range(0, size, _PAGE):
            for row in record.read(begin, min(_PAGE, size - begin)):
                if row.envelope:  # of an erased entry nothing is left to show
                    yield row

    return Material(
        given,
        record.vkey,
        checkpoint,
        rows,
        lambda position: record.inclusion_proof(position, size),
        segment,
    )


async def from_service(
    client: Client,
    note: str | None = None,
    *,
    policy: Policy | None = None,
    segment: Segments = _no_segment,
    on_progress: Callable[[int, int], None] | None = None,
    party: str | None = None,
) -> Material:
    """Material of a service, as the party whose token client has; under note, or the newest head
    that meets the policy. party: the service refuses where the token speaks for another.

    Raises RecordCorrupt where what the service shows is not what it signed, ApiProblem,
    Unreachable, InvalidValue as from_record.
    """
    vkey: str = (await client.space())["vkey"]
    given = await _newest(client, policy) if note is None else note
    checkpoint = parse_checkpoint(parse_note(given).text)
    size = checkpoint.size
    leaves, interior, shown = list[bytes](), list[bytes](), list[Row]()
    frontier = Frontier()
    while frontier.size < size:
        position = frontier.size
        page: Any = await client.get(
            "/record/entries",
            party=party,
            **{"from": position, "limit": min(_PAGE, size - position)},
        )
        hashes = [_taken(each, position + at, shown) for at, each in enumerate(page["entries"])]
        if not hashes:
            raise RecordCorrupt(position, "missing: the service ends before the head it signed")
        leaves += hashes
        interior += frontier.append(hashes)
        if on_progress is not None:
            on_progress(min(frontier.size, size), size)
    if frontier.size != size or frontier.root() != checkpoint.root:
        raise RecordCorrupt(None, "the service shows other entries than those whose head it signed")

    def node(level: int, index: int) -> bytes:
        return interior[node_number(level, index)] if level else leaves[index]

    return Material(
        given,
        vkey,
        checkpoint,
        lambda: iter(shown),
        lambda position: inclusion_proof(node, position, size),
        segment,
    )


async def _newest(client: Client, policy: Policy | None) -> str:
    """The newest head that meets the policy; the newest of all where none does."""
    newest = await client.checkpoint()
    count = 0 if policy is None else len(policy.witnesses)
    for witnesses in range(1, count + 1):
        if policy is None or is_met(policy, newest):
            break
        try:
            note = await client.checkpoint(witnesses=witnesses)
        except ApiProblem:
            break
        if is_met(policy, note):
            return note
    return newest


def is_met(policy: Policy, note: str) -> bool:
    """Whether a note is signed and cosigned as the policy asks."""
    try:
        return policy.evaluate(note).is_met
    except InvalidValue:
        return False


def _taken(told: Any, position: int, shown: list[Row]) -> bytes:
    """The leaf hash of one entry as the service tells it; kept where it was told whole."""
    try:
        if told["position"] != position:
            raise RecordCorrupt(position, f"the service gave entry {told['position']} here")
        if told.get("envelope") is None:
            return leaf_hash(b64decode(told["leaf"], validate=True))
        row = Row(position, b64decode(told["salt"], validate=True), told["envelope"].encode())
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidValue("entries", "entry", str(error), "this service is none we know") from None
    shown.append(row)
    return leaf_hash(leaf(row.salt, row.envelope))
