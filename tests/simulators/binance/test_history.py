"""Past orders, trades and transfers: paged as the documentation says."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.simulators.binance.desk import Desk, open_desk

SYMBOL = {"symbol": "BTCUSDT"}
DAY = 24 * 3600 * 1000


@pytest.fixture
def traded(desk: Desk) -> Desk:
    """Trade five times, an hour apart."""
    for number in range(5):
        desk.place("BUY", "0.001", newClientOrderId=f"t{number}")
        desk.clock.step_wall(3600)
    return desk


def test_trades_are_paged_by_number(traded: Desk) -> None:
    every = traded.good("GET", "myTrades", **SYMBOL)
    numbers = [row["id"] for row in every]
    assert numbers == sorted(numbers)
    assert len(numbers) == 5
    page = traded.good("GET", "myTrades", **SYMBOL, fromId=numbers[1], limit=2)
    assert [row["id"] for row in page] == numbers[1:3]
    newest = traded.good("GET", "myTrades", **SYMBOL, limit=2)
    assert [row["id"] for row in newest] == numbers[3:]
    one = traded.good("GET", "myTrades", **SYMBOL, orderId=every[2]["orderId"])
    assert [row["id"] for row in one] == [numbers[2]]
    assert traded.good("GET", "myTrades", symbol="ETHUSDT") == []


def test_trades_of_a_stretch_of_time(traded: Desk) -> None:
    every = traded.good("GET", "myTrades", **SYMBOL)
    start, end = every[1]["time"], every[3]["time"]
    some = traded.good("GET", "myTrades", **SYMBOL, startTime=start, endTime=end)
    assert some == every[1:4]
    assert traded.good("GET", "myTrades", **SYMBOL, startTime=start) == every[1:]
    assert traded.good("GET", "myTrades", **SYMBOL, endTime=start) == every[:2]
    words = {"startTime": start, "endTime": start + DAY + 1}
    assert traded.bad("GET", "myTrades", **SYMBOL, **words)[0] == -1127
    assert traded.bad("GET", "myTrades", **SYMBOL, startTime=start, fromId=1)[0] == -1128
    assert traded.bad("GET", "myTrades", **SYMBOL, startTime=end, endTime=start)[0] == -1130
    assert traded.bad("GET", "myTrades")[0] == -1102


def test_orders_are_paged_by_number(traded: Desk) -> None:
    every = traded.good("GET", "allOrders", **SYMBOL)
    assert [row["clientOrderId"] for row in every] == [f"t{number}" for number in range(5)]
    page = traded.good("GET", "allOrders", **SYMBOL, orderId=every[3]["orderId"])
    assert page == every[3:]
    words = {"startTime": every[1]["time"], "endTime": every[2]["time"]}
    assert traded.good("GET", "allOrders", **SYMBOL, **words) == every[1:3]
    assert traded.good("GET", "allOrders", **SYMBOL, limit=1) == every[4:]


def test_deposits_and_withdrawals(desk: Desk) -> None:
    desk.clock.step_wall(60)
    desk.exchange.deposit("SOL", Decimal("2.5"))
    desk.clock.step_wall(60)
    desk.exchange.withdraw("SOL", Decimal("0.5"))
    path = "/sapi/v1/capital/deposit/hisrec"
    rows = desk.good("GET", path)
    assert [row["coin"] for row in rows] == ["SOL", "ETH", "BTC", "USDT"]
    assert (rows[0]["amount"], rows[0]["status"]) == ("2.5", 1)
    assert desk.good("GET", path, coin="BTC", limit=1)[0]["amount"] == "1"
    assert desk.good("GET", path, startTime=rows[0]["insertTime"]) == rows[:1]
    assert desk.good("GET", path, offset=1, limit=1) == rows[1:2]
    (gone,) = desk.good("GET", "/sapi/v1/capital/withdraw/history")
    assert (gone["coin"], gone["amount"], gone["status"]) == ("SOL", "0.5", 6)
    assert desk.held("SOL") == ("2.00000000", "0.00000000")


def test_the_account_says_when_it_changed_over_a_restart(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.clock.step_wall(100)
        desk.place("BUY", "0.01")
        changed = desk.good("GET", "account")["updateTime"]
        assert changed == desk.milliseconds()
        desk.clock.step_wall(100)
        assert desk.good("GET", "account")["updateTime"] == changed
    with open_desk(tmp_path) as desk:
        assert desk.good("GET", "account")["updateTime"] == changed


def test_balances_without_zeros(desk: Desk) -> None:
    every = desk.good("GET", "account")["balances"]
    some = desk.good("GET", "account", omitZeroBalances="true")["balances"]
    assert [row["asset"] for row in some] == ["BTC", "USDT", "ETH"]
    assert len(every) > 20


def test_commission(desk: Desk) -> None:
    rates = desk.good("GET", "account/commission", **SYMBOL)["standardCommission"]
    assert (rates["maker"], rates["taker"]) == ("0.00100000", "0.00100000")
    fees = desk.good("GET", "/sapi/v1/asset/tradeFee")
    assert len(fees) == 7
    assert fees[0]["takerCommission"] == "0.001"
    assert desk.bad("GET", "/sapi/v1/asset/tradeFee", symbol="NOSUCH")[0] == -1121
