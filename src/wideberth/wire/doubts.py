"""The wire structs of doubts as they come in."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from wideberth.model.doubts import MAX_DOUBT_TEXT
from wideberth.wire.asked import In

__all__ = ["AnswerDoubtIn", "DoubtIn"]

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_DOUBT_TEXT)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class DoubtIn(In, frozen=True, kw_only=True):
    """A doubt about an intent (a site, a hazard), a zone, or what a notice to you tells of: one."""

    statement: Words
    intent: Name | None = None
    zone: Name | None = None
    notice: Name | None = None


class AnswerDoubtIn(In, frozen=True, kw_only=True):
    """The answer to a doubt; or that it stays open, and why."""

    state: Literal["answered", "accepted-open"]
    statement: Words
