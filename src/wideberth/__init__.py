"""wideberth: deconfliction for parties who share a space but not a command.

>>> import wideberth
>>> result = wideberth.check("examples/two-intents.geojson")
>>> [(conflict.a, conflict.b) for conflict in result.conflicts]
[('rescue-3', 'survey-12')]

The names below come from :mod:`wideberth.offline` and :mod:`wideberth.space`, and are loaded when
they are first used, so that ``import wideberth`` costs nothing. Their types stand in __init__.pyi,
which keeps this module, below everything, from importing anything.
"""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "BadInput": "wideberth.offline",
    "CheckResult": "wideberth.offline",
    "Conflict": "wideberth.offline",
    "Incomparable": "wideberth.offline",
    "Plan": "wideberth.offline",
    "check": "wideberth.offline",
    "load": "wideberth.offline",
    "InvalidValue": "wideberth.errors",
    "NotComparable": "wideberth.errors",
    "WideberthError": "wideberth.errors",
    "Separation": "wideberth.space.volume",
    "Volume4D": "wideberth.space.volume",
    "altitude": "wideberth.space.altitude",
    "circle": "wideberth.space.volume",
    "polygon": "wideberth.space.volume",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
