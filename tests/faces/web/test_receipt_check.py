"""The browser's own check of a receipt, against the Python verifier, and with faults planted."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.faces.web.desk import get, officer, write
from wideberth.errors import InvalidValue, WideberthError
from wideberth.faces.web import STATIC
from wideberth.record.cosignatures import WitnessKey, cosignature_line, verified_cosignatures
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import from_base64, parse_note, parse_receipt, to_base64
from wideberth.record.verify import verify_receipt

pytestmark = pytest.mark.browser

LOG = OriginKey("space.example/log", bytes(range(32)))
OTHER = OriginKey("space.example/log", bytes([7]) * 32)
WITNESS = WitnessKey("witness.example/w1", bytes([1]) * 32)
STRANGER = WitnessKey("witness.example/w2", bytes([2]) * 32)

CHECK_JS = """async ({files, vkey, witnesses}) => {
    const { check } = await import("/js/receiptcheck.js");
    const found = [];
    for (const file of files) {
        const { holds, steps } = await check(file, { vkey, witnesses });
        const failed = steps.find((each) => each.holds === false)?.name ?? null;
        found.push([holds, failed, steps.at(-1).holds]);
    }
    return found;
}"""


def disclosures(*, cosigned: bool) -> list[dict[str, Any]]:
    """Files of every entry of trees of many sizes; where asked, cosigned by the witness."""
    chance = random.Random(31)
    made: list[dict[str, Any]] = []
    for size in (1, 2, 3, 5, 8, 13, 64):
        record = MemoryRecord(LOG, random_bytes=chance.randbytes)
        envelopes = [f'{{"v":1,"n":{n},"t":"ä {chance.random()}"}}'.encode() for n in range(size)]
        record.append(envelopes, 0, time_us=0)
        for position in range(size):
            row = record.read(position, 1)[0]
            receipt = record.receipt(position)
            if cosigned:
                text = parse_note(parse_receipt(receipt).note).text
                for key in (STRANGER, WITNESS):
                    receipt += cosignature_line(key.cosign(text, time_s=1_700_000_000))
            made.append(
                {
                    "wideberth_disclosure": 1,
                    "salt": to_base64(row.salt),
                    "envelope": row.envelope.decode(),
                    "receipt": receipt,
                }
            )
    return made


def is_true(file: dict[str, Any], *, witnessed: bool) -> bool:
    """The Python verifier's verdict."""
    try:
        salt = from_base64(file["salt"], field="salt")
        if len(salt) != 16:
            return False
        receipt, envelope = file["receipt"], file["envelope"].encode()
        verify_receipt(receipt, envelope=envelope, salt=salt, vkey=LOG.vkey)
        if witnessed:
            note = parse_note(parse_receipt(receipt).note)
            seen = verified_cosignatures(note.text, note.signatures, [WITNESS.verifier])
            return bool(seen)
    except (WideberthError, InvalidValue):
        return False
    return True


