"""What makes a page of an exercise one that nobody takes for real: on the screen and on paper.

A band at the top that stays where it is however far the page is scrolled, on every sheet that is
printed, hatching behind the text, and the word before each panel. Plain style, no script.
"""

from __future__ import annotations

from wideberth.model.exercises import EXERCISE_WORD

__all__ = ["BAND", "STYLE", "TITLE"]

TITLE = f"{EXERCISE_WORD}: "
"""Before the title of the page."""

BAND = f'<div class="ex" role="note">{EXERCISE_WORD} &mdash; nothing of this is real</div>'
"""The first thing in the page. Fixed: it is painted on each sheet of a print."""

STYLE = (
    ".ex{position:fixed;top:0;left:0;right:0;z-index:9;text-align:center;font-weight:bold;"
    "padding:.3rem;color:#000;border-bottom:3px solid #000;"
    "background:repeating-linear-gradient(-45deg,#f0a830 0 22px,#fff 22px 44px)}"
    "body{padding-top:3rem;background:repeating-linear-gradient(-45deg,#fff 0 30px,#f3ead8 30px"
    " 32px)}"
    "article::before,form::before,pre::before,section::before"
    f"{{content:'{EXERCISE_WORD} ';font-weight:bold}}"
    "@media print{*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    ".ex{border:3px solid #000}}"
    f"@page{{@top-center{{content:'{EXERCISE_WORD}'}}@bottom-center{{content:'{EXERCISE_WORD}'}}}}"
)
"""After the page's own style."""
