"""Problem details (RFC 9457)."""

from __future__ import annotations

from typing import Any

import msgspec

from wideberth.faces.api.told.base import Out


class ChoiceOut(Out, frozen=True, kw_only=True):
    """One meaning of a value that could have several. text: what to send instead."""

    text: str
    meaning: str


class Problem(Out, frozen=True, kw_only=True):
    """RFC 9457. rule: a stable code; field: where it stands; value: what came. choices: with status
    422, what it could mean, each with the text to send instead.
    """

    type: str
    title: str
    status: int
    detail: str
    rule: str
    field: str | None = None
    value: Any = None
    with_intents: list[str] = []
    choices: list[ChoiceOut] = []
    from_: str | None = msgspec.field(name="from", default=None)
    until: str | None = None
    instance: str | None = None
