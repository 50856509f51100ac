"""The items of the read-back test, in the same fixed phrases as messages (X-05). Pure."""

from __future__ import annotations

from wideberth.delivery.messages import ending
from wideberth.delivery.phrases import phrases_of
from wideberth.model.readbacktests import ReadBackFacts
from wideberth.space.time import format_rfc3339
from wideberth.space.volume import NANODEGREES

__all__ = ["item_text"]


def item_text(facts: ReadBackFacts, *, language: str) -> str:
    """What is shown: a message as one is written, and what is asked about it. The first and the
    last line say that it is a test.
    """
    say = phrases_of(language)
    place = f"{facts.latitude_nd / NANODEGREES:.6f}, {facts.longitude_nd / NANODEGREES:.6f}"
    return "\n".join(
        [
            say["test"],
            f"{say['notice']} {facts.identification}",
            f"{say['place']}: {place} (WGS84)",
            f"{say['from-time']}: {format_rfc3339(facts.start_us)}",
            f"{say['until']}: {format_rfc3339(facts.end_us)}",
            f"{say['heights']}: {facts.lower_m} m - {facts.upper_m} m",
            *ending(language, exercise=False),
            "",
            f"1. {say['is-permission']}",
            f"2. {say['is-clear']}",
            say["test"],
        ]
    )
