"""``wideberth compare``: do two parties see the same log?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from wideberth.errors import InvalidValue, system_reason
from wideberth.faces.cli._host import NO, complain, complaints, printable, say_exercise

if TYPE_CHECKING:
    from wideberth.evidence.comparing import Difference
    from wideberth.logclient import LogClient
    from wideberth.record.notes import Checkpoint, VerifierKey
    from wideberth.record.policy import Policy
    from wideberth.record.splits import Compared, Proof, Prove

__all__ = ["command"]

T = TypeVar("T")
_LISTED = 20  # of one kind, in words; of the others the positions


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
    two bundles of evidence: then each entry in which they differ is named, and which side lacks it.
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
        if heads is not None and evidence is None:
            if len(heads) != 2:
                raise InvalidValue("A, B", "two-heads", heads, "give two of them, or --evidence")
            bundles = _bundles(heads)
            if bundles is not None:
                _compare_bundles(bundles, (heads[0], heads[1]), policy, log, out)
                return
        if not keys:
            raise InvalidValue(
                "--log, --policy",
                "key-missing",
                None,
                "say whose heads these are: the log's public key, or a policy file that names it",
            )
        if evidence is not None:
            text = _read(evidence)
            try:
                _say(verify_evidence(text, keys=keys))
            except InvalidValue as error:
                complain(f"wideberth: this shows no fork: {error}")
                raise typer.Exit(NO) from None
            return
        if heads is None:
            raise InvalidValue("A, B", "two-heads", None, "give two checkpoints, or --evidence")
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
        except OSError as error:
            raise InvalidValue(each, "unreadable", each, system_reason(error)) from None
        if is_bundle(data):
            found.append(data)
    if len(found) == 1:
        other = "the other is none: give two bundles, or two checkpoints"
        raise InvalidValue("A, B", "two-bundles", list(heads), f"one is a bundle, {other}")
    return found or None


def _compare_bundles(
    bundles: list[bytes],
    names: tuple[str, str],
    policy: Path | None,
    log: list[str] | None,
    out: Path,
) -> None:
    """Say where two bundles of one record differ. Raises Exit."""
    from wideberth.evidence.comparing import Relation, compare_bundles
    from wideberth.faces.cli._material import read_policy
    from wideberth.record.splits import format_evidence

    rule = read_policy(policy)
    if len(log or ()) > 1:
        raise InvalidValue("--log", "one-log", log, "bundles are judged under one key")
    vkey = log[0] if log else None
    found = compare_bundles(*bundles, policy=rule, vkey=vkey, names=names)
    print(f"log      {found.a.checkpoint.origin}")
    for name, path, each in (("A", names[0], found.a), ("B", names[1], found.b)):
        count = len(each.positions)
        made_for = f"made for {each.made_for}"
        print(f"{name}        {count} entries of {each.checkpoint.size}, {made_for}: {path}")
    if vkey is None and rule is None:
        complain("note: judged under the keys that the bundles name themselves; give --policy")
    if found.first is not None:
        apart = sum(bool(each.in_a and each.in_b) for each in found.differences)
        same = len(set(found.a.positions) & set(found.b.positions)) - apart
        print(f"{same} entries are the same in both; {found.differing} are not, or not in both")
        print(f"first difference: entry {found.first.position}; in all {found.differing}")
        print(f"  in A: {found.first.in_a or 'not there'}")
        print(f"  in B: {found.first.in_b or 'not there'}")
        print(f"  {found.first.why}")
        _list(found.differences)
    if found.relation is Relation.FORK:
        print("FORK: the log signed two trees that contradict each other")
        if found.fork is None:
            complain("wideberth: FORK: both bundles together are the evidence; keep them")
        else:
            out.write_text(format_evidence(found.fork), encoding="utf-8")
            complain(f"wideberth: FORK: the evidence is in {out}; keep it, and show it")
        raise typer.Exit(NO)
    if not found.heads_compared:
        print("the two states of the record were not compared: ask the log, with the checkpoints:")
        print("  unzip -p A.zip checkpoint.txt > a.txt; unzip -p B.zip checkpoint.txt > b.txt")
        print("  wideberth compare a.txt b.txt --policy POLICY --prove-at URL --token-file FILE")
    if found.relation is Relation.DIFFERENT:
        raise typer.Exit(NO)
    print("both bundles hold the same entries")


def _list(differences: Sequence[Difference]) -> None:
    """All of them, by the side that lacks them, and by kind."""
    for heading, of in (
        ("in both, and not the same", [each for each in differences if each.in_a and each.in_b]),
        ("A lacks", [each for each in differences if each.in_a is None]),
        ("B lacks", [each for each in differences if each.in_b is None]),
    ):
        kinds: dict[str, list[Difference]] = {}
        for each in of:
            kinds.setdefault(each.kind, []).append(each)
        if kinds:
            print(f"{heading}: {len(of)}")
        for kind, rows in kinds.items():
            print(f"  {kind}: {len(rows)}")
            for each in rows[:_LISTED]:
                print(printable(f"    entry {each.position}: {each.in_a or each.in_b}"))
            if len(rows) > _LISTED:
                rest = ", ".join(str(each.position) for each in rows[_LISTED:])
                print(f"    and entries {rest}")


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
