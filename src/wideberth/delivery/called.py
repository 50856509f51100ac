"""What a neutral is sent when a notice escalates to it: whom to reach, and what it may know.

The neutral answers nothing by it: what it hears by telephone its desk types (R-07). Pure, and made
of the entry alone, so that what is sent twice says the same.
"""

from __future__ import annotations

from wideberth.delivery.messages import Message, cut_short, ending, last_word
from wideberth.delivery.phrases import phrases_of
from wideberth.model.ladders import NeutralCalled
from wideberth.space.timetext import TimeFormat, format_time

__all__ = ["call_id", "call_message"]


def call_id(notice: str) -> str:
    """What a call about a notice goes by: the same whenever it is sent again (D-10)."""
    return f"{notice}-called"


def call_message(
    called: NeutralCalled,
    *,
    exercise: bool,
    times: TimeFormat,
    contact: str | None = None,
    language: str = "en",
) -> Message:
    """The text for a neutral. contact: how the recipient of the notice is reached."""
    say = phrases_of(language)
    mark = f"{say['exercise']} " * exercise
    head = f"{mark}{say['called']} {called.recipient}"
    lines = [
        f"{head}: {call_id(called.notice)}",
        f"{say['urgency']}: {say[called.urgency.value]}",
        f"{say['to']}: {called.neutral}",
        f"{say['notice']}: {called.notice}, {format_time(called.issued_us, times)}",
    ]
    if called.sender is not None:
        lines.append(f"{say['from']}: {called.sender}")
    if called.subject is not None:
        about = called.subject
        lines.append(
            f"{say['about']}: {about.type.value} {about.id}, {say['version']} {about.version}"
        )
    if contact is not None:
        lines.append(f"{say['contact']}: {contact}")
    lines += ["", say["why-called"], say["type-it"], *ending(language, exercise=exercise)]
    subject = f"{head} ({say[called.urgency.value]})"
    return Message(
        id=call_id(called.notice),
        version=0,
        urgency=called.urgency,
        subject=subject,
        full="\n".join(lines) + "\n",
        short=cut_short(f"{subject}. {say['why-called']}", last_word(mark)),
        exercise=exercise,
    )
