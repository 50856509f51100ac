"""Answers of those who have no software here: by code, by link, by mail, by telephone.

Whoever holds the code or the link that was sent to a party for a notice may answer that notice for
that party, once for each thing that can be said, until it expires. Opening a link says nothing:
programs that look through mail follow links. What is answered so is recorded as relayed, and closes
nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from typing import Any

import msgspec

from wideberth.aside import Kept
from wideberth.decisions.disclosure import may_hear_answers
from wideberth.delivery.codes import parse_code
from wideberth.delivery.replies import STOP_WORD
from wideberth.faces.api import replies_told, reply_page, told
from wideberth.faces.api.answers import answer_to
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import Route, answer_json
from wideberth.faces.api.limits import Buckets
from wideberth.faces.api.problems import Answered, HttpProblem, problem_of
from wideberth.model.channels import AnswerChannel, Identification, VoiceCall
from wideberth.model.commands import AcknowledgeNotice, Request
from wideberth.model.drills import AnswerDrill, Drill
from wideberth.model.ids import DrillId, NoticeId, PartyId, require_token
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE, Particulars, Verb
from wideberth.model.parties import SYSTEM, Author, How, Role
from wideberth.model.receipts import difference_digest
from wideberth.model.refusals import Refusal
from wideberth.model.stops import Form, Identified, Stop, TellStop, stop_id
from wideberth.picture.standing import OpenNotice
from wideberth.space.time import format_rfc3339, parse_rfc3339
from wideberth.wire import asked, meaning

__all__ = ["ROUTES"]

WRONG_PER_S = 20.0
"""Codes and links that nobody was sent, from anywhere; beyond that none is looked at for a while.

A code has 50 bits: at this rate, and 100,000 of them open, one in 6,000 days is guessed.
"""

_WITHIN_S = 1.0
_wrong = Buckets(WRONG_PER_S, 5.0)
_stops = Buckets(0.1, 30.0)


async def answer_by_code(call: Call) -> Any:
    """An answer with a code; from a mail, where the node's own program hands it in."""
    body: asked.CodeAnswerIn = call.body
    channel = AnswerChannel.CODE
    seal = call.headers.get(b"wideberth-relay")
    if seal is not None:
        again = msgspec.json.encode(body)  # as the program encoded it
        if not hmac.compare_digest(call.desk.outbound.keys.seal_of(again), seal.decode("latin-1")):
            raise HttpProblem(403, "relay-seal", "only a program of this folder says so")
        channel = AnswerChannel.MAIL
    code = parse_code(body.code)
    party, standing = await _holder(call, code)
    if isinstance(standing, Drill):
        return await _answer_drill(call, code, standing, channel, body.verb, body.words)
    read = None if body.read_back is None else meaning.particulars_of(body.read_back)
    verb, words, read_back = _said(body.verb, body.words, read)
    return await _take(call, code, party, standing, channel, verb, words, read_back)


async def show_link(call: Call) -> Any:
    """The page of a link: what the notice says, and a button for each answer. Changes nothing."""
    _, standing = await _holder(call, call.path["link"])
    now_us = call.desk.service.context().now_us
    exercise = call.picture.space.exercise
    if isinstance(standing, Drill):
        return reply_page.drill_page(standing, exercise=exercise, now_us=now_us)
    return reply_page.page(standing.notice, exercise=exercise, now_us=now_us)


async def answer_by_link(call: Call) -> Any:
    """An answer by a link, from its page or from a program."""
    body: asked.LinkAnswerIn = call.body
    link = call.path["link"]
    party, standing = await _holder(call, link)
    exercise = call.picture.space.exercise
    by_page = b"text/html" in call.headers.get(b"accept", b"")
    channel = AnswerChannel.LINK
    if isinstance(standing, Drill):
        done = await _answer_drill(call, link, standing, channel, body.verb, body.words)
        if done.status < 400 and by_page:
            return reply_page.drill_thanks(standing, body.verb, exercise=exercise)
        return done
    read_back = None
    if body.verb == Verb.READ_BACK.value:
        read_back = reply_page.read_back_of(body)
    verb, words, read = _said(body.verb, body.words, read_back)
    done = await _take(call, link, party, standing, channel, verb, words, read)
    if done.status < 400 and by_page:
        return reply_page.thanks(standing.notice, body.verb, exercise=exercise)
    return done


