"""Notes, checkpoints, keys' texts and receipts: exact bytes out, strict on the way in."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.model.envelope import leaf
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.merkle import EMPTY_ROOT, leaf_hash
from wideberth.record.notes import (
    Checkpoint,
    Receipt,
    VerifierKey,
    checkpoint_text,
    format_note,
    format_receipt,
    format_vkey,
    key_id,
    parse_checkpoint,
    parse_note,
    parse_receipt,
    parse_vkey,
    sign_text,
    signature_line,
    verified_checkpoint,
    verified_note,
)
from wideberth.record.verify import verify_receipt

ROOT = b64encode(bytes(32)).decode()
WITNESS = OriginKey("witness.example", bytes([7]) * 32)


@pytest.fixture
def note(key: OriginKey) -> str:
    text = checkpoint_text(Checkpoint(key.origin, 3, bytes(32)))
    return format_note(text, [signature_line(key.verifier, key.sign(text))])


def cosignature_line() -> str:
    """A line as a witness adds it (type 0x04, time before the signature); not judged here."""
    identifier = key_id(WITNESS.origin, WITNESS.verifier.public_key, signature_type=0x04)
    blob = (1_700_000_000).to_bytes(8, "big") + bytes(64)
    return f"— {WITNESS.origin} {b64encode(identifier + blob).decode()}\n"


def test_a_checkpoint_is_three_lines_and_reads_back(key: OriginKey, note: str) -> None:
    assert note.startswith(f"space.example/log\n3\n{ROOT}\n\n— space.example/log ")
    assert note.endswith("\n")
    assert verified_checkpoint(note, key.verifier) == Checkpoint(key.origin, 3, bytes(32))


def test_a_vkey_reads_back(key: OriginKey) -> None:
    name, identifier, _ = key.vkey.split("+", 2)
    assert (name, bytes.fromhex(identifier)) == (key.origin, key.verifier.key_id)
    assert parse_vkey(key.vkey) == key.verifier
    assert format_vkey(parse_vkey(key.vkey)) == key.vkey


def test_the_key_id_is_that_of_a_log_in_use() -> None:
    """The Go checksum database's public key, as every Go tool has it: made by other software."""
    known = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert parse_vkey(known).name == "sum.golang.org"
    assert format_vkey(parse_vkey(known)) == known


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        pytest.param("space.example", "other.example", "key-id", id="another name"),
        pytest.param("space.example/log+", "+", "vkey", id="no name"),
        pytest.param("space.example", "space example", "vkey", id="a space in the name"),
        pytest.param("+", "", "vkey", id="no plus"),
        pytest.param("+A", "+B", "vkey", id="another signature type"),
    ],
)
def test_a_bad_vkey_is_refused(key: OriginKey, old: str, new: str, rule: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_vkey(key.vkey.replace(old, new))
    assert caught.value.rule == rule


def test_witness_lines_are_tolerated_and_kept(key: OriginKey, note: str) -> None:
    cosigned = note + cosignature_line()
    assert verified_checkpoint(cosigned, key.verifier).size == 3
    assert [item.name for item in parse_note(cosigned).signatures] == [key.origin, WITNESS.origin]
    assert len(parse_note(cosigned).signatures[1].blob) == 72
    assert (
        verified_checkpoint(
            note[: -len(note.splitlines()[-1]) - 1]
            + cosignature_line()
            + note.splitlines()[-1]
            + "\n",
            key.verifier,
        ).size
        == 3
    )


def test_one_bad_signature_of_a_known_key_spoils_the_note(key: OriginKey, note: str) -> None:
    bad = signature_line(key.verifier, bytes(64))
    for spoiled in (note + bad, note[: note.index("— ")] + bad):
        with pytest.raises(InvalidValue, match="does not verify"):
            verified_note(spoiled, [key.verifier])


def test_a_note_of_unknown_keys_only_is_unsigned(note: str) -> None:
    with pytest.raises(InvalidValue, match="unsigned"):
        verified_note(note, [WITNESS.verifier])


def test_a_log_cannot_sign_for_another_origin(key: OriginKey) -> None:
    text = checkpoint_text(Checkpoint("other.example", 3, bytes(32)))
    note = format_note(text, [signature_line(key.verifier, key.sign(text))])
    with pytest.raises(InvalidValue, match=r"checkpoint\.origin"):
        verified_checkpoint(note, key.verifier)


def test_every_changed_character_of_a_checkpoint_is_noticed(key: OriginKey, note: str) -> None:
    for place in range(len(note)):
        for other in ("A", "1", "\n", " "):
            changed = note[:place] + other + note[place + 1 :]
            if changed != note:
                with pytest.raises(InvalidValue):
                    verified_checkpoint(changed, key.verifier)
    for place in range(len(note)):
        with pytest.raises(InvalidValue):
            verified_checkpoint(note[:place], key.verifier)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(f"\n3\n{ROOT}\n", id="no origin"),
        pytest.param(f"o\n03\n{ROOT}\n", id="leading zero"),
        pytest.param(f"o\n-3\n{ROOT}\n", id="negative"),
        pytest.param(f"o\n+3\n{ROOT}\n", id="plus sign"),
        pytest.param(f"o\n٣\n{ROOT}\n", id="another script's digit"),
        pytest.param(f"o\n99999999999999999999\n{ROOT}\n", id="beyond 63 bits"),
        pytest.param(f"o\n\n{ROOT}\n", id="no size"),
        pytest.param("o\n3\nAAAA\n", id="short root"),
        pytest.param(f"o\n3\n{ROOT[:-2]}B=\n", id="root in another spelling"),
        pytest.param(f"o\n3\n{ROOT[:-1]}\n", id="padding cut"),
        pytest.param(f"o\n3\n{ROOT}", id="no last newline"),
        pytest.param(f"o\n3\n{ROOT}\nextension\n", id="extension line"),
        pytest.param(f"o\n3\n{ROOT}\n\n", id="empty line"),
        pytest.param(f"o\n0\n{ROOT}\n", id="empty tree of another root"),
    ],
)
def test_a_bad_checkpoint_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_checkpoint(text)


