"""What Kraken really sent once is understood, byte for byte as recorded."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.shared import shared
from tests.trading.venues.kraken.samples import pair
from tests.trading.venues.scripted_venue import Reply, ScriptedVenue, result
from trading.model.identifiers import Asset, Symbol, VenueOrderId
from trading.model.instrument import Side
from trading.model.market_data import Book, Price
from trading.model.order import OrderType
from trading.model.order_status import OrderStatus
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.port import VenueState

BTC_USDT = Symbol(Asset("BTC"), Asset("USDT"))
ETH_USDT = Symbol(Asset("ETH"), Asset("USDT"))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def recorded(name: str) -> Reply:
    path: Path = shared("data", "recorded", "kraken", f"{name}.json")
    return Reply(body=path.read_bytes())


@pytest.fixture
def kraken(venue: ScriptedVenue) -> ScriptedVenue:
    """A scripted venue with the assets that the recordings are about."""
    codes = {"XXBT": "XBT", "XETH": "ETH", "ETH": "ETH", "ZUSD": "USD"}
    codes |= {"USDT": "USDT", "AAPLx": "AAPLx"}
    venue.on("Assets", result({code: {"altname": altname} for code, altname in codes.items()}))
    rows: dict[str, Any] = {
        "XBTUSDT": pair("XBTUSDT", "XXBT", "USDT"),
        "ETHUSDT": pair("ETHUSDT", "XETH", "USDT"),
    }
    venue.on("AssetPairs", result(rows))
    return venue


async def test_asset_pairs(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("AssetPairs", recorded("http_asset_pairs"))
    instrument = (await adapter.fetch_instruments())[BTC_USDT]
    assert instrument.tick_size == Decimal("0.1")
    assert instrument.min_quantity == Decimal("0.00005")
    assert instrument.min_notional == Decimal("0.5")
    assert instrument.taker_fee_fraction == Decimal("0.004")
    assert instrument.maker_fee_fraction == Decimal("0.0025")


async def test_tokenised_equities(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("AssetPairs", recorded("http_asset_pairs_tokenized"))
    instruments = await adapter.fetch_instruments()
    instrument = instruments[Symbol(Asset("AAPLX"), Asset("USD"))]
    assert instrument.maker_fee_fraction == Decimal("-0.0002")


async def test_ticker_and_book(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("Ticker", recorded("http_ticker"))
    kraken.on("Depth", recorded("http_order_book"))
    price = (await adapter.fetch_prices([BTC_USDT]))[BTC_USDT]
    book = (await adapter.fetch_books([BTC_USDT]))[BTC_USDT]
    assert isinstance(price, Price)
    assert isinstance(book, Book)
    assert price.value == book.mid == Decimal("105944.25")
    assert (len(book.bids), len(book.asks)) == (5, 5)


async def test_time_and_state(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("Time", recorded("http_server_time"))
    kraken.on("SystemStatus", recorded("http_system_status"))
    assert await adapter.fetch_time() == datetime(2025, 11, 11, 0, 17, 4, tzinfo=UTC)
    assert await adapter.fetch_state() is VenueState.ONLINE


async def test_totals(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("Balance", recorded("http_spot_balance"))
    assert await adapter.fetch_totals() == {
        Asset("USD"): Decimal(200000),
        Asset("BTC"): Decimal("0.5"),
        Asset("ETH"): Decimal(2),
    }


async def test_open_orders(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("OpenOrders", recorded("http_open_orders"))
    limit, stop = await adapter.fetch_open_orders()
    assert (limit.symbol, limit.side, limit.order_type) == (BTC_USDT, Side.BUY, OrderType.LIMIT)
    assert (limit.limit_price, limit.status) == (Decimal(29500), OrderStatus.OPEN)
    assert (stop.symbol, stop.order_type, stop.limit_price) == (ETH_USDT, None, None)


async def test_closed_orders(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("ClosedOrders", recorded("http_closed_orders"))
    first, second = await adapter.fetch_closed_orders(since=LONG_AGO)
    assert (first.status, first.cost, first.fee) == (
        OrderStatus.FILLED,
        Decimal(14750),
        Decimal("22.125"),
    )
    assert (second.order_type, second.filled_quantity) == (OrderType.MARKET, Decimal(1))


async def test_fills(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("TradesHistory", recorded("http_trades_history"))
    first, second = await adapter.fetch_fills(since=LONG_AGO)
    assert first.executed_at == datetime(2023, 7, 5, 19, 37, 20, 892100, tzinfo=UTC)
    assert (first.price, first.cost, first.fee) == (
        Decimal("29500.50"),
        Decimal("14750.25"),
        Decimal("23.60"),
    )
    assert (second.symbol, second.side, second.fee_asset) == (ETH_USDT, Side.SELL, Asset("USDT"))


async def test_cancelling(adapter: KrakenAdapter, kraken: ScriptedVenue) -> None:
    kraken.on("CancelOrder", recorded("http_cancel_order_spot"))
    assert await adapter.cancel(VenueOrderId("OUF4EM-FRGI2-MQMWZD")) is True