async def typed(call: Call) -> Any:
    """What a counterpart said by telephone, typed by a desk (R-07).

    The counterpart itself may type it, a neutral that was called for the notice, and the sender
    where it may follow it; what the sender typed holds no ladder back.
    """
    body: asked.TypedIn = call.body
    picture, notice_id = call.picture, NoticeId(call.path["notice"])
    standing = picture.notices.get(notice_id)
    if standing is None or not _may_type(call, standing):
        raise HttpProblem(404, "no-such-notice", "no open notice that you may type for has this id")
    command = AcknowledgeNotice(
        notice=notice_id,
        verb=Verb(body.verb),
        reason=body.reason,
        read_back=None if body.read_back is None else meaning.particulars_of(body.read_back),
        channel=AnswerChannel.VOICE,
        identified=Identification(body.identified),
        call=VoiceCall(
            parse_rfc3339(body.started, field="started"),
            parse_rfc3339(body.ended, field="ended"),
            call.party,
            require_token(body.desk, field="desk"),
            body.language,
            body.interpreter,
            body.audio_sha256,
        ),
        difference=body.difference,
    )
    named = hashlib.sha256(msgspec.json.encode([call.party, command])).hexdigest()
    return await _record(call, standing.notice.recipient, command, f"voice-{named[:32]}")


async def ways(call: Call) -> replies_told.WaysPage:
    """What is known of each channel to the reader itself; to all, for whoever it is that hosts or
    carries others' messages: a neutral that administers.
    """
    picture, own = call.picture, call.picture.parties.get(call.party)
    is_all = own is not None and own.neutral
    now_us = call.desk.service.context().now_us
    found = await call.desk.outbound.channels(None if is_all else call.party)
    rows: list[replies_told.WayOut] = []
    for each in found:
        if each.party not in picture.parties:
            continue
        success_us = each.evidence.last_success_us
        rows.append(
            replies_told.WayOut(
                party=each.party,
                post=each.post.value,
                medium=each.medium,
                way=each.way,
                state=each.state,
                failures=each.evidence.failures,
                last_success=None if success_us is None else format_rfc3339(success_us),
                age_s=None if success_us is None else max(0, now_us - success_us) / 1e6,
                why=each.why or None,
            )
        )
    return replies_told.WaysPage(ways=rows)


async def public_keys(call: Call) -> replies_told.WebhookKeys:
    """The keys that webhooks are signed with, as a JSON Web Key Set (RFC 8037)."""
    keys = call.desk.outbound.keys
    public = urlsafe_b64encode(keys.public_key).rstrip(b"=").decode()
    return replies_told.WebhookKeys(keys=[replies_told.WebhookKey(kid=keys.keyid, x=public)])


async def _answer_drill(
    call: Call, code: str, drill: Drill, channel: AnswerChannel, verb: str, words: str | None
) -> Answered:
    """RECEIVED, or READ-BACK with the word. A STOP by a drill's code is a STOP all the same."""
    party, digest = drill.sent.recipient, call.desk.outbound.keys.digest(code)
    if verb == STOP_WORD:
        return await _stop(call, digest, party, channel, words or "")
    word = (words or "") if verb == Verb.READ_BACK.value else None
    command = AnswerDrill(drill.sent.drill, Verb(verb), None, word, channel)
    author = Author(party, How.RELAYED, channel.value, (Role.ACKNOWLEDGE,))
    fingerprint = hashlib.sha256(msgspec.json.encode(command)).hexdigest()
    key = f"drill-{digest[:24]}-{fingerprint[:16]}"
    done = await call.desk.service.submit(Request(author, command, key, fingerprint))
    if isinstance(done, Refusal):
        return problem_of(done)
    answer = await answer_to(call.desk, done, party)
    return answer_json(answer, 200 if done.repeated else 201)


async def _holder(call: Call, code: str) -> tuple[PartyId, OpenNotice | Drill]:
    """Whose code it is, and the open notice or the drill that it answers. Raises HttpProblem."""
    now_s = time.monotonic()
    if _wrong.wait_s("wrong", now_s):
        raise HttpProblem(
            429, "limit-codes", "too many wrong codes came", headers=((b"retry-after", b"5"),)
        )
    found = await call.desk.outbound.holder(code)
    if found is None:
        _wrong.take("wrong", now_s)
        raise HttpProblem(404, "no-such-code", "nobody was sent this; look at the message again")
    party, notice_id, expires_us = found
    if call.desk.service.context().now_us > expires_us:
        raise HttpProblem(404, "code-expired", "answers to this are no longer taken; call instead")
    drill = call.picture.drills.get(DrillId(notice_id))
    if drill is not None:
        return party, drill
    standing = call.picture.notices.get(notice_id)
    if standing is None or standing.notice.recipient != party:
        raise HttpProblem(404, "notice-closed", "this notice is no longer open; nothing is to do")
    return party, standing


