"""The page for people without an account: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from wideberth.faces.api.exercise_page import BAND, STYLE, TITLE
from wideberth.model.publications import NO_CLEARANCE, Content, Publication, Withdrawal
from wideberth.space.volume import Volume4D
from wideberth.wire.publicwords import (
    NOT_AGREED,
    NOT_AN_AUTHORITY,
    WITHDRAWN,
    by_window,
    event_of,
    height,
    identifier,
    is_all_heights,
    one_line,
    place,
    rounded,
    utc,
)

__all__ = ["page"]

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:1rem auto;padding:0 1rem}"
    "article{border:1px solid;padding:.5rem 1rem;margin:1rem 0}h2{margin:.25rem 0}"
    ".say{border:3px solid;padding:.5rem 1rem;font-weight:bold}"
)
_LINKS = (
    '<p>The same for programs: <a href="/public/closures">JSON</a>,'
    ' <a href="/public/closures.geojson">GeoJSON</a>,'
    ' <a href="/public/feed.atom">feed of CAP alerts</a>,'
    ' <a href="/public/notams">NOTAM-like text</a>.</p>'
)


def page(
    publications: list[Publication], withdrawals: list[Withdrawal], *, exercise: bool
) -> bytes:
    """All that is published now. Times are in UTC; every text of a party is escaped."""
    title = "Closures and stand-offs"
    mark, more, before = (BAND, STYLE, TITLE) if exercise else ("", "", "")
    stands = "".join(_article(each) for each in publications)
    gone = "".join(f"<li>{_withdrawn(each)}</li>" for each in withdrawals)
    body = (
        f"{mark}<h1>{title}</h1>"
        f'<p class="say">{escape(NO_CLEARANCE)}</p><p>{escape(NOT_AN_AUTHORITY)}</p>'
        f"{stands or '<p>Nothing is published.</p>'}"
        f"{f'<h2>Withdrawn</h2><p>{WITHDRAWN}</p><ul>{gone}</ul>' if gone else ''}"
        f"<p>Reload this page for what stands now.</p>{_LINKS}"
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{before}{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}{more}</style>{body}'
        "</html>"
    ).encode()


def _article(publication: Publication) -> str:
    content = publication.content
    name = identifier(publication.sender, publication.message)
    windows = "".join(
        f"<li>{utc(start_us)} to {utc(end_us, up=True)} (UTC)<ul>{_places(volumes)}</ul></li>"
        for (start_us, end_us), volumes in by_window(content).items()
    )
    said = "".join(f"<p>{escape(each)}</p>" for each in _said(content))
    return (
        f"<article><h2>{event_of(content)}: {escape(one_line(content.area))}</h2>"
        f"{said}<ul>{windows}</ul>"
        f"<p>Message {escape(name)}, sent {utc(publication.message.sent_us)}:"
        f' <a href="/public/alerts/{escape(name)}">CAP</a>,'
        f' <a href="/public/notams/{escape(name)}">NOTAM-like text</a></p></article>'
    )


def _said(content: Content) -> list[str]:
    said = [] if content.agreed else [NOT_AGREED]
    if content.name:
        said.append(f"Name: {one_line(content.name)}")
    if content.reason:
        said.append(f"Reason: {one_line(content.reason)}")
    if content.parties:
        said.append(f"Parties: {', '.join(content.parties)}")
    return [*said, *rounded(content)]


def _places(volumes: list[Volume4D]) -> str:
    return "".join(
        f"<li>{escape(place(each.footprint))}, {_heights(each)}</li>" for each in volumes
    )


def _heights(volume: Volume4D) -> str:
    if is_all_heights(volume):
        return "at all heights"
    return escape(f"from {height(volume.lower)} to {height(volume.upper)}")


def _withdrawn(withdrawal: Withdrawal) -> str:
    names = ", ".join(identifier(withdrawal.sender, each) for each in withdrawal.cancels)
    name = identifier(withdrawal.sender, withdrawal.message)
    return escape(f"{names}: withdrawn by {name}, {utc(withdrawal.message.sent_us)}")
