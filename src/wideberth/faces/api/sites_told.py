"""The wire structs of what goes out about protected sites."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told import DoubtOut, IntentOut, Out, RestsOn
from wideberth.model.sites import Disclosure


class ChallengeOut(Out, frozen=True, kw_only=True):
    """A challenge and its answer. party: left out for whom neither is theirs. overdue: the owner
    let the time for an answer pass.
    """

    statement: str
    made: str
    answer_by: str
    party: str | None = None
    answer: str | None = None
    answered: str | None = None
    overdue: bool = False


class CoarseOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Where a site is, rounded out to a cell; and by what (P-03). coarsened: says so."""

    south: float
    west: float
    size_deg: float
    coarsened: str


class SiteOut(Out, frozen=True, kw_only=True):
    """A protected site as you may see it. state: ``current`` or ``STALE``. valid_until: when it
    turns, or turned, stale. evidence: how far it was checked, or CHALLENGED while a challenge
    waits. frozen: harm was repeated near it, and nobody senior looked yet. intent: left out where
    only cell is disclosed. trace: in an export, what it is called there.
    """

    owner: str
    state: Literal["current", "STALE"]
    protection: str
    id: str | None = None
    intent: IntentOut | None = None
    cell: CoarseOut | None = None
    valid_until: str | None = None
    evidence: str | None = None
    challenges: list[ChallengeOut] = []
    doubts: list[DoubtOut] = []
    frozen: bool = False
    trace: str | None = None


class SitesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Protected sites, yours and those shown to you. next: cursor of the next page.
    limited: more are shown to you than are given in a day but by a bulk export.
    """

    sites: list[SiteOut]
    next: str | None
    rests_on: RestsOn
    sentence: str
    limited: bool


class AfterNoticeOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Reports of harm after notice, and how the figure is made."""

    reports: int
    method: str


class SharingOut(Out, frozen=True, kw_only=True):
    """What you assessed for one recipient and what it may learn. most_today: of your sites in one
    answer to it today.
    """

    recipient: str
    disclosure: Disclosure
    sites_shown: int
    after_notice: AfterNoticeOut
    receives: str | None = None
    passes_on: str | None = None
    history: str | None = None
    assessed: str | None = None
    withdrawn: str | None = None
    most_today: int = 0


class SharingsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Your sharings, by recipient."""

    sharings: list[SharingOut]
    sentence: str


class SharingTold(Out, frozen=True, kw_only=True):
    """What came of an assessment or a withdrawal. withdrawn: sites taken from the recipient; note:
    what that cannot do.
    """

    sharing: SharingOut
    position: int
    time: str
    withdrawn: int | None = None
    note: str | None = None


class SiteSaid(Out, frozen=True, kw_only=True):
    """What was said of a site stands in the record. sentence: what a challenge or a review is not;
    frozen: sites that wait for a review from here on.
    """

    site: str
    sentence: str
    position: int
    time: str
    frozen: list[str] = []
    lifted: bool | None = None


class ExportTold(Out, frozen=True, kw_only=True):
    """An export as it stands: who of your party still has to sign, or how many sites it holds."""

    id: str
    position: int
    time: str
    waits_for_second: bool
    sites: int | None = None


class ExportOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A list in bulk. Its order and the trace of each site are the export's own, so that a copy can
    be traced to it; no coordinate is altered.
    """

    id: str
    purpose: str
    sites: list[SiteOut]
    sentence: str
    traced_by: str


class SiteEvent(Out, frozen=True, kw_only=True):
    """Something was said of a site that you own or see."""

    site: str
    change: Literal["stale", "challenged", "answered", "harmed", "reviewed"]
    owner: str
    protection: str
    position: int
    time: str
    statement: str | None = None
    by: str | None = None
    frozen: list[str] = []


class SharingEvent(Out, frozen=True, kw_only=True):
    """What you share, or what was delivered of it: so many sites, to whom, by an export or not."""

    change: Literal["assessed", "withdrawn", "delivered"]
    position: int
    time: str
    recipient: str
    sites: int | None = None
    exported: bool = False


class ExportEvent(Out, frozen=True, kw_only=True):
    """An export of your party's was asked for, or countersigned."""

    id: str
    change: Literal["requested", "countersigned"]
    position: int
    time: str
