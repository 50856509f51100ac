"""Times of an agreement that are reached by themselves: it comes into force, expires, lapses, is
about to expire, something of it is to be public or no longer, or a duty by a declared condition
was not reported met.

They are deadlines like any other (:mod:`wideberth.decisions.deadlines`).
"""

from __future__ import annotations

from wideberth.decisions.agreed import standing_under
from wideberth.decisions.agreement_areas import areas_of
from wideberth.decisions.agreement_told import announce
from wideberth.decisions.outcome import Context
from wideberth.model.agreements import Agreement, AgreementMoment, AgreementState, Moment
from wideberth.model.deadlines import Due
from wideberth.model.entries import Body
from wideberth.model.ids import PartyId
from wideberth.model.notices import Urgency
from wideberth.picture.agreement_times import REMINDERS, coming, owing, version_of
from wideberth.picture.picture import Picture

__all__ = ["come_into_force", "reach"]

_S = AgreementState
_STAND = (_S.IN_FORCE, _S.SUSPENDED)
_AFTER = {Moment.EXPIRY: _S.EXPIRED, Moment.LAPSE: _S.LAPSED}
_SILENT = frozenset({Moment.PUBLISH, Moment.UNPUBLISH})
"""What all signed long before, and nobody has to load: it is on the streams."""
_URGENCIES = {
    Moment.LAPSE: Urgency.ROUTINE,
    **dict.fromkeys(REMINDERS, Urgency.ROUTINE),
    Moment.EXPIRY: Urgency.PROMPT,
    Moment.CONDITION: Urgency.IMMEDIATE,
}


def reach(picture: Picture, subject: str, _due: Due, context: Context) -> tuple[Body, ...]:
    """What the time of a version that is reached now brings about, and the notices of it."""
    agreement = version_of(picture, subject)
    following = None if agreement is None else coming(agreement)
    assert agreement is not None, "its deadline stands"
    assert following is not None, "its deadline stands"
    if following.moment is Moment.EFFECTIVE:
        return tuple(come_into_force(picture, agreement, context))
    failed: tuple[PartyId, ...] = ()
    if following.moment is Moment.CONDITION and following.provision is not None:
        failed = owing(agreement, following.provision)
    moment = AgreementMoment(
        agreement=agreement.id,
        version=agreement.version,
        moment=following.moment,
        state=_AFTER.get(following.moment, agreement.state),
        concerned=agreement.terms.concerned,
        provision=following.provision,
        failed=failed,
    )
    if following.moment in _SILENT:
        return (moment,)
    telling = announce(
        picture,
        context,
        agreement,
        by=None,
        urgency=_URGENCIES[following.moment],
        withdrawal=following.moment in _AFTER,
    )
    return (moment, *telling)


def come_into_force(picture: Picture, agreement: Agreement, context: Context) -> list[Body]:
    """The entries by which a version that all signed applies from now on, in the place of all that
    stand before it, and of none after it; whoever already stands where it says not to is told.
    """
    areas = areas_of(agreement.id, agreement.version, agreement.terms)
    # A version that was signed for later stands beside the one in force: both give way.
    superseded = sorted(
        (
            version
            for name, version in picture.agreements
            if name == agreement.id
            and version < agreement.version
            and picture.agreements[name, version].state in (*_STAND, _S.SIGNED)
        ),
        reverse=True,
    )
    moment = AgreementMoment(
        agreement=agreement.id,
        version=agreement.version,
        moment=Moment.EFFECTIVE,
        state=_S.IN_FORCE,
        concerned=agreement.terms.concerned,
        areas=areas,
        supersedes=superseded[0] if superseded else 0,
        supersedes_too=tuple(superseded[1:]),
    )
    return [moment, *standing_under(picture, context, agreement, areas)]
