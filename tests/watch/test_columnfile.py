"""Files of columns: what is written is what pyarrow reads, and what is read is what was written."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from wideberth.evidence.alone.columnfile import StoredColumn, stored_columns
from wideberth.evidence.alone.container import Fault
from wideberth.watch import columnfile
from wideberth.watch.columnfile import NONE, Column, ColumnFile, ColumnWriter, NoColumnFile, Texts
from wideberth.watch.thriftcompact import I64, decode_struct, encode_struct

Rows = list[tuple[int, int | None, str, str | None]]

SCHEMA = (
    Column("n"),
    Column("maybe", is_optional=True),
    Column("text", is_text=True),
    Column("word", is_text=True, is_optional=True),
)
NAMES = tuple(each.name for each in SCHEMA)
STORED = [StoredColumn(each.name, each.is_text, each.is_optional) for each in SCHEMA]

whole = st.integers(-(2**63) + 1, 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
rows = st.lists(
    st.tuples(whole, st.none() | whole, texts, st.none() | st.sampled_from(["a", "", "é"])),
    min_size=1,
    max_size=40,
)
pieces = st.integers(1, 12)


def written(told: Rows, piece: int = 7, group_rows: int = 10) -> bytes:
    """The file of rows that are added so many at a time."""
    file = io.BytesIO()
    writer = ColumnWriter(file.write, SCHEMA, group_rows=group_rows, made_by="a test")
    for begin in range(0, len(told), piece):
        n, maybe, text, word = map(list, zip(*told[begin : begin + piece], strict=True))
        every = np.arange(len(n))
        known = [NONE if each is None else each for each in maybe]
        writer.add(
            {"n": np.array(n, np.int64), "maybe": np.array(known, np.int64)},
            {"text": Texts(text, every), "word": Texts(word[::-1], every[::-1])},  # type: ignore[arg-type]  # drawn as texts
        )
    writer.finish({"name": "a file", "é": "ß"})
    return file.getvalue()


def read(data: bytes) -> Rows:
    file = ColumnFile(lambda at, count: data[at : at + count], len(data), SCHEMA)
    found: list[Any] = []
    for group in file.groups():
        numbers = [file.numbers(group, name).tolist() for name in NAMES[:2]]
        maybe = [None if each == NONE else each for each in numbers[1]]
        words = [file.texts(group, name).listed() for name in NAMES[2:]]
        found += zip(numbers[0], maybe, *words, strict=True)
    assert len(found) == file.rows
    return found


def read_alone(data: bytes) -> Rows:
    stored = stored_columns(data, STORED, NAMES)
    assert stored.said == {"name": "a file", "é": "ß"}
    assert all(len(each) == stored.rows for each in stored.columns.values())
    return list(zip(*(stored.columns[name] for name in NAMES), strict=True))


def read_by_pyarrow(data: bytes) -> Rows:
    table: Any = parquet.read_table(io.BytesIO(data))
    assert table.schema.metadata == {b"name": b"a file", "é".encode(): "ß".encode()}
    return list(zip(*(table[name].to_pylist() for name in NAMES), strict=True))


READERS: dict[str, Callable[[bytes], Rows]] = {
    "own": read,
    "alone": read_alone,
    "pyarrow": read_by_pyarrow,
}


@settings(max_examples=60, deadline=None)
@given(rows, pieces, st.integers(1, 20))
def test_each_reader_reads_what_was_written(told: Rows, piece: int, group_rows: int) -> None:
    data = written(told, piece, group_rows)
    for name, reader in READERS.items():
        assert reader(data) == told, name


@pytest.mark.parametrize("words", [1, 255, 256, 257, 65_536, 65_537])
def test_at_each_width_of_the_numbers_of_texts(words: int) -> None:
    told: Rows = [(at, None, f"t{at}", None) for at in range(words)]
    data = written(told, 30_000, 100_000)
    for name, reader in READERS.items():
        assert reader(data) == told, name


FAULTS: dict[str, Any] = {
    "_levels": lambda known: columnfile._levels(~known),
    "_packed_codes": lambda codes, count: columnfile._packed_codes(codes[::-1], count),
    "_plain_texts": lambda words: columnfile._plain_texts({each[:4]: 0 for each in words}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_writer_that_writes_otherwise_is_found_by_pyarrow(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = getattr(columnfile, name)

    def planted(*arguments: Any) -> bytes:
        with monkeypatch.context() as undone:
            undone.setattr(columnfile, name, real)
            made: bytes = FAULTS[name](*arguments)
            return made

    def is_read_otherwise(told: Rows) -> bool:
        try:
            return read_by_pyarrow(written(told)) != told
        except Exception:  # noqa: BLE001  # what it raises for bad bytes is its own
            return True

    monkeypatch.setattr(columnfile, name, planted)
    search = settings(phases=[Phase.generate], max_examples=300, deadline=None, database=None)
    find(rows, is_read_otherwise, settings=search)


TOLD: Rows = [(at, None if at % 3 else at, f"t{at}", "ab"[at % 2]) for at in range(25)]


def test_what_is_cut_off_anywhere_is_refused_by_both_readers() -> None:
    data = written(TOLD)
    for end in range(len(data)):
        with pytest.raises(NoColumnFile):
            read(data[:end])
        with pytest.raises(Fault):
            read_alone(data[:end])


def test_a_changed_byte_is_refused_or_read_and_never_raises_otherwise() -> None:
    data = written(TOLD)
    for at in range(len(data)):
        for bit in (1, 0x80):
            changed = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            for reader, refusal in ((read, NoColumnFile), (read_alone, Fault)):
                try:
                    found = reader(changed)
                except (refusal, AssertionError):
                    continue
                assert len(found) == len(TOLD)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_refused(noise: bytes, is_footer: bool) -> None:  # drawn
    data = b"PAR1" + noise + len(noise).to_bytes(4, "little") + b"PAR1" if is_footer else noise
    with pytest.raises(NoColumnFile):
        read(data)
    with pytest.raises(Fault):
        read_alone(data)


def with_footer(data: bytes, change: Callable[[dict[int, Any]], None]) -> bytes:
    """A file whose footer was changed."""
    length = int.from_bytes(data[-8:-4], "little")
    footer, _ = decode_struct(data[-8 - length : -8])
    change(footer)
    made = encode_struct(wide(footer))
    return data[: -8 - length] + made + len(made).to_bytes(4, "little") + b"PAR1"


def wide(value: Any) -> Any:
    """What was decoded, so that it is encoded again."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return list(map(wide, value))
    if isinstance(value, dict):
        return {each: wide(inner) for each, inner in value.items()}
    return I64(value)


