"""What each venue should hold, and how the bot brings it there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from trading.config.values import (
    Amount,
    AssetCode,
    AssetCodes,
    Duration,
    Fraction,
    Section,
    VenueKey,
    When,
    each_asset_once,
)
from trading.model.identifiers import Asset


class Allocation(Section):
    """The weights of one venue; the rest is its base currency."""

    targets: Mapping[AssetCode, Fraction] = Field(
        description="Weight of each asset, as fractions that add up to at most 1; 0 sells what "
        "is held."
    )
    base: AssetCode | None = Field(
        default=None, description="Currency of what is left; without it bot.base_currency."
    )

    @field_validator("targets", mode="before")
    @classmethod
    def _each_asset_once(cls, written: Any) -> Any:
        return each_asset_once(written)

    @field_validator("targets")
    @classmethod
    def _weights_fit(cls, targets: Mapping[Asset, Decimal]) -> Mapping[Asset, Decimal]:
        total = sum(targets.values(), Decimal(0))
        if total > 1:
            message = f"add up to {total}, which is {total - 1} more than 1"
            raise ValueError(message)
        return targets


class RebalanceRules(Section):
    """How one venue is brought back to its targets."""

    band_abs: Fraction = Field(
        default=Decimal("0.02"),
        description="An asset may drift this far from its target, in weight.",
    )
    band_rel: Fraction | None = Field(
        default=None,
        description="Narrows the band to this fraction of the target itself.",
    )
    to: Literal["target", "band"] = Field(
        default="target", description="Trade back to the target, or just to the band's edge."
    )
    cash_buffer: Fraction = Field(
        default=Decimal("0.01"), description="Weight always kept in the base currency."
    )
    min_order: Amount = Field(
        default=Decimal(10), description="Smallest order worth its fee, in the base currency."
    )
    max_turnover: Fraction = Field(
        default=Decimal("0.5"),
        gt=0,
        description="Most that one run may trade, sales and purchases added, as a fraction of "
        "the portfolio.",
    )
    max_orders: int = Field(default=20, ge=1, description="Most orders in one run.")
    cooldown: Duration = Field(
        default=timedelta(minutes=10), description="Shortest time between scheduled runs."
    )
    max_slippage: Fraction = Field(
        default=Decimal("0.005"),
        gt=0,
        description="Orders are limited to this fraction from the reference price.",
    )
    schedule: When = Field(
        default=None,
        description='When runs start by themselves: "off", a length of time, or a cron line in '
        "your timezone.",
    )
    excluded: AssetCodes = Field(default=(), description="Assets that are never touched.")


class RebalanceSection(RebalanceRules):
    """The rules for every venue; `[rebalance.NAME]` changes some of them for one."""

    venues: Mapping[VenueKey, RebalanceRules] = Field(
        default={}, description="The tables [rebalance.NAME], one a venue."
    )

    @model_validator(mode="before")
    @classmethod
    def _gather_tables(cls, written: Any) -> Any:
        """Move the tables of venues out of the way of the keys."""
        if not isinstance(written, dict):
            return written
        if "venues" in written:
            message = "a table for one venue is written [rebalance.NAME], NAME being the venue's"
            raise ValueError(message)
        tables = {key: value for key, value in written.items() if isinstance(value, dict)}
        rules = {key: value for key, value in written.items() if key not in tables}
        return {**rules, "venues": {name: {**rules, **table} for name, table in tables.items()}}

    def rules(self, venue: str) -> RebalanceRules:
        """Return what holds for a venue."""
        return self.venues.get(venue, self)

    @model_validator(mode="after")
    def _no_venue_is_named_like_a_key(self) -> Self:
        clash = sorted(self.venues.keys() & RebalanceRules.model_fields.keys())
        if clash:
            message = f"a venue cannot be named {clash[0]}, which is a key of [rebalance]"
            raise ValueError(message)
        return self
