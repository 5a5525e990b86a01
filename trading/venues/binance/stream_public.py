"""Binance's market streams: the best bid and ask of the symbols that somebody watches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping

from trading.clock import Clock
from trading.errors import VenueError
from trading.model.identifiers import Symbol, VenueName
from trading.model.market_data import Price
from trading.venues.binance.reference import ReferenceData
from trading.venues.binance.session import USER_AGENT
from trading.venues.binance.settings import BinanceSettings
from trading.venues.binance.stream_wire import BinanceSocket
from trading.venues.decoding import Malformed, Row
from trading.venues.quotes import Moment, mid_price
from trading.venues.stream_line import StreamLine
from trading.venues.streaming import StreamListener, StreamStatus
from trading.venues.websocket import (
    ConnectionEnded,
    Ending,
    NotSent,
    one_end,
    open_websocket,
)

_log = logging.getLogger(__name__)

_PING = '{"id":"ping","method":"LIST_SUBSCRIPTIONS"}'
_ANSWER_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 60.0
_BETWEEN_SECONDS = 0.25
"""The venue ends a connection that says more than five things a second."""
_MOST_STREAMS = 200
"""Of one request; so many names fit well into one message."""

AskPrices = Callable[[Collection[Symbol]], Awaitable[Mapping[Symbol, Price | VenueError]]]


class PublicStream:
    """Connected while anything is watched; a symbol that Binance lacks is skipped."""

    def __init__(
        self,
        *,
        name: VenueName,
        settings: BinanceSettings,
        line: StreamLine,
        reference: ReferenceData,
        ask_prices: AskPrices,
        clock: Clock,
    ) -> None:
        """Keep what it connects with; `ask_prices` tells of what has not moved yet."""
        self._name = name
        self._settings = settings
        self._line = line
        self._reference = reference
        self._ask_prices = ask_prices
        self._clock = clock
        self._wanted: frozenset[Symbol] = frozenset()
        self._changed = asyncio.Event()

    @property
    def status(self) -> StreamStatus:
        """How the connection is."""
        return self._line.status

    def watch(self, symbols: Collection[Symbol]) -> None:
        """Push exactly these from now on."""
        wanted = frozenset(symbols)
        if wanted != self._wanted:
            self._wanted = wanted
            self._changed.set()

    async def run(self, listener: StreamListener) -> None:
        """Keep it up until cancelled."""
        await self._line.run(lambda: self._serve(listener), lambda _: None)

    async def reconnect(self, *, within_seconds: float) -> None:
        """Have a new connection now, if anything is watched."""
        if self._wanted:
            await self._line.reconnect(within_seconds=within_seconds)

    async def _serve(self, listener: StreamListener) -> None:
        while not self._wanted:
            self._line.waiting("no price is watched")
            self._changed.clear()
            await self._changed.wait()
        self._line.waiting("connecting")
        async with open_websocket(
            _combined(self._settings.ws_url or ""),
            user_agent=USER_AGENT,
            limits=self._settings.socket_limits,
            clock=self._clock,
        ) as websocket:
            self._line.connected(lambda: websocket.silent_seconds)
            watched = _Watched(venue=self._name, listener=listener, clock=self._clock)
            socket = BinanceSocket(
                socket=websocket, hear=watched.hear, alive=lambda: None, ping=_PING
            )
            with one_end():
                async with asyncio.TaskGroup() as group:
                    group.create_task(socket.run())
                    group.create_task(self._keep(socket, watched))

    async def _keep(self, socket: BinanceSocket, watched: _Watched) -> None:
        """Follow what is wanted; look again after a while for what was not listed."""
        while True:
            self._changed.clear()
            if not self._wanted:
                raise ConnectionEnded("no price is watched any more", ending=Ending.RENEW)
            codes = (await self._reference.listing()).codes
            wanted = {codes[symbol]: symbol for symbol in self._wanted if symbol in codes}
            await self._change(socket, watched, wanted)
            self._line.live()
            try:
                async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _change(
        self, socket: BinanceSocket, watched: _Watched, wanted: Mapping[str, Symbol]
    ) -> None:
        """Subscribe to what is missing and end what is not wanted."""
        gone = [code for code in watched.symbols if code not in wanted]
        new = [code for code in wanted if code not in watched.symbols]
        for code in gone:
            del watched.symbols[code]
        watched.symbols.update({code: wanted[code] for code in new})
        await self._ask(socket, "UNSUBSCRIBE", gone)
        await self._ask(socket, "SUBSCRIBE", new)
        if new:
            await self._tell_now(watched, [wanted[code] for code in new])

    async def _tell_now(self, watched: _Watched, symbols: Collection[Symbol]) -> None:
        """Tell the present prices: the stream speaks only when something moves."""
        try:
            prices = await self._ask_prices(symbols)
        except VenueError as error:
            _log.info("present prices not known venue=%s reason=%s", self._name, error)
            return
        for price in prices.values():
            if isinstance(price, Price):
                watched.tell(price)

    async def _ask(self, socket: BinanceSocket, method: str, codes: list[str]) -> None:
        for start in range(0, len(codes), _MOST_STREAMS):
            names = [f"{code.lower()}@bookTicker" for code in codes[start : start + _MOST_STREAMS]]
            try:
                answer = await socket.ask(method, names, timeout_seconds=_ANSWER_SECONDS)
            except NotSent as error:
                raise ConnectionEnded(f"{method} was not sent: {error}") from error
            if answer.fields.get("error"):
                raise ConnectionEnded(f"{method} was refused: {answer.fields['error']}")
            await self._clock.sleep(_BETWEEN_SECONDS)


def _combined(url: str) -> str:
    """Return where streams come with their names, whether the address names the place or not."""
    return f"{url.rstrip('/').removesuffix('/stream')}/stream"


class _Watched:
    """The symbols of one connection, and what is heard of them."""

    def __init__(self, *, venue: VenueName, listener: StreamListener, clock: Clock) -> None:
        self._venue = venue
        self._listener = listener
        self._clock = clock
        self._heard: set[Symbol] = set()
        self.symbols: dict[str, Symbol] = {}

    def hear(self, event: Row) -> None:
        """Push the mid of an event; one that cannot be read harms no other."""
        symbol = self.symbols.get(str(event.fields.get("s")))
        if symbol is None:
            return
        moment = Moment(at=self._clock.now(), monotonic=self._clock.monotonic())
        try:
            price = mid_price(
                event.decimal("b"),
                event.decimal("a"),
                venue=self._venue,
                symbol=symbol,
                moment=moment,
            )
        except (Malformed, VenueError) as error:
            _log.info("price not read venue=%s reason=%s", self._venue, error)
            return
        self._heard.add(symbol)
        self._listener.price_pushed(price)

    def tell(self, price: Price) -> None:
        """Push a price that was asked for, unless the stream has spoken of its symbol since."""
        if price.symbol in self.symbols.values() and price.symbol not in self._heard:
            self._listener.price_pushed(price)
