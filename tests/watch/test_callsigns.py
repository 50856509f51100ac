"""Call signs by slot, against a list of strings."""

from hypothesis import given
from hypothesis import strategies as st

from wideberth.watch.callsigns import CallSigns

CALLSIGNS = st.none() | st.sampled_from(["DLH4AB", "12345678", "123456789", " X ", "ÄÖÜ"]) | (
    st.text(min_size=1, max_size=12).filter(str.isprintable)
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 5), CALLSIGNS)))
def test_each_slot_keeps_the_call_sign_that_was_given_last(steps):
    kept, plain = CallSigns(3), [None] * 6
    kept.extend(3)
    for slot, callsign in steps:
        kept[slot] = plain[slot] = callsign
        assert [kept[each] for each in range(6)] == plain


def test_a_call_sign_that_is_not_short_or_not_ascii_is_kept_whole():
    kept = CallSigns(2)
    for callsign in ("A" * 128, "Ä1", "12345678", "123456789", "7", None):
        kept[0] = callsign
        assert kept[0] == callsign
        assert kept[1] is None
