"""Making a bundle: which entries go in, and the bytes of the file.

The same record, checkpoint, policy and question give the same bytes, whenever and wherever they
are asked: no clock and no chance enter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from wideberth.errors import InvalidValue
from wideberth.evidence.alone.container import (
    canonical_json,
    packed,
    positions_file,
    to_base64,
)
from wideberth.evidence.alone.page import page_html
from wideberth.evidence.alone.program import README, checked_contents, made_manifest
from wideberth.evidence.alone.segments import segment_line
from wideberth.evidence.differing import differences_told
from wideberth.evidence.material import Material
from wideberth.evidence.scope import named_ids
from wideberth.evidence.verifier import verifier_source
from wideberth.model.entries import (
    Entry,
    KeyEnrolled,
    KeyRevoked,
    NoticeIssued,
    SegmentRecorded,
    SpaceOpened,
    decode_entry,
)
from wideberth.model.keeping import EpochOpened
from wideberth.model.parties import How
from wideberth.record.notes import (
    format_note,
    parse_note,
    signature_line,
)
from wideberth.record.policy import Policy, parse_policy
from wideberth.record.protocol import Row
from wideberth.space.time import MAX_US, MIN_US, format_rfc3339
from wideberth.watch.columnfile import MAGIC
from wideberth.watch.segments import digest_of

__all__ = ["MayShow", "Selection", "chosen", "judged_note", "make_bundle", "plain_policy"]

_MOST_TRACK_BYTES = 64 * 1024 * 1024

MayShow = Callable[[Entry], bool]
"""Asked of every entry in order: who may read one hangs on what was agreed before it."""


class Selection(msgspec.Struct, frozen=True):
    """What is asked for. Empty positions and objects: everything in the window.

    objects: ids of intents, zones, notices, subscriptions, warnings; with an intent come the
    notices about it and their answers. begin_us: from this time on; end_us: before this one. about:
    in words what was asked, where the positions were worked out from that. with_tracks: also the
    kept positions whose digests these entries hold. leave_out: entries that stay out, also
    where positions name them.
    """

    positions: tuple[int, ...] = ()
    objects: tuple[str, ...] = ()
    begin_us: int = MIN_US
    end_us: int = MAX_US + 1
    about: str = ""
    with_tracks: bool = False
    leave_out: frozenset[int] = frozenset()

    @property
    def words(self) -> str:
        """The question, as it stands in the bundle."""
        if self.about:
            return self.about
        parts = [f"object {each}" for each in sorted(set(self.objects))]
        if self.positions:
            parts.append("entries " + ", ".join(map(str, sorted(set(self.positions)))))
        if self.begin_us > MIN_US:
            parts.append(f"from {format_rfc3339(self.begin_us)}")
        if self.end_us <= MAX_US:
            parts.append(f"before {format_rfc3339(self.end_us)}")
        return "; ".join(parts) or "everything"


def plain_policy(vkey: str) -> bytes:
    """The policy where there are no witnesses: the log's signature is enough."""
    return f"log {vkey}\nquorum none\n".encode()


def make_bundle(
    material: Material,
    selection: Selection,
    *,
    made_for: str,
    may_show: MayShow,
    policy: bytes | None = None,
) -> bytes:
    """The bytes of the bundle. made_for: a party's id; policy: a policy file, verbatim.

    Raises InvalidValue where nothing or a hidden entry was asked for, or the checkpoint does not
    meet the policy; Fault (of the verifier) for a record that would not verify.
    """
    policy_text = plain_policy(material.vkey) if policy is None else policy
    note = judged_note(material.note, parse_policy(policy_text))
    rows = chosen(material.rows(), selection, may_show)
    files = {
        "README.txt": README.encode("ascii"),
        "index.html": b"",
        "manifest.json": b"",
        "checkpoint.txt": note.encode(),
        "policy.txt": policy_text,
        "entries.jsonl": b"".join(_line(row, material.proof(row.position)) for row in rows),
    }
    if differ := differences_told((row.position, row.envelope) for row in rows):
        files["differences.jsonl"] = differ
    if selection.with_tracks:
        files |= _tracks(rows, material)
    files["verify.py"] = verifier_source()
    told = {"made_for": made_for, "asked": selection.words}
    facts = checked_contents(files, told, None)
    files["index.html"] = page_html(facts)
    files["manifest.json"] = made_manifest(files, facts.head, made_for, selection.words)
    return packed(files)


def judged_note(note: str, policy: Policy) -> str:
    """The checkpoint with the lines of the policy's keys alone. Raises InvalidValue: no quorum.

    A line that nobody can judge would be a place where bytes could differ unseen.
    """
    origin = policy.require(note).checkpoint.origin
    keys = [each.key for each in policy.logs if each.key.name == origin]
    keys += [each.key for each in policy.witnesses]
    known = {(key.name, key.key_id): key for key in keys}
    parsed = parse_note(note)
    lines = dict.fromkeys(
        signature_line(known[each.name, each.key_id], each.blob)
        for each in parsed.signatures
        if (each.name, each.key_id) in known
    )
    return format_note(parsed.text, lines)


