"""What ``[tak]`` may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from certificates import make
from wideberth.errors import InvalidValue
from wideberth.operating import CertificateSettings, Listen, OpenOutput, TakTable
from wideberth.tls import tak_context

BOUND = (CertificateSettings("alpha", subject="CN=alpha"),)


@pytest.mark.parametrize(
    "url",
    [
        "udp://239.2.3.1",
        "udp://example.org:6969",
        "http://127.0.0.1:1",
        "udp://127.0.0.1:99999",
        "udp://127.0.0.1:1/x",
        "udp://a@127.0.0.1:1",
        "",
    ],
)
def test_an_output_names_an_address(url: str) -> None:
    with pytest.raises(InvalidValue, match="url"):
        OpenOutput(url)


def test_an_address_of_either_kind_is_taken() -> None:
    assert OpenOutput("udp://239.2.3.1:6969").address == ("239.2.3.1", 6969)
    assert OpenOutput("tcp://[::1]:8087").address == ("::1", 8087)


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"port": 70_000}, "port"),
        ({"port": 1}, "certificates"),
        ({"tls_key": "x"}, "tls_key"),
        ({"clients": 3}, "clients"),
        ({"show_every_s": 0.0}, "show_every_s"),
    ],
)
def test_a_wrong_value_is_named(table: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        TakTable(**table)
    assert caught.value.field == field


def test_without_certificates_nobody_is_served(tmp_path: Path) -> None:
    table = TakTable(port=0, certificates=BOUND)
    with pytest.raises(InvalidValue, match=r"tak\.tls_certificate"):
        tak_context(table, Listen(), tmp_path)
    make(tmp_path, "server", "x")
    listen = Listen(tls_certificate="server.pem", tls_key="server.key")
    with pytest.raises(InvalidValue, match=r"tak\.tls_client_ca"):
        tak_context(table, listen, tmp_path)


def test_files_of_listen_are_taken_where_tak_names_none(tmp_path: Path) -> None:
    make(tmp_path, "server", "x")
    listen = Listen(tls_certificate="server.pem", tls_key="server.key", tls_client_ca="server.pem")
    tak_context(TakTable(port=0, certificates=BOUND), listen, tmp_path)
    table = TakTable(port=0, certificates=BOUND, tls_certificate="none.pem", tls_key="none.key")
    with pytest.raises(InvalidValue, match=r"tak\.tls_certificate"):
        tak_context(table, listen, tmp_path)
