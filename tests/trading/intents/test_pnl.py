"""Profit and loss as the owner sees it: from booked fills, at today's prices, nothing guessed."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, intent, order_world, working
from tests.support.perilous_venue import PerilousVenue
from trading.errors import NotUnderstood, VenueUnavailable
from trading.intents.pnl import PnlIntents, PnlView
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Side
from trading.portfolio.pricing import FeedPrices

BTC = Symbol.parse("BTC/USD")
ETH = Symbol.parse("ETH/BTC")


class Painter:
    """Draws how many panels it was asked for."""

    async def pnl(self, views: Sequence[PnlView]) -> bytes:
        return f"{len(views)} panels".encode()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[OrderWorld]:
    clock = FakeClock(instant=True)
    venue = PerilousVenue(clock=clock, fee=Decimal("0.001"))
    venue.list_instrument("BTC/USD", "49990", "50010")
    venue.list_instrument("ETH/BTC", "0.04", "0.05")
    venue.deposit("USD", "100000")
    async with order_world(tmp_path, clock=clock, venue=venue) as world, working(world):
        yield world


@pytest.fixture
def pnl(world: OrderWorld) -> PnlIntents:
    return PnlIntents(
        bases={world.name: Asset("USD")},
        fills=world.desk.journal,
        prices=world.balances.feed,
        conversions=FeedPrices(feed=world.balances.feed, clock=world.clock),
        painter=Painter(),
        timezone=ZoneInfo("Europe/Berlin"),
        clock=world.clock,
    )


async def trade(world: OrderWorld, symbol: Symbol, side: Side, quantity: str, price: str) -> None:
    result = await world.desk.executor.execute(
        [intent(world.venue, symbol, side, quantity, price)]
    )
    assert result.outcomes[0].denied is None


async def test_without_a_fill_nothing_was_earned(pnl: PnlIntents) -> None:
    (view,) = await pnl.show()
    assert view.totals.realised == 0
    assert view.totals.unrealised == 0
    assert (view.lines, view.curve, view.since) == ((), (), None)


async def test_a_purchase_and_a_sale_add_up(world: OrderWorld, pnl: PnlIntents) -> None:
    await trade(world, BTC, Side.BUY, "1", "50100")
    world.venue.list_instrument("BTC/USD", "51990", "52010")
    await world.clock.advance(60)
    await trade(world, BTC, Side.SELL, "0.5", "51900")

    (view,) = await pnl.show()
    bought = Decimal(50010) * Decimal("1.001")
    sold = Decimal(51990) / 2 * Decimal("0.999")
    assert view.totals.realised == sold - bought / 2
    assert view.totals.realised_today == view.totals.realised
    assert view.totals.unrealised == Decimal(52000) / 2 - bought / 2
    assert view.curve[-1].total == view.totals.realised
    assert view.prices_as_of is not None


async def test_yesterdays_profit_is_not_todays(world: OrderWorld, pnl: PnlIntents) -> None:
    await trade(world, BTC, Side.BUY, "1", "50100")
    await trade(world, BTC, Side.SELL, "1", "49900")
    await world.clock.advance(timedelta(days=8).total_seconds())

    totals = (await pnl.show())[0].totals
    assert totals.realised_today == 0
    assert totals.realised_week == 0
    assert totals.realised_month == totals.realised
    assert totals.realised is not None
    assert totals.realised < 0


async def test_profit_in_another_quote_is_converted(world: OrderWorld, pnl: PnlIntents) -> None:
    await trade(world, BTC, Side.BUY, "1", "50100")
    await trade(world, ETH, Side.BUY, "10", "0.05")
    world.venue.list_instrument("ETH/BTC", "0.06", "0.07")
    await world.clock.advance(60)
    await trade(world, ETH, Side.SELL, "10", "0.06")

    (view,) = await pnl.show(world.name)
    in_btc = sum(
        line.book.realised_profit for line in view.lines if line.book.symbol.quote == "BTC"
    )
    assert in_btc == Decimal("0.6") * Decimal("0.999") - Decimal("0.5") * Decimal("1.001")
    assert view.totals.realised == in_btc * 50000


async def test_without_a_price_the_total_is_unknown_not_smaller(
    world: OrderWorld, pnl: PnlIntents
) -> None:
    await trade(world, BTC, Side.BUY, "1", "50100")
    await world.clock.advance(600)
    world.venue.fail("fetch_prices", *(VenueUnavailable(world.name, "down") for _ in range(3)))
    world.venue.fail("fetch_books", *(VenueUnavailable(world.name, "down") for _ in range(3)))

    (view,) = await pnl.show()
    assert view.totals.unrealised is None
    assert view.lines[0].problem is not None
    assert view.totals.realised == 0


async def test_the_picture_shows_what_was_shown(pnl: PnlIntents) -> None:
    assert await pnl.picture(await pnl.show()) == b"1 panels"


async def test_an_unknown_venue_is_named(pnl: PnlIntents) -> None:
    with pytest.raises(NotUnderstood, match="memory"):
        await pnl.show(VenueName("nowhere"))
