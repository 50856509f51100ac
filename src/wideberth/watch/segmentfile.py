"""A closed segment of the archive of tracks: one Parquet file of the positions of a feed. Pure.

Its digest is SHA-256 of the file. What the file says of itself, at its end: the segment, whose feed
it is, the space, and a random salt that keeps a guess at the rest from being checked. Behind the
first four bytes stands the first frame of the journal, which says whose feed it is of a file that
has lost its end; readers of Parquet pass over it.

A file without the columns of when each value was said, as the first ones had none, is read: all
that it holds counts as of the positions' moments.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator

from wideberth.errors import RecordCorrupt
from wideberth.model.exercises import EXERCISE_WORD, is_exercise_name
from wideberth.watch.columnfile import NONE, Column, ColumnFile, ColumnWriter, NoColumnFile
from wideberth.watch.segments import (
    ALWAYS_SAID,
    NUMBERS,
    TEXTS,
    VALUE_TIMES,
    Block,
    Opened,
    Span,
    encoded,
    framed,
    packed,
    widened,
)

__all__ = ["GROUP_ROWS", "SCHEMA", "SegmentFile", "write_segment"]

SCHEMA = (
    *(
        Column(each, is_optional=each not in ALWAYS_SAID, may_lack=each in VALUE_TIMES)
        for each in NUMBERS
    ),
    *(Column(each, is_text=True, is_optional=each not in ALWAYS_SAID) for each in TEXTS),
)
GROUP_ROWS = 1 << 15
"""A row group is written when it has so many rows: some 5 MB while it is made."""
_VERSION = "2"  # 1: a journal
_SAYS = (
    "Positions as a feed reported them. This is neither permission nor a guarantee; where none is"
    " kept, that does not say that nothing was there."
)


def write_segment(
    write: Callable[[bytes], object],
    opened: Opened,
    blocks: Iterable[Block],
    *,
    space: str,
    give_way: Callable[[], object],
) -> tuple[Span, int]:
    """Write the file of a segment; gives the span and the number of its positions.

    blocks: one at least. write: takes the bytes in order. give_way: called often, between pieces
    of work.
    """
    writer = ColumnWriter(
        write,
        SCHEMA,
        group_rows=GROUP_ROWS,
        made_by="wideberth",
        head=framed(packed(encoded(opened))),
        give_way=give_way,
    )
    span: Span | None = None
    for each in blocks:
        writer.add(each.numbers, each.texts)
        span = widened(span, each.span)
        give_way()
    assert span is not None, "there is one block at least"
    writer.finish(_metadata(opened, space))
    return span, writer.rows


def _metadata(opened: Opened, space: str) -> dict[str, str]:
    mark = f"{EXERCISE_WORD}. " if is_exercise_name(space) else ""
    party = {} if opened.feed_party is None else {"feed_party": opened.feed_party}
    return {
        "version": _VERSION,
        "segment": opened.name,
        **party,
        "feed": opened.feed,
        "space": space,
        "opened_us": str(opened.opened_us),
        "salt": b64encode(opened.salt).decode(),
        "says": mark + _SAYS,
    }


class SegmentFile:
    """The file of a closed segment, of which no more is read than is asked for."""

    def __init__(self, read_at: Callable[[int, int], bytes], size: int, *, name: str) -> None:
        """name: of the segment. Raises RecordCorrupt."""
        self._name = name
        try:
            self._file = ColumnFile(read_at, size, SCHEMA)
            said = self._file.metadata
            self.opened = Opened(
                int(said["version"]),
                said["segment"],
                said.get("feed_party"),
                said["feed"],
                int(said["opened_us"]),
                b64decode(said["salt"], validate=True),
            )
        except (ValueError, LookupError) as error:
            raise self._damaged(error) from error
        if (said["version"], self.opened.name) != (_VERSION, name):
            raise self._damaged("it is the file of another segment")

    def _damaged(self, why: object) -> RecordCorrupt:
        return RecordCorrupt(None, f"segment {self._name} of tracks is damaged: {why}")

    def blocks(self, begin_us: int, end_us: int, *, from_batch: int = 0) -> Iterator[Block]:
        """The blocks that have positions from begin_us on and before end_us. from_batch: without
        the batches before. Raises RecordCorrupt.
        """
        for group in self._file.groups():
            try:
                times_us = self._file.numbers(group, "time_us")
                if not ((begin_us <= times_us) & (times_us < end_us)).any():
                    continue
                block = self._block(group)
            except NoColumnFile as error:
                raise self._damaged(error) from error
            if from_batch:
                block = block.where(block.numbers["batch"] >= from_batch)
            if len(block):
                yield block

    def _block(self, group: int) -> Block:
        numbers = {name: self._file.numbers(group, name) for name in NUMBERS}
        texts = {name: self._file.texts(group, name) for name in TEXTS}
        for name in ALWAYS_SAID[:5]:
            if (numbers[name] == NONE).any():
                raise NoColumnFile(f"its column {name} is not whole")
        return Block(numbers, texts)
