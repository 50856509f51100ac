"""What a party's flights come to, recorded once for each time it is due, and told to that party.

The sums come with the command, as what the watch saw does. What is beyond the limits is a notice to
the party whose flights they are, and to nobody else: no other party is compared with it, and
nothing else follows from it. It is told again once there is something new to tell: a flight since,
or a limit more that was not kept to.
"""

from __future__ import annotations

from wideberth.decisions.outcome import Accepted, Context, Decision, refused, unknown_party
from wideberth.model.conformance import AnalyseConformance, ConformanceAnalysed, ConformanceTold
from wideberth.model.entries import NoticeIssued
from wideberth.model.ids import NoticeId
from wideberth.model.notices import Notice, Urgency
from wideberth.model.parties import Author
from wideberth.model.refusals import RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["DONE", "analyse"]

DONE = "analysis-done"
"""The rule by which an analysis is not recorded a second time."""


def analyse(
    picture: Picture, command: AnalyseConformance, author: Author, context: Context
) -> Decision:
    """The analysis, and the notice where there is something to tell; once, whoever is second."""
    party = picture.parties.get(command.party)
    if party is None:
        return unknown_party(command.party, picture.parties)
    standing = picture.analyses.get(command.party)
    before = None if standing is None else standing.said
    if command.number != (0 if before is None else before.number) + 1:
        return refused(RefusalKind.CONFLICT, DONE, "it was recorded before", field="number")
    said = ConformanceAnalysed(
        party=command.party,
        number=command.number,
        summed=command.summed,
        seen=command.seen,
        newest_us=command.newest_us,
        due_us=command.due_us,
        late=context.now_us > command.due_us,
    )
    beyond = command.summed.beyond
    if not beyond or not (command.summed.is_enough or command.whole):
        return Accepted((said,))
    if (
        before is not None
        and before.notice is not None
        and before.told_seen == command.seen
        and set(beyond) <= set(before.summed.beyond)
    ):
        return Accepted((_told(said, before.notice, before.told_seen, late=before.told_late),))
    told_late = context.now_us - command.found_us > command.tell_within_us
    notice = Notice(
        id=NoticeId(context.new_id()),
        number=(picture.notice_counts.get(command.party) or 0) + 1,
        recipient=command.party,
        sender=None,
        urgency=Urgency.ROUTINE,
        issued_us=context.now_us,
        units=party.units,
        supersedes=() if before is None or before.notice is None else (before.notice,),
        salt=context.new_id(),
        conformance=ConformanceTold(command.summed, late=said.late or told_late),
    )
    told = _told(said, notice.id, command.seen, late=told_late)
    return Accepted((told, NoticeIssued(notice)))


def _told(
    said: ConformanceAnalysed, notice: NoticeId, told_seen: int, *, late: bool
) -> ConformanceAnalysed:
    return ConformanceAnalysed(
        said.party, said.number, said.summed, said.seen, said.newest_us, said.due_us, said.late,
        notice, told_seen, late,
    )  # fmt: skip
