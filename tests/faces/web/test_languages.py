"""The console in Arabic and Hebrew: the words that it shows, and which way they run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from wideberth.faces.web import STATIC

PHYSICAL = re.compile(
    r"(?:(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)|[ {;](?:left|right): )"
)
ON_THE_MAP = re.compile(r"^ *\.(legend|base|nothing|map|pick|middle|maplibregl|cross)")


def turned_wrong(style: str) -> list[str]:
    """Lines of a style sheet that name a side of the screen, but for what lies on the map."""
    return [
        line for line in style.splitlines() if PHYSICAL.search(line) and not ON_THE_MAP.match(line)
    ]


def test_the_styles_are_mirrored_but_for_the_map() -> None:
    for path in (STATIC / "css").glob("*.css"):
        if path.name == "picture.css":  # all of it lies on the map
            continue
        assert turned_wrong(path.read_text(encoding="utf-8")) == [], path.name
    planted = ".card { margin-left: 3px; }\n.legend { left: 3px; }\n.x { top: 1px; right: 2px; }"
    assert len(turned_wrong(planted)) == 2


SPOKEN = """async () => {
  const { Words, chosen, placed, speak } = await import("/js/words.js");
  const { plain } = await import("/js/text.js");
  const arabic = {
    "Sign out": "خروج",
    "{party} told {what}": "{what} من {party}",
    "{count} tracks": {
      zero: "صفر", one: "مسار", two: "مساران",
      few: "{count} مسارات", many: "{count} مسارًا", other: "{count} مسار",
    },
  };
  const ar = new Words("ar", arabic);
  const both = new Words("ar", arabic, true);
  const en = new Words("en");
  const tracks = (words, count) => words.tn(count, "{count} track", "{count} tracks");
  const found = {
    chosen: [
      chosen(null, ["de-DE", "ar-EG"]), chosen("he", ["ar"]), chosen(null, ["iw"]),
      chosen("xx", []), chosen("toString", []),
    ],
    english: [
      en.t("Sign out"), en.t("{party} told {what}", { party: "{what}", what: "$&" }),
      tracks(en, 1), tracks(en, 0),
    ],
    arabic: [
      ar.t("Sign out"), ar.t("{party} told {what}", { party: "UN desk", what: "500 m" }),
      ar.t("nobody translated it"),
    ],
    counted: [0, 1, 2, 3, 11, 100].map((count) => tracks(ar, count)),
    controlled: ar.phrase("Sign out"),
    both: both.t("Sign out"),
    turned: [
      plain("a\\u202eb"), plain("a\\u2069b\\u2068"), plain("\\u2068abc"),
      plain("\\u2068abc\\u2069d"), plain("\\u2068abcdef\\u2069", 4),
    ],
  };
  speak("ar", arabic);
  const nested = { name: ar.t("Sign out") };
  found.nested = new Words("ar", { "do {name}": "{name} افعل" }).phrase("do {name}", nested);
  found.placed = ["500 m", "— · —", "21:16Z · ", "خروج", "\\u2068x\\u2069"].map(placed);
  return found;
}"""


@pytest.mark.browser
def test_a_phrase_is_shown_in_the_language_with_what_is_put_into_it_unturned(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    found = page.evaluate(SPOKEN)
    assert found["chosen"] == ["ar", "he", "he", "en", "en"]
    assert found["english"] == ["Sign out", "{what} told $&", "1 track", "0 tracks"]
    assert found["arabic"] == [
        "خروج",
        "\u2068500 m\u2069 من \u2068UN desk\u2069",
        "nobody translated it",
    ]
    few, many, other = (
        f"\u2068{n}\u2069 {word}" for n, word in ((3, "مسارات"), (11, "مسارًا"), (100, "مسار"))
    )
    assert found["counted"] == ["صفر", "مسار", "مساران", few, many, other]
    assert found["controlled"] == "خروج \u2068(Sign out)\u2069"
    assert found["both"] == found["controlled"]
    assert found["nested"] == "\u2068خروج\u2069 افعل \u2068(do Sign out)\u2069"  # in English again
    assert found["turned"] == ["a·b", "a·b·", "·abc", "\u2068abc\u2069d", "\u2068abc…\u2069"]
    isolated = ["\u2068500 m\u2069", "— · —", "\u206821:16Z\u2069 · ", "خروج", "\u2068x\u2069"]
    assert found["placed"] == isolated


@pytest.mark.browser
def test_the_language_is_the_browsers_until_another_is_chosen(
    console: Any, browser: Browser
) -> None:
    with browser.new_context(locale="ar-EG") as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(console.address("alpha"))
        root = page.locator("html")
        expect(root).to_have_attribute("dir", "rtl")
        expect(root).to_have_attribute("lang", "ar")
        unreviewed = page.locator("#unreviewed")
        expect(unreviewed).to_contain_text(
            "(Translation not reviewed by a speaker. English decides.)"
        )
        expect(page.locator("#nav-picture")).to_have_text("الصورة")
        expect(page.locator("#nav-picture")).to_have_attribute("title", "Picture")
        page.get_by_label("مع الإنجليزية").check()
        expect(page.locator("#nav-picture")).to_contain_text("(Picture)")
        page.locator("#language select").select_option("he")
        expect(root).to_have_attribute("lang", "he")
        expect(page.locator("#nav-picture")).to_contain_text("התמונה")
        page.locator("#language select").select_option("en")
        expect(root).to_have_attribute("dir", "ltr")
        expect(page.locator("#nav-picture")).to_have_text("Picture")
        expect(unreviewed).to_be_hidden()
        assert said == []
