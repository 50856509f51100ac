"""The page of a bundle: what was said, by whom and when, in plain words, from the entries alone.

A pure function of what the verifier has checked, so that the verifier can write the page again and
compare. It uses integers only and no table of the running Python's, and so gives the same bytes
everywhere. It merges no accounts, judges nothing and weighs nothing.
"""

from __future__ import annotations

import json
from typing import Any

from wideberth.evidence.alone.columns import (
    COLUMNS_STYLE,
    incident_sections,
    incident_titles,
    withheld_positions,
)
from wideberth.evidence.alone.container import is_object
from wideberth.evidence.alone.differing import ToldDifference
from wideberth.evidence.alone.heads import Head, Policy, described_policy
from wideberth.evidence.alone.markup import entry_link, mono_html, shown, shown_time, table_html
from wideberth.evidence.alone.positions import position_sections
from wideberth.evidence.alone.segments import KeptSegment
from wideberth.evidence.alone.statements import EnrolledKey, ProvedEntry
from wideberth.evidence.alone.words import Clocks, entry_words, measured_clock

__all__ = ["NO_PERMISSION", "Facts", "is_exercise", "page_html"]

NO_PERMISSION = (
    "This confirms receipt; it is neither permission nor a guarantee,"
    " and lack of notice removes no protection."
)
_LONGEST_TEXT = 20_000  # characters of a signed text that are printed; the rest is in entries.jsonl

_STYLE = """
body{font:11pt/1.5 Georgia,'Times New Roman',serif;color:#111;background:#fff;max-width:46rem;
margin:2rem auto;padding:0 1.2rem;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin-bottom:.3rem}
h2{font-size:1.2rem;border-bottom:1px solid #999;margin-top:2.2rem}
h3{font-size:1rem;margin:0}
code,pre,.mono{font:9pt/1.4 'DejaVu Sans Mono',Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:#f4f4f4;border:1px solid #ddd;padding:.5rem;margin:.4rem 0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #ddd}
th{font-weight:normal;color:#444;width:12rem}
article{border:1px solid #999;padding:.8rem 1rem;margin:1rem 0;break-inside:avoid-page}
.how{color:#444;margin:.1rem 0 .5rem}
.sentence{border:2px solid #111;padding:.7rem 1rem;font-weight:bold}
nav{border:1px solid #999;padding:.2rem 1rem;margin:1rem 0}nav p{margin:.3rem 0 0}
nav ol{margin:.2rem 0 .5rem}:target{outline:3px solid #06c}a{color:#04c}
.gap{color:#444;font-style:italic;text-align:center;margin:.6rem 0}
@media (max-width:40rem){body{padding:0 .8rem}th{width:7rem}}
@media print{nav{display:none}body{margin:0;max-width:none}article{border-color:#666}}
@page{margin:20mm}
"""


_EXERCISE = "EXERCISE"
_EXERCISE_STYLE = """
.ex{position:fixed;top:0;left:0;right:0;z-index:9;text-align:center;font-weight:bold;padding:.3rem;
border-bottom:3px solid #111;background:repeating-linear-gradient(-45deg,#f0a830 0 22px,#fff 22px
44px)}
body{padding-top:3rem;background:repeating-linear-gradient(-45deg,#fff 0 30px,#f3ead8 30px 32px)}
article::before,pre::before{content:'EXERCISE ';font-weight:bold}
@media print{*{-webkit-print-color-adjust:exact;print-color-adjust:exact}.ex{border:3px solid #111}}
@page{@top-center{content:'EXERCISE'}@bottom-center{content:'EXERCISE'}}
"""


def is_exercise(origin: str) -> bool:
    """Whether a record is one of an exercise, by its name, which its key signs."""
    return origin.lower().startswith("exercise.")


class Facts:
    """What a page is made of: everything that the verifier has checked or was told."""

    def __init__(
        self,
        manifest: dict[str, Any],
        head: Head,
        policy: Policy,
        entries: list[ProvedEntry],
        keys: list[EnrolledKey],
        differences: list[ToldDifference],
        segments: list[KeptSegment],
    ) -> None:
        self.made_for: str = manifest["made_for"]
        self.asked: str = manifest["asked"]
        self.head = head
        self.policy = policy
        self.entries = entries
        self.keys = keys
        self.differences = differences
        self.segments = segments


