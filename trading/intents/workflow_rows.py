"""What a run of the symbol workflow leaves behind, and which target a symbol is about. Pure."""

from __future__ import annotations

from datetime import datetime

from storage.workflow import WorkflowRow
from trading.intents.signal_reading import Said, SignalRules
from trading.intents.signal_targets import proposed_weight
from trading.intents.workflow_model import Asked, Stage, SymbolResult, Weights
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.signal import NoSignal
from trading.portfolio.targets import Targets


def weights_of(symbol: Symbol, targets: Targets, rules: SignalRules, said: Said) -> Weights | None:
    """Return what the signal makes of the target of the asset that the symbol trades."""
    asset = _asset_of(symbol, targets)
    if asset is None:
        return None
    return Weights(
        asset=asset,
        target=targets.weights[asset],
        proposed=proposed_weight(asset, targets, rules, said),
        is_moved=rules.enabled and asset in rules.bounds,
    )


def _asset_of(symbol: Symbol, targets: Targets) -> Asset | None:
    """Return the asset with a target that a symbol trades against the base currency."""
    for asset, other in ((symbol.base, symbol.quote), (symbol.quote, symbol.base)):
        if asset in targets.weights and other == targets.base:
            return asset
    return None


def as_row(
    run_id: str, venue: VenueName, result: SymbolResult, asked: Asked, at: datetime
) -> WorkflowRow:
    said = result.said[0]
    spent = result.milliseconds
    return WorkflowRow(
        run_id=run_id,
        venue=venue,
        symbol=str(result.symbol),
        started_at=at,
        correlation_id=asked.correlation_id,
        asked_by=asked.by,
        quantity=result.wish.quantity,
        strategy=said.strategy,
        strength=None if isinstance(said, NoSignal) else said.strength,
        signal=said.reason,
        decision=result.verdict.decision.value,
        reason=result.verdict.reason,
        data_ms=spent.get(Stage.DATA),
        signal_ms=spent.get(Stage.SIGNAL),
        risk_ms=spent.get(Stage.RISK),
        decision_ms=spent.get(Stage.DECISION),
        order_ms=None,
        outcome=None,
    )
