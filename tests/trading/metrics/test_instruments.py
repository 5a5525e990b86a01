"""What is counted, and that nobody can make a series of his own."""

import asyncio
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.counted import BOUNDS, Counted
from trading import errors
from trading.errors import InsufficientFunds, NonceRefused, VenueError, VenueUnavailable
from trading.metrics.catalogue import OBSERVED
from trading.metrics.meter import (
    CallOutcome,
    CommandOutcome,
    Endpoint,
    FaultKind,
    Meter,
    NullMeter,
    fault_kind,
)
from trading.model.identifiers import VenueName
from trading.model.instrument import Side
from trading.model.order_status import OrderStatus
from trading.venues.port import VenueAdapter

VENUE = VenueName("kraken")
NOT_A_CALL = {"run_streams", "reconnect_streams"}
"""They ask nothing of the kind that is answered once."""


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_every_instrument_is_one_of_the_catalogue(counted: Counted) -> None:
    shown = {metric.name.removesuffix("_total") for metric in counted.registry.collect()}
    assert shown == {family.name.removesuffix("_total") for family in OBSERVED}


def test_a_call_that_is_answered_is_counted_with_its_duration(counted: Counted) -> None:
    with counted.meter.venue_call(VENUE, Endpoint.FETCH_TIME) as call:
        call.asked()
        asyncio.run(counted.clock.advance(0.2))
    labels = {"venue": "kraken", "endpoint": "fetch_time"}
    assert counted.value("venue_calls_total", **labels, outcome="answered") == 1
    assert counted.value("venue_call_duration_seconds_sum", **labels) == pytest.approx(0.2)
    assert counted.value("venue_call_duration_seconds_bucket", **labels, le="0.1") == 0
    assert counted.value("venue_call_duration_seconds_bucket", **labels, le="0.25") == 1


def _end_with(meter: Meter, error: BaseException, *, asked: bool) -> None:
    with meter.venue_call(VENUE, Endpoint.SUBMIT) as call:
        if asked:
            call.asked()
        raise error


@pytest.mark.parametrize(
    ("asked", "raised", "outcome", "kind"),
    [
        (True, VenueUnavailable("kraken", "busy"), CallOutcome.FAILED, "unavailable"),
        (True, NonceRefused("kraken", "nonce"), CallOutcome.FAILED, "nonce_refused"),
        (True, ValueError("a fault of the program"), CallOutcome.FAILED, "other"),
        (False, VenueUnavailable("kraken", "the breaker"), CallOutcome.NOT_ASKED, None),
        (True, asyncio.CancelledError(), CallOutcome.ABANDONED, None),
    ],
    ids=["busy", "nonce", "bug", "breaker", "cancelled"],
)
def test_how_a_call_ends_is_read_off_what_it_raises(
    counted: Counted, *, asked: bool, raised: BaseException, outcome: str, kind: str | None
) -> None:
    with pytest.raises(type(raised)):
        _end_with(counted.meter, raised, asked=asked)
    labels = {"venue": "kraken", "endpoint": "submit"}
    assert counted.value("venue_calls_total", **labels, outcome=outcome) == 1
    errors_counted = {
        dict(labels)["kind"]
        for name, labels in counted.series()
        if name == "steelyard_venue_call_errors_total"
    }
    assert errors_counted == ({kind} if kind else set())
    timed = counted.value("venue_call_duration_seconds_count", **labels)
    assert timed == (1 if asked else None)


def test_an_answer_of_nothing_but_faults_is_a_failure(counted: Counted) -> None:
    with counted.meter.venue_call(VENUE, Endpoint.FETCH_PRICES) as call:
        call.asked()
        call.failed(VenueUnavailable("kraken", "busy"))
    labels = {"venue": "kraken", "endpoint": "fetch_prices"}
    assert counted.value("venue_calls_total", **labels, outcome="failed") == 1
    assert counted.value("venue_call_errors_total", **labels, kind="unavailable") == 1


def test_every_fault_of_a_venue_has_a_kind_of_its_own() -> None:
    faults = [
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, VenueError) and each is not VenueError
    ]
    kinds = [fault_kind(each("kraken", "why")) for each in faults]
    assert FaultKind.OTHER not in kinds
    assert len(set(kinds)) == len(kinds) > 5
    assert fault_kind(InsufficientFunds("kraken", "code")) is FaultKind.INSUFFICIENT_FUNDS


def test_every_call_of_the_port_is_an_endpoint() -> None:
    calls = {
        name
        for name, method in inspect.getmembers(VenueAdapter, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }
    assert calls - NOT_A_CALL == {each.value for each in Endpoint}


def _tell(meter: Meter, word: str) -> None:
    venue = VenueName(word)
    meter.command(word, CommandOutcome.DONE, 0.1)
    meter.job_begun(word, late_seconds=0.0)
    meter.job_ended(word, 1.0, failed=False)
    meter.order_changed(venue, OrderStatus.OPEN)
    meter.fill(venue, Side.BUY)
    meter.balances_questioned(venue)
    with meter.venue_call(venue, Endpoint.FETCH_TIME) as call:
        call.asked()


@given(words=st.lists(st.text(), max_size=20))
def test_nobody_can_make_a_new_series(words: list[str]) -> None:
    counted = Counted()
    _tell(counted.meter, "something else")
    before = counted.series()
    known = {*BOUNDS.venues, *BOUNDS.commands, *BOUNDS.jobs}
    for word in words:
        _tell(counted.meter, f"{word}/evil" if word in known else word)
    assert counted.series() == before


def test_what_is_known_is_counted_by_its_name(counted: Counted) -> None:
    counted.meter.command("balance", CommandOutcome.FAILED, 0.3)
    counted.meter.command('balance{evil="1"}', CommandOutcome.DONE, 0.3)
    counted.meter.job_begun("cleanup", late_seconds=2.0)
    counted.meter.job_ended("cleanup", 4.0, failed=True)
    counted.meter.write(0.01, failed=True)
    counted.meter.loop_lag(0.3)
    assert counted.value("commands_total", command="balance", outcome="failed") == 1
    assert counted.value("commands_total", command="other", outcome="done") == 1
    assert counted.value("job_runs_total", job_name="cleanup", outcome="failed") == 1
    assert counted.value("job_lateness_seconds_sum", job_name="cleanup") == 2.0
    assert counted.value("database_write_failures_total") == 1
    assert counted.value("loop_lag_seconds_bucket", le="0.25") == 0


def test_where_nobody_counts_nothing_is_kept_and_faults_pass() -> None:
    meter = NullMeter()
    _tell(meter, "anything")
    with pytest.raises(VenueUnavailable):
        _end_with(meter, VenueUnavailable("kraken", "busy"), asked=True)
