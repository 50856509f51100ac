"""Real certificates for tests: an authority, and what it signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@dataclass(frozen=True)
class Made:
    """A certificate and its key, in files of a folder. chain: certificate and key in one file."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    pem: Path
    key_pem: Path

    @property
    def pair(self) -> tuple[str, str]:
        return str(self.pem), str(self.key_pem)

    @property
    def sha256(self) -> bytes:
        return self.certificate.fingerprint(hashes.SHA256())


def make(
    folder: Path,
    file: str,
    common_name: str,
    *,
    by: Made | None = None,
    days: float = 1,
) -> Made:
    """A certificate for 127.0.0.1; by: the authority that signs it, None: itself, as one."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    issuer = named(common_name) if by is None else by.certificate.subject
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(
            issuer, named(common_name), key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(addresses, critical=False)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .sign(key if by is None else by.key, hashes.SHA256())
    )
    pem, key_pem = folder / f"{file}.pem", folder / f"{file}.key"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Made(certificate, key, pem, key_pem)
