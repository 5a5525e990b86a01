"""Questions are repeated a bounded number of times, within a bounded time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import FakeClock
from trading.errors import (
    NonceRefused,
    OutcomeUnknown,
    VenueError,
    VenueFatal,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)
from trading.venues.retry import ReadRetry, RetryPolicy

POLICY = RetryPolicy(
    attempts=4, first_wait_seconds=0.25, longest_wait_seconds=2.0, total_seconds=10.0
)


class Question:
    """Fails as told, then answers."""

    def __init__(self, *failures: VenueError) -> None:
        self.failures = list(failures)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def busy(retry_after: float | None = None) -> VenueUnavailable:
    return VenueUnavailable("test", "busy", retry_after_seconds=retry_after)


async def test_a_busy_venue_is_asked_again_with_growing_pauses() -> None:
    clock, question = FakeClock(instant=True), Question(busy(), busy(), busy())
    retry = ReadRetry(clock=clock, policy=POLICY, jitter=lambda: 1.0)
    assert await retry(question) == "answer"
    assert clock.slept == [0.25, 0.5, 1.0]


async def test_attempts_are_bounded() -> None:
    clock, question = FakeClock(instant=True), Question(*[busy()] * 9)
    with pytest.raises(VenueUnavailable):
        await ReadRetry(clock=clock, policy=POLICY, jitter=lambda: 0.0)(question)
    assert question.asked == 4


async def test_the_venue_s_own_advice_is_followed_if_there_is_time() -> None:
    clock, question = FakeClock(instant=True), Question(busy(5.0), busy(6.0))
    with pytest.raises(VenueUnavailable):
        await ReadRetry(clock=clock, policy=POLICY, jitter=lambda: 0.0)(question)
    assert (question.asked, clock.slept) == (2, [5.0])


@pytest.mark.parametrize(
    "failure",
    [
        OutcomeUnknown("test", "lost"),
        VenueRejected("test", "no"),
        VenueFatal("test", "key"),
        VenueProtocolError("test", "what"),
        NonceRefused("test", "nonce"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_nothing_else_is_repeated(failure: VenueError) -> None:
    clock, question = FakeClock(instant=True), Question(failure)
    with pytest.raises(type(failure)):
        await ReadRetry(clock=clock, policy=POLICY, jitter=lambda: 0.0)(question)
    assert (question.asked, clock.slept) == (1, [])


@given(attempt=st.integers(1, 60), jitter=st.floats(0, 1))
def test_no_pause_is_longer_than_the_cap_or_shorter_than_half_the_first(
    attempt: int, jitter: float
) -> None:
    assert 0.125 <= POLICY.wait_after(attempt, jitter) <= 2.0
