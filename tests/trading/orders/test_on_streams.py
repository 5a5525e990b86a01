"""Orders over Kraken's socket on bad days: found or proven absent, and both books the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.books import agree
from tests.support.kraken_desk import VENUE, KrakenDesk, streaming_desk
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.waiting import eventually
from tests.trading.orders.test_on_local_kraken import at_work, wish
from trading.model.identifiers import Asset
from trading.model.instrument import Side
from trading.model.order import Order, OrderIntent, TimeInForce
from trading.model.order_status import OrderStatus
from trading.orders.execution import BatchResult

Desk = Callable[[Path, LocalKraken], AbstractAsyncContextManager[KrakenDesk]]
BALANCES = {"USD": "100000", "BTC": "1", "ETH": "10"}


def _venue(folder: Path) -> AbstractAsyncContextManager[LocalKraken]:
    return running_local_kraken(folder, balances=BALANCES, pairs=("BTC/USD", "ETH/USD"))


@pytest.fixture
async def kraken(tmp_path: Path) -> AsyncIterator[LocalKraken]:
    async with _venue(tmp_path / "kraken") as kraken:
        yield kraken


@pytest.fixture
async def desk(tmp_path: Path, kraken: LocalKraken) -> AsyncIterator[KrakenDesk]:
    async with streaming_desk(tmp_path, kraken) as desk:
        yield desk


async def place(desk: KrakenDesk, *batch: OrderIntent) -> BatchResult:
    return await desk.desk.executor.execute(batch)


async def place_one(desk: KrakenDesk, wanted: OrderIntent) -> Order:
    (outcome,) = (await place(desk, wanted)).outcomes
    assert outcome.order is not None, outcome.denied
    return outcome.order


async def sell(desk: KrakenDesk, quantity: str = "0.1") -> OrderIntent:
    return await wish(desk, "BTC/USD", Side.SELL, quantity)


async def test_a_batch_over_the_socket_fills_and_nobody_asks(
    kraken: LocalKraken, desk: KrakenDesk
) -> None:
    batch = [await sell(desk), await wish(desk, "ETH/USD", Side.BUY, "1")]
    before = (await kraken.current())["calls"]["rest"]

    outcomes = (await place(desk, *batch)).outcomes

    assert [each.order and each.order.status for each in outcomes] == [OrderStatus.FILLED] * 2
    assert (await kraken.current())["calls"]["rest"] == before
    await agree(kraken, desk)


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [("ws_drop_after", {}), ("ws_lose_ack", {}), ("ws_ack_last", {"seconds": 0.5})],
)
async def test_an_order_whose_answer_is_lost_or_late_is_found_by_the_stream(
    kraken: LocalKraken, desk: KrakenDesk, fault: str, parameters: dict[str, Any]
) -> None:
    """Disconnected between order and ack; timed out after execution; a fill before its ack."""
    wanted = await sell(desk)
    await kraken.fault(fault, count=1, match="add_order", **parameters)

    order = await place_one(desk, wanted)

    assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal("0.1"))
    await agree(kraken, desk)


async def test_an_order_that_came_too_late_or_never_is_proven_absent(tmp_path: Path) -> None:
    """Disconnected, or timed out, before execution; side by side, since a proof takes its time."""
    cases: list[tuple[Desk, int, dict[str, Any]]] = [
        (streaming_desk, 1, {"name": "ws_drop_before", "match": "add_order"}),
        (streaming_desk, 2, {"name": "ws_drop_before", "match": "batch_add"}),
        (streaming_desk, 1, {"name": "hang_before", "match": "add_order", "seconds": 7.0}),
        (at_work, 1, {"name": "drop_before", "match": "AddOrder"}),
    ]
    async with AsyncExitStack() as stack:
        worlds = []
        for opened, count, fault in cases:
            folder = tmp_path / f"{fault['name']}-{count}"
            await asyncio.to_thread(folder.mkdir)
            kraken = await stack.enter_async_context(_venue(folder / "kraken"))
            desk = await stack.enter_async_context(opened(folder, kraken))
            worlds.append((kraken, desk, count, fault))
        async with asyncio.TaskGroup() as group:
            for world in worlds:
                group.create_task(_is_proven_absent(*world))


async def _is_proven_absent(
    kraken: LocalKraken, desk: KrakenDesk, count: int, fault: dict[str, Any]
) -> None:
    wanted = await sell(desk)
    await kraken.fault(count=1, **fault)
    outcomes = (await place(desk, *[wanted] * count)).outcomes
    assert [each.order and each.order.status for each in outcomes] == [
        OrderStatus.NOT_PLACED
    ] * count
    await agree(kraken, desk)
    assert (await kraken.book())["orders"] == []


REFUSALS = ["EOrder:Insufficient funds", "EOrder:Rate limit exceeded", "EService:Deadline elapsed"]


async def test_an_order_refused_ends_and_frees_its_money(
    kraken: LocalKraken, desk: KrakenDesk
) -> None:
    wanted = await sell(desk)
    for words in REFUSALS:
        await kraken.fault("error", count=1, match="add_order", error=words)
        order = await place_one(desk, wanted)
        assert (order.status, order.note) == (OrderStatus.REJECTED, words)
    assert (await place_one(desk, wanted)).status is OrderStatus.FILLED
    await agree(kraken, desk)


@pytest.mark.parametrize("faults", [("ws_duplicate", "ws_swap"), ("ws_gap",), ("ws_malformed",)])
async def test_executions_twice_swapped_or_lost_end_in_the_truth(
    kraken: LocalKraken, desk: KrakenDesk, faults: tuple[str, ...]
) -> None:
    batch = [await sell(desk, "0.01") for _ in range(3)]
    for fault in faults:
        await kraken.fault(fault, count=1, match="executions")
        outcomes = (await place(desk, *batch)).outcomes
        assert [each.order and each.order.status for each in outcomes] == [OrderStatus.FILLED] * 3
    await agree(kraken, desk)


async def test_a_fill_that_is_told_after_the_cancel_is_booked(
    kraken: LocalKraken, desk: KrakenDesk
) -> None:
    order = await place_one(
        desk,
        await wish(desk, "BTC/USD", Side.SELL, "0.1", away="-0.2", time_in_force=TimeInForce.GTC),
    )
    assert order.status is OrderStatus.OPEN
    assert order.venue_order_id is not None
    await kraken.fault("fill_before_cancel", count=1, fraction="0.25")
    await kraken.fault("ws_swap", count=1, match="executions.trade", numbers_stay=True)

    assert await desk.adapter.cancel(order.venue_order_id)

    await agree(kraken, desk)
    ended = await desk.desk.journal.get(order.client_order_id)
    assert (ended.status, ended.filled_quantity) == (OrderStatus.CANCELLED, Decimal("0.025"))


async def test_the_whole_holding_can_be_sold(kraken: LocalKraken, desk: KrakenDesk) -> None:
    order = await place_one(desk, await sell(desk, "1"))
    assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal(1))
    await agree(kraken, desk)
    assert (await desk.manager.balance(VENUE, Asset("BTC"))).total == 0


async def test_with_the_stream_silent_and_rest_in_trouble_orders_still_settle(
    kraken: LocalKraken, desk: KrakenDesk
) -> None:
    await kraken.fault("ws_silent_channel", count=6, match="executions")
    await kraken.fault("http_5xx_before", count=1, match="QueryOrders")

    order = await place_one(desk, await sell(desk))

    assert (order.status, order.filled_quantity) == (OrderStatus.FILLED, Decimal("0.1"))
    # What the stream has not told stays reserved, until it begins anew and shows the account.
    await agree(kraken, desk, is_freed=False)


async def test_orders_go_by_rest_while_the_socket_is_down(
    kraken: LocalKraken, desk: KrakenDesk
) -> None:
    await kraken.fault("ws_refuse", match="private")
    await kraken.fault("ws_drop", count=1, match="private")
    await eventually(lambda: not desk.is_live)

    order = await place_one(desk, await sell(desk))

    assert order.status is OrderStatus.FILLED
    await kraken.clear_faults()
    await eventually(lambda: desk.is_live)
    await agree(kraken, desk)


async def test_orders_of_a_pair_share_a_request_and_each_is_resolved_for_itself(
    kraken: LocalKraken, desk: KrakenDesk
) -> None:
    """One refused, then all answers lost: the refusal is one's own, and the rest are found."""
    wanted = await sell(desk)
    dear = await wish(
        desk, "BTC/USD", Side.SELL, "0.1", time_in_force=TimeInForce.GTC, away="-0.2"
    )
    for fault in (None, "ws_lose_ack"):
        if fault is not None:
            await kraken.fault(fault, count=1, match="batch_add")
        outcomes = (await place(desk, wanted, dear, wanted)).outcomes
        assert [each.order and each.order.status for each in outcomes] == [
            OrderStatus.FILLED, OrderStatus.OPEN, OrderStatus.FILLED,
        ]  # fmt: skip
    assert (await kraken.current())["calls"]["stream"]["batch_add"] == 2
    assert "add_order" not in (await kraken.current())["calls"]["stream"]
    await desk.adapter.cancel_all()
    await agree(kraken, desk)
