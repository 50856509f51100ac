"""The node's secret for what it sends: it signs webhooks, and makes the codes and links by which
those who have no stream answer. ``keys/delivery.key``, made when it is first needed.

Whoever has the file could answer in a counterpart's name, RECEIVED and the like; it is no party's
key and no log's, and signs nothing that enters the record.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

from nacl.signing import SigningKey

from wideberth.delivery.codes import code_digest, code_of
from wideberth.delivery.messages import WayToAnswer, expiry_us
from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.model.drills import DrillSent
from wideberth.model.ids import NoticeId
from wideberth.model.notices import Notice
from wideberth.record.keys import write_new
from wideberth.space.time import HOUR_US

__all__ = ["DELIVERY_KEY", "AnswerKeys"]

DELIVERY_KEY = Path("keys", "delivery.key")
_PATH = "/api/v1/answers/"


class AnswerKeys:
    """The secret of a folder. Raises RecordUnavailable, InvalidValue where it cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / DELIVERY_KEY
        self._read: bytes | None = None

    @property
    def signing_key(self) -> SigningKey:
        """What signs webhooks."""
        return SigningKey(self._derived(b"sign"))

    @property
    def public_key(self) -> bytes:
        """What they are verified with: 32 bytes (Ed25519)."""
        return bytes(self.signing_key.verify_key)

    @property
    def keyid(self) -> str:
        """What the key is called: from its own bytes."""
        return f"delivery-{sha256(self.public_key).hexdigest()[:16]}"

    def way_to_answer(
        self, origin: str, notice: Notice, *, public_url: str | None, contact: str | None
    ) -> WayToAnswer:
        """How the recipient of a notice answers it."""
        link = _link(public_url, self._token(origin, notice.recipient, notice.id))
        code = code_of(self._derived(b"code"), origin, notice.recipient, notice.id)
        return WayToAnswer(code, link, contact)

    def way_to_answer_drill(
        self, origin: str, sent: DrillSent, *, public_url: str | None
    ) -> tuple[WayToAnswer, list[tuple[str, str, str, int]]]:
        """How the recipient of a drill answers it, and the rows of that: as of :meth:`codes`."""
        code = code_of(self._derived(b"code"), origin, sent.recipient, NoticeId(sent.drill))
        token = self._token(origin, sent.recipient, sent.drill)
        expires_us = sent.answer_by_us + HOUR_US  # what is late is shown as late
        return WayToAnswer(code, _link(public_url, token)), [
            (self.digest(each), sent.recipient, sent.drill, expires_us) for each in (code, token)
        ]

    def codes(self, origin: str, notice: Notice) -> list[tuple[str, str, str, int]]:
        """(digest, party, notice, expires_us) of the code and of the link's token."""
        code = code_of(self._derived(b"code"), origin, notice.recipient, notice.id)
        shown = (code, self._token(origin, notice.recipient, notice.id))
        return [
            (self.digest(each), notice.recipient, notice.id, expiry_us(notice)) for each in shown
        ]

    def digest(self, code: str) -> str:
        """What is kept of a code or token."""
        return code_digest(code)

    def delivery_id(self, *parts: str) -> str:
        """The id of one delivery: the same for the same things to the same place."""
        return (
            "d-"
            + hmac.digest(self._derived(b"delivery"), "\n".join(parts).encode(), "sha256").hex()[
                :32
            ]
        )

    def seal_of(self, body: bytes) -> str:
        """What shows that a request came from a program that may read this folder."""
        return hmac.digest(self._derived(b"relay"), body, "sha256").hex()

    def _token(self, origin: str, recipient: str, name: str) -> str:
        named = f"link\n{origin}\n{recipient}\n{name}".encode()
        drawn = hmac.digest(self._derived(b"link"), named, "sha256")
        return urlsafe_b64encode(drawn[:18]).decode()

    def _derived(self, purpose: bytes) -> bytes:
        return hmac.digest(self._secret(), b"wideberth/delivery/" + purpose, "sha256")

    def _secret(self) -> bytes:
        if self._read is None:
            try:
                if not self._path.exists():
                    self._make()
                text = self._path.read_text(encoding="ascii").strip()
                self._read = bytes.fromhex(text)
            except (OSError, ValueError) as error:
                raise RecordUnavailable(f"{self._path}: {error}") from error
            if len(self._read) != 32:
                self._read = None
                raise InvalidValue(str(self._path), "length", None, "give 64 hex digits")
        return self._read

    def _make(self) -> None:
        with contextlib.suppress(FileExistsError):  # another process was quicker
            write_new(self._path, f"{secrets.token_hex(32)}\n".encode())


def _link(public_url: str | None, token: str) -> str | None:
    return None if public_url is None else public_url.rstrip("/") + _PATH + token
