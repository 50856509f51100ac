"""Every change of a bundle is found, and by both verifiers: byte by byte, cut, doubled, left out.

Three depths, each a liar who knows more. The first changes the file. The second also makes the
container right again. The third also makes the manifest and the page right; then only signatures,
hashes and the one spelling of each line are left, and they are enough. What nobody can find is a
bundle made anew from fewer entries, or with other words for what was asked: the page says so.

By default one bit of a byte is flipped, another one from place to place, and of long files a part
of the bytes; WIDEBERTH_MUTATIONS=all flips all eight of every byte, and sets each to 0, 255 and a
newline as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evidence_world import bundle, policy, redigested
from wideberth.errors import RecordCorrupt
from wideberth.evidence.alone.container import FILES, packed, unpacked
from wideberth.evidence.bundle import Selection
from wideberth.evidence.check import check_files, verify_bundle
from wideberth.evidence.verifier import verifier_source

pytestmark = pytest.mark.requirement("R-01", "R-08")

ALL = os.environ.get("WIDEBERTH_MUTATIONS") == "all"
SMALL = Selection(positions=(5,))


class Alone:
    """The stand-alone verifier, as the file that it is, loaded once."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "verify"}
        exec(compile(verifier_source(), "verify.py", "exec"), self.names)

    def is_good(self, data: bytes) -> bool:
        return self._judges("checked_bundle", data, policy())

    def is_good_inside(self, files: dict[str, bytes]) -> bool:
        return self._judges("checked_contents", files, {"made_for": "a", "asked": "b"}, policy())

    def _judges(self, name: str, *given: object) -> bool:
        try:
            self.names[name](*given)
        except self.names["Fault"]:
            return False
        return True


@pytest.fixture(scope="module")
def alone() -> Alone:
    return Alone()


def is_good(data: bytes) -> bool:
    try:
        verify_bundle(data, policy=policy())
    except RecordCorrupt:
        return False
    return True


def is_good_inside(files: dict[str, bytes]) -> bool:
    try:
        check_files(files, policies=[policy()])
    except RecordCorrupt:
        return False
    return True


