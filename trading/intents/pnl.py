"""Profit and loss as the owner asks for it: by symbol, by period, and as a curve."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.errors import NotUnderstood, PriceError
from trading.model.fill import Fill
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.market_data import Price
from trading.model.valuation import UnitPrice
from trading.portfolio.performance import SymbolBook, read_fills

_ZERO = Decimal(0)
_PATIENCE_SECONDS = 8.0


class Fills(Protocol):
    """What profit and loss ask of the journal."""

    async def all_fills(self, venue: VenueName) -> tuple[Fill, ...]:
        """Return every fill of a venue, oldest first."""
        ...


class SymbolPrices(Protocol):
    """What profit and loss ask of the market feed."""

    async def prices(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]:
        """Return a usable price or the reason for each symbol."""
        ...


class Conversions(Protocol):
    """What profit and loss ask of the valuation."""

    async def unit_prices(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, UnitPrice | PriceError]:
        """Return what one unit of each asset is worth in the base currency."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlLine:
    """One symbol; money in its quote currency, None where no usable price exists."""

    book: SymbolBook
    price: Price | None
    unrealised: Decimal | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlTotals:
    """Money in the venue's base currency at today's rates; None where a part is not known."""

    realised_today: Decimal | None
    realised_week: Decimal | None
    realised_month: Decimal | None
    realised: Decimal | None
    unrealised: Decimal | None
    fees: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlPoint:
    """Realised profit added up to a moment, in the venue's base currency."""

    at: datetime
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlView:
    """The profit and loss of one venue."""

    venue: VenueName
    base: Asset
    lines: tuple[PnlLine, ...]
    totals: PnlTotals
    curve: tuple[PnlPoint, ...]
    """For the picture; empty while nothing was realised or it cannot be converted."""
    fills: int
    since: datetime | None
    """The first fill that all this rests on; None when there is none."""
    prices_as_of: datetime | None
    """The age of the oldest price in it; None when none was needed."""
    at: datetime


class PnlPainter(Protocol):
    """What profit and loss ask of whoever draws."""

    async def pnl(self, views: Sequence[PnlView]) -> bytes:
        """Return a PNG of profit and loss, one panel a view."""
        ...


