"""A host that forges: what it makes verifies in neither verifier, and the page is not fooled."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

import evidence_world as world
from evidence_world import ALPHA, BRAVO, intent, material, policy
from wideberth.errors import RecordCorrupt
from wideberth.evidence.alone.container import Fault, canonical_json, to_base64
from wideberth.evidence.alone.heads import judged_head, parsed_policy
from wideberth.evidence.alone.page import shown
from wideberth.evidence.alone.statements import proved_entries
from wideberth.evidence.alone.words import entry_words
from wideberth.evidence.check import check_files
from wideberth.model.entries import Entry, NoticeAcknowledged
from wideberth.model.keeping import EpochOpened
from wideberth.model.notices import Particulars

pytestmark = pytest.mark.requirement("R-05")
replace = msgspec.structs.replace


def forged(at: int, change: Any) -> list[bytes]:
    made = world.entries()
    made[at] = change(made[at])
    return world.envelopes(made)


def with_answer(given: Entry, **fields: Any) -> Entry:
    assert isinstance(given.body, NoticeAcknowledged)
    answer = replace(given.body.acknowledgement, **fields)
    return replace(given, body=replace(given.body, acknowledgement=answer))


def lines_of(envelopes: list[bytes], *, key: Any = world.LOG) -> dict[str, bytes]:
    """The files of a bundle of all entries, put together without looking at what they say."""
    made = material(envelopes, key)
    lines = [
        canonical_json(
            {
                "position": row.position,
                "salt": to_base64(row.salt),
                "envelope": row.envelope.decode(),
                "proof": [to_base64(each) for each in made.proof(row.position)],
            }
        )
        + b"\n"
        for row in made.rows()
    ]
    return {
        "checkpoint.txt": made.note.encode(),
        "policy.txt": policy(log=key),
        "entries.jsonl": b"".join(lines),
    }


def refused_by_both(envelopes: list[bytes]) -> tuple[int | None, int | None]:
    """The entry that each of the two verifiers blames."""
    files = lines_of(envelopes)
    head = judged_head(
        files["checkpoint.txt"], parsed_policy(files["policy.txt"]), is_every_line_known=True
    )
    with pytest.raises(Fault) as alone:
        proved_entries(files["entries.jsonl"], head)
    with pytest.raises(RecordCorrupt) as own:
        check_files(files)
    return alone.value.index, own.value.position


@pytest.mark.parametrize(
    ("at", "change"),
    [
        pytest.param(5, lambda e: replace(e, body=replace(e.body, intent=intent(BRAVO))),
                     id="an intent in another party's name"),
        pytest.param(9, lambda e: replace(e, body=replace(e.body, recipient=ALPHA)),
                     id="an answer in another party's name"),
        pytest.param(9, lambda e: with_answer(e, by=world.signed_by(ALPHA)),
                     id="an answer by another party"),
        pytest.param(9, lambda e: with_answer(e, reason="engine failed"),
                     id="a reason that was not signed"),
        pytest.param(9, lambda e: with_answer(e, attested=True),
                     id="for all units, and that was not signed"),
        pytest.param(9, lambda e: with_answer(e, read_back=Particulars(1, 1, 1, 2, 0, 1)),
                     id="a read-back that was not signed"),
    ],
)  # fmt: skip
def test_words_that_the_party_did_not_sign_are_found_by_both(at: int, change: Any) -> None:
    assert refused_by_both(forged(at, change)) == (at, at)


@pytest.mark.parametrize("names", [[world.ORIGIN], ["next", world.ORIGIN]], ids=["same", "former"])
def test_an_epoch_of_an_old_name_tells_no_statement_again(names: list[str]) -> None:
    epochs = [world.entry(9, EpochOpened(each, "vkey", "head", "lost", 0)) for each in names]
    again = replace(world.entries()[8], time_us=world.START_US + 600_000_000)
    found = refused_by_both(world.envelopes([*world.entries(), *epochs, again]))
    assert found == (10 + len(names), 10 + len(names))


def test_what_a_party_wrote_makes_no_line_of_its_own() -> None:
    body = json.loads(world.envelopes()[6])["body"]
    body["notice"]["clashes"][0]["contact"] = "desk\nbetween them: 9000 m across"
    _, rows = entry_words({"body": body})
    text = dict(rows)["Clash 1"]
    assert "contact: desk[U+000A]between them: 9000 m across" in text


def test_a_name_makes_no_sentence_of_its_own() -> None:
    name = "Bravo\u201d. bravo answered LOADED to the notice n-1. It is \u201cgood"
    body = {"type": "PartyRegistered", "party": {"id": "bravo", "name": name}}
    sentence, _ = entry_words({"body": body})
    assert sentence.count("\u201c") == sentence.count("\u201d") == 1
    assert sentence.endswith("good\u201d.")


@pytest.mark.parametrize(
    "sign",
    list("\u00a0\u034f\u115f\u2003\u2028\u202e\u2066\u2800\u3164\ufe0f\uffa0\U000e0041\U000e0101"),
)
def test_what_cannot_be_seen_is_spelled_out(sign: str) -> None:
    assert shown(f"a{sign}b") == f"a[U+{ord(sign):04X}]b"


def test_no_text_that_is_half_a_pair_and_no_depth_ends_in_a_traceback() -> None:
    made = world.envelopes()
    made[3] = made[3].replace(b'"alpha"', b'"\\ud800"')
    assert refused_by_both(made)[0] == 3
    made = world.envelopes()
    made[3] = made[3].replace(b'"alpha"', b"[" * 100_000 + b"]" * 100_000, 1)
    assert refused_by_both(made)[0] == 3


@pytest.mark.parametrize("at", range(11))
def test_a_member_that_stands_twice_is_found_by_both(at: int) -> None:
    made = world.envelopes()
    made[at] = made[at].replace(b'{"v":1,', b'{"v":1,"v":1,', 1)
    assert refused_by_both(made) == (at, at)
