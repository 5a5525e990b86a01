"""The work of the jobs: each does one round and says in a few words what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from storage.database import Database
from storage.nav import NavRepository
from storage.records import NavRow
from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.errors import CommandError, PriceError, SteelyardError
from trading.intents.portfolio import PortfolioIntents, PortfolioView
from trading.intents.rebalance import RebalanceIntents
from trading.market.feed import MarketFeed
from trading.model.denial import Denied
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.risk import VenueRisk
from trading.risk.trading_state import TradingGate
from trading.risk.watch import RiskWatch

_log = logging.getLogger(__name__)

_BACKUPS_KEPT = 7
_CENTS_ARE_FINE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreParts:
    """Whom the chores work with."""

    balances: BalanceManager
    feed: MarketFeed
    portfolio: PortfolioIntents
    rebalance: RebalanceIntents
    gate: TradingGate
    risk: RiskWatch
    nav: NavRepository
    database: Database
    backups: Path
    prune: Sequence[Callable[[datetime], Awaitable[object]]]
    """Each forgets what is older than that."""
    retention: timedelta
    clock: Clock


class Chores:
    """One method a job; a failure raises and is the job's to handle."""

    def __init__(self, parts: ChoreParts) -> None:
        """Take the parts."""
        self._parts = parts

    async def balance_sync(self, _: CorrelationId) -> str:
        """Ask every venue for its balances; one venue's failure does not keep the others.

        One that pushes them is asked now and then, as the referee of its stream.
        """
        balances = self._parts.balances
        venues = [venue for venue in balances.venues if balances.wants_answer(venue)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._sync(venue)) for venue in venues]
        failed = [failure for task in tasks if (failure := task.result()) is not None]
        if failed:
            raise CommandError("; ".join(failed))
        streamed = len(balances.venues) - len(venues)
        return f"{len(venues)} read and verified" + (f", {streamed} streamed" if streamed else "")

    async def trading_loop(self, _: CorrelationId) -> str:
        """Look at the gate, at risk, and at what has drifted; trades nothing itself."""
        await self._parts.gate.look()
        looked = await self._parts.risk.look()
        await self._parts.nav.append(*filter(None, map(_measured, looked)))
        views = await self._parts.portfolio.show()
        return "; ".join(_drift(view) for view in views)

    async def price_scan(self, _: CorrelationId) -> str:
        """Keep the prices of what is held warm."""
        counts = [await self._scan(venue) for venue in self._parts.balances.venues]
        priced = sum(count for count, _ in counts)
        missing = [name for _, names in counts for name in names]
        return f"{priced} priced" + (f", none for {', '.join(missing)}" if missing else "")

    async def heartbeat(self, _: CorrelationId) -> str:
        """Say in the log that the bot is alive, and how."""
        state = self._parts.gate.state
        statuses = [self._parts.balances.status(venue) for venue in self._parts.balances.venues]
        verified = sum(status.verified for status in statuses)
        text = f"{state.mode}, balances of {verified} of {len(statuses)} venues verified"
        _log.info("heartbeat %s", text)
        return text

    async def cleanup(self, _: CorrelationId) -> str:
        """Back up, then forget what is old."""
        name = f"daily-{self._parts.clock.now():%Y%m%d-%H%M%S}.db"
        await self._parts.database.backup(self._parts.backups / name)
        before = self._parts.clock.now() - self._parts.retention
        for forget in self._parts.prune:
            await forget(before)
        removed = await asyncio.to_thread(_drop_old, self._parts.backups)
        return f"backed up as {name}, {removed} old backups removed"

    def rebalance(self, venue: VenueName) -> Callable[[CorrelationId], Awaitable[str]]:
        """Return the scheduled run of one venue."""

        async def work(correlation_id: CorrelationId) -> str:
            result = await self._parts.rebalance.run_scheduled(venue, correlation_id)
            if result is None:
                return "everything is inside its band"
            if isinstance(result, Denied):
                return f"not run: {result}"
            return f"{result.status}: cost {_money(result.cost)} {result.base}"

        return work

    async def _sync(self, venue: VenueName) -> str | None:
        try:
            await self._parts.balances.sync(venue)
        except SteelyardError as error:
            return str(error)
        return None

    async def _scan(self, venue: VenueName) -> tuple[int, list[str]]:
        view = await self._parts.balances.balances(venue)
        base = self._parts.balances.base(venue)
        listed = await self._parts.feed.instruments(venue)
        symbols = [
            symbol
            for asset, reading in view.readings.items()
            if reading.total and asset != base
            for symbol in _pairs(asset, base)
            if symbol in listed
        ]
        prices = await self._parts.feed.prices(venue, symbols)
        missing = [str(one) for one, price in prices.items() if isinstance(price, PriceError)]
        return len(prices) - len(missing), missing


def _measured(looked: VenueRisk) -> NavRow | None:
    """Return what was judged just now; a venue that could not be judged leaves no mark."""
    figures = looked.performance
    if figures is None or looked.problem is not None:
        return None
    return NavRow(
        venue=looked.venue,
        base=looked.base,
        nav=figures.nav,
        at=looked.at,
        growth=figures.growth,
    )


def _pairs(asset: Asset, base: Asset) -> tuple[Symbol, Symbol]:
    return Symbol(asset, base), Symbol(base, asset)


def _drift(view: PortfolioView) -> str:
    if view.nav is None:
        return f"{view.venue}: not valued"
    outside = [
        f"{row.asset} {row.drift:+.1%}"
        for row in view.rows
        if row.in_band is False and row.drift is not None
    ]
    return f"{view.venue}: {_money(view.nav)} {view.base}, " + (
        f"outside: {', '.join(outside)}" if outside else "all inside their bands"
    )


def _money(amount: Decimal) -> str:
    """Return an amount to the cent, or to the satoshi where cents are large."""
    return f"{amount:.2f}" if amount == 0 or abs(amount) >= _CENTS_ARE_FINE else f"{amount:.8f}"


def _drop_old(backups: Path) -> int:
    old = sorted(backups.glob("daily-*.db"))[:-_BACKUPS_KEPT]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
