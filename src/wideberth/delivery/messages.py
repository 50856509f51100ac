"""What a counterpart without the software is sent: fixed phrases around what the notice says.

Nothing is worded freely: a phrase has an id, and a table of phrases is a language. Pure: where
the message goes, and by what, is not its business.
"""

from __future__ import annotations

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.notices import (
    NEITHER_PERMISSION_NOR_GUARANTEE,
    Notice,
    Particulars,
    Urgency,
)
from wideberth.model.stops import Form, Stop
from wideberth.space.coordinates import CoordinateFormat, format_position
from wideberth.space.time import HOUR_US, MINUTE_US, format_rfc3339
from wideberth.space.timetext import TimeFormat, format_time
from wideberth.space.volume import NANODEGREES

__all__ = [
    "MOST_SHORT",
    "PHRASES",
    "Message",
    "WayToAnswer",
    "expiry_us",
    "notice_message",
    "phrases_of",
    "stop_message",
]

MOST_SHORT = 306
"""Characters of a short text: two parts of an SMS in the GSM alphabet (3GPP TS 23.038)."""

_LEFT_OPEN_US = 72 * HOUR_US

PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "exercise": "EXERCISE",
        "notice": "Notice",
        "withdrawn": "Withdrawn",
        "urgency": "Urgency",
        "to": "To",
        "from": "From",
        "by-rule": "the mechanism, by rule",
        "about": "About",
        "version": "version",
        "clashes": "Touches",
        "more": "and {count} more",
        "place": "Place",
        "from-time": "Begins",
        "until": "Ends",
        "heights": "Heights above the WGS84 ellipsoid",
        "late": "This was told later than agreed.",
        "take-off": "Take it off the list: it no longer holds for you.",
        "open-until": "Answers are taken until",
        "answer": "How to answer",
        "by-reply": (
            "Reply to this message, the first line one of: RECEIVED / CANNOT-COMPLY reason /"
            " DISPUTED reason / READ-BACK place; begin; end; lowest m; highest m / STOP words"
        ),
        "by-link": "Or open this page and press a button there; opening it says nothing",
        "by-code": "Or give this code to the desk",
        "contact": "Or call",
        "called": "Please reach",
        "why-called": "A notice to them was not answered as was agreed.",
        "type-it": "What they say by telephone your desk types. An answer to this mail is lost.",
        "stop": "STOP",
        "our-error": "OUR ERROR",
        "doubt": "DOUBT",
        "unverified": "UNVERIFIED: the sender did not prove who it is",
        "sent": "Sent",
        "words": "Words",
        "short-answer": "Reply RECEIVED, CANNOT-COMPLY or DISPUTED with code",
    }
}
"""By language, then by id. A language has every id, or is not listed."""


def phrases_of(language: str) -> dict[str, str]:
    """The phrases of a language that has them all."""
    return PHRASES[language]


_FORMS = {Form.STOP: "stop", Form.OUR_ERROR: "our-error", Form.DOUBT: "doubt"}


class WayToAnswer(msgspec.Struct, frozen=True):
    """How one party answers one notice. code: as it is written; link: where its page is, None:
    the node is not reachable from outside; contact: whom to call.
    """

    code: str
    link: str | None = None
    contact: str | None = None


class Message(msgspec.Struct, frozen=True):
    """What is sent. id and version: the same whenever it is sent again (D-10). full: lines of a
    mail; short: within MOST_SHORT characters. code: what an answer shows.
    """

    id: str
    version: int
    urgency: Urgency
    subject: str
    full: str
    short: str
    code: str | None = None


def expiry_us(notice: Notice) -> int:
    """Until when an answer by code or link is taken: a day after what is told, at least three days
    after it was issued.
    """
    end_us = notice.issued_us + _LEFT_OPEN_US
    if notice.particulars is not None:
        end_us = max(end_us, notice.particulars.end_us + 24 * HOUR_US)
    return end_us


