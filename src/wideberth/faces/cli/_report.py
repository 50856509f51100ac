"""The HTML report of ``wideberth check``: one file with a map and a timeline that opens offline.

What came from the files reaches the page only as escaped text or inside a JSON block that cannot
end early. The page's own content security policy allows exactly its one script and style, by
digest, and no request at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any

from wideberth.faces.cli._answer import band_text, gap_text, rests_on_lines
from wideberth.offline import CheckResult, Conflict, Feature
from wideberth.offline.problems import in_few_words, shown
from wideberth.space.altitude import FOOT_MM, Altitude
from wideberth.space.time import format_rfc3339
from wideberth.space.volume import NANODEGREES, Circle, Polygon

__all__ = ["report"]

MAX_VOLUMES = 5_000  # what a browser draws smoothly; those in conflict come first
MAX_CONFLICTS = 2_000
_OFF_THE_MAP = '<span class="facts">not on the map: too many volumes</span>'
_PLACEHOLDER = re.compile(r"\[\[([a-z_]+)\]\]")


def report(result: CheckResult) -> str:
    """The whole page, as text."""
    style, script = _asset("report.css"), _asset("report.js")
    listed = result.conflicts[:MAX_CONFLICTS]
    features = _drawn(result)
    intents = _intents(features, result)
    parts = {
        "policy": f"default-src 'none'; script-src '{_digest(script)}';"
        f" style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'",
        "title": "wideberth check",
        "style": style,
        "verdict_class": "conflicts" if result.conflicts else "none",
        "verdict": html.escape(_verdict(result)),
        "window": html.escape(_window(result)),
        "conflicts": _conflict_list(result, listed, drawn=intents.keys()),
        "rests_on": _rests_on(result, drawn=len(features), listed=len(listed)),
        "data": _json_block(intents, listed),
        "script": script,
    }
    # One pass over the template: what is put in is never looked at for placeholders again.
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], _asset("report.html"))


def _asset(name: str) -> str:
    return (files("wideberth.faces.cli") / "report" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _verdict(result: CheckResult) -> str:
    count, checked = len(result.conflicts), result.checked
    found = f"{count:,} conflict{'' if count == 1 else 's'}" if count else "No conflicts found"
    return f"{found} among {checked:,} intent{'' if checked == 1 else 's'}"


def _window(result: CheckResult) -> str:
    start_us, end_us = result.rests_on.start_us, result.rests_on.end_us
    if start_us is None or end_us is None:
        return "The files hold no volume."
    return f"Told for {format_rfc3339(start_us)} to {format_rfc3339(end_us)}."


def _conflict_list(
    result: CheckResult, listed: tuple[Conflict, ...], *, drawn: Collection[str]
) -> str:
    if not listed:
        return "<p>None was found in what was told.</p>"
    on_map = set(drawn)
    parties = {f.intent: f.party for f in result.plan.features if f.party is not None}
    items = (
        f'<li><button type="button" data-conflict="{number}" aria-pressed="false">'
        f'<span class="pair">{_text(conflict.a)} × {_text(conflict.b)}</span>'
        f'<span class="who">{_who(conflict, parties)}</span>'
        f'<span class="facts"><b>{_text(gap_text(conflict))}</b></span>'
        f'<span class="facts">{_text(format_rfc3339(conflict.start_us))} to'
        f" {_text(format_rfc3339(conflict.end_us))}</span>"
        f'<span class="facts">{_text(band_text(conflict))}</span>'
        f"{'' if {conflict.a, conflict.b} <= on_map else _OFF_THE_MAP}</button></li>"
        for number, conflict in enumerate(listed)
    )
    return f"<ol>{''.join(items)}</ol>"


def _who(conflict: Conflict, parties: Mapping[str, str]) -> str:
    names = (parties.get(intent, "no party named") for intent in (conflict.a, conflict.b))
    return " · ".join(_text(name) for name in names)


def _rests_on(result: CheckResult, *, drawn: int, listed: int) -> str:
    rows = [
        f"<dt>{_text(what)}</dt><dd>{_text(words)}</dd>"
        for what, words in rests_on_lines(result.rests_on)
    ]
    skipped = [f"<li>{_text(str(problem))}</li>" for problem in result.plan.skipped[:MAX_CONFLICTS]]
    if skipped:
        rows.append(
            f'<dt class="warn">bad features, skipped and not checked</dt>'
            f"<dd><ul>{''.join(skipped)}</ul></dd>"
        )
    asked = [f"<li>{_text(line)}</li>" for line in in_few_words(result.questions)]
    if asked:
        rows.append(
            f'<dt class="warn">questions about places, taken as written</dt>'
            f"<dd><ul>{''.join(asked)}</ul></dd>"
        )
    notes = list(result.plan.notes)
    if drawn < len(result.plan.features):
        notes.append(
            f"The map draws {drawn:,} of {len(result.plan.features):,} volumes, those in conflict"
            " first. All were checked."
        )
    if listed < len(result.conflicts):
        notes.append(f"The list has the first {listed:,} of {len(result.conflicts):,} conflicts.")
    if any(feature.kind == "presence" for feature in result.plan.features):
        notes.append(
            "This file holds the places of people to be spared, in full. Pass it on only to those"
            " who may know them."
        )
    rows += [f"<dt>note</dt><dd>{_text(note)}</dd>" for note in notes]
    return f"<dl>{''.join(rows)}</dl>"


def _drawn(result: CheckResult) -> list[Feature]:
    """The volumes on the map: those in conflict first, in the order of the list."""
    ranks: dict[str, int] = {}
    for conflict in result.conflicts:
        for intent in (conflict.a, conflict.b):
            ranks.setdefault(intent, len(ranks))
    last = len(ranks)
    ordered = sorted(result.plan.features, key=lambda feature: ranks.get(feature.intent, last))
    return ordered[:MAX_VOLUMES]


def _intents(features: list[Feature], result: CheckResult) -> dict[str, dict[str, Any]]:
    conflicting = {intent for conflict in result.conflicts for intent in (conflict.a, conflict.b)}
    intents: dict[str, dict[str, Any]] = {}
    for feature in features:
        intent = intents.setdefault(
            feature.intent,
            {
                "id": shown(feature.intent),
                "party": "",
                "kind": "flight",
                "conflicting": feature.intent in conflicting,
                "volumes": [],
            },
        )
        intent["party"] = intent["party"] or shown(feature.party or "")
        intent["kind"] = str(feature.kind or intent["kind"])
        intent["volumes"].append(_volume(feature))
    for intent in intents.values():
        intent["start"] = min(volume["start"] for volume in intent["volumes"])
        intent["end"] = max(volume["end"] for volume in intent["volumes"])
    return intents


def _volume(feature: Feature) -> dict[str, Any]:
    volume = feature.volume
    shape: dict[str, Any]
    match volume.footprint:
        case Circle(latitude_nd, longitude_nd, radius_mm):
            position = (latitude_nd / NANODEGREES, longitude_nd / NANODEGREES)
            shape = {"circle": [*position, radius_mm / 1000]}
        case Polygon(vertices):
            shape = {"ring": [[lat / NANODEGREES, lon / NANODEGREES] for lat, lon in vertices]}
    return {
        **shape,
        "start": volume.start_us / 1e6,
        "end": volume.end_us / 1e6,
        "band": f"{_height(volume.lower)} to {_height(volume.upper)}",
    }


def _height(height: Altitude) -> str:
    metres, feet = height.value_mm / 1000, height.value_mm / FOOT_MM
    return f"{metres:,.0f} m {height.reference.value} ({feet:,.0f} ft)"


def _json_block(intents: dict[str, dict[str, Any]], listed: tuple[Conflict, ...]) -> str:
    """The data for the script. No character in it can end the block or begin markup."""
    numbers = {intent: number for number, intent in enumerate(intents)}
    conflicts = [
        {
            # An intent of a listed conflict may be past the most that is drawn: then -1.
            "a": numbers.get(conflict.a, -1),
            "b": numbers.get(conflict.b, -1),
            "start": conflict.start_us / 1e6,
            "end": conflict.end_us / 1e6,
        }
        for conflict in listed
    ]
    data = {"intents": list(intents.values()), "conflicts": conflicts}
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    land = _asset("land.json").strip()
    for character, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(character, escape)
    return f'{text[:-1]},"land":{land}}}'


def _text(text: str) -> str:
    return html.escape(shown(text))
