"""The candles of one market with what we did in them, as a picture or as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.errors import CommandError, PriceError, StorageError, VenueError
from trading.intents.symbol_names import find_listed, parse_name
from trading.market.candle_checks import merge
from trading.market.candles import MOST_CANDLES
from trading.market.service import MarketData
from trading.model.candles import CandleInterval, CandleSeries, Gap
from trading.model.fill import Fill
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.market_data import Candle, Price

_SHOWN = 90
MOST_IN_A_FILE = 20_000
_COLUMNS = ("time", "open", "high", "low", "close", "volume")


class Fills(Protocol):
    """What a chart asks of the journal."""

    async def fills_since(self, venue: VenueName, at: datetime) -> tuple[Fill, ...]:
        """Return the fills that a venue executed from `at` on, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """The candles of one symbol at one venue, and our fills among them."""

    series: CandleSeries
    """At least one candle."""
    fills: tuple[Fill, ...]
    price: Price | None
    """The price of this moment; None when there is none to be had."""
    problem: str | None
    """Why the candles end in the past; None when they were asked for."""
    age_seconds: float
    at: datetime

    @property
    def last(self) -> Decimal:
        """The newest price there is."""
        return self.series.candles[-1].close if self.price is None else self.price.value

    @property
    def change_fraction(self) -> Decimal:
        """How far it has come since the first candle opened."""
        return self.last / self.series.candles[0].open - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleFile:
    """Closed candles as a CSV file."""

    name: str
    content: bytes
    venue: VenueName
    symbol: Symbol
    interval: CandleInterval
    candles: tuple[Candle, ...]
    gaps: tuple[Gap, ...]
    """What is missing between them."""
    problem: str | None
    """Why they end in the past; None when the venue was asked."""


class ChartPainter(Protocol):
    """What a chart asks of whoever draws."""

    async def candles(self, view: ChartView) -> bytes:
        """Return a PNG of the candles with our fills marked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleWish:
    """What somebody wants to see: a market by name, perhaps at a certain venue."""

    name: str
    interval: CandleInterval = CandleInterval.HOUR
    venue: VenueName | None = None


class ChartIntents:
    """What can be asked about candles, from any door."""

    def __init__(
        self,
        *,
        market: MarketData,
        bases: Mapping[VenueName, Asset],
        fills: Fills,
        painter: ChartPainter,
        clock: Clock,
    ) -> None:
        """`bases` are the currencies in which an asset alone is priced."""
        self._market = market
        self._bases = dict(bases)
        self._fills = fills
        self._painter = painter
        self._clock = clock

    async def show(self, wish: CandleWish) -> ChartView:
        """Return the last candles; raises PriceError when there are none at all.

        While the venue does not answer, what is written down is shown, and said to be that.
        """
        venue, symbol = await self._find(wish)
        series, problem = await self._series(venue, symbol, wish.interval, _SHOWN)
        price = (await self._market.feed.prices(venue, (symbol,)))[symbol]
        return ChartView(
            series=series,
            fills=await self._fills_in(series),
            price=price if isinstance(price, Price) else None,
            problem=problem,
            age_seconds=self._market.candles.age_seconds(series),
            at=self._clock.now(),
        )

    async def picture(self, view: ChartView) -> bytes:
        """Draw what was shown."""
        return await self._painter.candles(view)

    async def export(self, wish: CandleWish) -> CandleFile:
        """Return the closed candles that can be had as CSV, the last twenty thousand at most.

        What is written down goes further back than what a venue tells.
        """
        venue, symbol = await self._find(wish)
        fresh, problem = await self._series(venue, symbol, wish.interval, MOST_CANDLES)
        start = self._clock.now() - MOST_IN_A_FILE * wish.interval.length
        kept = await self._market.candles.stored(venue, (symbol,), wish.interval, start=start)
        whole = replace(kept[symbol], candles=merge(kept[symbol].closed, fresh.closed))
        return as_file(whole, problem=problem, now=self._clock.now())

    async def _find(self, wish: CandleWish) -> tuple[VenueName, Symbol]:
        """Return the first venue that lists it, and as what."""
        wanted = parse_name(wish.name)
        venues = self._market.feed.venues if wish.venue is None else (wish.venue,)
        reasons = []
        for venue in venues:
            if venue not in self._market.feed.venues:
                known = ", ".join(self._market.feed.venues) or "none"
                raise CommandError(f"there is no venue called {venue}; known: {known}")
            try:
                listed = (await self._market.feed.instruments(venue)).keys()
            except VenueError as error:
                reasons.append(str(error))
                continue
            symbol = find_listed(wanted, listed, self._bases.get(venue))
            if symbol is not None:
                return venue, symbol
            reasons.append(f"{venue} does not list {wanted}")
        raise PriceError("; ".join(reasons) or "no venue is set up")

    async def _series(
        self, venue: VenueName, symbol: Symbol, interval: CandleInterval, count: int
    ) -> tuple[CandleSeries, str | None]:
        candles = self._market.candles
        try:
            series, problem = await candles.series(venue, symbol, interval, count=count), None
        except PriceError as error:
            start = self._clock.now() - count * interval.length
            kept = await candles.stored(venue, (symbol,), interval, start=start)
            series, problem = kept[symbol], str(error)
            if not series.candles:
                raise
        if not series.candles:
            raise PriceError(f"{venue} has no {interval} candles of {symbol}: nobody traded it")
        return series, problem

    async def _fills_in(self, series: CandleSeries) -> tuple[Fill, ...]:
        """Return ours in the time that is shown; a picture without them is better than none."""
        try:
            fills = await self._fills.fills_since(series.venue, series.candles[0].opened_at)
        except StorageError:
            return ()
        return tuple(fill for fill in fills if fill.symbol == series.symbol)


def as_file(series: CandleSeries, *, problem: str | None, now: datetime) -> CandleFile:
    """Return the closed candles of a series as a file; there must be one at least."""
    candles = series.closed
    first, last = candles[0].opened_at, candles[-1].opened_at
    symbol = series.symbol
    words = f"{series.venue}-{symbol.base}-{symbol.quote}-{series.interval}"
    return CandleFile(
        name=f"{words}-{now:%Y%m%d-%H%M}.csv",
        content=as_csv(candles),
        venue=series.venue,
        symbol=symbol,
        interval=series.interval,
        candles=candles,
        gaps=tuple(gap for gap in series.gaps if first < gap.start < last),
        problem=problem,
    )


def as_csv(candles: tuple[Candle, ...]) -> bytes:
    """Return a row a candle: UTC open time, exact prices, volume in base."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in candles:
        prices = (each.open, each.high, each.low, each.close, each.volume)
        writer.writerow([f"{each.opened_at:%Y-%m-%dT%H:%M:%SZ}", *(f"{one:f}" for one in prices)])
    return text.getvalue().encode()
