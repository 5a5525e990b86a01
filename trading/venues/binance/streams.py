"""Both connections of one account as the port's streamed half."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from random import SystemRandom

from trading.clock import Clock
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import Symbol, VenueName
from trading.venues.binance.reference import ReferenceData
from trading.venues.binance.session import BinanceSession
from trading.venues.binance.settings import BinanceSettings
from trading.venues.binance.stream_private import PrivateStream, RestAnswers
from trading.venues.binance.stream_public import AskPrices, PublicStream
from trading.venues.reconnection import Reconnection, ReconnectPolicy
from trading.venues.stream_line import StreamLine
from trading.venues.streaming import StreamListener, StreamStatus

_RECONNECT_SECONDS = 10.0


class BinanceStreams:
    """The account's socket where there is a key, that of prices, or neither."""

    def __init__(
        self,
        *,
        name: VenueName,
        settings: BinanceSettings,
        session: BinanceSession,
        reference: ReferenceData,
        ask_prices: AskPrices,
        clock: Clock,
    ) -> None:
        """Build them; nothing is connected before `run`."""
        self._name = name
        self._settings = settings
        self._clock = clock
        self.private = (
            PrivateStream(
                name=name,
                settings=settings,
                line=self._line("private"),
                session=session,
                reference=reference,
                clock=clock,
            )
            if settings.streams_account
            else None
        )
        self._public = (
            PublicStream(
                name=name,
                settings=settings,
                line=self._line("public"),
                reference=reference,
                ask_prices=ask_prices,
                clock=clock,
            )
            if settings.ws_url is not None
            else None
        )

    async def run(self, listener: StreamListener, rest: RestAnswers) -> None:
        """Keep them up until cancelled."""
        async with asyncio.TaskGroup() as group:
            if self.private is not None:
                group.create_task(self.private.run(listener, rest))
            if self._public is not None:
                group.create_task(self._public.run(listener))
            # Where nothing is streamed this is all there is to do: to last.
            await asyncio.get_running_loop().create_future()

    async def reconnect(self) -> None:
        """Start both again now."""
        async with asyncio.TaskGroup() as group:
            for stream in (self.private, self._public):
                if stream is not None:
                    group.create_task(stream.reconnect(within_seconds=_RECONNECT_SECONDS))

    def watch(self, symbols: Collection[Symbol]) -> None:
        """Have exactly these prices pushed."""
        if self._public is not None:
            self._public.watch(symbols)

    def status(self) -> tuple[StreamStatus, ...]:
        """Return how each connection is."""
        streams = (self.private, self._public)
        return tuple(stream.status for stream in streams if stream is not None)

    async def referee(self, ask: Callable[[], Awaitable[BalanceSnapshot]]) -> BalanceSnapshot:
        """Ask for balances, and let the answer judge the pushed account."""
        return await ask() if self.private is None else await self.private.referee.watch(ask)

    def _line(self, name: str) -> StreamLine:
        policy = ReconnectPolicy(first_seconds=self._settings.reconnect_seconds)
        return StreamLine(
            venue=self._name,
            name=name,
            clock=self._clock,
            reconnection=Reconnection(policy=policy, dice=SystemRandom().random),
        )
