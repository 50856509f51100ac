"""What holds for the project as a whole: its floors, its lock files, its targets, its pages."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parent.parent
CONFIGURATION = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted((PROJECT / "requirements").glob("*.lock"))
LOCKED = r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]+\])?==(\S+)"
GROUPS = {
    "runtime": CONFIGURATION["project"]["dependencies"],
    **CONFIGURATION["dependency-groups"],
}


def normalised(requirement: str) -> str:
    """The bare name of a requirement, as package indexes compare names."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


# The floors.


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """A house of empty floors under the project's own contracts."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    pure = ["space", "model", "picture", "decisions", "wire", "sealed", "review"]
    floors = [*pure, "record", "watch", "delivery"]
    faces = ["faces", "faces/api", "faces/web", "faces/cli", "faces/feeds"]
    for package in (".", *floors, *faces):
        (tmp_path / "wideberth" / package).mkdir(exist_ok=True)
        (tmp_path / "wideberth" / package / "__init__.py").touch()
    for module in ("errors", "service", "offline"):
        (tmp_path / "wideberth" / f"{module}.py").touch()
    return tmp_path


def test_the_empty_house_keeps_every_contract(small_house: Path) -> None:
    done = lint_imports(small_house)
    assert done.returncode == 0, done.stdout
    assert "3 kept, 0 broken" in done.stdout


def test_the_command_line_may_put_the_faces_together(small_house: Path) -> None:
    (small_house / "wideberth" / "faces" / "cli" / "serve.py").write_text(
        "import wideberth.faces.api"
    )
    done = lint_imports(small_house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "source", "contract"),
    [
        pytest.param("space/a.py", "import wideberth.model", "floors", id="space up to model"),
        pytest.param("errors.py", "import wideberth.space", "floors", id="errors up to space"),
        pytest.param("model/a.py", "from wideberth import picture", "floors", id="model up"),
        pytest.param("picture/a.py", "import wideberth.decisions", "floors", id="picture up"),
        pytest.param("decisions/a.py", "import wideberth.record", "floors", id="decisions up"),
        pytest.param("record/a.py", "import wideberth.delivery", "floors", id="record sideways"),
        pytest.param("watch/a.py", "import wideberth.service", "floors", id="watch up"),
        pytest.param("service.py", "import wideberth.faces.api", "floors", id="service up"),
        pytest.param(
            "watch/a.py", "def f():\n    import wideberth.record", "floors", id="a late import"
        ),
        pytest.param("faces/web/a.py", "import wideberth.faces.api", "No face", id="face to face"),
        pytest.param("faces/api/a.py", "import wideberth.faces.cli", "No face", id="face to cli"),
        pytest.param("decisions/a.py", "import asyncio", "pure floors", id="decisions wait"),
        pytest.param("model/a.py", "from random import random", "pure floors", id="model random"),
        pytest.param("basement.py", "", "floors", id="a module without a floor"),
    ],
)
def test_a_planted_import_is_found(
    small_house: Path, module: str, source: str, contract: str
) -> None:
    (small_house / "wideberth" / module).write_text(source)
    done = lint_imports(small_house)
    assert done.returncode != 0
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(contract in line for line in broken), done.stdout


# The lock files.


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_names_no_host(lock: Path) -> None:
    without_hashes = re.sub(r"(?m)^ +--hash=", "", lock.read_text(encoding="utf-8"))
    assert not re.search(r"(?m)://|^\s*-", without_hashes)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_gives_a_hash_for_each_exact_version(lock: Path) -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[
        1:
    ]
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[^]]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("group", GROUPS)
def test_each_dependency_is_locked_to_a_version_that_fits(group: str) -> None:
    text = (PROJECT / "requirements" / f"{group}.lock").read_text(encoding="utf-8")
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(LOCKED, text):
        locked.setdefault(normalised(name), []).append(version)
    for requirement in map(Requirement, GROUPS[group]):
        versions = locked.get(normalised(requirement.name), [])
        assert versions, f"run `make lock`: {requirement.name} is not in {group}.lock"
        for version in versions:
            assert version in requirement.specifier, f"run `make lock`: {requirement}"


def test_the_lock_files_agree() -> None:
    versions: dict[str, dict[str, set[str]]] = {}
    for lock in LOCKS:
        text = lock.read_text(encoding="utf-8")
        for name, version in re.findall(LOCKED, text):
            versions.setdefault(normalised(name), {}).setdefault(lock.name, set()).add(version)
    # A package may have one version for each Python; then it has the same ones everywhere.
    differing = {n: v for n, v in versions.items() if len(set(map(frozenset, v.values()))) > 1}
    assert differing == {}


def foreign_imports(source: str) -> set[str]:
    """The top-level names that a module imports from outside of Python and of this package."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"wideberth"}


def test_the_package_imports_only_what_it_asks_for() -> None:
    distributions = packages_distributions()
    undeclared = {
        f"{path.relative_to(PROJECT)}: {name}"
        for path in (PROJECT / "src").rglob("*.py")
        for name in foreign_imports(path.read_text(encoding="utf-8"))
        if not asked_for_by(path) & {normalised(d) for d in distributions.get(name, [name])}
    }
    assert undeclared == set()


EXTRAS = {"tracing.py": "otel", "beast.py": "feeds"}
"""Modules that are imported only where somebody asked for an extra."""


def asked_for_by(path: Path) -> set[str]:
    """What a module may import: what the package asks for, and its extra."""
    extra = EXTRAS.get(path.name)
    optional = CONFIGURATION["project"]["optional-dependencies"]
    wanted = [*GROUPS["runtime"], *(optional[extra] if extra else ())]
    return {normalised(requirement) for requirement in wanted}


def test_a_planted_foreign_import_is_seen() -> None:
    source = "import json\nfrom wideberth import a\ndef f():\n    from yaml.nodes import Node"
    assert foreign_imports(source) == {"yaml"}


# Targets and pages.


@pytest.mark.parametrize("target", ["demo", "test", "bench", "lint", "docs", "lock"])
def test_make_knows_the_target(target: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_check_of_a_fresh_machine_can_be_run() -> None:
    assert os.access(PROJECT / ".ci" / "run", os.X_OK)


def tracked_files() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    files = [PROJECT / name for name in done.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def test_nothing_names_a_place_on_one_machine() -> None:
    place = re.compile(rb"(?<![\w.~}])/(?:work|root|home)/[a-z]")
    found: list[str] = []
    for file in tracked_files():
        if file.suffix in {".png", ".gz", ".mjs"}:
            continue
        text = file.read_bytes()
        for match in place.finditer(text):
            line = text[: match.start()].count(b"\n") + 1
            found.append(f"{file.relative_to(PROJECT)}:{line}")
    assert found == []


def test_the_changelog_opens_with_the_version() -> None:
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)\]?", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == CONFIGURATION["project"]["version"]


PAGES = [PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_a_file_leads_there(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
