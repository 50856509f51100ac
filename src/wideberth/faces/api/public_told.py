"""What anybody reads without a credential, as JSON."""

from __future__ import annotations

from wideberth.faces.api.told.base import Out
from wideberth.model.publications import NO_CLEARANCE, PublicKind
from wideberth.wire.asked import VolumeWire
from wideberth.wire.publicwords import NOT_AN_AUTHORITY

__all__ = ["PublicClosure", "PublicClosures", "PublicWithdrawal"]


class PublicClosure(Out, frozen=True, kw_only=True):
    """A closure or stand-off as its parties agreed to publish it. alert: the name of the message
    that stands; replaces: those of earlier ones. label: where one party declared it alone. text:
    all of it in words. name, reason, parties: only where that was agreed. cell_deg, time_step_s:
    to which places and times are rounded outward; none where they are as they were told.
    """

    alert: str
    sender: str
    sent: str
    kind: PublicKind
    area: str
    agreed: bool
    volumes: list[VolumeWire]
    text: str
    label: str | None = None
    name: str | None = None
    reason: str | None = None
    parties: list[str] = []
    cell_deg: float | None = None
    time_step_s: int | None = None
    replaces: list[str] = []


class PublicWithdrawal(Out, frozen=True, kw_only=True):
    """The message by which others are withdrawn: they are no longer published."""

    alert: str
    sender: str
    sent: str
    withdraws: list[str]


class PublicClosures(Out, frozen=True, kw_only=True, omit_defaults=False):
    """All that is published now. What is not listed is not clear."""

    closures: list[PublicClosure]
    withdrawn: list[PublicWithdrawal]
    exercise: bool
    sentence: str = NO_CLEARANCE
    publisher: str = NOT_AN_AUTHORITY
