"""The world of the reservation law with the core's real parts between stream, answers and us."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal

from storage.records import BalanceRow, FillRow
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.waiting import settle
from tests.trading.balances.derived_account import ZERO, Baseline, Derived, Frame
from tests.trading.balances.reservation_world import USD, VENUE, World
from trading.balances.accounts import AccountParts
from trading.balances.evidence import EvidenceGatherer
from trading.events import EventBus
from trading.model.balance import BalanceSnapshot, VenueBalance
from trading.venues.port import Priority
from trading.venues.streaming import AccountPushed

_LATE = 12
"""Seconds; longer than any live stream is behind."""


class _Disk:
    """Satisfies the stores: nothing was written down, and nothing need be."""

    async def load(self, venue: str) -> tuple[BalanceRow, ...]:
        assert venue == VENUE
        return ()

    async def replace(self, venue: str, rows: Sequence[BalanceRow]) -> None:
        assert venue == VENUE
        assert rows

    async def touch(self, venue: str, confirmed_at: datetime) -> None:
        assert venue == VENUE
        assert confirmed_at.tzinfo

    async def get(self, key: str) -> str | None:
        assert key
        return None

    async def put(self, key: str, value: str) -> None:
        raise AssertionError(f"{key} = {value} was put")

    async def since(self, venue: str | None, at: datetime) -> tuple[FillRow, ...]:
        raise AssertionError(f"fills of {venue} since {at} were asked for")


class _Venue(MemoryVenue):
    """Answers about balances when, and with what, the world says."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock=clock, name=VENUE)
        self.answers: list[asyncio.Future[BalanceSnapshot]] = []

    async def fetch_balances(self, *, priority: Priority = Priority.BALANCES) -> BalanceSnapshot:
        assert priority is Priority.BALANCES
        answer: asyncio.Future[BalanceSnapshot] = asyncio.get_running_loop().create_future()
        self.answers.append(answer)
        return await answer


class CoreWorld(World):
    """What seems free is what the core's own view says."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.venue = _Venue(clock)
        disk = _Disk()
        parts = AccountParts(
            store=disk,
            settings=disk,
            evidence=EvidenceGatherer(fills=disk, timeout_seconds=5.0),
            reservations=self.reservations,
            clock=clock,
            bus=EventBus(),
            freshness_seconds=60.0,
            timeout_seconds=1000.0,
        )
        self.account = parts.open(self.venue)
        self.asked: list[asyncio.Task[object]] = []
        self.made: BalanceSnapshot | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Begin with an answer, and with what works beside the stream."""
        async with asyncio.TaskGroup() as group:
            beside = group.create_task(self.account.pushed.run())
            self.account.pushed.opening()
            await self.answer_comes()
            try:
                yield
            finally:
                beside.cancel()
                for answer in self.venue.answers:
                    answer.cancel()

    def seems_free(self) -> Decimal:
        return self.account.asked.view().free_to_spend(USD) or ZERO

    async def answer_is_asked_for(self, _which: int = 0, _share: Decimal = ZERO) -> None:
        if all(task.done() for task in self.asked):
            task = asyncio.create_task(self._ask())  # noqa: TID251 - ended by its answer
            self.asked.append(task)
            await settle(3)

    async def answer_is_made(self, _which: int = 0, _share: Decimal = ZERO) -> None:
        if self.venue.answers and self.made is None:
            self.made = self._snapshot(self.venue_free(), self.money)

    async def answer_comes(self, _which: int = 0, _share: Decimal = ZERO) -> None:
        """Ask now if nobody has; the core may have asked by itself as well."""
        await self.answer_is_asked_for()
        while not all(task.done() for task in self.asked):
            await self.answer_is_made()
            if self.made is not None:
                answer, made, self.made = self.venue.answers.pop(0), self.made, None
                answer.set_result(made)
            await settle(3)

    async def time_passes(self, which: int, share: Decimal) -> None:
        """So long that whatever was on its way on the stream has come; a live one gives signs."""
        self.all_frames_are_delivered(which, share)
        for _ in range(_LATE):
            await self.clock.advance(1.0)
            self.stream_gives_a_sign(which, share)

    def stream_is_lost(self, which: int, share: Decimal) -> None:
        was_connected = self.is_connected
        super().stream_is_lost(which, share)
        if was_connected and not self.is_connected:
            self.account.pushed.lost("a test took it away")

    def stream_gives_a_sign(self, _which: int, _share: Decimal) -> None:
        if self.is_live:
            self.account.pushed.confirmed(self.clock.now(), self.clock.monotonic())

    def _deliver(self, frame: Frame) -> None:
        if isinstance(frame, Baseline):
            known = {told.order.order_id: told for told in frame.told}
            self.derived = Derived(money=frame.money, told=known)
        elif self.derived is not None:
            self.derived.hear(frame)
        for told in self._orders_in(frame):
            self.account.pushed.shows_order(told.order.order_id, told.filled)
        self._push(is_baseline=isinstance(frame, Baseline))

    def _push(self, *, is_baseline: bool = False) -> None:
        if self.derived is not None:
            snapshot = self._snapshot(max(ZERO, self.derived.free), self.derived.money)
            self.account.pushed.pushed(AccountPushed(snapshot=snapshot, is_baseline=is_baseline))

    def _note_if_level(self) -> None:
        """The core finds out by itself how far behind the stream can be."""

    async def _ask(self) -> object:
        return await self.account.asked.sync(Priority.BALANCES)

    def _snapshot(self, free: Decimal, total: Decimal) -> BalanceSnapshot:
        held = VenueBalance(asset=USD, free=free, locked=total - free)
        return BalanceSnapshot(
            venue=VENUE,
            balances={USD: held},
            received_at=self.clock.now(),
            received_monotonic=self.clock.monotonic(),
            held_elsewhere={},
        )
