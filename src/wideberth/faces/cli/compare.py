"""``wideberth compare``: do two parties see the same log?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from wideberth.errors import InvalidValue, system_reason
from wideberth.faces.cli._host import NO, complain, complaints, say_exercise

if TYPE_CHECKING:
    from wideberth.logclient import LogClient
    from wideberth.record.notes import Checkpoint, VerifierKey
    from wideberth.record.policy import Policy
    from wideberth.record.splits import Compared, Proof, Prove

__all__ = ["command"]

T = TypeVar("T")


def command(
    heads: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[A B]", help="Two checkpoints: files, or URLs of nodes; or two bundles."
        ),
    ] = None,
    log: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="The log's public key; repeat it.")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A policy that both heads have to meet; names the log."),
    ] = None,
    prove_at: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where the larger head's log is, if both heads are in files."
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The token to ask nodes with.")
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Where evidence of a fork is written.")
    ] = Path("split-view.txt"),
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Verify this evidence, offline, instead of comparing."),
    ] = None,
) -> None:
    """Compare two heads of one log: they agree, one extends the other, or the log forked.

    Of a fork it writes evidence that any third can verify with the log's key alone. A and B may be
    two bundles of evidence: then the first entry in which they differ is named.
    Exit code 0: they agree, or one extends the other; or the evidence verifies. 1: a fork, bundles
    that differ; or the evidence shows none. 2: bad input.
    """
    from wideberth.record.notes import parse_vkey
    from wideberth.record.policy import load_policy
    from wideberth.record.splits import compare_heads, format_evidence, verify_evidence

    with complaints():
        known = None if policy is None else load_policy(policy)
        keys = [parse_vkey(each) for each in log or ()]
        keys += [each.key for each in known.logs] if known is not None else []
        if not keys:
            raise InvalidValue("--log, --policy", "key-missing", None, "say whose heads these are")
        if evidence is not None:
            text = _read(evidence)
            try:
                _say(verify_evidence(text, keys=keys))
            except InvalidValue as error:
                complain(f"wideberth: this shows no fork: {error}")
                raise typer.Exit(NO) from None
            return
        if heads is None or len(heads) != 2:
            raise InvalidValue("A, B", "two-heads", heads, "give two checkpoints, or --evidence")
        bundles = _bundles(heads)
        if bundles is not None:
            _compare_bundles(bundles, policy, log, out)
            return
        notes = [_note(each, token_file) for each in heads]
        if known is not None:
            _check_policy(known, notes, keys)
        urls = [each for each in (*heads, prove_at) if each is not None and _is_url(each)]
        found = compare_heads(*notes, keys=keys, prove=_prover(urls, token_file))
        _say(found)
        if found.evidence is not None:
            try:
                out.write_text(format_evidence(found.evidence), encoding="utf-8")
            except OSError as error:
                raise InvalidValue("--out", "unwritable", str(out), str(error)) from None
            complain(f"wideberth: FORK: the evidence is in {out}; keep it, and show it")
            raise typer.Exit(NO)


def _bundles(heads: Sequence[str]) -> list[bytes] | None:
    """The bytes of both, where both are bundles of evidence. Raises InvalidValue for one alone."""
    from wideberth.evidence.comparing import is_bundle

    found: list[bytes] = []
    for each in heads:
        if _is_url(each):
            continue
        try:
            data = Path(each).read_bytes()
        except OSError:
            continue  # whoever reads it as a head says why not
        if is_bundle(data):
            found.append(data)
    if len(found) == 1:
        raise InvalidValue("A, B", "two-bundles", list(heads), "give two bundles, or two heads")
    return found or None


def _compare_bundles(
    bundles: list[bytes], policy: Path | None, log: list[str] | None, out: Path
) -> None:
    """Say where two bundles of one record first differ. Raises Exit."""
    from wideberth.evidence.comparing import Relation, compare_bundles
    from wideberth.faces.cli._material import read_policy
    from wideberth.record.splits import format_evidence

    rule = read_policy(policy)
    if len(log or ()) > 1:
        raise InvalidValue("--log", "one-log", log, "bundles are judged under one key")
    found = compare_bundles(*bundles, policy=rule, vkey=log[0] if log else None)
    print(f"log      {found.a.checkpoint.origin}")
    for name, each in (("A", found.a), ("B", found.b)):
        count = len(each.positions)
        print(f"{name}        {count} entries of {each.checkpoint.size}, made for {each.made_for}")
    if found.first is not None:
        print(f"first difference: entry {found.first.position}; in all {found.differing}")
        print(f"  in A: {found.first.in_a or 'not there'}")
        print(f"  in B: {found.first.in_b or 'not there'}")
        print(f"  {found.first.why}")
    if found.relation is Relation.FORK:
        print("FORK: the log signed two trees that contradict each other")
        if found.fork is None:
            complain("wideberth: FORK: both bundles together are the evidence; keep them")
        else:
            out.write_text(format_evidence(found.fork), encoding="utf-8")
            complain(f"wideberth: FORK: the evidence is in {out}; keep it, and show it")
        raise typer.Exit(NO)
    if not found.heads_compared:
        print("the two states of the record were not compared: ask the log, with two checkpoints")
    if found.relation is Relation.DIFFERENT:
        raise typer.Exit(NO)
    print("both bundles hold the same entries")


def _say(found: Compared) -> None:
    from wideberth.record.notes import to_base64
    from wideberth.record.splits import Verdict

    words = {
        Verdict.AGREE: "the heads agree",
        Verdict.EXTENDS: "the larger head extends the smaller",
        Verdict.FORK: "FORK: the log signed two trees that contradict each other",
    }
    say_exercise(found.smaller.origin)
    print(f"log      {found.smaller.origin}")
    for head in (found.smaller, found.larger):
        print(f"head     {head.size} {to_base64(head.root)}")
    print(words[found.verdict])


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _note(where: str, token_file: Path | None) -> str:
    """The checkpoint in a file or of a node. Raises InvalidValue."""
    if not _is_url(where):
        return _read(Path(where))
    return _asking(where, token_file, lambda client: client.checkpoint())


def _prover(urls: Sequence[str], token_file: Path | None) -> Prove:
    """Asks each node for the proof, until one leads to the larger head."""
    from wideberth.record.merkle import is_consistent

    def prove(old: int, head: Checkpoint) -> Proof:
        failed: list[str] = []
        for url in dict.fromkeys(urls):
            try:
                proof = _asking(url, token_file, lambda client: client.prove(old, head))
            except InvalidValue as error:
                failed.append(str(error))
                continue
            ends = {"old_root": proof.old_root, "new_root": head.root}
            if is_consistent(old, head.size, proof=proof.hashes, **ends):
                return proof
            failed.append(f"{url} has another tree of {head.size} entries")
        raise InvalidValue(
            "--prove-at", "unproved", failed, "give the URL of a node that has the larger head"
        )

    return prove


def _asking(url: str, token_file: Path | None, act: Callable[[LogClient], T]) -> T:
    import httpx

    from wideberth.logclient import LogClient

    token = None if token_file is None else lambda: _read(token_file).strip()
    try:
        with LogClient(url, token=token) as client:
            return act(client)
    except httpx.HTTPError as error:
        raise InvalidValue("URL", "unreachable", url, str(error) or "no answer") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidValue(str(path), "unreadable", str(path), system_reason(error)) from None
    except UnicodeDecodeError:
        raise InvalidValue(str(path), "note", str(path), "give a checkpoint as text") from None


def _check_policy(policy: Policy, notes: Sequence[str], keys: Sequence[VerifierKey]) -> None:
    """Raises InvalidValue where a head does not meet the policy."""
    for name, note in zip("AB", notes, strict=True):
        try:
            policy.require(note, logs=keys)
        except InvalidValue as error:
            raise error.within(name) from None
