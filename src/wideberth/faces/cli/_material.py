"""What the commands about evidence share: where the entries come from, and who may show them."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue, system_reason
from wideberth.faces.cli._client import client_of
from wideberth.faces.cli._host import opened, progress_bar, say_exercise
from wideberth.faces.cli._positions import archive_of, segment_of_service

if TYPE_CHECKING:
    from wideberth.evidence.bundle import MayShow
    from wideberth.evidence.material import Material
    from wideberth.model.entries import Entry
    from wideberth.model.ids import PartyId
    from wideberth.record.policy import Policy

__all__ = [
    "CheckpointOption",
    "FromOption",
    "IncidentOption",
    "ObjectOption",
    "PolicyOption",
    "ToOption",
    "TokenOption",
    "UrlOption",
    "may_show_as",
    "read_file",
    "read_policy",
    "the_material",
    "window_of",
]

PolicyOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The policy: which log, which witnesses, how many."),
]
CheckpointOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Prove against this checkpoint, not the newest."),
]
UrlOption = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Ask the service there, as the party of the token."),
]
TokenOption = Annotated[
    str | None,
    typer.Option(metavar="TOKEN", envvar="WIDEBERTH_TOKEN", help="The party's token."),
]


FromOption = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Entries from this time on.")
]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="Entries before this time.")
]
ObjectOption = Annotated[
    list[str] | None,
    typer.Option("--object", metavar="ID", help="What is about this object; repeat it."),
]
IncidentOption = Annotated[
    str | None, typer.Option(metavar="ID", help="This incident, and what bears on it.")
]


def window_of(from_time: str | None, to_time: str | None) -> tuple[int, int]:
    """From when on, and before when. Raises InvalidValue naming the option."""
    from wideberth.space.time import MAX_US, MIN_US, parse_rfc3339

    return (
        parse_rfc3339(from_time, field="--from") if from_time else MIN_US,
        parse_rfc3339(to_time, field="--to") if to_time else MAX_US + 1,
    )


@contextmanager
def the_material(
    folder: Path,
    *,
    url: str | None,
    token: str | None,
    checkpoint: Path | None,
    rule: bytes | None,
    party: PartyId,
) -> Generator[Material]:
    """The entries and proofs of a folder, or of the service at url; rule: a policy; party: for
    whom, with the kept positions of its own feeds.

    Proved against the checkpoint, or the newest head that is cosigned as the policy asks. Raises
    InvalidValue for a party that is not in the folder's record, ApiProblem where the token speaks
    for another: what is made of it would be labelled as that party's, and lack what is its own.
    """
    from wideberth.evidence.material import from_record, is_met
    from wideberth.evidence.vouching import kept_notes
    from wideberth.record.policy import parse_policy

    policy = None if rule is None else parse_policy(rule)
    note = None if checkpoint is None else _text(checkpoint, "--checkpoint")
    if url is not None:
        yield _from_service(url, token, note, policy, party)
        return
    with opened(folder) as record:
        if note is None and policy is not None:
            notes = [record.checkpoint(), *kept_notes(folder)]
            note = next((each for each in notes if is_met(policy, each)), None)
        material = from_record(record, note, segment=partial(_segment_of, folder, party))
        _require_registered(material, party)
        yield material


def _require_registered(material: Material, party: PartyId) -> None:
    """Raises InvalidValue for a party that this state of the record does not know."""
    from wideberth.model.entries import PartyRegistered, decode_entry
    from wideberth.model.nearest import no_such_party

    known: set[PartyId] = set()
    for row in material.rows():
        if b'"PartyRegistered"' in row.envelope:
            body = decode_entry(row.envelope, position=row.position).body
            if isinstance(body, PartyRegistered):
                known.add(body.party.id)
    if party not in known:
        raise InvalidValue("--party", "party-unknown", party, no_such_party(party, known))


def may_show_as(party: PartyId) -> MayShow:
    """What the party may pass on as evidence: what it may read, and of presences its own."""
    from wideberth.faces.cli.export import may_be_exported
    from wideberth.picture.agreements import fold_agreements
    from wideberth.picture.needs import fold_needs
    from wideberth.picture.picture import Picture

    agreed = Picture()

    def may_show(entry: Entry) -> bool:
        fold_agreements(agreed, entry)
        fold_needs(agreed, entry)
        return may_be_exported(agreed, entry, party)

    return may_show


def _segment_of(folder: Path, party: PartyId, name: str) -> list[bytes] | None:
    """The pieces of a segment of the party's own feeds, in a folder."""
    archive = archive_of(folder)
    found = None if archive is None else archive.segment(name)
    return found[1] if found is not None and found[0] == party else None


def read_file(path: Path, option: str) -> bytes:
    """The bytes of a file. Raises InvalidValue."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidValue(option, "unreadable", str(path), system_reason(error)) from None


def read_policy(path: Path | None) -> bytes | None:
    """The bytes of a policy that parses. Raises InvalidValue naming file and line."""
    if path is None:
        return None
    from wideberth.record.policy import load_policy

    load_policy(path)
    return read_file(path, "--policy")


def _text(path: Path, option: str) -> str:
    try:
        return read_file(path, option).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue(option, "utf-8", str(error), "give UTF-8") from None


def _from_service(
    url: str, token: str | None, note: str | None, policy: Policy | None, party: PartyId
) -> Material:
    from wideberth.evidence.material import from_service

    async def ask() -> Material:
        async with client_of(url, token) as client:
            with progress_bar("reading") as bar:
                assert token is not None, "client_of asked for it"
                segment = partial(segment_of_service, url, token)
                return await from_service(
                    client, note, policy=policy, segment=segment, on_progress=bar, party=party
                )

    made = asyncio.run(ask())
    say_exercise(made.vkey.partition("+")[0])
    return made
