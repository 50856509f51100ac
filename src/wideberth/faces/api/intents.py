"""Intents: telling, amending, stepping, asking what would be touched, and what stands where."""

from __future__ import annotations

import contextlib
from functools import partial

import msgspec

from wideberth.decisions.checks import dry_run
from wideberth.errors import InvalidValue
from wideberth.faces.api import codec, told, views
from wideberth.faces.api.answers import encodable
from wideberth.faces.api.areas import (
    Area,
    Slab,
    area_of_box,
    area_of_volume,
    band_of,
    find,
    first_position,
)
from wideberth.faces.api.deliveries import deliver, require_within_limit, within_limit
from wideberth.faces.api.desk import Call
from wideberth.faces.api.doubts_seen import intent_json
from wideberth.faces.api.pages import Page
from wideberth.faces.api.past import Version, intent_as_of, intent_versions
from wideberth.faces.api.problems import HttpProblem
from wideberth.model.commands import (
    AmendIntent,
    ChangeIntentState,
    Command,
    RecordCheck,
    Request,
    SubmitIntent,
)
from wideberth.model.ids import IntentId, Ovn
from wideberth.model.intents import FieldChange, Intent, IntentKind
from wideberth.model.refusals import Refusal
from wideberth.picture.limits import is_shown_in_part, sees
from wideberth.picture.needs import needs
from wideberth.space.time import MAX_US, MIN_US, format_rfc3339
from wideberth.wire import asked, forms, meaning

__all__ = [
    "amend",
    "change_state",
    "check",
    "get_intent",
    "get_versions",
    "list_intents",
    "query_intents",
    "slab_of",
    "submit",
]

_MOST_VOLUMES = 20
_MOST_VERTICES = 2_000
_MOST_BYTES = 4 * 1024 * 1024  # of the versions in one answer; the last may go beyond


async def submit(call: Call) -> Command:
    """A new intent, under an id that the service makes."""
    body: asked.SubmitIntentIn = call.body
    return SubmitIntent(
        IntentId(call.desk.service.context().new_id()),
        meaning.details_of(body),
        tuple(Ovn(ovn) for ovn in body.key),
        body.activated,
    )


async def amend(call: Call) -> Command:
    """A new version of an intent."""
    body: asked.AmendIntentIn = call.body
    return AmendIntent(
        IntentId(call.path["intent"]),
        Ovn(body.ovn),
        meaning.details_of(body),
        tuple(Ovn(ovn) for ovn in body.key),
    )


async def change_state(call: Call) -> Command:
    """One step with an intent."""
    body: asked.ChangeStateIn = call.body
    return ChangeIntentState(IntentId(call.path["intent"]), Ovn(body.ovn), body.step)


async def check(call: Call) -> told.Checked | Refusal:
    """The dry run. What it met of hidden intents is recorded before the answer leaves."""
    body: asked.CheckIn = call.body
    _require_simple(body.volumes, "volumes")
    service, picture = call.desk.service, call.picture
    details = meaning.details_of(body)
    replaces = None
    if body.replaces is not None:
        standing = picture.intents.get(IntentId(body.replaces))
        if standing is None or standing.party != call.party:
            raise InvalidValue(
                "replaces", "not-yours", body.replaces, "name a standing intent of your own"
            )
        replaces = standing.id
    found = dry_run(
        picture,
        details,
        call.author,
        service.context(),
        replaces=replaces,
        ask_hidden=body.hidden,
    )
    if isinstance(found, Refusal):
        return found
    position, time_us = picture.size, views.as_of_us(service)
    if found.owners:
        recorded = await service.submit(Request(call.author, RecordCheck(found.owners)))
        if isinstance(recorded, Refusal):
            return recorded
    parties = [clash.other_party for clash in found.clashes if clash.other_party is not None]
    hidden = found.hidden
    spent = sum(count for _, count in found.owners)
    return told.Checked(
        intent=views.checked_intent(found.intent),
        clashes=views.clashes(found.clashes, call.desk.contacts),
        hidden=told.HiddenOut(
            done=hidden.done, reason=hidden.reason, left_today=max(0, hidden.left_today - spent)
        ),
        rests_on=views.rests_on(parties, position, time_us),
        late_under=views.reliances(picture, call.party, found.late_under),
    )


async def list_intents(call: Call) -> told.IntentsPage | Refusal:
    """Intents in a box, a time window and a band of heights."""
    query: asked.AreaQuery = call.query
    slab = slab_of(query)
    box = codec.box_of(query)
    area = Area((), slab) if box is None else area_of_box(box, slab, call.picture)
    kinds = () if query.kind is None else (query.kind,)
    return await _page(
        call, area, kinds=kinds, party=query.party, cursor=query.cursor, limit=query.limit
    )


async def query_intents(call: Call) -> told.IntentsPage | Refusal:
    """Intents that touch a volume, exactly."""
    body: asked.QueryIn = call.body
    _require_simple([body.volume], "volume")
    volume = meaning.volume_of(body.volume)
    try:
        area = area_of_volume(volume, call.picture)
    except InvalidValue as error:
        raise error.within("volume") from error
    return await _page(
        call, area, kinds=tuple(body.kinds), party=None, cursor=body.cursor, limit=body.limit
    )


