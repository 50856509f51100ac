"""``verify.py``: the stand-alone verifier, one file put together from the parts in ``alone/``.

The parts use Python 3.8, the standard library, and PyNaCl or cryptography; they import nothing of
wideberth but each other. What is shared with wideberth's own verifier
(:mod:`wideberth.evidence.check`) is the container and the page; signatures, tree, policy and
statements are judged there by the code of the record.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["PARTS", "verifier_source"]

PARTS = (
    "container",
    "ed25519",
    "heads",
    "outlines",
    "happened",
    "followed",
    "statements",
    "phrases",
    "between",
    "flights",
    "incidents",
    "words",
    "shows",
    "kept",
    "columnfile",
    "segments",
    "markup",
    "differing",
    "columns",
    "positions",
    "page",
    "program",
)
"""In the order in which they need each other. No two of them name anything alike."""

_OWN_IMPORT = re.compile(r"^from wideberth\.[\w.]+ import (?:\([^)]*\)|[^\n(]*)\n", re.MULTILINE)
_FUTURE = re.compile(r"^from __future__ import annotations\n", re.MULTILINE)
_ALL = re.compile(r"^__all__ = \[[^\]]*\]\n", re.MULTILINE)
_DOCSTRING = re.compile(r'\A"""(.*?)"""\n', re.DOTALL)


@cache
def verifier_source() -> bytes:
    """The bytes of ``verify.py``: the same for the same version of wideberth."""
    texts = {
        name: files("wideberth.evidence.alone").joinpath(f"{name}.py").read_text(encoding="utf-8")
        for name in PARTS
    }
    opening = _DOCSTRING.match(texts["program"])
    assert opening is not None, "the program says what it does"
    whole = [
        "#!/usr/bin/env python3\n",
        opening[0],
        "# SPDX-License-Identifier: Apache-2.0\n",
        "\nfrom __future__ import annotations\n",
    ]
    for name in PARTS:
        body = texts[name]
        for pattern in (_OWN_IMPORT, _FUTURE, _ALL):
            body = pattern.sub("", body)
        whole.append(f"\n# {'-' * 20} {name}\n")
        whole.append(_DOCSTRING.sub(_as_comment if name != "program" else "", body).rstrip() + "\n")
    return re.sub(r"\n{4,}", "\n\n\n", "".join(whole)).encode("ascii")


def _as_comment(match: re.Match[str]) -> str:
    lines = match[1].strip().split("\n")
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)
