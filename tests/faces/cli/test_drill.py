"""``wideberth drill``: messages by hand, the read-back test, and faults in an exercise only."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api_world import World, serving
from wideberth.delivery.readback import item_text
from wideberth.faces.cli import _faults
from wideberth.faces.cli._faults import FAULTS, Hands, Reaction
from wideberth.faces.cli._read_back import mistakes, typed, whole
from wideberth.faces.cli.app import app
from wideberth.model.readbacktests import LANGUAGES, facts_of
from wideberth.space.time import format_rfc3339

DRILL = "[space]\nexercise = true\n"


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["drill", *arguments], input=typed)


def made(folder: Path, settings: str) -> Path:
    data = folder / "wideberth-data"
    data.mkdir(parents=True, mode=0o700)
    (data / "wideberth.toml").write_text(settings)
    return data


def test_a_drill_is_sent_and_listed_with_what_waits(tmp_path: Path) -> None:
    data = str(made(tmp_path, "[space]\n"))
    added = CliRunner().invoke(app, ["party", "add", "alpha", "--unit", "crew", "--folder", data])
    assert added.exit_code == 0, added.output
    sent = run("send", "alpha", "--within", "5m", "--folder", data)
    assert sent.exit_code == 0, sent.output
    assert "to alpha, units crew" in sent.stdout
    assert "no notice" in sent.stdout
    listed = run("list", "--folder", data)
    assert "waiting   alpha  by host" in listed.stdout
    for hop in ("RECEIVED", "READ-BACK", "LOADED crew"):
        assert f"waits  {hop}" in listed.stdout
    (line,) = run("list", "--json", "--folder", data).stdout.splitlines()
    assert json.loads(line)["state"] == "waiting"
    assert "word" not in json.loads(line), "the word is the recipient's alone"
    assert run("send", "nobody", "--folder", data).exit_code == 2


@pytest.mark.requirement("X-04")
def test_each_fault_is_met_as_it_should_be_over_http(tmp_path: Path) -> None:
    data = made(tmp_path, DRILL)
    with serving(tmp_path) as (url, _):
        done = run("fault", "all", "--folder", str(data), "--url", url)
        assert done.exit_code == 0, done.output
        lines = [each for each in done.stdout.splitlines() if not each.startswith(" ")]
        assert [each.split()[:2] for each in lines] == [["ok", name] for name in FAULTS]
        assert all(each.endswith(" s") for each in lines)
        for words in (
            "422 datum-unsupported",
            "422 moved-far",
            "clock-off: yours is ahead by",
            "409 idempotency-key-reused",
            "unverified, carried",
            "not reached; open",
        ):
            assert words in done.stdout, words
        assert "EXERCISE" in done.stderr
        again = run("fault", "duplicate", "--folder", str(data), "--url", url)
        assert again.exit_code == 0, again.output


@pytest.mark.requirement("X-04")
def test_no_fault_is_sent_to_a_real_space(tmp_path: Path) -> None:
    data = made(tmp_path, "[space]\n")
    with serving(tmp_path) as (url, world):
        size = world.node.service.picture.size
        refused = run("fault", "all", "--folder", str(data), "--url", url)
        assert refused.exit_code == 2
        assert "exercise-only" in refused.stderr
        assert world.node.service.picture.size == size, "nothing was done"
        drill = made(tmp_path / "drill", DRILL)
        added = CliRunner().invoke(app, ["party", "add", "alpha", "--folder", str(drill)])
        assert added.exit_code == 0, added.output
        other = run("fault", "all", "--folder", str(drill), "--url", url)
        assert other.exit_code == 2
        assert "another-record" in other.stderr
    dead = run("fault", "duplicate", "--folder", str(drill), "--url", url)
    assert "unreachable" in dead.stderr
    assert run("fault", "none", "--folder", str(drill)).exit_code == 2


@pytest.mark.requirement("X-04")
def test_a_reaction_that_is_not_as_wanted_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: a node that takes what it should ask about."""

    async def taken(hands: Hands) -> Reaction:
        told = await hands.told(_faults.PARTIES[0])
        return Reaction("asked about", f"taken as {told['intent']['id']}", False)

    monkeypatch.setitem(FAULTS, "wrong-datum", taken)
    data = made(tmp_path, DRILL)
    with serving(tmp_path) as (url, _):
        done = run("fault", "wrong-datum", "--folder", str(data), "--url", url)
    assert done.exit_code == 1
    assert done.stdout.startswith("FAIL")


@pytest.mark.requirement("X-05")
def test_the_test_is_taken_at_the_keyboard(tmp_path: Path) -> None:
    data = made(tmp_path, "[space]\n")
    with serving(tmp_path) as (url, world):
        token = world.tokens["alpha"]
        key = str(tmp_path / "alpha.key")
        enrolled = CliRunner().invoke(
            app, ["party", "key", "alpha", "--out", key, "--folder", str(data)]
        )
        assert enrolled.exit_code == 0, enrolled.output
        asked = ("test", "--key", key, "--url", url, "--token", token)
        wrong = run(*asked, typed="1\nhere\nnow\nlater\n0\n0\nyes\nyes\n")
        assert wrong.exit_code == 1, wrong.output
        assert "1 message to read back: en" in wrong.stderr
        assert "like 2041-03-05 19:54" in wrong.stdout, "it says in which form to type"
        assert "en/begins: typed 'now'; the message says Begins: " in wrong.stdout
        assert "en/permission: typed 'yes'; no: a message is neither" in wrong.stdout
        broken = run(*asked, typed="1\nhere\n")
        assert broken.exit_code == 1
        assert "counts as one of the five" in broken.stderr
        assert "nobody grades it after " in broken.stderr
        assert "TEST - nothing of this is real" in wrong.stdout
        assert "not passed; wrong: en/identification, en/place" in wrong.stdout
        answers = tmp_path / "answers.json"
        answers.write_text("{}")
        assert run(*asked, "--answers", str(answers)).exit_code == 2
        asyncio.run(_answer_as_shown(url, token, world, key))
    assert run("test", "--key", key, "--url", url).exit_code == 2, "no token"


