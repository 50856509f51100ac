"""A message to the public in the manner of a NOTAM: its fields A) to G), and what it is not.

It has no Q line: that needs the code of a flight information region and an abbreviation of the
subject that only an aeronautical authority gives. Heights and places are as they were told.
"""

from __future__ import annotations

from wideberth.model.exercises import EXERCISE_WORD
from wideberth.model.publications import NO_CLEARANCE, Content, Message, Publication, Withdrawal
from wideberth.space.altitude import Altitude
from wideberth.space.time import format_rfc3339
from wideberth.space.volume import Volume4D
from wideberth.wire.publicwords import (
    WITHDRAWN,
    by_window,
    from_minute_us,
    height,
    identifier,
    is_all_heights,
    one_line,
    place,
    sentences,
    to_minute_us,
)

__all__ = ["NOTICE", "notam", "notam_cancel", "notam_number"]

NOTICE = "NOTAM-LIKE TEXT, NOT ISSUED BY AN AERONAUTICAL AUTHORITY"
_EXERCISE = " ".join([EXERCISE_WORD] * 3)


def notam_number(message: Message) -> str:
    """The series W, the number, the year that it was sent in.

    >>> notam_number(Message(7, 1_800_000_000_000_000))
    'W0007/27'
    """
    return f"W{message.number:04}/{format_rfc3339(message.sent_us)[2:4]}"


def notam(publication: Publication, *, exercise: bool) -> str:
    """What is published: a new message, or one in the place of the last of the earlier ones."""
    content = publication.content
    number = notam_number(publication.message)
    if publication.earlier:
        head = f"{number} NOTAMR {notam_number(publication.earlier[-1])}"
    else:
        head = f"{number} NOTAMN"
    windows = list(by_window(content))
    lines = [
        *_above(publication.sender, publication.message, exercise=exercise),
        f"({head}",
        f"A) {one_line(content.area).upper()}",
        f"B) {_minute(content.start_us)} C) {_minute(content.end_us, up=True)}",
    ]
    if len(windows) > 1:
        each = (f"{_minute(start_us)}-{_minute(end_us, up=True)}" for start_us, end_us in windows)
        lines.append(f"D) {', '.join(each)}")
    words = [*_placed(content), *sentences(content)]
    if exercise:
        words = [f"{EXERCISE_WORD}.", *words, f"{EXERCISE_WORD}."]
    lines.append(f"E) {' '.join(words).upper()}")
    lines.append(f"{_limits(content)})")
    lines += [_EXERCISE] * exercise
    return "\n".join(lines) + "\n"


def notam_cancel(withdrawal: Withdrawal, *, exercise: bool) -> str:
    """What was published is no more."""
    message = withdrawal.message
    return (
        "\n".join(
            [
                *_above(withdrawal.sender, message, exercise=exercise),
                f"({notam_number(message)} NOTAMC {notam_number(withdrawal.cancels[-1])}",
                "A) AS IN THE MESSAGE CANCELLED",
                f"B) {_minute(message.sent_us)}",
                f"E) {f'{WITHDRAWN} {NO_CLEARANCE}'.upper()})",
                *[_EXERCISE] * exercise,
            ]
        )
        + "\n"
    )


def _above(sender: str, message: Message, *, exercise: bool) -> list[str]:
    lines = [NOTICE, f"FROM {sender}, MESSAGE {identifier(sender, message)}"]
    return [_EXERCISE, *lines] if exercise else lines


def _placed(content: Content) -> list[str]:
    """Where, in words; of what has several limits or times, each with its own."""
    volumes = dict.fromkeys((each.footprint, each.lower, each.upper) for each in content.volumes)
    said: list[str] = []
    for footprint, lower, upper in volumes:
        volume = Volume4D(footprint, lower, upper, 0, 0)
        limits = (
            "at all heights" if is_all_heights(volume) else f"{height(lower)} to {height(upper)}"
        )
        said.append(f"{place(footprint)}, {limits}.")
    return said


def _limits(content: Content) -> str:
    """F) and G): the lowest and the highest where these have one reference, else E) says it."""
    if any(is_all_heights(each) for each in content.volumes):
        return "F) SFC G) UNL"
    lowers = [each.lower for each in content.volumes]
    uppers = [each.upper for each in content.volumes]
    lowest = min(lowers, key=_value_mm)
    highest = max(uppers, key=_value_mm)
    return f"F) {_one(lowers, lowest)} G) {_one(uppers, highest)}"


def _value_mm(altitude: Altitude) -> int:
    return altitude.value_mm


def _one(altitudes: list[Altitude], limit: Altitude) -> str:
    if len({each.reference for each in altitudes}) > 1:
        return "SEE E"
    return height(limit).upper()


def _minute(instant_us: int, *, up: bool = False) -> str:
    """YYMMDDHHMM, in UTC: the minute that a beginning lies in, or the first not before an end."""
    text = format_rfc3339(to_minute_us(instant_us) if up else from_minute_us(instant_us))
    return f"{text[2:4]}{text[5:7]}{text[8:10]}{text[11:13]}{text[14:16]}"
