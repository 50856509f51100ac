"""The log's keys over its life: rotation, overlap, retirement, epochs; each lie is planted once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from wideberth.errors import InvalidValue, RecordCorrupt, RecordUnavailable
from wideberth.model.entries import ENTRY_VERSION, Body, Entry, encode_entry
from wideberth.model.keeping import (
    EpochOpened,
    LogKeyChanged,
    LogKeyRetired,
    epoch_text,
    key_change_text,
)
from wideberth.model.parties import SYSTEM
from wideberth.record.keys import OriginKey
from wideberth.record.logkeys import LogKey, signed_text
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import (
    Checkpoint,
    checkpoint_text,
    format_note,
    parse_note,
    signature_line,
    verified_checkpoint,
)
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import Verified, verify_folder

NEW = OriginKey("space.example/log", bytes(range(1, 33)))
OTHER = OriginKey("space.example/log", bytes(range(2, 34)))
NEXT = OriginKey("space.example/log/epoch-2", bytes(range(3, 35)))


def entry(body: Body) -> bytes:
    return encode_entry(Entry(ENTRY_VERSION, 1, SYSTEM, body))


def change(before: OriginKey, after: OriginKey, size: int, /, **lie: object) -> bytes:
    text = key_change_text(before=before.vkey, after=after.vkey, size=size)
    body = LogKeyChanged(before.vkey, after.vkey, size, signed_text(before, text))
    return entry(msgspec.structs.replace(body, **lie))


def rotate(folder: Path, key: OriginKey, /, **lie: object) -> None:
    with SqliteRecord(folder, key=key) as record:
        size = record.head().size
        record.change_key(
            NEW, [change(key, NEW, size, **lie)], size, time_us=3_000, is_overlapping=True
        )


def open_epoch(
    folder: Path, old: OriginKey | None, *, missing_until: int = 0, seen: tuple[str, ...] = ()
) -> None:
    with SqliteRecord(folder) as record:
        head, note = record.head(), record.checkpoint()
        origin = record.origin
    text = epoch_text(
        vkey=NEXT.vkey, checkpoint=checkpoint_text(Checkpoint(origin, head.size, head.root))
    )
    opened = EpochOpened(
        NEXT.origin,
        NEXT.vkey,
        note,
        "lost",
        max(head.size, missing_until),
        seen,
        None if old is None else signed_text(old, text),
    )
    with SqliteRecord(folder, key=NEXT, is_successor=True) as record:
        record.change_key(NEXT, [entry(opened)], head.size, time_us=4_000, is_overlapping=False)
        record.append([b'{"after":1}'], head.size + 1, time_us=4_001)


def test_during_a_change_both_keys_sign(folder: Path, key: OriginKey) -> None:
    with SqliteRecord(folder) as reader:
        rotate(folder, key)
        note = reader.checkpoint()
        assert reader.vkey == NEW.vkey, "a reader that was open before sees the new key"
    assert len(parse_note(note).signatures) == 2
    for each in (key, NEW):
        assert verified_checkpoint(note, each.verifier).size == 12
    for vkey in (key.vkey, NEW.vkey):
        assert verify_folder(folder, vkey=vkey, held=[note]).vkey == NEW.vkey


def test_both_keys_sign_what_is_appended_by_who_has_both(folder: Path, key: OriginKey) -> None:
    rotate(folder, key)
    with SqliteRecord(folder, key=NEW, also=[key]) as record:
        record.append([b"{}"], 12, time_us=3_001)
        assert len(parse_note(record.checkpoint()).signatures) == 2
    with SqliteRecord(folder, key=NEW) as record:
        record.append([b"{}"], 13, time_us=3_002)
        note = record.checkpoint()
        assert len(parse_note(note).signatures) == 1, "no line of another head"
        assert verified_checkpoint(note, NEW.verifier).size == 14


def test_a_process_with_the_old_key_alone_writes_nothing_more(folder: Path, key: OriginKey) -> None:
    with SqliteRecord(folder, key=key) as old:
        rotate(folder, key)
        with pytest.raises(RecordUnavailable, match="start this one again"):
            old.append([b"{}"], 12, time_us=3_001)
    with pytest.raises(InvalidValue, match="give the key of"):
        SqliteRecord(folder, key=key)
    assert verify_folder(folder, vkey=NEW.vkey).size == 12


def test_a_retired_key_signs_no_more(folder: Path, key: OriginKey) -> None:
    rotate(folder, key)
    with SqliteRecord(folder, key=NEW, also=[key]) as record:
        both = record.checkpoint()
        record.end_key(key.vkey, [entry(LogKeyRetired(key.vkey))], 12, time_us=3_001)
        assert len(parse_note(record.checkpoint()).signatures) == 1
        assert record.log_keys() == [LogKey(key.vkey, 0, 12), LogKey(NEW.vkey, 12, None)]
        head = record.head()
    assert verify_folder(folder, vkey=key.vkey, held=[both]).size == 13
    text = checkpoint_text(Checkpoint(key.origin, head.size, head.root))
    late = format_note(text, [signature_line(key.verifier, key.sign(text))])
    with pytest.raises(RecordCorrupt, match="out of force"):
        verify_folder(folder, held=[late])


def verified(folder: Path, vkey: str | None = None) -> Verified:
    return verify_folder(folder, vkey=vkey)


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        pytest.param({"signature": "AAAA"}, "did not sign", id="no signature"),
        pytest.param({"size": 10}, "elsewhere", id="another place"),
        pytest.param({"before": OTHER.vkey}, "another key", id="another predecessor"),
        pytest.param({"after": OTHER.vkey}, "did not sign", id="another successor"),
    ],
)
def test_a_change_that_lies_is_found(
    folder: Path, key: OriginKey, lie: dict[str, object], reason: str
) -> None:
    rotate(folder, key, **lie)
    with pytest.raises(RecordCorrupt, match=reason) as caught:
        verified(folder)
    assert caught.value.position == 11


def test_a_key_that_took_over_without_an_entry_is_found(folder: Path, key: OriginKey) -> None:
    with SqliteRecord(folder, key=key) as record:
        record.change_key(NEW, [b"{}"], 11, time_us=3_000, is_overlapping=False)
    for vkey in (None, key.vkey, NEW.vkey):
        with pytest.raises(RecordCorrupt, match="names another key"):
            verified(folder, vkey)


def test_an_epoch_signed_by_the_old_key_is_followed(folder: Path, key: OriginKey) -> None:
    with SqliteRecord(folder) as record:
        kept = record.checkpoint()
    open_epoch(folder, key)
    for vkey in (None, key.vkey, NEXT.vkey):
        found = verify_folder(folder, vkey=vkey, held=[kept])
        assert (found.origin, found.size) == (NEXT.origin, 13)
    with SqliteRecord(folder) as record:
        assert record.first_origin == key.origin


def test_an_epoch_without_the_old_keys_word_needs_the_new_key(folder: Path, key: OriginKey) -> None:
    open_epoch(folder, None)
    assert verified(folder, NEXT.vkey).size == 13
    with pytest.raises(RecordCorrupt, match="without the old key's word") as caught:
        verified(folder, key.vkey)
    assert caught.value.position == 11


def beyond(key: OriginKey) -> str:
    """A head of the old log that its restored copy does not have."""
    record = MemoryRecord(key)
    record.append([b"lost %d" % index for index in range(14)], 0, time_us=1)
    return record.checkpoint()


def test_kept_heads_of_missing_entries_are_told_apart_from_a_fork(
    folder: Path, key: OriginKey
) -> None:
    with pytest.raises(RecordCorrupt, match="once signed 14 entries"):
        verify_folder(folder, held=[beyond(key)])
    open_epoch(folder, key, missing_until=14, seen=(beyond(key),))
    found = verify_folder(folder, held=[beyond(key)])
    assert (found.size, found.missing) == (13, ((11, 14),))


@pytest.mark.parametrize("name", ["own", "shown"])
def test_an_epoch_excuses_no_more_than_a_signed_head_shows(
    folder: Path, key: OriginKey, name: str
) -> None:
    seen = () if name == "own" else (beyond(OTHER),)
    open_epoch(folder, key, missing_until=14, seen=seen)
    with pytest.raises(RecordCorrupt) as caught:
        verify_folder(folder, held=[beyond(key)])
    assert caught.value.position == 11


def test_an_epoch_under_the_old_name_is_found(folder: Path) -> None:
    with SqliteRecord(folder) as record:
        note, origin = record.checkpoint(), record.origin
    again = OriginKey(origin, bytes(range(4, 36)))
    opened = EpochOpened(origin, again.vkey, note, "lost", 11)
    with SqliteRecord(folder, key=again, is_successor=True) as record:
        record.change_key(again, [entry(opened)], 11, time_us=4_000, is_overlapping=False)
    with pytest.raises(RecordCorrupt, match="of its own") as caught:
        verify_folder(folder)
    assert caught.value.position == 11


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda text: text.replace(b'":"', b'": "'), id="spaces"),
        pytest.param(lambda text: text.replace(b"EpochOpened", b"Epoch\\u004fpened"), id="escapes"),
    ],
)
def test_a_claim_in_another_spelling_is_judged_all_the_same(
    folder: Path, key: OriginKey, spell: Callable[[bytes], bytes]
) -> None:
    opened = entry(EpochOpened(NEXT.origin, NEXT.vkey, "no head", "lost", 11))
    with SqliteRecord(folder, key=key) as record:
        record.append([spell(opened)], 11, time_us=4_000)
    with pytest.raises(RecordCorrupt, match="names no head"):
        verify_folder(folder)


def test_a_head_beyond_what_an_epoch_names_as_missing_is_found(
    folder: Path, key: OriginKey
) -> None:
    open_epoch(folder, key, missing_until=13)
    with pytest.raises(RecordCorrupt):
        verify_folder(folder, held=[beyond(key)])


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda key: "no note", id="no note"),
        pytest.param(beyond, id="another head"),
    ],
)
def test_an_epoch_that_names_another_old_head_is_found(
    folder: Path, key: OriginKey, tell: Callable[[OriginKey], str]
) -> None:
    opened = EpochOpened(NEXT.origin, NEXT.vkey, tell(key), "lost", 11)
    with SqliteRecord(folder, key=NEXT, is_successor=True) as record:
        record.change_key(NEXT, [entry(opened)], 11, time_us=4_000, is_overlapping=False)
    with pytest.raises(RecordCorrupt, match="old log") as caught:
        verified(folder)
    assert caught.value.position == 11


def test_a_successor_appends_nothing_before_it_took_over(folder: Path) -> None:
    with (
        SqliteRecord(folder, key=NEXT, is_successor=True) as record,
        pytest.raises(RecordUnavailable, match="change the key first"),
    ):
        record.append([b"{}"], 11, time_us=4_000)
