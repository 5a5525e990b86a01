"""Placing and cancelling orders, in the venue's words."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulators.kraken.errors import KrakenError
from tests.simulators.kraken.desk import Desk, open_desk

LIMIT = {
    "pair": "XBTUSD",
    "type": "buy",
    "ordertype": "limit",
    "price": "60000",
    "volume": "0.01",
}
UUID = "2f1c0a5e-9b3d-4c8e-8a7b-0123456789ab"


def refusal_of(desk: Desk, endpoint: str, **words: Any) -> str:
    with pytest.raises(KrakenError) as caught:
        desk.private(endpoint, **words)
    return caught.value.text


def best_ask(desk: Desk) -> tuple[str, Decimal]:
    """Give the best ask as an order would name it, and what stands on it."""
    price, volume, _ = desk.public("Depth", pair="XBTUSD", count="1")["XXBTZUSD"]["asks"][0]
    return f"{Decimal(price).normalize():f}", Decimal(volume)


def test_an_order_answers_its_description_and_its_id(desk: Desk) -> None:
    answer = desk.private("AddOrder", **LIMIT, cl_ord_id="mine-1")
    assert answer["descr"]["order"] == "buy 0.01000000 XBTUSD @ limit 60000.0"
    shown = desk.query(answer["txid"][0])
    assert shown["status"] == "open"
    assert shown["cl_ord_id"] == "mine-1"
    # 600 and 0.4 % of it are held
    assert desk.private("BalanceEx")["ZUSD"] == {
        "balance": "10000.0000",
        "hold_trade": "602.4000",
    }


def test_a_market_order_fills_and_ends(desk: Desk) -> None:
    shown = desk.query(desk.add("sell", "0.01"))
    assert (shown["status"], shown["vol_exec"], shown["reason"]) == ("closed", "0.01000000", None)
    assert desk.private("Balance")["XXBT"] == "0.9900000000"


def test_an_ioc_order_that_fills_in_part_ends_cancelled(desk: Desk) -> None:
    price, volume = best_ask(desk)
    shown = desk.query(desk.add("buy", str(volume * 2), price, timeinforce="IOC"))
    assert (shown["status"], Decimal(shown["vol_exec"])) == ("canceled", volume)
    assert desk.private("OpenOrders")["open"] == {}


def test_a_validated_order_is_not_placed(desk: Desk) -> None:
    answer = desk.private("AddOrder", **LIMIT, validate="true")
    assert answer["descr"]["order"].startswith("buy 0.01000000 XBTUSD")
    assert "txid" not in answer
    assert desk.private("OpenOrders")["open"] == {}
    too_much = {**LIMIT, "volume": "100"}
    assert refusal_of(desk, "AddOrder", **too_much, validate="1") == "EOrder:Insufficient funds"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"pair": "XBTEUR"}, "EQuery:Unknown asset pair"),
        ({"pair": ""}, "EQuery:Unknown asset pair"),
        ({"type": "hold"}, "EGeneral:Invalid arguments:type"),
        ({"ordertype": "stop-loss"}, "EGeneral:Invalid arguments:ordertype"),
        ({"volume": "0"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "-1"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "x"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "NaN"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "1e30"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0.010000001"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": ["1"]}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0.00001"}, "EOrder:Order minimum not met"),
        ({"volume": "0.0001", "price": "10"}, "EOrder:Cost minimum not met"),
        ({"price": ""}, "EGeneral:Invalid arguments:price"),
        ({"price": "+5"}, "EGeneral:Invalid arguments:price"),
        ({"price": "6e4"}, "EGeneral:Invalid arguments:price"),
        ({"price": "#5%"}, "EGeneral:Invalid arguments:price"),
        (
            {"price": "60000.05"},
            "EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals.",
        ),
        ({"volume": "1"}, "EOrder:Insufficient funds"),
        ({"timeinforce": "FOK"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"timeinforce": "GTD"}, "EGeneral:Invalid arguments:expiretm"),
        ({"timeinforce": "GTD", "expiretm": "1"}, "EGeneral:Invalid arguments:expiretm"),
        ({"timeinforce": "IOC", "expiretm": "+5"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"expiretm": "+x"}, "EGeneral:Invalid arguments:expiretm"),
        ({"oflags": "viqc"}, "EAPI:Feature disabled:viqc"),
        ({"oflags": "fcib"}, "EGeneral:Invalid arguments:oflags"),
        ({"oflags": "post", "timeinforce": "IOC"}, "EGeneral:Invalid arguments:oflags"),
        ({"leverage": "5"}, "EGeneral:Invalid arguments:leverage"),
        ({"starttm": "+60"}, "EGeneral:Invalid arguments:starttm"),
        ({"reduce_only": "true"}, "EGeneral:Invalid arguments:reduce_only"),
        ({"reduce_only": "perhaps"}, "EGeneral:Invalid arguments:reduce_only"),
        ({"stptype": "cancel-both"}, "EGeneral:Invalid arguments:stptype"),
        ({"close[ordertype]": "limit"}, "EGeneral:Invalid arguments:close"),
        ({"displayvol": "1"}, "EGeneral:Invalid arguments:displayvol"),
        ({"cl_ord_id": "nineteen-characters"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "CAPITALS"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "with space"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "a", "userref": "7"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"userref": "x"}, "EGeneral:Invalid arguments:userref"),
        ({"userref": str(2**31)}, "EGeneral:Invalid arguments:userref"),
        ({"deadline": "soon"}, "EGeneral:Invalid arguments:deadline"),
        ({"deadline": "2026-01-05T12:01:01Z"}, "EGeneral:Invalid arguments:deadline"),
        ({"deadline": "2026-01-05T11:59:59Z"}, "EService:Deadline elapsed"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_order_is_refused_in_the_venues_words(
    desk: Desk, changes: dict[str, Any], error: str
) -> None:
    assert refusal_of(desk, "AddOrder", **{**LIMIT, **changes}) == error
    assert desk.venue.exchange.archive.counts()["orders"] == 0


@pytest.mark.parametrize(
    "client_order_id", [UUID, UUID.upper(), UUID.replace("-", ""), "sy-000000000000001", "a"]
)
def test_client_order_ids_take_the_documented_forms(desk: Desk, client_order_id: str) -> None:
    desk.private("AddOrder", **LIMIT, cl_ord_id=client_order_id)
    found = desk.private("OpenOrders", cl_ord_id=client_order_id)["open"]
    assert [order["cl_ord_id"] for order in found.values()] == [client_order_id]


def test_a_client_order_id_is_unique_among_open_orders_only(desk: Desk) -> None:
    first = desk.add("buy", "0.01", "60000", cl_ord_id="once")
    again = {**LIMIT, "cl_ord_id": "once"}
    error = "EGeneral:Invalid arguments:cl_ord_id not unique"
    assert refusal_of(desk, "AddOrder", **again) == error
    desk.private("CancelOrder", cl_ord_id="once")
    second = desk.private("AddOrder", **again)["txid"][0]
    assert second != first
    assert desk.query(first)["status"] == "canceled"


def test_an_order_within_its_deadline_is_taken(desk: Desk) -> None:
    deadline = (desk.clock.now() + timedelta(seconds=5)).isoformat()
    assert desk.private("AddOrder", **LIMIT, deadline=deadline)["txid"]


def test_a_post_only_order_that_would_take_is_cancelled_with_the_reason(desk: Desk) -> None:
    price, _ = best_ask(desk)
    shown = desk.query(desk.add("buy", "0.01", price, oflags="post,fciq"))
    assert (shown["status"], shown["reason"]) == ("canceled", "Post only order")


async def test_an_order_good_till_a_time_expires_then(desk: Desk) -> None:
    order_id = desk.add("buy", "0.01", "60000", timeinforce="GTD", expiretm="+30")
    await desk.clock.advance(29)
    assert list(desk.private("OpenOrders")["open"]) == [order_id]
    await desk.clock.advance(1)
    assert desk.private("OpenOrders")["open"] == {}
    assert desk.query(order_id)["status"] == "expired"


def row(**changes: str) -> dict[str, str]:
    return {name: value for name, value in {**LIMIT, **changes}.items() if name != "pair"}


def test_in_a_batch_each_order_stands_for_itself(desk: Desk) -> None:
    rows = [row(cl_ord_id="a"), row(volume="1"), row(cl_ord_id="b")]
    answer = desk.private("AddOrderBatch", pair="XBTUSD", orders=rows)["orders"]
    assert ["txid" in order for order in answer] == [True, False, True]
    assert answer[1]["error"] == "EOrder:Insufficient funds"
    assert len(desk.private("OpenOrders")["open"]) == 2


def test_a_batch_with_a_senseless_order_is_refused_whole(desk: Desk) -> None:
    rows = [row(), row(ordertype="nonsense")]
    error = refusal_of(desk, "AddOrderBatch", pair="XBTUSD", orders=rows)
    assert error == "EGeneral:Invalid arguments:ordertype"
    assert desk.private("OpenOrders")["open"] == {}


@pytest.mark.parametrize("orders", [None, [], [row()], [row()] * 16, [row(), "x"], "x"])
def test_a_batch_has_two_to_fifteen_orders(desk: Desk, orders: object) -> None:
    error = refusal_of(desk, "AddOrderBatch", pair="XBTUSD", orders=orders)
    assert error == "EGeneral:Invalid arguments:orders"


def test_a_batch_can_be_validated_too(desk: Desk) -> None:
    answer = desk.private(
        "AddOrderBatch", pair="XBTUSD", orders=[row(), row(type="sell")], validate=True
    )
    assert [order["descr"]["type"] for order in answer["orders"]] == ["buy", "sell"]
    assert desk.private("OpenOrders")["open"] == {}


@pytest.mark.parametrize(
    ("mode", "words", "error"),
    [
        ("cancel_only", LIMIT, "EService:Market in cancel_only mode"),
        ("post_only", LIMIT, "EService:Market in post_only mode"),
        ("post_only", {**LIMIT, "oflags": "post"}, None),
        ("limit_only", {**LIMIT, "ordertype": "market"}, "EService:Market in limit_only mode"),
        ("limit_only", LIMIT, None),
    ],
)
def test_the_modes_of_the_venue_decide_what_may_be_placed(
    desk: Desk, mode: str, words: dict[str, str], error: str | None
) -> None:
    kept = desk.add("buy", "0.01", "59000")
    desk.venue.exchange.status = mode
    if error is None:
        assert desk.private("AddOrder", **words)["txid"]
    else:
        assert refusal_of(desk, "AddOrder", **words) == error
    assert desk.private("CancelOrder", txid=kept) == {"count": 1}


async def test_a_tiers_counters_refuse_what_is_too_much(tmp_path: Path) -> None:
    with open_desk(tmp_path, "--counters", "starter") as desk:
        for _ in range(6):
            desk.private("CancelOrder", txid=desk.add("buy", "0.01", "60000"))
        for _ in range(6):
            desk.add("buy", "0.0001", "60000")
        assert refusal_of(desk, "AddOrder", **LIMIT) == "EOrder:Rate limit exceeded"
        other = {**LIMIT, "pair": "ETHUSD", "price": "3000"}
        assert desk.private("AddOrder", **other)["txid"], "pairs are counted apart"
        await desk.clock.advance(1)
        assert desk.private("AddOrder", **LIMIT)["txid"]


async def test_a_tier_limits_the_open_orders_of_a_pair(tmp_path: Path) -> None:
    with open_desk(tmp_path, "--counters", "starter") as desk:
        for _ in range(60):
            desk.add("buy", "0.0001", "60000")
            await desk.clock.advance(1)
        assert refusal_of(desk, "AddOrder", **LIMIT) == "EOrder:Orders limit exceeded"
