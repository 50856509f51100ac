"""What a party keeps of evidence that it lodged, and what it seals to whom it discloses it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Annotated

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.lodged import SALT_BYTES, lodged_digest
from wideberth.model.sealed import MAX_WORDS_BYTES

__all__ = ["Kept", "kept_of", "sealed_words"]


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The salt, in hexadecimal, with the content (base64) where it fits a sealed text."""

    wideberth_lodged: int
    salt: Annotated[str, msgspec.Meta(pattern=rf"\A[0-9a-f]{{{2 * SALT_BYTES}}}\Z")]
    content: str | None = None

    @property
    def data(self) -> bytes | None:
        """The content, where it is here. Raises InvalidValue."""
        try:
            return None if self.content is None else b64decode(self.content, validate=True)
        except ValueError as error:
            raise InvalidValue("content", "base64", None, "what was sealed is damaged") from error

    def digest_of(self, content: bytes) -> str:
        """The digest under which this content would have been lodged with this salt."""
        return lodged_digest(bytes.fromhex(self.salt), content)


def kept_of(text: str | bytes, field: str) -> Kept:
    """What was kept or sealed. Raises InvalidValue."""
    try:
        found = msgspec.json.decode(text, type=Kept)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(field, "lodged", None, "this is not the salt of evidence") from error
    if found.wideberth_lodged != 1:
        raise InvalidValue(field, "lodged", found.wideberth_lodged, "this program reads format 1")
    return found


def sealed_words(kept: Kept, content: bytes) -> tuple[str, bool]:
    """The words to seal, and whether the content is in them; else it goes another way."""
    whole = Kept(1, kept.salt, b64encode(content).decode("ascii"))
    words = msgspec.json.encode(whole)
    if len(words) <= MAX_WORDS_BYTES:
        return words.decode("ascii"), True
    return msgspec.json.encode(Kept(1, kept.salt)).decode("ascii"), False