def page_html(facts: Facts) -> bytes:
    """The whole page, UTF-8. Of an exercise it says so on each screen and each sheet."""
    style, title = _STYLE + COLUMNS_STYLE, ""
    band: list[str] = []
    if is_exercise(facts.head.origin):
        style, title = style + _EXERCISE_STYLE, _EXERCISE + ": "
        band = [f'<div class="ex">{_EXERCISE}: nothing of this is real</div>']
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{title}{_title(facts)}</title>",
        f"<style>{style}</style></head><body>",
        *band,
        *_opening(facts),
        *_with_contents(
            [
                *incident_sections(facts.entries, facts.differences),
                *position_sections(facts.segments, facts.entries),
                *_vouching(facts),
                *_parties(facts),
                *_entries(facts),
                *_meaning(facts),
                *_checking(facts),
            ]
        ),
        *(f"<p>{_EXERCISE}</p>" for _ in band),
        "</body></html>",
    ]
    return ("\n".join(parts) + "\n").encode("utf-8")


def _title(facts: Facts) -> str:
    """The title of the incident that it is about, in its opener's words; else the record's name."""
    titles = incident_titles(facts.entries)
    return shown(titles[0]) if len(titles) == 1 else f"Evidence from {_record(facts)}"


def _record(facts: Facts) -> str:
    return f"the record {shown(facts.head.origin)}"


def _with_contents(parts: list[str]) -> list[str]:
    """The parts with a list of them before, which leads to each."""
    lines = ["<nav><p>On this page</p><ol>"]
    found: list[str] = []
    for part in parts:
        text = part
        if part.startswith("<h2>"):
            name, rest = part[4:].split("</h2>", 1)
            anchor = "part%d" % len(lines)
            lines.append(f'<li><a href="#{anchor}">{name}</a></li>')
            text = f'<h2 id="{anchor}">{name}</h2>{rest}'
        found.append(text)
    return [*lines, "</ol></nav>", *found]


def _opening(facts: Facts) -> list[str]:
    of_record = f"<p>Evidence from {_record(facts)}.</p>"
    return [
        f"<h1>{_title(facts)}</h1>",
        *([of_record] if len(incident_titles(facts.entries)) == 1 else []),
        "<p>This page puts into plain words what certain entries of a record of messages say. "
        "The record is kept by a host for parties that do not command each other. "
        "The entries themselves, with their proofs, are in the file <code>entries.jsonl</code> "
        "beside this page. Nothing here was added by hand. "
        "All times are UTC.</p>",
        f'<p class="sentence">Of every acknowledgement in it: {shown(NO_PERMISSION)}</p>',
        *_withheld(facts),
        "<p>Nobody's account is merged with another's here, and nothing is judged: each entry "
        "stands for itself, in the order of the record.</p>",
    ]


def _vouching(facts: Facts) -> list[str]:
    head = facts.head
    positions = ", ".join(str(each.position) for each in facts.entries[:40])
    more = len(facts.entries) - 40
    rows = [
        ("Record", shown(head.origin)),
        ("Key of the record", mono_html(head.log_key)),
        ("State of the record", "%d entries; root %s" % (head.size, mono_html(head.root.hex()))),
        ("Entries in this bundle", "%d: %s" % (len(facts.entries), positions or "none")),
        ("Made for", shown(facts.made_for)),
        ("What was asked for", shown(facts.asked)),
    ]
    if more > 0:
        rows[3] = (rows[3][0], rows[3][1] + " and %d more" % more)
    return [
        "<h2>What this bundle is</h2>",
        table_html(rows),
        "<p>&ldquo;Made for&rdquo; and &ldquo;what was asked for&rdquo; are the words of whoever "
        "made this bundle, and are not proved. Everything else on this page follows from the "
        "entries and the signed state of the record.</p>",
        "<h2>Who vouches for the state of the record</h2>",
        f"<p>The host signed it with the key of the record.{_witnessed(head)}</p>",
        table_html([(shown(w.name), _witness_words(w.time_s, w.key_text)) for w in head.witnesses]),
        "<p>The rule by which this is enough, and the names of the witnesses, are those of the "
        "file <code>policy.txt</code>: {}.</p>".format(
            shown("; ".join(described_policy(facts.policy)))
        ),
    ]


