"""Finds what a pure module must not do: open, wait, print, ask the time or draw lots.

It reads the source, follows the names that imports bind, and lists each use of a forbidden one.
What hides behind ``getattr`` or another function's argument it cannot see; import-linter keeps
the modules that would be needed out altogether.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

# Any use of these is a fault, whether called or handed on (`default_factory=time.time`).
FORBIDDEN = {
    "open": "opens a file",
    "input": "waits for a person",
    "print": "writes",
    "breakpoint": "waits for a person",
    "time.sleep": "waits",
    "os.urandom": "draws lots",
    "os.environ": "asks the environment",
    "os.getenv": "asks the environment",
    "uuid.uuid1": "draws lots",
    "uuid.uuid4": "draws lots",
    "uuid.uuid7": "draws lots",
    "datetime.datetime.now": "asks the time",
    "datetime.datetime.utcnow": "asks the time",
    "datetime.datetime.today": "asks the time",
    "datetime.date.today": "asks the time",
    "numpy.load": "opens a file",
    "numpy.save": "opens a file",
    "numpy.fromfile": "opens a file",
    "numpy.loadtxt": "opens a file",
    "numpy.genfromtxt": "opens a file",
    "numpy.memmap": "opens a file",
} | {
    f"time.{clock}{ns}": "asks the time"
    for clock in ("time", "monotonic", "perf_counter", "process_time")
    for ns in ("", "_ns")
}
# Everything below these.
FORBIDDEN_MODULES = {
    "random": "draws lots",
    "secrets": "draws lots",
    "numpy.random": "draws lots",
    "logging": "logs",
    "subprocess": "starts a process",
    "socket": "speaks to the network",
    "tempfile": "opens a file",
    "importlib.resources": "opens a file",
}
# Methods by which a path of pathlib is read or written, on whatever object.
FORBIDDEN_METHODS = dict.fromkeys(
    ("read_text", "read_bytes", "write_text", "write_bytes"), "opens a file"
)


@dataclass(frozen=True, slots=True)
class Impurity:
    """One forbidden use. name: what it comes down to, `datetime.datetime.now`."""

    path: Path
    line: int
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.name} {self.why}"


def impurities(path: Path, source: str) -> list[Impurity]:
    """Every forbidden use in the source, in order of lines."""
    tree = ast.parse(source, str(path))
    bound = _imported_names(tree)
    found = {
        Impurity(path, node.lineno, name, why)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load)
        for name, why in _verdicts(node, bound)
    }
    return sorted(found, key=lambda impurity: (impurity.line, impurity.name))


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name to what it stands for: `np` to `numpy`, `now` to `time.time`."""
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.split(".")[0]
                bound[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return bound


def _verdicts(node: ast.Attribute | ast.Name, bound: dict[str, str]) -> list[tuple[str, str]]:
    if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_METHODS:
        return [(node.attr, FORBIDDEN_METHODS[node.attr])]
    name = _full_name(node, bound)
    if name in FORBIDDEN:
        return [(name, FORBIDDEN[name])]
    return [
        (name, why)
        for module, why in FORBIDDEN_MODULES.items()
        if name is not None and (name == module or name.startswith(f"{module}."))
    ]


def _full_name(node: ast.expr, bound: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        if node.id in bound:
            return bound[node.id]
        # A builtin stands for itself; a module's name that was not imported is a local variable.
        return node.id if node.id in FORBIDDEN else None
    if isinstance(node, ast.Attribute):
        owner = _full_name(node.value, bound)
        return None if owner is None else f"{owner}.{node.attr}"
    return None
