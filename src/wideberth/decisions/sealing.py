"""The rules for sealed texts: whose key, whose word, about what; and where words must be sealed.

The mechanism never sees the words. It checks what can be checked without them: that a seal key is
signed by its party's own signing key, that a text is signed by its sender and sealed to keys in
force, that the sender may see what it is about. None of this tells a sender what others may see.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.errors import InvalidValue
from wideberth.model.accounts import GiveAccount
from wideberth.model.agreements import StepAgreement
from wideberth.model.commands import (
    AcknowledgeNotice,
    AmendIntent,
    Command,
    SubmitIntent,
)
from wideberth.model.consents import AnswerConsent, AskConsent
from wideberth.model.counting import ContestCount
from wideberth.model.ids import IncidentId, IntentId, NoticeId, PartyId, ZoneId
from wideberth.model.inquiries import TransmitResult
from wideberth.model.liveness import ReportChannel, SuspendChannel
from wideberth.model.lodged import LodgeEvidence
from wideberth.model.parties import Author, How, Key, Role
from wideberth.model.questions import AskQuestion, StepQuestion
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.sealed import (
    About,
    AboutType,
    OfferSealKey,
    SealedText,
    SealKeyOffered,
    SealText,
    TextSealed,
    decoded,
    is_reference,
    reference_of,
    verify_seal_key,
    verify_sealed,
)
from wideberth.model.sites import (
    AnswerChallenge,
    AssessSharing,
    ChallengeSite,
    ReportHarm,
    RequestExport,
    ReviewSite,
)
from wideberth.picture.incidents import incident_of
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture

__all__ = ["FREE_WORDS", "Words", "offer_key", "refuse_words", "seal_text"]

_SEALS = (Role.TELL, Role.ACKNOWLEDGE, Role.SIGN)


def offer_key(
    picture: Picture, command: OfferSealKey, author: Author, context: Context
) -> Decision:
    """A seal key of one of the party's signing keys, in place of the one before."""
    key = command.key
    if author.party != key.party:
        return refused(
            RefusalKind.FORBIDDEN, "not-yours", "a party offers its own seal keys", field="party"
        )
    signing = picture.keys.get((key.party, key.key_id))
    if signing is None:
        return refused(
            RefusalKind.UNKNOWN,
            "no-such-key",
            "name a signing key of your party that is in force",
            field="key_id",
            value=key.key_id,
        )
    before = picture.seal_keys.get((key.party, key.key_id))
    wanted = 1 if before is None else before.number + 1
    if key.number != wanted:
        return refused(
            RefusalKind.STALE,
            "seal-key-number",
            f"the next seal key of this signing key is number {wanted}",
            field="number",
            value=str(key.number),
        )
    try:
        verify_seal_key(key, _public(signing), origin=picture.space.origin)
    except InvalidValue as error:
        return invalid(error)
    return Accepted((SealKeyOffered(key),))


def seal_text(picture: Picture, command: SealText, author: Author, context: Context) -> Decision:
    """A text for those whom it is sealed to."""
    text, origin = command.text, picture.space.origin
    if author.party != text.sender:
        return refused(
            RefusalKind.FORBIDDEN, "not-yours", "a party seals in its own name", field="sender"
        )
    signing = picture.keys.get((text.sender, text.key_id))
    if signing is None or not set(_SEALS) & set(signing.roles):
        return refused(
            RefusalKind.FORBIDDEN,
            "key-not-in-force",
            "sign with a key in force that may acknowledge, tell or sign",
            field="key_id",
            value=text.key_id,
        )
    try:
        verify_sealed(text, _public(signing), origin=origin)
    except InvalidValue as error:
        return invalid(error)
    name = reference_of(origin, text)
    if name in picture.sealed_texts:
        return refused(RefusalKind.CONFLICT, "already-sent", "this text was sent", value=name)
    refusal = _refuse_recipients(picture, text)
    if refusal is not None:
        return refusal
    if not _may_be_about(picture, text.about, author.party):
        return refused(
            RefusalKind.UNKNOWN,
            "about-unknown",
            "name an object that stands and that you may see",
            field="about",
            value=f"{text.about.type} {text.about.id}",
        )
    return Accepted((TextSealed(name, text),))


def _refuse_recipients(picture: Picture, text: SealedText) -> Refusal | None:
    """Refuses a key that is no longer the one: nobody might be able to open it."""
    named = [(each.party, each.key_id) for each in text.recipients]
    for index, each in enumerate(text.recipients):
        known = picture.seal_keys.get((each.party, each.key_id))
        if known is None or known.number != each.number:
            return refused(
                RefusalKind.STALE,
                "seal-key-not-in-force",
                "ask for the party's seal keys, and seal to those in force",
                field=f"recipients.{index}",
                value=f"{each.party}/{each.key_id} {each.number}",
            )
    if len(set(named)) != len(named):
        return refused(RefusalKind.INVALID, "recipients", "name each key once", field="recipients")
    return None


