"""The decision of the symbol workflow: pure, from the signal and what risk leaves of it."""

from __future__ import annotations

from trading.intents.manual_model import ManualPreview
from trading.intents.workflow_model import Decision, SymbolWish, Verdict, Weights
from trading.model.denial import Denied
from trading.model.instrument import Side
from trading.model.signal import NoSignal, Signal
from trading.portfolio.plan import Plan

Said = Signal | NoSignal


def side_of(said: Said) -> Side | None:
    """Return what a signal says of an order by hand; None where it says nothing."""
    if isinstance(said, NoSignal) or said.strength == 0:
        return None
    return Side.BUY if said.strength > 0 else Side.SELL


def decide_by_hand(
    wish: SymbolWish, said: Said, examined: ManualPreview | Denied | None
) -> Verdict:
    """Decide on a quantity: the signal's side, if verification and risk let it pass."""
    side = side_of(said)
    if isinstance(said, NoSignal):
        return Verdict(decision=Decision.NONE, reason=said.reason)
    if side is None or examined is None:
        return Verdict(decision=Decision.HOLD, reason="the signal speaks for no trade")
    refused = examined if isinstance(examined, Denied) else examined.denied
    if refused is not None:
        return Verdict(
            decision=Decision.NONE, reason=f"it would {side.value}, and may not: {refused}"
        )
    return Verdict(
        decision=Decision(side.value),
        reason=f"{side.value} {wish.quantity} {wish.symbol.base}, once you confirm it",
    )


def decide_by_weight(said: Said, weights: Weights | None, plan: Plan | Denied | None) -> Verdict:
    """Decide by the one planner: what the next rebalance does with the asset."""
    if isinstance(said, NoSignal):
        return Verdict(decision=Decision.NONE, reason=said.reason)
    if weights is None:
        return Verdict(decision=Decision.HOLD, reason="it has no target, so it moves nothing")
    if weights.proposed is None:
        return Verdict(decision=Decision.HOLD, reason="its target has no bounds to move in")
    if not weights.is_moved:
        return Verdict(
            decision=Decision.HOLD, reason="signals are switched off here, so its target stays"
        )
    if plan is None or isinstance(plan, Denied):
        return Verdict(decision=Decision.NONE, reason=f"no plan can be made: {plan or 'unknown'}")
    for order in plan.orders:
        if order.asset == weights.asset:
            return Verdict(
                decision=Decision(order.side.value),
                reason="the next rebalance does it; /rebalance shows the whole",
                planned=order,
            )
    for skipped in plan.skipped:
        if skipped.asset == weights.asset:
            return Verdict(decision=Decision.NONE, reason=f"left alone: {skipped.denial}")
    return Verdict(decision=Decision.HOLD, reason="it is inside its band already")
