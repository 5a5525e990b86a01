"""The doors' questions about prices, the portfolio and halts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.telegram import services
from storage.candles import CandleRepository, CandleRow
from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from trading.errors import (
    CommandError,
    NotUnderstood,
    PriceError,
)
from trading.intents.halt import HaltIntents
from trading.intents.portfolio import Allocation, PortfolioIntents
from trading.intents.prices import PriceIntents
from trading.market.candle_archive import CandleArchive
from trading.market.candles import CandleService
from trading.market.service import MarketData
from trading.model.candles import CandleInterval
from trading.model.denial import Denied
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.trading_state import TradingMode, TradingState
from trading.portfolio.targets import RebalanceSettings, Targets, TradeTo
from trading.risk.trading_state import TradingGate

BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")
ELSEWHERE = VenueName("elsewhere")
SETTINGS = RebalanceSettings(
    band_abs=Decimal("0.05"),
    band_rel=None,
    to=TradeTo.TARGET,
    cash_buffer=Decimal(0),
    min_order=Decimal(1),
    max_turnover=Decimal(1),
    max_orders=10,
    max_slippage=Decimal("0.01"),
    order_buffer=Decimal("0.02"),
)


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[BalanceParts]:
    clock = FakeClock(instant=True)
    venue = MemoryVenue(clock=clock, fee=Decimal("0.004"))
    venue.list_instrument("BTC/USD", "999", "1001")
    venue.list_instrument("ETH/USD", "99", "101")
    venue.deposit("USD", "500")
    venue.deposit("BTC", "0.5")
    async with balance_parts(tmp_path, clock=clock, venue=venue) as parts:
        yield parts


@pytest.fixture
async def halt(parts: BalanceParts, tmp_path: Path) -> HaltIntents:
    gate = TradingGate(
        halt_file=tmp_path / "HALT",
        settings=parts.settings,
        clock=parts.clock,
        bus=parts.bus,
        trading_enabled=True,
        is_live=False,
    )
    await gate.start()
    return HaltIntents(gate=gate)


@pytest.fixture
def prices(parts: BalanceParts) -> PriceIntents:
    archive = CandleArchive(store=CandleRepository(database=parts.database))
    candles = CandleService(adapters={parts.name: parts.venue}, archive=archive, clock=parts.clock)
    market = MarketData(feed=parts.feed, candles=candles)
    return PriceIntents(market=market, bases={parts.name: USD}, clock=parts.clock)


@pytest.fixture
def portfolio(parts: BalanceParts) -> PortfolioIntents:
    targets = Targets(base=USD, weights={BTC: Decimal("0.4"), ETH: Decimal("0.1")})
    allocation = Allocation(targets=targets, settings=SETTINGS)
    return PortfolioIntents(
        manager=parts.manager,
        allocations={parts.name: allocation},
        base=Asset("USD"),
        clock=parts.clock,
    )


def test_the_chat_finds_what_it_calls(
    halt: HaltIntents, prices: PriceIntents, portfolio: PortfolioIntents
) -> None:
    """Held by the type checker: the intents have the shapes that the handlers call."""
    called_halt: services.Halt = halt
    called_prices: services.Prices = prices
    called_portfolio: services.Portfolio = portfolio

    assert all([called_halt, called_prices, called_portfolio])


async def test_halting_and_resuming(halt: HaltIntents) -> None:
    outcome = await halt.halt("42", "enough")
    assert outcome.state.reason == "enough"
    assert halt.state().mode is TradingMode.HALTED

    resumed = await halt.resume("42")
    again = await halt.resume("42")
    assert isinstance(resumed, TradingState)
    assert resumed == again


async def test_resuming_is_denied_where_trading_is_disabled(
    parts: BalanceParts, tmp_path: Path
) -> None:
    gate = TradingGate(
        halt_file=tmp_path / "HALT",
        settings=parts.settings,
        clock=parts.clock,
        bus=parts.bus,
        trading_enabled=False,
        is_live=False,
    )

    assert isinstance(await HaltIntents(gate=gate).resume("42"), Denied)


@pytest.mark.parametrize("text", ["btc", "BTC/USD", "usd/btc"])
async def test_a_price_by_asset_or_symbol(
    prices: PriceIntents, parts: BalanceParts, text: str
) -> None:
    (view,) = (await prices.prices([text], None)).prices

    assert (view.venue, view.symbol) == (parts.name, Symbol(BTC, USD))
    assert [view.bid, view.value, view.ask] == [Decimal(999), Decimal(1000), Decimal(1001)]
    assert view.spread_fraction == Decimal("0.002")


@pytest.mark.parametrize(
    ("text", "venue", "error"),
    [
        ("XYZ", None, PriceError),
        ("BTC/BTC", None, NotUnderstood),
        ("what?", None, NotUnderstood),
        ("BTC", ELSEWHERE, CommandError),
    ],
)
async def test_prices_that_there_are_not(
    prices: PriceIntents, text: str, venue: VenueName | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await prices.prices([text], venue)


async def test_many_prices_are_one_question_and_a_bad_name_fails_alone(
    prices: PriceIntents, parts: BalanceParts
) -> None:
    parts.venue.list_instrument("ETH/USD", "99", "101")
    before = parts.venue.count("fetch_prices")
    view = await prices.prices(["ETH", "XYZ", "btc/usd"], None)
    assert [str(each.symbol) for each in view.prices] == ["ETH/USD", "BTC/USD"]
    assert view.problems == (f"{parts.name} does not list XYZ",)
    assert parts.venue.count("fetch_prices") == before + 1


async def test_the_change_of_a_day_comes_from_our_candles_where_the_venue_is_silent(
    prices: PriceIntents, parts: BalanceParts
) -> None:
    store = CandleRepository(database=parts.database)
    (silent,) = (await prices.prices(["BTC"], None)).prices
    assert (silent.day_change_fraction, silent.is_pushed) == (None, False)
    then = Decimal(800)
    row = CandleRow(
        venue=parts.name,
        symbol="BTC/USD",
        interval="1h",
        opened_at=CandleInterval.HOUR.start_of(parts.clock.now() - timedelta(hours=24)),
        open=then,
        high=then,
        low=then,
        close=then,
        volume=then,
    )
    await store.add([row])
    (view,) = (await prices.prices(["BTC"], None)).prices
    assert view.day_change_fraction == Decimal("0.25")


async def test_the_portfolio_against_its_targets(
    portfolio: PortfolioIntents, parts: BalanceParts
) -> None:
    await parts.manager.sync(parts.name)

    (view,) = await portfolio.show()

    assert view.nav == 1000
    assert [(row.asset, row.weight, row.target, row.in_band) for row in view.rows] == [
        (BTC, Decimal("0.5"), Decimal("0.4"), False),
        (USD, Decimal("0.5"), Decimal("0.5"), None),
        (ETH, Decimal(0), Decimal("0.1"), False),
    ]


async def test_an_asset_that_nobody_prices_is_named_and_left_out_of_no_sum(
    portfolio: PortfolioIntents, parts: BalanceParts
) -> None:
    parts.venue.deposit("XYZ", "7")
    await parts.manager.sync(parts.name)

    (view,) = await portfolio.show()

    assert view.nav is None
    assert view.priced_value == 1000
    assert "XYZ" in view.unpriced[0]
    (row,) = (row for row in view.rows if row.asset == "XYZ")
    assert (row.value, row.weight, row.target, row.in_band) == (None, None, None, None)
    assert sum(row.weight for row in view.rows if row.weight is not None) == 1


async def test_a_venue_that_is_not_known_says_so_alone(portfolio: PortfolioIntents) -> None:
    (view,) = await portfolio.show()

    assert (view.nav, view.rows) == (None, ())
    assert "not known" in view.unpriced[0]
