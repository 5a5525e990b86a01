"""Orders over the private socket: as recorded, and under the same rules as over REST."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.kraken.streams import Floor, Frame, Stream, open_floor
from tests.simulators.kraken.test_ws_public import recorded
from tests.simulators.shapes import differences

LIMIT = {"order_type": "limit", "side": "buy", "order_qty": 0.01, "limit_price": 50000}
HERE = {"symbol": "BTC/USD"}


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, "--pairs", "BTC/USD,ETH/USD") as opened:
        yield opened


@pytest.fixture
async def stream(floor: Floor) -> Stream:
    return await floor.private()


async def add(stream: Stream, **changes: Any) -> str:
    answer = await stream.ask("add_order", **LIMIT, **HERE, **changes)
    return str(answer["result"]["order_id"])


async def test_the_recorded_request_is_answered_as_recorded(floor: Floor, stream: Stream) -> None:
    request = recorded("ws_add_order_request.json")["params"]
    request["cl_ord_id"] = request["cl_ord_id"].lower()  # capitals have been seen refused
    answer = await stream.ask("add_order", **{**request, "token": stream.token})
    theirs = recorded("ws_add_order_response_success.json")
    assert differences(answer, theirs, optional=frozenset({"order_userref"})) == []
    (order,) = floor.exchange.open_orders
    assert answer["result"]["order_id"] == order.order_id
    assert (order.request.quantity, order.request.post_only) == (Decimal("0.01"), True)
    answer = await stream.ask("add_order", **{**LIMIT, "order_qty": 7}, **HERE)
    theirs = recorded("ws_add_order_response_failure.json")
    assert differences(answer, theirs, optional=frozenset()) == []
    assert answer["error"] == theirs["error"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"order_qty": "0.01"}, "EGeneral:Invalid arguments:order_qty"),
        ({"order_qty": True}, "EGeneral:Invalid arguments:order_qty"),
        ({"order_qty": -1}, "EGeneral:Invalid arguments:volume"),
        ({"order_qty": None}, "EGeneral:Invalid arguments:volume"),
        ({"order_qty": 1e-05}, "EOrder:Order minimum not met"),
        ({"order_qty": 0.1234567891}, "EGeneral:Invalid arguments:volume"),
        ({"limit_price": 50000.05}, "EOrder:Invalid price:XBTUSD"),
        ({"symbol": "XBT/USD"}, "EQuery:Unknown asset pair"),
        ({"price": 5}, "Unsupported field: 'price' for the given msg type: add order"),
        ({"triggers": {"price": 1}}, "EGeneral:Invalid arguments:triggers"),
        ({"margin": True}, "EGeneral:Invalid arguments:margin"),
        ({"time_in_force": "whenever"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"expire_time": "soon"}, "EGeneral:Invalid arguments:expire_time"),
        ({"cl_ord_id": "a", "order_userref": 3}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"order_userref": "3"}, "EGeneral:Invalid arguments:order_userref"),
        ({"post_only": "yes"}, "EGeneral:Invalid arguments:post_only"),
        ({"validate": 1}, "EGeneral:Invalid arguments:validate"),
        ({"deadline": "2026-01-05T11:59:59Z"}, "EService:Deadline elapsed"),
        ({"deadline": "2026-01-05T12:05:00Z"}, "EGeneral:Invalid arguments:deadline"),
        ({"stp_type": "cancel_oldest"}, "EGeneral:Invalid arguments:stp_type"),
        ({"token": "old"}, "ESession:Invalid session"),
    ],
)
async def test_what_is_wrong_is_refused_in_the_venues_words(
    floor: Floor, stream: Stream, changes: Frame, error: str
) -> None:
    answer = await stream.ask("add_order", **{**LIMIT, **HERE, **changes})
    assert answer["success"] is False
    assert answer["error"].startswith(error)
    assert floor.exchange.open_orders == ()


async def test_harmless_words_do_no_harm(floor: Floor, stream: Stream) -> None:
    harmless = {"margin": False, "reduce_only": False, "limit_price_type": "static"}
    await add(stream, **harmless, stp_type="cancel_newest", fee_preference="quote", no_mpp=True)
    expiry = floor.exchange.now() + timedelta(seconds=30)
    await add(stream, time_in_force="gtd", expire_time=expiry.isoformat(), order_userref=9)
    order = floor.exchange.open_orders[-1]
    assert (order.request.expires_at, order.request.user_reference) == (expiry, 9)


async def test_validating_places_nothing(floor: Floor, stream: Stream) -> None:
    answer = await stream.ask("add_order", **LIMIT, **HERE, validate=True, cl_ord_id="v")
    assert answer["result"] == {"cl_ord_id": "v"}
    rows = [{**LIMIT}, {**LIMIT}]
    answer = await stream.ask("batch_add", **HERE, orders=rows, validate=True)
    assert answer["success"] is True
    assert floor.exchange.open_orders == ()


async def test_a_batch_is_understood_whole_and_then_each_stands_for_itself(
    floor: Floor, stream: Stream
) -> None:
    rows = [{**LIMIT, "cl_ord_id": "a"}, {**LIMIT, "order_qty": 9, "cl_ord_id": "b"}]
    answer = await stream.ask("batch_add", **HERE, orders=rows)
    theirs = recorded("ws_batch_add_response_partial.json")
    assert differences(answer, theirs, optional=frozenset()) == []
    placed, refused = answer["result"]["orders"]
    assert placed["order_id"] == floor.exchange.open_orders[0].order_id
    assert (refused["cl_ord_id"], refused["error"]) == ("b", "EOrder:Insufficient funds")
    broken = [{**LIMIT}, {**LIMIT, "side": "both"}]
    answer = await stream.ask("batch_add", **HERE, orders=broken)
    assert answer["error"] == "EGeneral:Invalid arguments:type"
    assert len(floor.exchange.open_orders) == 1
    for wrong in ([{**LIMIT}], [{**LIMIT}] * 16, "none", [1, 2]):
        answer = await stream.ask("batch_add", **HERE, orders=wrong)
        assert answer["error"] == "EGeneral:Invalid arguments:orders"


async def test_each_cancelled_order_is_answered_for_itself(floor: Floor, stream: Stream) -> None:
    first, second = await add(stream, cl_ord_id="one"), await add(stream)
    number = await stream.send("cancel_order", {"order_id": [first, "OXXXXX", second]})
    answers = [await stream.until(lambda f: f.get("req_id") == number) for _ in range(3)]
    assert answers[0]["result"] == {"order_id": first, "cl_ord_id": "one"}
    assert (answers[1]["success"], answers[1]["error"]) == (False, "EOrder:Unknown order")
    assert answers[2]["result"] == {"order_id": second}
    await add(stream, cl_ord_id="two")
    assert (await stream.ask("cancel_order", cl_ord_id=["two"]))["success"] is True
    await add(stream, order_userref=4)
    assert (await stream.ask("cancel_order", order_userref=[4]))["success"] is True
    assert floor.exchange.open_orders == ()
    for wrong in ({}, {"order_id": first}, {"order_id": [first], "cl_ord_id": ["one"]}):
        answer = await stream.ask("cancel_order", **wrong)
        assert answer["error"] == "EGeneral:Invalid arguments:order_id"


async def test_many_orders_are_cancelled_at_once(stream: Stream) -> None:
    ids = [await add(stream) for _ in range(3)]
    await add(stream, cl_ord_id="c")
    await add(stream, order_userref=5)
    answer = await stream.ask("batch_cancel", orders=[*ids[:2], 5], cl_ord_id=["c"])
    assert answer["result"] == {"count": 4}
    assert (await stream.ask("batch_cancel", orders=ids[:1]))["success"] is False
    answer = await stream.ask("batch_cancel", orders=ids[:2])
    assert answer["error"] == "EOrder:Unknown order"
    assert (await stream.ask("cancel_all"))["result"] == {"count": 1}
    assert (await stream.ask("cancel_all"))["result"] == {"count": 0}


async def test_the_dead_mans_switch_works_from_here_too(floor: Floor) -> None:
    stream = await floor.account()
    await add(stream)
    answer = await stream.ask("cancel_all_orders_after", timeout=60)
    assert answer["result"]["triggerTime"] == "2026-01-05T12:01:00.000000Z"
    await floor.desk.clock.advance(61)
    assert (await stream.ask("cancel_all"))["result"] == {"count": 0}, "what is due is done first"
    assert floor.exchange.open_orders == ()
    off = await stream.ask("cancel_all_orders_after", timeout=0)
    assert off["result"]["triggerTime"] == "0"
    for wrong in (-1, "60", 10**6):
        answer = await stream.ask("cancel_all_orders_after", timeout=wrong)
        assert answer["error"] == "EGeneral:Invalid arguments:timeout"


async def test_an_order_changes_in_place(floor: Floor) -> None:
    stream = await floor.account()
    order_id = await add(stream, cl_ord_id="live")
    await stream.steps("pending_new", "new")
    answer = await stream.ask("amend_order", cl_ord_id="live", order_qty=0.02, limit_price=51000)
    assert answer["result"].keys() == {"amend_id", "cl_ord_id"}
    (row,) = await stream.steps("amended")
    assert (row["order_id"], row["order_qty"], row["limit_price"]) == (
        order_id,
        Decimal("0.02"),
        51000,
    )
    (order,) = floor.exchange.open_orders
    assert (order.request.quantity, order.request.limit_price) == (Decimal("0.02"), 51000)
    assert floor.desk.query(order_id)["vol"] == "0.02000000"
    for changes, error in (
        ({"order_qty": 5}, "EOrder:Insufficient funds"),
        ({"limit_price": 90000, "post_only": True}, "EOrder:Post only order"),
        ({"limit_price": 0.123}, "EOrder:Tick size check failed"),
        ({"order_id": "OXXXXX", "cl_ord_id": None}, "EOrder:Unknown order"),
    ):
        wish = {"cl_ord_id": "live", **changes}
        wish = {name: value for name, value in wish.items() if value is not None}
        assert (await stream.ask("amend_order", **wish))["error"] == error
    await stream.ask("amend_order", order_id=order_id, limit_price=70000)
    await stream.steps("amended", "trade", "filled")


async def test_an_edited_order_is_another_order(floor: Floor) -> None:
    stream = await floor.account()
    order_id = await add(stream)
    answer = await stream.ask("edit_order", order_id=order_id, **HERE, limit_price=49000)
    assert answer["result"]["original_order_id"] == order_id
    (order,) = floor.exchange.open_orders
    assert (order.order_id, order.request.limit_price) == (answer["result"]["order_id"], 49000)
    await stream.steps("pending_new", "new", "canceled", "pending_new", "new")


async def test_the_pairs_counter_is_the_same_over_both_doors(tmp_path: Path) -> None:
    async with open_floor(tmp_path, "--counters", "starter") as floor:
        stream = await floor.private()
        await stream.subscribe("executions", ratecounter=True)
        tiny = {**LIMIT, "order_qty": 0.0001}
        for _ in range(30):
            floor.desk.add("buy", "0.0001", "50000")
            assert (await stream.ask("add_order", **tiny, **HERE))["success"] is True
        answer = await stream.ask("add_order", **tiny, **HERE)
        assert answer["error"] == "EOrder:Orders limit exceeded", "sixty may be open"
        await stream.ask("cancel_all")
        answer = await stream.ask("add_order", **tiny, **HERE)
        assert answer["error"] == "EOrder:Rate limit exceeded"
        await floor.desk.clock.advance(600)
        answer = await stream.ask("add_order", **tiny, **HERE)
        assert answer["success"] is True
        order_id = answer["result"]["order_id"]
        assert (await stream.ask("amend_order", order_id=order_id, limit_price=49000))["success"]
        *_, amended = [f for f in await stream.silence() if f.get("channel") == "executions"]
        (row,) = amended["data"]
        assert row["exec_type"] == "amended"
        assert row["ratecount"] == 5, "one for the order, one and three for so young a change"
