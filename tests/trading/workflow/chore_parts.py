"""The chores with everything real around them but the venue."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from storage.database import Database
from storage.nav import NavRepository
from storage.runs import RunRepository
from tests.support.clock import FakeClock
from tests.support.order_world import OrderWorld, order_world, working
from tests.support.perilous_venue import PerilousVenue
from tests.trading.portfolio.planning_cases import SETTINGS
from trading.intents.pnl import PnlView
from trading.intents.portfolio import Allocation, PortfolioIntents
from trading.intents.rebalance import RebalanceIntents, RebalanceParts
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.rebalance_model import Proposal
from trading.intents.rebalance_runner import RebalanceRunner, VenueAllocation
from trading.model.identifiers import Asset, CorrelationId, VenueName
from trading.portfolio.targets import Targets
from trading.workflow.chores import ChoreParts, Chores
from trading.workflow.venue_chores import VenueChoreParts, VenueChores

RUN = CorrelationId("job-test")
TARGETS = Targets(base=Asset("USD"), weights={Asset("BTC"): Decimal("0.5")})
RETENTION = timedelta(days=30)


class NoPictures:
    """Satisfies the painter: what runs by itself shows nothing."""

    async def rebalance(self, proposal: Proposal) -> bytes:
        raise AssertionError(f"a scheduled run of {proposal.venue} drew a picture")

    async def pnl(self, views: Collection[PnlView]) -> bytes:
        raise AssertionError(f"a scheduled run drew {len(views)} pictures")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreWorld:
    """One venue with a million cents' worth of dollars, and the chores."""

    world: OrderWorld
    chores: Chores
    at_venue: VenueChores
    nav: NavRepository
    runs: RunRepository
    backups: Path
    pruned: list[datetime]

    @property
    def venue(self) -> PerilousVenue:
        return self.world.venue

    @property
    def clock(self) -> FakeClock:
        return self.world.clock

    @property
    def database(self) -> Database:
        return self.world.balances.database


@asynccontextmanager
async def chore_world(
    folder: Path, *, clock: FakeClock | None = None
) -> AsyncIterator[ChoreWorld]:
    """Run the order desk and build the chores around it; 10,000 USD are held, half wanted BTC."""
    venue = _venue(clock := clock or FakeClock(instant=True))
    async with order_world(folder, clock=clock, venue=venue) as world, working(world):
        database = world.balances.database
        nav, runs = NavRepository(database=database), RunRepository(database=database)
        (backups := folder / "backups").mkdir()
        pruned: list[datetime] = []

        async def forget(before: datetime) -> None:
            pruned.append(before)

        parts = ChoreParts(
            balances=world.balances.manager,
            gate=world.gate,
            database=database,
            backups=backups,
            prune=(forget, forget),
            retention=RETENTION,
            clock=clock,
        )
        at_venue = VenueChoreParts(
            balances=world.balances.manager,
            feed=world.balances.feed,
            portfolio=_portfolio(world),
            rebalance=_rebalance(world, runs),
            gate=world.gate,
            risk=world.risk.watch,
            nav=nav,
        )
        yield ChoreWorld(
            world=world,
            chores=Chores(parts),
            at_venue=VenueChores(venue.name, at_venue),
            nav=nav,
            runs=runs,
            backups=backups,
            pruned=pruned,
        )


def _venue(clock: FakeClock) -> PerilousVenue:
    venue = PerilousVenue(clock=clock, fee=Decimal("0.0026"))
    venue.list_instrument("BTC/USD", "49999", "50001")
    venue.deposit("USD", "10000")
    return venue


def _portfolio(world: OrderWorld) -> PortfolioIntents:
    allocation = Allocation(targets=TARGETS, settings=SETTINGS)
    return PortfolioIntents(
        manager=world.balances.manager,
        allocations={VenueName(world.name): allocation},
        base=Asset("USD"),
        clock=world.clock,
    )


def _rebalance(world: OrderWorld, runs: RunRepository) -> RebalanceIntents:
    gatherer = InputGatherer(
        balances=world.balances.manager,
        market=world.balances.feed,
        orders=world.desk.journal,
        gate=world.gate,
        clock=world.clock,
    )
    runner = RebalanceRunner(
        gatherer=gatherer,
        executor=world.desk.executor,
        orders=world.desk.journal,
        runs=runs,
        clock=world.clock,
    )
    allocation = VenueAllocation(
        targets=TARGETS, settings=SETTINGS, cooldown=timedelta(minutes=10)
    )
    return RebalanceIntents(
        allocations={VenueName(world.name): allocation},
        parts=RebalanceParts(
            gatherer=gatherer,
            runner=runner,
            runs=runs,
            gate=world.gate,
            painter=NoPictures(),
            clock=world.clock,
        ),
    )
