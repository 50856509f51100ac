"""``wideberth token PARTY``: a token for one who acts for a party."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import (
    FolderOption,
    complain,
    complaints,
    duration_s,
    host_did,
    on_node,
)
from wideberth.model.ids import require_party_id
from wideberth.model.parties import Role

if TYPE_CHECKING:
    from wideberth.node import Node

__all__ = ["command"]


def command(
    party: Annotated[str, typer.Argument(metavar="PARTY", help="The party that it speaks for.")],
    folder: FolderOption = Path("wideberth-data"),
    role: Annotated[
        list[Role] | None,
        typer.Option(
            metavar="ROLE",
            help="What it allows: watch, acknowledge, tell, sign, administer; repeat it. "
            "[default: watch, acknowledge, tell]",
        ),
    ] = None,
    life: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long it lives: 45s, 30m, 8h, 7d.")
    ] = "8h",
    certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Bind it to this client certificate (PEM): it counts nowhere else."
        ),
    ] = None,
) -> None:
    """Make a token for a party, signed by the node's built-in issuer, and print it.

    Whoever has it acts for the party until it expires: hand it over as you would a password. That
    it was made is in the record, for its party to see.
    """
    with complaints():
        life_s = duration_s(life, option="--for")
        digest = None if certificate is None else _digest(certificate)
    roles = tuple(role or (Role.WATCH, Role.ACKNOWLEDGE, Role.TELL))

    async def act(node: Node) -> str:
        if node.configuration.auth.built_in is False:
            complain("note: [auth] built_in = false: this node takes no token of its own issuer")
        from wideberth.model.keeping import HostAction

        party_id = require_party_id(party)
        bound = "" if digest is None else "; bound to a client certificate"
        said = f"{', '.join(roles)}; for {life}{bound}"
        made = node.mint(party_id, roles, life_s=life_s, certificate=digest)
        await host_did(node, HostAction.MADE_TOKEN, party_id, said)
        return made

    print(on_node(folder, act, must_exist=True))


def _digest(path: Path) -> bytes:
    """What a token is bound to: the first certificate of the file. Raises InvalidValue."""
    from cryptography.hazmat.primitives.hashes import SHA256

    from wideberth.tls import certificates_in

    return certificates_in(path, "--certificate")[0].fingerprint(SHA256())
