"""What is held and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trading.model.identifiers import Asset, VenueName


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Holding of one asset by average cost; money in `quote`, profit after fees."""

    venue: VenueName
    asset: Asset
    quote: Asset
    quantity: Decimal
    average_cost: Decimal | None
    """Quote per unit, fees included; None while flat."""
    realised: Decimal
    fees: Decimal