async def _answer_as_shown(url: str, token: str, world: World, key: str) -> None:
    from wideberth.client import Client, PartyKey

    async with Client(url, token, key=PartyKey.load(Path(key))) as client:
        test = await client.signed("POST", "/read-back-tests", "BeginReadBackTest", {})
        picture = world.node.service.picture
        (standing,) = (picture.read_back_tests[each] for each in picture.read_back_tests)
        assert standing.begun is not None
        assert test["items"]
        seed = standing.begun.seed
        facts = facts_of(seed, "en")
        answer = {
            "language": "en",
            "identification": facts.identification,
            "place": f"{facts.latitude_nd / 1e9:.6f}, {facts.longitude_nd / 1e9:.6f}",
            "begins": format_rfc3339(facts.start_us),
            "ends": format_rfc3339(facts.end_us),
            "lowest_m": str(facts.lower_m),
            "highest_m": str(facts.upper_m),
            "permission": "no",
            "clear": "no",
        }
        body = {"answers": [answer]}
        path = "/read-back-tests/answers"
        assert (await client.signed("POST", path, "AnswerReadBackTest", body))["passed"]


def test_a_drill_is_listed_and_answered_by_its_party(tmp_path: Path) -> None:
    data = made(tmp_path, "[space]\n")
    key = tmp_path / "alpha.key"
    with serving(tmp_path) as (url, world):
        asks = ("--url", url, "--token", world.tokens["alpha"])
        enrolled = CliRunner().invoke(
            app, ["party", "key", "alpha", "--out", str(key), "--folder", str(data)]
        )
        assert enrolled.exit_code == 0, enrolled.output
        sent = run("send", "alpha", "--within", "10m", "--folder", str(data))
        assert sent.exit_code == 0, sent.output
        listed = run("list", *asks)
        assert listed.exit_code == 0, listed.output
        assert "waiting   alpha  by host" in listed.stdout
        (row,) = run("list", "--json", *asks).stdout.splitlines()
        drill = json.loads(row)
        assert f"READ-BACK, the word is {drill['word']}" in listed.stdout
        assert (
            "word"
            not in run("list", "--json", "--url", url, "--token", world.tokens["bravo"]).stdout
        )
        signed = ("--key", str(key), *asks)
        assert run("answer", drill["id"], "received", *asks).exit_code == 0
        unsigned = run("answer", drill["id"], "READ-BACK", "--word", drill["word"], *asks)
        assert unsigned.exit_code == 2
        assert "signature-required" in unsigned.stderr
        misread = run("answer", drill["id"], "READ-BACK", "--word", "nothing", *signed)
        assert "read-back-mismatch" in misread.stderr
        done = run("answer", drill["id"], "READ-BACK", "--word", drill["word"], *signed)
        assert done.exit_code == 0, done.output
        (unit,) = drill["units"]
        for hop in ("PASSED-DOWN", "LOADED"):
            assert run("answer", drill["id"], hop, "--unit", unit, *signed).exit_code == 0
        assert "answered  alpha" in run("list", *asks).stdout
        unknown = run("answer", "nosuch", "RECEIVED", *asks)
        assert unknown.exit_code == 2
        assert "no-such-drill" in unknown.stderr


@pytest.mark.parametrize(
    ("field", "text", "wanted"),
    [
        ("begins", "19:54", "2041-03-05T19:54:00Z"),
        ("ends", "9:05Z", "2041-03-05T09:05:00Z"),
        ("begins", "2041-03-05 19:54 UTC", "2041-03-05T19:54:00Z"),
        ("begins", "now", "now"),
        ("place", "-7,458000, 54,852000", "-7.458000, 54.852000"),
        ("place", "-7.458, 54.852", "-7.458, 54.852"),
        ("clear", "No.", "no"),
        ("clear", "\u0644\u0627", "no"),
        ("permission", "OUI", "yes"),
    ],
)
def test_what_is_typed_is_taken_as_meant(field: str, text: str, wanted: str) -> None:
    assert whole(field, text, lambda: "2041-03-05") == wanted


def test_what_is_neither_yes_nor_no_is_asked_again() -> None:
    lines = iter(["4711", "0, 0", "now", "later", "0", "1", "perhaps", "no", "no"])
    asked: list[str] = []

    def prompt(text: str) -> str:
        asked.append(text)
        return next(lines)

    said = typed({"language": "en", "text": ""}, prompt)
    assert said["permission"] == "no"
    assert "    type yes or no" in asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_mistake_names_the_line_that_says_it(language: str) -> None:
    facts = facts_of("seed", language)
    text = item_text(facts, language=language)
    place = f"{facts.latitude_nd / 1e9:.6f}, {facts.longitude_nd / 1e9:.6f}"
    expected = {
        "identification": facts.identification,
        "place": place,
        "begins": format_rfc3339(facts.start_us),
        "ends": format_rfc3339(facts.end_us),
        "lowest_m": f"{facts.lower_m} m",
        "highest_m": f"{facts.upper_m} m",
    }
    items = [{"language": language, "text": text}]
    for field, words in expected.items():
        given = [{"language": language, field: "x"}]
        (line,) = mistakes(items, given, [f"{language}/{field}"])
        assert line.startswith(f"  {language}/{field}: typed 'x'; the message says ")
        assert words in line
