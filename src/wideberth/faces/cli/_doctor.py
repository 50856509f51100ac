"""What ``wideberth doctor`` looks at: each check is one function that gives findings.

Nothing is changed: one file is written to time the disk, and removed. A check that cannot be made
is a finding too; none raises for what it finds.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

import httpx

from wideberth.atrest import vault_of
from wideberth.beside import keys_of, shared_keys
from wideberth.configuration import (
    CONFIGURATION_FILE,
    Configuration,
    effective_configuration,
    trusted_issuers,
)
from wideberth.errors import InvalidValue, RecordUnavailable, WideberthError, system_reason
from wideberth.node import ISSUER_KEY, ORIGIN_KEY
from wideberth.record.database import RECORD_FILE, require_sqlite
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.service import Settings, now_us
from wideberth.space.time import SECOND_US
from wideberth.tls import certificates_in, days_left, server_context
from wideberth.tokens import Issuer

__all__ = ["CHECKS", "Case", "Finding", "beside", "examine"]

_FAIL_FREE_BYTES = 64 * 1024**2
_WARN_FREE_BYTES = 1024**3
_SLOW_SYNCS_PER_S = 100.0
_SYNCS = 40
_QUICK_BYTES = 2 * 1024**3  # SQLite reads a file of that size in seconds
_WARN_DAYS = 14.0
_LEAST_FILES = 4096
_ASK_TIMEOUT_S = 3.0
_TIME_ERROR = 5  # adjtimex: the kernel's clock is not synchronised


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. what: what was looked at; said: what was found; advice: what to do about it."""

    status: Literal["ok", "warn", "fail"]
    what: str
    said: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What is examined: a node's folder, with the settings in force there."""

    folder: Path
    settings: Configuration


def examine(folder: Path) -> Iterator[Finding]:
    """Everything, in order; the settings first, since the rest depends on them."""
    try:
        effective = effective_configuration(folder / CONFIGURATION_FILE, os.environ)
        trusted_issuers(effective.configuration.auth, folder)
        settings = effective.configuration
        yield Finding("ok", "settings", f"{len(effective.layers.variables)} set by variables")
    except InvalidValue as error:
        said = f"{error.field} [{error.rule}, got {error.value!r}]"
        yield Finding("fail", "settings", said, error.advice)
        settings = Configuration()
    case = Case(folder, settings)
    for check in CHECKS:
        yield from check(case)


def _modes(case: Case) -> Iterator[Finding]:
    folder = case.folder
    if folder.exists() and not folder.is_dir():
        advice = "a node wants a folder; name another with --folder"
        yield Finding("fail", "folder", f"{folder} is a file", advice)
        return
    if not folder.is_dir():
        advice = "the first wideberth serve makes it; or name another with --folder"
        yield Finding("warn", "folder", f"{folder} is not there", advice)
        return
    wrong = 0
    names = (RECORD_FILE, CONFIGURATION_FILE, str(ORIGIN_KEY), str(ISSUER_KEY))
    wanted = {folder: 0o700, folder / "keys": 0o700, **{folder / each: 0o600 for each in names}}
    for path, mode in wanted.items():
        try:
            about = path.stat()
        except OSError:
            continue
        if about.st_mode & 0o077:
            wrong += 1
            found = f"{path} has mode {stat.S_IMODE(about.st_mode):o}: others can read it"
            secret = path.parent.name == "keys"
            yield Finding("fail" if secret else "warn", "modes", found, f"chmod {mode:o} {path}")
        if about.st_uid != os.geteuid():
            wrong += 1
            advice = "run as its owner"
            yield Finding("warn", "modes", f"{path} belongs to user {about.st_uid}", advice)
    if not wrong:
        yield Finding("ok", "modes", "only its owner reads the folder")
    if os.geteuid() == 0:
        advice = "run the node as a user of its own (docs: deploy)"
        yield Finding("warn", "user", "this is root", advice)


def _keys(case: Case) -> Iterator[Finding]:
    origin_key, issuer_key = case.folder / ORIGIN_KEY, case.folder / ISSUER_KEY
    if not origin_key.exists():
        if (case.folder / RECORD_FILE).exists():
            advice = "bring it back from its backup: without it nothing can be added to the record"
            yield Finding("fail", "keys", f"{origin_key} is gone", advice)
        return
    try:
        key = OriginKey.load(origin_key)
        if issuer_key.exists():
            Issuer.load(issuer_key, origin=key.origin)
    except (InvalidValue, RecordUnavailable) as error:
        yield Finding("fail", "keys", str(error), "see docs: run a node")
        return
    yield Finding("ok", "keys", f"signs for {key.origin}")


