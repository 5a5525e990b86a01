"""Kraken's public socket: the best bid and ask of the symbols that somebody watches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping

from trading.clock import Clock
from trading.errors import VenueError
from trading.model.identifiers import Symbol, VenueName
from trading.venues.decoding import Malformed, Row
from trading.venues.kraken.pushed_state import PushedState
from trading.venues.kraken.reference import ReferenceData
from trading.venues.kraken.stream_rows import objects, parse_quote
from trading.venues.kraken.stream_wire import KrakenSocket, NoAnswer, Value
from trading.venues.quotes import Moment
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

_TICKER = "ticker"
_ANSWER_SECONDS = 10.0
_TRY_AGAIN_SECONDS = 60.0


class PublicStream:
    """Connected while anything is watched; a symbol that Kraken lacks is skipped."""

    def __init__(
        self,
        *,
        name: VenueName,
        url: str,
        user_agent: str,
        limits: SocketLimits,
        line: StreamLine,
        reference: ReferenceData,
        state: PushedState,
        clock: Clock,
    ) -> None:
        """Keep what it connects with."""
        self._name = name
        self._url = url
        self._user_agent = user_agent
        self._limits = limits
        self._line = line
        self._reference = reference
        self._state = state
        self._clock = clock
        self._wanted: dict[str, Symbol] = {}
        self._changed = asyncio.Event()

    @property
    def status(self) -> StreamStatus:
        """How the connection is."""
        return self._line.status

    def watch(self, symbols: Collection[Symbol]) -> None:
        """Push exactly these from now on."""
        wanted = {str(symbol): symbol for symbol in symbols}
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
            self._url, user_agent=self._user_agent, limits=self._limits, clock=self._clock
        ) as websocket:
            self._line.connected(lambda: websocket.silent_seconds)
            watched = _Watched(venue=self._name, listener=listener, clock=self._clock)
            hear = self._state.beside(watched.hear)
            socket = KrakenSocket(socket=websocket, clock=self._clock, hear=hear)
            with one_end():
                async with asyncio.TaskGroup() as group:
                    group.create_task(socket.run())
                    group.create_task(self._keep(socket, watched))

    async def _keep(self, socket: KrakenSocket, watched: _Watched) -> None:
        """Follow what is wanted; try again after a while what was refused."""
        while True:
            self._changed.clear()
            if not self._wanted:
                raise ConnectionEnded("no price is watched any more", ending=Ending.RENEW)
            wanted = await self._listed()
            await self._change(socket, watched, wanted)
            self._line.live()
            try:
                async with asyncio.timeout(_TRY_AGAIN_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _change(
        self, socket: KrakenSocket, watched: _Watched, wanted: Mapping[str, Symbol]
    ) -> None:
        """Subscribe to what is missing and end what is not wanted, each with its own answer."""
        with one_end():
            async with asyncio.TaskGroup() as group:
                for name in [each for each in watched.symbols if each not in wanted]:
                    del watched.symbols[name]
                    group.create_task(_ask(socket, "unsubscribe", name))
                for name in [each for each in wanted if each not in watched.symbols]:
                    watched.symbols[name] = wanted[name]
                    group.create_task(self._begin(socket, watched, name))

    async def _begin(self, socket: KrakenSocket, watched: _Watched, name: str) -> None:
        answer = await _ask(socket, "subscribe", name)
        if answer.fields.get("success") is not True:
            watched.symbols.pop(name, None)
            _log.warning(
                "price not streamed venue=%s symbol=%s reason=%s",
                self._name, name, answer.fields.get("error"),
            )  # fmt: skip

    async def _listed(self) -> dict[str, Symbol]:
        """Return what is wanted and listed; all that is wanted while the list cannot be had."""
        try:
            listed = (await self._reference.pairs()).instruments
        except VenueError as error:
            _log.info("pairs not known, asking for all reason=%s", error)
            return dict(self._wanted)
        return {name: symbol for name, symbol in self._wanted.items() if symbol in listed}


class _Watched:
    """The symbols of one connection, and what is heard of them."""

    def __init__(self, *, venue: VenueName, listener: StreamListener, clock: Clock) -> None:
        self._venue = venue
        self._listener = listener
        self._clock = clock
        self.symbols: dict[str, Symbol] = {}

    def hear(self, frame: Row) -> None:
        """Push the mids of a frame; a row that cannot be read harms no other."""
        if frame.fields.get("channel") != _TICKER:
            return
        moment = Moment(at=self._clock.now(), monotonic=self._clock.monotonic())
        for row in objects(frame):
            try:
                symbol = self.symbols.get(row.text("symbol"))
                price = symbol and parse_quote(
                    row, venue=self._venue, symbol=symbol, moment=moment
                )
            except Malformed as error:
                _log.warning("price not read venue=%s reason=%s", self._venue, error)
                continue
            if price:
                self._listener.price_pushed(price)


async def _ask(socket: KrakenSocket, method: str, name: str) -> Row:
    words: dict[str, Value] = {"channel": _TICKER, "symbol": (name,), "event_trigger": "bbo"}
    if method == "subscribe":
        words["snapshot"] = True
    try:
        return await socket.ask(method, words, timeout_seconds=_ANSWER_SECONDS)
    except (NotSent, NoAnswer) as error:
        raise ConnectionEnded(f"{method} was not answered: {error}") from error
