"""What people are told of a breaker: since when, which faults, how many probes failed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.breakers import BreakerRepository
from storage.database import Database
from storage.settings import SettingsRepository
from tests.support.clock import FakeClock
from tests.support.stores import open_database
from trading.errors import VenueUnavailable
from trading.events import EventBus
from trading.model.identifiers import VenueName
from trading.risk.breaker_history import MOST_FAULTS, BreakerHistory, Fault, read_history
from trading.risk.breakers import Breakers, BreakerView, CallKind
from trading.risk.circuit_breaker import BreakerPolicy

VENUE = VenueName("kraken")
POLICY = BreakerPolicy(threshold=2, first_wait_seconds=5, longest_wait_seconds=60)
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
MOMENTS = st.datetimes(timezones=st.just(UTC))


async def breakers_on(database: Database, clock: FakeClock) -> Breakers:
    made = Breakers(
        venues=[VENUE],
        store=BreakerRepository(database=database),
        clock=clock,
        bus=EventBus(),
        dice=lambda: 0.5,
        policy=POLICY,
        facts=SettingsRepository(database=database),
    )
    await made.start()
    return made


async def fail(breakers: Breakers, reason: str) -> None:
    with pytest.raises(VenueUnavailable):
        async with breakers.guard(VENUE, CallKind.ORDERS):
            raise VenueUnavailable(VENUE, reason)


def orders(breakers: Breakers) -> BreakerView:
    return next(view for view in breakers.show() if view.kind == CallKind.ORDERS.value)


async def test_it_tells_its_faults_its_probes_and_since_when(tmp_path: Path) -> None:
    clock = FakeClock(start=START)
    async with open_database(tmp_path) as database:
        breakers = await breakers_on(database, clock)
        assert orders(breakers).since is None
        for reason in ("busy", "no route"):
            await fail(breakers, reason)
        await clock.advance(5)
        await fail(breakers, "still no route")
        shown = orders(breakers)
        assert (shown.failures, shown.failed_probes, shown.since) == (3, 1, START)
        assert [(fault.at, fault.reason) for fault in shown.faults] == [
            (START, "kraken: busy"),
            (START, "kraken: no route"),
            (START + timedelta(seconds=5), "kraken: still no route"),
        ]
        again = orders(await breakers_on(database, clock))
        assert (again.since, again.faults, again.failed_probes) == (START, shown.faults, 1)
        await clock.advance(10)
        async with breakers.guard(VENUE, CallKind.ORDERS):
            pass
        closed = orders(breakers)
        assert (closed.state, closed.failed_probes) == ("closed", 0)
        assert closed.since == clock.now()
        assert closed.faults == shown.faults, "what went wrong stays to be read"


@given(st.lists(st.tuples(MOMENTS, st.text(max_size=20)), max_size=7), st.none() | MOMENTS)
def test_it_is_read_back_as_it_was_kept(
    faults: list[tuple[datetime, str]], since: datetime | None
) -> None:
    history = BreakerHistory(since=since)
    for at, reason in faults:
        history = history.failed(at, reason)
    assert len(history.faults) <= MOST_FAULTS
    assert read_history(history.as_text()) == history


@pytest.mark.parametrize(
    "damaged",
    [
        lambda text: text[:-3],
        lambda text: text.replace("faults", "fault"),
        lambda _: "[]",
        lambda _: '{"since": 5, "faults": []}',
    ],
    ids=["cut", "renamed", "another shape", "no time"],
)
def test_what_cannot_be_read_is_forgotten(damaged: Callable[[str], str]) -> None:
    history = BreakerHistory(since=START, faults=(Fault(at=START, reason="down"),))
    assert read_history(damaged(history.as_text())) == BreakerHistory()


def test_a_page_of_html_is_cut() -> None:
    history = BreakerHistory().failed(START, "<html>" * 1000)
    assert len(history.faults[0].reason) == 300
