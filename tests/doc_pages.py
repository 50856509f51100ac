"""Runs what a page of the manual shows, as its reader would: in order, in one empty folder.

* A block ``console``: each line that starts with ``$ `` is run by bash with `.venv/bin` on the
  path; it must end with status 0. Lines below it are its output: each must come, in that order.
  ``...`` stands for anything, within a line or as a line of its own. A line may go on after a
  backslash or in a here-document. Variables and the folder stay from one command to the next.
* A command that ends in `` &`` goes on in the background until the page's end; the output shown
  below it is waited for.
* A block ``python`` is run; with ``>>> `` in it, it is a doctest. All blocks of a page share names.
* Another block with ``title="name"`` is a file that the reader is told to write.
* ``<!-- not run: reason -->`` before a block leaves it out; ``<!-- exit status 1 -->`` before a
  block says how its last command ends.
* `examples/` of the project is there.
"""

from __future__ import annotations

import contextlib
import doctest
import fcntl
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
COMMAND_TIMEOUT_S = 120
BACKGROUND_OUTPUT_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10

FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`]*)$")
NOT_RUN = re.compile(r"<!--\s*not run\s*:?(?P<reason>.*?)-->")
EXIT_STATUS = re.compile(r"<!--\s*exit status\s+(?P<status>\d+)\s*-->")
TITLE = re.compile(r'title="(?P<name>[^"]+)"')
HERE_DOCUMENT = re.compile(r"<<-?\s*['\"]?(?P<word>\w+)['\"]?")

# Runs one command in the folder and with the variables that the one before it left.
RUN = """
set -a
. "$2/variables"
cd "$(cat "$2/folder")" || exit 1
eval "$1"
"""
RUN_AND_KEEP = f"""{RUN}
doc_status=$?
export -p >"$2/variables"
pwd >"$2/folder"
exit $doc_status
"""


class PageFault(AssertionError):
    """What the page shows is not what happens."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. line: where it opens, from 1."""

    kind: str
    line: int
    text: str
    title: str | None = None
    not_run: str | None = None
    exit_status: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """A line after ``$ `` with the output shown below it."""

    line: int
    text: str
    shown: tuple[str, ...]
    exit_status: int = 0

    @property
    def in_background(self) -> bool:
        return self.text.rstrip().endswith(" &")


def blocks(source: str) -> list[Block]:
    """The fenced blocks of a page, in order. Raises PageFault for one that never closes."""
    found: list[Block] = []
    before: list[str] = []
    lines = enumerate(source.splitlines(), start=1)
    for number, line in lines:
        fence = FENCE.match(line)
        if fence is None:
            if line.strip():
                # A marker counts only in the lines right before the block.
                before = [*before, line] if "<!--" in line else []
            continue
        body: list[str] = []
        for _, inner in lines:
            if inner.strip().startswith(fence["ticks"]) and not inner.strip(" `"):
                break
            body.append(inner)
        else:
            raise PageFault(f"line {number}: the block never closes")
        found.append(_block(number, fence["info"].strip(), body, " ".join(before)))
        before = []
    return found


def _block(line: int, info: str, body: list[str], before: str) -> Block:
    title, not_run, status = TITLE.search(info), NOT_RUN.search(before), EXIT_STATUS.search(before)
    if not_run and not not_run["reason"].strip():
        raise PageFault(f"line {line}: 'not run' gives no reason")
    return Block(
        kind=info.split(maxsplit=1)[0].strip("{}.") if info else "",
        line=line,
        text=textwrap.dedent("\n".join(body)) + "\n",
        title=title["name"] if title else None,
        not_run=not_run["reason"].strip() if not_run else None,
        exit_status=int(status["status"]) if status else 0,
    )


def commands(block: Block) -> list[Command]:
    """The commands of a console block with the output shown. A block without one is a fault."""
    found: list[Command] = []
    lines = block.text.splitlines()
    at = 0
    while at < len(lines):
        start = at
        if not lines[at].startswith("$ "):
            raise PageFault(f"line {block.line + 1 + at}: output without a command above it")
        text, at = _whole_command(lines, at)
        shown: list[str] = []
        while at < len(lines) and not lines[at].startswith("$ "):
            shown.append(lines[at].rstrip())
            at += 1
        status = block.exit_status if at == len(lines) else 0
        found.append(Command(block.line + 1 + start, text, tuple(filter(None, shown)), status))
    if not found:
        raise PageFault(f"line {block.line}: a console block without a command")
    return found


def _whole_command(lines: list[str], at: int) -> tuple[str, int]:
    text = lines[at].removeprefix("$ ")
    at += 1
    while text.endswith("\\") and at < len(lines):
        text += "\n" + lines[at].removeprefix("> ")
        at += 1
    here = HERE_DOCUMENT.search(text)
    if here:
        while at < len(lines):
            text += "\n" + lines[at].removeprefix("> ")
            at += 1
            if text.endswith("\n" + here["word"]):
                break
    return text, at


