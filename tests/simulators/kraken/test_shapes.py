"""The answers have the shape of recorded ones: the same fields, the same types."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.kraken.desk import Desk, open_desk
from tests.simulators.shapes import differences, kind
from tests.support.shared import shared

LIMIT = {"pair": "XBTUSDT", "type": "buy", "ordertype": "limit", "volume": "0.01"}


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Desk]:
    """Open a venue where something of everything has happened."""
    with open_desk(tmp_path, "--pairs", "BTC/USDT,BTC/USD") as desk:
        desk.venue.exchange.deposit("USDT", Decimal(5000))
        desk.add("sell", "0.01")
        cancelled = desk.private("AddOrder", **LIMIT, price="50000")["txid"][0]
        desk.private("CancelOrder", txid=cancelled)
        desk.private("AddOrder", **LIMIT, price="50000")
        yield desk


def recorded(name: str) -> Any:
    return json.loads(shared("data", "recorded", "kraken", name).read_text())["result"]


def rows(answer: dict[str, Any]) -> list[Any]:
    return list(answer.values())


def test_the_comparison_notices_what_it_should() -> None:
    theirs = {"a": "1", "b": [1, {"c": True}]}
    none = frozenset[str]()
    assert differences({"a": "2", "b": [2.5, {"c": False}]}, theirs, optional=none) == []
    assert differences({"a": 1, "b": []}, theirs, optional=none) == [
        ".a: number where the venue has string"
    ]
    wrong = {"a": "1", "b": [1, {"d": True}]}
    assert len(differences(wrong, theirs, optional=none)) == 2


@pytest.mark.parametrize(
    ("endpoint", "file", "words"),
    [
        ("Time", "http_server_time.json", {}),
        ("SystemStatus", "http_system_status.json", {}),
        ("AssetPairs", "http_asset_pairs.json", {"pair": "XBTUSDT"}),
        ("Ticker", "http_ticker.json", {"pair": "XBTUSDT"}),
        ("Depth", "http_order_book.json", {"pair": "XBTUSDT"}),
        ("OHLC", "http_ohlc.json", {"pair": "XBTUSDT"}),
    ],
)
def test_public_answers(busy: Desk, endpoint: str, file: str, words: dict[str, str]) -> None:
    ours, theirs = busy.public(endpoint, **words), recorded(file)
    optional = frozenset({"execution_venue"})  # newer than the recording
    assert differences(ours, theirs, optional=optional) == []


def test_decimals_are_printed_as_recorded(busy: Desk) -> None:
    def decimals(text: str) -> int:
        return len(text.partition(".")[2])

    ours = busy.public("Ticker", pair="XBTUSDT")["XBTUSDT"]
    theirs = recorded("http_ticker.json")["XBTUSDT"]
    for name in ("a", "b", "c", "v", "p", "l", "h"):
        assert list(map(decimals, ours[name])) == list(map(decimals, theirs[name]))
    bar = busy.public("OHLC", pair="XBTUSDT")["XBTUSDT"][-2]
    other = recorded("http_ohlc.json")["XBTUSDT"][0]
    assert list(map(decimals, bar[1:5])) == list(map(decimals, other[1:5]))
    assert decimals(bar[6]) == decimals(other[6])


def test_an_added_order(busy: Desk) -> None:
    ours = busy.private("AddOrder", **LIMIT, price="50000.0")
    assert differences(ours, recorded("http_add_order_spot.json"), optional=frozenset()) == []


def test_a_cancelled_order(busy: Desk) -> None:
    ours = busy.private("CancelAll")
    assert differences(ours, recorded("http_cancel_order_spot.json"), optional=frozenset()) == []


@pytest.mark.parametrize(
    ("endpoint", "file", "key", "optional"),
    [
        ("OpenOrders", "http_open_orders.json", "open", frozenset[str]()),
        ("ClosedOrders", "http_closed_orders.json", "closed", frozenset[str]()),
        ("TradesHistory", "http_trades_history.json", "trades", frozenset({"leverage"})),
    ],
)
def test_listed_answers(
    busy: Desk, endpoint: str, file: str, key: str, optional: frozenset[str]
) -> None:
    ours = busy.private(endpoint, ledgers="true")
    theirs = recorded(file)
    assert ours.keys() == theirs.keys()
    assert rows(ours[key])
    for mine in rows(ours[key]):
        for other in rows(theirs[key]):
            assert differences(mine, other, optional=optional) == []


def test_balances(busy: Desk) -> None:
    theirs = recorded("http_spot_balance.json")
    ours = busy.private("Balance")
    assert {kind(value) for value in ours.values()} == {kind(value) for value in theirs.values()}
    assert {"ZUSD", "XXBT"} <= ours.keys() & theirs.keys()


def test_the_trade_balance(busy: Desk) -> None:
    ours = busy.private("TradeBalance")
    theirs = recorded("http_spot_trade_balance.json")
    optional = frozenset({"ml"})  # the margin level: only where there is margin
    assert differences(ours, theirs, optional=optional) == []