def _withheld(facts: Facts) -> list[str]:
    """Which entries their author shows to nobody else; nothing where there are none."""
    kept = withheld_positions(facts.entries)
    if not kept:
        return []
    which = ", ".join(entry_link(each, "entry %d" % each) for each in kept)
    return [
        '<p class="sentence">A party\'s own archive: %s, which their author shows to nobody else '
        "as far as the entries here say. Whoever is handed this bundle reads them.</p>" % which
    ]


def _witnessed(head: Head) -> str:
    if not head.witnesses:
        return (
            " <strong>No witness cosigned it.</strong> That the host shows the same record to "
            "everybody rests on its word, and on comparing this state with others' copies."
        )
    return (
        " These witnesses, each with a key of its own, cosigned that this was the longest state "
        "that they had seen, and that it only added to every state that they had cosigned before:"
    )


def _witness_words(time_s: int, key_text: str) -> str:
    return f"at {shown_time(time_s * 1_000_000)} by its clock<br>{mono_html(key_text)}"


def _parties(facts: Facts) -> list[str]:
    if not facts.keys:
        return []
    rows: list[tuple[str, str]] = []
    for key in facts.keys:
        until = "" if key.until is None else "; revoked at entry %d" % key.until
        rows.append(
            (
                f"{shown(key.party)}, key {shown(key.key_id)}",
                "in force from entry %d%s<br>%s"
                % (key.since, until, mono_html(key.public_key.hex())),
            )
        )
    return [
        "<h2>Keys with which parties sign</h2>",
        "<p>Each party proved, when its key was put in force, that it held the private half. "
        "The host does not hold it.</p>",
        table_html(rows),
    ]


def _entries(facts: Facts) -> list[str]:
    lines = ["<h2>What was said</h2>"]
    next_position = 0
    clocks: Clocks = {}
    for entry in facts.entries:
        left_out = entry.position - next_position
        if left_out:
            lines.append(
                '<p class="gap">{} not in this bundle</p>'.format(_count(left_out, "entry"))
            )
        measured_clock(entry.value, clocks)
        lines += _entry(entry, clocks)
        next_position = entry.position + 1
    left_out = facts.head.size - next_position
    if left_out:
        lines.append('<p class="gap">{} not in this bundle</p>'.format(_count(left_out, "entry")))
    return lines


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else "%d entries" % number


def _entry(entry: ProvedEntry, clocks: Clocks) -> list[str]:
    sentence, rows = entry_words(entry.value, clocks)
    lines = [
        '<article id="e%d">' % entry.position,
        "<h3>Entry %d &middot; %s</h3>" % (entry.position, shown_time(entry.value.get("time_us"))),
        f'<p class="how">{_how(entry)}</p>',
        f"<p>{shown(sentence)}</p>",
        table_html([(shown(name), shown(text).replace("\n", "<br>")) for name, text in rows]),
    ]
    if entry.signed is not None:
        text = json.dumps(entry.signed["body"], ensure_ascii=False, indent=1)
        rest = len(text) - _LONGEST_TEXT
        if rest > 0:
            text = text[:_LONGEST_TEXT] + "\n(%d characters more in entries.jsonl)" % rest
        lines += [
            "<p>What was signed (a statement of the type {}):</p>".format(
                shown(entry.signed["type"])
            ),
            f"<pre>{shown(text)}</pre>",
        ]
    lines += [
        f'<p class="how">Fingerprint in the record: {mono_html(entry.leaf.hex())}</p>',
        "</article>",
    ]
    return lines


def _how(entry: ProvedEntry) -> str:
    author = entry.value.get("author")
    given: dict[str, Any] = author if author is not None and is_object(author) else {}
    party, subject = shown(given.get("party", "")), shown(given.get("subject", ""))
    if entry.signed is not None:
        words = "<strong>Signed</strong> by {} with its key {}, as its statement number {}".format(
            party, subject, shown(entry.signed["party_seq"])
        )
        if entry.skipped:
            left_out = "%d statement%s" % (entry.skipped, "" if entry.skipped == 1 else "s")
            words += f"; {left_out} before it not in this bundle"
        seen: Any = entry.signed.get("seen")
        if is_object(seen):
            words += "; the signer had seen the record as of {} entries".format(
                shown(seen.get("size"))
            )
        return words + "."
    if given.get("how") == "attested":
        return (
            "<strong>Attested, not signed</strong>: the host says that somebody showed it a valid "
            f"credential of {party}."
        )
    if given.get("how") == "relayed":
        return (
            "<strong>Relayed, not signed</strong>: the host says that this came from "
            f"{party} by mail, code, link or telephone; the entry says how the one who gave it "
            "is known."
        )
    return "<strong>By rule</strong>: written by the mechanism itself, on the host's word."


