"""The venue in memory behind its breakers: guarding must change nothing while all is well."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from storage.breakers import BreakerRepository
from tests.contracts.memory_world import MemoryWorld, memory_world
from tests.support.stores import open_database
from trading.events import EventBus
from trading.risk.breakers import Breakers
from trading.risk.guarded_venue import GuardedVenue


@asynccontextmanager
async def guarded_world(folder: Path) -> AsyncIterator[MemoryWorld]:
    """Open the world in memory and put its adapter behind breakers."""
    async with (
        memory_world() as world,
        open_database(folder, clock=world.clock) as database,
    ):
        breakers = Breakers(
            venues=[world.adapter.name],
            store=BreakerRepository(database=database),
            clock=world.clock,
            bus=EventBus(),
            dice=lambda: 0.5,
        )
        await breakers.start()
        world.adapter = GuardedVenue(adapter=world.venue, breakers=breakers)
        yield world
