"""Fills to their rows, and back; the only place that knows both shapes."""

from __future__ import annotations

from datetime import datetime

from storage.records import FillRow
from trading.model.fill import Fill
from trading.model.identifiers import (
    Asset,
    ClientOrderId,
    FillId,
    Symbol,
    VenueName,
    VenueOrderId,
)
from trading.model.instrument import Side


def fill_row(fill: Fill, *, at: datetime) -> FillRow:
    """Return the row of a fill; the store ties it to its order."""
    return FillRow(
        venue=fill.venue,
        fill_id=fill.fill_id,
        venue_order_id=fill.venue_order_id,
        client_order_id=fill.client_order_id,
        base=fill.symbol.base,
        quote=fill.symbol.quote,
        side=fill.side.value,
        quantity=fill.quantity,
        price=fill.price,
        cost=fill.cost,
        fee=fill.fee,
        fee_asset=fill.fee_asset,
        executed_at=fill.executed_at,
        booked_at=at,
    )


def to_fill(row: FillRow) -> Fill:
    """Return the fill of a row."""
    return Fill(
        venue=VenueName(row.venue),
        fill_id=FillId(row.fill_id),
        venue_order_id=VenueOrderId(row.venue_order_id),
        client_order_id=None
        if row.client_order_id is None
        else ClientOrderId(row.client_order_id),
        symbol=Symbol(Asset(row.base), Asset(row.quote)),
        side=Side(row.side),
        quantity=row.quantity,
        price=row.price,
        cost=row.cost,
        fee=row.fee,
        fee_asset=Asset(row.fee_asset),
        executed_at=row.executed_at,
    )
