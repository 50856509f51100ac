"""The page of a play: what is played, a column for each party, and afterwards the review.

It is for who watches, and shows what no party is shown: what happened outside, and every side at
once. So it is no part of the server that is watched: the demo serves it by itself, on the loopback,
at an address that nobody guesses, for it leads to the consoles of all.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import msgspec

from wideberth.cases import Case, Line
from wideberth.space.time import format_rfc3339

__all__ = ["PlayPage"]

_PAGE = Path(__file__).with_name("playpage.html")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".zip": "application/zip",
}
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_POLICY_OF_PACKS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@dataclass
class _Told:
    """What the page has to show so far. A lock, for each request comes on a thread of its own."""

    play: dict[str, Any] = field(default_factory=dict[str, Any])
    lines: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    after: dict[str, Any] | None = None
    files: dict[str, Path] = field(default_factory=dict[str, Path])
    lock: Lock = field(default_factory=Lock)


class PlayPage(AbstractContextManager["PlayPage"]):
    """Serves the page on a free port while the block lasts."""

    def __init__(self) -> None:
        self._told = _Told()
        self._secret = secrets.token_urlsafe(18)
        told, prefix = self._told, f"/{self._secret}/"

        class Handler(_Handler):
            pass

        Handler.told, Handler.prefix = told, prefix
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        """Serve from here on."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}/{self._secret}/"

    def begin(self, case: Case, consoles: dict[str, str], order: Sequence[str]) -> None:
        """What is played, and each party with the address of its console, from left to right."""
        members = {each.id: each for each in case.parties}
        with self._told.lock:
            self._told.play = {
                "title": case.title,
                "structure": case.structure,
                "invented": case.invented,
                "parties": [
                    {
                        "id": party,
                        "name": members[party].name,
                        "role": members[party].role,
                        "console": consoles[party],
                    }
                    for party in order
                ],
            }

    def show(self, line: Line) -> None:
        """A line of the play, as it is there."""
        known = {each["id"] for each in self._told.play.get("parties", ())}
        kind = "does" if line.party in known else "happens"
        if line.is_shown:
            kind = "shown" if line.passed else "missed"
        time = format_rfc3339(line.time_us)[11:16] + "Z"
        told = {"time": time, "party": line.party, "words": line.words, "kind": kind}
        with self._told.lock:
            self._told.lines.append(told)

    def end(self, files: Sequence[tuple[Path, str]], lines: Sequence[str]) -> None:
        """What it came to: files of the review with what each is, and the summary."""
        with self._told.lock:
            named: list[dict[str, str]] = []
            for number, (path, words) in enumerate(files, start=1):
                name = f"{number}-{path.name}"  # two packs have files of one name
                self._told.files[name] = path
                named.append({"name": name, "words": words})
            self._told.after = {"files": named, "lines": list(lines)}


class _Handler(BaseHTTPRequestHandler):
    """Answers what lies below the secret, and nothing else."""

    told: _Told
    prefix: str

    def do_GET(self) -> None:
        """The page, its lines, a file."""
        asked = urlsplit(self.path)
        if not asked.path.startswith(self.prefix):
            self._answer(HTTPStatus.NOT_FOUND, b"", "text/plain")
            return
        below = asked.path.removeprefix(self.prefix)
        if not below:
            self._answer(HTTPStatus.OK, _PAGE.read_bytes(), _TYPES[".html"])
        elif below == "lines":
            self._answer(HTTPStatus.OK, self._lines(asked.query), _TYPES[".json"])
        else:
            self._file(below.removeprefix("files/"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
        """Nothing: the terminal belongs to the play."""

    def _lines(self, query: str) -> bytes:
        given = parse_qs(query).get("from", ["0"])[0]
        start = int(given) if given.isascii() and given.isdigit() else 0
        with self.told.lock:
            answer = {"play": self.told.play, "lines": self.told.lines[start:]}
            return msgspec.json.encode({**answer, "after": self.told.after})

    def _file(self, name: str) -> None:
        with self.told.lock:
            path = self.told.files.get(name)
        if path is None or not path.is_file():
            self._answer(HTTPStatus.NOT_FOUND, b"", "text/plain")
            return
        kind = _TYPES.get(path.suffix, "application/octet-stream")
        policy = _POLICY_OF_PACKS if path.suffix == ".html" else _POLICY
        self._answer(HTTPStatus.OK, path.read_bytes(), kind, policy=policy)

    def _answer(self, status: HTTPStatus, body: bytes, kind: str, *, policy: str = _POLICY) -> None:
        self.send_response(status)
        for name, value in (
            ("content-type", kind),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            ("content-security-policy", policy),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
