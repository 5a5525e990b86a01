"""A run's row: there before its first order, ended whatever happens, reported once."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from storage.records import NewNotice, RunRow
from storage.runs import RunRepository
from tests.support.clock import FakeClock
from tests.support.order_world import order_world, working
from tests.support.perilous_venue import PerilousVenue
from tests.support.rebalance_world import (
    CORRELATION,
    RebalanceWorld,
    allocation,
    build,
    rebalance_world,
)
from tests.support.waiting import eventually
from trading.errors import StorageUnavailable
from trading.intents.rebalance_model import RunResult, RunStatus
from trading.model.order import Order
from trading.model.order_status import OrderStatus


async def test_the_row_is_there_before_the_first_order(rebalancing: RebalanceWorld) -> None:
    seen: list[RunRow] = []

    async def look() -> None:
        assert rebalancing.venue.arrivals == []
        seen.append(await rebalancing.row())

    rebalancing.executor.before = [look]
    shown = await rebalancing.proposal()
    result = await rebalancing.confirm(shown)
    assert isinstance(result, RunResult)
    (row,) = seen
    assert (row.run_id, row.status, row.finished_at) == (result.run_id, "running", None)
    assert (row.trigger, row.correlation_id) == ("manual:owner", CORRELATION)
    plan = json.loads(row.plan)
    assert [order["symbol"] for order in plan["orders"]] == ["BTC/USD", "ETH/USD"]
    assert plan["readings"][0]["asset"] == "BTC"


async def test_the_row_has_the_outcome_after_it(rebalancing: RebalanceWorld) -> None:
    result = await rebalancing.run()
    row = await rebalancing.row()
    assert row.status == "done"
    assert row.finished_at == rebalancing.clock.now()
    outcome = json.loads(row.outcome or "")
    assert outcome["cost"] == f"{result.cost:f}"
    assert [order["status"] for order in outcome["orders"]] == ["filled", "filled"]
    assert set(outcome["weights"]) == set(outcome["targets"]) == {"BTC", "ETH", "USD"}
    orders = await rebalancing.orders.desk.journal.of_run(result.run_id)
    assert [order.client_order_id for order in orders] == rebalancing.venue.arrivals
    assert await rebalancing.told() == []  # who pressed the button has the answer


async def test_recovering_leaves_a_run_alone_that_is_under_way(
    rebalancing: RebalanceWorld,
) -> None:
    ended: list[Sequence[RunRow]] = []

    async def recover() -> None:
        ended.append(await rebalancing.runner.recover())

    rebalancing.executor.before = [recover]
    result = await rebalancing.run()
    assert (ended, result.status) == ([()], RunStatus.DONE)
    assert (await rebalancing.row()).status == "done"


async def test_cancelling_who_asked_ends_the_run_and_not_its_orders(
    rebalancing: RebalanceWorld,
) -> None:
    shown = await rebalancing.proposal()
    gate = rebalancing.venue.hold("submit")
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(rebalancing.confirm(shown))
        await eventually(lambda: rebalancing.venue.count("submit") == 1)
        asked.cancel()
    assert asked.cancelled()

    row = await rebalancing.row()
    assert (row.status, row.finished_at) == ("interrupted", rebalancing.clock.now())
    ((kind, payload),) = await rebalancing.told()
    assert (kind, payload["orders"][0]["status"]) == ("run_interrupted", "submitting")
    gate.set()

    async def is_filled() -> bool:
        orders = await rebalancing.orders.desk.journal.recent(10)
        return [order.status for order in orders] == [OrderStatus.FILLED]

    await eventually(is_filled)
    assert [order.side for order in (await rebalancing.proposal()).orders] == ["buy"]


async def test_a_fault_in_the_middle_ends_the_run_and_is_raised(
    rebalancing: RebalanceWorld,
) -> None:
    rebalancing.executor.failures = [KeyError("surprise")]
    shown = await rebalancing.proposal()
    with pytest.raises(KeyError, match="surprise"):
        await rebalancing.confirm(shown)
    assert (await rebalancing.row()).status == "interrupted"
    ((kind, payload),) = await rebalancing.told()
    assert (kind, payload["orders"][0]["status"]) == ("run_interrupted", "filled")
    assert isinstance(await rebalancing.confirm(await rebalancing.proposal()), RunResult)


async def test_a_chat_that_fails_stops_nothing(rebalancing: RebalanceWorld) -> None:
    told: list[Order] = []

    async def tell(order: Order) -> None:
        told.append(order)
        raise ConnectionError("the chat is gone")

    result = await rebalancing.confirm(await rebalancing.proposal(), tell)
    assert isinstance(result, RunResult)
    assert result.status is RunStatus.DONE
    assert len(told) == 1


async def test_progress_is_told_in_order(rebalancing: RebalanceWorld) -> None:
    told: list[tuple[str, OrderStatus]] = []

    async def tell(order: Order) -> None:
        told.append((order.intent.side.value, order.status))

    await rebalancing.confirm(await rebalancing.proposal(), tell)
    assert told[0] == ("sell", OrderStatus.PLANNED)
    assert told[-1] == ("buy", OrderStatus.FILLED)
    sold = [status for side, status in told if side == "sell"]
    assert sold[-1] is OrderStatus.FILLED


class RunsOnAFullDisk(RunRepository):
    """Takes so many writes of an end fail."""

    failing_ends = 0
    failing_begins = 0

    async def insert(self, row: RunRow) -> None:
        if self.failing_begins:
            self.failing_begins -= 1
            raise StorageUnavailable("the disk is full; nothing was written")
        await super().insert(row)

    async def move(
        self,
        run_id: str,
        expected: frozenset[str],
        status: str,
        *,
        started_at: datetime | None = None,
        finished_at: datetime | None = None,
        outcome: str | None = None,
        notices: Sequence[NewNotice] = (),
    ) -> RunRow:
        if self.failing_ends:
            self.failing_ends -= 1
            raise StorageUnavailable("the disk is full; nothing was written")
        return await super().move(
            run_id,
            expected,
            status,
            started_at=started_at,
            finished_at=finished_at,
            outcome=outcome,
            notices=notices,
        )


@asynccontextmanager
async def on_a_full_disk(
    folder: Path, clock: FakeClock, venue: PerilousVenue
) -> AsyncIterator[tuple[RebalanceWorld, RunsOnAFullDisk]]:
    async with order_world(folder, clock=clock, venue=venue) as orders, working(orders):
        runs = RunsOnAFullDisk(database=orders.balances.database)
        yield build(orders, {orders.name: allocation()}, runs), runs


async def test_an_end_that_cannot_be_written_is_told_and_written_later(
    tmp_path: Path, instant: FakeClock, unbalanced: PerilousVenue
) -> None:
    async with on_a_full_disk(tmp_path, instant, unbalanced) as (world, runs):
        runs.failing_ends = 1
        result = await world.run()
        assert result.status is RunStatus.DONE
        assert "the disk is full" in result.problems[-1]
        assert (await world.row()).status == "running"

        unbalanced.deposit("USD", "9000")
        assert (await world.run()).status is RunStatus.DONE
        statuses = {row.run_id: row.status for row in await runs.recent(10)}
        assert statuses[result.run_id] == "interrupted"
        assert sorted(statuses.values()) == ["done", "interrupted"]


async def test_nothing_is_sent_where_the_run_cannot_be_written_down(
    tmp_path: Path, instant: FakeClock, unbalanced: PerilousVenue
) -> None:
    async with on_a_full_disk(tmp_path, instant, unbalanced) as (world, runs):
        runs.failing_begins = 1
        shown = await world.proposal()
        with pytest.raises(StorageUnavailable):
            await world.confirm(shown)
        assert unbalanced.arrivals == []
        assert await runs.recent(10) == ()


async def test_a_run_that_the_last_process_left_is_ended_once(
    tmp_path: Path, instant: FakeClock, unbalanced: PerilousVenue
) -> None:
    async with on_a_full_disk(tmp_path, instant, unbalanced) as (first, runs):
        runs.failing_ends = 99  # a process that is killed writes no end
        shown = await first.proposal()
        unbalanced.crash.at("taken")
        async with asyncio.TaskGroup() as group:
            run = group.create_task(first.confirm(shown))
            await unbalanced.crash.reached.wait()
            run.cancel()
    unbalanced.crash.at(None)
    async with rebalance_world(tmp_path, venue=unbalanced, clock=instant) as second:
        assert (await second.row()).status == "running"

        async def is_settled() -> bool:
            return await second.orders.desk.journal.working() == ()

        await eventually(is_settled)
        (ended,) = await second.runner.recover()
        assert await second.runner.recover() == ()

        assert (ended.status, ended.finished_at) == ("interrupted", instant.now())
        ((kind, payload),) = await second.told()
        assert (kind, payload["run_id"]) == ("run_interrupted", ended.run_id)
        (order,) = payload["orders"]
        assert (order["side"], order["status"]) == ("sell", OrderStatus.FILLED)
        fresh = await second.proposal()
        assert [order.side for order in fresh.orders] == ["buy"]  # nothing went on by itself
        assert len(unbalanced.arrivals) == 1
