"""One Binance spot account behind the venue port, streamed where it can be, over REST else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self

from trading.clock import Clock
from trading.errors import OrderWithdrawn, OutcomeUnknown, VenueError, VenueRejected
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Instrument
from trading.model.ledger import LedgerEntry
from trading.model.market_data import Book, Candle, Price
from trading.model.order import VenueOrder
from trading.venues.binance.account import BinanceAccount
from trading.venues.binance.ban import OnTrouble
from trading.venues.binance.history import Followed, History
from trading.venues.binance.market import BinanceMarket
from trading.venues.binance.reference import ReferenceData
from trading.venues.binance.session import BinanceSession
from trading.venues.binance.settings import BinanceSettings
from trading.venues.binance.stream_private import RestAnswers
from trading.venues.binance.streams import BinanceStreams
from trading.venues.binance.trading import BinanceTrading
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
    kind="binance",
    order_deadline=timedelta(seconds=5),
    absence=AbsenceRule(
        provable=True,
        # Look-ups come from a copy that may trail the engine a little.
        after_deadline=timedelta(seconds=3),
        looks=2,
        spacing=timedelta(seconds=2),
    ),
    has_dead_man_switch=False,
    client_order_id_length=36,
)


class BinanceAdapter:
    """Satisfies `trading.venues.port.VenueAdapter`."""

    def __init__(
        self,
        *,
        name: VenueName,
        settings: BinanceSettings,
        clock: Clock,
        on_trouble: OnTrouble | None = None,
    ) -> None:
        """Build the parts; nothing is opened before it is entered."""
        self._name = name
        self._clock = clock
        self._session = BinanceSession(
            name=name, settings=settings, clock=clock, on_trouble=on_trouble
        )
        self._reference = ReferenceData(name=name, session=self._session, clock=clock)
        self._followed = Followed()
        self._history = History(
            name=name,
            session=self._session,
            reference=self._reference,
            followed=self._followed,
            know_holdings=lambda: self._account.fetch_account(Priority.ORDERS),
        )
        self._build(settings)
        self._traits = replace(TRAITS, has_streams=settings.streams_account)

    def _build(self, settings: BinanceSettings) -> None:
        self._account = BinanceAccount(
            name=self._name,
            settings=settings,
            session=self._session,
            reference=self._reference,
            history=self._history,
            followed=self._followed,
            clock=self._clock,
        )
        self._market = BinanceMarket(
            name=self._name,
            settings=settings,
            session=self._session,
            reference=self._reference,
            followed=self._followed,
            clock=self._clock,
        )
        self._trading = BinanceTrading(
            name=self._name,
            session=self._session,
            reference=self._reference,
            followed=self._followed,
            clock=self._clock,
        )
        self._streams = BinanceStreams(
            name=self._name,
            settings=settings,
            session=self._session,
            reference=self._reference,
            ask_prices=self._market.fetch_prices,
            clock=self._clock,
        )

    @property
    def name(self) -> VenueName:
        return self._name

    @property
    def traits(self) -> VenueTraits:
        return self._traits

    async def __aenter__(self) -> Self:
        """Open the connection pool; makes no request."""
        await self._session.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self._session.__aexit__(kind, error, traceback)

    def pushed_state(self) -> VenueState | None:
        """Return None: no stream of Binance's tells the state of the whole venue."""
        return None

    async def fetch_state(self) -> VenueState:
        return await self._market.fetch_state()

    async def fetch_time(self) -> datetime:
        return await self._session.fetch_time()

    async def resync(self) -> datetime:
        self._session.venue_clock.doubt()
        return await self._session.fetch_time()

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
        """Send it once; its money is locked in the pushed account from before it is sent."""
        ask = await self._trading.prepare(order)
        feed = self._streams.private.feed if self._streams.private else None
        if feed is not None:
            feed.sending(order)
        try:
            placed, fills = await self._trading.submit(ask, order)
        except (VenueError, OrderWithdrawn) as error:
            if feed is not None and not isinstance(error, OutcomeUnknown):
                feed.not_placed(order.client_order_id)
            raise
        if feed is not None:
            feed.answered(placed, fills)
        return Submission(venue_order_id=placed.venue_order_id)

    async def cancel(
        self, venue_order_id: VenueOrderId, *, priority: Priority = Priority.ORDERS
    ) -> bool:
        return await self._trading.cancel(venue_order_id, priority)

    async def cancel_all(self) -> int:
        return await self._trading.cancel_all()

    async def arm_dead_man_switch(self, timeout: timedelta | None) -> datetime | None:
        """Refuse: Binance spot has no such switch, whatever the time."""
        del timeout
        raise VenueRejected(self._name, "Binance has no dead-man's switch for spot orders")

    async def fetch_open_orders(self) -> tuple[VenueOrder, ...]:
        return await self._trading.fetch_open_orders()

    async def fetch_closed_orders(self, *, since: datetime) -> tuple[VenueOrder, ...]:
        return await self._history.closed_orders(since)

    async def fetch_orders(
        self, ids: Collection[VenueOrderId]
    ) -> Mapping[VenueOrderId, VenueOrder]:
        return await self._trading.fetch_orders(ids)

    async def find_orders(
        self, client_order_id: ClientOrderId, *, symbol: Symbol
    ) -> tuple[VenueOrder, ...]:
        return await self._trading.find_orders(client_order_id, symbol)

    async def fetch_fills(
        self, *, since: datetime, symbols: Collection[Symbol] | None = None
    ) -> tuple[Fill, ...]:
        return await self._history.fills(since, symbols)

    def follow(self, symbols: Collection[Symbol]) -> None:
        self._followed.add(symbols)

    def traffic(self) -> Traffic:
        return self._session.traffic()

    async def run_streams(self, listener: StreamListener) -> None:
        await self._streams.run(
            listener,
            RestAnswers(
                account=lambda: self._account.fetch_account(Priority.BALANCES),
                open_orders=self._trading.fetch_open_orders,
                orders=self._trading.fetch_orders,
                balances=lambda: self._account.fetch_balances(Priority.BALANCES),
            ),
        )

    async def reconnect_streams(self) -> None:
        await self._streams.reconnect()

    def watch_prices(self, symbols: Collection[Symbol]) -> None:
        self._streams.watch(symbols)

    def stream_status(self) -> tuple[StreamStatus, ...]:
        return self._streams.status()
