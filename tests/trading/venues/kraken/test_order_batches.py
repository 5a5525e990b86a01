"""Orders of one pair sent in the same moment: one request, and each its own outcome."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.waiting import eventually, settle
from tests.trading.venues.kraken.live_streams import SOON_DOUBTED, LiveStreams, live_streams
from trading.errors import (
    InsufficientFunds,
    OrderWithdrawn,
    OutcomeUnknown,
    VenueRejected,
    VenueUnavailable,
)
from trading.model.approval import ApprovedOrder
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Symbol
from trading.model.order_status import OrderStatus
from trading.venues.port import Submission


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[LiveStreams]:
    async with live_streams(tmp_path) as streams:
        yield streams


async def some(live: LiveStreams, count: int, quantity: str = "0.0001") -> list[ApprovedOrder]:
    first = await live.trader.crossing(quantity)
    return [first, *(live.trader.again(first) for _ in range(count - 1))]


async def together(
    live: LiveStreams, orders: Sequence[ApprovedOrder]
) -> list[Submission | BaseException]:
    return await asyncio.gather(
        *(live.adapter.submit(order) for order in orders), return_exceptions=True
    )


async def requests(live: LiveStreams) -> tuple[int, int]:
    """Return how many add_order and batch_add the venue has seen."""
    seen = (await live.kraken.current())["calls"]["stream"]
    return seen.get("add_order", 0), seen.get("batch_add", 0)


async def both_books(live: LiveStreams, orders: Sequence[ApprovedOrder]) -> None:
    """Each is there once and filled, and what we heard is what the venue has."""
    for order in orders:
        assert await live.placed(order.client_order_id) == 1
    await live.agrees()
    book = await live.kraken.book()
    assert len(book["orders"]) == len(orders)
    assert {fill.fill_id for fill in live.ears.fills} == {
        fill["trade_id"] for fill in book["fills"]
    }
    assert sum(fill.cost + fill.fee for fill in live.ears.fills) == sum(
        Decimal(fill["cost"]) + Decimal(fill["fee"]) for fill in book["fills"]
    )


@pytest.mark.parametrize("is_plain", [False, True], ids=["as recorded", "as documented"])
async def test_orders_of_a_pair_leave_in_one_request(live: LiveStreams, *, is_plain: bool) -> None:
    orders = await some(live, 2)
    if is_plain:
        await live.kraken.fault("ws_plain_batch", count=1)
    answers = await together(live, orders)
    assert await requests(live) == (0, 1)
    await both_books(live, orders)
    for order, answer in zip(orders, answers, strict=True):
        assert isinstance(answer, Submission)
        found = live.ears.last_order(answer.venue_order_id)
        assert (found.client_order_id, found.status) == (
            order.client_order_id, OrderStatus.FILLED,
        )  # fmt: skip


async def test_more_than_a_request_holds_leave_in_several(live: LiveStreams) -> None:
    orders = await some(live, 20)
    answers = await together(live, orders)
    assert all(isinstance(answer, Submission) for answer in answers)
    assert await requests(live) == (0, 2)
    await both_books(live, orders)


async def test_a_row_refused_is_that_orders_refusal_alone(live: LiveStreams) -> None:
    good, dear = await some(live, 1), await some(live, 1, quantity="0.9")
    answers = await together(live, [*good, *dear])
    assert await requests(live) == (0, 1)
    assert isinstance(answers[0], Submission)
    assert isinstance(answers[1], InsufficientFunds)
    await both_books(live, good)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("EGeneral:Invalid arguments:volume", VenueRejected),
        ("EService:Deadline elapsed", VenueRejected),
        ("EAPI:Rate limit exceeded", VenueUnavailable),
        ("EService:Busy", OutcomeUnknown),
    ],
)
async def test_a_batch_refused_whole_is_everybodys_refusal(
    live: LiveStreams, words: str, fault: type[Exception]
) -> None:
    orders = await some(live, 3)
    await live.kraken.fault("error", match="batch_add", error=words, count=1)
    answers = await together(live, orders)
    assert [type(answer) for answer in answers] == [fault] * 3
    assert (await live.kraken.book())["orders"] == []
    assert await requests(live) == (0, 1)


@pytest.mark.parametrize(
    ("fault", "placed"), [("ws_lose_ack", 1), ("ws_drop_after", 1), ("ws_drop_before", 0)]
)
async def test_a_lost_answer_leaves_all_of_them_unknown_and_nothing_is_sent_again(
    tmp_path: Path, fault: str, placed: int
) -> None:
    wire = SOON_DOUBTED if fault == "ws_lose_ack" else None
    async with live_streams(tmp_path, wire=wire) as live:
        orders = await some(live, 3)
        await live.kraken.fault(fault, match="batch_add", count=1)
        answers = await together(live, orders)
        assert [type(answer) for answer in answers] == [OutcomeUnknown] * 3
        if placed:
            await both_books(live, orders)
        for order in orders:
            found = await live.adapter.find_orders(
                order.client_order_id, symbol=order.intent.symbol
            )
            assert [each.status for each in found] == [OrderStatus.FILLED] * placed
        assert await requests(live) == (0, 1)


async def test_one_withdrawn_before_it_leaves_stays(live: LiveStreams) -> None:
    first, second, third = await some(live, 3)
    denied = Denied(code=DenialCode.HALTED, reason="trading is halted")
    gone = replace(second, withdrawn=lambda: denied)
    late = replace(third, deadline_at=live.clock.now())
    answers = await together(live, [first, gone, late])
    assert isinstance(answers[0], Submission)
    assert isinstance(answers[1], OrderWithdrawn)
    assert isinstance(answers[2], VenueUnavailable)
    assert await requests(live) == (1, 0), "what is left alone is no batch"
    await both_books(live, [first])


async def test_one_whose_sender_was_cancelled_takes_nobody_along(live: LiveStreams) -> None:
    """Before it leaves it stays; after that its answer is for nobody, and the rest have theirs."""
    first, second, third = await some(live, 3)
    await live.kraken.fault("ws_ack_last", match="batch_add", count=1, seconds=0.3)
    async with asyncio.TaskGroup() as group:
        leaving = [group.create_task(live.adapter.submit(order)) for order in (first, second)]
        await eventually(lambda: len(live.ears.fills) >= len(leaving))
        leaving[0].cancel()
    assert leaving[0].cancelled()
    assert isinstance(leaving[1].result(), Submission)
    stays = asyncio.ensure_future(live.adapter.submit(third))  # noqa: TID251 - cancelled at once
    await settle(1)
    stays.cancel()
    await asyncio.wait([stays])
    await both_books(live, [first, second])


async def test_orders_of_other_pairs_go_apart(live: LiveStreams) -> None:
    first, second = await some(live, 2)
    other = replace(second, intent=replace(second.intent, symbol=Symbol.parse("ETH/USD")))
    await together(live, [first, other])
    assert await requests(live) == (2, 0)
    assert await live.placed(first.client_order_id) == 1


async def test_orders_with_other_deadlines_go_apart(live: LiveStreams) -> None:
    orders = await some(live, 3)
    hasty = replace(orders[2], deadline_at=orders[2].deadline_at - timedelta(seconds=2))
    await together(live, [*orders[:2], hasty])
    assert await requests(live) == (1, 1)
    await both_books(live, orders)


async def test_what_waits_when_the_streams_end_is_told_what_is_known(tmp_path: Path) -> None:
    async with live_streams(tmp_path) as live:
        orders = await some(live, 2)
        await live.kraken.fault("ws_lose_ack", match="batch_add", count=1)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(caught(live, order)) for order in orders]
            await eventually(lambda: len(live.ears.fills) >= len(orders))
            live.streaming.cancel()
        assert [type(task.result()) for task in tasks] == [OutcomeUnknown] * 2


async def caught(live: LiveStreams, order: ApprovedOrder) -> Submission | Exception:
    try:
        return await live.adapter.submit(order)
    except (OutcomeUnknown, VenueUnavailable) as error:
        return error
