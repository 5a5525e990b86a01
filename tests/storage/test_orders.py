"""The journal: written whole, moved by comparison, numbered once."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from storage.database import Database
from storage.fills import FillRepository
from storage.orders import WORKING, OrderRepository
from storage.outbox import OutboxRepository
from storage.records import AdoptedOrderRow, ConflictingWrite, NewNotice, OrderRow
from storage.tables import is_working
from tests.support.clock import FakeClock
from tests.support.stores import NEW_ORDER, NOW, fill, later, move, order_id, tell_of
from trading.model.order_status import OrderStatus, is_terminal

FOUND = AdoptedOrderRow(
    client_order_id="external-O9",
    venue="kraken",
    venue_order_id="O9",
    base="ETH",
    quote="USD",
    side="sell",
    order_type="limit",
    time_in_force="gtc",
    quantity=Decimal(2),
    limit_price=Decimal(3000),
    reserve_asset="ETH",
    reserve_amount=Decimal(0),
    origin="external",
    reason="found",
    correlation_id="c9",
    status="open",
    created_at=NOW,
    submitted_at=later(-60),
    note=None,
)
NOTICE = NewNotice(kind="order", payload="{}")


async def unsent(database: Database) -> int:
    return await OutboxRepository(database=database, clock=FakeClock()).unsent_count()


async def test_a_plan_is_journaled_with_its_numbers(database: Database) -> None:
    orders = OrderRepository(database=database)
    sell = replace(NEW_ORDER, base="ETH", limit_price=None, run_id=None)
    rows = await orders.plan([NEW_ORDER, sell], order_id)
    assert [row.client_order_id for row in rows] == ["SYtest-BTC-1", "SYtest-ETH-2"]
    assert rows[0] == OrderRow(
        sequence=1,
        client_order_id="SYtest-BTC-1",
        venue="kraken",
        base="BTC",
        quote="USD",
        side="buy",
        order_type="limit",
        time_in_force="ioc",
        quantity=Decimal("0.30000000"),
        limit_price=Decimal("100.10"),
        reserve_asset="USD",
        reserve_amount=Decimal("30.12"),
        origin="rebalance",
        reason="under its band",
        run_id="run-1",
        correlation_id="c1",
        status="planned",
        venue_order_id=None,
        filled_quantity=Decimal(0),
        cost=Decimal(0),
        fee=Decimal(0),
        created_at=NOW,
        submitted_at=None,
        deadline_at=None,
        updated_at=NOW,
        note=None,
        evidence="{}",
    )
    assert await orders.working() == rows
    assert await orders.get("SYtest-ETH-2") == rows[1]
    assert await orders.by_run("run-1") == rows[:1]
    assert await orders.plan([], order_id) == ()


async def test_a_plan_is_journaled_whole_or_not_at_all(database: Database) -> None:
    orders = OrderRepository(database=database)
    with pytest.raises(ConflictingWrite, match="UNIQUE"):
        await orders.plan([NEW_ORDER, NEW_ORDER], lambda *_: "same", notices=[NOTICE])
    assert await orders.recent(10) == ()
    assert await unsent(database) == 0


async def test_a_number_is_never_given_twice(database: Database, tmp_path: Path) -> None:
    orders = OrderRepository(database=database)
    async with asyncio.TaskGroup() as group:
        plans = [group.create_task(orders.plan([NEW_ORDER] * 3, order_id)) for _ in range(10)]
    numbers = [row.sequence for plan in plans for row in plan.result()]
    assert sorted(numbers) == list(range(1, 31))
    with closing(sqlite3.connect(tmp_path / "steelyard.db", isolation_level=None)) as other:
        other.execute("DELETE FROM orders WHERE sequence > 20")
    (row,) = await orders.plan([NEW_ORDER], order_id)
    assert row.sequence == 31


async def test_a_move_keeps_what_it_does_not_name(database: Database) -> None:
    orders = OrderRepository(database=database)
    (row,) = await orders.plan([NEW_ORDER], order_id)
    sent = await orders.move(
        replace(move(row, "submitting"), submitted_at=later(1), deadline_at=later(6), note="n")
    )
    filled = await orders.move(
        replace(move(sent, "filled", venue_order_id="O1", notices=(NOTICE,)), evidence='{"a":1}')
    )
    assert filled == replace(
        row,
        status="filled",
        venue_order_id="O1",
        submitted_at=later(1),
        deadline_at=later(6),
        updated_at=later(1),
        note="n",
        evidence='{"a":1}',
    )
    assert await orders.get_by_venue_id("kraken", "O1") == filled
    assert await orders.get_by_venue_id("other", "O1") is None
    history = [(each.previous, each.status) for each in await orders.events(row.client_order_id)]
    assert history == [(None, "planned"), ("planned", "submitting"), ("submitting", "filled")]
    assert await orders.working() == ()
    assert await unsent(database) == 1


async def test_of_many_moves_from_one_state_one_is_made(database: Database) -> None:
    orders = OrderRepository(database=database)
    (row,) = await orders.plan([NEW_ORDER], order_id)
    sends = [orders.move(move(row, "submitting", notices=(NOTICE,))) for _ in range(10)]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, ConflictingWrite)]
    assert len(refused) == 9
    assert "is submitting, not planned" in str(refused[0])
    assert len(await orders.events(row.client_order_id)) == 2
    assert await unsent(database) == 1


async def test_many_moves_are_made_together_or_not_at_all(database: Database) -> None:
    orders = OrderRepository(database=database)
    one, two = await orders.plan([NEW_ORDER, NEW_ORDER], order_id)
    await orders.move(move(two, "cancelled"))
    with pytest.raises(ConflictingWrite, match="is cancelled"):
        await orders.move_many(
            [move(one, "submitting", notices=(NOTICE,)), move(two, "submitting")]
        )
    assert await orders.get(one.client_order_id) == one
    assert await unsent(database) == 0
    with pytest.raises(ConflictingWrite, match="not in the journal"):
        await orders.move(replace(move(one, "submitting"), client_order_id="none"))
    sent = await orders.move_many([move(one, "submitting")])
    assert [row.status for row in sent] == ["submitting"]


async def test_two_orders_cannot_be_the_same_at_the_venue(database: Database) -> None:
    orders = OrderRepository(database=database)
    one, two = await orders.plan([NEW_ORDER, NEW_ORDER], order_id)
    await orders.move(move(one, "submitting", venue_order_id="O1"))
    with pytest.raises(ConflictingWrite, match="UNIQUE"):
        await orders.move(move(two, "submitting", venue_order_id="O1"))
    assert await orders.get(two.client_order_id) == two


async def test_a_foreign_order_is_adopted_once(database: Database) -> None:
    orders = OrderRepository(database=database)
    adopted = await orders.adopt(FOUND, [NOTICE])
    assert adopted is not None
    assert (adopted.status, adopted.run_id, adopted.submitted_at) == ("open", None, later(-60))
    assert await orders.adopt(FOUND, [NOTICE]) is None
    assert await unsent(database) == 1
    assert await orders.working("kraken") == (adopted,)
    assert await orders.working("other") == ()
    with pytest.raises(ConflictingWrite, match="UNIQUE"):
        await orders.adopt(replace(FOUND, venue_order_id="O10"))


async def test_fills_booked_before_their_order_was_known_are_counted(database: Database) -> None:
    orders = OrderRepository(database=database)
    fills = FillRepository(database=database)
    (row,) = await orders.plan([NEW_ORDER], order_id)
    await fills.book([fill("T1"), fill("T2")], NOW, tell_of)
    await fills.book([fill("T9", venue_order_id="O9")], NOW, tell_of)
    sent = await orders.move(move(row, "submitting"))
    assert sent.filled_quantity == 0
    found = await orders.move(move(sent, "filled", venue_order_id="O1"))
    assert (found.filled_quantity, found.cost) == (Decimal("0.2"), Decimal("20.002"))
    assert [each.fill_id for each in await fills.of_orders([row.client_order_id])] == ["T1", "T2"]
    adopted = await orders.adopt(FOUND)
    assert adopted is not None
    assert adopted.filled_quantity == Decimal("0.1")


async def test_pages_do_not_overlap(database: Database) -> None:
    orders = OrderRepository(database=database)
    await orders.plan([NEW_ORDER] * 5, order_id)
    first = await orders.recent(2)
    second = await orders.recent(2, first[-1].sequence)
    assert [row.sequence for row in (*first, *second)] == [5, 4, 3, 2]


def test_storage_and_trading_agree_on_what_still_works() -> None:
    working = {f"'{status}'" for status in OrderStatus if not is_terminal(status)}
    named = str(is_working).removeprefix("status IN (").removesuffix(")")
    assert set(named.split(", ")) == working


async def test_what_still_works_is_found_by_its_index(database: Database, tmp_path: Path) -> None:
    """The journal grows for years; the few that work are not looked for in all of it."""
    await OrderRepository(database=database).plan([NEW_ORDER] * 3, order_id)
    with closing(sqlite3.connect(tmp_path / "steelyard.db")) as other:
        plan = other.execute(f"EXPLAIN QUERY PLAN {WORKING}").fetchall()
    assert [step[3] for step in plan] == ["SCAN orders USING INDEX ix_orders_working"]
