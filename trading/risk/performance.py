"""Time-weighted growth of a venue: what one unit of money put in at the beginning has become.

Deposits and withdrawals are cash flows that the owner decides on; the return that is left when
they are taken out is the time-weighted one (the method of the Global Investment Performance
Standards, GIPS; Bacon, "Practical Portfolio Performance Measurement and Attribution", ch. 2).
Between two readings of the whole

    growth = (V1 + W) / (V0 + D)

with V0 and V1 the value before and after, D what came in and W what went out in between: inflows
count from the start of the interval, outflows to its end. Growth is chained over the intervals;
the return of a period is the quotient of its two ends, less one. An interval is the time between
two looks (a minute by default), so every flow lies within a minute of a valuation.

An inflow of an asset that was priced at the start counts at that price when the interval is
short, an outflow at the last one: then the formula is exact whatever prices did in between, since
V0 + D is the larger holding at the old prices and V1 the same holding at the new ones. Trades,
fees and rewards are performance: they are in V1 and in no flow.

Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from trading.model.identifiers import Asset, VenueName
from trading.model.risk import VenuePerformance

_ZERO, _ONE = Decimal(0), Decimal(1)
_SHORT = timedelta(minutes=15)
"""Over longer gaps nobody knows what an inflow was worth at their start: it was not here."""
_LEAST = Decimal("1E-9")
"""A whole loss: the chain must not end in a zero that no later gain could leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """So much of an asset, at a price in the base currency."""

    total: Decimal
    price: Decimal

    @property
    def value(self) -> Decimal:
        """Return what it is worth."""
        return self.total * self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A venue valued from verified balances and fresh prices alone."""

    venue: VenueName
    base: Asset
    holdings: Mapping[Asset, Holding]
    balances_at: datetime
    """When the balances were known to be so."""
    prices_at: datetime
    """The age of the oldest price."""
    at: datetime
    source: str

    @property
    def nav(self) -> Decimal:
        """Return the net asset value."""
        return sum((holding.value for holding in self.holdings.values()), _ZERO)

    @property
    def totals(self) -> Mapping[Asset, Decimal]:
        """Return how much of each asset is held."""
        return {asset: holding.total for asset, holding in self.holdings.items()}

    def shares(self) -> Mapping[Asset, Decimal]:
        """Return each asset but the base currency as a fraction of the whole."""
        nav = self.nav
        if nav <= 0:
            return {}
        return {
            asset: holding.value / nav
            for asset, holding in self.holdings.items()
            if asset != self.base
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """So much of an asset came in (positive) or went out, worth `value` in the base currency."""

    asset: Asset
    amount: Decimal
    value: Decimal


def value_flow(
    asset: Asset,
    amount: Decimal,
    *,
    before: Reading,
    after: Reading,
    elsewhere: Mapping[Asset, Decimal],
) -> Flow | None:
    """Value what came in or went out; None where the asset has no price at either end.

    `elsewhere` has closing prices of assets that are not held any more.
    """
    opening = _price(before, asset)
    closing = _price(after, asset) or elsewhere.get(asset)
    is_short = after.at - before.at <= _SHORT
    price = (opening if amount > 0 and is_short else None) or closing or opening
    return None if price is None else Flow(asset=asset, amount=amount, value=amount * price)


def growth_between(nav_before: Decimal, nav_after: Decimal, flows: Sequence[Flow]) -> Decimal:
    """Return the growth of one interval; 1 where nothing was invested in it."""
    inflows = sum((flow.value for flow in flows if flow.value > 0), _ZERO)
    outflows = -sum((flow.value for flow in flows if flow.value < 0), _ZERO)
    invested = nav_before + inflows
    if invested <= 0:
        return _ONE
    return max(_LEAST, (nav_after + outflows) / invested)


def growth_by_prices(before: Reading, after: Reading) -> Decimal:
    """Return the growth as if all that changed in amount had been flows.

    What the prices alone did to what was held: right whatever moved the amounts, but for the
    costs of trading. An asset that is gone counts at its old price.
    """
    if before.nav <= 0:
        return _ONE
    moved = sum(
        (
            holding.total * (_price(after, asset) or holding.price)
            for asset, holding in before.holdings.items()
        ),
        _ZERO,
    )
    return max(_LEAST, moved / before.nav)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The series of one venue: the last settled reading, the peak, the beginning of the day."""

    mark: Reading
    """Everything up to here is explained."""
    growth: Decimal
    peak: Decimal
    peak_at: datetime
    day: date
    """The owner's."""
    day_growth: Decimal
    day_nav: Decimal
    day_at: datetime
    began_at: datetime

    def performance(self, *, nav: Decimal, growth: Decimal) -> VenuePerformance:
        """Return the figures at a reading that may not be settled yet."""
        return VenuePerformance(
            nav=nav,
            growth=growth,
            peak=self.peak,
            peak_at=self.peak_at,
            day_growth=self.day_growth,
            day_nav=self.day_nav,
            day_at=self.day_at,
            began_at=self.began_at,
        )


def begin(reading: Reading, today: date) -> Book:
    """Begin a series: growth and peak are 1."""
    return Book(
        mark=reading,
        growth=_ONE,
        peak=_ONE,
        peak_at=reading.at,
        day=today,
        day_growth=_ONE,
        day_nav=reading.nav,
        day_at=reading.at,
        began_at=reading.at,
    )


def settle(book: Book, reading: Reading, flows: Sequence[Flow], today: date) -> Book:
    """Take a reading whose every change is explained as the new mark."""
    growth = book.growth * growth_between(book.mark.nav, reading.nav, flows)
    settled = replace(book, mark=reading, growth=growth)
    if growth > book.peak:
        settled = replace(settled, peak=growth, peak_at=reading.at)
    return new_day(settled, reading, growth, today)


def new_day(book: Book, reading: Reading, growth: Decimal, today: date) -> Book:
    """Begin the owner's day at its first reading; a clock that steps back begins none."""
    is_later = today > book.day
    was_wrong = book.day - today > timedelta(days=1)
    if not is_later and not was_wrong:
        return book
    return replace(book, day=today, day_growth=growth, day_nav=reading.nav, day_at=reading.at)


def _price(reading: Reading, asset: Asset) -> Decimal | None:
    if asset == reading.base:
        return _ONE
    holding = reading.holdings.get(asset)
    return None if holding is None else holding.price
