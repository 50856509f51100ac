"""The tree, the signed head and the policy: RFC 6962, C2SP signed-note, tlog-checkpoint,
tlog-cosignature and tlog-policy, as far as a bundle needs them. Whatever is not understood is
refused.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, NamedTuple

from wideberth.evidence.alone.container import Fault, from_base64, is_array
from wideberth.evidence.alone.ed25519 import is_honest_key, is_signed_by

__all__ = [
    "Head",
    "Policy",
    "PolicyKey",
    "Witnessed",
    "described_policy",
    "is_enough",
    "is_in_tree",
    "judged_head",
    "leaf_of",
    "parsed_policy",
    "proof_of",
]

_LOG_KEY, _WITNESS_KEY = 0x01, 0x04  # signature types of signed-note and tlog-cosignature
_HEAD_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_BAD_IN_NOTE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_BAD_IN_POLICY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_KEY_NAME = re.compile(r"[^\s+\x00-\x1f\x7f-\x9f]{1,255}")
_DASH_SPACE = "\u2014 "


class PolicyKey(NamedTuple):
    """A key of a policy. kind: its signature type; name: of a witness within the policy."""

    kind: int
    name: str
    key_name: str
    key_id: bytes
    public_key: bytes
    text: str


class Policy(NamedTuple):
    """Which logs and witnesses count. groups: (name, how many, members), in order."""

    keys: list[PolicyKey]
    groups: list[tuple[str, int, list[str]]]
    quorum: str


class Witnessed(NamedTuple):
    """One witness's cosignature. time_s: seconds since 1970, by its clock."""

    name: str
    key_text: str
    time_s: int


class Head(NamedTuple):
    """A signed head. log_key: as text; witnesses: whose cosignatures verify."""

    origin: str
    size: int
    root: bytes
    log_key: str
    witnesses: list[Witnessed]


def leaf_of(salt: bytes, envelope: bytes) -> bytes:
    """SHA-256(0x00 || leaf), where leaf = 0x01 || SHA-256(salt || envelope)."""
    return sha256(b"\x00\x01" + sha256(salt + envelope).digest()).digest()


