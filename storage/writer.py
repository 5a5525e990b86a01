"""The one connection that writes: transactions one after another, in a task of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.connections import CUT_SECONDS, begin
from storage.errors import StorageError, StorageUnavailable
from storage.faults import DRIVER_ERRORS, explain, is_busy

_log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]
"""Statements of one transaction. It does nothing else: where what it shared a commit with failed,
it is taken back and run again."""

_CLOSE_SECONDS = 10.0
_IDLE_SECONDS = 0.2
_COMMITS_BETWEEN_CHECKPOINTS = 100
_GROUP = 32
"""So many transactions at most share a commit: each waits for all of them."""
_GRACE_SECONDS = 0.25
"""Left to a transaction to say itself why it failed, before its caller stops waiting."""


class WriteWatch(Protocol):
    """Who hears how long each write took; returns at once and never raises."""

    def write(self, seconds: float, *, failed: bool) -> None:
        """Hear of one write, from its being asked for to its being answered."""
        ...


@dataclass(slots=True, kw_only=True)
class _Transaction:
    work: Work[Any]
    deadline: float
    bound_seconds: float
    outcome: asyncio.Future[Any]
    is_committing: bool = False


class Writer:
    """Carries transactions out in the order they came; each is whole or absent.

    Those that wait together share one commit, and so one wait for the disk: none is answered
    before it, and none is hurt by another's failure.

    A caller that is cancelled or gives up takes back a transaction that has not begun; one that
    has begun is carried through, and what became of it can be read back.
    """

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        path: Path,
        bound_seconds: float,
        watch: WriteWatch | None = None,
    ) -> None:
        """Use an engine of one connection; nobody else may write through it."""
        self._watch = watch
        self._waiting = 0
        self._engine = engine
        self._path = path
        self._bound_seconds = bound_seconds
        self._connection: AsyncConnection | None = None
        self._queue: asyncio.Queue[_Transaction | None] = asyncio.Queue()
        self._closing = False
        self._commits = 0

    @property
    def queue_length(self) -> int:
        """How many wait for their write."""
        return self._waiting

    async def transact(self, work: Work[T], *, within_seconds: float | None = None) -> T:
        """Run `work` in a write transaction and commit it, or raise with nothing written."""
        began = asyncio.get_running_loop().time()
        failed = True
        self._waiting += 1
        try:
            result = await self._transact(work, within_seconds)
            failed = False
        finally:
            self._waiting -= 1
            if self._watch is not None:
                self._watch.write(asyncio.get_running_loop().time() - began, failed=failed)
        return result

    async def _transact(self, work: Work[T], within_seconds: float | None) -> T:
        if self._closing:
            raise StorageUnavailable("the store is closed; nothing was written")
        loop = asyncio.get_running_loop()
        bound = self._bound_seconds if within_seconds is None else within_seconds
        # Bounded by the loop's own clock: what is waited for is a disk, in simulations too.
        deadline = loop.time() + bound
        transaction = _Transaction(
            work=work, deadline=deadline, bound_seconds=bound, outcome=loop.create_future()
        )
        self._queue.put_nowait(transaction)
        timeout = asyncio.timeout_at(deadline + _GRACE_SECONDS)
        try:
            async with timeout:
                result: T = await transaction.outcome
        except TimeoutError:
            if not timeout.expired():
                raise
            raise self._too_late(transaction) from None
        return result

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve until the block ends and what it asked for is done."""
        failure: BaseException | None = None
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self._serve(), name="storage writer")
            try:
                yield
            except BaseException as error:  # noqa: BLE001 - raised again below, not in a group
                failure = error
            self._closing = True
            self._queue.put_nowait(None)
            await asyncio.wait((task,), timeout=_CLOSE_SECONDS)
            task.cancel()
        if failure is not None:
            raise failure

    async def release(self) -> None:
        """Give the connection back, once nothing is served any more."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _serve(self) -> None:
        while (first := await self._next()) is not None:
            group = self._group(first)
            if group and not await self._carry_out(group):
                # As if they had never met: one that fails must not cost the others their writes.
                for transaction in group:
                    if not transaction.outcome.done():
                        await self._carry_out([transaction])

    def _group(self, first: _Transaction) -> list[_Transaction]:
        """Return it with those that came while the last commit was under way."""
        group = [] if first.outcome.done() else [first]
        while len(group) < _GROUP and not self._queue.empty():
            following = self._queue.get_nowait()
            if following is None:
                self._queue.put_nowait(None)
                break
            if not following.outcome.done():
                group.append(following)
        return group

    async def _carry_out(self, group: Sequence[_Transaction]) -> bool:
        """Carry these out in one commit; False where several failed and nothing was written."""
        # Gathered so that whatever it raises is an outcome and not the end of the writer.
        outcomes = await asyncio.gather(self._apply(group), return_exceptions=True)
        outcome = outcomes[0]
        if isinstance(outcome, BaseException):
            # What failed while it was committed, or was stopped, may have been written.
            is_over = isinstance(outcome, asyncio.CancelledError) or group[0].is_committing
            if len(group) > 1 and not is_over:
                return False
            outcome = [outcome] * len(group)
        for transaction, result in zip(group, outcome, strict=True):
            self._tell(transaction, result)
        return True

    async def _next(self) -> _Transaction | None:
        """Wait for work; a pause is used to checkpoint, so that no commit has to wait for one."""
        if self._commits >= _COMMITS_BETWEEN_CHECKPOINTS:
            try:
                async with asyncio.timeout(_IDLE_SECONDS):
                    return await self._queue.get()
            except TimeoutError:
                await self._checkpoint()
        return await self._queue.get()

    async def _checkpoint(self) -> None:
        """Move what was committed from the log into the file, as far as readers allow."""
        self._commits = 0
        if self._connection is None:
            return
        try:
            raw = await self._connection.get_raw_connection()
            raw.info["deadline"].at = float("inf")
            driver: Any = raw.driver_connection
            await driver.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except DRIVER_ERRORS:
            _log.warning("checkpoint failed, the log grows path=%s", self._path, exc_info=True)

    async def _apply(self, group: Sequence[_Transaction]) -> list[Any]:
        """Return what each came to; raises with nothing of any written."""
        # By the first deadline of them: until then nobody was told that nothing was written.
        deadline = min(each.deadline for each in group)
        timeout = asyncio.timeout_at(deadline + CUT_SECONDS)
        try:
            async with timeout:
                connection = await self._begin(deadline)
                results = [await each.work(connection) for each in group]
            # A commit is not cut short: it is whole or absent, and only the caller stops waiting.
            for transaction in group:
                transaction.is_committing = True
            await connection.commit()
            self._commits += 1
        except BaseException as error:
            await self._roll_back()
            if isinstance(error, DRIVER_ERRORS):
                raise explain(error, self._path) from error
            if isinstance(error, TimeoutError) and timeout.expired():
                raise self._too_late(group[0]) from error
            raise
        return results

    async def _begin(self, deadline: float) -> AsyncConnection:
        """Take the write lock now, not at the first write: a later upgrade would fail at once."""
        while True:
            try:
                if self._connection is None:
                    self._connection = await self._engine.connect()
                await begin(self._connection, "BEGIN IMMEDIATE", deadline=deadline)
            except DRIVER_ERRORS as error:
                if not is_busy(error) or asyncio.get_running_loop().time() >= deadline:
                    raise
                # SQLite has waited its busy_timeout; ask again while the caller still waits.
            else:
                return self._connection

    async def _roll_back(self) -> None:
        """Leave no transaction behind; a connection that cannot roll back is thrown away."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if not connection.invalidated:
                await connection.rollback()
                self._connection = connection
                return
        except DRIVER_ERRORS:
            _log.warning("rollback failed, reconnecting path=%s", self._path, exc_info=True)
            await connection.invalidate()
        await connection.close()

    def _tell(self, transaction: _Transaction, outcome: Any) -> None:
        if transaction.outcome.done():
            if isinstance(outcome, BaseException):
                _log.warning("a write nobody waits for any more failed", exc_info=outcome)
        elif isinstance(outcome, asyncio.CancelledError):
            transaction.outcome.cancel()
        elif isinstance(outcome, BaseException):
            transaction.outcome.set_exception(outcome)
        else:
            transaction.outcome.set_result(outcome)

    def _too_late(self, transaction: _Transaction) -> StorageError:
        bound = f"{transaction.bound_seconds:g} s"
        if transaction.is_committing:
            return StorageUnavailable(
                f"{self._path.name} did not confirm a write within {bound}; it is whole or "
                "absent, and must be read back. Check the disk"
            )
        return StorageUnavailable(
            f"{self._path.name} did not take a write within {bound}; nothing was written. "
            "Another program may hold it, or the disk is slow"
        )
