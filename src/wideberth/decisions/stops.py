"""The rules for what was sent before it was recorded. Little is refused: it has happened.

Each is recorded once, by its id: whoever carries it into the record may do so again after a crash.
"""

from __future__ import annotations

import msgspec

from wideberth.decisions.doubts import doubt_of_stop
from wideberth.decisions.notices import acknowledge
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.decisions.stop_reads import count_of
from wideberth.model.commands import AcknowledgeNotice
from wideberth.model.entries import NoticeAcknowledged
from wideberth.model.parties import Author, How
from wideberth.model.refusals import RefusalKind
from wideberth.model.stops import Identified, RecordAnswer, StopTold, StopToUnits, TellStop
from wideberth.picture.picture import Picture
from wideberth.picture.stop_rights import units_told

__all__ = ["RECORDED", "record_answer", "tell_stop"]

RECORDED = "already-recorded"
"""The rule by which something is not recorded a second time."""


def tell_stop(picture: Picture, command: TellStop, author: Author, context: Context) -> Decision:
    """A STOP that was sent, into the record."""
    stop = command.stop
    if stop.id in picture.stops:
        return refused(RefusalKind.CONFLICT, RECORDED, "this STOP is in the record", field="id")
    if author.how is not How.SYSTEM and (
        author.party != stop.sender or stop.identified.value != author.how.value
    ):
        return refused(
            RefusalKind.FORBIDDEN, "another-party", "tell a STOP as its sender", field="sender"
        )
    if stop.identified is Identified.UNVERIFIED and command.statement is not None:
        return refused(
            RefusalKind.INVALID,
            "unverified-statement",
            "what does not verify is not kept as signed",
            field="statement",
        )
    request = command.request if author.how is How.SYSTEM else None  # else the entry says it
    earlier = (picture.stops[each] for each in picture.stops)
    told = StopTold(stop, command.statement, count_of(stop, earlier), command.unit, request)
    units = units_told(picture, stop.sender).items()
    doubt = doubt_of_stop(picture, stop, context)
    doubts = () if doubt is None else (doubt,)
    to_units = (StopToUnits(stop.id, party, named) for party, named in units)
    return Accepted((told, *to_units, *doubts))


def record_answer(
    picture: Picture, command: RecordAnswer, author: Author, context: Context
) -> Decision:
    """An answer that was taken while the record took none, under the rules for any answer."""
    standing = picture.notices.get(command.notice)
    if standing is not None and any(
        each.by == command.by and each.time_us == command.time_us for each in standing.answers
    ):
        return refused(RefusalKind.CONFLICT, RECORDED, "this answer is in the record", field="id")
    given = AcknowledgeNotice(
        command.notice,
        command.verb,
        command.unit,
        command.system,
        command.reason,
        command.read_back,
        command.attested,
        difference=command.difference,
        content=command.content,
        clock_us=command.clock_us,
    )
    decision = acknowledge(picture, given, command.by, Context(command.time_us, context.new_id))
    if not isinstance(decision, Accepted):
        return decision
    (body,) = decision.bodies
    assert isinstance(body, NoticeAcknowledged), "that is what an answer becomes"
    told = msgspec.structs.replace(body, statement=command.statement, request=command.request)
    return Accepted((told,))
