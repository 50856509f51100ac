"""``wideberth`` with a planted fault: ``day_server.py FAULT ARGUMENT...``.

forgetful: what came due while nobody was there never passes. doubling: it remembers no request.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from wideberth import service, timers
from wideberth.faces.cli import main
from wideberth.picture.deadlines import due_of
from wideberth.space.time import HOUR_US

__all__ = ["command"]


def command(fault: str | None) -> list[str]:
    """How the server is started: the real one where there is no fault."""
    if fault is None:
        return [str(Path(sys.executable).with_name("wideberth"))]
    return [sys.executable, __file__, fault]


def _forgetful() -> None:
    """What came due while nobody was there never passes."""
    take_due = timers.take_due

    def take(picture: Any, now_us: int, *, limit: int) -> Any:
        taken = take_due(picture, now_us, limit=limit)
        dues = [due_of(picture, each.kind, each.subject) for each in taken]
        since_us = now_us - 5 * HOUR_US
        return [
            each
            for each, due in zip(taken, dues, strict=True)
            if due is not None and due.due_us > since_us
        ]

    timers.take_due = take


def _doubling() -> None:
    """It remembers no request."""
    decide = service.decide

    def decide_anew(picture: Any, request: Any, context: Any) -> Any:
        known, picture.requests = picture.requests, {}
        try:
            return decide(picture, request, context)
        finally:
            picture.requests = known

    service.decide = decide_anew


PLANTS = {"forgetful": _forgetful, "doubling": _doubling}

if __name__ == "__main__":
    PLANTS[sys.argv.pop(1)]()
    main()
