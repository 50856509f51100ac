"""The rules for answering a notice: the ladder, the read-back, and what closes it.

RECEIVED ends nothing. A notice leaves the open list when every unit on its list has LOADED it, or
a role attests that, or a later notice of the same subject is loaded in its place. One that is held
for a presence closes only by its owner's word, or once the hazard is withdrawn or moved away.
"""

from __future__ import annotations

from wideberth.decisions.disclosure import may_hear_answers
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.decisions.readbacktests import refuse_untested
from wideberth.model.channels import RELAYED_VERBS, AnswerChannel, refuse_call
from wideberth.model.commands import AcknowledgeNotice, ReleaseNotice
from wideberth.model.entries import NoticeAcknowledged, NoticeReleased
from wideberth.model.ids import NoticeId, PartyId, UnitToken
from wideberth.model.notices import (
    Acknowledgement,
    Notice,
    Particulars,
    ReadBackDifference,
    Verb,
)
from wideberth.model.parties import Author, How
from wideberth.model.receipts import content_digest, difference_digest
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.settings import ReadBackTolerance
from wideberth.picture.picture import Picture
from wideberth.picture.standing import OpenNotice
from wideberth.space.geodesic import distance_m
from wideberth.space.time import format_rfc3339
from wideberth.space.volume import NANODEGREES

__all__ = ["acknowledge", "differences", "is_new_answer", "release"]

_MOST_ANSWERS = 200  # kept for each unit of a notice, and for the notice itself
_UNLISTED = 20  # units that a notice without a list may be told of before they count as repetition

_NEEDS: dict[Verb, tuple[str, ...]] = {
    Verb.RECEIVED: (),
    Verb.READ_BACK: ("read_back",),
    Verb.PASSED_DOWN: ("unit",),
    Verb.LOADED: ("unit", "system"),
    Verb.CANNOT_COMPLY: ("reason",),
    Verb.DISPUTED: ("reason",),
}
_MAY_HAVE: dict[Verb, tuple[str, ...]] = {
    Verb.CANNOT_COMPLY: ("unit",),
    Verb.DISPUTED: ("unit",),
}
_LADDER = (Verb.READ_BACK, Verb.PASSED_DOWN, Verb.LOADED)
_FIELDS = ("unit", "system", "reason", "read_back")


def acknowledge(
    picture: Picture, command: AcknowledgeNotice, author: Author, context: Context
) -> Decision:
    """One answer to a notice."""
    standing = picture.notices.get(command.notice)
    if standing is None or standing.notice.recipient != author.party:
        return refused(
            RefusalKind.UNKNOWN, "no-such-notice", "no open notice to this party has this id"
        )
    refusal = (
        _refuse_fields(command, standing)
        or _refuse_unsigned(command.verb.value, author, needed=command.verb is not Verb.RECEIVED)
        or refuse_untested(picture, author, context, command.verb)
        or _refuse_relayed(command, author, context.now_us)
        or _refuse_unread(command, standing.notice)
        or _refuse_many(command, standing)
    )
    if refusal is not None:
        return refusal
    notice = standing.notice
    off: tuple[ReadBackDifference, ...] = ()
    if command.read_back is not None:
        if notice.particulars is None:
            return refused(
                RefusalKind.INVALID,
                "nothing-to-read-back",
                "this notice tells no area of which a point could be read back",
                field="read_back",
            )
        off = differences(notice.particulars, command.read_back, picture.space.rules.read_back)
    elif command.verb in (Verb.PASSED_DOWN, Verb.LOADED) and standing.misread:
        return refused(
            RefusalKind.CONFLICT,
            "read-back-mismatch",
            "the last read-back was off by more than the tolerance; read back again first (N-08)",
            field="verb",
            value=command.verb.value,
        )
    answer = Acknowledgement(
        notice=notice.id,
        verb=command.verb,
        by=author,
        time_us=context.now_us,
        unit=command.unit,
        system=command.system,
        reason=command.reason,
        read_back=command.read_back,
        differences=off,
        attested=command.attested,
        channel=command.channel,
        identified=command.identified,
        call=command.call,
        difference=command.difference,
        content=content_digest(notice),
        clock_us=command.clock_us,
    )
    closes = _closed_by(picture, standing.answered(answer))
    sender = notice.sender
    if sender is not None and not may_hear_answers(picture, notice, sender):
        sender = None  # its stream has no event, not even an empty one
    return Accepted((NoticeAcknowledged(answer, notice.recipient, sender, closes),))


