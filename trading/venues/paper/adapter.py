"""A venue on paper: a real venue's public prices, and an account that exists here alone.

The real venue is known by its public half only: nothing here could ask it for an account.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self, TypeVar

from storage.paper import PaperRepository
from trading.clock import Clock
from trading.errors import StorageError, VenueError, VenueRejected, VenueUnavailable
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Instrument
from trading.model.ledger import LedgerEntry
from trading.model.market_data import Book, Candle, Price
from trading.model.order import VenueOrder
from trading.venues.paper.account import PaperAccount, PaperTerms
from trading.venues.paper.answers import fill_of, ledger_entry_of, order_of
from trading.venues.paper.market import PaperMarket
from trading.venues.paper.relay import PricesOnly
from trading.venues.port import (
    AbsenceRule,
    KeyReport,
    Priority,
    Submission,
    VenueState,
    VenueTraits,
)
from trading.venues.public_venue import PublicVenue
from trading.venues.streaming import StreamListener, StreamStatus
from trading.venues.traffic import Traffic

T = TypeVar("T")
_log = logging.getLogger(__name__)

TRAITS = VenueTraits(
    kind="paper",
    order_deadline=timedelta(seconds=30),
    absence=AbsenceRule(
        provable=True, after_deadline=timedelta(), looks=2, spacing=timedelta(seconds=1)
    ),
    has_dead_man_switch=False,
    client_order_id_length=36,
    has_streams=True,
)
_SIGN_SECONDS = 5.0
_MEET_SECONDS = 5.0
"""How often what rests in the book is held against the venue's own."""


