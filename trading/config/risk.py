"""The table [risk]: how sure the bot must be before it trades, and how much it may risk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from trading.config.values import (
    AssetCode,
    CountOrOff,
    Duration,
    Fraction,
    NumberOrOff,
    Section,
    Share,
    ShareOrOff,
    each_asset_once,
)

_SECOND = timedelta(seconds=1)
_OnOrder = Literal["deny", "reducing", "halted"]
_OnLoss = Literal["reducing", "halted"]


class RiskSection(Section):
    """How sure the bot must be before it trades, and how much it may risk."""

    balance_max_age: Duration = Field(
        default=timedelta(seconds=60),
        ge=_SECOND,
        description="Older balances are shown as stale and never traded on.",
    )
    price_max_age: Duration = Field(
        default=timedelta(seconds=5),
        ge=_SECOND,
        description="Older prices are never traded on.",
    )
    price_max_jump: Fraction = Field(
        default=Decimal("0.2"),
        gt=0,
        description="A price that moved by more than this fraction since the last is not believed "
        "until it is confirmed.",
    )
    order_buffer: Fraction = Field(
        default=Decimal("0.02"),
        description="Kept free for fees and slippage when an order is checked, as a fraction of "
        "it; never less than the venue's own fee.",
    )
    breaker_failures: int = Field(
        default=5, ge=1, description="So many failures in a row stop asking a venue for a while."
    )
    breaker_wait: Duration = Field(
        default=timedelta(seconds=5), ge=_SECOND, description="The first such pause; it doubles."
    )
    breaker_max_wait: Duration = Field(
        default=timedelta(minutes=5), ge=_SECOND, description="The longest such pause."
    )

    max_order_notional: NumberOrOff = Field(
        default=None,
        description="The most that one order may be worth, in the base currency of its venue; "
        '"off" is no such limit.',
    )
    max_price_deviation: ShareOrOff = Field(
        default=Decimal("0.05"),
        description="How far beyond the middle of the market the limit price of an order may "
        "lie, on the side that costs.",
    )
    max_orders_per_minute: CountOrOff = Field(
        default=120, description="The most orders sent to one venue within a minute."
    )
    max_exposure: ShareOrOff = Field(
        default=None,
        description="The most that one asset may be of its venue's value, as a fraction; orders "
        "that raise it further are denied. The base currency is no exposure.",
    )
    exposure_of: Mapping[AssetCode, Share] = Field(
        default={}, description="max_exposure for single assets, such as { BTC = 0.6 }."
    )
    max_daily_loss: ShareOrOff = Field(
        default=Decimal("0.1"),
        description="The most that a venue may lose in a day of yours, as a fraction of what it "
        "was worth at the day's first reading; deposits and withdrawals are neither gain nor "
        "loss.",
    )
    max_drawdown: ShareOrOff = Field(
        default=Decimal("0.25"),
        description="The most that a venue may lose from its peak, as a fraction; deposits and "
        "withdrawals move neither.",
    )
    warn_at: Share = Field(
        default=Decimal("0.8"),
        lt=1,
        description="You are warned, once a crossing, when this fraction of a limit is used.",
    )
    on_order_notional: _OnOrder = Field(
        default="deny", description="What happens at max_order_notional."
    )
    on_price_deviation: _OnOrder = Field(
        default="deny", description="What happens at max_price_deviation."
    )
    on_orders_per_minute: _OnOrder = Field(
        default="deny", description="What happens at max_orders_per_minute."
    )
    on_exposure: _OnOrder = Field(default="deny", description="What happens at max_exposure.")
    on_daily_loss: _OnLoss = Field(
        default="reducing",
        description="What happens at max_daily_loss. reducing lets only orders through that "
        "reduce exposure, halted none; both until you resume.",
    )
    on_drawdown: _OnLoss = Field(default="halted", description="What happens at max_drawdown.")

    @field_validator("exposure_of", mode="before")
    @classmethod
    def _each_asset_once(cls, written: Any) -> Any:
        return each_asset_once(written)

    @model_validator(mode="after")
    def _waits_grow(self) -> Self:
        if self.breaker_max_wait < self.breaker_wait:
            message = "breaker_max_wait is shorter than breaker_wait"
            raise ValueError(message)
        return self
