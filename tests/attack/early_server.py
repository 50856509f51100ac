"""``wideberth`` with a planted fault: it answers, and writes 40 ms later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from wideberth.faces.cli import main
from wideberth.service import Service

write = Service._write


async def write_later(
    self: Service, call: Callable[..., Any], *args: object, **more: object
) -> Any:
    async def late() -> None:
        await asyncio.sleep(0.04)
        await write(self, call, *args, **more)

    if args and isinstance(args[0], list) and args[0]:
        asyncio.ensure_future(late()).add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )
        return None
    return await write(self, call, *args, **more)


if __name__ == "__main__":
    Service._write = write_later  # type: ignore[method-assign]
    main()
