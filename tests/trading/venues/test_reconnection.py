"""Connections are tried again soon, then seldom, and never more often than the venue bears."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.venues.reconnection import Reconnection, ReconnectPolicy
from trading.venues.websocket import ConnectionEnded, Ending

DROPPED = ConnectionEnded("dropped")
POLICY = ReconnectPolicy()
ROUNDING = 1e-6


def reconnection(dice: float = 1.0) -> Reconnection:
    return Reconnection(policy=POLICY, dice=lambda: dice)


def pauses(count: int, ended: ConnectionEnded = DROPPED, dice: float = 1.0) -> list[float]:
    made = reconnection(dice)
    return [made.pause_after(ended, lived=0.0, monotonic=0.0) for _ in range(count)]


def test_pauses_double_up_to_a_longest() -> None:
    assert pauses(9) == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


def test_pauses_differ_from_bot_to_bot() -> None:
    assert pauses(3, dice=0.0) == [0.25, 0.5, 1.0]


def test_a_connection_that_lived_ends_the_row_of_failures() -> None:
    made = reconnection()
    for _ in range(5):
        made.pause_after(DROPPED, lived=1.0, monotonic=0.0)
    assert made.pause_after(DROPPED, lived=31.0, monotonic=0.0) == 0.5


def test_where_we_are_not_wanted_we_stay_away_for_long() -> None:
    forbidden = ConnectionEnded("policy", ending=Ending.FORBIDDEN)
    assert pauses(2, forbidden, dice=0.0) == [810.0, 810.0]


def test_a_new_connection_that_is_wanted_comes_at_once_but_not_over_and_over() -> None:
    renew = ConnectionEnded("token", ending=Ending.RENEW)
    assert pauses(4, renew) == [0.0, 1.0, 2.0, 4.0]


def test_the_venue_s_own_advice_counts() -> None:
    busy = ConnectionEnded("429", retry_after_seconds=33.0)
    assert pauses(1, busy) == [33.0]


def test_a_person_who_asks_is_not_made_to_wait() -> None:
    made = reconnection()
    for _ in range(9):
        made.pause_after(DROPPED, lived=0.0, monotonic=0.0)
    made.forgive()
    assert made.pause_after(DROPPED, lived=0.0, monotonic=0.0) == 0.5


HURRIED = st.tuples(st.just(Ending.RENEW), st.sampled_from([0.0, 0.1]), st.just(True))
ANY = st.tuples(st.sampled_from(Ending), st.floats(0, 100), st.booleans())


@given(st.lists(HURRIED | HURRIED | ANY, min_size=50, max_size=400))
def test_the_cap_on_attempts_is_never_reached(
    endings: list[tuple[Ending, float, bool]],
) -> None:
    """However connections end, and whoever forgives them: at most 30 tries in ten minutes."""
    made, now, attempts = reconnection(0.0), 0.0, list[float]()
    for ending, lived, forgiven in endings:
        made.attempted(now)
        attempts.append(now)
        if forgiven:
            made.forgive()
        now += lived
        now += made.pause_after(ConnectionEnded("x", ending=ending), lived=lived, monotonic=now)
        recent = [at for at in attempts if at > now - POLICY.window_seconds + ROUNDING]
        assert len(recent) < POLICY.most_attempts


@pytest.mark.parametrize("ending", list(Ending))
def test_no_pause_is_negative(ending: Ending) -> None:
    assert min(pauses(40, ConnectionEnded("x", ending=ending), dice=0.0)) >= 0
