"""Kraken's private socket: token, both channels, a baseline, and a new one after each doubt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from trading.clock import Clock
from trading.errors import VenueError
from trading.model.approval import ApprovedOrder
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import ClientOrderId, VenueName, VenueOrderId
from trading.model.order import VenueOrder
from trading.model.order_status import is_terminal
from trading.venues.doubts import DoubtPacer
from trading.venues.kraken.order_holds import OrderHolds
from trading.venues.kraken.pushed_state import PushedState
from trading.venues.kraken.reference import ReferenceData
from trading.venues.kraken.sent_orders import SentOrders
from trading.venues.kraken.session import KrakenSession
from trading.venues.kraken.socket_orders import OrderLine
from trading.venues.kraken.stream_account import DerivedAccount
from trading.venues.kraken.stream_feed import AccountFeed
from trading.venues.kraken.stream_orders import LiveOrders, TrackedOrder
from trading.venues.kraken.stream_rows import StreamNames, optional_stream_time
from trading.venues.kraken.stream_wire import KrakenSocket, NoAnswer
from trading.venues.kraken.subscribing import fetch_token, subscribe
from trading.venues.kraken.venue_time import VenueTime
from trading.venues.port import Priority
from trading.venues.referee import Referee
from trading.venues.stream_line import StreamLine
from trading.venues.streaming import StreamListener, StreamStatus
from trading.venues.websocket import (
    ConnectionEnded,
    Ending,
    NotSent,
    SocketLimits,
    one_end,
    open_websocket,
)

_log = logging.getLogger(__name__)

_BASELINE_SECONDS = 10.0
_TICK_SECONDS = 0.5
_TIME_SECONDS = 300.0

AskOrders = Callable[[Collection[VenueOrderId]], Awaitable[Mapping[VenueOrderId, VenueOrder]]]
AskBalances = Callable[[], Awaitable[BalanceSnapshot]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestAnswers:
    """What only REST can tell: the referee's balances, and orders that ended unseen."""

    balances: AskBalances
    orders: AskOrders


