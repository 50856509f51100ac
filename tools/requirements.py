"""Makes `docs/requirements.md` of `docs/requirements.toml` and of the marks in the tests.

The file in TOML has a table for each requirement: `says`, one line, and `lives`, where in the house
it is held (paths below `src/wideberth/`, or other paths of the project). Which tests hold it is
read from `@pytest.mark.requirement("D-04")` on functions, classes, parameters, or in `pytestmark`
of a whole module: the page cannot claim what no test does.

Run: python tools/requirements.py          prints what is wrong, and ends with 1 if anything is
     python tools/requirements.py --write  writes the page
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
TABLE = PROJECT / "docs" / "requirements.toml"
PAGE = PROJECT / "docs" / "requirements.md"

GROUPS = {
    "N": "Notices",
    "D": "Delivery and acknowledgement",
    "Z": "Zones and agreements",
    "L": "Live warning",
    "P": "Identity, minimum disclosure, secrecy",
    "I": "Incidents",
    "R": "Record and evidence",
    "F": "Languages and formats",
    "O": "Offline and low bandwidth",
    "S": "Safety, neutrality, do no harm",
    "X": "Drills and exercises",
}
HEAD = """# Requirements

What a deconfliction mechanism has to do, drawn from how real ones work and failed.
The tests name the requirement that they hold.
`python tools/requirements.py --write` makes this page of those names, and a test compares the two.
A requirement without a test is open, whatever the code does.
"""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the table. lives: where in the house it is held; empty while it is open."""

    id: str
    says: str
    lives: tuple[str, ...]


def requirements(table: Path = TABLE) -> list[Requirement]:
    """The table, in its order."""
    read = tomllib.loads(table.read_text(encoding="utf-8"))
    return [
        Requirement(each, line["says"], tuple(line.get("lives", ()))) for each, line in read.items()
    ]


def marked(tests: Path = PROJECT / "tests") -> dict[str, list[str]]:
    """The tests of each requirement, as ``path::name``, in the order of paths and lines."""
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for id_, name in _marks(tree):
            test = f"{path.relative_to(tests.parent).as_posix()}{name}"
            if test not in found.setdefault(id_, []):
                found[id_].append(test)
    return found


def _marks(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _marks_of(node, "")
        else:
            yield from ((id_, "") for id_ in _ids(node))


def _marks_of(node: ast.stmt, within: str) -> Iterator[tuple[str, str]]:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    name = f"{within}::{node.name}"
    for decorator in node.decorator_list:
        yield from ((id_, name) for id_ in _ids(decorator))
    if isinstance(node, ast.ClassDef):
        for member in node.body:
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _marks_of(member, name)


def _ids(node: ast.AST) -> Iterator[str]:
    """What calls of ``...requirement("D-04")`` below a node name."""
    for call in ast.walk(node):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "requirement"
        ):
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def problems(table: list[Requirement], tests: dict[str, list[str]]) -> list[str]:
    """What contradicts what."""
    known = {each.id for each in table}
    wrong = [
        f"{id_}: marked by {tests[id_][0]}, and not in the table" for id_ in tests.keys() - known
    ]
    for each in table:
        wrong += [
            f"{each.id}: {place} is not there" for place in each.lives if not _place(place).exists()
        ]
        if each.id in tests and not each.lives:
            wrong.append(f"{each.id}: say where it lives; {tests[each.id][0]} holds it")
        if each.lives and each.id not in tests:
            wrong.append(f"{each.id}: said to live in {each.lives[0]}, and no test holds it")
    return sorted(wrong)


def _place(place: str) -> Path:
    below = PROJECT / "src" / "wideberth" / place
    return below if below.exists() else PROJECT / place


def page(table: list[Requirement], tests: dict[str, list[str]]) -> str:
    """The page."""
    held = sum(each.id in tests for each in table)
    lines = [HEAD, f"{held} of {len(table)} are held."]
    for letter, title in GROUPS.items():
        lines += ["", f"## {title} ({letter})", "", "| id | what | lives in | tests |"]
        lines.append("| --- | --- | --- | --- |")
        for each in table:
            if each.id.startswith(f"{letter}-"):
                places = ", ".join(f"`{place}`" for place in each.lives) or "open"
                named = "<br>".join(f"`{test}`" for test in tests.get(each.id, ()))
                lines.append(f"| {each.id} | {each.says} | {places} | {named} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Check, and write where asked."""
    table, tests = requirements(), marked()
    wrong = problems(table, tests)
    for each in wrong:
        print(each)
    if "--write" in arguments and not wrong:
        PAGE.write_text(page(table, tests), encoding="utf-8")
    elif not wrong and PAGE.read_text(encoding="utf-8") != page(table, tests):
        print("docs/requirements.md is not what the tests say; run this with --write")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
