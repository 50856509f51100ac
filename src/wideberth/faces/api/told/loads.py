"""The wire structs of what goes out about loads and ceilings (N-15)."""

from __future__ import annotations

from wideberth.faces.api.told.base import Out


class LoadOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """How many notices lie there. notices: in the last seven days, today among them; unread: not
    answered at all, however old; oldest_unread: when the oldest of those was issued. typical_week:
    how many were acknowledged in a week of the past, by the method that stands beside it; null:
    there is no past. weeks: that it is the mean of. over: whether so much is unread that it is
    warned of. ceiling: your own on it; passed: more went out than that.
    """

    notices: int
    unread: int
    oldest_unread: str | None
    typical_week: float | None
    weeks: int
    over: bool
    ceiling: int | None
    passed: bool


class CounterpartLoadOut(Out, frozen=True, kw_only=True):
    """What went between you and one party. received: to you; sent: to it, of what you may follow.
    What there is nothing of is left out.
    """

    party: str
    received: LoadOut | None = None
    sent: LoadOut | None = None


class CeilingOut(Out, frozen=True, kw_only=True):
    """A ceiling that party set: so many notices to the recipient in seven days. sender: of that
    one alone; left out: in all.
    """

    party: str
    recipient: str
    sender: str | None = None
    notices: int


class BacklogOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The load between you and others. counted: whether the record was counted to its end: after a
    start it takes a moment, and own is null. own: all notices to you. ceilings: that you set, and
    that others set about you; on the first page. method: how each figure is made.
    """

    as_of: str
    counted: bool
    own: LoadOut | None
    counterparts: list[CounterpartLoadOut]
    ceilings: list[CeilingOut]
    method: str
    next: str | None


class CeilingEvent(Out, frozen=True, kw_only=True):
    """Event ``ceiling``: a ceiling of yours, or about you, was set. notices: left out: it was taken
    away.
    """

    party: str
    recipient: str
    position: int
    time: str
    sender: str | None = None
    notices: int | None = None
