"""Both sockets of one account as the port's streamed half."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from random import SystemRandom

from trading.clock import Clock
from trading.model.balance import BalanceSnapshot
from trading.model.identifiers import Symbol, VenueName
from trading.venues.kraken.pushed_state import PushedState
from trading.venues.kraken.reference import ReferenceData
from trading.venues.kraken.session import USER_AGENT, KrakenSession
from trading.venues.kraken.settings import KrakenSettings
from trading.venues.kraken.stream_private import PrivateStream, RestAnswers
from trading.venues.kraken.stream_public import PublicStream
from trading.venues.kraken.venue_time import VenueTime
from trading.venues.port import VenueState
from trading.venues.reconnection import Reconnection, ReconnectPolicy
from trading.venues.stream_line import StreamLine
from trading.venues.streaming import StreamListener, StreamStatus

_RECONNECT_SECONDS = 10.0


class KrakenStreams:
    """The private socket where there is a key, the public one for prices, or neither."""

    def __init__(
        self,
        *,
        name: VenueName,
        settings: KrakenSettings,
        session: KrakenSession,
        reference: ReferenceData,
        time: VenueTime,
        clock: Clock,
    ) -> None:
        """Build them; nothing is connected before `run`."""
        self._name = name
        self._settings = settings
        self._session = session
        self._reference = reference
        self._time = time
        self._clock = clock
        self._state = PushedState()
        self.private = self._private_stream() if settings.streams_account else None
        self._public = self._public_stream() if settings.ws_url is not None else None

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

    def state(self) -> VenueState | None:
        """Return the mode that a live socket told; None while none is live."""
        return self._state.state if any(each.is_live for each in self.status()) else None

    async def referee(self, ask: Callable[[], Awaitable[BalanceSnapshot]]) -> BalanceSnapshot:
        """Ask for balances, and let the answer judge the streamed account."""
        return await ask() if self.private is None else await self.private.referee.watch(ask)

    def _private_stream(self) -> PrivateStream:
        return PrivateStream(
            name=self._name,
            url=self._settings.ws_auth_url or "",
            user_agent=USER_AGENT,
            limits=self._settings.socket_limits,
            line=self._line("private"),
            session=self._session,
            reference=self._reference,
            state=self._state,
            time=self._time,
            clock=self._clock,
        )

    def _public_stream(self) -> PublicStream:
        return PublicStream(
            name=self._name,
            url=self._settings.ws_url or "",
            user_agent=USER_AGENT,
            limits=self._settings.socket_limits,
            line=self._line("public"),
            reference=self._reference,
            state=self._state,
            clock=self._clock,
        )

    def _line(self, name: str) -> StreamLine:
        policy = ReconnectPolicy(first_seconds=self._settings.reconnect_seconds)
        return StreamLine(
            venue=self._name,
            name=name,
            clock=self._clock,
            reconnection=Reconnection(policy=policy, dice=SystemRandom().random),
        )
