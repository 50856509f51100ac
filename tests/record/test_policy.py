"""The policy: what is understood, what is refused, and that nothing unproved is met."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.record import policy as module
from wideberth.record.cosignatures import WitnessKey, cosignature_line
from wideberth.record.keys import OriginKey
from wideberth.record.notes import (
    Checkpoint,
    VerifierKey,
    checkpoint_text,
    format_note,
    format_vkey,
    signature_line,
)
from wideberth.record.policy import Group, Policy, format_policy, load_policy, parse_policy

LOG = OriginKey("space.example/log", bytes(range(32)))
W = [WitnessKey(f"witness.example/w{i}", bytes([i + 1]) * 32) for i in range(6)]
V = [each.vkey for each in W]
TIME_S = 1_700_000_000
NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
TWO_LEVELS = "".join(
    [
        f"log {LOG.vkey} https://space.example\n\n",
        *(f"witness {name} {vkey}\n" for name, vkey in zip(NAMES, V, strict=True)),
        "# two organisations\n",
        "group X 2 X1 X2 X3\n",
        "\tgroup  Y any\tY1 Y2 Y3 \n",
        "group both all X Y\n",
        "quorum both\n",
    ]
)


def a_note(*witnesses: WitnessKey, size: int = 3, log: OriginKey = LOG) -> str:
    text = checkpoint_text(Checkpoint(log.origin, size, bytes(32)))
    return format_note(
        text,
        [
            signature_line(log.verifier, log.sign(text)),
            *(cosignature_line(each.cosign(text, time_s=TIME_S)) for each in witnesses),
        ],
    )


def parsed(text: str) -> Policy:
    return parse_policy(text.encode())


def test_a_policy_of_two_levels() -> None:
    policy = parsed(TWO_LEVELS)
    assert policy.logs[0].url == "https://space.example"
    assert [each.name for each in policy.witnesses] == list(NAMES)
    assert policy.groups[1] == Group("Y", 1, ("Y1", "Y2", "Y3"))
    assert policy.quorum == "both"
    assert parsed(format_policy(policy)) == policy
    found = policy.evaluate(a_note(W[0], W[2], W[4]))
    assert (found.is_met, found.witnesses) == (True, ("X1", "X3", "Y2"))
    assert found.checkpoint.size == 3
    assert found.log == LOG.verifier


@pytest.mark.parametrize("count", range(7))
def test_the_quorum_agrees_with_its_definition(count: int) -> None:
    policy = parsed(TWO_LEVELS)
    for some in combinations(range(6), count):
        wanted = sum(i < 3 for i in some) >= 2 and any(i >= 3 for i in some)
        assert policy.evaluate(a_note(*(W[i] for i in some))).is_met == wanted


@given(k=st.integers(1, 6), some=st.sets(st.integers(0, 5)))
def test_k_of_n(k: int, some: set[int]) -> None:
    lines = [f"witness {name} {vkey}\n" for name, vkey in zip(NAMES, V, strict=True)]
    policy = parsed("".join([*lines, f"group g {k} {' '.join(NAMES)}\nquorum g\n"]))
    assert policy.is_met([NAMES[i] for i in some]) == (len(some) >= k)


def test_an_off_by_one_threshold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the loop that compares must be what the tests above look at."""

    def lax(self: Policy, witnesses: list[str]) -> bool:
        return all(
            sum(name in witnesses for name in group.members) >= group.threshold - 1
            for group in self.groups[:2]
        )

    monkeypatch.setattr(module.Policy, "is_met", lax)
    with pytest.raises(AssertionError):
        test_the_quorum_agrees_with_its_definition(2)


@pytest.mark.parametrize(
    ("quorum", "names", "is_met"),
    [
        pytest.param("none", (), True, id="none wants nobody"),
        pytest.param("X1", (), False, id="one wanted, none there"),
        pytest.param("X1", ("X1",), True, id="one wanted"),
        pytest.param("X1", ("Y1",), False, id="another one"),
        pytest.param("both", ("both", "X", "Y"), False, id="names of groups are no witnesses"),
        pytest.param("X", ("stranger", "X1"), False, id="a stranger"),
    ],
)
def test_what_meets_a_quorum(quorum: str, names: tuple[str, ...], is_met: bool) -> None:
    policy = parsed(TWO_LEVELS.replace("quorum both", f"quorum {quorum}"))
    assert policy.is_met(names) == is_met


