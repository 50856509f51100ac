"""An incident on the page of a bundle: a column for each party and observer, and what the record
shows, minute by minute.

The columns stand side by side and are never joined: each holds its author's own claims and words as
the last account of it in the bundle has them. What the record shows has no column of a party's.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Set, Tuple

from wideberth.evidence.alone.container import is_array, is_object
from wideberth.evidence.alone.differing import ToldDifference, last_accounts
from wideberth.evidence.alone.incidents import claim_rows
from wideberth.evidence.alone.markup import entry_link, shown, shown_time, table_html
from wideberth.evidence.alone.phrases import duration_words, footprint_words, metres_words
from wideberth.evidence.alone.shows import (
    HOST_CLOCK,
    ShownGroup,
    ShownLine,
    brief_facts,
    clock_words,
    clocks_between,
    proof_words,
    record_shows,
)

__all__ = [
    "COLUMNS_STYLE",
    "incident_sections",
    "incident_titles",
    "incident_windows",
    "withheld_positions",
]

COLUMNS_STYLE = """
.columns{overflow-x:auto}
.columns th{color:#111;font-weight:bold;width:7rem}
.columns td{min-width:7rem;border-left:1px solid #ddd;padding-left:.6rem}
.minute{margin:.9rem 0 .2rem;font-weight:bold}
.line{margin:.15rem 0 .15rem 1rem}
.fact{margin-left:2rem;color:#444}
@media (max-width:40rem){.columns table,.columns tbody,.columns tr,.columns th,.columns td{
display:block;width:auto}.columns td{border-left:3px solid #ddd;margin:.2rem 0}
.columns td[data-of]::before{content:attr(data-of);display:block;color:#444}
.columns td.none,.columns tr.heads{display:none}}
.open{border-left:3px double #666;margin:.3rem 0 .3rem 1rem;padding-left:.3rem}
"""
_MINUTE_US = 60_000_000


def incident_sections(entries: List[Any], differences: List[ToldDifference]) -> List[str]:
    """Pieces of the page for each incident of which the bundle says when and where it was; none for
    a bundle that is about no incident.
    """
    opened: Dict[str, Dict[str, Any]] = {}
    for entry in entries:
        body = entry.value["body"]
        if body["type"] in ("IncidentOpened", "PartiesNamed") and _is_sound(body):
            opened.setdefault(body["incident"], body)
    parts: List[str] = []
    for incident, body in opened.items():
        parts += _columns(incident, body, entries)
        parts += _differences(incident, entries, differences)
        parts += _record_shows(body, entries)
    return parts


def incident_windows(entries: List[Any]) -> List[Tuple[int, int]]:
    """From when to when each incident was of which the page has a section."""
    windows: Dict[str, Tuple[int, int]] = {}
    for entry in entries:
        body = entry.value["body"]
        if body["type"] in ("IncidentOpened", "PartiesNamed") and _is_sound(body):
            windows.setdefault(body["incident"], (body["start_us"], body["end_us"]))
    return list(windows.values())


def incident_titles(entries: List[Any]) -> List[str]:
    """The title of each incident of which the page has a section."""
    titles: Dict[str, str] = {}
    for entry in entries:
        body = entry.value["body"]
        if body["type"] in ("IncidentOpened", "PartiesNamed") and _is_sound(body):
            titles.setdefault(body["incident"], body["title"])
    return list(titles.values())


def withheld_positions(entries: List[Any]) -> List[int]:
    """The entries that their author shows to nobody else, as far as these entries tell: accounts
    and evidence kept to itself, not evidence that was disclosed since, and what it is about.
    """
    disclosed: Set[str] = set()
    kept: List[Tuple[int, Any]] = []
    for entry in entries:
        body = entry.value["body"]
        account: Any = body.get("account")
        if body["type"] == "EvidenceDisclosed":
            disclosed.add(_name_of(body, "evidence"))
        elif body["type"] == "SubjectsNamed":
            kept.append((entry.position, None))
        elif body["type"] == "AccountGiven" and is_object(account):
            if account.get("audience") == "own":
                kept.append((entry.position, None))
        elif body["type"] == "EvidenceLodged" and body.get("audience") == "own":
            kept.append((entry.position, _name_of(body, "evidence")))
    return [position for position, name in kept if name is None or name not in disclosed]


def _name_of(body: Dict[str, Any], member: str) -> str:
    return str(body.get(member))


def _is_sound(body: Dict[str, Any]) -> bool:
    """Whether an entry has what its section is made of, in the types that it has."""
    return (
        all(isinstance(body.get(name), str) for name in ("incident", "title", "party"))
        and all(type(body.get(name)) is int for name in ("start_us", "end_us"))
        and all(abs(body[name]) < 10**17 for name in ("start_us", "end_us"))
    )


def _columns(incident: str, body: Dict[str, Any], entries: List[Any]) -> List[str]:
    members = _members(incident, entries)
    accounts = last_accounts(entries).get(incident, {})
    facts = [
        ("Incident", shown(incident)),
        ("Title, as its opener wrote it", shown(body["title"])),
        ("Window", "%s to %s" % (shown_time(body["start_us"]), shown_time(body["end_us"]))),
    ]
    area = _area_words(body.get("area"))
    if area is not None:
        facts.append(("Area", shown(area)))
    labels: List[str] = []
    cells: Dict[Tuple[str, str], str] = {}
    for party, (entry, account) in accounts.items():
        for label, text in _account_rows(entry, account):
            if label not in labels:
                labels.append(label)
            text_html = shown(text).replace("\n", "<br>")
            is_entry = label == "Entry"
            cells[party, label] = entry_link(entry.position, text) if is_entry else text_html
    names = [party for party, _ in members]
    head = "".join(
        "<td><strong>%s</strong><br>%s</td>" % (shown(p), shown(column)) for p, column in members
    )
    lines = ['<tr class="heads"><th></th>%s</tr>' % head]
    if len(accounts) < len(names):
        none = "".join(
            _cell_html(name, "" if name in accounts else "no account in this bundle")
            for name in names
        )
        lines.append("<tr><th></th>%s</tr>" % none)
    for label in labels:
        row = "".join(_cell_html(name, cells.get((name, label), "")) for name in names)
        lines.append("<tr><th>%s</th>%s</tr>" % (shown(label), row))
    return [
        "<h2>What each party says</h2>",
        "<p>Each column is its party's own account, as that party gave it. Nobody's is joined with "
        "another's, weighed, or put into other words. An account that is not here was not given, "
        "is not shown to whom this bundle was made for, or was left out by its maker. Earlier "
        "versions stand among the entries below.</p>",
        table_html(facts),
        '<div class="columns"><table>%s</table></div>' % "\n".join(lines),
    ]


def _cell_html(party: str, text: str) -> str:
    """A cell of a party's column, which on a narrow screen says whose it is."""
    return '<td data-of="{}"{}>{}</td>'.format(shown(party), "" if text else ' class="none"', text)


def _members(incident: str, entries: List[Any]) -> List[Tuple[str, str]]:
    """Who is named, in that order, each with its column as it was named last."""
    columns: Dict[str, str] = {}
    for entry in entries:
        body = entry.value["body"]
        if body["type"] not in ("IncidentOpened", "PartiesNamed") or (
            body.get("incident") != incident
        ):
            continue
        if body["type"] == "IncidentOpened":
            columns[str(body["party"])] = str(body.get("column", "party"))
        else:
            for each in _texts_of(body.get("concerned")):
                columns.setdefault(each, "named before")
        for name, column in (("parties", "party"), ("observers", "observer")):
            for each in _texts_of(body.get(name)):
                columns[each] = column
    return list(columns.items())


def _texts_of(value: Any) -> List[str]:
    return [each for each in value if isinstance(each, str)] if is_array(value) else []


_DIFFER_IN = {
    "time": ("when", "When it was"),
    "place": ("where", "Where it was"),
    "height": ("where", "How high it was"),
    "identity": ("identity", "What it was"),
    "warned": ("warned", "Whether there was a warning"),
    "rule": ("rule", "Which rule was in force"),
    "damage": ("damage", "What was damaged"),
}


def _differences(incident: str, entries: List[Any], differences: List[ToldDifference]) -> List[str]:
    """Where the accounts in the columns differ; nothing where there are fewer than two."""
    accounts = last_accounts(entries).get(incident, {})
    if len(accounts) < 2:
        return []
    parts = [
        "<h2>Where the accounts differ</h2>",
        "<p>Of each two accounts above, what both claim and claim otherwise; how far the claims "
        "are apart, and how far at least and at most with the errors that both state. Nothing says "
        "which of them is so. Distances on the ground are worked out on the WGS84 ellipsoid by the "
        "program wideberth, and again when it verifies this bundle; <code>verify.py</code> holds "
        "those between points against a sphere, to within 1 %, and takes those between areas as "
        "they stand in <code>differences.jsonl</code>. All else it works out again.</p>",
    ]
    lines: List[str] = []
    for each in differences:
        if each.incident != incident:
            continue
        name, label = _DIFFER_IN[each.kind]
        row = "<th>%s</th>" % shown(label)
        for party, position in zip(each.parties, each.entries):
            said = [text for _, text in _rows_of(accounts[party][1], name)]
            words = shown("; ".join(said) or "see the entry")
            entry = entry_link(position, "entry %d" % position)
            row += "<td><strong>%s</strong>, %s<br>%s</td>" % (shown(party), entry, words)
        row += "<td>%s</td>" % shown(_apart_words(each))
        lines.append("<tr>%s</tr>" % row)
    if not lines:
        return [*parts, "<p>In nothing that two of them both claim.</p>"]
    return [*parts, '<div class="columns apart"><table>%s</table></div>' % "\n".join(lines)]


def _rows_of(account: Dict[str, Any], name: str) -> List[Tuple[str, str]]:
    try:
        return claim_rows({name: account["claims"][name]})
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        return []


_TOLD_MEMBERS = {
    "warned": "whether there was one",
    "time_us": "its time",
    "items": "what is counted, or in its words",
    "altitude.reference": "what heights are measured from",
}


def _apart_words(told: ToldDifference) -> str:
    """How far two claims are apart; of what has no figure, in which members they differ."""
    if told.apart is None:
        return "differ in " + ", ".join(
            _TOLD_MEMBERS.get(each, each.replace("_", " ")) for each in told.members
        )
    words = duration_words if told.kind in ("time", "warned") else metres_words
    claimed, least, most = map(words, told.apart)
    return "{} apart as claimed; {} at least, {} at most".format(claimed, least, most)


def _account_rows(entry: Any, account: Dict[str, Any]) -> List[Tuple[str, str]]:
    """The rows of one column. An odd claim is left to its entry, which is shown as it is."""
    rows = [("Entry", "%d" % entry.position)]
    try:
        rows += claim_rows(account.get("claims") or {})
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        rows.append(("Claims", "see the entry"))
    if isinstance(account.get("words"), str) and account["words"]:
        rows.append(("In its own words", account["words"]))
    return rows


def _area_words(area: Any) -> Optional[str]:
    if not is_object(area):
        return None
    try:
        return footprint_words(area)
    except (KeyError, TypeError, ValueError):
        return None


def _record_shows(body: Dict[str, Any], entries: List[Any]) -> List[str]:
    window_us = (body["start_us"], body["end_us"] + 1)
    found = record_shows(entries, window_us)
    parts = [
        "<h2>What the record shows</h2>",
        "<p>Lines of entries alone, in plain words and to the second; the entries are below, each "
        "with its number and its exact time. Where two clocks may be off by more than what lies "
        "between two lines, no order of them is claimed.</p>",
        _clocks_html(found.clocks, [line for group in found.groups for line in group.lines]),
    ]
    last = ""
    for group in found.groups:
        heading = _minute_heading(group.lines[0].time_us, window_us)
        if heading != last:
            parts.append('<p class="minute">%s</p>' % heading)
            last = heading
        parts += _group_html(group)
    if found.unplaced:
        parts.append(
            '<p class="minute">By clocks that nobody measured; their place in the order is not '
            "known</p>"
        )
        parts += [_line_html(line) for line in found.unplaced]
    return parts


def _minute_heading(time_us: int, window_us: Tuple[int, int]) -> str:
    if time_us < window_us[0]:
        return "Before, and bearing on it"
    if time_us >= window_us[1]:
        return "After"
    return shown_time(time_us // _MINUTE_US * _MINUTE_US)


def _group_html(group: ShownGroup) -> List[str]:
    lines = [_line_html(line) for line in group.lines]
    if group.bound_us == 0 or len(lines) < 2:
        return lines
    words = "order not known (clocks may differ by up to {})".format(duration_words(group.bound_us))
    return ['<div class="open"><p class="how">%s</p>' % words, *lines, "</div>"]


def _line_html(line: ShownLine) -> str:
    clock = "" if line.clock == HOST_CLOCK else "; by " + clock_words(line)
    pattern = '<p class="line">{} &middot; <strong>{}</strong>: {} <span class="how">{}</span></p>'
    facts = "".join(
        '<p class="line fact">%s: %s</p>' % (shown(name), shown(text).replace("\n", "; "))
        for name, text in brief_facts(line)
    )
    line_html = pattern.format(
        shown_time(line.time_us // 1_000_000 * 1_000_000),
        shown(line.kind),
        shown(line.words),
        "[%s%s]"
        % (
            entry_link(line.position, "entry %d" % line.position),
            shown("; %s%s" % (proof_words(line), clock)),
        ),
    )
    return line_html + facts


def _clocks_html(clocks: Any, lines: List[ShownLine]) -> str:
    """How far clocks may be off, of those that told a time here."""
    parties = sorted(
        {each.party for each in clocks} | {each.clock for each in lines} - {HOST_CLOCK}
    )
    rows = [
        (
            shown("%s and %s" % (one, two)),
            "not known: one of them was not measured"
            if apart is None
            else shown("may differ by up to " + duration_words(max(map(abs, apart)))),
        )
        for one, two, apart in clocks_between(clocks, parties)
    ]
    return table_html(rows)
