"""The intents that commands call; bot.py hands over the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from handlers.rendering import views
from trading.intents.rebalance_model import OnProgress, Proposal, RunResult
from trading.model.balance import VenueBalances
from trading.model.denial import Denied
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, CorrelationId, VenueName
from trading.model.order import Order
from trading.model.trading_state import TradingState


class Balances(Protocol):
    """The intents of trading.intents.balances."""

    async def show(self, venue: VenueName | None) -> Sequence[VenueBalances]: ...
    async def refresh(self, venue: VenueName | None) -> Sequence[views.RefreshView]: ...
    async def accept(self, venue: VenueName, by: str) -> object: ...
    async def verify(
        self, venue: VenueName, asset: Asset, amount: Decimal
    ) -> views.VerifyView: ...
    def accesses(self, limit: int) -> Sequence[views.AccessView]: ...


class Portfolio(Protocol):
    """The intents of trading.intents.portfolio."""

    async def show(self) -> Sequence[views.PortfolioView]: ...


class Prices(Protocol):
    """The intents of trading.intents.prices."""

    async def price(self, text: str, venue: VenueName | None) -> Sequence[views.PriceView]: ...


class Halt(Protocol):
    """The intents of trading.intents.halt."""

    async def halt(self, by: str, reason: str) -> object: ...
    async def resume(self, by: str) -> Denied | object: ...
    def state(self) -> TradingState: ...


class Breakers(Protocol):
    """The intents of trading.intents.breakers."""

    async def show(self, venue: VenueName | None) -> Sequence[views.BreakerView]: ...
    async def reset(self, venue: VenueName | None, by: str) -> Sequence[views.RefreshView]: ...


class Jobs(Protocol):
    """The intents of trading.intents.jobs; names that do not exist raise CommandError."""

    async def show(self) -> Sequence[views.JobView]: ...
    async def pause(self, name: str | None, by: str) -> Sequence[str]: ...
    async def resume(self, name: str | None, by: str) -> Sequence[str]: ...


class Machine(Protocol):
    """The intents of trading.intents.status: what the bot knows of itself."""

    async def status(self) -> Sequence[views.ComponentView]: ...
    async def health(self) -> Sequence[views.ComponentView]: ...
    def configuration(self) -> views.ConfigurationView: ...
    def version(self) -> views.ConfigurationView: ...
    def logs(self, lines: int) -> Sequence[str]: ...


class Orders(Protocol):
    """The intents of trading.intents.orders."""

    async def working(self) -> Sequence[Order]: ...
    async def trades(self, limit: int) -> Sequence[Fill]: ...
    async def cancel(self, client_order_id: ClientOrderId) -> Order | Denied: ...
    async def cancel_all(self, by: str) -> Sequence[str]: ...
    async def resolve(
        self, client_order_id: ClientOrderId, *, placed: bool, by: str
    ) -> Order | Denied: ...
    async def reconcile(self) -> views.ReconciliationView: ...


class Rebalance(Protocol):
    """The intents of trading.intents.rebalance; None stands for every venue with targets."""

    async def propose(
        self, venue: VenueName | None, by: str, correlation_id: CorrelationId
    ) -> Sequence[Proposal | Denied]: ...
    async def execute(
        self,
        venue: VenueName,
        plan_hash: str,
        by: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress,
    ) -> RunResult | Denied | Proposal: ...
    async def picture(self, proposal: Proposal) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that commands may call."""

    venues: tuple[VenueName, ...]
    balances: Balances
    portfolio: Portfolio
    prices: Prices
    halt: Halt
    breakers: Breakers
    jobs: Jobs
    machine: Machine
    orders: Orders
    pnl: Any
    rebalance: Rebalance
