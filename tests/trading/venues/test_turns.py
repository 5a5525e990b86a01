"""One request of a key at a time, the urgent first; nobody waits for ever."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.processes import running
from tests.support.waiting import PATIENCE_SECONDS, eventually, settle
from trading.clock import Clock, SystemClock
from trading.errors import StorageUnavailable, VenueUnavailable
from trading.venues.file_lock import FileLock
from trading.venues.port import Priority
from trading.venues.turns import TurnQueue


def queue(
    path: Path,
    *,
    patience: float = PATIENCE_SECONDS,
    emergency: float = PATIENCE_SECONDS,
    clock: Clock | None = None,
) -> TurnQueue:
    return TurnQueue(
        venue="test",
        path=path / "key.turn",
        clock=clock or SystemClock(),
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
    with queue(tmp_path) as turns, queue(tmp_path, patience=0.05) as hurried:
        async with turns.turn(Priority.ORDERS):
            with pytest.raises(VenueUnavailable, match="nothing was sent"):
                async with hurried.turn(Priority.ORDERS):
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


async def test_emergencies_beside_a_call_that_hangs_take_turns_and_nobody_else_begins(
    tmp_path: Path,
) -> None:
    under_way: list[Priority] = []
    met: list[list[Priority]] = []

    async def take(turns: TurnQueue, priority: Priority) -> None:
        async with turns.turn(priority) as has_turn:
            met.append([*under_way, priority])
            under_way.append(priority)
            assert has_turn is (priority is not Priority.EMERGENCY)
            await settle(20)
            under_way.remove(priority)

    with queue(tmp_path, emergency=0.05) as ours, queue(tmp_path, emergency=0.05) as theirs:
        async with asyncio.TaskGroup() as group, ours.turn(Priority.BALANCES) as has_turn:
            assert has_turn
            for turns in (ours, ours, theirs):
                group.create_task(take(turns, Priority.EMERGENCY))
            await eventually(lambda: met != [], because="an emergency goes beside")
            group.create_task(take(theirs, Priority.ORDERS))
    assert len(met) == 4
    assert all(each.count(Priority.EMERGENCY) <= 1 for each in met), met
    assert [Priority.ORDERS] in met, "an order begins only when nobody is on the way"


async def test_an_emergency_waits_neither_for_a_hanging_call_nor_for_a_hanging_emergency(
    tmp_path: Path,
) -> None:
    with queue(tmp_path, emergency=0.05) as turns:
        async with (
            turns.turn(Priority.BALANCES),
            turns.turn(Priority.EMERGENCY),
            turns.turn(Priority.EMERGENCY) as has_turn,
        ):
            assert not has_turn


async def test_a_process_that_asks_all_the_time_does_not_keep_another_out(
    tmp_path: Path,
) -> None:
    order: list[str] = []
    clock = FakeClock()

    async def take(turns: TurnQueue, name: str) -> None:
        async with turns.turn(Priority.ORDERS):
            order.append(name)

    with queue(tmp_path, clock=clock) as busy, queue(tmp_path, clock=clock) as other:
        async with asyncio.TaskGroup() as group:
            async with busy.turn(Priority.ORDERS):
                for name, turns in (("busy", busy), ("busy", busy), ("other", other)):
                    group.create_task(take(turns, name))
                await eventually(lambda: is_waited_for(tmp_path))
            await settle()
            assert order == [], "whoever has had its turn waits a little for the other to look"
            for _ in range(10):
                await clock.advance(0.002)
    assert order == ["other", "busy", "busy"]


def is_waited_for(path: Path) -> bool:
    with FileLock(path / "key.turn-wish") as wish:
        return not wish.is_free()


async def test_a_process_killed_in_its_turn_does_not_keep_it(tmp_path: Path) -> None:
    script = (
        "import fcntl, os, sys, signal; "
        "f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); fcntl.flock(f, fcntl.LOCK_EX); "
        "print('{}', flush=True); signal.pause()"
    )
    async with running("-c", script, str(tmp_path / "key.turn")) as child:
        with queue(tmp_path) as turns, queue(tmp_path, patience=0.1) as hurried:
            with pytest.raises(VenueUnavailable, match="nothing was sent"):
                async with hurried.turn(Priority.ORDERS):
                    pytest.fail("the other process has it")
            await child.kill()
            async with turns.turn(Priority.ORDERS):
                pass


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
    async with turns.turn(Priority.ORDERS):
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
