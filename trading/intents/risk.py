"""Showing the limits on risk, how much of each is used, and how each venue has done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from storage.ledger import LedgerRow
from storage.performance import GrowthPoint
from trading.clock import Clock
from trading.intents.machine import Component, Probe
from trading.model.identifiers import VenueName
from trading.model.risk import FlowSum, LimitName, LimitUse, Returns, VenuePerformance, VenueRisk
from trading.model.trading_state import TradingState
from trading.risk import words
from trading.risk.order_risk import OrderRisk
from trading.risk.watch import RiskWatch

_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)
_UNJUDGED = timedelta(minutes=5)
"""A venue that could not be judged for so long is worth a line in /status."""


class History(Protocol):
    """Growth as it was."""

    async def growth_at(
        self, venue: str, base: str, at: datetime, *, began_at: datetime
    ) -> GrowthPoint | None: ...


class Flows(Protocol):
    """Deposits and withdrawals that were counted."""

    async def flows(self, venue: str, since: datetime) -> tuple[LedgerRow, ...]: ...


class Gate(Protocol):
    """The trading state."""

    @property
    def state(self) -> TradingState: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceView:
    """How one venue has done; flows are sums since the day began, and over 30 days."""

    venue: VenueName
    base: str
    performance: VenuePerformance
    returns: Returns
    flows_today: FlowSum
    flows_month: FlowSum
    judged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskView:
    """One venue against its limits; `performance` is None before it was first judged."""

    looked: VenueRisk
    performance: PerformanceView | None
    uses: tuple[LimitUse, ...]
    """Of the whole first, then of single orders."""
    warn_at: Decimal


class RiskIntents:
    """What can be asked about risk, from any door."""

    def __init__(
        self,
        *,
        watch: RiskWatch,
        orders: OrderRisk,
        history: History,
        ledger: Flows,
        gate: Gate,
        clock: Clock,
    ) -> None:
        """Take whom to ask."""
        self._watch = watch
        self._orders = orders
        self._history = history
        self._ledger = ledger
        self._gate = gate
        self._clock = clock

    def state(self) -> TradingState:
        """Return what is allowed now."""
        return self._gate.state

    async def show(self) -> tuple[RiskView, ...]:
        """Look at every venue now, and return its figures against the limits."""
        return tuple([await self._view(looked) for looked in await self._watch.look()])

    async def performance(self) -> tuple[PerformanceView, ...]:
        """Return how the venues have done, as last judged; asks nobody."""
        views = [await self._performance(each) for each in self._watch.latest.values()]
        return tuple(view for view in views if view is not None)

    def standing(self) -> tuple[str, ...]:
        """Say which limits on venues are breached, in words."""
        return tuple(
            words.standing(venue, use)
            for venue, looked in self._watch.latest.items()
            for use in looked.uses
            if use.is_breached
        )

    async def acknowledge(self, by: str) -> tuple[str, ...]:
        """After the owner resumed: let stand what is breached; return what that is, in words."""
        return await self._watch.acknowledge(by)

    async def _view(self, looked: VenueRisk) -> RiskView:
        venue = looked.venue
        return RiskView(
            looked=looked,
            performance=await self._performance(looked),
            uses=(*looked.uses, *self._orders.last_uses(venue), *await self._sends(venue)),
            warn_at=self._watch.limits.warn_at,
        )

    async def _sends(self, venue: VenueName) -> tuple[LimitUse, ...]:
        limits = self._watch.limits
        if limits.max_orders_per_minute is None:
            return ()
        return (
            LimitUse(
                name=LimitName.ORDERS_PER_MINUTE,
                subject=None,
                value=Decimal(await self._orders.sent_lately(venue)),
                limit=Decimal(limits.max_orders_per_minute),
                action=limits.action(LimitName.ORDERS_PER_MINUTE),
                as_of=self._clock.now(),
            ),
        )

    async def _performance(self, looked: VenueRisk) -> PerformanceView | None:
        figures, judged_at = looked.performance, looked.judged_at
        if figures is None or judged_at is None:
            return None
        flows = await self._ledger.flows(looked.venue, judged_at - _MONTH)
        return PerformanceView(
            venue=looked.venue,
            base=looked.base,
            performance=figures,
            returns=await self._returns(looked, figures, judged_at),
            flows_today=_sum([row for row in flows if _counted(row, figures.day_at)]),
            flows_month=_sum(flows),
            judged_at=judged_at,
        )

    async def _returns(
        self, looked: VenueRisk, figures: VenuePerformance, at: datetime
    ) -> Returns:
        async def since(moment: datetime) -> Decimal | None:
            point = await self._history.growth_at(
                looked.venue, looked.base, moment, began_at=figures.began_at
            )
            return None if point is None else figures.growth / point.growth - 1

        return Returns(
            day=figures.growth / figures.day_growth - 1,
            week=await since(at - _WEEK),
            month=await since(at - _MONTH),
            whole=figures.growth - 1,
            began_at=figures.began_at,
        )


def risk_probe(watch: RiskWatch, clock: Clock) -> Probe:
    """Name the limits that are nearly used up, or more, and venues that cannot be judged."""

    async def probe() -> Sequence[Component]:
        found: list[Component] = []
        for venue, looked in watch.latest.items():
            blind = looked.problem is not None and (
                looked.judged_at is None or clock.now() - looked.judged_at >= _UNJUDGED
            )
            if blind:
                detail = f"not judged: {looked.problem}"
                found.append(Component(name=f"{venue} risk", healthy=False, detail=detail))
            found.extend(
                Component(
                    name=f"{venue} {use.key}",
                    healthy=not use.is_breached,
                    detail=f"⚠ {use.use * 100:.0f} % used: {words.about(use)}",
                )
                for use in looked.uses
                if use.use is not None and use.use >= watch.limits.warn_at
            )
        return found

    return probe


def _counted(row: LedgerRow, since: datetime) -> bool:
    return row.settled_at is not None and row.settled_at > since


def _sum(rows: Sequence[LedgerRow]) -> FlowSum:
    worth = [row.value for row in rows if row.value is not None]
    zero = Decimal(0)
    return FlowSum(
        deposits=sum((value for value in worth if value > 0), zero),
        withdrawals=-sum((value for value in worth if value < 0), zero),
        count=len(worth),
    )
