"""What a counterpart without a stream is sent of a warning, in fixed phrases. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from wideberth.delivery.messages import Message, cut_short, ending, last_word
from wideberth.delivery.phrases import phrases_of
from wideberth.model.notices import Urgency
from wideberth.model.warnings import StandingWarning, WarningKind
from wideberth.space.time import SECOND_US
from wideberth.space.timetext import TimeFormat, format_time

__all__ = ["Change", "Lengths", "SideTold", "warning_message"]


_OF_LOADS = frozenset({WarningKind.UNACKNOWLEDGED, WarningKind.CEILING})
"""Of how much lies there, and nothing that moves."""


class Change(StrEnum):
    """What became of a warning."""

    RAISED = "raised"
    WORSENED = "worsened"
    CLEARED = "cleared"


class SideTold(msgspec.Struct, frozen=True):
    """One side. facts: at least two where it may be known (L-06); none: it may not, and where says
    in which cell of the agreed grid it is, by its south-west corner and size.
    """

    type: str
    party: str | None
    facts: tuple[str, ...]
    where: str | None = None


class Lengths(msgspec.Struct, frozen=True):
    """How far apart, as far as the reader may know it; None: not said."""

    horizontal_mm: int | None
    vertical_mm: int | None
    time_us: int | None
    uncertainty_mm: int
    edge_mm: int | None = None


def warning_message(  # noqa: PLR0913 - what it says, each by its name
    warning: StandingWarning,
    *,
    change: Change,
    recipient: str,
    sides: Sequence[SideTold],
    lengths: Lengths,
    exercise: bool,
    times: TimeFormat,
    language: str = "en",
    one_with: Sequence[str] = (),
) -> Message:
    """The text of a warning, or of its end. What nothing was heard of is not said to be clear.
    one_with: other standing warnings that are one with it to the recipient.
    """
    say = phrases_of(language)
    mark = f"{say['exercise']} " * exercise
    over = f" {say['no-longer']}" * (change is Change.CLEARED)
    head = f"{mark}{say['warning']}: {say[warning.kind.value]}{over}"
    named = [_side(side, say) for side in sides]
    lines = [
        f"{head} ({warning.id})",
        f"{say['to']}: {recipient}",
        *(f"{say['about']}: {each}" for each in named),
        f"{say['rule']}: {warning.rule}",
        *_apart(lengths, say),
        f"{say['since']}: {format_time(warning.raised_us, times)}",
    ]
    if warning.last_known:
        lines.append(say["last-known"])
    if one_with:
        lines.append(f"{say['stands-too']}: {', '.join(one_with)}")
    lines += ["", say["standing"], *ending(language, exercise=exercise)]
    return Message(
        id=warning.id,
        version=0 if change is Change.CLEARED else warning.level,
        urgency=Urgency.ROUTINE if warning.kind in _OF_LOADS else Urgency.IMMEDIATE,
        subject=head,
        full="\n".join(lines) + "\n",
        short=cut_short(f"{head}. {'; '.join(named)}", last_word(mark)),
        exercise=exercise,
    )


def _side(side: SideTold, say: dict[str, str]) -> str:
    if not side.facts:
        where = "" if side.where is None else f", {say['place']} {side.where}"
        return f"{side.type}: {say['not-shown']}{where}"
    of = "" if side.party is None else f" {say['of']} {side.party}"
    return f"{side.type}{of}: {', '.join(side.facts)}"


def _apart(lengths: Lengths, say: dict[str, str]) -> list[str]:
    lines: list[str] = []
    apart: list[str] = []
    if lengths.horizontal_mm is not None:
        apart.append(f"{lengths.horizontal_mm / 1000:.0f} m")
    if lengths.vertical_mm is not None:
        apart.append(f"{lengths.vertical_mm / 1000:.0f} m {say['in-height']}")
    if apart:
        lines.append(f"{say['apart']}: {', '.join(apart)}")
    if lengths.edge_mm:
        lines.append(f"{say['to-edge']}: {lengths.edge_mm / 1000:.0f} m")
    if lengths.time_us is not None:
        lines.append(f"{say['in-time']}: {lengths.time_us / SECOND_US:.0f} s")
    if lines:
        lines.append(f"{say['uncertainty']}: {lengths.uncertainty_mm / 1000:.0f} m")
    return lines
