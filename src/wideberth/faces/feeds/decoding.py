"""What every decoder is: bytes in, positions and counted faults out. Pure, and never in the way.

A decoder opens and waits for nothing, and raises nothing, whatever comes. The same bytes cut into
other pieces give the same positions. Half a message waits for its other half until ``reset``, when
the line was cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec

from wideberth.watch.reports import PositionReport

__all__ = ["MOST_LINE_BYTES", "BadMessage", "Decoded", "Decoder", "Lines", "Noise", "Renamed"]

M = TypeVar("M")

MOST_LINE_BYTES = 2048
_SAMPLE_BYTES = 200
_NOISE_BYTES = 1024


class BadMessage(Exception):
    """A message that cannot be taken, and the rule it broke."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


@dataclass(slots=True)
class Decoded:
    """What some input was. messages: understood; ignored: of them, without a word on a position;
    unread: passed over, and nothing here can tell whether they are messages at all; malformed: by
    rule; sample: rule and first bytes of the last malformed message.
    """

    reports: list[PositionReport] = field(default_factory=list[PositionReport])
    messages: int = 0
    ignored: int = 0
    unread: int = 0
    malformed: Counter[str] = field(default_factory=Counter[str])
    sample: tuple[str, bytes] | None = None

    def take(self, report: PositionReport | None) -> None:
        """Count a message that was understood; None: it says nothing new of a position."""
        self.messages += 1
        if report is None:
            self.ignored += 1
        else:
            self.reports.append(report)

    def take_each(
        self,
        messages: Iterable[M],
        read: Callable[[M], PositionReport | None],
        sample: Callable[[M], bytes],
    ) -> None:
        """Take what is read of each message; count it where reading it raises BadMessage. sample:
        a message as bytes, to be shown.
        """
        for message in messages:
            try:
                report = read(message)
            except BadMessage as bad:
                self.refuse(bad.rule, sample(message))
                continue
            self.take(report)

    def refuse(self, rule: str, message: bytes) -> None:
        """Count a message that could not be read."""
        self.malformed[rule] += 1
        self.sample = rule, message[:_SAMPLE_BYTES]


class Decoder(Protocol):
    """stamped: whether its positions carry the sender's times; otherwise that of their arrival."""

    @property
    def stamped(self) -> bool:
        """Whether the times are the sender's."""
        ...

    def feed(self, data: bytes, came_us: int) -> Decoded:
        """What came at came_us. Never raises."""
        ...

    def reset(self) -> None:
        """The line was cut: forget half a message."""
        ...


class Renamed:
    """A decoder whose tracks are called otherwise. names: by what the feed calls them; the others
    keep theirs.
    """

    def __init__(self, decoder: Decoder, names: Mapping[str, str]) -> None:
        self._decoder = decoder
        self._names = names

    @property
    def stamped(self) -> bool:
        """Whether the times are the sender's."""
        return self._decoder.stamped

    def feed(self, data: bytes, came_us: int) -> Decoded:
        """What came at came_us, under the names that count here."""
        decoded = self._decoder.feed(data, came_us)
        decoded.reports = [
            msgspec.structs.replace(each, track_id=self._names[each.track_id])
            if each.track_id in self._names
            else each
            for each in decoded.reports
        ]
        return decoded

    def reset(self) -> None:
        """The line was cut: forget half a message."""
        self._decoder.reset()


class Noise:
    """What is between the messages of a stream: counted where it begins, and once more for each
    further 1,024 bytes of it, so that a line that brings nothing else is seen to go on.
    """

    def __init__(self) -> None:
        self._left = 0

    def hear(self, rule: str, data: bytes, into: Decoded) -> None:
        """More of it."""
        at = 0
        while at < len(data):
            self.begin(rule, data[at : at + 1], into)
            step = min(self._left, len(data) - at)
            self._left -= step
            at += step

    def begin(self, rule: str, byte: bytes, into: Decoded) -> None:
        """This byte is of it, and will be heard."""
        if not self._left:
            into.refuse(rule, byte)
            self._left = _NOISE_BYTES

    def end(self) -> None:
        """A message came, or the line was cut."""
        self._left = 0


class Lines:
    """Cuts a stream into lines, without their ends. A line over the bound is counted, once, and
    left out; what is kept of an unfinished one is bounded too.
    """

    def __init__(self, most_bytes: int = MOST_LINE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes, into: Decoded) -> Iterator[bytes]:
        """The lines that data completes, but empty ones."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            if self._skipping:
                self._skipping = False
            elif len(line) > self._most_bytes:
                into.refuse("line-too-long", line)
            elif line.strip():
                yield line.rstrip(b"\r")
        if self._skipping:
            self._rest = b""
        elif len(self._rest) > self._most_bytes:
            into.refuse("line-too-long", self._rest)
            self._rest, self._skipping = b"", True

    def reset(self) -> None:
        """Forget the unfinished line."""
        self._rest, self._skipping = b"", False