def chosen(rows: Iterable[Row], selection: Selection, may_show: MayShow) -> list[Row]:
    """The rows that go into a bundle: those asked for, and what they need: origins and keys.

    Raises InvalidValue where nothing is found, or a position that was asked for may not be shown.
    """
    search = _Search(selection, may_show)
    for row in rows:
        search.take(row)
    return search.found()


class _Search:
    """One walk over the record."""

    def __init__(self, selection: Selection, may_show: MayShow) -> None:
        self._selection = selection
        self._may_show = may_show
        self._objects = set(selection.objects)
        self._rows: dict[int, Row] = {}
        self._openings: list[Row] = []
        self._keys: dict[tuple[str, str], list[tuple[Row, Entry]]] = {}
        self._signers: set[tuple[str, str]] = set()
        self._missing = set(selection.positions) - selection.leave_out

    def take(self, row: Row) -> None:
        """Look at one entry."""
        entry = decode_entry(row.envelope, position=row.position)
        body = entry.body
        if not self._may_show(entry):
            return
        if isinstance(body, SpaceOpened | EpochOpened):
            self._openings.append(row)
        if isinstance(body, KeyEnrolled):
            self._keys.setdefault((body.key.party, body.key.key_id), []).append((row, entry))
        elif isinstance(body, KeyRevoked):
            self._keys.setdefault((body.party, body.key_id), []).append((row, entry))
        if self._is_asked_for(row, entry):
            self._keep(row, entry)

    def found(self) -> list[Row]:
        """What was asked for, with what it needs."""
        if self._missing:
            raise InvalidValue(
                "position",
                "no-such-entry",
                sorted(self._missing),
                "no entry at this position of this state of the record may be shown",
            )
        if not self._rows:
            raise InvalidValue(
                "selection", "nothing-found", self._selection.words, "no entry is about this"
            )
        done: set[tuple[str, str]] = set()
        while self._signers - done:
            name = (self._signers - done).pop()
            done.add(name)
            for row, entry in self._keys.get(name, ()):
                self._keep(row, entry)  # a revocation is itself signed, by this key or another
        self._rows |= {row.position: row for row in self._openings}
        return [self._rows[position] for position in sorted(self._rows)]

    def _keep(self, row: Row, entry: Entry) -> None:
        self._rows[row.position] = row
        self._missing.discard(row.position)
        if entry.author.how is How.SIGNED:
            self._signers.add((entry.author.party, entry.author.subject))

    def _is_asked_for(self, row: Row, entry: Entry) -> bool:
        selection = self._selection
        if row.position in selection.leave_out:
            return False
        if not selection.begin_us <= entry.time_us < selection.end_us:
            return False
        if not selection.positions and not self._objects:
            return True
        return row.position in selection.positions or self._is_about(row, entry)

    def _is_about(self, row: Row, entry: Entry) -> bool:
        if not any(each.encode() in row.envelope for each in self._objects):
            return False
        if self._objects.isdisjoint(named_ids(msgspec.json.decode(row.envelope)["body"])):
            return False
        if isinstance(entry.body, NoticeIssued):
            self._objects.add(entry.body.notice.id)  # with it come the answers to it
        return True


def _tracks(rows: list[Row], material: Material) -> dict[str, bytes]:
    """The segments that an entry of these binds, as far as they are kept as they were then: each a
    file of its own, or of an earlier version a line of one.

    Up to 64 MiB, the first in the record first.
    """
    lines, found, left = list[bytes](), dict[str, bytes](), _MOST_TRACK_BYTES
    for row in rows:
        body = decode_entry(row.envelope, position=row.position).body
        if not isinstance(body, SegmentRecorded) or body.party is None:
            continue
        pieces = material.segment(body.name)
        if pieces is None or digest_of(pieces) != body.sha256:
            continue
        is_file = pieces[0].startswith(MAGIC)
        data = b"".join(pieces) if is_file else segment_line(row.position, pieces)
        left -= len(data)
        if left < 0:
            break
        if is_file:
            found[positions_file(row.position)] = data
        else:
            lines.append(data)
    return {"tracks.jsonl": b"".join(lines), **found} if lines else found


def _line(row: Row, proof: list[bytes]) -> bytes:
    line = {
        "position": row.position,
        "salt": to_base64(row.salt),
        "envelope": row.envelope.decode("utf-8"),
        "proof": [to_base64(each) for each in proof],
    }
    return canonical_json(line) + b"\n"
