"""What every client of a stream has: a line, a voice, a heartbeat and an end."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import WSCloseCode

from simulators.binance.exchange import Exchange
from simulators.binance.faults import Faults
from simulators.binance.numbers import milliseconds
from simulators.binance.websocket.speech import Speech
from simulators.clock import Clock
from simulators.exchange.connection import Connection

MISSED_PINGS = 3  # a client that answers none of so many is cut off
SHUTDOWN_SECONDS = 0.5  # between the word that the server goes down and its going


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    ping_seconds: float
    life_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    exchange: Exchange
    faults: Faults
    connection: Connection
    speech: Speech
    clock: Clock
    lifetime: Lifetime

    async def beat(self) -> None:
        """Ping as long as the client answers and its time is not over."""
        lifetime, connection = self.lifetime, self.connection
        ends_at = connection.opened_at + lifetime.life_seconds
        while True:
            left = ends_at - self.clock.monotonic()
            if left <= 0:
                await connection.close(WSCloseCode.GOING_AWAY, "connection lifetime is over")
                return
            await self.clock.sleep(min(lifetime.ping_seconds, left))
            silent_for = self.clock.monotonic() - connection.pong_at
            if silent_for > MISSED_PINGS * lifetime.ping_seconds:
                await connection.close(WSCloseCode.POLICY_VIOLATION, "Pong timeout")
                return
            if self.speech.speaks():
                await connection.ping(str(milliseconds(self.exchange.now())).encode())

    def shut_down(self, announce: Callable[[], None]) -> None:
        """Say that the server goes down, and cut the line a little later."""
        announce()
        self.connection.later(SHUTDOWN_SECONDS, self.connection.drop)
