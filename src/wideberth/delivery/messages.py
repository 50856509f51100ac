"""What a counterpart without the software is sent: fixed phrases around what the notice says.

Where a pair of parties agreed on languages, the message says the same in each of them. Pure: where
the message goes, and by what, is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from wideberth.delivery.different import difference_lines
from wideberth.delivery.phrases import PHRASES, phrases_of
from wideberth.errors import InvalidValue
from wideberth.model.conformance import ConformanceTold
from wideberth.model.notices import (
    NEITHER_PERMISSION_NOR_GUARANTEE,
    Notice,
    Particulars,
    Urgency,
)
from wideberth.model.stops import Form, Stop
from wideberth.space.coordinates import CoordinateFormat, format_position
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US, format_rfc3339
from wideberth.space.timetext import TimeFormat, format_time
from wideberth.space.volume import NANODEGREES

__all__ = [
    "MOST_SHORT",
    "MOST_SHORT_UCS2",
    "Message",
    "WayToAnswer",
    "cut_short",
    "ending",
    "expiry_us",
    "in_each",
    "last_word",
    "notice_message",
    "stop_message",
]

MOST_SHORT = 306
"""Characters of a short text: two parts of an SMS in the GSM alphabet (3GPP TS 23.038)."""
MOST_SHORT_UCS2 = 134
"""The same where a letter is not of that alphabet."""

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = frozenset("^{}\\[~]|€")  # of its extension: they count twice

_BETWEEN = "\n" + 40 * "-"
_LEFT_OPEN_US = 72 * HOUR_US

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
    mail; short: within MOST_SHORT characters. code: what an answer shows. exercise: it is of an
    exercise: the word is the first and the last of each text, and on whatever carries it.
    """

    id: str
    version: int
    urgency: Urgency
    subject: str
    full: str
    short: str
    code: str | None = None
    exercise: bool = False


def expiry_us(notice: Notice) -> int:
    """Until when an answer by code or link is taken: a day after what is told, at least three days
    after it was issued.
    """
    end_us = notice.issued_us + _LEFT_OPEN_US
    if notice.particulars is not None:
        end_us = max(end_us, notice.particulars.end_us + 24 * HOUR_US)
    return end_us


def in_each(
    languages: Sequence[str], missing: Sequence[str], make: Callable[[str], Message]
) -> Message:
    """The message in each language, one below the other; what a screen shows in a line is in the
    first. missing: tags of agreed languages that there are no phrases in; it says so.
    """
    each = [make(language) for language in languages]
    parts = [message.full for message in each]
    if missing:
        note = f"(agreed as well, and not written here: {', '.join(missing)})\n"
        mark = phrases_of(languages[0])["exercise"] if each[0].exercise else ""
        parts.append(f"{mark}\n{note}{mark}\n" if mark else note)
    return msgspec.structs.replace(each[0], full=f"{_BETWEEN}\n".join(parts))


def last_word(mark: str) -> str:
    """The end of a short text: of an exercise its word once more, with the space before it."""
    return f" {mark}".rstrip()


