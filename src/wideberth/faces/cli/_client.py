"""A party's line to a node, as the commands open it, and what was signed and has no answer yet.

A statement stands beside its key before it leaves, and goes first the next time. Whoever types
commands has to know that: it is said what is kept, what is sent first, and what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import complain, complaints, printable, say_exercise

if TYPE_CHECKING:
    from wideberth.client import Client, PartyKey, Settled
    from wideberth.model.envelope import Statement

__all__ = ["UNKNOWN", "all_of", "client_of", "let_go", "said_words", "sign_once", "with_client"]

UNKNOWN = 3  # the exit code where nobody knows whether it was done
_UNHEARD = 3  # a node that starts again is back within a second, or not soon
_SHOWN = 60  # characters of somebody's own words

T = TypeVar("T")

_DEEDS = {
    "OpenIncident": ("the opening of an incident", "title"),
    "NameSubjects": ("what an incident is about", ""),
    "GiveAccount": ("an account", "words"),
    "AskQuestion": ("a question", "words"),
    "StepQuestion": ("an answer to a question", "words"),
    "LodgeEvidence": ("the lodging of evidence", "line"),
    "DiscloseEvidence": ("the disclosure of evidence", ""),
    "CheckEvidence": ("a check of evidence", ""),
    "TransmitResult": ("the result of an inquiry", "words"),
    "ReceiptResult": ("the receipt of a result", ""),
    "AnswerDrill": ("an answer to a drill message", "step"),
    "BeginReadBackTest": ("the beginning of a read-back test", ""),
    "AnswerReadBackTest": ("the answers to a read-back test", ""),
    "ContestCount": ("a contest of a count", "reason"),
}
"""By the type of a statement: what it is in words, and its member in its author's own words."""


async def all_of(client: Client, name: str) -> list[dict[str, Any]]:
    """Everything on the pages of a list of the node's, by its name there and in their answer."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await client.get(f"/{name}", limit=1000, cursor=cursor)
        found += page[name]
        cursor = page["next"]
        if cursor is None:
            return found


def client_of(url: str | None, token: str | None, key: PartyKey | None = None) -> Client:
    """A client of the node at the URL. Raises InvalidValue naming the option that is missing."""
    from wideberth.client import Client

    if url is None:
        raise InvalidValue(
            "--url",
            "missing",
            None,
            "give it, or set WIDEBERTH_URL to it: which node, like http://127.0.0.1:8470",
        )
    if token is None:
        raise InvalidValue(
            "--token",
            "missing",
            None,
            "give it, or set WIDEBERTH_TOKEN to it; who hosts the node makes one for a party:"
            " wideberth token PARTY",
        )
    return Client(url, token, key=key, unheard=_UNHEARD)


def with_client(
    url: str | None, token: str | None, key: Path | None, act: Callable[[Client], Awaitable[T]]
) -> T:
    """What act gives with a client; first goes what an earlier command signed in vain.

    Ends the command where it cannot be asked; with UNKNOWN where it is not known what was done.
    """
    from wideberth.client import PartyKey, Unreachable

    with complaints():
        signer = None if key is None else PartyKey.load(key)

        async def run() -> T:
            async with client_of(url, token, signer) as client:
                await _settle_first(client, signer)
                done = await act(client)
                if client.is_exercise:
                    say_exercise(client.url, exercise=True)
                return done

        try:
            return asyncio.run(run())
        except Unreachable as error:
            if signer is None or signer.pending is None:
                raise
            complain(f"wideberth: {error}")
            _say_kept(signer)
            raise typer.Exit(UNKNOWN) from None


async def sign_once(client: Client, method: str, path: str, kind: str, body: dict[str, Any]) -> Any:
    """The answer to what is signed now; or, where an earlier command signed the same and its answer
    has just come, that answer: typed twice, it is said once.
    """
    settled = client.settled
    if settled is not None and not settled.refusal and settled.is_same(method, path, kind, body):
        complain("note: this is the same as was just sent; it is not said twice")
        return settled.answer
    return await client.signed(method, path, kind, body)


async def let_go(client: Client, key: PartyKey) -> bool:
    """Settle what is pending by what the node's record has of this key, and send nothing. Gives
    whether it was there after all. Raises ApiProblem, Unreachable, InvalidValue.
    """
    pending = key.pending
    if pending is None:
        raise InvalidValue("--drop", "nothing-pending", None, "everything was answered")
    await _require_its_record(client, key)
    party = await client.get(f"/parties/{key.party}")
    known = next((each for each in party.get("keys", ()) if each["key_id"] == key.key_id), None)
    if known is not None and known.get("last_seq") is None:
        raise InvalidValue(
            "--token", "another-party", key.party, f"use a token of {key.party}, whose key this is"
        )
    is_there = known is not None and known.get("last_digest") == pending.digest
    key.settle(is_applied=is_there)
    return is_there


def said_words(statement: Statement) -> str:
    """What a statement says, in a few words."""
    import msgspec

    body = msgspec.json.decode(bytes(statement.body), type=dict[str, Any])
    what, member = _DEEDS.get(statement.type, (f"a statement {statement.type}", ""))
    within = f" in incident {body['incident']}" if "incident" in body else ""
    own = str(body.get(member) or "") if member else ""
    shown = own if len(own) <= _SHOWN else own[: _SHOWN - 1] + "\u2026"
    return printable(f"{what}{within}" + (f": \u201c{shown}\u201d" if shown else ""))


async def _settle_first(client: Client, key: PartyKey | None) -> None:
    if key is None or key.pending is None:
        return
    await _require_its_record(client, key)
    complain(f"first: sending what was signed before: {said_words(key.pending.said)}")
    settled = await client.settle_pending()
    assert settled is not None, "it was pending"
    complain(f"first: {_became(settled)}")


def _became(settled: Settled) -> str:
    if settled.refusal:
        return f"it was refused, and was never in the record: {settled.refusal}"
    return "it is in the record, once"


async def _require_its_record(client: Client, key: PartyKey) -> None:
    """Raises InvalidValue where another record is served than the one that was signed for."""
    origin = str((await client.space())["origin"])
    if origin != key.origin:
        raise InvalidValue(
            "--url", "another-record", origin, f"what is kept beside this key is for {key.origin}"
        )


def _say_kept(key: PartyKey) -> None:
    assert key.pending is not None, "asked only then"
    complain(
        f"signed, and perhaps arrived: {said_words(key.pending.said)}\n"
        f"It is kept in {key.path}.chain, and the next command with this key sends it first: do not"
        " type it again.\n"
        f"To see it: wideberth incident pending --key {key.path}; to let go of it: --drop"
    )
