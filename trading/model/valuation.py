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

    `as_of` is the age of the oldest price on the way; empty `via` is the base currency itself,
    which no venue need be asked about.
    """

    value: Decimal
    as_of: datetime
    via: tuple[Symbol, ...]
    venue: VenueName | None = None


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
class VenueShare:
    """What one venue adds to the whole; `value` is None where nothing of it is known.

    `rate` is what one unit of the venue's own currency is worth in that of the whole.
    """

    venue: VenueName
    valuation: Valuation | None
    rate: UnitPrice | None
    value: Decimal | None
    """Of what could be priced; None too where its currency could not be converted."""
    missing: tuple[str, ...]
    """What of this venue is not in `value`, each with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalValue:
    """All venues in one currency; `value` is None while any part of it is not known."""

    base: Asset
    shares: tuple[VenueShare, ...]
    at: datetime

    @property
    def value(self) -> Decimal | None:
        """The whole; None while anything is missing."""
        return None if self.missing else self.known_value

    @property
    def known_value(self) -> Decimal:
        """The sum of what is known."""
        return sum((share.value for share in self.shares if share.value is not None), Decimal(0))

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not in `known_value`, each with the reason."""
        return tuple(line for share in self.shares for line in share.missing)

    @property
    def venues(self) -> tuple[Valuation, ...]:
        """What each venue that could be valued is worth in its own currency."""
        return tuple(each.valuation for each in self.shares if each.valuation is not None)
