"""Nothing under the pure floors opens, waits, prints, asks the time or draws lots."""

from __future__ import annotations

from pathlib import Path

import pytest

import purity

SOURCE = Path(__file__).resolve().parent.parent / "src" / "wideberth"
PURE_FLOORS = ("space", "model", "picture", "decisions", "wire", "sealed", "review")

# A table that ships inside the package is a constant, although it stands in a file of its own.
READS_A_SHIPPED_TABLE = {
    "space/geoid.py": "opens a file",
    "space/coast.py": "opens a file",
}
# Whether kernels are compiled, and where they are kept, is the machine's; the answers are the same.
ASKS_HOW_TO_RUN = {"space/_jit.py": "asks the environment"}


def pure_modules() -> list[Path]:
    return [path for floor in PURE_FLOORS for path in sorted((SOURCE / floor).rglob("*.py"))]


@pytest.mark.parametrize("path", pure_modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_pure_module_touches_nothing_outside(path: Path) -> None:
    excepted = READS_A_SHIPPED_TABLE | ASKS_HOW_TO_RUN
    allowed = excepted.get(path.relative_to(SOURCE).as_posix())
    found = purity.impurities(path.relative_to(SOURCE), path.read_text(encoding="utf-8"))
    assert [str(impurity) for impurity in found if impurity.why != allowed] == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param("import time\nx = time.time()", "time.time", id="clock"),
        pytest.param("import time as t\nx = t.monotonic_ns()", "time.monotonic_ns", id="renamed"),
        pytest.param("from time import time as now\nx = now()", "time.time", id="imported from"),
        pytest.param(
            "import datetime\ndef f():\n    return datetime.datetime.now(datetime.UTC)",
            "datetime.datetime.now",
            id="datetime",
        ),
        pytest.param(
            "from datetime import datetime as d\nx = d.now()", "datetime.datetime.now", id="class"
        ),
        pytest.param(
            "import time\nclass A:\n    x = field(default_factory=time.time)",
            "time.time",
            id="handed on",
        ),
        pytest.param("x = open('a')", "open", id="open"),
        pytest.param("from pathlib import Path\nx = Path('a').read_text()", "read_text", id="path"),
        pytest.param("import random\nx = random.random()", "random.random", id="random"),
        pytest.param(
            "import numpy as np\nx = np.random.default_rng()",
            "numpy.random.default_rng",
            id="numpy",
        ),
        pytest.param("import os\nx = os.environ['A']", "os.environ", id="environment"),
        pytest.param("from uuid import uuid4\nx = uuid4()", "uuid.uuid4", id="uuid"),
        pytest.param(
            "def f():\n    import secrets\n    secrets.token_bytes()", "secrets", id="late"
        ),
    ],
)
def test_a_planted_impurity_is_found(source: str, name: str) -> None:
    assert any(found.name.startswith(name) for found in purity.impurities(Path("planted"), source))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(time):\n    return time.time", id="an argument named time"),
        pytest.param("from wideberth.space import time\nx = time.format(1)", id="our own module"),
        pytest.param("import datetime\nx = datetime.datetime(2026, 1, 1)", id="a constant instant"),
        pytest.param("def f(now_us: int, open_: bool):\n    return now_us", id="time as argument"),
    ],
)
def test_a_pure_source_is_left_alone(source: str) -> None:
    assert purity.impurities(Path("pure"), source) == []
