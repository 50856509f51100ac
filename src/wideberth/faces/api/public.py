"""What anybody reads without a credential: closures and stand-offs published under an agreement.

Reading is all there is here, and nothing here rests on anything else than the messages that are
published: not on who asks, not on how much else there is, not on the clock but for what is over.
A cache may keep an answer and has to ask each time whether it is still the one (ETag).
"""

from __future__ import annotations

from collections.abc import Callable
from time import gmtime, strftime
from typing import Any

from wideberth.faces.api import public_told as out
from wideberth.faces.api import views
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import Route, encode
from wideberth.faces.api.problems import Answered, HttpProblem
from wideberth.faces.api.public_page import page
from wideberth.faces.api.publickept import Told, etag_of
from wideberth.model.exercises import EXERCISE_WORD
from wideberth.model.publications import Message, Publication, Withdrawal
from wideberth.space.time import SECOND_US
from wideberth.space.volume import NANODEGREES
from wideberth.wire.cap import alert, cancel
from wideberth.wire.notam import NOTICE, notam, notam_cancel
from wideberth.wire.publicfeed import CAP_TYPE, feed
from wideberth.wire.publicmap import collection
from wideberth.wire.publicwords import NOT_AGREED, identifier, sentences, utc

__all__ = ["ROUTES"]

_TEXT = "text/plain; charset=utf-8"
_ATOM = "application/atom+xml"
_MAP = "application/geo+json"
_JSON = "application/json"
_HTML = "text/html; charset=utf-8"


def _told(call: Call) -> Told:
    return call.desk.public.told(call.picture, call.desk.service.context().now_us)


async def closures(call: Call) -> Answered:
    """All that is published now, as JSON."""
    told = _told(call)
    return await _whole(call, told, _JSON, lambda: encode(_closures(told)))


async def closures_map(call: Call) -> Answered:
    """All that is published now, as GeoJSON."""
    told = _told(call)
    return await _whole(
        call, told, _MAP, lambda: encode(collection(told.publications, exercise=told.exercise))
    )


async def atom(call: Call) -> Answered:
    """The messages that are told now, as an Atom feed."""
    told = _told(call)

    def make() -> bytes:
        return feed(told.publications, told.withdrawals, origin=told.origin, exercise=told.exercise)

    return await _whole(call, told, _ATOM, make)


async def notams(call: Call) -> Answered:
    """The messages that are told now, as NOTAM-like text."""
    told = _told(call)
    return await _whole(call, told, _TEXT, lambda: _notams(told).encode())


async def public_page(call: Call) -> Answered:
    """The page: plain HTML, no script."""
    told = _told(call)

    def make() -> bytes:
        return page(told.publications, told.withdrawals, exercise=told.exercise)

    answered = await _whole(call, told, _HTML, make)
    answered.headers.append((b"content-security-policy", _POLICY))
    return answered


_POLICY = (
    b"default-src 'none'; style-src 'unsafe-inline'; form-action 'none';"
    b" frame-ancestors 'none'; base-uri 'none'"
)


async def one_alert(call: Call) -> Answered:
    """One message, as a CAP alert."""
    told = _told(call)
    found = _find(told, call.path["alert"])
    make = alert if isinstance(found, Publication) else cancel
    body = make(found, exercise=told.exercise)  # type: ignore[arg-type]  # the one for its kind
    return _answered(call, CAP_TYPE, body, etag_of(body), found.message.sent_us)


async def one_notam(call: Call) -> Answered:
    """One message, as NOTAM-like text."""
    told = _told(call)
    body = _notam(_find(told, call.path["alert"]), exercise=told.exercise).encode()
    return _answered(call, _TEXT, body, etag_of(body), told.changed_us)


def _find(told: Told, name: str) -> Publication | Withdrawal:
    """The message of this name that is told now. Raises HttpProblem 404, whatever once was."""
    found = told.by_name.get(name)
    if found is not None:
        return found
    raise HttpProblem(
        404,
        "no-such-alert",
        "no message of this name is published; /public/closures lists those that are."
        " No information is not clearance",
    )


