"""The witness: every status of the specification, one tree only, and evidence of a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.record import witness as module
from wideberth.record.cosignatures import WitnessKey, parse_lines, verified_cosignatures
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.merkle import EMPTY_ROOT
from wideberth.record.notes import (
    Checkpoint,
    checkpoint_text,
    format_note,
    parse_checkpoint,
    parse_note,
    signature_line,
)
from wideberth.record.splits import Verdict, verify_evidence
from wideberth.record.witness import (
    SIZE_TYPE,
    STATE_FILE,
    Answer,
    Submission,
    Witness,
    evidence_file,
    format_submission,
    origin_hash,
    parse_submission,
)

LOG = OriginKey("space.example/log", bytes(range(32)))
KEY = WitnessKey("witness.example/w1", bytes([1]) * 32)
NOW_S = 1_700_000_000


class Log:
    """A record, and a note for each size that it had."""

    def __init__(self, *entries: bytes, key: OriginKey = LOG) -> None:
        self.record = MemoryRecord(key, random_bytes=bytes)
        self.notes = [self.record.checkpoint()]
        for entry in entries:
            self.append(entry)

    def append(self, entry: bytes) -> None:
        self.record.append([entry], len(self.notes) - 1, time_us=1)
        self.notes.append(self.record.checkpoint())

    def submission(self, old: int, new: int) -> bytes:
        proof = self.record.consistency_proof(old, new)
        return format_submission(Submission(old, tuple(proof), self.notes[new])).encode()


HONEST = Log(*(b"%d" % i for i in range(12)))
FORKED = Log(*(b"%d" % i for i in range(5)), *(b"other %d" % i for i in range(5, 12)))


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with Witness(tmp_path, key=KEY, logs=[LOG.verifier]) as made:
        yield made


def asked(witness: Witness, body: bytes, *, now_s: int = NOW_S) -> Answer:
    return witness.add_checkpoint(body, now_s=now_s)


def test_a_growing_log_is_cosigned_step_by_step(witness: Witness) -> None:
    for old, new in [(0, 5), (5, 8), (8, 8), (8, 12)]:
        answer = asked(witness, HONEST.submission(old, new))
        assert answer.status == 200
        text = parse_note(HONEST.notes[new]).text
        [found] = verified_cosignatures(text, parse_lines(answer.text), [KEY.verifier])
        assert found.time_s == NOW_S
        seen = witness.seen(LOG.origin)
        assert seen is not None
        assert seen.head.size == new


def test_the_monitor_gets_the_head_with_both_signatures(witness: Witness) -> None:
    name = sha256(b"space.example/log").hexdigest()
    assert origin_hash(LOG.origin) == name
    assert witness.monitored(name) is None
    note = HONEST.notes[5] + "— stranger.example AAAABBBB\n"
    answer = asked(witness, format_submission(Submission(0, (), note)).encode())
    assert witness.monitored(name) == HONEST.notes[5] + answer.text  # nobody else's line
    assert witness.monitored(sha256(b"other").hexdigest()) is None


def submitted(old: int, note: str, *proof: bytes) -> bytes:
    return format_submission(Submission(old, proof, note)).encode()


def signed(size: int, root: bytes, *, key: OriginKey = LOG) -> str:
    text = checkpoint_text(Checkpoint(key.origin, size, root))
    return format_note(text, [signature_line(key.verifier, key.sign(text))])


STRANGER = OriginKey("stranger.example/log", bytes([9]) * 32)
TWIN = OriginKey(LOG.origin, bytes([9]) * 32)
NOTE = HONEST.notes


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"\xff", 400, id="not UTF-8"),
        pytest.param(b"old 5\n", 400, id="no note"),
        pytest.param(b"new 5\n\n" + NOTE[8].encode(), 400, id="another word"),
        pytest.param(b"old 05\n\n" + NOTE[8].encode(), 400, id="leading zero"),
        pytest.param(b"old -5\n\n" + NOTE[8].encode(), 400, id="negative"),
        pytest.param(b"old 5\nAAAA\n\n" + NOTE[8].encode(), 400, id="a short hash"),
        pytest.param(b"old 5\n####\n\n" + NOTE[8].encode(), 400, id="no base64"),
        pytest.param(submitted(5, NOTE[8], *[bytes(32)] * 64), 400, id="64 proof lines"),
        pytest.param(b"old 5\n\n" + NOTE[8].encode()[:-1], 400, id="no last newline"),
        pytest.param(b"old 5\n\n" + NOTE[8].encode() * 9000, 400, id="too large"),
        pytest.param(submitted(9, NOTE[8]), 400, id="old beyond the head"),
        pytest.param(submitted(0, signed(3, bytes(32), key=STRANGER)), 404, id="unknown log"),
        pytest.param(submitted(5, signed(8, bytes(32), key=TWIN)), 403, id="another's key"),
        pytest.param(submitted(5, NOTE[8].replace("\n8\n", "\n9\n")), 403, id="a changed head"),
        pytest.param(
            submitted(5, NOTE[8] + NOTE[9].splitlines(keepends=True)[-1]),
            403,
            id="a second line that does not verify",
        ),
        pytest.param(HONEST.submission(0, 8), 409, id="old too small"),
        pytest.param(HONEST.submission(8, 12), 409, id="old too large"),
        pytest.param(HONEST.submission(0, 3), 409, id="an older head again"),
        pytest.param(submitted(5, NOTE[8]), 422, id="no proof"),
        pytest.param(submitted(5, NOTE[8], bytes(32)), 422, id="a wrong proof"),
        pytest.param(submitted(5, NOTE[5], bytes(32)), 422, id="a proof for the same head"),
        pytest.param(submitted(0, signed(0, bytes(32))), 422, id="an empty tree's other root"),
        pytest.param(FORKED.submission(5, 8), 200, id="a tree of the same beginning"),
        pytest.param(HONEST.submission(5, 5), 200, id="the same head again"),
    ],
)
def test_the_statuses_of_the_specification(witness: Witness, body: bytes, status: int) -> None:
    assert asked(witness, HONEST.submission(0, 5)).status == 200
    answer = asked(witness, body)
    assert answer.status == status, answer.text
    if status == 409:
        assert (answer.text, answer.content_type) == ("5\n", SIZE_TYPE)
    elif status != 200:
        seen = witness.seen(LOG.origin)
        assert seen is not None
        assert seen.head.size == 5
    assert witness.evidence(LOG.origin) is None


def test_a_first_head_comes_from_zero_and_without_a_proof(witness: Witness) -> None:
    assert asked(witness, submitted(0, NOTE[8], bytes(32))).status == 422
    assert asked(witness, HONEST.submission(5, 8)).status == 409
    assert asked(witness, HONEST.submission(5, 8)).text == "0\n"
    assert asked(witness, submitted(0, signed(0, EMPTY_ROOT))).status == 200
    assert asked(witness, submitted(0, NOTE[8], bytes(32))).status == 422
    assert asked(witness, HONEST.submission(0, 8)).status == 200


@pytest.mark.parametrize(("old", "status"), [(8, 422), (0, 409)])
def test_the_same_size_with_another_root_is_a_fork(witness: Witness, old: int, status: int) -> None:
    """Whichever status it is, both are misbehaviour, and the two notes show it."""
    asked(witness, HONEST.submission(0, 8))
    answer = asked(witness, submitted(old, FORKED.notes[8]))
    assert answer.status == status
    assert_stopped(witness, answer)


def test_a_larger_tree_with_another_beginning_is_a_fork(witness: Witness) -> None:
    asked(witness, HONEST.submission(0, 7))
    answer = asked(witness, FORKED.submission(7, 11))
    assert answer.status == 422
    assert_stopped(witness, answer)


def test_where_the_proof_binds_nothing_it_is_refused_and_no_evidence(witness: Witness) -> None:
    asked(witness, HONEST.submission(0, 8))  # a power of two
    answer = asked(witness, FORKED.submission(8, 11))
    assert (answer.status, answer.evidence) == (422, None)
    assert asked(witness, HONEST.submission(8, 11)).status == 200


def assert_stopped(witness: Witness, answer: Answer) -> None:
    assert answer.evidence is not None
    assert verify_evidence(answer.evidence, keys=[LOG.verifier]).verdict is Verdict.FORK
    assert witness.evidence(LOG.origin) == answer.evidence
    assert (witness.folder / evidence_file(LOG.origin)).read_text() == answer.evidence
    seen = witness.seen(LOG.origin)
    assert seen is not None
    size = seen.head.size
    again = asked(witness, HONEST.submission(size, 12))
    assert again.status == 422  # the honest branch is not cosigned any more either
    assert "forked" in again.text
    with Witness(witness.folder, key=KEY, logs=[LOG.verifier]) as later:
        assert asked(later, HONEST.submission(size, 12)).status == 422


def test_the_state_outlives_the_program(tmp_path: Path) -> None:
    with Witness(tmp_path, key=KEY, logs=[LOG.verifier]) as first:
        asked(first, HONEST.submission(0, 7))
    with Witness(tmp_path, key=KEY, logs=[LOG.verifier]) as second:
        assert asked(second, HONEST.submission(0, 8)).text == "7\n"
        assert asked(second, HONEST.submission(7, 8)).status == 200
    assert (tmp_path / STATE_FILE).stat().st_mode & 0o077 == 0


def test_time_never_runs_backwards(witness: Witness) -> None:
    def time_s(answer: Answer, size: int) -> int:
        text = parse_note(HONEST.notes[size]).text
        [found] = verified_cosignatures(text, parse_lines(answer.text), [KEY.verifier])
        return found.time_s

    assert time_s(asked(witness, HONEST.submission(0, 5)), 5) == NOW_S
    assert time_s(asked(witness, HONEST.submission(5, 6), now_s=NOW_S - 60), 6) == NOW_S
    assert time_s(asked(witness, HONEST.submission(6, 7), now_s=NOW_S + 60), 7) == NOW_S + 60


def test_two_keys_of_one_log_are_both_known(tmp_path: Path) -> None:
    """A log that changes its key signs with both for a while."""
    with Witness(tmp_path, key=KEY, logs=[LOG.verifier, TWIN.verifier]) as witness:
        assert asked(witness, submitted(0, signed(5, bytes(32), key=TWIN))).status == 200


def test_each_log_has_its_own_head(tmp_path: Path) -> None:
    with Witness(tmp_path, key=KEY, logs=[LOG.verifier, STRANGER.verifier]) as witness:
        assert witness.origins == (LOG.origin, STRANGER.origin)
        asked(witness, HONEST.submission(0, 7))
        assert asked(witness, submitted(0, signed(3, bytes(32), key=STRANGER))).status == 200
        assert asked(witness, HONEST.submission(7, 8)).status == 200


def test_a_log_s_key_is_no_witness_s(tmp_path: Path) -> None:
    twin = WitnessKey(LOG.origin, bytes(range(32)))
    with pytest.raises(InvalidValue, match="key of its own"):
        Witness(tmp_path, key=twin, logs=[LOG.verifier])


def test_a_file_that_is_not_a_witness_s_is_refused(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(Exception, match=r"damaged|not a"):
        Witness(tmp_path, key=KEY, logs=[LOG.verifier])
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordUnavailable):
        Witness(tmp_path / "file", key=KEY, logs=[LOG.verifier])


@pytest.mark.parametrize("size", range(1, 12))
def test_a_submission_reads_back(size: int) -> None:
    body = HONEST.submission(size, 12)
    assert format_submission(parse_submission(body)).encode() == body


def test_racing_submissions_leave_one_tree(tmp_path: Path) -> None:
    """Two witnesses' processes, as it were, on one folder; honest and forked heads at once."""
    pair = [Witness(tmp_path, key=KEY, logs=[LOG.verifier]) for _ in range(2)]
    asked(pair[0], HONEST.submission(0, 7))
    bodies = [log.submission(7, new) for log in (HONEST, FORKED) for new in range(8, 13)] * 2

    def submit(each: tuple[int, bytes]) -> tuple[bytes, Answer]:
        return each[1], asked(pair[each[0] % 2], each[1])

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(submit, enumerate(bodies)))
    cosigned = [parse_submission(body).note for body, answer in answers if answer.status == 200]
    for note in cosigned:
        head = parse_checkpoint(parse_note(note).text)
        assert head.root == HONEST.record.root_at(head.size)
    assert pair[1].evidence(LOG.origin) is not None
    for each in pair:
        each.close()


