"""Warming up leaves nothing to compile for whoever comes after."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wideberth.faces.cli import serve

# In a new process: warm up, then do what a service does, and name each kernel that was compiled
# (not loaded) or met other types of arguments than the warm-up had; and each of those by which it
# is known whether a machine is warm that the warm-up left out.
CODE = """
import importlib, pkgutil, sys
import looks, ways
from wideberth import space
from wideberth import watch as watch_package
from wideberth.watch import warm as watch
space.warm_up()
watch.warm_up()
modules = [
    importlib.import_module(f"{package.__name__}.{module.name}")
    for package in (space, watch_package)
    for module in pkgutil.iter_modules(package.__path__)
]
def seen():
    return {
        (module.__name__, name): list(kernel.signatures)
        for module in modules
        for name, kernel in vars(module).items()
        if hasattr(kernel, "signatures") and kernel.py_func.__module__ == module.__name__
    }
before = seen()
for seed in range(12):
    ways.answers(seed)
looks.look()
after = seen()
print([name for name in after if after[name] != before[name]])
needed = [("wideberth.watch", name) for name in watch.NEEDED]
needed += [("wideberth.space", name) for name in space.warm.NEEDED]
print([name for package, name in needed if not before[tuple(f"{package}.{name}".rsplit(".", 1))]])
print(space.is_warm(), watch.is_warm())
"""


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_after_the_warm_up_nothing_is_left_to_compile():
    assert run(CODE, WIDEBERTH_KERNELS="compiled").splitlines() == ["[]", "[]", "True True"]


@pytest.mark.parametrize(
    ("call", "less"),
    [
        ("space.warm_up()\n", "\n"),
        ("watch.warm_up()\n", "watch._look = lambda: None\nwatch.warm_up()\n"),
    ],
    ids=["of the space", "of a look"],
)
def test_a_warm_up_that_leaves_something_out_is_seen(call: str, less: str):
    planted = CODE.replace(call, less)
    said = run(planted, WIDEBERTH_KERNELS="compiled").splitlines()
    assert said[0] != "[]"
    assert said[1] != "[]"


def test_where_kernels_are_interpreted_there_is_nothing_to_warm_up():
    code = """
import sys
from wideberth import space
from wideberth.watch import warm as watch
space.warm_up()
watch.warm_up()
print(space.is_warm(), watch.is_warm(), "numba" in sys.modules)
"""
    assert run(code, WIDEBERTH_KERNELS="interpreted").strip() == "True True False"


@pytest.mark.parametrize("is_warm", [True, False])
def test_serve_says_that_it_compiles_only_where_it_does(
    is_warm: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("wideberth.space.is_warm", lambda: is_warm)
    serve.warm_up()
    said = capsys.readouterr().out
    assert said.count("compiling the kernels, once on this machine") == (not is_warm)
