"""One connection is kept up; who asks for a new one waits for nothing of the old one."""

import asyncio
from collections.abc import Callable

from tests.support.background import in_background
from tests.support.clock import FakeClock
from tests.support.waiting import settle
from trading.errors import VenueUnavailable
from trading.venues.reconnection import Reconnection, ReconnectPolicy
from trading.venues.stream_line import StreamLine
from trading.venues.websocket import ConnectionEnded


class Line:
    """A line whose connections do what a test says, each with the next of `turns`."""

    def __init__(self, *turns: Callable[["Line"], object]) -> None:
        self.clock = FakeClock()
        self.line = StreamLine(
            venue="kraken",
            name="private",
            clock=self.clock,
            reconnection=Reconnection(policy=ReconnectPolicy(), dice=lambda: 1.0),
        )
        self.lost: list[str] = []
        self.demanded: list[bool] = []
        self.left: list[str] = []
        self._turns = list(turns)

    async def serve(self) -> None:
        self.demanded.append(self.line.is_demanded)
        if self._turns:
            self._turns.pop(0)(self)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.left.append(f"{len(self.lost)} told")

    def is_live(self) -> bool:
        return self.line.status.is_live

    async def run(self) -> None:
        await self.line.run(self.serve, self.lost.append)


def hang(world: Line) -> None:
    world.line.waiting("asking for a token")


def go_live(world: Line) -> None:
    world.line.live()


def fall(world: Line) -> None:
    del world
    raise VenueUnavailable("kraken", "answered HTTP 502")


def drop(world: Line) -> None:
    del world
    raise ConnectionEnded("the connection was closed")


async def test_what_hangs_before_it_is_connected_is_given_up_when_somebody_asks() -> None:
    world = Line(hang, go_live)
    async with in_background(world.run()):
        await settle()
        assert not world.is_live()
        await world.line.reconnect(within_seconds=30.0)
        assert world.is_live()
        assert world.clock.slept in ([], [0.0]), "at once"
    assert world.demanded == [False, True]


async def test_the_loss_is_told_before_the_farewell() -> None:
    world = Line(go_live, go_live)
    async with in_background(world.run()):
        await settle()
        await world.line.reconnect(within_seconds=30.0)
        assert world.left == ["1 told"]
        assert world.lost[0] == "a new connection was asked for"


async def test_only_the_connection_that_was_asked_for_is_demanded() -> None:
    world = Line(hang, fall, drop, go_live)
    async with in_background(world.run()):
        await settle()
        await world.line.reconnect(within_seconds=30.0)
        assert not world.is_live()
        assert "502" in world.line.status.detail
        for _ in range(2):
            await world.clock.advance(10.0)
        assert world.is_live()
    assert world.demanded == [False, True, False, False]
