"""Cancelling orders one by one, in batches, all at once, and by the dead man's switch."""

from pathlib import Path
from typing import Any

import pytest

from simulators.kraken.errors import KrakenError
from tests.simulators.kraken.desk import Desk, open_desk


def refusal_of(desk: Desk, endpoint: str, **words: Any) -> str:
    with pytest.raises(KrakenError) as caught:
        desk.private(endpoint, **words)
    return caught.value.text


@pytest.mark.parametrize("by", ["txid", "cl_ord_id", "userref", "userref-as-txid"])
def test_an_order_is_cancelled_by_any_of_its_names(desk: Desk, by: str) -> None:
    mark = {"cl_ord_id": "mine"} if by == "cl_ord_id" else {"userref": "42"}
    order_id = desk.add("buy", "0.01", "60000", **mark)
    name = {
        "txid": {"txid": order_id},
        "cl_ord_id": {"cl_ord_id": "mine"},
        "userref": {"userref": "42"},
        "userref-as-txid": {"txid": "42"},
    }[by]
    assert desk.private("CancelOrder", **name) == {"count": 1}
    assert desk.query(order_id)["status"] == "canceled"
    assert refusal_of(desk, "CancelOrder", **name) == "EOrder:Unknown order"


def test_one_user_reference_cancels_all_that_carry_it(desk: Desk) -> None:
    for price in ("60000", "61000"):
        desk.add("buy", "0.01", price, userref="7")
    kept = desk.add("buy", "0.01", "59000")
    assert desk.private("CancelOrder", userref="7") == {"count": 2}
    assert list(desk.private("OpenOrders")["open"]) == [kept]


@pytest.mark.parametrize("words", [{}, {"txid": "a", "cl_ord_id": "b"}], ids=["none", "two-names"])
def test_a_cancellation_names_one_thing(desk: Desk, words: dict[str, str]) -> None:
    assert refusal_of(desk, "CancelOrder", **words) == "EGeneral:Invalid arguments:txid"


def test_a_name_that_is_nobodys_cancels_nothing(desk: Desk) -> None:
    desk.add("buy", "0.01", "60000")
    assert refusal_of(desk, "CancelOrder", txid="None") == "EOrder:Unknown order"
    assert len(desk.private("OpenOrders")["open"]) == 1


def test_cancel_all_cancels_all_and_says_how_many(desk: Desk) -> None:
    assert desk.private("CancelAll") == {"count": 0}
    for price in ("60000", "61000"):
        desk.add("buy", "0.01", price)
    assert desk.private("CancelAll") == {"count": 2}
    assert desk.private("BalanceEx")["ZUSD"]["hold_trade"] == "0.0000"


def test_a_batch_of_cancellations_takes_ids_of_either_kind(desk: Desk) -> None:
    first = desk.add("buy", "0.01", "60000")
    desk.add("buy", "0.01", "61000", cl_ord_id="mine")
    answer = desk.private(
        "CancelOrderBatch", orders=[{"txid": first}], cl_ord_ids=[{"cl_ord_id": "mine"}]
    )
    assert answer == {"count": 2}
    assert refusal_of(desk, "CancelOrderBatch", orders=[]) == "EGeneral:Invalid arguments:orders"
    assert refusal_of(desk, "CancelOrderBatch", orders="x") == "EGeneral:Invalid arguments:orders"


async def test_the_dead_mans_switch_cancels_everything_unless_asked_again(desk: Desk) -> None:
    order_id = desk.add("buy", "0.01", "60000")
    answer = desk.private("CancelAllOrdersAfter", timeout="60")
    assert answer == {
        "currentTime": "2026-01-05T12:00:00Z",
        "triggerTime": "2026-01-05T12:01:00Z",
    }
    await desk.clock.advance(40)
    desk.private("CancelAllOrdersAfter", timeout="60")
    await desk.clock.advance(59)
    assert desk.query(order_id)["status"] == "open"
    await desk.clock.advance(1)
    assert desk.query(order_id)["reason"] == "Cancel all orders after timeout"
    later = desk.add("buy", "0.01", "60000")
    await desk.clock.advance(600)
    assert desk.query(later)["status"] == "open", "once fired it is off"


async def test_zero_takes_the_dead_mans_switch_away(desk: Desk) -> None:
    order_id = desk.add("buy", "0.01", "60000")
    desk.private("CancelAllOrdersAfter", timeout="5")
    assert desk.private("CancelAllOrdersAfter", timeout="0")["triggerTime"] == "0"
    await desk.clock.advance(10)
    assert desk.query(order_id)["status"] == "open"
    for wrong in ("", "-1", "x", "86401"):
        error = refusal_of(desk, "CancelAllOrdersAfter", timeout=wrong)
        assert error == "EGeneral:Invalid arguments:timeout"


async def test_the_dead_mans_switch_outlives_the_venue(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        order_id = desk.add("buy", "0.01", "60000")
        desk.private("CancelAllOrdersAfter", timeout="60")
    with open_desk(tmp_path) as desk:
        await desk.clock.advance(59)
        assert desk.query(order_id)["status"] == "open"
        await desk.clock.advance(1)
        assert desk.query(order_id)["status"] == "canceled"
