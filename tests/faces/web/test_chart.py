"""The map of the picture: tracks are picked, places read as preferred, long lists stay quick."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.faces.web.pure import run
from tests.faces.web.test_console import report, tell

FED = """async (load, { text, cuts }) => {
    const { Parser } = await load("stream.js");
    return cuts.map((some) => {
        const found = [];
        const parser = new Parser((event) => found.push(event));
        let before = 0;
        for (const cut of [...some, text.length]) {
            parser.feed(text.slice(before, cut));
            before = cut;
        }
        return found;
    });
}"""
LONG_JS = """async () => {
    const { longRows } = await import("/js/longlist.js");
    const box = document.createElement("div");
    box.style.cssText = "height: 400px; overflow-y: auto; position: fixed; width: 300px; inset: 0";
    document.body.append(box);
    const items = Array.from({ length: 5000 }, (_, i) => i);
    const draw = () => longRows(box, items, (i) => ({ key: `k${i}`, shows: [i], make: () => {
        const row = document.createElement("p");
        row.textContent = `row ${i}`; row.style.cssText = "height: 30px; margin: 0";
        return row;
    } }), "none");
    const seen = () => [...box.querySelectorAll("p")].map((each) => each.textContent);
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const turn = async () => { await frame(); await frame(); };
    draw(); draw();
    const first = seen();
    box.scrollTop = box.scrollHeight / 2; await turn(); await turn();
    const middle = seen();
    box.scrollTop = box.scrollHeight; await turn(); await turn();
    const end = seen();
    items.length = 3; draw();
    return { first, middle, end, few: seen(), height: box.scrollHeight };
}"""


def test_a_stream_reads_the_same_however_it_is_cut() -> None:
    text = (
        ": beat\r\n\r\nid: 7\nevent: tracks\ndata: one\ndata:two\n\n"
        "data: \rdata:  x: y\r\r\nevent:z\r\ndata: last\r\n\r\n"
    )
    made = random.Random(5)
    cuts = [[], [*range(1, len(text))]]
    cuts += [sorted(made.sample(range(len(text)), 9)) for _ in range(200)]
    whole, *others = run(FED, {"text": text, "cuts": cuts})
    assert [each["data"] for each in whole] == ["one\ntwo", "\n x: y", "last"]
    assert whole[0]["id"] == "7"
    for at, found in zip(cuts[1:], others, strict=True):
        assert found == whole, at


@pytest.mark.browser
def test_a_track_is_picked_on_the_map_and_places_read_as_preferred(
    console: Any, window: Callable[[], Any]
) -> None:
    seen = window()
    page = seen.page
    tell(console, "alpha", "ALPHA1")
    report(console, "bravo", "BRAVO1")
    page.goto(console.address("alpha"))
    row = page.locator("#tracks .row")
    expect(row).to_contain_text("BRAVO1")
    row.click()  # brought into view and picked
    expect(row).to_have_class("row  on")
    page.locator("#intents .row").first.click()
    expect(row).not_to_have_class("row  on")
    place = page.evaluate(
        """() => document.getElementById("map").getBoundingClientRect().toJSON()"""
    )
    assert place["width"] > 300
    output = page.locator("#map .read-out output")
    expect(output).to_have_text(re.compile(r"^\d+\.\d{5}° N \d+\.\d{5}° E$"))
    page.get_by_label("Coordinates as").first.select_option("MGRS")
    expect(output).to_have_text(re.compile(r"^34P \w\w \d{5} \d{5}$"))
    page.reload()
    expect(page.locator("#map .read-out output")).to_have_text(
        re.compile(r"^\d\d[A-Z] \w\w \d{5} \d{5}$")
    )
    page.locator("#map canvas").first.hover()
    expect(page.locator("#map .read-out")).to_contain_text("pointer")
    assert seen.said == []

    found = page.evaluate(LONG_JS)
    assert found["first"][0] == "row 0"
    assert "row 2500" in found["middle"]
    assert found["end"][-1] == "row 4999"
    assert max(len(found[part]) for part in ("first", "middle", "end")) < 60
    assert found["few"] == ["row 0", "row 1", "row 2"]
