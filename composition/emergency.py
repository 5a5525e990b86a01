"""Builds what must work when little else does, out of the trading half."""

from __future__ import annotations

from dataclasses import dataclass

from composition import wishes
from composition.core import Core
from trading.intents.close_all import CloseAllIntents
from trading.intents.closing_parts import ClosingParts
from trading.intents.emergency import EmergencyIntents
from trading.intents.rebalance_inputs import InputGatherer
from trading.intents.repair import RepairIntents
from trading.intents.repair_steps import RepairSteps


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyDesk:
    """One for the process: the chat, the command line and the end of the process share it."""

    cancelling: EmergencyIntents
    closing: CloseAllIntents
    repair: RepairIntents


def build_emergency(core: Core, *, streams_run: bool = True) -> EmergencyDesk:
    """Build it; asks nobody anything. Without a running bot no streams run."""
    cancelling = EmergencyIntents(venues=core.venues, gate=core.gate)
    return EmergencyDesk(
        cancelling=cancelling,
        closing=_closing(core, cancelling),
        repair=_repair(core, streams_run=streams_run),
    )


def _repair(core: Core, *, streams_run: bool) -> RepairIntents:
    async def is_idle() -> bool:
        return await core.desk.executor.drain(within_seconds=0)

    steps = RepairSteps(
        venues=core.venues,
        breakers_of=core.breakers,
        reconciler=core.desk.reconciler,
        manager=core.balances,
        is_idle=is_idle,
        streams_run=streams_run,
        clock=core.ground.clock,
    )
    return RepairIntents(venues=tuple(core.venues), steps=steps, clock=core.ground.clock)


def _closing(core: Core, cancelling: EmergencyIntents) -> CloseAllIntents:
    gatherer = InputGatherer(
        balances=core.balances,
        market=core.feed,
        orders=core.desk.journal,
        gate=core.gate,
        clock=core.ground.clock,
    )
    return CloseAllIntents(
        rules=wishes.closing_rules(core.ground.configuration),
        parts=ClosingParts(
            gatherer=gatherer,
            runner=core.runner,
            executor=core.desk.executor,
            settlement=core.desk.settlement,
            journal=core.desk.journal,
            gate=core.gate,
            cancel=cancelling.cancel_at,
            clock=core.ground.clock,
        ),
    )