def is_new_answer(
    picture: Picture, notice_id: NoticeId, party: PartyId, verb: Verb, unit: UnitToken | None
) -> bool:
    """Whether this verb was not yet said of this unit in answer to the party's open notice. Such an
    answer is heard whatever else the party asked for; to repeat one is a request like any other.
    """
    standing = picture.notices.get(notice_id)
    if standing is None or standing.notice.recipient != party:
        return False
    return _is_new(standing, verb, unit)


def _is_new(standing: OpenNotice, verb: Verb, unit: UnitToken | None) -> bool:
    if any(each.verb is verb and each.unit == unit for each in standing.answers):
        return False
    return unit is None or unit in standing.notice.units or len(standing.answers) < _UNLISTED


def _refuse_many(command: AcknowledgeNotice, standing: OpenNotice) -> Refusal | None:
    """Who says the same again and again is stopped: each answer makes the next one dearer for all.
    What was not said before is heard.
    """
    most = _MOST_ANSWERS * (1 + len(standing.notice.units))
    if len(standing.answers) < most or _is_new(standing, command.verb, command.unit):
        return None
    return refused(
        RefusalKind.LIMIT,
        "answer-count",
        f"{most} answers to this notice were kept; say what you did not say before",
        field="verb",
        value=command.verb.value,
    )


def release(picture: Picture, command: ReleaseNotice, author: Author, context: Context) -> Decision:
    """The word of the presence's owner that a notice held for it may close."""
    standing = picture.notices.get(command.notice)
    if standing is None or author.party not in standing.notice.held_by:
        return refused(
            RefusalKind.UNKNOWN, "no-such-notice", "no notice held for this party has this id"
        )
    refusal = _refuse_unsigned("a release", author, needed=True)
    if author.how is How.RELAYED:
        refusal = _unsigned("a release")
    if refusal is not None:
        return refusal
    closes = _closed_by(picture, standing.released(author.party))
    return Accepted((NoticeReleased(command.notice, standing.notice.recipient, author, closes),))


def differences(
    told: Particulars, read_back: Particulars, tolerance: ReadBackTolerance
) -> tuple[ReadBackDifference, ...]:
    """The fields of a read-back that are off by more than the tolerance, as told and as read."""
    off: list[ReadBackDifference] = []
    apart_mm = 1000 * distance_m(
        told.latitude_nd / NANODEGREES,
        told.longitude_nd / NANODEGREES,
        read_back.latitude_nd / NANODEGREES,
        read_back.longitude_nd / NANODEGREES,
    )
    if apart_mm > tolerance.horizontal_mm:
        off.append(ReadBackDifference("area", _place(told), _place(read_back)))
    for name in ("start_us", "end_us"):
        ours, theirs = getattr(told, name), getattr(read_back, name)
        if abs(ours - theirs) > tolerance.time_us:
            off.append(
                ReadBackDifference(
                    name.removesuffix("_us"), format_rfc3339(ours), format_rfc3339(theirs)
                )
            )
    for name in ("lower_mm", "upper_mm"):
        ours, theirs = getattr(told, name), getattr(read_back, name)
        if abs(ours - theirs) > tolerance.vertical_mm:
            off.append(
                ReadBackDifference(
                    name.removesuffix("_mm"), f"{ours / 1000} m", f"{theirs / 1000} m"
                )
            )
    return tuple(off)


def _place(particulars: Particulars) -> str:
    return (
        f"{particulars.latitude_nd / NANODEGREES:.6f}, {particulars.longitude_nd / NANODEGREES:.6f}"
    )


