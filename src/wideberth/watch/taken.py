"""What became of a batch of reports: how many rows were taken, which were not, by which rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MAX_ID_LENGTH",
    "MOST_NAMED",
    "ROW_RULES",
    "VALUE_RULES",
    "BadRow",
    "DroppedValue",
    "RowRule",
    "UpdateReport",
]

MOST_NAMED = 100  # bad rows named one by one; the rest are counted
MAX_ID_LENGTH = 128

RowRule = Literal["track-id", "position", "time-range", "time-ahead", "time-old", "table-full"]
ROW_RULES: tuple[RowRule, ...] = get_args(RowRule)
"""All rules that a row is refused by; of several that it breaks the first that stands here."""


VALUE_RULES = {
    "altitude_w84_m": "altitude-range",
    "altitude_std_m": "altitude-range",
    "ground_speed_m_s": "speed-range",
    "course_deg": "course-range",
    "vertical_rate_m_s": "climb-range",
    "accuracy_m": "accuracy-range",
    "callsign": "call-sign",
    "altitude_time_us": "time-range",
    "velocity_time_us": "time-range",
}
"""The rule that a value breaks which is taken as not said, by its column."""


class BadRow(msgspec.Struct, frozen=True):
    """A row that was not taken: its index in the batch, the id it gave, the rule it broke."""

    index: int
    track_id: str
    rule: RowRule


class DroppedValue(msgspec.Struct, frozen=True):
    """A value that cannot be and was taken as not said, of a row that was taken: the row's index in
    the batch, its id, the column and what it said.
    """

    index: int
    track_id: str
    column: str
    value: float | str


@dataclass
class UpdateReport:
    """What became of a batch. counts: by ``taken``, ``late``, ``repeated``, ``contradictory``,
    ``refused``; refused: how many by rule; dropped: values taken as not said, by column;
    bad_rows, dropped_values: the first hundred of each; good: the rows that were not refused,
    ascending.
    """

    counts: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    dropped: Counter[str] = field(default_factory=Counter[str])
    bad_rows: list[BadRow] = field(default_factory=list[BadRow])
    dropped_values: list[DroppedValue] = field(default_factory=list[DroppedValue])
    good: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def refuse(self, index: int, track_id: str, rule: RowRule) -> None:
        """Counts a row, and names it while there are few."""
        self.refused[rule] += 1
        self.counts["refused"] += 1
        if len(self.bad_rows) < MOST_NAMED:
            self.bad_rows.append(BadRow(index, _shown(track_id), rule))

    def drop(self, index: int, track_id: str, column: str, value: float | str) -> None:
        """Names a value that was taken as not said, while there are few; not what counts it."""
        if len(self.dropped_values) < MOST_NAMED:
            said = _shown(value) if isinstance(value, str) else value
            self.dropped_values.append(DroppedValue(index, track_id, column, said))


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_ID_LENGTH])
