"""What somebody without the software writes back, read strictly: a mail, or a line of words.

Only the first line of a reply counts, and it must begin with a verb. What an automaton sent says
nothing: an absence, a receipt, a bounce, a list is no acknowledgement (RFC 3834, RFC 3464,
RFC 8098). Nothing is guessed; what is not understood is said to be so. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import msgspec

from wideberth.delivery.codes import parse_code
from wideberth.errors import InvalidValue
from wideberth.model.notices import Particulars, Verb
from wideberth.space.coordinates import require_position
from wideberth.space.timetext import require_time

__all__ = ["MOST_MAIL_BYTES", "STOP_WORD", "Automatic", "Reply", "read_mail", "read_words"]

MOST_MAIL_BYTES = 1_048_576
STOP_WORD = "STOP"
_MOST_WORDS = 500  # characters of a reason
_CODE = re.compile(r"(?<![0-9A-Za-z])([0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4})(?![0-9A-Za-z])")
_VERBS = {
    "RECEIVED": Verb.RECEIVED,
    "READ-BACK": Verb.READ_BACK,
    "READ BACK": Verb.READ_BACK,
    "READBACK": Verb.READ_BACK,
    "CANNOT-COMPLY": Verb.CANNOT_COMPLY,
    "CANNOT COMPLY": Verb.CANNOT_COMPLY,
    "DISPUTED": Verb.DISPUTED,
}
_DRILL_WORD = re.compile(r"[A-Za-z]{2} ?[0-9]{4}", re.ASCII)
_REASON = frozenset({Verb.CANNOT_COMPLY, Verb.DISPUTED})
_ADDRESSED = ("Delivered-To", "X-Original-To", "To", "Cc")
_ABSENCE = re.compile(
    r"^\s*(?:re:\s*)?(?:auto(?:matic|mated)?[\s-]*(?:reply|response|antwort)|out of (?:the )?office"
    r"|abwesen|réponse automatique|respuesta automática|undeliver|delivery status|read:|gelesen:)",
    re.IGNORECASE,
)


class Automatic(Exception):
    """No person wrote this. Its text says how that is known."""


class Reply(msgspec.Struct, frozen=True):
    """What was answered. verb: None: STOP. words: the reason, the words of a STOP, or the word of a
    drill that was read back.
    """

    code: str
    verb: Verb | None
    words: str | None = None
    read_back: Particulars | None = None


def read_mail(data: bytes) -> Reply:
    """What a mail answers.

    Raises Automatic for what no person wrote, InvalidValue (field, rule, advice) for what cannot
    be read for certain.
    """
    if len(data) > MOST_MAIL_BYTES:
        raise InvalidValue("mail", "size", len(data), f"keep a mail within {MOST_MAIL_BYTES} bytes")
    parsed = message_from_bytes(data, policy=default)
    assert isinstance(parsed, EmailMessage), "that is what the policy makes"
    _refuse_automatic(parsed)
    line = _first_line(parsed)
    return read_words(line, _code_in(parsed, line))


def read_words(line: str, code: str | None = None) -> Reply:
    """What a line of words answers: a verb, then what goes with it. code: where it stands beside
    the line; None: in it. Raises InvalidValue.
    """
    if code is None:
        found = _CODE.search(line)
        if found is None:
            raise InvalidValue("code", "code-missing", None, "give the code of the message")
        code = str(found[1])
    code = parse_code(str(code))
    plain = _CODE.sub(" ", line).strip().strip("*_>").strip()
    upper = plain.upper()
    if _begins(upper, STOP_WORD):
        return Reply(code, None, plain[len(STOP_WORD) :].strip(" :,.-")[:200])
    word = next((each for each in _VERBS if _begins(upper, each)), None)
    if word is None:
        raise InvalidValue(
            "verb",
            "verb",
            plain[:60],
            "begin the first line with RECEIVED, READ-BACK, CANNOT-COMPLY, DISPUTED or STOP",
        )
    verb, rest = _VERBS[word], plain[len(word) :].strip(" :,-")
    if verb is Verb.READ_BACK:
        word = _DRILL_WORD.fullmatch(rest.strip(" .!"))
        if word is not None:
            return Reply(code, verb, word[0])
        return Reply(code, verb, read_back=_read_back(rest))
    if verb in _REASON:
        if not rest:
            raise InvalidValue("reason", "reason-missing", None, f"say why after {verb.value}")
        return Reply(code, verb, rest[:_MOST_WORDS])
    if rest.strip(". !"):
        raise InvalidValue(
            "verb", "words-after", rest[:60], "RECEIVED stands alone; to disagree, use DISPUTED"
        )
    return Reply(code, verb)


def _begins(text: str, word: str) -> bool:
    return text == word or (text.startswith(word) and not text[len(word)].isalnum())


def _read_back(text: str) -> Particulars:
    """``place; begin; end; lowest m; highest m``."""
    parts = [part.strip() for part in text.split(";")]
    if len(parts) != 5:
        raise InvalidValue(
            "read_back",
            "read-back-form",
            len(parts),
            "give place; begin; end; lowest m; highest m, with semicolons",
        )
    place = require_position(parts[0], field="place")
    begin, end = (
        require_time(part, field=name)
        for part, name in zip(parts[1:3], ("begin", "end"), strict=True)
    )
    lower, upper = (
        _metres(part, name) for part, name in zip(parts[3:], ("lowest", "highest"), strict=True)
    )
    return Particulars(
        place.latitude_nd, place.longitude_nd, begin.time_us, end.time_us, lower, upper
    )


def _metres(text: str, field: str) -> int:
    found = re.fullmatch(r"([+-]?\d{1,6}(?:\.\d{1,3})?)\s*m?", text, re.IGNORECASE | re.ASCII)
    if found is None:
        raise InvalidValue(field, "metres", text[:40], "give metres, like 120 m")
    return round(1000 * float(found[1]))


def _refuse_automatic(mail: EmailMessage) -> None:
    def field(name: str) -> str:
        return str(mail.get(name, "")).strip().lower()

    for is_automatic, how in (
        (field("Auto-Submitted").partition(";")[0].strip() not in ("", "no"), "Auto-Submitted"),
        (field("Precedence") in ("bulk", "junk", "list", "auto_reply"), "Precedence"),
        (any(mail.get(name) is not None for name in _AUTOMATIC), "a field of automata"),
        (field("Return-Path") == "<>", "no one to return it to"),
        (mail.get_content_type() == "multipart/report", "a report"),
        (_ABSENCE.match(field("Subject")) is not None, "its subject"),
    ):
        if is_automatic:
            raise Automatic(how)


_AUTOMATIC = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponse",
    "X-Auto-Response-Suppress",
    "List-Id",
)


def _first_line(mail: EmailMessage) -> str:
    """The first line that its writer wrote, and no quoted one."""
    body = mail.get_body(("plain",))
    if body is None:
        raise InvalidValue("mail", "plain-text", None, "send the reply as plain text")
    try:
        text = str(body.get_content())
    except (LookupError, UnicodeError, KeyError) as error:
        raise InvalidValue("mail", "charset", None, "send it as UTF-8") from error
    for line in text.splitlines():
        plain = line.replace("\u00a0", " ").strip()
        if plain.startswith((">", "-----", "_____")):
            break  # what follows was not written by them
        if plain:
            return plain
    raise InvalidValue("mail", "empty", None, "write the answer above what is quoted")


def _code_in(mail: EmailMessage, line: str) -> str:
    """The one code that the mail shows: in the address that it went to, its subject, its line."""
    shown: list[str] = []
    for name in _ADDRESSED:
        for value in mail.get_all(name, []):
            shown += re.findall(r"\+([0-9A-Za-z-]{12,20})@", str(value))
    shown += _CODE.findall(str(mail.get("Subject", "")))
    shown += _CODE.findall(line)
    codes = dict.fromkeys(_codes(shown))
    if len(codes) != 1:
        raise InvalidValue(
            "code", "code-count", len(codes), "answer one message at a time, with its one code"
        )
    return next(iter(codes))


def _codes(shown: Iterable[str]) -> Iterable[str]:
    for each in shown:
        try:
            yield parse_code(each)
        except InvalidValue:
            continue  # twelve other letters with hyphens
