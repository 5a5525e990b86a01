"""Builds what trades by hand."""

from __future__ import annotations

from composition import wishes
from composition.core import Core
from trading.intents.manual_orders import ManualOrders, ManualParts


def build_manual(core: Core) -> ManualOrders:
    """Build buying and selling by hand on the one executor."""
    configuration = core.ground.configuration
    return ManualOrders(
        rules=wishes.trade_rules(configuration),
        parts=ManualParts(
            balances=core.balances,
            market=core.feed,
            executor=core.desk.executor,
            clock=core.ground.clock,
            cautions=core.risk.orders,
            lifetime=wishes.confirmation_life(configuration),
        ),
    )
