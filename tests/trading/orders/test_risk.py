"""Each limit on risk denies an order on its real way, whoever asked for it, and says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, intent, order_world, working
from tests.support.perilous_venue import PerilousVenue
from tests.trading.orders.asking import buy_eth, execute, execute_one, sell_btc
from tests.trading.orders.conftest import BTC, ETH
from trading.events import OwnerNotice
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset
from trading.model.instrument import Side
from trading.model.order import OrderIntent, OrderOrigin, TimeInForce
from trading.model.order_status import OrderStatus
from trading.model.risk import LimitAction, LimitName, RiskLimits


@asynccontextmanager
async def limited(
    folder: Path, clock: FakeClock, venue: PerilousVenue, **limits: Any
) -> AsyncIterator[OrderWorld]:
    """10,000 USD, 1 BTC and 2 ETH, which are 66,000 USD in all."""
    idle = order_world(folder, clock=clock, venue=venue, limits=RiskLimits(**limits))
    async with idle as world, working(world):
        yield world


async def denied(world: OrderWorld, wanted: OrderIntent) -> Denied:
    outcome = (await execute(world, wanted)).outcomes[0]
    assert outcome.denied is not None, outcome.order
    return outcome.denied


CASES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "notional": (
        {"max_order_notional": Decimal(3000)},
        {"allowed": "3000.00 USD", "value": "3010.00 USD", "use": "100%"},
    ),
    "deviation": (
        {"max_price_deviation": Decimal("0.003")},
        {"allowed": "0.30 %", "value": "0.33 %", "use": "111%"},
    ),
    "exposure": (
        {"exposure_of": {Asset("ETH"): Decimal("0.13")}},
        {"allowed": "13.00 %", "value": "13.64 %", "use": "105%"},
    ),
}


@pytest.mark.parametrize(("limits", "details"), CASES.values(), ids=CASES)
async def test_each_limit_denies_and_says_which_and_by_how_much(
    tmp_path: Path,
    clock: FakeClock,
    venue: PerilousVenue,
    limits: dict[str, Any],
    details: dict[str, str],
) -> None:
    async with limited(tmp_path, clock, venue, **limits) as world:
        for origin in (OrderOrigin.MANUAL, OrderOrigin.REBALANCE):
            wanted = intent(venue, ETH, Side.BUY, "1", "3010", origin=origin)
            refusal = await denied(world, wanted)
            assert refusal.code is DenialCode.ABOVE_LIMIT
            assert {name: refusal.details[name] for name in details} == details
        assert venue.arrivals == []
        assert (await execute_one(world, sell_btc(venue, "0.05"))).status is OrderStatus.FILLED


async def test_orders_a_minute_are_counted_by_the_journal_over_restarts(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    async with limited(tmp_path, clock, venue, max_orders_per_minute=3) as world:
        for _ in range(2):
            await execute_one(world, sell_btc(venue, "0.01"))
    async with limited(tmp_path, clock, venue, max_orders_per_minute=3) as world:
        result = await execute(world, sell_btc(venue, "0.01"), sell_btc(venue, "0.01"))
        first, second = result.outcomes
        assert first.order is not None
        assert second.denied is not None
        assert second.denied.details["limit"] == "max_orders_per_minute"
        await clock.advance(61)
        assert (await execute_one(world, sell_btc(venue, "0.01"))).status is OrderStatus.FILLED


async def test_what_is_on_its_way_counts_as_exposure(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    async with limited(tmp_path, clock, venue, max_exposure=Decimal("0.14")) as world:
        resting = intent(venue, ETH, Side.BUY, "1", "2900", time_in_force=TimeInForce.GTC)
        assert (await execute_one(world, resting)).status is OrderStatus.OPEN
        refusal = await denied(world, buy_eth(venue, "0.2"))
        assert refusal.details["limit"] == "max_exposure"


async def test_without_a_price_nothing_is_let_through(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    async with limited(tmp_path, clock, venue, max_price_deviation=Decimal("0.05")) as world:
        quotes = dict(venue.account.quotes)
        venue.account.quotes.clear()
        refusal = await denied(world, buy_eth(venue))
        assert refusal.code is DenialCode.PRICE_UNUSABLE
        venue.account.quotes.update(quotes)
        assert (await execute_one(world, buy_eth(venue))).status is OrderStatus.FILLED


async def test_closing_all_and_cancelling_pass(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    limits = {
        "max_order_notional": Decimal(1),
        "max_orders_per_minute": 1,
        "max_exposure": Decimal("0.01"),
        "max_price_deviation": Decimal("0.05"),
    }
    async with limited(tmp_path, clock, venue, **limits) as world:
        for symbol, quantity, price in ((BTC, "1", "49900"), (ETH, "2", "2990")):
            closing = intent(
                venue, symbol, Side.SELL, quantity, price, origin=OrderOrigin.CLOSE_ALL
            )
            assert (await execute_one(world, closing)).status is OrderStatus.FILLED
        far = intent(venue, BTC, Side.SELL, "1", "30000", origin=OrderOrigin.CLOSE_ALL)
        assert (await denied(world, far)).details["limit"] == "max_price_deviation"


async def test_an_order_that_hits_a_limit_may_stop_more_than_itself(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    limits = {
        "max_order_notional": Decimal(3000),
        "actions": {LimitName.ORDER_NOTIONAL: LimitAction.HALTED},
    }
    async with limited(tmp_path, clock, venue, **limits) as world:
        await denied(world, buy_eth(venue))
        assert world.gate.state.mode.value == "halted"
        assert world.gate.state.by == "risk"
        heard = world.balances.heard.events
        (told,) = [event for event in heard if isinstance(event, OwnerNotice)]
        assert told.kind == "risk"
        assert "the worth of one order is 3010.00" in told.text
        assert "an order to buy ETH/USD was denied" in told.text


async def test_a_preview_is_told_what_it_comes_close_to(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    async with limited(tmp_path, clock, venue, max_order_notional=Decimal(3500)) as world:
        await world.balances.manager.sync(world.name)
        cautions = await world.risk.orders.cautions(buy_eth(venue))
        assert cautions == ("it uses 86% of max_order_notional (3010.00 USD of 3500.00 USD)",)
        assert await world.risk.orders.cautions(buy_eth(venue, "0.5")) == ()


async def test_the_last_order_is_what_is_shown_as_used(
    tmp_path: Path, clock: FakeClock, venue: PerilousVenue
) -> None:
    async with limited(tmp_path, clock, venue, max_order_notional=Decimal(3500)) as world:
        (unused,) = world.risk.orders.last_uses(world.name)
        assert (unused.value, unused.as_of) == (Decimal(0), None)
        await execute_one(world, buy_eth(venue, "0.5"))
        (used,) = world.risk.orders.last_uses(world.name)
        assert used.value == Decimal(1505)
        assert used.as_of is not None
