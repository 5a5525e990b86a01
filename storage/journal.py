"""Steps on the journal inside somebody's transaction: moving an order, tying fills to it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact
from functools import reduce

from sqlalchemy import and_, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.column_types import Moment
from storage.outbox import add_notices
from storage.records import ConflictingWrite, OrderMove, OrderRow
from storage.rows import columns, record
from storage.tables import fills, order_events, orders

_EXACT = Context(prec=120, traps=[Inexact])


async def move_order(connection: AsyncConnection, move: OrderMove) -> OrderRow:
    """Compare and set one order, write its history and queue the notices that tell of it."""
    as_expected = and_(
        orders.c.client_order_id == move.client_order_id, orders.c.status.in_(move.expected)
    )
    # The history first: it takes the state the order is about to leave from the order itself.
    await connection.execute(
        insert(order_events).from_select(
            ("client_order_id", "at", "previous", "status", "detail"),
            select(
                orders.c.client_order_id,
                literal(move.at, Moment),
                orders.c.status,
                literal(move.status),
                literal(move.detail),
            ).where(as_expected),
        )
    )
    found = await connection.execute(
        update(orders)
        .where(as_expected)
        .values(status=move.status, updated_at=move.at, **_given(move))
        .returning(*columns(orders, OrderRow))
    )
    changed = found.one_or_none()
    if changed is None:
        raise await _conflict(connection, move)
    await add_notices(connection, move.notices, move.at)
    row = record(OrderRow, changed)
    return row if move.venue_order_id is None else await claim_fills(connection, row)


async def claim_fills(connection: AsyncConnection, order: OrderRow) -> OrderRow:
    """Tie the fills that were booked before their order was known to it."""
    claimed = await connection.execute(
        update(fills)
        .where(
            fills.c.venue == order.venue,
            fills.c.venue_order_id == order.venue_order_id,
            fills.c.client_order_id.is_(None),
        )
        .values(client_order_id=order.client_order_id)
    )
    if not claimed.rowcount:
        return order
    return await total_fills(connection, order.client_order_id)


async def total_fills(connection: AsyncConnection, client_order_id: str) -> OrderRow:
    """Set an order's amounts to the sums of its fills (in Python: SQL would use floats)."""
    found = await connection.execute(
        select(fills.c.quantity, fills.c.cost, fills.c.fee).where(
            fills.c.client_order_id == client_order_id
        )
    )
    parts = found.all()
    changed = await connection.execute(
        update(orders)
        .where(orders.c.client_order_id == client_order_id)
        .values(
            filled_quantity=_exact_sum(part.quantity for part in parts),
            cost=_exact_sum(part.cost for part in parts),
            fee=_exact_sum(part.fee for part in parts),
        )
        .returning(*columns(orders, OrderRow))
    )
    return record(OrderRow, changed.one())


async def _conflict(connection: AsyncConnection, move: OrderMove) -> ConflictingWrite:
    status = await connection.scalar(
        select(orders.c.status).where(orders.c.client_order_id == move.client_order_id)
    )
    if status is None:
        return ConflictingWrite(f"order {move.client_order_id} is not in the journal")
    return ConflictingWrite(
        f"order {move.client_order_id} is {status}, not {' or '.join(sorted(move.expected))}; "
        "it was left as it is"
    )


def _exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add up without rounding; the usual 28 digits are too few for coins of 18 decimals."""
    return reduce(_EXACT.add, amounts, Decimal(0))


def _given(move: OrderMove) -> dict[str, object]:
    optional = {
        "venue_order_id": move.venue_order_id,
        "submitted_at": move.submitted_at,
        "deadline_at": move.deadline_at,
        "note": move.note,
        "evidence": move.evidence,
    }
    return {name: value for name, value in optional.items() if value is not None}
