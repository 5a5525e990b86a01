"""What Binance really sends is read as it is meant, and nothing is half accepted."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.shared import shared
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Side
from trading.model.market_data import Price
from trading.model.order import OrderType
from trading.model.order_status import OrderStatus
from trading.venues.binance.balances import parse_account
from trading.venues.binance.instruments import Listing, parse_listing
from trading.venues.binance.orders import parse_full_answer, parse_order, parse_trade
from trading.venues.binance.prices import parse_book, parse_candles, parse_ticker
from trading.venues.binance.stream_rows import parse_delta, parse_position, parse_report
from trading.venues.decoding import Malformed, Row, decode_json
from trading.venues.quotes import Moment

BINANCE = VenueName("binance")
ETH_USDT, LTC_BTC = Symbol.parse("ETH/USDT"), Symbol.parse("LTC/BTC")
BTC_USDT, BNB_BTC = Symbol.parse("BTC/USDT"), Symbol.parse("BNB/BTC")
MOMENT = Moment(at=datetime(2026, 1, 1, tzinfo=UTC), monotonic=1.0)


def recorded(name: str) -> Any:
    return decode_json(shared("data", "recorded", "binance_spot", *name.split("/")).read_bytes())


def event(name: str) -> Row:
    read = recorded(f"user_data_json/{name}.json")
    return Row.of(read.get("event", read), "event")


def answer(name: str) -> Any:
    return recorded(f"http_json/{name}_response.json")


def row(name: str) -> Row:
    return Row.of(answer(name), name)


def listing(*assets: str) -> Listing:
    return Listing(
        instruments={},
        symbols={},
        codes={},
        assets=frozenset(assets),
        weights=(),
        orders=(),
    )


def test_account() -> None:
    parsed = parse_account(answer("account"), listing("BTC", "LTC"))
    assert parsed.balances[Asset("BTC")].free == Decimal("4723846.89208129")
    assert parsed.balances[Asset("LTC")].locked == 0
    assert (parsed.can_trade, parsed.updated_ms) == (True, 123456789)
    assert parsed.taker_fee == Decimal("0.0015")


def test_what_earns_is_apart_from_what_can_be_spent() -> None:
    read = answer("account")
    held = {"free": "1.5", "locked": "0"}
    read["balances"] += [{"asset": code, **held} for code in ("LDBTC", "LDO", "币安人生")]
    parsed = parse_account(read, listing("BTC", "LTC", "LDO"))
    assert set(parsed.balances) == {Asset("BTC"), Asset("LTC"), Asset("LDO")}
    assert parsed.held_elsewhere == {"LDBTC": Decimal("1.5"), "币安人生": Decimal("1.5")}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda read: read["balances"].append(read["balances"][0]),
        lambda read: read["balances"][0].update(free="-1"),
        lambda read: read["balances"][0].update(free="NaN"),
        lambda read: read["balances"][0].pop("locked"),
        lambda read: read.pop("balances"),
        lambda read: read.pop("canTrade"),
        lambda read: read.pop("updateTime"),
    ],
)
def test_an_account_is_read_whole_or_refused_whole(spoil: Any) -> None:
    read = answer("account")
    spoil(read)
    with pytest.raises(Malformed):
        parse_account(read, listing("BTC", "LTC"))


def test_orders() -> None:
    order = parse_order(row("order"), venue=BINANCE, symbol=LTC_BTC)
    assert (order.venue_order_id, order.client_order_id) == ("LTCBTC-1", "myOrder1")
    assert (order.status, order.side, order.order_type) == (
        OrderStatus.OPEN,
        Side.BUY,
        OrderType.LIMIT,
    )
    assert (order.quantity, order.limit_price, order.fee) == (Decimal(1), Decimal("0.1"), None)
    assert order.closed_at is None


def test_the_full_answer_to_an_order_tells_of_its_fills() -> None:
    order, fills = parse_full_answer(row("new_order_full"), venue=BINANCE, symbol=BTC_USDT)
    assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal(10))
    assert [fill.fill_id for fill in fills] == [f"BTCUSDT-{n}" for n in range(56, 61)]
    assert sum(fill.quantity for fill in fills) == 10
    assert fills[1].fee == Decimal("19.995")
    assert {fill.fee_asset for fill in fills} == {Asset("USDT")}


def test_a_trade_may_be_paid_for_in_a_third_asset() -> None:
    (entry,) = answer("account_trades")
    fill = parse_trade(Row.of(entry, "myTrades"), venue=BINANCE, symbol=BNB_BTC)
    assert (fill.fee, fill.fee_asset) == (Decimal("10.1"), Asset("BNB"))
    assert fill.cost == Decimal("48.000012")
    assert fill.executed_at == datetime(2017, 7, 12, 13, 19, 9, 590000, tzinfo=UTC)


def test_market_data() -> None:
    ticker = {**answer("book_ticker")}
    price = parse_ticker(Row.of(ticker, "t"), venue=BINANCE, symbol=LTC_BTC, moment=MOMENT)
    assert isinstance(price, Price)
    assert price.value == Decimal("4.000001")
    book = parse_book(row("depth"), venue=BINANCE, symbol=LTC_BTC, moment=MOMENT)
    assert (book.bids[0].price, book.asks[0].quantity) == (Decimal(4), Decimal(12))
    (candle,) = parse_candles(
        answer("klines"), symbol=LTC_BTC, interval=timedelta(weeks=1), now=MOMENT.at
    )
    assert (candle.open, candle.high) == (Decimal("0.0163479"), Decimal("0.8"))
    assert candle.is_closed
    (running,) = parse_candles(
        answer("klines"),
        symbol=LTC_BTC,
        interval=timedelta(weeks=1),
        now=candle.opened_at + timedelta(days=6),
    )
    assert not running.is_closed


def test_a_list_of_symbols_without_filters_is_still_a_list() -> None:
    read = parse_listing(answer("exchange_info"), venue=BINANCE)
    eth_btc = Symbol.parse("ETH/BTC")
    assert read.codes == {eth_btc: "ETHBTC"}
    assert read.instruments[eth_btc].lot_step == Decimal("1e-8")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("new", OrderStatus.OPEN),
        ("trade", OrderStatus.FILLED),
        ("canceled", OrderStatus.CANCELLED),
        ("expired", OrderStatus.EXPIRED),
        ("stop_loss", OrderStatus.OPEN),
        ("wrapped", OrderStatus.OPEN),
    ],
)
def test_execution_reports(name: str, status: OrderStatus) -> None:
    report = parse_report(event(f"execution_report_{name}"), venue=BINANCE, symbol=ETH_USDT)
    assert report.order.status is status
    assert (report.fill is not None) is (name == "trade")
    if report.fill is not None:
        assert (report.fill.quantity, report.fill.cost) == (Decimal(1), Decimal(2500))
        assert (report.fill.fee, report.fill.fee_asset) == (Decimal("0.001"), Asset("ETH"))
    if name == "expired":
        assert report.order.reason == "INSUFFICIENT_LIQUIDITY"


def test_after_a_cancellation_an_order_keeps_its_own_name() -> None:
    read = event("execution_report_canceled")
    cancelled = Row(read.where, {**read.fields, "c": "the-request", "C": "the-order"})
    report = parse_report(cancelled, venue=BINANCE, symbol=ETH_USDT)
    assert report.order.client_order_id == "the-order"


def test_positions_and_deltas() -> None:
    position = parse_position(event("account_position"))
    assert position.amounts["USDT"] == (Decimal(10000), Decimal(2500))
    assert parse_position(event("account_position_wrapped")).at_ms == 1564034571073
    assert parse_delta(event("balance_update_wrapped")).code == "BTC"


def test_a_word_that_is_not_known_is_never_guessed_at() -> None:
    text = json.dumps({**answer("order"), "status": "RESTING"}).encode()
    with pytest.raises(Malformed, match="RESTING"):
        parse_order(Row.of(decode_json(text), "order"), venue=BINANCE, symbol=LTC_BTC)
