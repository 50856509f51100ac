"""What a feed shows to whoever it asks: a token of its own, or one that is fetched with a client's
name and secret and fetched anew before it ends (OAuth 2.0, RFC 6749, section 4.4).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import httpx
import msgspec

from wideberth.faces.feeds.answers import ACCEPTED, body_of

__all__ = ["ClientCredentials", "Credential", "FixedToken"]

_EARLY_S = 30.0
_MOST_BYTES = 65_536


@dataclass(slots=True)
class FixedToken:
    """A token as it stands in the settings; None: nothing is shown."""

    token: str | None = field(default=None, repr=False)

    async def header(self, client: httpx.AsyncClient) -> dict[str, str]:  # noqa: ARG002
        """What to send along."""
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    def refused(self) -> None:
        """It was not taken: there is no other."""


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 300.0


@dataclass(slots=True)
class ClientCredentials:
    """A client's name and secret at a token's source. scope, audience: asked for, where given."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    audience: str | None = None
    _token: str = field(default="", init=False, repr=False)
    _until_s: float = field(default=0.0, init=False)

    async def header(self, client: httpx.AsyncClient) -> dict[str, str]:
        """What to send along. Raises httpx.HTTPError, BadAnswer, ValueError for what is no
        answer.
        """
        if time.monotonic() >= self._until_s:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "scope": self.scope,
                "audience": self.audience,
            }
            wanted = {name: value for name, value in form.items() if value is not None}
            sent = client.stream("POST", self.url, data=wanted, headers=ACCEPTED)
            async with sent as answer:
                answer.raise_for_status()
                body = await body_of(answer, _MOST_BYTES)
            granted = msgspec.json.decode(body, type=_Granted)
            self._token = granted.access_token
            self._until_s = time.monotonic() + max(1.0, granted.expires_in - _EARLY_S)
        return {"Authorization": f"Bearer {self._token}"}

    def refused(self) -> None:
        """It was not taken: fetch another."""
        self._until_s = 0.0


Credential = FixedToken | ClientCredentials
