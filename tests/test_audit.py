"""The audit finds what is not what it claims to be: each lie is planted once."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from nacl.signing import SigningKey

from wideberth.audit import StatementAudit
from wideberth.client import PartyKey
from wideberth.errors import RecordCorrupt, WideberthError
from wideberth.model.entries import (
    ENTRY_VERSION,
    Body,
    Entry,
    KeyEnrolled,
    KeyRevoked,
    NoticeAcknowledged,
    SpaceOpened,
    encode_entry,
)
from wideberth.model.envelope import statement_digest
from wideberth.model.ids import KeyId, NoticeId, PartyId
from wideberth.model.keeping import EpochOpened, Erased
from wideberth.model.notices import Acknowledgement, Particulars, Verb
from wideberth.model.parties import SYSTEM, Author, How, Key, Role
from wideberth.model.settings import DEFAULT_RULES
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

ORIGIN = "test.example/audit"
ALPHA, K1 = PartyId("alpha"), KeyId("k1")
SIGNED = Author(ALPHA, How.SIGNED, K1, (Role.ACKNOWLEDGE,))
replace = msgspec.structs.replace


def party_key(seed: int = 1) -> PartyKey:
    return PartyKey(ORIGIN, ALPHA, K1, SigningKey(bytes([seed]) * 32))


def entry(body: Body, author: Author = SYSTEM, **more: object) -> Entry:
    return Entry(ENTRY_VERSION, 1, author, body, **more)  # type: ignore[arg-type]  # by name


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def enrolled(key: PartyKey) -> Entry:
    public = Key(ALPHA, K1, text(key.public_key), (Role.ACKNOWLEDGE,))
    return entry(KeyEnrolled(public, text(key.proof_of_possession())))


def answered(key: PartyKey, number: int, verb: Verb = Verb.PASSED_DOWN) -> Entry:
    """The entry of the key's next statement, as the rules make it."""
    request, notice = f"r{number}", NoticeId(f"n{number}")
    body = {"notice": notice, "verb": verb.value, "unit": "u1"}
    said = key.sign("AcknowledgeNotice", body, method="POST", path="/x", request=request)
    key.settle(is_applied=True)
    answer = Acknowledgement(notice, verb, SIGNED, 1, unit="u1")  # type: ignore[arg-type]
    return entry(
        NoticeAcknowledged(answer, ALPHA),
        SIGNED,
        request=request,
        said=said,
        said_digest=statement_digest(said),
    )


def good() -> list[Entry]:
    key = party_key()
    opened = entry(SpaceOpened(ORIGIN, "host", DEFAULT_RULES))
    return [opened, enrolled(key), answered(key, 1), answered(key, 2), answered(key, 3)]


def audited(entries: list[Entry]) -> int | None:
    """The first position that the audit refuses."""
    audit = StatementAudit(ORIGIN)
    for position, each in enumerate(entries):
        try:
            audit(position, encode_entry(each), each.said)
        except WideberthError:
            return position
    return None


def test_what_was_signed_in_order_passes() -> None:
    assert audited(good()) is None


def changed(at: int, **fields: object) -> Callable[[list[Entry]], None]:
    def change(entries: list[Entry]) -> None:
        entries[at] = replace(entries[at], **fields)

    return change


def with_answer(at: int, **fields: object) -> Callable[[list[Entry]], None]:
    def change(entries: list[Entry]) -> None:
        body = entries[at].body
        assert isinstance(body, NoticeAcknowledged)
        answer = replace(body.acknowledgement, **fields)
        entries[at] = replace(entries[at], body=replace(body, acknowledgement=answer))

    return change


def left_out(at: int) -> Callable[[list[Entry]], None]:
    return lambda entries: entries.__delitem__(at)


def put_in(at: int, make: Callable[[], Entry]) -> Callable[[list[Entry]], None]:
    return lambda entries: entries.insert(at, make())


REVOKED = entry(KeyRevoked(ALPHA, K1))


