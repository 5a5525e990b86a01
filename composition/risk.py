"""Builds what limits risk: the check of orders, the watch over venues, the alarm on prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from composition import wishes
from storage.database import Database
from storage.ledger import LedgerRepository
from storage.performance import PerformanceRepository
from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.config.configuration import Configuration
from trading.events import EventBus
from trading.intents.risk import RiskIntents
from trading.market.feed import MarketFeed
from trading.model.identifiers import VenueName
from trading.portfolio.pricing import FeedPrices
from trading.risk.order_risk import OrderRisk
from trading.risk.price_alarm import PriceAlarm
from trading.risk.series import SeriesParts, VenueSeries
from trading.risk.trading_state import TradingGate
from trading.risk.watch import RiskWatch, WatchParts
from trading.venues.port import VenueAdapter


class Outside(Protocol):
    """What is known of the venues."""

    @property
    def venues(self) -> Mapping[VenueName, VenueAdapter]: ...
    @property
    def feed(self) -> MarketFeed: ...
    @property
    def gate(self) -> TradingGate: ...
    @property
    def bus(self) -> EventBus: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskGround:
    """What risk stands on."""

    configuration: Configuration
    database: Database
    prices: FeedPrices
    balances: BalanceManager
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Everything that limits risk."""

    orders: OrderRisk
    watch: RiskWatch
    alarm: PriceAlarm
    ledger: LedgerRepository
    intents: RiskIntents

    def replace(self, configuration: Configuration) -> None:
        """Put the limits of a configuration in force."""
        self.orders.replace_limits(wishes.risk_limits(configuration))


async def open_risk(ground: RiskGround, outside: Outside) -> Risk:
    """Build it and load what an earlier process knew; asks no venue."""
    performance = PerformanceRepository(database=ground.database)
    ledger = LedgerRepository(database=ground.database)
    orders = OrderRisk(
        limits=wishes.risk_limits(ground.configuration),
        bases=wishes.bases(ground.configuration),
        market=outside.feed,
        pricing=ground.prices,
        balances=ground.balances,
        sends=performance,
        clock=ground.clock,
    )
    parts = WatchParts(
        valuer=ground.balances,
        pricing=ground.prices,
        orders=orders,
        gate=outside.gate,
        store=performance,
        bus=outside.bus,
        clock=ground.clock,
    )
    watch = RiskWatch(series=_series(ground, outside, performance, ledger), parts=parts)
    await watch.start()
    return Risk(
        orders=orders,
        watch=watch,
        alarm=PriceAlarm(
            venues=outside.venues, watch=watch, prices=ground.prices, clock=ground.clock
        ),
        ledger=ledger,
        intents=_intents(ground, watch, performance, ledger, outside.gate),
    )


def _series(
    ground: RiskGround,
    outside: Outside,
    performance: PerformanceRepository,
    ledger: LedgerRepository,
) -> Mapping[VenueName, VenueSeries]:
    bases = wishes.bases(ground.configuration)
    return {
        venue: VenueSeries(
            venue=venue,
            base=bases[venue],
            parts=SeriesParts(
                source=adapter,
                ledger=ledger,
                store=performance,
                pricing=ground.prices,
                clock=ground.clock,
                timezone=ground.configuration.bot.timezone,
            ),
        )
        for venue, adapter in outside.venues.items()
    }


def _intents(
    ground: RiskGround,
    watch: RiskWatch,
    performance: PerformanceRepository,
    ledger: LedgerRepository,
    gate: TradingGate,
) -> RiskIntents:
    return RiskIntents(
        watch=watch,
        orders=watch.orders,
        history=performance,
        ledger=ledger,
        gate=gate,
        clock=ground.clock,
    )
