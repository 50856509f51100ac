"""Keys that sign notes; the origin key: what the log signs its checkpoints with. One key, one role.

The file holds one line, ``PRIVATE+KEY+<name>+<hex key id>+<base64(type || 32-byte seed)>``: the
form of Go's ``note`` package, so that other tools for such logs can read it. It is readable by its
owner only (mode 0600), and refused otherwise.
"""

from __future__ import annotations

import os
import stat
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from pathlib import Path
from typing import ClassVar, Self

from nacl.signing import SigningKey

from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.record.notes import (
    ED25519,
    VerifierKey,
    check_name,
    format_vkey,
    sign_text,
)

__all__ = ["NoteKey", "OriginKey", "sync_folder", "write_new"]

_PREFIX = "PRIVATE+KEY"
_SEED_BYTES = 32


class NoteKey:
    """What is the same for every key that signs notes. Never printed: repr shows the vkey."""

    __slots__ = ("_signing_key", "verifier")

    signature_type: ClassVar[int] = ED25519

    def __init__(self, name: str, seed: bytes) -> None:
        """seed: 32 random bytes. Raises InvalidValue for a bad name or length."""
        check_name(name)
        if len(seed) != _SEED_BYTES:
            raise InvalidValue("seed", "length", len(seed), f"give {_SEED_BYTES} random bytes")
        self._signing_key = SigningKey(seed)
        public_key = bytes(self._signing_key.verify_key)
        self.verifier = VerifierKey(name, public_key, self.signature_type)

    @classmethod
    def make(cls, path: Path, name: str, *, seed: bytes | None = None) -> Self:
        """A new key, on disk at path with mode 0600 when this returns.

        seed: 32 random bytes; drawn from the operating system where None. Never overwrites: raises
        RecordUnavailable when path exists or cannot be written.
        """
        seed = os.urandom(_SEED_BYTES) if seed is None else seed
        key = cls(name, seed)
        secret = b64encode(bytes([cls.signature_type]) + seed).decode("ascii")
        line = f"{_PREFIX}+{name}+{key.verifier.key_id.hex()}+{secret}\n"
        try:
            write_new(path, line.encode())
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        return key

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key of a file that make wrote.

        Raises RecordUnavailable when it cannot be read, InvalidValue when others than its owner
        may read it or it is not of the form in the module's docstring.
        """
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        except UnicodeDecodeError as error:
            raise InvalidValue("key file", "key-file", str(path), "not a key file") from error
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise InvalidValue("key file", "mode", oct(mode), f"run: chmod 600 {path}")
        return cls._parsed(text)

    @property
    def vkey(self) -> str:
        """The public key as C2SP verifier key text."""
        return format_vkey(self.verifier)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.vkey})"

    @classmethod
    def _parsed(cls, text: str) -> Self:
        # Nothing of the text goes into an error: it is a secret.
        fault = InvalidValue("key file", "key-file", "(kept secret)", "give a file that make wrote")
        parts = text.removesuffix("\n").split("+", 4)  # the base64 may hold a plus, the name never
        if len(parts) != 5 or "+".join(parts[:2]) != _PREFIX:
            raise fault
        name, identifier, secret_text = parts[2:]
        try:
            secret = b64decode(secret_text, validate=True)
        except (Base64Error, ValueError):
            raise fault from None
        if len(secret) != 1 + _SEED_BYTES or secret[0] != cls.signature_type:
            raise fault
        key = cls(name, secret[1:])
        if key.verifier.key_id.hex() != identifier:
            raise fault
        return key


class OriginKey(NoteKey):
    """A log's signing key. Its name is the log's origin."""

    __slots__ = ()

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.verifier.name

    def sign(self, text: str) -> bytes:
        """The 64-byte signature over a checkpoint's text."""
        return sign_text(text, self._signing_key)


def write_new(path: Path, data: bytes) -> None:
    """Write a new file of mode 0600 and sync it and its folder. A half-written one is removed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            os.fchmod(descriptor, 0o600)  # whatever the umask
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a new name in a folder survive a loss of power. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