def first_missing(shown: tuple[str, ...], output: str) -> str | None:
    """The first shown line that the output does not have after the ones before it, or None."""
    lines = iter(output.splitlines())
    for line in shown:
        if line.strip() == "...":
            continue
        pattern = ".*".join(re.escape(part) for part in line.split("..."))
        if not any(re.fullmatch(pattern, came.rstrip()) for came in lines):
            return line
    return None


@dataclass
class Reader:
    """Somebody who follows one page, in a folder of their own."""

    page: str
    folder: Path
    state: Path
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__page__"})
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def follow(self, source: str) -> None:
        """Does all that the page says. Raises PageFault at the first thing that is not so."""
        (self.state / "folder").write_text(str(self.folder))
        (self.state / "variables").write_text("")
        try:
            for block in blocks(source):
                self._do(block)
        finally:
            self._stop_background()

    def _do(self, block: Block) -> None:
        if block.not_run is not None:
            return
        if block.kind == "console":
            for command in commands(block):
                if command.in_background:
                    self._start(command)
                else:
                    self._run(command)
        elif block.kind == "python":
            self._run_python(block)
        elif block.title is not None:
            target = self.folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")

    def _arguments(self, script: str, command: str) -> list[str]:
        return ["bash", "-c", script, "page", command, str(self.state)]

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "PYTHONUNBUFFERED": "1",
        }

    def _run(self, command: Command) -> None:
        try:
            done = subprocess.run(
                self._arguments(RUN_AND_KEEP, command.text),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=COMMAND_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            output = (error.stdout or b"").decode(errors="replace")
            raise self._fault(command, f"not done in {COMMAND_TIMEOUT_S} s", output) from error
        output = done.stdout.decode(errors="replace")
        if done.returncode != command.exit_status:
            raise self._fault(
                command,
                f"ended with status {done.returncode}, not {command.exit_status}",
                output,
            )
        missing = first_missing(command.shown, output)
        if missing is not None:
            raise self._fault(command, f"does not show the line {missing!r}", output)

    def _start(self, command: Command) -> None:
        log = self.state / f"background-{len(self.running)}"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self._arguments(RUN, command.text.rstrip().removesuffix("&")),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(process)
        patience_ends = time.monotonic() + BACKGROUND_OUTPUT_TIMEOUT_S
        while (missing := first_missing(command.shown, _read(log))) is not None:
            if process.poll() is not None:
                raise self._fault(command, f"ended with status {process.returncode}", _read(log))
            if time.monotonic() > patience_ends:
                raise self._fault(command, f"does not show the line {missing!r}", _read(log))
            time.sleep(0.05)

    def _run_python(self, block: Block) -> None:
        where = f"{self.page}:{block.line}"
        said = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(said):
            if ">>> " in block.text:
                test = doctest.DocTestParser().get_doctest(
                    block.text, self.names, where, self.page, block.line
                )
                # A DocTest copies its names; the blocks of a page share theirs.
                test.globs = self.names
                runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
                failed = runner.run(test, out=said.write, clear_globs=False).failed
                if failed:
                    raise PageFault(f"{where}: {failed} of its examples differ\n{said.getvalue()}")
                return
            try:
                # Line numbers of a traceback are then those of the page.
                code = compile("\n" * block.line + block.text, self.page, "exec")
                exec(code, self.names)  # running the page is the point
            except Exception as error:
                raise PageFault(f"{where}: {type(error).__name__}: {error}") from error

    def _stop_background(self) -> None:
        for process in self.running:
            for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, how)
                try:
                    process.wait(STOP_TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    continue
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _fault(self, command: Command, what: str, output: str) -> PageFault:
        return PageFault(
            f"{self.page}:{command.line}: $ {command.text}\n{what}; it said:\n{output}"
        )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def follow(page: Path, folder: Path) -> None:
    """Follows page in an empty folder made below folder. Raises PageFault where it is wrong."""
    desk, state = folder / "desk", folder / "state"
    desk.mkdir()
    state.mkdir()
    if (PROJECT / "examples").is_dir():
        shutil.copytree(PROJECT / "examples", desk / "examples")
    # Pages start servers on the port they name, so two of them never run at once.
    with (Path(tempfile.gettempdir()) / "wideberth-pages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Reader(_name(page), desk, state).follow(page.read_text(encoding="utf-8"))


def _name(page: Path) -> str:
    return str(page.relative_to(PROJECT)) if page.is_relative_to(PROJECT) else page.name


def pages() -> list[Path]:
    """README.md and the pages under docs/ that show something to run."""
    found = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    return [page for page in found if any(b.kind in {"console", "python"} for b in _blocks(page))]


def _blocks(page: Path) -> list[Block]:
    try:
        return blocks(page.read_text(encoding="utf-8"))
    except PageFault:
        # Found again, and told, when the page is followed.
        return [Block(kind="console", line=0, text="")]
