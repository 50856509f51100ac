"""Three browsers and a neutral: countered, accepted in part, signed on sheets; a stranger's sees it
not, in no answer and no stream."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.faces.web.desk import volume, write
from tests.faces.web.test_agreements import enrol, opened
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId

pytestmark = pytest.mark.browser

TITLE = "Passage, invented"
GUARDS = "guards of the port, invented"
STEP = "First warning by radio, invented, " + "then wait, " * 60 + "and listen"  # never cut short


@contextmanager
def caught(page: Page) -> Generator[list[str]]:
    """The bodies of all answers to a tab in the meantime; streams have no end to wait for."""
    bodies: list[str] = []

    def keep(response: Response) -> None:
        if "/api/v1/" in response.url and "stream" not in response.url:
            bodies.append(response.text())

    page.on("response", keep)
    yield bodies
    page.remove_listener("response", keep)


def sign_sheet(page: Page, sheet: str) -> None:
    page.get_by_role("button", name=f"Sign on the sheet of {sheet} …").click()
    form = page.get_by_role("form", name="Sign this text")
    digest = form.locator(".num").inner_text()
    assert len(digest) == 64
    form.get_by_role("button", name="Sign this text").click()
    expect(page.locator(".signatures")).to_contain_text(f"signed on the sheet of {sheet}")


def added(form: Any, kind: str, label: str, words: str) -> None:
    """Another provision of a kind, with these words in the field of that label."""
    form.get_by_label("Another provision").select_option(label=kind)
    form.get_by_role("button", name="Add it").click()
    form.locator("fieldset").last.get_by_label(label).first.fill(words)


def propose(alpha: Page) -> None:
    """A template filled in, changed, with three provisions more."""
    alpha.get_by_role("button", name="New, from a template").click()
    alpha.get_by_label("Party bravo").check()
    alpha.get_by_label("The desk (neutral)").check()
    alpha.locator("[data-template=black-sea]").click()
    form = alpha.get_by_role("form", name="Propose to the others")
    form.get_by_label("Title", exact=True).fill(TITLE)
    form.get_by_label("radius, metres").fill("9000")
    added(form, "Whom it binds", "NOT covered", f"{GUARDS}\nothers")
    added(form, "Steps of response", "words", STEP)
    added(form, "Line", "points", "38.25, 127 30 E\n38 15 36 N, 128.123456789")
    form.get_by_role("button", name="Propose to the others").click()
    provisions = alpha.locator("#agreement .provisions")
    expect(provisions).to_contain_text(f"NOT COVERED: {GUARDS}, others")
    expect(provisions).to_contain_text(f"1. {STEP}")
    expect(provisions).to_contain_text("No software selects a step")
    expect(provisions).to_contain_text("from 38.25000° N 127.50000° E to 38.26000° N")
    alpha.get_by_text("The one text, as it is signed").click()
    expect(alpha.locator("#agreement .text")).to_contain_text("[38260000000,128123456789]")


def counter(bravo: Page, alpha: Page) -> None:
    """Two provisions are accepted, one is changed and one left out."""
    bravo.locator("#agreements .row").click()
    bravo.get_by_role("button", name="Accept the marked provisions").click()
    expect(bravo.locator("#agreement [role=alert]")).to_contain_text("Mark the provisions")
    bravo.locator("[data-provision=transit]").check()
    bravo.locator("[data-provision=plan]").check()
    bravo.get_by_role("button", name="Accept the marked provisions").click()
    expect(alpha.locator(".signatures")).to_contain_text(
        "bravo accepted: transit, plan; nothing else"
    )
    bravo.get_by_role("button", name="Counter …").click()
    form = bravo.get_by_role("form", name="Propose version 2")
    form.get_by_label("Keep line-1").uncheck()
    form.get_by_label("radius, metres").fill("18520")
    form.get_by_role("button", name="Propose version 2").click()
    for page in (alpha, bravo):
        rows = page.locator("#agreement .provisions .differs")
        expect(rows).to_have_count(2)
        expect(rows.filter(has_text="transit")).to_contain_text("CHANGED")
        expect(rows.filter(has_text="line-1")).to_contain_text("REMOVED")


def sign_all(alpha: Page, bravo: Page, desk: Page) -> None:
    """Each party its own sheet, the neutral both; not before the last of them it holds."""
    sign_sheet(alpha, "alpha")
    sign_sheet(bravo, "bravo")
    expect(desk.locator("#agreements .row")).to_contain_text("waits for your signature")
    expect(desk.get_by_role("button", name="Counter …")).to_have_count(0)  # it carries, no more
    sign_sheet(desk, "alpha")
    expect(desk.locator("#agreement .state")).to_contain_text("nothing of it holds")
    sign_sheet(desk, "bravo")
    for page in (alpha, bravo, desk):
        expect(page.locator("#agreement .state")).to_have_text("IN FORCE")
        expect(page.locator(".signatures .done")).to_have_count(4)
        expect(page.locator("#agreement header")).to_contain_text("Reminders 14 days before")


def suspend(bravo: Page, alpha: Page) -> None:
    """One provision of it, for a reason that the other reads."""
    bravo.get_by_role("button", name="Suspend …").click()
    form = bravo.get_by_role("form", name="Suspend")
    form.get_by_label("Reason").fill("storm")
    form.get_by_label("only plan").check()
    form.get_by_role("button", name="Suspend").click()
    expect(alpha.locator("#agreement header")).to_contain_text("by bravo: storm. Only: plan. STOP")
    suspended = alpha.locator(".provisions tr").filter(has=alpha.get_by_text("SUSPENDED"))
    expect(suspended).to_have_count(1)
    expect(suspended).to_contain_text("plan")


def test_parties_sign_on_sheets_of_a_neutral_and_a_stranger_sees_nothing(
    console: Any, window: Callable[[], Any]
) -> None:
    node = console.node
    console.run(node.command(RegisterParty(PartyId("desk"), "The desk", neutral=True)))
    console.run(node.command(RegisterParty(PartyId("charlie"), "Party charlie")))
    tabs = {name: opened(console, window, name) for name in ("alpha", "bravo", "desk", "charlie")}
    alpha, bravo, desk, charlie = (tab[0] for tab in tabs.values())
    with caught(charlie) as strange:
        for page in (alpha, bravo, desk):
            enrol(page)
        propose(alpha)
        counter(bravo, alpha)
        sign_all(alpha, bravo, desk)
        suspend(bravo, alpha)
        expect(charlie.locator("#agreements")).to_contain_text("No agreement concerns you.")
    seen = charlie.locator("body").inner_text() + "".join(strange)
    assert len(strange) > 10
    for word in (TITLE, GUARDS, STEP, "black-sea", "Safe passage", "128123456789"):
        assert word not in seen
    assert [tab.said for _, tab in tabs.values()] == [[]] * 4


def test_a_renewal_begins_now_and_is_a_version_of_its_own(
    console: Any, window: Callable[[], Any]
) -> None:
    alpha, one = opened(console, window, "alpha")
    enrol(alpha)
    alpha.get_by_role("button", name="New, from a template").click()
    form = alpha.get_by_role("form", name="New agreement")
    form.get_by_label("Party bravo").check()
    form.get_by_label("Lasts, days").fill("2")
    alpha.locator("[data-template=stand-off-5-km]").click()
    form = alpha.get_by_role("form", name="Propose to the others")
    form.get_by_label("Lasts, days").fill("121")
    form.get_by_role("button", name="Propose to the others").click()
    expect(form.locator(".fault")).to_contain_text("give 0.01 to 120 days")
    form.get_by_label("Lasts, days").fill("2")
    form.get_by_role("button", name="Keep as a draft").click()
    expect(alpha.locator("#agreements .row")).to_contain_text("seen by your party alone")
    alpha.locator("#agreements .row").click()
    form.get_by_role("button", name="Propose to the others").click()
    expect(form.locator(".fault")).to_contain_text("its title still says “The line (placeholder)”")
    alpha.locator(":focus").fill("The line, invented")
    form.get_by_role("button", name="Propose to the others").click()
    expect(alpha.locator("#agreement h3")).to_be_visible()
    expect(alpha.locator("#agreements .row")).to_have_count(1)  # the draft is what was proposed
    bravo, two = opened(console, window, "bravo")
    enrol(bravo)
    for page in (alpha, bravo):
        page.get_by_role("button", name="Sign …").click()
        form = page.get_by_role("form", name="Sign this text")
        form.get_by_role("button", name="Sign this text").click()
        expect(page.locator(".signatures .done").first).to_be_visible()
    expect(alpha.locator("#agreement .state")).to_have_text("IN FORCE")
    expect(alpha.locator("#agreements .row")).to_contain_text("renew it, or it ends")
    expect(alpha.locator("#agreement header")).to_contain_text("Reminders 1 day before")
    alpha.get_by_role("button", name="Renew or change").click()
    form = alpha.get_by_role("form", name="Propose version 2")
    form.get_by_label("Lasts, days").fill("60")
    form.get_by_role("button", name="Propose version 2").click()
    expect(alpha.locator("#agreement .state")).to_contain_text("PROPOSED")
    alpha.get_by_role("button", name="v1 in-force").click()
    expect(alpha.locator("#agreement .state")).to_have_text("IN FORCE")  # until all have signed
    assert one.said == two.said == []


def test_what_one_party_declared_is_labelled_so_beside_the_agreements(
    console: Any, window: Callable[[], Any]
) -> None:
    zone = {"name": "Ours, invented", "volumes": [volume(10.0, 20.0)], "rule": "keep-out"}
    write(console, "bravo", "/zones", zone)
    alpha, one = opened(console, window, "alpha")
    row = alpha.locator("#unilateral .row-like")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("UNILATERAL / NOT AGREED")
    expect(row).to_contain_text("Ours, invented")
    expect(row).to_contain_text("Party bravo")
    expect(alpha.locator("#agreements")).to_contain_text("No agreement concerns you.")
    assert one.said == []


def test_what_is_not_touched_in_a_form_is_signed_as_it_was(
    console: Any, window: Callable[[], Any]
) -> None:
    """Every template through the form and out again, and each place typed back as it is shown."""
    page, _tab = opened(console, window, "alpha")
    found = page.evaluate(
        """async (token) => {
            const { editForm } = await import("/js/edit.js");
            const { inputOf, leaves, put } = await import("/js/inputs.js");
            const ask = async (path) => (await fetch(`/api/v1/${path}`, {
                headers: { Authorization: `Bearer ${token}` } })).json();
            const off = [];
            let places = 0;
            const { templates } = await ask("templates");
            for (const { name } of templates) {
                const { terms } = await ask(`templates/${name}?parties=alpha,bravo,desk`);
                let sent = null;
                const form = editForm({ terms, label: "x", nowMs: () => Date.now(), close() {},
                    send: async () => {}, // what still says (placeholder) may be kept only
                    others: [{ label: "Keep", act: async (made) => { sent = made; } }] });
                document.body.append(form);
                [...form.querySelectorAll("button")].find((b) => b.textContent === "Keep").click();
                await new Promise((done) => setTimeout(done, 50));
                form.remove();
                if (JSON.stringify(sent) !== JSON.stringify(terms)) off.push(name);
                for (const provision of terms.provisions) {
                    const again = structuredClone(provision);
                    for (const [path, value] of leaves(provision)) {
                        const given = inputOf(path, value, { parties: terms.parties, lineIds: [] });
                        given.input.value = given.text;
                        put(again, path, given.read(given.input));
                        places += 1;
                    }
                    if (JSON.stringify(again) !== JSON.stringify(provision)) {
                        off.push(`${name} ${provision.id}`);
                    }
                }
            }
            return { count: templates.length, off, places };
        }""",
        console.token("alpha"),
    )
    assert found["count"] == 8
    assert found["places"] > 80
    assert found["off"] == []
