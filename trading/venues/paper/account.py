"""An account on paper: the matching engine, with books that outlive the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from storage.paper import PaperAccountRow, PaperChange, PaperRepository
from trading.clock import Clock
from trading.errors import OrderWithdrawn, OutcomeUnknown, StorageError, VenueUnavailable
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import Asset, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Instrument
from trading.model.market_data import Book
from trading.venues.paper import values as paper
from trading.venues.paper.answers import (
    depth_of,
    fault_of,
    fill_of,
    order_of,
    snapshot_of,
)
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.refusals import Refused
from trading.venues.paper.requests import market_of, request_of, unlisted
from trading.venues.paper.rows import change_of, state_of
from trading.venues.streaming import AccountPushed, StreamListener

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 30.0
"""For a turn at the books; whoever has it is bounded by the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTerms:
    """What the account begins with, and what it pays.

    `fee_fraction` is of the cost, 0.0026 for 0.26 %; None takes the venue's own published fee.
    """

    opening: Mapping[Asset, Decimal]
    fee_fraction: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The account as it is written down."""

    state: paper.EngineState
    opened_at: datetime


class PaperAccount:
    """One change at a time: computed, written down, made, told; in that order.

    After a write whose end is not known the books are read anew before anything else.
    """

    def __init__(
        self, *, venue: VenueName, store: PaperRepository, terms: PaperTerms, clock: Clock
    ) -> None:
        """Read nothing yet."""
        self._venue = venue
        self._store = store
        self._terms = terms
        self._clock = clock
        self._markets: dict[str, paper.Market] = {}
        self._known: _Known | None = None
        self._met_last: dict[str, Book] = {}
        self._keeper = asyncio.Lock()
        self._listener: StreamListener | None = None
        self.rests = asyncio.Event()
        """Set while an order waits in the book."""

    def listen(self, listener: StreamListener | None) -> None:
        """Tell what changes from now on to this one, or to nobody."""
        self._listener = listener

    async def snapshot(self) -> BalanceSnapshot:
        """Return the account as it is."""
        async with self._turn():
            known = await self._load()
            return snapshot_of(self._venue, known.state.balances, self._clock)

    async def baseline(self) -> None:
        """Tell the listener the whole account anew."""
        snapshot = await self.snapshot()
        if self._listener is not None:
            self._listener.account_pushed(AccountPushed(snapshot=snapshot, is_baseline=True))

    async def submit(self, order: ApprovedOrder, instrument: Instrument, book: Book) -> str:
        """Take an order and trade what the book offers now; returns its id.

        VenueRejected and VenueUnavailable: not placed. OutcomeUnknown: the books did not say.
        """
        async with self._turn():
            known = await self._load()
            engine = self._engine(known, instrument)
            known = await self._met(known, engine, book)
            order_id = f"P{known.state.sequence + 1}"
            request = request_of(
                order, instrument, order_id=order_id, fee_fraction=self._terms.fee_fraction
            )
            if (denied := order.withdrawn()) is not None:
                raise OrderWithdrawn(str(denied))
            now = self._clock.now()
            if now >= order.deadline_at:
                raise VenueUnavailable(self._venue, "the order came after its deadline; not taken")
            outcome = engine.submit(request, at=now)
            if isinstance(outcome, Refused):
                raise fault_of(self._venue, outcome)
            try:
                await self._make(known, engine, outcome)
            except StorageError as error:
                raise OutcomeUnknown(self._venue, str(error)) from error
            return request.order_id

    async def cancel(self, ids: Collection[VenueOrderId] | None) -> int:
        """Cancel these orders, or every one; return how many were open."""
        async with self._turn():
            known = await self._load()
            engine = self._engine(known)
            wanted = known.state.orders if ids is None else ids
            open_ids = [each for each in wanted if each in known.state.orders]
            outcome = engine.cancel(open_ids, at=self._clock.now())
            if isinstance(outcome, Refused):
                raise fault_of(self._venue, outcome)
            if open_ids:
                try:
                    await self._make(known, engine, outcome)
                except StorageError as error:
                    raise OutcomeUnknown(self._venue, str(error)) from error
            return len(open_ids)

    async def meet(self, instrument: Instrument, book: Book) -> None:
        """Let the world's book meet what rests in it."""
        async with self._turn():
            known = await self._load()
            await self._met(known, self._engine(known, instrument), book)

    async def transfer(self, asset: Asset, amount: Decimal) -> None:
        """Pay in, or out where the amount is negative; VenueRejected where it is not there."""
        async with self._turn():
            known = await self._load()
            engine = self._engine(known)
            move = engine.deposit if amount > 0 else engine.withdraw
            outcome = move(asset, abs(amount), at=self._clock.now())
            if isinstance(outcome, Refused):
                raise fault_of(self._venue, outcome)
            await self._make(known, engine, outcome)

    async def resting(self) -> frozenset[Symbol]:
        """Return the symbols in which an order waits."""
        async with self._turn():
            orders = (await self._load()).state.orders.values()
            return frozenset(Symbol.parse(order.request.market) for order in orders)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Have the books for oneself; whoever waits too long for them has changed nothing."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._keeper.acquire()
        except TimeoutError as error:
            raise VenueUnavailable(self._venue, "the paper account is busy") from error
        try:
            yield
        finally:
            self._keeper.release()

    async def _load(self) -> _Known:
        """Return the account; read it, or open it, where it is not known."""
        if self._known is None:
            try:
                books = await self._store.load_settled(self._venue)
                if books is None:
                    self._known = await self._open()
                else:
                    self._known = _Known(state=state_of(books), opened_at=books.account.opened_at)
            except StorageError as error:
                raise VenueUnavailable(self._venue, f"the paper account: {error}") from error
            self._note_resting(self._known.state)
        return self._known

    async def _open(self) -> _Known:
        """Open the account with what it begins with, as deposits."""
        now = self._clock.now()
        known = _Known(state=paper.EngineState(), opened_at=now)
        engine = MatchingEngine(markets=(), state=known.state)
        rows = []
        for asset, amount in self._terms.opening.items():
            deposit = engine.deposit(asset, amount, at=now)
            if isinstance(deposit, Refused):
                raise fault_of(self._venue, deposit)
            engine.adopt(deposit)
            rows.append(self._change(deposit, now, engine))
        account = PaperAccountRow(venue=self._venue, sequence=engine.state.sequence, opened_at=now)
        await self._store.write(
            PaperChange(
                account=account,
                balances=tuple(each for row in rows for each in row.balances),
                ledger=tuple(each for row in rows for each in row.ledger),
            )
        )
        _log.info("paper account opened venue=%s", self._venue)
        return _Known(state=engine.state, opened_at=now)

    async def _met(self, known: _Known, engine: MatchingEngine, book: Book) -> _Known:
        """Put the world's book in place; what it fills of resting orders is written down."""
        name = str(book.symbol)
        if self._met_last.get(name) is book and name in known.state.depths:
            return known
        self._met_last[name] = book
        depth = depth_of(book) or paper.Depth()
        transition = engine.refresh(name, depth, at=self._clock.now())
        if not transition.events:
            engine.adopt(transition)
            self._known = _Known(state=engine.state, opened_at=known.opened_at)
            return self._known
        try:
            return await self._make(known, engine, transition)
        except StorageError as error:
            raise VenueUnavailable(self._venue, f"the paper account: {error}") from error

    async def _make(
        self, known: _Known, engine: MatchingEngine, transition: paper.Transition
    ) -> _Known:
        """Write a change down, make it, and tell it."""
        change = self._change(transition, known.opened_at, engine)
        # Until the write has ended the file alone knows; whoever is cut off here reads it anew.
        self._known = None
        await self._store.write(change)
        engine.adopt(transition)
        made = _Known(state=engine.state, opened_at=known.opened_at)
        self._known = made
        self._note_resting(made.state)
        self._tell(change, made.state)
        return made

    def _change(
        self, transition: paper.Transition, opened_at: datetime, engine: MatchingEngine
    ) -> PaperChange:
        fills = {fill.market for fill in transition.fills()}
        markets = {name: market for name in fills if (market := engine.market(name)) is not None}
        return change_of(transition, venue=self._venue, opened_at=opened_at, markets=markets)

    def _engine(self, known: _Known, instrument: Instrument | None = None) -> MatchingEngine:
        """Return an engine that knows the markets at hand."""
        if instrument is not None:
            self._markets[str(instrument.symbol)] = market_of(instrument)
        names = {order.request.market for order in known.state.orders.values()}
        if instrument is not None:
            names.add(str(instrument.symbol))
        return MatchingEngine(
            markets=[self._markets.get(name) or unlisted(name) for name in names],
            state=known.state,
        )

    def _note_resting(self, state: paper.EngineState) -> None:
        if state.orders:
            self.rests.set()
        else:
            self.rests.clear()

    def _tell(self, change: PaperChange, state: paper.EngineState) -> None:
        """Fills come before the orders that they complete, and the account after both."""
        listener = self._listener
        if listener is None:
            return
        for fill in change.fills:
            listener.fill_pushed(fill_of(fill))
        for order in change.orders:
            listener.order_pushed(order_of(order))
        snapshot = snapshot_of(self._venue, state.balances, self._clock)
        listener.account_pushed(AccountPushed(snapshot=snapshot, is_baseline=False))
