"""Order within a lane, no waiting between lanes, and no failure that spreads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from handlers.authorisation import Origin
from handlers.telegram.incoming import Message
from handlers.telegram.lanes import Lane, Lanes, Work
from tests.support.waiting import eventually
from trading.model.identifiers import CorrelationId

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def work(number: int, *, lane: Lane = Lane.READ, chat_id: int = 1) -> Work:
    return Work(
        incoming=Message(
            update_id=number,
            origin=Origin(user_id=chat_id, chat_id=chat_id, is_private=True),
            message_id=number,
            text="/balance",
            sent_at=NOW,
        ),
        lane=lane,
        received_at=NOW,
        correlation_id=CorrelationId(f"tg{number}"),
    )


class Handler:
    """Notes beginnings and ends; waits for `let_go` on numbers that are held."""

    def __init__(self, *, held: frozenset[int] = frozenset(), broken: int | None = None) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.let_go = asyncio.Event()
        self._held = held
        self._broken = broken

    async def __call__(self, each: Work) -> None:
        number = each.incoming.update_id
        self.begun.append(number)
        if number in self._held:
            await self.let_go.wait()
        if number == self._broken:
            raise RuntimeError("a bug in one command")
        self.ended.append(number)


@asynccontextmanager
async def running(lanes: Lanes) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lanes.run())
        yield
        task.cancel()


async def test_a_held_lane_holds_nobody_else() -> None:
    handler = Handler(held=frozenset({1}))
    lanes = Lanes(handle=handler)
    async with running(lanes):
        for each in (
            work(1, lane=Lane.TRADE),
            work(2, lane=Lane.TRADE),
            work(3),
            work(4, lane=Lane.EMERGENCY),
            work(5, lane=Lane.TRADE, chat_id=2),
        ):
            lanes.submit(each)
        await eventually(lambda: set(handler.ended) == {3, 4, 5})
        assert handler.begun.count(2) == 0
        handler.let_go.set()
        await lanes.idle()
    assert [number for number in handler.ended if number in {1, 2}] == [1, 2]


async def test_what_rescues_waits_for_nothing_and_holds_nobody() -> None:
    """A repair that hangs delays neither a halt nor a second try at cancelling everything."""
    handler = Handler(held=frozenset({1, 2}))
    lanes = Lanes(handle=handler)
    async with running(lanes):
        for each in (
            work(1, lane=Lane.RESCUE),
            work(2, lane=Lane.RESCUE),
            work(3, lane=Lane.RESCUE),
            work(4, lane=Lane.EMERGENCY),
        ):
            lanes.submit(each)
        await eventually(lambda: set(handler.ended) == {3, 4})
        handler.let_go.set()
        await lanes.idle()
    assert set(handler.ended) == {1, 2, 3, 4}


async def test_what_comes_before_the_start_waits_and_a_failure_ends_nothing() -> None:
    handler = Handler(broken=2)
    lanes = Lanes(handle=handler)
    for number in range(1, 5):
        lanes.submit(work(number))
    assert handler.begun == []
    async with running(lanes):
        await lanes.idle()
        lanes.submit(work(9))
        await lanes.idle()
    assert handler.begun == [1, 2, 3, 4, 9]
    assert handler.ended == [1, 3, 4, 9]
