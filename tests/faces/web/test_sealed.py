"""Sealed words in the browser: keys that stay there, keys that were compared, a host that lies."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from nacl.signing import SigningKey
from playwright.sync_api import Page, Route, expect

from tests.faces.web.desk import DESK, get, officer, volume, write
from wideberth.client import PartyKey
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.sealed import (
    About,
    AboutType,
    SealedText,
    SealKey,
    decoded,
    encoded,
    fingerprint,
)
from wideberth.sealed.texts import make_seal_key, open_text, seal_text

pytestmark = pytest.mark.browser

WORDS = "Wait at the ford until the medics are through. Grüße, 東"


class Machine:
    """A party that uses the command line: its keys, made by Python."""

    def __init__(self, console: Any, party: str) -> None:
        self.console = console
        self.key = PartyKey.make(console.node.origin, PartyId(party), KeyId("desk"))
        self.private = os.urandom(32)
        body = {
            "key_id": "desk",
            "public_key": encoded(self.key.public_key),
            "roles": [role.value for role in DESK],
            "proof": encoded(self.key.proof_of_possession()),
        }
        write(console, party, "/keys", body)
        write(console, party, "/seal-keys", without(self.seal_key, "party"))

    @property
    def seal_key(self) -> SealKey:
        return make_seal_key(self.key.sealer, self.private, 1)

    def send(self, about: About, to: SealKey) -> str:
        text = seal_text(self.key.sealer, WORDS, about=about, to=[to], random_bytes=os.urandom)
        answer = write(self.console, self.key.party, "/sealed-texts", without(text, "sender"))
        return answer["id"]

    def opens(self, name: str, sender: bytes) -> str:
        seen = get(self.console, self.key.party, f"/sealed-texts/{name}")
        text = msgspec.convert(
            {name: value for name, value in seen.items() if name not in ("id", "time")}, SealedText
        )
        origin, kid = self.key.origin, self.key.sealer.kid
        return open_text(
            text, origin=origin, kid=kid, private_key=self.private, sender_key=sender
        ).words


def without(thing: msgspec.Struct, member: str) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(thing).items() if name != member}


def at_the_browser(console: Any, window: Callable[[], Any], party: str) -> Page:
    """Signed in on the view of sealed words, with a key and a seal key of this browser."""
    page = officer(console, window, party, "sealed").page
    page.get_by_role("button", name="Make and enrol a key").click()
    page.get_by_role("button", name="Make and offer a seal key").click()
    expect(page.locator("#own-key")).to_contain_text("seal key number 1")
    return page


def browser_key(console: Any, party: str) -> tuple[bytes, SealKey]:
    """The signing key of the party's browser, and its seal key."""
    (key,) = get(console, party, f"/parties/{party}")["keys"]
    told = {"party": party, "key_id": key["key_id"], **key["seal_key"]}
    return decoded(key["public_key"], "key"), msgspec.convert(told, SealKey)


def compare(page: Page, kid: str, told: str) -> None:
    form = page.get_by_role("form", name=f"Compare {kid}")
    form.get_by_label("Fingerprint").fill(told)
    form.get_by_role("button", name="Compare").click()


def seal(page: Page, about: str, to: str) -> None:
    form = page.get_by_role("form", name="Seal words")
    kind, _, name = about.partition("/")
    form.get_by_label("About").select_option(kind)
    form.get_by_label("Its id").fill(name)
    form.get_by_label("Words").fill(WORDS)
    form.get_by_role("checkbox", name=to).check()
    form.get_by_role("button", name="Seal and send").click()


@pytest.mark.requirement("S-09")
def test_a_browser_and_a_machine_confide_in_each_other(
    console: Any, window: Callable[[], Any]
) -> None:
    bravo = Machine(console, "bravo")
    page = at_the_browser(console, window, "alpha")
    public, seal_key = browser_key(console, "alpha")
    expect(page.locator("#own-key")).to_contain_text(fingerprint(public))

    # Nothing is sealed, and nothing believed, before the keys were compared.
    expect(page.get_by_role("form", name="Seal words")).to_have_count(0)
    name = bravo.send(About(AboutType.PARTY, "alpha"), seal_key)
    card = page.locator(f"[data-sealed={name}]")
    card.get_by_role("button", name="Open").click()
    expect(page.locator("#view-sealed .fault").first).to_contain_text("not compared here")
    compare(page, "bravo/desk", fingerprint(public))
    expect(page.locator("#view-sealed .fault").first).to_contain_text("not the key")
    compare(page, "bravo/desk", fingerprint(bravo.key.public_key).upper())
    expect(page.locator("#compared")).to_contain_text("bravo/desk compared")

    card.get_by_role("button", name="Open").click()
    expect(card.locator(".words")).to_have_text(WORDS)
    seal(page, "party/bravo", "bravo")
    expect(page.locator("#sealed-texts .card")).to_have_count(2)
    (sent,) = (
        each["id"]
        for each in get(console, "bravo", "/sealed-texts")["sealed_texts"]
        if each["sender"] == "alpha"
    )
    assert bravo.opens(sent, public) == WORDS

    # The host: what came over its lines, and what is on its disk.
    came = b"".join(bytes(each) for each in console.cutter.sent.values())
    kept = b"".join(
        each.read_bytes() for each in Path(console.node.folder).rglob("*") if each.is_file()
    )
    for word in ("medics", "ford until"):
        assert word.encode() not in came
        assert word.encode() not in kept
    assert is_kept_in_the_browser(page)


