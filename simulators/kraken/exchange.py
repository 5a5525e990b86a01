"""The venue itself: the shared core with this venue's fees, its ids and its dead man's switch."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from simulators.clock import Clock
from simulators.exchange.core import ExchangeCore
from simulators.exchange.numbers import from_microseconds, microseconds
from simulators.kraken.books import KrakenBooks
from simulators.kraken.catalogue import Catalogue
from simulators.kraken.errors import refusal
from simulators.kraken.fees import FeeSchedule
from simulators.kraken.placing import Ticket, placed_order
from simulators.kraken.valuation import Valuer
from simulators.market.market import SimulatedMarket
from simulators.market.tape import Tape
from trading.venues.paper.amendment import Amendment
from trading.venues.paper.engine import MatchingEngine
from trading.venues.paper.values import CloseReason, Fill, Order, Transition


class Exchange(ExchangeCore):
    def __init__(
        self,
        *,
        catalogue: Catalogue,
        engine: MatchingEngine,
        books: KrakenBooks,
        market: SimulatedMarket,
        tapes: Mapping[str, Tape],
        fees: FeeSchedule,
        clock: Clock,
    ) -> None:
        super().__init__(
            engine=engine, books=books, market=market, tapes=tapes, refusal=refusal, clock=clock
        )
        self.catalogue = catalogue
        self.fees = fees
        self.identifiers = books.identifiers
        self.valuer = Valuer(catalogue=catalogue, price=market.price)
        trigger = books.setting("dead_man")
        self._dead_man = from_microseconds(int(trigger)) if trigger else None
        for fill in self.archive.fills_since(microseconds(self.now() - timedelta(days=30))):
            self.filled(fill)

    @property
    def dead_man(self) -> datetime | None:
        """When all orders will be cancelled unless the client asks again."""
        return self._dead_man

    def check(self, ticket: Ticket) -> None:
        """Say whether an order would be accepted, and leave it at that."""
        self._wanted(ticket)

    def place(self, ticket: Ticket) -> Order:
        """Accept an order and answer it as it stands after it traded what it could."""
        transition = self._wanted(ticket)
        self.commit(transition)
        return placed_order(transition)

    def amend(self, wish: Amendment) -> None:
        """Change an open order in place."""
        self.require(self.engine.amend(wish, at=self.now()))

    def arm_dead_man(self, seconds: int) -> datetime | None:
        """Cancel everything so many seconds from now; zero takes the threat away."""
        self._dead_man = self.now() + timedelta(seconds=seconds) if seconds else None
        value = str(microseconds(self._dead_man)) if self._dead_man else ""
        with self._books.transaction():
            self._books.write_setting("dead_man", value)
        return self._dead_man

    def settle_time(self) -> None:
        """Do what is due by now: expire orders, let the dead man's switch fire."""
        super().settle_time()
        if self._dead_man is not None and self._dead_man <= self.now():
            self.arm_dead_man(0)
            self.cancel(tuple(self.engine.state.orders), CloseReason.DEAD_MAN)

    def thin(self, ticket: Ticket, fraction: Decimal) -> None:
        """Leave no more on the other side than a share of an order that is about to come."""
        self.limit_depth(ticket.pair.symbol, ticket.side, ticket.quantity * fraction)

    def filled(self, fill: Fill) -> None:
        """Count what was traded for the fee schedule."""
        price = self.valuer.in_usd(fill.market.partition("/")[2])
        if price is not None:
            self.fees.traded(fill.at, fill.cost * price)

    def _wanted(self, ticket: Ticket) -> Transition:
        return self.submitted(
            ticket.request(
                order_id=self.identifiers.order(self.engine.state.sequence + 1),
                fees=self.fees.current(self.now()).fees(),
            )
        )
