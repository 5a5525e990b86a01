"""Everything that can go wrong with an order over the socket goes wrong on demand."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.kraken.streams import Floor, open_floor
from tests.support.waiting import eventually

MARKET = {"order_type": "market", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD"}


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    async with open_floor(tmp_path, "--pairs", "BTC/USD") as opened:
        yield opened


async def test_a_fill_can_come_before_its_order_is_answered(floor: Floor) -> None:
    stream = await floor.account()

    async def frames_of_an_order(count: int) -> list[int | None]:
        await stream.send("add_order", {**MARKET, "order_qty": 0.001})
        return [(await stream.next()).get("req_id") for _ in range(count)]

    first, *others = await frames_of_an_order(7)
    assert first is not None, "as a rule the answer is first"
    assert set(others) == {None}
    floor.fault("ws_ack_last", count=1, match="add_order")
    *others, last = await frames_of_an_order(7)
    assert last is not None
    assert set(others) == {None}
    floor.fault("ws_ack_last", count=1, match="add_order", seconds=0.5)
    assert set(await frames_of_an_order(6)) == {None}
    assert await stream.silence() == []
    await floor.desk.clock.advance(0.5)
    assert (await stream.next())["success"] is True


@pytest.mark.parametrize("fault", ["ws_lose_ack", "hang_after"])
async def test_an_answer_can_be_lost_or_late_while_the_stream_goes_on(
    floor: Floor, fault: str
) -> None:
    stream = await floor.account()
    floor.fault(fault, count=1, match="*order", **({"seconds": 9} if "hang" in fault else {}))
    number = await stream.send("add_order", MARKET)
    said = await stream.silence()
    steps = [f["data"][0]["exec_type"] for f in said if f.get("channel") == "executions"]
    assert steps == ["pending_new", "new", "trade", "filled"]
    assert [frame for frame in said if frame.get("req_id") == number] == []
    await floor.desk.clock.advance(10)
    late = [frame for frame in await stream.silence() if frame.get("req_id") == number]
    assert len(late) == (1 if fault == "hang_after" else 0)


@pytest.mark.parametrize("fault", ["ws_drop_before", "drop_before", "http_5xx_before"])
async def test_the_line_can_break_before_the_order_is_done(floor: Floor, fault: str) -> None:
    stream = await floor.account()
    floor.fault(fault, count=1, match="AddOrder")
    await stream.send("add_order", MARKET)
    assert await stream.ended() is None
    assert floor.filled() == 0


@pytest.mark.parametrize("fault", ["ws_drop_after", "lose_answer", "http_5xx_after"])
async def test_the_line_can_break_after_the_order_is_done(floor: Floor, fault: str) -> None:
    stream = await floor.account()
    floor.fault(fault, count=1, match="AddOrder")
    await stream.send("add_order", MARKET)
    assert await stream.ended() is None
    assert stream.told == [], "without a word about it"
    assert floor.filled() == 1


async def test_a_request_can_be_done_late(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("hang_before", count=1, match="add_order", seconds=20)
    await stream.send("add_order", MARKET)
    assert (await stream.ask("ping"))["method"] == "pong", "only the order waits"
    assert floor.filled() == 0
    await floor.desk.clock.advance(21)
    await eventually(lambda: floor.filled() == 1)


async def test_any_error_can_be_answered_instead(floor: Floor) -> None:
    stream = await floor.account()
    for error in ("EService:Throttled: 1800000000", "EService:Busy"):
        floor.fault("error", count=1, match="AddOrder", error=error)
        assert (await stream.ask("add_order", **MARKET))["error"] == error
    floor.fault("error", count=1, match="subscribe", error="EService:Unavailable")
    answer = await (await floor.private()).subscribe("balances")
    assert answer["error"] == "EService:Unavailable"
    assert floor.filled() == 0


async def test_a_cancelled_order_may_be_filled_first_and_told_so_afterwards(floor: Floor) -> None:
    stream = await floor.account()
    order_id = floor.desk.add("buy", "0.02", "60000")
    await stream.executions()
    floor.fault("fill_before_cancel", count=1, fraction="0.25")
    floor.fault("ws_swap", count=1, match="executions.trade")
    answer = await stream.ask("cancel_order", order_id=[order_id])
    assert answer["success"] is True
    ended, trade = await stream.executions()
    assert (ended["exec_type"], trade["exec_type"]) == ("canceled", "trade")
    assert trade["last_qty"] == ended["cum_qty"] == Decimal("0.005")
    floor.fault("fill_before_cancel", count=1, fraction="1")
    order_id = floor.desk.add("buy", "0.02", "60000")
    answer = await stream.ask("cancel_order", order_id=[order_id])
    assert answer["error"] == "EOrder:Unknown order", "too late"


async def test_a_batch_can_be_answered_as_documented(floor: Floor) -> None:
    stream = await floor.account()
    rows = [{key: value for key, value in MARKET.items() if key != "symbol"}] * 2
    floor.fault("ws_plain_batch", count=1)
    answer = await stream.ask("batch_add", symbol="BTC/USD", orders=rows)
    assert [row.keys() for row in answer["result"]] == [{"order_id", "success"}] * 2


async def test_faults_of_the_book_reach_orders_over_the_socket(floor: Floor) -> None:
    stream = await floor.account()
    floor.fault("partial_fill_only", count=1, match="AddOrder", fraction="0.5")
    await stream.ask("add_order", **MARKET)
    *_, ended = await stream.executions()
    assert (ended["exec_type"], ended["cum_qty"]) == ("canceled", Decimal("0.005"))


async def test_requests_that_arrived_are_done_though_the_client_has_left(tmp_path: Path) -> None:
    async with open_floor(tmp_path, "--latency-ms", "200") as floor:
        stream = await floor.private()
        await stream.send("add_order", MARKET)
        async with asyncio.TaskGroup() as group:
            leaving = group.create_task(stream.socket.close())

            async def is_done() -> Any:
                await floor.desk.clock.advance(0.05)
                return floor.filled() == 1

            await eventually(is_done)
        assert leaving.done()
