"""Processes hammer one file through full services while another replays it: one order for all.

`WIDEBERTH_OPERATIONS=100000` for the long run (`make attack`).
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from attack import hammer
from attack.linear import Done, No, NotLinearizable, Op, Seen, Step, Unknown, Verdict, check
from wideberth.model.entries import decode_entry
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder

OPERATIONS = int(os.environ.get("WIDEBERTH_OPERATIONS", "3000"))
PROCESSES = 3
TIMEOUT_S = 60 + OPERATIONS / 100


def hammered(folder: Path, operations: int, *, fault: str = "") -> tuple[list[Op], int, str]:
    """Run the processes; gives all operations, where they begin, and what the replayer printed."""
    base_ns = time.monotonic_ns()
    begin = asyncio.run(hammer.open_space(folder, base_ns))
    script = str(Path(hammer.__file__))
    each = str(-(-operations // (PROCESSES * hammer.CLIENTS)) * hammer.CLIENTS)
    modes = [["work", str(folder), str(i), each, str(base_ns), fault] for i in range(PROCESSES)]
    started = [
        subprocess.Popen(
            [sys.executable, script, *mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for mode in [["replay", str(folder)], *modes]
    ]
    replayer, *workers = started
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in workers:
            process.communicate(timeout=TIMEOUT_S)
            assert process.returncode == 0
        printed, _ = replayer.communicate("stop\n", timeout=TIMEOUT_S)
        assert replayer.returncode == 0
    finally:
        for process in started:
            process.kill()
            process.communicate()
    ops: list[Op] = []
    for index in range(PROCESSES):
        lines = (folder / f"log-{index}").read_bytes().splitlines()
        ops += [msgspec.json.decode(line, type=Op) for line in lines]
    return ops, begin, printed


def judged(folder: Path, ops: list[Op], begin: int) -> Verdict:
    with SqliteRecord(folder) as reader:
        rows = reader.read(begin, 10_000_000)
    return check(ops, hammer.commands([row.envelope for row in rows], begin), begin=begin)


def shares(ops: list[Op]) -> str:
    """Each process's part while all were at work, and its longest wait."""
    mine = {i: [op for op in ops if op.process == i] for i in range(PROCESSES)}
    until_ns = min(max(op.answered_ns for op in each) for each in mine.values())
    while_all = [sum(op.answered_ns <= until_ns for op in each) for each in mine.values()]
    worst_ms = [max(op.answered_ns - op.invoked_ns for op in each) / 1e6 for each in mine.values()]
    return "; ".join(
        f"process {i}: {count / sum(while_all):.0%}, worst wait {wait:.0f} ms"
        for i, (count, wait) in enumerate(zip(while_all, worst_ms, strict=True))
    )


def test_every_answer_of_racing_services_has_its_place_in_one_order(tmp_path: Path) -> None:
    ops, begin, printed = hammered(tmp_path, OPERATIONS)
    verdict = judged(tmp_path, ops, begin)
    assert verdict.unanswered == 0
    assert min(verdict.applied, verdict.refused, verdict.reads, verdict.repeated) > OPERATIONS / 50
    verified = verify_folder(tmp_path, vkey=hammer.KEY.vkey)

    wanted = dict(line.split() for line in printed.splitlines())
    picture = Picture()
    with SqliteRecord(tmp_path) as reader:
        for row in reader.read(0, verified.size):
            fold(picture, decode_entry(row.envelope, position=row.position))
            if str(picture.size) in wanted:
                assert picture.digest() == wanted.pop(str(picture.size))
    assert not wanted

    mine = [sum(op.process == i for op in ops) for i in range(PROCESSES)]
    assert min(mine) == max(mine), "each came through with all of its operations"
    sys.stdout.write(
        f"{len(ops)} operations: {verdict}; {len(printed.splitlines())} replays; {shares(ops)}\n"
    )


@pytest.mark.parametrize("fault", ["early", "stale", "blind"])
def test_a_service_with_a_planted_fault_is_found_out(tmp_path: Path, fault: str) -> None:
    # How often calls meet depends on the machine: where none met the fault, more of them do.
    for turn, calls in enumerate((600, 1200, 2400)):
        folder = tmp_path / str(turn)
        folder.mkdir()
        ops, begin, _ = hammered(folder, calls, fault=fault)
        try:
            judged(folder, ops, begin)
        except NotLinearizable:
            return
    pytest.fail("a planted fault was not found")