def _notams(told: Told) -> str:
    said = [*told.publications, *told.withdrawals]
    texts = [_notam(each, exercise=told.exercise) for each in said]
    if texts:
        return "\n".join(texts)
    mark = f"{EXERCISE_WORD}\n" if told.exercise else ""
    return f"{mark}{NOTICE}\n{_NOTHING}\n"


_NOTHING = "NOTHING IS PUBLISHED. NO INFORMATION IS NOT CLEARANCE AND NO PERMISSION."


def _notam(each: Publication | Withdrawal, *, exercise: bool) -> str:
    if isinstance(each, Publication):
        return notam(each, exercise=exercise)
    return notam_cancel(each, exercise=exercise)


def _closures(told: Told) -> out.PublicClosures:
    return out.PublicClosures(
        closures=[_closure(each) for each in told.publications],
        withdrawn=[
            out.PublicWithdrawal(
                alert=identifier(each.sender, each.message),
                sender=each.sender,
                sent=utc(each.message.sent_us),
                withdraws=_names(each.sender, each.cancels),
            )
            for each in told.withdrawals
        ],
        exercise=told.exercise,
    )


def _closure(publication: Publication) -> out.PublicClosure:
    content = publication.content
    return out.PublicClosure(
        alert=identifier(publication.sender, publication.message),
        sender=publication.sender,
        sent=utc(publication.message.sent_us),
        kind=content.kind,
        area=content.area,
        agreed=content.agreed,
        volumes=[views.volume(each) for each in content.volumes],
        text=" ".join(sentences(content)),
        label=None if content.agreed else NOT_AGREED,
        name=content.name or None,
        reason=content.reason or None,
        parties=list(content.parties),
        cell_deg=content.cell_nd / NANODEGREES if content.cell_nd else None,
        time_step_s=content.time_step_s or None,
        replaces=_names(publication.sender, publication.earlier),
    )


def _names(sender: str, messages: tuple[Message, ...]) -> list[str]:
    return [identifier(sender, each) for each in messages]


async def _whole(call: Call, told: Told, kind: str, make: Callable[[], bytes]) -> Answered:
    body, etag = await call.desk.public.page(call.route.full_path, told, make)
    return _answered(call, kind, body, etag, told.changed_us)


def _answered(call: Call, kind: str, body: bytes, etag: bytes, changed_us: int) -> Answered:
    """The answer, or 304 where the reader has it. What is over leaves without a message, so only
    the ETag says whether it is the same; Last-Modified tells of the last message.
    """
    headers = [
        (b"etag", etag),
        (b"cache-control", b"public, no-cache"),
        (b"last-modified", _http_date(changed_us)),
    ]
    known = call.headers.get(b"if-none-match", b"")
    if known.strip() == b"*" or etag in (each.strip() for each in known.split(b",")):
        return Answered(304, headers, b"")
    return Answered(200, [(b"content-type", kind.encode()), *headers], body)


def _http_date(instant_us: int) -> bytes:
    return strftime("%a, %d %b %Y %H:%M:%S GMT", gmtime(instant_us // SECOND_US)).encode()


def _route(path: str, handler: Any, summary: str, answer: type | str) -> Route:
    return Route(
        "GET", f"//public{path}", handler, summary, answer, public=True, limited_as="public"
    )


ROUTES = (
    _route("", public_page, "The page for people without an account", "text/html"),
    _route("/closures", closures, "Closures and stand-offs published now", out.PublicClosures),
    _route("/closures.geojson", closures_map, "The same for maps", _MAP),
    _route("/feed.atom", atom, "The messages that are told now, as a feed", _ATOM),
    _route("/alerts/{alert}", one_alert, "One message, as a CAP 1.2 alert", CAP_TYPE),
    _route("/notams", notams, "The messages that are told now, as NOTAM-like text", _TEXT),
    _route("/notams/{alert}", one_notam, "One message, as NOTAM-like text", _TEXT),
)
"""The rows of the table of the API that need no credential and take nothing."""
