"""Moves target weights within the owner's bounds, as far as signals say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.model.identifiers import Asset
from trading.portfolio.targets import Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightBounds:
    """Between these two weights a signal may move an asset's target."""

    lowest: Decimal
    highest: Decimal

    def __post_init__(self) -> None:
        """Refuse bounds that no weight could lie between."""
        if not 0 <= self.lowest <= self.highest <= 1:
            message = f"bounds were {self.lowest} and {self.highest}; 0 <= lowest <= highest <= 1"
            raise ValueError(message)


def tilted_weight(target: Decimal, bounds: WeightBounds, strength: Decimal) -> Decimal:
    """Return the target moved by a strength from -1 (all the way down) to 1 (all the way up)."""
    room = bounds.highest - target if strength > 0 else target - bounds.lowest
    return min(bounds.highest, max(bounds.lowest, target + strength * room))


def tilted_targets(targets: Targets, weights: Mapping[Asset, Decimal]) -> Targets:
    """Return the same targets with other weights for some of the assets."""
    return replace(targets, weights={**targets.weights, **weights})
