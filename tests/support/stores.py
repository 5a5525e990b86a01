"""A store on a real file, and rows to put into it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Clock, Database
from storage.records import FillRow, InboxRow, NewNotice, NewOrderRow, OrderMove, OrderRow
from storage.writer import Work
from tests.support.clock import FakeClock
from tests.support.waiting import PATIENCE_SECONDS

T = TypeVar("T")

NOW = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class PatientDatabase(Database):
    """A store that a stalled disk does not fail, but while a test is in a hurry."""

    @contextmanager
    def hurried(self, seconds: float) -> Iterator[None]:
        """Bound what is asked inside the block: for what is to be refused there."""
        before, self._bound_seconds = self._bound_seconds, seconds
        try:
            yield
        finally:
            self._bound_seconds = before

    async def transact(self, work: Work[T], *, within_seconds: float | None = None) -> T:
        bound = self._bound_seconds if within_seconds is None else within_seconds
        return await super().transact(work, within_seconds=bound)


@asynccontextmanager
async def open_database(
    folder: Path, *, clock: Clock | None = None
) -> AsyncIterator[PatientDatabase]:
    path, ticking = folder / "steelyard.db", clock or FakeClock()
    opening = PatientDatabase.open(path, clock=ticking, bound_seconds=PATIENCE_SECONDS)
    async with opening as database:
        yield database


def inbox_row(update_id: int, *, received_at: datetime = NOW) -> InboxRow:
    return InboxRow(
        update_id=update_id,
        raw=f'{{"update_id": {update_id}}}',
        received_at=received_at,
        chat_id=7,
        user_id=8,
        lane="commands",
        status="new",
        claimed_at=None,
        finished_at=None,
        outcome=None,
        correlation_id=f"c{update_id}",
    )


NEW_ORDER = NewOrderRow(
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
    created_at=NOW,
)


def order_id(sequence: int, order: NewOrderRow) -> str:
    return f"SYtest-{order.base}-{sequence}"


def move(
    order: OrderRow,
    status: str,
    *,
    venue_order_id: str | None = None,
    notices: tuple[NewNotice, ...] = (),
) -> OrderMove:
    return OrderMove(
        client_order_id=order.client_order_id,
        expected=frozenset({order.status}),
        status=status,
        at=later(1),
        detail=f"now {status}",
        venue_order_id=venue_order_id,
        notices=notices,
    )


FILL = FillRow(
    venue="kraken",
    fill_id="T1",
    venue_order_id="O1",
    client_order_id=None,
    base="BTC",
    quote="USD",
    side="buy",
    quantity=Decimal("0.1"),
    price=Decimal("100.01"),
    cost=Decimal("10.001"),
    fee=Decimal("0.02600260"),
    fee_asset="USD",
    executed_at=NOW,
    booked_at=NOW,
)


def fill(
    fill_id: str, *, venue_order_id: str = "O1", executed_at: datetime = NOW, fee: str = "0.026"
) -> FillRow:
    return replace(
        FILL,
        fill_id=fill_id,
        venue_order_id=venue_order_id,
        executed_at=executed_at,
        fee=Decimal(fee),
    )


def tell_of(fills: tuple[FillRow, ...]) -> tuple[NewNotice, ...]:
    return tuple(NewNotice(kind="fill", payload=f'"{each.fill_id}"') for each in fills)


async def increment(connection: AsyncConnection) -> int:
    """Read, then write: what a transaction that begins too late loses."""
    found = await connection.execute(text("SELECT value FROM settings WHERE key = 'counter'"))
    value = int(found.scalar_one()) + 1
    await connection.execute(
        text("UPDATE settings SET value = :value WHERE key = 'counter'"), {"value": str(value)}
    )
    return value