def _meaning(facts: Facts) -> list[str]:
    time_bound = (
        "that each entry was in the record before the times at which the witnesses cosigned;"
        if facts.head.witnesses
        else "(no witness cosigned, so nothing beside the host's word bounds the times)"
    )
    return [
        "<h2>What the proofs show</h2><ul>",
        "<li>that each entry above stands, unchanged to the last bit, at its place in the record "
        "whose state is named above;</li>",
        "<li>of a <strong>signed</strong> entry: that whoever held the party's key signed exactly "
        "what is printed as signed, for this record, as that statement of its series;</li>",
        "<li>of a <strong>signed</strong> entry: that the host recorded what was signed, member by "
        "member: who, what, kinds, coordinates, heights, times, names, texts and answers; what is "
        "not compared is named below;</li>",
        f"<li>{time_bound}</li>",
        "<li>that where two statements of one key follow each other here without a gap, none "
        "was taken out or put in between.</li></ul>",
        "<h2>What they do not show</h2><ul>",
        "<li>that what was said is true, or that anybody acted on it;</li>",
        "<li>who, as a person, held a key or a credential;</li>",
        "<li>that this is all there is: a bundle is a selection, and no information is not "
        "clearance;</li>",
        "<li>which of two times that two clocks told was first, unless they are further apart than "
        "the clocks may be off together, as far as that was measured and is in this bundle;</li>",
        "<li>the time of an entry to the second: it is the host's clock. It is bounded from above "
        "by the witnesses' times, and from below by what the signer had seen;</li>",
        "<li>of an <strong>attested</strong> entry or one written <strong>by rule</strong>: "
        "anything beyond that the host put it there, and cannot now change it;</li>",
        "<li>of a <strong>signed</strong> entry: that the outline of a corridor, a sector, a mover "
        "or a place given as text, the windows of a schedule, and times in other formats than "
        "RFC 3339 were worked out rightly: there the recorded declaration is compared with the "
        "signed one, and of the volumes that cover it the heights, and that they lie within the "
        "declared time (a subscription keeps no declaration). The program wideberth works them out "
        "again;</li>",
        "<li>what only the mechanism says in a signed entry: ids, versions and numbers that it "
        "gives, the version before, the differences from it and from what was to be read back, "
        "the least lead time, whether a place is outside of the agreed area, whom an answer "
        "reaches and which notices it closes;</li>",
        "<li>that a key was not revoked by an entry that is left out of the bundle; the record as "
        "a whole shows that.</li></ul>",
    ]


def _checking(facts: Facts) -> list[str]:
    return [
        "<h2>How to check this</h2>",
        "<p>On a computer with Python 3.8 or newer and one of the libraries PyNaCl or "
        "cryptography, with no network and without the program that made this:</p>",
        "<pre>python3 verify.py BUNDLE.zip --policy MY-KEYS.txt</pre>",
        "<p><code>MY-KEYS.txt</code> holds the keys that <em>you</em> trust; get it, and "
        "<code>verify.py</code>, from somebody other than whoever gave you this bundle. Without "
        "<code>--policy</code> the bundle is only checked against the keys that it names itself. "
        "The verifier also writes this page again from the entries and compares every byte. Exit "
        "status 0 means that all of it holds; 1, that it does not, and the first entry that fails "
        "is named.</p>",
        "<p>Anybody can do the same by hand: the formats are RFC 6962, RFC 7515, and signed-note, "
        "tlog-checkpoint and tlog-cosignature of C2SP; the leaf of an entry is the byte 1 and the "
        "SHA-256 of its salt and envelope.</p>",
        '<p class="how">Record %s at %d entries.</p>' % (shown(facts.head.origin), facts.head.size),
    ]
