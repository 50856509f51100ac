"""Files in, conflicts out: what ``wideberth check`` and ``import wideberth`` rest on. No server."""

from wideberth.offline.conflicts import CheckResult, Conflict, RestsOn, check
from wideberth.offline.features import Feature
from wideberth.offline.plan import MAX_FILE_BYTES, Plan, Source, load
from wideberth.offline.problems import BadInput, Incomparable, Problem

__all__ = [
    "MAX_FILE_BYTES",
    "BadInput",
    "CheckResult",
    "Conflict",
    "Feature",
    "Incomparable",
    "Plan",
    "Problem",
    "RestsOn",
    "Source",
    "check",
    "load",
]
