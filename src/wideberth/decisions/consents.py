"""Asking and answering under an agreement of the kind CONSENT, and under no other (D-01).

Silence never becomes an answer: what nobody answered stays as it was asked (L-09).
"""

from __future__ import annotations

from wideberth.decisions.agreements import refuse_unsigned, visible
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.agreements import LegalKind
from wideberth.model.consents import (
    AnswerConsent,
    AskConsent,
    Asked,
    ConsentAnswered,
    ConsentAsked,
)
from wideberth.model.parties import Author
from wideberth.model.provisions import Consent
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US

__all__ = ["answer", "ask"]

MAX_ASKED = 1_000
"""So many requests of one party may stand without an answer."""


def ask(picture: Picture, command: AskConsent, author: Author, context: Context) -> Decision:
    """A request under a provision of a version that is in force."""
    agreement = visible(picture, command.agreement, command.version, author.party)
    if isinstance(agreement, Refusal):
        return agreement
    provision = next(
        (
            each
            for each in agreement.terms.provisions
            if isinstance(each, Consent) and each.id == command.provision
        ),
        None,
    )
    if agreement.terms.kind is not LegalKind.CONSENT or provision is None:
        return refused(
            RefusalKind.INVALID,
            "not-asked-for",
            f"this agreement is of the kind {agreement.terms.kind.value}, or the provision asks"
            " for nothing",
            field="provision",
            value=command.provision,
        )
    if not agreement.applies(provision.id):
        return refused(
            RefusalKind.CONFLICT, "not-in-force", f"this version is {agreement.state.value}"
        )
    if author.party in provision.entitled or author.party not in agreement.terms.parties:
        return refused(
            RefusalKind.FORBIDDEN, "not-yours", "a party that is not the one entitled asks"
        )
    if not command.words.strip() or len(command.words) > 2000:
        return refused(
            RefusalKind.INVALID, "words", "say in up to 2,000 characters what for", field="words"
        )
    own = None if command.intent is None else picture.intents.get(command.intent)
    if command.intent is not None and (own is None or own.party != author.party):
        return refused(
            RefusalKind.UNKNOWN, "no-such-intent", "no intent of yours has this id", field="intent"
        )
    waiting = sum(
        1
        for each in picture.consents
        if picture.consents[each].party == author.party and picture.consents[each].verdict is None
    )
    if waiting >= MAX_ASKED:
        return refused(RefusalKind.LIMIT, "consent-count", f"{MAX_ASKED} requests wait already")
    within_us = provision.answer_within_s * SECOND_US
    return Accepted(
        (
            ConsentAsked(
                Asked(
                    id=command.consent,
                    agreement=agreement.id,
                    version=agreement.version,
                    provision=provision.id,
                    party=author.party,
                    words=command.words,
                    asked_us=context.now_us,
                    entitled=provision.entitled,
                    concerned=agreement.terms.concerned,
                    answer_by_us=context.now_us + within_us if within_us else 0,
                    intent=command.intent,
                )
            ),
        )
    )


def answer(picture: Picture, command: AnswerConsent, author: Author, context: Context) -> Decision:
    """The signed answer of the party entitled; a later one takes the place of an earlier."""
    refusal = refuse_unsigned(command.verdict.value, author)
    if refusal is not None:
        return refusal
    asked = picture.consents.get(command.consent)
    if asked is None or author.party not in asked.concerned:
        return refused(RefusalKind.UNKNOWN, "no-such-request", "nothing of this id was asked")
    if author.party not in asked.entitled:
        return refused(RefusalKind.FORBIDDEN, "not-entitled", "the party entitled answers")
    if asked.verdict is command.verdict:
        return refused(RefusalKind.CONFLICT, "answered-so", "this answer stands already")
    agreement = picture.agreements.get((asked.agreement, asked.version))
    if agreement is None or not agreement.applies(asked.provision):
        return refused(
            RefusalKind.CONFLICT, "not-in-force", "the version it was asked under does not apply"
        )
    if len(command.reason) > 2000:
        return refused(RefusalKind.INVALID, "too-long", "say it in fewer words", field="reason")
    return Accepted(
        (ConsentAnswered(asked.id, author.party, command.verdict, asked.concerned, command.reason),)
    )
