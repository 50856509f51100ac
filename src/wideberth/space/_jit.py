"""How the kernels of this package are compiled: once per version of their sources, then cached.

Numba keys its cache by the file of the function it compiles, and does not see that a function
which that one calls has changed in another file. A stale kernel is a wrong verdict. So the cache
lives in a folder named for the digest of all kernel sources.
"""

from __future__ import annotations

import hashlib
import pkgutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config as numba_config

__all__ = ["SOURCES", "kernel"]

# Every module that holds kernels, in the order of their calls.
SOURCES = (
    "_jit.py",
    "_ellipsoid.py",
    "_shapes.py",
    "_distance.py",
    "_verdict.py",
    "_grid.py",
    "_sweep.py",
    "_crossings.py",
    "_entry.py",
)

Function = TypeVar("Function", bound=Callable[..., object])


def _digest() -> str:
    sources = (pkgutil.get_data("wideberth.space", name) for name in SOURCES)
    return hashlib.sha256(b"\0".join(source or b"" for source in sources)).hexdigest()[:12]


config: Any = numba_config  # its settings are made at run time, so its types know none
_CACHE = Path(__file__).parent / "__pycache__" / f"kernels-{_digest()}"


def kernel(function: Function) -> Function:
    """The function, compiled at its first call, without the interpreter's lock.

    ``error_model="numpy"``: a division by zero gives infinity and costs no branch.
    """
    before = config.CACHE_DIR
    if not before:  # who sets NUMBA_CACHE_DIR decides where; else beside the byte code
        with suppress(OSError):
            _CACHE.mkdir(parents=True, exist_ok=True)
            config.CACHE_DIR = str(_CACHE)
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[return-value]  # a dispatcher is called like the function
    finally:
        config.CACHE_DIR = before
