"""Checks the headers of `docs/decisions/` and makes their index.

A decision is `NNNN-what-it-says.md`: a title `# N. What it says`, then `- Date: YYYY-MM-DD` and
`- Status: accepted` (or `proposed`, or `superseded by [M](MMMM-....md)`), then at least the
sections Context, Decision and What follows.

Run: python tools/decisions_index.py          prints what is wrong, and ends with 1 if anything is
     python tools/decisions_index.py --print  prints the index
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

DECISIONS = Path(__file__).resolve().parent.parent / "docs" / "decisions"

FILE_NAME = re.compile(r"(?P<number>\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md")
TITLE = re.compile(r"# (?P<number>\d+)\. (?P<title>\S.*)")
DATE = re.compile(r"(?m)^- Date: (?P<date>\S+)$")
STATUS = re.compile(
    r"(?m)^- Status: (?P<status>proposed|accepted|superseded by \[\d+\]\((?P<by>[^)]+)\))$"
)
SECTIONS = ("Context", "Decision", "What follows")
INDEX_HEAD = """# Decisions

What was decided, why, what follows from it and what was tried: one page each.
A decision is not edited once it is in force; a later one supersedes it and both link to each other.

| | decision | date | status |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """The header of one page. by: the file that supersedes it, or None."""

    file: str
    number: int
    title: str
    date: str
    status: str
    by: str | None


def read(path: Path) -> tuple[Decision | None, list[str]]:
    """The decision's header and what is wrong with its page; no header where it cannot be read."""
    text = path.read_text(encoding="utf-8")
    name, title = FILE_NAME.fullmatch(path.name), TITLE.match(text)
    day, status = DATE.search(text), STATUS.search(text)
    wrong = [
        complaint
        for complaint, is_wrong in {
            "its name is not NNNN-some-words.md": name is None,
            "it does not open with '# N. Title'": title is None,
            "it has no line '- Date: YYYY-MM-DD'": day is None or not _is_date(day["date"]),
            "it has no line '- Status: accepted' or the like": status is None,
        }.items()
        if is_wrong
    ]
    headings = re.findall(r"(?m)^## (.+?)\s*$", text)
    wrong += [f"it has no section '## {s}'" for s in SECTIONS if s not in headings]
    if name is None or title is None or day is None or status is None:
        return None, wrong
    if int(name["number"]) != int(title["number"]):
        wrong.append(f"its name says {int(name['number'])} and its title {title['number']}")
    decision = Decision(
        file=path.name,
        number=int(name["number"]),
        title=title["title"],
        date=day["date"],
        status=status["status"],
        by=status["by"],
    )
    return decision, wrong


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_all(folder: Path = DECISIONS) -> tuple[list[Decision], list[str]]:
    """All decisions by number, and all complaints, each with its file's name."""
    decisions: list[Decision] = []
    complaints: list[str] = []
    for path in sorted(folder.glob("*.md")):
        decision, wrong = read(path)
        complaints += [f"{path.name}: {complaint}" for complaint in wrong]
        if decision is None:
            continue
        if any(decision.number == other.number for other in decisions):
            complaints.append(f"{path.name}: the number {decision.number} is taken")
        if decision.by is not None:
            successor = folder / decision.by
            if not successor.is_file():
                complaints.append(f"{path.name}: {decision.by}, which supersedes it, is not there")
            elif path.name not in successor.read_text(encoding="utf-8"):
                complaints.append(f"{path.name}: {decision.by} does not link back to it")
        decisions.append(decision)
    return decisions, complaints


def index(decisions: list[Decision]) -> str:
    """The index page, in Markdown."""
    return INDEX_HEAD + "".join(
        f"| {d.number} | [{d.title}]({d.file}) | {d.date} | {d.status} |\n" for d in decisions
    )


def main(arguments: list[str]) -> int:
    """Checks, and prints the index if asked. Gives the exit status."""
    decisions, complaints = read_all()
    for complaint in complaints:
        print(f"docs/decisions/{complaint}", file=sys.stderr)
    if "--print" in arguments:
        print(index(decisions), end="")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
