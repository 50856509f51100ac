"""Cosignatures: exact bytes, judged by another library, and every way to be wrong refused."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.record import cosignatures as module
from wideberth.record.cosignatures import (
    COSIGNATURE,
    MAX_TIME_S,
    WitnessKey,
    cosignature_line,
    cosigned_message,
    merged,
    parse_lines,
    parse_witness_vkey,
    verified_cosignatures,
)
from wideberth.record.keys import OriginKey
from wideberth.record.notes import (
    Checkpoint,
    VerifierKey,
    checkpoint_text,
    format_note,
    format_vkey,
    parse_note,
    parse_vkey,
    signature_line,
    verified_checkpoint,
    verified_note,
)

TIME_S = 1_679_315_147
FIRST = WitnessKey("witness.example/w1", bytes([1]) * 32)
SECOND = WitnessKey("witness.example/w2", bytes([2]) * 32)
LOW_ORDER = [
    bytes(32),
    bytes([1]) + bytes(31),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
]


@pytest.fixture
def text(key: OriginKey) -> str:
    return checkpoint_text(Checkpoint(key.origin, 3, bytes(32)))


def test_what_is_signed_is_header_time_and_the_whole_text(text: str) -> None:
    root = b64encode(bytes(32)).decode()
    assert cosigned_message(text, TIME_S).decode() == (
        f"cosignature/v1\ntime {TIME_S}\nspace.example/log\n3\n{root}\n"
    )


def test_the_line_is_what_another_library_signs(text: str) -> None:
    """The format written out once more, with the signatures of `cryptography`."""
    other = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
    public = other.public_key().public_bytes_raw()
    identifier = sha256(b"witness.example/w1\n\x04" + public).digest()[:4]
    signature = other.sign(b"cosignature/v1\ntime 1679315147\n" + text.encode())
    blob = identifier + (1_679_315_147).to_bytes(8, "big") + signature
    line = f"— witness.example/w1 {b64encode(blob).decode()}\n"
    assert cosignature_line(FIRST.cosign(text, time_s=TIME_S)) == line


def test_a_cosignature_reads_back_and_verifies(text: str) -> None:
    cosignature = FIRST.cosign(text, time_s=TIME_S)
    lines = parse_lines(cosignature_line(cosignature))
    assert verified_cosignatures(text, lines, [FIRST.verifier]) == (cosignature,)


def test_another_text_time_or_witness_does_not_verify(text: str) -> None:
    [line] = parse_lines(cosignature_line(FIRST.cosign(text, time_s=TIME_S)))
    for changed in (text.replace("3", "4"), text.replace("space", "spice")):
        with pytest.raises(InvalidValue, match="cosignature does not verify"):
            verified_cosignatures(changed, [line], [FIRST.verifier])
    later = line.__class__(line.name, line.key_id, (TIME_S + 1).to_bytes(8, "big") + line.blob[8:])
    with pytest.raises(InvalidValue, match="cosignature does not verify"):
        verified_cosignatures(text, [later], [FIRST.verifier])
    assert verified_cosignatures(text, [line], [SECOND.verifier]) == ()


@given(st.integers(0, 8 * 72 - 1))
def test_no_bit_of_the_blob_may_change(bit: int) -> None:
    text = checkpoint_text(Checkpoint("space.example/log", 3, bytes(32)))
    [line] = parse_lines(cosignature_line(FIRST.cosign(text, time_s=TIME_S)))
    blob = bytearray(line.blob)
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidValue):
        verified_cosignatures(
            text, [line.__class__(line.name, line.key_id, bytes(blob))], [FIRST.verifier]
        )


def test_without_the_signature_check_a_forged_line_would_pass(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""
    [line] = parse_lines(cosignature_line(SECOND.cosign(text, time_s=TIME_S)))
    forged = line.__class__(FIRST.verifier.name, FIRST.verifier.key_id, line.blob)
    with pytest.raises(InvalidValue):
        verified_cosignatures(text, [forged], [FIRST.verifier])
    monkeypatch.setattr(module, "is_signed", lambda *_: True)
    assert len(verified_cosignatures(text, [forged], [FIRST.verifier])) == 1


@pytest.mark.parametrize("length", [0, 64, 71, 73])
def test_a_blob_has_eight_and_sixty_four_bytes(text: str, length: int) -> None:
    line = signature_line(FIRST.verifier, bytes(length) or b"\1")
    with pytest.raises(InvalidValue, match="does not verify"):
        verified_cosignatures(text, parse_lines(line), [FIRST.verifier])


@pytest.mark.parametrize("time_s", [0, -1, MAX_TIME_S + 1])
def test_a_time_is_from_one_to_the_largest(text: str, time_s: int) -> None:
    with pytest.raises(InvalidValue, match=r"cosignature\.time"):
        FIRST.cosign(text, time_s=time_s)
    assert FIRST.cosign(text, time_s=MAX_TIME_S).time_s == MAX_TIME_S


def test_the_newest_of_one_witness_counts_once(text: str) -> None:
    early, late = (FIRST.cosign(text, time_s=TIME_S + i) for i in range(2))
    lines = parse_lines("".join(map(cosignature_line, (late, early))))
    assert verified_cosignatures(text, lines, [FIRST.verifier]) == (late,)


def test_a_time_in_the_future_is_refused_where_now_is_known(text: str) -> None:
    lines = parse_lines(cosignature_line(FIRST.cosign(text, time_s=TIME_S)))
    known = [FIRST.verifier]
    assert verified_cosignatures(text, lines, known, not_after_s=TIME_S)
    with pytest.raises(InvalidValue, match="future"):
        verified_cosignatures(text, lines, known, not_after_s=TIME_S - 1)


def test_the_log_and_its_witnesses_stand_in_one_note(key: OriginKey, text: str) -> None:
    note = format_note(text, [signature_line(key.verifier, key.sign(text))])
    found = [each.cosign(text, time_s=TIME_S) for each in (FIRST, SECOND)]
    full = merged(merged(note, found[:1]), found)
    parsed = parse_note(full)
    assert len(parsed.signatures) == 3
    assert verified_checkpoint(full, key.verifier).size == 3
    keys = [SECOND.verifier, FIRST.verifier]
    assert verified_cosignatures(text, parsed.signatures, keys) == (found[1], found[0])
    with pytest.raises(InvalidValue, match="at most 64"):
        merged(full, [FIRST.cosign(text, time_s=i) for i in range(1, 63)])


def test_a_cosignature_never_passes_for_a_log_signature(key: OriginKey, text: str) -> None:
    """One key under both types: neither line verifies as the other."""
    twin = WitnessKey(key.origin, bytes(range(32)))
    assert twin.verifier.public_key == key.verifier.public_key
    assert twin.verifier.key_id != key.verifier.key_id
    note = format_note(text, [cosignature_line(twin.cosign(text, time_s=TIME_S))])
    with pytest.raises(InvalidValue, match="unsigned"):
        verified_note(note, [key.verifier])


def test_a_witness_key_file_is_no_origin_key_file(tmp_path: Path) -> None:
    made = WitnessKey.make(tmp_path / "witness.key", "witness.example/w1")
    loaded = WitnessKey.load(tmp_path / "witness.key")
    assert loaded.vkey == made.vkey
    assert parse_witness_vkey(made.vkey) == made.verifier
    assert b64decode(made.vkey.split("+", 2)[2])[0] == COSIGNATURE
    assert repr(made) == f"WitnessKey({made.vkey})"
    with pytest.raises(InvalidValue, match="key-file"):
        OriginKey.load(tmp_path / "witness.key")
    OriginKey.make(tmp_path / "origin.key", "witness.example/w1")
    with pytest.raises(InvalidValue, match="key-file"):
        WitnessKey.load(tmp_path / "origin.key")


def test_a_vkey_names_its_kind(key: OriginKey) -> None:
    with pytest.raises(InvalidValue, match="0x04"):
        parse_witness_vkey(key.vkey)
    with pytest.raises(InvalidValue, match="0x01"):
        parse_vkey(FIRST.vkey)


@pytest.mark.parametrize("point", LOW_ORDER)
def test_keys_of_low_order_are_refused(point: bytes) -> None:
    """Under such a key one signature verifies for every text (measured with `cryptography`)."""
    for kind in (0x01, COSIGNATURE):
        vkey = format_vkey(VerifierKey("witness.example", point, kind))
        with pytest.raises(InvalidValue, match="ed25519-point"):
            parse_vkey(vkey, signature_type=kind)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("", id="nothing"),
        pytest.param("— w AAAABBBB", id="no newline"),
        pytest.param("w AAAABBBB\n", id="no dash"),
        pytest.param("- w AAAABBBB\n", id="a hyphen"),
        pytest.param("— w AAAABBB\n", id="base64 without padding"),
        pytest.param("— w AAAA\n", id="no signature"),
        pytest.param("— w+x AAAABBBB\n", id="plus in the name"),
        pytest.param("— w AAAABBBB\n\n", id="an empty line"),
        pytest.param("— w AAAABBBB\n" * 65, id="too many"),
    ],
)
def test_lines_are_read_strictly(lines: str) -> None:
    with pytest.raises(InvalidValue):
        parse_lines(lines)
