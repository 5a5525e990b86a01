"""Pushes what a venue in memory holds, as the stream of its adapter would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.balance_parts import BalanceParts
from tests.support.memory_account import ZERO
from tests.support.memory_venue import MemoryVenue
from trading.balances.streamed import StreamedAccount
from trading.clock import Clock
from trading.model.balance import BalanceSnapshot, VenueBalance
from trading.venues.streaming import AccountPushed


def account(venue: MemoryVenue, clock: Clock, *, is_baseline: bool = False) -> AccountPushed:
    """Return the whole account as it is now, or as the venue shows it."""
    books = venue.account
    held = {
        asset: VenueBalance(
            asset=asset,
            free=books.free.get(asset, ZERO),
            locked=books.locked.get(asset, ZERO),
        )
        for asset in books.totals
    }
    snapshot = BalanceSnapshot(
        venue=venue.name,
        balances=held if venue.shown is None else venue.shown,
        received_at=clock.now(),
        received_monotonic=clock.monotonic(),
        held_elsewhere={},
    )
    return AccountPushed(snapshot=snapshot, is_baseline=is_baseline)


class Pusher:
    """The stream of the venue of one run of the bot's balances."""

    def __init__(self, parts: BalanceParts) -> None:
        self._parts = parts
        self.heard: StreamedAccount = parts.manager.streamed(parts.name)
        self.heard.opening()

    def push(self, *, is_baseline: bool = False) -> None:
        self.heard.pushed(account(self._parts.venue, self._parts.clock, is_baseline=is_baseline))

    def sign(self) -> None:
        self.heard.confirmed(self._parts.clock.now(), self._parts.clock.monotonic())

    def lose(self) -> None:
        self.heard.lost("a test took it away")

    def change(self, asset: str, amount: str) -> None:
        """Change the account, and push it."""
        self._parts.venue.deposit(asset, amount)
        self.push()

    async def pass_time(self, seconds: float, *, sign_every: float = 5.0) -> None:
        """Let time pass on a stream that gives signs of life and nothing else."""
        left = seconds
        while left > 0:
            await self._parts.clock.advance(min(sign_every, left))
            left -= sign_every
            self.sign()


@asynccontextmanager
async def kept(parts: BalanceParts) -> AsyncIterator[None]:
    """Run what works beside the stream."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(parts.manager.streamed(parts.name).run())
        try:
            yield
        finally:
            task.cancel()
