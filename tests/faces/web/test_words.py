"""What the console says: none of its words allows anything, outside of agreements to consent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wideberth.faces.web import STATIC
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE, Verb

ALLOWS = re.compile(
    r"\b(approv\w*|clear(s|ed|ance|ances)?|permi(t|ts|tted|ssion|ssions)|authori[sz]\w*)\b",
    re.IGNORECASE,
)
DENIES = (  # what says that something is *not* so
    NEITHER_PERMISSION_NOR_GUARANTEE,
    "No information is not clearance",
    "Silence is not clearance",
    "last known, not clear",
    "unknown, not clear",
    "It is no order and no permission. No answer to it is consent.",
    "No answer is not consent",
    "ALL-CLEAR",  # the name of a notice: its party says that its own hazard is over
    "/all-clear",  # its address
)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`(?:[^`\\]|\\.)*`')
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ATTRIBUTE = re.compile(r'(?:aria-label|title|placeholder|alt|content)="([^"]*)"')


def strings_of(path: Path, text: str) -> list[str]:
    """Whatever of a file of the page may come before a reader's eyes."""
    if path.suffix == ".html":
        return [*_TAG.sub("\n", text).splitlines(), *_ATTRIBUTE.findall(text)]
    return _STRING.findall(_COMMENT.sub("", text))


def allowing(path: Path, text: str) -> list[str]:
    """Strings that read as if something were allowed."""
    found: list[str] = []
    for each in strings_of(path, text):
        said = each
        for denial in DENIES:
            said = said.replace(denial, "")
        if ALLOWS.search(said):
            found.append(each)
    return found


def pages() -> list[Path]:
    """The files of the console, but for those of agreements, which may be of the kind CONSENT."""
    own = [*STATIC.glob("*.html"), *STATIC.glob("js/*.js")]
    return sorted(path for path in own if not path.name.startswith(("agree", "consent")))


@pytest.mark.requirement("D-01")
def test_no_word_of_the_console_allows_anything() -> None:
    files = pages()
    assert {"inbox.js", "answer.js", "stop.js", "tell.js", "index.html"} <= {p.name for p in files}
    found = {path.name: said for path in files if (said := allowing(path, path.read_text()))}
    assert found == {}


@pytest.mark.requirement("D-01")
def test_the_answers_of_the_console_are_the_fixed_ones() -> None:
    source = (STATIC / "js" / "answer.js").read_text()
    listed = re.search(r"export const VERBS = \[([^\]]*)\]", source)
    assert listed is not None
    assert re.findall(r'"([^"]+)"', listed[1]) == [verb.value for verb in Verb]


@pytest.mark.requirement("D-02")
def test_the_console_carries_the_sentence_word_for_word() -> None:
    assert NEITHER_PERMISSION_NOR_GUARANTEE in (STATIC / "js" / "dom.js").read_text()
    for name in ("answer.js", "inbox.js", "picture.js"):
        assert "notice.sentence ?? SENTENCE" in (STATIC / "js" / name).read_text()


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("x.js", 'h("button", {}, "Approve");'),
        ("x.js", "const says = `cleared to enter ${zone}`;"),
        ("x.js", "const says = 'No information is not clearance. You are permitted to fly.';"),
        ("x.html", "<p>Permission granted</p>"),
        ("x.html", '<button aria-label="Clear to fire">go</button>'),
    ],
)
def test_a_planted_word_is_found(name: str, planted: str) -> None:
    assert allowing(Path(name), planted)
    assert not allowing(Path(name), "// approve\n" if name.endswith("js") else "<p>Loaded</p>")
