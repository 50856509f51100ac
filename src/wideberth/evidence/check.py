"""wideberth's own verdict on a bundle: two verifiers, and both must agree.

The one is the stand-alone verifier's code. The other judges signatures, quorum, inclusion and
statements with the code of the record and of the audit, which shares nothing with it. The container
is read first: it has one spelling, so no byte of the file is without a meaning.
"""

from __future__ import annotations

import msgspec

from wideberth.audit import StatementAudit
from wideberth.errors import InvalidValue, RecordCorrupt, WideberthError
from wideberth.evidence.alone.container import Fault, unpacked
from wideberth.evidence.alone.program import checked_bundle
from wideberth.evidence.bundle import plain_policy
from wideberth.evidence.differing import check_differences
from wideberth.evidence.segments import check_segments
from wideberth.evidence.verifier import verifier_source
from wideberth.model.entries import SpaceOpened, decode_entry
from wideberth.model.envelope import leaf
from wideberth.record.merkle import is_included, leaf_hash
from wideberth.record.notes import Checkpoint, format_vkey, parse_note
from wideberth.record.policy import Evaluated, Policy, parse_policy

__all__ = ["VerifiedBundle", "check_files", "verify_bundle"]


class VerifiedBundle(msgspec.Struct, frozen=True):
    """What a bundle proves. witnesses: name in the policy and time in seconds since 1970.

    statements: how many signed ones were checked; kept_positions: how many positions of feeds, each
    in a segment whose digest an entry holds. made_for and asked are its maker's words.
    is_own_verifier: whether the verify.py inside is the one of this program.
    """

    checkpoint: Checkpoint
    vkey: str
    positions: tuple[int, ...]
    statements: int
    witnesses: tuple[tuple[str, int], ...]
    kept_positions: int
    made_for: str
    asked: str
    is_own_verifier: bool


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    position: int
    salt: bytes
    envelope: str
    proof: tuple[bytes, ...]


class _Said(msgspec.Struct):
    said: str | None = None


_line_decoder = msgspec.json.Decoder(_Line)
_said_decoder = msgspec.json.Decoder(_Said)


def verify_bundle(
    data: bytes, *, policy: bytes | None = None, vkey: str | None = None
) -> VerifiedBundle:
    """What a bundle proves, where all of it holds: under the reader's own policy, where given.

    vkey: the log's key as its parties know it; like a policy without witnesses. Raises
    RecordCorrupt naming the first bad entry, InvalidValue for a malformed policy or vkey.
    """
    given = [plain_policy(vkey)] if vkey is not None else []
    given += [policy] if policy is not None else []
    try:
        files = unpacked(data)
        for each in given:
            parse_policy(each)
        facts = [checked_bundle(data, each, verifier_source()) for each in given or [None]][-1]
    except Fault as fault:
        raise RecordCorrupt(fault.index, fault.reason) from None
    checkpoint, statements = check_files(files, policies=given)
    head = facts.head
    return VerifiedBundle(
        checkpoint=checkpoint,
        vkey=head.log_key,
        positions=tuple(each.position for each in facts.entries),
        statements=statements,
        witnesses=tuple((each.name, each.time_s) for each in head.witnesses),
        kept_positions=sum(len(each.positions) for each in facts.segments),
        made_for=facts.made_for,
        asked=facts.asked,
        is_own_verifier=files["verify.py"] == verifier_source(),
    )


def check_files(
    files: dict[str, bytes], *, policies: list[bytes] | None = None
) -> tuple[Checkpoint, int]:
    """Head, entries and statements of a bundle's files, by the code of the record alone.

    Gives the checkpoint and how many statements were checked. Raises RecordCorrupt.
    """
    try:
        note = files["checkpoint.txt"].decode("utf-8")
        own = parse_policy(files["policy.txt"])
        found = _strictly(note, own)
        for each in policies or ():
            parse_policy(each).require(note)
    except (UnicodeDecodeError, InvalidValue) as error:
        raise RecordCorrupt(None, str(error)) from error
    statements = _checked_entries(files["entries.jsonl"], found.checkpoint)
    check_differences(files)
    check_segments(files)
    return found.checkpoint, statements


def _strictly(note: str, policy: Policy) -> Evaluated:
    """The policy's verdict, where every line of the note is one that it can judge."""
    found = policy.require(note)
    keys = [each.key for each in (*policy.logs, *policy.witnesses)]
    known = {(key.name, key.key_id) for key in keys}
    lines = parse_note(note).signatures
    for line in lines:
        if (line.name, line.key_id) not in known:
            raise InvalidValue("checkpoint", "unknown-line", line.name, "no key of the policy")
    if len(set(lines)) != len(lines):
        raise InvalidValue("checkpoint", "line-twice", format_vkey(found.log), "each line once")
    return found


def _checked_entries(data: bytes, checkpoint: Checkpoint) -> int:
    audit: StatementAudit | None = None
    last, statements = -1, 0
    if data and not data.endswith(b"\n"):
        raise RecordCorrupt(None, "entries.jsonl is cut off")
    for number, text in enumerate(data.split(b"\n")[:-1], start=1):
        line = _read_line(text, number)
        position = line.position
        envelope = line.envelope.encode()
        if position <= last:
            raise RecordCorrupt(position, f"it stands after entry {last}")
        hashed = leaf_hash(_leaf(line))
        if not is_included(
            hashed, position, checkpoint.size, proof=line.proof, root=checkpoint.root
        ):
            raise RecordCorrupt(position, "its proof does not lead to the checkpoint's root")
        try:
            said = _said_decoder.decode(envelope).said
            if audit is None:
                audit = StatementAudit(_opened(envelope, position), is_selection=True)
            audit(position, envelope, said)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, WideberthError) as error:
            raise RecordCorrupt(position, str(error)) from error
        last = position
        statements += said is not None
    if audit is None:
        raise RecordCorrupt(0, "the entry that opens the space is not in the bundle")
    return statements


def _opened(envelope: bytes, position: int) -> str:
    """The origin that the record began with. Raises RecordCorrupt where this does not open it."""
    body = decode_entry(envelope, position=position).body
    if position or not isinstance(body, SpaceOpened):
        raise RecordCorrupt(position, "the entry that opens the space is not in the bundle")
    return body.origin


def _leaf(line: _Line) -> bytes:
    try:
        return leaf(line.salt, line.envelope.encode())
    except InvalidValue as error:
        raise RecordCorrupt(line.position, str(error)) from error


def _read_line(text: bytes, number: int) -> _Line:
    try:
        line = _line_decoder.decode(text)
        again = msgspec.json.encode(line)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise RecordCorrupt(None, f"line {number} of entries.jsonl: {error}") from error
    if again != text:
        raise RecordCorrupt(line.position, "its line is not in its one spelling")
    return line
