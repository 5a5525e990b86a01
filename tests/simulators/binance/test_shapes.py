"""The answers and events have the shape of recorded ones: the same fields, the same types."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.binance.websocket.account_events import AccountEvent, AccountEvents
from tests.simulators.binance.desk import Desk, open_desk
from tests.simulators.shapes import differences
from tests.support.shared import shared

NEWER = frozenset({"expiryReason"})
# Not in every recording of an event, though the documentation has them all.
DOCUMENTED = frozenset({"F", "g", "I", "M", "Y", "Q", "W", "V", "eR"})


def recorded(*parts: str) -> Any:
    return json.loads(shared("data", "recorded", "binance_spot", *parts).read_text())


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Desk]:
    """Open a venue where something of everything has happened."""
    with open_desk(tmp_path) as desk:
        desk.place("BUY", "0.01")
        desk.place("BUY", "0.01", "60000", newClientOrderId="myOrder1")
        yield desk


@pytest.mark.parametrize(
    ("path", "file", "words"),
    [
        ("ping", "ping_response.json", {}),
        ("time", "server_time_response.json", {}),
        ("exchangeInfo", "exchange_info_response.json", {}),
        ("depth", "depth_response.json", {"symbol": "BTCUSDT"}),
        ("trades", "trades_response.json", {"symbol": "BTCUSDT"}),
        ("klines", "klines_response.json", {"symbol": "BTCUSDT", "interval": "1m"}),
        ("avgPrice", "avg_price_response.json", {"symbol": "BTCUSDT"}),
        ("ticker/24hr", "ticker_24hr_response.json", {"symbol": "BTCUSDT"}),
        ("ticker/price", "ticker_price_response.json", {"symbol": "BTCUSDT"}),
        ("ticker/bookTicker", "book_ticker_response.json", {"symbol": "BTCUSDT"}),
        ("account", "account_response.json", {}),
        ("openOrders", "open_orders_response.json", {"symbol": "BTCUSDT"}),
        ("allOrders", "all_orders_response.json", {"symbol": "BTCUSDT"}),
        ("myTrades", "account_trades_response.json", {"symbol": "BTCUSDT"}),
        ("order", "order_response.json", {"symbol": "BTCUSDT", "origClientOrderId": "myOrder1"}),
    ],
)
def test_answers(busy: Desk, path: str, file: str, words: dict[str, str]) -> None:
    ours, theirs = busy.good("GET", path, **words), recorded("http_json", file)
    assert ours or not theirs
    assert differences(ours, theirs, optional=NEWER) == []


def test_a_placed_order(busy: Desk) -> None:
    ours = busy.place("SELL", "0.1")
    assert len(ours["fills"]) > 1
    assert (
        differences(ours, recorded("http_json", "new_order_full_response.json"), optional=NEWER)
        == []
    )


def test_a_cancelled_order(busy: Desk) -> None:
    ours = busy.good("DELETE", "order", symbol="BTCUSDT", origClientOrderId="myOrder1")
    theirs = recorded("http_json", "cancel_order_response.json")
    assert differences(ours, theirs, optional=NEWER) == []


def test_all_orders_cancelled(busy: Desk) -> None:
    ours = busy.good("DELETE", "openOrders", symbol="BTCUSDT")
    theirs = recorded("http_json", "cancel_open_orders_response.json")[:1]
    assert differences(ours, theirs, optional=NEWER) == []


@pytest.fixture
def events(busy: Desk) -> list[AccountEvent]:
    """Follow the account through an order placed, filled, cancelled and expired, and a deposit."""
    found: list[AccountEvent] = []
    teller = AccountEvents(exchange=busy.exchange)
    busy.exchange.listeners.append(lambda transition: found.extend(teller.of(transition)))
    busy.place("BUY", "0.01", "64100")
    busy.place("BUY", "0.01", "60000", timeInForce="IOC")
    busy.good("DELETE", "order", symbol="BTCUSDT", origClientOrderId="myOrder1")
    busy.venue.exchange.deposit("BTC", busy.exchange.fees.maker)
    return found


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("execution_report_new.json", "executionReport.NEW"),
        ("execution_report_trade.json", "executionReport.TRADE"),
        ("execution_report_canceled.json", "executionReport.CANCELED"),
        ("execution_report_expired.json", "executionReport.EXPIRED"),
        ("account_position.json", "outboundAccountPosition"),
        ("balance_update.json", "balanceUpdate"),
    ],
)
def test_events(events: list[AccountEvent], file: str, name: str) -> None:
    ours = next(event.payload for event in events if name in event.names)
    theirs = recorded("user_data_json", file)
    assert differences(ours, theirs, optional=DOCUMENTED) == []


def test_an_event_has_all_documented_fields(events: list[AccountEvent]) -> None:
    theirs = recorded("user_data_json", "execution_report_wrapped.json")["event"]
    ours = next(event.payload for event in events if "executionReport.NEW" in event.names)
    assert differences(ours, theirs, optional=frozenset()) == []
