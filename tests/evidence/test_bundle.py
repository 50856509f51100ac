"""A bundle holds what was asked for and what that needs, and shows nothing else."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import cryptography
import nacl
import pytest
from nacl.signing import SigningKey
from typer.testing import CliRunner

import evidence_world as world
from evidence_world import ALPHA, BRAVO, INTENT, bundle, material, policy
from wideberth.client import PartyKey
from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.evidence.alone.container import FILES, Fault, canonical_json, packed, unpacked
from wideberth.evidence.alone.page import NO_PERMISSION
from wideberth.evidence.alone.program import README, checked_bundle
from wideberth.evidence.bundle import Selection, plain_policy
from wideberth.evidence.check import verify_bundle
from wideberth.evidence.verifier import PARTS, verifier_source
from wideberth.faces.cli.app import app
from wideberth.model.entries import NoticeAcknowledged
from wideberth.model.envelope import statement_digest
from wideberth.model.ids import KeyId, NoticeId
from wideberth.model.keeping import EpochOpened
from wideberth.model.notices import (
    NEITHER_PERMISSION_NOR_GUARANTEE,
    Acknowledgement,
    Verb,
)
from wideberth.model.settings import DEFAULT_RULES
from wideberth.picture.picture import Picture
from wideberth.picture.visibility import is_readable
from wideberth.record.keys import OriginKey
from wideberth.space.time import MINUTE_US

pytestmark = pytest.mark.requirement("R-05")


def test_a_bundle_verifies_and_says_what_it_proves() -> None:
    found = verify_bundle(bundle(), policy=policy())
    assert found.positions == (0, 3, 4, 5, 6, 7, 8, 9)
    assert (found.statements, found.checkpoint.size) == (3, 11)
    assert [name for name, _ in found.witnesses] == ["w0", "w1"]
    assert found.is_own_verifier


def test_the_same_question_gives_the_same_bytes() -> None:
    assert bundle() == bundle()
    twice = Selection(positions=(9, 5, 9), objects=(INTENT, INTENT))
    assert bundle(twice) == bundle(Selection(positions=(5, 9), objects=(INTENT,)))


def test_any_unzip_opens_it() -> None:
    with zipfile.ZipFile(BytesIO(bundle())) as opened:
        assert opened.testzip() is None
        assert tuple(opened.namelist()) == FILES
        assert opened.read("index.html") == unpacked(bundle())["index.html"]


@pytest.mark.parametrize(
    ("selection", "positions"),
    [
        pytest.param(Selection(objects=(INTENT,)), {0, 3, 4, 5, 6, 7, 8, 9}, id="an intent"),
        pytest.param(Selection(objects=("notice-1",)), {0, 4, 6, 7, 8, 9}, id="a notice"),
        pytest.param(Selection(positions=(5,)), {0, 3, 5}, id="a position with its key"),
        pytest.param(Selection(positions=(6,)), {0, 6}, id="an entry by rule needs no key"),
        pytest.param(
            Selection(begin_us=world.START_US + 6 * 60_000_000), {0, 4, 8, 9, 10}, id="a window"
        ),
        pytest.param(Selection(), set(range(11)), id="everything"),
    ],
)
def test_what_was_asked_for_comes_with_what_it_rests_on(
    selection: Selection, positions: set[int]
) -> None:
    assert set(verify_bundle(bundle(selection)).positions) == positions


@pytest.mark.parametrize(
    ("selection", "rule"),
    [
        pytest.param(Selection(objects=("nothing",)), "nothing-found", id="an unknown object"),
        pytest.param(Selection(positions=(11,)), "no-such-entry", id="beyond the head"),
        pytest.param(Selection(end_us=0), "nothing-found", id="an empty window"),
    ],
)
def test_what_is_not_there_is_said_so(selection: Selection, rule: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        bundle(selection)
    assert refused.value.rule == rule


@pytest.mark.requirement("R-01")
def test_only_what_the_party_may_read_goes_in() -> None:
    told = bundle(Selection(), may_show=lambda entry: is_readable(Picture(), entry, ALPHA))
    text = b"".join(unpacked(told).values())
    assert 2 not in verify_bundle(told).positions
    assert b"Bravo Relief" not in text, "the entry that registers bravo lists its units"
    assert b"Alpha Air" in text
    with pytest.raises(InvalidValue, match="no-such-entry"):
        bundle(
            Selection(positions=(2,)), may_show=lambda entry: is_readable(Picture(), entry, ALPHA)
        )


def test_a_checkpoint_without_the_quorum_makes_no_bundle() -> None:
    with pytest.raises(InvalidValue, match="quorum"):
        bundle(rule=policy("3"))


def test_lines_that_nobody_can_judge_stay_outside() -> None:
    only_two = (
        b"".join(line + b"\n" for line in policy().split(b"\n")[:3] if b"w1" not in line)
        + b"quorum w0\n"
    )
    note = unpacked(bundle(rule=only_two))["checkpoint.txt"].decode()
    assert "witness.alpha.example" in note
    assert "witness.bravo.example" not in note


def test_without_a_policy_the_page_says_that_nobody_else_vouches() -> None:
    alone = bundle(rule=plain_policy(world.LOG.vkey))
    assert b"No witness cosigned it." in unpacked(alone)["index.html"]
    assert verify_bundle(alone).witnesses == ()
    with pytest.raises(RecordCorrupt, match="quorum"):
        verify_bundle(alone, policy=policy())


# The page.


def page(of: bytes | None = None) -> str:
    return unpacked(of or bundle())["index.html"].decode()


@pytest.mark.requirement("D-02")
def test_the_page_carries_the_sentence() -> None:
    assert NO_PERMISSION == NEITHER_PERMISSION_NOR_GUARANTEE
    assert NO_PERMISSION in page()
    assert " ".join(NO_PERMISSION.split()) in " ".join(README.split())


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    text = page()
    assert "default-src 'none'" in text
    for sign in ("<script", "http:", "https:", "<img", "<link", "url(", "javascript:", "onload"):
        assert sign not in text.lower(), sign


def test_the_page_tells_signed_from_attested_from_written_by_rule() -> None:
    text = re.sub(r"<[^>]+>", "", page())
    assert "Signed by bravo with its key k1, as its statement number 2." in text
    assert "Attested, not signed: the host says that somebody showed it a valid" in text
    assert "By rule: written by the mechanism itself" in text
    assert "bravo answered LOADED to the notice notice-1." in text
    assert "2027-01-15 08:07:00 UTC" in text
    assert "within 500 m of 47 N, 8.5 E" in text
    assert "from 0 m above the WGS84 ellipsoid to 121.92 m above mean sea level" in text


@pytest.mark.requirement("I-04")
def test_the_page_has_no_word_of_weight_or_blame() -> None:
    text = re.sub(r"<[^>]+>", "", page()).lower().replace(DEFAULT_RULES.version, "")
    for word in ("severe", "critical", "serious", "danger", "fault", "blame", "violat", "guilt"):
        assert word not in text, word
    assert "nobody's account is merged" in text


def test_what_a_party_wrote_cannot_become_markup_or_turn_the_text_round() -> None:
    text = page()
    assert "RED &lt;b&gt;7&lt;/b&gt;[U+202E]" in text
    assert "\u202e" not in text


def test_an_odd_entry_is_shown_as_it_is() -> None:
    from wideberth.evidence.alone.words import entry_words

    for body in ({"type": "Unheard"}, {"type": "IntentAccepted"}, {"type": "NoticeIssued", "x": 1}):
        sentence, rows = entry_words({"body": body})
        assert body["type"] in sentence
        assert json.loads(rows[0][1]) == body


# The stand-alone verifier.


def libraries(*packages: object) -> str:
    """Where packages and what they stand on are, and nothing of wideberth beside them."""
    return str(Path(packages[0].__file__ or "").parent.parent)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A computer without wideberth: the unzipped bundle, the bundle, a policy, two libraries."""
    folder = tmp_path_factory.mktemp("alone")
    with zipfile.ZipFile(BytesIO(bundle())) as opened:
        opened.extractall(folder)
    (folder / "bundle.zip").write_bytes(bundle())
    (folder / "policy").write_bytes(policy())
    (folder / "strict").write_bytes(policy("3"))
    installed = Path(libraries(nacl))
    for library, needs in {"nacl": ("nacl",), "cryptography": ("cryptography",)}.items():
        place = folder / f"with-{library}"
        place.mkdir()
        for name in (*needs, "cffi", "_cffi_backend", "pycparser"):
            for found in (*installed.glob(name), *installed.glob(f"{name}.*.so")):
                (place / found.name).symlink_to(found)
    assert libraries(cryptography) == str(installed)
    return folder


