"""Builds what can be asked of signals, over the workflow that answers it."""

from __future__ import annotations

from composition import wishes
from composition.core import Core
from storage.workflow import WorkflowRepository
from trading.intents.manual_orders import ManualOrders
from trading.intents.signals import SignalIntents, SignalParts
from trading.intents.symbol_workflow import SymbolWorkflow, WorkflowParts


def build_signal_intents(core: Core, manual: ManualOrders) -> SignalIntents:
    """Build it on the one planner and the one path of orders by hand."""
    store = WorkflowRepository(database=core.stores.database)
    workflow = SymbolWorkflow(
        WorkflowParts(
            market=core.market,
            reader=core.signals.reader,
            targets=core.signals.targets,
            planner=core.rebalance,
            manual=manual,
            store=store,
            clock=core.ground.clock,
        )
    )
    return SignalIntents(
        SignalParts(
            workflow=workflow,
            targets=core.signals.targets,
            planner=core.rebalance,
            market=core.feed,
            store=store,
            bases=wishes.bases(core.ground.configuration),
        )
    )
