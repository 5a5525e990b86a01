"""What the core asks of a venue; every adapter passes the same contract suite.

Faults are the venue branch of `trading.errors`. Reads may be repeated by the caller; `submit`
is never repeated by anyone: it answers, raises VenueRejected or VenueFatal or VenueUnavailable
(all three: certainly not placed), or raises OutcomeUnknown (it may have been).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from types import TracebackType
from typing import Protocol, Self

from trading.errors import VenueError
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot
from trading.model.fill import Fill
from trading.model.identifiers import Asset, ClientOrderId, Symbol, VenueName, VenueOrderId
from trading.model.instrument import Instrument
from trading.model.ledger import LedgerEntry
from trading.model.market_data import Book, Candle, Price
from trading.model.order import VenueOrder
from trading.venues.streaming import StreamListener, StreamStatus
from trading.venues.traffic import Traffic


class Priority(IntEnum):
    """Who goes first when calls of one key wait for each other; lower goes first."""

    EMERGENCY = 0
    ORDERS = 1
    BALANCES = 2
    MARKET_DATA = 3


class VenueState(StrEnum):
    """What the venue as a whole lets one do now."""

    ONLINE = "online"
    MAINTENANCE = "maintenance"
    CANCEL_ONLY = "cancel_only"
    POST_ONLY = "post_only"
    LIMIT_ONLY = "limit_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceRule:
    """When "not found" proves that an order was never placed.

    The order's deadline must have passed by `after_deadline`, then `looks` complete look-ups, at
    least `spacing` apart, must all find nothing. `provable` is False where only the owner can say.
    """

    provable: bool
    after_deadline: timedelta
    looks: int
    spacing: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTraits:
    """How a venue differs from the others, where the core must know."""

    kind: str
    order_deadline: timedelta
    """How long after sending the engine may still take an order."""
    absence: AbsenceRule
    has_dead_man_switch: bool
    client_order_id_length: int
    has_streams: bool = False
    """True where `run_streams` pushes accounts, orders, fills and prices."""
    candle_reach: int | None = None
    """How many candles back from now the venue goes, whatever is asked; None: without an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The venue took the order."""

    venue_order_id: VenueOrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReport:
    """What the configured key may do, where the venue tells (None: it does not)."""

    can_query_balances: bool | None
    can_query_orders: bool | None
    can_query_ledger: bool | None
    """Without it a deposit cannot be told from a gain, nor a withdrawal from a loss."""
    can_trade: bool | None
    can_stream: bool | None
    can_withdraw: bool | None


class VenueAdapter(Protocol):
    """One account at one venue. Enter it before use; leaving it closes every connection."""

    @property
    def name(self) -> VenueName:
        """The owner's name for it."""
        ...

    @property
    def traits(self) -> VenueTraits:
        """Its fixed properties."""
        ...

    async def __aenter__(self) -> Self:
        """Open sessions; makes no request."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        ...

    def pushed_state(self) -> VenueState | None:
        """Return what a live stream says that the venue allows; None where one must ask."""
        ...

    async def fetch_state(self) -> VenueState:
        """Ask what the venue as a whole allows now."""
        ...

    async def fetch_time(self) -> datetime:
        """Return the venue's clock."""
        ...

    async def resync(self) -> datetime:
        """Take the venue's clock anew and move on what may only rise, such as nonces.

        Part of a repair: harmless at any time. Returns the venue's clock.
        """
        ...

    async def fetch_key_report(self) -> KeyReport:
        """Return what the key may do."""
        ...

    async def fetch_instruments(self) -> Mapping[Symbol, Instrument]:
        """Return every spot instrument."""
        ...

    async def fetch_balances(self, *, priority: Priority = Priority.BALANCES) -> BalanceSnapshot:
        """Return a complete, validated snapshot; anything less raises VenueProtocolError."""
        ...

    async def fetch_totals(self) -> Mapping[Asset, Decimal]:
        """Return totals from a second, different endpoint, to explain or refute the first."""
        ...

    async def fetch_ledger(self, *, since: datetime) -> tuple[LedgerEntry, ...]:
        """Return every ledger row since, oldest first."""
        ...

    async def fetch_prices(
        self, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | VenueError]:
        """Return mid prices in as few calls as possible; one bad symbol fails alone."""
        ...

    async def fetch_books(self, symbols: Collection[Symbol]) -> Mapping[Symbol, Book | VenueError]:
        """Return the top of each book; one bad symbol fails alone."""
        ...

    async def fetch_candles(
        self, symbol: Symbol, *, interval: timedelta, since: datetime
    ) -> tuple[Candle, ...]:
        """Return the candles that opened since, oldest first, as far as the venue goes.

        The one still running comes last, with `is_closed` False, where the venue shows it; no
        other has that. VenueRejected when there are none of this interval.
        """
        ...

    async def submit(self, order: ApprovedOrder) -> Submission:
        """Send it once; OrderWithdrawn, with nothing sent, when `order.withdrawn` says so first.

        It is asked as late as can be: an order may have waited for its turn until then.
        """
        ...

    async def cancel(
        self, venue_order_id: VenueOrderId, *, priority: Priority = Priority.ORDERS
    ) -> bool:
        """Cancel; False when the venue says that it is not open (any more)."""
        ...

    async def cancel_all(self) -> int:
        """Cancel every open order of the account; return how many."""
        ...

    async def arm_dead_man_switch(self, timeout: timedelta | None) -> datetime | None:
        """Have the venue cancel every order of the account unless it hears again in time.

        None disarms. Returns when it would strike, by the venue's clock. Only where `traits`
        says that there is one.
        """
        ...

    async def fetch_open_orders(self) -> tuple[VenueOrder, ...]:
        """Return every open order of the account, ours or not."""
        ...

    async def fetch_closed_orders(self, *, since: datetime) -> tuple[VenueOrder, ...]:
        """Return every order closed since, paged to the end."""
        ...

    async def fetch_orders(
        self, ids: Collection[VenueOrderId]
    ) -> Mapping[VenueOrderId, VenueOrder]:
        """Return these orders by the venue's ids; unknown ids are missing from the answer."""
        ...

    async def find_orders(
        self, client_order_id: ClientOrderId, *, symbol: Symbol
    ) -> tuple[VenueOrder, ...]:
        """Look through open, then closed orders for our id; empty means this look found none.

        `symbol` is what the order was sent for: some venues look nowhere else.
        """
        ...

    async def fetch_fills(
        self, *, since: datetime, symbols: Collection[Symbol] | None = None
    ) -> tuple[Fill, ...]:
        """Return every fill since, paged to the end, oldest first.

        `symbols` are all that the caller needs, where the venue must be asked for one after the
        other; a venue that tells of all at once may return more. None: of every symbol that
        could have been traded (see `follow`). `client_order_id` may be None where the venue's
        fills carry only its own order id.
        """
        ...

    def follow(self, symbols: Collection[Symbol]) -> None:
        """Take note of symbols that may have been traded, besides what the adapter saw itself.

        Where a venue keeps its history by symbol, closed orders, fills and the ledger are asked
        for of these too. Others need not listen.
        """
        ...

    async def run_streams(self, listener: StreamListener) -> None:
        """Keep the streams up and tell the listener, until cancelled; a long-lived part.

        Connects again by itself for ever, with jitter, under the venue's connection limits. A
        venue without streams returns only by cancellation.
        """
        ...

    async def reconnect_streams(self) -> None:
        """Drop the connections and start again with baselines now, not after the next pause."""
        ...

    def watch_prices(self, symbols: Collection[Symbol]) -> None:
        """Have exactly these prices pushed from now on; a symbol the venue lacks is skipped."""
        ...

    def stream_status(self) -> tuple[StreamStatus, ...]:
        """Return how each connection is; empty for a venue without streams."""
        ...

    def traffic(self) -> Traffic:
        """Return what is left of the call limits, and how often was asked again; asks nothing."""
        ...
