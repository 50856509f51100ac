"""What is in deploy/ fits the program: a unit that systemd takes, an image without root, variables
that set something.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from wideberth.configuration import Configuration, load_configuration
from wideberth.faces.cli._server import tell_manager
from wideberth.layered import layers_of

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
PROJECT = DEPLOY.parent
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")


def unit_here(tmp_path: Path, text: str | None = None) -> Path:
    """The unit, with this machine's program and user in place of the installed ones."""
    text = text or (DEPLOY / "wideberth.service").read_text()
    text = text.replace("/opt/wideberth/bin/wideberth", f"{Path(sys.executable).parent}/wideberth")
    text = re.sub(r"^(User|Group)=wideberth$", r"\1=nobody", text, flags=re.MULTILINE)
    text = text.replace("Group=nobody", "Group=nogroup")
    path = tmp_path / "wideberth.service"
    path.write_text(text)
    return path


def analyzed(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run(
        [ANALYZE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"},
    )


@needs_systemd
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    done = analyzed("verify", "--man=no", unit_here(tmp_path))
    said = [line for line in done.stderr.splitlines() if "wideberth.service" in line]
    assert said == []
    wrong = (DEPLOY / "wideberth.service").read_text().replace("ProtectHome=", "ProtectHouse=")
    (tmp_path / "wrong").mkdir()
    found = analyzed("verify", "--man=no", unit_here(tmp_path / "wrong", wrong)).stderr
    assert "ProtectHouse" in found


@needs_systemd
def test_the_unit_leaves_little_open(tmp_path: Path) -> None:
    path = unit_here(tmp_path)
    done = analyzed("security", "--offline=true", "--threshold=20", path)
    assert done.returncode == 0, done.stdout[-2000:]
    bare = path.read_text().replace("ProtectSystem=strict", "").replace("NoNewPrivileges=yes", "")
    bare = re.sub(r"^(Protect|Private|Restrict|System|Cap).*$", "", bare, flags=re.MULTILINE)
    path.write_text(bare)
    assert analyzed("security", "--offline=true", "--threshold=20", path).returncode != 0


def containerfile() -> list[str]:
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_runs_without_root_from_locked_wheels() -> None:
    lines = containerfile()
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
    assert lines.index(users[0]) < lines.index('ENTRYPOINT ["/opt/wideberth/bin/wideberth"]')
    assert sum(line.startswith("FROM ") for line in lines) == 2
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes --only-binary :all:" in installs[0]
    assert "--no-deps" in installs[1]
    (base,) = [line for line in lines if line.startswith("ARG PYTHON=")]
    assert re.search(r":3\.\d+-", base), "no moving tag"


def test_the_image_copies_what_there_is_and_the_context_is_only_that() -> None:
    copied = [line.split()[1] for line in containerfile() if line.startswith("COPY ")]
    copied = [each for each in copied if not each.startswith("--from")]
    assert copied == ["requirements/runtime.lock", "dist/wideberth-*.whl"]
    assert (PROJECT / copied[0]).is_file()
    let_in = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in let_in if line.startswith("!")} == set(copied)
    assert "*" in let_in


def test_the_variables_of_unit_image_and_compose_set_something(tmp_path: Path) -> None:
    compose: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    service = compose["services"]["wideberth"]
    variables: dict[str, str] = service["environment"]
    found = layers_of(tmp_path / "none.toml", Configuration, variables)
    assert len(found.variables) == len(variables) == 3
    settings = load_configuration(tmp_path / "none.toml", variables)
    assert settings.auth.is_configured, "else it would not listen on 0.0.0.0"
    (mapping,) = service["ports"]
    assert mapping == f"127.0.0.1:{settings.listen.port}:{settings.listen.port}"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(compose["volumes"]) == {each.split(":")[0] for each in service["volumes"]}
    (volumes,) = [line for line in containerfile() if line.startswith("VOLUME ")]
    targets = {each.split(":")[1] for each in service["volumes"]}
    assert targets == set(json.loads(volumes.removeprefix("VOLUME ")))


def test_a_service_manager_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell_manager("READY=1")
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        tell_manager("READY=1")
        manager.settimeout(5)
        assert manager.recv(100) == b"READY=1"
    tell_manager("STOPPING=1")  # nobody listens any more: no reason to fail