def test_require_says_no_where_the_quorum_is_not_met() -> None:
    policy = parsed(TWO_LEVELS)
    assert policy.require(a_note(W[0], W[1], W[3])).is_met
    with pytest.raises(InvalidValue, match="quorum both"):
        policy.require(a_note(W[0], W[1]))


@pytest.mark.requirement("R-08")
def test_a_note_is_refused_whole_where_one_known_line_fails() -> None:
    policy = parsed(TWO_LEVELS)
    good, other = a_note(W[0], W[1], W[3]), a_note(W[5], size=4)
    bad_line = other.splitlines(keepends=True)[-1]
    with pytest.raises(InvalidValue, match=r"witness\.example/w5"):
        policy.evaluate(good + bad_line)
    with pytest.raises(InvalidValue, match="signature does not verify"):
        policy.evaluate(good + other.splitlines(keepends=True)[-2])


def test_a_witness_does_not_replace_the_log() -> None:
    policy = parsed(TWO_LEVELS)
    text, _, lines = a_note(*W).rpartition("\n\n")
    without = text + "\n\n" + "".join(lines.splitlines(keepends=True)[1:])
    with pytest.raises(InvalidValue, match="no signature by a known key"):
        policy.evaluate(without)


def test_a_log_that_is_not_named_is_refused() -> None:
    policy = parsed(TWO_LEVELS)
    stranger = OriginKey("other.example/log", bytes([9]) * 32)
    with pytest.raises(InvalidValue, match="log-unknown"):
        policy.evaluate(a_note(*W, log=stranger))
    twin = OriginKey(LOG.origin, bytes([9]) * 32)  # the right name, another key
    with pytest.raises(InvalidValue, match="unsigned"):
        policy.evaluate(a_note(*W, log=twin))
    assert policy.evaluate(a_note(log=stranger), logs=[stranger.verifier]).log == stranger.verifier
    with pytest.raises(InvalidValue, match="log-unknown"):
        parsed("quorum none\n").evaluate(a_note())


def test_a_cosignature_from_the_future_is_refused_where_now_is_known() -> None:
    policy = parsed(TWO_LEVELS)
    assert policy.evaluate(a_note(W[0]), not_after_s=TIME_S).witnesses == ("X1",)
    with pytest.raises(InvalidValue, match="future"):
        policy.evaluate(a_note(W[0]), not_after_s=TIME_S - 1)


