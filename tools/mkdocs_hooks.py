"""What mkdocs does not do by itself: pages from outside of `docs/`, and folders in the nav.

* README.md becomes the first page; CONTRIBUTING.md, SECURITY.md, CHANGELOG.md and LICENSE come
  along; the index of decisions is made from their headers.
* In the nav, a name that ends in a slash is replaced by the pages of that folder.
* A link from a page to a file of the source becomes the file's name: it leads there in the
  repository, and says where to look on the site. A link to a file that is not there is an error.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tools"))
import decisions_index  # noqa: E402  # a neighbour of this file, which mkdocs loads by its path

TOP_PAGES = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE")
MADE_PAGES = {"index.md", "decisions/index.md", *TOP_PAGES}
LINK = re.compile(
    r"(?P<text>\[(?:[^\[\]]|\[[^\[\]]*\])*\])\((?P<target>[^()\s#]+)(?P<anchor>#[^()\s]*)?\)"
)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the pages of a folder in the place of its name in the nav."""
    docs = Path(config.docs_dir)
    there = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")} | MADE_PAGES
    if config.nav is not None:
        named = set(_leaves(config.nav))
        config.nav = _expanded(config.nav, there=there, named=named)
    return config


def _leaves(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    children = nav.values() if isinstance(nav, dict) else nav
    return [leaf for child in children for leaf in _leaves(child)]


def _expanded(nav: list[Any], *, there: set[str], named: set[str]) -> list[Any]:
    expanded: list[Any] = []
    for item in nav:
        if isinstance(item, dict):
            ((title, inner),) = item.items()
            if isinstance(inner, str):
                expanded += [item] if inner in there else []
            elif pages := _expanded(inner, there=there, named=named):
                expanded.append({title: pages})
        elif item.endswith("/"):
            expanded += sorted(p for p in there if p.startswith(item) and p not in named)
        elif item in there:
            expanded.append(item)
    return expanded


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that stand elsewhere or are made here."""
    decisions, complaints = decisions_index.read_all()
    if complaints:
        raise PluginError("docs/decisions/" + "; ".join(complaints))
    made = {"decisions/index.md": decisions_index.index(decisions)}
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    made["index.md"] = re.sub(r"(\]\(|src=\")(?:\./)?docs/", r"\1", readme)
    for name in TOP_PAGES:
        text = (PROJECT / name).read_text(encoding="utf-8")
        made[name] = re.sub(r"\]\((?:\./)?docs/", "](", text)
    for name, text in made.items():
        if files.get_file_from_path(name) is None:
            files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links to files of the source into the files' names."""
    folder = posixpath.dirname(page.file.src_uri)

    def name_of_source(match: re.Match[str]) -> str:
        target = match["target"]
        if re.match(r"[a-z]+:|/", target):
            return match[0]
        inside = posixpath.normpath(posixpath.join(folder, target))
        if files.get_file_from_path(inside) is not None:
            return match[0]
        # Pages that stand at the top of the repository have no `docs/` above them.
        roots = [PROJECT] if page.file.src_uri in MADE_PAGES - {"decisions/index.md"} else []
        for root in [*roots, Path(config.docs_dir)]:
            path = (root / folder / target).resolve()
            if path.exists() and path.is_relative_to(PROJECT):
                name = path.relative_to(PROJECT).as_posix()
                text = match["text"][1:-1]
                return text if name in text else f"{text} (`{name}`)"
        return match[0]  # mkdocs says what is wrong with it

    return LINK.sub(name_of_source, markdown)
