"""The balances over a real wire: the Kraken adapter, its breakers, a Kraken in its own process."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from storage.balances import BalanceRepository
from storage.breakers import BreakerRepository
from storage.database import Database
from storage.fills import FillRepository
from storage.settings import SettingsRepository
from tests.support.local_kraken import LocalKraken, running_local_kraken
from tests.support.stores import open_database
from trading.balances.access_log import AccessLog
from trading.balances.manager import BalanceManager
from trading.balances.reservations import Reservations
from trading.clock import SystemClock
from trading.errors import BalanceUnverified, VenueError, VenueUnavailable
from trading.events import EventBus
from trading.market.feed import MarketFeed
from trading.model.balance import BalanceSource
from trading.model.identifiers import Asset, VenueName
from trading.portfolio.pricing import FeedPrices
from trading.risk.breakers import Breakers
from trading.risk.circuit_breaker import BreakerPolicy
from trading.risk.guarded_venue import GuardedVenue
from trading.venues.kraken.adapter import KrakenAdapter
from trading.venues.kraken.settings import KrakenSettings, Tier
from trading.venues.port import Priority, VenueAdapter

KRAKEN = VenueName("kraken")
BTC, ETH, USD = Asset("BTC"), Asset("ETH"), Asset("USD")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One run of the bot's balances on one local Kraken."""

    kraken: LocalKraken
    manager: BalanceManager


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = SystemClock()
    holdings = {"BTC": "0.5", "ETH": "2", "USD": "10000"}
    async with (
        running_local_kraken(tmp_path / "kraken", balances=holdings) as kraken,
        open_database(tmp_path, clock=clock) as database,
    ):
        breakers = Breakers(
            venues=[KRAKEN],
            store=BreakerRepository(database=database),
            clock=clock,
            bus=EventBus(),
            dice=lambda: 0.5,
            policy=BreakerPolicy(threshold=2, first_wait_seconds=60),
        )
        adapter = KrakenAdapter(
            name=KRAKEN,
            settings=KrakenSettings(
                key=kraken.key,
                secret=kraken.secret,
                rest_url=kraken.rest_url,
                tier=Tier.PRO,
            ),
            clock=clock,
            nonce_directory=tmp_path / "nonce",
        )
        async with GuardedVenue(adapter=adapter, breakers=breakers) as venue:
            manager = build_manager(database, venue)
            await manager.start()
            yield World(kraken=kraken, manager=manager)


def build_manager(database: Database, venue: VenueAdapter) -> BalanceManager:
    clock = SystemClock()
    feed = MarketFeed(adapters={KRAKEN: venue}, clock=clock)
    return BalanceManager(
        adapters={KRAKEN: venue},
        bases={KRAKEN: USD},
        store=BalanceRepository(database=database),
        settings=SettingsRepository(database=database),
        fills=FillRepository(database=database),
        prices=FeedPrices(feed=feed, clock=clock),
        reservations=Reservations(),
        clock=clock,
        access_log=AccessLog(clock=clock),
        bus=EventBus(),
    )


async def totals(world: World) -> dict[Asset, Decimal]:
    view = await world.manager.balances(KRAKEN)
    return {asset: reading.total for asset, reading in view.readings.items()}


async def test_verified_balances_and_their_value(world: World) -> None:
    view = await world.manager.sync(KRAKEN)
    valuation = await world.manager.nav(KRAKEN)

    assert view.status.verified
    assert view.status.source is BalanceSource.EXCHANGE
    assert {asset: r.total for asset, r in view.readings.items() if r.total} == {
        BTC: Decimal("0.5"),
        ETH: Decimal(2),
        USD: Decimal(10000),
    }
    assert valuation.nav is not None
    assert valuation.nav > 10000


@pytest.mark.parametrize("fault", ["empty_balances", "partial_balances"])
async def test_an_answer_that_lost_assets_never_reads_as_zero(world: World, fault: str) -> None:
    await world.manager.sync(KRAKEN)
    before = await totals(world)
    await world.kraken.fault(fault)

    with pytest.raises((BalanceUnverified, VenueError)):
        await world.manager.sync(KRAKEN)

    assert await totals(world) == before
    with pytest.raises(BalanceUnverified):
        await world.manager.free_to_spend(KRAKEN, ETH)

    await world.kraken.clear_faults()
    assert (await world.manager.sync(KRAKEN)).status.verified


@pytest.mark.parametrize(
    "fault", ["malformed_json", "truncate_body", "http_5xx_before", "drop_before"]
)
async def test_an_answer_that_makes_no_sense_touches_nothing(world: World, fault: str) -> None:
    await world.manager.sync(KRAKEN)
    before = await totals(world)
    await world.kraken.fault(fault, match="BalanceEx")

    with pytest.raises(VenueError):
        await world.manager.sync(KRAKEN)

    assert await totals(world) == before
    assert "last read failed" in world.manager.status(KRAKEN).problems[0]


async def test_selling_everything_is_explained(world: World) -> None:
    await world.manager.sync(KRAKEN)
    await world.kraken.order_by_hand(pair="ETH/USD", side="sell", type="market", volume="2")

    view = await world.manager.sync(KRAKEN)

    assert view.readings[ETH].total == 0
    assert view.readings[ETH].verified


async def test_withdrawing_everything_is_explained(world: World) -> None:
    await world.manager.sync(KRAKEN)
    await world.kraken.withdraw("BTC", "0.5")

    assert (await world.manager.sync(KRAKEN)).readings[BTC].total == 0


async def test_a_breaker_spares_a_dead_venue_and_an_emergency_read_closes_it(
    world: World,
) -> None:
    await world.manager.sync(KRAKEN)
    await world.kraken.fault("http_5xx_before")
    for _ in range(2):
        with pytest.raises(VenueError):
            await world.manager.sync(KRAKEN)
    await world.kraken.clear_faults()
    with pytest.raises(VenueUnavailable, match="breaker"):
        await world.manager.sync(KRAKEN)

    view = await world.manager.sync(KRAKEN, priority=Priority.EMERGENCY)

    assert view.status.verified
    assert (await world.manager.sync(KRAKEN)).status.verified
