"""``wideberth mail-in``: hand one mail, on standard input, to a running node."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import FolderOption, complain

if TYPE_CHECKING:
    from wideberth.model.notices import Particulars
    from wideberth.wire import asked

__all__ = ["command"]

_OK, _NOT_READ, _LATER = 0, 65, 75  # sysexits: a mail server bounces, or keeps and tries again


def command(
    folder: FolderOption = Path("wideberth-data"),
    url: Annotated[
        str, typer.Option(metavar="URL", help="Where the node listens.")
    ] = "http://127.0.0.1:8470",
) -> None:
    """Hand an answer that came by mail to a running node: the mail on standard input.

    For a mail server's pipe or a fetching program. Exit code 65: it could not be read, and its
    sender should be told so; 75: the node was not reached, try again. What an automaton sent is
    let go.
    """
    import httpx
    import msgspec

    from wideberth.answerkeys import AnswerKeys
    from wideberth.delivery.replies import MOST_MAIL_BYTES, Automatic, read_mail
    from wideberth.errors import InvalidValue, WideberthError
    from wideberth.wire import asked

    try:
        reply = read_mail(sys.stdin.buffer.read(MOST_MAIL_BYTES + 1))
    except Automatic as error:
        complain(f"let go: no person wrote it ({error})")
        raise typer.Exit(_OK) from None
    except InvalidValue as error:
        complain(f"not taken: {error.advice}")
        raise typer.Exit(_NOT_READ) from None
    read = reply.read_back
    body = msgspec.json.encode(
        asked.CodeAnswerIn(
            code=reply.code,
            verb="STOP" if reply.verb is None else reply.verb.value,  # pyright: ignore[reportArgumentType]
            words=reply.words,
            read_back=None if read is None else _wire(read),
        )
    )
    try:
        seal = AnswerKeys(folder).seal_of(body)
        headers = {"content-type": "application/json", "wideberth-relay": seal}
        answer = httpx.post(
            f"{url.rstrip('/')}/api/v1/answers", content=body, headers=headers, timeout=20
        )
    except (httpx.HTTPError, WideberthError) as error:
        complain(f"not reached: {error}")
        raise typer.Exit(_LATER) from None
    if answer.status_code >= 500 or answer.status_code == 429:
        complain(f"not taken now: {answer.status_code}")
        raise typer.Exit(_LATER)
    if answer.status_code >= 400:
        complain(f"not taken: {answer.json().get('detail', answer.status_code)}")
        raise typer.Exit(_NOT_READ)
    print(answer.json()["sentence"])


def _wire(read: Particulars) -> asked.ReadBackIn:
    from wideberth.space.time import format_rfc3339
    from wideberth.wire import asked

    return asked.ReadBackIn(
        latitude=read.latitude_nd / 1e9,
        longitude=read.longitude_nd / 1e9,
        start=format_rfc3339(read.start_us),
        end=format_rfc3339(read.end_us),
        lower_m=read.lower_mm / 1000,
        upper_m=read.upper_mm / 1000,
    )
