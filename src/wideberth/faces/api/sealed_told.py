"""The wire structs of what goes out of sealed texts and seal keys."""

from __future__ import annotations

from wideberth.faces.api.told import Out, SealKeyOut
from wideberth.model.sealed import AboutType

__all__ = [
    "AboutOut",
    "SealKeyTold",
    "SealedEvent",
    "SealedForOut",
    "SealedHead",
    "SealedOut",
    "SealedPage",
    "SealedTold",
]


class AboutOut(Out, frozen=True, kw_only=True):
    """The one object that a sealed text is about."""

    type: AboutType
    id: str


class SealedForOut(Out, frozen=True, kw_only=True):
    """The content key, wrapped to one seal key."""

    party: str
    key_id: str
    number: int
    wrapped: str


class SealedOut(Out, frozen=True, kw_only=True):
    """A sealed text. commitment: SHA-256, in hex; recipients, box: what opens it, and what it
    holds; signature: of the sender's signing key key_id, over all of it.
    """

    id: str
    sender: str
    key_id: str
    about: AboutOut
    commitment: str
    recipients: list[SealedForOut]
    box: str
    signature: str
    time: str


class SealedHead(Out, frozen=True, kw_only=True):
    """Whose sealed text it is, about what. parties: to whom it is sealed."""

    id: str
    sender: str
    about: AboutOut
    parties: list[str]
    time: str


class SealedPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Sealed texts in the order in which they came. next: the cursor of the next page."""

    sealed_texts: list[SealedHead]
    next: str | None


class SealedEvent(SealedHead, frozen=True, kw_only=True):
    """A text was sealed, by you or to you; GET /sealed-texts/{id} gives its box."""

    position: int


class SealedTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A sealed text was recorded under this id, which names it in a free text of something else."""

    id: str
    position: int
    time: str


class SealKeyTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Texts for the signing key key_id are sealed to this key from now on."""

    key_id: str
    seal_key: SealKeyOut
    position: int
    time: str
