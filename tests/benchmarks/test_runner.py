"""`python -m benchmarks` finds its files, runs each, and says which failed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    benchmarks = tmp_path / "benchmarks"
    benchmarks.mkdir()
    for name in ("__init__.py", "__main__.py"):
        shutil.copy(PROJECT / "benchmarks" / name, benchmarks)
    (benchmarks / "shared.py").write_text("WORD = 'from a neighbour'")
    (benchmarks / "bench_second.py").write_text("def main():\n    print('second ran')")
    (benchmarks / "bench_first.py").write_text(
        "from benchmarks.shared import WORD\ndef main():\n    print('first ran', WORD)"
    )
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_are_run_in_order_of_name(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert said.index("first ran from a neighbour") < said.index("second ran")
    assert "cores" in said.splitlines()[0]


def test_one_is_run_by_its_name(folder: Path) -> None:
    done = run(folder, "second")
    assert done.returncode == 0
    assert "second ran" in done.stdout
    assert "first ran" not in done.stdout


def test_one_that_fails_is_named_and_the_others_run(folder: Path) -> None:
    (folder / "benchmarks" / "bench_first.py").write_text("def main():\n    1 / 0")
    done = run(folder)
    assert done.returncode == 1
    assert "second ran" in done.stdout
    assert "failed: first" in done.stderr


def test_an_unknown_name_runs_nothing(folder: Path) -> None:
    done = run(folder, "third")
    assert done.returncode == 2
    assert "no benchmark third; there are: first, second" in done.stderr
    assert "ran" not in done.stdout


def test_every_benchmark_of_the_project_has_a_main() -> None:
    without = [
        path.name
        for path in (PROJECT / "benchmarks").glob("bench_*.py")
        if "\ndef main(" not in path.read_text(encoding="utf-8")
    ]
    assert without == []
