"""One venue's stream with everything that hears of it, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

from storage.breakers import BreakerRepository
from tests.support.balance_parts import BalanceParts
from tests.support.pushing import account
from tests.support.waiting import eventually
from trading.errors import StorageUnavailable, VenueUnavailable
from trading.events import OwnerNotice
from trading.model.fill import Fill
from trading.model.identifiers import Symbol, VenueName
from trading.model.order import VenueOrder
from trading.risk.breakers import Breakers, CallKind
from trading.risk.circuit_breaker import BreakerPolicy
from trading.risk.guarded_venue import GuardedVenue
from trading.venues.streaming import StreamStatus
from trading.workflow.stream_intake import StreamIntake
from trading.workflow.stream_watch import StreamWatch

DOWN = VenueUnavailable("memory", "blocked")


class Orders:
    """Hears of orders."""

    def __init__(self) -> None:
        self.heard: list[VenueOrder | Fill | str] = []

    def order(self, order: VenueOrder) -> None:
        self.heard.append(order)

    def fill(self, fill: Fill) -> None:
        self.heard.append(fill)

    def reset(self, venue: VenueName) -> None:
        self.heard.append(f"reset {venue}")


class StreamWorld:
    """One venue with its stream, and everything that hears of it."""

    def __init__(self, parts: BalanceParts) -> None:
        self.parts = parts
        self.venue = parts.venue
        self.clock = parts.clock
        self.orders = Orders()
        self.wanted: Collection[Symbol] | StorageUnavailable = ()
        self.breakers = Breakers(
            venues=[parts.name],
            store=BreakerRepository(database=parts.database),
            clock=parts.clock,
            bus=parts.bus,
            dice=lambda: 0.5,
            policy=BreakerPolicy(threshold=2),
        )
        self.guarded = GuardedVenue(adapter=parts.venue, breakers=self.breakers)
        stream = parts.manager.streamed(parts.name)
        self.intake = StreamIntake(
            venue=self.guarded,
            account=stream,
            prices=parts.feed,
            orders=self.orders,
            wishes=self._wishes,
            watch=StreamWatch(
                venue=self.guarded,
                account=stream,
                breakers=self.breakers,
                bus=parts.bus,
                clock=parts.clock,
                is_wanted=lambda name: name == "private" or bool(self.venue.watched),
            ),
            clock=parts.clock,
        )

    @property
    def told(self) -> list[str]:
        """What the owner was told."""
        return [each.text for each in self.parts.heard.events if isinstance(each, OwnerNotice)]

    def breaker(self) -> str:
        found = [view for view in self.breakers.show() if view.kind == CallKind.BALANCES.value]
        return found[0].state

    def push(self, *, is_baseline: bool = False) -> None:
        assert self.venue.listener is not None
        self.venue.listener.account_pushed(
            account(self.venue, self.clock, is_baseline=is_baseline)
        )

    def show(self, *, name: str = "private", is_live: bool) -> None:
        """Have the adapter call its stream live, or not."""
        status = StreamStatus(
            name=name, is_live=is_live, since=self.clock.now(), reconnects=0, detail="no route"
        )
        self.venue.streams = (status,)

    async def fail_twice(self) -> None:
        self.venue.fail("fetch_balances", DOWN, DOWN)
        for _ in range(2):
            with pytest.raises(VenueUnavailable):
                await self.guarded.fetch_balances()

    async def _wishes(self, venue: VenueName) -> Collection[Symbol]:
        assert venue == self.parts.name
        if isinstance(self.wanted, StorageUnavailable):
            raise self.wanted
        return self.wanted


@asynccontextmanager
async def listening(world: StreamWorld) -> AsyncIterator[None]:
    """Run the part that listens."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(world.intake.run())
        await eventually(lambda: world.venue.listener)
        try:
            yield
        finally:
            task.cancel()
