"""Parties and their keys as they are answered."""

from __future__ import annotations

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.clashes import ContactOut
from wideberth.model.parties import Role


class SealKeyOut(Out, frozen=True, kw_only=True):
    """The X25519 key to which texts for a signing key are sealed; signature: of that signing key.
    Verify it under a signing key whose fingerprint you compared.
    """

    number: int
    public_key: str
    signature: str


class KeyOut(Out, frozen=True, kw_only=True):
    """A public key in force. last_seq, last_digest: the end of its chain of statements, shown to
    its own party, which continues it. seal_key: to what texts for it are sealed.
    """

    key_id: str
    public_key: str
    roles: list[Role]
    last_seq: int | None = None
    last_digest: str | None = None
    seal_key: SealKeyOut | None = None


class PartyOut(Out, frozen=True, kw_only=True):
    """A party of the space. units: its distribution list, shown to itself."""

    id: str
    name: str
    neutral: bool = False
    contact: ContactOut | None = None
    units: list[str] | None = None
    keys: list[KeyOut] = []


class PartiesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Parties by id. next: the cursor of the next page."""

    parties: list[PartyOut]
    next: str | None


class KeyTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A key is in force from this position on."""

    key: KeyOut
    position: int
    time: str
