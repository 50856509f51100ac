"""Webhooks against a real receiver that fails, hangs, answers slowly, redirects, closes early."""

from __future__ import annotations

import time

import pytest
from nacl.signing import SigningKey

from delivery_servers import a_receiver
from wideberth.delivery.addresses import is_public
from wideberth.delivery.lanes import Outcome
from wideberth.delivery.signing import verify_signed
from wideberth.delivery.webhook import Webhooks, check_url
from wideberth.errors import InvalidValue

KEY = SigningKey(bytes(32))
BODY = b'{"items":[]}'


@pytest.mark.parametrize(
    ("mood", "outcome", "why"),
    [
        ("ok", Outcome.TAKEN, "http-200"),
        ("slow", Outcome.TAKEN, "http-200"),
        ("204", Outcome.TAKEN, "http-204"),
        ("endless", Outcome.TAKEN, "http-200"),
        ("500", Outcome.FAILED, "http-500"),
        ("later", Outcome.FAILED, "http-429"),
        ("hang", Outcome.FAILED, "timeout"),
        ("close", Outcome.FAILED, "RemoteProtocolError"),
        ("half", Outcome.FAILED, "RemoteProtocolError"),
        ("redirect", Outcome.FAILED, "http-307"),
        ("404", Outcome.REFUSED, "http-404"),
    ],
)
async def test_what_the_other_side_does_is_told_apart(mood: str, outcome, why: str) -> None:
    async with a_receiver(mood) as receiver:
        hooks = Webhooks(KEY, "k", private=True, within_s=1.0)
        try:
            tried = await hooks.post(receiver.url, BODY, delivery="d-1")
        finally:
            await hooks.close()
        assert (tried.outcome, tried.why) == (outcome, why)
        assert receiver.moved == 0, "a redirect was followed"
        assert len(receiver.came) == 1


async def test_what_comes_is_signed_for_the_address_that_was_configured() -> None:
    async with a_receiver() as receiver:
        hooks = Webhooks(KEY, "k", private=True)
        url = receiver.url.replace("127.0.0.1", "localhost")
        await hooks.post(url, BODY, delivery="d-1")
        await hooks.close()
        ((headers, body),) = receiver.came
        keys = {"k": bytes(KEY.verify_key)}
        assert verify_signed(url, headers, body, keys=keys, now_s=int(time.time())) == "d-1"
        assert headers["host"].startswith("localhost:")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254"])
async def test_addresses_that_are_not_public_are_not_asked(host: str) -> None:
    async with a_receiver() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        hooks = Webhooks(KEY, "k", within_s=2.0)
        for scheme in ("http", "https"):
            tried = await hooks.post(f"{scheme}://{host}:{port}/hook", BODY, delivery="d-1")
            assert tried.outcome is not Outcome.TAKEN
        await hooks.close()
        assert receiver.came == []


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "224.0.0.1",
        "0.0.0.0",
    ],
)
def test_an_address_that_is_not_public_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a.example/",
        "https://",
        "https://u:p@a.example/",
        "https://a.example/#x",
        "https://a.example:0/",
        "https://[::1",
        "javascript:alert(1)",
        "https://ä.example/",
    ],
)
def test_what_is_no_url_of_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue):
        check_url(url)
