"""What was sent before it was recorded: both verifiers hold it to what was signed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from nacl.signing import SigningKey

import evidence_world as world
from evidence_world import ALPHA, BRAVO, material, policy
from wideberth.errors import RecordCorrupt
from wideberth.evidence.alone.container import Fault, canonical_json, to_base64
from wideberth.evidence.alone.heads import judged_head, parsed_policy
from wideberth.evidence.alone.statements import proved_entries
from wideberth.evidence.alone.words import entry_words
from wideberth.evidence.check import check_files
from wideberth.model.entries import Entry, NoticeAcknowledged
from wideberth.model.envelope import Statement, sign_statement
from wideberth.model.ids import IntentId, KeyId, NoticeId, PartyId, UnitToken
from wideberth.model.keeping import EpochOpened
from wideberth.model.notices import Acknowledgement, Verb
from wideberth.model.parties import Author, How
from wideberth.model.stops import Area, Form, Identified, Stop, StopTold, stop_id
from wideberth.record.keys import OriginKey

replace = msgspec.structs.replace
NEXT = OriginKey(f"{world.ORIGIN}/epoch-2", bytes([7]) * 32)
SAYS = {
    "form": "our-error",
    "text": "it was ours",
    "area": {"latitude": -47.5, "longitude": 8.25, "radius_m": 500.0},
}


def signed(party: PartyId, seq: int, kind: str, body: dict[str, Any], **more: Any) -> str:
    seed = {ALPHA: 1, BRAVO: 2}[party]
    given = {
        "origin": world.ORIGIN,
        "party": party,
        "key_id": KeyId("k1"),
        "party_seq": seq,
        "prev": "0" * 64,
        "type": kind,
        "request": f"r{seq}",
        "body": msgspec.Raw(json.dumps(body).encode()),
        **more,
    }
    return sign_statement(Statement(**given), SigningKey(bytes([seed]) * 32))


def a_stop(statement: str | None = None) -> Entry:
    said = statement or signed(BRAVO, 9, "TellStop", SAYS)
    stop = Stop(
        stop_id(Identified.SIGNED, BRAVO, "r9", said.encode()),
        Form.OUR_ERROR,
        BRAVO,
        Identified.SIGNED,
        world.START_US,
        "it was ours",
        area=Area(-47_500_000_000, 8_250_000_000, 500_000),
    )
    return world.entry(9, StopTold(stop, said))


def an_answer(seq: int = 9) -> Entry:
    said = {"notice": "notice-1", "verb": "LOADED", "unit": "u1", "system": "planner"}
    answer = Acknowledgement(
        NoticeId("notice-1"),
        *(Verb.LOADED, world.signed_by(BRAVO), world.START_US + 5),
        unit=UnitToken("u1"),
        system="planner",
    )
    statement = signed(BRAVO, seq, "AcknowledgeNotice", said)
    return world.entry(9, NoticeAcknowledged(answer, BRAVO, ALPHA, (), statement))


def epoch() -> Entry:
    return world.entry(9, EpochOpened(NEXT.origin, NEXT.vkey, "head", "lost", 11))


def files_of(made: list[Entry], key: OriginKey) -> dict[str, bytes]:
    found = material(world.envelopes(made), key)
    lines = [
        canonical_json(
            {
                "position": row.position,
                "salt": to_base64(row.salt),
                "envelope": row.envelope.decode(),
                "proof": [to_base64(each) for each in found.proof(row.position)],
            }
        )
        + b"\n"
        for row in found.rows()
    ]
    return {
        "checkpoint.txt": found.note.encode(),
        "policy.txt": policy(log=key),
        "entries.jsonl": b"".join(lines),
    }


def verdicts(*more: Entry, key: OriginKey = world.LOG) -> tuple[str | None, str | None]:
    """What each of the two verifiers says of the entries of the world and these; None: nothing."""
    files = files_of([*world.entries(), *more], key)
    head = judged_head(
        files["checkpoint.txt"], parsed_policy(files["policy.txt"]), is_every_line_known=True
    )
    alone = own = None
    try:
        proved_entries(files["entries.jsonl"], head)
    except Fault as fault:
        alone = fault.reason
    try:
        check_files(files)
    except RecordCorrupt as error:
        own = error.reason
    return alone, own


def test_a_stop_beside_its_statement_verifies() -> None:
    assert verdicts(a_stop()) == (None, None)


def test_an_answer_of_a_former_name_verifies_once() -> None:
    assert verdicts(epoch(), an_answer(), key=NEXT) == (None, None)
    for more in ((an_answer(), an_answer()), (an_answer(seq=2),)):
        alone, own = verdicts(epoch(), *more, key=NEXT)
        assert alone is not None
        assert own is not None
    alone, own = verdicts(an_answer())
    assert alone is not None, "it is for a former name only"
    assert own is not None


def with_stop(given: Entry, **fields: Any) -> Entry:
    assert isinstance(given.body, StopTold)
    return replace(given, body=replace(given.body, stop=replace(given.body.stop, **fields)))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda e: with_stop(e, text="it was theirs"), id="other words"),
        pytest.param(lambda e: with_stop(e, sender=ALPHA), id="another sender"),
        pytest.param(lambda e: with_stop(e, intent=IntentId("x")), id="a place that was not said"),
        pytest.param(lambda e: with_stop(e, area=Area(1, 2, 3)), id="another area"),
        pytest.param(lambda e: with_stop(e, id="stop-" + "0" * 32), id="another id"),
        pytest.param(lambda e: with_stop(e, doubts="expired"), id="doubts"),
        pytest.param(lambda e: replace(e, body=replace(e.body, request="other")), id="another key"),
        pytest.param(lambda e: replace(e, body=replace(e.body, statement=None)), id="no statement"),
        pytest.param(
            lambda e: replace(e, author=Author(BRAVO, How.ATTESTED, "desk")), id="not the mechanism"
        ),
        pytest.param(
            lambda e: replace(e, body=replace(e.body, statement=e.body.statement[:-4] + "AAAA")),
            id="another signature",
        ),
    ],
)
def test_a_stop_that_was_changed_is_found_by_both(change: Any) -> None:
    alone, own = verdicts(change(a_stop()))
    assert alone is not None
    assert own is not None


def test_a_stop_is_recorded_once() -> None:
    alone, own = verdicts(a_stop(), a_stop())
    assert alone is not None
    assert own is not None


@pytest.mark.parametrize("identified", list(Identified))
def test_who_shows_a_token_speaks_for_itself(identified: Identified) -> None:
    stop = Stop("stop-1", Form.STOP, ALPHA, identified, world.START_US)
    other = world.entry(9, StopTold(stop), Author(BRAVO, How.ATTESTED, "desk"))
    alone, own = verdicts(other)
    assert alone is not None
    assert own is not None


def test_the_page_says_what_it_was() -> None:
    body = json.loads(world.envelopes([a_stop()])[0])["body"]
    sentence, rows = entry_words({"body": body})
    assert sentence.startswith("OUR ERROR was told to every party in the name of bravo")
    assert dict(rows)["Text"] == "it was ours"
    assert "500" in dict(rows)["Area"]
