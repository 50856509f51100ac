"""The wire structs of what goes out about delivery and relayed answers."""

from __future__ import annotations

from wideberth.faces.api.told import Out
from wideberth.model.channels import ChannelState, Medium

__all__ = ["StopRelayed", "WayOut", "WaysPage", "WebhookKey", "WebhookKeys"]


class WayOut(Out, frozen=True, kw_only=True):
    """One way to a counterpart. UP: its software takes what is sent; of any person it says nothing.
    age_s: since it last did. why: a code of the last attempt.
    """

    party: str
    post: str
    medium: Medium
    way: str
    state: ChannelState
    failures: int = 0
    last_success: str | None = None
    age_s: float | None = None
    why: str | None = None


class WaysPage(Out, frozen=True, kw_only=True):
    """The ways that the reader may see."""

    ways: list[WayOut]


class WebhookKey(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A public key (RFC 8037)."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"


class WebhookKeys(Out, frozen=True, kw_only=True):
    """The keys that this node signs webhooks with: a JSON Web Key Set."""

    keys: list[WebhookKey]


class StopRelayed(Out, frozen=True, kw_only=True):
    """A STOP that came by code, link or mail was sent, marked UNVERIFIED. kept: it is on disk."""

    id: str
    kept: bool
    sentence: str
