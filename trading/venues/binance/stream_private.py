"""The user data stream: subscribed by signature, proved by a baseline, renewed before it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from trading.clock import Clock
from trading.errors import VenueError
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import VenueName, VenueOrderId
from trading.model.order import VenueOrder
from trading.venues.binance.balances import ParsedAccount
from trading.venues.binance.reference import ReferenceData
from trading.venues.binance.session import USER_AGENT, BinanceSession
from trading.venues.binance.settings import BinanceSettings
from trading.venues.binance.stream_account import PushedAccount
from trading.venues.binance.stream_feed import AccountFeed
from trading.venues.binance.stream_wire import BinanceSocket
from trading.venues.binance.subscribing import subscribe
from trading.venues.doubts import DoubtPacer
from trading.venues.referee import Referee
from trading.venues.stream_line import StreamLine
from trading.venues.streaming import StreamListener, StreamStatus
from trading.venues.websocket import ConnectionEnded, one_end, open_websocket

_log = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0
_TICK_SECONDS = 0.5
_OVERLAP_SECONDS = 5.0
"""How long two connections tell of the same events before the older one is let go."""
_RENEW_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestAnswers:
    """What only REST can tell: there is no snapshot on this stream."""

    account: Callable[[], Coroutine[Any, Any, ParsedAccount]]
    open_orders: Callable[[], Coroutine[Any, Any, tuple[VenueOrder, ...]]]
    orders: Callable[[Collection[VenueOrderId]], Awaitable[Mapping[VenueOrderId, VenueOrder]]]
    balances: Callable[[], Awaitable[BalanceSnapshot]]


class PrivateStream:
    """Keeps the pushed account; it and what was sent outlive connections."""

    def __init__(
        self,
        *,
        name: VenueName,
        settings: BinanceSettings,
        line: StreamLine,
        session: BinanceSession,
        reference: ReferenceData,
        clock: Clock,
    ) -> None:
        """Keep what it connects with."""
        self._name = name
        self._settings = settings
        self._line = line
        self._session = session
        self._reference = reference
        self._clock = clock
        self._account = PushedAccount()
        self._doubts = DoubtPacer()
        self._turned = asyncio.Event()
        self.feed: AccountFeed | None = None
        self.referee = Referee(account=self._account, clock=clock, source="the account")

    @property
    def status(self) -> StreamStatus:
        """How the connection is."""
        return self._line.status

    async def run(self, listener: StreamListener, rest: RestAnswers) -> None:
        """Keep it up until cancelled."""
        feed = AccountFeed(
            venue=self._name,
            account=self._account,
            clock=self._clock,
            listener=listener,
            defer=asyncio.get_running_loop().call_soon,
            turned=self._turned.set,
        )
        self.feed = feed
        await self._line.run(lambda: self._serve(feed, rest), feed.lose)

    async def reconnect(self, *, within_seconds: float) -> None:
        """Have a new connection and a new baseline now."""
        self._doubts.forgive()
        await self._line.reconnect(within_seconds=within_seconds)

    async def _serve(self, feed: AccountFeed, rest: RestAnswers) -> None:
        self._line.waiting("connecting")
        subscribed = asyncio.Event()
        try:
            with one_end():
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._connections(feed, subscribed))
                    group.create_task(self._keep(feed, rest, subscribed))
                    group.create_task(self._tick(feed))
                    group.create_task(self.referee.run(rest.balances, feed.lose))
        except (ConnectionEnded, VenueError) as ended:
            # Said before the farewell, which takes its time where nobody answers.
            feed.lose(str(ended))
            raise

    # --- connections -----------------------------------------------------------------------------

    async def _connections(self, feed: AccountFeed, subscribed: asyncio.Event) -> None:
        """Run one connection, and before it grows old the next one beside it."""
        async with asyncio.TaskGroup() as group:
            current: asyncio.Task[None] | None = None
            while True:
                ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
                is_first = current is None
                following = group.create_task(self._connect(feed, ready, is_first=is_first))
                if await ready:
                    subscribed.set()
                    if current is not None:
                        await self._clock.sleep(_OVERLAP_SECONDS)
                        current.cancel()
                    current = following
                    await self._clock.sleep(self._settings.renew_seconds)
                else:
                    await self._clock.sleep(_RENEW_AGAIN_SECONDS)

    async def _connect(
        self, feed: AccountFeed, ready: asyncio.Future[bool], *, is_first: bool
    ) -> None:
        """Open, subscribe and read; a successor that cannot be had is no reason to end."""
        try:
            await self._read(feed, ready)
        except (ConnectionEnded, VenueError) as error:
            if is_first or ready.done():
                raise
            _log.warning("no new connection yet venue=%s reason=%s", self._name, error)
            ready.set_result(False)

    async def _read(self, feed: AccountFeed, ready: asyncio.Future[bool]) -> None:
        async with open_websocket(
            self._settings.ws_api_url or "",
            user_agent=USER_AGENT,
            limits=self._settings.socket_limits,
            clock=self._clock,
        ) as websocket:
            self._line.connected(lambda: websocket.silent_seconds)
            socket = BinanceSocket(socket=websocket, hear=feed.hear, alive=feed.confirm)
            with one_end():
                async with asyncio.TaskGroup() as group:
                    group.create_task(socket.run())
                    await subscribe(socket, self._session, timeout_seconds=_ANSWER_SECONDS)
                    ready.set_result(True)

    # --- what is heard on them -------------------------------------------------------------------

    async def _keep(self, feed: AccountFeed, rest: RestAnswers, subscribed: asyncio.Event) -> None:
        """Have a baseline, wait for a doubt in it, and so on."""
        await subscribed.wait()
        again = False
        while True:
            await self._establish(feed, rest)
            self._line.live(is_new=not again)
            began = self._clock.monotonic()
            reason = await self._doubted(feed)
            pause = self._doubts.pause_after(self._clock.monotonic() - began)
            self._line.waiting(f"{reason}; a new baseline in {pause:.0f} s")
            await self._clock.sleep(pause)
            again = True

    async def _establish(self, feed: AccountFeed, rest: RestAnswers) -> None:
        """Ask for account and open orders while events are kept; what comes late is dropped."""
        before = feed.open_before()
        feed.begin(await self._reference.listing())
        asked_at = self._clock.monotonic()
        async with asyncio.TaskGroup() as group:
            account = group.create_task(rest.account())
            listed = group.create_task(rest.open_orders())
        orders = {order.venue_order_id: order for order in listed.result()}
        gone = [each for each in before if each not in orders]
        ended = await rest.orders(gone) if gone else {}
        feed.start(account.result(), [*ended.values(), *orders.values()], asked_at=asked_at)
        if not feed.is_live:
            raise ConnectionEnded(f"no baseline: {feed.doubt}")

    async def _doubted(self, feed: AccountFeed) -> str:
        while feed.is_live:
            self._turned.clear()
            await self._turned.wait()
        return feed.doubt or "doubted"

    async def _tick(self, feed: AccountFeed) -> None:
        while True:
            await self._clock.sleep(_TICK_SECONDS)
            feed.pass_time()
