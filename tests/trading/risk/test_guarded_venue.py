"""A guarded venue counts its faults by kind of call, remembers them, and lets emergencies pass."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from storage.breakers import BreakerRepository
from storage.records import BreakerRow
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.stores import open_database
from tests.support.waiting import settle
from trading.errors import (
    OutcomeUnknown,
    StorageUnavailable,
    VenueFatal,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)
from trading.events import Event, EventBus, OwnerNotice
from trading.model.identifiers import Asset, Symbol, VenueOrderId
from trading.risk.breakers import Breakers, CallKind
from trading.risk.circuit_breaker import BreakerPolicy
from trading.risk.guarded_venue import GuardedVenue
from trading.venues.port import Priority, VenueAdapter

POLICY = BreakerPolicy(threshold=2, first_wait_seconds=5, longest_wait_seconds=60)
DOWN = VenueUnavailable("memory", "down")


class World:
    """One run of the guarded venue on one database."""

    def __init__(self, clock: FakeClock, venue: MemoryVenue, breakers: Breakers) -> None:
        self.clock = clock
        self.venue = venue
        self.breakers = breakers
        self.guarded: VenueAdapter = GuardedVenue(adapter=venue, breakers=breakers)
        self.notices: list[OwnerNotice] = []

    async def hear(self, event: Event) -> None:
        if isinstance(event, OwnerNotice):
            self.notices.append(event)

    def state(self, kind: CallKind) -> str:
        (found,) = (view for view in self.breakers.show() if view.kind == kind.value)
        return found.state

    async def fail_twice(self) -> None:
        self.venue.fail("fetch_balances", DOWN, DOWN)
        for _ in range(2):
            with pytest.raises(VenueUnavailable):
                await self.guarded.fetch_balances()


@asynccontextmanager
async def run(folder: Path, clock: FakeClock, venue: MemoryVenue) -> AsyncIterator[World]:
    async with open_database(folder, clock=clock) as database:
        bus = EventBus()
        breakers = Breakers(
            venues=[venue.name],
            store=BreakerRepository(database=database),
            clock=clock,
            bus=bus,
            dice=lambda: 0.5,
            policy=POLICY,
        )
        await breakers.start()
        world = World(clock, venue, breakers)
        bus.subscribe(world.hear)
        yield world


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def venue(clock: FakeClock) -> MemoryVenue:
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "99", "101")
    venue.deposit("USD", "100")
    return venue


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock, venue: MemoryVenue) -> AsyncIterator[World]:
    async with run(tmp_path, clock, venue) as world:
        yield world


async def test_an_open_breaker_spares_the_venue_and_only_for_its_kind(world: World) -> None:
    await world.fail_twice()

    with pytest.raises(VenueUnavailable, match="breaker") as refusal:
        await world.guarded.fetch_balances()

    assert refusal.value.retry_after_seconds == pytest.approx(5)
    assert world.venue.count("fetch_balances") == 2
    assert await world.guarded.fetch_open_orders() == ()
    assert await world.guarded.fetch_instruments()
    assert [notice.kind for notice in world.notices] == ["breaker"]


async def test_the_wait_over_one_probe_passes_and_closes_it(world: World) -> None:
    await world.fail_twice()
    await world.clock.advance(5)
    gate = world.venue.hold("fetch_balances")

    async with asyncio.TaskGroup() as group:
        probe = group.create_task(world.guarded.fetch_balances())
        await settle()
        with pytest.raises(VenueUnavailable, match="half_open"):
            await world.guarded.fetch_balances()
        gate.set()

    assert probe.result().balances
    assert world.state(CallKind.BALANCES) == "closed"
    assert [notice.text.rpartition(" ")[2] for notice in world.notices][-1] == "again"
    assert len({notice.key for notice in world.notices}) == 2


async def test_a_failed_probe_waits_longer(world: World) -> None:
    await world.fail_twice()
    await world.clock.advance(5)
    world.venue.fail("fetch_balances", DOWN)
    with pytest.raises(VenueUnavailable):
        await world.guarded.fetch_balances()
    await world.clock.advance(9)

    with pytest.raises(VenueUnavailable, match="breaker"):
        await world.guarded.fetch_balances()
    await world.clock.advance(1)
    await world.guarded.fetch_balances()


async def test_emergencies_pass_and_close_it_when_they_succeed(world: World) -> None:
    await world.fail_twice()

    await world.guarded.fetch_balances(priority=Priority.EMERGENCY)

    assert world.state(CallKind.BALANCES) == "closed"


async def test_cancelling_in_an_emergency_passes(world: World) -> None:
    world.venue.fail("fetch_open_orders", DOWN, DOWN)
    for _ in range(2):
        with pytest.raises(VenueUnavailable):
            await world.guarded.fetch_open_orders()

    with pytest.raises(VenueUnavailable, match="breaker"):
        await world.guarded.cancel(VenueOrderId("M1"))
    assert await world.guarded.cancel(VenueOrderId("M1"), priority=Priority.EMERGENCY) is False
    assert await world.guarded.cancel_all() == 0


@pytest.mark.parametrize(
    "error",
    [
        VenueFatal("memory", "key"),
        VenueProtocolError("memory", "half"),
        OutcomeUnknown("memory", "lost"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_every_fault_counts(world: World, error: Exception) -> None:
    world.venue.fail("fetch_totals", error, error)
    for _ in range(2):
        with pytest.raises(type(error)):
            await world.guarded.fetch_totals()

    assert world.state(CallKind.BALANCES) == "open"


async def test_a_rejection_is_an_answer(world: World) -> None:
    world.venue.fail("fetch_totals", DOWN, VenueRejected("memory", "no"), DOWN)
    for expected in (VenueUnavailable, VenueRejected, VenueUnavailable):
        with pytest.raises(expected):
            await world.guarded.fetch_totals()

    assert world.state(CallKind.BALANCES) == "closed"


async def test_one_bad_symbol_is_no_fault_of_the_venue(world: World) -> None:
    symbols = [Symbol(Asset("BTC"), Asset("USD")), Symbol(Asset("NOPE"), Asset("USD"))]

    for _ in range(3):
        answers = await world.guarded.fetch_prices(symbols)
        assert isinstance(answers[symbols[1]], VenueRejected)
    assert world.state(CallKind.MARKET_DATA) == "closed"


async def test_a_cancelled_probe_is_made_again(world: World) -> None:
    await world.fail_twice()
    await world.clock.advance(5)
    gate = world.venue.hold("fetch_balances")
    async with asyncio.TaskGroup() as group:
        probe = group.create_task(world.guarded.fetch_balances())
        await settle()
        probe.cancel()
    gate.set()

    assert (await world.guarded.fetch_balances()).balances[Asset("USD")].free == Decimal(100)


async def test_giving_up_on_calls_that_hang_opens_it(world: World) -> None:
    world.venue.hold("fetch_balances")
    for _ in range(2):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(world.guarded.fetch_balances())
            await settle()
            await world.clock.advance(POLICY.hang_seconds)
            call.cancel()

    assert world.state(CallKind.BALANCES) == "open"
    for _ in range(2):
        with pytest.raises(VenueUnavailable, match="breaker"):
            await world.guarded.fetch_balances()
    assert [notice.text for notice in world.notices] == [
        "memory: the breaker for balances opened after 2 failures: no answer in 10 s"
    ]


async def test_a_restart_does_not_close_it(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    async with run(tmp_path, clock, venue) as world:
        await world.fail_twice()
    async with run(tmp_path, clock, venue) as world:
        with pytest.raises(VenueUnavailable, match="breaker"):
            await world.guarded.fetch_balances()
        await clock.advance(5)
        await world.guarded.fetch_balances()
    async with run(tmp_path, clock, venue) as world:
        assert world.state(CallKind.BALANCES) == "closed"


async def test_a_reset_closes_it_at_once_and_says_what_it_closed(world: World) -> None:
    await world.fail_twice()

    before = await world.breakers.reset(world.venue.name, "42")

    assert [(view.kind, view.state) for view in before] == [("balances", "open")]
    await world.guarded.fetch_balances()
    assert await world.breakers.reset(None, "42") == ()


async def test_breakers_work_without_a_store_that_takes_them(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    class Broken(BreakerRepository):
        async def put(self, row: BreakerRow) -> None:
            raise StorageUnavailable(f"locked: {row.kind}")

    async with open_database(tmp_path, clock=clock) as database:
        breakers = Breakers(
            venues=[venue.name],
            store=Broken(database=database),
            clock=clock,
            bus=EventBus(),
            dice=lambda: 0.5,
            policy=POLICY,
        )
        world = World(clock, venue, breakers)
        await world.fail_twice()

        assert world.state(CallKind.BALANCES) == "open"


async def test_stored_breakers_that_nobody_knows_are_passed_over(
    tmp_path: Path, clock: FakeClock, venue: MemoryVenue
) -> None:
    row = BreakerRow(
        venue="memory",
        kind="balances",
        state="ajar",
        failures=9,
        open_until=None,
        reason=None,
        updated_at=clock.now(),
    )
    async with open_database(tmp_path, clock=clock) as database:
        store = BreakerRepository(database=database)
        await store.put(row)
        await store.put(replace(row, venue="elsewhere", state="open"))
    async with run(tmp_path, clock, venue) as world:
        assert {view.state for view in world.breakers.show()} == {"closed"}
