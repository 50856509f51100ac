"""The rule for accounts: signed, given anew for each correction, shown as their author decides."""

from __future__ import annotations

from wideberth.decisions.incidents_opened import (
    audience_of,
    refuse_footprint,
    refuse_many,
    refuse_unsigned,
    refuse_words,
    taking_part,
)
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.accounts import (
    MAX_ACCOUNT_WORDS,
    Account,
    AccountGiven,
    GiveAccount,
)
from wideberth.model.ids import AccountId
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.differences import footprint_of
from wideberth.picture.picture import Picture

__all__ = ["give_account"]


def give_account(
    picture: Picture, command: GiveAccount, author: Author, context: Context
) -> Decision:
    """A version of the author's own account, for whom its author shows it to."""
    incident = taking_part(picture, command.incident, author.party)
    if isinstance(incident, Refusal):
        return incident
    shown_to = audience_of(incident, author.party, command.audience, command.parties)
    refusal = (
        refuse_unsigned(author, "the account")
        or (shown_to if isinstance(shown_to, Refusal) else None)
        or (refuse_words(command.words, MAX_ACCOUNT_WORDS, "words") if command.words else None)
        or _refuse_place(command)
        or refuse_many((each.party for each in incident.accounts), author.party, "accounts")
    )
    if refusal is not None:
        return refusal
    if command.claims.is_empty and not command.words:
        return refused(
            RefusalKind.INVALID, "account-empty", "claim something, or say it in words",
            field="words",
        )  # fmt: skip
    assert not isinstance(shown_to, Refusal), "it was looked at"
    account = Account(
        id=AccountId(context.new_id()),
        party=author.party,
        given_us=context.now_us,
        audience=command.audience,
        shown_to=shown_to,
        claims=command.claims,
        words=command.words,
        language=command.language,
    )
    return Accepted((AccountGiven(incident.id, account),))


def _refuse_place(command: GiveAccount) -> Refusal | None:
    where = command.claims.where
    return None if where is None else refuse_footprint(footprint_of(where), "where.place")
