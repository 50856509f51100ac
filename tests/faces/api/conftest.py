"""Fixtures: a node and its API in process, and one behind a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from api_world import World, a_world, serving


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A node with three parties, in process."""
    async with a_world(tmp_path) as made:
        yield made


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, World]]:
    """A node behind uvicorn on loopback, in a thread: its address, and the world."""
    with serving(tmp_path) as made:
        yield made
