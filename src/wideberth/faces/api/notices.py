"""Notices and warnings: the inbox, its ladder, who has not been reached, and what stands."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from wideberth.decisions.disclosure import may_follow, may_hear_answers
from wideberth.decisions.notices import is_new_answer
from wideberth.delivery.reach import reach_of
from wideberth.errors import InvalidValue
from wideberth.faces.api import codec, told, views
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.doubts_seen import beside_notice
from wideberth.faces.api.escalations_seen import escalation_seen
from wideberth.faces.api.http import encode
from wideberth.faces.api.pages import Page
from wideberth.faces.api.past import notice_as_of, notices_as_of
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.warnings_seen import warning_seen_live
from wideberth.model.commands import AcknowledgeNotice, Command, ReleaseNotice
from wideberth.model.entries import NoticeIssued
from wideberth.model.ids import IntentId, NoticeId, PartyId, UnitToken
from wideberth.model.notices import Notice, ObjectType, Verb
from wideberth.model.warnings import by_time_to_loss
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.picture.standing import OpenNotice
from wideberth.space.time import format_rfc3339
from wideberth.wire import asked, meaning

__all__ = [
    "acknowledge",
    "get_notice",
    "list_notices",
    "list_unreached",
    "list_warnings",
    "notice_seen",
    "release",
    "says_new",
]


_EXITS = (Verb.CANNOT_COMPLY, Verb.DISPUTED)


async def acknowledge(call: Call) -> Command:
    """An answer to a notice."""
    body: asked.AcknowledgeIn = call.body
    if call.said is not None and body.verb not in _EXITS:
        _require_receipt(call, body)
    return AcknowledgeNotice(
        notice=NoticeId(call.path["notice"]),
        verb=body.verb,
        unit=None if body.unit is None else UnitToken(body.unit),
        system=body.system,
        reason=body.reason,
        read_back=None if body.read_back is None else meaning.particulars_of(body.read_back),
        attested=body.attested,
        difference=body.difference,
        content=body.content,
        clock_us=meaning.instant_us(body.clock, "clock"),
    )


def _require_receipt(call: Call, body: asked.AcknowledgeIn) -> None:
    """What is signed says what was received, and when by the receiver's clock (R-02). Who cannot
    comply or disagrees is heard without. Raises InvalidValue.
    """
    if body.clock is None:
        raise InvalidValue(
            "clock", "receipt-clock", None, "say when you answer, by your own clock (R-02)"
        )
    standing = call.picture.notices.get(NoticeId(call.path["notice"]))
    if body.content is None and standing is not None and standing.notice.salt:
        raise InvalidValue(
            "content", "receipt-content", None, "name the content of the notice as you read it"
        )


def says_new(call: Call) -> bool:
    """Whether a write that no limit holds back says something for the first time; an answer that
    repeats one, or that answers nothing, counts as a command.
    """
    name = call.path.get("notice")
    if name is None:
        return True
    body: asked.AcknowledgeIn = call.body
    unit = None if body.unit is None else UnitToken(body.unit)
    return is_new_answer(call.picture, NoticeId(name), call.party, body.verb, unit)


async def release(call: Call) -> Command:
    """The word of a presence's owner that a notice held for it may close."""
    return ReleaseNotice(NoticeId(call.path["notice"]))


async def get_notice(call: Call) -> told.NoticeOut:
    """A notice to the reader, open or closed."""
    notice_id = NoticeId(call.path["notice"])
    standing = call.picture.notices.get(notice_id)
    if standing is None:
        standing = await notice_as_of(call.desk.service, notice_id)
    if standing is None or standing.notice.recipient != call.party:
        raise HttpProblem(404, "no-such-notice", "no notice to you has this id")
    return notice_seen(call.desk, standing)


async def list_notices(call: Call) -> told.NoticesPage:
    """The reader's notices after a number; open ones only, where so asked."""
    query: asked.NoticesQuery = call.query
    if query.state == "open":
        return _open_notices(call, query.after, query.limit)
    history = call.picture.history
    positions = history.notices(call.party, query.after, query.limit + 1) if history else []
    entries = await call.desk.service.entries_at(positions)
    ids = [entry.body.notice.id for entry in entries if isinstance(entry.body, NoticeIssued)]
    found = await notices_as_of(call.desk.service, ids[: query.limit])
    page = Page().take_all(found, lambda standing: encode(notice_seen(call.desk, standing)))
    is_more = len(page) < len(found) or len(ids) > query.limit
    last = found[len(page) - 1].notice.number if page else None
    return told.NoticesPage(notices=page.things, next=last if is_more else None)


async def list_unreached(call: Call) -> told.UnreachedPage:
    """Open notices that concern the reader: who has not been reached, and at which hop (D-04)."""
    query: asked.PageQuery = call.query
    picture = call.picture
    own = call.desk.rebuilt.open_notices_of(call.party)
    rows: list[told.ReachOut] = []
    for notice_id in own[await _first_after(call, query.cursor, own) :]:
        standing = picture.notices.get(notice_id)
        row = None if standing is None else reach_seen(standing, call.party, picture)
        if row is not None:
            rows.append(row)
        if len(rows) > query.limit:
            break
    # Neither the cursor nor whether there is one may count what the reader is not shown.
    page = rows[: query.limit]
    return told.UnreachedPage(
        unreached=page, next=page[-1].notice if len(rows) > len(page) else None
    )


