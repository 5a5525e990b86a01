"""How soon a streamed account is begun anew after it was doubted."""

from trading.venues.doubts import DoubtPacer


def test_doubts_in_a_row_are_answered_ever_later_and_peace_ends_the_row() -> None:
    pacer = DoubtPacer()
    assert [pacer.pause_after(10.0) for _ in range(7)] == [0, 1, 5, 30, 120, 600, 600]
    assert pacer.pause_after(901.0) == 0
    assert pacer.pause_after(10.0) == 1
    pacer.forgive()
    assert pacer.pause_after(10.0) == 0


def test_what_is_wanted_waits_for_nothing_and_counts_for_nothing() -> None:
    pacer = DoubtPacer()
    assert [pacer.pause_after(10.0) for _ in range(3)] == [0, 1, 5]
    pacer.excuse()
    assert pacer.pause_after(10.0) == 0
    assert pacer.pause_after(10.0) == 30
