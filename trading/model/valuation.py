"""What holdings are worth: every figure with the prices it rests on, nothing guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.model.balance import BalanceStatus
from trading.model.identifiers import Asset, Symbol, VenueName


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """One unit of an asset in a base currency; `via` are the symbols it was found through.

    `as_of` is the age of the oldest price on the way; empty `via` is the base currency itself.
    """

    value: Decimal
    as_of: datetime
    via: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetValue:
    """One holding and its value in the base currency; None where no usable price exists."""

    asset: Asset
    total: Decimal
    price: UnitPrice | None
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """The net asset value of one venue, with the verdict on the balances it rests on."""

    venue: VenueName
    base: Asset
    lines: tuple[AssetValue, ...]
    priced_value: Decimal
    """The sum of what could be priced."""
    unpriced: tuple[str, ...]
    """What is held and could not be priced, each with the reason."""
    status: BalanceStatus
    at: datetime

    @property
    def nav(self) -> Decimal | None:
        """The value of everything; None while something held has no price."""
        return None if self.unpriced else self.priced_value


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalValue:
    """All venues in one currency; `value` is None while any part of it is not known."""

    base: Asset
    value: Decimal | None
    known_value: Decimal
    venues: tuple[Valuation, ...]
    missing: tuple[str, ...]
    """What is not in `known_value`, each with the reason."""
    at: datetime
