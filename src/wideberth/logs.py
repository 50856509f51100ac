"""What a node writes on standard error: one line for each thing, as text or as JSON.

A line never holds a body, a token, a coordinate, a query or the text of an exception, which may
quote any of them: an error is told by its type and where it was raised. At level ``debug`` its
text is told too; that is for a desk, not for a space with parties in it.
"""

from __future__ import annotations

import hmac
import json
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from wideberth.measures import RequestSeen
from wideberth.operating import LogTable

__all__ = ["Line", "request_logger", "set_up"]

_REQUESTS = logging.getLogger("wideberth.requests")
_FIELDS = "wideberth_fields"


class Line(logging.Formatter):
    """Makes the lines. as_json: one object a line; with_text: what exceptions say, too."""

    def __init__(self, *, as_json: bool, with_text: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._with_text = with_text

    def format(self, record: logging.LogRecord) -> str:
        """A record as one line, whatever it holds."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, object] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields |= self._told(record.exc_info[1])
        if self._as_json:
            return json.dumps(fields, ensure_ascii=True, default=str)
        head = [str(fields.pop(name)) for name in ("time", "level", "logger", "message")]
        more = [f"{name}={_one_line(value)}" for name, value in fields.items()]
        return " ".join([*(_one_line(each) for each in head), *more])

    def _told(self, error: BaseException) -> dict[str, object]:
        frames = traceback.extract_tb(error.__traceback__)
        told: dict[str, object] = {
            "error": type(error).__name__,
            "at": " < ".join(f"{each.name}:{each.lineno}" for each in reversed(frames[-8:])),
        }
        if self._with_text:
            told["text"] = str(error)
        return told


def set_up(table: LogTable, stream: TextIO | None = None) -> None:
    """Let every logger of this process write such lines. stream: None: standard error."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Line(as_json=table.format == "json", with_text=table.level == "debug"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(table.level.upper())
    for name in ("httpx", "httpcore"):  # they tell whole addresses, which may hold a secret
        logging.getLogger(name).setLevel(logging.WARNING)
    _REQUESTS.setLevel(logging.INFO if table.requests else logging.WARNING)


def request_logger(secret: bytes) -> Callable[[RequestSeen], None]:
    """Writes one line for each request. secret: of which the parties' pseudonyms are made: the same
    party has the same one, and whoever has the log alone does not know which it is.
    """
    pseudonyms: dict[str, str] = {}

    def pseudonym(party: str) -> str:
        found = pseudonyms.get(party)
        if found is None:
            digest = hmac.digest(secret, f"log: {party}".encode(), "sha256")
            found = pseudonyms[party] = f"party-{digest.hex()[:12]}"
        return found

    def write(seen: RequestSeen) -> None:
        fields = {
            "id": seen.id,
            "method": seen.method,
            "route": seen.route or "none",
            "status": seen.status,
            "duration_ms": round((seen.ended_ns - seen.began_ns) / 1e6, 3),
        }
        if seen.party is not None:
            fields["party"] = pseudonym(seen.party)
        _REQUESTS.info("request", extra={_FIELDS: fields})

    return write


def _one_line(value: object) -> str:
    """A value that cannot end its line or begin another."""
    return str(value).encode("unicode_escape").decode("ascii")
