"""The wire structs of what goes out about doubts."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out
from wideberth.model.doubts import DoubtState


class DoubtOut(Out, frozen=True, kw_only=True):
    """A doubt about an intent or a zone. state: ``open`` until its party answers or accepts it as
    open. party: who raised it, shown to that party and to owner alone. intent, zone, owner: left
    out where you may not see what your notice is about.
    """

    id: str
    state: DoubtState
    statement: str
    raised: str
    party: str | None = None
    owner: str | None = None
    intent: str | None = None
    zone: str | None = None
    notice: str | None = None
    stop: str | None = None
    answer: str | None = None
    answered: str | None = None


class DoubtsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Doubts that you raised, about what is yours, and beside what you see. next: cursor of the
    next page. sentence: what a doubt does, and what no doubt is.
    """

    doubts: list[DoubtOut]
    next: str | None
    sentence: str


class DoubtTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A doubt, or the word on it, is in the record."""

    doubt: DoubtOut
    sentence: str
    position: int
    time: str


class DoubtEvent(Out, frozen=True, kw_only=True):
    """A doubt was raised, answered, or accepted as open. by: whose words these are; left out for
    whom a raiser's name is not. intent, zone: what it is about, where you may see that.
    """

    doubt: str
    change: Literal["raised", "answered", "accepted-open"]
    statement: str
    position: int
    time: str
    by: str | None = None
    intent: str | None = None
    zone: str | None = None
    notice: str | None = None
    stop: str | None = None
