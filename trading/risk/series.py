"""The growth of one venue, kept from reading to reading; asks the ledger where amounts changed.

While the ledger does not explain a change, nothing is settled: the growth goes on by prices
alone, which are right whatever moved the amounts, and neither the peak nor the mark moves. So a
deposit that the ledger tells late is no gain, and a withdrawal no loss, not even for a while.
What no ledger explains within half an hour is taken for a flow, and the owner is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Protocol

from storage.ledger import LedgerRow
from storage.performance import PerformanceRow, Settlement
from trading.clock import Clock
from trading.errors import StorageError, VenueError
from trading.model.identifiers import Asset, VenueName
from trading.model.ledger import LedgerEntry
from trading.model.risk import VenuePerformance
from trading.model.valuation import UnitPrice
from trading.risk.explanation import Explanation, explain
from trading.risk.order_risk import UnitPrices
from trading.risk.performance import (
    Book,
    Flow,
    Reading,
    begin,
    growth_by_prices,
    new_day,
    settle,
    value_flow,
)
from trading.risk.series_rows import entry_of, ledger_row, series_of, series_row, unexplained_row

_log = logging.getLogger(__name__)

_OVERLAP = timedelta(minutes=15)
"""The ledger is read from so long before the last mark: the clocks differ, and rows come late."""
_GREY = timedelta(minutes=1)
"""Rows of this time after a reading may be in it already, by the venue's clock."""
_PATIENCE_SECONDS = 1800.0
_TIMEOUT_SECONDS = 45.0
_NOISE = Decimal("0.00001")
"""Rounding: what is worth less than this part of the whole needs no row of its own."""


class LedgerSource(Protocol):
    """A venue's ledger."""

    async def fetch_ledger(self, *, since: datetime) -> tuple[LedgerEntry, ...]:
        """Return every row since, oldest first."""
        ...


class LedgerStore(Protocol):
    """Rows of the ledger as they were read."""

    async def add(self, rows: Sequence[LedgerRow]) -> None: ...
    async def unsettled(self, venue: str, since: datetime) -> tuple[LedgerRow, ...]: ...


class SeriesStore(Protocol):
    """Where the series survives the process."""

    async def load(self, venue: str) -> PerformanceRow | None: ...
    async def save(self, row: PerformanceRow, settled: Settlement) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesParts:
    """Whom a series works with."""

    source: LedgerSource
    ledger: LedgerStore
    store: SeriesStore
    pricing: UnitPrices
    clock: Clock
    timezone: tzinfo
    """The owner's, where his day begins."""


