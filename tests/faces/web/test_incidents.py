"""The incidents page: two parties and an observer, each at a browser of its own. Each column stands
alone, each reads what is shown to it and no more, and the page judges nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.faces.web.desk import get, officer, write
from wideberth.faces.cli._lodged import kept_of
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId

pytestmark = pytest.mark.browser

TITLE = "The morning at the river"
NAMED = ("alpha", "bravo", "lake")
SECRET = "Only for bravo to read"
JUDGES = re.compile(
    r"\b(sever\w*|serious\w*|grave|critical\w*|fault\w*|blam\w*|guilt\w*|culpab\w*|violat\w*|"
    r"hostil\w*|aggress\w*|deliberate\w*|accident\w*|intention\w*|provo\w*|attack\w*|wrong\w*|"
    r"liar|lie[sd]?|true|false|credib\w*)\b",
    re.IGNORECASE,
)


def register(console: Any, *parties: str) -> None:
    for party in parties:
        console.run(console.node.command(RegisterParty(PartyId(party), f"Party {party}", ())))


def at_incidents(console: Any, window: Callable[[], Any], party: str) -> Page:
    """At the page, with a key of this browser."""
    page = officer(console, window, party, "incidents").page
    view = page.locator("#view-incidents")
    view.get_by_role("button", name="Make and enrol a key").click()
    expect(view.locator(".signing")).to_contain_text("Answers are signed with the key")
    return page


def open_incident(page: Page) -> None:
    page.get_by_role("button", name="Open an incident").click()
    form = page.get_by_role("form", name="Open an incident")
    form.get_by_label("Title").fill(TITLE)
    form.get_by_label("From, UTC").fill("2026-01-10 09:00")
    form.get_by_label("To, UTC").fill("2026-01-10 09:30")
    form.get_by_role("group", name="Parties to it").get_by_label("Party bravo").check()
    form.get_by_role("group", name="Observers").get_by_label("Party lake").check()
    form.get_by_role("button", name="Open it").click()
    expect(page.locator("#incident h3")).to_have_text(TITLE)


def give(page: Page, told: dict[str, str], who: str, *, to: str | None = None) -> None:
    """Give an account, or correct it. told: by the label of the field; who: who may read it."""
    page.get_by_role("button", name=re.compile("(Give|Correct) your account")).click()
    form = page.get_by_role("form", name=re.compile("your account"))
    for label, value in told.items():
        form.get_by_label(label, exact=True).fill(value)
    form.get_by_label(who).check()
    if to is not None:
        form.get_by_role("group", name="These parties").get_by_label(to).check()
    form.get_by_role("button", name="Sign and give it").click()
    expect(form).to_have_count(0)


def column(page: Page, party: str) -> Locator:
    return page.locator(f"#incident [data-party={party}]")


def columns(page: Page) -> list[str]:
    return page.locator("#incident .column h5").all_inner_texts()


def says_nothing_of_anybody(page: Page) -> None:
    """No word of the page itself, outside of what parties wrote, weighs or judges."""
    said = page.evaluate(
        """() => {
          const copy = document.getElementById("view-incidents").cloneNode(true);
          for (const each of copy.querySelectorAll(".words, h3, #incidents b")) each.remove();
          const labels = [...copy.querySelectorAll("[aria-label], [placeholder], [title]")]
            .flatMap((each) => [each.ariaLabel, each.placeholder, each.title]);
          return [copy.textContent, ...labels].join("\\n");
        }"""
    )
    assert JUDGES.findall(said) == []


# Puts a fault into a box, and again as often as what is drawn anew has lost it.
PLANTED_AGAIN = """(box) => {
  const plant = PLANTED;
  const watched = { childList: true, attributes: true, subtree: true };
  const again = new MutationObserver(() => {
    again.disconnect();
    plant(box);
    again.observe(box, watched);
  });
  plant(box);
  again.observe(box, watched);
}"""

ALPHA = {
    "Time, UTC": "2026-01-10 09:12",
    "may be off by, in seconds": "30",
    "Latitude": "47.0",
    "Longitude": "7 30 00 E",
    "may be off by, in metres": "500",
    "Aircraft": "one fixed wing",
    "Words": "It crossed the river.",
}
BRAVO = {
    "Time, UTC": "2026-01-10 09:20",
    "Latitude": "47 00 00 N",
    "Longitude": "7.6",
    "may be off by, in metres": "100",
    "Words": SECRET,
}


@pytest.mark.requirement("I-01")
def test_each_side_stands_in_a_column_of_its_own_and_shows_it_to_whom_it_likes(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    register(console, "lake", "outside")
    alpha, bravo, lake = (at_incidents(console, window, each) for each in NAMED)
    outside = officer(console, window, "outside", "incidents").page
    open_incident(alpha)
    for page in (bravo, lake):
        expect(page.locator("#incident h3")).to_have_text(TITLE)
        assert columns(page) == ["Party alpha", "Party bravo", "Party lake", "Record shows"]
        expect(column(page, "alpha")).to_contain_text("Nothing that is shown to you")
    expect(column(alpha, "alpha")).to_contain_text("You have given no account yet.")
    expect(outside.locator("#incidents")).to_contain_text("No incident names your party")

    give(alpha, ALPHA, "all who are named in it now")
    give(bravo, BRAVO, "these:", to="Party alpha")
    expect(column(alpha, "bravo")).to_contain_text(SECRET)
    expect(column(lake, "alpha")).to_contain_text("47.00000° N 7.50000° E ±\u00a0500")
    expect(column(lake, "alpha")).to_contain_text("shows it to: Party bravo, Party lake")
    expect(column(lake, "bravo")).to_contain_text("Nothing that is shown to you")
    expect(column(bravo, "bravo")).to_contain_text("Not shown to: Party lake")
    expect(column(alpha, "bravo").locator("[data-claim=identity]")).to_contain_text("does not say")

    # Where they differ, for those who may read both; both values, each with its own error.
    rows = alpha.locator("#incident .differences tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("8 min apart")
    expect(rows.first).to_contain_text("±\u00a030 s")
    expect(rows.first).to_contain_text("no error stated")
    expect(rows.nth(1)).to_contain_text("7,606 m / 24,953 ft apart")
    expect(rows.nth(1)).to_contain_text("at least 7,005 m")
    sketch = alpha.locator("#incident .sketch svg")
    expect(sketch.locator("circle")).to_have_count(2)
    expect(sketch.locator("text")).to_have_text(
        [re.compile("Party alpha"), "Party bravo", re.compile("2,000")]
    )
    expect(lake.locator("#incident .sketch")).to_have_count(0)
    expect(lake.locator("#incident")).to_contain_text("No difference between the accounts")

    # A correction: both versions stay, and each can be read.
    give(alpha, {"Longitude": "7.52"}, "all who are named in it now")
    expect(column(bravo, "alpha")).to_contain_text("7.52000° E")
    bravo.get_by_role("button", name="v1", exact=True).click()
    expect(column(bravo, "alpha")).to_contain_text("7.50000° E")
    expect(column(bravo, "alpha")).to_contain_text("one fixed wing")
    expect(rows.nth(1)).to_contain_text("6,084 m")

    expect(alpha.get_by_role("region", name="What each one says")).to_be_visible()
    expect(alpha.locator("#incident .record")).to_contain_text(re.compile("entry|No line"))
    for page in (alpha, bravo, lake):
        says_nothing_of_anybody(page)
    for page in (lake, outside):
        assert SECRET not in page.content()
    token = console.cutter.sent
    assert sum(SECRET.encode() in bytes(each) for each in token.values()) == 2, "alpha and bravo"
    shots = tmp_path_factory.mktemp("shots")
    shoot(alpha, shots)


def test_a_word_that_judges_is_found_wherever_the_page_has_it(
    console: Any, window: Callable[[], Any]
) -> None:
    page = officer(console, window, "alpha", "incidents").page
    expect(page.locator("#incidents")).to_contain_text("No incident names your party")
    says_nothing_of_anybody(page)
    for planted in (
        "(box) => box.append('A serious violation')",
        "(box) => box.setAttribute('aria-label', 'Whose fault it was')",
    ):
        # The page draws itself anew when it hears something. What is planted comes back before
        # anything else runs: a timer would be late where the machine is busy.
        page.locator("#incident").evaluate(PLANTED_AGAIN.replace("PLANTED", planted))
        with pytest.raises(AssertionError):
            says_nothing_of_anybody(page)
        page.reload()
        expect(page.locator("#incidents")).to_contain_text("No incident names your party")


def confide(pages: dict[str, Page]) -> None:
    """Two desks offer seal keys, and compare each other's as told by telephone."""
    told: dict[str, str] = {}
    for party, page in pages.items():
        page.locator("#nav").get_by_role("link", name="Sealed").click()
        page.get_by_role("button", name="Make and offer a seal key").click()
        expect(page.locator("#own-key")).to_contain_text("seal key number 1")
        told[party] = page.locator("#own-key .fingerprint").inner_text()
    for party, page in pages.items():
        (other,) = (each for each in pages if each != party)
        page.reload()
        form = page.get_by_role("form", name=re.compile(f"Compare {other}"))
        form.get_by_label("Fingerprint").fill(told[other])
        form.get_by_role("button", name="Compare").click()
        expect(page.locator("#compared")).to_contain_text(f"{other}/")
        expect(form).to_have_count(0)
        page.locator("#nav").get_by_role("link", name="Incidents").click()


