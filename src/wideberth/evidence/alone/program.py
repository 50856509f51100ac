"""The verifier of an evidence bundle. Needs Python 3.8 and PyNaCl or cryptography; no network.

    python3 verify.py BUNDLE.zip [--policy MY-KEYS.txt]

In the place of BUNDLE.zip may stand the folder that it was unpacked to.
MY-KEYS.txt (C2SP tlog-policy) holds the keys of the record and its witnesses that you trust, and is
not the policy.txt that came with the bundle. Without it the bundle is checked against the keys that
it names itself, and that is said.

Exit status 0: all of it holds. 1: it does not, and the first bad entry is named. 2: a file is not
there, or MY-KEYS.txt is no policy.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from wideberth.evidence.alone.container import (
    FILES,
    MORE_FILES,
    Fault,
    canonical_json,
    is_object,
    packed,
    parsed_json,
    positions_entry,
    positions_file,
    unpacked,
)
from wideberth.evidence.alone.differing import told_differences
from wideberth.evidence.alone.ed25519 import LIBRARY
from wideberth.evidence.alone.heads import Head, judged_head, parsed_policy
from wideberth.evidence.alone.page import NO_PERMISSION, Facts, is_exercise, page_html
from wideberth.evidence.alone.segments import kept_in
from wideberth.evidence.alone.statements import proved_entries

__all__ = [
    "OWN_POLICY",
    "README",
    "bundle_at",
    "checked_bundle",
    "checked_contents",
    "made_manifest",
    "main",
]

BUNDLE_FORMAT = 1
_FORMAT_WITH_MORE = 2  # of a bundle that holds more than the files that each has
_FORMAT_WITH_POSITIONS = 3  # of one with files of positions
_MANIFEST_MEMBERS = ["wideberth_evidence", "origin", "size", "made_for", "asked", "files"]

OWN_POLICY = (
    "has the same bytes as the policy.txt in the bundle: be sure that you got it from somebody"
    " other than whoever gave you the bundle"
)

README = """Evidence from a record of messages between parties

index.html     what was said, by whom and when, in plain words; open it in any browser, or print it
entries.jsonl  the entries themselves, a line each, with salt and proof
checkpoint.txt the state of the record that they are proved against, signed and cosigned
policy.txt     which keys signed it, and how many witnesses are enough
differences.jsonl  in some bundles: where two accounts of an incident differ
tracks.jsonl, positions-N.parquet
               in some bundles: positions that were kept, whose digests are in entries; that
               of positions-N.parquet is its SHA-256, in entry N
manifest.json  the SHA-256 of each file
verify.py      checks all of it, without a network. Where you unpacked the bundle, type

    python3 verify.py . --policy MY-KEYS.txt

It needs Python 3.8 and a library of signatures: python3 -m pip install pynacl
MY-KEYS.txt is your own file of keys that you trust, and not the policy.txt that came with the
bundle; without it leave out "--policy MY-KEYS.txt".