HEAD = f"witness a {V[0]}\nwitness b {V[1]}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("quorum none\n", id="the shortest"),
        pytest.param(" \t\n# words\nquorum none\n  # more\n", id="comments and empty lines"),
        pytest.param(f"{HEAD}quorum a\n", id="one witness"),
        pytest.param(f"{HEAD}group g all a b\nquorum g\n", id="all"),
        pytest.param(f"{HEAD}quorum none\n", id="witnesses that nobody wants"),
        pytest.param(f"witness é {V[0]} https://é.example\nquorum é\n", id="beyond ASCII"),
        pytest.param(f"{HEAD}group g any a\ngroup h 2 g b\nquorum h\n", id="a group in a group"),
        pytest.param(f"quorum none\nlog {LOG.vkey}\n", id="in another order"),
    ],
)
def test_good_policies(text: str) -> None:
    policy = parsed(text)
    assert parsed(format_policy(policy)) == policy


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("", "newline", id="empty"),
        pytest.param(HEAD, "quorum-missing", id="no quorum"),
        pytest.param("quorum none\nquorum none\n", "quorum-twice", id="two quorums"),
        pytest.param("quorum none", "newline", id="no last newline"),
        pytest.param("quorum none\r\n", "control", id="carriage return"),
        pytest.param("quorum a\n", "name-unknown", id="quorum of nobody"),
        pytest.param(f"quorum a\n{HEAD}", "name-unknown", id="quorum before its witness"),
        pytest.param("quorum\n", "policy-line", id="quorum without a name"),
        pytest.param("quorum none none\n", "policy-line", id="quorum with two names"),
        pytest.param("quorums none\n", "policy-line", id="an unknown word"),
        pytest.param("Quorum none\n", "policy-line", id="upper case"),
        pytest.param("log\n", "policy-line", id="log without a key"),
        pytest.param(f"log {LOG.vkey} a b\n", "policy-line", id="log with two urls"),
        pytest.param(f"log {V[0]}\n", "vkey", id="a witness's key for a log"),
        pytest.param(f"witness a {LOG.vkey}\n", "vkey", id="a log's key for a witness"),
        pytest.param(f"witness {V[0]}\n", "policy-line", id="witness without a name"),
        pytest.param(f"witness none {V[0]}\n", "name-taken", id="a witness called none"),
        pytest.param(f"{HEAD}witness a {V[2]}\n", "name-taken", id="two of one name"),
        pytest.param(f"{HEAD}witness c {V[0]}\n", "key-twice", id="one key twice"),
        pytest.param(f"{HEAD}group g 1\n", "policy-line", id="a group without members"),
        pytest.param(f"{HEAD}group g 0 a\n", "threshold", id="0 of 1"),
        pytest.param(f"{HEAD}group g 3 a b\n", "threshold", id="3 of 2"),
        pytest.param(f"{HEAD}group g 01 a b\n", "threshold", id="leading zero"),
        pytest.param(f"{HEAD}group g +1 a b\n", "threshold", id="a sign"),
        pytest.param(f"{HEAD}group g most a b\n", "threshold", id="a word"),
        pytest.param(f"{HEAD}group g any a a\n", "member-twice", id="a member twice"),
        pytest.param(
            f"{HEAD}group g any a\ngroup h any a\n", "member-twice", id="a member of two groups"
        ),
        pytest.param(f"{HEAD}group g any g\n", "name-unknown", id="a group in itself"),
        pytest.param(f"{HEAD}group g any none\n", "name-unknown", id="none as a member"),
        pytest.param(f"{HEAD}group a any b\n", "name-taken", id="a group named as a witness"),
        pytest.param(f"log {LOG.vkey}\nlog {LOG.vkey}\n", "key-twice", id="a log twice"),
        pytest.param("log " + LOG.vkey.replace("d117", "d118") + "\n", "key-id", id="key id"),
    ],
)
def test_bad_policies(text: str, rule: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parsed(text)
    assert caught.value.rule == rule


def test_one_key_is_not_a_log_and_a_witness() -> None:
    twin = WitnessKey(LOG.origin, bytes(range(32)))
    with pytest.raises(InvalidValue, match="key-twice"):
        parsed(f"log {LOG.vkey}\nwitness a {twin.vkey}\nquorum a\n")


def test_a_witness_of_low_order_is_refused_by_line() -> None:
    vkey = format_vkey(VerifierKey("w", bytes([1]) + bytes(31), 0x04))
    with pytest.raises(InvalidValue, match=r"line 2\.public_key"):
        parsed(f"# words\nwitness a {vkey}\nquorum a\n")


def test_a_file_is_named_in_its_fault(tmp_path: Path) -> None:
    path = tmp_path / "policy.txt"
    with pytest.raises(InvalidValue, match=r"policy\.txt"):
        load_policy(path)
    path.write_bytes(b"quorum \xff\n")
    with pytest.raises(InvalidValue, match=r"policy\.txt\.policy: give UTF-8"):
        load_policy(path)
    path.write_bytes(TWO_LEVELS.encode())
    assert load_policy(path).quorum == "both"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_policy_or_refused(data: bytes) -> None:
    try:
        policy = parse_policy(data)
    except InvalidValue:
        return
    assert parse_policy(format_policy(policy).encode()) == policy
