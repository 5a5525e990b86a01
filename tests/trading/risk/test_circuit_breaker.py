"""The breaker opens on failures in a row, probes once, and never locks anyone out for good."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from trading.risk.circuit_breaker import (
    CLOSED,
    BreakerPhase,
    BreakerPolicy,
    BreakerState,
    abandon,
    admit,
    fail,
    succeed,
)

START = datetime(2026, 1, 5, tzinfo=UTC)
POLICY = BreakerPolicy(
    threshold=3, first_wait_seconds=5, longest_wait_seconds=60, jitter_fraction=0.2
)


def failed_times(count: int, *, dice: float = 0.5) -> BreakerState:
    state = CLOSED
    for _ in range(count):
        state = fail(state, START, "down", POLICY, dice=dice)
    return state


@pytest.mark.parametrize(
    ("failures", "phase"),
    [(2, BreakerPhase.CLOSED), (3, BreakerPhase.OPEN), (9, BreakerPhase.OPEN)],
)
def test_it_opens_at_the_threshold(failures: int, phase: BreakerPhase) -> None:
    assert failed_times(failures).phase is phase


def test_a_success_in_between_starts_the_count_anew() -> None:
    assert fail(succeed(failed_times(2)), START, "down", POLICY, dice=0.5).failures == 1


def test_failures_under_way_when_it_opened_do_not_lengthen_the_wait() -> None:
    assert failed_times(20) == failed_times(3)


def test_each_failed_probe_doubles_the_wait_up_to_the_cap() -> None:
    state, waits, now = failed_times(3), [], START
    for _ in range(6):
        assert state.open_until is not None
        waits.append((state.open_until - now).total_seconds())
        now = state.open_until
        state = fail(admit(state, now, POLICY).state, now, "down", POLICY, dice=0.5)

    assert waits == [5, 10, 20, 40, 60, 60]


def test_the_venues_own_advice_is_heeded_within_the_cap() -> None:
    state = failed_times(2)
    advised = fail(state, START, "busy", POLICY, dice=0.5, advice_seconds=30)
    excessive = fail(state, START, "busy", POLICY, dice=0.5, advice_seconds=9999)

    assert advised.open_until == START + timedelta(seconds=30)
    assert excessive.open_until == START + timedelta(seconds=60)


def test_a_clock_set_back_locks_nobody_out() -> None:
    state = failed_times(3)

    assert admit(state, START - timedelta(days=1), POLICY).allowed


def test_a_probe_without_outcome_is_made_again() -> None:
    state = failed_times(3)
    assert state.open_until is not None
    probing = admit(state, state.open_until, POLICY).state

    assert not admit(probing, state.open_until, POLICY).allowed
    assert admit(abandon(probing, state.open_until), state.open_until, POLICY).allowed


@pytest.mark.parametrize(
    "bad",
    [
        lambda: BreakerPolicy(threshold=0),
        lambda: BreakerPolicy(jitter_fraction=1.0),
        lambda: BreakerPolicy(first_wait_seconds=999.0),
    ],
    ids=["threshold", "jitter", "waits"],
)
def test_a_policy_that_cannot_work_is_refused(bad: Callable[[], BreakerPolicy]) -> None:
    with pytest.raises(ValueError, match="breaker"):
        bad()


@given(dice=st.floats(0, 1), failures=st.integers(3, 200))
def test_no_wait_is_longer_than_the_limit(dice: float, failures: int) -> None:
    state = BreakerState(phase=BreakerPhase.HALF_OPEN, failures=failures)
    opened = fail(state, START, "down", POLICY, dice=dice)

    assert opened.open_until is not None
    wait = (opened.open_until - START).total_seconds()
    assert 0 < wait <= POLICY.limit_seconds


@given(dice=st.lists(st.floats(0, 1), min_size=200, max_size=200))
def test_a_venue_that_stays_down_is_asked_ever_more_rarely_and_never_in_a_loop(
    dice: list[float],
) -> None:
    """An hour of somebody who asks at every turn: the waits alone decide how often he passes."""
    state, now, asked = CLOSED, START, 0
    throws = iter(dice)
    while now < START + timedelta(hours=1):
        admission = admit(state, now, POLICY)
        state = admission.state
        if not admission.allowed:
            assert admission.wait_seconds > 0
            now += timedelta(seconds=admission.wait_seconds)
            continue
        asked += 1
        state = fail(state, now, "down", POLICY, dice=next(throws))
    shortest = POLICY.longest_wait_seconds * (1 - POLICY.jitter_fraction)
    assert asked <= POLICY.threshold + 5 + 3600 / shortest


class BreakerLaws(RuleBasedStateMachine):
    """Any mixture of calls that pass, fail, succeed and vanish, while time goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.state = CLOSED
        self.now = START
        self.under_way = 0
        self.probes = 0
        self.failures_in_a_row = 0

    @rule()
    def somebody_resets_it(self) -> None:
        """A reset always closes; what was under way then ends as it likes."""
        self.state = CLOSED
        self.probes = 0
        assert admit(self.state, self.now, POLICY).allowed

    @rule()
    def the_process_starts_again(self) -> None:
        """What it was is written down; whatever was under way is gone."""
        self.state = abandon(self.state, self.now)
        self.under_way = self.probes = 0

    @rule()
    def ask(self) -> None:
        was = self.state
        admission = admit(self.state, self.now, POLICY)
        self.state = admission.state
        if was.phase is BreakerPhase.OPEN and was.open_until is not None:
            assert admission.allowed == (self.now >= was.open_until)
        if admission.allowed:
            self.under_way += 1
            self.probes += admission.state.phase is BreakerPhase.HALF_OPEN

    @precondition(lambda self: self.under_way)
    @rule(dice=st.floats(0, 1))
    def a_call_fails(self, dice: float) -> None:
        self.under_way -= 1
        self.probes = 0
        self.failures_in_a_row += 1
        before = self.state
        self.state = fail(self.state, self.now, "down", POLICY, dice=dice)
        if before.phase is not BreakerPhase.OPEN and self.state.phase is BreakerPhase.OPEN:
            assert self.state.open_until is not None
            wait = (self.state.open_until - self.now).total_seconds()
            doubled = POLICY.first_wait_seconds * 2.0 ** (self.state.failures - POLICY.threshold)
            base = min(POLICY.longest_wait_seconds, doubled)
            spread = POLICY.jitter_fraction * base
            assert base - spread - 1e-5 <= wait <= base + spread + 1e-5

    @precondition(lambda self: self.under_way)
    @rule()
    def a_call_succeeds(self) -> None:
        self.under_way -= 1
        self.probes = 0
        self.failures_in_a_row = 0
        self.state = succeed(self.state)

    @precondition(lambda self: self.probes)
    @rule()
    def the_probe_vanishes(self) -> None:
        self.under_way -= 1
        self.probes = 0
        self.state = abandon(self.state, self.now)

    @rule(seconds=st.floats(0, 100))
    def time_goes_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def one_probe_at_most(self) -> None:
        assert self.probes <= 1

    @invariant()
    def closed_only_below_the_threshold(self) -> None:
        if self.state.phase is BreakerPhase.CLOSED:
            assert self.state.failures < POLICY.threshold

    @invariant()
    def nobody_is_locked_out(self) -> None:
        if self.state.phase is BreakerPhase.OPEN:
            later = self.now + timedelta(seconds=POLICY.limit_seconds)
            assert admit(self.state, later, POLICY).allowed


TestBreakerLaws = BreakerLaws.TestCase
