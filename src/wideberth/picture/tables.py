"""Tables of the picture, and layers over them.

A batch of commands is decided on an overlay: a picture whose tables are layers. A layer reads
through to the table below and keeps its own writes, so that dropping it undoes the batch. Values
are frozen and replaced whole, never changed in place; that is what makes a layer this simple.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

__all__ = ["Layer", "Table", "values_of"]

K = TypeVar("K")
V = TypeVar("V")


class Table(Protocol[K, V]):
    """What fold and decide need of a table. A dict is one."""

    def __contains__(self, key: object, /) -> bool: ...
    def __getitem__(self, key: K, /) -> V: ...
    def __setitem__(self, key: K, value: V, /) -> None: ...
    def __iter__(self) -> Iterator[K]: ...
    def get(self, key: K, /) -> V | None:
        """The value, or None."""
        ...

    def pop(self, key: K, default: None, /) -> V | None:
        """Take the value out and give it, or None."""
        ...


def values_of(table: Table[K, V], keys: Iterable[K]) -> list[V]:
    """The value of each key, which must be there; layers without writes cost nothing."""
    while isinstance(table, Layer) and table.is_clear:
        table = table.below
    return [table[key] for key in keys]


class _Gone:
    """Marks a key that the layer took out."""


_GONE = _Gone()


class Layer(Table[K, V]):
    """Writes over a table that is left alone."""

    def __init__(self, below: Table[K, V]) -> None:
        self._below = below
        self._own: dict[K, V | _Gone] = {}

    @property
    def below(self) -> Table[K, V]:
        """The table that is left alone."""
        return self._below

    @property
    def is_clear(self) -> bool:
        """Whether nothing was written here."""
        return not self._own

    @property
    def written(self) -> Iterable[K]:
        """The keys that were written here, or taken out."""
        return self._own.keys()

    def __contains__(self, key: object, /) -> bool:
        own = self._own.get(key)  # pyright: ignore[reportArgumentType]
        if own is None:
            return key in self._below
        return not isinstance(own, _Gone)

    def __getitem__(self, key: K, /) -> V:
        own = self._own.get(key)
        if own is None:
            return self._below[key]
        if isinstance(own, _Gone):
            raise KeyError(key)
        return own

    def __setitem__(self, key: K, value: V, /) -> None:
        self._own[key] = value

    def __iter__(self) -> Iterator[K]:
        for key in self._below:
            if key not in self._own:
                yield key
        for key, value in self._own.items():
            if not isinstance(value, _Gone):
                yield key

    def get(self, key: K, /) -> V | None:
        """The value, or None."""
        own = self._own.get(key)
        if own is None:
            return self._below.get(key)
        return None if isinstance(own, _Gone) else own

    def pop(self, key: K, default: None, /) -> V | None:
        """Take the value out of this layer's view and give it, or None."""
        value = self.get(key)
        if value is None:
            return default
        self._own[key] = _GONE
        return value
