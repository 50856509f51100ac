"""Templates of agreements, with the numbers that were published: to be edited, then proposed.

Each is a file beside this module. ``$1``, ``$2`` and so on stand for the parties in their order,
``$neutral`` for the neutral. Lines and areas are placeholders: whoever proposes puts in its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, cast

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.agreements import LegalKind, Terms
from wideberth.model.ids import require_party_id

__all__ = ["TEMPLATES", "Template", "filled"]


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text with blanks. source: where its numbers come from; note: what has to be put in.

    parties: how many at least; neutral: whether it needs one.
    """

    name: str
    title: str
    kind: LegalKind
    source: str
    note: str
    parties: int
    provisions: list[dict[str, Any]]
    neutral: bool = False


def filled(
    template: Template, *, parties: Sequence[str], effective_us: int, expires_us: int
) -> Terms:
    """The text for these parties, the neutral last where the template needs one. It still has to
    be checked as any other; parties that are missing are left as blanks (``party-2``).

    Raises InvalidValue for what is no party's id.
    """
    ids = [require_party_id(name, field=f"parties.{at}") for at, name in enumerate(parties)]
    wanted = template.parties + template.neutral
    blanks = [require_party_id(f"party-{at + 1}") for at in range(len(ids), wanted)]
    names = [*ids, *blanks]
    neutral = names.pop() if template.neutral else None
    given: dict[str, str] = {f"${at}": name for at, name in enumerate(names, 1)}
    if neutral is not None:
        given["$neutral"] = neutral
    stated: dict[str, Any] = {
        "title": template.title,
        "kind": template.kind.value,
        "parties": names,
        "effective_us": effective_us,
        "expires_us": expires_us,
        "provisions": _replaced(template.provisions, given),
    }
    if neutral is not None:
        stated["neutral"] = neutral
    try:
        return msgspec.convert(stated, Terms)
    except msgspec.ValidationError as error:
        raise InvalidValue("parties", "template", len(names), str(error)) from error


def _replaced(value: Any, given: dict[str, str]) -> Any:
    if isinstance(value, str):
        return given.get(value, value)
    if isinstance(value, list):
        return [_replaced(each, given) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {name: _replaced(each, given) for name, each in members.items()}
    return value


def _load() -> dict[str, Template]:
    found: dict[str, Template] = {}
    for file in files(__package__ or "wideberth.templates").iterdir():
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            stated = tomllib.loads(file.read_text(encoding="utf-8"))
            found[name] = msgspec.convert({"name": name, **stated}, Template)
    return dict(sorted(found.items()))


TEMPLATES: dict[str, Template] = _load()
"""By name."""
