"""A node behind a real server in a process of its own, to be killed or starved.

``stop_server.py FOLDER``: prints its port, and a token for each party, as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from pathlib import Path

import uvicorn

from api_world import PARTIES, furnish
from wideberth.faces.api import create_app
from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.node import Node


async def main(folder: Path) -> None:
    node = Node.open(folder)
    listening = socket.create_server(("127.0.0.1", 0))
    async with node:
        if not node.service.picture.parties:
            await furnish(node)
        config = uvicorn.Config(
            create_app(node), log_level="critical", lifespan="on", access_log=False
        )
        tokens = {each: node.mint(PartyId(each), tuple(Role), life_s=3600) for each in PARTIES}
        said = {"port": listening.getsockname()[1], "tokens": tokens}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
