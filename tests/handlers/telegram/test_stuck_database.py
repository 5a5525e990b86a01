"""With a database that takes no writes: halting works, the rest waits, and nothing is lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from storage.inbox import InboxRepository
from storage.records import InboxRow
from tests.support.local_telegram import OWNER, LocalTelegram
from tests.support.telegram_edge import RunningEdge, running_edge
from tests.support.waiting import eventually
from trading.errors import StorageUnavailable


@asynccontextmanager
async def locked(run: RunningEdge, path: Path) -> AsyncIterator[None]:
    """Hold the write lock from a connection of our own, as a stuck process would."""
    holder = await asyncio.to_thread(
        sqlite3.connect, path, isolation_level=None, check_same_thread=False
    )
    await asyncio.to_thread(holder.execute, "BEGIN IMMEDIATE")
    try:
        with run.database.hurried(1.0):
            yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


async def _statuses(run: RunningEdge, *update_ids: int) -> list[str]:
    rows = [await run.inbox.get(update_id) for update_id in update_ids]
    return [row.status if row else "absent" for row in rows]


async def test_halt_works_while_nothing_can_be_committed(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await telegram.until_polled()
        async with locked(run, tmp_path / "steelyard.db"):
            balance = await telegram.say(OWNER, "/balance")
            halt = await telegram.say(OWNER, "/halt the disk")
            await telegram.wait_for("Trading is halted")
            assert run.services.balances.calls == []
            emergency = await telegram.say(OWNER, "/emergency")
            await telegram.wait_for("What is to be done?")
            await telegram.press(OWNER, "✖ Cancel all orders…")
            await telegram.wait_for("Cancel every order")
        await telegram.wait_for("0.5123")
        ids = [said["update_id"] for said in (balance, halt, emergency)]

        async def all_done() -> bool:
            return await _statuses(run, *ids) == ["done"] * 3

        await eventually(all_done)
        assert run.services.balances.calls == ["show None"]
        assert len(run.services.halt.calls) == 1
    # After a restart nothing of it runs again.
    async with running_edge(telegram, tmp_path) as run:
        await telegram.say(OWNER, "/version")
        await telegram.wait_for("revision")
        assert run.services.halt.calls == []
        assert run.services.balances.calls == []


async def test_a_command_that_cannot_be_committed_is_answered_once_and_run_later(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        await telegram.until_polled()
        async with locked(run, tmp_path / "steelyard.db"):
            await telegram.say(OWNER, "/balance")
            await telegram.say(OWNER, "good morning")
            waits = await telegram.wait_for("/balance waits")
            assert "/halt and /emergency work all the same" in waits.text
            await telegram.say(OWNER, "/version")
            await telegram.wait_for("/version waits")
            assert run.services.balances.calls == []
        await telegram.wait_for("0.5123")
        await telegram.wait_for("revision")
        said = [each.text for each in await telegram.transcript(OWNER)]
        assert sum("waits" in text for text in said) == 2
    assert run.services.balances.calls == ["show None"]


class StubbornInbox(InboxRepository):
    """The real inbox, but each row is claimed at the second try only."""

    tried: ClassVar[set[int]] = set()

    async def claim(self, update_id: int, at: datetime) -> bool:
        if update_id not in self.tried:
            self.tried.add(update_id)
            raise StorageUnavailable("the database is locked; nothing was written")
        return await super().claim(update_id, at)


class DoubtfulInbox(InboxRepository):
    """The real inbox, but of the first commit nobody hears; a second claim fails the test."""

    heard: ClassVar[list[int]] = []

    async def accept(
        self, rows: Sequence[InboxRow], *, within_seconds: float | None = None
    ) -> tuple[int, ...]:
        stored = await super().accept(rows, within_seconds=within_seconds)
        self.heard.extend(stored)
        if len(self.heard) == len(stored) > 0:
            raise StorageUnavailable("the database did not confirm a write within 1 s")
        return stored

    async def claim(self, update_id: int, at: datetime) -> bool:
        raise AssertionError(f"update {update_id} was claimed as it was stored, not at {at}")


async def test_what_was_claimed_as_it_was_stored_runs_once_after_a_commit_in_doubt(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, inbox=DoubtfulInbox) as run:
        await telegram.until_polled()
        first = await telegram.say(OWNER, "/balance")
        await telegram.wait_for("0.5123")
        await eventually(lambda: is_done(run, first["update_id"]))
        second = await telegram.say(OWNER, "/version")
        await telegram.wait_for("revision")
        await eventually(lambda: is_done(run, second["update_id"]))
    assert DoubtfulInbox.heard == [first["update_id"], second["update_id"]]
    assert run.services.balances.calls == ["show None"]


async def is_done(run: RunningEdge, update_id: int) -> bool:
    return await _statuses(run, update_id) == ["done"]


async def has_waiting(run: RunningEdge) -> bool:
    return len(await run.inbox.pending()) == 1


async def test_a_command_that_cannot_be_claimed_says_that_it_waits(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path, inbox=StubbornInbox) as run:
        run.services.balances.gate = asyncio.Event()
        await telegram.say(OWNER, "/balance")  # with nobody before it, claimed as it was stored
        await eventually(lambda: run.services.balances.calls)
        await telegram.say(OWNER, "/version")
        await eventually(lambda: has_waiting(run))
        run.services.balances.gate.set()
        await telegram.wait_for("0.5123")
        waits = await telegram.wait_for("/version waits")
        assert "/halt and /emergency work all the same" in waits.text
        await telegram.wait_for("revision")
        await telegram.say(OWNER, "/halt")
        await telegram.wait_for("Trading is halted")
        texts = [each.text for each in await telegram.transcript(OWNER)]
        assert not any("/halt waits" in text for text in texts)
    assert run.services.balances.calls == ["show None"]


async def test_a_halt_does_not_wait_for_the_end_of_another_command_to_be_written(
    telegram: LocalTelegram, tmp_path: Path
) -> None:
    async with running_edge(telegram, tmp_path) as run:
        run.services.balances.gate = asyncio.Event()
        await telegram.say(OWNER, "/balance")
        await eventually(lambda: run.services.balances.calls)
        await telegram.say(OWNER, "/version")  # committed, and waiting behind /balance
        await eventually(lambda: has_waiting(run))
        async with locked(run, tmp_path / "steelyard.db"):
            run.services.balances.gate.set()
            await telegram.wait_for("0.5123")
            halt = await telegram.say(OWNER, "/halt")
            await telegram.wait_for("Trading is halted")
        await telegram.wait_for("revision")
        await eventually(lambda: is_done(run, halt["update_id"]))
