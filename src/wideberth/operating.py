"""The tables of ``wideberth.toml`` on how a node is operated: where it listens, whom it slows down,
what it measures and what it logs. Each table checks itself; see docs/reference/configuration.md.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from wideberth.layered import Secret, require
from wideberth.model.ids import require_party_id

__all__ = [
    "CertificateSettings",
    "DeliveryTable",
    "LimitsTable",
    "Listen",
    "LogTable",
    "MetricsTable",
    "OpenOutput",
    "PartyLimits",
    "TakTable",
    "TraceTable",
    "is_loopback",
]

_COLLECTORS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_MAX_RATE = 1e6
_SHA256_BYTES = 32


class Listen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[listen]``: the address. With a certificate (PEM files) it speaks HTTPS, TLS 1.2 or newer.

    tls_client_ca: a PEM file of the authorities whose client certificates count; tls_client:
    whether a client must show one. proxies: the addresses of proxies in front, whose word on where
    a request comes from is believed.
    """

    host: str = "127.0.0.1"
    port: int = 8470
    tls_certificate: str | None = None
    tls_key: str | None = None
    tls_client_ca: str | None = None
    tls_client: Literal["optional", "required"] = "optional"
    proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        require("port", self.port, "give a port from 0 to 65535", holds=0 <= self.port <= 65_535)
        require(
            "tls_key",
            self.tls_key,
            "give tls_certificate and tls_key, or neither",
            holds=(self.tls_certificate is None) == (self.tls_key is None),
        )
        require(
            "tls_client_ca",
            self.tls_client_ca,
            "clients show certificates over TLS only: give tls_certificate and tls_key",
            holds=self.tls_client_ca is None or self.tls_certificate is not None,
        )
        require(
            "tls_client",
            self.tls_client,
            "say with tls_client_ca whose certificates count",
            holds=self.tls_client == "optional" or self.tls_client_ca is not None,
        )
        for index, each in enumerate(self.proxies):
            require(f"proxies.{index}", each, "give an IP address", holds=_is_address(each))


class CertificateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[auth.certificates]]``: the client certificate by which a party connects.

    A party that is named here speaks over a connection with one of its certificates only. subject:
    as RFC 4514 writes it (``CN=alpha,O=Alpha Air``); or sha256: 64 hex digits, of the DER bytes.
    """

    party: str
    subject: str | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        require_party_id(self.party, field="party")
        require(
            "subject, sha256",
            self.subject,
            "give one of both",
            holds=(self.subject is None) != (self.sha256 is None),
        )
        holds = self.sha256 is None or self.digest is not None
        require("sha256", self.sha256, "give 64 hex digits", holds=holds)

    @property
    def digest(self) -> bytes | None:
        """sha256 as bytes; None where it is not given, or is none."""
        try:
            digest = bytes.fromhex((self.sha256 or "").replace(":", ""))
        except ValueError:
            return None
        return digest if len(digest) == _SHA256_BYTES else None


class PartyLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[limits.parties]]``: what was agreed with one party; None: as for everybody."""

    party: str
    commands_per_s: float | None = None
    reads_per_s: float | None = None
    reports_per_s: float | None = None
    streams: int | None = None

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        require_party_id(self.party, field="party")
        for name in ("commands_per_s", "reads_per_s", "reports_per_s", "streams"):
            value: float | None = getattr(self, name)
            if value is not None:
                require(name, value, "give over 0, up to 1,000,000", holds=0 < value <= _MAX_RATE)


_RATES = (
    "commands_per_s",
    "reads_per_s",
    "reports_per_s",
    "streams",
    "unknown_per_s",
    "public_per_s",
)


class LimitsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[limits]``: how many requests a second a party may make, and how many streams it may have
    open. burst_s: so many seconds' worth may come at once. unknown_per_s: requests without a
    credential that counts, from one address; public_per_s: requests for what is published, from one
    address. A first answer to a notice is never held back.
    """

    commands_per_s: float = 1000.0
    reads_per_s: float = 1000.0
    reports_per_s: float = 1000.0
    streams: int = 100
    unknown_per_s: float = 50.0
    public_per_s: float = 10.0
    burst_s: float = 4.0
    parties: tuple[PartyLimits, ...] = ()

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        for name in _RATES:
            value: float = getattr(self, name)
            require(name, value, "give over 0, up to 1,000,000", holds=0 < value <= _MAX_RATE)
        advice = "give 1 to 3600 seconds"
        require("burst_s", self.burst_s, advice, holds=1 <= self.burst_s <= 3600)
        names = [each.party for each in self.parties]
        for index, name in enumerate(names):
            holds = names.index(name) == index
            require(f"parties.{index}.party", name, "name a party once", holds=holds)


class MetricsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[metrics]``: figures for Prometheus, at ``/metrics`` on an address of their own.

    port: None: no metrics. token: what a scraper must show as bearer token; needed on another
    address than this machine's own. parties: whether figures name parties and their feeds.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    token: Secret | None = None
    parties: bool = False

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        advice = "give a port from 0 to 65535"
        require("port", self.port, advice, holds=self.port is None or 0 <= self.port <= 65_535)
        require(
            "token",
            None,
            "give a token: on another address than this machine's own, strangers may ask",
            holds=self.port is None or is_loopback(self.host) or self.token is not None,
        )
        long_enough = self.token is None or len(self.token) >= 16
        require("token", "(hidden)", "give 16 characters or more", holds=long_enough)


class DeliveryTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[delivery]``: how this node tells those who have no stream, and takes their answers.

    send: whether this node sends at all. public_url: where its pages are seen from outside; None:
    messages have a code and no link. private_addresses: whether webhooks may lead to addresses that
    are not public, and go without TLS. first_retry_s, longest_retry_s: the waits after failures.
    mail_*: the server that takes its mail; mail_reply_to: where answers go.
    """

    send: bool = True
    public_url: str | None = None
    private_addresses: bool = False
    first_retry_s: float = 1.0
    longest_retry_s: float = 300.0
    mail_host: str | None = None
    mail_port: int = 587
    mail_tls: Literal["starttls", "tls", "none"] = "starttls"
    mail_user: str | None = None
    mail_password: Secret | None = None
    mail_from: str | None = None
    mail_reply_to: str | None = None
    mail_ca_file: str | None = None

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        waits = 0.01 <= self.first_retry_s <= self.longest_retry_s <= 86_400
        advice = "give 0.01 up to longest_retry_s, and that up to 86,400"
        require("first_retry_s", self.first_retry_s, advice, holds=waits)
        require("mail_port", self.mail_port, "give a port", holds=0 < self.mail_port <= 65_535)
        holds = (self.mail_host is None) == (self.mail_from is None)
        require(
            "mail_from", self.mail_from, "give mail_host and mail_from, or neither", holds=holds
        )
        for name in ("mail_from", "mail_reply_to"):
            value: str | None = getattr(self, name)
            plain = value is None or (
                value.count("@") == 1 and value.isascii() and " " not in value
            )
            require(name, value, "give a plain address", holds=plain)
        clear = self.mail_tls != "none" or self.mail_host is None or is_loopback(self.mail_host)
        require("mail_tls", self.mail_tls, "mail goes in clear to this machine only", holds=clear)
        url = self.public_url
        good = url is None or (url.startswith(("https://", "http://")) and "?" not in url)
        require("public_url", url, "give https://host, or http://host in a test", holds=good)


