"""From a position to its warning, small: every warning that is expected comes, on each socket."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SMALL = {
    "BENCH_TRACKS": "600",
    "BENCH_POSITIONS": "300",
    "BENCH_SECONDS": "4",
    "BENCH_SETTLED": "3",
    "BENCH_PLANTED": "5",
}


def test_each_planted_pair_is_warned_of_and_nothing_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "warned"],
        cwd=PROJECT,
        env={**os.environ, **SMALL, "BENCH_FOLDER": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 expected, 40 came, 0 missed, 0 before their report" in done.stdout, done.stdout
    assert "0 listeners cut off" in done.stdout
    [(sent, taken, refused)] = re.findall(
        r"of all ([\d,]+), ([\d,]+) taken, (\d+) refused", done.stdout
    )
    assert (sent, refused) == (taken, "0")
