"""One request of a key at a time, the urgent first; nobody waits for ever."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import settle
from trading.clock import SystemClock
from trading.errors import StorageUnavailable, VenueUnavailable
from trading.venues.port import Priority
from trading.venues.turns import TurnQueue


def queue(path: Path, *, patience: float = 5.0, emergency: float = 5.0) -> TurnQueue:
    return TurnQueue(
        venue="test",
        path=path / "key.turn",
        clock=SystemClock(),
        patience_seconds=patience,
        emergency_patience_seconds=emergency,
    )


@pytest.fixture
def turns(tmp_path: Path) -> Iterator[TurnQueue]:
    with queue(tmp_path) as entered:
        yield entered


async def test_the_urgent_go_first_then_the_early(turns: TurnQueue) -> None:
    order: list[str] = []

    async def take(name: str, priority: Priority) -> None:
        async with turns.turn(priority):
            order.append(name)

    async with asyncio.TaskGroup() as group, turns.turn(Priority.ORDERS):
        for name, priority in (
            ("prices", Priority.MARKET_DATA),
            ("balances", Priority.BALANCES),
            ("order 1", Priority.ORDERS),
            ("order 2", Priority.ORDERS),
            ("emergency", Priority.EMERGENCY),
        ):
            group.create_task(take(name, priority))
            await settle()
        assert order == []
    assert order == ["emergency", "order 1", "order 2", "balances", "prices"]


async def test_two_never_hold_it_together(turns: TurnQueue) -> None:
    holding = 0
    most = 0

    async def take(priority: Priority) -> None:
        nonlocal holding, most
        async with turns.turn(priority):
            holding += 1
            most = max(most, holding)
            await settle(3)
            holding -= 1

    async with asyncio.TaskGroup() as group:
        for priority in list(Priority) * 5:
            group.create_task(take(priority))
    assert most == 1


async def test_who_waits_too_long_is_told_that_nothing_was_sent(tmp_path: Path) -> None:
    with queue(tmp_path, patience=0.05) as turns:
        async with turns.turn(Priority.ORDERS):
            with pytest.raises(VenueUnavailable, match="nothing was sent"):
                async with turns.turn(Priority.ORDERS):
                    pytest.fail("it is held by another")
        async with turns.turn(Priority.ORDERS):
            pass


async def test_an_emergency_goes_beside_a_call_that_hangs(tmp_path: Path) -> None:
    with queue(tmp_path, emergency=0.05) as turns:
        async with turns.turn(Priority.BALANCES):
            async with turns.turn(Priority.EMERGENCY):
                pass
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05), turns.turn(Priority.ORDERS):
                    pytest.fail("the hanging call still has the turn")


async def test_giving_up_in_line_does_not_lose_the_turn(turns: TurnQueue) -> None:
    async def take(priority: Priority) -> str:
        async with turns.turn(priority):
            return "had it"

    async with asyncio.TaskGroup() as group:
        async with turns.turn(Priority.ORDERS):
            gone = group.create_task(take(Priority.ORDERS))
            granted_then_gone = group.create_task(take(Priority.ORDERS))
            stays = group.create_task(take(Priority.BALANCES))
            await settle()
            gone.cancel()
            await settle()
        granted_then_gone.cancel()
        assert await stays == "had it"


async def test_another_process_has_its_turn_too(tmp_path: Path) -> None:
    with queue(tmp_path) as ours, queue(tmp_path) as theirs:
        order: list[str] = []

        async def take(turns: TurnQueue, name: str) -> None:
            async with turns.turn(Priority.ORDERS):
                order.append(f"{name} in")
                await settle(5)
                order.append(f"{name} out")

        async with asyncio.TaskGroup() as group:
            group.create_task(take(ours, "ours"))
            group.create_task(take(theirs, "theirs"))
    assert sorted(order[:2]) in (["ours in", "ours out"], ["theirs in", "theirs out"])
    assert len(order) == 4


async def test_a_failure_inside_gives_it_back(turns: TurnQueue) -> None:
    with pytest.raises(RuntimeError):
        async with turns.turn(Priority.ORDERS):
            raise RuntimeError
    async with asyncio.timeout(1), turns.turn(Priority.ORDERS):
        pass


async def test_closed_it_sends_nothing(tmp_path: Path) -> None:
    turns = queue(tmp_path)
    with turns:
        pass
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        async with turns.turn(Priority.ORDERS):
            pytest.fail("it is closed")


def test_a_place_that_cannot_be_used_is_a_storage_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable):
        queue(tmp_path / "file").__enter__()
