"""Telling by HTTP: a signed POST, bounded in time and size, that follows no redirect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from nacl.signing import SigningKey

from wideberth.delivery.addresses import resolved
from wideberth.delivery.lanes import Outcome, Tried
from wideberth.delivery.signing import signed_headers
from wideberth.errors import InvalidValue
from wideberth.model.exercises import EXERCISE_HEADER, EXERCISE_WORD

__all__ = ["Webhooks", "check_url"]

_WITHIN_S = 10.0
_MOST_ANSWER_BYTES = 4_096
_LATER = frozenset({408, 425, 429})  # of the 4xx, those that say: not now


def check_url(url: str) -> None:
    """Raises InvalidValue for what is no URL of a webhook."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
        parts = urlsplit("")
    if not good or parts.username is not None or parts.fragment or not url.isascii():
        raise InvalidValue(
            "url", "webhook-url", url[:200], "give http(s)://host/path, without a password in it"
        )


class Webhooks:
    """Posts to webhooks. As an async context; key, keyid: what signs.

    private: whether addresses that are not public are allowed, and plain HTTP with them.
    """

    def __init__(
        self,
        key: SigningKey,
        keyid: str,
        *,
        private: bool = False,
        within_s: float = _WITHIN_S,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self._keyid = keyid
        self._private = private
        self._within_s = within_s
        self._clock_s = clock_s
        self._client = httpx.AsyncClient(
            timeout=within_s,
            follow_redirects=False,
            trust_env=False,  # a proxy would look names up anew
            limits=httpx.Limits(max_connections=500, max_keepalive_connections=100),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def post(self, url: str, body: bytes, *, delivery: str, exercise: bool = False) -> Tried:
        """One attempt. delivery: the same when the same is sent again. exercise: a header says so,
        as the body does. Never raises for what the other side does.
        """
        try:
            async with asyncio.timeout(self._within_s):
                return await self._post(url, body, delivery, exercise=exercise)
        except TimeoutError:
            return Tried(Outcome.FAILED, "timeout")
        except httpx.TimeoutException:
            return Tried(Outcome.FAILED, "timeout")
        except InvalidValue as error:
            return Tried(Outcome.REFUSED, error.rule)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Tried(Outcome.FAILED, type(error).__name__)

    async def _post(self, url: str, body: bytes, delivery: str, *, exercise: bool) -> Tried:
        check_url(url)
        parts = urlsplit(url)
        if parts.scheme == "http" and not self._private:
            raise InvalidValue("url", "https", None, "plain HTTP only where private is allowed")
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await resolved(host, port, private=self._private)
        shown = f"[{address}]" if ":" in address else address
        headers = signed_headers(
            url,
            body,
            key=self._key,
            keyid=self._keyid,
            created_s=int(self._clock_s()),
            delivery=delivery,
        )
        headers |= {"host": parts.netloc, "user-agent": "wideberth", "accept-encoding": "identity"}
        if exercise:
            headers[EXERCISE_HEADER] = EXERCISE_WORD
        request = self._client.build_request(
            "POST",
            parts._replace(netloc=f"{shown}:{port}").geturl(),
            content=body,
            headers=headers,
            extensions={"sni_hostname": host, "timeout": httpx.Timeout(self._within_s).as_dict()},
        )
        answer = await self._client.send(request, stream=True)
        try:
            return await _judged(answer)
        finally:
            await answer.aclose()


async def _judged(answer: httpx.Response) -> Tried:
    status = answer.status_code
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read > _MOST_ANSWER_BYTES:
            break  # enough to tell; the connection is closed
    if 200 <= status < 300:
        return Tried(Outcome.TAKEN, f"http-{status}")
    if 400 <= status < 500 and status not in _LATER:
        return Tried(Outcome.REFUSED, f"http-{status}")
    after = answer.headers.get("retry-after", "")
    return Tried(Outcome.FAILED, f"http-{status}", float(after) if after.isdigit() else 0.0)
