"""Settings in layers: the defaults, a TOML file over them, variables of the environment over that.

A variable is named for the key that it sets: ``listen.port`` is ``WIDEBERTH_LISTEN__PORT``, two
underlines for each dot. It sets one scalar; lists and tables of tables stand in the file. An empty
variable sets nothing. One that names no setting is refused, so that a misspelt one is not
silently left out.

This module knows no table: a struct gives the keys and their types, and its ``__post_init__`` may
raise InvalidValue for what no type says. Every complaint names where the value came from: the
file and the key, or the variable.
"""

from __future__ import annotations

import re
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from wideberth.errors import InvalidValue, system_reason
from wideberth.space.time import SECOND_US

__all__ = [
    "MOST_M",
    "PREFIX",
    "Layers",
    "Secret",
    "SettingShown",
    "layers_of",
    "mm_of",
    "read_toml",
    "require",
    "require_within",
    "shown",
    "us_of",
    "variable_of",
]

PREFIX = "WIDEBERTH_"
HIDDEN = "(hidden)"
MOST_M = 1e9
_MOST_S = 3.2e9  # a century
_PATH = re.compile(r" - at `\$?([^`]*)`$")
_MEMBER = re.compile(r"Object (?:contains )?(?P<what>\w+(?: required)?) field `(?P<name>[^`]*)`")
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]*)`")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text in quotes",
    "array": "a list, in [ ]",
    "object": "a table",
}
_SECRET = "secret"  # noqa: S105 - the name of a mark, no password
S = TypeVar("S", bound=msgspec.Struct)

Secret = Annotated[str, msgspec.Meta(extra={_SECRET: True})]
"""The type of a setting whose value is never shown."""


@dataclass(frozen=True, slots=True)
class Layers:
    """What a file and the environment say, before it has types.

    file: the file's name, for complaints. raw: both together, the variables over the file.
    variables: dotted key to the variable that set it.
    """

    file: str
    raw: dict[str, Any] = field(default_factory=dict[str, Any])
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    def where(self, key: str) -> str:
        """Where the value at a dotted key stands: a variable, or the file and the key."""
        if key in self.variables:
            return self.variables[key]
        return f"{self.file}: {key}" if key else self.file

    def refused(self, error: InvalidValue, within: str = "") -> InvalidValue:
        """The same error, its fields (below the key within) named by where they stand."""
        keys = [f"{within}.{name.strip()}".strip(".") for name in error.field.split(",")]
        places = ", ".join(self.where(key) for key in keys)
        return type(error)(places, error.rule, error.value, error.advice)

    def converted(self, kind: type[S]) -> S:
        """The settings with types, checked. Raises InvalidValue naming where, value and rule."""
        try:
            return msgspec.convert(self.raw, kind)
        except msgspec.ValidationError as error:
            text = str(error)
            match = _PATH.search(text)
            key = (match[1] if match else "").removeprefix(".").replace("[", ".").replace("]", "")
            if isinstance(error.__cause__, InvalidValue):  # of a __post_init__
                raise self.refused(error.__cause__, key) from None
            said = text[: match.start()] if match else text
            member = _MEMBER.match(said)
            if member is not None:
                advice = _about_member(kind, key, member["what"], member["name"])
                key = f"{key}.{member['name']}".strip(".")
            else:
                advice = _in_words(said, _kind_at(kind, key))
            raise InvalidValue(
                self.where(key), "setting", _seen(_kind_at(kind, key), self.raw, key), advice
            ) from error


def layers_of(path: Path, kind: type[msgspec.Struct], environ: Mapping[str, str]) -> Layers:
    """What the file (if there is one) and the variables say of the settings of a kind.

    Raises InvalidValue for a file that is no TOML, a variable that names no setting (also one that
    would with two underlines for its one), and a variable whose text is not of the setting's type.
    """
    raw = read_toml(path) if path.exists() else {}
    variables: dict[str, str] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or not environ[name]:
            continue
        if "__" not in name:
            _require_no_slip(kind, name)
            continue
        key = name.removeprefix(PREFIX).lower().replace("__", ".")
        _put(raw, key, _typed(kind, key, name, environ[name], path.name), name)
        variables[key] = name
    return Layers(path.name, raw, variables)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as it stands. Raises InvalidValue naming the file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        why = system_reason(error)
        advice = f"it cannot be read: {why}; give a file that the node's user may read"
        raise InvalidValue(path.name, "unreadable", str(path), advice) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(path.name, "toml", str(path), f"not TOML: {error}") from error


def variable_of(key: str) -> str:
    """The variable that sets a key.

    >>> variable_of("listen.tls_key")
    'WIDEBERTH_LISTEN__TLS_KEY'
    """
    return PREFIX + key.upper().replace(".", "__")


def require(field_: str, value: object, advice: str, *, holds: bool) -> None:
    """For the ``__post_init__`` of a table. Raises InvalidValue where it does not hold."""
    if not holds:
        raise InvalidValue(field_, "setting", value, advice)


def require_within(table: object, *bounds: tuple[str, float, float, str]) -> None:
    """Likewise of settings that are numbers: each its name, least, most and unit."""
    for name, least, most, unit in bounds:
        value = getattr(table, name)
        require(name, value, f"give {least:g} to {most:g} {unit}", holds=least <= value <= most)


@dataclass(frozen=True, slots=True)
class SettingShown:
    """One setting as it is in force. value: TOML text; None: it is not set. source: a variable, the
    file's name, or ``default``.
    """

    key: str
    value: str | None
    source: str


def shown(settings: msgspec.Struct, layers: Layers) -> Iterator[SettingShown]:
    """Every setting in force, in the order of the tables, with where it comes from; no secrets."""
    yield from _shown(settings, layers, "")


def _shown(settings: msgspec.Struct, layers: Layers, within: str) -> Iterator[SettingShown]:
    hints = get_type_hints(type(settings), include_extras=True)
    for each in msgspec.structs.fields(settings):
        key = f"{within}{each.encode_name}"
        value: Any = getattr(settings, each.name)
        if isinstance(value, msgspec.Struct):
            yield from _shown(value, layers, f"{key}.")
            continue
        if key in layers.variables:
            source = layers.variables[key]
        else:
            source = "default" if _value_at(layers.raw, key) == _ABSENT else layers.file
        if value is None:
            text = None
        elif _is_secret(hints[each.name]):
            text = _toml(HIDDEN)
        else:
            text = _toml(_bare(value))
        yield SettingShown(key, text, source)


def _bare(value: Any) -> Any:
    """Plain values, without the secrets and the absent members of the structs in a list."""
    if isinstance(value, msgspec.Struct):
        hints = get_type_hints(type(value), include_extras=True)
        return {
            each.encode_name: HIDDEN if _is_secret(hints[each.name]) else _bare(inner)
            for each in msgspec.structs.fields(value)
            if (inner := getattr(value, each.name)) is not None
        }
    if isinstance(value, tuple):
        return [_bare(each) for each in cast("tuple[Any, ...]", value)]
    return msgspec.to_builtins(value)


def _toml(value: Any) -> str:
    """A plain value as TOML, on one line."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in members.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in cast("list[Any]", value)) + "]"
    # Numbers, booleans and strings: a TOML basic string escapes as JSON does.
    return msgspec.json.encode(value).decode()


def _put(raw: dict[str, Any], key: str, value: Any, variable: str) -> None:
    """Set a dotted key in nested tables."""
    *tables, last = key.split(".")
    at = raw
    for table in tables:
        below = at.setdefault(table, {})
        if not isinstance(below, dict):
            raise InvalidValue(variable, "setting", value, f"the file has no table at {table}")
        at = cast("dict[str, Any]", below)
    at[last] = value


def _typed(kind: type[msgspec.Struct], key: str, variable: str, text: str, file: str) -> Any:
    """The text of a variable as a value of the setting's type."""
    wanted = _kind_at(kind, key)
    if wanted is None:
        table, _, name = key.rpartition(".")
        advice = f"there is no setting {key}; {_known(kind, table, name)}"
        raise InvalidValue(variable, "setting", HIDDEN, advice)
    if any(_struct_in(each) or get_origin(each) is tuple for each in _choices(wanted)):
        raise InvalidValue(
            variable, "setting", HIDDEN, f"{key} is no single value; set it in {file}"
        )
    try:
        return msgspec.to_builtins(msgspec.convert(text, wanted, strict=False))
    except msgspec.ValidationError as error:
        value = HIDDEN if _is_secret(wanted) else text
        raise InvalidValue(variable, "setting", value, _in_words(str(error), wanted)) from error


def _kind_at(kind: Any, key: str) -> Any:
    """The type of the setting at a dotted key; None where there is none."""
    for part in filter(None, key.split(".")):
        table = next((each for each in map(_struct_in, _choices(kind)) if each is not None), None)
        if part.isdigit():  # an item of a list
            items = [get_args(each) for each in _choices(kind) if get_origin(each) is tuple]
            kind = items[0][0] if items and items[0] else None
        elif table is not None:
            names = {each.encode_name: each.name for each in msgspec.structs.fields(table)}
            hints = get_type_hints(table, include_extras=True)
            kind = hints[names[part]] if part in names else None
        else:
            kind = None
        if kind is None:
            return None
    return kind


def _choices(kind: Any) -> tuple[Any, ...]:
    """The members of a union, else the type itself; without None."""
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(each for each in get_args(kind) if each is not types.NoneType)
    return (kind,)


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def _is_secret(kind: Any) -> bool:
    return any(
        isinstance(mark, msgspec.Meta) and bool((mark.extra or {}).get(_SECRET))
        for each in _choices(kind)
        for mark in getattr(each, "__metadata__", ())
    )


# Complaints in words: what the library says names types of Python, and no setting there is.


def _about_member(kind: Any, key: str, what: str, name: str) -> str:
    if what == "missing required":
        return "give it: this table needs it"
    return f"there is no such setting; {_known(kind, key, name)}"


def _known(kind: Any, table: str, name: str) -> str:
    """What there is in the table at a dotted key, and what was perhaps meant by a name."""
    inner = next(filter(None, map(_struct_in, _choices(_kind_at(kind, table)))), None)
    if inner is None:  # no table stands there: say which there are above
        above, _, name = table.rpartition(".")
        return _known(kind, above, name)
    names = [each.encode_name for each in msgspec.structs.fields(inner)]
    near = get_close_matches(name, names, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}{f'[{table}]' if table else 'the file'} may have: {', '.join(names)}"


def _in_words(said: str, kind: Any) -> str:
    """The library's complaint about a value, in the words of the file."""
    if said.startswith("Invalid enum value"):
        return f"give one of: {', '.join(_words(kind))}"
    match = _EXPECTED.match(said)
    if match is None:
        return said
    names = [each for each in match["wanted"].split(" | ") if each != "null"]
    return "give " + " or ".join(_WORDS.get(each, each) for each in names)


def _words(kind: Any) -> list[str]:
    """The words that a setting may have."""
    found: list[str] = []
    for each in _choices(kind):
        if get_origin(each) is Literal:
            found += map(str, get_args(each))
        elif isinstance(each, type) and issubclass(each, Enum):
            found += [str(member.value) for member in each]
    return found


def _seen(kind: Any, raw: Any, key: str) -> Any:
    """The value to show in a complaint: no secret, and no table, for it may hold one."""
    value = _value_at(raw, key)
    if _is_secret(kind) or (kind is None and key) or isinstance(value, (dict, list)):
        return None if value == _ABSENT else HIDDEN
    return None if value == _ABSENT else value


def _require_no_slip(kind: type[msgspec.Struct], variable: str) -> None:
    """Refuse a variable that names a setting but for the second underline."""
    said = variable.removeprefix(PREFIX).lower()
    for each in msgspec.structs.fields(kind):
        name = said.removeprefix(f"{each.encode_name}_")
        if name != said and _kind_at(kind, f"{each.encode_name}.{name}") is not None:
            meant = variable_of(f"{each.encode_name}.{name}")
            advice = f"no setting has this variable; did you mean {meant}, with two underlines?"
            raise InvalidValue(variable, "setting", HIDDEN, advice)


_ABSENT = "(absent)"


def _value_at(raw: Any, key: str) -> Any:
    """The value at a dotted key, as it came."""
    value: Any = raw
    for part in filter(None, key.split(".")):
        try:
            value = cast("list[Any]", value)[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return _ABSENT
    return value


def mm_of(value_m: float, field: str, *, least_m: float = 0.0) -> int:
    """Metres as whole millimetres. Raises InvalidValue."""
    if not least_m <= value_m <= MOST_M:
        raise InvalidValue(field, "metres", value_m, f"give {least_m:g} to {MOST_M:g} m")
    return round(value_m * 1000)


def us_of(value_s: float, field: str) -> int:
    """Seconds as whole microseconds. Raises InvalidValue."""
    if not 0 <= value_s <= _MOST_S:
        raise InvalidValue(field, "seconds", value_s, f"give 0 to {_MOST_S:g} s")
    return round(value_s * SECOND_US)
