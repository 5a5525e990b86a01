"""The work of the jobs of one venue: each does one round and says in words what came of it.

Every venue has jobs of its own: one that hangs or fails delays, and has sat out, only its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from storage.nav import NavRepository
from storage.records import NavRow
from trading.balances.manager import BalanceManager
from trading.errors import PriceError
from trading.intents.portfolio import PortfolioIntents, PortfolioView
from trading.intents.rebalance import RebalanceIntents
from trading.market.feed import MarketFeed
from trading.model.denial import Denied
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.risk import VenueRisk
from trading.risk.trading_state import TradingGate
from trading.risk.watch import RiskWatch

_CENTS_ARE_FINE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueChoreParts:
    """Whom the chores of a venue work with."""

    balances: BalanceManager
    feed: MarketFeed
    portfolio: PortfolioIntents
    rebalance: RebalanceIntents
    gate: TradingGate
    risk: RiskWatch
    nav: NavRepository


class VenueChores:
    """One method a job; a failure raises and is the job's to handle."""

    def __init__(self, venue: VenueName, parts: VenueChoreParts) -> None:
        """Take the venue and the parts."""
        self._venue = venue
        self._parts = parts

    async def balance_sync(self, _: CorrelationId) -> str:
        """Ask the venue for its balances; one that pushes them, now and then, as a referee."""
        balances = self._parts.balances
        if not balances.wants_answer(self._venue):
            return "streamed"
        await balances.sync(self._venue)
        return "read and verified"

    async def trading_loop(self, _: CorrelationId) -> str:
        """Look at the gate, at risk, and at what has drifted; trades nothing itself."""
        await self._parts.gate.look()
        measured = _measured(await self._parts.risk.look_at(self._venue))
        if measured is not None:
            await self._parts.nav.append(measured)
        views = await self._parts.portfolio.show(self._venue)
        return "; ".join(_drift(view) for view in views)

    async def price_scan(self, _: CorrelationId) -> str:
        """Keep the prices of what is held warm."""
        view = await self._parts.balances.balances(self._venue)
        base = self._parts.balances.base(self._venue)
        listed = await self._parts.feed.instruments(self._venue)
        symbols = [
            symbol
            for asset, reading in view.readings.items()
            if reading.total and asset != base
            for symbol in _pairs(asset, base)
            if symbol in listed
        ]
        prices = await self._parts.feed.prices(self._venue, symbols)
        missing = [str(one) for one, price in prices.items() if isinstance(price, PriceError)]
        priced = f"{len(prices) - len(missing)} priced"
        return priced + (f", none for {', '.join(missing)}" if missing else "")

    async def rebalance(self, correlation_id: CorrelationId) -> str:
        """Run what the schedule asks for."""
        result = await self._parts.rebalance.run_scheduled(self._venue, correlation_id)
        if result is None:
            return "everything is inside its band"
        if isinstance(result, Denied):
            return f"not run: {result}"
        return f"{result.status}: cost {_money(result.cost)} {result.base}"


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
