"""What a record's entries claim about its keys, its epochs and what was erased: read and judged.

Part of the audit: it reads the few entries that say such things by their own forms, and believes
none of them before the tree over them and the signatures in them hold.
"""

from __future__ import annotations

import msgspec

from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.model.keeping import (
    EntriesErased,
    EpochOpened,
    Erased,
    LogKeyChanged,
    LogKeyRetired,
    epoch_text,
    key_change_text,
)
from wideberth.record.logkeys import is_signed
from wideberth.record.notes import (
    checkpoint_text,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    verified_checkpoint,
)
from wideberth.record.splits import head_of

__all__ = ["Claim", "Claims", "Erasure", "claim_of"]

Claim = LogKeyChanged | LogKeyRetired | EpochOpened | EntriesErased

_MARKS = (
    *(kind.__name__.encode() for kind in (LogKeyChanged, LogKeyRetired)),
    *(kind.__name__.encode() for kind in (EpochOpened, EntriesErased)),
    b"\\u",  # a name may be spelled with escapes
)


class _Claiming(msgspec.Struct):
    body: Claim


_decoder = msgspec.json.Decoder(_Claiming)


class Erasure(msgspec.Struct, frozen=True):
    """That entry by erased count entries, and on which ground."""

    by: int
    count: int
    ground: str
    reference: str


class _KeyRange(msgspec.Struct):
    """A key and the sizes of the trees that it signs; is_handed_on: the key before it says so."""

    vkey: str
    from_size: int
    is_handed_on: bool
    until_size: int | None = None
    missing_until: int = 0


