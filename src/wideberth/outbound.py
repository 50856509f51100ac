"""Telling those who have no stream open: what is to be sent follows from the record.

For each post of a party that has ways (:class:`~wideberth.contacts.Way`) there is one lane: its
open notices, by number, over its ways in the agreed order. What waits stands in the record and
nowhere else; a lane keeps a number and reads a page at a time. Posts above the duty desk have what
escalated to them. STOPs go beside all lanes, over every way at once.

What was done stands in ``delivery.sqlite3``, never in an entry. A crash loses nothing, and may send
again, under the same id and version. Of several processes on one folder one sends: whoever holds
the lock of ``delivery.lock``, which the system lets go when a process dies.

Owned by the event loop's thread, but for the file of the state, which one worker thread has.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import random
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from wideberth.answerkeys import AnswerKeys
from wideberth.contacts import Contacts, Way, Ways
from wideberth.delivery.called import call_message
from wideberth.delivery.lanes import BackOff, Lane, Line, Outcome, Tried, WayId
from wideberth.delivery.mail import MailServer, send_mail
from wideberth.delivery.messages import Message, WayToAnswer, in_each, notice_message
from wideberth.delivery.phrases import spoken
from wideberth.delivery.push import send_push
from wideberth.delivery.state import DeliveryState
from wideberth.delivery.taken import Taken
from wideberth.delivery.webhook import Webhooks
from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.model.channels import ChannelState, Evidence, Medium, state_of
from wideberth.model.drills import DrillSent
from wideberth.model.entries import Entry, NoticeAcknowledged, NoticeIssued, NoticeReleased
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.ladders import NeutralCalled, NoticeEscalated, Post
from wideberth.model.notices import Notice
from wideberth.model.receipts import content_digest, difference_digest
from wideberth.operating import DeliveryTable
from wideberth.outdrills import DrillsOut
from wideberth.outincidents import IncidentsOut
from wideberth.outstops import StopsOut
from wideberth.outwarned import WarningsOut, agreed_languages
from wideberth.record.vault import Vault
from wideberth.service import Service
from wideberth.space.time import SECOND_US
from wideberth.urgent import Urgent

__all__ = ["ChannelSeen", "Outbound"]

LOCK_FILE = "delivery.lock"
_LOOK_S = 1.0  # how often the lock is tried, and the ways are looked at
_FLUSH_S = 0.5  # how often what streams took is written down
_PAGE = 100  # notices of a lane that are read together
_AT_ONCE = 50  # of them, in one POST
_STREAM_GRACE_S = 3.0  # how long an open stream has to take a notice before the next way is tried
_STREAM_OPEN_US = 30 * SECOND_US  # a stream says something every 10 s
_MOST_SENDING = 64  # attempts under way, STOPs aside

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """One way to a counterpart and what is known of it (O-06). why: a code of the last attempt."""

    party: PartyId
    post: Post
    medium: Medium
    way: WayId
    state: ChannelState
    evidence: Evidence
    why: str


@dataclass(slots=True)
class _Sending:
    """A lane and what runs it. number: of the last notice that is done with; escalated: those that
    are to be told, at a post above the duty desk.
    """

    party: PartyId
    post: Post
    ways: tuple[Way, ...]
    lane: Lane
    number: int = 0
    escalated: dict[NoticeId, None] = field(default_factory=dict[NoticeId, None])
    grew: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Outbound:
    """Beside a service. It sends inside :meth:`sending`; all else it tells without.

    draw: from 0 up to 1, to spread retries.
    """

    def __init__(
        self,
        service: Service,
        folder: Path,
        *,
        contacts: Contacts,
        urgent: Urgent,
        settings: DeliveryTable,
        vault: Vault | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._service = service
        self._folder = folder
        self._contacts = contacts
        self._settings = settings
        self._draw = draw
        self.ways = Ways(folder, vault=vault)
        self.keys = AnswerKeys(folder)
        self.is_sender = False
        """Whether this process is the one of its folder that sends."""
        self._back_off = BackOff(settings.first_retry_s, settings.longest_retry_s)
        self._state: DeliveryState | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-delivery")
        self._lanes: dict[tuple[PartyId, Post], _Sending] = {}
        self._taken = Taken()
        self._closed: list[NoticeId] = []  # since the last look
        self._webhooks: Webhooks | None = None
        self._room = asyncio.Semaphore(_MOST_SENDING)
        self.warnings = WarningsOut(service, self, self._back_off, draw)
        self.drills = DrillsOut(service, self, self._back_off, draw)
        self.incidents = IncidentsOut(service, self, self._back_off, draw)
        self.stops = StopsOut(service, urgent, self, settings.first_retry_s, draw)

    # What others ask.

    def took(
        self, party: PartyId, number: int, *, since: int = 0, left_out: Collection[int] = ()
    ) -> None:
        """A stream of the party took all events after number since up to a number, but for those
        that it was asked to leave out; 0: it is open. No number counts beyond those that there
        are, whatever its reader said that it had.
        """
        history = self._service.picture.history
        number = min(number, 0 if history is None else history.stream_end(party))
        now_us = self._service.context().now_us
        if self._taken.note(party, number, now_us, since=since, left_out=left_out):
            sending = self._lanes.get((party, Post.DUTY))
            if sending is not None:
                for line in sending.lane.lines:
                    if line.way.startswith(Medium.STREAM.value):
                        line.next_us = 0
                sending.grew.set()

    async def channels(self, party: PartyId | None = None) -> list[ChannelSeen]:
        """What is known of each way to a party, or to all; as of this process or the one that
        sends. Raises RecordUnavailable.
        """
        if self._state is None:  # before the first sending: what an earlier one left
            self._state = await self._in_thread(lambda: DeliveryState(self._folder))
        state, found = self._state, list[ChannelSeen]()
        for name in sorted(self.ways):
            party_id = PartyId(name)
            if party is not None and party != party_id:
                continue
            ways = self.ways[name]
            for post in Post:
                here = [way for way in ways if way.post is post]
                if not here:
                    continue
                lines = await self._in_thread(
                    lambda party_id=party_id, post=post: state.lines(party_id, post)
                )
                found += [_seen(party_id, way, lines.get(way.id)) for way in here]
        return found

    async def holder(self, code: str) -> tuple[PartyId, NoticeId, int] | None:
        """Who may answer which notice by a code or the token of a link, and until when; None:
        this node sent no such. Raises RecordUnavailable.
        """
        if self._state is None:
            self._state = await self._in_thread(lambda: DeliveryState(self._folder))
        state, digest = self._state, self.keys.digest(code)
        found = await self._in_thread(lambda: state.code(digest))
        return None if found is None else (PartyId(found[0]), NoticeId(found[1]), found[2])

    # Sending.

    @contextlib.asynccontextmanager
    async def sending(self) -> AsyncGenerator[None]:
        """While this is entered it sends, once this process is the one that does."""
        if not self._settings.send:
            yield
            return
        task = asyncio.create_task(self._run(), name="wideberth-outbound")
        flushing = asyncio.create_task(self._flush(), name="wideberth-outbound-flush")
        try:
            yield
        finally:
            for each in (task, flushing):
                each.cancel()
            await asyncio.gather(task, flushing, return_exceptions=True)
            self._thread.shutdown()
            if self._state is not None:
                self._state.close()
                self._state = None

    async def _run(self) -> None:
        while True:
            try:
                with await self._lock():
                    await self._send_on()
            except (OSError, RecordUnavailable, InvalidValue) as error:
                _log.warning("nothing is sent: %s", error)
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                _log.exception("sending failed; it starts again")
            await asyncio.sleep(_LOOK_S)

    async def _lock(self) -> _Held:
        """Wait for the folder's lock: another process may send."""
        descriptor = os.open(self._folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        held = _Held(descriptor)
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    await asyncio.sleep(_LOOK_S)
                else:
                    return held
        except BaseException:
            os.close(descriptor)
            raise

    async def _send_on(self) -> None:
        if self._state is None:
            self._state = await self._in_thread(lambda: DeliveryState(self._folder))
        self._webhooks = Webhooks(
            self.keys.signing_key, self.keys.keyid, private=self._settings.private_addresses
        )
        self._service.fold_listeners.append(self._listen)
        self.is_sender = True
        await self._forget_unknown_events()
        try:
            self.stops.go_on()
            self.warnings.go_on()
            self.drills.go_on()
            self.incidents.go_on()
            while True:
                await self._mind_ways()
                await self._forget()
                await asyncio.sleep(_LOOK_S)
        finally:
            self.is_sender = False
            self._service.fold_listeners.remove(self._listen)
            tasks = [each.task for each in self._lanes.values()]
            for task in tasks:
                if task is not None:
                    task.cancel()
            await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)
            await self.stops.stop()
            await self.warnings.stop()
            await self.drills.stop()
            await self.incidents.stop()
            self._lanes.clear()
            await self._webhooks.close()

    async def _forget(self) -> None:
        """Let go of what answers nothing any more: codes that expired, or of closed notices."""
        state, now_us = self._store, self._service.context().now_us
        closed, self._closed = self._closed, []
        await self._in_thread(lambda: state.forget_before(now_us))
        if closed:
            await self._in_thread(lambda: state.forget_codes(closed))

    async def _forget_unknown_events(self) -> None:
        """Of a backup, the state may know of more events than the record has."""
        state, history = self._store, self._service.picture.history
        for name, (number, _) in (await self._in_thread(state.streamed)).items():
            if history is None or number > history.stream_end(PartyId(name)):
                await self._in_thread(lambda name=name: state.forget_streamed(name))

    async def _mind_ways(self) -> None:
        """Start a lane for each post that has ways, anew where they changed."""
        wanted = self._wanted()
        for key, sending in list(self._lanes.items()):
            if wanted.get(key) != sending.ways:
                del self._lanes[key]
                if sending.task is not None:
                    sending.task.cancel()
                    await asyncio.gather(sending.task, return_exceptions=True)
        missing = {key: ways for key, ways in wanted.items() if key not in self._lanes}
        if not missing:
            return
        first = self._first_open({party for party, _ in missing})
        for (party, post), ways in missing.items():
            sending = await self._opened(party, post, ways)
            if post is Post.DUTY:
                sending.number = max(sending.number, first.get(party, 0) - 1)
            self._lanes[party, post] = sending
            self._note_escalated(sending)
            sending.task = asyncio.create_task(self._go(sending))

    def _wanted(self) -> dict[tuple[PartyId, Post], tuple[Way, ...]]:
        """The ways of each post. A neutral is called by ways of that post, else by its desk's."""
        wanted: dict[tuple[PartyId, Post], tuple[Way, ...]] = {}
        for name, ways in self.ways.items():
            for way in ways:
                key = (PartyId(name), way.post)
                wanted[key] = (*wanted.get(key, ()), way)
        for party_id, post in list(wanted):
            party = self._service.picture.parties.get(party_id)
            if post is Post.DUTY and party is not None and party.neutral:
                wanted.setdefault((party_id, Post.NEUTRAL), wanted[party_id, Post.DUTY])
        return wanted

    def _first_open(self, parties: set[PartyId]) -> dict[PartyId, int]:
        """The lowest number of an open notice of each party."""
        first: dict[PartyId, int] = {}
        notices = self._service.picture.notices
        for notice_id in notices:
            notice = notices[notice_id].notice
            if notice.recipient in parties:
                low = first.get(notice.recipient, notice.number)
                first[notice.recipient] = min(low, notice.number)
        return first

    def _note_escalated(self, sending: _Sending) -> None:
        picture = self._service.picture
        if sending.post is Post.DUTY:
            return
        for notice_id in picture.escalations:
            standing = picture.notices.get(notice_id)
            taken = picture.escalations[notice_id]
            is_own = standing is not None and standing.notice.recipient == sending.party
            is_called = sending.post is Post.NEUTRAL and sending.party in taken.neutrals
            if (is_own and sending.post in taken.posts) or is_called:
                sending.escalated[notice_id] = None

    async def _opened(self, party: PartyId, post: Post, ways: tuple[Way, ...]) -> _Sending:
        state = self._store
        known = await self._in_thread(lambda: state.lines(party, post))
        number = await self._in_thread(lambda: state.cursor(party, post))
        history = self._service.picture.history
        if history is not None:  # of a backup, the state may be newer than the record
            number = min(number, history.notices_end(party))
        lines = [known.get(way.id) or Line(way.id) for way in ways]
        for line, way in zip(lines, ways, strict=True):
            line.evidence = msgspec.structs.replace(line.evidence, suspended=way.suspended)
            line.next_us = 0  # somebody may have mended it
        return _Sending(party, post, ways, Lane(lines, self._back_off), number)

    def _listen(self, start: int, entries: Sequence[Entry]) -> None:
        for position, entry in enumerate(entries, start):
            body = entry.body
            self.warnings.note(body, position)
            self.drills.note(body, position)
            self.incidents.note(body, position)
            self.stops.note(body)
            if isinstance(body, NoticeIssued):
                sending = self._lanes.get((body.notice.recipient, Post.DUTY))
                if sending is not None:
                    sending.grew.set()
            elif isinstance(body, NoticeEscalated) and body.post is not None:
                sending = self._lanes.get((body.recipient, body.post))
                if sending is not None and body.post is not Post.DUTY:
                    sending.escalated[body.notice] = None
                    sending.grew.set()
            elif isinstance(body, NeutralCalled):
                sending = self._lanes.get((body.neutral, Post.NEUTRAL))
                if sending is not None:
                    sending.escalated[body.notice] = None
                    sending.grew.set()
            elif isinstance(body, NoticeAcknowledged | NoticeReleased):
                self._closed += body.closes

    # One lane.

    async def _go(self, sending: _Sending) -> None:
        """Send what there is, then wait for more."""
        while True:
            sending.grew.clear()
            try:
                page = await self._page(sending)
                if page:
                    await self._send_page(sending, page)
                    continue
            except RecordUnavailable as error:
                _log.warning("what is to be sent waits: %s", error)
                await asyncio.sleep(_LOOK_S)
                continue
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                _log.exception("a lane failed; it goes on")
                await asyncio.sleep(_LOOK_S)
                continue
            await sending.grew.wait()

    async def _page(self, sending: _Sending) -> list[Notice]:
        """The next notices of a lane, also those that have closed meanwhile."""
        picture, state = self._service.picture, self._store
        if sending.post is not Post.DUTY:
            page: list[Notice] = []
            for notice_id in list(sending.escalated)[:_PAGE]:
                standing = picture.notices.get(notice_id)
                name, party, post = f"{notice_id}", sending.party, f"post-{sending.post.value}"
                is_sent = await self._in_thread(
                    lambda name=name, party=party, post=post: state.is_sent(name, party, post)
                )
                if standing is None or is_sent:
                    sending.escalated.pop(notice_id, None)
                else:
                    page.append(standing.notice)
            return page
        history = picture.history
        if history is None:
            return []
        positions = history.notices(sending.party, sending.number, _PAGE)
        entries = await self._service.entries_at(positions)
        if len(entries) != len(positions):
            return []
        found = [each.body.notice for each in entries if isinstance(each.body, NoticeIssued)]
        if positions and not found:  # all of them were erased
            sending.number += len(positions)
        return found

    async def _send_page(self, sending: _Sending, page: list[Notice]) -> None:
        """Send a page in order; gives up waiting when the ways change (the task is cancelled)."""
        at, alone = 0, False
        while at < len(page):
            if not self._is_open(page[at]):
                at += 1
                await self._done(sending, page[at - 1 : at], kept=at == len(page))
                continue
            said = sending.lane.next(self._service.context().now_us)
            if said.dropped:
                _log.warning(
                    "a notice to %s (%s) is refused by all its ways", sending.party, sending.post
                )
                at += 1
                await self._done(sending, page[at - 1 : at], kept=True)
                continue
            if said.way is None:
                await self._wait(sending, said.at_us)
                continue
            way = next(each for each in sending.ways if each.id == said.way)
            is_many = (
                way.medium is Medium.WEBHOOK and sending.post is not Post.NEUTRAL and not alone
            )
            most = _AT_ONCE if is_many else 1
            batch = [each for each in page[at : at + most] if self._is_open(each)]
            async with self._room:
                tried = await self._try(sending, way, batch)
            alone = tried.outcome is Outcome.REFUSED and len(batch) > 1
            if alone:
                continue  # one of them is not taken: find out which
            now_us = self._service.context().now_us
            sending.lane.tried(way.id, tried, now_us, self._draw())
            if tried.outcome is Outcome.TAKEN:
                at = page.index(batch[-1]) + 1
                await self._done(sending, batch, kept=True)
            else:
                await self._keep(sending)

    def _is_open(self, notice: Notice) -> bool:
        return notice.id in self._service.picture.notices

    async def _wait(self, sending: _Sending, at_us: int | None) -> None:
        sending.grew.clear()
        wait_s = None
        if at_us is not None:
            wait_s = max(0.005, (at_us - self._service.context().now_us) / SECOND_US)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if wait_s is None else min(wait_s, 60)):
                await sending.grew.wait()

    async def _done(self, sending: _Sending, batch: Sequence[Notice], *, kept: bool) -> None:
        sending.lane.pass_on()
        state, now_us = self._store, self._service.context().now_us
        if sending.post is Post.DUTY:
            sending.number = max(sending.number, batch[-1].number)
        else:
            post = f"post-{sending.post.value}"
            for notice in batch:
                sending.escalated.pop(notice.id, None)
                await self._in_thread(
                    lambda notice=notice: state.keep_sent(notice.id, sending.party, post, now_us)
                )
        if kept:
            await self._keep(sending)

    async def _keep(self, sending: _Sending) -> None:
        state, lines = self._store, [_copied(line) for line in sending.lane.lines]
        try:
            await self._in_thread(
                lambda: state.keep(sending.party, sending.post, sending.number, lines)
            )
        except RecordUnavailable as error:  # it may be sent again after a crash, and no more
            _log.warning("what was sent could not be noted: %s", error)

    async def _try(self, sending: _Sending, way: Way, batch: Sequence[Notice]) -> Tried:
        if batch[0].recipient != sending.party:
            return await self._call(sending, way, batch[0])
        if way.medium is Medium.STREAM:
            history = self._service.picture.history
            positions = history.positions(batch[0].id) if history is not None else []
            at = positions[0] if positions else self._service.picture.size
            return await self.streamed(batch[0].recipient, at)
        messages = [self._message(way, notice) for notice in batch]
        state = self._store
        codes = [row for notice in batch for row in self._codes(notice)]
        try:
            await self._in_thread(lambda: state.keep_codes(codes))
        except RecordUnavailable:
            return Tried(Outcome.FAILED, "state")  # an answer would not be known
        if way.medium is not Medium.WEBHOOK:
            return await self._message_out(way, messages[0])
        said: list[dict[str, object]] = [
            {
                "kind": "notice",
                "id": message.id,
                "version": message.version,
                "notice": notice,
                "text": message.full,
                "code": message.code,
                "content": content_digest(notice),
                "difference": difference_digest(notice),
            }
            for notice, message in zip(batch, messages, strict=True)
        ]
        return await self._post(way.address, batch[0].recipient, said)

    async def _call(self, sending: _Sending, way: Way, notice: Notice) -> Tried:
        """Ask a neutral to reach the recipient of a notice: nothing by which the notice could be
        answered goes out.
        """
        history = self._service.picture.history
        positions = history.positions(notice.id) if history is not None else []
        steps = await self._service.entries_at(positions)
        for position, step in zip(positions, steps, strict=True):
            if not isinstance(step.body, NoticeEscalated) or step.body.post is not Post.NEUTRAL:
                continue
            size = self._service.picture.size
            for at in range(position + 1, size):
                (entry,) = await self._service.entries_at([at])
                if not isinstance(entry.body, NeutralCalled):
                    break
                if entry.body.neutral == sending.party:
                    return await self._called(way, entry.body, at)
        return Tried(Outcome.REFUSED, "erased")

    async def _called(self, way: Way, called: NeutralCalled, position: int) -> Tried:
        if way.medium is Medium.STREAM:
            return await self.streamed(called.neutral, position)
        contact = None if called.contact is None else self._contacts.get(called.contact)
        picture = self._service.picture
        tags = agreed_languages(picture, called.neutral, [called.recipient, called.sender])
        message = in_each(
            *spoken(tags, way.language),
            lambda language: call_message(
                called,
                exercise=picture.space.exercise,
                times=way.times,
                contact=None if contact is None else ", ".join((contact.label, *contact.channels)),
                language=language,
            ),
        )
        if way.medium is not Medium.WEBHOOK:
            return await self._message_out(way, message)
        item: dict[str, object] = {
            "kind": "called",
            "id": message.id,
            "version": message.version,
            "called": called,
            "text": message.full,
        }
        return await self._post(way.address, called.neutral, [item])

    async def _post(self, url: str, party: PartyId, items: list[dict[str, object]]) -> Tried:
        assert self._webhooks is not None, "it sends"
        space = self._service.picture.space
        delivery = self.keys.delivery_id(
            url, *(f"{each['id']} {each['version']}" for each in items)
        )
        body = msgspec.json.encode(
            {
                "origin": space.origin,
                "exercise": space.exercise,
                "recipient": party,
                "delivery": delivery,
                "items": items,
            }
        )
        return await self._webhooks.post(url, body, delivery=delivery, exercise=space.exercise)

    async def _message_out(self, way: Way, message: Message) -> Tried:
        now_us = self._service.context().now_us
        if way.medium is Medium.PUSH:
            return await send_push(message, way.address)
        server = _mail_server(self._settings)
        if server is None:
            return Tried(Outcome.FAILED, "mail-not-configured")
        return await send_mail(message, way.address, server, now_us=now_us)

    async def streamed(self, party: PartyId, position: int) -> Tried:
        """Whether a stream took an entry: delivered to the software, never received by a person."""
        history = self._service.picture.history
        if history is None:
            return Tried(Outcome.FAILED, "no-stream")
        number = history.stream_number(party, position)
        until = asyncio.get_running_loop().time() + _STREAM_GRACE_S
        while True:
            if self._taken.has(party, number):
                return Tried(Outcome.TAKEN, "stream")
            now_us = self._service.context().now_us
            if now_us - self._taken.seen_us(party) > _STREAM_OPEN_US:
                return Tried(Outcome.FAILED, "no-stream")
            if asyncio.get_running_loop().time() > until:
                return Tried(Outcome.FAILED, "stream-slow")
            await asyncio.sleep(0.05)

    def _message(self, way: Way, notice: Notice) -> Message:
        references = [each.contact for each in notice.clashes if each.contact is not None]
        contact = self._contacts.get(references[0]) if references else None
        called = None if contact is None else ", ".join((contact.label, *contact.channels))
        answer = self.keys.way_to_answer(
            self._service.picture.space.origin,
            notice,
            public_url=self._settings.public_url,
            contact=called,
        )
        picture = self._service.picture
        tags = agreed_languages(picture, notice.recipient, [notice.sender])
        return in_each(
            *spoken(tags, way.language),
            lambda language: notice_message(
                notice,
                answer,
                exercise=picture.space.exercise,
                places=way.places,
                times=way.times,
                language=language,
            ),
        )

    def _codes(self, notice: Notice) -> list[tuple[str, str, str, int]]:
        return self.keys.codes(self._service.picture.space.origin, notice)

    # What sends warnings and STOPs beside the lanes asks these.

    def every_way(self) -> list[tuple[PartyId, tuple[Way, ...]]]:
        """The ways of each party, the suspended ones too."""
        return [(PartyId(name), ways) for name, ways in self.ways.items()]

    def duty_ways(self, party: PartyId) -> tuple[Way, ...]:
        """The ways of a duty desk that are not suspended, in the agreed order."""
        ways = self.ways.get(party) or ()
        return tuple(way for way in ways if way.post is Post.DUTY and not way.suspended)

    async def send(
        self, way: Way, party: PartyId, message: Message, item: dict[str, object]
    ) -> Tried:
        """One attempt to send a message, by anything but a stream, when there is room for it."""
        async with self._room:
            return await self.send_at_once(way, party, message, item)

    async def send_at_once(
        self, way: Way, party: PartyId, message: Message, item: dict[str, object]
    ) -> Tried:
        """The same, behind nothing."""
        if way.medium is Medium.WEBHOOK:
            return await self._post(way.address, party, [item])
        return await self._message_out(way, message)

    async def send_beside(
        self, way: Way, party: PartyId, message: Message, item: dict[str, object]
    ) -> Tried:
        """The same, beside the attempts that notices and warnings share."""
        if way.medium is Medium.WEBHOOK:
            return await self._post(way.address, party, [item])
        return await self._message_out(way, message)

    async def drill_answer(self, sent: DrillSent) -> WayToAnswer:
        """The code and link by which a drill is answered, kept. Raises RecordUnavailable."""
        state, origin = self._store, self._service.picture.space.origin
        url = self._settings.public_url
        answer, rows = self.keys.way_to_answer_drill(origin, sent, public_url=url)
        await self._in_thread(lambda: state.keep_codes(rows))
        return answer

    async def is_sent(self, name: str, party: PartyId, way: str) -> bool:
        """Whether it was kept as sent over this way. Raises RecordUnavailable."""
        state = self._store
        return await self._in_thread(lambda: state.is_sent(name, party, way))

    async def keep_sent(self, name: str, party: PartyId, way: str) -> None:
        """Keep that it was sent. Raises RecordUnavailable."""
        state, now_us = self._store, self._service.context().now_us
        await self._in_thread(lambda: state.keep_sent(name, party, way, now_us))

    # The state's file.

    @property
    def _store(self) -> DeliveryState:
        assert self._state is not None, "it is open while this sends"
        return self._state

    async def _flush(self) -> None:
        """Write down what streams took here, and learn what they took elsewhere."""
        while True:
            await asyncio.sleep(_FLUSH_S)
            try:
                await self._flush_once()
            except RecordUnavailable as error:
                _log.warning("what streams took could not be noted: %s", error)

    async def _flush_once(self) -> None:
        if self._state is None:
            return
        state = self._state
        rows, changes = self._taken.unkept()
        if rows:
            try:
                await self._in_thread(lambda: state.keep_streamed(rows, changes))
            except RecordUnavailable:
                self._taken.not_kept(changes)
                raise
        if self.is_sender:
            streamed, left_out = await self._in_thread(lambda: (state.streamed(), state.left_out()))
            self._taken.merge(streamed, left_out)

    async def _in_thread(self, ask: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, ask)


class _Held:
    """The folder's lock; closing the file lets it go."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _copied(line: Line) -> Line:
    """The line as it stands now, for another thread."""
    return Line(line.way, line.evidence, line.next_us, line.why)


def _seen(party: PartyId, way: Way, line: Line | None) -> ChannelSeen:
    evidence = Evidence() if line is None else line.evidence
    evidence = msgspec.structs.replace(evidence, suspended=way.suspended)
    why = "" if line is None else line.why
    return ChannelSeen(party, way.post, way.medium, way.id, state_of(evidence), evidence, why)


def _mail_server(settings: DeliveryTable) -> MailServer | None:
    if settings.mail_host is None or settings.mail_from is None:
        return None
    return MailServer(
        settings.mail_host,
        settings.mail_port,
        settings.mail_from,
        settings.mail_tls,
        settings.mail_user,
        settings.mail_password,
        settings.mail_ca_file,
        settings.mail_reply_to,
    )
