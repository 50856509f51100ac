"""The record, the parties and their keys, what became of a request, and the public facts."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from importlib.metadata import version

from wideberth.decisions.outcome import refused
from wideberth.errors import InvalidValue
from wideberth.faces.api import told, views
from wideberth.faces.api.answers import answer_to
from wideberth.faces.api.deliveries import deliver, site_in, within_limit
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import encode
from wideberth.faces.api.pages import Page
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.stops import became_of_sent
from wideberth.model.commands import Command, EnrolKey, RevokeKey
from wideberth.model.entries import decode_entry
from wideberth.model.envelope import leaf
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.intents import Intent
from wideberth.model.nearest import no_such_party
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.visibility import is_readable
from wideberth.record.protocol import Row
from wideberth.service import now_us
from wideberth.space.time import format_rfc3339
from wideberth.wire import asked

__all__ = [
    "consistency",
    "enrol_key",
    "get_party",
    "get_request",
    "get_space",
    "health",
    "list_entries",
    "list_parties",
    "ready",
    "revoke_key",
]

_AT_ONCE = 50  # entries read together: one may hold 2 MiB


async def get_space(call: Call) -> told.SpaceOut:
    """Whose record this is, who runs it, and what an acknowledgement is not. Public."""
    node, space = call.desk.node, call.picture.space
    clock = node.exercise_clock
    rate = 1.0 if clock is None else clock.rate_at(now_us())
    return told.SpaceOut(
        name="wideberth",
        origin=node.origin,
        vkey=node.vkey,
        host=node.host_name,
        exercise=space.exercise,
        rules=space.rules.version,
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        version=_version(),
        time=format_rfc3339(call.desk.service.context().now_us),
        clock=told.ClockOut(simulated=clock is not None, rate=rate),
    )


@cache
def _version() -> str:
    return version("wideberth")


async def health(_call: Call) -> told.Health:
    """That this process lives and answers. Public."""
    return told.Health(status="ok")


async def ready(call: Call) -> told.Health:
    """Whether this node takes commands. Public; names what stands in the way, and no number."""
    obstacles = await call.desk.readiness.obstacles()
    if obstacles:
        said = "; ".join(f"{name}: {words}" for name, words in obstacles.items())
        raise HttpProblem(
            503, "not-ready", said, field=", ".join(obstacles), headers=((b"retry-after", b"1"),)
        )
    return told.Health(status="ready")


async def get_request(call: Call) -> told.RequestOut:
    """What became of a request of the party's, by its key, for the last 24 hours; and of what was
    sent and waits for the record, for as long as it waits.
    """
    outcome = call.picture.requests.get((call.party, call.path["key"]))
    if outcome is None:
        sent = await became_of_sent(call.desk, call.party, call.path["key"])
        if sent is not None:
            return sent
        raise HttpProblem(404, "not-in-the-record", "not in the record: nothing happened")
    applied = await call.desk.service.again(outcome)
    return told.RequestOut(
        state="applied",
        position=applied.position,
        time=format_rfc3339(applied.entries[0].time_us),
        answer=await answer_to(call.desk, applied, call.party),
    )


async def list_parties(call: Call) -> told.PartiesPage:
    """The parties of the space, by id."""
    query: asked.PageQuery = call.query
    ids = sorted(
        each for each in call.picture.parties if query.cursor is None or each > query.cursor
    )
    page = ids[: query.limit]
    return told.PartiesPage(
        parties=[_party(call, each) for each in page],
        next=page[-1] if len(ids) > len(page) else None,
    )


async def get_party(call: Call) -> told.PartyOut:
    """One party."""
    party_id = PartyId(call.path["party"])
    if party_id not in call.picture.parties:
        raise HttpProblem(404, "no-such-party", no_such_party(party_id, call.picture.parties))
    return _party(call, party_id)


def _party(call: Call, party_id: PartyId) -> told.PartyOut:
    picture = call.picture
    keys = [
        (picture.keys[each], picture.seal_keys.get(each))
        for each in picture.keys
        if each[0] == party_id
    ]
    return views.party(picture.parties[party_id], keys, call.party, call.desk.contacts)


async def enrol_key(call: Call) -> Command:
    """A key of the party's, with the proof that it holds the private half."""
    body: asked.KeyIn = call.body
    await call.desk.node.beside.refuse(body.public_key, exercise=call.picture.space.exercise)
    return EnrolKey(
        call.party,
        KeyId(body.key_id),
        body.public_key,
        tuple(dict.fromkeys(body.roles)),
        body.proof,
    )


async def revoke_key(call: Call) -> Command:
    """A key of the party's out of force."""
    return RevokeKey(call.party, KeyId(call.path["key_id"]))


async def list_entries(call: Call) -> told.EntriesPage | Refusal:
    """Entries from a position on: whole where the reader may read them, else their leaves."""
    query: asked.EntriesQuery = call.query
    if query.party not in (None, call.party):
        return refused(
            RefusalKind.FORBIDDEN,
            "another-party",
            f"this token speaks for {call.party}, not for {query.party}; use a token of"
            f" {query.party}, or ask as {call.party}",
            field="party",
            value=query.party,
        )
    size = call.picture.size
    if query.from_ >= size:
        return told.EntriesPage(entries=[], next=None)
    page = Page()
    after, until = query.from_, min(query.from_ + query.limit, size)
    sites: list[Intent] = []
    while after < until:
        rows = await call.desk.service.rows(after, min(_AT_ONCE, until - after))
        taken = len(page)
        page.take_all(rows, lambda row: encode(_entry(call, row, sites)))
        taken = len(page) - taken
        after += taken
        if taken < len(rows) or not rows:
            break
    refusal = await deliver(call, sites)
    if refusal is not None:
        return refusal
    return told.EntriesPage(entries=page.things, next=after if after < size else None)


def _entry(call: Call, row: Row, sites: list[Intent]) -> told.EntryOut:
    """The entry as the reader may have it; a site in it is added to those of the answer."""
    if row.erased_by is not None:
        kept = b64encode(row.leaf or b"").decode("ascii")
        return told.EntryOut(position=row.position, leaf=kept, erased=True)
    entry = decode_entry(row.envelope, position=row.position)
    site = site_in(entry)
    given = site is None or len(within_limit(call, [*sites, site])) > len(sites)
    if given and is_readable(call.picture, entry, call.party):
        if site is not None:
            sites.append(site)
        return told.EntryOut(
            position=row.position,
            salt=b64encode(row.salt).decode("ascii"),
            envelope=row.envelope.decode("utf-8"),
        )
    hidden = leaf(row.salt, row.envelope)
    return told.EntryOut(position=row.position, leaf=b64encode(hidden).decode("ascii"))


async def consistency(call: Call) -> told.ProofOut:
    """Proof that the record of one size is the beginning of that of another."""
    query: asked.ConsistencyQuery = call.query
    if not query.old <= query.new <= call.picture.size:
        raise InvalidValue(
            "old, new",
            "in-tree",
            [query.old, query.new],
            f"give old <= new <= {call.picture.size}",
        )
    proof = await call.desk.service.reading(
        lambda record: record.consistency_proof(query.old, query.new)
    )
    return told.ProofOut(
        old=query.old,
        new=query.new,
        proof=[b64encode(each).decode("ascii") for each in proof],
    )
