"""Warming up leaves nothing to compile for whoever comes after."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wideberth.faces.cli import serve

# In a new process: warm up, then do what a service does, and name each kernel that was compiled
# (not loaded) or met other types of arguments than the warm-up had.
CODE = """
import sys
import ways
from wideberth import space
from wideberth.watch import warm as watch
from wideberth.watch import closest
from wideberth.space import _crossings, _entry, _grid, _shapes, _sweep, _verdict
space.warm_up()
watch.warm_up()
modules = (_crossings, _entry, _grid, _shapes, _sweep, _verdict, closest)
def seen():
    return {
        (module.__name__, name): list(kernel.signatures)
        for module in modules
        for name, kernel in vars(module).items()
        if hasattr(kernel, "signatures")
    }
before = seen()
for seed in range(12):
    ways.answers(seed)
after = seen()
print([name for name in after if after[name] != before[name]])
print(space.is_warm(), watch.is_warm())
"""


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_after_the_warm_up_nothing_is_left_to_compile():
    assert run(CODE, WIDEBERTH_KERNELS="compiled").splitlines() == ["[]", "True True"]


def test_a_warm_up_that_leaves_something_out_is_seen():
    less = CODE.replace("space.warm_up()\n", "\n")  # the planted fault
    assert run(less, WIDEBERTH_KERNELS="compiled").splitlines()[0] != "[]"


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