def test_the_empty_tree_has_its_own_root() -> None:
    text = checkpoint_text(Checkpoint("o", 0, EMPTY_ROOT))
    assert parse_checkpoint(text).size == 0


@pytest.mark.parametrize(
    "note",
    [
        pytest.param("", id="empty"),
        pytest.param("text\n", id="no signatures"),
        pytest.param("text\n\n", id="no signature line"),
        pytest.param("\n\n— a AAAAAAA=\n", id="no text"),
        pytest.param("text\n\n— a AAAAAAA=", id="no last newline"),
        pytest.param("text\n\n- a AAAAAAA=\n", id="hyphen for dash"),
        pytest.param("text\n\n— a+b AAAAAAA=\n", id="plus in the name"),
        pytest.param("text\n\n— a AAAA AAAA\n", id="space in the signature"),
        pytest.param("text\n\n— a AAAAAA==\n", id="key id and nothing else"),
        pytest.param("text\n\n— a AAAAAAB=\n", id="base64 in another spelling"),
        pytest.param("te\rxt\n\n— a AAAAAAA=\n", id="control character"),
        pytest.param("text\n\n" + "— a AAAAAAA=\n" * 65, id="too many signatures"),
    ],
)
def test_a_bad_note_is_refused(note: str) -> None:
    with pytest.raises(InvalidValue):
        parse_note(note)


def test_the_last_empty_line_parts_text_and_signatures() -> None:
    parsed = parse_note("a\n\nb\n\n— n AAAAAAA=\n")
    assert parsed.text == "a\n\nb\n"


@given(st.text(max_size=300))
def test_no_text_makes_the_parsers_fall_over(text: str) -> None:
    """Invariant: any text is either parsed or refused with InvalidValue; nothing else."""
    for parser in (parse_note, parse_checkpoint, parse_receipt, parse_vkey):
        with suppress(InvalidValue):
            parser(text)


@given(
    index=st.integers(0, 2**62),
    proof=st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    extra=st.none() | st.binary(max_size=20),
)
def test_a_receipt_reads_back(index: int, proof: list[bytes], extra: bytes | None) -> None:
    note = format_note(f"o\n9\n{ROOT}\n", [signature_line(WITNESS.verifier, bytes(64))])
    receipt = Receipt(index, tuple(proof), note, extra)
    assert parse_receipt(format_receipt(receipt)) == receipt