def first_heads_at_once(folder: Path) -> list[int]:
    """Both histories submitted as the first head, by two objects on one folder."""
    pair = [Witness(folder, key=KEY, logs=[LOG.verifier]) for _ in range(2)]
    both_in = Barrier(2)

    def submit(witness: Witness, body: bytes) -> int:
        both_in.wait()
        return asked(witness, body).status

    with ThreadPoolExecutor(2) as threads:
        bodies = [HONEST.submission(0, 8), FORKED.submission(0, 9)]
        statuses = sorted(threads.map(submit, pair, bodies))
    for each in pair:
        each.close()
    return statuses


def slow_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between comparing and storing there is time for another to come."""
    extends = module._extends

    def slow(*given: object) -> bool:
        time.sleep(0.05)
        return extends(*given)

    monkeypatch.setattr(module, "_extends", slow)


def test_of_two_first_heads_at_once_one_is_cosigned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_check(monkeypatch)
    for number in range(5):
        assert first_heads_at_once(tmp_path / str(number)) == [200, 409]


def test_without_the_transaction_both_would_be_cosigned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""
    slow_check(monkeypatch)
    monkeypatch.setattr(Witness, "_transaction", lambda _: nullcontext())
    assert any(first_heads_at_once(tmp_path / str(n)) == [200, 200] for n in range(20))


class Watched(RuleBasedStateMachine):
    """Whatever is submitted in whatever order: what was cosigned is one chain of trees."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.witness = Witness(Path(self.folder.name), key=KEY, logs=[LOG.verifier])
        self.cosigned: list[Checkpoint] = []

    @rule(
        log=st.sampled_from([HONEST, FORKED]),
        old=st.integers(0, 12),
        more=st.integers(0, 12),
    )
    def submit(self, log: Log, old: int, more: int) -> None:
        new = min(12, old + more)
        answer = asked(self.witness, log.submission(old, new))
        if answer.status == 200:
            self.cosigned.append(parse_checkpoint(parse_note(log.notes[new]).text))

    @rule()
    def restart(self) -> None:
        self.witness.close()
        self.witness = Witness(Path(self.folder.name), key=KEY, logs=[LOG.verifier])

    @invariant()
    def one_chain(self) -> None:
        sizes = [head.size for head in self.cosigned]
        assert sizes == sorted(sizes)
        assert any(
            all(head.root == log.record.root_at(head.size) for head in self.cosigned)
            for log in (HONEST, FORKED)
        )

    def teardown(self) -> None:
        self.witness.close()
        self.folder.cleanup()


QUICK = settings(max_examples=30, stateful_step_count=15, deadline=None)


def test_what_was_cosigned_is_one_chain_of_trees() -> None:
    run_state_machine_as_test(Watched, settings=QUICK)


def test_a_witness_that_checks_no_proof_fails_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault."""
    monkeypatch.setattr(module, "is_consistent", lambda *_, **__: True)
    monkeypatch.setattr(module, "_evidence_in", lambda *_: None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            Watched,
            settings=settings(QUICK, max_examples=300, phases=[Phase.generate], database=None),
        )
