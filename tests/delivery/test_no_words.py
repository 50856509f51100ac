"""What leaves by mail, webhook and push has no words of a party but those of a STOP."""

from __future__ import annotations

import typing
from typing import Any

import msgspec
import pytest

from wideberth.model.notices import Notice
from wideberth.model.stops import Stop

WORDS = {"reason", "statement", "text", "words", "phase_text", "purpose", "scope"}
"""How free text is called in the model."""


def members(kind: Any) -> set[str]:
    """The members of a struct, and of all that it holds."""
    found: set[str] = set()
    waiting, seen = [kind], set()
    while waiting:
        each = waiting.pop()
        waiting += typing.get_args(each)
        if isinstance(each, type) and issubclass(each, msgspec.Struct) and each not in seen:
            seen.add(each)
            fields = msgspec.structs.fields(each)
            found |= {field.name for field in fields}
            waiting += [field.type for field in fields]
    return found


def test_a_notice_holds_no_words() -> None:
    assert not members(Notice) & WORDS


def test_a_stop_holds_words_and_would_be_found() -> None:
    assert members(Stop) & WORDS == {"text"}
    with pytest.raises(AssertionError):
        assert not members(Stop) & WORDS