def ending(language: str, *, exercise: bool) -> list[str]:
    """The last lines of each message: what it is not, in its language and in English; of an
    exercise the word that it began with.
    """
    say = PHRASES[language]
    own = [] if language == "en" else [say["sentence"]]
    made_by = [say["made-by"]] if say["made-by"] else []
    mark = [say["exercise"]] * exercise
    return ["", *own, NEITHER_PERMISSION_NOR_GUARANTEE, *made_by, *mark]


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
        f"{say['urgency']}: {say[notice.urgency.value]}",
        f"{say['to']}: {notice.recipient}",
        f"{say['from']}: {notice.sender or say['by-rule']}",
    ]
    if notice.subject is not None:
        about = notice.subject
        lines.append(f"{say['about']}: {about.type.value} {about.id}, {say['version']} {version}")
    own = notice.sender == notice.recipient
    if own and notice.particulars is not None:
        lines.append(say["own"])
    if notice.clashes:
        kinds = ", ".join(sorted({clash.other_kind for clash in notice.clashes}))
        more = notice.more_clashes
        lines.append(
            f"{say['clashes']}: {kinds}" + (f" {say['more'].format(count=more)}" if more else "")
        )
    if notice.particulars is not None:
        lines += _where_and_when(notice.particulars, say, places, times)
    if notice.conformance is not None:
        lines += _own_flights(notice.conformance, say, times)
    if notice.changes:
        lines.append(f"{say['changed']} ({notice.supersedes[0]}):")
        lines += [f"  {line}" for line in difference_lines(notice.changes, say["nothing"])]
    late = "own-late" if own else "late"
    for said, phrase in ((notice.late, late), (notice.withdrawal, "take-off")):
        lines += [say[phrase]] * said
    lines += ["", say["answer"], f"  {say['by-reply']}"]
    if answer.link is not None:
        lines.append(f"  {say['by-link']}: {answer.link}")
    lines.append(f"  {say['by-code']}: {answer.code}")
    if answer.contact is not None:
        lines.append(f"  {say['contact']}: {answer.contact}")
    lines.append(f"  {say['open-until']} {format_time(expiry_us(notice), times)}")
    lines += ending(language, exercise=exercise)
    subject = f"{mark}{head} {notice.number} ({say[notice.urgency.value]}) [{answer.code}]"
    return Message(
        id=notice.id,
        version=version,
        urgency=notice.urgency,
        subject=subject,
        full="\n".join(lines) + "\n",
        short=_short(notice, answer, (mark, head), say, places),
        code=answer.code,
        exercise=exercise,
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
    short = cut_short(f"{head} {stop.sender}: {stop.text}".rstrip(": "), last_word(mark))
    lines += ending(language, exercise=exercise)
    return Message(
        id=stop.id,
        version=version,
        urgency=Urgency.IMMEDIATE,
        subject=f"{head} {stop.sender}",
        full="\n".join(lines) + "\n",
        short=short,
        exercise=exercise,
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


def _own_flights(told: ConformanceTold, say: dict[str, str], times: TimeFormat) -> list[str]:
    """What the recipient's own flights come to, and the limits that they did not keep to."""
    said = told.summed
    known_us = said.known_us or 1
    share = f"{100 * said.inside_us / known_us:.2f}% (>= {said.least_inside_millionths / 1e4:g}%)"
    longest = f"{said.longest_us / SECOND_US:g} s (<= {said.limit_us / SECOND_US:g} s)"
    hourly = f"{said.excursions * HOUR_US / known_us:.1f} (<= {said.per_hour_thousandths / 1e3:g})"
    beyond = {"inside": share, "longest": longest, "per-hour": hourly}
    return [
        say["own-flights"],
        f"{say['from-time']}: {format_time(said.from_us // MINUTE_US * MINUTE_US, times)}",
        f"{say['until']}: {format_time(-(-said.to_us // MINUTE_US) * MINUTE_US, times)}",
        *(f"{say[f'flights-{each}']}: {beyond[each]}" for each in said.beyond),
        *([say["flights-late"]] * told.late),
    ]


def _short(
    notice: Notice,
    answer: WayToAnswer,
    heading: tuple[str, str],
    say: dict[str, str],
    places: CoordinateFormat,
) -> str:
    mark, head = heading
    told = notice.particulars
    where = ""
    if told is not None:
        place = _place(told.latitude_nd, told.longitude_nd, places)
        begins = format_rfc3339(told.start_us)[:16]
        ends = format_rfc3339(told.end_us)[:16]
        where = f" {place} {begins}Z-{ends}Z."
    end = f" {say['short-answer']} {answer.code}{last_word(mark)}"
    return cut_short(f"{mark}{head} {notice.number} {say[notice.urgency.value]}.{where}", end)


def _place(latitude_nd: int, longitude_nd: int, places: CoordinateFormat) -> str:
    """The place in the recipient's format, or in degrees where that has none (a pole in UTM)."""
    try:
        return format_position(latitude_nd, longitude_nd, places)
    except InvalidValue:
        return format_position(latitude_nd, longitude_nd, CoordinateFormat.DEGREES)


def cut_short(text: str, end: str = "") -> str:
    """The text before its end, cut visibly where both are too long for two parts of an SMS."""
    if _counted(text + end) <= _most(text + end):
        return text + end
    while text and _counted(f"{text}...{end}") > _most(f"{text}...{end}"):
        text = text[:-1]
    return f"{text}...{end}"


def _most(text: str) -> int:
    return MOST_SHORT if _GSM.issuperset(set(text) - _GSM_DOUBLE) else MOST_SHORT_UCS2


def _counted(text: str) -> int:
    if _most(text) == MOST_SHORT_UCS2:
        return len(text.encode("utf-16-le")) // 2
    return len(text) + sum(each in _GSM_DOUBLE for each in text)
