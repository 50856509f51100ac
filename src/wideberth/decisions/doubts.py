"""The rules for DOUBT (L-07): who may raise one, who answers it, and what waits for that.

A doubt is never taken back, deleted or counted against whoever raised it. What is doubted stands
and can be corrected or ended at any time; it is only not marked as confirmed while a doubt is open.
"""

from __future__ import annotations

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.doubts import (
    MAX_DOUBT_TEXT,
    MAX_DOUBTS,
    AnswerDoubt,
    Doubt,
    DoubtAnswered,
    DoubtId,
    DoubtRaised,
    DoubtState,
    RaiseDoubt,
)
from wideberth.model.ids import IntentId, NoticeId, PartyId, ZoneId
from wideberth.model.intents import Intent
from wideberth.model.notices import ObjectRef, ObjectType
from wideberth.model.parties import Author, How
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.stated import Evidence
from wideberth.model.stops import Form, Identified, Stop
from wideberth.model.zones import Zone
from wideberth.picture.doubts import doubt_of, is_doubted
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.picture.sites import site_of

__all__ = [
    "answer_doubt",
    "doubt_of_stop",
    "is_new_doubt",
    "raise_doubt",
    "refuse_all_clear",
    "refuse_confirming",
]

_DEGREES = tuple(Evidence)


_NO_WORDS = refused(
    RefusalKind.INVALID,
    "words",
    f"say it in up to {MAX_DOUBT_TEXT:,} characters",
    field="statement",
)


def _says_something(statement: str) -> bool:
    return bool(statement.strip()) and len(statement) <= MAX_DOUBT_TEXT


def raise_doubt(
    picture: Picture, command: RaiseDoubt, author: Author, context: Context
) -> Decision:
    """A doubt of somebody on the distribution of what it is about. One of a party at a time."""
    found = _doubted(picture, command, author.party)
    if isinstance(found, Refusal):
        return found
    item, hidden = found
    if item.party == author.party:
        return refused(RefusalKind.FORBIDDEN, "your-own", "change or end what is yours instead")
    if not _says_something(command.statement):
        return _NO_WORDS
    if _has_open(picture, item.id, author.party):
        return refused(
            RefusalKind.CONFLICT, "doubt-stands", "yours stands, and waits for its answer"
        )
    known = picture.doubts.get(item.id)
    if known is not None and len(known.doubts) >= MAX_DOUBTS:
        return refused(RefusalKind.LIMIT, "doubt-count", f"{MAX_DOUBTS:,} stand already")
    doubt = Doubt(
        DoubtId(context.new_id()),
        author.party,
        command.statement,
        context.now_us,
        notice=command.notice,
        hidden=hidden,
    )
    return Accepted((DoubtRaised(_reference(item), item.party, item.end_us, doubt),))


def answer_doubt(
    picture: Picture, command: AnswerDoubt, author: Author, context: Context
) -> Decision:
    """The word of the party whose it is. One that was accepted as open can be answered later."""
    found = doubt_of(picture, command.doubt)
    if found is None or author.party not in (found[0].owner, found[1].party):
        return refused(
            RefusalKind.UNKNOWN, "no-such-doubt", "no doubt of this id waits for you",
            field="doubt", value=command.doubt,
        )  # fmt: skip
    known, doubt = found
    if known.owner != author.party:
        return refused(RefusalKind.FORBIDDEN, "not-yours", "the party of what is doubted answers")
    if author.how in (How.ATTESTED, How.RELAYED):
        return refused(
            RefusalKind.FORBIDDEN,
            "signature-required",
            "sign the answer with a key of this party",
        )
    if command.state is DoubtState.OPEN:
        return refused(
            RefusalKind.INVALID, "doubt-state", "it is answered, or accepted as open",
            field="state", value=command.state.value,
        )  # fmt: skip
    if not _says_something(command.statement):
        return _NO_WORDS
    if doubt.state is DoubtState.ANSWERED or doubt.state is command.state:
        return refused(
            RefusalKind.CONFLICT, "doubt-settled", f"it is {doubt.state.value} already",
            field="state", value=command.state.value,
        )  # fmt: skip
    return Accepted(
        (
            DoubtAnswered(
                known.item,
                doubt.id,
                author.party,
                doubt.party,
                command.state,
                command.statement,
                hidden=doubt.hidden,
            ),
        )
    )


def is_new_doubt(picture: Picture, command: RaiseDoubt, party: PartyId) -> bool:
    """Whether this raises a doubt, and does not repeat one: it is heard whatever else the party
    asked for.
    """
    found = _doubted(picture, command, party)
    return not isinstance(found, Refusal) and not _has_open(picture, found[0].id, party)


