"""A repair wired as the composition root does, on the desk of a rebalance world."""

import random

from storage.breakers import BreakerRepository
from tests.support.rebalance_world import RebalanceWorld
from trading.intents.repair import RepairIntents
from trading.intents.repair_steps import RepairSteps
from trading.risk.breakers import Breakers


def breakers(world: RebalanceWorld) -> Breakers:
    return Breakers(
        venues=[world.name],
        store=BreakerRepository(database=world.orders.balances.database),
        clock=world.clock,
        bus=world.orders.balances.bus,
        dice=random.Random(1).random,
    )


def repairing(world: RebalanceWorld, breakers: Breakers) -> RepairIntents:
    async def is_idle() -> bool:
        return await world.orders.desk.executor.drain(within_seconds=0)

    steps = RepairSteps(
        venues={world.name: world.venue},
        breakers_of=breakers,
        reconciler=world.orders.desk.reconciler,
        manager=world.orders.balances.manager,
        is_idle=is_idle,
        clock=world.clock,
    )
    return RepairIntents(venues=(world.name,), steps=steps, clock=world.clock)
