"""Journal rows to orders, and back; the only place that knows both shapes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from storage.records import AdoptedOrderRow, NewOrderRow, OrderEventRow, OrderRow
from trading.errors import OrderError
from trading.model.approval import ApprovedOrder
from trading.model.identifiers import (
    Asset,
    ClientOrderId,
    CorrelationId,
    RunId,
    Symbol,
    VenueName,
    VenueOrderId,
)
from trading.model.instrument import Side
from trading.model.order import (
    Order,
    OrderIntent,
    OrderOrigin,
    OrderType,
    TimeInForce,
    VenueOrder,
)
from trading.model.order_status import OrderStatus
from trading.orders.verification import Approved


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One line of an order's history; `previous` is None where it began."""

    at: datetime
    previous: OrderStatus | None
    status: OrderStatus
    detail: str


def new_row(approved: Approved, *, at: datetime) -> NewOrderRow:
    """Return the row of an approved intent, before it has a number and an id."""
    intent = approved.intent
    return NewOrderRow(
        venue=intent.venue,
        base=intent.symbol.base,
        quote=intent.symbol.quote,
        side=intent.side.value,
        order_type=intent.order_type.value,
        time_in_force=intent.time_in_force.value,
        quantity=intent.quantity,
        limit_price=intent.limit_price,
        reserve_asset=intent.reserve_asset,
        reserve_amount=intent.reserve_amount,
        origin=intent.origin.value,
        reason=intent.reason,
        run_id=intent.run_id,
        correlation_id=intent.correlation_id,
        created_at=at,
        status=OrderStatus.PLANNED.value,
        evidence=json.dumps(dict(approved.evidence), sort_keys=True),
    )


def adopted_row(found: VenueOrder, *, reason: str, correlation_id: str) -> AdoptedOrderRow:
    """Return the row of an order that was found at the venue; its amounts come with its fills."""
    is_limit = found.limit_price is not None
    return AdoptedOrderRow(
        client_order_id=adopted_id(found),
        venue=found.venue,
        venue_order_id=found.venue_order_id,
        base=found.symbol.base,
        quote=found.symbol.quote,
        side=found.side.value,
        order_type=(OrderType.LIMIT if is_limit else OrderType.MARKET).value,
        time_in_force=TimeInForce.GTC.value,
        quantity=found.quantity,
        limit_price=found.limit_price,
        # The venue itself locks what it needs: nothing of ours is reserved for it.
        reserve_asset=found.symbol.base if found.side is Side.SELL else found.symbol.quote,
        reserve_amount=found.quantity * 0,
        origin=OrderOrigin.EXTERNAL.value,
        reason=reason,
        correlation_id=correlation_id,
        status=OrderStatus.OPEN.value,
        created_at=found.opened_at,
        submitted_at=found.opened_at,
        note=None if found.client_order_id is None else f"its id is {found.client_order_id}",
    )


def adopted_id(found: VenueOrder) -> ClientOrderId:
    """Return the journal's name for an order of somebody else's."""
    return ClientOrderId(f"EX-{found.venue}-{found.venue_order_id}")


def to_order(row: OrderRow) -> Order:
    """Return the order of a row."""
    return Order(
        client_order_id=ClientOrderId(row.client_order_id),
        intent=OrderIntent(
            venue=VenueName(row.venue),
            symbol=Symbol(Asset(row.base), Asset(row.quote)),
            side=Side(row.side),
            quantity=row.quantity,
            order_type=OrderType(row.order_type),
            time_in_force=TimeInForce(row.time_in_force),
            limit_price=row.limit_price,
            reserve_asset=Asset(row.reserve_asset),
            reserve_amount=row.reserve_amount,
            origin=OrderOrigin(row.origin),
            reason=row.reason,
            run_id=None if row.run_id is None else RunId(row.run_id),
            correlation_id=CorrelationId(row.correlation_id),
        ),
        status=OrderStatus(row.status),
        venue_order_id=None if row.venue_order_id is None else VenueOrderId(row.venue_order_id),
        filled_quantity=row.filled_quantity,
        cost=row.cost,
        fee=row.fee,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        deadline_at=row.deadline_at,
        updated_at=row.updated_at,
        note=row.note,
    )


def to_approved(row: OrderRow) -> ApprovedOrder:
    """Return what the venue is handed of an order that is marked as being sent."""
    if row.deadline_at is None:
        message = f"{row.client_order_id} has no deadline; it must not be sent"
        raise OrderError(message)
    return ApprovedOrder(
        client_order_id=ClientOrderId(row.client_order_id),
        intent=to_order(row).intent,
        deadline_at=row.deadline_at,
        evidence=json.loads(row.evidence),
    )


def to_moved(row: OrderEventRow) -> Moved:
    """Return the line of history that a row is."""
    return Moved(
        at=row.at,
        previous=None if row.previous is None else OrderStatus(row.previous),
        status=OrderStatus(row.status),
        detail=row.detail,
    )
