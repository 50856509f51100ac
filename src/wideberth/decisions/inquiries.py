"""The rules for results of inquiries: transmitted signed, open until each side receipted (I-07)."""

from __future__ import annotations

from wideberth.decisions.incidents_opened import (
    audience_of,
    refuse_many,
    refuse_unsigned,
    refuse_words,
    taking_part,
)
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.decisions.questions import question_passed
from wideberth.model.accounts import Audience
from wideberth.model.deadlines import Due
from wideberth.model.entries import Body
from wideberth.model.ids import QuestionId, ResultId
from wideberth.model.inquiries import (
    MAX_RESULT_WORDS,
    InquiryResult,
    ReceiptResult,
    ResultOverdue,
    ResultReceipted,
    ResultTransmitted,
    TransmitResult,
    result_digest,
)
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.incidents import parted
from wideberth.picture.picture import Picture

__all__ = ["incident_passed", "receipt", "transmit"]


def transmit(
    picture: Picture, command: TransmitResult, author: Author, context: Context
) -> Decision:
    """The result of the party's inquiry, to those who have to receipt it."""
    incident = taking_part(picture, command.incident, author.party)
    if isinstance(incident, Refusal):
        return incident
    to = audience_of(incident, author.party, Audience.NAMED, command.to, field="to")
    refusal = (
        refuse_unsigned(author, "the result")
        or (to if isinstance(to, Refusal) else None)
        or refuse_words(command.words, MAX_RESULT_WORDS, "words")
        or refuse_many((each.party for each in incident.results), author.party, "results")
    )
    if refusal is not None:
        return refusal
    result = InquiryResult(
        id=ResultId(context.new_id()),
        party=author.party,
        to=command.to,
        words=command.words,
        digest=result_digest(incident.id, author.party, command.words, command.document_sha256),
        sent_us=context.now_us,
        receipt_by_us=context.now_us + picture.space.rules.questions.receipt_us,
        document_sha256=command.document_sha256,
        language=command.language,
    )
    return Accepted((ResultTransmitted(incident.id, result),))


def receipt(
    picture: Picture, command: ReceiptResult, author: Author, _context: Context
) -> Decision:
    """It came, as the digest names it."""
    incident = taking_part(picture, command.incident, author.party)
    if isinstance(incident, Refusal):
        return incident
    result = incident.result(command.result)
    if result is None or author.party not in (result.party, *result.to):
        return refused(
            RefusalKind.UNKNOWN, "no-such-result", "no result of this id was sent to you",
            field="result", value=command.result,
        )  # fmt: skip
    if result.party == author.party:
        return refused(RefusalKind.FORBIDDEN, "your-own", "those whom it was sent to receipt it")
    refusal = refuse_unsigned(author, "the receipt")
    if refusal is not None:
        return refusal
    if result.has_receipt_of(author.party):
        return refused(RefusalKind.CONFLICT, "receipted-already", "your receipt stands already")
    if command.digest != result.digest:
        return refused(
            RefusalKind.CONFLICT, "digest-differs",
            "this is not the digest of the result that was transmitted; read it again",
            field="digest", value=command.digest,
        )  # fmt: skip
    return Accepted(
        (ResultReceipted(incident.id, result.id, author.party, result.digest, result.party),)
    )


def incident_passed(
    picture: Picture, subject: str, due: Due, _context: Context
) -> tuple[Body, ...]:
    """The time for an answer or for a receipt passed; it stands as overdue, and waits on."""
    name, item, party = parted(subject)
    if party is None:
        return question_passed(picture, name, QuestionId(item), due)
    result = picture.incidents[name].result(ResultId(item))
    assert result is not None, "it is due"
    return (ResultOverdue(name, result.id, party, result.party),)
