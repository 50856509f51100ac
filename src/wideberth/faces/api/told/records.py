"""Entries, proofs, clocks and what a node says of itself."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out


class EntryOut(Out, frozen=True, kw_only=True):
    """One entry of the record: whole where you may read it, else its leaf (base64).

    erased: its content is deleted, for everybody; an entry after it says on which ground.
    """

    position: int
    salt: str | None = None
    envelope: str | None = None
    leaf: str | None = None
    erased: bool = False


class EntriesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Entries by position. next: the position to ask from, null at the end."""

    entries: list[EntryOut]
    next: int | None


class CosignedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The cosignatures that were kept: of a head of this size, by these witnesses."""

    size: int
    witnesses: list[str]


class ProofOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """RFC 6962 consistency proof: base64 hashes."""

    old: int
    new: int
    proof: list[str]


class ClockOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The node's clock. simulated: of an exercise; rate: its seconds in a real one."""

    simulated: bool
    rate: float


class SpaceOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The public facts: whose record this is, who runs it, what an acknowledgement is not."""

    name: str
    origin: str
    vkey: str
    host: str
    exercise: bool
    rules: str
    sentence: str
    version: str
    time: str
    clock: ClockOut


class Health(Out, frozen=True, kw_only=True, omit_defaults=False):
    """ok: this process lives. ready: this node takes commands."""

    status: Literal["ok", "ready"]


class SkewOut(Out, frozen=True, kw_only=True):
    """How far the asker's clock is ahead of the node's, in seconds; below 0: behind. bound_s: how
    far a time that it tells may be off.
    """

    ahead_least_s: float
    ahead_most_s: float
    bound_s: float


class StampsOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """When the question came and when the answer left, by the node's clock. clock: what the earlier
    exchanges say. recorded: what stands in the record of the asker's clock; widened_by_s: by how
    much that widens, at both ends, the windows that the asker tells. warning: that it is off by
    more than is agreed.
    """

    received: str
    answered: str
    clock: SkewOut | None
    recorded: SkewOut | None
    widened_by_s: float
    warning: str | None