class VenueSeries:
    """One venue's; `take` is called by one task at a time."""

    def __init__(self, *, venue: VenueName, base: Asset, parts: SeriesParts) -> None:
        """Begin with nothing; `start` loads what there is."""
        self._venue = venue
        self._base = base
        self._parts = parts
        self._book: Book | None = None
        self._ahead: tuple[Reading, Decimal] | None = None
        """The last reading that is not settled, and the growth by prices up to it."""
        self._waits_since: float | None = None
        self._unsaved = Settlement()
        self._is_changed = False
        self.waiting: str | None = None
        """Why the last reading is not settled."""
        self.told: list[str] = []
        """What the owner must hear; whoever calls `take` takes it from here."""

    @property
    def base(self) -> Asset:
        """The currency that it is measured in."""
        return self._base

    @property
    def book(self) -> Book | None:
        """The settled series; None before the first reading."""
        return self._book

    async def start(self) -> None:
        """Take up the series where the last process left it; another currency begins anew."""
        row = await self._parts.store.load(self._venue)
        if row is not None and row.base == self._base:
            self._book = series_of(row)

    async def take(self, reading: Reading) -> VenuePerformance:
        """Go on with the series; what that changes is written down by `save`."""
        book, today = self._book, reading.at.astimezone(self._parts.timezone).date()
        if book is None:
            return self._keep(begin(reading, today), Settlement())
        if reading.totals == book.mark.totals:
            return self._keep(settle(book, reading, (), today), Settlement())
        found = await self._explanation(book, reading)
        if found is None:
            return self._go_on_by_prices(book, reading, today)
        flows, settled = await self._flows(book, reading, found)
        return self._keep(settle(book, reading, flows, today), settled)

    async def _explanation(self, book: Book, reading: Reading) -> Explanation | None:
        """Return what the ledger says, once it says all; None while that is waited for."""
        found: Explanation | None = None
        try:
            rows = await self._ask_ledger(book)
            found = self._explain(book, reading, rows)
        except (VenueError, StorageError, TimeoutError) as error:
            self.waiting = f"the ledger could not be read: {str(error) or 'no answer in time'}"
        if found is not None and found.is_whole:
            return found
        if found is not None:
            self.waiting = f"the ledger does not tell yet of {_amounts(found.left_over)}"
        now = self._parts.clock.monotonic()
        self._waits_since = now if self._waits_since is None else self._waits_since
        if now - self._waits_since < _PATIENCE_SECONDS:
            return None
        found = found or self._explain(book, reading, ())
        if found.left_over:
            self.told.append(_give_up(self._venue, found.left_over, self.waiting))
        return found

    async def _ask_ledger(self, book: Book) -> Sequence[LedgerEntry]:
        since = book.mark.balances_at - _OVERLAP
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            entries = await self._parts.source.fetch_ledger(since=since)
        await self._parts.ledger.add([ledger_row(entry) for entry in entries])
        rows = await self._parts.ledger.unsettled(self._venue, since)
        counted = set(self._unsaved.ids)
        return [entry_of(row) for row in rows if row.ledger_id not in counted]

    def _explain(self, book: Book, reading: Reading, rows: Sequence[LedgerEntry]) -> Explanation:
        most = reading.nav * _NOISE

        def is_noise(asset: Asset, amount: Decimal) -> bool:
            holding = reading.holdings.get(asset) or book.mark.holdings.get(asset)
            return holding is not None and abs(amount) * holding.price <= most

        return explain(
            book.mark.totals,
            reading.totals,
            rows,
            first_at=book.mark.balances_at,
            grey=_GREY,
            is_noise=is_noise,
        )

    async def _flows(
        self, book: Book, reading: Reading, found: Explanation
    ) -> tuple[tuple[Flow, ...], Settlement]:
        """Value what came in and went out, and say which rows are accounted for by that."""
        invented = [
            unexplained_row(asset, amount, reading) for asset, amount in found.left_over.items()
        ]
        amounts = {row.ledger_id: (row.asset, row.amount) for row in found.flows}
        amounts |= {row.ledger_id: (Asset(row.asset), row.amount) for row in invented}
        elsewhere = await self._closing_prices({asset for asset, _ in amounts.values()}, reading)
        flows = {
            ledger_id: flow
            for ledger_id, (asset, amount) in amounts.items()
            if (
                flow := value_flow(
                    asset, amount, before=book.mark, after=reading, elsewhere=elsewhere
                )
            )
        }
        for ledger_id, flow in flows.items():
            _log.info("flow counted venue=%s ledger=%s %s", self._venue, ledger_id, flow)
        worth = {ledger_id: flow.value for ledger_id, flow in flows.items()}
        return tuple(flows.values()), Settlement(
            ids=tuple(row.ledger_id for row in found.done),
            worth=worth,
            invented=tuple(replace(row, value=worth.get(row.ledger_id)) for row in invented),
        )

    async def _closing_prices(
        self, assets: set[Asset], reading: Reading
    ) -> Mapping[Asset, Decimal]:
        """Price what came or went and is not held any more."""
        gone = sorted(assets - reading.holdings.keys() - {self._base})
        if not gone:
            return {}
        found = await self._parts.pricing.unit_prices(self._venue, gone, self._base)
        return {key: each.value for key, each in found.items() if isinstance(each, UnitPrice)}

    def _keep(self, book: Book, settled: Settlement) -> VenuePerformance:
        """Put a settled series in force, with what it accounts for."""
        self._book, self._is_changed = book, True
        self._ahead = self._waits_since = self.waiting = None
        self._unsaved = Settlement(
            ids=(*self._unsaved.ids, *settled.ids),
            worth={**self._unsaved.worth, **settled.worth},
            invented=(*self._unsaved.invented, *settled.invented),
        )
        return book.performance(nav=book.mark.nav, growth=book.growth)

    def _go_on_by_prices(self, book: Book, reading: Reading, today: date) -> VenuePerformance:
        before, growth = self._ahead or (book.mark, book.growth)
        growth *= growth_by_prices(before, reading)
        self._ahead = reading, growth
        fresh = new_day(book, reading, growth, today)
        if fresh != book:
            self._book, self._is_changed = fresh, True
        return fresh.performance(nav=reading.nav, growth=growth)

    async def save(self) -> None:
        """Write down what changed; a fault of the store delays that and stops nothing."""
        if self._book is None or not self._is_changed:
            return
        try:
            await self._parts.store.save(series_row(self._book), self._unsaved)
        except StorageError:
            # Kept in memory: the next look writes it down, or the next process settles anew.
            _log.exception("series not written down venue=%s", self._venue)
            return
        self._unsaved, self._is_changed = Settlement(), False


def _amounts(left_over: Mapping[Asset, Decimal]) -> str:
    return ", ".join(f"{amount.normalize():+f} {asset}" for asset, amount in left_over.items())


def _give_up(venue: VenueName, left_over: Mapping[Asset, Decimal], why: str | None) -> str:
    return (
        f"{venue}: the amounts held changed by {_amounts(left_over)} without a word "
        f"in the venue's ledger for half an hour ({why or 'no reason known'}). The bot counts "
        "this as put in or taken out: it is neither gain nor loss for the risk limits. If it was "
        "not you, look at your account; if the key may not read the ledger, allow it to."
    )