HEADER = "c2sp.org/tlog-proof@v1\n"
NOTE = f"o\n9\n{ROOT}\n\n— a AAAAAAA=\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(f"index 0\n\n{NOTE}", id="no header"),
        pytest.param(f"{HEADER}\n{NOTE}", id="no index"),
        pytest.param(f"{HEADER}index 01\n\n{NOTE}", id="leading zero"),
        pytest.param(f"{HEADER}index 0\nAAAA\n\n{NOTE}", id="short hash"),
        pytest.param(f"{HEADER}index 0\nextra AAAA\n\n{NOTE}", id="extra after index"),
        pytest.param(f"{HEADER}extra A\nindex 0\n\n{NOTE}", id="extra is no base64"),
        pytest.param(f"{HEADER}index 0\n" + f"{ROOT}\n" * 65 + f"\n{NOTE}", id="too many hashes"),
        pytest.param(f"{HEADER}index 0\n{NOTE}", id="no empty line"),
        pytest.param(f"{HEADER}index 0\n\n\n{NOTE}", id="two empty lines"),
        pytest.param(f"{HEADER.strip()} \nindex 0\n\n{NOTE}", id="space after the header"),
        pytest.param(f"{HEADER}index 0\n\no\n9\n{ROOT}\n", id="checkpoint without signature"),
        pytest.param(f"{HEADER}index 0\n\nt\n\n— a AAAAAAA=\n", id="a note, no checkpoint"),
    ],
)
def test_a_bad_receipt_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_receipt(text)


def test_a_receipt_proves_one_entry_of_one_log(key: OriginKey) -> None:
    record = MemoryRecord(key)
    record.append([b"e%d" % i for i in range(6)], 0, time_us=1)
    rows = record.read(0, 9)
    receipt = record.receipt(2)
    good = {"envelope": rows[2].envelope, "salt": rows[2].salt, "vkey": key.vkey}
    assert verify_receipt(receipt, **good).position == 2
    assert verify_receipt(receipt + cosignature_line(), **good).position == 2
    for change in (
        {"envelope": rows[3].envelope},
        {"salt": rows[3].salt},
        {"vkey": WITNESS.vkey},
        {"vkey": OriginKey(key.origin, bytes(32)).vkey},
    ):
        with pytest.raises(InvalidValue):
            verify_receipt(receipt, **{**good, **change})
    for text in (
        receipt.replace("index 2", "index 3"),
        receipt.replace("\n6\n", "\n5\n"),
        record.receipt(3),
    ):
        with pytest.raises(InvalidValue):
            verify_receipt(text, **good)


def test_a_receipt_of_the_only_entry_has_no_hashes(key: OriginKey) -> None:
    record = MemoryRecord(key)
    record.append([b"one"], 0, time_us=1)
    row = record.read(0, 1)[0]
    receipt = record.receipt(0)
    assert parse_receipt(receipt).proof == ()
    assert verify_receipt(
        receipt, envelope=b"one", salt=row.salt, vkey=key.vkey
    ).checkpoint.root == leaf_hash(leaf(row.salt, b"one"))


def test_a_verifier_without_the_signature_check_would_take_a_forged_head(
    key: OriginKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: with it the forgery passes, so the check is what stops it."""
    text = checkpoint_text(Checkpoint(key.origin, 9, bytes(32)))
    forged = format_note(text, [signature_line(key.verifier, bytes(64))])
    with pytest.raises(InvalidValue):
        verified_checkpoint(forged, key.verifier)
    monkeypatch.setattr("wideberth.record.notes.is_signed", lambda *_: True)
    assert verified_checkpoint(forged, key.verifier).size == 9


def test_signing_is_deterministic_and_bound_to_the_text() -> None:
    signing_key = WITNESS._signing_key
    assert sign_text("a\n", signing_key) == sign_text("a\n", signing_key)
    assert sign_text("a\n", signing_key) != sign_text("b\n", signing_key)
    assert VerifierKey("a", bytes(32)).key_id != VerifierKey("b", bytes(32)).key_id