class PnlIntents:
    """Reads fills, asks for prices, adds up."""

    def __init__(
        self,
        *,
        bases: Mapping[VenueName, Asset],
        fills: Fills,
        prices: SymbolPrices,
        conversions: Conversions,
        painter: PnlPainter,
        timezone: tzinfo,
        clock: Clock,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        """Take the parts; `timezone` is the owner's, where his day begins.

        So long is waited for the prices of a venue.
        """
        self._patience_seconds = patience_seconds
        self._bases = bases
        self._fills = fills
        self._prices = prices
        self._conversions = conversions
        self._painter = painter
        self._timezone = timezone
        self._clock = clock

    async def show(self, venue: VenueName | None = None) -> tuple[PnlView, ...]:
        """Return the profit and loss of one venue, or of each."""
        if venue is not None and venue not in self._bases:
            raise NotUnderstood(f"there is no venue {venue}; there is {', '.join(self._bases)}")
        venues = tuple(self._bases) if venue is None else (venue,)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(each)) for each in venues]
        return tuple(task.result() for task in tasks)

    async def picture(self, views: Sequence[PnlView]) -> bytes:
        """Draw what was shown."""
        return await self._painter.pnl(views)

    async def _one(self, venue: VenueName) -> PnlView:
        base = self._bases[venue]
        fills = await self._fills.all_fills(venue)
        # Years of fills take a moment to add up: not on the loop.
        books = tuple((await asyncio.to_thread(read_fills, fills)).values())
        held = [book.symbol for book in books if book.quantity]
        prices = await self._in_time(venue, held)
        rates = await self._rates(venue, {book.symbol.quote for book in books}, base)
        lines = tuple(_line(book, prices.get(book.symbol)) for book in books)
        now = self._clock.now()
        used = [line.price.as_of for line in lines if line.price is not None]
        return PnlView(
            venue=venue,
            base=base,
            lines=lines,
            totals=_totals(lines, rates, self._day_begins(now), now),
            curve=_curve(books, rates),
            fills=len(fills),
            since=min((fill.executed_at for fill in fills), default=None),
            prices_as_of=min(used, default=None),
            at=now,
        )

    async def _in_time(
        self, venue: VenueName, symbols: Sequence[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]:
        """Return prices, or that they did not come: one venue keeps no other from being shown."""
        if not symbols:
            return {}
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await self._prices.prices(venue, symbols)
        except TimeoutError:
            late = PriceError(f"{venue}: no prices within {self._patience_seconds:g} s")
            return dict.fromkeys(symbols, late)

    async def _rates(
        self, venue: VenueName, quotes: Collection[Asset], base: Asset
    ) -> Mapping[Asset, Decimal | None]:
        """Return what one unit of each quote currency is in the base; None where unknown."""
        foreign = sorted(quote for quote in quotes if quote != base)
        found: Mapping[Asset, UnitPrice | PriceError] = {}
        with suppress(TimeoutError):  # then they are unknown, and so is what rests on them
            async with asyncio.timeout(self._patience_seconds):
                if foreign:
                    found = await self._conversions.unit_prices(venue, foreign, base)
        rates: dict[Asset, Decimal | None] = {base: Decimal(1)}
        for quote in foreign:
            price = found.get(quote)
            rates[quote] = price.value if isinstance(price, UnitPrice) else None
        return rates

    def _day_begins(self, now: datetime) -> datetime:
        local = now.astimezone(self._timezone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _line(book: SymbolBook, price: Price | PriceError | None) -> PnlLine:
    if not book.quantity:
        return PnlLine(book=book, price=None, unrealised=_ZERO, problem=None)
    if isinstance(price, Price):
        unrealised = book.unrealised_profit(price.value)
        return PnlLine(book=book, price=price, unrealised=unrealised, problem=None)
    problem = str(price) if price is not None else f"{book.symbol}: no price"
    return PnlLine(book=book, price=None, unrealised=None, problem=problem)


def _totals(
    lines: Sequence[PnlLine],
    rates: Mapping[Asset, Decimal | None],
    day_begins: datetime,
    now: datetime,
) -> PnlTotals:
    def realised(since: datetime | None) -> Decimal | None:
        return _sum([(line.book, line.book.realised_since(since)) for line in lines], rates)

    return PnlTotals(
        realised_today=realised(day_begins),
        realised_week=realised(now - timedelta(days=7)),
        realised_month=realised(now - timedelta(days=30)),
        realised=realised(None),
        unrealised=_sum([(line.book, line.unrealised) for line in lines], rates),
        fees=_sum([(line.book, line.book.fees) for line in lines], rates),
    )


def _sum(
    amounts: Sequence[tuple[SymbolBook, Decimal | None]],
    rates: Mapping[Asset, Decimal | None],
) -> Decimal | None:
    """Add up in the base currency; one unknown part makes the sum unknown, never smaller."""
    total = _ZERO
    for book, amount in amounts:
        rate = rates[book.symbol.quote]
        if amount == 0:
            continue
        if amount is None or rate is None:
            return None
        total += amount * rate
    return total


def _curve(
    books: Sequence[SymbolBook], rates: Mapping[Asset, Decimal | None]
) -> tuple[PnlPoint, ...]:
    steps: list[tuple[datetime, Decimal]] = []
    for book in books:
        rate = rates[book.symbol.quote]
        if book.realised and rate is None:
            return ()
        steps += [(each.at, each.amount * (rate or _ZERO)) for each in book.realised]
    total = _ZERO
    points: list[PnlPoint] = []
    for at, amount in sorted(steps):
        total += amount
        points.append(PnlPoint(at=at, total=total))
    return tuple(points)