class OpenOutput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[tak.open]]``: where what is open to all parties goes in plain. url: where to,
    ``udp://239.2.3.1:6969``, or where clients connect, ``tcp://127.0.0.1:8087``. protobuf: as
    protobuf, to UDP alone. every_s: how often all of it is told again over UDP.
    """

    url: str
    protobuf: bool = False
    every_s: float = 30.0

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        advice = "give udp://ADDRESS:PORT or tcp://ADDRESS:PORT, with an IP address"
        require("url", self.url, advice, holds=self.address is not None)
        is_udp = self.url.startswith("udp://")
        advice = "over TCP a client that wants protobuf asks for it"
        require("protobuf", self.protobuf, advice, holds=is_udp or not self.protobuf)
        advice = "give 1 to 3600 seconds"
        require("every_s", self.every_s, advice, holds=1 <= self.every_s <= 3600)

    @property
    def address(self) -> tuple[str, int] | None:
        """The IP address and the port; None where the URL is none of both kinds."""
        try:
            parts = urlsplit(self.url)
            port, host = parts.port, parts.hostname or ""
            ipaddress.ip_address(host)
        except ValueError:
            return None
        plain = parts.scheme in ("udp", "tcp") and self.url == f"{parts.scheme}://{parts.netloc}"
        return (host, port) if plain and port is not None and parts.username is None else None


class TakTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[tak]``: TAK clients over TLS, each with a certificate that is bound to a party.

    port: None: none are served. tls_certificate, tls_key, tls_client_ca: PEM files; None: those of
    ``[listen]``. certificates: which certificate speaks for which party. emergency_is_stop: whether
    the button for an emergency is a STOP. show_every_s: how often positions go out, at most.
    clients: connections at once; of one party, a quarter of them. open: outputs in plain.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    tls_client_ca: str | None = None
    certificates: tuple[CertificateSettings, ...] = ()
    emergency_is_stop: bool = False
    show_every_s: float = 1.0
    clients: int = 200
    open: tuple[OpenOutput, ...] = ()

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        advice = "give a port from 0 to 65535"
        require("port", self.port, advice, holds=self.port is None or 0 <= self.port <= 65_535)
        holds = (self.tls_certificate is None) == (self.tls_key is None)
        require(
            "tls_key", self.tls_key, "give tls_certificate and tls_key, or neither", holds=holds
        )
        holds = self.port is None or bool(self.certificates)
        advice = "say which certificate speaks for which party: [[tak.certificates]]"
        require("certificates", len(self.certificates), advice, holds=holds)
        advice = "give 0.1 to 60 seconds"
        require("show_every_s", self.show_every_s, advice, holds=0.1 <= self.show_every_s <= 60)
        require("clients", self.clients, "give 4 to 10,000", holds=4 <= self.clients <= 10_000)

    @property
    def is_wanted(self) -> bool:
        """Whether anything of it runs."""
        return self.port is not None or bool(self.open)


class LogTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[log]``: lines on standard error. requests: one line for each request."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "warning"
    requests: bool = False


class TraceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[trace]``: spans for OpenTelemetry. enabled: None: where a variable names a collector."""

    enabled: bool | None = None

    def is_wanted(self, environ: Mapping[str, str]) -> bool:
        """Whether to trace, by this table and the standard variables."""
        if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
            return False
        named = any(environ.get(name) for name in _COLLECTORS)
        return named if self.enabled is None else self.enabled


def is_loopback(address: str) -> bool:
    """Whether an address to listen on is this machine's own.

    >>> [is_loopback(each) for each in ("localhost", "::1", "127.8.9.1", "0.0.0.0", "a.example")]
    [True, True, True, False, False]
    """
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