class PaperAdapter:
    """Satisfies `trading.venues.port.VenueAdapter`."""

    def __init__(
        self, *, public: PublicVenue, store: PaperRepository, terms: PaperTerms, clock: Clock
    ) -> None:
        """Put an account on paper in front of a venue's prices."""
        self.public = public
        """The venue behind it, without a key."""
        self._name = public.name
        self._store = store
        self._clock = clock
        self.account = PaperAccount(venue=public.name, store=store, terms=terms, clock=clock)
        self._market = PaperMarket(public=public, clock=clock)
        self._since: datetime | None = None
        self._is_live = False
        self._again = asyncio.Event()

    @property
    def name(self) -> VenueName:
        return self._name

    @property
    def traits(self) -> VenueTraits:
        return replace(TRAITS, candle_reach=self.public.traits.candle_reach)

    async def __aenter__(self) -> Self:
        """Open the public sessions; makes no request and reads no books."""
        await self.public.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close them."""
        await self.public.__aexit__(kind, error, traceback)

    def pushed_state(self) -> VenueState | None:
        return self.public.pushed_state()

    async def fetch_state(self) -> VenueState:
        return await self.public.fetch_state()

    async def fetch_time(self) -> datetime:
        """Return our own clock: it is what stamps the books here."""
        return self._clock.now()

    async def resync(self) -> datetime:
        return self._clock.now()

    async def fetch_key_report(self) -> KeyReport:
        """Say what an account on paper may do: everything but withdraw."""
        return KeyReport(
            can_query_balances=True,
            can_query_orders=True,
            can_query_ledger=True,
            can_trade=True,
            can_stream=True,
            can_withdraw=False,
        )

    async def fetch_instruments(self) -> Mapping[Symbol, Instrument]:
        return await self._market.fresh_instruments()

    async def fetch_balances(self, *, priority: Priority = Priority.BALANCES) -> BalanceSnapshot:
        del priority
        return await self.account.snapshot()

    async def fetch_totals(self) -> Mapping[Asset, Decimal]:
        """Return what the ledger says is held: rows of their own, not the balances."""
        await self.account.snapshot()
        totals = await self._read(self._store.totals(self._name))
        return {Asset(code): total for code, total in totals.items()}

    async def fetch_ledger(self, *, since: datetime) -> tuple[LedgerEntry, ...]:
        await self.account.snapshot()
        rows = await self._read(self._store.ledger(self._name, since))
        return tuple(map(ledger_entry_of, rows))

    async def fetch_prices(
        self, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | VenueError]:
        return await self.public.fetch_prices(symbols)

    async def fetch_books(self, symbols: Collection[Symbol]) -> Mapping[Symbol, Book | VenueError]:
        return await self.public.fetch_books(symbols)

    async def fetch_candles(
        self, symbol: Symbol, *, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        return await self.public.fetch_candles(symbol, interval=interval, since=since)

    async def submit(self, order: ApprovedOrder) -> Submission:
        """Trade against the book that the venue shows now."""
        instrument, book = await self._market.met_by(order.intent.symbol)
        return Submission(
            venue_order_id=VenueOrderId(await self.account.submit(order, instrument, book))
        )

    async def cancel(
        self, venue_order_id: VenueOrderId, *, priority: Priority = Priority.ORDERS
    ) -> bool:
        del priority
        return await self.account.cancel([venue_order_id]) > 0

    async def cancel_all(self) -> int:
        return await self.account.cancel(None)

    async def arm_dead_man_switch(self, timeout: timedelta | None) -> datetime | None:
        del timeout
        raise VenueRejected(self._name, "an account on paper has no dead man's switch")

    async def fetch_open_orders(self) -> tuple[VenueOrder, ...]:
        await self.account.snapshot()
        books = await self._read(self._store.load(self._name))
        return () if books is None else tuple(map(order_of, books.orders))

    async def fetch_closed_orders(self, *, since: datetime) -> tuple[VenueOrder, ...]:
        return tuple(map(order_of, await self._read(self._store.closed_orders(self._name, since))))

    async def fetch_orders(
        self, ids: Collection[VenueOrderId]
    ) -> Mapping[VenueOrderId, VenueOrder]:
        orders = [order_of(row) for row in await self._read(self._store.orders(self._name, ids))]
        return {order.venue_order_id: order for order in orders}

    async def find_orders(
        self, client_order_id: ClientOrderId, *, symbol: Symbol
    ) -> tuple[VenueOrder, ...]:
        del symbol
        return tuple(
            map(order_of, await self._read(self._store.orders_of(self._name, client_order_id)))
        )

    async def fetch_fills(
        self, *, since: datetime, symbols: Collection[Symbol] | None = None
    ) -> tuple[Fill, ...]:
        del symbols
        return tuple(map(fill_of, await self._read(self._store.fills(self._name, since))))

    def follow(self, symbols: Collection[Symbol]) -> None:
        """Need no telling: the books tell of every symbol at once."""

    async def run_streams(self, listener: StreamListener) -> None:
        """Push the venue's prices and the account's own news."""
        self.account.listen(listener)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.public.run_streams(PricesOnly(listener)))
                group.create_task(self._keep_account(listener))
                group.create_task(self._meet_resting())
        finally:
            self.account.listen(None)
            self._turn(is_live=False)
            listener.account_lost(self._name, "the streams were stopped")

    async def reconnect_streams(self) -> None:
        self._again.set()
        await self.public.reconnect_streams()

    def watch_prices(self, symbols: Collection[Symbol]) -> None:
        self.public.watch_prices(symbols)

    def stream_status(self) -> tuple[StreamStatus, ...]:
        account = StreamStatus(
            name="private",
            is_live=self._is_live,
            since=self._since,
            reconnects=0,
            detail="live" if self._is_live else "the paper account is not read yet",
        )
        return account, *self.public.stream_status()

    def traffic(self) -> Traffic:
        return self.public.traffic()

    async def _keep_account(self, listener: StreamListener) -> None:
        """Begin with the whole account, then give signs of life."""
        while True:
            self._again.clear()
            try:
                await self.account.baseline()
            except VenueUnavailable as error:
                self._turn(is_live=False)
                listener.account_lost(self._name, str(error))
                await self._clock.sleep(_SIGN_SECONDS)
                continue
            self._turn(is_live=True)
            while not self._again.is_set():
                await self._clock.sleep(_SIGN_SECONDS)
                listener.account_confirmed(self._name, self._clock.now(), self._clock.monotonic())

    async def _meet_resting(self) -> None:
        """Hold what rests in the book against the venue's own."""
        while True:
            await self.account.rests.wait()
            try:
                instruments = await self._market.instruments()
                for symbol, book in (
                    await self.public.fetch_books(await self.account.resting())
                ).items():
                    instrument = instruments.get(symbol)
                    if instrument is not None and isinstance(book, Book):
                        await self.account.meet(instrument, book)
            except VenueError as error:
                _log.warning("resting orders not met venue=%s reason=%s", self._name, error)
            await self._clock.sleep(_MEET_SECONDS)

    def _turn(self, *, is_live: bool) -> None:
        if self._since is None or is_live is not self._is_live:
            self._since = self._clock.now()
        self._is_live = is_live

    async def _read(self, rows: Awaitable[T]) -> T:
        try:
            return await rows
        except StorageError as error:
            raise VenueUnavailable(self._name, f"the paper account: {error}") from error
