"""A file of columns: the part of Parquet that the archive of tracks writes, and reads again. Pure.

Any reader of Parquet reads such a file. What is written is little of what the format has, so that
the verifier of bundles can read it with what comes with Python
(:mod:`wideberth.evidence.alone.columnfile`):

* flat columns: 64-bit integers and texts, of which some may be missing;
* of each column in each row group one data page (version 1), compressed with gzip; before it, of
  texts, one page with each text once, and in the data page which it is;
* integers and texts PLAIN; levels and numbers of texts as one run each, RLE or bit-packed, the
  latter in 8, 16 or 32 bits.

The format: https://parquet.apache.org/docs/file-format/.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wideberth.watch.thriftcompact import I64, decode_struct, encode_struct, put_varint, take_varint

__all__ = ["MAGIC", "NONE", "Column", "ColumnFile", "ColumnWriter", "NoColumnFile", "Texts"]

Ints = NDArray[np.int64]

MAGIC = b"PAR1"
NONE = int(np.iinfo(np.int64).min)
"""In a column of integers: missing."""

_INT64, _BYTE_ARRAY = 2, 6
_REQUIRED, _OPTIONAL = 0, 1
_UTF8 = 0
_PLAIN, _RLE, _RLE_DICTIONARY = 0, 3, 8
_GZIP = 2
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_GZIP_BITS = 31  # of zlib: a window of 32 KiB, with the head and the end of gzip
_LEVEL = 1  # 6 takes twice as long for a sixteenth less
_WIDTHS = {8: np.dtype("u1"), 16: np.dtype("<u2"), 32: np.dtype("<u4")}
_TAIL_BYTES = 8
_MOST_FOOTER_BYTES = 1 << 20
_MOST_PAGE_BYTES = 1 << 28  # unpacked


class NoColumnFile(ValueError):
    """What is read is none of these files, or damaged."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: of texts, or of 64-bit integers; in an optional one some may be missing. may_lack:
    of integers, all of which are missing in a file that has no such column.
    """

    name: str
    is_text: bool = False
    is_optional: bool = False
    may_lack: bool = False


class Texts(NamedTuple):
    """A column of texts: the words, and of each row which it is; None: missing."""

    words: Sequence[str | None]
    codes: Ints

    def listed(self) -> list[str | None]:
        """The text of each row."""
        return [self.words[code] for code in self.codes.tolist()]

    def of(self, rows: Ints | slice) -> Texts:
        """The same of these rows."""
        return Texts(self.words, self.codes[rows])


class _Group:
    """Rows that are written together."""

    def __init__(self, schema: Sequence[Column], room: int) -> None:
        """room: for so many rows at first."""
        self.rows = 0
        self._columns = {each.name: np.empty(room, np.int64) for each in schema}
        self._places: dict[str, dict[str, int]] = {each.name: {} for each in schema if each.is_text}

    def add(self, numbers: Mapping[str, Ints], texts: Mapping[str, Texts]) -> None:
        begin = self.rows
        self.rows += len(next(iter(numbers.values())))
        for name, values in numbers.items():
            self._room(name)[begin : self.rows] = values
        for name, (words, codes) in texts.items():
            places = self._places[name]
            found = [-1 if each is None else places.setdefault(each, len(places)) for each in words]
            self._room(name)[begin : self.rows] = np.array(found, np.int64)[codes]

    def values(self, name: str) -> Ints:
        """Of a column; of one of texts, the numbers of its words, -1: missing."""
        return self._columns[name][: self.rows]

    def words(self, name: str) -> dict[str, int]:
        """Of a column of texts, each with its number; none of another."""
        return self._places.get(name, {})

    def _room(self, name: str) -> Ints:
        column = self._columns[name]
        if len(column) < self.rows:
            column = self._columns[name] = np.resize(column, 2 * self.rows)
        return column


class ColumnWriter:
    """Writes a file, row group by row group."""

    def __init__(
        self,
        write: Callable[[bytes], object],
        schema: Sequence[Column],
        *,
        group_rows: int,
        made_by: str,
        head: bytes = b"",
        give_way: Callable[[], object] = lambda: None,
    ) -> None:
        """write: takes the bytes of the file, in order. group_rows: a group is written when it has
        so many. head: stands before all of them, where no reader looks. give_way: called often,
        between pieces of work.
        """
        self._write, self._schema = write, schema
        self._group_rows, self._made_by, self._give_way = group_rows, made_by, give_way
        self._at = 0
        self._group = _Group(schema, group_rows)
        self._groups: list[dict[int, Any]] = []
        self.rows = 0
        self._put(MAGIC + head)

    def add(self, numbers: Mapping[str, Ints], texts: Mapping[str, Texts]) -> None:
        """Rows, with every column, which come into one group."""
        self._group.add(numbers, texts)
        if self._group.rows >= self._group_rows:
            self._put_group()

    def finish(self, metadata: Mapping[str, str]) -> None:
        """Write what is left, and what the file says of itself."""
        if self._group.rows:
            self._put_group()
        root = {3: _REQUIRED, 4: "positions", 5: len(self._schema)}
        footer = encode_struct(
            {
                1: 1,
                2: [root, *map(_element, self._schema)],
                3: I64(self.rows),
                4: self._groups,
                5: [{1: key, 2: value} for key, value in metadata.items()],
                6: self._made_by,
            }
        )
        self._put(footer + len(footer).to_bytes(4, "little") + MAGIC)

    def _put(self, data: bytes) -> None:
        self._write(data)
        self._at += len(data)

    def _put_group(self) -> None:
        group, self._group = self._group, _Group(self._schema, self._group_rows)
        begin = self._at
        chunks: list[dict[int, Any]] = []
        for column in self._schema:
            chunks.append(self._put_column(column, group))
            self._give_way()
        unpacked = sum(each[3][6] for each in chunks)
        self._groups.append(
            {
                1: chunks,
                2: I64(unpacked),
                3: I64(group.rows),
                5: I64(begin),
                6: I64(self._at - begin),
            }
        )
        self.rows += group.rows

    def _put_column(self, column: Column, group: _Group) -> dict[int, Any]:
        begin, unpacked = self._at, 0
        values = group.values(column.name)
        known = values != (-1 if column.is_text else NONE)
        levels = _levels(known) if column.is_optional else b""
        there = values[known] if column.is_optional else values
        words = group.words(column.name)
        dictionary_at: I64 | None = None
        encoding = _PLAIN
        if words:
            encoding, dictionary_at = _RLE_DICTIONARY, I64(begin)
            unpacked += self._put_page(
                _plain_texts(words), {1: _DICTIONARY_PAGE}, {7: {1: len(words), 2: _PLAIN}}
            )
            body = _packed_codes(there, len(words))
        else:
            body = there.astype("<i8").tobytes()
        data_at = I64(self._at)
        head = {1: len(values), 2: encoding, 3: _RLE, 4: _RLE}
        unpacked += self._put_page(levels + body, {1: _DATA_PAGE}, {5: head})
        encodings = sorted({_RLE, _PLAIN, encoding})
        return {
            2: I64(begin),
            3: {
                1: _BYTE_ARRAY if column.is_text else _INT64,
                2: encodings,
                3: [column.name],
                4: _GZIP,
                5: I64(len(values)),
                6: I64(unpacked),
                7: I64(self._at - begin),
                9: data_at,
                11: dictionary_at,
            },
        }

    def _put_page(self, body: bytes, kind: dict[int, Any], head: dict[int, Any]) -> int:
        """Gives how long it is, unpacked, with its head."""
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_BITS)
        packed = packer.compress(body) + packer.flush()
        header = encode_struct({**kind, 2: len(body), 3: len(packed), **head})
        self._put(header)
        self._put(packed)
        return len(header) + len(body)


class ColumnFile:
    """A file, of which no more is read than is asked for. Raises NoColumnFile."""

    def __init__(
        self, read_at: Callable[[int, int], bytes], size: int, schema: Sequence[Column]
    ) -> None:
        """read_at: so many bytes from there on; size: of the file, in bytes."""
        self._read_at, self._size = read_at, size
        self._schema = {each.name: each for each in schema}
        tail = self._bytes(size - _TAIL_BYTES, _TAIL_BYTES)
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != MAGIC or not 0 < length <= min(size - _TAIL_BYTES, _MOST_FOOTER_BYTES):
            raise NoColumnFile("it has no end of a Parquet file")
        try:
            footer, _ = decode_struct(self._bytes(size - _TAIL_BYTES - length, length))
            self.rows = int(footer[3])
            self.metadata = {each[1].decode(): each[2].decode() for each in footer[5]}
            self._groups = [
                (int(group[3]), {each[3][3][0].decode(): each[3] for each in group[1]})
                for group in footer[4]
            ]
            names = [each[4].decode() for each in footer[2][1:]]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise NoColumnFile("its footer is none") from error
        self._lacks = {name for name, each in self._schema.items() if each.may_lack} - {*names}
        wanted = [name for name in self._schema if name not in self._lacks]
        if names != wanted or self.rows != sum(rows for rows, _ in self._groups):
            raise NoColumnFile("its footer is of another file")

    def groups(self) -> range:
        """The numbers of the row groups."""
        return range(len(self._groups))

    def numbers(self, group: int, name: str) -> Ints:
        """A column of integers in a row group; NONE: missing."""
        if name in self._lacks:
            return np.full(self._groups[group][0], NONE)
        body, known, _, words = self._page(group, name)
        if words is not None or len(body) != 8 * int(known.sum()):
            raise NoColumnFile(f"its column {name} is cut off")
        values = np.frombuffer(body, "<i8")
        if known.all():
            return values.astype(np.int64)
        found = np.full(len(known), NONE)
        found[known] = values
        return found

    def texts(self, group: int, name: str) -> Texts:
        """A column of texts in a row group."""
        body, known, encoding, words = self._page(group, name)
        codes = np.full(len(known), -1, np.int64)
        if words is None:
            if known.any() or body:
                raise NoColumnFile(f"its column {name} has no words")
            return Texts([None], codes)
        try:
            codes[known] = _unpacked_codes(body, int(known.sum()))
        except (ValueError, IndexError) as error:
            raise NoColumnFile(f"its column {name} is damaged") from error
        if encoding != _RLE_DICTIONARY or int(codes.max(initial=-1)) >= len(words):
            raise NoColumnFile(f"its column {name} has a word that is not there")
        return Texts([*words, None], codes)  # -1 is the last of them

    def _page(
        self, group: int, name: str
    ) -> tuple[bytes, NDArray[np.bool_], int, list[str] | None]:
        """The values of a data page, which rows have one, their encoding, and the words."""
        rows, columns = self._groups[group]
        column = self._schema[name]
        words: list[str] | None = None
        try:
            chunk = columns[name]
            begin = chunk.get(11, chunk[9])
            data = self._bytes(begin, chunk[7])
            kind, head, body, at = _page_in(data, 0)
            if kind == _DICTIONARY_PAGE:
                words = _texts_in(body, head[7][1])
                kind, head, body, at = _page_in(data, at)
            if kind != _DATA_PAGE or at != len(data) or head[5][1] != rows:
                raise NoColumnFile(f"its column {name} is cut off")
            encoding = int(head[5][2])
            known = np.ones(rows, np.bool_)
            if column.is_optional:
                length = int.from_bytes(body[:4], "little")
                known = _known_in(body[4 : 4 + length], rows)
                body = body[4 + length :]
        except (ValueError, LookupError, TypeError, AttributeError, zlib.error) as error:
            raise NoColumnFile(f"its column {name} is damaged") from error
        return body, known, encoding, words

    def _bytes(self, at: int, count: int) -> bytes:
        if at < 0 or count < 0 or at + count > self._size:
            raise NoColumnFile("it is cut off")
        data = self._read_at(at, count)
        if len(data) != count:
            raise NoColumnFile("it is cut off")
        return data


def _element(column: Column) -> dict[int, Any]:
    repetition = _OPTIONAL if column.is_optional else _REQUIRED
    if column.is_text:
        return {1: _BYTE_ARRAY, 3: repetition, 4: column.name, 6: _UTF8, 10: {1: {}}}
    return {1: _INT64, 3: repetition, 4: column.name}


def _levels(known: NDArray[np.bool_]) -> bytes:
    """Which rows have a value: one run, with its length before it."""
    run = bytearray()
    if known.all() or not known.any():
        put_varint(run, len(known) << 1)
        run.append(int(known[0]))
    else:
        put_varint(run, -(-len(known) // 8) << 1 | 1)
        run += np.packbits(known, bitorder="little").tobytes()
    return len(run).to_bytes(4, "little") + run


def _known_in(run: bytes, rows: int) -> NDArray[np.bool_]:
    """What :func:`_levels` wrote, without its length."""
    head, at = take_varint(run, 0)
    if head & 1:
        bits = np.unpackbits(np.frombuffer(run[at:], np.uint8), bitorder="little")
        if head >> 1 != -(-rows // 8) or len(bits) != 8 * (head >> 1):
            raise NoColumnFile("a run of levels is cut off")
        return bits[:rows].astype(np.bool_)
    if head >> 1 != rows or len(run) != at + 1:
        raise NoColumnFile("a run of levels is cut off")
    return np.full(rows, bool(run[at]))


def _packed_codes(codes: Ints, count: int) -> bytes:
    """Numbers below count: their width in bits, and one bit-packed run, a multiple of eight."""
    width = next(width for width in _WIDTHS if count <= 1 << width)
    groups = -(-len(codes) // 8)
    padded = np.zeros(8 * groups, _WIDTHS[width])
    padded[: len(codes)] = codes
    out = bytearray([width])
    put_varint(out, groups << 1 | 1)
    return bytes(out) + padded.tobytes()


def _unpacked_codes(body: bytes, count: int) -> Ints:
    head, at = take_varint(body, 1)
    codes = np.frombuffer(body[at:], _WIDTHS[body[0]]) if body[0] in _WIDTHS else np.zeros(0)
    if head != (-(-count // 8) << 1 | 1) or len(codes) != -(-count // 8) * 8:
        raise NoColumnFile("a run of texts is cut off")
    return codes[:count].astype(np.int64)


def _plain_texts(words: Mapping[str, int]) -> bytes:
    parts: list[bytes] = []
    for each in words:
        data = each.encode()
        parts += (len(data).to_bytes(4, "little"), data)
    return b"".join(parts)


def _texts_in(body: bytes, count: int) -> list[str]:
    words: list[str] = []
    at = 0
    while at < len(body):
        end = at + 4 + int.from_bytes(body[at : at + 4], "little")
        if end > len(body):
            raise NoColumnFile("a text is cut off")
        words.append(body[at + 4 : end].decode())
        at = end
    if len(words) != count:
        raise NoColumnFile("it has not the number of texts that it says")
    return words


def _page_in(data: bytes, at: int) -> tuple[int, dict[int, Any], bytes, int]:
    """The kind of a page, its header, what it holds, and where it ends."""
    header, at = decode_struct(data, at)
    size, packed = int(header[2]), data[at : at + int(header[3])]
    unpacker = zlib.decompressobj(_GZIP_BITS)
    body = unpacker.decompress(packed, size + 1) if 0 <= size <= _MOST_PAGE_BYTES else b""
    if len(body) != size or not unpacker.eof or unpacker.unused_data:
        raise NoColumnFile("a page has not the length that it says")
    return int(header[1]), header, body, at + len(packed)
