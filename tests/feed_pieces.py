"""A decoder fed in pieces, for the property that holds for every decoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from wideberth.faces.feeds.decoding import Decoder
from wideberth.watch.reports import PositionReport

NOW_US = 1_777_622_400_000_000  # 2026-05-01T08:00:00Z


def in_pieces(
    make: Callable[[], Decoder], data: bytes, cuts: Iterable[int]
) -> tuple[list[PositionReport], int, int, int, Counter[str], object]:
    """Everything that comes of a stream that is cut at these places."""
    decoder = make()
    at = sorted(min(cut, len(data)) for cut in cuts)
    reports: list[PositionReport] = []
    malformed: Counter[str] = Counter()
    messages = ignored = unread = 0
    sample = None
    for start, stop in zip([0, *at], [*at, len(data)], strict=True):
        decoded = decoder.feed(data[start:stop], NOW_US)
        reports += decoded.reports
        messages += decoded.messages
        ignored += decoded.ignored
        unread += decoded.unread
        malformed += decoded.malformed
        sample = decoded.sample or sample
    return reports, messages, ignored, unread, malformed, sample
