"""An account on paper: what it begins with, and what it pays."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field, field_validator

from trading.config.values import Amount, AssetCode, Fraction, Section, each_asset_once
from trading.model.identifiers import Asset

OPENING = Decimal(10_000)
"""What an account on paper begins with where nothing else is said, in its base currency."""


class PaperSection(Section):
    """The account of one venue while bot.mode is "paper"; it exists on this machine alone."""

    balances: Mapping[AssetCode, Amount] = Field(
        default={},
        description="What the account begins with, at its very first start; empty: 10000 of the "
        "base currency.",
    )
    fee: Fraction | None = Field(
        default=None,
        description="Fee of every trade, as a fraction of its cost; without it the venue's own "
        "published fee for small accounts.",
    )

    @field_validator("balances", mode="before")
    @classmethod
    def _each_asset_once(cls, written: Any) -> Any:
        return each_asset_once(written)

    def opening(self, base: Asset) -> Mapping[Asset, Decimal]:
        """Return what the account begins with."""
        return self.balances or {base: OPENING}
