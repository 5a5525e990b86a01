"""A venue behind its breakers: the same port, with every call counted by its kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self

from trading.errors import VenueError, VenueRejected
from trading.metrics.meter import Endpoint, Meter, NullMeter
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Instrument
from trading.model.ledger import LedgerEntry
from trading.model.market_data import Book, Candle, Price
from trading.model.order import VenueOrder
from trading.risk.breakers import Breakers, CallKind, GuardedCall
from trading.venues.port import (
    KeyReport,
    Priority,
    Submission,
    VenueAdapter,
    VenueState,
    VenueTraits,
)
from trading.venues.streaming import StreamListener, StreamStatus
from trading.venues.traffic import Traffic


class GuardedVenue:
    """Satisfies VenueAdapter around another one; a refused call raises VenueUnavailable.

    That holds for `submit` too: what the breaker refuses was certainly not placed.
    """

    def __init__(
        self, *, adapter: VenueAdapter, breakers: Breakers, meter: Meter | None = None
    ) -> None:
        """Take the adapter that does the work; every call is measured here, whatever the venue."""
        self._adapter = adapter
        self._breakers = breakers
        self._meter = meter or NullMeter()

    @property
    def name(self) -> VenueName:
        """The owner's name for it."""
        return self._adapter.name

    @property
    def traits(self) -> VenueTraits:
        """Its fixed properties."""
        return self._adapter.traits

    async def __aenter__(self) -> Self:
        """Open the adapter."""
        await self._adapter.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the adapter."""
        await self._adapter.__aexit__(kind, error, traceback)

    def pushed_state(self) -> VenueState | None:
        """Return what a live stream says; no request, so no breaker hears of it."""
        return self._adapter.pushed_state()

    async def fetch_state(self) -> VenueState:
        """Return what the venue as a whole allows now."""
        async with self._call(Endpoint.FETCH_STATE, CallKind.MARKET_DATA):
            return await self._adapter.fetch_state()

    async def fetch_time(self) -> datetime:
        """Return the venue's clock."""
        async with self._call(Endpoint.FETCH_TIME, CallKind.MARKET_DATA):
            return await self._adapter.fetch_time()

    async def resync(self) -> datetime:
        """Take the venue's clock anew; part of a repair, so never refused."""
        async with self._call(Endpoint.RESYNC, CallKind.MARKET_DATA, emergency=True):
            return await self._adapter.resync()

    async def fetch_key_report(self) -> KeyReport:
        """Return what the key may do."""
        async with self._call(Endpoint.FETCH_KEY_REPORT, CallKind.BALANCES):
            return await self._adapter.fetch_key_report()

    async def fetch_instruments(self) -> Mapping[Symbol, Instrument]:
        """Return every spot instrument."""
        async with self._call(Endpoint.FETCH_INSTRUMENTS, CallKind.MARKET_DATA):
            return await self._adapter.fetch_instruments()

    async def fetch_balances(self, *, priority: Priority = Priority.BALANCES) -> BalanceSnapshot:
        """Return a complete snapshot; an emergency is not refused."""
        emergency = priority is Priority.EMERGENCY
        async with self._call(Endpoint.FETCH_BALANCES, CallKind.BALANCES, emergency=emergency):
            return await self._adapter.fetch_balances(priority=priority)

    async def fetch_totals(self) -> Mapping[Asset, Decimal]:
        """Return totals from the second endpoint."""
        async with self._call(Endpoint.FETCH_TOTALS, CallKind.BALANCES):
            return await self._adapter.fetch_totals()

    async def fetch_ledger(self, *, since: datetime) -> tuple[LedgerEntry, ...]:
        """Return every ledger row since."""
        async with self._call(Endpoint.FETCH_LEDGER, CallKind.BALANCES):
            return await self._adapter.fetch_ledger(since=since)

    async def fetch_prices(
        self, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | VenueError]:
        """Return mid prices; the call failed when nothing but faults came back."""
        async with self._call(Endpoint.FETCH_PRICES, CallKind.MARKET_DATA) as call:
            answers = await self._adapter.fetch_prices(symbols)
            call.fault = _fault_of_all(answers.values())
        return answers

    async def fetch_books(self, symbols: Collection[Symbol]) -> Mapping[Symbol, Book | VenueError]:
        """Return books; the call failed when nothing but faults came back."""
        async with self._call(Endpoint.FETCH_BOOKS, CallKind.MARKET_DATA) as call:
            answers = await self._adapter.fetch_books(symbols)
            call.fault = _fault_of_all(answers.values())
        return answers

    async def fetch_candles(
        self, symbol: Symbol, *, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        """Return closed candles."""
        async with self._call(Endpoint.FETCH_CANDLES, CallKind.MARKET_DATA):
            return await self._adapter.fetch_candles(symbol, interval=interval, since=since)

    async def submit(self, order: ApprovedOrder) -> Submission:
        """Send it once."""
        async with self._call(Endpoint.SUBMIT, CallKind.ORDERS):
            return await self._adapter.submit(order)

    async def cancel(
        self, venue_order_id: VenueOrderId, *, priority: Priority = Priority.ORDERS
    ) -> bool:
        """Cancel; an emergency is not refused."""
        emergency = priority is Priority.EMERGENCY
        async with self._call(Endpoint.CANCEL, CallKind.ORDERS, emergency=emergency):
            return await self._adapter.cancel(venue_order_id, priority=priority)

    async def cancel_all(self) -> int:
        """Cancel every open order; only ever an emergency, so never refused."""
        async with self._call(Endpoint.CANCEL_ALL, CallKind.ORDERS, emergency=True):
            return await self._adapter.cancel_all()

    async def arm_dead_man_switch(self, timeout: timedelta | None) -> datetime | None:
        """Arm or disarm; never refused, since the venue strikes when it does not hear of us."""
        async with self._call(Endpoint.ARM_DEAD_MAN_SWITCH, CallKind.ORDERS, emergency=True):
            return await self._adapter.arm_dead_man_switch(timeout)

    async def fetch_open_orders(self) -> tuple[VenueOrder, ...]:
        """Return every open order of the account."""
        async with self._call(Endpoint.FETCH_OPEN_ORDERS, CallKind.ORDERS):
            return await self._adapter.fetch_open_orders()

    async def fetch_closed_orders(self, *, since: datetime) -> tuple[VenueOrder, ...]:
        """Return every order closed since."""
        async with self._call(Endpoint.FETCH_CLOSED_ORDERS, CallKind.ORDERS):
            return await self._adapter.fetch_closed_orders(since=since)

    async def fetch_orders(
        self, ids: Collection[VenueOrderId]
    ) -> Mapping[VenueOrderId, VenueOrder]:
        """Return these orders by the venue's ids."""
        async with self._call(Endpoint.FETCH_ORDERS, CallKind.ORDERS):
            return await self._adapter.fetch_orders(ids)

    async def find_orders(
        self, client_order_id: ClientOrderId, *, symbol: Symbol
    ) -> tuple[VenueOrder, ...]:
        """Look for our id."""
        async with self._call(Endpoint.FIND_ORDERS, CallKind.ORDERS):
            return await self._adapter.find_orders(client_order_id, symbol=symbol)

    async def fetch_fills(
        self, *, since: datetime, symbols: Collection[Symbol] | None = None
    ) -> tuple[Fill, ...]:
        """Return every fill since."""
        async with self._call(Endpoint.FETCH_FILLS, CallKind.ORDERS):
            return await self._adapter.fetch_fills(since=since, symbols=symbols)

    def follow(self, symbols: Collection[Symbol]) -> None:
        """Pass on which symbols may have been traded."""
        self._adapter.follow(symbols)

    async def run_streams(self, listener: StreamListener) -> None:
        """Keep the streams up; they watch their own health and no breaker holds them."""
        await self._adapter.run_streams(listener)

    async def reconnect_streams(self) -> None:
        """Start the streams again now."""
        await self._adapter.reconnect_streams()

    def watch_prices(self, symbols: Collection[Symbol]) -> None:
        """Have these prices pushed."""
        self._adapter.watch_prices(symbols)

    def stream_status(self) -> tuple[StreamStatus, ...]:
        """Return how each connection is."""
        return self._adapter.stream_status()

    def traffic(self) -> Traffic:
        """Return what is left of the call limits."""
        return self._adapter.traffic()

    @asynccontextmanager
    async def _call(
        self, endpoint: Endpoint, kind: CallKind, *, emergency: bool = False
    ) -> AsyncIterator[GuardedCall]:
        """Run one call behind its breaker, and have it measured."""
        with self._meter.venue_call(self.name, endpoint) as measured:
            async with self._breakers.guard(self.name, kind, emergency=emergency) as call:
                measured.asked()
                yield call
            if call.fault is not None:
                measured.failed(call.fault)


def _fault_of_all(answers: Iterable[object]) -> VenueError | None:
    """Return a fault when there are answers and every one of them is a fault."""
    fault: VenueError | None = None
    for answer in answers:
        if not isinstance(answer, VenueError) or isinstance(answer, VenueRejected):
            return None
        fault = answer
    return fault
