"""What convinces somebody outside: checkpoints, tiles, receipts, and cosignatures handed in."""

from __future__ import annotations

from wideberth.errors import InvalidValue
from wideberth.faces.api import told
from wideberth.faces.api.deliveries import deliver, require_within_limit, site_in
from wideberth.faces.api.desk import Call
from wideberth.faces.api.problems import Answered, HttpProblem
from wideberth.model.refusals import Refusal
from wideberth.picture.visibility import is_readable
from wideberth.record.notes import parse_checkpoint, parse_note
from wideberth.record.protocol import Record
from wideberth.record.tiles import Tile, is_in_tree, parse_tile_path
from wideberth.wire import asked

__all__ = ["checkpoint", "get_tile", "hand_in", "receipt"]

_FOREVER = (b"cache-control", b"private, max-age=31536000, immutable")
_A_MOMENT = (b"cache-control", b"private, max-age=1")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


async def checkpoint(call: Call) -> Answered:
    """The record's signed head, a C2SP checkpoint, with the cosignatures that it has."""
    query: asked.CheckpointQuery = call.query
    if query.beat and query.witnesses:
        raise InvalidValue("beat, witnesses", "one-of", query.witnesses, "give one of them")
    if query.beat:
        note = await call.desk.node.witnessing.to_cosign()
    else:
        note = await _cosigned(call, query.witnesses)
    return Answered(200, [_TEXT, _A_MOMENT], note.encode())


async def get_tile(call: Call) -> Answered:
    """A tile of the tree's hashes, C2SP tlog-tiles. It never changes."""
    tile: Tile = parse_tile_path(call.path["tile"])

    def read(record: Record) -> bytes | None:
        return record.tile(tile) if is_in_tree(tile, record.head().size) else None

    data = await call.desk.service.reading(read)
    if data is None:
        raise HttpProblem(404, "no-such-tile", "the tree does not reach so far")
    return Answered(200, [(b"content-type", b"application/octet-stream"), _FOREVER], data)


async def receipt(call: Call) -> str | Refusal:
    """Proof that an entry is in the record, to be checked offline; for readable entries only."""
    query: asked.ReceiptQuery = call.query
    text = call.path["position"]
    position = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
    if 0 <= position < call.picture.size:
        (entry,) = await call.desk.service.entries_at([position])
        if is_readable(call.picture, entry, call.party):
            site = site_in(entry)
            if site is not None:
                require_within_limit(call, site)
                refusal = await deliver(call, (site,))
                if refusal is not None:
                    return refusal
            if query.witnesses:
                head = parse_checkpoint(parse_note(await _cosigned(call, query.witnesses)).text)
                if position >= head.size:
                    raise _not_cosigned()
            return await call.desk.service.reading(
                lambda record: record.receipt(position, witnesses=query.witnesses)
            )
    raise HttpProblem(404, "no-such-entry", "no entry at this position is shown to you")


async def hand_in(call: Call) -> told.CosignedOut:
    """A head with cosignatures, as a witness that comes by itself brings it."""
    body: asked.CosignaturesIn = call.body
    kept = await call.desk.node.witnessing.take(body.note)
    if not kept:
        raise HttpProblem(
            403, "witness-unknown", "this node keeps cosignatures of its own witnesses only"
        )
    head = parse_checkpoint(parse_note(body.note).text)
    return told.CosignedOut(size=head.size, witnesses=[each.key.name for each in kept])


async def _cosigned(call: Call, witnesses: int) -> str:
    try:
        return await call.desk.service.reading(
            lambda record: record.checkpoint(witnesses=witnesses)
        )
    except InvalidValue as error:
        if error.rule != "not-cosigned":
            raise
        raise _not_cosigned() from None


def _not_cosigned() -> HttpProblem:
    return HttpProblem(404, "not-cosigned", "so many witnesses have not cosigned such a head yet")
