"""What a venue says of its orders is one transaction: taken, then the fills, then the ends."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.database import Database
from storage.fills import FillRepository
from storage.orders import OrderRepository
from storage.outbox import OutboxRepository
from storage.records import FillRow, NewNotice, OrderMove, OrderRow
from storage.settling import Decide, VenueNewsRows
from tests.support.clock import FakeClock
from tests.support.stores import (
    NEW_ORDER,
    NOW,
    fill,
    later,
    move,
    open_database,
    order_id,
    tell_of,
)

NOTICE = NewNotice(kind="order", payload="{}")


async def submitting(database: Database, count: int = 1) -> tuple[OrderRow, ...]:
    orders = OrderRepository(database=database)
    planned = await orders.plan([NEW_ORDER] * count, order_id)
    return await orders.move_many([move(row, "submitting") for row in planned])


def news(
    rows: Sequence[OrderRow], fills: Sequence[FillRow], *, begin: Decide, end: Decide
) -> VenueNewsRows:
    return VenueNewsRows(
        venue="kraken",
        venue_order_ids=frozenset(f"O{row.sequence}" for row in rows),
        client_order_ids=frozenset(row.client_order_id for row in rows),
        fills=fills,
        at=later(5),
        begin=begin,
        end=end,
        make_notices=tell_of,
    )


def taken(rows: tuple[OrderRow, ...]) -> list[OrderMove]:
    return [
        move(row, "open", venue_order_id=f"O{row.sequence}")
        for row in rows
        if row.status == "submitting"
    ]


def filled(rows: tuple[OrderRow, ...]) -> list[OrderMove]:
    return [
        move(row, "filled", notices=(NOTICE,))
        for row in rows
        if row.status == "open" and row.filled_quantity >= Decimal("0.2")
    ]


def nothing(rows: tuple[OrderRow, ...]) -> list[OrderMove]:
    del rows
    return []


async def test_all_of_it_is_one_transaction(database: Database) -> None:
    orders = OrderRepository(database=database)
    one, two = await submitting(database, 2)
    fills = [
        fill("T1", venue_order_id="O1"),
        fill("T2", venue_order_id="O1"),
        fill("T3", venue_order_id="O2"),
    ]
    settled = await orders.settle(news((one, two), fills, begin=taken, end=filled))

    assert [row.status for row in settled.orders] == ["filled", "open"]
    assert settled.moved == {one.client_order_id, two.client_order_id}
    assert [each.client_order_id for each in settled.fills] == [
        one.client_order_id,
        one.client_order_id,
        two.client_order_id,
    ]
    assert settled.orders == await orders.get_many([one.client_order_id, two.client_order_id])
    assert [row.filled_quantity for row in settled.orders] == [Decimal("0.2"), Decimal("0.1")]
    history = [each.status for each in await orders.events(one.client_order_id)]
    assert history == ["planned", "submitting", "open", "filled"]
    outbox = OutboxRepository(database=database, clock=FakeClock())
    told = []
    while (row := await outbox.oldest_unsent()) is not None:
        told.append(row.kind)
        await outbox.mark_sent(row.sequence, 1, NOW)
    assert told == ["fill", "fill", "fill", "order"]


async def test_hearing_it_again_changes_nothing(database: Database) -> None:
    orders = OrderRepository(database=database)
    (row,) = await submitting(database)
    fills = [fill("T1"), fill("T2")]
    first = await orders.settle(news((row,), fills, begin=taken, end=filled))
    again = await orders.settle(news((row,), fills, begin=taken, end=filled))
    assert again.orders == first.orders
    assert (again.moved, again.fills) == (frozenset(), ())
    assert len(await orders.events(row.client_order_id)) == 4


async def test_a_fill_of_an_order_nobody_knows_is_left_to_who_adopts_it(
    database: Database,
) -> None:
    orders, fills = OrderRepository(database=database), FillRepository(database=database)
    strange = fill("T9", venue_order_id="O9")
    settled = await orders.settle(news((), [strange], begin=nothing, end=nothing))
    assert (settled.orders, settled.fills) == ((), ())
    assert await fills.all("kraken") == ()


async def test_a_fill_of_our_id_is_booked_before_the_order_is_taken(database: Database) -> None:
    orders = OrderRepository(database=database)
    (row,) = await submitting(database)
    early = replace(fill("T1"), client_order_id=row.client_order_id)
    settled = await orders.settle(news((row,), [early], begin=nothing, end=filled))
    assert [(each.status, each.filled_quantity) for each in settled.orders] == [
        ("submitting", Decimal("0.1"))
    ]
    later_on = await orders.settle(news((row,), [fill("T2")], begin=taken, end=filled))
    assert [(each.status, each.filled_quantity) for each in later_on.orders] == [
        ("filled", Decimal("0.2"))
    ]


async def test_a_decision_that_fails_leaves_nothing(database: Database) -> None:
    orders, fills = OrderRepository(database=database), FillRepository(database=database)
    (row,) = await submitting(database)

    def broken(rows: tuple[OrderRow, ...]) -> list[OrderMove]:
        raise RuntimeError(f"cannot decide on {len(rows)}")

    with pytest.raises(RuntimeError, match="cannot decide on 1"):
        await orders.settle(news((row,), [fill("T1")], begin=taken, end=broken))
    assert await orders.get(row.client_order_id) == row
    assert await fills.all("kraken") == ()


async def test_of_moves_made_together_each_stands_for_itself(database: Database) -> None:
    orders = OrderRepository(database=database)
    one, two = await submitting(database, 2)
    await orders.move(move(two, "unknown"))
    moved = await orders.move_each([*taken((one, two)), replace(move(one, "open"), detail="late")])
    assert [None if row is None else row.status for row in moved] == ["open", None, None]
    assert (await orders.get(two.client_order_id)) != two


async def test_twenty_orders_cost_few_statements(tmp_path: Path) -> None:
    said: list[str] = []

    def note(*call: object) -> None:
        said.append(str(call[2]))

    async with open_database(tmp_path) as database:
        rows = await submitting(database, 20)
        fills = [fill(f"T{row.sequence}", venue_order_id=f"O{row.sequence}") for row in rows]
        one = news(rows, fills, begin=taken, end=filled)
        event.listen(Engine, "before_cursor_execute", note)
        try:
            await OrderRepository(database=database).settle(one)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert len(said) <= 10, said


async def test_nothing_is_looked_for_in_all_there_ever_was(
    database: Database, tmp_path: Path
) -> None:
    """Fills and orders grow for years, and what is settled is settled while orders wait."""
    rows = await submitting(database, 2)
    fills = [fill(f"T{row.sequence}", venue_order_id=f"O{row.sequence}") for row in rows]
    await FillRepository(database=database).book(fills[:1], NOW, tell_of)
    said: list[tuple[str, Sequence[str]]] = []

    def note(*call: object) -> None:
        words, values = str(call[2]), call[3]
        if words.startswith(("SELECT", "UPDATE")) and isinstance(values, (tuple, list)):
            said.append((words, values[0] if call[5] else values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        await OrderRepository(database=database).settle(news(rows, fills, begin=taken, end=filled))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(tmp_path / "steelyard.db")) as other:
        steps = [
            step[3]
            for words, values in said
            for step in other.execute(f"EXPLAIN QUERY PLAN {words}", values)
        ]
    assert [step for step in steps if step.startswith("SEARCH fills")] != []
    assert [step for step in steps if step.startswith(("SCAN fills", "SCAN orders"))] == []


async def test_the_journal_and_a_reader_agree_while_many_settle(database: Database) -> None:
    orders = OrderRepository(database=database)
    rows = await submitting(database, 10)
    async with asyncio.TaskGroup() as group:
        for row in rows:
            booked = [fill(f"T{row.sequence}", venue_order_id=f"O{row.sequence}")]
            for _ in range(3):
                group.create_task(orders.settle(news((row,), booked, begin=taken, end=filled)))
    settled = await orders.get_many([row.client_order_id for row in rows])
    assert [(row.status, row.filled_quantity) for row in settled] == [
        ("open", Decimal("0.1"))
    ] * 10
    assert await orders.get_many([]) == ()
