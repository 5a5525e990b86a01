"""Weights and order counts: what each call costs, what is refused, and when it is over."""

from pathlib import Path
from typing import Any

import pytest

from simulators.binance.limits import Allowance, Limits
from tests.simulators.binance.desk import Desk, open_desk
from tests.support.clock import FakeClock

SYMBOL = {"symbol": "BTCUSDT"}


def used(desk: Desk) -> int:
    return int(desk.venue.rest.calls.headers(with_orders=False)["x-mbx-used-weight-1m"])


def orders(desk: Desk) -> tuple[str, str]:
    headers = desk.venue.rest.calls.headers(with_orders=True)
    return headers["x-mbx-order-count-10s"], headers["x-mbx-order-count-1d"]


@pytest.mark.parametrize(
    ("path", "words", "weight"),
    [
        ("ping", {}, 1),
        ("exchangeInfo", {}, 20),
        ("account", {}, 20),
        ("openOrders", {}, 80),
        ("openOrders", SYMBOL, 6),
        ("allOrders", SYMBOL, 20),
        ("myTrades", SYMBOL, 20),
        ("myTrades", {**SYMBOL, "orderId": 1}, 5),
        ("ticker/price", SYMBOL, 2),
        ("ticker/price", {}, 4),
        ("ticker/24hr", SYMBOL, 2),
        ("ticker/24hr", {"symbols": '["BTCUSDT","ETHBTC"]'}, 2),
        ("ticker/24hr", {}, 80),
        ("depth", SYMBOL, 5),
        ("depth", {**SYMBOL, "limit": 500}, 25),
        ("depth", {**SYMBOL, "limit": 5000}, 250),
        ("klines", {**SYMBOL, "interval": "1m"}, 2),
        ("rateLimit/order", {}, 40),
    ],
)
def test_what_a_call_costs(desk: Desk, path: str, words: dict[str, Any], weight: int) -> None:
    desk.good("GET", path, **words)
    assert used(desk) == weight


def test_orders_cost_nothing_when_they_succeed(desk: Desk) -> None:
    placed = desk.place("BUY", "0.01", "60000")
    desk.good("DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert used(desk) == 0
    desk.bad("DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert used(desk) == 1


def test_the_count_begins_anew_each_minute(desk: Desk) -> None:
    desk.good("GET", "account")
    desk.clock.step_wall(59)
    assert used(desk) == 20
    desk.clock.step_wall(1)
    assert used(desk) == 0


def test_too_much_is_refused_and_who_goes_on_is_banned(tmp_path: Path) -> None:
    with open_desk(tmp_path, "--weight-limit", "50", "--ban-seconds", "90") as desk:
        for _ in range(2):
            desk.good("GET", "account")
        answer = desk.ask("GET", "account")
        assert (answer.status, answer.body["code"], answer.retry_after) == (429, -1003, 60)
        assert "current limit is 50 request weight per 1 MINUTE" in answer.body["msg"]
        statuses = [desk.ask("GET", "ping").status for _ in range(10)]
        assert statuses == [429] * 9 + [418]
        banned = desk.ask("GET", "time")
        until = desk.milliseconds() + 90_000
        assert (banned.status, banned.retry_after) == (418, 90)
        assert f"IP banned until {until}" in banned.body["msg"]
        desk.clock.step_wall(89)
        assert desk.ask("GET", "ping").status == 418
        desk.clock.step_wall(1)
        assert desk.ask("GET", "ping").status == 200


def test_who_waits_is_not_banned(tmp_path: Path) -> None:
    with open_desk(tmp_path, "--weight-limit", "20") as desk:
        for _ in range(12):
            assert desk.ask("GET", "account").status == 200
            assert desk.ask("GET", "account").status == 429
            desk.clock.step_wall(60)


def test_unfilled_orders_are_counted(desk: Desk) -> None:
    desk.place("BUY", "0.01", "60000")
    desk.place("BUY", "0.01", "60000")
    assert orders(desk) == ("2", "2")
    assert len(desk.place("BUY", "0.1")["fills"]) > 1
    assert orders(desk) == ("2", "2"), "one that fills gives its place back, once"
    desk.bad("POST", "order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="9")
    assert orders(desk) == ("2", "2"), "one that is refused takes none"
    desk.clock.step_wall(10)
    assert orders(desk) == ("0", "2")
    limits = desk.good("GET", "rateLimit/order")
    assert [(each["interval"], each["count"]) for each in limits] == [("SECOND", 0), ("DAY", 2)]


def test_too_many_unfilled_orders(tmp_path: Path) -> None:
    with open_desk(tmp_path, "--orders-10s", "2") as desk:
        for _ in range(2):
            desk.place("BUY", "0.01", "60000")
        words = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        answer = desk.ask("POST", "order", **words)
        assert (answer.status, answer.body["code"], answer.retry_after) == (429, -1015, 10)
        assert (
            answer.body["msg"] == "Too many new orders; current limit is 2 orders per 10 SECOND."
        )
        desk.clock.step_wall(10)
        assert desk.ask("POST", "order", **words).status == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("rate_limit", 429, -1003), ("ban", 418, -1003), ("order_limit", 429, -1015)],
)
def test_limits_on_demand(desk: Desk, fault: str, status: int, code: int) -> None:
    desk.venue.faults.add({"name": fault, "count": 1, "match": "GET account", "seconds": 7})
    answer = desk.ask("GET", "account")
    assert (answer.status, answer.body["code"], answer.retry_after) == (status, code, 7)
    if fault == "ban":
        desk.clock.step_wall(7)
    assert desk.ask("GET", "account").status == 200


def test_a_fill_of_an_older_window_takes_nothing_off_below_zero() -> None:
    limits, clock = Limits(allowance=Allowance()), FakeClock()
    limits.count_order(clock.now(), -1)
    assert limits.order_counts(clock.now()) == (0, 0)
