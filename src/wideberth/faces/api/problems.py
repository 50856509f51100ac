"""Every no as problem details (RFC 9457): one table from refusals and errors to a status.

What is not in the table is a fault of this program: the client learns an event id and nothing
else, and the log has the rest under that id. Nothing a client sends may lead there.
"""

from __future__ import annotations

import logging
import math
import secrets
from typing import Any

import msgspec

from wideberth.errors import (
    BehindWitness,
    ClockOff,
    InvalidValue,
    Overloaded,
    RecordRestored,
    RecordUnavailable,
    Unclear,
)
from wideberth.faces.api import told
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.space.time import format_rfc3339
from wideberth.tokens import TokenRefused

__all__ = ["STATUS_OF_KIND", "TITLES", "Answered", "HttpProblem", "problem_of"]

_log = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()
_MAX_VALUE = 300  # characters of what came that an answer gives back

STATUS_OF_KIND: dict[RefusalKind, int] = {
    RefusalKind.INVALID: 400,
    RefusalKind.FORBIDDEN: 403,
    RefusalKind.UNKNOWN: 404,
    RefusalKind.STALE: 409,
    RefusalKind.CONFLICT: 409,
    RefusalKind.UNCLEAR: 422,
    RefusalKind.LIMIT: 429,
}

TITLES: dict[int, str] = {
    400: "The request breaks a rule",
    401: "The credential proves nothing here",
    403: "The credential does not allow this",
    404: "There is no such thing that you may see",
    405: "This resource does not take this method",
    409: "What stands does not allow this now",
    410: "It was here and is not kept any longer",
    413: "The request is too large",
    415: "This kind of content is not read here",
    422: "This could mean several things; say which",
    429: "An agreed limit is used up",
    431: "The request's header is too large",
    500: "A fault of this service",
    503: "Nothing happened; try again",
}


class HttpProblem(Exception):
    """A no that only HTTP knows: no such path, a wrong method, a body that is too large."""

    def __init__(
        self,
        status: int,
        rule: str,
        advice: str,
        *,
        field: str | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.status = status
        self.rule = rule
        self.advice = advice
        self.field = field
        self.headers = headers
        super().__init__(f"{status} {rule}: {advice}")


class Answered(msgspec.Struct, frozen=True):
    """A finished answer: status, headers, body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def problem_of(cause: Refusal | Exception) -> Answered:
    """The answer that a refusal or an error is."""
    match cause:
        case Refusal():
            return _of_refusal(cause)
        case InvalidValue():
            return _of_invalid(cause)
        case TokenRefused():
            challenge = f'Bearer error="invalid_token", error_description="{cause.code}"'
            return _answer(
                401,
                cause.code,
                cause.advice,
                field="Authorization",
                headers=((b"www-authenticate", challenge.encode()),),
            )
        case HttpProblem():
            return _answer(
                cause.status, cause.rule, cause.advice, field=cause.field, headers=cause.headers
            )
        case Overloaded():
            return _of_overload(cause)
        case BehindWitness() | RecordRestored():
            is_behind = isinstance(cause, BehindWitness)
            return _answer(503, "behind-witness" if is_behind else "record-restored", str(cause))
        case RecordUnavailable():
            return _answer(
                503,
                "record-unavailable",
                "the record cannot be written; try again with the same key",
                headers=((b"retry-after", b"1"),),
            )
        case _:
            return _of_fault(cause)


def _of_overload(cause: Overloaded) -> Answered:
    headers = ((b"retry-after", str(cause.retry_after_s).encode()),)
    if isinstance(cause, ClockOff):
        return _answer(503, "clock-off", str(cause), field="clock", headers=headers)
    advice = f"too much is waiting; try again in {cause.retry_after_s} s with the same key"
    return _answer(503, "overloaded", advice, headers=headers)


def _of_refusal(refusal: Refusal) -> Answered:
    def instant(time_us: int | None) -> str | None:
        return None if time_us is None else format_rfc3339(time_us)

    return _answer(
        STATUS_OF_KIND[refusal.kind],
        refusal.rule,
        refusal.advice,
        field=refusal.field,
        value=_short(refusal.value),
        with_intents=list(refusal.with_intents),
        from_=instant(refusal.from_us),
        until=instant(refusal.until_us),
        choices=_choices(refusal.choices),
    )


def _of_invalid(error: InvalidValue) -> Answered:
    value, field = _short(error.value), error.field or None
    if not isinstance(error, Unclear):
        return _answer(400, error.rule, error.advice, field=field, value=value)
    choices = _choices(error.choices)
    return _answer(422, error.rule, error.advice, field=field, value=value, choices=choices)


def _choices(choices: tuple[tuple[str, str], ...]) -> list[told.ChoiceOut]:
    return [told.ChoiceOut(text=text, meaning=meaning) for text, meaning in choices]


def _of_fault(error: Exception) -> Answered:
    event = secrets.token_hex(8)
    # The log tells its type and where it was raised (wideberth.logs): its text may quote anything.
    _log.error("event %s", event, exc_info=error)
    return _answer(
        500,
        "fault",
        "this is our fault, and what you sent changed nothing that was not answered; quote the id",
        instance=f"urn:wideberth:event:{event}",
    )


def _answer(
    status: int,
    rule: str,
    advice: str,
    *,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    **more: Any,
) -> Answered:
    problem = told.Problem(
        type=f"urn:wideberth:rule:{rule}",
        title=TITLES[status],
        status=status,
        detail=advice,
        rule=rule,
        **more,
    )
    body = _encoder.encode(problem)
    return Answered(
        status,
        [(b"content-type", b"application/problem+json"), *headers],
        body,
    )


def _short(value: object) -> object:
    """What came, as far as an answer gives it back: numbers and words, never a whole body."""
    match value:
        case None | bool() | int() | float():
            if isinstance(value, int) and abs(value) > 2**63:
                return str(value)[:_MAX_VALUE]
            if isinstance(value, float) and not math.isfinite(value):
                return str(value)  # which JSON has no number for
            return value
        case str():
            text = value
        case list() | tuple() if len(repr(value)) <= _MAX_VALUE:  # pyright: ignore[reportUnknownArgumentType]
            return [_short(each) for each in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            text = repr(value)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"
