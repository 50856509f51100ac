"""What a counterpart without a stream is sent of an incident: that it is named in one, or that a
question to it waits, and until when. Pure.

A title and nothing else of what parties wrote goes out: what a question says, an account or
evidence are read where it is known who reads.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from wideberth.delivery.messages import Message, cut_short, ending, last_word
from wideberth.delivery.phrases import phrases_of
from wideberth.model.ids import IncidentId, PartyId, QuestionId
from wideberth.model.notices import Urgency
from wideberth.space.timetext import TimeFormat, format_time

__all__ = ["Waiting", "waiting_message"]


class Waiting(msgspec.Struct, frozen=True):
    """What waits for a party. id: what tells it from all else; question: which one; asks: so often
    it was asked; due_us: when its answer is due; urgent: as its asker marked it.
    """

    id: str
    kind: Literal["named", "question"]
    incident: IncidentId
    title: str
    to: PartyId
    by: PartyId
    since_us: int
    question: QuestionId | None = None
    asks: int = 1
    due_us: int | None = None
    urgent: bool = False


def waiting_message(
    waiting: Waiting, *, exercise: bool, times: TimeFormat, language: str = "en"
) -> Message:
    """The text of it in one language."""
    say = phrases_of(language)
    mark = f"{say['exercise']} " * exercise
    head = f"{mark}{say[f'incident-{waiting.kind}']}"
    lines = [
        head,
        f"{say['to']}: {waiting.to}",
        f"{say['from']}: {waiting.by}",
        f"{say['about']}: {' '.join(waiting.title.split())} ({waiting.incident})",
        f"{say['since']}: {format_time(waiting.since_us, times)}",
    ]
    until = ""
    if waiting.due_us is not None:
        until = f" {say['open-until']} {format_time(waiting.due_us, times)}"
        lines.append(until.strip())
    lines += ["", say["incident-read"], *ending(language, exercise=exercise)]
    return Message(
        id=waiting.id,
        version=waiting.asks,
        urgency=Urgency.PROMPT if waiting.urgent else Urgency.ROUTINE,
        subject=head,
        full="\n".join(lines) + "\n",
        short=cut_short(f"{head}: {waiting.incident}.{until}", last_word(mark)),
        exercise=exercise,
    )
