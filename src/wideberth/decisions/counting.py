"""The rule for contesting what an agreed rule counts (I-08): by a party of the agreement, in words.

Whether the item counts in anybody's report is not looked at: a report holds what its reader may
see, and an answer here would tell what another one sees.
"""

from __future__ import annotations

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.counting import MAX_REASON, ContestCount, CountContested, item_parts
from wideberth.model.parties import Author
from wideberth.model.provisions import Counting
from wideberth.model.refusals import RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["contest"]


def contest(picture: Picture, command: ContestCount, author: Author, context: Context) -> Decision:
    """A reason beside an item of a count; it takes nothing out of the count."""
    agreement = picture.agreements.get((command.agreement, command.version))
    if agreement is None or author.party not in agreement.terms.concerned:
        return refused(
            RefusalKind.UNKNOWN,
            "no-such-version",
            "name a version of an agreement of yours",
            field="version",
            value=f"{command.agreement}/{command.version}",
        )
    parts = item_parts(command.item)
    counts = {
        (each.id, thing.what)
        for each in agreement.terms.provisions
        if isinstance(each, Counting)
        for thing in each.counts
    }
    if parts is None or parts[:2] not in counts or parts[2] >= picture.size:
        return refused(
            RefusalKind.INVALID,
            "no-such-item",
            "name an item as the report does: provision/what/position",
            field="item",
            value=command.item,
        )
    if not command.reason.strip() or len(command.reason) > MAX_REASON:
        return refused(
            RefusalKind.INVALID,
            "words",
            f"say why in up to {MAX_REASON:,} characters",
            field="reason",
        )
    return Accepted(
        (
            CountContested(
                command.agreement,
                command.version,
                command.item,
                author.party,
                command.reason,
                agreement.terms.concerned,
            ),
        )
    )
