"""TLS as a node speaks it, with real certificates and a real server in a process of its own."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from certificates import Made, make
from wideberth.errors import InvalidValue
from wideberth.faces.cli.app import app
from wideberth.operating import Listen
from wideberth.tls import ClientCertificate, days_left, server_context

WIDEBERTH = Path(sys.executable).parent / "wideberth"


@contextmanager
def serving(folder: Path) -> Generator[tuple[str, subprocess.Popen[str]]]:
    ready = folder / "ready"
    process = subprocess.Popen(
        [WIDEBERTH, "serve", "--folder", folder, "--port", "0", "--ready-file", ready],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(600):
            if process.poll() is not None or (ready.exists() and ready.read_text().strip()):
                break
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()
        yield ready.read_text().strip(), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def run(folder: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--folder", str(folder)])
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def client(authority: Made, shown: Made | None = None) -> httpx.Client:
    context = ssl.create_default_context(cafile=authority.pem)
    if shown is not None:
        context.load_cert_chain(*shown.pair)
    return httpx.Client(verify=context, timeout=20)


def status(given: httpx.Client, url: str, token: str) -> tuple[int, str | None]:
    """Of asking for the notices, and the rule that was broken."""
    answer = given.get(f"{url}/api/v1/notices", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("rule")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_a_certificate_goes_with_a_party_a_token_and_nobody_else(tmp_path: Path) -> None:
    server_ca = make(tmp_path, "server-ca", "Server CA")
    client_ca = make(tmp_path, "client-ca", "Client CA")
    make(tmp_path, "server", "127.0.0.1", by=server_ca)
    alphas = make(tmp_path, "alpha", "alpha", by=client_ca)
    others = make(tmp_path, "other", "other", by=client_ca)
    with socket.create_server(("127.0.0.1", 0)) as free:
        tak_port = free.getsockname()[1]
    (tmp_path / "wideberth.toml").write_text(
        '[listen]\ntls_certificate = "server.pem"\ntls_key = "server.key"\n'
        'tls_client_ca = "client-ca.pem"\n'
        '[[auth.certificates]]\nparty = "alpha"\nsubject = "CN=alpha"\n'
        f'[tak]\nport = {tak_port}\n[[tak.certificates]]\nparty = "alpha"\nsubject = "CN=alpha"\n'
    )
    run(tmp_path, "party", "add", "alpha")
    run(tmp_path, "party", "add", "bravo")
    alpha, bravo = run(tmp_path, "token", "alpha"), run(tmp_path, "token", "bravo")
    bound = run(tmp_path, "token", "bravo", "--certificate", str(others.pem))
    with serving(tmp_path) as (url, process):
        with client(server_ca, alphas) as over_alphas:
            assert status(over_alphas, url, alpha) == (200, None)
            assert status(over_alphas, url, bravo) == (401, "certificate-wrong")
            assert status(over_alphas, url, bound) == (401, "certificate-wrong")
        with client(server_ca, others) as over_others:
            assert status(over_others, url, bound) == (200, None)
            assert status(over_others, url, bravo) == (200, None)
            assert status(over_others, url, alpha) == (401, "certificate-wrong")
        with client(server_ca) as without:
            assert status(without, url, bravo) == (200, None)
            assert status(without, url, bound) == (401, "certificate-missing")
            assert status(without, url, alpha) == (401, "certificate-missing")
        strangers_ca = make(tmp_path, "strangers-ca", "Client CA")
        stranger = make(tmp_path, "stranger", "alpha", by=strangers_ca)
        with client(server_ca, stranger) as over_strangers, pytest.raises(httpx.TransportError):
            status(over_strangers, url, alpha)

        # Certificates anew, with a connection open, and authorities that count no longer.
        port = int(url.rpartition(":")[2])
        with client(server_ca, alphas) as kept:
            assert status(kept, url, alpha) == (200, None)
            fresh = make(tmp_path, "server", "127.0.0.1", by=server_ca)
            shutil.copy(strangers_ca.pem, tmp_path / "client-ca.pem")
            process.send_signal(signal.SIGHUP)
            wait_for(lambda: served(port) == fresh.sha256)
            wait_for(lambda: served(tak_port) == fresh.sha256)
            assert status(kept, url, alpha) == (200, None), "under the connection's own"
        with client(server_ca, stranger) as now_known:
            assert status(now_known, url, alpha) == (200, None)
        with client(server_ca, alphas) as gone, pytest.raises(httpx.TransportError):
            status(gone, url, alpha)
        for _ in range(3):  # what cannot be used changes nothing
            (tmp_path / "server.pem").write_text("no certificate")
            process.send_signal(signal.SIGHUP)
            time.sleep(0.1)
        assert served(port, newest=ssl.TLSVersion.TLSv1_2) == fresh.sha256
        with pytest.raises(ssl.SSLError):
            served(port, newest=ssl.TLSVersion.TLSv1_1)
    assert process.returncode == 0


def served(port: int, newest: ssl.TLSVersion | None = None) -> bytes:
    """The digest of the certificate that a new connection gets."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if newest is not None:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = newest
        context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        der = secured.getpeercert(binary_form=True)
    assert der is not None
    return ClientCertificate.of(der).sha256


def wait_for(holds: object) -> None:
    for _ in range(100):
        if holds():  # type: ignore[operator]
            return
        time.sleep(0.05)
    pytest.fail("it never came to hold")


def test_a_client_that_must_show_a_certificate_gets_nowhere_without(tmp_path: Path) -> None:
    authority = make(tmp_path, "ca", "CA")
    make(tmp_path, "server", "127.0.0.1", by=authority)
    listen = Listen(
        tls_certificate="server.pem",
        tls_key="server.key",
        tls_client_ca="ca.pem",
        tls_client="required",
    )
    context = server_context(listen, tmp_path)
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("files", "field"),
    [
        pytest.param({"server.pem": None}, "listen.tls_certificate", id="no certificate"),
        pytest.param({"server.pem": "x"}, "listen.tls_certificate", id="not one"),
        pytest.param({"server.key": None}, "listen.tls_key", id="no key"),
        pytest.param({"server.key": "x"}, "listen.tls_key", id="not a key"),
        pytest.param({"server.key": "other.key"}, "listen.tls_key", id="another's key"),
        pytest.param({"ca.pem": "x"}, "listen.tls_client_ca", id="no authority"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_by_its_setting(
    tmp_path: Path, files: dict[str, str | None], field: str
) -> None:
    authority = make(tmp_path, "ca", "CA")
    make(tmp_path, "server", "127.0.0.1", by=authority)
    make(tmp_path, "other", "other", by=authority)
    for name, instead in files.items():
        path = tmp_path / name
        if instead is None:
            path.unlink()
        elif (tmp_path / instead).exists():
            shutil.copy(tmp_path / instead, path)
        else:
            path.write_text(instead)
    listen = Listen(tls_certificate="server.pem", tls_key="server.key", tls_client_ca="ca.pem")
    with pytest.raises(InvalidValue) as refused:
        server_context(listen, tmp_path)
    assert refused.value.field == field


def test_days_left_count_down_and_below_zero(tmp_path: Path) -> None:
    assert 0.9 < days_left(make(tmp_path, "a", "a").certificate) <= 1
    assert days_left(make(tmp_path, "b", "b", days=-2).certificate) < -1.9
