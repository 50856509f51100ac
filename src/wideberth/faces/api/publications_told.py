"""What a stream tells the parties of an agreement of what is published under it."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out

__all__ = ["PublicationEvent"]


class PublicationEvent(Out, frozen=True, kw_only=True):
    """Something is public, is public differently, or no longer, under an agreement of yours.

    number: of the sender's message that says so; replaces: the numbers of those that it replaces or
    withdraws. ``carried-on``: under a later version, with no new message. source: ``zone/`` and the
    id of a declared zone, or ``area/`` and the provision. reason: of a withdrawal: ``agreement``
    (it no longer applies), ``time`` (it was agreed until then), ``source`` (the zone is no more).
    """

    change: Literal["published", "updated", "carried-on", "withdrawn"]
    sender: str
    number: int
    agreement: str
    version: int
    provision: str
    source: str
    position: int
    time: str
    replaces: list[int] = []
    reason: str | None = None
