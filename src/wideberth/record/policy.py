"""The policy: which logs, which witnesses, and how many of them make a checkpoint good enough.

C2SP tlog-policy, a text file::

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

Names of witnesses and groups share one namespace; each may be a member of one group at most, so
that no witness counts twice. Whoever verifies offline needs this file and nothing else. All fails
closed: what is not understood is refused, and what is not proved is not met.

Stricter than the specification: UTF-8 only, and no key may be both a log's and a witness's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from wideberth.errors import InvalidValue, system_reason
from wideberth.record.cosignatures import Cosignature, parse_witness_vkey, verified_cosignatures
from wideberth.record.notes import (
    Checkpoint,
    VerifierKey,
    check_name,
    format_vkey,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    verified_note,
)

__all__ = [
    "Evaluated",
    "Group",
    "Log",
    "Policy",
    "Witness",
    "format_policy",
    "load_policy",
    "parse_policy",
]

MAX_POLICY_BYTES = 1_000_000
MAX_LINES = 1_000  # the specification asks for at least 32 of each kind
NONE = "none"
_SPACES = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


class Log(msgspec.Struct, frozen=True):
    """A log that is accepted. Its key's name is the origin of its checkpoints."""

    key: VerifierKey
    url: str | None = None


class Witness(msgspec.Struct, frozen=True):
    """A witness. name: within the policy only."""

    name: str
    key: VerifierKey
    url: str | None = None


class Group(msgspec.Struct, frozen=True):
    """So many of these members are enough. members: names of witnesses and groups."""

    name: str
    threshold: int
    members: tuple[str, ...]


class Evaluated(msgspec.Struct, frozen=True):
    """What a policy finds in a note.

    log: whose signature verifies; cosignatures: those of the policy's witnesses that verify, one
    each; witnesses: their names in the policy; is_met: whether they make up the quorum.
    """

    checkpoint: Checkpoint
    log: VerifierKey
    cosignatures: tuple[Cosignature, ...]
    witnesses: tuple[str, ...]
    is_met: bool


class Policy(msgspec.Struct, frozen=True):
    """A policy that was parsed, so it is whole. quorum: a witness, a group, or ``none``."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def is_met(self, witnesses: Collection[str]) -> bool:
        """Whether these witnesses, by their names in the policy, make up the quorum."""
        if self.quorum == NONE:
            return True
        known = {each.name for each in self.witnesses}
        met = known.intersection(witnesses)
        for group in self.groups:  # each names only what stands before it
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum in met

    def evaluate(
        self, note: str, *, logs: Sequence[VerifierKey] = (), not_after_s: int | None = None
    ) -> Evaluated:
        """Who signed a checkpoint, and whether the quorum is met.

        logs: known from elsewhere, beside those of the policy. not_after_s: seconds since 1970;
        a cosignature of a later time is refused. Raises InvalidValue: a malformed note, no
        signature by a log that is known, another origin than that log's, and any line of a known
        log or witness that does not verify.
        """
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
        keys = [each.key for each in self.logs if each.key not in logs] + list(logs)
        own = [key for key in keys if key.name == checkpoint.origin]
        if not own:
            raise InvalidValue(
                "checkpoint.origin",
                "log-unknown",
                checkpoint.origin,
                "the policy names no log of this origin",
            )
        verified_note(note, own)
        signed = {(each.name, each.key_id) for each in parsed.signatures}
        log = next(key for key in own if (key.name, key.key_id) in signed)
        found = verified_cosignatures(
            parsed.text,
            parsed.signatures,
            [each.key for each in self.witnesses],
            not_after_s=not_after_s,
        )
        seen = {each.key for each in found}
        names = tuple(each.name for each in self.witnesses if each.key in seen)
        return Evaluated(checkpoint, log, found, names, self.is_met(names))

    def require(
        self, note: str, *, logs: Sequence[VerifierKey] = (), not_after_s: int | None = None
    ) -> Evaluated:
        """The same, where the quorum is met. Raises InvalidValue otherwise, also as evaluate."""
        found = self.evaluate(note, logs=logs, not_after_s=not_after_s)
        if not found.is_met:
            raise InvalidValue(
                "checkpoint",
                "quorum",
                list(found.witnesses),
                f"the cosignatures do not make up the quorum {self.quorum}",
            )
        return found


def load_policy(path: Path) -> Policy:
    """The policy in a file. Raises InvalidValue naming the file and the line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidValue(path.name, "unreadable", str(path), system_reason(error)) from None
    try:
        return parse_policy(data)
    except InvalidValue as error:
        raise error.within(path.name) from None


