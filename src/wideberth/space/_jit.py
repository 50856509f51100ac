"""How the kernels of this package are compiled: once per version of their sources, then cached.

Numba keys its cache by the file of the function it compiles, and does not see that a function
which that one calls has changed in another file. A stale kernel is a wrong verdict. So the cache
lives in a folder named for the digest of all kernel sources.
"""

from __future__ import annotations

import hashlib
import os
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


def _cache_folder() -> str | None:
    """A folder for these sources that can be written to: beside the byte code, or the user's."""
    with suppress(OSError, RuntimeError):
        for base in (Path(__file__).parent / "__pycache__", Path.home() / ".cache" / "wideberth"):
            folder = base / f"kernels-{_digest()}"
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                if os.access(folder, os.W_OK):
                    return str(folder)
    return None


_CACHE = _cache_folder()


def kernel(function: Function) -> Function:
    """The function, compiled at its first call, without the interpreter's lock.

    ``error_model="numpy"``: a division by zero gives infinity and costs no branch. Where no folder
    can be written to, each process compiles anew.
    """
    before = config.CACHE_DIR
    if not before:  # who sets NUMBA_CACHE_DIR decides where
        config.CACHE_DIR = _CACHE or ""
    try:
        cached = bool(config.CACHE_DIR)
        return numba.njit(cache=cached, nogil=True, error_model="numpy")(function)  # type: ignore[return-value]  # a dispatcher is called like the function
    finally:
        config.CACHE_DIR = before
