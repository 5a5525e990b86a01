"""What strategies say of many symbols at once: candles asked for together, opinions apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from trading.errors import BalanceError, PriceError
from trading.market.candles import CandleService
from trading.model.balance import BalanceReading
from trading.model.candles import CandleInterval, CandleSeries
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.signal import NoSignal, Signal
from trading.portfolio.tilting import WeightBounds
from trading.signals.strategy import Strategy

Said = Signal | NoSignal

_SPARE = 2
"""One more for the running candle, and one for the turn of the interval meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRules:
    """Whose signal counts at a venue, and how far it moves what."""

    strategy: str = "trend"
    interval: CandleInterval = CandleInterval.FOUR_HOURS
    bounds: Mapping[Asset, WeightBounds]
    enabled: bool = False
    """False: shown only; no target is moved."""


class Holdings(Protocol):
    """What it asks of the balances."""

    async def balance(self, venue: VenueName, asset: Asset) -> BalanceReading: ...


class SignalReader:
    """Reads candles and asks strategies, which are loaded when they are first wanted."""

    def __init__(
        self,
        *,
        candles: CandleService,
        balances: Holdings,
        load: Callable[[], Mapping[str, Strategy]],
    ) -> None:
        """`load` imports the indicator library, which nobody else needs."""
        self._candles = candles
        self._balances = balances
        self._load = load
        self._strategies: Mapping[str, Strategy] = {}

    async def strategies(self) -> Mapping[str, Strategy]:
        """Return each strategy by its name."""
        if not self._strategies:
            self._strategies = await asyncio.to_thread(self._load)
        return self._strategies

    async def count(self) -> int:
        """Return how many candles every strategy can do with, the running one among them."""
        return max(each.needs for each in (await self.strategies()).values()) + _SPARE

    async def propose(
        self, series: CandleSeries | PriceError | None, symbol: Symbol, only: str | None = None
    ) -> list[Said]:
        """Return what each strategy says, or one; without candles the reason, from each."""
        every = await self.strategies()
        strategies = every if only is None else {only: every[only]}
        if not isinstance(series, CandleSeries):
            reason = str(series) if series is not None else "there are no candles"
            return [NoSignal(strategy=name, symbol=symbol, reason=reason) for name in strategies]
        position = await self._position(series.venue, symbol.base)
        return [_asked(each, series, position) for each in strategies.values()]

    async def read(
        self, venue: VenueName, symbols: Collection[Symbol], rules: SignalRules
    ) -> Mapping[Symbol, Said]:
        """Return what the strategy that counts says of each symbol."""
        strategy = (await self.strategies())[rules.strategy]
        found = await self._candles.many(
            venue, symbols, rules.interval, count=strategy.needs + _SPARE
        )
        said: dict[Symbol, Said] = {}
        for symbol, series in found.items():
            if isinstance(series, CandleSeries):
                said[symbol] = _asked(strategy, series, await self._position(venue, symbol.base))
            else:
                said[symbol] = NoSignal(strategy=strategy.name, symbol=symbol, reason=str(series))
        return said

    async def _position(self, venue: VenueName, asset: Asset) -> Decimal | None:
        try:
            reading = await self._balances.balance(venue, asset)
        except BalanceError:
            return None
        return reading.total if reading.verified else None


def _asked(strategy: Strategy, series: CandleSeries, position: Decimal | None) -> Said:
    """Ask a strategy; figures that cannot be reckoned with are no signal, by name."""
    try:
        return strategy.propose(series, position)
    except ArithmeticError as error:
        reason = f"its candles cannot be reckoned with ({type(error).__name__}: {error})"
        return NoSignal(strategy=strategy.name, symbol=series.symbol, reason=reason)
