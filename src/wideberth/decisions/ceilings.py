"""The rule for ceilings on how many notices go to a recipient in seven days (N-15).

Whoever sets one is the recipient, or the sender, that it is about. Nothing else asks for it but
the warning and the page that show it: no notice is decided, sent or answered otherwise for one.
"""

from __future__ import annotations

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.loads import MAX_CEILING, CeilingSet, SetCeiling
from wideberth.model.nearest import no_such_party
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["MAX_CEILINGS", "set_ceiling"]

MAX_CEILINGS = 1_000
"""So many ceilings of its own a party has."""


def set_ceiling(
    picture: Picture, command: SetCeiling, author: Author, context: Context
) -> Decision:
    """A ceiling of the author's party: set, in the place of the one before, or taken away."""
    party, key = author.party, (author.party, command.recipient, command.sender or "")
    stands = key in picture.ceilings
    if command.notices is None:
        if not stands:
            return refused(
                RefusalKind.UNKNOWN, "no-such-ceiling", "no ceiling of yours stands for these"
            )
        return Accepted((CeilingSet(party, command.recipient, command.sender),))
    refusal = _refuse_whose(picture, command, author)
    if refusal is not None:
        return refusal
    if not 0 <= command.notices <= MAX_CEILING:
        return refused(
            RefusalKind.INVALID,
            "ceiling-notices",
            f"give 0 to {MAX_CEILING} notices in seven days",
            field="notices",
            value=str(command.notices),
        )
    if not stands and sum(1 for owner, _, _ in picture.ceilings if owner == party) >= MAX_CEILINGS:
        return refused(
            RefusalKind.LIMIT, "ceiling-count", f"a party has up to {MAX_CEILINGS} ceilings"
        )
    return Accepted((CeilingSet(party, command.recipient, command.sender, command.notices),))


def _refuse_whose(picture: Picture, command: SetCeiling, author: Author) -> Refusal | None:
    """Of oneself as the recipient, or of oneself as the sender to another."""
    for field, named in (("recipient", command.recipient), ("sender", command.sender)):
        if named is not None and named not in picture.parties:
            return refused(
                RefusalKind.INVALID,
                "party-unknown",
                no_such_party(named, picture.parties),
                field=field,
                value=named,
            )
    if command.recipient == command.sender:
        return refused(
            RefusalKind.INVALID,
            "ceiling-own",
            "what a party tells itself is not counted by sender; leave sender out",
            field="sender",
            value=command.sender,
        )
    if author.party not in (command.recipient, command.sender):
        return refused(
            RefusalKind.INVALID,
            "ceiling-whose",
            "name your own party as the recipient, or as the sender to another",
            field="recipient, sender",
            value=command.recipient,
        )
    return None
