"""Compiled or interpreted: the same answers, never a stale kernel, and the cheaper way chosen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wideberth.watch
from wideberth.space import _grid
from wideberth.watch import closest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SEEDS = 12
_INT64 = st.integers(-(2**62), 2**62)


def run(code: str, *arguments: str, cwd: Path = HERE, **environment: str) -> str:
    """What a new process prints; warnings are errors in it."""
    kept = {name: value for name, value in os.environ.items() if name != "WIDEBERTH_KERNELS"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True, text=True, check=False, cwd=cwd, env={**kept, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


ANSWERS = """
import json, sys
import ways
{fault}
answers = [ways.answers(seed) for seed in range(int(sys.argv[1]))]
print(json.dumps(["numba" in sys.modules, answers]))
"""
FAULT = "from wideberth.space import _verdict; _verdict.time_gap = lambda a, b: 0"


def test_interpreted_and_compiled_answer_the_same():
    compiled = json.loads(run(ANSWERS.format(fault=""), str(SEEDS), WIDEBERTH_KERNELS="compiled"))
    plain = json.loads(run(ANSWERS.format(fault=""), str(SEEDS), WIDEBERTH_KERNELS="interpreted"))
    wrong = json.loads(run(ANSWERS.format(fault=FAULT), "3", WIDEBERTH_KERNELS="interpreted"))
    assert (compiled[0], plain[0]) == (True, False)
    assert plain[1] == compiled[1]
    assert wrong[1] != compiled[1][:3]  # a planted fault is seen


CHECK = """
import sys, wideberth
from wideberth.faces.cli import _answer
for name in sys.argv[1:]:
    try:
        result = wideberth.check(name, terrain_m=(0, 3000), separation=(5000, 200, 60))
        _answer.write_json(result, sys.stdout)
    except wideberth.WideberthError as error:
        print(error)
print("numba" in sys.modules, file=sys.stdout)
"""


def test_the_first_check_on_a_machine_compiles_nothing_and_answers_the_same(tmp_path: Path):
    names = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "examples").iterdir())
    first = run(CHECK, *names, cwd=ROOT, NUMBA_CACHE_DIR=str(tmp_path))
    later = run(CHECK, *names, cwd=ROOT, WIDEBERTH_KERNELS="compiled")
    assert first.endswith("False\n")
    assert later.endswith("True\n")
    assert first.removesuffix("False\n") == later.removesuffix("True\n")
    assert list(tmp_path.iterdir()) == []


@given(st.integers(0, 127), _INT64, _INT64, _INT64, _INT64)
def test_both_ways_have_one_hash(level, i, j, k, t):
    # An index filled interpreted goes on being used compiled.
    assert _grid._mix_ints(level, i, j, k, t) == _grid.mix(level, i, j, k, t)


def test_every_module_of_the_watch_with_kernels_is_in_its_digest():
    folder = Path(wideberth.watch.__file__).parent
    with_kernels = {path.name for path in folder.glob("*.py") if "@_kernel" in path.read_text()}
    assert with_kernels <= set(closest.KERNELS.sources)
    assert "paths.py" in closest.KERNELS.sources  # whose constants they use


def planted(folder: Path, *, length: int, sources: tuple[str, ...]) -> Path:
    package = folder / "planted"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "constants.py").write_text(f"LENGTH = {length}\n")
    (package / "way.py").write_text(
        f"from wideberth.space._jit import Kernels\nKERNELS = Kernels('planted', {sources!r})\n"
    )
    kernels = package / "kernels.py"
    text = (
        "from planted.constants import LENGTH\n"
        "from planted.way import KERNELS\n"
        "@KERNELS\n"
        "def inner(): return LENGTH\n"
        "@KERNELS\n"
        "def outer(x): return inner() + x\n"
    )
    if not kernels.exists():
        kernels.write_text(text)
    return folder


ONCE = "from planted.kernels import outer; print(outer(0))"


@pytest.mark.parametrize(
    ("sources", "seen"),
    [
        pytest.param(("constants.py", "kernels.py"), "4", id="in the digest"),
        pytest.param(("kernels.py",), "3", id="left out, the planted fault: a stale kernel"),
    ],
)
@pytest.mark.parametrize("said", [True, False], ids=["NUMBA_CACHE_DIR", "beside"])
def test_a_changed_constant_leaves_no_stale_kernel(
    tmp_path: Path, sources: tuple[str, ...], seen: str, said: bool
):
    where = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")} if said else {}
    for length, wanted in ((3, "3"), (4, seen)):
        planted(tmp_path, length=length, sources=sources)
        assert run(ONCE, cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1", **where).strip() == wanted


CHOOSE = """
import sys
from planted.way import KERNELS
KERNELS.choose(["kernels.outer"], is_little=True)
from planted import kernels
here = kernels.outer(1), KERNELS.is_interpreted, "numba" in sys.modules
{then}
print(*here, "|", kernels.outer(1), KERNELS.is_interpreted, "numba" in sys.modules)
"""
MORE = [
    pytest.param('KERNELS.choose(["kernels.outer"], is_little=False)', id="said"),
    pytest.param("KERNELS.spend(999); KERNELS.spend(2)", id="noticed"),
]


@pytest.mark.parametrize("then", MORE)
def test_little_is_interpreted_until_there_is_more_or_it_is_compiled_anyway(
    tmp_path: Path, then: str
):
    planted(tmp_path, length=3, sources=("constants.py", "kernels.py"))
    code = CHOOSE.format(then=then)
    assert run(code, cwd=tmp_path).strip() == "4 True False | 4 False True"
    assert run(code, cwd=tmp_path).strip() == "4 False True | 4 False True"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        pytest.param("compiled", "4 False True | 4 False True", id="compiled"),
        pytest.param("interpreted", "4 True False | 4 True False", id="interpreted"),
    ],
)
def test_who_says_how_is_obeyed(tmp_path: Path, said: str, wanted: str):
    planted(tmp_path, length=3, sources=("constants.py", "kernels.py"))
    code = CHOOSE.format(then='KERNELS.choose(["kernels.outer"], is_little=False)')
    assert run(code, cwd=tmp_path, WIDEBERTH_KERNELS=said).strip() == wanted
