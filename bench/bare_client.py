"""The ideal: a client that sends what must be sent, all at once, and reads none of the answers."""

import asyncio
from collections.abc import Sequence

import aiohttp

from simulators.clock import Clock


async def all_at_once(url: str, paths: Sequence[str], *, opener: str, clock: Clock) -> float:
    """Return the seconds to the last byte, over connections that `opener` has opened before."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def get(path: str) -> None:
            async with session.get(f"{url}/{path}") as response:
                await response.read()

        async with asyncio.TaskGroup() as group:
            for _ in paths:
                group.create_task(get(opener))
        began = clock.monotonic()
        async with asyncio.TaskGroup() as group:
            for path in paths:
                group.create_task(get(path))
        return clock.monotonic() - began
