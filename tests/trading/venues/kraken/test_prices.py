"""Prices and books: a bad one fails alone, and nothing crossed or empty passes for a price."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.clock import START, FakeClock
from tests.trading.venues.kraken.samples import BTC_USD, DOGE_USD, ETH_BTC, PAIRS
from tests.trading.venues.scripted_venue import Heard, Reply, ScriptedVenue, errors, result
from trading.errors import VenueError, VenueProtocolError, VenueRejected, VenueUnavailable
from trading.model.market_data import Book, Price
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.port import VenueState


def ticker(bid: Any, ask: Any) -> dict[str, Any]:
    return {"a": [ask, "1", "1.000"], "b": [bid, "1", "1.000"], "c": ["1", "1"]}


async def test_many_prices_cost_one_call(adapter: KrakenAdapter, venue: ScriptedVenue) -> None:
    venue.on(
        "Ticker",
        result({"XXBTZUSD": ticker("99", "101"), "XDGUSD": ticker(1e-05, "3e-05")}),
    )
    prices = await adapter.fetch_prices([BTC_USD, DOGE_USD])
    values = {symbol: item.value for symbol, item in prices.items() if isinstance(item, Price)}
    assert values == {BTC_USD: Decimal(100), DOGE_USD: Decimal("0.00002")}
    assert len(venue.calls("Ticker")) == 1
    assert venue.calls("Ticker")[0].query == "pair=XXBTZUSD%2CXDGUSD"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        pytest.param(ticker("101", "99"), VenueProtocolError, id="crossed"),
        pytest.param(ticker("100", "100"), VenueProtocolError, id="locked"),
        pytest.param(ticker("0", "100"), VenueUnavailable, id="no bid"),
        pytest.param(ticker("100", "0.00000"), VenueUnavailable, id="no ask"),
        pytest.param(ticker("NaN", "100"), VenueProtocolError, id="not a number"),
        pytest.param({"a": [], "b": []}, VenueProtocolError, id="empty"),
        pytest.param({}, VenueProtocolError, id="nothing"),
    ],
)
async def test_a_bad_ticker_fails_alone(
    adapter: KrakenAdapter, venue: ScriptedVenue, row: Any, fault: type[VenueError]
) -> None:
    venue.on("Ticker", result({"XXBTZUSD": row, "XETHXXBT": ticker("1", "2")}))
    prices = await adapter.fetch_prices([BTC_USD, ETH_BTC, DOGE_USD])
    assert type(prices[BTC_USD]) is fault
    assert isinstance(prices[ETH_BTC], Price)
    assert isinstance(prices[DOGE_USD], VenueProtocolError)


async def test_a_pair_taken_off_the_list_since_fails_alone(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    def answer(heard: Heard) -> Reply:
        if "XDGUSD" in heard.query:
            return errors("EQuery:Unknown asset pair")
        return result({name: ticker("1", "2") for name in ("XXBTZUSD", "XETHXXBT")})

    venue.compute("Ticker", answer)
    prices = await adapter.fetch_prices([BTC_USD, DOGE_USD, ETH_BTC])
    assert isinstance(prices[DOGE_USD], VenueRejected)
    assert isinstance(prices[BTC_USD], Price)
    assert isinstance(prices[ETH_BTC], Price)


async def test_a_book(adapter: KrakenAdapter, venue: ScriptedVenue) -> None:
    levels = {
        "asks": [["101.5", "0.1", 1], ["101", 1e-05, 1], ["102", "0", 1]],
        "bids": [["99", "1", 1], ["100", "2", 1]],
    }
    venue.on("Depth", result({"XXBTZUSD": levels}))
    book = (await adapter.fetch_books([BTC_USD]))[BTC_USD]
    assert isinstance(book, Book)
    assert [level.price for level in book.asks] == [Decimal(101), Decimal("101.5")]
    assert [level.price for level in book.bids] == [Decimal(100), Decimal(99)]
    assert book.asks[0].quantity == Decimal("0.00001")


@pytest.mark.parametrize(
    "answer",
    [
        {"XXBTZUSD": {"asks": [["1"]], "bids": []}},
        {"XXBTZUSD": {"asks": [["-1", "1"]], "bids": []}},
        {"XXBTZUSD": {"asks": ["12"], "bids": []}},
        {"XXBTZUSD": {"asks": []}},
        {},
        {"A": {}, "B": {}},
        [],
    ],
    ids=str,
)
async def test_a_bad_book_is_a_fault_in_its_own_place(
    adapter: KrakenAdapter, venue: ScriptedVenue, answer: Any
) -> None:
    venue.on("Depth", result(answer))
    books = await adapter.fetch_books([BTC_USD])
    assert isinstance(books[BTC_USD], VenueProtocolError)


async def test_a_new_listing_is_found_without_a_restart(
    adapter: KrakenAdapter, venue: ScriptedVenue, clock: FakeClock
) -> None:
    venue.on("AssetPairs", result({"XETHXXBT": PAIRS["XETHXXBT"]}))
    assert isinstance((await adapter.fetch_prices([BTC_USD]))[BTC_USD], VenueRejected)
    venue.on("AssetPairs", result(PAIRS))
    venue.on("Ticker", result({"XXBTZUSD": ticker("1", "2")}))
    await clock.sleep(61)
    assert isinstance((await adapter.fetch_prices([BTC_USD]))[BTC_USD], Price)


async def test_the_state_of_the_venue(adapter: KrakenAdapter, venue: ScriptedVenue) -> None:
    for state in VenueState:
        venue.on("SystemStatus", result({"status": state.value, "timestamp": "…"}))
        assert await adapter.fetch_state() is state
    venue.on("SystemStatus", result({"status": "on holiday"}))
    with pytest.raises(VenueProtocolError):
        await adapter.fetch_state()


def candle_row(opened: int, *prices: Any, volume: Any = "1.5") -> list[Any]:
    return [opened, *prices, "100", volume, 3]


async def test_candles_are_exact_and_oldest_first_and_the_running_one_says_so(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    at = int(START.timestamp())
    rows = [
        candle_row(at - 60, "9", "9", "9", "9"),
        candle_row(at, "100.1", "101", "99.5", 1e2),
        candle_row(at + 60, 1e-05, "2e-05", "1e-05", "2e-05", volume="0"),
        candle_row(at + 120, "1", "1", "1", "1"),
    ]
    venue.on("OHLC", result({"XXBTZUSD": rows, "last": at + 60}))
    candles = await adapter.fetch_candles(BTC_USD, interval=timedelta(minutes=1), since=START)
    assert [(each.opened_at, each.close, each.is_closed) for each in candles] == [
        (START, Decimal(100), True),
        (START + timedelta(minutes=1), Decimal("0.00002"), True),
        (START + timedelta(minutes=2), Decimal(1), False),
    ]
    assert candles[0].high == Decimal(101)
    assert venue.calls("OHLC")[0].query == f"pair=XXBTZUSD&interval=1&since={at - 1}"


@pytest.mark.parametrize(
    "answer",
    [
        {"last": 1},
        {"XXBTZUSD": {}, "last": 1},
        {"XXBTZUSD": [[1, "1"], [2, "1"]], "last": 1},
        {"XXBTZUSD": [candle_row(1, "1", "0.5", "0.4", "1"), []], "last": 1},
        {"XXBTZUSD": [candle_row(1, "1", "1", "0", "1"), []], "last": 1},
        {"XXBTZUSD": [candle_row(1, "1", "1", "1", "1", volume="-1"), []], "last": 1},
        {"XXBTZUSD": [], "XETHXXBT": [], "last": 1},
    ],
    ids=str,
)
async def test_candles_that_cannot_be_are_a_protocol_fault(
    adapter: KrakenAdapter, venue: ScriptedVenue, answer: Any
) -> None:
    venue.on("OHLC", result(answer))
    with pytest.raises(VenueProtocolError):
        await adapter.fetch_candles(BTC_USD, interval=timedelta(minutes=1), since=START)


async def test_an_interval_kraken_does_not_have_is_refused_unasked(
    adapter: KrakenAdapter, venue: ScriptedVenue
) -> None:
    with pytest.raises(VenueRejected, match="no candles of 0:07:00"):
        await adapter.fetch_candles(BTC_USD, interval=timedelta(minutes=7), since=START)
    assert venue.calls("OHLC") == []
