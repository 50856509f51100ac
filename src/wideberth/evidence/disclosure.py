"""Selective disclosure: one entry, shown to one party, and nothing of any other.

The file is one line of JSON: the envelope, its salt, and a receipt (C2SP tlog-proof). The receipt
holds the hashes beside the entry's path to the root, and no hash tells anything of what it stands
for, since every leaf is salted. *Sealed*, the file can be opened only with the recipient's key:
libsodium's sealed box to the X25519 form of the Ed25519 key that the recipient has enrolled.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode

import msgspec
from nacl.public import SealedBox
from nacl.signing import VerifyKey

from wideberth.errors import InvalidValue
from wideberth.evidence.bundle import MayShow, judged_note, plain_policy
from wideberth.evidence.material import Material
from wideberth.model.entries import Entry, KeyEnrolled, KeyRevoked, decode_entry
from wideberth.model.envelope import check_public_key, leaf
from wideberth.model.ids import KeyId, PartyId
from wideberth.record.merkle import is_included, leaf_hash
from wideberth.record.notes import (
    Checkpoint,
    Receipt,
    format_receipt,
    from_base64,
    parse_receipt,
    to_base64,
)
from wideberth.record.policy import parse_policy
from wideberth.record.protocol import Row

__all__ = [
    "Disclosed",
    "EnrolledKey",
    "Sealed",
    "disclose",
    "key_in_force",
    "read_disclosure",
    "read_sealed",
    "seal",
]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file, members in the order in which they stand."""

    wideberth_disclosure: int
    salt: str
    envelope: str
    receipt: str


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sealed file. box: base64 of the sealed box; key_id: whose private half opens it."""

    wideberth_sealed: int
    to: str
    key_id: str
    box: str

    @property
    def data(self) -> bytes:
        """The bytes of the box. Raises InvalidValue."""
        return from_base64(self.box, field="box")


class EnrolledKey(msgspec.Struct, frozen=True):
    """A key of a party. public_key: 32 bytes."""

    key_id: KeyId
    public_key: bytes


class Disclosed(msgspec.Struct, frozen=True):
    """What a disclosure proves: the entry stands at position of the tree of the checkpoint.

    witnesses: names in the policy of those who cosigned.
    """

    position: int
    entry: Entry
    envelope: bytes
    checkpoint: Checkpoint
    witnesses: tuple[str, ...]


def disclose(
    material: Material,
    position: int,
    *,
    may_show: MayShow,
    policy: bytes | None = None,
) -> bytes:
    """The file that shows the entry at position.

    may_show: what the discloser may pass on. policy: which lines of the checkpoint are kept. Raises
    InvalidValue for an entry that may not be shown, or a checkpoint that does not meet the policy.
    """
    for row in material.rows():
        if row.position == position:
            if may_show(decode_entry(row.envelope, position=position)):
                return _encoded(material, row, policy)
            break
    raise InvalidValue(
        "position", "no-such-entry", position, "no entry at this position may be shown"
    )


def read_disclosure(
    data: bytes, *, policy: bytes | None = None, vkey: str | None = None
) -> Disclosed:
    """What a disclosure proves, under a policy, a log's key, or both (one of them at least).

    Raises InvalidValue: another spelling, a checkpoint that is not signed or cosigned as the policy
    asks, an entry that is not the one proved.
    """
    file = _decoded(data)
    receipt = parse_receipt(file.receipt)
    given = [policy] if policy is not None else []
    given += [plain_policy(vkey)] if vkey is not None else []
    if not given:
        raise InvalidValue("policy", "policy-missing", None, "give a policy or the record's key")
    found, *_ = [parse_policy(each).require(receipt.note) for each in given]  # each has to be met
    checkpoint = found.checkpoint
    salt, envelope = from_base64(file.salt, field="salt"), file.envelope.encode()
    if not is_included(
        leaf_hash(leaf(salt, envelope)),
        receipt.index,
        checkpoint.size,
        proof=receipt.proof,
        root=checkpoint.root,
    ):
        raise InvalidValue(
            "receipt.proof", "inclusion", receipt.index, "this entry does not stand there"
        )
    entry = decode_entry(envelope, position=receipt.index)
    return Disclosed(receipt.index, entry, envelope, checkpoint, found.witnesses)


def key_in_force(material: Material, party: PartyId, key_id: str | None = None) -> EnrolledKey:
    """The newest key of a party that is in force, or the one of that id. Raises InvalidValue."""
    keys: dict[KeyId, EnrolledKey] = {}
    for row in material.rows():
        body = decode_entry(row.envelope, position=row.position).body
        if isinstance(body, KeyEnrolled) and body.key.party == party:
            text = body.key.public_key
            public_key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            keys[body.key.key_id] = EnrolledKey(body.key.key_id, public_key)
        elif isinstance(body, KeyRevoked) and body.party == party:
            keys.pop(body.key_id, None)
    wanted = [each for each in keys.values() if key_id in (None, each.key_id)]
    if not wanted:
        raise InvalidValue("to", "no-key", party, "the party has no such key in force")
    return wanted[-1]


def seal(data: bytes, *, to: PartyId, key: EnrolledKey) -> bytes:
    """A disclosure that only the holder of key's private half can open.

    Anybody can make one: what it proves is inside. Raises InvalidValue for a key of low order.
    """
    check_public_key(key.public_key)
    box = SealedBox(VerifyKey(key.public_key).to_curve25519_public_key()).encrypt(data)
    return msgspec.json.encode(Sealed(1, to, key.key_id, to_base64(box))) + b"\n"


def read_sealed(data: bytes) -> Sealed | None:
    """The sealed file in data; None where it is something else."""
    try:
        return msgspec.json.decode(data, type=Sealed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _encoded(material: Material, row: Row, policy: bytes | None) -> bytes:
    rule = plain_policy(material.vkey) if policy is None else policy
    note = judged_note(material.note, parse_policy(rule))
    receipt = Receipt(row.position, tuple(material.proof(row.position)), note)
    file = _File(1, to_base64(row.salt), row.envelope.decode("utf-8"), format_receipt(receipt))
    return msgspec.json.encode(file) + b"\n"


def _decoded(data: bytes) -> _File:
    try:
        file = msgspec.json.decode(data, type=_File)
        again = msgspec.json.encode(file) + b"\n"
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidValue("disclosure", "json", str(error), "give a disclosure") from None
    if again != data or file.wideberth_disclosure != 1:
        raise InvalidValue(
            "disclosure", "one-spelling", data[:40], "give a disclosure of format 1, unchanged"
        )
    if format_receipt(parse_receipt(file.receipt)) != file.receipt:
        raise InvalidValue("receipt", "one-spelling", file.receipt[:40], "give it unchanged")
    return file
