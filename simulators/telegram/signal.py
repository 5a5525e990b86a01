"""Telling everybody who waits that something has changed."""

import asyncio

from simulators.clock import Clock


class Signal:
    """Waiters look at the state first and wait only while it does not satisfy them."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._changed = asyncio.Event()

    def notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return at the next change, or after so many seconds."""
        await first_of(self._changed, clock=self._clock, seconds=seconds)


async def first_of(event: asyncio.Event, *, clock: Clock, seconds: float) -> None:
    async with asyncio.TaskGroup() as group:
        waits = {group.create_task(event.wait()), group.create_task(clock.sleep(seconds))}
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