def _said(
    verb: str, words: str | None, read_back: Particulars | None
) -> tuple[Verb | None, str | None, Particulars | None]:
    """verb: None: STOP."""
    if verb == STOP_WORD:
        return None, words, None
    return Verb(verb), words or None, read_back


async def _take(  # noqa: PLR0913 - each a part of one answer
    call: Call,
    code: str,
    party: PartyId,
    standing: OpenNotice,
    channel: AnswerChannel,
    verb: Verb | None,
    words: str | None,
    read_back: Particulars | None,
) -> Answered:
    digest = call.desk.outbound.keys.digest(code)
    if verb is None:
        return await _stop(call, digest, party, channel, words or "")
    command = AcknowledgeNotice(
        notice=standing.notice.id,
        verb=verb,
        reason=words,
        read_back=read_back,
        channel=channel,
        identified=Identification.HELD_CODE,
        difference=difference_digest(standing.notice),  # as the message and the page show it
    )
    named = f"{channel.value}-{digest[:24]}-{verb.value}"
    if read_back is not None:  # may be said again, better
        named += f"-{hashlib.sha256(msgspec.json.encode(read_back)).hexdigest()[:16]}"
    return await _record(call, party, command, named)


async def _record(call: Call, party: PartyId, command: AcknowledgeNotice, key: str) -> Answered:
    assert command.channel is not None, "it is relayed"
    author = Author(party, How.RELAYED, command.channel.value, (Role.ACKNOWLEDGE,))
    fingerprint = hashlib.sha256(msgspec.json.encode(command)).hexdigest()
    done = await call.desk.service.submit(Request(author, command, key, fingerprint))
    if isinstance(done, Refusal):
        return problem_of(done)
    answer = await answer_to(call.desk, done, party)
    return answer_json(answer, 200 if done.repeated else 201)


async def _stop(
    call: Call, digest: str, party: PartyId, channel: AnswerChannel, words: str
) -> Answered:
    """STOP by code, link or mail: sent first, UNVERIFIED, for a code proves no party."""
    desk = call.desk
    text = words[:200]
    name = stop_id(Identified.UNVERIFIED, party, digest[:24], f"{channel.value}\n{text}".encode())
    wait_s = _stops.take(party, time.monotonic())
    if wait_s:
        raise HttpProblem(
            429,
            "limit-unverified",
            "too many came without proof; call",
            headers=((b"retry-after", b"10"),),
        )
    now_us = desk.service.context().now_us
    stop = Stop(
        name,
        Form.STOP,
        party,
        Identified.UNVERIFIED,
        now_us,
        text,
        doubts=f"relayed-{channel.value}",
    )
    kept = Kept(name, desk.picture.space.origin, now_us, SYSTEM, TellStop(stop), name)
    desk.urgent.send(kept)
    on_disk = await desk.urgent.see_to(kept, within_s=_WITHIN_S)
    return answer_json(
        replies_told.StopRelayed(id=name, kept=on_disk, sentence=NEITHER_PERMISSION_NOR_GUARANTEE),
        202,
    )


def _may_type(call: Call, standing: OpenNotice) -> bool:
    notice, escalated = standing.notice, call.picture.escalations.get(standing.notice.id)
    if call.party == notice.recipient:
        return True
    if escalated is not None and call.party in escalated.neutrals:
        return True
    return call.party == notice.sender and may_hear_answers(call.picture, notice, call.party)


ROUTES = (
    Route(
        "POST",
        "/notices/{notice}/relayed",
        typed,
        "Type what a counterpart answered by telephone",
        told.Acknowledged,
        status=201,
        body=asked.TypedIn,
        role=Role.ACKNOWLEDGE,
        limited_as="commands",
    ),
    Route(
        "POST",
        "/answers",
        answer_by_code,
        "Answer a notice by the code of a message",
        told.Acknowledged,
        status=201,
        body=asked.CodeAnswerIn,
        public=True,
    ),
    Route(
        "GET",
        "/answers/{link}",
        show_link,
        "The page of a message's link; opening it says nothing",
        "text/html",
        public=True,
    ),
    Route(
        "POST",
        "/answers/{link}",
        answer_by_link,
        "Answer a notice by the link of a message",
        told.Acknowledged,
        status=201,
        body=asked.LinkAnswerIn,
        public=True,
        form=True,
    ),
    Route(
        "GET",
        "/delivery/ways",
        ways,
        "By what you are told, and what is known of each way",
        replies_told.WaysPage,
        role=Role.WATCH,
    ),
    Route(
        "GET",
        "/delivery/keys",
        public_keys,
        "The keys that webhooks are signed with",
        replies_told.WebhookKeys,
        public=True,
    ),
)
"""The rows of the table of the API that are told of here."""
