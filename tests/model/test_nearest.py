"""A name that nobody has is answered with the nearest ones and the list, in bounded room."""

from __future__ import annotations

from wideberth.model.nearest import MOST_LISTED, names_here, no_such_party


def test_a_slip_is_answered_with_what_was_meant() -> None:
    words = no_such_party("Harbor", ["lantern", "kestrel", "harbour"])
    assert "did you mean harbour?" in words
    assert words.endswith("The parties: harbour, kestrel, lantern")


def test_a_name_like_none_is_answered_with_the_list_alone() -> None:
    assert no_such_party("zz", ["harbour", "kestrel"]).endswith(
        "space; The parties: harbour, kestrel"
    )


def test_many_names_are_cut_and_counted() -> None:
    known = [f"party-{number:03}" for number in range(MOST_LISTED + 7)]
    words = names_here("party-026", known, "The parties")
    assert words.startswith("did you mean party-026")
    assert words.endswith("party-019 and 7 more")
