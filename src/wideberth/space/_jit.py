"""How kernels are run: compiled, once per version of their sources, or interpreted.

Numba keys its cache by the file of the function it compiles, and does not see that a function
which that one calls, or a constant, has changed in another file. A stale kernel is a wrong
verdict. So the cache lives in a folder named for the digest of all kernel sources of a package
and of those below it, of Numba and of Python.

Interpreted, a kernel is the plain Python function: hundreds of times slower, and nothing to wait
for. The answers are the same. ``WIDEBERTH_KERNELS`` (compiled or interpreted) decides; unset, they
are compiled, unless :meth:`Kernels.choose` is told that there is little to do; and where that
turns out to be wrong, they are compiled after all.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

__all__ = [
    "KERNELS",
    "LITTLE_PIECES",
    "LITTLE_VOLUMES",
    "SOURCES",
    "Kernels",
    "kernel",
    "record_dtype",
]

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

SETTING = "WIDEBERTH_KERNELS"

# What is interpreted by choice, at most: 60 volumes with 1,000 pieces all over each other take
# 1.5 s, and 5 s where they are 50 km apart and 200 km are asked for; compiling takes 30 s.
LITTLE_VOLUMES = 60
LITTLE_PIECES = 1_000

Function = TypeVar("Function", bound=Callable[..., object])


class Kernels:
    """The kernels of one package: a decorator, their cache, and whether they are compiled.

    sources: every file of the package with kernels, or with constants that they use. below: the
    kernels of other packages that these may call.
    """

    def __init__(
        self, package: str, sources: Sequence[str], *, below: Sequence[Kernels] = ()
    ) -> None:
        self.package = package
        self.sources = tuple(sources)
        self._below = tuple(below)
        self._setting = os.environ.get(SETTING) or None
        if self._setting not in (None, "compiled", "interpreted"):
            raise ValueError(f"{SETTING}={self._setting}: give compiled or interpreted")
        self.is_interpreted = self._setting == "interpreted"
        self._plain: dict[Any, Any] = {}  # as interpreted: as it is to be compiled
        self._within: set[Any] = set()  # those that are compiled into each caller
        self._emitted: dict[Any, Callable[..., object]] = {}  # how, of those that are written out
        self._is_loaded = False
        self._spent_pieces = 0

    def __call__(
        self, function: Function, *, interpreted: Callable[..., object] | None = None
    ) -> Function:
        """The function, compiled at its first call, without the interpreter's lock; or itself.

        ``error_model="numpy"``: a division by zero gives infinity and costs no branch. Interpreted
        it raises, so no kernel may divide by zero. Where no folder can be written to, each process
        compiles anew. interpreted: what does the same, where Python's numbers need other words.
        """
        self._is_loaded = True
        if not self.is_interpreted:
            return self._compiled(function)
        plain: Any = interpreted or function
        self._plain[plain] = function
        return plain

    def inlined(self, function: Function) -> Function:
        """A small kernel that is compiled into each that calls it. A call that hands arrays on
        takes 10 to 25 ns: as long as what the smallest do.
        """
        self._within.add(function)
        return self(function)

    def emitted(self, emit: Callable[..., object]) -> Callable[[Function], Function]:
        """A kernel of 64-bit whole numbers whose instructions are written out, as Numba's
        intrinsics are. emit: (context, builder, signature, arguments), all of llvmlite. The
        function it stands before is what they do, and what is run where it is interpreted.
        """

        def made(function: Function) -> Function:
            self._emitted[function] = emit
            return self(function)

        return made

    def choose(self, needed: Sequence[str], *, is_little: bool) -> None:
        """Before work begins: interpret, where compiling would take longer than the work.

        Only where nobody has said how (``WIDEBERTH_KERNELS``), none of these kernels is loaded in
        this process, and those needed (``module.function``) are not compiled yet on this machine.
        Where they are being interpreted and there is more than little to do, they are compiled
        from here on.
        """
        if self._setting is not None:
            return
        if not is_little:
            self.compile()
        elif not self._is_loaded:
            self.is_interpreted = not self.are_compiled(needed)

    def spend(self, pieces: int) -> None:
        """Before a ring of so many pieces is gone through: compile, where it gets too much."""
        if self.is_interpreted:
            self._spent_pieces += pieces
            if self._spent_pieces > LITTLE_PIECES:
                self.compile()

    def compile(self) -> None:
        """From here on in this process kernels are compiled, at their first call.

        What the interpreted ones made goes on being used: the arrays are the same.
        """
        if not self.is_interpreted or self._setting is not None:
            return
        self.is_interpreted = False
        compiled = {plain: self._compiled(function) for plain, function in self._plain.items()}
        self._plain.clear()
        for source in self.sources:
            module = sys.modules.get(f"{self.package}.{Path(source).stem}")
            for name, value in list(vars(module).items()) if module else ():
                if callable(value) and value in compiled:
                    setattr(module, name, compiled[value])

    def are_compiled(self, needed: Sequence[str]) -> bool:
        """Are these kernels (``module.function``) in the cache of these sources?"""
        return any(
            all(any(folder.rglob(f"{name}-*.nbi")) for name in needed)
            for folder in self._folders()
            if folder.is_dir()
        )

    @cached_property
    def digest(self) -> str:
        """Names the folder of the cache: of the sources here and below, of Numba and Python."""
        parts: list[bytes] = [version("numba").encode(), sys.version.encode()]
        parts += [kernels.digest.encode() for kernels in self._below]
        for name in self.sources:
            parts += [name.encode(), pkgutil.get_data(self.package, name) or b""]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]

    def _folders(self) -> Iterator[Path]:
        """Where the cache may be: where NUMBA_CACHE_DIR says, beside the byte code, or at home."""
        said = os.environ.get("NUMBA_CACHE_DIR")
        if said:
            yield Path(said) / f"kernels-{self.digest}"
            return
        spec = find_spec(self.package)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent / "__pycache__" / f"kernels-{self.digest}"
        with suppress(RuntimeError):  # no home
            yield Path.home() / ".cache" / "wideberth" / f"kernels-{self.digest}"

    @cached_property
    def _folder(self) -> str | None:
        """The first folder that can be written to, made."""
        for folder in self._folders():
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                if os.access(folder, os.W_OK):
                    return str(folder)
        return None

    def _compiled(self, function: Function) -> Function:
        import numba
        from numba.core import config as settings

        if function in self._emitted:
            return _intrinsic(function, self._emitted[function])
        config: Any = settings  # made at run time, so its types know none
        before = config.CACHE_DIR
        config.CACHE_DIR = self._folder or ""
        try:
            cached = self._folder is not None
            return numba.njit(  # type: ignore[return-value]  # a dispatcher is called like the function
                cache=cached,
                nogil=True,
                error_model="numpy",
                forceinline=function in self._within,
            )(function)
        finally:
            config.CACHE_DIR = before


def _intrinsic(function: Function, emit: Callable[..., object]) -> Function:
    from numba import types
    from numba.extending import intrinsic

    def typed(_: Any, *given: Any) -> Any:
        return types.int64(*given), emit

    # By its parameters Numba matches what it is called with.
    asked = inspect.signature(function)
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    typed.__signature__ = asked.replace(parameters=[context, *asked.parameters.values()])
    typed.__name__ = getattr(function, "__name__", "emitted")
    return intrinsic(typed)  # type: ignore[return-value]


class _Record(np.void):
    """A record whose fields are attributes, as in a compiled kernel, and plain numbers."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name].item()

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


KERNELS = Kernels("wideberth.space", SOURCES)
kernel = KERNELS


def record_dtype(fields: list[tuple[str, Any]]) -> Any:
    """The type of an aligned record that kernels read by attribute, compiled or interpreted."""
    dtype = np.dtype(fields, align=True)
    return np.dtype((_Record, dtype)) if KERNELS.is_interpreted else dtype