def _refuse_fields(command: AcknowledgeNotice, standing: OpenNotice) -> Refusal | None:
    """Each verb has its own fields: none may be missing, none may contradict it (N-02)."""
    needed: tuple[str, ...] = _NEEDS[command.verb]
    if command.attested:
        if command.verb is not Verb.LOADED:
            return refused(
                RefusalKind.INVALID,
                "attested-is-loaded",
                "only LOADED can be attested for all units",
                field="verb, attested",
                value=command.verb.value,
            )
        needed = ()
    allowed = needed + _MAY_HAVE.get(command.verb, ())
    if command.attested:
        allowed = ("system",)
    for name in _FIELDS:
        given = getattr(command, name) is not None
        if given and name not in allowed:
            return refused(
                RefusalKind.INVALID,
                "field-contradicts-verb",
                f"leave {name} out of {command.verb.value}",
                field=f"verb, {name}",
                value=command.verb.value,
            )
        if not given and name in needed:
            return refused(
                RefusalKind.INVALID,
                "field-missing",
                f"{command.verb.value} needs {name}",
                field=name,
            )
    units = standing.notice.units
    if command.unit is not None and units and command.unit not in units:
        return refused(
            RefusalKind.INVALID,
            "unit-not-listed",
            "name a unit of this notice's distribution list",
            field="unit",
            value=command.unit,
        )
    return None


def _refuse_unsigned(words: str, author: Author, *, needed: bool) -> Refusal | None:
    return _unsigned(words) if needed and author.how is How.ATTESTED else None


def _refuse_relayed(command: AcknowledgeNotice, author: Author, now_us: int) -> Refusal | None:
    """An answer by mail, code, link or telephone says by what it came and how its giver is known,
    and never what only a signature may say: it closes nothing.
    """
    call = command.call
    is_said = command.channel is not None and command.identified is not None
    if (author.how is How.RELAYED) != is_said or (call is not None) != (
        command.channel is AnswerChannel.VOICE
    ):
        return refused(
            RefusalKind.INVALID,
            "relayed-how",
            "a relayed answer, and no other, says its channel and how its giver is known",
            field="channel, identified, call",
        )
    if author.how is not How.RELAYED:
        return None
    if command.verb.value not in RELAYED_VERBS:
        return _unsigned(command.verb.value)
    return None if call is None else refuse_call(call, now_us)


def _refuse_unread(command: AcknowledgeNotice, notice: Notice) -> Refusal | None:
    """Of an amendment the difference is acknowledged, not just the new text (N-16); what names a
    content or a difference names that of this notice (R-02). Whoever cannot comply or disagrees is
    heard without.
    """
    if command.content is not None and command.content != content_digest(notice):
        return refused(
            RefusalKind.CONFLICT,
            "content-digest",
            "this digest is not of the notice as it was issued to you; read it again",
            field="content",
            value=command.content,
        )
    difference = difference_digest(notice)
    if command.difference is not None and command.difference != difference:
        return refused(
            RefusalKind.CONFLICT,
            "difference-digest",
            "this digest is not of the difference that the notice shows; read it again (N-16)",
            field="difference",
            value=command.difference,
        )
    if difference is None or command.difference is not None or command.verb not in _LADDER:
        return None
    return refused(
        RefusalKind.INVALID,
        "difference-unread",
        f"this notice amends {notice.supersedes[0]}: read what is different, and name the digest of"
        " the difference (N-16)",
        field="difference",
        value=command.verb.value,
    )


def _unsigned(words: str) -> Refusal:
    return refused(
        RefusalKind.FORBIDDEN,
        "signature-required",
        f"sign {words} with a key of this party; a token alone says RECEIVED",
        field="verb",
        value=words,
    )


def _closed_by(picture: Picture, standing: OpenNotice) -> tuple[NoticeId, ...]:
    """What leaves the open list with the notice as it now stands: nothing while a unit has not
    loaded it or an owner holds it; else it and those it took the place of that are still open.
    """
    if not standing.is_loaded or standing.notice.held_by:
        return ()
    closes: dict[NoticeId, None] = {standing.notice.id: None}
    waiting = list(standing.notice.supersedes)
    while waiting:
        notice_id = waiting.pop()
        open_notice = picture.notices.get(notice_id)
        if open_notice is not None and notice_id not in closes:
            closes[notice_id] = None
            waiting.extend(open_notice.notice.supersedes)
    return tuple(closes)