def mutations(data: bytes, every: int = 1) -> Iterator[tuple[int, bytes]]:
    """Place and changed data: each byte in one bit, or (ALL) in each bit and to odd values."""
    for at in range(0, len(data), every):
        old = data[at]
        values = {old ^ (1 << (at // every % 8))}
        if ALL:
            values = {old ^ (1 << bit) for bit in range(8)} | {0, 255, 10} - {old}
        for value in values:
            yield at, data[:at] + bytes([value]) + data[at + 1 :]


def unfound(
    changed: Iterator[tuple[int, bytes]], *judges: Callable[[bytes], bool]
) -> list[tuple[int, str]]:
    """Places where a change went unnoticed, and by whom."""
    return [(at, repr(judge)) for at, data in changed for judge in judges if judge(data)]


def test_the_good_ones_are_good(alone: Alone) -> None:
    for data in (bundle(), bundle(SMALL)):
        assert is_good(data)
        assert alone.is_good(data)
        assert is_good_inside(unpacked(data))
        assert alone.is_good_inside(unpacked(data))


def test_every_byte_of_the_file_counts(alone: Alone) -> None:
    def is_good_to_one(data: bytes) -> bool:
        return is_good(data) or alone.is_good(data)

    data = bundle(SMALL)
    begin = data.index(verifier_source())
    end = begin + len(verifier_source())
    assert (
        unfound(
            mutations(data[:begin]),
            lambda head: is_good_to_one(head + data[begin:]),
        )
        == []
    )
    body = mutations(data[begin:end], 1 if ALL else 23)
    assert unfound(body, lambda part: is_good_to_one(data[:begin] + part + data[end:])) == []
    assert unfound(mutations(data[end:]), lambda tail: is_good_to_one(data[:end] + tail)) == []


@pytest.mark.parametrize("name", FILES)
def test_a_container_made_right_again_does_not_help(alone: Alone, name: str) -> None:
    files = unpacked(bundle(SMALL))
    every = 1 if ALL or len(files[name]) < 6_000 else 41
    again = ((at, packed({**files, name: data})) for at, data in mutations(files[name], every))
    assert unfound(again, is_good, alone.is_good) == []


@pytest.mark.parametrize("name", ["entries.jsonl", "checkpoint.txt"])
def test_nor_does_a_manifest_and_a_page_made_right(alone: Alone, name: str) -> None:
    files = unpacked(bundle(SMALL))

    def inside(judge: Callable[[dict[str, bytes]], bool]) -> Callable[[bytes], bool]:
        return lambda data: judge({**files, name: data})

    judges = (inside(is_good_inside), inside(alone.is_good_inside))
    every = 1 if ALL or len(files[name]) < 6_000 else 5
    assert unfound(mutations(files[name], every), *judges) == []


def test_every_truncation_is_found(alone: Alone) -> None:
    data = bundle(SMALL)
    for length in range(0, len(data), 1 if ALL else 17):
        assert not alone.is_good(data[:length]), length
        assert not is_good(data[:length]), length
    for tail in (b"\0", b"\n", data[-22:], data):
        assert not alone.is_good(data + tail)
        assert not is_good(data + tail)


@pytest.mark.parametrize("name", ["entries.jsonl", "checkpoint.txt", "policy.txt"])
def test_every_truncation_within_a_file_is_found(alone: Alone, name: str) -> None:
    """Also with the manifest made right: all but a selection cut at the end of a line."""
    files = unpacked(bundle(SMALL))
    whole = files[name]
    is_selection = {
        at + 1
        for at in range(len(whole))
        if name == "entries.jsonl" and whole[at : at + 1] == b"\n"
    }
    for length in range(len(whole)):
        shorter = {**files, name: whole[:length]}
        if length in is_selection and length:
            continue
        assert not alone.is_good_inside(shorter), length
        assert not is_good_inside(shorter), length


def lines_of(name: str) -> tuple[dict[str, bytes], list[bytes]]:
    files = unpacked(bundle())
    return files, files[name].splitlines(keepends=True)


@pytest.mark.parametrize("name", ["entries.jsonl", "checkpoint.txt", "policy.txt", "README.txt"])
def test_a_line_twice_or_left_out_or_swapped_is_found(alone: Alone, name: str) -> None:
    files, lines = lines_of(name)
    for at in range(len(lines)):
        changes = [
            [*lines[:at], *lines[at + 1 :]],
            [*lines[:at], lines[at], *lines[at:]],
            [*lines[:at], *lines[at + 1 : at + 2], lines[at], *lines[at + 2 :]],
        ]
        for changed in changes:
            if changed == lines:
                continue
            data = packed({**files, name: b"".join(changed)})
            assert not alone.is_good(data)
            assert not is_good(data)


def test_entries_twice_or_swapped_are_found_with_the_manifest_made_right(alone: Alone) -> None:
    files, lines = lines_of("entries.jsonl")
    for at in range(len(lines)):
        for changed in (
            [*lines[:at], lines[at], *lines[at:]],
            [*lines[:at], *lines[at + 1 : at + 2], lines[at], *lines[at + 2 :]],
            [*lines, lines[at]],
        ):
            if changed != lines:
                given = {**files, "entries.jsonl": b"".join(changed)}
                assert not alone.is_good_inside(given)
                assert not is_good_inside(given)


def test_a_line_left_out_is_a_smaller_selection_only_where_nothing_rests_on_it(
    alone: Alone,
) -> None:
    files, lines = lines_of("entries.jsonl")
    kept = {
        at: is_good_inside({**files, "entries.jsonl": b"".join(lines[:at] + lines[at + 1 :])})
        for at in range(len(lines))
    }
    # 0 opens the space, 1 and 2 enrol the keys; the page is bound to what is left in any case
    assert [at for at, is_kept in kept.items() if not is_kept] == [0, 1, 2]
    shorter = {**files, "entries.jsonl": b"".join(lines[:-1])}
    assert not is_good(redigested(shorter)), "the page still says what was left out"
    assert not alone.is_good(redigested(shorter))


def test_a_planted_weakness_of_the_container_is_found(alone: Alone) -> None:
    """The tests above can fail: without the comparison, bytes of the directory do not count."""

    class Careless(Alone):
        def __init__(self) -> None:
            super().__init__()
            source = verifier_source().replace(b"if again != data:", b"if False:")
            assert source != verifier_source()
            exec(compile(source, "verify.py", "exec"), self.names)

    careless = Careless()
    data = bundle(SMALL)
    changed = data[:-1] + b"\1"  # the length of the zip's comment
    assert careless.is_good(changed)
    assert not alone.is_good(changed)
    assert not is_good(changed)


def test_planted_weaknesses_inside_are_found() -> None:
    """So are proofs, signatures and spellings that nobody checks."""
    files = unpacked(bundle(SMALL))
    for old, new, name in (
        (b"if not is_in_tree(leaf, position,", b"if not len(leaf) and (position,", "entries.jsonl"),
        (b"return sn == 0 and r == root", b"return True", "entries.jsonl"),
        (b"if not is_in_one_spelling:", b"if False:", "entries.jsonl"),
        (
            b"if key is None or (key.kind == _LOG_KEY and key.key_name != origin):\n"
            b"            if is_every_line_known:",
            b"if key is None:\n            if False:",
            "checkpoint.txt",
        ),
    ):
        assert old in verifier_source(), old
        planted = Alone()
        exec(compile(verifier_source().replace(old, new), "verify.py", "exec"), planted.names)

        def judge(data: bytes, planted: Alone = planted, name: str = name) -> bool:
            return planted.is_good_inside({**files, name: data})

        if b"spelling" in old:
            assert judge(files[name].replace(b'"position":5', b'"position": 5'))
        elif name == "checkpoint.txt":
            assert judge(
                files[name] + files[name].splitlines(keepends=True)[-1].replace(b"bravo", b"nobody")
            )
        else:
            assert unfound(mutations(files[name], 29), judge) != []
