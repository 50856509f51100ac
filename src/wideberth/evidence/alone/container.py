"""The container of an evidence bundle: a zip with one spelling, so that every byte counts.

Files are stored, in one order, with one date and one mode. Reading one walks the files, writes
them again and compares: a byte that carries no meaning has no place to be different.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from io import BytesIO
from typing import Any, Iterator
from zipfile import BadZipFile, ZipFile

__all__ = [
    "FILES",
    "MORE_FILES",
    "Fault",
    "canonical_json",
    "from_base64",
    "is_array",
    "is_object",
    "packed",
    "parsed_json",
    "positions_entry",
    "positions_file",
    "to_base64",
    "unpacked",
]

FILES = (
    "README.txt",
    "index.html",
    "manifest.json",
    "checkpoint.txt",
    "policy.txt",
    "entries.jsonl",
    "verify.py",
)
"""What a bundle holds, in this order."""
MORE_FILES = ("differences.jsonl", "tracks.jsonl")
"""What it may hold besides, before the verifier; and between them files of positions, each of them
a Parquet file that is named by the entry with its digest.
"""
_POSITIONS = re.compile(r"positions-(0|[1-9][0-9]{0,18})\.parquet\Z")

_DATE = 0x21  # 1 January 1980, the first day that a zip can name: no clock enters the file
_MADE_BY = (3 << 8) | 20  # Unix, version 2.0 of the format
_MODE = 0o100644 << 16
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_MOST_READ = 256 * 1024 * 1024  # of one file, where a zip that is none of ours is looked into


class Fault(Exception):
    """What does not hold. index: the first bad entry of the record; None where it is no entry."""

    def __init__(self, index: int | None, reason: str) -> None:
        self.index = index
        self.reason = reason
        super().__init__(reason if index is None else "entry %d: %s" % (index, reason))


def packed(files: dict[str, bytes]) -> bytes:
    """The zip of files, in their order. The same files give the same bytes, everywhere."""
    local: list[bytes] = []
    central: list[bytes] = []
    offset = 0
    for name, data in files.items():
        text = name.encode("ascii")
        crc, size = zlib.crc32(data), len(data)
        head = _LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, _DATE, crc, size, size, len(text), 0)
        central.append(
            _CENTRAL.pack(
                *(b"PK\1\2", _MADE_BY, 20, 0, 0, 0, _DATE, crc, size, size, len(text)),
                *(0, 0, 0, 0, _MODE, offset),
            )
            + text
        )
        local.append(head + text + data)
        offset += len(head) + len(text) + size
    directory = b"".join(central)
    count = len(files)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), offset, 0)
    return b"".join(local) + directory + end


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files of a bundle. Raises Fault unless data is exactly what packed would write."""
    files: dict[str, bytes] = {}
    offset = 0
    for name in _names_in(data, files):
        named = offset + _LOCAL.size
        if name in MORE_FILES and data[named : named + len(name)] != name.encode("ascii"):
            continue
        head = data[offset : offset + _LOCAL.size]
        if len(head) < _LOCAL.size:
            raise Fault(None, _spoiled(data, f"the bundle is cut off before {name}"))
        size = _LOCAL.unpack(head)[8]
        begin = offset + _LOCAL.size + len(name)
        offset = begin + size
        if offset > len(data):
            raise Fault(None, _spoiled(data, f"the bundle is cut off within {name}"))
        files[name] = data[begin:offset]
    again = packed(files)
    if again != data:
        same, end = 0, min(len(again), len(data)) + 1
        while end - same > 1:  # they agree up to same, and not up to end
            middle = (same + end) // 2
            if again[same:middle] == data[same:middle]:
                same = middle
            else:
                end = middle
        reason = f"the container differs from its one spelling at byte {same}"
        raise Fault(None, _changed(files) or _spoiled(data, reason))
    return files


def _names_in(data: bytes, files: dict[str, bytes]) -> Iterator[str]:
    """The names that may come, in order; files: those read already, of the bytes of a bundle."""
    yield from (*FILES[:-1], *MORE_FILES)
    last = -1
    while True:
        # Each has its head and its name; what is not there yet is where the next one begins.
        offset = sum(_LOCAL.size + len(name) + len(each) for name, each in files.items())
        name = data[offset + _LOCAL.size : offset + _LOCAL.size + 40].split(b".parquet", 1)[0]
        entry = positions_entry(name.decode("latin-1") + ".parquet")
        if entry is None or entry <= last:
            break
        last = entry
        yield positions_file(entry)
    yield FILES[-1]


def positions_file(entry: int) -> str:
    """The name of the file of positions whose digest is in an entry."""
    return "positions-%d.parquet" % entry


def positions_entry(name: str) -> int | None:
    """The entry that a file of positions is named by; None: it is another file."""
    named = _POSITIONS.match(name)
    return None if named is None else int(named.group(1))


def _spoiled(data: bytes, reason: str) -> str:
    """Why a zip is not as it was made, in words of use to who has it; else the reason given."""
    found: dict[str, bytes] = {}
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
            known = [*FILES, *MORE_FILES, *(each for each in names if positions_entry(each))]
            found = {name: _read(archive, name) for name in known if name in names}
    except (BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        pass
    except (zlib.error, struct.error, IndexError, MemoryError):
        pass
    if not all(name in found for name in FILES):
        return reason
    return _changed(found) or (
        "it was packed again, or its container was changed; ask for the file as it was made, or"
        " check the folder that it was unpacked to"
    )


def _read(archive: ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        data = file.read(_MOST_READ + 1)
    if len(data) > _MOST_READ:
        raise ValueError(name)
    return data


def _changed(files: dict[str, bytes]) -> str | None:
    """Which files are not those that the manifest names; None: none, or there is no telling."""
    try:
        named: Any = json.loads(files["manifest.json"].decode("utf-8"))["files"]
        changed = [name for name in files if name != "manifest.json"]
        changed = [name for name in changed if named[name] != sha256(files[name]).hexdigest()]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not changed:
        return None
    verbs = ("is", "it is: it was") if len(changed) == 1 else ("are", "they are: they were")
    return "{} {} not what manifest.json says {} changed".format(", ".join(changed), *verbs)


def canonical_json(value: Any) -> bytes:
    """JSON in UTF-8 without spaces, members in the order given. Raises Fault for no Unicode."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        raise Fault(None, "a text is no Unicode") from None
    except RecursionError:
        raise Fault(None, "a value is nested too deep") from None


def parsed_json(data: bytes, what: str) -> Any:
    """The value of JSON in UTF-8 in which no object names a member twice. Raises Fault."""
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise Fault(None, f"{what} is no JSON: {error}") from None
    if b"\\u" in data:
        canonical_json(value)  # an escape may make half a pair of surrogates, which is no text
    return value


def is_array(value: Any) -> bool:
    """Whether a value out of JSON is an array."""
    return isinstance(value, list)


def is_object(value: Any) -> bool:
    """Whether a value out of JSON is an object."""
    return isinstance(value, dict)


def to_base64(data: bytes) -> str:
    """RFC 4648 section 4, with padding."""
    return b64encode(data).decode("ascii")


def from_base64(text: Any, size: int | None, what: str) -> bytes:
    """The bytes of canonical base64, so many where size is given. Raises Fault."""
    try:
        data = b64decode(text, validate=True) if isinstance(text, str) else b""
    except (Base64Error, ValueError):
        data = b""
    if to_base64(data) != text or (size is not None and len(data) != size):
        raise Fault(None, f"{what} is no base64 of the right length")
    return data


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
