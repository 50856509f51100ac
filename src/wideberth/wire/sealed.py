"""The wire structs of what comes in sealed, and what they mean.

Strict: what is signed has one reading, so each name and each encoding is checked by the model's own
patterns before anything is worked out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.ids import PartyId
from wideberth.model.sealed import (
    MAX_BOX_CHARACTERS,
    MAX_RECIPIENTS,
    AboutType,
    SealedText,
    SealKey,
)
from wideberth.wire.asked import In, Name, PageQuery

__all__ = ["AboutIn", "SealKeyIn", "SealedForIn", "SealedIn", "SealedQuery", "key_of", "sealed_of"]

Number = Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class AboutIn(In, frozen=True, kw_only=True):
    """The one object that a sealed text is about."""

    type: AboutType
    id: Name


class SealKeyIn(In, frozen=True, kw_only=True):
    """A seal key (X25519, base64url) of one of your signing keys, named by key_id, which signs it.
    number: 1 for the first, then 2, 3, and so on.
    """

    key_id: Name
    number: Number
    public_key: Name
    signature: Name


class SealedForIn(In, frozen=True, kw_only=True):
    """The content key, wrapped to one seal key (RFC 9180: enc and ciphertext, base64url)."""

    party: Name
    key_id: Name
    number: Number
    wrapped: Name


class SealedIn(In, frozen=True, kw_only=True):
    """A sealed text. key_id: of the signing key that signed it."""

    key_id: Name
    about: AboutIn
    commitment: Name
    recipients: Annotated[list[SealedForIn], msgspec.Meta(min_length=1, max_length=MAX_RECIPIENTS)]
    box: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_BOX_CHARACTERS)]
    signature: Name


class SealedQuery(PageQuery, frozen=True, kw_only=True):
    """A page of sealed texts. type, id: only those about this object."""

    type: AboutType | None = None
    id: Name | None = None


def key_of(wire: SealKeyIn, party: PartyId) -> SealKey:
    """A seal key of the party's. Raises InvalidValue."""
    members = {"party": party, **msgspec.structs.asdict(wire)}
    return _strictly(members, SealKey)


def sealed_of(wire: SealedIn, sender: PartyId) -> SealedText:
    """A sealed text of the sender's. Raises InvalidValue."""
    members = {"sender": sender, **msgspec.to_builtins(wire)}
    return _strictly(members, SealedText)


T = TypeVar("T", SealKey, SealedText)


def _strictly(members: Mapping[str, object], wanted: type[T]) -> T:
    try:
        return msgspec.convert(members, wanted)
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `$.")
        raise InvalidValue(
            path.rstrip("`") or "body", "sealed-form", None, f"{said}; see the page on sealed text"
        ) from error