def doubt_of_stop(picture: Picture, stop: Stop, context: Context) -> DoubtRaised | None:
    """The doubt that a STOP of the form doubt raises about the intent or the zone that it names.
    None where its sender is not proved, is not on the distribution, or has one open there.
    """
    if stop.form is not Form.DOUBT or stop.identified is Identified.UNVERIFIED:
        return None
    if stop.intent is None and stop.zone is None:
        return None
    zone = None if stop.intent is not None else stop.zone
    found = _doubted(picture, RaiseDoubt("", intent=stop.intent, zone=zone), stop.sender)
    if isinstance(found, Refusal):
        return None
    item, _ = found
    known = picture.doubts.get(item.id)
    if (
        item.party == stop.sender
        or _has_open(picture, item.id, stop.sender)
        or (known is not None and len(known.doubts) >= MAX_DOUBTS)
    ):
        return None
    doubt = Doubt(DoubtId(context.new_id()), stop.sender, stop.text, context.now_us, stop=stop.id)
    return DoubtRaised(_reference(item), item.party, item.end_us, doubt)


def refuse_confirming(picture: Picture, after: Intent, before: Intent) -> Refusal | None:
    """Refuse a version that says of its place that it was checked further than the one before, or
    by another, while a doubt or a challenge waits. All else of it may change.
    """
    if not _waits(picture, after.id):
        return None
    checked_by = after.provenance.checked_by
    if checked_by is not None and checked_by != before.provenance.checked_by:
        return _open("provenance.checked_by", checked_by)
    evidence = _evidence(after)
    if _DEGREES.index(evidence) > _DEGREES.index(_evidence(before)):
        return _open("stated.evidence", evidence.value)
    return None


def refuse_all_clear(picture: Picture, hazard: IntentId) -> Refusal | None:
    """Refuse to say that a hazard is clear while a doubt about it is open."""
    return _open("intent", hazard) if is_doubted(picture, hazard) else None


def _waits(picture: Picture, item: IntentId) -> bool:
    if is_doubted(picture, item):
        return True
    known = picture.sites.get(item)
    return known is not None and any(each.answer is None for each in known.challenges)


def _evidence(intent: Intent) -> Evidence:
    return Evidence.SUBMITTED if intent.stated is None else intent.stated.evidence


def _open(field: str, value: str) -> Refusal:
    return refused(
        RefusalKind.CONFLICT,
        "doubt-open",
        "a doubt about it is open; answer it, or accept it as open, before this is confirmed",
        field=field,
        value=value,
    )


def _has_open(picture: Picture, item: str, party: PartyId) -> bool:
    known = picture.doubts.get(item)
    return known is not None and any(
        each.party == party and each.state is DoubtState.OPEN for each in known.doubts
    )


def _doubted(
    picture: Picture, command: RaiseDoubt, party: PartyId
) -> tuple[Intent | Zone, bool] | Refusal:
    """What the doubt is about, if the party is on its distribution; and whether it may not see it:
    then it had a notice of it.
    """
    named = (command.intent, command.zone, command.notice)
    if sum(each is not None for each in named) != 1:
        return refused(
            RefusalKind.INVALID,
            "one-item",
            "name an intent, a zone or a notice, one of them",
            field="intent, zone, notice",
        )
    if command.notice is not None:
        return _of_notice(picture, command.notice, party)
    if command.zone is not None:
        zone = picture.zones.get(command.zone)
        return (zone, False) if zone is not None else _nothing()
    assert command.intent is not None, "one of them is named"
    intent = picture.intents.get(command.intent) or site_of(picture, command.intent)
    if intent is None or not intent.is_shown_to(party):  # whole, or in part
        return _nothing()
    if not needs(picture, intent, party):
        return _nothing()
    return intent, False


def _of_notice(
    picture: Picture, notice_id: NoticeId, party: PartyId
) -> tuple[Intent | Zone, bool] | Refusal:
    """What an open notice to the party is about. Of what it may not see nothing is given but that
    the doubt is raised.
    """
    standing = picture.notices.get(notice_id)
    if standing is None or standing.notice.recipient != party:
        return _nothing()
    subject = standing.notice.subject
    if subject is not None:
        name, hidden = subject.id, False
    else:
        told = (each for each in picture.told if (party, notice_id) in picture.told[each])
        name, hidden = next(told, ""), True
    item: Intent | Zone | None = picture.intents.get(IntentId(name)) or picture.zones.get(
        ZoneId(name)
    )
    return _nothing() if item is None else (item, hidden)


def _reference(item: Intent | Zone) -> ObjectRef:
    kind = ObjectType.INTENT if isinstance(item, Intent) else ObjectType.ZONE
    return ObjectRef(kind, item.id, item.version)


def _nothing() -> Refusal:
    return refused(
        RefusalKind.UNKNOWN,
        "no-such-item",
        "nothing of this id stands that was told to you",
        field="intent, zone, notice",
    )
