"""Orders: every type, what is refused in which words, and what the account holds afterwards."""

from decimal import Decimal
from typing import Any

import pytest

from tests.simulators.binance.desk import Desk

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "60000",
}
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
MAKER = {name: value for name, value in LIMIT.items() if name != "timeInForce"} | {
    "type": "LIMIT_MAKER"
}


def test_a_market_order_pays_its_commission_in_what_it_receives(desk: Desk) -> None:
    bought = desk.place("BUY", "0.01")
    (fill,) = bought["fills"]
    assert (bought["status"], fill["commission"], fill["commissionAsset"]) == (
        "FILLED",
        "0.00001000",
        "BTC",
    )
    assert desk.held("BTC") == ("1.00999000", "0.00000000")
    assert desk.held("USDT") == (
        f"{10000 - Decimal(bought['cummulativeQuoteQty']):.8f}",
        "0.00000000",
    )
    sold = desk.place("SELL", "0.01")
    cost = Decimal(sold["cummulativeQuoteQty"])
    assert sold["fills"][0]["commissionAsset"] == "USDT"
    assert Decimal(sold["fills"][0]["commission"]) == (cost / 1000).quantize(Decimal("1e-8"))
    assert desk.exchange.audit() == []


def test_a_resting_order_holds_its_cost_without_a_fee(desk: Desk) -> None:
    placed = desk.place("BUY", "0.01", "60000")
    assert (placed["status"], placed["fills"]) == ("NEW", [])
    assert desk.held("USDT") == ("9400.00000000", "600.00000000")
    desk.good("DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert desk.held("USDT") == ("10000.00000000", "0.00000000")


def test_a_partial_fill_rests_with_the_rest(desk: Desk) -> None:
    desk.venue.faults.add({"name": "partial_fill_only", "count": 1, "fraction": "0.25"})
    placed = desk.place("BUY", "0.04", "64100")
    assert (placed["status"], placed["executedQty"]) == ("PARTIALLY_FILLED", "0.01000000")
    (still,) = desk.good("GET", "openOrders", symbol="BTCUSDT")
    assert (still["status"], still["executedQty"]) == ("PARTIALLY_FILLED", "0.01000000")
    ended = desk.good("DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (ended["status"], ended["executedQty"]) == ("CANCELED", "0.01000000")


@pytest.mark.parametrize(
    ("force", "price", "status", "filled"),
    [
        ("IOC", "60000", "EXPIRED", "0.00000000"),
        ("IOC", "64010", "EXPIRED", "0.05061000"),
        ("FOK", "64010", "EXPIRED", "0.00000000"),
        ("FOK", "64100", "FILLED", "0.10000000"),
        ("GTC", "64010", "PARTIALLY_FILLED", "0.05061000"),
    ],
)
def test_how_long_an_order_lasts(
    desk: Desk, force: str, price: str, status: str, filled: str
) -> None:
    placed = desk.place("BUY", "0.1", price, timeInForce=force)
    assert (placed["status"], placed["executedQty"]) == (status, filled)
    seen = desk.good("GET", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (seen["status"], seen.get("expiryReason")) == (
        status,
        "INSUFFICIENT_LIQUIDITY" if status == "EXPIRED" else None,
    )


def test_a_market_order_for_a_sum_spends_no_more_than_it(desk: Desk) -> None:
    placed = desk.place("BUY", None, quoteOrderQty="1000")
    spent = Decimal(placed["cummulativeQuoteQty"])
    assert 999 < spent <= 1000
    assert placed["origQuoteOrderQty"] == "1000.00000000"
    seen = desk.good("GET", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert seen["origQuoteOrderQty"] == "1000.00000000"
    assert Decimal(placed["executedQty"]) % Decimal("0.00001") == 0


def test_a_maker_order_is_refused_where_it_would_take(desk: Desk) -> None:
    words = desk.bad("POST", "order", **{**MAKER, "price": "65000"})
    assert words == (-2010, "Order would immediately match and take.")
    assert desk.good("GET", "openOrders") == []
    placed = desk.good("POST", "order", **MAKER)
    assert "status" not in placed, "a maker order is only acknowledged unless more is asked for"
    (still,) = desk.good("GET", "openOrders")
    assert (still["type"], still["timeInForce"]) == ("LIMIT_MAKER", "GTC")


@pytest.mark.parametrize(
    ("kind", "more"),
    [("ACK", set()), ("RESULT", {"status"}), ("FULL", {"status", "fills"})],
)
def test_as_much_is_answered_as_was_asked_for(desk: Desk, kind: str, more: set[str]) -> None:
    placed = desk.good("POST", "order", **MARKET, newOrderRespType=kind)
    assert {"status", "fills"} & placed.keys() == more


def test_an_order_that_would_meet_our_own_expires(desk: Desk) -> None:
    desk.place("SELL", "0.01", "64001")
    placed = desk.place("BUY", "0.01", "64002")
    assert placed["status"] == "EXPIRED_IN_MATCH"
    assert len(desk.good("GET", "openOrders")) == 1


def test_a_client_order_id_is_unique_among_open_orders_only(desk: Desk) -> None:
    first = desk.place("BUY", "0.01", "60000", newClientOrderId="mine")
    assert desk.bad("POST", "order", **LIMIT, newClientOrderId="mine") == (
        -2010,
        "Duplicate order sent.",
    )
    desk.good("DELETE", "order", symbol="BTCUSDT", origClientOrderId="mine")
    second = desk.place("BUY", "0.02", "60000", newClientOrderId="mine")
    found = desk.good("GET", "order", symbol="BTCUSDT", origClientOrderId="mine")
    assert found["orderId"] == second["orderId"] != first["orderId"]


@pytest.mark.parametrize(
    ("wish", "code", "text"),
    [
        ({"symbol": "BTCUSD"}, -1121, "Invalid symbol."),
        ({"symbol": ""}, -1102, "Mandatory parameter 'symbol'"),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "SOMEHOW"}, -1116, "Invalid orderType."),
        ({"type": "STOP_LOSS"}, -2010, "Stop loss orders are not supported for this symbol."),
        ({"timeInForce": "GTD"}, -1115, "Invalid timeInForce."),
        ({"timeInForce": ""}, -1102, "Mandatory parameter 'timeInForce'"),
        ({"quantity": ""}, -1102, "Mandatory parameter 'quantity'"),
        ({"quantity": "-1"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "1e-2"}, -1100, "Illegal characters found in parameter 'quantity'"),
        ({"quantity": "0.010000001"}, -1111, "Parameter 'quantity' has too much precision."),
        ({"quantity": "0"}, -1013, "Invalid quantity."),
        ({"price": ""}, -1102, "Mandatory parameter 'price'"),
        ({"price": "60000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "2000000"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"price": "12000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"price": "330000", "side": "SELL"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ({"quantity": "0.000011"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "9001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "0.00008"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "160"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "1"}, -2010, "Account has insufficient balance for requested action."),
        ({"newClientOrderId": "a b"}, -1100, "Illegal characters found in parameter 'newCl"),
        ({"newClientOrderId": "a" * 37}, -1100, "Illegal characters found in parameter 'newCl"),
        ({"newOrderRespType": "LOUD"}, -1130, "Data sent for parameter 'newOrderRespType'"),
        ({"stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"icebergQty": "1"}, -2010, "Iceberg orders are not supported for this symbol."),
        ({"selfTradePreventionMode": "NONE"}, -1013, "This symbol does not allow"),
    ],
)
def test_a_limit_order_is_refused_in_the_venues_words(
    desk: Desk, wish: dict[str, str], code: int, text: str
) -> None:
    found = desk.bad("POST", "order", **{**LIMIT, **wish})
    assert found[0] == code
    assert found[1].startswith(text)
    assert desk.bad("POST", "order/test", **{**LIMIT, **wish}) == found
    assert desk.good("GET", "openOrders") == []


@pytest.mark.parametrize(
    ("wish", "code", "text"),
    [
        ({"quantity": ""}, -1102, "Param 'quantity' or 'quoteOrderQty' must be sent"),
        ({"quoteOrderQty": "10"}, -1128, "Combination of optional parameters invalid."),
        ({"timeInForce": "GTC"}, -1106, "Parameter 'timeInForce' sent when not required."),
        ({"price": "1"}, -1106, "Parameter 'price' sent when not required."),
        ({"quantity": "0.00007"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "181"}, -1013, "Filter failure: MARKET_LOT_SIZE"),
        ({"quantity": "", "quoteOrderQty": "4.99"}, -1013, "Filter failure: NOTIONAL"),
        ({"quantity": "0.9"}, -2010, "Account has insufficient balance"),
    ],
)
def test_a_market_order_is_refused_in_the_venues_words(
    desk: Desk, wish: dict[str, str], code: int, text: str
) -> None:
    found = desk.bad("POST", "order", **{**MARKET, **wish})
    assert found[0] == code
    assert found[1].startswith(text)


def test_too_many_orders_of_a_symbol(desk: Desk) -> None:
    wishes = 200
    for number in range(wishes):
        if number % 90 == 0:
            desk.clock.step_wall(10)  # a new window of the order limit
        desk.place("BUY", "0.0001", "60000")
    assert desk.bad("POST", "order", **LIMIT) == (-1013, "Filter failure: MAX_NUM_ORDERS")
    ended = desk.good("DELETE", "openOrders", symbol="BTCUSDT")
    assert len(ended) == wishes


def test_a_test_order_is_only_a_test(desk: Desk) -> None:
    assert desk.good("POST", "order/test", **LIMIT) == {}
    rates = desk.good("POST", "order/test", **LIMIT, computeCommissionRates="true")
    assert rates["standardCommissionForOrder"]["taker"] == "0.00100000"
    assert desk.good("GET", "openOrders") == []


@pytest.mark.parametrize(
    ("method", "words", "code"),
    [
        ("DELETE", {"orderId": 999}, -2011),
        ("DELETE", {"origClientOrderId": "nobody"}, -2011),
        ("DELETE", {}, -1102),
        ("GET", {"orderId": 999}, -2013),
        ("GET", {"origClientOrderId": "nobody"}, -2013),
        ("GET", {}, -1102),
    ],
)
def test_an_order_that_is_not_there(
    desk: Desk, method: str, words: dict[str, Any], code: int
) -> None:
    assert desk.bad(method, "order", symbol="BTCUSDT", **words)[0] == code


def test_an_order_belongs_to_its_symbol(desk: Desk) -> None:
    placed = desk.place("BUY", "0.01", "60000", newClientOrderId="mine")
    for words in ({"orderId": placed["orderId"]}, {"origClientOrderId": "mine"}):
        assert desk.bad("GET", "order", symbol="ETHUSDT", **words)[0] == -2013
        assert desk.bad("DELETE", "order", symbol="ETHUSDT", **words)[0] == -2011
    assert desk.bad("DELETE", "openOrders", symbol="ETHUSDT")[0] == -2011


def test_a_cancellation_has_a_name_of_its_own(desk: Desk) -> None:
    placed = desk.place("BUY", "0.01", "60000", newClientOrderId="mine")
    ended = desk.good(
        "DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"], newClientOrderId="bye"
    )
    assert (ended["clientOrderId"], ended["origClientOrderId"]) == ("bye", "mine")
    seen = desk.good("GET", "order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (seen["clientOrderId"], seen["status"]) == ("mine", "CANCELED")
    assert desk.bad("DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"])[0] == -2011


@pytest.mark.parametrize(
    ("restriction", "code"),
    [("ONLY_NEW", None), ("ONLY_PARTIALLY_FILLED", -2011), ("ONLY_LUCKY", -1145)],
)
def test_a_cancellation_may_be_restricted(desk: Desk, restriction: str, code: int | None) -> None:
    placed = desk.place("BUY", "0.01", "60000")
    answer = desk.ask(
        "DELETE",
        "order",
        symbol="BTCUSDT",
        orderId=placed["orderId"],
        cancelRestrictions=restriction,
    )
    assert answer.body.get("code") == code


def test_an_order_may_fill_before_its_cancellation_comes(desk: Desk) -> None:
    placed = desk.place("BUY", "0.01", "60000")
    desk.venue.faults.add({"name": "fill_before_cancel", "count": 1, "fraction": "1"})
    words = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    assert desk.bad("DELETE", "order", **words) == (-2011, "Unknown order sent.")
    assert desk.good("GET", "order", **words)["status"] == "FILLED"


@pytest.mark.parametrize("status", ["halt", "break", "cancel_only"])
def test_a_closed_market_takes_no_orders_but_cancels_them(desk: Desk, status: str) -> None:
    placed = desk.place("BUY", "0.01", "60000")
    desk.venue.faults.add({"name": "status", "status": status})
    assert desk.bad("POST", "order", **MARKET) == (-2010, "Market is closed.")
    info = desk.good("GET", "exchangeInfo")["symbols"][0]
    assert info["status"] == status.upper()
    desk.good("DELETE", "order", symbol="BTCUSDT", orderId=placed["orderId"])
