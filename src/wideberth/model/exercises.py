"""What an exercise is called: its record's name says so, and no other record's does (X-03).

The name stands in everything that is signed: on the first line of each checkpoint, and so under
each receipt and bundle; in each statement of a party, and in the proof with which its key is
enrolled; as the audience of each token. A record that was opened before this rule keeps its name.
"""

from __future__ import annotations

__all__ = ["EXERCISE_HEADER", "EXERCISE_NAME", "EXERCISE_WORD", "fits_kind", "is_exercise_name"]

EXERCISE_NAME = "exercise."
"""How the name of an exercise's record begins."""

EXERCISE_WORD = "EXERCISE"
"""The word on every form of what belongs to one: the first one, and of what is spoken the last."""


EXERCISE_HEADER = "wideberth-exercise"
"""The header on every HTTP answer of an exercise, and on what its webhooks send; the word is its
value.
"""


def is_exercise_name(origin: str) -> bool:
    """Whether a record's name is that of an exercise, in whatever case it is written.

    >>> is_exercise_name("exercise.valley.example/space"), is_exercise_name("valley.example/space")
    (True, False)
    """
    return origin.lower().startswith(EXERCISE_NAME)


def fits_kind(origin: str, *, exercise: bool) -> bool:
    """Whether a new record of this kind may have this name: as it is written for an exercise, and
    in no case that reads alike for a real space.

    >>> fits_kind("EXERCISE.a.example", exercise=True), fits_kind("Exercise.b", exercise=False)
    (False, False)
    """
    return origin.startswith(EXERCISE_NAME) if exercise else not is_exercise_name(origin)
