"""The compact protocol of Thrift, as far as Parquet's footers and page headers use it. Pure.

A struct is a dict by field number. Written are whole numbers of 32 bits (int) and of 64
(:class:`I64`), texts, lists of one kind of these, and structs; read are those, as int, bytes, list
and dict.
"""

from __future__ import annotations

from typing import Any, cast

__all__ = ["I64", "decode_struct", "encode_struct", "put_varint", "take_varint"]

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 3, 4, 5, 6, 8, 9, 12
_WHOLE = (_I16, _I32, _I64)
_DEEPEST = 8  # structs and lists within each other; a footer has five
_LONGEST = 10  # bytes of a number of 64 bits


class I64(int):
    """A whole number that the format has in 64 bits."""


def encode_struct(fields: dict[int, Any]) -> bytes:
    """A struct. fields: by number, rising; what is None is left out."""
    out = bytearray()
    _put_struct(out, fields)
    return bytes(out)


def decode_struct(data: bytes, at: int = 0) -> tuple[dict[int, Any], int]:
    """The struct that begins there, and where it ends. Raises ValueError, IndexError."""
    return _take_struct(data, at, 0)


def _put_struct(out: bytearray, fields: dict[int, Any]) -> None:
    last = 0
    for number, value in fields.items():
        if value is not None:
            out.append((number - last) << 4 | _kind(value))
            _put(out, value)
            last = number
    out.append(0)


def _kind(value: object) -> int:
    if isinstance(value, str):
        return _BINARY
    if isinstance(value, int):
        return _I64 if isinstance(value, I64) else _I32
    return _STRUCT if isinstance(value, dict) else _LIST


def _put(out: bytearray, value: Any) -> None:
    if isinstance(value, str):
        data = value.encode()
        put_varint(out, len(data))
        out += data
    elif isinstance(value, int):
        put_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)
    elif isinstance(value, dict):
        _put_struct(out, cast("dict[int, Any]", value))
    else:
        kind = _kind(value[0]) if value else _STRUCT
        short = len(value) < 15  # the protocol's own
        out.append((len(value) if short else 15) << 4 | kind)
        if not short:
            put_varint(out, len(value))
        for each in value:
            _put(out, each)


def put_varint(out: bytearray, number: int) -> None:
    """A number in pieces of seven bits, the least first."""
    while number > 0x7F:  # seven bits
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _take_struct(data: bytes, at: int, depth: int) -> tuple[dict[int, Any], int]:
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    found: dict[int, Any] = {}
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            coded, at = take_varint(data, at)
            number = coded >> 1
        kind = head & 0x0F
        if kind in (_TRUE, _FALSE):
            found[number] = kind == _TRUE
        else:
            found[number], at = _take(data, at, kind, depth)
    return found, at + 1


def _take(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in _WHOLE:
        coded, at = take_varint(data, at)
        return (coded >> 1) ^ -(coded & 1), at
    if kind == _BYTE:
        return data[at], at + 1
    if kind == _BINARY:
        size, at = take_varint(data, at)
        if size > len(data) - at:
            raise ValueError("a text is cut off")
        return data[at : at + size], at + size
    if kind == _LIST:
        return _take_list(data, at, depth + 1)
    if kind == _STRUCT:
        return _take_struct(data, at, depth + 1)
    raise ValueError("a kind of value that is not read here")


def _take_list(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    head = data[at]
    count, at = head >> 4, at + 1
    if count == 15:  # the protocol's own
        count, at = take_varint(data, at)
    if count > len(data) - at:
        raise ValueError("a list is cut off")
    found: list[Any] = []
    for _ in range(count):
        each, at = _take(data, at, head & 0x0F, depth)
        found.append(each)
    return found, at


def take_varint(data: bytes, at: int) -> tuple[int, int]:
    """What :func:`put_varint` wrote there, and where it ends. Raises ValueError, IndexError."""
    number = 0
    for place in range(_LONGEST):
        byte = data[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:  # the last one
            return number, at + place + 1
    raise ValueError("a number is too long")