def parse_policy(data: bytes) -> Policy:
    """The policy in a file's bytes. Raises InvalidValue naming the line."""
    if len(data) > MAX_POLICY_BYTES:
        raise InvalidValue("policy", "size", len(data), f"at most {MAX_POLICY_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue("policy", "utf-8", str(error), "give UTF-8") from None
    if not text.endswith("\n"):
        raise InvalidValue("policy", "newline", text[-20:], "end every line with a newline")
    if _CONTROL.search(text):
        raise InvalidValue("policy", "control", "", "no control characters but tab and newline")
    lines = text[:-1].split("\n")
    if len(lines) > MAX_LINES:
        raise InvalidValue("policy", "size", len(lines), f"at most {MAX_LINES} lines")
    builder = _Builder()
    for number, line in enumerate(lines, start=1):
        words = [word for word in _SPACES.split(line) if word]
        if words and not words[0].startswith("#"):
            try:
                builder.take(words)
            except InvalidValue as error:
                raise error.within(f"line {number}") from None
    return builder.built()


def format_policy(policy: Policy) -> str:
    """The text that parse_policy reads back to the same policy."""
    lines = [_line("log", format_vkey(each.key), each.url) for each in policy.logs]
    lines += [_line("witness", e.name, format_vkey(e.key), e.url) for e in policy.witnesses]
    lines += [_line("group", e.name, str(e.threshold), *e.members) for e in policy.groups]
    lines.append(_line("quorum", policy.quorum))
    return "".join(lines)


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word) + "\n"


@dataclass(slots=True)
class _Builder:
    """The policy as far as it was read."""

    logs: list[Log] = field(default_factory=list[Log])
    witnesses: list[Witness] = field(default_factory=list[Witness])
    groups: list[Group] = field(default_factory=list[Group])
    quorum: str | None = None
    names: set[str] = field(default_factory=set[str])  # of witnesses and groups
    members: set[str] = field(default_factory=set[str])  # of any group
    public_keys: set[bytes] = field(default_factory=set[bytes])

    def take(self, words: list[str]) -> None:
        """One line. Raises InvalidValue."""
        kind, rest = words[0], words[1:]
        match kind, len(rest):
            case "log", 1 | 2:
                self.logs.append(Log(self._fresh(parse_vkey(rest[0])), _url(rest[1:])))
            case "witness", 2 | 3:
                key = self._fresh(parse_witness_vkey(rest[1]))
                self.witnesses.append(Witness(self._named(rest[0]), key, _url(rest[2:])))
            case "group", n if n >= 3:
                self._take_group(rest[0], rest[1], tuple(rest[2:]))
            case "quorum", 1:
                if self.quorum is not None:
                    raise InvalidValue("quorum", "quorum-twice", rest[0], "give one quorum line")
                if rest[0] != NONE:
                    self._known(rest[0])
                self.quorum = rest[0]
            case _:
                raise InvalidValue(
                    kind[:40], "policy-line", " ".join(words), "give log, witness, group or quorum"
                )

    def built(self) -> Policy:
        """The whole policy. Raises InvalidValue without a quorum."""
        if self.quorum is None:
            raise InvalidValue("quorum", "quorum-missing", None, "give a quorum line")
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _take_group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        for member in members:
            self._known(member)
            if member in self.members:
                raise InvalidValue("group", "member-twice", member, "a name in one group only")
            self.members.add(member)
        count = {"all": len(members), "any": 1}.get(threshold)
        if count is None:
            count = int(threshold) if _THRESHOLD.fullmatch(threshold) else 0
        if not 1 <= count <= len(members):
            raise InvalidValue(
                "group", "threshold", threshold, f"give all, any, or 1 to {len(members)}"
            )
        self.groups.append(Group(self._named(name), count, members))

    def _named(self, name: str) -> str:
        if name == NONE or name in self.names:
            raise InvalidValue("name", "name-taken", name, "give each a name of its own, not none")
        self.names.add(name)
        return name

    def _known(self, name: str) -> None:
        if name not in self.names:
            raise InvalidValue("name", "name-unknown", name, "name only what stands above")

    def _fresh(self, key: VerifierKey) -> VerifierKey:
        check_name(key.name, field="vkey")
        if key.public_key in self.public_keys:
            raise InvalidValue("vkey", "key-twice", format_vkey(key), "one line for each key")
        self.public_keys.add(key.public_key)
        return key


def _url(words: list[str]) -> str | None:
    return words[0] if words else None
