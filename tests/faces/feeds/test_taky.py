"""Through a TAK server that others wrote: PyTAK tells it a position, and a feed reads it there.

taky (tkuester/taky) is no dependency of the tests; WIDEBERTH_TAKY names its program where one is
installed: ``python3 -m venv taky && taky/bin/pip install taky``.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from cot_feed_hands import sent_by_pytak, table
from feed_hands import free_ports, running

TAKY = shutil.which(os.environ.get("WIDEBERTH_TAKY", "taky"))
CONFIGURATION = """
[taky]
hostname = localhost
node_id = TAKY
bind_ip = 127.0.0.1
redis = false
root_dir = {folder}

[cot_server]
bind_ip = 127.0.0.1
port = {port}
mon_ip =
mon_port =
log_cot =

[dp_server]
upload_path = {folder}

[ssl]
enabled = false
"""


@pytest.mark.skipif(TAKY is None, reason="taky is not installed; see the docstring")
async def test_a_position_comes_through_a_tak_server(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    path = tmp_path / "taky.conf"
    path.write_text(CONFIGURATION.format(folder=tmp_path, port=port))
    assert TAKY is not None
    log = (tmp_path / "taky.log").open("wb")
    taky = await asyncio.create_subprocess_exec(TAKY, "-c", str(path), stdout=log, stderr=log)
    try:
        async with running(table(f"tcp://127.0.0.1:{port}")) as (taken, link):
            async with asyncio.timeout(30):
                while link.phase != "connected":  # noqa: ASYNC110  # a state
                    await asyncio.sleep(0.05)
            report = await sent_by_pytak(f"tcp://127.0.0.1:{port}", taken)
            assert (report.latitude_deg, report.altitude_w84_m) == (47.0, 400.0)
            assert not link.malformed
    finally:
        taky.terminate()
        await taky.wait()
        log.close()
