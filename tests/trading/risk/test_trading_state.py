"""A halt holds in every condition; resuming fails safe; the state outlives the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from storage.settings import SettingsRepository
from tests.support.balance_parts import Heard
from tests.support.clock import FakeClock
from tests.support.stores import open_database
from tests.support.waiting import settle
from trading.errors import CommandError, StorageUnavailable
from trading.events import EventBus, TradingStateChanged
from trading.model.denial import DenialCode
from trading.model.order import OrderOrigin
from trading.model.trading_state import TradingMode
from trading.risk.halt_file import HaltFile
from trading.risk.trading_state import TradingGate


class LockedStore:
    """The settings of a database that takes no writes until `free` is set."""

    def __init__(self, inner: SettingsRepository) -> None:
        self._inner = inner
        self.is_locked = False
        self.entered = asyncio.Event()
        self.free = asyncio.Event()
        self.free.set()

    async def get(self, key: str) -> str | None:
        return await self._inner.get(key)

    async def put(self, key: str, value: str) -> None:
        self.entered.set()
        await self.free.wait()
        if self.is_locked:
            message = "database is locked"
            raise StorageUnavailable(message)
        await self._inner.put(key, value)


class Run:
    """One run of the gate on one state directory."""

    def __init__(self, gate: TradingGate, store: LockedStore, heard: Heard) -> None:
        self.gate = gate
        self.store = store
        self.heard = heard

    def allows(self, origin: OrderOrigin = OrderOrigin.MANUAL, *, reduces: bool = False) -> bool:
        return self.gate.permits(origin, reduces=reduces) is None


@asynccontextmanager
async def run(
    folder: Path, *, is_live: bool = False, trading_enabled: bool = True
) -> AsyncIterator[Run]:
    clock = FakeClock()
    async with open_database(folder, clock=clock) as database:
        store = LockedStore(SettingsRepository(database=database))
        bus = EventBus()
        gate = TradingGate(
            halt_file=folder / "HALT",
            settings=store,
            clock=clock,
            bus=bus,
            trading_enabled=trading_enabled,
            is_live=is_live,
        )
        await gate.start()
        yield Run(gate, store, Heard(bus))


def test_nothing_is_allowed_before_start(tmp_path: Path) -> None:
    gate = TradingGate(
        halt_file=tmp_path / "HALT",
        settings=LockedStoreless(),
        clock=FakeClock(),
        bus=EventBus(),
        trading_enabled=True,
        is_live=False,
    )

    denied = gate.permits(OrderOrigin.MANUAL, reduces=True)

    assert denied is not None
    assert denied.code is DenialCode.HALTED


class LockedStoreless:
    """A store that was never asked anything."""

    async def get(self, key: str) -> str | None:
        raise AssertionError(key)

    async def put(self, key: str, value: str) -> None:
        raise AssertionError(key, value)


@pytest.mark.parametrize(
    ("is_live", "mode"), [(True, TradingMode.HALTED), (False, TradingMode.ACTIVE)]
)
async def test_the_very_first_start(tmp_path: Path, mode: TradingMode, *, is_live: bool) -> None:
    async with run(tmp_path, is_live=is_live) as first:
        assert first.gate.state.mode is mode


async def test_a_live_bot_stays_resumed_once_it_was(tmp_path: Path) -> None:
    async with run(tmp_path, is_live=True) as first:
        await first.gate.resume("42")
    async with run(tmp_path, is_live=True) as second:
        assert second.gate.state.mode is TradingMode.ACTIVE
        assert second.gate.state.by == "42"


async def test_a_halt_outlives_the_process_and_keeps_its_first_reason(tmp_path: Path) -> None:
    async with run(tmp_path) as first:
        outcome = await first.gate.halt("drawdown", "bot")
        again = await first.gate.halt("panic", "42")
        assert (outcome.was_halted, outcome.in_file, outcome.recorded) == (False, True, True)
        assert again.was_halted
        assert [type(event) for event in first.heard.events] == [TradingStateChanged]
    async with run(tmp_path) as second:
        assert second.gate.state.mode is TradingMode.HALTED
        assert (second.gate.state.reason, second.gate.state.by) == ("drawdown", "bot")
        assert not second.allows(reduces=True)
        assert second.allows(OrderOrigin.CLOSE_ALL)
        await second.gate.resume("42")
        assert second.allows()
    assert not (tmp_path / "HALT").exists()


async def test_a_halt_holds_with_a_locked_database_even_over_a_restart(tmp_path: Path) -> None:
    async with run(tmp_path) as first:
        first.store.is_locked = True
        outcome = await first.gate.halt("panic", "42")
        assert (outcome.in_file, outcome.recorded) == (True, False)
        assert "locked" in outcome.problems[0]
        assert not first.allows()
    async with run(tmp_path) as second:
        assert not second.allows()


async def test_a_halt_holds_when_nothing_can_be_written(tmp_path: Path) -> None:
    async with run(tmp_path) as only:
        only.store.is_locked = True
        (tmp_path / "HALT.new").mkdir()  # the file cannot be written either
        outcome = await only.gate.halt("panic", "42")

        assert (outcome.in_file, outcome.recorded, len(outcome.problems)) == (False, False, 2)
        assert not only.allows()


async def test_a_halt_is_in_force_before_anything_is_written(tmp_path: Path) -> None:
    async with run(tmp_path) as only:
        only.store.free.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(only.gate.halt("panic", "42"))
            await only.store.entered.wait()
            assert not only.allows()
            assert (tmp_path / "HALT").exists()
            only.store.free.set()


async def test_resuming_fails_safe(tmp_path: Path) -> None:
    async with run(tmp_path) as first:
        await first.gate.halt("panic", "42")
        first.store.is_locked = True
        with pytest.raises(StorageUnavailable):
            await first.gate.resume("42")
        assert not first.allows()
    async with run(tmp_path) as second:
        assert not second.allows()


async def test_a_file_that_cannot_be_removed_keeps_trading_halted(tmp_path: Path) -> None:
    (tmp_path / "HALT").mkdir()
    async with run(tmp_path) as only:
        with pytest.raises(StorageUnavailable, match="HALT"):
            await only.gate.resume("42")
        assert not only.allows()


async def test_a_resume_that_failed_is_not_made_up_for_by_a_restart(tmp_path: Path) -> None:
    (tmp_path / "HALT").mkdir()
    async with run(tmp_path) as first:
        with pytest.raises(StorageUnavailable, match="HALT"):
            await first.gate.resume("42")
    (tmp_path / "HALT").rmdir()
    async with run(tmp_path) as second:
        assert not second.allows()


async def test_a_halt_that_comes_while_resuming_wins(tmp_path: Path) -> None:
    async with run(tmp_path) as first:
        await first.gate.halt("one", "42")
        first.store.entered.clear()
        first.store.free.clear()
        async with asyncio.TaskGroup() as group:
            resuming = group.create_task(resume_refused(first.gate))
            await first.store.entered.wait()
            group.create_task(first.gate.halt("two", "bot"))
            await settle()
            first.store.free.set()
        assert resuming.result()
        assert not first.allows()
    async with run(tmp_path) as second:
        assert not second.allows()


async def resume_refused(gate: TradingGate) -> bool:
    try:
        await gate.resume("42")
    except CommandError:
        return True
    return False


@pytest.mark.parametrize("text", ["", "because I say so", '{"mode": "active"}', "\x00\xff"])
async def test_a_file_made_by_hand_halts_whatever_it_holds(tmp_path: Path, text: str) -> None:
    (tmp_path / "HALT").write_text(text, encoding="utf-8")
    async with run(tmp_path) as only:
        assert only.gate.state.mode is TradingMode.HALTED
        assert not only.allows()


async def test_a_file_that_appears_halts_at_the_next_look(tmp_path: Path) -> None:
    async with run(tmp_path) as only:
        assert only.allows()
        (tmp_path / "HALT").touch()
        await only.gate.look()
        assert not only.allows()
        assert [type(event) for event in only.heard.events] == [TradingStateChanged]
        await only.gate.resume("42")
        assert only.allows()


async def test_a_file_that_appears_stops_the_very_next_order(tmp_path: Path) -> None:
    async with run(tmp_path) as only:
        (tmp_path / "HALT").touch()
        assert not only.allows()


async def test_a_file_that_an_order_found_first_is_told_all_the_same(tmp_path: Path) -> None:
    async with run(tmp_path) as only:
        (tmp_path / "HALT").touch()
        assert not only.allows()
        await only.gate.look()
        await only.gate.look()
        assert [type(event) for event in only.heard.events] == [TradingStateChanged]


async def test_a_file_that_cannot_be_looked_at_counts(tmp_path: Path) -> None:
    assert HaltFile(tmp_path / ("H" * 300)).exists()
    assert not HaltFile(tmp_path / "HALT").exists()


async def test_reducing_lets_only_reductions_through_and_never_lifts_a_halt(
    tmp_path: Path,
) -> None:
    async with run(tmp_path) as first:
        await first.gate.reduce("drawdown", "bot")
        assert first.allows(reduces=True)
        assert not first.allows(reduces=False)
    async with run(tmp_path) as second:
        assert second.gate.state.mode is TradingMode.REDUCING
        await second.gate.halt("panic", "42")
        await second.gate.reduce("drawdown", "bot")
        assert not second.allows(reduces=True)


async def test_trading_disabled_is_harder_than_anything(tmp_path: Path) -> None:
    async with run(tmp_path, trading_enabled=False) as only:
        for origin in OrderOrigin:
            denied = only.gate.permits(origin, reduces=True)
            assert denied is not None
            assert denied.code is DenialCode.TRADING_DISABLED


async def test_a_stored_state_that_cannot_be_read_is_halted(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_database(tmp_path, clock=clock) as database:
        await SettingsRepository(database=database).put("trading_state", "gibberish")
    async with run(tmp_path) as only:
        assert not only.allows()
