"""Looks up every locked dependency in public advisory services; fails on a known vulnerability.

    make audit                     what is known, or a note that nobody could be asked
    AUDIT_REQUIRED=1 make audit    the same, and that nobody could be asked is a failure

What is not audited is named: pip-audit ends with "no known vulnerabilities" also where the index
that it was given answers every question with "not found", as mirrors do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
SERVICES = ("pypi", "osv")
TIMEOUT_S = 300

Run = Callable[[Sequence[str]], tuple[int, str, str]]


@dataclass
class Audit:
    """Of one lock. vulnerable: lines; unaudited: names that no service knew; reason: why not."""

    looked_up: int = 0
    vulnerable: list[str] = field(default_factory=list)
    unaudited: list[str] = field(default_factory=list)
    reason: str = ""


def read(code: int, out: str, err: str) -> Audit:
    """What one run of pip-audit says; an Audit that looked nothing up where it could not ask."""
    try:
        found = json.loads(out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        words = err.strip().splitlines()
        return Audit(reason=words[-1][:200] if words else f"pip-audit ended with {code}")
    audit = Audit()
    for each in found:
        if "skip_reason" in each:
            audit.unaudited.append(each["name"])
            continue
        audit.looked_up += 1
        for known in each.get("vulns", []):
            fixed = ", ".join(known.get("fix_versions", [])) or "nothing yet"
            audit.vulnerable.append(
                f"{each['name']} {each['version']}: {known['id']}, fixed in {fixed}"
            )
    if not audit.looked_up:
        audit.reason = "the service knows none of the packages"
    return audit


def audited(lock: Path, run: Run) -> Audit:
    """The lock, by the first service that can be asked."""
    audit = Audit()
    for service in SERVICES:
        audit = read(*run(_command(lock, service)))
        if audit.looked_up:
            break
    return audit


def main(run: Run, locks: Sequence[Path], *, required: bool) -> int:
    """Audits the locks and prints what was found. Gives the exit status."""
    failed = False
    for lock in locks:
        audit = audited(lock, run)
        for line in audit.vulnerable:
            print(f"{lock.name}: VULNERABLE {line}")
        if audit.vulnerable:
            failed = True
        if not audit.looked_up:
            print(f"{lock.name}: NOT AUDITED, no advisory service could be asked: {audit.reason}")
        else:
            print(f"{lock.name}: {audit.looked_up} looked up, {len(audit.vulnerable)} known")
            if audit.unaudited:
                print(f"{lock.name}: NOT AUDITED {' '.join(audit.unaudited)}")
        if required and (audit.unaudited or not audit.looked_up):
            failed = True
    return int(failed)


def _command(lock: Path, service: str) -> list[str]:
    return [
        *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
        *("--requirement", str(lock), "--vulnerability-service", service),
        *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
    ]


def _run(command: Sequence[str]) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return 1, "", f"no answer within {TIMEOUT_S} s"
    return done.returncode, done.stdout, done.stderr


if __name__ == "__main__":
    every = sorted(REQUIREMENTS.glob("*.lock"))
    sys.exit(main(_run, every, required=bool(os.environ.get("AUDIT_REQUIRED"))))
