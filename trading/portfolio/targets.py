"""What the owner wants a venue's portfolio to be, and how far it may drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trading.model.identifiers import Asset


class TradeTo(StrEnum):
    """How far a trade goes once an asset has left its band."""

    TARGET = "target"
    BAND = "band"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Weights as fractions of the managed value; what they leave is the base currency's."""

    base: Asset
    weights: Mapping[Asset, Decimal]
    excluded: frozenset[Asset] = frozenset()

    def __post_init__(self) -> None:
        """Refuse weights that cannot be held."""
        if any(not weight.is_finite() or weight < 0 for weight in self.weights.values()):
            message = "a target weight was negative; weights are fractions from 0 to 1"
            raise ValueError(message)
        if sum(self.weights.values(), Decimal(0)) > 1:
            message = f"the targets of {self.base} add up to more than 1"
            raise ValueError(message)
        if self.base in self.weights or self.excluded & self.weights.keys():
            message = f"{self.base} or an excluded asset has a target; the base takes what is left"
            raise ValueError(message)

    @property
    def base_weight(self) -> Decimal:
        """What the weights leave to the base currency."""
        return 1 - sum(self.weights.values(), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalanceSettings:
    """Limits of a run; fractions of the managed value unless they say otherwise."""

    band_abs: Decimal
    """An asset may drift so far from its target, in weight."""
    band_rel: Decimal | None
    """Narrows the band to this fraction of the target itself, where the target is not 0."""
    to: TradeTo
    cash_buffer: Decimal
    """This part of the value stays in the base currency whatever the targets say."""
    min_order: Decimal
    """Smallest order worth placing, in the base currency."""
    max_turnover: Decimal
    """Most that one run may trade, both sides added."""
    max_orders: int
    max_slippage: Decimal
    """Limit prices lie at most this fraction from the reference price."""
    order_buffer: Decimal
    """Fee and slippage buffer of `trading.model.funds.required_funds`."""

    def band(self, target: Decimal) -> Decimal:
        """Return the half width of the band around a target weight."""
        if self.band_rel is None or target == 0:
            return self.band_abs
        return min(self.band_abs, self.band_rel * target)
