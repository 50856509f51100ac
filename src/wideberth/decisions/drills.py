"""The rules for drill messages: who is sent one, what answers it, and what time brings (X-01).

A drill is answered as a notice is, hop by hop down to the unit, and nothing else follows from it:
no warning, no escalation, no count. What is beyond RECEIVED is signed, as of a notice.
"""

from __future__ import annotations

from collections.abc import Iterable

from wideberth.decisions.agreement_told import units_of
from wideberth.decisions.outcome import Accepted, Context, Decision, refused, unknown_party
from wideberth.model.agreements import Agreement
from wideberth.model.channels import RELAYED_VERBS
from wideberth.model.deadlines import Due
from wideberth.model.drills import (
    HOPS,
    MOST_WITHIN_S,
    AnswerDrill,
    Drill,
    DrillAnswered,
    DrillHop,
    DrillMissed,
    DrillPlanned,
    DrillSent,
    DrillTaken,
    RecordDrillTaken,
    SendDrill,
    drawn,
    word_of,
)
from wideberth.model.entries import Body
from wideberth.model.ids import DrillId, PartyId, UnitToken
from wideberth.model.notices import Reliance, Verb
from wideberth.model.parties import Author, How
from wideberth.model.provisions import Drills
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.drills import asked_by, next_start_us, plan_of
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US, SECOND_US

__all__ = ["answer", "missed", "reach_plan", "record_taken", "send"]

_MOST_WAITING = 5  # drills of one sender that one party has not answered yet


def send(picture: Picture, command: SendDrill, author: Author, context: Context) -> Decision:
    """A drill by hand, to one party."""
    if command.to not in picture.parties:
        return unknown_party(command.to, picture.parties)
    if command.to == author.party:
        return refused(RefusalKind.INVALID, "own-drill", "send it to another party", field="to")
    if not 60 <= command.within_s <= MOST_WITHIN_S:
        return refused(
            RefusalKind.INVALID,
            "within",
            f"give 60 to {MOST_WITHIN_S} s",
            field="within_s",
            value=str(command.within_s),
        )
    sender = None if author.how is How.SYSTEM else author.party
    units: tuple[UnitToken, ...] = ()
    if sender is None or _have_agreed(picture, sender, command.to):
        units = picture.parties[command.to].units
    for each in command.units:
        if each not in units:
            return _no_such_unit("name units that you were shown", "units", each)
    waiting = sum(
        picture.drills[each].sent.recipient == command.to
        and picture.drills[each].sent.sender == sender
        and picture.drills[each].missed_us is None
        and bool(picture.drills[each].missing)
        for each in picture.drills
    )
    if waiting >= _MOST_WAITING:
        return refused(
            RefusalKind.CONFLICT,
            "drills-wait",
            "wait until the earlier ones are answered or missed",
            field="to",
            value=command.to,
        )
    seen_by = tuple(dict.fromkeys(each for each in (command.to, sender) if each is not None))
    drill = DrillSent(
        drill=DrillId(context.new_id()),
        recipient=command.to,
        word=word_of(context.new_id()),
        answer_by_us=context.now_us + command.within_s * SECOND_US,
        units=tuple(each for each in units if each in command.units) or units,
        sender=sender,
        seen_by=seen_by,
    )
    return Accepted((drill,))


def _have_agreed(picture: Picture, sender: PartyId, recipient: PartyId) -> bool:
    """Whether an agreement that holds now concerns both. The tokens of a party's units are shown to
    whom it tells things under one (D-04), and to nobody for the asking.
    """
    return any(sender in each.terms.concerned for each in picture.agreed.of.get(recipient, ()))


def record_taken(
    picture: Picture, command: RecordDrillTaken, author: Author, context: Context
) -> Decision:
    """That a way took it: once."""
    drill = picture.drills.get(command.drill)
    if drill is None or drill.taken is not None:
        return refused(RefusalKind.CONFLICT, "drill-taken", "it was taken, or is not listed")
    after_us = context.now_us - drill.sent_us
    return Accepted((DrillTaken(command.drill, drill.sent.recipient, command.medium, after_us),))


def answer(picture: Picture, command: AnswerDrill, author: Author, context: Context) -> Decision:
    """One hop of a drill to the author's party."""
    drill = picture.drills.get(command.drill)
    if drill is None or drill.sent.recipient != author.party:
        return refused(RefusalKind.UNKNOWN, "no-such-drill", "no drill to this party has this id")
    refusal = _refuse_hop(drill, command, author)
    if refusal is not None:
        return refusal
    hop = DrillHop(command.verb, context.now_us, command.unit, command.channel)
    after = Drill(drill.sent, drill.sent_us, (*drill.hops, hop))
    return Accepted(
        (
            DrillAnswered(
                drill=command.drill,
                party=author.party,
                verb=command.verb,
                after_us=context.now_us - drill.sent_us,
                unit=command.unit,
                word=command.word,
                channel=command.channel,
                ends=not after.missing,
                late=drill.missed_us is not None,
                seen_by=drill.sent.seen_by,
            ),
        )
    )