def is_kept_in_the_browser(page: Page) -> bool:
    """Whether no private key of this browser can be taken out of it."""
    return page.evaluate(
        """() => new Promise((resolve, reject) => {
          const opening = indexedDB.open("wideberth", 1);
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const asked = opening.result.transaction("keys").objectStore("keys").getAll();
            asked.onsuccess = () => {
              const found = [];
              const walk = (value) => {
                if (value instanceof CryptoKey && value.type === "private") {
                  found.push(value.extractable);
                } else if (value && typeof value === "object") Object.values(value).forEach(walk);
              };
              walk(asked.result);
              resolve(found.length === 2 && !found.includes(true));
            };
          };
        })"""
    )


@pytest.mark.parametrize("what", ["signing key", "seal key"])
@pytest.mark.requirement("P-01")
def test_a_host_that_swaps_a_key_gets_nothing(
    console: Any, window: Callable[[], Any], what: str
) -> None:
    bravo = Machine(console, "bravo")
    page = at_the_browser(console, window, "alpha")
    compare(page, "bravo/desk", fingerprint(bravo.key.public_key))
    expect(page.locator("#compared")).to_contain_text("bravo/desk compared")
    evil = PartyKey(console.node.origin, PartyId("bravo"), KeyId("desk"), SigningKey.generate())
    forged = make_seal_key(evil.sealer, bytes(range(32)), 1)

    def lie(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        for party in told["parties"]:
            for key in party.get("keys", ()):
                if party["id"] == "bravo":
                    key["seal_key"] = without(forged, "party")
                    del key["seal_key"]["key_id"]
                    if what == "signing key":
                        key["public_key"] = encoded(evil.public_key)
        route.fulfill(response=answer, json=told)

    page.route(re.compile(r"/api/v1/parties(\?|$)"), lie)
    seal(page, "party/bravo", "bravo")
    said = "not the key that was compared" if what == "signing key" else "not signed by the key"
    expect(page.locator("#view-sealed .fault").first).to_contain_text(said)
    assert get(console, "bravo", "/sealed-texts")["sealed_texts"] == []


def test_a_reason_is_sealed_to_whoever_told(console: Any, window: Callable[[], Any]) -> None:
    bravo = Machine(console, "bravo")
    page = at_the_browser(console, window, "alpha")
    public, _ = browser_key(console, "alpha")
    compare(page, "bravo/desk", fingerprint(bravo.key.public_key))
    expect(page.locator("#compared")).to_contain_text("bravo/desk compared")
    flight = {"kind": "flight", "volumes": [volume(46.8, 7.6)]}
    write(console, "alpha", "/intents", flight)
    write(console, "bravo", "/intents", flight)
    page.locator("#nav").get_by_role("link", name="Inbox").click()
    page.get_by_role("button", name="DISPUTED").click()
    form = page.get_by_role("form", name=re.compile("DISPUTED"))
    form.get_by_label("Reason").fill(WORDS)
    form.get_by_role("checkbox", name="Seal it to bravo").check()
    form.get_by_role("button", name="Send DISPUTED").click()
    expect(page.locator("#view-inbox")).to_contain_text("DISPUTED at")
    (notice,) = get(console, "alpha", "/notices")["notices"]
    (answer,) = notice["answers"]
    assert re.fullmatch("sealed-[0-9a-f]{64}", answer["reason"])
    assert bravo.opens(answer["reason"], public) == WORDS
    expect(page.locator("#view-inbox")).to_contain_text("sealed words")
    head = httpx.get(f"{console.url}/api/v1/space").json()
    assert WORDS not in json.dumps(head)


@pytest.mark.requirement("S-09")
def test_the_first_screen_says_who_the_host_is_and_what_it_reads(
    console: Any, window: Callable[[], Any]
) -> None:
    page: Page = window().page
    page.goto(f"{console.url}/")
    told = page.locator("#sign-space")
    expect(told).to_contain_text("hosted by the test.")  # as [space] host of its settings says
    expect(told).to_contain_text(
        "The host can read all that is told to this node but sealed words:"
        " places, times, heights, who told what to whom and who answered."
    )
    page.goto(console.address("alpha"))
    host = page.locator("#facts div", has_text="Hosted by")
    expect(host).to_contain_text("the test")
    expect(host).to_have_attribute("title", re.compile("can read all that is told"))
