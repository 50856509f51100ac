"""Every word of the console passes through words.js, and both catalogues have it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.npm_tools import ROOT, node, tool
from wideberth.faces.web import STATIC

LANGUAGES = ("ar", "he")
PLURALS = {"ar": {"zero", "one", "two", "few", "many", "other"}, "he": {"one", "two", "other"}}
NOT_YET = re.compile(
    r"(alerts|coordinates|desk|draft|drawmap|due|edit|fields|foretold|heights|inbox|intentform|liveask"
    r"|longlist|map|mapstyle|marks|moment|ownintents|past|pasting|picture|positions|positionswork"
    r"|profile|receiptcheck|record|renewal|sending|shape|tasks|tell|touches|tracklayer|waiting|write)\.js"
)
"""Modules whose words are not all in the catalogues."""

AS_WRITTEN = {"provisions.js"}
"""What an agreement says is shown in the words in which it is signed (docs/decisions/0022)."""

NOT_READ = {
    "api.js": ["`Bearer ${"],
    "confidant.js": ['"not compared"'],  # a verdict; sealed.js has words for it
    "credential.js": ["`wideberth token ${"],
    "hazards.js": ['"step"'],
    "incident.js": ["`wideberth evidence --url ${"],
    "inquiries.js": ['"wideberth inquiry result v1"'],
    "lodged.js": ["`lodged ${"],
    "signer.js": ["`wideberth key possession v1", "`wideberth ${"],
    "signing.js": ["`wideberth token ${"],
    "words.js": ['"Language"', '`${t("Language")} (Language)`'],
}
"""Names, commands and forms that are signed: they look like words and are read by programs."""

PLACE = re.compile(r"\{(\w+)\}")


def said_by(files: Iterable[Path]) -> dict[str, Any]:
    """The phrases of modules, and the texts in them that do not pass through words.js."""
    done = subprocess.run(
        [*node(), ROOT / "tools/console/phrases.mjs", tool("typescript/lib/typescript.js"), *files],
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    return said_by(sorted((STATIC / "js").glob("*.js")))


class Page(HTMLParser):
    """The words of a page as it is served, as words.js finds them."""

    SILENT = ("script", "style", "noscript", "title")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.quiet: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.words += [
            text for name in ("aria-label", "title", "placeholder") if (text := given.get(name))
        ]
        if tag not in ("meta", "link", "br", "input"):
            self.quiet.append(tag in self.SILENT or given.get("translate") == "no")

    def handle_endtag(self, tag: str) -> None:
        self.quiet.pop()

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not any(self.quiet):
            self.words.append(text)


def page_words(html: str) -> set[str]:
    page = Page()
    page.feed(html)
    return set(page.words)


def catalogue(language: str) -> dict[str, str | dict[str, str]]:
    return json.loads((STATIC / "words" / f"{language}.json").read_text(encoding="utf-8"))


def faults(
    phrases: list[dict[str, Any]], words: set[str], found: dict[str, Any], plurals: set[str]
) -> list[str]:
    """What is wrong with a catalogue: missing, unused, without its plurals, with other places."""
    keys = {each["key"]: each["one"] for each in phrases} | dict.fromkeys(words)
    wrong = [f"missing: {key}" for key in keys.keys() - found.keys()]
    wrong += [f"unused: {key}" for key in found.keys() - keys.keys()]
    for key in keys.keys() & found.keys():
        forms = found[key] if isinstance(found[key], dict) else {"": found[key]}
        if (keys[key] is not None) != isinstance(found[key], dict):
            wrong.append(f"plural in one, not in the other: {key}")
        elif keys[key] is not None and set(forms) != plurals:
            wrong.append(f"other forms: {key}")
        wrong += [
            f"other places: {key} -> {text}"
            for text in forms.values()
            if set(PLACE.findall(text)) - {"count"} != set(PLACE.findall(key)) - {"count"}
            or (keys[key] is None and sorted(PLACE.findall(text)) != sorted(PLACE.findall(key)))
            or not text.strip()
        ]
    return sorted(wrong)


def later(each: dict[str, Any]) -> bool:
    """Whether a phrase or a text is in a module whose words are not all in the catalogues."""
    return NOT_YET.fullmatch(each["file"]) is not None


def unspoken(said: dict[str, Any]) -> list[str]:
    """Texts that a person reads and that do not pass through words.js."""
    return [
        f"{each['file']}:{each['line']}: {each['text']}"
        for each in said["unspoken"]
        if not later(each)
        and each["file"] not in AS_WRITTEN
        and not each["text"].startswith(tuple(NOT_READ.get(each["file"], ["\0"])))
    ]


def test_every_word_of_the_console_passes_through_its_words(said: dict[str, Any]) -> None:
    assert unspoken(said) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_each_phrase_with_its_places_and_no_other(
    said: dict[str, Any], language: str
) -> None:
    words = page_words((STATIC / "index.html").read_text(encoding="utf-8"))
    found = catalogue(language)
    phrases = [each for each in said["phrases"] if not later(each) or each["key"] in found] + [
        {"key": key, "one": None}
        for key in (
            "Language",
            "with English",
            "Translation not reviewed by a speaker. English decides.",
        )
    ]
    assert faults(phrases, words, found, PLURALS[language]) == []


def test_what_denies_a_permission_shows_its_english_always(said: dict[str, Any]) -> None:
    """F-07: an unreviewed translation of a protective phrase never stands without its source."""
    denies = re.compile(r"permission|clearance|guarantee|\bconsent\b|\bSTOP\b|NOT SENT|NOT LIVE")
    spoken = {"phrase", "key"}
    files = {path.name: path.read_text(encoding="utf-8") for path in (STATIC / "js").glob("*.js")}
    for each in said["phrases"]:
        if denies.search(each["key"]) and not later(each):
            line = files[each["file"]].splitlines()[each["line"] - 1]
            called = re.search(r"\b(t|phrase|key|tn)\(\"" + re.escape(each["key"][:12]), line)
            assert called is not None
            assert called[1] in spoken, each


PLANTED = """
import { t, tn, phrase } from "./words.js";
const KINDS = { one: "kept apart from others", two: "alone" };
export const made = (count, name) => h("div", { class: "not read", "aria-label": "Read aloud" },
  h("p", {}, t("Said {name}", { name }), "Open"), count > 1 ? `${count} of them` : null,
  name.map((each) => h("i", {}, ["so", each])), t(`bare ${name}`));
