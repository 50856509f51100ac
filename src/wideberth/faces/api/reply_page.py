"""The page of a one-time link: plain HTML, no script, no cookie, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from wideberth.delivery.drilled import drill_message
from wideberth.delivery.messages import WayToAnswer, notice_message
from wideberth.delivery.replies import read_words
from wideberth.faces.api.drills import SENTENCE
from wideberth.faces.api.exercise_page import BAND, STYLE, TITLE
from wideberth.faces.api.problems import Answered
from wideberth.model.drills import Drill
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE, Notice, Particulars, Verb
from wideberth.space.coordinates import CoordinateFormat
from wideberth.space.time import MINUTE_US, format_rfc3339
from wideberth.space.timetext import TimeFormat
from wideberth.wire import asked

__all__ = ["drill_page", "drill_thanks", "page", "read_back_of", "thanks"]

_HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
        b" frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),  # the address is the secret
    (b"x-robots-tag", b"noindex"),
]
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:1rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;border:1px solid;padding:.5rem}"
    "form{margin:1rem 0;padding:.5rem;border:1px solid}"
    "label{display:block}input{font:inherit;width:100%;box-sizing:border-box}"
    "button{font:inherit;padding:.5rem 1rem;margin-top:.5rem}"
)
_PLAIN = "00000-code-0"  # cut out of the page: the link is the credential here
_FIELDS = (
    ("place", "Place"),
    ("begin", "Begins"),
    ("end", "Ends"),
    ("lowest_m", "Lowest, m above WGS84"),
    ("highest_m", "Highest, m above WGS84"),
)


def page(notice: Notice, *, exercise: bool, now_us: int) -> Answered:
    """What the notice says, how old that is, and a form for each answer."""
    told = notice_message(
        notice,
        WayToAnswer(_PLAIN),
        exercise=exercise,
        places=CoordinateFormat.DEGREES,
        times=TimeFormat.RFC3339,
    )
    facts = told.full.partition("\n\n")[0]
    inputs = "".join(
        f'<label>{label}<input name="{name}" required maxlength="100"></label>'
        for name, label in _FIELDS
    )
    forms = [
        _form("RECEIVED", "Received: I have this message"),
        _form("READ-BACK", "Read back", inputs) if notice.particulars is not None else "",
        _form("CANNOT-COMPLY", "Cannot comply", _words("Why")),
        _form("DISPUTED", "Disputed", _words("Why")),
        _form("STOP", "STOP: goes to everybody at once", _words("Words", required="")),
    ]
    body = (
        f"<p>Issued {_age(now_us - notice.issued_us)} ago, as of {format_rfc3339(now_us)[:19]}Z,"
        " when this page was made. Reload it for what stands now.</p>"
        f"<pre>{escape(facts)}</pre><p>Opening this page said nothing. Answer with a button.</p>"
        + "".join(forms)
    )
    return _answered(f"Notice {notice.number}", body, exercise=exercise)


def thanks(notice: Notice, verb: str, *, exercise: bool) -> Answered:
    """That it was taken, and what that is not."""
    body = f"<p>{escape(verb)} was recorded for notice {notice.number} ({escape(notice.id)}).</p>"
    return _answered(f"Notice {notice.number}", body, exercise=exercise)


def drill_page(drill: Drill, *, exercise: bool, now_us: int) -> Answered:
    """What a drill message says, until when it waits, and a form for each answer that is due."""
    sent = drill.sent
    told = drill_message(
        sent, WayToAnswer(_PLAIN), exercise=exercise, times=TimeFormat.RFC3339
    ).full.partition("\n\n")[0]
    said = [each.value for each in (Verb.RECEIVED, Verb.READ_BACK) if drill.has(each, None)]
    forms = {
        "RECEIVED": _form("RECEIVED", "Received: I have this message"),
        "READ-BACK": _form("READ-BACK", "Read back", _words("The word that stands above")),
        "STOP": _form("STOP", "STOP: no drill; goes to everybody", _words("Words", required="")),
    }
    late = "" if drill.missed_us is None else " It was missed; an answer is marked as late."
    body = (
        f"<p>Sent {_age(now_us - drill.sent_us)} ago, as of {format_rfc3339(now_us)[:19]}Z,"
        f" when this page was made.{late}</p><pre>{escape(told)}</pre>"
        f"<p>Said already: {', '.join(said) or 'nothing'}. Opening this page said nothing."
        " Answer with a button. PASSED-DOWN and LOADED are signed, in the console or by a"
        " program.</p>" + "".join(form for verb, form in forms.items() if verb not in said)
    )
    return _answered("Drill message", body, exercise=exercise, sentence=SENTENCE)


def drill_thanks(drill: Drill, verb: str, *, exercise: bool) -> Answered:
    """That it was taken, and what that is not."""
    body = f"<p>{escape(verb)} was recorded for the drill {escape(drill.sent.drill)}.</p>"
    return _answered("Drill message", body, exercise=exercise, sentence=SENTENCE)


def read_back_of(body: asked.LinkAnswerIn) -> Particulars | None:
    """What was read back in the page's fields. Raises InvalidValue, Unclear."""
    given = (body.place, body.begin, body.end, body.lowest_m, body.highest_m)
    words = "READ-BACK " + ";".join(each or "" for each in given)
    return read_words(words, "0000-0000-0000").read_back


def _age(age_us: int) -> str:
    """How long, rounded down to the minute, beyond a day to the hour."""
    minutes = max(0, age_us) // MINUTE_US
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _form(verb: str, label: str, inside: str = "") -> str:
    return (
        f'<form method="post"><input type="hidden" name="verb" value="{verb}">{inside}'
        f"<button>{label}</button></form>"
    )


def _words(label: str, *, required: str = " required") -> str:
    return f'<label>{label}<input name="words" maxlength="200"{required}></label>'


def _answered(
    title: str,
    body: str,
    *,
    exercise: bool,
    sentence: str = NEITHER_PERMISSION_NOR_GUARANTEE,
) -> Answered:
    mark, more, before = (BAND, STYLE, TITLE) if exercise else ("", "", "")
    whole = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{before}{escape(title)}</title>"
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}{more}</style>'
        f"{mark}<h1>{escape(title)}</h1>{body}<p>{sentence}</p></html>"
    )
    return Answered(200, list(_HEADERS), whole.encode())
