"""Every fill is stored once, and an order's amounts are the sums of its fills."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import Database
from storage.errors import StoredValueInvalid
from storage.fills import FillRepository
from storage.orders import OrderRepository
from storage.outbox import OutboxRepository
from storage.records import FillRow, NewNotice
from tests.support.clock import FakeClock
from tests.support.stores import (
    FILL,
    NEW_ORDER,
    NOW,
    fill,
    later,
    move,
    open_database,
    order_id,
    tell_of,
)


async def unsent(database: Database) -> int:
    return await OutboxRepository(database=database, clock=FakeClock()).unsent_count()


async def open_order(database: Database, venue_order_id: str = "O1") -> str:
    orders = OrderRepository(database=database)
    (row,) = await orders.plan([NEW_ORDER], order_id)
    sent = await orders.move(move(row, "submitting"))
    await orders.move(move(sent, "open", venue_order_id=venue_order_id))
    return row.client_order_id


async def test_a_fill_is_booked_once_with_its_order_and_its_notice(database: Database) -> None:
    fills = FillRepository(database=database)
    owner = await open_order(database)
    told: list[tuple[FillRow, ...]] = []

    def tell(new: tuple[FillRow, ...]) -> tuple[NewNotice, ...]:
        told.append(new)
        return tell_of(new)

    booked = await fills.book([fill("T1"), fill("T1"), fill("T2")], later(5), tell)
    expected = tuple(
        replace(fill(name), client_order_id=owner, booked_at=later(5)) for name in ("T1", "T2")
    )
    assert booked == expected
    assert await fills.book([fill("T2"), fill("T1")], later(6), tell) == ()
    assert set(told) == {expected}
    assert await unsent(database) == 2
    row = await OrderRepository(database=database).get(owner)
    assert row is not None
    assert (row.filled_quantity, row.cost, row.fee) == (
        Decimal("0.2"),
        Decimal("20.002"),
        Decimal("0.052"),
    )
    assert await fills.book([], NOW, tell) == ()


async def test_a_notice_that_cannot_be_made_books_nothing(database: Database) -> None:
    fills = FillRepository(database=database)
    owner = await open_order(database)

    def fail(new: tuple[FillRow, ...]) -> tuple[NewNotice, ...]:
        raise RuntimeError(f"cannot tell of {len(new)}")

    with pytest.raises(RuntimeError, match="cannot tell of 1"):
        await fills.book([fill("T1")], NOW, fail)
    assert await fills.all("kraken") == ()
    row = await OrderRepository(database=database).get(owner)
    assert row is not None
    assert row.filled_quantity == 0


async def test_a_value_that_is_not_exact_books_nothing(database: Database) -> None:
    fills = FillRepository(database=database)
    with pytest.raises(StoredValueInvalid):
        await fills.book([fill("T1"), fill("T2", fee="NaN")], NOW, tell_of)
    assert await fills.all("kraken") == ()
    assert await unsent(database) == 0


async def test_our_own_id_names_the_order_where_the_venue_id_is_not_known(
    database: Database,
) -> None:
    orders = OrderRepository(database=database)
    fills = FillRepository(database=database)
    (row,) = await orders.plan([NEW_ORDER], order_id)
    ours = replace(fill("T1"), client_order_id=row.client_order_id)
    strange = replace(fill("T2", venue_order_id="O2"), client_order_id="SYtest-none")
    elsewhere = replace(ours, venue="other", fill_id="T3")
    booked = await fills.book([ours, strange, elsewhere], NOW, tell_of)
    assert [each.client_order_id for each in booked] == [row.client_order_id, None, None]
    found = await orders.get(row.client_order_id)
    assert found is not None
    assert found.filled_quantity == Decimal("0.1")


async def test_the_same_id_at_another_venue_is_another_fill(database: Database) -> None:
    fills = FillRepository(database=database)
    assert len(await fills.book([FILL, replace(FILL, venue="other")], NOW, tell_of)) == 2
    assert len(await fills.since(None, NOW)) == 2
    assert len(await fills.since("other", NOW)) == 1


async def test_they_are_found_by_time(database: Database) -> None:
    fills = FillRepository(database=database)
    assert await fills.latest_executed_at("kraken") is None
    rows = [fill(name, executed_at=later(seconds)) for name, seconds in (("A", 3), ("B", 1))]
    await fills.book(rows, NOW, tell_of)
    assert [each.fill_id for each in await fills.all("kraken")] == ["B", "A"]
    assert [each.fill_id for each in await fills.since("kraken", later(2))] == ["A"]
    assert [each.fill_id for each in await fills.recent(1)] == ["A"]
    assert await fills.latest_executed_at("kraken") == later(3)


async def test_a_long_history_is_booked_at_once(database: Database) -> None:
    fills = FillRepository(database=database)
    owner = await open_order(database)
    history = [fill(f"T{number}") for number in range(1200)]
    assert len(await fills.book(history[:700], NOW, tell_of)) == 700
    assert len(await fills.book(history, NOW, tell_of)) == 500
    row = await OrderRepository(database=database).get(owner)
    assert row is not None
    assert row.filled_quantity == 120


AMOUNTS = st.decimals(min_value=0, max_value=10**18, places=18)


@settings(max_examples=20, deadline=None)
@given(
    amounts=st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=8),
    cuts=st.lists(st.integers(0, 8), max_size=4),
    known_after=st.integers(0, 4),
)
async def test_in_any_order_and_any_batches_the_sums_are_exact(
    amounts: list[tuple[Decimal, Decimal, Decimal]],
    cuts: list[int],
    known_after: int,
) -> None:
    rows = [
        replace(fill(f"T{number}"), quantity=quantity, cost=cost, fee=fee)
        for number, (quantity, cost, fee) in enumerate(amounts)
    ]
    with TemporaryDirectory() as folder:
        async with open_database(Path(folder)) as database:
            fills = FillRepository(database=database)
            # Batches overlap, and the order may become known before, between or after them.
            batches = [rows[: cut + 1] for cut in cuts] + [rows]
            owner = None
            for number, batch in enumerate(batches):
                if number == known_after:
                    owner = await open_order(database)
                await fills.book(batch, NOW, tell_of)
            owner = owner or await open_order(database)
            row = await OrderRepository(database=database).get(owner)
            told = await unsent(database)
    assert row is not None
    assert Fraction(row.filled_quantity) == sum(Fraction(each.quantity) for each in rows)
    assert Fraction(row.cost) == sum(Fraction(each.cost) for each in rows)
    assert Fraction(row.fee) == sum(Fraction(each.fee) for each in rows)
    assert told == len(rows)
