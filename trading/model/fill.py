"""A fill: the fact that something was traded; P&L and average cost come from these alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.model.identifiers import Asset, ClientOrderId, FillId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution as the venue booked it; `cost` is in quote, `fee` in `fee_asset`."""

    venue: VenueName
    fill_id: FillId
    venue_order_id: VenueOrderId
    client_order_id: ClientOrderId | None
    symbol: Symbol
    side: Side
    quantity: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    fee_asset: Asset
    executed_at: datetime
