"""The answer of ``wideberth check`` as JSON and as a table (docs/reference/check.md has both)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from wideberth.offline import CheckResult, Conflict, Problem, RestsOn
from wideberth.offline.problems import in_few_words, shown
from wideberth.space.time import format_rfc3339

__all__ = ["NO_CLEARANCE", "band_text", "gap_text", "rests_on_lines", "write_json", "write_table"]

NO_CLEARANCE = (
    "No information is not clearance: what nobody put into these files is not in this answer."
)
_ROWS_ON_A_SCREEN = 200
_PARTIES_LISTED = 12
_SKIPPED_LISTED = 20
_HEADINGS = ("a", "b", "start", "end", "altitude", "apart")


def write_json(result: CheckResult, out: TextIO, *, confirmed: bool = False) -> None:
    """Write the answer as one JSON object, pure ASCII."""
    answer = {
        "checked": result.checked,
        "conflicts": [_conflict_object(conflict) for conflict in result.conflicts],
        "rests_on": _rests_on_object(result.rests_on),
        "questions": [
            _skipped_object(question) | {"confirmed": confirmed} for question in result.questions
        ],
        "skipped": [_skipped_object(problem) for problem in result.plan.skipped],
        "notes": [*result.plan.notes, NO_CLEARANCE],
    }
    json.dump(answer, out, indent=2, ensure_ascii=True, allow_nan=False)
    out.write("\n")


def write_table(result: CheckResult, out: TextIO, *, confirmed: bool = False) -> None:
    """Write the answer for people: drawn on a terminal, plain text elsewhere."""
    if out.isatty():
        _write_drawn(result, out, confirmed=confirmed)
        return
    lines = _plain_rows([_HEADINGS, *map(_cells, result.conflicts)]) if result.conflicts else ()
    encoding = out.encoding or "utf-8"
    text = "\n".join(
        (*lines, *([""] if result.conflicts else []), *_closing(result, confirmed=confirmed), "")
    )
    out.write(text.encode(encoding, "backslashreplace").decode(encoding))


def rests_on_lines(rests_on: RestsOn) -> Iterator[tuple[str, str]]:
    """What an answer rests on, as (what, words)."""
    for source in rests_on.sources:
        yield (
            "file",
            f"{shown(source.name)} ({source.form}, {_count(source.features, 'feature')},"
            f" SHA-256 {source.sha256[:16]}…)",
        )
    unnamed = f", {rests_on.without_id} of them without an id" if rests_on.without_id else ""
    yield (
        "told",
        f"{_count(rests_on.features, 'volume')} of {_count(rests_on.intents, 'intent')}{unnamed}",
    )
    parties = [shown(party) for party in rests_on.parties[:_PARTIES_LISTED]]
    more = len(rests_on.parties) - len(parties)
    listed = ", ".join(parties) + (f" and {more} more" if more else "") or "nobody named"
    without = f"; {_count(rests_on.without_party, 'volume')} without a party"
    yield "parties", listed + (without if rests_on.without_party else "")
    if rests_on.start_us is not None and rests_on.end_us is not None:
        window = f"{format_rfc3339(rests_on.start_us)} to {format_rfc3339(rests_on.end_us)}"
        yield "window", window
    references = ", ".join(f"{count} {name}" for name, count in rests_on.references.items())
    yield "altitude limits", references or "none"
    apart = rests_on.separation
    yield (
        "separation",
        f"{_metres(apart.horizontal_mm)} over the ground, {_metres(apart.vertical_mm)} in"
        f" altitude, {apart.time_us / 1e6:g} s; nearer than or at all three is a conflict",
    )
    if rests_on.terrain_mm is not None:
        low, high = (_metres(bound) for bound in rests_on.terrain_mm)
        yield "terrain", f"{low} to {high} above mean sea level"
    if rests_on.pressure_error_mm is not None:
        yield "pressure error", f"at most {_metres(rests_on.pressure_error_mm)}"


def band_text(conflict: Conflict) -> str:
    """The altitudes that two intents share, in words."""
    if conflict.lower_mm is None or conflict.upper_mm is None or conflict.reference is None:
        return "of several references"
    low, high = conflict.lower_mm / 1000, conflict.upper_mm / 1000
    feet = f"{low / 0.3048:,.0f} to {high / 0.3048:,.0f} ft"
    return f"{low:,.0f} to {high:,.0f} m {conflict.reference.value} ({feet})"


def gap_text(conflict: Conflict) -> str:
    """How far apart two intents are, in words."""
    gap = conflict.gap
    parts = [
        words
        for number, words in (
            (gap.horizontal_mm, f"{gap.horizontal_mm / 1000:,.1f} m over the ground"),
            (gap.vertical_mm, f"{gap.vertical_mm / 1000:,.1f} m in altitude"),
            (gap.time_us, f"{gap.time_us / 1e6:,.0f} s in time"),
        )
        if number
    ]
    return ", ".join(parts) or "they overlap"


def _conflict_object(conflict: Conflict) -> dict[str, Any]:
    return {
        "a": conflict.a,
        "b": conflict.b,
        "start": format_rfc3339(conflict.start_us),
        "end": format_rfc3339(conflict.end_us),
        "lower_m": None if conflict.lower_mm is None else conflict.lower_mm / 1000,
        "upper_m": None if conflict.upper_mm is None else conflict.upper_mm / 1000,
        "reference": conflict.reference,
        "horizontal_m": conflict.horizontal_m,
        "vertical_m": conflict.vertical_m,
        "time_s": conflict.time_s,
        "volume_pairs": conflict.volume_pairs,
    }


def _rests_on_object(rests_on: RestsOn) -> dict[str, Any]:
    apart, terrain = rests_on.separation, rests_on.terrain_mm
    error_mm = rests_on.pressure_error_mm
    return {
        "files": [
            {
                "name": source.name,
                "form": source.form,
                "bytes": source.size_bytes,
                "sha256": source.sha256,
                "features": source.features,
            }
            for source in rests_on.sources
        ],
        "volumes": rests_on.features,
        "intents": rests_on.intents,
        "without_id": rests_on.without_id,
        "without_party": rests_on.without_party,
        "parties": list(rests_on.parties),
        "start": None if rests_on.start_us is None else format_rfc3339(rests_on.start_us),
        "end": None if rests_on.end_us is None else format_rfc3339(rests_on.end_us),
        "altitude_references": rests_on.references,
        "separation": {
            "horizontal_m": apart.horizontal_mm / 1000,
            "vertical_m": apart.vertical_mm / 1000,
            "time_s": apart.time_us / 1e6,
        },
        "terrain_m": None if terrain is None else [bound / 1000 for bound in terrain],
        "pressure_error_m": None if error_mm is None else error_mm / 1000,
    }


def _skipped_object(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.source,
        "index": problem.index,
        "line": problem.line,
        "id": problem.id,
        "intent": problem.intent,
        "field": problem.field,
        "rule": problem.rule,
        "value": problem.value,
        "reason": problem.advice,
    }


def _closing(result: CheckResult, *, confirmed: bool) -> Iterator[str]:
    found = _count(len(result.conflicts), "conflict") if result.conflicts else "No conflicts"
    yield f"{found} among {_count(result.checked, 'intent')}."
    if result.questions:
        asked = _count(len(result.questions), "question")
        answered = (
            "confirmed" if confirmed else "correct the file, or confirm the places with --confirmed"
        )
        yield f"{asked} about places, taken as written ({answered}):"
        yield from (f"  {line}" for line in in_few_words(result.questions))
    skipped = result.plan.skipped
    if skipped:
        features = {(problem.source, problem.index) for problem in skipped}
        yield f"Skipped, not checked: {_count(len(features), 'bad feature')}."
        yield from (f"  {problem}" for problem in skipped[:_SKIPPED_LISTED])
        if len(skipped) > _SKIPPED_LISTED:
            yield f"  and {len(skipped) - _SKIPPED_LISTED} more (--format json lists all)"
    yield "Rests on:"
    yield from (f"  {what}: {words}" for what, words in rests_on_lines(result.rests_on))
    yield from result.plan.notes
    yield NO_CLEARANCE


def _cells(conflict: Conflict) -> tuple[str, ...]:
    return (
        shown(conflict.a),
        shown(conflict.b),
        format_rfc3339(conflict.start_us),
        format_rfc3339(conflict.end_us),
        band_text(conflict),
        gap_text(conflict),
    )


def _plain_rows(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _write_drawn(result: CheckResult, out: TextIO, *, confirmed: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out, highlight=False)
    if result.conflicts:
        table = Table(header_style="bold", show_lines=True)
        for heading in ("intents", "from and to", "altitude", "apart"):
            table.add_column(heading, overflow="fold", no_wrap=heading == "from and to")
        for conflict in result.conflicts[:_ROWS_ON_A_SCREEN]:
            a, b, start, end, altitude, apart = _cells(conflict)
            cells = (f"{a}\n{b}", f"{start}\n{end}", altitude.replace(" (", "\n("), apart)
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)
        more = len(result.conflicts) - _ROWS_ON_A_SCREEN
        if more > 0:
            console.print(f"and {more} more (--format json lists all)")
    first, *rest = _closing(result, confirmed=confirmed)
    console.print(Text(first, style="bold red" if result.conflicts else "bold"))
    for line in rest:
        console.print(Text(line, style="bold" if line == NO_CLEARANCE else ""))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _metres(length_mm: int) -> str:
    return f"{length_mm / 1000:,g} m"
