"""A log seen from outside: its checkpoint and its tiles over HTTP, and nothing of it believed.

For whoever watches or compares: a witness, a party, an auditor. Every answer is bounded; what it
says is for the caller to verify. Synchronous, since there is nothing else to do meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import httpx
import msgspec

from wideberth.errors import InvalidValue
from wideberth.record.notes import Checkpoint
from wideberth.record.splits import Proof
from wideberth.record.tiles import Tile, TiledTree, tile_path

__all__ = ["LogClient"]

_API = "/api/v1/record"
_TIMEOUT_S = 10.0
_MAX_ANSWER_BYTES = 1_000_000


class LogClient:
    """The record of a node. url: the node's, without a path. token: gives the credential, asked
    for each request, so that a file may be renewed; None: none is shown.

    Its methods raise httpx.HTTPError where nobody answers, and InvalidValue where the answer is not
    what was asked for. Making one raises InvalidValue for a url that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        token: Callable[[], str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._token = token
        self._url = url
        try:
            self._http = httpx.Client(
                base_url=url.rstrip("/") + _API, timeout=_TIMEOUT_S, transport=transport
            )
        except httpx.InvalidURL as error:
            raise InvalidValue("URL", "url", url, str(error)) from None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def checkpoint(self, *, beat: bool = False, witnesses: int = 0) -> str:
        """The newest head. beat: the one that witnesses are asked for; witnesses: so many signed.

        Not verified.
        """
        query = {"beat": "true"} if beat else {}
        if witnesses:
            query["witnesses"] = str(witnesses)
        return self._asked("GET", "/checkpoint", params=query).decode("utf-8", "replace")

    def tile(self, tile: Tile) -> bytes:
        """A tile of hashes. Not verified."""
        return self._asked("GET", f"/tile/{tile_path(tile)}")

    def prove(self, old: int, head: Checkpoint) -> Proof:
        """What the log's tiles say of the first old entries of the tree of head. Not verified."""
        tree = TiledTree(head.size, self.tile)
        return Proof(tree.root(old), tuple(tree.consistency_proof(old)))

    def hand_in(self, note: str) -> None:
        """Give a node a head with cosignatures, for it to keep."""
        body = msgspec.json.encode({"note": note})
        self._asked(
            "POST", "/cosignatures", content=body, headers={"Content-Type": "application/json"}
        )

    def _asked(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        sent = dict(headers or {})
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token()}"
        with self._http.stream(
            method, path, params=params, content=content, headers=sent
        ) as answer:
            data = b""
            for part in answer.iter_bytes():
                data += part
                if len(data) > _MAX_ANSWER_BYTES:
                    raise InvalidValue(self._url, "size", len(data), "the answer is too large")
        if answer.status_code != 200:
            words = data[:300].decode("utf-8", "replace")
            raise InvalidValue(
                f"{self._url}{_API}{path}", "status", answer.status_code, f"it said: {words}"
            )
        return data
