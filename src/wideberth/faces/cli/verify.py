"""``wideberth verify``: whether a record, evidence or a disclosure is what it claims to be."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wideberth.errors import InvalidValue, WideberthError
from wideberth.faces.cli._host import (
    NO,
    complain,
    complaints,
    progress_bar,
    read_notes,
    say_exercise,
)
from wideberth.faces.cli._material import PolicyOption, read_file, read_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wideberth.evidence.vouching import Vouched
    from wideberth.record.verify import Verified

__all__ = ["command"]

_ZIP = b"PK\3\4"  # with what a bundle begins


def command(
    path: Annotated[
        Path, typer.Argument(metavar="[PATH]", help="The folder of a record, or a bundle.")
    ] = Path("wideberth-data"),
    vkey: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The record's public key, as its parties know it."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A checkpoint that somebody kept; repeat it."),
    ] = None,
    policy: PolicyOption = None,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check what `wideberth disclose` wrote.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The party's key that opens a sealed one.")
    ] = None,
) -> None:
    """Compute a record again, or check a bundle of evidence or a disclosed entry.

    With --policy, enough of the witnesses that you trust have to vouch for it. Works offline.
    Exit code 0: it verifies. 1: it does not, and the first bad entry is named. 2: bad input.
    """
    with complaints():
        if receipt is not None:
            _verify_disclosure(receipt, key, vkey, policy)
        elif path.is_file() or _is_unpacked(path):
            _verify_bundle(path, vkey, policy)
        elif not path.exists():
            advice = f"nothing of this name is here{_like(path)}"
            raise InvalidValue("PATH", "no-such-file", str(path), advice)
        else:
            _verify_folder(path, vkey, checkpoint or [], policy)


def _is_unpacked(path: Path) -> bool:
    """Whether it is the folder that a bundle was unpacked to; a file or two may be missing."""
    return (path / "manifest.json").is_file() and (path / "entries.jsonl").is_file()


def _like(path: Path) -> str:
    """The nearest names beside it, in words."""
    from difflib import get_close_matches

    try:
        near = get_close_matches(path.name, [each.name for each in path.parent.iterdir()], 3)
    except OSError:
        return f", and no folder {path.parent} either"
    return f"; did you mean {' or '.join(str(path.with_name(each)) for each in near)}?" * bool(near)


def _verify_folder(
    folder: Path, vkey: str | None, checkpoints: list[Path], policy: Path | None
) -> None:
    from wideberth.atrest import vault_of
    from wideberth.audit import StatementAudit
    from wideberth.record.notes import parse_vkey
    from wideberth.record.sqlite import SqliteRecord
    from wideberth.record.verify import verify_folder

    rule = read_policy(policy)
    if rule is not None and vkey is not None:
        raise InvalidValue("--vkey", "policy-and-key", vkey, "the policy names the key; give one")
    origin = parse_vkey(vkey).name if vkey is not None else ""
    # Where the record cannot say its own name, verify_folder tells why.
    with suppress(WideberthError), SqliteRecord(folder) as record:
        origin = record.first_origin
    held = read_notes(checkpoints)
    vouched = None
    vault = vault_of(folder, is_needed=False)
    with progress_bar("verifying") as bar:

        def verify(*, vkey: str | None, held: Sequence[str]) -> Verified:
            audit = StatementAudit(origin)
            return verify_folder(
                folder,
                vkey=vkey,
                held=held,
                statement_checker=audit,
                erased_checker=audit.erased,
                vault=vault,
                on_progress=bar,
            )

        if rule is None:
            found = verify(vkey=vkey, held=held)
        else:
            from wideberth.evidence.vouching import verify_under_policy
            from wideberth.record.policy import parse_policy

            found, vouched = verify_under_policy(
                folder, parse_policy(rule), held=held, verify=verify
            )
    _say_record(found, vouched)


def _say_record(found: Verified, vouched: Vouched | None) -> None:
    from base64 import b64encode

    from wideberth.space.time import format_rfc3339

    print(f"verified {found.size} entries of {found.origin}")
    print(f"root     {b64encode(found.root).decode('ascii')}")
    print(f"key      {found.vkey}")
    if found.closed:
        print(f"sealed   {found.closed} entries were not opened: their leaves, tree and head hold")
        complain("note: statements, erasures and changes of the key were not checked; name the key")
    else:
        print(f"signed   {found.statements} statements, each under the key in force at its entry")
    for first, until in found.missing:
        print(f"missing  entries {first} to {until - 1} of a former epoch: not in this record")
    for each in found.erasures:
        print(
            f"erased   {each.count} entries, by entry {each.by},"
            f" on the ground of {each.ground}: {each.reference}"
        )
    if found.size:
        print(f"newest   {format_rfc3339(found.time_us)}")
    if vouched is not None:
        names = ", ".join(vouched.witnesses) or "the log alone"
        print(f"vouched  {vouched.size} of {found.size} entries, by {names}")
        if vouched.size < found.size:
            complain(f"note: from entry {vouched.size} on it rests on the log's signature alone")
    elif not found.is_key_given:
        complain("note: checked under the key that the record names itself; give --vkey to be sure")


def _verify_bundle(path: Path, vkey: str | None, policy: Path | None) -> None:
    from wideberth.errors import RecordCorrupt, system_reason
    from wideberth.evidence.alone.container import unpacked
    from wideberth.evidence.alone.program import OWN_POLICY, bundle_at
    from wideberth.evidence.check import verify_bundle
    from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE

    try:
        data = bundle_at(path)
    except FileNotFoundError as error:
        advice = "a bundle has this file, and it is not in the folder"
        raise InvalidValue("PATH", "file-missing", error.filename, advice) from None
    except OSError as error:
        raise InvalidValue("PATH", "unreadable", str(path), system_reason(error)) from None
    if not data.startswith(_ZIP):  # a mistake of the caller, and no evidence of a forgery
        raise InvalidValue(
            "PATH",
            "no-bundle",
            str(path),
            "give the folder of a node, or what `wideberth evidence` wrote, a zip file;"
            " for what `wideberth disclose` wrote: --receipt",
        )
    rule = read_policy(policy)
    try:
        found = verify_bundle(data, policy=rule, vkey=vkey)
    except RecordCorrupt as error:
        entry = "" if error.position is None else f"entry {error.position}: "
        complain(f"DOES NOT HOLD: {entry}{error.reason}")
        raise typer.Exit(NO) from None
    head = found.checkpoint
    say_exercise(head.origin)
    print(f"verified {len(found.positions)} entries of {head.origin}, of {head.size} in all")
    print(f"root     {head.root.hex()}")
    print(f"key      {found.vkey}")
    if found.kept_positions:
        print(f"tracks   {found.kept_positions} positions, as the digests in their entries say")
    print(f"signed   {found.statements} statements, each under the key in force at its entry")
    for name, time_s in found.witnesses:
        print(f"witness  {name} at {_utc(time_s)}")
    print(NEITHER_PERMISSION_NOR_GUARANTEE)
    if not found.is_own_verifier:
        complain("note: the verify.py inside is not this program's; do not rely on it")
    if vkey is None and rule is None:
        complain("note: checked under the keys that the bundle names itself; give --policy")
    if rule is not None and rule == unpacked(data)["policy.txt"]:
        complain(f"note: {policy} {OWN_POLICY}")


def _verify_disclosure(path: Path, key: Path | None, vkey: str | None, policy: Path | None) -> None:
    from wideberth.errors import RecordCorrupt
    from wideberth.evidence.alone.words import entry_words
    from wideberth.evidence.disclosure import read_disclosure, read_sealed
    from wideberth.space.time import format_rfc3339

    data = read_file(path, "--receipt")
    sealed = read_sealed(data)
    if sealed is not None:
        from wideberth.client import PartyKey

        if key is None:
            raise InvalidValue("--key", "sealed", f"{sealed.to}/{sealed.key_id}", "give this key")
        data = PartyKey.load(key).unseal(sealed.data)
    rule = read_policy(policy)
    if rule is None and vkey is None:
        raise InvalidValue("--policy, --vkey", "missing", None, "give one of them")
    try:
        found = read_disclosure(data, policy=rule, vkey=vkey)
    except InvalidValue as error:
        raise RecordCorrupt(None, str(error)) from error
    say_exercise(found.checkpoint.origin)
    author = found.entry.author
    sentence, rows = entry_words(_value(found.envelope))
    print(f"verified entry {found.position} of {found.checkpoint.origin}")
    print(f"said by  {author.party}, {author.how}, at {format_rfc3339(found.entry.time_us)}")
    for name in found.witnesses:
        print(f"witness  {name}")
    print(sentence)
    for name, text in rows:
        print(f"  {name}: {text}".replace("\n", "\n    "))
    if author.how == "signed":
        complain("note: the signature is judged with a bundle that holds the key's entry")


def _value(envelope: bytes) -> dict[str, Any]:
    import msgspec

    return msgspec.json.decode(envelope)


def _utc(time_s: int) -> str:
    from wideberth.space.time import format_rfc3339

    return format_rfc3339(time_s * 1_000_000)
