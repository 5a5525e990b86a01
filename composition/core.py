"""Builds the trading half: storage, venues, balances, orders, rebalancing; nothing runs yet."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from composition import wishes
from composition.adapters import Outside, build_venue
from composition.belonging import require_own_kind
from composition.ground import Ground
from composition.market import build_market_data
from composition.risk import Risk, RiskGround, open_risk
from composition.signal_targets import Signals, build_signals
from composition.stores import Stores, build_stores
from storage.balances import BalanceRepository
from storage.breakers import BreakerRepository
from storage.database import Database
from storage.orders import OrderRepository
from storage.runs import RunRepository
from trading.balances.access_log import AccessLog
from trading.balances.manager import BalanceManager
from trading.balances.reservations import Reservations
from trading.events import EventBus
from trading.intents.rebalance import RebalanceIntents, RebalanceParts
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.rebalance_runner import RebalanceRunner
from trading.market.feed import MarketFeed
from trading.market.service import MarketData
from trading.model.identifiers import VenueName
from trading.orders.desk import DeskStores, OrderDesk, open_order_desk
from trading.portfolio.pricing import FeedPrices
from trading.risk.breakers import Breakers
from trading.risk.guarded_venue import GuardedVenue
from trading.risk.trading_state import TradingGate
from trading.risk.venue_conditions import VenueConditions
from trading.venues.port import VenueAdapter
from trading.workflow.mailbox import Mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The trading half, built and entered."""

    ground: Ground
    stores: Stores
    bus: EventBus
    venues: Mapping[VenueName, VenueAdapter]
    breakers: Breakers
    gate: TradingGate
    conditions: VenueConditions
    mailbox: Mailbox
    feed: MarketFeed
    market: MarketData
    prices: FeedPrices
    access_log: AccessLog
    balances: BalanceManager
    risk: Risk
    desk: OrderDesk
    signals: Signals
    rebalance: RebalanceIntents
    runner: RebalanceRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class _Market:
    """What is known of the outside."""

    bus: EventBus
    venues: Mapping[VenueName, VenueAdapter]
    breakers: Breakers
    gate: TradingGate
    conditions: VenueConditions
    mailbox: Mailbox
    feed: MarketFeed
    data: MarketData


async def open_core(stack: AsyncExitStack, ground: Ground) -> Core:
    """Build the trading half on a locked state directory; asks nothing of any venue."""
    database = await _open_database(stack, ground)
    stores = build_stores(database, ground.clock)
    market = await _open_market(stack, ground, stores)
    access_log = AccessLog(clock=ground.clock)
    prices = FeedPrices(feed=market.feed, clock=ground.clock)
    balances = _balances(ground, stores, market, prices, access_log)
    await balances.start()
    grounds = RiskGround(
        configuration=ground.configuration,
        database=database,
        prices=prices,
        balances=balances,
        clock=ground.clock,
    )
    risk = await open_risk(grounds, market)
    desk = await _desk(ground, stores, market, balances, risk)
    runner, rebalance, signals = _rebalance(ground, stores, market, balances, desk, risk=risk)
    return Core(
        ground=ground,
        stores=stores,
        bus=market.bus,
        venues=market.venues,
        breakers=market.breakers,
        gate=market.gate,
        conditions=market.conditions,
        mailbox=market.mailbox,
        feed=market.feed,
        market=market.data,
        prices=prices,
        access_log=access_log,
        balances=balances,
        risk=risk,
        desk=desk,
        signals=signals,
        rebalance=rebalance,
        runner=runner,
    )


async def _open_database(stack: AsyncExitStack, ground: Ground) -> Database:
    database = await stack.enter_async_context(
        Database.open(
            ground.state.database,
            clock=ground.clock,
            backups=ground.state.backups,
            watch=ground.meter,
        )
    )
    await require_own_kind(database, ground)
    return database


