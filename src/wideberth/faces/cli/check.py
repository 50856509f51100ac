"""``wideberth check FILE...``: the conflicts in files, offline."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import sys
from collections.abc import Generator, Sized
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue, system_reason

if TYPE_CHECKING:
    from wideberth.offline import BadInput, CheckResult
    from wideberth.offline.plan import FileLike, Progress

__all__ = ["command"]

NO_CONFLICTS, CONFLICTS, BAD_INPUT, ASKED = 0, 1, 2, 3  # exit codes

_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?", re.ASCII)


class Format(StrEnum):
    """How the answer is printed."""

    TABLE = "table"
    JSON = "json"


def command(  # noqa: PLR0913 - typer makes an option of each
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="GeoJSON or CSV files; - is standard input."),
    ],
    separation: Annotated[
        str,
        typer.Option(
            metavar="H_M,V_M,T_S",
            help="What must lie between two volumes: metres over the ground, metres in altitude,"
            " seconds. They conflict when nearer than, or at, all three at once.",
        ),
    ] = "0,0,0",
    form: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = (
        Format.TABLE
    ),
    html: Annotated[
        str | None,
        typer.Option(metavar="REPORT", help="Write a map and timeline to this HTML file."),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Go on without bad features, and say which.")
    ] = False,
    terrain: Annotated[
        str | None,
        typer.Option(
            metavar="LOW_M,HIGH_M",
            help="The lowest and highest ground here, metres above mean sea level:"
            " makes AGL comparable with other references.",
        ),
    ] = None,
    pressure_error: Annotated[
        float | None,
        typer.Option(
            metavar="M",
            help="The most by which pressure altitude differs from altitude above mean sea level,"
            " metres: makes STD comparable with other references.",
        ),
    ] = None,
    area: Annotated[
        str | None,
        typer.Option(
            metavar="S,W,N,E",
            help="Where all of it is meant to be, degrees: what lies outside is asked about.",
        ),
    ] = None,
    confirmed: Annotated[
        bool,
        typer.Option("--confirmed", help="What is asked about is meant as it is written."),
    ] = False,
    max_mb: Annotated[
        int, typer.Option(metavar="MB", min=1, help="The largest file to read.")
    ] = 500,
) -> None:
    """Find the conflicts in files, offline.

    Exit code 0: no conflicts. 1: conflicts. 2: bad input, and every bad feature is named.
    3: no conflicts among the places as written, and questions about some of them.
    An empty answer is not clearance: it rests on what the files say, and on nothing else.
    """
    from wideberth.faces.cli._area import bounds_of
    from wideberth.offline import BadInput, check, load

    try:
        apart = _numbers(separation, count=3, option="--separation", example="500,50,60")
        ground = terrain and _numbers(terrain, count=2, option="--terrain", example="200,900")
        _require_output(html, files)
        with _without_collections(), _progress_bar() as progress:
            plan = load(
                *(_stream_or_path(name) for name in files),
                skip_bad=skip_bad,
                max_bytes=max_mb * 1_000_000,
                progress=progress,
            )
            result = check(
                plan,
                separation=(apart[0], apart[1], apart[2]),
                terrain_m=(ground[0], ground[1]) if ground else None,
                pressure_error_m=pressure_error,
                area=bounds_of(area),
                progress=progress,
            )
        if html is not None:
            _write_report(result, Path(html))
    except BadInput as error:
        _complain(error)
        raise typer.Exit(BAD_INPUT) from None
    except InvalidValue as error:
        option = "--terrain: " if "msl" in error.field else ""
        said = f"{option}{error.field}: {error.advice} [{error.rule}, got {error.value!r}]"
        _print_error(f"wideberth check: {said}")
        raise typer.Exit(BAD_INPUT) from None
    _print(result, form, confirmed=confirmed)
    is_asked = bool(result.questions) and not confirmed
    raise typer.Exit(CONFLICTS if result.conflicts else ASKED if is_asked else NO_CONFLICTS)


class _StandardInput:
    """Standard input as a file named ``-``."""

    name = "-"

    def read(self, size: int, /) -> bytes:
        """At most size bytes; fewer only at the end."""
        return sys.stdin.buffer.read(size)


def _stream_or_path(name: str) -> FileLike:
    return _StandardInput() if name == "-" else name


def _numbers(text: str, *, count: int, option: str, example: str) -> list[float]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != count or not all(_NUMBER.fullmatch(part) for part in parts):
        raise InvalidValue(
            option, "numbers", text, f"give {count} numbers with commas, like {example}"
        )
    return [float(part) for part in parts]


def _require_output(html: str | None, files: list[str]) -> None:
    if html is None:
        return
    target = Path(html)
    if not target.parent.is_dir() or target.is_dir():
        raise InvalidValue("--html", "unwritable", html, "name a file in a folder that exists")
    for name in files:
        if name != "-" and _is_same_file(target, name):
            raise InvalidValue(
                "--html", "overwrites-input", html, f"this would overwrite the input {name}"
            )


def _is_same_file(target: Path, name: str) -> bool:
    try:
        return target.samefile(name)
    except (OSError, ValueError):  # one of them is not there, or cannot be a path at all
        return False


def _write_report(result: CheckResult, target: Path) -> None:
    from wideberth.faces.cli._report import report

    try:
        target.write_text(report(result), encoding="utf-8")
    except OSError as error:
        raise InvalidValue(
            "--html",
            "unwritable",
            str(target),
            f"the report cannot be written: {system_reason(error)}",
        ) from error


@contextlib.contextmanager
def _without_collections() -> Generator[None]:
    """A large plan is many small objects and no cycle: walking them again and again is a waste."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextlib.contextmanager
def _progress_bar() -> Generator[Progress | None]:
    """A bar on standard error, where somebody sees it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting (a first run on many volumes takes a minute)", total=1.0)
        yield lambda stage, done: bar.update(task, description=stage, completed=done)


def _print(result: CheckResult, form: Format, *, confirmed: bool) -> None:
    from wideberth.faces.cli import _answer

    try:
        if form is Format.JSON:
            _answer.write_json(result, sys.stdout, confirmed=confirmed)
        else:
            _answer.write_table(result, sys.stdout, confirmed=confirmed)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough; the exit code still tells the answer
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(error: BadInput) -> None:
    from wideberth.offline import Incomparable
    from wideberth.offline.problems import in_few_words

    problems = error.problems
    for line in in_few_words(problems):
        _print_error(line)
    features = {(p.source, p.index) for p in problems if p.index is not None}
    files = {p.source for p in problems if p.index is None}
    counts = [
        f"{len(some)} bad {name}{_s(some)}"
        for some, name in ((files, "file"), (features, "feature"))
        if some
    ]
    if isinstance(error, Incomparable):
        who = f"{len(features)} feature{_s(features)}"
        said = f"{who} with altitudes that cannot be compared; no answer"
        advice = "say how references relate with --terrain or --pressure-error"
    else:
        said = f"{' and '.join(counts)}; nothing was checked"
        advice = "" if files else "--skip-bad goes on without bad features"
    _print_error(f"wideberth check: {said}{f' ({advice})' if advice else ''}")


def _s(some: Sized) -> str:
    return "" if len(some) == 1 else "s"


def _print_error(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)