def run_alone(
    folder: Path, library: str, *arguments: str, script: str = "verify.py"
) -> tuple[int, str]:
    program = (
        "import runpy, sys; sys.path.append(sys.argv[1]); sys.argv = sys.argv[2:];"
        "assert not any('wideberth' in name for name in sys.modules);"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", program, library, script, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("library", ["nacl", "cryptography"])
def test_the_verifier_runs_without_wideberth(alone: Path, library: str) -> None:
    status, said = run_alone(alone, f"with-{library}", "bundle.zip", "--policy", "policy")
    assert status == 0, said
    assert "HOLDS: 8 entries of test.example/evidence" in said
    assert "signed   3 statements" in said
    assert f"checked  with {library}" in said
    assert NO_PERMISSION in said


@pytest.mark.requirement("R-08")
@pytest.mark.parametrize("library", ["nacl", "cryptography"])
def test_the_verifier_names_what_fails(alone: Path, library: str) -> None:
    place = f"with-{library}"
    status, said = run_alone(alone, place, "bundle.zip", "--policy", "strict")
    assert (status, "quorum" in said) == (1, True)
    files = unpacked(bundle())
    files["entries.jsonl"] = files["entries.jsonl"].replace(b"LOADED", b"LOADEE")
    (alone / "lied.zip").write_bytes(world.redigested(files))
    status, said = run_alone(alone, place, "lied.zip")
    assert (status, "entry 9: its proof does not lead" in said) == (1, True), said
    status, said = run_alone(alone, place, "none.zip")
    assert (status, said) == (2, "none.zip is not here\n")
    status, said = run_alone(alone, place, "bundle.zip", "--policy", "MY-KEYS.txt")
    assert status == 2
    assert "MY-KEYS.txt is not here: give the file of keys that you got yourself, or leave" in said
    assert run_alone(alone, place)[0] == 2


def test_without_a_policy_of_ones_own_that_is_said(alone: Path) -> None:
    status, said = run_alone(alone, "with-nacl", "bundle.zip")
    assert (status, "only under the keys that the bundle names itself" in said) == (0, True)


def test_a_policy_that_is_the_one_in_the_bundle_is_told(alone: Path) -> None:
    status, said = run_alone(alone, "with-nacl", ".", "--policy", "policy.txt")
    assert (status, "same bytes as the policy.txt in the bundle" in said) == (0, True), said
    assert "policy.txt that came with the" in text_of("README.txt")
    for name in ("README.txt", "index.html", "verify.py"):
        assert "--policy MY-KEYS.txt" in text_of(name)
        assert "POLICY.txt" not in text_of(name)


def text_of(name: str) -> str:
    return unpacked(bundle())[name].decode()


def test_without_a_signature_library_nothing_verifies(alone: Path) -> None:
    status, said = run_alone(alone, "nowhere", "bundle.zip")
    assert (status, "install PyNaCl or cryptography" in said) == (2, True)


def test_the_verifier_is_one_file_of_python_3_8_and_its_parts_do_not_clash() -> None:
    tree = ast.parse(verifier_source(), feature_version=(3, 8))
    names = [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ] + [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    assert [name for name in set(names) if names.count(name) > 1] == []
    modules = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    own = {name.split(".")[0] for name in modules}
    assert own - set(sys.stdlib_module_names) == {"nacl", "cryptography"}
    for newer in (b"removeprefix", b"removesuffix", b".bit_count", b"strict=", b"datetime.UTC"):
        assert newer not in verifier_source(), newer
    assert set(PARTS) == {
        *("container", "ed25519", "heads", "outlines", "happened"),
        *("followed", "statements"),
        *("phrases", "between", "flights", "incidents", "words", "shows", "markup", "columns"),
        *("differing", "kept", "columnfile", "segments", "positions", "page", "program"),
    }


def test_both_libraries_give_libsodiums_verdict_on_the_edge_cases(alone: Path) -> None:
    """914 published signatures, on which OpenSSL alone differs in 165."""
    data = Path(__file__).parents[3] / "shared" / "data" / "vectors" / "ed25519vectors.json"
    if not data.exists():
        pytest.skip("the vectors are not beside the tests")
    (alone / "vectors.py").write_text(
        "import json, runpy, sys\n"
        "v = runpy.run_path('verify.py')\n"
        "cases = json.load(open(sys.argv[1]))\n"
        "print([v['is_signed_by'](bytes.fromhex(c['key']), c['msg'].encode(),"
        " bytes.fromhex(c['sig'])) for c in cases],"
        " [v['is_honest_key'](bytes.fromhex(c['key'])) for c in cases[::3]])\n"
    )
    verdicts = {
        run_alone(alone, f"with-{library}", str(data), script="vectors.py")
        for library in ("nacl", "cryptography")
    }
    [(status, said)] = verdicts
    assert status == 0, said
    signed, honest = said.split("] [")
    assert signed.count("True") == 43, "as pinned for PyNaCl in tests/model"
    assert honest.count("True") >= 1


# What is inside cannot be swapped.


def test_a_page_of_other_words_is_found_even_with_its_digest_made_right() -> None:
    files = unpacked(bundle())
    files["index.html"] = files["index.html"].replace(b"answered LOADED", b"answered NOTHING")
    with pytest.raises(Fault, match=r"index\.html does not say what the entries say"):
        checked_bundle(world.redigested(files), policy())


def test_another_verifier_in_the_bundle_is_told() -> None:
    files = unpacked(bundle())
    files["verify.py"] = b"print('HOLDS')\n"
    assert not verify_bundle(world.redigested(files)).is_own_verifier


def test_words_of_another_version_are_told_from_changed_ones(alone: Path) -> None:
    files = unpacked(bundle())
    files["index.html"] = files["index.html"].replace(b"answered LOADED", b"answered: LOADED")
    files["verify.py"] += b"# of another version\n"
    with pytest.raises(RecordCorrupt, match="another version of the program made it, or somebody"):
        verify_bundle(world.redigested(files))
    (alone / "other.zip").write_bytes(world.redigested(files))
    status, said = run_alone(alone, "with-nacl", "other.zip")
    assert status == 1
    assert "The entries and signatures hold. For its words use that verifier" in said
    files["entries.jsonl"] = files["entries.jsonl"].replace(b"LOADED", b"LOADEE")
    with pytest.raises(RecordCorrupt) as caught:
        verify_bundle(world.redigested(files))
    assert "signatures hold" not in caught.value.reason


def test_a_zip_with_other_files_is_none() -> None:
    files = unpacked(bundle())
    for other in (
        {**files, "extra": b""},
        {name: files[name] for name in reversed(FILES)},
        {name: data for name, data in files.items() if name != "policy.txt"},
    ):
        with pytest.raises(Fault):
            unpacked(packed(other))
    with pytest.raises(Fault, match="packed again, or its container was changed; ask for the"):
        unpacked(zipped(files))
    for cut in (10, 500, len(bundle()) // 2, len(bundle()) - 1):
        with pytest.raises(Fault, match=r"one spelling|cut off"):
            unpacked(bundle()[:cut])


def zipped(files: dict[str, bytes]) -> bytes:
    """As any other program packs them."""
    with BytesIO() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as other:
            for name, data in files.items():
                other.writestr(name, data)
        return out.getvalue()


def test_the_file_that_was_changed_is_named_however_it_was_packed() -> None:
    files = unpacked(bundle())
    typed_over = bundle().replace(b"LOADED", b"LOADEE")
    assert typed_over != bundle()
    changed = {**files, "index.html": files["index.html"].replace(b"LOADED", b"LOAD")}
    for lied in (typed_over, zipped(changed), packed(changed)):
        with pytest.raises(Fault, match=r"(is|are) not what manifest\.json says"):
            checked_bundle(lied, None)


@pytest.mark.parametrize("library", ["nacl", "cryptography"])
def test_what_was_unpacked_is_checked_where_it_lies(
    alone: Path, library: str, tmp_path: Path
) -> None:
    status, said = run_alone(alone, f"with-{library}", ".", "--policy", "policy")
    assert (status, "HOLDS: 8 entries" in said) == (0, True), said
    with zipfile.ZipFile(BytesIO(bundle())) as opened:
        opened.extractall(tmp_path)
    page = tmp_path / "index.html"
    page.write_bytes(page.read_bytes().replace(b"LOADED", b"LOADEE"))
    status, said = run_alone(alone, f"with-{library}", str(tmp_path))
    assert (status, "index.html is not what manifest.json says" in said) == (1, True), said


def test_the_command_takes_what_was_unpacked(alone: Path, tmp_path: Path) -> None:
    def verify(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["verify", str(tmp_path), *arguments])
        return done.exit_code, done.output

    with zipfile.ZipFile(BytesIO(bundle())) as opened:
        opened.extractall(tmp_path)
    status, said = verify("--policy", str(alone / "strict"))
    assert (status, said.startswith("DOES NOT HOLD: ")) == (1, True), said
    status, said = verify("--policy", str(alone / "policy"))
    assert (status, "verified 8 entries of test.example/evidence" in said) == (0, True), said
    assert "same bytes as the policy.txt in the bundle" in said
    page = tmp_path / "index.html"
    page.write_bytes(page.read_bytes().replace(b"LOADED", b"LOADEE"))
    status, said = verify()
    assert (status, "index.html is not what manifest.json says it is" in said) == (1, True), said
    page.unlink()
    status, said = verify()
    assert (status, "a bundle has this file, and it is not in the folder" in said) == (2, True)


def test_a_file_that_the_manifest_names_and_that_is_missing_is_named() -> None:
    files = unpacked(bundle())
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["differences.jsonl"] = "0" * 64
    manifest["wideberth_evidence"] = 2
    lacking = packed({**files, "manifest.json": canonical_json(manifest) + b"\n"})
    with pytest.raises(Fault, match=r"differences\.jsonl: manifest\.json names it, and it is m"):
        checked_bundle(lacking, None)
    changed = {**files, "README.txt": b"", "policy.txt": b""}
    with pytest.raises(Fault, match=r"are not what manifest\.json says they are: they were"):
        checked_bundle(zipped(changed), None)


def test_a_policy_that_is_none_is_the_readers_own_mistake(alone: Path) -> None:
    (alone / "typo").write_bytes(b"log nonsense\n")
    status, said = run_alone(alone, "with-nacl", "bundle.zip", "--policy", "typo")
    assert (status, "typo is no policy, and nothing was checked" in said) == (2, True), said
    assert "DOES NOT HOLD" not in said
    status, said = run_alone(alone, "with-nacl", "--help")
    assert (status, "python3 verify.py BUNDLE.zip" in said) == (0, True)


def test_statements_may_be_left_out_but_not_turned_round() -> None:
    found = verify_bundle(bundle(Selection(positions=(9,))))
    assert found.positions == (0, 4, 9)
    assert "1 statement before it not in this bundle" in page(bundle(Selection(positions=(9,))))


def test_a_revocation_comes_along_and_ends_the_key() -> None:
    from wideberth.model.entries import KeyRevoked

    made = world.entries()
    gone = world.entry(9, KeyRevoked(BRAVO, KeyId("k1")))
    ended = bundle(Selection(positions=(9,)), of=material(world.envelopes([*made, gone])))
    assert verify_bundle(ended).positions == (0, 4, 9, 11)
    assert "revoked at entry 11" in page(ended)
    early = world.envelopes([*made[:8], gone, *made[8:]])
    with pytest.raises(Fault, match="entry 9: its key bravo/k1 was revoked at entry 8"):
        bundle(Selection(positions=(9,)), of=material(early))


def test_a_bundle_reaches_across_an_epoch_and_the_chains_begin_anew() -> None:
    later = OriginKey("test.example/evidence-2", bytes([8]) * 32)
    opened = EpochOpened(later.origin, later.vkey, "its last checkpoint", "the key was lost", 11)
    key = PartyKey(later.origin, BRAVO, KeyId("k1"), SigningKey(bytes([2]) * 32))
    signed = {"notice": "notice-1", "verb": "CANNOT-COMPLY", "reason": "weather"}
    said = key.sign("AcknowledgeNotice", signed, method="POST", path="/x", request="late")
    author = world.signed_by(BRAVO)
    answer = Acknowledgement(
        NoticeId("notice-1"),
        Verb.CANNOT_COMPLY,
        author,
        world.START_US + 10 * MINUTE_US,
        reason="weather",
    )
    answered = world.entry(
        10,
        NoticeAcknowledged(answer, BRAVO, ALPHA),
        author,
        request="late",
        said=said,
        said_digest=statement_digest(said),
    )
    made = [*world.entries(), world.entry(9, opened), answered]
    proved = bundle(
        Selection(positions=(9, 12)),
        of=material(world.envelopes(made), later),
        may_show=lambda entry: is_readable(Picture(), entry, BRAVO),
        rule=policy(log=later),
    )
    found = verify_bundle(proved, policy=policy(log=later))
    assert (found.positions, found.statements) == ((0, 4, 9, 11, 12), 2)
    assert "From here on the record goes on as test.example/evidence-2." in page(proved)
    with pytest.raises(Fault, match="another origin than the entry"):
        bundle(
            Selection(positions=(11,)),
            of=material(world.envelopes([*world.entries(), answered]), later),
            rule=policy(log=later),
        )