def file(name: str, media_type: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": content}


def begin(page: Page, part: str, button: str, sends: str) -> Locator:
    """The small form that a button of a part opens."""
    page.locator(f"#incident section[aria-labelledby=h-{part}]").get_by_role(
        "button", name=button
    ).click()
    return page.get_by_role("form", name=sends)


def send(form: Locator, sends: str) -> None:
    form.get_by_role("button", name=sends).click()
    expect(form).to_have_count(0)


def test_a_question_is_asked_and_answered_and_a_result_receipted(
    console: Any, window: Callable[[], Any]
) -> None:
    register(console, "lake")
    alpha, bravo, lake = (at_incidents(console, window, each) for each in NAMED)
    open_incident(alpha)

    form = begin(alpha, "questions", "Ask", "Ask")
    form.get_by_label("Whom").select_option("bravo")
    form.get_by_label("Question").fill("Which bank?")
    form.get_by_label("Mark it as urgent").check()
    send(form, "Ask")
    waiting = bravo.locator("#incidents")
    expect(waiting).to_contain_text("1 to answer")
    card = bravo.locator("#questions .card")
    expect(card).to_contain_text("Party alpha asks Party bravo")
    expect(card).to_contain_text(re.compile(r"in 4[78] h"))
    form = begin(bravo, "questions", "Answer", "Answer")
    form.get_by_role("button", name="Answer").click()
    expect(form.locator(".fault")).to_contain_text("Give the words")
    form.get_by_label("Words").fill("The southern one.")
    send(form, "Answer")
    expect(alpha.locator("#questions .card")).to_contain_text("The southern one.")
    expect(alpha.locator("#questions .tag").first).to_have_text("answered")
    expect(waiting).not_to_contain_text("to answer")

    form = begin(alpha, "results", "Transmit a result", "Transmit it")
    form.get_by_label("Result").fill("We found that our map was old.")
    form.get_by_label("Party bravo").check()
    form.get_by_label("A longer document").set_input_files(
        file("report.txt", "text/plain", b"forty pages")
    )
    send(form, "Transmit it")
    expect(waiting).to_contain_text("1 to receipt")
    send(begin(bravo, "results", "Receipt it", "Receipt it"), "Receipt it")
    expect(alpha.locator("#results .card")).to_contain_text("Party bravo receipted it")
    expect(alpha.locator("#results .tag").first).to_have_text("receipted")
    expect(waiting).not_to_contain_text("to receipt")
    (result,) = get(console, "bravo", "/incidents")["incidents"]
    (seen,) = get(console, "bravo", f"/incidents/{result['id']}/results")["results"]
    assert seen["document_sha256"] == sha256(b"forty pages").hexdigest()

    for page in (alpha, bravo):
        says_nothing_of_anybody(page)
    expect(lake.locator("#incident h3")).to_have_text(TITLE)
    expect(lake.locator("#questions")).to_contain_text("No question that you may read")
    for words in ("Which bank?", "The southern one.", "our map was old"):
        assert words not in lake.content()


def test_a_file_is_lodged_by_its_digest_disclosed_later_and_checked(
    console: Any, window: Callable[[], Any]
) -> None:
    register(console, "lake")
    alpha, bravo = (at_incidents(console, window, each) for each in ("alpha", "bravo"))
    open_incident(alpha)
    confide({"alpha": alpha, "bravo": bravo})
    photo = file("photo.jpg", "image/jpeg", b"frame 4711")

    form = begin(alpha, "evidence", "Lodge evidence", "Lodge the digest")
    form.get_by_label("File").set_input_files(photo)
    form.get_by_label("What it is").fill("a photograph")
    with alpha.expect_download() as saved:
        form.get_by_role("button", name="Lodge the digest").click()
    assert saved.value.suggested_filename == "photo.jpg.lodged"
    kept = kept_of(Path(saved.value.path()).read_bytes(), "FILE.lodged")
    (incident,) = get(console, "bravo", "/incidents")["incidents"]
    path = f"/incidents/{incident['id']}/evidence"
    (lodged,) = get(console, "bravo", path)["evidence"]
    assert lodged["sha256"] == kept.digest_of(b"frame 4711")
    assert (lodged["media_type"], lodged["size_bytes"]) == ("image/jpeg", 10)
    expect(bravo.locator("#evidence .card")).to_contain_text("a photograph")
    expect(bravo.get_by_role("button", name="Check what came")).to_have_count(0)

    form = begin(alpha, "evidence", "Disclose it", "Disclose it")
    form.get_by_label("Party bravo").check()
    form.get_by_label("The file that was lodged").set_input_files(
        file("photo.jpg", "image/jpeg", b"frame 4712")
    )
    form.get_by_role("button", name="Disclose it").click()
    expect(form.locator(".fault")).to_contain_text("This is not what was lodged")
    form.get_by_label("The file that was lodged").set_input_files(photo)
    send(form, "Disclose it")

    card = bravo.locator("#evidence .card")
    send(begin(bravo, "evidence", "Check what came", "Compare"), "Compare")
    expect(card).to_contain_text("what you were given has the digest that was lodged")
    form = begin(bravo, "evidence", "Check what came", "Compare")
    form.get_by_label("The file").set_input_files(file("photo.jpg", "image/jpeg", b"another"))
    send(form, "Compare")
    expect(card).to_contain_text("does NOT have the digest that was lodged")
    send(begin(bravo, "evidence", "Check what came", "Compare"), "Compare")
    form = begin(bravo, "evidence", "Say so in the record", "Sign and say it")
    send(form, "Sign and say it")
    expect(alpha.locator("#evidence .card")).to_contain_text("Party bravo compared it")
    for each in console.cutter.sent.values():
        assert b"frame 4711" not in bytes(each)
        assert kept.salt.encode() not in bytes(each)


def test_an_account_is_pointed_at_on_the_map_and_a_correction_keeps_what_was_not_touched(
    console: Any, window: Callable[[], Any]
) -> None:
    register(console, "lake")
    page = at_incidents(console, window, "alpha")
    open_incident(page)
    page.get_by_role("button", name="Give your account").click()
    form = page.get_by_role("form", name=re.compile("your account"))
    form.get_by_label("Time, UTC").fill("this morning")
    form.get_by_label("Whether there was a warning").select_option("no")
    form.get_by_label("Agreement", exact=True).select_option("none")
    form.get_by_role("button", name="One more item").click()
    form.get_by_label("How many").fill("2")
    form.get_by_label("What came to them").fill("broken windows")
    form.get_by_label("Of", exact=True).select_option("objects")
    form.get_by_label("Within, in metres").fill("750")
    form.get_by_role("button", name="Point at it on the map").click()
    page.locator("#map canvas").first.click(position={"x": 200, "y": 200})
    expect(form).to_be_visible()
    expect(form.get_by_label("Latitude")).to_have_value(re.compile(r"^-?\d+\.\d+$"))
    form.get_by_role("button", name="Sign and give it").click()
    expect(form.locator(".fault")).to_contain_text("“this morning” is not understood")
    form.get_by_label("Time, UTC").fill("2026-01-10 09:12")
    form.get_by_role("button", name="Sign and give it").click()
    expect(column(page, "alpha")).to_contain_text("objects 2: broken windows")

    give(page, {"Words": "Two of them."}, "all who are named in it now")
    (incident,) = get(console, "alpha", "/incidents")["incidents"]
    path = f"/incidents/{incident['id']}/accounts"
    first, second = get(console, "alpha", path)["accounts"]
    assert (first["shown_to"], second["shown_to"]) == ([], ["bravo", "lake"])
    claims = ("when", "where", "warned", "rule", "damage")
    assert [first[each] for each in claims] == [second[each] for each in claims]
    assert first["where"]["area"]["radius_m"] == 750
    (shown,) = get(console, "lake", path)["accounts"]
    assert (shown["version"], shown["words"]) == (1, "Two of them.")


def test_what_the_stream_proposes_fills_the_form_and_opens_nothing(
    console: Any, window: Callable[[], Any]
) -> None:
    area = {"latitude": 47.0, "longitude": 7.5, "radius_m": 2000}
    write(console, "bravo", "/stop", {"text": "people here", "area": area})
    page = at_incidents(console, window, "alpha")
    row = page.locator("#proposed [data-proposal]")
    expect(row).to_contain_text("with Party bravo")
    expect(row).to_contain_text(
        re.compile(r"STOP from Party bravo \d\d:\d\d:\d\dZ, .* ago: people here")
    )
    page.get_by_role("button", name="I have read it").click()
    page.locator("#nav").get_by_role("link", name="Inbox").click()
    page.get_by_text("STOPs of the last day that were read here, or sent from here: 1").click()
    expect(page.locator("#stops-read .card")).to_contain_text("people here")
    page.locator("#stops-read").get_by_role("button", name="Open an incident of it").click()
    expect(page.get_by_role("form", name="Open an incident")).to_be_visible()
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Fill the form").click()
    form = page.get_by_role("form", name="Open an incident")
    expect(form.get_by_label("Title")).to_have_value(re.compile("^STOP, "))
    bravo = form.get_by_role("group", name="Parties to it").get_by_label("Party bravo")
    expect(bravo).to_be_checked()
    assert get(console, "alpha", "/incidents")["incidents"] == []

    # By the keyboard alone from here: leave the form, take it up again, open it.
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    row.get_by_role("button", name="Fill the form").focus()
    page.keyboard.press("Enter")
    form.get_by_label("Title").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#incident h3")).to_contain_text("STOP, ")
    (incident,) = get(console, "alpha", "/incidents")["incidents"]
    seen = get(console, "alpha", f"/incidents/{incident['id']}")
    (made,) = get(console, "alpha", "/incidents/proposed")["proposed"]
    assert seen["subjects"] == made["subjects"]
    assert seen["area"]["radius_m"] == 2000
    expect(row.get_by_role("link")).to_have_attribute("href", f"#/incidents/{incident['id']}")
    expect(row).to_contain_text("opened: STOP, ")
    expect(page.locator("#incident .record")).to_contain_text("entry")
    page.get_by_role("button", name="Signed bundle").click()
    expect(page.locator("#bundle-command")).to_contain_text(f"--incident {incident['id']}")


def shoot(page: Page, folder: Path) -> None:
    """Wide and narrow, as it looks."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#view-incidents").evaluate("each => each.scrollTo(0, 0)")
    page.screenshot(path=str(folder / "wide.png"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.set_viewport_size({"width": 420, "height": 900})
    page.screenshot(path=str(folder / "narrow.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_on_a_narrow_page_the_incident_stands_first_and_the_list_is_a_line(
    console: Any, window: Callable[[], Any]
) -> None:
    page = officer(console, window, "alpha", "incidents").page
    page.set_viewport_size({"width": 390, "height": 844})
    listed, line = page.locator("#incidents-listed"), page.locator("#view-incidents .unfold")
    expect(listed).to_be_visible()  # there is none yet
    expect(line).to_be_hidden()
    for title in ("The first", "The second"):
        body = {"title": title, "start": "2026-01-10T09:00:00Z", "end": "2026-01-10T09:30:00Z"}
        write(console, "alpha", "/incidents", body | {"parties": ["bravo"]})
    expect(line).to_contain_text("Show the list: 2 incidents")
    expect(listed).to_be_hidden()
    expect(page.locator("#incident h3")).to_be_in_viewport()
    line.focus()
    page.keyboard.press("Enter")
    expect(line).to_have_attribute("aria-expanded", "true")
    page.locator("#incidents .row", has_text="The first").click()
    expect(page.locator("#incident h3")).to_have_text("The first")
    expect(page.locator("#incident h3")).to_be_in_viewport()
    expect(listed).to_be_hidden()
    page.get_by_role("button", name="Enrol this browser").click()
    expect(page.get_by_role("button", name="Make and enrol a key")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(listed).to_be_visible()
    expect(line).to_be_hidden()
