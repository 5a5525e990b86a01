"""A venue in memory beside a real trading gate: what the parts that watch venues need."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.settings import SettingsRepository
from tests.support.balance_parts import Heard
from tests.support.clock import FakeClock
from tests.support.memory_venue import MemoryVenue
from tests.support.stores import open_database
from trading.events import EventBus, OwnerNotice
from trading.model.identifiers import VenueName
from trading.risk.trading_state import TradingGate
from trading.risk.venue_conditions import VenueConditions

MEMORY = VenueName("memory")


@dataclass(slots=True, kw_only=True)
class Watched:
    """The parts, and what the owner was told."""

    venue: MemoryVenue
    clock: FakeClock
    bus: EventBus
    gate: TradingGate
    conditions: VenueConditions
    facts: SettingsRepository
    heard: Heard

    def notices(self) -> list[str]:
        return [event.text for event in self.heard.events if isinstance(event, OwnerNotice)]


@asynccontextmanager
async def watched_venue(folder: Path) -> AsyncIterator[Watched]:
    clock, bus = FakeClock(), EventBus()
    async with open_database(folder) as database:
        facts = SettingsRepository(database=database)
        gate = TradingGate(
            halt_file=folder / "HALT",
            settings=facts,
            clock=clock,
            bus=bus,
            trading_enabled=True,
            is_live=False,
        )
        await gate.start()
        conditions = VenueConditions()
        gate.consult(conditions.refusal)
        yield Watched(
            venue=MemoryVenue(clock=clock),
            clock=clock,
            bus=bus,
            gate=gate,
            conditions=conditions,
            facts=facts,
            heard=Heard(bus),
        )