def _library(_case: Case) -> Iterator[Finding]:
    import apsw

    version = apsw.sqlite_lib_version()
    try:
        require_sqlite(version)
    except RecordUnavailable as error:
        yield Finding("fail", "sqlite", str(error), "pip install --upgrade apsw")
        return
    yield Finding("ok", "sqlite", f"version {version}")


def _record(case: Case) -> Iterator[Finding]:
    path = case.folder / RECORD_FILE
    if not path.exists():
        return
    try:
        vault = vault_of(case.folder, case.settings.record)
        if vault is not None:
            yield Finding("ok", "sealed", "at rest, and its key opens it")
        with SqliteRecord(case.folder, vault=vault) as record:
            head = record.head()
            if head.size:
                record.receipt(head.size - 1)
            yield Finding("ok", "record", f"{head.size} entries of {record.origin}")
            if head.size:
                record.read(head.size - 1, 1)
            yield _clock_against(case, head.time_us)
        yield _quick_check(path)
    except InvalidValue as error:
        yield Finding("fail", "record", f"{error.field}: {error.rule}", error.advice)
    except WideberthError as error:
        advice = "run wideberth verify; then restore a backup (docs: run a node)"
        yield Finding("fail", "record", str(error), advice)


def _quick_check(path: Path) -> Finding:
    import apsw

    size = path.stat().st_size
    if size > _QUICK_BYTES:
        said = f"{size / 1024**3:.1f} GiB: its pages were not looked at"
        return Finding("ok", "pages", said, "wideberth verify reads everything")
    database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        found = database.pragma("quick_check", 1)
    except apsw.Error as error:
        found = type(error).__name__
    finally:
        database.close()
    if found == "ok":
        return Finding("ok", "pages", "SQLite finds the file whole")
    return Finding("fail", "pages", f"SQLite: {found}", "restore a backup (docs: run a node)")


def beside(case: Case) -> Iterator[Finding]:
    """Whether a key that signs in a real space signs in an exercise as well (X-03)."""
    named = case.settings.space.beside
    if not named or not (case.folder / RECORD_FILE).exists():
        return
    try:
        spaces = [keys_of(each) for each in (case.folder, *(case.folder / name for name in named))]
    except WideberthError as error:
        yield Finding("warn", "beside", str(error), "name folders with a record, or their key")
        return
    shared = shared_keys(spaces)
    for drill, key, real, same in shared:
        said = f"{key} of {drill}, an exercise, is {same} of {real}, a real space"
        yield Finding("fail", "beside", said, "revoke it in one of them, and enrol another")
    if not shared:
        yield Finding("ok", "beside", f"no key of one kind in the other, in {len(spaces)} spaces")


def _clock_against(case: Case, head_us: int) -> Finding:
    if case.settings.clock is not None:
        return Finding("ok", "clock", "an exercise has its own")
    behind_s = (head_us - now_us()) / SECOND_US
    if behind_s > Settings().skew_us / SECOND_US:
        said = f"{behind_s:.1f} s behind the record's last entry"
        return Finding("fail", "clock", said, "set the clock; until then the node decides nothing")
    return Finding("ok", "clock", "not behind the record")


def _clock(case: Case) -> Iterator[Finding]:
    state = _kernel_clock()
    if state == _TIME_ERROR:
        advice = "run an NTP client (chrony, systemd-timesyncd)"
        yield Finding("warn", "clock", "the kernel says that nothing sets it", advice)
    elif state >= 0:
        yield Finding("ok", "clock", "kept by an NTP client")
    for index, witness in enumerate(case.settings.witnesses):
        if witness.url is not None:
            yield _clock_against_witness(f"witnesses.{index}", witness.url)