def mutated(files: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Each with one character, or one line, of one member changed, doubled or taken away."""
    chance = random.Random(37)
    made: list[dict[str, Any]] = []
    for _ in range(count):
        file = dict(chance.choice(files))
        member = chance.choice(("salt", "envelope", "receipt", "receipt", "receipt"))
        text = file[member]
        at = chance.randrange(len(text))
        lines = text.split("\n")
        line = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                text = text[:at] + chance.choice("0aZ+/= \n\t—") + text[at + 1 :]
            case 1:
                text = text[:at] + text[at + 1 :]
            case 2:
                text = "\n".join([*lines[:line], *lines[line + 1 :]])
            case 3:
                text = "\n".join([*lines[: line + 1], *lines[line:]])
            case _:
                other = chance.choice(files)[member].split("\n")
                lines[line] = other[min(line, len(other) - 1)]
                text = "\n".join(lines)
        made.append(file | {member: text})
    return made


def checked(page: Page, files: list[dict[str, Any]], *, witnessed: bool) -> list[list[Any]]:
    written = [json.dumps(each, ensure_ascii=False) for each in files]
    witnesses = [WITNESS.vkey] if witnessed else []
    return page.evaluate(CHECK_JS, {"files": written, "vkey": LOG.vkey, "witnesses": witnesses})


def everything() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """True ones and changed ones, half of them cosigned."""
    files = [*disclosures(cosigned=False), *disclosures(cosigned=True)]
    return files, mutated(files, 600)


@pytest.mark.parametrize("witnessed", [False, True])
def test_the_browser_says_of_each_receipt_what_the_python_verifier_says(
    console: Any, window: Callable[[], Any], witnessed: bool
) -> None:
    page = window().page
    page.goto(console.url)
    true, changed = everything()
    wanted = [is_true(each, witnessed=witnessed) for each in (*true, *changed)]
    assert wanted.count(True) > 90
    assert wanted.count(False) > 300
    found = checked(page, [*true, *changed], witnessed=witnessed)
    assert [holds for holds, *_ in found] == wanted
    # What no witness was given for is never said to be cosigned.
    cosigned = [is_seen for holds, _, is_seen in found if holds]
    assert set(cosigned) == {True if witnessed else None}


def test_the_step_that_fails_is_named(console: Any, window: Callable[[], Any]) -> None:
    page = window().page
    page.goto(console.url)
    file = disclosures(cosigned=True)[-30]
    receipt: str = file["receipt"]
    head, _, note = receipt.partition("\n\n")
    text = parse_note(note).text
    forged = cosignature_line(WITNESS.cosign(text, time_s=5)).replace("AAAAAAAAA", "AAAAAAAAB")
    by_other = MemoryRecord(OTHER, random_bytes=bytes)
    by_other.append([b"{}"], 0, time_us=0)
    index = head.split("\n")[1]
    cases = {
        "form": file | {"receipt": receipt.replace("tlog-proof@v1", "tlog-proof@v2")},
        "head": file | {"receipt": by_other.receipt(0)},
        "entry": file | {"receipt": receipt.replace(index, "index 1")},
        "witnesses": file | {"receipt": "\n".join([*receipt.split("\n")[:-2], forged])},
    }
    for step, each in cases.items():
        ((holds, failed, _),) = checked(page, [each], witnessed=True)
        assert (holds, failed) == (False, step)
    weak = "space.example/log+00000000+" + to_base64(b"\x01" + bytes(32))
    for vkey in (OTHER.vkey, WITNESS.vkey, weak, "", LOG.vkey + "x"):
        given = {"files": [json.dumps(file)], "vkey": vkey, "witnesses": []}
        ((holds, failed, _),) = page.evaluate(CHECK_JS, given)
        assert not holds
        assert failed == ("head" if vkey == OTHER.vkey else "key")


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        pytest.param(
            "if (!(await isSigned(key.key, line.blob, utf8.encode(text)))) throw",
            "if (false) throw",
            id="the log's signature is not looked at",
        ),
        pytest.param("if (!isSame(root, head.root))", "if (false)", id="any root will do"),
        pytest.param("fn & 1n || fn === sn", "fn & 1n", id="the last of an odd tree"),
        pytest.param("[0, 1], inner", "[1, 1], inner", id="a leaf is hashed as a node"),
        pytest.param(
            "if (!(await isSigned(key, line.blob.slice(8)",
            "if (false && !(await isSigned(key, line.blob.slice(8)",
            id="cosignatures are not looked at",
        ),
        pytest.param(
            "if (btoa(String.fromCharCode(...bytes)) !== text) throw",
            "if (false) throw",
            id="base64 in another spelling",
        ),
    ],
)
def test_a_planted_fault_is_found(
    console: Any, window: Callable[[], Any], sound: str, faulty: str
) -> None:
    page = window().page
    source = (STATIC / "js" / "receiptcheck.js").read_text()
    assert sound in source
    changed_source = source.replace(sound, faulty)
    page.route(
        "**/js/receiptcheck.js",
        lambda route: route.fulfill(body=changed_source, content_type="text/javascript"),
    )
    page.goto(console.url)
    true, changed = everything()
    wanted = [is_true(each, witnessed=True) for each in (*true, *changed)]
    found = checked(page, [*true, *changed], witnessed=True)
    assert [holds for holds, *_ in found] != wanted


def test_the_record_is_browsed_and_an_entry_proved_saved_and_checked(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    incident = {"title": "Near the river", "parties": ["bravo"]}
    incident |= {"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T11:00:00Z"}
    write(console, "alpha", "/incidents", incident)
    write(console, "bravo", "/heartbeat", {})
    seen = window()
    page = officer(console, lambda: seen, "alpha", "record").page
    rows = page.locator("#entries .row")
    expect(rows.first).to_contain_text("IncidentOpened")
    page.get_by_label("Kind").select_option("IncidentOpened")
    expect(rows).to_have_count(1)
    rows.click()
    entry = page.locator("#entry")
    expect(entry).to_contain_text("TRUE: the entry is in the record")
    expect(entry).to_contain_text("Checked under the key that this node names itself")
    expect(entry.locator(".envelope").last).to_contain_text("Near the river")
    with page.expect_download() as saved:
        entry.get_by_role("button", name="Save it with its proof").click()
    assert saved.value.suggested_filename.startswith("EXERCISE-entry-")
    text = saved.value.path().read_text()
    form = page.get_by_role("form", name="Check a receipt")
    verdict = page.locator("#verdict")
    form.get_by_label("The file, pasted or dropped here").first.fill(text)
    form.get_by_role("button", name="Check it").click()
    expect(verdict).to_contain_text("TRUE: the entry is in the record")
    form.get_by_label("The file, pasted or dropped here").first.fill(
        text.replace("Near the river", "Near the bridge")
    )
    form.get_by_role("button", name="Check it").click()
    expect(verdict).to_contain_text("FALSE: this proves nothing: The entry stands at its place")
    shots = tmp_path_factory.mktemp("shots")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=str(shots / f"record-{width}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    other = officer(console, window, "bravo", "record").page  # it sees its own, and that alone
    entries = get(console, "bravo", "/record/entries")["entries"]
    readable = sum("envelope" in each for each in entries)
    counted = other.locator("#n-entries")
    expect(counted).to_contain_text(f"{readable} entries, {len(entries) - readable} that you may")
    assert not [each for each in seen.said if "Error" in each]
