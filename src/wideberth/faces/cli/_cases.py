"""How the command line plays a case: over the node's own API, and as a table in the terminal."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from wideberth.cases.case import Case
from wideberth.cases.run import OUTSIDE, Line, play
from wideberth.cases.stage import Face
from wideberth.faces.api import create_app
from wideberth.faces.api.http import PREFIX, Router
from wideberth.faces.api.routes import ROUTES
from wideberth.space.time import format_rfc3339

__all__ = ["FACE", "failed", "played", "table_row"]

_router = Router(ROUTES)


def _statement_of(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    route, names = _router.find(method, PREFIX + path.partition("?")[0])
    if route.command is None:
        return None
    also = {name for name, _ in route.also}
    return route.command, {name: value for name, value in names.items() if name in also}


FACE = Face(create=lambda node, live: create_app(node, live=live), statement_of=_statement_of)
"""The native API, in this process."""


def played(case: Case, folder: Path | None = None) -> list[Line]:
    """Every line of the case's minute table. folder: where its record is kept; None: nowhere.

    Raises InvalidValue for settings of the node that it does not take.
    """
    kept = nullcontext(str(folder)) if folder else tempfile.TemporaryDirectory(prefix="case-")
    with kept as where:
        return asyncio.run(play(case, Path(where) / case.id.lower(), FACE))


def table_row(line: Line) -> tuple[str, str, str, str]:
    """Time, party, what it did or was shown, and whether that is what the case asks for."""
    time = format_rfc3339(line.time_us).replace("T", " ").removesuffix("Z")
    verdict = "" if line.passed is None else "passed" if line.passed else "FAILED"
    did = "is shown: " if line.is_shown else "" if line.party == OUTSIDE else "does: "
    return time, line.party, f"{did}{line.words}", verdict


def failed(lines: Iterable[Line]) -> list[Line]:
    """Those that are not what the case asks for."""
    return [line for line in lines if line.passed is False]