def _may_be_about(picture: Picture, about: About, party: PartyId) -> bool:
    """Whether the party may see it. What it may not see and what does not exist are the same."""
    match about.type:
        case AboutType.INTENT:
            intent = picture.intents.get(IntentId(about.id))
            return intent is not None and sees(picture, intent, party)
        case AboutType.ZONE:
            return ZoneId(about.id) in picture.zones
        case AboutType.NOTICE:
            standing = picture.notices.get(NoticeId(about.id))
            return standing is not None and standing.notice.recipient == party
        case AboutType.STOP:
            return about.id in picture.stops
        case AboutType.AGREEMENT:
            return any(
                each[0] == about.id and party in picture.agreements[each].terms.concerned
                for each in picture.agreements
            )
        case AboutType.PARTY:
            return PartyId(about.id) in picture.parties
        case AboutType.INCIDENT:
            return incident_of(picture, IncidentId(about.id), party) is not None


class Words(NamedTuple):
    """A free text of a command. of: what it says, None or empty where nothing; about: the object
    that a sealed text in its place has to be about.
    """

    field: str
    of: Callable[[Any], str | None]
    about: Callable[[Picture, Any, PartyId], About | None]


def refuse_words(picture: Picture, command: Command, author: Author) -> Refusal | None:
    """Why these words may not stand, or None where they may.

    Words that name a sealed text must name one of the author's about the same object. Where the
    rules ask for it, nothing else is taken. What was relayed (mail, code, link, telephone) came to
    the host in clear, and an answer is never lost for that.
    """
    named = FREE_WORDS.get(type(command))
    if named is None or author.how not in (How.SIGNED, How.ATTESTED):
        return None
    for field, of, about in named:
        words = of(command)
        if not words:
            continue
        if is_reference(words):
            mark = picture.sealed_texts.get(words)
            found = about(picture, command, author.party)
            if mark is None or mark.sender != author.party or mark.about != found:
                return refused(
                    RefusalKind.UNKNOWN,
                    "no-such-sealed-text",
                    "name a sealed text of your party about the same object",
                    field=field,
                    value=words,
                )
        elif picture.space.rules.seal_texts:
            return refused(
                RefusalKind.INVALID,
                "sealed-words-only",
                "in this space free text is sealed: seal it to those it is for, name the sealed"
                " text here",
                field=field,
            )
    return None


def _public(key: Key) -> bytes:
    return decoded(key.public_key, "public_key")


def _member(name: str) -> Callable[[Any], str | None]:
    return lambda command: getattr(command, name)


def _phase(command: SubmitIntent | AmendIntent) -> str | None:
    stated = command.details.stated
    return None if stated is None else stated.phase_text


def _line(command: LodgeEvidence) -> str:
    return command.lodging.line


def _damage(command: GiveAccount) -> str | None:
    """Of the items of damage, words in clear before any that name a sealed text."""
    damage = command.claims.damage
    words = [each.words for each in damage.items] if damage is not None else []
    return min(words, key=is_reference, default=None)


def _object(kind: AboutType, member: str) -> Callable[[Picture, Any, PartyId], About]:
    return lambda _picture, command, _party: About(kind, getattr(command, member))


def _own(_picture: Picture, _command: object, party: PartyId) -> About:
    return About(AboutType.PARTY, party)


def _consent(picture: Picture, command: AnswerConsent, _party: PartyId) -> About | None:
    asked = picture.consents.get(command.consent)
    return None if asked is None else About(AboutType.AGREEMENT, asked.agreement)


def _words(
    about: Callable[[Picture, Any, PartyId], About | None], *members: str
) -> tuple[Words, ...]:
    return tuple(Words(each, _member(each), about) for each in members)


_SITE = _object(AboutType.INTENT, "site")
_AGREEMENT = _object(AboutType.AGREEMENT, "agreement")
_INCIDENT = _object(AboutType.INCIDENT, "incident")

FREE_WORDS: dict[type[Command], tuple[Words, ...]] = {
    SubmitIntent: (Words("stated.phase_text", _phase, _object(AboutType.INTENT, "intent")),),
    AmendIntent: (Words("stated.phase_text", _phase, _object(AboutType.INTENT, "intent")),),
    AcknowledgeNotice: _words(_object(AboutType.NOTICE, "notice"), "reason"),
    SuspendChannel: _words(_own, "scope", "reason"),
    ReportChannel: _words(_object(AboutType.PARTY, "about"), "reason"),
    AssessSharing: _words(
        _object(AboutType.PARTY, "recipient"), "receives", "passes_on", "history"
    ),
    ChallengeSite: _words(_SITE, "statement"),
    AnswerChallenge: _words(_SITE, "statement"),
    ReportHarm: _words(_SITE, "statement"),
    ReviewSite: _words(_SITE, "statement"),
    RequestExport: _words(_own, "purpose"),
    StepAgreement: _words(_AGREEMENT, "reason"),
    ContestCount: _words(_AGREEMENT, "reason"),
    AskConsent: _words(_AGREEMENT, "words"),
    AnswerConsent: _words(_consent, "reason"),
    GiveAccount: (*_words(_INCIDENT, "words"), Words("damage.words", _damage, _INCIDENT)),
    AskQuestion: _words(_INCIDENT, "words"),
    StepQuestion: _words(_INCIDENT, "words"),
    LodgeEvidence: (Words("line", _line, _INCIDENT),),
    TransmitResult: _words(_INCIDENT, "words"),
}
"""The free text between parties, by command. Not here, and never asked for sealed: the words of a
STOP and of a DOUBT, since nothing may stand before them; names and codes by which things are called
(call signs, places, zones and why they are there, red lines, incidents); the text of an agreement,
which the mechanism applies."""
