"""What a counterpart without a stream is sent of a drill: no notice, and never like one. Pure."""

from __future__ import annotations

from wideberth.delivery.messages import Message, WayToAnswer, cut_short, last_word
from wideberth.delivery.phrases import phrases_of
from wideberth.model.drills import DrillSent
from wideberth.model.notices import Urgency
from wideberth.space.timetext import TimeFormat, format_time

__all__ = ["drill_message"]


def drill_message(
    sent: DrillSent,
    answer: WayToAnswer,
    *,
    exercise: bool,
    times: TimeFormat,
    language: str = "en",
) -> Message:
    """The text of a drill: its first word and its last is DRILL, inside the mark of an exercise."""
    say = phrases_of(language)
    mark, drill = f"{say['exercise']} " * exercise, say["drill"]
    head = f"{mark}{drill}"
    lines = [
        f"{head}: {sent.drill}",
        say["drill-says"],
        f"{say['to']}: {sent.recipient}",
        f"{say['from']}: {sent.sender or say['by-rule']}",
        f"{say['drill-word']}: {sent.word}",
        f"{say['open-until']} {format_time(sent.answer_by_us, times)}",
        "",
        say["drill-reply"],
    ]
    if answer.link is not None:
        lines.append(f"{say['by-link']}: {answer.link}")
    lines.append(f"{say['by-code']}: {answer.code}")
    lines += [say["made-by"]] * bool(say["made-by"])
    lines += [drill, *[say["exercise"]] * exercise]
    end = f" {answer.code} {drill}{last_word(mark)}"
    return Message(
        id=sent.drill,
        version=0,
        urgency=Urgency.ROUTINE,
        subject=f"{head} ({say['drill-says']}) [{answer.code}]",
        full="\n".join(lines) + "\n",
        short=cut_short(f"{head}. {say['drill-says']} {say['drill-word']}: {sent.word}.", end),
        code=answer.code,
        exercise=exercise,
    )
