"""TLS as a node speaks it: 1.2 or newer, with client certificates where it asks for them.

A client certificate stands beside the token and never in its place: it says over whose connection
a token came. :class:`ClientCertificate` is what the rest of the program learns of it.
"""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from wideberth.errors import InvalidValue, system_reason
from wideberth.operating import Listen

__all__ = ["ClientCertificate", "certificates_in", "days_left", "server_context"]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What a client showed, and an authority that counts vouched for.

    sha256: of its DER bytes, the ``x5t#S256`` of RFC 8705. subject: as RFC 4514 writes it.
    """

    sha256: bytes
    subject: str

    @classmethod
    def of(cls, der: bytes) -> ClientCertificate:
        """The certificate whose DER bytes these are. Raises ValueError where they are none."""
        subject = x509.load_der_x509_certificate(der).subject.rfc4514_string()
        return cls(hashlib.sha256(der).digest(), subject)


def server_context(listen: Listen, folder: Path) -> ssl.SSLContext | None:
    """The context that the settings ask for; None: plain HTTP. Paths are relative to the folder.

    Raises InvalidValue naming the setting whose file cannot be used.
    """
    if listen.tls_certificate is None or listen.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    certificates_in(folder / listen.tls_certificate, "listen.tls_certificate")
    try:
        context.load_cert_chain(
            folder / listen.tls_certificate, folder / listen.tls_key, password=_no_password
        )
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise InvalidValue(
            "listen.tls_key",
            "tls-key",
            listen.tls_key,
            "give the certificate's private key as PEM, without a password, readable to this user",
        ) from error
    if listen.tls_client_ca is not None:
        certificates_in(folder / listen.tls_client_ca, "listen.tls_client_ca")
        context.load_verify_locations(folder / listen.tls_client_ca)
        is_required = listen.tls_client == "required"
        context.verify_mode = ssl.CERT_REQUIRED if is_required else ssl.CERT_OPTIONAL
    return context


def certificates_in(path: Path, setting: str) -> list[x509.Certificate]:
    """The certificates of a PEM file, at least one. Raises InvalidValue naming the setting."""
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        advice = system_reason(error)
        raise InvalidValue(setting, "unreadable", str(path), advice) from error
    except ValueError as error:
        raise InvalidValue(setting, "certificate", str(path), "give PEM certificates") from error
    return found


def days_left(certificate: x509.Certificate, now: datetime | None = None) -> float:
    """For how many days a certificate still counts; negative once it has expired."""
    at = now or datetime.now(UTC)
    return (certificate.not_valid_after_utc - at).total_seconds() / 86_400


def _no_password() -> str:
    """A node starts without anybody at the keyboard."""
    raise ValueError("the key has a password")
