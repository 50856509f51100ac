"""The same commands give the same bytes and the same picture: in any process, whatever the seed of
its hashes, its kernels compiled or not, and with another NumPy.

`WIDEBERTH_NUMPY=2.1.3` names another version, which pip installs beside (`make attack`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from attack import scenario

SEED = 20260909


def elsewhere(**environment: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, scenario.__file__, str(SEED)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    found = scenario.outcome(SEED)
    assert found["digest"] == found["replayed"]
    assert int(found["entries"]) > 200
    return found


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_seed_of_hashes_changes_nothing(here: dict[str, str], seed: str) -> None:
    assert elsewhere(PYTHONHASHSEED=seed) == here


def test_interpreted_kernels_change_nothing(here: dict[str, str]) -> None:
    assert elsewhere(PYTHONHASHSEED="7", WIDEBERTH_KERNELS="interpreted") == here


def test_another_scenario_is_another_picture(here: dict[str, str]) -> None:
    """The planted difference: the digests do tell two pictures apart."""
    other = scenario.outcome(SEED + 1)
    assert other["written"] != here["written"]
    assert other["digest"] != here["digest"]


@pytest.mark.slow
def test_another_numpy_changes_nothing(here: dict[str, str], tmp_path: Path) -> None:
    version = os.environ.get("WIDEBERTH_NUMPY")
    if version is None:
        pytest.skip("WIDEBERTH_NUMPY names no other version")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    installed = subprocess.run(
        [*pip, "--target", str(tmp_path), f"numpy=={version}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"NumPy {version} cannot be installed: {installed.stderr.strip()[-200:]}")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    # Interpreted: kernels compiled beside another NumPy would take the cache's place.
    found = elsewhere(PYTHONPATH=path, WIDEBERTH_KERNELS="interpreted")
    assert found.pop("numpy") == version
    assert found == {name: value for name, value in here.items() if name != "numpy"}
