"""A receiver of webhooks: checks each signature, keeps what is new, drops what came before.

    python examples/webhook_receiver.py https://node.example.org https://desk.example.org/hook 8080

The second address is the one that the node was given: the signature covers it. Put a proxy that
speaks HTTPS in front. What is new is printed, a line of JSON each.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from base64 import urlsafe_b64decode
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx

from wideberth.delivery.signing import verify_signed
from wideberth.errors import InvalidValue

MOST_BYTES = 4_000_000


class Kept:
    """What came before, by kind, id and version (D-10)."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS kept"
            " (kind, id, version, item, PRIMARY KEY (kind, id, version))"
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def keep(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Keep what is new, on disk when this returns; gives it."""
        new: list[dict[str, Any]] = []
        with self._db:
            for item in items:
                row = (item["kind"], item["id"], item["version"], json.dumps(item))
                done = self._db.execute("INSERT OR IGNORE INTO kept VALUES (?, ?, ?, ?)", row)
                new += [item] * done.rowcount
        return new


def fetch_keys(node: str) -> dict[str, bytes]:
    """The node's public keys, by key id."""
    found = httpx.get(f"{node}/api/v1/delivery/keys").raise_for_status().json()["keys"]
    return {key["kid"]: urlsafe_b64decode(key["x"] + "==") for key in found}


def receiver(url: str, keys: dict[str, bytes], kept: Kept) -> type[BaseHTTPRequestHandler]:
    """A handler of POSTs to url."""

    class Receiver(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            if not 0 < size <= MOST_BYTES:
                self.send_error(413)
                return
            body = self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                verify_signed(url, headers, body, keys=keys, now_s=int(time.time()))
            except InvalidValue as error:
                self.send_error(401, error.rule)
                return
            for item in kept.keep(json.loads(body)["items"]):
                print(json.dumps(item), flush=True)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: only what is new is printed."""

    return Receiver


if __name__ == "__main__":
    node_url, own_url, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    handler = receiver(own_url, fetch_keys(node_url), Kept(Path("webhook-kept.sqlite3")))
    HTTPServer(("127.0.0.1", port), handler).serve_forever()
