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
from wideberth.operating import Listen, TakTable

__all__ = [
    "ClientCertificate",
    "certificates_in",
    "client_context",
    "days_left",
    "server_context",
    "tak_context",
]


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
    files = (listen.tls_certificate, listen.tls_key, listen.tls_client_ca)
    context = _context(*files, folder, "listen")
    if listen.tls_client_ca is not None:
        is_required = listen.tls_client == "required"
        context.verify_mode = ssl.CERT_REQUIRED if is_required else ssl.CERT_OPTIONAL
    return context


def tak_context(tak: TakTable, listen: Listen, folder: Path) -> ssl.SSLContext:
    """The context for TAK clients: each shows a certificate, or is not spoken to. What [tak] does
    not say of files is taken from [listen]. Raises InvalidValue naming the setting.
    """
    own = tak.tls_certificate is not None
    certificate, key = (
        (tak.tls_certificate, tak.tls_key) if own else (listen.tls_certificate, listen.tls_key)
    )
    authority = tak.tls_client_ca or listen.tls_client_ca
    for name, value in (("tls_certificate", certificate), ("tls_client_ca", authority)):
        if value is None:
            advice = "TAK clients are served over TLS with client certificates only: name the file"
            raise InvalidValue(f"tak.{name}", "tls-needed", None, advice)
    assert certificate is not None, "it was just checked"
    assert key is not None, "the settings have it beside the certificate"
    context = _context(certificate, key, authority, folder, "tak")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _context(
    certificate: str, key: str, authority: str | None, folder: Path, table: str
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    certificates_in(folder / certificate, f"{table}.tls_certificate")
    try:
        context.load_cert_chain(folder / certificate, folder / key, password=_no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise InvalidValue(
            f"{table}.tls_key",
            "tls-key",
            key,
            "give the certificate's private key as PEM, without a password, readable to this user",
        ) from error
    if authority is not None:
        certificates_in(folder / authority, f"{table}.tls_client_ca")
        context.load_verify_locations(folder / authority)
    return context


def client_context(
    folder: Path, *, certificate: str | None, key: str | None, authority: str | None
) -> ssl.SSLContext:
    """The context of a client: what it shows, and whose certificates count for it; None: those that
    the system trusts. Raises InvalidValue naming the setting.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authority is None:
        context.load_default_certs()
    else:
        certificates_in(folder / authority, "tls_ca")
        context.load_verify_locations(folder / authority)
    if certificate is not None and key is not None:
        certificates_in(folder / certificate, "tls_certificate")
        try:
            context.load_cert_chain(folder / certificate, folder / key, password=_no_password)
        except (OSError, ValueError) as error:
            advice = "give the certificate's private key as PEM, without a password"
            raise InvalidValue("tls_key", "tls-key", key, advice) from error
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
