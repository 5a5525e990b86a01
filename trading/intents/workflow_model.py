"""What the symbol workflow is asked and what it answers: five stages, each with its duration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, unique

from trading.intents.manual_model import ManualPreview
from trading.model.candles import CandleInterval
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.market_data import Price
from trading.model.signal import NoSignal, Signal
from trading.portfolio.plan import PlannedOrder

A_FEW = 4
"""Of more symbols at once, only the strategy that counts is asked."""
_MICRO = Decimal("0.001")


@unique
class Stage(StrEnum):
    """In their order."""

    DATA = "data"
    SIGNAL = "signal"
    RISK = "risk"
    DECISION = "decision"
    ORDER = "order"


@unique
class Decision(StrEnum):
    """What the workflow comes to."""

    BUY = "buy"
    SELL = "sell"
    HOLD = "hold"
    """Nothing is to be done, and that is known."""
    NONE = "none"
    """Nothing can be said, or nothing may be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who wants it, and by which command."""

    by: str
    correlation_id: CorrelationId


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolWish:
    """A symbol, perhaps with how much of its base is to be traded if the signal says so."""

    symbol: Symbol
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """An asset of the allocation: its target, and where the signal would move that."""

    asset: Asset
    target: Decimal
    proposed: Decimal | None
    """None where there is no signal, or no bounds to move the target in."""
    is_moved: bool
    """True when the bot plans by it; False while signals are switched off here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision with its ground, and the order that follows from it."""

    decision: Decision
    reason: str
    planned: PlannedOrder | None = None
    """What the next rebalance does with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolResult:
    """One symbol after every stage that it reached."""

    wish: SymbolWish
    price: Price | None
    said: tuple[Signal | NoSignal, ...]
    """What each strategy says, the one that counts first."""
    weights: Weights | None
    verdict: Verdict
    preview: ManualPreview | None
    """The order by hand that a quantity asks for, to be confirmed."""
    milliseconds: Mapping[Stage, Decimal]

    @property
    def symbol(self) -> Symbol:
        """What it is about."""
        return self.wish.symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRun:
    """Every symbol that was asked for, in that order."""

    run_id: str
    venue: VenueName
    interval: CandleInterval
    results: tuple[SymbolResult, ...]
    at: datetime
    milliseconds: Decimal
    problems: tuple[str, ...] = field(default=())
    """Symbols that are not there, and what could not be written down."""


def as_milliseconds(seconds: float) -> Decimal:
    """Return a duration as it is stored and shown: in ms, to the microsecond."""
    return Decimal(repr(seconds * 1000)).quantize(_MICRO)
