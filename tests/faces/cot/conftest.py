"""Fixtures: a node with TAK clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tak_world import TakWorld, a_tak_world


@pytest.fixture
async def tak(tmp_path: Path) -> AsyncIterator[TakWorld]:
    """A node that serves TAK clients of alpha and of bravo."""
    async with a_tak_world(tmp_path) as made:
        yield made