class PrivateStream:
    """Keeps the streamed account, and the line that orders go over.

    The account, its orders and what was sent outlive connections; a feed lives for one listener.
    """

    def __init__(
        self,
        *,
        name: VenueName,
        url: str,
        user_agent: str,
        limits: SocketLimits,
        line: StreamLine,
        session: KrakenSession,
        reference: ReferenceData,
        state: PushedState,
        time: VenueTime,
        clock: Clock,
    ) -> None:
        """Keep what it connects with."""
        self._name = name
        self._url = url
        self._user_agent = user_agent
        self._limits = limits
        self._line = line
        self._session = session
        self._reference = reference
        self._state = state
        self._time = time
        self._clock = clock
        self._account = DerivedAccount()
        self._orders = LiveOrders(venue=name)
        self._sent = SentOrders(account=self._account, clock=clock)
        self._doubts = DoubtPacer()
        self._turned = asyncio.Event()
        self._renewal = asyncio.Event()
        self._feed: AccountFeed | None = None
        self._order_line: OrderLine | None = None
        self.referee = Referee(account=self._account, clock=clock, source="BalanceEx")

    @property
    def status(self) -> StreamStatus:
        """How the connection is."""
        return self._line.status

    @property
    def order_line(self) -> OrderLine | None:
        """Where an order can go now; None while the socket is not up."""
        line = self._order_line
        return line if line is not None and line.socket.is_open else None

    async def run(self, listener: StreamListener, rest: RestAnswers) -> None:
        """Keep it up until cancelled."""
        loop = asyncio.get_running_loop()
        feed = AccountFeed(
            venue=self._name,
            account=self._account,
            orders=self._orders,
            sent=self._sent,
            clock=self._clock,
            listener=listener,
            defer=loop.call_soon,
            turned=self._turned.set,
        )
        self._feed = feed
        await self._line.run(lambda: self._serve(feed, listener, rest), feed.lose)

    async def reconnect(self, *, within_seconds: float) -> None:
        """Have a new connection and a new baseline now."""
        self._doubts.forgive()
        await self._line.reconnect(within_seconds=within_seconds)

    # --- orders on their way ---------------------------------------------------------------------

    def sending(self, order: ApprovedOrder) -> None:
        """Lock what an order may spend, from before it is sent."""
        self._sent.send(order, self._feed.holds if self._feed else None)
        self._push_change()

    def not_placed(self, client_order_id: ClientOrderId) -> None:
        """Let go of an order that certainly was not placed."""
        self._sent.refuse(client_order_id)
        self._push_change()

    def placed(self, client_order_id: ClientOrderId, order_id: VenueOrderId) -> None:
        """Note that Kraken took an order."""
        self._sent.take(client_order_id, order_id, self._orders.find(order_id))
        self._push_change()

    def find_order(self, order_id: VenueOrderId) -> TrackedOrder | None:
        """Return an order that is open or has ended lately, as far as the stream told of it."""
        return self._orders.find(order_id)

    def _push_change(self) -> None:
        if self._feed is not None:
            self._feed.changed()

    # --- one connection --------------------------------------------------------------------------

    async def _serve(self, feed: AccountFeed, listener: StreamListener, rest: RestAnswers) -> None:
        self._line.waiting("asking for a token")
        # In a lockout one emergency may pass: that one is not for this.
        hurries = self._line.is_demanded and not self._session.lockout.remaining_seconds
        urgency = Priority.EMERGENCY if hurries else Priority.ORDERS
        token = await fetch_token(self._session, self._name, priority=urgency)
        self._line.waiting("connecting")
        self._renewal.clear()
        async with open_websocket(
            self._url, user_agent=self._user_agent, limits=self._limits, clock=self._clock
        ) as websocket:
            self._line.connected(lambda: websocket.silent_seconds)
            hear = self._state.beside(feed.hear)
            socket = KrakenSocket(socket=websocket, clock=self._clock, hear=hear)
            try:
                with one_end():
                    async with asyncio.TaskGroup() as group:
                        group.create_task(socket.run())
                        group.create_task(self._until_renewal())
                        group.create_task(self._tick(feed))
                        group.create_task(self.referee.run(rest.balances, feed.lose))
                        group.create_task(self._look_up(feed, listener, rest))
                        group.create_task(self._keep_time(socket))
                        group.create_task(self._keep(socket, token, feed))
            except (ConnectionEnded, VenueError) as ended:
                # Said before the farewell, which takes its time where nobody answers.
                feed.lose(str(ended))
                raise
            finally:
                self._order_line = None

    async def _keep(self, socket: KrakenSocket, token: str, feed: AccountFeed) -> None:
        """Have a baseline, wait for a doubt in it, and so on."""
        again = False
        while True:
            await self._establish(socket, token, feed, again=again)
            self._order_line = OrderLine(socket=socket, token=token, renew=self._renewal.set)
            self._line.live(is_new=not again)
            began = self._clock.monotonic()
            reason = await self._doubted(feed)
            pause = self._doubts.pause_after(self._clock.monotonic() - began)
            self._line.waiting(f"{reason}; a new baseline in {pause:.0f} s")
            await self._clock.sleep(pause)
            again = True

    async def _establish(
        self, socket: KrakenSocket, token: str, feed: AccountFeed, *, again: bool
    ) -> None:
        """Ask for both snapshots and wait until they are in."""
        names, holds = await self._lists()
        self._turned.clear()
        feed.begin(names, holds)
        try:
            async with asyncio.timeout(_BASELINE_SECONDS):
                await subscribe(socket, token, again=again, timeout_seconds=_BASELINE_SECONDS)
                await self._turned.wait()
        except TimeoutError as error:
            raise ConnectionEnded(f"no snapshot within {_BASELINE_SECONDS:g} s") from error
        if not feed.is_live:
            raise ConnectionEnded(f"no baseline: {feed.doubt}")

    async def _doubted(self, feed: AccountFeed) -> str:
        while feed.is_live:
            self._turned.clear()
            await self._turned.wait()
        return feed.doubt or "doubted"

    async def _lists(self) -> tuple[StreamNames, OrderHolds]:
        names = StreamNames(codes=await self._reference.assets())
        instruments = (await self._reference.pairs()).instruments
        by_text = {str(symbol): instrument for symbol, instrument in instruments.items()}
        return names, OrderHolds(names=names, instruments=by_text)

    async def _until_renewal(self) -> None:
        await self._renewal.wait()
        raise ConnectionEnded("the token is over", ending=Ending.RENEW)

    async def _tick(self, feed: AccountFeed) -> None:
        while True:
            await self._clock.sleep(_TICK_SECONDS)
            feed.pass_time()

    async def _look_up(
        self, feed: AccountFeed, listener: StreamListener, rest: RestAnswers
    ) -> None:
        """Ask REST for what the channels leave open."""
        while True:
            await self._clock.sleep(_TICK_SECONDS)
            if not feed.is_live:
                continue
            try:
                await self._tell_ended(feed, listener, rest)
                await self._list_unlisted(feed)
            except VenueError as error:
                _log.warning("left open venue=%s reason=%s", self._name, error)

    async def _keep_time(self, socket: KrakenSocket) -> None:
        """Learn Kraken's time here, so that no order waits for a question about it."""
        while True:
            asked = self._clock.monotonic()
            try:
                answer = await socket.ask("ping", {}, timeout_seconds=_BASELINE_SECONDS)
            except (NotSent, NoAnswer) as error:
                raise ConnectionEnded(f"a ping was not answered: {error}") from error
            at = optional_stream_time(answer, "time_out")
            if at is not None:
                self._time.heard(at, asked=asked, received=self._clock.monotonic())
            await self._clock.sleep(_TIME_SECONDS)

    async def _tell_ended(
        self, feed: AccountFeed, listener: StreamListener, rest: RestAnswers
    ) -> None:
        """Tell how orders ended that a snapshot does not show any more."""
        ids = [VenueOrderId(order.order_id) for order in self._orders.vanished()]
        if not ids:
            return
        for order in (await rest.orders(ids)).values():
            if order.client_order_id is not None and is_terminal(order.status):
                self._sent.refuse(order.client_order_id)
            listener.order_pushed(order)
        feed.changed()

    async def _list_unlisted(self, feed: AccountFeed) -> None:
        """Look for names that no list had; with new lists the account is read anew.

        Somebody else may have asked for the lists; one that was asked for before such a name was
        heard of proves nothing, and then it is looked for again.
        """
        names = sorted(feed.unlisted)
        if not names:
            return
        was_asked = await self._reference.look_again()
        known = StreamNames(codes=await self._reference.assets())
        is_listed = any(known.asset(name) for name in names)
        if was_asked or is_listed:
            feed.unlisted.difference_update(names)
        if is_listed and feed.is_live:
            self._doubts.excuse()
            feed.lose(f"new assets are listed: {', '.join(names)}")
