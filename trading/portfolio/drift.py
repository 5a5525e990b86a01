"""How far each asset has drifted, and how much value must move to mend it.

Pure. Fees shrink the whole that the weights are fractions of, so they are part of the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from trading.model.balance import BalanceReading, VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset
from trading.portfolio.caps import PlanLimits
from trading.portfolio.sizing import Leg
from trading.portfolio.targets import RebalanceSettings, Targets, TradeTo

_COST_ROUNDS = 3
"""Fees shrink what the weights are fractions of; by the third look the change is dust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """Everything a plan rests on. `legs` has an entry for each asset with a target.

    `blocked` are assets that may be valued but not traded now (an order in doubt, an
    instrument in use); with `allow_buys` False only orders that reduce exposure are made.
    """

    balances: VenueBalances
    targets: Targets
    settings: RebalanceSettings
    legs: Mapping[Asset, Leg | Denied]
    now: datetime
    blocked: Mapping[Asset, Denied] = field(default_factory=dict)
    allow_buys: bool = True
    limits: PlanLimits = field(default_factory=PlanLimits)
    """What may be risked; a plan keeps within it."""


@dataclass(frozen=True, slots=True)
class Valued:
    """The managed portfolio at reference prices, in base currency."""

    values: Mapping[Asset, Decimal]
    base_value: Decimal

    @property
    def total(self) -> Decimal:
        """The managed value: the base and every asset with a target."""
        return self.base_value + sum(self.values.values(), Decimal(0))


def value_portfolio(inputs: PlanInputs) -> Valued | Denied:
    """Value every asset with a target; a holding without a price makes all weights unknown."""
    values: dict[Asset, Decimal] = {}
    for asset in inputs.targets.weights:
        total = held(inputs.balances.readings.get(asset))
        leg = inputs.legs.get(asset)
        if isinstance(leg, Leg):
            values[asset] = total * leg.price_in_base
        elif total == 0:
            values[asset] = Decimal(0)
        else:
            reason = leg.reason if leg is not None else "no price was asked for"
            return Denied(
                code=DenialCode.PRICE_UNUSABLE,
                reason=f"{asset} is held but cannot be valued, so no weight is known: {reason}",
                details=leg.details if leg is not None else {},
            )
    return Valued(values, held(inputs.balances.readings.get(inputs.targets.base)))


def held(reading: BalanceReading | None) -> Decimal:
    """Return the total; an asset that a verified, complete answer leaves out is a proven zero."""
    return Decimal(0) if reading is None else reading.total


def moves(inputs: PlanInputs, valued: Valued) -> dict[Asset, Decimal]:
    """Return the value that each asset outside its band must gain (positive) or lose."""
    found: dict[Asset, Decimal] = {}
    cost = Decimal(0)
    for _ in range(_COST_ROUNDS):
        found = _moves_for(inputs, valued, valued.total - cost)
        cost = sum(
            (abs(move) * fee_of(inputs, asset) for asset, move in found.items()), Decimal(0)
        )
    return found


def fee_of(inputs: PlanInputs, asset: Asset) -> Decimal:
    """Return the taker fee of the leg that trades the asset, as a fraction."""
    leg = inputs.legs.get(asset)
    return leg.instrument.taker_fee_fraction if isinstance(leg, Leg) else Decimal(0)


def _moves_for(inputs: PlanInputs, valued: Valued, value_after: Decimal) -> dict[Asset, Decimal]:
    settings = inputs.settings
    found: dict[Asset, Decimal] = {}
    for asset, target in inputs.targets.weights.items():
        value = valued.values[asset]
        drift = value / valued.total - target
        band = settings.band(target)
        if abs(drift) <= band:
            continue
        edge = Decimal(0) if settings.to is TradeTo.TARGET else band.copy_sign(drift)
        move = (target + edge) * value_after - value
        # Fees can turn a move at a narrow band's edge round: then there is nothing to move.
        if (move > 0) == (drift < 0) and move != 0:
            found[asset] = move
    return found
