"""The holdings of each venue, valued, against their targets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.balances.manager import BalanceManager
from trading.clock import Clock
from trading.errors import BalanceError
from trading.model.balance import BalanceStatus
from trading.model.identifiers import Asset, VenueName
from trading.model.valuation import AssetValue, TotalValue, Valuation
from trading.portfolio.targets import RebalanceSettings, Targets

_ZERO = Decimal(0)
PATIENCE_SECONDS = 4.0
"""So long the view of the whole waits for a venue's prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What the owner wants of one venue, and how far it may drift."""

    targets: Targets
    settings: RebalanceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioRow:
    """One asset; money in the base currency, weights as fractions of the managed value.

    `target`, `drift` and `in_band` are None for an asset that no target manages; the base
    currency takes what is left and has no band.
    """

    asset: Asset
    total: Decimal
    price: Decimal | None
    value: Decimal | None
    weight: Decimal | None
    target: Decimal | None
    drift: Decimal | None
    in_band: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioView:
    """One venue; `nav` is None while anything held cannot be priced (then `unpriced` says)."""

    venue: VenueName
    base: Asset
    nav: Decimal | None
    priced_value: Decimal
    rows: tuple[PortfolioRow, ...]
    status: BalanceStatus
    unpriced: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeView:
    """Every venue, and all of them added up in one currency."""

    views: tuple[PortfolioView, ...]
    total: TotalValue


class PortfolioIntents:
    """What can be asked about the whole, from any door."""

    def __init__(
        self,
        *,
        manager: BalanceManager,
        allocations: Mapping[VenueName, Allocation],
        base: Asset,
        clock: Clock,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """A venue without an allocation has no targets; `base` is the currency of totals."""
        self._patience_seconds = patience_seconds
        self._base = base
        self._manager = manager
        self._allocations = dict(allocations)
        self._clock = clock

    def replace_allocations(self, allocations: Mapping[VenueName, Allocation]) -> None:
        """Put other targets in force."""
        self._allocations = dict(allocations)

    async def show(self, venue: VenueName | None = None) -> tuple[PortfolioView, ...]:
        """Value one venue, or every one at once; one that is not known says so alone."""
        venues = self._manager.venues if venue is None else (venue,)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._view(each)) for each in venues]
        return tuple(task.result() for task in tasks)

    async def whole(self) -> WholeView:
        """Value every venue and add them up; a venue that keeps us waiting is unknown."""
        total = await self._manager.total_value(self._base, within_seconds=self._patience_seconds)
        views = [
            self._unknown(share.venue, "; ".join(share.missing))
            if share.valuation is None
            else await self._seen(share.valuation)
            for share in total.shares
        ]
        return WholeView(views=tuple(views), total=total)

    async def total(self) -> TotalValue:
        """Add up every venue by what is in memory; nobody is asked and nobody waited for."""
        return await self._manager.total_value(self._base, asking=False)

    async def _view(self, venue: VenueName) -> PortfolioView:
        try:
            valuation = await self._manager.nav(venue)
        except BalanceError as error:
            return self._unknown(venue, str(error))
        return await self._seen(valuation)

    def _unknown(self, venue: VenueName, why: str) -> PortfolioView:
        return PortfolioView(
            venue=venue,
            base=self._manager.base(venue),
            nav=None,
            priced_value=_ZERO,
            rows=(),
            status=self._manager.status(venue),
            unpriced=(why,),
            at=self._clock.now(),
        )

    async def _seen(self, valuation: Valuation) -> PortfolioView:
        venue = valuation.venue
        allocation = self._allocations.get(venue)
        lines = await self._with_targets(valuation, allocation)
        return PortfolioView(
            venue=venue,
            base=valuation.base,
            nav=valuation.nav,
            priced_value=valuation.priced_value,
            rows=portfolio_rows(lines, allocation),
            status=valuation.status,
            unpriced=valuation.unpriced,
            at=valuation.at,
        )

    async def _with_targets(
        self, valuation: Valuation, allocation: Allocation | None
    ) -> tuple[AssetValue, ...]:
        """Add what has a target and is proven not to be held."""
        lines = list(valuation.lines)
        held = {line.asset for line in lines}
        if allocation is not None:
            wanted = (allocation.targets.base, *allocation.targets.weights)
            for asset in wanted:
                if asset in held:
                    continue
                try:
                    reading = await self._manager.balance(valuation.venue, asset)
                except BalanceError:
                    continue  # not known: no row rather than a row of zeros
                lines.append(
                    AssetValue(
                        asset=asset, total=reading.total, price=None, value=reading.total * 0
                    )
                )
        return tuple(lines)


def portfolio_rows(
    lines: tuple[AssetValue, ...], allocation: Allocation | None
) -> tuple[PortfolioRow, ...]:
    """Weigh each holding, the heaviest first; weights are None while one is not priced."""
    managed = None if allocation is None else _managed(allocation.targets)
    counted = [line for line in lines if managed is None or line.asset in managed]
    values = [line.value for line in counted]
    known = [value for value in values if value is not None]
    whole = sum(known, _ZERO) if len(known) == len(values) else None
    rows = [_row(line, whole, allocation) for line in lines]
    return tuple(sorted(rows, key=lambda row: (-(row.value or _ZERO), row.asset)))


def _managed(targets: Targets) -> frozenset[Asset]:
    return frozenset({targets.base, *targets.weights})


def _row(line: AssetValue, whole: Decimal | None, allocation: Allocation | None) -> PortfolioRow:
    target = None if allocation is None else _target(line.asset, allocation.targets)
    is_counted = allocation is None or target is not None
    weight = line.value / whole if is_counted and whole and line.value is not None else None
    drift = None if weight is None or target is None else weight - target
    return PortfolioRow(
        asset=line.asset,
        total=line.total,
        price=None if line.price is None else line.price.value,
        value=line.value,
        weight=weight,
        target=target,
        drift=drift,
        in_band=None if drift is None else _in_band(line.asset, drift, target, allocation),
    )


def _target(asset: Asset, targets: Targets) -> Decimal | None:
    return targets.base_weight if asset == targets.base else targets.weights.get(asset)


def _in_band(
    asset: Asset, drift: Decimal, target: Decimal | None, allocation: Allocation | None
) -> bool | None:
    if allocation is None or target is None or asset == allocation.targets.base:
        return None
    return abs(drift) <= allocation.settings.band(target)