def is_in_tree(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether proof shows the leaf at index of the tree. Source: RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def parsed_policy(data: bytes) -> Policy:
    """The policy in a file. Raises Fault."""
    policy = Policy([], [], "")
    members: set[str] = set()
    quorum: list[str] = []
    text = _policy_text(data)
    for number, line in enumerate(text[:-1].split("\n"), start=1):
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            _take_line(policy, words, members, quorum)
        except Fault as fault:
            raise Fault(None, "policy, line %d: %s" % (number, fault.reason)) from None
    if len(quorum) != 1:
        raise Fault(None, "the policy does not give one quorum")
    return policy._replace(quorum=quorum[0])


def is_enough(policy: Policy, names: set[str]) -> bool:
    """Whether these witnesses, by their names in the policy, make up its quorum."""
    met = {key.name for key in policy.keys if key.kind == _WITNESS_KEY and key.name in names}
    for name, count, members in policy.groups:
        if sum(member in met for member in members) >= count:
            met.add(name)
    return policy.quorum == "none" or policy.quorum in met


def judged_head(note: bytes, policy: Policy, *, is_every_line_known: bool) -> Head:
    """The head in a note, its log's signature and the quorum verified by policy. Raises Fault.

    is_every_line_known: refuse a line of a key that the policy does not name (as in a bundle, where
    every byte has to count) instead of leaving it unjudged.
    """
    text, lines = _split_note(note)
    origin, size, root = _head_of(text)
    log_key = ""
    newest: dict[str, Witnessed] = {}
    keys = {(key.key_name, key.key_id): key for key in policy.keys}
    for key_name, blob in lines:
        key = keys.get((key_name, blob[:4]))
        if key is None or (key.kind == _LOG_KEY and key.key_name != origin):
            if is_every_line_known:
                raise Fault(
                    None, "the checkpoint has a line of a key that the policy does not name"
                )
            continue
        if key.kind == _LOG_KEY:
            if not is_signed_by(key.public_key, text.encode("utf-8"), blob[4:]):
                raise Fault(None, "the log's signature on the checkpoint does not verify")
            log_key = key.text
            continue
        time_s = _cosigned_at(text, key, blob[4:])
        if key.name not in newest or newest[key.name].time_s < time_s:
            newest[key.name] = Witnessed(key.name, key.text, time_s)
    if not log_key:
        raise Fault(None, f"no log of the policy signed the checkpoint of {origin}")
    if not is_enough(policy, set(newest)):
        raise Fault(None, f"the cosignatures do not make up the quorum {policy.quorum}")
    witnesses = [newest[key.name] for key in policy.keys if key.name in newest]
    return Head(origin, size, root, log_key, witnesses)


def _policy_text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault(None, "the policy is no UTF-8") from None
    if not text.endswith("\n") or _BAD_IN_POLICY.search(text):
        raise Fault(None, "the policy does not end in a newline, or has control characters")
    return text


def _take_line(policy: Policy, words: list[str], members: set[str], quorum: list[str]) -> None:
    kind, rest = words[0], words[1:]
    names = {key.name for key in policy.keys if key.name} | {group[0] for group in policy.groups}
    if kind == "log" and len(rest) in (1, 2):
        policy.keys.append(_policy_key(policy, "", rest[0], _LOG_KEY))
    elif kind == "witness" and len(rest) in (2, 3):
        _check_free(rest[0], names)
        policy.keys.append(_policy_key(policy, rest[0], rest[1], _WITNESS_KEY))
    elif kind == "group" and len(rest) >= 3:
        _check_free(rest[0], names)
        for member in rest[2:]:
            if member not in names or member in members:
                raise Fault(None, f"{member} is not named above, or is in two groups")
            members.add(member)
        count = {"all": len(rest) - 2, "any": 1}.get(rest[1])
        if count is None:
            count = int(rest[1]) if re.fullmatch("[1-9][0-9]{0,3}", rest[1]) else 0
        if not 1 <= count <= len(rest) - 2:
            raise Fault(None, "a group of %d cannot need %s" % (len(rest) - 2, rest[1]))
        policy.groups.append((rest[0], count, rest[2:]))
    elif kind == "quorum" and len(rest) == 1:
        if rest[0] != "none" and rest[0] not in names:
            raise Fault(None, f"{rest[0]} is not named above")
        quorum.append(rest[0])
    else:
        raise Fault(None, "this is no log, witness, group or quorum")


def _check_free(name: str, names: set[str]) -> None:
    if name == "none" or name in names:
        raise Fault(None, f"the name {name} is taken")


def _policy_key(policy: Policy, name: str, text: str, kind: int) -> PolicyKey:
    """A verifier key of the kind: name+hex(key id)+base64(kind || public key)."""
    key_name, _, rest = text.partition("+")
    identifier, _, encoded = rest.partition("+")
    data = from_base64(encoded, 33, "the key")
    key_id = sha256(key_name.encode("utf-8") + b"\n" + data).digest()[:4]
    if not _KEY_NAME.fullmatch(key_name) or data[0] != kind or key_id.hex() != identifier:
        raise Fault(None, "%s is no key of type %d" % (text, kind))
    if not is_honest_key(data[1:]):
        raise Fault(None, f"{text} is no point of the main subgroup")
    if any(key.public_key == data[1:] for key in policy.keys):
        raise Fault(None, f"the key {text} stands twice")
    return PolicyKey(kind, name, key_name, key_id, data[1:], text)


def _split_note(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and name and bytes of each signature line."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault(None, "the checkpoint is no UTF-8") from None
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n") or _BAD_IN_NOTE.search(whole):
        raise Fault(None, "the checkpoint is no signed note")
    lines: list[tuple[str, bytes]] = []
    for line in tail[:-1].split("\n"):
        name, _, encoded = line[len(_DASH_SPACE) :].partition(" ")
        if not line.startswith(_DASH_SPACE) or not _KEY_NAME.fullmatch(name):
            raise Fault(None, "the checkpoint has a line that is no signature")
        lines.append((name, from_base64(encoded, None, "a signature of the checkpoint")))
        if len(lines[-1][1]) <= 4:
            raise Fault(None, "a signature of the checkpoint is too short")
    if len(set(lines)) != len(lines) or len(lines) > 64:
        raise Fault(None, "the checkpoint has a signature twice, or too many")
    return text + "\n", lines


def _head_of(text: str) -> tuple[str, int, bytes]:
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0] or not _HEAD_NUMBER.fullmatch(lines[1]):
        raise Fault(None, "the checkpoint does not give origin, size and root")
    return lines[0], int(lines[1]), from_base64(lines[2], 32, "the root")


def _cosigned_at(text: str, key: PolicyKey, blob: bytes) -> int:
    """When the witness cosigned. Source: tlog-cosignature. Raises Fault."""
    time_s = int.from_bytes(blob[:8], "big")
    message = ("cosignature/v1\ntime %d\n%s" % (time_s, text)).encode("utf-8")
    if not 0 < time_s < 2**63 or not is_signed_by(key.public_key, message, blob[8:]):
        raise Fault(None, f"the cosignature of {key.name} does not verify")
    return time_s


def described_policy(policy: Policy) -> list[str]:
    """The rule of a policy as lines of plain words."""
    lines = ["group %s: %d of %s" % (n, count, ", ".join(m)) for n, count, m in policy.groups]
    return [*lines, f"quorum: {policy.quorum}"]


def proof_of(value: Any) -> list[bytes]:
    """The hashes of an inclusion proof, from base64. Raises Fault."""
    if not is_array(value):
        raise Fault(None, "the proof is no array")
    return [from_base64(text, 32, "a hash of the proof") for text in value]
