"""What every test may use: Hypothesis profiles, the requirement marker, a browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import hypothesis
import pytest

from api_world import held_noon

REQUIREMENT_ID = re.compile(r"[A-Z]{1,2}-\d{2}")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# No deadline in either: the suite asserts no times. In CI the same examples come each time, so
# that a red run is about the change; at home fresh ones come, and failures are remembered.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("requirement"):
            if not marker.args or not all(REQUIREMENT_ID.fullmatch(id_) for id_ in marker.args):
                raise pytest.UsageError(
                    f"{item.nodeid}: requirement{marker.args} is not an id such as 'D-04'"
                )
        # A browser on a busy machine is late now and then. One that fails is tried once more, and
        # the summary names it: whoever reads a run sees which test needed two tries.
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names bytes by their length: what is packed may hold the time, and names must not."""
    if isinstance(val, bytes) and not (len(val) <= 40 and val.isascii() and val.isalnum()):
        return f"{argname}-of-{len(val)}-bytes"
    return None


@pytest.fixture(scope="module", autouse=True)
def held_times() -> Iterator[None]:
    """Every `moment` of one file counts from one time, whatever the clock passes meanwhile."""
    with held_noon():
        yield


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of chromium; a test that asks for it skips where there is none, but not in CI."""
    for name in CHROMIUM_NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    message = "chromium is not installed: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
