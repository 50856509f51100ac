"""The warning that a notice came late: raised with the notice, over when the next one takes its
place (N-07).

Each goes to one party and says no more than the notice that it stands beside, so that nobody learns
from it who else was told. One that nothing takes the place of is cleared when its intent's time is
over; the watch sees to that.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from wideberth.decisions.outcome import Context
from wideberth.model.entries import Body, WarningCleared, WarningRaised
from wideberth.model.ids import NoticeId, WarningId
from wideberth.model.notices import Notice, ObjectRef
from wideberth.model.warnings import StandingWarning, WarningKind, WarningObject
from wideberth.picture.picture import Picture
from wideberth.space.volume import NANODEGREES

__all__ = ["late_warnings", "warning_of"]


def late_warnings(
    picture: Picture,
    notice: Notice,
    context: Context,
    *,
    name: str | None,
    minimum_lead_us: int,
    whole: bool,
) -> Iterator[Body]:
    """What to record beside a notice: the warnings of those it takes the place of are over; one is
    raised where it is late itself. name: what the subject is called. minimum_lead_us: by the rules.
    whole: the recipient sees the subject whole; to another the notice alone says that it is late,
    for the end of the warning would tell when the subject ends.
    """
    for before in notice.supersedes:
        standing = picture.warnings.get(warning_of(before))
        if standing is not None:
            yield WarningCleared(msgspec.structs.replace(standing, updated_us=context.now_us))
    tells = bool(notice.clashes or notice.under)  # or it says only that nothing clashes any more
    if whole and notice.late and notice.subject is not None and tells and not notice.withdrawal:
        yield WarningRaised(
            _late(picture, notice, notice.subject, name=name, minimum_lead_us=minimum_lead_us)
        )


def warning_of(notice: NoticeId) -> WarningId:
    """The id of the warning that stands beside a late notice."""
    return WarningId(f"w-late-{notice}")


def _late(
    picture: Picture, notice: Notice, subject: ObjectRef, *, name: str | None, minimum_lead_us: int
) -> StandingWarning:
    rule = f"rules/minimum-lead/{picture.space.rules.version}"
    if notice.lead_us >= minimum_lead_us:  # late by what was agreed alone
        reliance = max(notice.under, key=lambda each: each.minimum_lead_us if each.late else -1)
        rule = f"{reliance.agreement}/{reliance.provision}/{reliance.version}"
        minimum_lead_us = reliance.minimum_lead_us
    sender = () if notice.sender is None else (notice.sender,)
    place = notice.particulars
    where = (
        ()
        if place is None
        else (f"{place.latitude_nd / NANODEGREES:.4f}, {place.longitude_nd / NANODEGREES:.4f}",)
    )
    called = () if name is None else (name,)
    facts = (subject.id, *called, *sender, *where, f"version {subject.version}")
    return StandingWarning(
        id=warning_of(notice.id),
        kind=WarningKind.LATE_NOTICE,
        rule=rule,
        objects=(WarningObject(subject.type.value, subject.id, notice.sender, facts),),
        parties=(notice.recipient,),
        raised_us=notice.issued_us,
        updated_us=notice.issued_us,
        time_us=notice.lead_us - minimum_lead_us,
        level=1 if notice.lead_us > 0 else 2,  # under way already
    )