def claim_of(envelope: bytes) -> Claim | None:
    """What an entry says about the record's keeping; None for every other entry."""
    # JSON has many spellings of one value, so only what has none of the marks is passed over.
    if not any(mark in envelope for mark in _MARKS):
        return None
    try:
        return _decoder.decode(envelope).body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class Claims:
    """The claims of one record, in order. first: the key that its first head is signed with."""

    def __init__(self, first: str) -> None:
        self.first = first
        self._keys = [_KeyRange(first, 0, is_handed_on=True)]
        self._erased: dict[int, tuple[int, Erased]] = {}
        self.erasures: list[Erasure] = []
        self.missing: list[tuple[int, int]] = []

    def see(self, position: int, claim: Claim, root: bytes) -> None:
        """Take a claim at its position; root: of the tree before it.

        Raises RecordCorrupt where the claim contradicts the record or is not signed.
        """
        match claim:
            case LogKeyChanged():
                self._see_change(position, claim)
            case LogKeyRetired():
                for key in self._keys[:-1]:
                    if key.vkey == claim.vkey and key.until_size is None:
                        key.until_size = position
            case EpochOpened():
                self._see_epoch(position, claim, root)
            case EntriesErased():
                for each in claim.entries:
                    if each.position >= position:
                        raise RecordCorrupt(position, "erases an entry that is not before it")
                    self._erased.setdefault(each.position, (position, each))
                self.erasures.append(
                    Erasure(position, len(claim.entries), claim.ground.value, claim.reference)
                )

    def foretell(self, position: int, claim: Claim) -> None:
        """Take a claim ahead of its turn: what it says of what stands before it. Not judged."""
        match claim:
            case LogKeyChanged():
                self._keys.append(_KeyRange(claim.after, position + 1, is_handed_on=True))
            case EpochOpened():
                self._end_keys(position, claim.missing_until)
                self._keys.append(_KeyRange(claim.vkey, position + 1, is_handed_on=False))
            case EntriesErased():
                for each in claim.entries:
                    self._erased.setdefault(each.position, (position, each))
            case LogKeyRetired():
                pass

    def check_foretold(self, foretold: Claims) -> None:
        """What was taken ahead of its turn was found again in its place. Raises RecordCorrupt."""
        for position, found in foretold._erased.items():
            if self._erased.get(position) != found:
                raise RecordCorrupt(position, "no entry of the record says that it was erased")

    def erased(self, position: int) -> tuple[int, Erased] | None:
        """The entry that erased the one at position, and what it says of it."""
        return self._erased.get(position)

    def check_keys(self, *, given: str | None, stored: str) -> None:
        """The keys lead from the one that was given to the one that signs now.

        Raises RecordCorrupt.
        """
        newest = self._keys[-1].vkey
        if newest != stored:
            raise RecordCorrupt(None, f"the record names another key: {stored}")
        if given is None:
            return
        names = [key.vkey for key in self._keys]
        if given not in names:
            raise RecordCorrupt(None, f"the record names another key: {stored}")
        for key in self._keys[names.index(given) + 1 :]:
            if not key.is_handed_on:
                raise RecordCorrupt(
                    key.from_size - 1,
                    f"goes on under the key {key.vkey} without the old key's word; give that key"
                    " if its change was announced to you",
                )

    def is_missing(self, vkey: str, size: int) -> bool:
        """Whether the key's trees of this size are among those that an epoch names as missing."""
        return any(
            key.vkey == vkey
            and key.until_size is not None
            and key.until_size < size <= key.missing_until
            for key in self._keys
        )

    def check_held(self, vkey: str, size: int) -> None:
        """A kept head's key signed for this log, and at that size. Raises RecordCorrupt."""
        for key in self._keys:
            if key.vkey != vkey or self.is_missing(vkey, size):
                continue
            if size >= key.from_size and (key.until_size is None or size <= key.until_size):
                return
            raise RecordCorrupt(
                None, f"a kept head of {size} entries is signed by a key out of force: {vkey}"
            )
        if not self.is_missing(vkey, size):
            raise RecordCorrupt(None, f"a kept head is signed by a key of another log: {vkey}")

    def _see_change(self, position: int, claim: LogKeyChanged) -> None:
        text = key_change_text(before=claim.before, after=claim.after, size=claim.size)
        if claim.size != position or claim.before != self._keys[-1].vkey:
            raise RecordCorrupt(position, "changes another key than the log's, or elsewhere")
        if not is_signed(text, claim.signature, claim.before):
            raise RecordCorrupt(position, "the old key did not sign the change of the log's key")
        self._keys.append(_KeyRange(claim.after, position + 1, is_handed_on=True))

    def _see_epoch(self, position: int, claim: EpochOpened, root: bytes) -> None:
        before = self._keys[-1]
        try:
            old = parse_checkpoint(parse_note(claim.before).text)
            verified_checkpoint(claim.before, parse_vkey(before.vkey))
        except InvalidValue as error:
            raise RecordCorrupt(position, f"names no head of the old log: {error}") from error
        if parse_vkey(claim.vkey).name != claim.origin or any(
            parse_vkey(key.vkey).name == claim.origin for key in self._keys
        ):
            raise RecordCorrupt(position, "an epoch has a name, and a key, of its own")
        if claim.missing_until > max([position, *self._shown(position, claim)]):
            raise RecordCorrupt(position, "names more entries as missing than a signed head shows")
        if (old.size, old.root) != (position, root):
            raise RecordCorrupt(position, "names another head of the old log than stands before it")
        signed = epoch_text(vkey=claim.vkey, checkpoint=checkpoint_text(old))
        is_handed_on = claim.signature is not None
        if claim.signature is not None and not is_signed(signed, claim.signature, before.vkey):
            raise RecordCorrupt(position, "the old key did not sign this epoch")
        if claim.missing_until > position:
            self.missing.append((position, claim.missing_until))
        self._end_keys(position, claim.missing_until)
        self._keys.append(_KeyRange(claim.vkey, position + 1, is_handed_on))

    def _shown(self, position: int, claim: EpochOpened) -> list[int]:
        """The sizes of the heads in an epoch's seen. Raises RecordCorrupt for one of no old key."""
        keys = [parse_vkey(key.vkey) for key in self._keys]
        try:
            return [head_of(note, keys).size for note in claim.seen]
        except InvalidValue as error:
            raise RecordCorrupt(position, f"shows a head of another log: {error}") from error

    def _end_keys(self, position: int, missing_until: int) -> None:
        for key in self._keys:
            key.until_size = position if key.until_size is None else key.until_size
            key.missing_until = max(key.missing_until, missing_until)
