"""Telling of progress: what fails or hangs once is not asked again."""

import asyncio

import pytest

from tests.support.rebalance_world import RebalanceWorld
from trading.intents.rebalance_progress import Progress
from trading.model.order import Order


@pytest.fixture
async def order(rebalancing: RebalanceWorld) -> Order:
    await rebalancing.run()
    return (await rebalancing.orders.desk.journal.recent(1))[0]


async def test_a_chat_that_hangs_is_waited_for_once(order: Order) -> None:
    told: list[Order] = []

    async def hang(each: Order) -> None:
        told.append(each)
        await asyncio.Event().wait()

    progress = Progress(hang, within_seconds=0.01)
    await progress(order)
    await progress(order)
    assert told == [order]


async def test_being_cancelled_while_telling_is_no_fault_of_the_chat(order: Order) -> None:
    started = asyncio.Event()

    async def hang(_: Order) -> None:
        started.set()
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        telling = group.create_task(_tell(Progress(hang), order))
        await started.wait()
        telling.cancel()
    assert telling.cancelled()


async def test_nobody_need_listen(order: Order) -> None:
    await Progress(None)(order)


async def _tell(progress: Progress, order: Order) -> None:
    await progress(order)