async def _open_market(stack: AsyncExitStack, ground: Ground, stores: Stores) -> _Market:
    configuration, clock = ground.configuration, ground.clock
    bus = EventBus()
    breakers = Breakers(
        venues=[VenueName(name) for name in configuration.venues],
        store=BreakerRepository(database=stores.database),
        clock=clock,
        bus=bus,
        dice=random.SystemRandom().random,
        policy=wishes.breaker_policy(configuration),
        facts=stores.settings,
    )
    await breakers.start()
    mailbox = Mailbox(bus=bus)
    venues = await _open_venues(stack, ground, stores.database, breakers, mailbox)
    gate = TradingGate(
        halt_file=ground.state.halt_file,
        settings=stores.settings,
        clock=clock,
        bus=bus,
        trading_enabled=configuration.bot.trading_enabled,
        is_live=configuration.bot.mode == "live",
    )
    await gate.start()
    conditions = VenueConditions()
    gate.consult(conditions.refusal)
    feed = MarketFeed(adapters=venues, clock=clock, limits=wishes.price_limits(configuration))
    return _Market(
        bus=bus,
        venues=venues,
        breakers=breakers,
        gate=gate,
        conditions=conditions,
        mailbox=mailbox,
        feed=feed,
        data=build_market_data(feed, venues=venues, database=stores.database, clock=clock),
    )


async def _open_venues(
    stack: AsyncExitStack, ground: Ground, database: Database, breakers: Breakers, mailbox: Mailbox
) -> Mapping[VenueName, VenueAdapter]:
    venues: dict[VenueName, VenueAdapter] = {}
    outside = Outside(
        configuration=ground.configuration,
        clock=ground.clock,
        nonces=ground.state.nonces,
        on_trouble=mailbox.put,
    )
    for name in ground.configuration.venues:
        adapter = build_venue(outside, name, database)
        guarded = GuardedVenue(adapter=adapter, breakers=breakers, meter=ground.meter)
        venues[VenueName(name)] = await stack.enter_async_context(guarded)
    return venues


def _balances(
    ground: Ground,
    stores: Stores,
    market: _Market,
    prices: FeedPrices,
    access_log: AccessLog,
) -> BalanceManager:
    return BalanceManager(
        adapters=market.venues,
        bases=wishes.bases(ground.configuration),
        store=BalanceRepository(database=stores.database),
        settings=stores.settings,
        fills=stores.fills,
        prices=prices,
        reservations=Reservations(),
        clock=ground.clock,
        access_log=access_log,
        bus=market.bus,
        freshness_seconds=ground.configuration.risk.balance_max_age.total_seconds(),
        referee_seconds=ground.configuration.jobs.referee.total_seconds(),
    )


async def _desk(
    ground: Ground, stores: Stores, market: _Market, balances: BalanceManager, risk: Risk
) -> OrderDesk:
    configuration = ground.configuration
    return await open_order_desk(
        venues=market.venues,
        bases=wishes.bases(configuration),
        stores=DeskStores(
            orders=OrderRepository(database=stores.database),
            fills=stores.fills,
            settings=stores.settings,
        ),
        reservations=balances.reservations,
        balances=balances,
        instruments=market.feed,
        gate=market.gate,
        bus=market.bus,
        clock=ground.clock,
        settings=wishes.execution_settings(configuration),
        reconcile_seconds=configuration.jobs.reconcile.total_seconds(),
        risk=risk.orders,
    )


def _rebalance(
    ground: Ground,
    stores: Stores,
    market: _Market,
    balances: BalanceManager,
    desk: OrderDesk,
    *,
    risk: Risk,
) -> tuple[RebalanceRunner, RebalanceIntents, Signals]:
    signals = build_signals(ground.configuration, market.data, balances)
    runs = RunRepository(database=stores.database)
    gatherer = InputGatherer(
        balances=balances,
        market=market.feed,
        orders=desk.journal,
        gate=market.gate,
        clock=ground.clock,
        risk=risk.orders,
    )
    runner = RebalanceRunner(
        gatherer=gatherer,
        executor=desk.executor,
        orders=desk.journal,
        runs=runs,
        clock=ground.clock,
    )
    parts = RebalanceParts(
        gatherer=gatherer,
        runner=runner,
        runs=runs,
        gate=market.gate,
        painter=ground.painter,
        clock=ground.clock,
        adviser=signals.targets,
        proposal_lifetime=wishes.confirmation_life(ground.configuration),
    )
    intents = RebalanceIntents(
        allocations=wishes.venue_allocations(ground.configuration), parts=parts
    )
    return runner, intents, signals