def first_chunk(footer: dict[int, Any]) -> dict[int, Any]:
    chunk: dict[int, Any] = footer[4][0][1][0][3]
    return chunk


LIES: dict[str, Callable[[dict[int, Any]], Any]] = {
    "more rows": lambda footer: footer.update({3: 26}),
    "rows without end": lambda footer: (
        footer.update({3: 1 << 40}),
        footer[4][0].update({3: 1 << 40}),
    ),
    "fewer rows than none": lambda footer: footer[4].append({**footer[4][0], 3: -25}),
    "a group that stands there again and again": lambda footer: (
        footer[4].extend(footer[4][:1] * 2_000),
        footer.update({3: 25 + 10 * 2_000}),
    ),
    "a column elsewhere": lambda footer: first_chunk(footer).update({9: 1 << 50}),
    "a column before the file": lambda footer: first_chunk(footer).update({9: -9}),
    "a column without end": lambda footer: first_chunk(footer).update({7: 1 << 50}),
    "another column": lambda footer: footer[4][0][1].reverse(),
    "another name": lambda footer: footer[2][1].update({4: b"m"}),
    "texts for numbers": lambda footer: footer[2][1].update({1: 6}),
    "no columns": lambda footer: footer.update({4: [{1: [], 2: 0, 3: 25}]}),
    "nothing of itself": lambda footer: footer.pop(5),
}


@pytest.mark.parametrize("name", LIES)
def test_a_footer_that_lies_is_refused(name: str) -> None:
    data = with_footer(written(TOLD, group_rows=10), LIES[name])
    with pytest.raises(Fault):
        stored_columns(data, STORED, NAMES)
    if name not in ("texts for numbers", "another column"):  # it goes by the names of its chunks
        with pytest.raises((NoColumnFile, AssertionError)):
            read(data)


def page_bomb(size: int, told: int) -> bytes:
    """A file with a page of so many zeros, which says that it has so many."""
    data = written(TOLD, group_rows=100)
    chunk: dict[int, Any] = {}
    with_footer(data, lambda footer: chunk.update(first_chunk(footer)))
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(bytes(size)) + packer.flush()
    page = encode_struct({1: 0, 2: told, 3: len(packed), 5: {1: 25, 2: 0, 3: 3, 4: 3}}) + packed
    return with_footer(
        b"PAR1" + page + data[4:],
        lambda footer: (
            [
                each[3].update(
                    {9: each[3][9] + len(page)}
                    | ({11: each[3][11] + len(page)} if 11 in each[3] else {})
                )
                for each in footer[4][0][1]
            ]
            and first_chunk(footer).update({9: 4, 7: len(page)})
        ),
    )


@pytest.mark.parametrize("told", [200, 1 << 25, 1 << 29, -1])
def test_a_page_that_stands_for_more_than_it_says_is_not_unpacked(told: int) -> None:
    data = page_bomb(1 << 25, told)
    tracemalloc.start()
    try:
        with pytest.raises(NoColumnFile):
            read(data)
        with pytest.raises(Fault):
            stored_columns(data, STORED, NAMES)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < (1 << 27 if told == 1 << 25 else 1 << 22)


small = st.integers(-(2**31), 2**31 - 1)
leaves = small | st.integers(-(2**63), 2**63 - 1).map(I64) | texts
inner = st.lists(leaves).map(enumerate).map(dict)
structs = st.lists(leaves | st.lists(small, max_size=20) | inner)


@settings(max_examples=60)
@given(structs)
def test_a_struct_is_read_as_it_was_written(told: list[Any]) -> None:
    told = [{1 + at: each[at] for at in each} if isinstance(each, dict) else each for each in told]
    data = encode_struct(dict(enumerate(told, start=1)))
    found, end = decode_struct(b"before" + data + b"behind", 6)
    assert end == 6 + len(data)
    assert wide(found) == dict(enumerate(told, start=1))
