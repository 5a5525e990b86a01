"""One Kraken spot account behind the venue port, streamed where it can be, over REST else."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from trading.clock import Clock
from trading.errors import VenueError
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Instrument
from trading.model.ledger import LedgerEntry
from trading.model.market_data import Book, Candle, Price
from trading.model.order import VenueOrder
from trading.venues.kraken.account import KrakenAccount
from trading.venues.kraken.market import KrakenMarket
from trading.venues.kraken.order_routes import OrderRoutes
from trading.venues.kraken.reference import ReferenceData
from trading.venues.kraken.session import KrakenSession
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.kraken.stream_private import RestAnswers
from trading.venues.kraken.streams import KrakenStreams
from trading.venues.kraken.trading import KrakenTrading
from trading.venues.kraken.venue_time import VenueTime
from trading.venues.nonce_recovery import OnTrouble
from trading.venues.port import (
    AbsenceRule,
    KeyReport,
    Priority,
    Submission,
    VenueState,
    VenueTraits,
)
from trading.venues.streaming import StreamListener, StreamStatus
from trading.venues.traffic import Traffic

TRAITS = VenueTraits(
    kind="kraken",
    order_deadline=timedelta(seconds=5),
    absence=AbsenceRule(
        provable=True,
        after_deadline=timedelta(seconds=2),
        looks=2,
        spacing=timedelta(seconds=2),
    ),
    has_dead_man_switch=True,
    client_order_id_length=18,
    candle_reach=720,
)


class KrakenAdapter:
    """Satisfies `trading.venues.port.VenueAdapter`."""

    def __init__(
        self,
        *,
        name: VenueName,
        settings: KrakenSettings,
        clock: Clock,
        nonce_directory: Path,
        on_trouble: OnTrouble | None = None,
    ) -> None:
        """Build the parts; nothing is opened before it is entered."""
        self._name = name
        self._session = KrakenSession(
            name=name,
            settings=settings,
            clock=clock,
            nonce_directory=nonce_directory,
            on_trouble=on_trouble,
        )
        self._time = VenueTime(name=name, session=self._session, clock=clock)
        self._reference = ReferenceData(name=name, session=self._session, clock=clock)
        self._account = KrakenAccount(
            name=name, session=self._session, reference=self._reference, clock=clock
        )
        self._market = KrakenMarket(
            name=name,
            session=self._session,
            reference=self._reference,
            at_once=max(1, int(settings.public_budget.ceiling)),
            clock=clock,
        )
        self._trading = KrakenTrading(
            name=name,
            session=self._session,
            reference=self._reference,
            time=self._time,
            clock=clock,
        )
        self._streams = self._build_streams(settings, clock)
        self._orders = self._build_orders(settings, clock)
        self._traits = replace(TRAITS, has_streams=settings.streams_account)

    def _build_streams(self, settings: KrakenSettings, clock: Clock) -> KrakenStreams:
        return KrakenStreams(
            name=self._name,
            settings=settings,
            session=self._session,
            reference=self._reference,
            time=self._time,
            clock=clock,
        )

    def _build_orders(self, settings: KrakenSettings, clock: Clock) -> OrderRoutes:
        return OrderRoutes(
            name=self._name,
            settings=settings,
            trading=self._trading,
            private=self._streams.private,
            lockout=self._session.lockout,
            time=self._time,
            clock=clock,
        )

    @property
    def name(self) -> VenueName:
        return self._name

    @property
    def traits(self) -> VenueTraits:
        return self._traits

    async def __aenter__(self) -> Self:
        """Open the nonce file and the connection pool; makes no request."""
        await self._session.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close them."""
        await self._session.__aexit__(kind, error, traceback)

    def pushed_state(self) -> VenueState | None:
        return self._streams.state()

    async def fetch_state(self) -> VenueState:
        return await self._market.fetch_state()

    async def fetch_time(self) -> datetime:
        return await self._time.ask_unless_told()

    async def resync(self) -> datetime:
        await self._session.begin_afresh()
        return await self._time.ask()

    async def fetch_key_report(self) -> KeyReport:
        return await self._account.fetch_key_report()

    async def fetch_instruments(self) -> Mapping[Symbol, Instrument]:
        return await self._reference.instruments()

    async def fetch_balances(self, *, priority: Priority = Priority.BALANCES) -> BalanceSnapshot:
        """Ask REST; where the account is streamed too, the answer judges what was streamed."""
        return await self._streams.referee(lambda: self._account.fetch_balances(priority))

    async def fetch_totals(self) -> Mapping[Asset, Decimal]:
        return await self._account.fetch_totals()

    async def fetch_ledger(self, *, since: datetime) -> tuple[LedgerEntry, ...]:
        return await self._account.fetch_ledger(since)

    async def fetch_prices(
        self, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | VenueError]:
        return await self._market.fetch_prices(symbols)

    async def fetch_books(self, symbols: Collection[Symbol]) -> Mapping[Symbol, Book | VenueError]:
        return await self._market.fetch_books(symbols)

    async def fetch_candles(
        self, symbol: Symbol, *, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        return await self._market.fetch_candles(symbol, interval, since)

    async def submit(self, order: ApprovedOrder) -> Submission:
        return await self._orders.submit(order)

    async def cancel(
        self, venue_order_id: VenueOrderId, *, priority: Priority = Priority.ORDERS
    ) -> bool:
        return await self._orders.cancel(venue_order_id, priority)

    async def cancel_all(self) -> int:
        return await self._orders.cancel_all()

    async def arm_dead_man_switch(self, timeout: timedelta | None) -> datetime | None:
        return await self._trading.arm_dead_man_switch(timeout)

    async def fetch_open_orders(self) -> tuple[VenueOrder, ...]:
        return await self._trading.fetch_open_orders()

    async def fetch_closed_orders(self, *, since: datetime) -> tuple[VenueOrder, ...]:
        return await self._trading.fetch_closed_orders(since)

    async def fetch_orders(
        self, ids: Collection[VenueOrderId]
    ) -> Mapping[VenueOrderId, VenueOrder]:
        return await self._trading.fetch_orders(ids)

    async def find_orders(
        self, client_order_id: ClientOrderId, *, symbol: Symbol
    ) -> tuple[VenueOrder, ...]:
        del symbol  # Kraken looks through every pair
        return await self._trading.find_orders(client_order_id)

    async def fetch_fills(
        self, *, since: datetime, symbols: Collection[Symbol] | None = None
    ) -> tuple[Fill, ...]:
        del symbols  # Kraken tells of every pair at once
        return await self._account.fetch_fills(since)

    def follow(self, symbols: Collection[Symbol]) -> None:
        """Do nothing: Kraken tells of every pair at once."""

    async def run_streams(self, listener: StreamListener) -> None:
        rest = RestAnswers(balances=self._ask_balances, orders=self._trading.fetch_orders)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._orders.run())
            group.create_task(self._streams.run(listener, rest))

    async def reconnect_streams(self) -> None:
        await self._streams.reconnect()

    def watch_prices(self, symbols: Collection[Symbol]) -> None:
        self._streams.watch(symbols)

    def stream_status(self) -> tuple[StreamStatus, ...]:
        return self._streams.status()

    def traffic(self) -> Traffic:
        return self._session.traffic()

    async def _ask_balances(self) -> BalanceSnapshot:
        return await self._account.fetch_balances(Priority.BALANCES)
