"""How far signals may move a venue's targets, and which strategy gives them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from trading.config.values import AssetCode, Fraction, Section, each_asset_once


class SignalsSection(Section):
    """Bounds in which a strategy may move the targets of one venue; off unless switched on."""

    enabled: bool = Field(
        default=False,
        description="true has every rebalance of this venue go to the moved targets; false only "
        "shows what /signals would propose.",
    )
    strategy: Literal["trend", "mean_reversion"] = Field(
        default="trend", description="Whose signal counts."
    )
    interval: Literal["15m", "30m", "1h", "4h", "1d"] = Field(
        default="4h", description="Length of the candles that it looks at."
    )
    lowest: Mapping[AssetCode, Fraction] = Field(
        default={},
        description="Weight of each asset at the strongest signal to sell; at most its target.",
    )
    highest: Mapping[AssetCode, Fraction] = Field(
        default={},
        description="Weight of the same assets at the strongest signal to buy; at least the "
        "target.",
    )

    @field_validator("lowest", "highest", mode="before")
    @classmethod
    def _each_asset_once(cls, written: Any) -> Any:
        return each_asset_once(written)

    @model_validator(mode="after")
    def _both_bounds_or_none(self) -> Self:
        alone = sorted(self.lowest.keys() ^ self.highest.keys())
        if alone:
            message = f"{alone[0]} needs its bound in both tables, lowest and highest"
            raise ValueError(message)
        if self.enabled and not self.lowest:
            message = "enabled = true moves nothing without bounds: fill lowest and highest"
            raise ValueError(message)
        return self


def bounds_problem(section: SignalsSection, targets: Mapping[Any, Decimal]) -> str | None:
    """Say what makes the bounds unusable with a venue's targets; None when nothing does."""
    for code, low in section.lowest.items():
        target = targets.get(code)
        if target is None:
            return f"{code} has bounds and no target in [allocation]"
        if not low <= target <= section.highest[code]:
            return f"the target of {code}, {target}, is not between {low} and its highest weight"
    most = sum((section.highest.get(code, weight) for code, weight in targets.items()), Decimal(0))
    if most > 1:
        return f"all at their highest would add up to {most}, which is {most - 1} more than 1"
    return None
