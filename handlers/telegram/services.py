"""The intents that commands call; bot.py hands over the real ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from handlers.rendering import views
from trading.model.balance import VenueBalances
from trading.model.denial import Denied
from trading.model.identifiers import Asset, ClientOrderId, VenueName
from trading.model.trading_state import TradingState

Progress = Callable[[str], Awaitable[None]]


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
    orders: Any
    pnl: Any
    rebalance: Any


_ = ClientOrderId
