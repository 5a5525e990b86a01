"""Events in the past tense, and the bus that carries them to whoever must hear."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trading.model.fill import Fill
from trading.model.identifiers import CorrelationId, RunId, VenueName
from trading.model.order import Order
from trading.model.trading_state import TradingState

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged:
    """An order moved in the journal; already committed."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class FillBooked:
    """A fill was stored for the first time; already committed."""

    fill: Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStateChanged:
    """Trading was halted, reduced or resumed."""

    state: TradingState


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancesQuestioned:
    """A venue's answer about balances was not believed."""

    venue: VenueName
    problems: tuple[str, ...]
    acceptable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancesVerified:
    """Balances that were in question are verified again."""

    venue: VenueName


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A rebalance run ended; money in the venue's base currency."""

    run_id: RunId
    venue: VenueName
    status: str
    summary: str
    cost: Decimal | None
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerNotice:
    """Something the owner must be told; `key` makes repeats of one trouble a single message."""

    kind: str
    text: str
    at: datetime
    key: str | None = None


Event = (
    OrderChanged
    | FillBooked
    | TradingStateChanged
    | BalancesQuestioned
    | BalancesVerified
    | RunFinished
    | OwnerNotice
)
Listener = Callable[[Event], Awaitable[None]]


class EventBus:
    """Hands each event to each listener, in the order of publishing.

    A listener that fails is logged and skipped: an event tells what has happened already, so
    nobody's failure to hear it may undo or hide it.
    """

    def __init__(self) -> None:
        """Start with no listeners."""
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Add a listener; there is no way back, the bus lives as long as the process."""
        self._listeners.append(listener)

    async def publish(self, event: Event) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            try:
                await listener(event)
            except Exception:  # noqa: BLE001 - a border: the event has happened already
                _log.exception("event listener failed event=%s", type(event).__name__)
