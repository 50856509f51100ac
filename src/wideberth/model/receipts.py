"""What an answer to a notice answers, as digests: the content that was received (R-02), and the
difference from the notice that it takes the place of (N-16).

Both are SHA-256, in lower-case hexadecimal, over canonical JSON: members by name, no white space,
members that hold their default left out. Whoever has the notice as the record has it can work them
out. Whoever has an answer alone, as the sender has, cannot guess the notice by trying: its salt is
in both. A notice without a salt, of an earlier version of the program, has neither.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from wideberth.model.ids import NoticeId
from wideberth.model.intents import FieldChange
from wideberth.model.notices import Notice

__all__ = ["content_digest", "difference_digest"]

_canonical = msgspec.json.Encoder(order="sorted")


class _Difference(msgspec.Struct, frozen=True):
    changes: tuple[FieldChange, ...]
    salt: str
    supersedes: tuple[NoticeId, ...]


def content_digest(notice: Notice) -> str | None:
    """Of the notice as its recipient got it. held_by is left out: it shrinks as the owners of
    presences give their word, and what was told stays the same.
    """
    if not notice.salt:
        return None
    if notice.held_by:
        notice = msgspec.structs.replace(notice, held_by=())
    return sha256(_canonical.encode(notice)).hexdigest()


def difference_digest(notice: Notice) -> str | None:
    """Of what the notice says is different, and from which notices; None where it says nothing of
    the kind.
    """
    if not (notice.changes and notice.salt):
        return None
    said = _Difference(notice.changes, notice.salt, notice.supersedes)
    return sha256(_canonical.encode(said)).hexdigest()