@pytest.mark.parametrize(
    ("plant", "found_at"),
    [
        pytest.param(left_out(1), 1, id="the key was never enrolled"),
        pytest.param(put_in(3, lambda: REVOKED), 4, id="the key was revoked before"),
        pytest.param(left_out(3), 3, id="a statement was left out"),
        pytest.param(put_in(4, lambda: good()[3]), 4, id="a statement was put in twice"),
        pytest.param(put_in(2, lambda: answered(party_key(2), 1)), 2, id="another key signed"),
        pytest.param(put_in(2, lambda: enrolled(party_key(3))), 2, id="the key id was used again"),
        pytest.param(changed(2, request="other"), 2, id="another request"),
        pytest.param(changed(2, said_digest="0" * 64), 2, id="another digest"),
        pytest.param(changed(2, said=None, said_digest=None), 2, id="the statement is gone"),
        pytest.param(
            changed(2, author=replace(SIGNED, party=PartyId("bravo"))), 2, id="another party"
        ),
        pytest.param(
            changed(2, author=replace(SIGNED, how=How.ATTESTED)), 2, id="attested, with a statement"
        ),
        pytest.param(
            changed(2, author=replace(SIGNED, how=How.ATTESTED), said=None, said_digest=None),
            2,
            id="PASSED-DOWN without a signature",
        ),
        pytest.param(with_answer(2, verb=Verb.LOADED), 2, id="another verb than signed"),
        pytest.param(with_answer(2, unit="u2"), 2, id="another unit than signed"),
        pytest.param(with_answer(2, notice="n9"), 2, id="another notice than signed"),
        pytest.param(changed(2, body=KeyRevoked(ALPHA, K1)), 2, id="another kind of entry"),
        pytest.param(
            changed(0, body=SpaceOpened("elsewhere", "host", DEFAULT_RULES)), 0, id="another origin"
        ),
    ],
)
def test_a_planted_lie_is_found(plant: Callable[[list[Entry]], None], found_at: int) -> None:
    entries = good()
    plant(entries)
    assert audited(entries) == found_at


def test_verify_names_the_bad_index(tmp_path: Path) -> None:
    entries = good()
    entries[3] = replace(entries[3], request="other")
    with SqliteRecord(tmp_path, key=OriginKey(ORIGIN, bytes(32))) as record:
        record.append([encode_entry(each) for each in entries], 0, time_us=1)
    with pytest.raises(RecordCorrupt) as found:
        verify_folder(tmp_path, statement_checker=StatementAudit(ORIGIN))
    assert found.value.position == 3


def epoch(origin: str) -> Entry:
    return entry(EpochOpened(origin, "vkey", "head", "reason", 0))


@pytest.mark.parametrize(
    ("plant", "found_at"),
    [
        pytest.param(
            lambda made: made.extend([epoch(ORIGIN), *good()[2:]]),
            5,
            id="an epoch of the same name, and every statement told again",
        ),
        pytest.param(
            lambda made: made.extend([epoch("next"), epoch(ORIGIN), *good()[2:]]),
            6,
            id="an epoch of a former name, and every statement told again",
        ),
        pytest.param(with_answer(2, reason="engine"), 2, id="a reason that was not signed"),
        pytest.param(with_answer(2, system="s"), 2, id="a system that was not signed"),
        pytest.param(with_answer(2, attested=True), 2, id="attested, and that was not signed"),
        pytest.param(
            with_answer(2, read_back=Particulars(1, 1, 1, 2, 0, 1)), 2, id="a read-back not signed"
        ),
        pytest.param(
            with_answer(2, by=replace(SIGNED, party=PartyId("bravo"))), 2, id="by another party"
        ),
        pytest.param(
            changed(2, body=replace(good()[2].body, recipient=PartyId("bravo"))),
            2,
            id="an answer in another party's name",
        ),
    ],
)
def test_what_nobody_signed_does_not_stand_beside_a_signature(
    plant: Callable[[list[Entry]], None], found_at: int
) -> None:
    entries = good()
    plant(entries)
    assert audited(entries) == found_at


@pytest.mark.parametrize("kind", ["KeyRevoked", "KeyEnrolled", "EpochOpened", "EntriesErased"])
def test_what_all_else_is_judged_by_is_never_erased(kind: str) -> None:
    with pytest.raises(WideberthError, match="not-erasable"):
        StatementAudit(ORIGIN).erased(Erased(3, kind))


def test_an_entry_that_names_a_member_twice_is_found() -> None:
    opened = encode_entry(good()[0])
    twice = opened.replace(b'"host":"host"', b'"host":"other","host":"host"')
    assert twice != opened
    with pytest.raises(WideberthError, match="stands twice"):
        StatementAudit(ORIGIN)(0, twice, None)
    StatementAudit(ORIGIN)(0, opened.replace(b'"host":', b'"host" : '), None)


def test_an_entry_nested_without_end_is_named_and_no_fault(tmp_path: Path) -> None:
    deep = b'{"v":1,"EpochOpened":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with SqliteRecord(tmp_path, key=OriginKey(ORIGIN, bytes(32))) as record:
        record.append([encode_entry(good()[0]), deep], 0, time_us=1)
    with pytest.raises(RecordCorrupt) as found:
        verify_folder(tmp_path, statement_checker=StatementAudit(ORIGIN))
    assert found.value.position == 1