def _kernel_clock() -> int:
    """What adjtimex says: 0 to 4 synchronised, 5 not, -1 unknown."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(1024)))
    except (AttributeError, OSError):
        return -1


def _clock_against_witness(name: str, url: str) -> Finding:
    """By the Date of its answer, which tells whole seconds."""
    try:
        began_s = time.time()
        answer = httpx.get(url, timeout=_ASK_TIMEOUT_S)
        middle_s = (began_s + time.time()) / 2
        off_s = middle_s - parsedate_to_datetime(answer.headers["date"]).timestamp() - 0.5
    except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
        said = f"{name} does not tell its time ({type(error).__name__})"
        return Finding("warn", "clock", said, "is it up, and does the URL fit?")
    if abs(off_s) > Settings().skew_us / SECOND_US:
        return Finding("fail", "clock", f"{off_s:+.0f} s from that of {name}", "set the clock")
    return Finding("ok", "clock", f"within seconds of that of {name}")


def _disk(case: Case) -> Iterator[Finding]:
    if not case.folder.is_dir():
        return
    free = shutil.disk_usage(case.folder).free
    said = f"{free / 1024**3:.1f} GiB free"
    if free < _FAIL_FREE_BYTES:
        yield Finding("fail", "disk", said, "make room: writes are about to fail")
        return
    if free < _WARN_FREE_BYTES:
        yield Finding("warn", "disk", said, "make room")
    else:
        yield Finding("ok", "disk", said)
    try:
        rate = _syncs_per_s(case.folder)
    except OSError as error:
        yield Finding(
            "fail", "sync", f"cannot write: {system_reason(error)}", "give the folder's owner"
        )
        return
    said = f"{rate:,.0f} synced writes a second"
    if rate < _SLOW_SYNCS_PER_S:
        yield Finding("warn", "sync", said, "each batch of commands waits for one: a faster disk")
    else:
        yield Finding("ok", "sync", said)


def _syncs_per_s(folder: Path) -> float:
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        began_s = time.perf_counter()
        for _ in range(_SYNCS):
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
        return _SYNCS / (time.perf_counter() - began_s)


def _kernels(_case: Case) -> Iterator[Finding]:
    from wideberth import space
    from wideberth.watch import warm

    if space.is_warm() and warm.is_warm():
        yield Finding("ok", "kernels", "compiled")
    else:
        advice = "the first start takes about 30 s longer"
        yield Finding("warn", "kernels", "not compiled yet", advice)


def _certificates(case: Case) -> Iterator[Finding]:
    listen = case.settings.listen
    try:
        if server_context(listen, case.folder) is None:
            return
        for setting in ("tls_certificate", "tls_client_ca"):
            name: str | None = getattr(listen, setting)
            if name is not None:
                found = certificates_in(case.folder / name, f"listen.{setting}")
                yield _expiry(name, min(days_left(each) for each in found))
    except InvalidValue as error:
        yield Finding("fail", "certificates", f"{error.field}: {error.value}", error.advice)


def _expiry(name: str, days: float) -> Finding:
    if days < 0:
        said, advice = f"{name} expired {-days:.0f} days ago", "renew it, then send SIGHUP"
        return Finding("fail", "certificates", said, advice)
    said = f"{name} counts for {days:.0f} days"
    if days < _WARN_DAYS:
        return Finding("warn", "certificates", said, "renew it, then send SIGHUP")
    return Finding("ok", "certificates", said)


def _ports(case: Case) -> Iterator[Finding]:
    listen, metrics = case.settings.listen, case.settings.metrics
    wanted = [("listen", listen.host, listen.port)]
    if metrics.port is not None:
        wanted.append(("metrics", metrics.host, metrics.port))
    for name, host, port in wanted:
        if port == 0:
            yield Finding("ok", "port", f"{name} takes a free one")
            continue
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            said = f"{name} {host}:{port}: {system_reason(error)}"
            yield Finding("warn", "port", said, "does a node run already? else set another")
        else:
            yield Finding("ok", "port", f"{name} {host}:{port} is free")


def _files(_case: Case) -> Iterator[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < _LEAST_FILES:
        said = f"{soft} open files at most: each stream takes one"
        yield Finding("warn", "files", said, f"raise it: ulimit -n {_LEAST_FILES}, LimitNOFILE=")
    else:
        yield Finding("ok", "files", f"{soft} open files at most")


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _modes,
    _keys,
    _library,
    _record,
    beside,
    _clock,
    _disk,
    _kernels,
    _certificates,
    _ports,
    _files,
)
