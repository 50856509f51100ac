"""Files of columns: the part of Parquet in which positions are kept, read with what Python has.

Flat columns of 64-bit integers and texts; of each in each row group one data page, before it of
texts a page with each text once; pages compressed with gzip, values PLAIN, levels and numbers of
texts as one run. A file that is anything else is refused, and so is one that stands for more than
so many rows and bytes, whatever it says of itself.

The format: https://parquet.apache.org/docs/file-format/.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from typing import Any, Dict, List, NamedTuple, Tuple

from wideberth.evidence.alone.container import Fault

__all__ = ["StoredColumn", "StoredColumns", "stored_columns"]

_MARK = b"PAR1"
_MOST_ROWS = 1 << 21
_MOST_UNPACKED = 1 << 28  # bytes, of all pages that are read
_MOST_FOOTER = 1 << 20
_MOST_DEEP = 8  # structs and lists within each other; a footer has five
_STORED_INTEGERS, _STORED_TEXTS = 2, 6
_OF_TEXTS = 8  # the encoding RLE_DICTIONARY
_GZIPPED = 2
_GZIP_WINDOW = 31
_BITS_OF = [[byte >> place & 1 for place in range(8)] for byte in range(256)]


class StoredColumn(NamedTuple):
    """A column of texts or of 64-bit integers; in an optional one values may be missing. may_lack:
    a file that has no such column says no value of it.
    """

    name: str
    is_text: bool
    is_optional: bool
    may_lack: bool = False


class StoredColumns(NamedTuple):
    """rows: how many; said: what the file says of itself; columns: those wanted, each with None
    where a value is missing.
    """

    rows: int
    said: Dict[str, str]
    columns: Dict[str, List[Any]]


def stored_columns(
    data: bytes, schema: List[StoredColumn], wanted: Tuple[str, ...]
) -> StoredColumns:
    """The wanted columns of a file. schema: all that it may have. Raises Fault."""
    try:
        footer = _footer_of(data)
        has = _schema_of(footer[2], schema)
        said = {each[1].decode("utf-8"): each[2].decode("utf-8") for each in footer[5]}
        if len(said) != len(footer[5]):
            raise Fault(None, "it says something of itself twice")
        rows, groups = footer[3], footer[4]
        if not 0 <= rows <= _MOST_ROWS or rows != sum(each[3] for each in groups):
            raise Fault(None, "it has not the number of rows that it says, or too many")
        found: Dict[str, List[Any]] = {name: [] for name in wanted}
        budget = _Budget()
        for group in groups:
            if group[3] < 1:
                raise Fault(None, "it has a row group without a row")
            for number, column in enumerate(has):
                if column.name in found:
                    pages = _Pages(data, group[1][number][3], column, budget)
                    found[column.name] += pages.values(group[3])
        for column in schema:
            if column.name in found and column not in has:
                found[column.name] = [None] * rows
        return StoredColumns(rows, said, found)
    except (ValueError, LookupError, TypeError, AttributeError, struct.error, zlib.error):
        raise Fault(None, "it is no whole file of positions") from None


def _footer_of(data: bytes) -> Dict[int, Any]:
    length = int.from_bytes(data[-8:-4], "little")
    if data[:4] != _MARK or data[-4:] != _MARK or length > min(len(data) - 12, _MOST_FOOTER):
        raise Fault(None, "it is no Parquet file, or cut off")
    reader = _CompactThrift(data[-8 - length : -8], 0)
    footer = reader.struct(0)
    if reader.at != length:
        raise Fault(None, "its footer has another length than it says")
    return footer


def _schema_of(elements: List[Any], schema: List[StoredColumn]) -> List[StoredColumn]:
    """Those columns that a file has."""
    told = [(each[4], each[1], each[3]) for each in elements[1:]]
    names = [each[0] for each in told]
    has = [each for each in schema if not each.may_lack or each.name.encode("ascii") in names]
    wanted = [(each.name.encode("ascii"), _type_of(each), int(each.is_optional)) for each in has]
    if told != wanted or elements[0][5] != len(has):
        raise Fault(None, "its columns are not those of positions")
    return has


def _type_of(column: StoredColumn) -> int:
    return _STORED_TEXTS if column.is_text else _STORED_INTEGERS


class _Budget:
    """How much may be unpacked yet, in bytes."""

    def __init__(self) -> None:
        self.left = _MOST_UNPACKED

    def spend(self, size: int) -> None:
        self.left -= size
        if size < 0 or self.left < 0:
            raise Fault(None, "it stands for more than is read")


class _Pages:
    """The pages of one column in one row group."""

    def __init__(
        self, data: bytes, chunk: Dict[int, Any], column: StoredColumn, budget: _Budget
    ) -> None:
        begin = chunk.get(11, chunk[9])
        end = begin + chunk[7]
        if not 4 <= begin <= end <= len(data) - 8 or chunk[3] != [column.name.encode("ascii")]:
            raise Fault(None, "a column is not where it says")
        if chunk[4] != _GZIPPED or chunk[1] != _type_of(column):
            raise Fault(None, "a column is kept otherwise than those of positions")
        self._data, self._at, self._end = data, begin, end
        self._budget = budget
        self._words: Any = None
        self._column = column

    def values(self, rows: int) -> List[Any]:
        """The value of each row; None where it is missing."""
        header, body = self._page()
        if header[1] == 2:
            self._words = _words_of(body, header[7], rows)
            header, body = self._page()
        head = header[5]
        if header[1] != 0 or self._at != self._end or head[1] != rows:
            raise Fault(None, "a column has not the pages that it says")
        known = None
        if self._column.is_optional:
            (length,) = struct.unpack_from("<L", body)
            known = _levels_of(body[4 : 4 + length], rows)
            body = body[4 + length :]
        count = rows if known is None else sum(known)
        there = self._taken(body, count, head[2])
        if known is None or count == rows:
            return there
        following = iter(there)
        return [next(following) if each else None for each in known]

    def _taken(self, body: bytes, count: int, encoding: int) -> List[Any]:
        if not self._column.is_text:
            if encoding != 0 or len(body) != 8 * count or self._words is not None:
                raise Fault(None, "a column of numbers is cut off")
            return _numbers_of("q", body)
        if self._words is None:
            if count or body:
                raise Fault(None, "a column of texts has none")
            return []
        if encoding != _OF_TEXTS:
            raise Fault(None, "a column of texts is kept otherwise than those of positions")
        words = self._words
        return [words[each] for each in _codes_of(body, count)]

    def _page(self) -> Tuple[Dict[int, Any], bytes]:
        reader = _CompactThrift(self._data[self._at : self._end], 0)
        header = reader.struct(0)
        size, length = header[2], header[3]
        begin = self._at + reader.at
        if not 0 <= length <= self._end - begin:
            raise Fault(None, "a page is cut off")
        self._budget.spend(size)
        unpacker = zlib.decompressobj(_GZIP_WINDOW)
        body = unpacker.decompress(self._data[begin : begin + length], size + 1)
        if len(body) != size or not unpacker.eof or unpacker.unused_data:
            raise Fault(None, "a page has not the length that it says")
        self._at = begin + length
        return header, body


def _words_of(body: bytes, head: Dict[int, Any], rows: int) -> List[str]:
    if not 0 <= head[1] <= rows:
        raise Fault(None, "it has more texts than rows")
    words: List[str] = []
    at = 0
    while at < len(body) and len(words) < head[1]:
        (length,) = struct.unpack_from("<L", body, at)
        at += 4 + length
        if at > len(body):
            raise Fault(None, "a text is cut off")
        words.append(body[at - length : at].decode("utf-8"))
    if at != len(body) or len(words) != head[1] or head[2] != 0:
        raise Fault(None, "it has not the number of texts that it says")
    return words


def _levels_of(run: bytes, rows: int) -> List[int]:
    """Of each row, whether it has a value: one run."""
    reader = _CompactThrift(run, 0)
    head = reader.varint()
    rest = run[reader.at :]
    if not head & 1:
        if head >> 1 != rows or len(rest) != 1 or rest[0] > 1:
            raise Fault(None, "a run of levels is of another length")
        return [rest[0]] * rows
    if head >> 1 != -(-rows // 8) or len(rest) != head >> 1:
        raise Fault(None, "a run of levels is of another length")
    return [bit for byte in rest for bit in _BITS_OF[byte]][:rows]


def _codes_of(body: bytes, count: int) -> List[int]:
    """Numbers of texts: one bit-packed run of 8, 16 or 32 bits each."""
    reader = _CompactThrift(body, 1)
    head = reader.varint()
    form = {8: "B", 16: "H", 32: "I"}.get(body[0], "")
    groups = -(-count // 8)
    if head != (groups << 1 | 1) or len(body) - reader.at != groups * body[0] or not form:
        raise Fault(None, "a run of texts is of another length")
    return _numbers_of(form, body[reader.at :])[:count]


def _numbers_of(form: str, body: bytes) -> List[int]:
    numbers: array[int] = array(form)
    numbers.frombytes(body)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


class _CompactThrift:
    """The compact protocol of Thrift, in which footers and heads of pages are written."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def struct(self, depth: int) -> Dict[int, Any]:
        """The struct that comes next, by field number. Raises Fault, IndexError."""
        if depth > _MOST_DEEP:
            raise Fault(None, "it is nested too deep")
        found: Dict[int, Any] = {}
        number = 0
        while True:
            head = self._byte()
            if not head:
                return found
            number = number + (head >> 4) if head >> 4 else self._integer()
            found[number] = self._value(head & 0x0F, depth)

    def varint(self) -> int:
        """A number in pieces of seven bits. Raises Fault, IndexError."""
        number = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise Fault(None, "a number is too long")

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (1, 2):
            return kind == 1
        if kind in (4, 5, 6):
            return self._integer()
        if kind == 8:
            length = self.varint()
            if length > len(self._data) - self.at:
                raise Fault(None, "a text is cut off")
            self.at += length
            return self._data[self.at - length : self.at]
        if kind == 9:
            head = self._byte()
            count = self.varint() if head >> 4 == 15 else head >> 4
            if count > len(self._data) - self.at or depth >= _MOST_DEEP:
                raise Fault(None, "a list is cut off, or nested too deep")
            return [self._value(head & 0x0F, depth + 1) for _ in range(count)]
        if kind == 12:
            return self.struct(depth + 1)
        raise Fault(None, "it has a kind of value that none has")

    def _integer(self) -> int:
        number = self.varint()
        return number >> 1 ^ -(number & 1)

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]
