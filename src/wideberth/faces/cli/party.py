"""``wideberth party``: who is in the space, and with which keys they sign."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import FolderOption, asked, complain, complaints, on_node
from wideberth.model.ids import KeyId, PartyId, UnitToken, require_party_id
from wideberth.model.parties import Role

if TYPE_CHECKING:
    from wideberth.node import Node

__all__ = ["command"]

command = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Add and list parties, and enrol their keys."
)

_FOLDER = Path("wideberth-data")
PartyArgument = Annotated[
    str, typer.Argument(metavar="PARTY", help="Its id: lower-case letters, digits, hyphens.")
]


@command.command()
def add(
    party: PartyArgument,
    folder: FolderOption = _FOLDER,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Its name. [default: its id]")
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(metavar="TOKEN", help="A unit that must know, by an opaque token; repeat it."),
    ] = None,
    contact: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL", help="Whom to call: a desk or role. Kept beside the record, not in it."
        ),
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(metavar="HOW", help="How to call, like tel:+15550100; repeat it."),
    ] = None,
    neutral: Annotated[
        bool | None,
        typer.Option("--neutral/--not-neutral", help="Whether it carries others' escalations."),
    ] = None,
) -> None:
    """Register a party, or change what is known of it; what is not given stays."""
    if channel and contact is None:
        complain("wideberth: --channel: say with --contact whom it reaches")
        raise typer.Exit(2)
    with complaints():  # before a first command makes the folder
        require_party_id(party)

    async def act(node: Node) -> None:
        from wideberth.contacts import Contact
        from wideberth.model.commands import RegisterParty
        from wideberth.model.parties import Party

        party_id = require_party_id(party)
        known = node.service.picture.parties.get(party_id)
        before = known or Party(party_id, party_id)
        reference = before.contact
        if contact is not None:
            reference = reference or f"contact-{party_id}"
        await asked(
            node,
            RegisterParty(
                party_id,
                before.name if name is None else name,
                before.units if unit is None else tuple(UnitToken(each) for each in unit),
                reference,
                before.neutral if neutral is None else neutral,
            ),
        )
        if contact is not None and reference is not None:
            node.contacts.put(reference, Contact(contact, tuple(channel or ())))
        print(f"{'changed' if known else 'added'} {party_id}")

    on_node(folder, act)


@command.command("list")
def list_parties(folder: FolderOption = _FOLDER) -> None:
    """List the parties, their units and the ids of their keys in force."""

    async def act(node: Node) -> None:
        picture = node.service.picture
        keys: dict[PartyId, list[str]] = {}
        for party_id, key_id in picture.keys:
            keys.setdefault(party_id, []).append(key_id)
        rows = [("PARTY", "NAME", "UNITS", "KEYS", "CONTACT")]
        for party_id in sorted(picture.parties):
            party = picture.parties[party_id]
            contact = node.contacts.get(party.contact or "")
            rows.append(
                (
                    f"{party_id} (neutral)" if party.neutral else party_id,
                    party.name,
                    " ".join(party.units) or "-",
                    " ".join(sorted(keys.get(party_id, []))) or "-",
                    contact.label if contact else "-",
                )
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            print(
                "  ".join(
                    f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)
                ).rstrip()
            )

    on_node(folder, act, must_exist=True)


@command.command()
def key(
    party: PartyArgument,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where the private key goes, mode 0600.")
    ],
    folder: FolderOption = _FOLDER,
    role: Annotated[
        list[Role] | None,
        typer.Option(
            metavar="ROLE",
            help="What the key may do: watch, acknowledge, tell, sign, administer; repeat it. "
            "[default: all but administer]",
        ),
    ] = None,
    key_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Its id, used once. [default: made]")
    ] = None,
) -> None:
    """Make a signing key for a party's client and enrol its public half.

    The private half goes into FILE only: give it to the party, and keep no copy. The node's folder
    never holds it.
    """
    roles = tuple(role or [each for each in Role if each is not Role.ADMINISTER])

    async def act(node: Node) -> None:
        from wideberth.client import PartyKey
        from wideberth.model.commands import EnrolKey

        made = PartyKey.make(
            node.origin,
            require_party_id(party),
            KeyId(key_id or f"key-{secrets.token_hex(4)}"),
        )
        made.save(out)
        try:
            await asked(
                node,
                EnrolKey(
                    made.party,
                    made.key_id,
                    _base64url(made.public_key),
                    roles,
                    _base64url(made.proof_of_possession()),
                ),
            )
        except BaseException:
            out.unlink(missing_ok=True)  # a key that is not enrolled signs nothing
            raise
        print(f"enrolled {made.party}/{made.key_id} for {', '.join(roles)}")
        complain(f"its private half is in {out} and nowhere else")

    with complaints():
        if out.resolve().is_relative_to(folder.resolve()):
            raise InvalidValue(
                "--out", "key-in-folder", str(out), "a node's folder never holds a party's key"
            )
    on_node(folder, act, must_exist=True)


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
