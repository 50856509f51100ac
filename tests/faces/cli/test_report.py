"""The HTML report: one file, no request, and nothing from the files is ever taken for markup."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from wideberth.faces.cli._report import report
from wideberth.offline import check

EXAMPLES = Path(__file__).resolve().parent.parent.parent.parent / "examples"
HOSTILE = [
    "</script><script>document.title='broken'</script>",
    "<img src=https://example.org/x onerror=document.title='broken'>",
    "<!--<script>",
    "[[script]] [[data]]",
    '"><svg onload=document.title="broken">',
    "&lt;b&gt; &amp; \u2028 \u202e ]]>",
    "__proto__",
]


def hostile_report() -> str:
    plan = json.loads((EXAMPLES / "two-intents.geojson").read_text())
    shape = plan["features"][0]
    plan["features"] = [
        {
            "type": "Feature",
            "id": text,
            "geometry": shape["geometry"],
            "properties": shape["properties"] | {"intent": text, "party": text, text: text},
        }
        for text in HOSTILE
    ]
    plan["features"] += [{"type": text, text: text} for text in HOSTILE]
    stream = io.BytesIO(json.dumps(plan).encode())
    stream.name = HOSTILE[0]
    return report(check(stream, skip_bad=True))


class Page(HTMLParser):
    """What a browser would make of the page, as far as it matters here."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.policy = ""
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = dict(attrs)["content"] or ""
        kind = dict(attrs).get("type")
        self._open = f"{tag} {kind}" if tag == "script" and kind else tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open, []).append(data)

    def block(self, name: str) -> str:
        return "".join(self.texts.get(name, []))


def faults(text: str) -> list[str]:
    """Why the page would ask a network for something, or run what is not its own."""
    page = Page(text)
    found = [
        f"<{tag} {name}>"
        for tag, name, _ in page.attributes
        if name in {"src", "href", "srcset", "action", "data", "poster", "style"}
        or name.startswith("on")
    ]
    known = {"script": 2, "style": 1, "title": 1, "meta": 4}
    found += [
        f"{page.tags.count(tag)} <{tag}>" for tag in known if page.tags.count(tag) != known[tag]
    ]
    found += [
        f"<{tag}>" for tag in page.tags if tag in {"link", "img", "svg", "iframe", "base", "u"}
    ]
    found += re.findall(r"url\(|@import", page.block("style"))
    found += re.findall(
        r"\bfetch\b|XMLHttp|WebSocket|import\(|innerHTML|eval", page.block("script")
    )
    if "default-src 'none'" not in page.policy or "unsafe" in page.policy:
        found.append(f"policy {page.policy}")
    for name in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.block(name).encode()).digest()).decode()
        if f"{name}-src 'sha256-{digest}'" not in page.policy:
            found.append(f"the policy does not allow the page's own {name}")
    return found


def data_of(text: str) -> dict[str, Any]:
    return json.loads(Page(text).block("script application/json"))


@pytest.mark.parametrize("name", ["two-intents.geojson", "antimeridian.geojson", "convoys.csv"])
def test_the_page_asks_nothing_of_any_network(name: str) -> None:
    assert faults(report(check(EXAMPLES / name))) == []


def test_hostile_names_stay_text() -> None:
    text = hostile_report()
    assert faults(text) == []
    shown = {intent["id"] for intent in data_of(text)["intents"]}
    assert HOSTILE[0] in shown
    assert HOSTILE[3] in shown
    assert "__proto__" in shown
    assert HOSTILE[1] in "".join(Page(text).texts["span"])


@pytest.mark.parametrize(
    "planted",
    [
        "<img src=x>",
        "<b onclick='x()'>",
        "<script>1</script>",
        "<link href=x>",
        "<style>@import 'x'</style>",
    ],
)
def test_the_check_of_the_page_finds_what_is_planted(planted: str) -> None:
    text = report(check(EXAMPLES / "two-intents.geojson"))
    assert faults(text.replace("<main>", f"<main>{planted}")) != []
    assert faults(text.replace("use strict", "use  strict")) != []


def test_the_list_can_be_read_without_the_script() -> None:
    shown = " ".join(Page(report(check(EXAMPLES / "two-intents.geojson"))).texts["span"])
    assert "rescue-3 × survey-12" in shown


def test_the_places_of_people_come_with_a_caution() -> None:
    assert "Pass it on only" in report(check(EXAMPLES / "convoys.csv"))
    assert "Pass it on only" not in report(check(EXAMPLES / "two-intents.geojson"))


def test_a_large_plan_draws_the_conflicting_first_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wideberth.faces.cli._report.MAX_VOLUMES", 2)
    monkeypatch.setattr("wideberth.faces.cli._report.MAX_CONFLICTS", 1)
    text = report(check(EXAMPLES / "wildfire.geojson", terrain_m=(30, 700)))
    assert "draws 2 of 7 volumes" in text
    assert "not on the map" not in text
    monkeypatch.setattr("wideberth.faces.cli._report.MAX_CONFLICTS", 6)
    listed = report(check(EXAMPLES / "wildfire.geojson", terrain_m=(30, 700)))
    assert listed.count("not on the map") == 5
    assert "The list has the first 1 of" in text
    drawn = data_of(text)["intents"]
    assert {intent["id"] for intent in drawn} == {"evacuation-convoy", "tanker-drop"}
    assert all(intent["conflicting"] for intent in drawn)


def test_a_report_of_nothing_is_a_page_too() -> None:
    stream = io.BytesIO(b'{"type": "FeatureCollection", "features": []}')
    text = report(check(stream))
    assert faults(text) == []
    assert "No conflicts found among 0 intents" in text
    assert "The files hold no volume" in text


@pytest.mark.browser
@pytest.mark.parametrize("which", ["hostile", "antimeridian", "nothing"])
def test_a_browser_draws_it_and_runs_nothing_else(
    chromium: str, tmp_path: Path, which: str
) -> None:
    texts = {
        "hostile": hostile_report,
        "antimeridian": lambda: report(check(EXAMPLES / "antimeridian.geojson")),
        "nothing": lambda: report(
            check(io.BytesIO(b'{"type": "FeatureCollection", "features": []}'))
        ),
    }
    page = tmp_path / "report.html"
    page.write_text(texts[which](), encoding="utf-8")
    done = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--enable-logging=stderr",
            "--virtual-time-budget=2000",
            "--dump-dom",
            f"{page.as_uri()}#conflict-0",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "<title>wideberth check</title>" in done.stdout
    assert "CONSOLE" not in done.stderr, done.stderr
    if which != "nothing":
        assert 'aria-pressed="true"' in done.stdout
        assert "in conflict</span>" in done.stdout
