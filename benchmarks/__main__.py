"""Runs the benchmarks: `python -m benchmarks` all of them, `python -m benchmarks index` one.

A benchmark is a file `benchmarks/bench_NAME.py` with a function `main()`, which measures
ours beside the peer in one run and prints figures and ratios. Each runs in a process of its
own, so that none is measured with another's memory and caches.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUN_ONE = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='benchmark')['main']()"


def names() -> list[str]:
    """The names of all benchmarks, sorted."""
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def machine() -> str:
    """One line that says where the figures come from."""
    model = platform.processor() or platform.machine()
    cpu_info = Path("/proc/cpuinfo")
    if cpu_info.exists():
        for line in cpu_info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return (
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, {model}, {os.cpu_count()} cores, "
        f"Linux {platform.release()}, Python {platform.python_version()}, "
        f"wideberth {version('wideberth')}"
    )


def run(name: str) -> bool:
    """Runs one benchmark and prints what it prints. True where it ended well."""
    print(f"\n== {name}", flush=True)
    started = time.perf_counter()
    path = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", RUN_ONE, str(HERE / f"bench_{name}.py")],
        env=os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        check=False,
    )
    took_s = time.perf_counter() - started
    outcome = "done" if done.returncode == 0 else f"FAILED with status {done.returncode}"
    print(f"-- {name}: {outcome} in {took_s:.1f} s", flush=True)
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """Runs those asked for, or all. Gives the exit status: 0 where all ended well."""
    known = names()
    wanted = [argument.removeprefix("bench_").removesuffix(".py") for argument in arguments]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    print(machine())
    failed = [name for name in wanted or known if not run(name)]
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