# A history of four calls, and what the checker says when one thing in it is changed.

STEPS = [
    Step(5, 1, "take", "north", "s1xa", "o1", "k1", "d1"),
    Step(6, 2, "amend", "north", "s1xa", "o2", "k2", "d2"),
]
OPS = {
    "take": Op(0, "take", 1, "north", "s1xa", "", "k1", 10, 20, Done(5, 1, "d1", "o1")),
    "amend": Op(1, "amend", 1, "north", "s1xa", "o1", "k2", 30, 40, Done(6, 2, "d2", "o2")),
    "again": Op(0, "take", 1, "north", "s1xa", "", "k1", 45, 46, Done(5, 1, "d1", "o1", True)),
    "read": Op(2, "read", 1, "", "", "", "", 35, 50, Seen(6, (("s1xa", "o1"),))),
    "no": Op(2, "take", 1, "south", "s1xb", "", "k3", 32, 33, No("conflict", ("s1xa",))),
    "stale": Op(2, "end", 1, "north", "s1xa", "o1", "k4", 36, 47, No("ovn-stale")),
}


def changed(name: str, **more: object) -> Callable[[], tuple[list[Op], list[Step]]]:
    ops = {**OPS, name: msgspec.structs.replace(OPS[name], **more)}
    return lambda: (list(ops.values()), STEPS)


def test_a_history_that_is_right_passes() -> None:
    assert check(list(OPS.values()), STEPS, begin=5) == Verdict(2, 1, 2, 1, 0)
    lost = msgspec.structs.replace(OPS["amend"], answer=Unknown("cut"))
    check([*OPS.values(), lost], STEPS, begin=5)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(changed("amend", invoked_ns=5, answered_ns=9), id="later one answered first"),
        pytest.param(changed("read", invoked_ns=41), id="a read misses what was answered"),
        pytest.param(
            changed("read", answer=Seen(6, (("s1xa", "o2"),))), id="a read sees what is to come"
        ),
        pytest.param(changed("read", answer=Seen(9, ())), id="a read sees what never was"),
        pytest.param(changed("no", invoked_ns=1, answered_ns=2), id="a refusal knows the future"),
        pytest.param(changed("no", answer=No("conflict", ("s1xz",))), id="refused by a stranger"),
        pytest.param(changed("no", intent="s2xb", slot=2), id="refused by another place"),
        pytest.param(changed("stale", ovn="o2", invoked_ns=41), id="stale, and it was current"),
        pytest.param(changed("take", answer=Done(5, 1, "xx", "o1")), id="other bytes"),
        pytest.param(changed("take", answer=Done(4, 1, "d1", "o1")), id="another position"),
        pytest.param(changed("again", answer=Done(5, 1, "d1", "o1")), id="first twice"),
        pytest.param(changed("amend", answer=Unknown("503", is_nothing=True)), id="it did happen"),
        pytest.param(lambda: (list(OPS.values()), STEPS[:1]), id="answered and lost"),
        pytest.param(
            lambda: (
                list(OPS.values()),
                [
                    msgspec.structs.replace(STEPS[1], position=5),
                    msgspec.structs.replace(STEPS[0], position=7),
                ],
            ),
            id="swapped order",
        ),
        pytest.param(
            lambda: (
                list(OPS.values()),
                [*STEPS, Step(8, 1, "take", "south", "s1xb", "o3", "k3", "d3")],
            ),
            id="two parties in one slot",
        ),
        pytest.param(
            lambda: (
                list(OPS.values()),
                [*STEPS, Step(8, 1, "take", "north", "s3xc", "o3", "k9", "d3")],
            ),
            id="nobody asked",
        ),
        pytest.param(
            lambda: (
                list(OPS.values()),
                [*STEPS, Step(8, 1, "take", "north", "s3xc", "o3", "k1", "d3")],
            ),
            id="executed twice",
        ),
        pytest.param(
            lambda: (
                [*OPS.values(), msgspec.structs.replace(OPS["no"], request="k9", invoked_ns=48)],
                [*STEPS, Step(8, 1, "take", "north", "s3xc", "o2", "k9", "d3")],
            ),
            id="an OVN twice",
        ),
    ],
)
def test_a_history_with_a_planted_fault_is_found_out(
    history: Callable[[], tuple[list[Op], list[Step]]],
) -> None:
    ops, steps = history()
    with pytest.raises(NotLinearizable):
        check(ops, steps, begin=5)
