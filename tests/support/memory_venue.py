"""A venue in memory that satisfies `VenueAdapter`: an account, a market, faults on demand."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self

from tests.support.memory_account import ZERO, MemoryAccount
from tests.support.memory_calls import MemoryConditions
from trading.clock import Clock
from trading.errors import VenueError, VenueRejected
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot, VenueBalance
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Instrument
from trading.model.ledger import LedgerEntry, LedgerKind
from trading.model.market_data import Book, BookLevel, Candle, Price
from trading.model.order import VenueOrder
from trading.model.order_status import is_terminal
from trading.venues.port import (
    AbsenceRule,
    Priority,
    Submission,
    VenueTraits,
)
from trading.venues.streaming import StreamListener, StreamStatus


class MemoryVenue(MemoryConditions):
    """An account of its own behind the port.

    `fail` makes the next calls of a method raise; `hold` keeps them waiting. `show` makes the
    balance endpoint lie, `shown_totals` the second one, whatever the account really holds.
    """

    def __init__(self, *, clock: Clock, name: str = "memory", fee: Decimal = ZERO) -> None:
        super().__init__()
        self._clock = clock
        self._name = VenueName(name)
        self._fee = fee
        self.account = MemoryAccount(clock=clock, venue=self._name, fee=fee)
        self.instruments: dict[Symbol, Instrument] = {}
        self.shown: Mapping[Asset, VenueBalance] | None = None
        self.shown_totals: Mapping[Asset, Decimal] | None = None
        self.held_elsewhere: dict[str, Decimal] = {}
        self.priorities: list[Priority] = []
        self.listener: StreamListener | None = None
        self.watched: frozenset[Symbol] = frozenset()
        self.followed: frozenset[Symbol] = frozenset()
        self.has_streams = False
        self.has_dead_man_switch = False
        self.armed: list[timedelta | None] = []
        self.candles: dict[Symbol, tuple[Candle, ...]] = {}

    # --- the world's side -----------------------------------------------------------------------

    def list_instrument(self, symbol: str, bid: str, ask: str) -> Symbol:
        """List an instrument, or move its market."""
        parsed = Symbol.parse(symbol)
        self.instruments[parsed] = Instrument(
            venue=self._name,
            symbol=parsed,
            lot_step=Decimal("0.00000001"),
            tick_size=Decimal("0.01"),
            min_quantity=Decimal("0.0001"),
            min_notional=Decimal("0.5"),
            cost_step=Decimal("0.00000001"),
            taker_fee_fraction=self._fee,
            maker_fee_fraction=self._fee,
        )
        self.account.quotes[parsed] = (Decimal(bid), Decimal(ask))
        return parsed

    def deposit(self, asset: str, amount: str) -> None:
        """Credit the account; a negative amount withdraws."""
        change = Decimal(amount)
        kind = LedgerKind.DEPOSIT if change > 0 else LedgerKind.WITHDRAWAL
        self.account.credit(kind, Asset(asset), change)

    def lose(self, asset: str) -> None:
        """Take an asset away without a trace in the ledger."""
        self.account.free.pop(Asset(asset), None)

    def show(self, balances: Mapping[str, str] | None) -> None:
        """Answer these free balances; None tells the truth again."""
        self.shown = (
            None
            if balances is None
            else {
                Asset(code): VenueBalance(asset=Asset(code), free=Decimal(free), locked=ZERO)
                for code, free in balances.items()
            }
        )

    # --- the adapter's side ---------------------------------------------------------------------

    @property
    def name(self) -> VenueName:
        return self._name

    @property
    def traits(self) -> VenueTraits:
        return VenueTraits(
            kind="memory",
            order_deadline=timedelta(seconds=5),
            absence=AbsenceRule(
                provable=True,
                after_deadline=timedelta(seconds=2),
                looks=2,
                spacing=timedelta(seconds=2),
            ),
            has_dead_man_switch=self.has_dead_man_switch,
            client_order_id_length=18,
            has_streams=self.has_streams,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    async def fetch_time(self) -> datetime:
        await self._enter("fetch_time")
        return self._clock.now()

    async def resync(self) -> datetime:
        await self._enter("resync")
        return self._clock.now()

    async def fetch_instruments(self) -> Mapping[Symbol, Instrument]:
        await self._enter("fetch_instruments")
        return dict(self.instruments)

    async def fetch_balances(self, *, priority: Priority = Priority.BALANCES) -> BalanceSnapshot:
        self.priorities.append(priority)
        await self._enter("fetch_balances")
        account = self.account
        held = {
            asset: VenueBalance(
                asset=asset,
                free=account.free.get(asset, ZERO),
                locked=account.locked.get(asset, ZERO),
            )
            for asset in account.totals
        }
        return BalanceSnapshot(
            venue=self._name,
            balances=held if self.shown is None else self.shown,
            received_at=self._clock.now(),
            received_monotonic=self._clock.monotonic(),
            held_elsewhere=dict(self.held_elsewhere),
        )

    async def fetch_totals(self) -> Mapping[Asset, Decimal]:
        await self._enter("fetch_totals")
        return self.account.totals if self.shown_totals is None else self.shown_totals

    async def fetch_ledger(self, *, since: datetime) -> tuple[LedgerEntry, ...]:
        await self._enter("fetch_ledger")
        return tuple(entry for entry in self.account.ledger if entry.at >= since)

    async def fetch_prices(
        self, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | VenueError]:
        await self._enter("fetch_prices")
        answers: dict[Symbol, Price | VenueError] = {}
        for symbol in symbols:
            quote = self.account.quotes.get(symbol)
            answers[symbol] = (
                VenueRejected(self._name, f"unknown symbol {symbol}")
                if quote is None
                else Price(
                    venue=self._name,
                    symbol=symbol,
                    value=sum(quote, ZERO) / 2,
                    as_of=self._clock.now(),
                    as_of_monotonic=self._clock.monotonic(),
                )
            )
        return answers

    async def fetch_books(self, symbols: Collection[Symbol]) -> Mapping[Symbol, Book | VenueError]:
        await self._enter("fetch_books")
        answers: dict[Symbol, Book | VenueError] = {}
        for symbol in symbols:
            quote = self.account.quotes.get(symbol)
            answers[symbol] = (
                VenueRejected(self._name, f"unknown symbol {symbol}")
                if quote is None
                else Book(
                    venue=self._name,
                    symbol=symbol,
                    bids=(BookLevel(price=quote[0], quantity=Decimal(1000)),),
                    asks=(BookLevel(price=quote[1], quantity=Decimal(1000)),),
                    received_at=self._clock.now(),
                    received_monotonic=self._clock.monotonic(),
                )
            )
        return answers

    async def fetch_candles(
        self, symbol: Symbol, *, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        await self._enter("fetch_candles")
        del interval
        return tuple(each for each in self.candles.get(symbol, ()) if each.opened_at >= since)

    async def submit(self, order: ApprovedOrder) -> Submission:
        await self._enter("submit")
        return Submission(venue_order_id=self.account.place(order))

    async def cancel(
        self, venue_order_id: VenueOrderId, *, priority: Priority = Priority.ORDERS
    ) -> bool:
        self.priorities.append(priority)
        await self._enter("cancel")
        return self.account.cancel(venue_order_id)

    async def cancel_all(self) -> int:
        await self._enter("cancel_all")
        return sum(self.account.cancel(order_id) for order_id in tuple(self.account.orders))

    async def arm_dead_man_switch(self, timeout: timedelta | None) -> datetime | None:
        await self._enter("arm_dead_man_switch")
        self.armed.append(timeout)
        return None if timeout is None else self._clock.now() + timeout

    async def fetch_open_orders(self) -> tuple[VenueOrder, ...]:
        await self._enter("fetch_open_orders")
        return tuple(
            order for order in self.account.orders.values() if not is_terminal(order.status)
        )

    async def fetch_closed_orders(self, *, since: datetime) -> tuple[VenueOrder, ...]:
        await self._enter("fetch_closed_orders")
        return tuple(
            order
            for order in self.account.orders.values()
            if order.closed_at is not None and order.closed_at >= since
        )

    async def fetch_orders(
        self, ids: Collection[VenueOrderId]
    ) -> Mapping[VenueOrderId, VenueOrder]:
        await self._enter("fetch_orders")
        return {
            order_id: self.account.orders[order_id]
            for order_id in ids
            if order_id in self.account.orders
        }

    async def find_orders(
        self, client_order_id: ClientOrderId, *, symbol: Symbol
    ) -> tuple[VenueOrder, ...]:
        await self._enter("find_orders")
        return tuple(
            order
            for order in self.account.orders.values()
            if (order.client_order_id, order.symbol) == (client_order_id, symbol)
        )

    async def fetch_fills(
        self, *, since: datetime, symbols: Collection[Symbol] | None = None
    ) -> tuple[Fill, ...]:
        await self._enter("fetch_fills")
        return tuple(
            fill
            for fill in self.account.fills
            if fill.executed_at >= since and (symbols is None or fill.symbol in symbols)
        )

    def follow(self, symbols: Collection[Symbol]) -> None:
        self.followed |= frozenset(symbols)

    async def run_streams(self, listener: StreamListener) -> None:
        """Hand the listener to the test in `listener`, then push nothing by itself."""
        self.listener = listener
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.listener = None

    async def reconnect_streams(self) -> None:
        await self._enter("reconnect_streams")

    def watch_prices(self, symbols: Collection[Symbol]) -> None:
        self.watched = frozenset(symbols)

    def stream_status(self) -> tuple[StreamStatus, ...]:
        return self.streams
