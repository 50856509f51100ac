"""Parties, their roles and their keys."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.ids import KeyId, PartyId, UnitToken

__all__ = ["SYSTEM", "Author", "How", "Key", "Party", "Role"]


class Role(StrEnum):
    """What somebody who acts for a party may do. Nobody is addressed by name (D-05)."""

    WATCH = "watch"
    ACKNOWLEDGE = "acknowledge"
    TELL = "tell"
    SIGN = "sign"
    ADMINISTER = "administer"


class How(StrEnum):
    """How an entry's author is known."""

    SIGNED = "signed"  # by a key that only the party holds
    ATTESTED = "attested"  # a token was shown to the service
    SYSTEM = "system"  # the mechanism itself, by rule
    RELAYED = "relayed"  # by mail, code, link or telephone; the host says how it was known


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An organisation that acts in the shared space and answers for what it does.

    units: the distribution list; a notice to the party is followed until each of them has it.
    contact: a reference into the store beside the record, never a name or a telephone number.
    neutral: carries others' escalations.
    """

    id: PartyId
    name: str
    units: tuple[UnitToken, ...] = ()
    contact: str | None = None
    neutral: bool = False


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A party's public key (Ed25519, 32 bytes in base64url) and the roles that it may act in.

    last_seq and last_digest carry the chain of statements signed with it.
    """

    party: PartyId
    key_id: KeyId
    public_key: str
    roles: tuple[Role, ...]
    last_seq: int = 0
    last_digest: str = ""


class Author(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True):
    """Who says it. subject: the token's subject or the key's id; roles: what it allows."""

    party: PartyId
    how: How
    subject: str
    roles: tuple[Role, ...] = ()

    def may(self, role: Role) -> bool:
        """Whether the credential carries the role."""
        return role in self.roles


SYSTEM = Author(PartyId("wideberth"), How.SYSTEM, "rule")
"""The mechanism speaking by rule. No party can register under this name."""
