"""The risk watch with everything real around it, on a database file that outlives it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from storage.ledger import LedgerRepository
from storage.performance import PerformanceRepository
from tests.support.balance_parts import BalanceParts, balance_parts
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from trading.errors import SteelyardError
from trading.events import OwnerNotice
from trading.model.identifiers import Asset, VenueName
from trading.model.risk import LimitUse, RiskLimits, VenuePerformance, VenueRisk
from trading.portfolio.pricing import FeedPrices
from trading.risk.order_risk import OrderRisk
from trading.risk.series import SeriesParts, VenueSeries
from trading.risk.trading_state import TradingGate
from trading.risk.watch import RiskWatch, WatchParts

USD = Asset("USD")
BERLIN = ZoneInfo("Europe/Berlin")
LIMITS = RiskLimits(max_daily_loss=Decimal("0.1"), max_drawdown=Decimal("0.2"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskWorld:
    """One run of the bot as far as risk goes."""

    balances: BalanceParts
    gate: TradingGate
    orders: OrderRisk
    series: VenueSeries
    watch: RiskWatch
    performance: PerformanceRepository
    ledger: LedgerRepository

    @property
    def venue(self) -> MemoryVenue:
        return self.balances.venue

    @property
    def name(self) -> VenueName:
        return self.balances.name

    @property
    def clock(self) -> FakeClock:
        return self.balances.clock

    @property
    def mode(self) -> str:
        return self.gate.state.mode.value

    async def look(self, *, after: float = 60.0) -> VenueRisk:
        """Let time pass, have the balances read, and look."""
        await self.clock.advance(after)
        with suppress(SteelyardError):  # what cannot be read is what some tests are about
            await self.balances.manager.sync(self.name)
        return await self.watch.look_at(self.name)

    async def figures(self, *, after: float = 60.0) -> VenuePerformance:
        """Look, and return what was judged."""
        looked = await self.look(after=after)
        assert looked.problem is None, looked.problem
        assert looked.performance is not None
        return looked.performance

    def use(self, key: str) -> LimitUse:
        """Return one limit as the last look found it."""
        return {each.key: each for each in self.watch.latest[self.name].uses}[key]

    def told(self) -> list[str]:
        """Everything the owner was told of."""
        heard = self.balances.heard.events
        return [event.text for event in heard if isinstance(event, OwnerNotice)]

    def price(self, symbol: str, mid: int) -> None:
        """Move a market."""
        self.venue.list_instrument(symbol, f"{mid - 1}", f"{mid + 1}")


def make_venue(clock: FakeClock) -> MemoryVenue:
    """10,000 USD: half of it in BTC."""
    venue = MemoryVenue(clock=clock)
    venue.list_instrument("BTC/USD", "49999", "50001")
    venue.deposit("USD", "5000")
    venue.deposit("BTC", "0.1")
    return venue


@asynccontextmanager
async def risk_world(
    folder: Path,
    *,
    clock: FakeClock,
    venue: MemoryVenue,
    limits: RiskLimits = LIMITS,
    timezone: tzinfo = BERLIN,
) -> AsyncIterator[RiskWorld]:
    """Start the watch as bot.py does; leaving is the end of that run."""
    async with balance_parts(folder, clock=clock, venue=venue) as balances:
        gate = TradingGate(
            halt_file=folder / "HALT",
            settings=balances.settings,
            clock=clock,
            bus=balances.bus,
            trading_enabled=True,
            is_live=False,
        )
        await gate.start()
        yield await build_risk(balances, gate, limits=limits, timezone=timezone)


async def build_risk(
    balances: BalanceParts,
    gate: TradingGate,
    *,
    limits: RiskLimits = LIMITS,
    timezone: tzinfo = BERLIN,
) -> RiskWorld:
    """Build the watch over balances and a gate that are there."""
    venue, clock = balances.venue, balances.clock
    pricing = FeedPrices(feed=balances.feed, clock=clock)
    performance = PerformanceRepository(database=balances.database)
    ledger = LedgerRepository(database=balances.database)
    orders = OrderRisk(
        limits=limits,
        bases={venue.name: USD},
        market=balances.feed,
        pricing=pricing,
        balances=balances.manager,
        sends=performance,
        clock=clock,
    )
    parts = SeriesParts(
        source=venue,
        ledger=ledger,
        store=performance,
        pricing=pricing,
        clock=clock,
        timezone=timezone,
    )
    series = VenueSeries(venue=venue.name, base=USD, parts=parts)
    watch = _watch(balances, gate, series, orders)
    await watch.start()
    return RiskWorld(
        balances=balances,
        gate=gate,
        orders=orders,
        series=series,
        watch=watch,
        performance=performance,
        ledger=ledger,
    )


def _watch(
    balances: BalanceParts, gate: TradingGate, series: VenueSeries, orders: OrderRisk
) -> RiskWatch:
    parts = WatchParts(
        valuer=balances.manager,
        pricing=FeedPrices(feed=balances.feed, clock=balances.clock),
        orders=orders,
        gate=gate,
        store=PerformanceRepository(database=balances.database),
        bus=balances.bus,
        clock=balances.clock,
    )
    return RiskWatch(series={balances.venue.name: series}, parts=parts)