async def get_intent(call: Call) -> object:
    """An intent that stands, or the last version of one that ended."""
    intent_id = IntentId(call.path["intent"])
    intent = call.picture.intents.get(intent_id)
    if intent is None:
        intent = await intent_as_of(call.desk.service, intent_id)
    if intent is None or not _is_given(call, intent):
        raise _no_such_intent()
    require_within_limit(call, intent)
    refusal = await deliver(call, (intent,))
    if refusal is not None:
        return refusal
    return msgspec.Raw(intent_json(call.desk, intent, call.party))


async def get_versions(call: Call) -> told.VersionsPage | Refusal:
    """The versions of an intent that the reader may see; differences only between two of them."""
    query: asked.AfterQuery = call.query
    intent_id = IntentId(call.path["intent"])
    last = call.picture.intents.get(intent_id)
    if last is None:
        last = await intent_as_of(call.desk.service, intent_id)
    if last is None or not _is_given(call, last):
        raise _no_such_intent()
    require_within_limit(call, last)
    refusal = await deliver(call, (last,))
    if refusal is not None:
        return refusal
    page: list[told.VersionOut] = []
    number, room_bytes = 0, _MOST_BYTES
    before: Version | None = None
    async with contextlib.aclosing(intent_versions(call.desk.service, intent_id)) as versions:
        async for version in versions:
            shown = _is_given(call, version.intent)
            if shown and version.intent.version > query.after:
                if len(page) == query.limit or (page and room_bytes <= 0):
                    return told.VersionsPage(versions=page, next=number)
                comparable = before is not None and _is_given(call, before.intent)
                page.append(_version(call, version, version.changes if comparable else ()))
                number = version.intent.version
                room_bytes -= len(call.desk.intent_bytes.json(version.intent))
            before = version
    return told.VersionsPage(versions=page, next=None)


def slab_of(query: asked.AreaQuery) -> Slab:
    """The time and the heights that a query asks about. Raises InvalidValue."""
    start_us = meaning.instant_us(query.from_, "from")
    end_us = meaning.instant_us(query.to, "to")
    slab = Slab(
        MIN_US if start_us is None else start_us,
        MAX_US if end_us is None else end_us,
        *band_of(query.lower_m, query.upper_m),
    )
    if slab.end_us < slab.start_us:
        raise InvalidValue("from, to", "end-before-start", query.to, "give a to after from")
    return slab


def _require_simple(volumes: list[asked.VolumeIn], field: str) -> None:
    """A question costs its asker nothing and is worked on while others wait, so it stays small."""
    count, vertices = forms.size_of(volumes)
    if count > _MOST_VOLUMES or vertices > _MOST_VERTICES:
        raise InvalidValue(
            field,
            "too-complex",
            f"{count} volumes, {vertices} vertices",
            f"ask with up to {_MOST_VOLUMES} volumes and {_MOST_VERTICES:,} vertices in all",
        )


async def _page(
    call: Call,
    area: Area,
    *,
    kinds: tuple[IntentKind, ...],
    party: str | None,
    cursor: str | None,
    limit: int,
) -> told.IntentsPage | Refusal:
    picture = call.picture
    position, time_us = picture.size, views.as_of_us(call.desk.service)
    found = await find(
        picture,
        area,
        call.party,
        kinds=kinds,
        party=party,
        after=number_in(cursor),
        limit=limit,
    )
    given = within_limit(call, found.intents)
    json = call.desk.intent_bytes.json
    if picture.doubts:
        json = partial(_json, call)
    page = Page().take_all(given, json)
    taken, after = given[: len(page)], found.next
    if len(taken) < len(given):
        after = first_position(picture, taken[-1].id)
    if any(intent.kind is IntentKind.PRESENCE for intent in taken):
        refusal = await deliver(call, taken)
        if refusal is not None:
            return refusal
    return told.IntentsPage(
        intents=page.things,
        next=None if after is None else str(after),
        rests_on=views.rests_on((intent.party for intent in taken), position, time_us),
        limited=len(given) < len(found.intents),
        in_part=is_shown_in_part(picture, call.party),
    )


def _is_given(call: Call, intent: Intent) -> bool:
    """Whether the reader sees a version whole, and needs to know of it."""
    picture, reader = call.picture, call.party
    return sees(picture, intent, reader) and needs(picture, intent, reader)


def _json(call: Call, intent: Intent) -> bytes:
    return intent_json(call.desk, intent, call.party)


def number_in(cursor: str | None) -> int:
    """The number in a cursor of this face. Raises InvalidValue."""
    if cursor is None:
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
        raise InvalidValue("cursor", "cursor", cursor, "give the next of an earlier page, as it is")
    return int(cursor)


def _version(call: Call, version: Version, changes: tuple[FieldChange, ...]) -> told.VersionOut:
    return told.VersionOut(
        intent=encodable(call.desk, version.intent),
        position=version.position,
        time=format_rfc3339(version.time_us),
        changes=views.changes(changes),
    )


def _no_such_intent() -> HttpProblem:
    return HttpProblem(404, "no-such-intent", "no intent of this id is shown to you")
