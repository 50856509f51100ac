"""An agreement of two parties beside a live node: signed by both, and stepped by them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from api_world import World, moment
from wideberth.service import now_us
from wideberth.space.time import DAY_US, HOUR_US

SIGNERS = ("alpha", "bravo")


@contextlib.asynccontextmanager
async def agreed(
    world: World, title: str, provisions: list[dict[str, Any]]
) -> AsyncIterator[tuple[str, Callable[..., Awaitable[Any]]]]:
    """The agreement's id, and what takes a step with it: act(party, what, **more)."""
    keys = {party: await world.key(party) for party in SIGNERS}
    from_us = now_us() // HOUR_US * HOUR_US
    terms = {
        "title": title, "kind": "SEPARATION", "parties": list(SIGNERS), "effective_us": from_us,
        "expires_us": from_us + 60 * DAY_US, "provisions": provisions,
    }  # fmt: skip
    async with contextlib.AsyncExitStack() as stack:
        clients = {
            party: await stack.enter_async_context(world.client(party, keys[party]))
            for party in SIGNERS
        }
        body = {"terms": terms, "answer_by": moment(24 * 60)}
        first = await clients["alpha"].signed("POST", "/agreements", "ProposeAgreement", body)
        name = first["agreement"]

        async def act(party: str, what: str, **more: Any) -> Any:
            step = {"agreement": name, "version": 1, "act": what, **more}
            path = f"/agreements/{name}/acts"
            return await clients[party].signed("POST", path, "StepAgreement", step)

        for party in SIGNERS:
            await act(party, "sign", digest=first["digest"])
        yield name, act
