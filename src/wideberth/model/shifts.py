"""Shifts: who took a post over, and that the open list was read at that (S-12)."""

from __future__ import annotations

import msgspec

from wideberth.model.ids import PartyId
from wideberth.model.ladders import Post

__all__ = ["Shift", "ShiftTaken", "TakeShift"]


class TakeShift(msgspec.Struct, frozen=True, tag=True):
    """Take a post of the author's party over. open_list: the digest of the list that was read."""

    post: Post
    open_list: str


class ShiftTaken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A post was taken over, by whoever the entry's author is, with this open list read."""

    party: PartyId
    post: Post
    open_list: str


class Shift(msgspec.Struct, frozen=True, gc=False):
    """Who holds a post. subject: the credential's, never a name; since_us: of the hand-over."""

    subject: str
    since_us: int