async def list_warnings(call: Call) -> told.WarningsPage:
    """Standing warnings that are addressed to the reader: by id, or the nearest first.

    An order that changes while it is read has no pages: a warning could come to stand on one that
    was read before. So of the nearest there is one page, and by id there are all.
    """
    query: asked.WarningsQuery = call.query
    picture = call.picture
    by_loss = query.order == "time-to-loss"
    if by_loss and query.cursor is not None:
        raise HttpProblem(400, "cursor", "read page by page with order=id", field="cursor")
    standing = [picture.warnings[each] for each in picture.warnings]
    live = call.desk.live
    own = [live.newest(each, call.party) for each in standing if call.party in each.parties]
    own.sort(key=by_time_to_loss if by_loss else lambda each: each.id)
    after = [each for each in own if query.cursor is None or each.id > query.cursor]
    page = after[: query.limit]
    await call.desk.live.know(page, anew=True)
    return told.WarningsPage(
        warnings=[warning_seen_live(each, call.party, call.desk) for each in page],
        next=page[-1].id if len(after) > len(page) and not by_loss else None,
    )


def notice_seen(desk: Desk, standing: OpenNotice) -> told.NoticeOut:
    """A notice for its recipient, with its ladder."""
    notice = standing.notice
    is_open = notice.id in desk.picture.notices
    return told.NoticeOut(
        **views.notice_members(notice, desk.contacts, desk.picture),
        open=is_open,
        answers=[
            *(views.acknowledgement(answer) for answer in standing.answers),
            *(
                msgspec.structs.replace(views.acknowledgement(each.acknowledgement), recorded=False)
                for each in desk.urgent.answers_to(notice.id)
            ),
        ],
        understood=standing.understood,
        reach=_reach(standing, "recipient") if is_open else None,
        escalation=escalation_seen(desk.picture, standing) if is_open else None,
        doubts=beside_notice(desk.picture, notice),
    )


def reach_seen(standing: OpenNotice, reader: PartyId, picture: Picture) -> told.ReachOut | None:
    """How far a notice has come, for somebody it concerns; None where the reader may not know."""
    notice = standing.notice
    if reader == notice.recipient:
        return _followed(picture, _reach(standing, "recipient"), standing)
    if reader in notice.held_by:
        shown = _own_is_shown(notice, reader, picture)
        return _reach(standing, "holder", named=shown)
    if reader != notice.sender:
        return None
    if may_follow(picture, notice, reader):
        return _followed(picture, _reach(standing, "sender"), standing)
    if may_hear_answers(picture, notice, reader):
        return _reach(standing, "sender")
    return None


def _followed(picture: Picture, reach: told.ReachOut, standing: OpenNotice) -> told.ReachOut:
    """The same with where it stands on its ladder."""
    return msgspec.structs.replace(reach, escalation=escalation_seen(picture, standing))


def _own_is_shown(notice: Notice, reader: PartyId, picture: Picture) -> bool:
    """Whether the reader sees the object of the recipient that the notice is about."""
    for clash in notice.clashes:
        if clash.own is not None and clash.own.type is ObjectType.INTENT:
            intent = picture.intents.get(IntentId(clash.own.id))
            if intent is not None and sees(picture, intent, reader):
                return True
    return False


def _reach(standing: OpenNotice, role: told.ReachRole, *, named: bool = True) -> told.ReachOut:
    reach = reach_of(standing)
    return told.ReachOut(
        notice=reach.notice,
        issued=format_rfc3339(reach.issued_us),
        role=role,
        held=reach.held,
        withdrawal=standing.notice.withdrawal,
        furthest=reach.furthest,
        exits=list(reach.exits),
        number=reach.number if role == "recipient" else None,
        recipient=reach.recipient if named else None,
        waiting=list(reach.waiting) if named else None,
        # The sender's own thing, or what the recipient was told; a holder's is another's.
        subject=None if role == "holder" else views.object_ref(standing.notice.subject),
    )


def _open_notices(call: Call, after: int, limit: int) -> told.NoticesPage:
    notices = call.picture.notices
    page = Page()
    last: int | None = None
    own = call.desk.rebuilt.open_notices_of(call.party)
    for notice_id in own[_first_numbered_after(call, after, own) :]:
        standing = notices.get(notice_id)
        if standing is None or standing.notice.recipient != call.party:
            continue
        if standing.notice.number <= after:
            continue
        if len(page) == limit or not page.take(encode(notice_seen(call.desk, standing))):
            return told.NoticesPage(notices=page.things, next=last)
        last = standing.notice.number
    return told.NoticesPage(notices=page.things, next=None)


def _first_numbered_after(call: Call, after: int, own: list[NoticeId]) -> int:
    """Where in a list that is in the order issued what comes after a number of the reader's may
    begin; all of it is looked at where there is no such number.
    """
    picture = call.picture
    found = picture.history.notices(call.party, after - 1, 1) if picture.history and after else []
    if not found:
        return 0
    return bisect_right(own, found[0], key=lambda each: _issued_at(each, picture) or 0)


async def _first_after(call: Call, cursor: str | None, own: list[NoticeId]) -> int:
    """Where the page after a notice starts in a list that is in the order issued; the notice may
    have left it meanwhile. What does not concern the reader is as unknown as what never was.
    """
    if cursor is None:
        return 0
    picture = call.picture
    last = _issued_at(cursor, picture)
    if last is not None:
        (entry,) = await call.desk.service.entries_at([last])
        issued = entry.body.notice if isinstance(entry.body, NoticeIssued) else None
        if issued is not None and reach_seen(OpenNotice(issued), call.party, picture) is not None:
            return bisect_right(own, last, key=lambda each: _issued_at(each, picture) or 0)
    raise codec.Malformed("cursor", "cursor", cursor, "give the next of an earlier page, as it is")


def _issued_at(notice_id: str, picture: Picture) -> int | None:
    """The position of the entry that issued a notice, None for no notice's id."""
    positions = picture.history.positions(notice_id) if picture.history else []
    return positions[0] if positions else None
