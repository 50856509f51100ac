"""Deadlines: time reaches the rules as one kind of command, which any process may send.

What is due follows from the record; :mod:`wideberth.picture.deadlines` finds it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

__all__ = ["DeadlineKind", "DeadlinePassed", "Due"]


class DeadlineKind(StrEnum):
    """What is due. The order is that in which deadlines of one instant pass."""

    ESCALATION = "escalation"
    HEARTBEAT = "heartbeat"
    HAZARD = "hazard"
    AGREEMENT = "agreement"
    SITE = "site"
    CALL = "call"
    STOP = "stop"
    INCIDENT = "incident"
    DRILL = "drill"  # behind all else: a drill never delays what is real
    DRILL_PLAN = "drill-plan"


class DeadlinePassed(msgspec.Struct, frozen=True, tag=True):
    """A deadline has passed. subject: what it is of; step: which of its deadlines, so that each
    passes once: whoever says so second is told that it is done.
    """

    kind: DeadlineKind
    subject: str
    step: int

    @property
    def id(self) -> str:
        """Its name: kind, subject and step."""
        return f"{self.kind.value}/{self.subject}/{self.step}"


class Due(msgspec.Struct, frozen=True, gc=False):
    """A deadline that stands: which step of its subject is due, and when."""

    step: int
    due_us: int
