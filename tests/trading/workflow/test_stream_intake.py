"""What a venue's stream tells comes to whom it concerns; unheard, it proves nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.balance_parts import balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.stream_world import StreamWorld, listening
from tests.support.waiting import eventually
from trading.errors import StorageUnavailable
from trading.model.balance import BalanceSource
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, FillId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side
from trading.model.market_data import Price
from trading.model.order import OrderType, VenueOrder
from trading.model.order_status import OrderStatus
from trading.venues.streaming import StreamStatus

USD, BTC_USD = Asset("USD"), Symbol.parse("BTC/USD")
ETH_USD = Symbol.parse("ETH/USD")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[StreamWorld]:
    clock = FakeClock()
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "49990", "50010")
    venue.deposit("USD", "1000")
    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts:
        yield StreamWorld(parts)


def order() -> VenueOrder:
    return VenueOrder(
        venue=VenueName("memory"),
        venue_order_id=VenueOrderId("M1"),
        client_order_id=ClientOrderId("a"),
        symbol=BTC_USD,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        status=OrderStatus.FILLED,
        quantity=Decimal(1),
        filled_quantity=Decimal(1),
        limit_price=Decimal(100),
        cost=Decimal(100),
        fee=Decimal(0),
        opened_at=FakeClock().now(),
        closed_at=None,
        reason=None,
    )


def fill() -> Fill:
    return Fill(
        venue=VenueName("memory"),
        fill_id=FillId("F1"),
        venue_order_id=VenueOrderId("M1"),
        client_order_id=ClientOrderId("a"),
        symbol=BTC_USD,
        side=Side.BUY,
        quantity=Decimal(1),
        price=Decimal(100),
        cost=Decimal(100),
        fee=Decimal(0),
        fee_asset=USD,
        executed_at=FakeClock().now(),
    )


async def test_accounts_orders_fills_and_prices_are_handed_on(world: StreamWorld) -> None:
    world.parts.reservations.hold(ClientOrderId("a"), world.parts.name, USD, Decimal(102))
    async with listening(world):
        assert world.venue.listener is not None
        world.push(is_baseline=True)
        assert (await world.parts.manager.balance(world.parts.name, USD)).total == 1000

        world.venue.listener.fill_pushed(fill())
        world.venue.listener.order_pushed(order())
        stranger = replace(order(), client_order_id=None)
        world.venue.listener.order_pushed(stranger)
        assert world.orders.heard == ["reset memory", fill(), order(), stranger]

        world.parts.reservations.settle(ClientOrderId("a"), Decimal(100), filled=Decimal(1))
        now, monotonic = world.clock.now(), world.clock.monotonic()
        world.venue.listener.account_confirmed(world.parts.name, now, monotonic)
        assert world.parts.reservations.of(ClientOrderId("a")) is None

        world.venue.streams = (
            StreamStatus(name="public", is_live=True, since=now, reconnects=0, detail=""),
        )
        price = Price(
            venue=world.parts.name,
            symbol=BTC_USD,
            value=Decimal(51000),
            as_of=now,
            as_of_monotonic=monotonic,
        )
        world.venue.listener.price_pushed(price)
        assert await world.parts.feed.price(world.parts.name, BTC_USD) is price


async def test_nothing_pushed_is_proven_once_nobody_listens(world: StreamWorld) -> None:
    async with listening(world):
        world.push(is_baseline=True)
        source = world.parts.manager.status(world.parts.name).source
        assert source is BalanceSource.STREAM

    source = world.parts.manager.status(world.parts.name).source
    assert source is BalanceSource.EXCHANGE
    assert world.orders.heard == ["reset memory"] * 2


async def test_prices_are_watched_as_they_are_wanted(world: StreamWorld) -> None:
    async with listening(world):
        await eventually(lambda: world.clock.sleepers)
        assert world.venue.watched == frozenset()

        world.wanted = StorageUnavailable("busy")
        await world.clock.advance(2)
        world.wanted = (BTC_USD, ETH_USD)
        await world.clock.advance(2)
        await eventually(lambda: world.venue.watched == {BTC_USD, ETH_USD})

        world.wanted = (ETH_USD,)
        await world.clock.advance(2)
        await eventually(lambda: world.parts.feed.watched(world.parts.name) == {ETH_USD})


async def test_fresh_balances_of_the_stream_close_their_breaker(world: StreamWorld) -> None:
    async with listening(world):
        await world.fail_twice()
        assert world.breaker() == "open"

        world.push(is_baseline=True)
        await world.clock.advance(1)
        await eventually(lambda: "closed again: its stream brought fresh" in world.told[-1])
        assert world.breaker() == "closed"

        # The calls themselves still fail: it is not closed at every change from now on.
        await world.fail_twice()
        world.venue.deposit("USD", "1")
        world.push()
        await world.clock.advance(2)
        assert world.breaker() == "open"


async def test_signs_of_life_alone_close_no_breaker(world: StreamWorld) -> None:
    async with listening(world):
        world.push(is_baseline=True)
        await world.clock.advance(1)
        await world.fail_twice()
        assert world.venue.listener is not None
        for _ in range(10):
            now, monotonic = world.clock.now(), world.clock.monotonic()
            world.venue.listener.account_confirmed(world.parts.name, now, monotonic)
            await world.clock.advance(1)
        assert world.breaker() == "open"


async def test_a_lasting_loss_is_told_once_and_its_end_once(world: StreamWorld) -> None:
    async with listening(world):
        world.show(is_live=True)
        await world.clock.advance(120)
        assert world.told == []

        world.show(is_live=False)
        await world.clock.advance(59)
        assert world.told == []
        await world.clock.advance(300)
        assert len(world.told) == 1
        assert "private stream of memory does not stay up: no route" in world.told[0]

        world.show(is_live=True)
        await world.clock.advance(59)
        assert len(world.told) == 1
        await world.clock.advance(300)
        assert world.told[1:] == ["the private stream of memory is live again"]


async def test_a_flap_is_not_told_and_flapping_is_told_once(world: StreamWorld) -> None:
    async with listening(world):
        world.show(is_live=False)
        await world.clock.advance(20)
        world.show(is_live=True)
        await world.clock.advance(100)
        assert world.told == []

        for _ in range(20):
            world.show(is_live=False)
            await world.clock.advance(10)
            world.show(is_live=True)
            await world.clock.advance(10)
        assert len(world.told) == 1


async def test_a_stream_that_nobody_wants_may_be_down(world: StreamWorld) -> None:
    async with listening(world):
        world.show(name="public", is_live=False)
        await world.clock.advance(200)
        assert world.told == []

        world.wanted = (BTC_USD,)
        await world.clock.advance(70)
        assert len(world.told) == 1
