"""The manual is built without a warning, and its pages ask no other host for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


class Loaded(HTMLParser):
    """Collects what a browser would load of its own accord, without a click."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_hint = tag == "link" and given.get("rel") in {"canonical", "next", "prev"}
        names = ("src", "href", "data") if tag == "link" else ("src", "data", "poster")
        self.urls += [given[name] or "" for name in names if name in given and not is_hint]


def loaded(page: str) -> list[str]:
    parser = Loaded()
    parser.feed(page)
    return parser.urls


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=PROJECT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder


@pytest.mark.slow
def test_every_page_is_on_the_site_and_in_its_menu(site: Path) -> None:
    docs = PROJECT / "docs"
    pages = [path.relative_to(docs).with_suffix(".html") for path in docs.rglob("*.md")]
    start = (site / "index.html").read_text(encoding="utf-8")
    for page in pages:
        assert (site / page).is_file()
        assert f'href="{page.as_posix()}"' in start


@pytest.mark.slow
def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    found = {
        (page.relative_to(site).as_posix(), url)
        for page in site.rglob("*.html")
        for url in loaded(page.read_text(encoding="utf-8"))
        if re.match(r"(https?:)?//", url)
    }
    assert found == set()


@pytest.mark.parametrize(
    "page",
    [
        pytest.param('<script src="https://a.example/x.js"></script>', id="script"),
        pytest.param('<link rel="stylesheet" href="//a.example/x.css">', id="style"),
        pytest.param('<img src="https://a.example/x.png">', id="image"),
    ],
)
def test_a_planted_foreign_reference_is_found(page: str) -> None:
    assert any(re.match(r"(https?:)?//", url) for url in loaded(page))