def _refuse_hop(drill: Drill, command: AnswerDrill, author: Author) -> Refusal | None:
    refusal = _refuse_form(command) or _refuse_giver(command, author)
    if refusal is not None:
        return refusal
    if command.unit is not None and command.unit not in drill.sent.units:
        return _no_such_unit("name a unit of the drill's list", "unit", command.unit)
    if command.word is not None and _plain(command.word) != drill.sent.word:
        return refused(
            RefusalKind.CONFLICT,
            "read-back-mismatch",
            "this is not the word of the drill; read it again",
            field="word",
        )
    if drill.has(command.verb, command.unit):
        return refused(RefusalKind.CONFLICT, "drill-said", "this was said of it before")
    return None


def _no_such_unit(advice: str, field: str, unit: UnitToken) -> Refusal:
    return refused(RefusalKind.UNKNOWN, "no-such-unit", advice, field=field, value=unit)


def _refuse_form(command: AnswerDrill) -> Refusal | None:
    verb, to_unit = command.verb, command.verb in (Verb.PASSED_DOWN, Verb.LOADED)
    if verb not in HOPS:
        names = ", ".join(each.value for each in HOPS)
        return refused(
            RefusalKind.INVALID, "drill-verb", f"answer a drill with one of {names}", field="verb"
        )
    if (command.unit is not None) != to_unit or (command.word is not None) != (
        verb is Verb.READ_BACK
    ):
        return refused(
            RefusalKind.INVALID,
            "drill-hop",
            "READ-BACK gives the word, PASSED-DOWN and LOADED the unit, and nothing else",
            field="verb",
            value=verb.value,
        )
    return None


def _refuse_giver(command: AnswerDrill, author: Author) -> Refusal | None:
    """As of a notice: beyond RECEIVED it is signed, or relayed where that may say it."""
    verb = command.verb
    if (author.how is How.RELAYED) != (command.channel is not None):
        return refused(RefusalKind.INVALID, "relayed-how", "only a relayed answer says its channel")
    is_relayed = author.how is How.RELAYED
    is_sayable = verb.value in RELAYED_VERBS if is_relayed else author.how is not How.ATTESTED
    if verb is Verb.RECEIVED or is_sayable:
        return None
    return refused(
        RefusalKind.FORBIDDEN, "signature-required", f"sign {verb.value} with a key of this party"
    )


def _plain(word: str) -> str:
    """As people write it: small letters and spaces do not count."""
    return "".join(word.split()).upper()


def missed(picture: Picture, subject: str, due: Due, context: Context) -> tuple[Body, ...]:
    """A drill whose time is over, and not every hop was reached."""
    drill = picture.drills.get(DrillId(subject))
    assert drill is not None, "its deadline stands"
    sent = drill.sent
    return (DrillMissed(sent.drill, sent.recipient, due.due_us, drill.missing, sent.seen_by),)


def reach_plan(picture: Picture, subject: str, due: Due, context: Context) -> tuple[Body, ...]:
    """A window opens, and the moment in it is drawn; or the moment comes, and each party is sent
    its drill. What comes late, since nobody decided meanwhile, is sent once.
    """
    plan = plan_of(picture, subject)
    found = None if plan is None else asked_by(picture, plan)
    assert plan is not None, "its deadline stands"
    assert found is not None, "a plan stands as long as its provision is applied"
    agreement, asked = found
    if plan.at_us is None and asked.window_s:
        at_us = plan.start_us + drawn(context.new_id(), asked.window_s)
        return (DrillPlanned(plan.agreement, plan.provision, plan.number, plan.start_us, at_us),)
    start_us = plan.start_us + asked.every_days * DAY_US
    if start_us <= context.now_us:  # it was away for longer than from one to the next
        start_us = next_start_us(asked, context.now_us)
    following = DrillPlanned(plan.agreement, plan.provision, plan.number + 1, start_us)
    return (*_sent_to_each(picture, agreement, asked, context), following)


def _sent_to_each(
    picture: Picture, agreement: Agreement, asked: Drills, context: Context
) -> Iterable[DrillSent]:
    reliance = (Reliance(agreement.id, agreement.version, asked.id),)
    for party in asked.of or agreement.terms.parties:
        yield DrillSent(
            drill=DrillId(context.new_id()),
            recipient=party,
            word=word_of(context.new_id()),
            answer_by_us=context.now_us + asked.answer_within_s * SECOND_US,
            units=units_of(picture, party, reliance),
            agreement=agreement.id,
            version=agreement.version,
            provision=asked.id,
            seen_by=agreement.terms.concerned,
        )
