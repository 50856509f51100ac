"""The recorded flights that come with the PyPI package ``traffic`` (MIT), found without importing
it: it is installed without its dependencies and read as files.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

__all__ = ["sample_path"]


def sample_path(name: str) -> Path | None:
    """The path of a sample such as ``firefighting/calfire.json.gz``; None where it is not there."""
    spec = find_spec("traffic")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "data" / "samples" / name
    return path if path.is_file() else None