setText(at("x"), `since ${count}`);
throw new Wrong(name, "Give it.");
"""


def test_a_planted_text_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.js"
    planted.write_text(PLANTED)
    found = said_by([planted])
    assert [each["key"] for each in found["phrases"]] == ["Said {name}"]
    assert [each["text"] for each in found["unspoken"]] == [
        '"kept apart from others"',
        '"alone"',
        '"Read aloud"',
        '"Open"',
        "`${count} of them`",
        '"so"',
        "t() of a template: `bare ${name}`",
        "`since ${count}`",
        '"Give it."',
    ]
    assert unspoken(found)[0].startswith("planted.js:3: ")


def test_a_planted_fault_in_a_catalogue_is_found() -> None:
    phrases = [{"key": key, "one": None} for key in ("a {b}", "c")]
    phrases.append({"key": "{count} ds", "one": "{count} d"})
    whole = {"a {b}": "{b} x", "c": "y", "{count} ds": {"one": "d", "other": "{count} z"}, "e": "e"}
    assert faults(phrases, {"e"}, whole, {"one", "other"}) == []
    for change in (
        {"c": None},
        {"new": "x"},
        {"a {b}": "{c} x"},
        {"a {b}": "x"},
        {"c": " "},
        {"{count} ds": "z"},
        {"{count} ds": {"other": "{count} z"}},
        {"c": {"one": "y", "other": "y"}},
    ):
        changed = {key: text for key, text in {**whole, **change}.items() if text is not None}
        assert len(faults(phrases, {"e"}, changed, {"one", "other"})) == 1, change


def test_the_words_of_the_page_are_what_its_reader_sees() -> None:
    html = (
        '<body><a title="So">Skip\n to</a><b translate="no">name</b><script>x</script>'
        '<input placeholder="Type"><p>One <b>two</b></p></body>'
    )
    assert page_words(html) == {"So", "Skip to", "Type", "One", "two"}
