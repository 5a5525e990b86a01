"""What the configuration wishes, in the words of the parts that carry it out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from trading.config.configuration import Configuration
from trading.intents.closing import ClosingRules
from trading.intents.manual_model import TradeRules
from trading.intents.portfolio import Allocation
from trading.intents.rebalance_runner import VenueAllocation
from trading.market.price_checks import PriceLimits
from trading.model.identifiers import Asset, VenueName
from trading.model.risk import LimitAction, LimitName, RiskLimits
from trading.orders.execution import ExecutionSettings
from trading.portfolio.targets import RebalanceSettings, Targets, TradeTo
from trading.risk.circuit_breaker import BreakerPolicy

_CONFIRMATION_LIFE = timedelta(minutes=2)


def bases(configuration: Configuration) -> Mapping[VenueName, Asset]:
    """Return the currency in which each venue is valued."""
    return {VenueName(name): configuration.base_of(name) for name in configuration.venues}


def venue_allocations(configuration: Configuration) -> Mapping[VenueName, VenueAllocation]:
    """Return targets and rules of each venue that has any."""
    return {
        VenueName(name): VenueAllocation(
            targets=_targets(configuration, name),
            settings=_settings(configuration, name),
            cooldown=configuration.rebalance_rules(name).cooldown,
        )
        for name in configuration.allocation
    }


def closing_rules(configuration: Configuration) -> Mapping[VenueName, ClosingRules]:
    """Return what closing keeps to at each venue, one without targets too."""
    rules = {name: configuration.rebalance_rules(name) for name in configuration.venues}
    return {
        VenueName(name): ClosingRules(
            base=configuration.base_of(name),
            max_slippage=each.max_slippage,
            order_buffer=configuration.risk.order_buffer,
            excluded=frozenset(each.excluded),
        )
        for name, each in rules.items()
    }


def shown_allocations(configuration: Configuration) -> Mapping[VenueName, Allocation]:
    """Return what the portfolio is shown against."""
    return {
        name: Allocation(targets=each.targets, settings=each.settings)
        for name, each in venue_allocations(configuration).items()
    }


def trade_rules(configuration: Configuration) -> Mapping[VenueName, TradeRules]:
    """Return what holds for orders by hand at each venue, one without targets too."""
    shown = shown_allocations(configuration)
    return {
        VenueName(name): TradeRules(
            max_slippage=configuration.rebalance_rules(name).max_slippage,
            order_buffer=Decimal(configuration.risk.order_buffer),
            allocation=shown.get(VenueName(name)),
        )
        for name in configuration.venues
    }


def confirmation_life(configuration: Configuration) -> timedelta:
    """Return how long the button under a plan counts; without a chat nobody presses one."""
    telegram = configuration.telegram
    return _CONFIRMATION_LIFE if telegram is None else telegram.confirm_within


def allowed_keys(configuration: Configuration) -> Mapping[VenueName, bool]:
    """Return whether each venue's key may be one that can withdraw."""
    return {
        VenueName(name): venue.allow_withdrawal_key for name, venue in configuration.venues.items()
    }


def dead_man_venues(configuration: Configuration) -> frozenset[VenueName]:
    """Return the venues that are to cancel everything when they do not hear of the bot."""
    return frozenset(
        VenueName(name) for name, venue in configuration.venues.items() if venue.dead_man_switch
    )


def risk_limits(configuration: Configuration) -> RiskLimits:
    """Return what the owner lets the bot risk."""
    risk = configuration.risk
    return RiskLimits(
        max_order_notional=risk.max_order_notional,
        max_price_deviation=risk.max_price_deviation,
        max_orders_per_minute=risk.max_orders_per_minute,
        max_exposure=risk.max_exposure,
        exposure_of=dict(risk.exposure_of),
        max_daily_loss=risk.max_daily_loss,
        max_drawdown=risk.max_drawdown,
        warn_at=risk.warn_at,
        actions={
            LimitName.ORDER_NOTIONAL: LimitAction(risk.on_order_notional),
            LimitName.PRICE_DEVIATION: LimitAction(risk.on_price_deviation),
            LimitName.ORDERS_PER_MINUTE: LimitAction(risk.on_orders_per_minute),
            LimitName.EXPOSURE: LimitAction(risk.on_exposure),
            LimitName.DAILY_LOSS: LimitAction(risk.on_daily_loss),
            LimitName.DRAWDOWN: LimitAction(risk.on_drawdown),
        },
    )


def price_limits(configuration: Configuration) -> PriceLimits:
    """Return what a price must keep to."""
    risk = configuration.risk
    return PriceLimits(
        max_age_seconds=risk.price_max_age.total_seconds(), max_jump_fraction=risk.price_max_jump
    )


def breaker_policy(configuration: Configuration) -> BreakerPolicy:
    """Return when breakers open, and for how long."""
    risk = configuration.risk
    return BreakerPolicy(
        threshold=risk.breaker_failures,
        first_wait_seconds=risk.breaker_wait.total_seconds(),
        longest_wait_seconds=risk.breaker_max_wait.total_seconds(),
    )


def execution_settings(configuration: Configuration) -> ExecutionSettings:
    """Return the executor's limits."""
    risk = configuration.risk
    return ExecutionSettings(
        buffer_fraction=risk.order_buffer, freshness_seconds=risk.balance_max_age.total_seconds()
    )


def _targets(configuration: Configuration, venue: str) -> Targets:
    allocation = configuration.allocation[venue]
    excluded = configuration.rebalance_rules(venue).excluded
    return Targets(
        base=configuration.base_of(venue),
        weights=dict(allocation.targets),
        excluded=frozenset(excluded),
    )


def _settings(configuration: Configuration, venue: str) -> RebalanceSettings:
    rules = configuration.rebalance_rules(venue)
    return RebalanceSettings(
        band_abs=rules.band_abs,
        band_rel=rules.band_rel,
        to=TradeTo(rules.to),
        cash_buffer=rules.cash_buffer,
        min_order=rules.min_order,
        max_turnover=rules.max_turnover,
        max_orders=rules.max_orders,
        max_slippage=rules.max_slippage,
        order_buffer=Decimal(configuration.risk.order_buffer),
    )
