"""The rule for taking a post over: only with the open list read, as it stands now (S-12)."""

from __future__ import annotations

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.ladders import Post
from wideberth.model.parties import Author
from wideberth.model.refusals import RefusalKind
from wideberth.model.shifts import ShiftTaken, TakeShift
from wideberth.picture.openlist import digest_of_open
from wideberth.picture.picture import Picture

__all__ = ["take"]


def take(picture: Picture, command: TakeShift, author: Author, context: Context) -> Decision:
    """A post changes hands; whoever takes it names the list that it read by its digest."""
    if command.post is Post.NEUTRAL:
        return refused(
            RefusalKind.INVALID,
            "post",
            "the neutral is a party of its own; take a post of yours",
            field="post",
            value=command.post.value,
        )
    if command.open_list != digest_of_open(picture.notices_to(author.party)):
        return refused(
            RefusalKind.STALE,
            "open-list-changed",
            "read the open list as it stands now, and name its digest",
            field="open_list",
            value=command.open_list,
        )
    return Accepted((ShiftTaken(author.party, command.post, command.open_list),))