def notice_message(
    notice: Notice,
    answer: WayToAnswer,
    *,
    exercise: bool,
    places: CoordinateFormat,
    times: TimeFormat,
    language: str = "en",
) -> Message:
    """The text of a notice, in the recipient's formats. language: one of PHRASES."""
    say = PHRASES[language]
    mark = f"{say['exercise']} " * exercise
    version = 0 if notice.subject is None else notice.subject.version
    head = say["withdrawn" if notice.withdrawal else "notice"]
    lines = [
        f"{mark}{head} {notice.number}: {notice.id}",
        f"{say['urgency']}: {notice.urgency.value}",
        f"{say['to']}: {notice.recipient}",
        f"{say['from']}: {notice.sender or say['by-rule']}",
    ]
    if notice.subject is not None:
        about = notice.subject
        lines.append(f"{say['about']}: {about.type.value} {about.id}, {say['version']} {version}")
    if notice.clashes:
        kinds = ", ".join(sorted({clash.other_kind for clash in notice.clashes}))
        more = notice.more_clashes
        lines.append(
            f"{say['clashes']}: {kinds}" + (f" {say['more'].format(count=more)}" if more else "")
        )
    if notice.particulars is not None:
        lines += _where_and_when(notice.particulars, say, places, times)
    for said, phrase in ((notice.late, "late"), (notice.withdrawal, "take-off")):
        lines += [say[phrase]] * said
    lines += ["", say["answer"], f"  {say['by-reply']}"]
    if answer.link is not None:
        lines.append(f"  {say['by-link']}: {answer.link}")
    lines.append(f"  {say['by-code']}: {answer.code}")
    if answer.contact is not None:
        lines.append(f"  {say['contact']}: {answer.contact}")
    lines += [
        f"  {say['open-until']} {format_time(expiry_us(notice), times)}",
        "",
        NEITHER_PERMISSION_NOR_GUARANTEE,
    ]
    subject = f"{mark}{head} {notice.number} ({notice.urgency.value}) [{answer.code}]"
    return Message(
        id=notice.id,
        version=version,
        urgency=notice.urgency,
        subject=subject,
        full="\n".join(lines) + "\n",
        short=_short(notice, answer, f"{mark}{head}", say, places),
        code=answer.code,
    )


def stop_message(
    stop: Stop,
    *,
    recipient: str,
    exercise: bool,
    places: CoordinateFormat,
    language: str = "en",
    version: int = 0,
) -> Message:
    """The text of a STOP or its kin: the fewest fields. recipient: the party that it goes to;
    version: how often it was repeated to it.
    """
    say = PHRASES[language]
    mark = f"{say['exercise']} " * exercise
    again = f" ({version + 1})" if version else ""
    head = f"{mark}{say[_FORMS[stop.form]]}{again}"
    lines = [
        f"{head} {stop.id}",
        f"{say['from']}: {stop.sender} ({stop.identified.value})",
        f"{say['to']}: {recipient}",
        f"{say['sent']}: {format_rfc3339(stop.sent_us)}",
    ]
    if stop.doubts is not None:
        lines.append(say["unverified"])
    if stop.area is not None:
        where = _place(stop.area.latitude_nd, stop.area.longitude_nd, places)
        lines.append(f"{say['place']}: {where}, {stop.area.radius_mm / 1000:g} m")
    if stop.text:
        lines.append(f"{say['words']}: {stop.text}")
    short = _cut(f"{head} {stop.sender}: {stop.text}".rstrip(": "))
    lines += ["", NEITHER_PERMISSION_NOR_GUARANTEE]
    return Message(
        id=stop.id,
        version=version,
        urgency=Urgency.IMMEDIATE,
        subject=f"{head} {stop.sender}",
        full="\n".join(lines) + "\n",
        short=short,
    )


def _where_and_when(
    told: Particulars, say: dict[str, str], places: CoordinateFormat, times: TimeFormat
) -> list[str]:
    where = _place(told.latitude_nd, told.longitude_nd, places)
    degrees = f"{told.latitude_nd / NANODEGREES:.6f}, {told.longitude_nd / NANODEGREES:.6f} (WGS84)"
    return [
        f"{say['place']}: {where}",
        *([f"  {degrees}"] * (places is not CoordinateFormat.DEGREES)),
        f"{say['from-time']}: {format_time(told.start_us // MINUTE_US * MINUTE_US, times)}",
        f"{say['until']}: {format_time(-(-told.end_us // MINUTE_US) * MINUTE_US, times)}",
        f"{say['heights']}: {told.lower_mm / 1000:g} m to {told.upper_mm / 1000:g} m",
    ]


def _short(
    notice: Notice, answer: WayToAnswer, head: str, say: dict[str, str], places: CoordinateFormat
) -> str:
    told = notice.particulars
    where = ""
    if told is not None:
        place = _place(told.latitude_nd, told.longitude_nd, places)
        begins = format_rfc3339(told.start_us)[:16]
        ends = format_rfc3339(told.end_us)[:16]
        where = f" {place} {begins}Z-{ends}Z."
    end = f" {say['short-answer']} {answer.code}"
    return _cut(f"{head} {notice.number} {notice.urgency.value}.{where}", len(end)) + end


def _place(latitude_nd: int, longitude_nd: int, places: CoordinateFormat) -> str:
    """The place in the recipient's format, or in degrees where that has none (a pole in UTM)."""
    try:
        return format_position(latitude_nd, longitude_nd, places)
    except InvalidValue:
        return format_position(latitude_nd, longitude_nd, CoordinateFormat.DEGREES)


def _cut(text: str, less: int = 0) -> str:
    """The text, its end left out visibly where it is too long."""
    most = MOST_SHORT - less
    return text if len(text) <= most else text[: most - 3] + "..."