Take verify.py and MY-KEYS.txt from somebody other than whoever gave you this bundle.
This confirms receipt; it is neither permission nor a guarantee, and lack of notice removes no
protection. No information is not clearance.
"""


def made_manifest(files: dict[str, bytes], head: Head, made_for: str, asked: str) -> bytes:
    """The manifest of a bundle. files: all others, in their order."""
    digests = {name: sha256(files[name]).hexdigest() for name in files if name != "manifest.json"}
    values = [_format_of(files), head.origin, head.size, made_for, asked, digests]
    return canonical_json(dict(zip(_MANIFEST_MEMBERS, values))) + b"\n"


def _format_of(files: dict[str, bytes]) -> int:
    if any(positions_entry(name) is not None for name in files):
        return _FORMAT_WITH_POSITIONS
    return _FORMAT_WITH_MORE if any(name in files for name in MORE_FILES) else BUNDLE_FORMAT


def checked_bundle(data: bytes, policy: bytes | None, own: bytes | None = None) -> Facts:
    """What a bundle proves, where all of it holds. policy: the reader's own; own: this verifier.

    Raises Fault. Where page or README have other words, and the verifier in the bundle is another
    one than this, it says that the rest holds, and which verifier knows those words.
    """
    files = unpacked(data)
    manifest: Any = parsed_json(files["manifest.json"], "manifest.json")
    if not is_object(manifest) or list(manifest) != _MANIFEST_MEMBERS:
        raise Fault(None, "manifest.json has not the members of a manifest")
    named: Any = manifest["files"]
    missing = [each for each in named if each not in files] if is_object(named) else []
    if missing:
        raise Fault(
            None, "{}: manifest.json names it, and it is missing".format(", ".join(missing))
        )
    if manifest["wideberth_evidence"] != _format_of(files):
        raise Fault(None, "the bundle has a format that this verifier does not know")
    for name in files:
        digest = sha256(files[name]).hexdigest()
        if name != "manifest.json" and _member(manifest["files"], name) != digest:
            raise Fault(None, f"{name} is not what manifest.json says it is")
    facts = checked_contents(files, manifest, policy)
    again = made_manifest(files, facts.head, manifest["made_for"], manifest["asked"])
    if again != files["manifest.json"]:
        raise Fault(None, "manifest.json is not in its one spelling, or of another record")
    if files["README.txt"] != README.encode("ascii"):
        raise Fault(None, "README.txt has other words" + _of_another_version(files, own))
    try:
        page = page_html(facts)
    except RecursionError:
        raise Fault(None, "an entry is nested too deep for a page") from None
    if page != files["index.html"]:
        words = "index.html does not say what the entries say" + _of_another_version(files, own)
        raise Fault(None, words)
    return facts


def _of_another_version(files: dict[str, bytes], own: bytes | None) -> str:
    """Why words may be others: a bundle keeps those of the version that made it. Nothing, where
    its verifier is this one.
    """
    if own is None or files["verify.py"] == own:
        return ""
    return (
        " in the words of this verifier. The bundle has another verifier, with the SHA-256 {}:"
        " another version of the program made it, or somebody changed both. The entries and"
        " signatures hold. For its words use that verifier, from somebody other than whoever gave"
        " you the bundle"
    ).format(sha256(files["verify.py"]).hexdigest())


def checked_contents(
    files: dict[str, bytes], manifest: dict[str, Any], policy: bytes | None
) -> Facts:
    """The head, the entries and the statements, without page and manifest. Raises Fault."""
    for name in ("made_for", "asked"):
        if not isinstance(manifest[name], str):
            raise Fault(None, f"manifest.json: {name} is no text")
    own = parsed_policy(files["policy.txt"])
    head = judged_head(files["checkpoint.txt"], own, is_every_line_known=True)
    if policy is not None:
        judged_head(files["checkpoint.txt"], parsed_policy(policy), is_every_line_known=False)
    entries, keys = proved_entries(files["entries.jsonl"], head)
    for name in MORE_FILES:
        if files.get(name) == b"":
            raise Fault(None, f"{name} is there and holds nothing")
    told = told_differences(files.get("differences.jsonl", b""), entries)
    segments = kept_in(files, entries)
    return Facts(manifest, head, own, entries, keys, told, segments)


def main(arguments: list[str]) -> int:
    """Check a bundle and say so. Gives the exit status."""
    if arguments in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    paths = [each for each in arguments if each != "--policy"]
    is_policy_given = arguments[1:2] == ["--policy"]
    if len(paths) != 1 + is_policy_given or len(arguments) != len(paths) + is_policy_given:
        print(__doc__, file=sys.stderr)
        return 2
    if LIBRARY is None:
        print("install PyNaCl or cryptography: neither is there", file=sys.stderr)
        return 2
    try:
        contents = [bundle_at(Path(paths[0])), *(Path(each).read_bytes() for each in paths[1:])]
    except FileNotFoundError as error:
        hint = ""
        if is_policy_given and error.filename == paths[1]:
            hint = ": give the file of keys that you got yourself, or leave out --policy"
        print(f"{error.filename} is not here{hint}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    try:
        for policy in contents[1:]:
            parsed_policy(policy)
    except Fault as fault:
        print(f"{paths[1]} is no policy, and nothing was checked: {fault}", file=sys.stderr)
        return 2
    try:
        own = Path(__file__).read_bytes()
        facts = checked_bundle(contents[0], contents[1] if is_policy_given else None, own)
    except Fault as fault:
        print(f"DOES NOT HOLD: {fault}", file=sys.stderr)
        return 1
    _say(facts, contents[0])
    if not is_policy_given:
        print(
            "note: checked only under the keys that the bundle names itself; give --policy",
            file=sys.stderr,
        )
    elif contents[1] == unpacked(contents[0])["policy.txt"]:
        print(f"note: {paths[1]} {OWN_POLICY}", file=sys.stderr)
    return 0


def bundle_at(path: Path) -> bytes:
    """The bundle, or what its unpacked files make: the same bytes, where none was changed."""
    if not path.is_dir():
        return path.read_bytes()
    more = [name for name in MORE_FILES if (path / name).exists()]
    entries = [positions_entry(each.name) for each in path.iterdir()]
    more += [positions_file(each) for each in sorted(each for each in entries if each is not None)]
    return packed({name: (path / name).read_bytes() for name in (*FILES[:-1], *more, FILES[-1])})


def _say(facts: Facts, data: bytes) -> None:
    mark = is_exercise(facts.head.origin)
    if mark:
        print("EXERCISE: nothing of this is real")
    signed = sum(each.signed is not None for each in facts.entries)
    print("HOLDS: %d entries of %s" % (len(facts.entries), facts.head.origin))
    print("record   %d entries, root %s" % (facts.head.size, facts.head.root.hex()))
    print(f"key      {facts.head.log_key}")
    for each in facts.head.witnesses:
        print("witness  %s at %d s since 1970  %s" % (each.name, each.time_s, each.key_text))
    if not facts.head.witnesses:
        print("witness  none: no witness vouches that this record is shown alike to everybody")
    if facts.segments:
        count = sum(len(each.positions) for each in facts.segments)
        told = (count, len(facts.segments))
        print("tracks   %d positions in %d segments, each with the digest in its entry" % told)
    print("signed   %d statements, each under the key in force at its entry" % signed)
    print(f"checked  with {LIBRARY}")
    print(NO_PERMISSION)
    own = unpacked(data)["verify.py"]
    print(f"verifier the one in the bundle has the SHA-256 {sha256(own).hexdigest()}")
    if mark:
        print("EXERCISE")


def _member(value: Any, name: str) -> Any:
    return value.get(name) if is_object(value) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
