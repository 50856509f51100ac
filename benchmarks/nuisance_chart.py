"""The picture of how warnings hang on settings, for the manual. On white, so that it can be read on
a dark page too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Point", "draw"]

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
_GROUPS = {
    "look-ahead": "look-ahead (s)",
    "horizontal": "horizontal (NM)",
    "vertical": "vertical (ft)",
    "well clear": "well-clear volume",
    "hysteresis": "hysteresis",
    "uncertainty": "uncertainty",
}
_UNITS = {"look-ahead": " s", "horizontal": " NM", "vertical": " ft"}


@dataclass(frozen=True)
class Point:
    """One setting. per_hour: conflicts in a flight hour; lead_s: seconds of warning that 10, 50 and
    90 of a hundred losses had at most.
    """

    group: str
    name: str
    per_hour: float
    lead_s: tuple[float, float, float]


def draw(base: dict[str, str], points: Sequence[Point]) -> None:
    """base: what the first point is called in each group."""
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        print("no matplotlib here: no picture")
        return
    plt.rcParams["svg.hashsalt"] = "wideberth"
    groups = {name: _of(name, base, points) for name in _GROUPS}
    figure, axes = plt.subplots(
        2,
        len(groups),
        figsize=(13, 5.6),
        sharex="col",
        sharey="row",
        facecolor="white",
        width_ratios=[len(each) for each in groups.values()],
    )
    for column, (group, own) in enumerate(groups.items()):
        places = range(len(own))
        above, below = axes[0][column], axes[1][column]
        colours = ["#444444" if each is points[0] else "#2b7bba" for _, each in own]
        above.bar(places, [each.per_hour for _, each in own], color=colours)
        middle = [each.lead_s[1] for _, each in own]
        reach = [
            [max(0.0, each.lead_s[1] - each.lead_s[0]) for _, each in own],
            [max(0.0, each.lead_s[2] - each.lead_s[1]) for _, each in own],
        ]
        below.errorbar(places, middle, yerr=reach, fmt="o", color="#b5502a", capsize=3)
        below.set_xticks(list(places), [name for name, _ in own], rotation=60, ha="right")
        below.set_xlabel(_GROUPS[group])
        for axis in (above, below):
            axis.grid(visible=True, axis="y", alpha=0.3)
            axis.set_ylim(bottom=0)
    axes[0][0].set_ylabel("conflict warnings\nin a flight hour")
    axes[1][0].set_ylabel("warning before a loss (s)\nmiddle, and 10 to 90 of 100")
    figure.suptitle(
        "Switzerland, 1 August 2018: above as flown (no loss), below with levels a quarter as far"
        " apart; grey: 3 NM, 700 ft, 120 s",
        fontsize=10,
    )
    figure.tight_layout()
    for kind, meta in (("svg", {"Date": None}), ("png", {"Software": None})):
        figure.savefig(IMAGES / f"nuisance.{kind}", metadata=meta, dpi=110)
    plt.close(figure)


def _of(group: str, base: dict[str, str], points: Sequence[Point]) -> list[tuple[str, Point]]:
    """The points of a group with the base at its place, by their names without a unit."""
    unit = _UNITS.get(group, "")
    own = [(base[group], points[0])]
    own += [(each.name, each) for each in points if each.group == group]
    if unit:
        own.sort(key=lambda each: float(each[0].removesuffix(unit)))
    return [(name.removesuffix(unit), each) for name, each in own]
