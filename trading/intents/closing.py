"""Closing one venue as values: what will be sold, what was, and why the rest was not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from trading.intents.rebalance_model import RunOrder, RunResult
from trading.intents.rebalance_orders import is_inverse, problem, why_unfilled
from trading.model.balance import VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, VenueName
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import Plan
from trading.portfolio.rebalancer import plan_rebalance
from trading.portfolio.sizing import Leg
from trading.portfolio.targets import RebalanceSettings, Targets, TradeTo

_NO_LIMIT = 1_000_000
_ZERO = Decimal(0)
_UNREAD = "what is left of it could not be read"
_UNSOLD = "the market took no more of it within max_slippage"
_TOO_SMALL = frozenset({DenialCode.BELOW_MINIMUM_QUANTITY, DenialCode.BELOW_MINIMUM_NOTIONAL})
_EXCLUDED = Denied(
    code=DenialCode.NOT_IN_TARGETS,
    reason="it is excluded in [rebalance], so it is never touched",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingRules:
    """What closing a venue keeps to; neither bands nor limits of a run count."""

    base: Asset
    max_slippage: Decimal
    order_buffer: Decimal
    excluded: frozenset[Asset] = frozenset()

    @property
    def settings(self) -> RebalanceSettings:
        """Return what the one planner needs in order to sell everything that can be sold."""
        return RebalanceSettings(
            band_abs=_ZERO,
            band_rel=None,
            to=TradeTo.TARGET,
            cash_buffer=_ZERO,
            min_order=_ZERO,
            max_turnover=Decimal(_NO_LIMIT),
            max_orders=_NO_LIMIT,
            max_slippage=self.max_slippage,
            order_buffer=self.order_buffer,
        )

    def targets(self, balances: VenueBalances) -> Targets:
        """Return a target of nothing for everything that is held."""
        held = {
            asset: _ZERO
            for asset, reading in balances.readings.items()
            if reading.total > 0 and asset != self.base and asset not in self.excluded
        }
        return Targets(base=self.base, weights=held, excluded=self.excluded)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetClosing:
    """One asset: what there was, what was sold of it, and why not all of it was."""

    asset: Asset
    held: Decimal
    sold: Decimal = _ZERO
    brought: Decimal = _ZERO
    """By its fills, in base currency, before fees."""
    left: Decimal | None = None
    """By balances read after the last sale; None where they could not be read."""
    reason: str | None = None
    """Why something is left; None when nothing is."""
    is_expected: bool = True
    """True when nothing is left but by the owner's wish, or too little for any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingPreview:
    """What closing one venue would do now."""

    venue: VenueName
    base: Asset
    plan: Plan | None
    left_out: Mapping[Asset, Denied] = field(default_factory=dict)
    """What is held and would stay, with the reason."""
    held_elsewhere: Mapping[str, Decimal] = field(default_factory=dict)
    unknown: str | None = None
    """Why there is no plan although something may be held; closing may be tried all the same."""
    refused: str | None = None
    """Why it may not even be tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueClosing:
    """How closing one venue ended; money in its base currency."""

    venue: VenueName
    base: Asset
    cancelled: int | None
    """Orders that were cancelled first; None when that is not known."""
    assets: tuple[AssetClosing, ...]
    held_elsewhere: Mapping[str, Decimal]
    """Staked or earning, by the venue's own codes: that cannot be sold from here."""
    brought: Decimal
    fees: Decimal
    problems: tuple[str, ...]
    refused: Denied | None
    """Why nothing was sold at all; None when selling went ahead, or nothing is held."""
    finished_at: datetime
    duration_seconds: float

    @property
    def is_whole(self) -> bool:
        """True when all that can be sold was, but for what is too small for any order."""
        return (
            self.refused is None
            and self.cancelled is not None
            and not self.problems
            and all(each.is_expected for each in self.assets)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeable:
    """What a plan to sell everything rests on, and what it has to leave out."""

    inputs: PlanInputs
    left_out: Mapping[Asset, Denied]


def closeable(inputs: PlanInputs) -> Closeable:
    """Leave out what has no price or no pair: one such asset must not keep the rest from sale."""
    priced = {asset: leg for asset, leg in inputs.legs.items() if isinstance(leg, Leg)}
    left_out = {asset: leg for asset, leg in inputs.legs.items() if isinstance(leg, Denied)}
    left_out |= {
        asset: _EXCLUDED for asset in inputs.targets.excluded if _total(inputs.balances, asset) > 0
    }
    targets = replace(inputs.targets, weights=dict.fromkeys(priced, _ZERO))
    return Closeable(
        inputs=replace(inputs, targets=targets, legs=priced, allow_buys=False), left_out=left_out
    )


def plan_closing(found: Closeable) -> Plan | Denied:
    """Plan the sale of everything that can be sold, or say why there is no plan."""
    if not found.inputs.targets.weights:
        venue = found.inputs.balances.status.venue
        return Denied(
            code=DenialCode.NOTHING_TO_BALANCE, reason=f"{venue}: nothing is held that can be sold"
        )
    return plan_rebalance(found.inputs)


def refusals_of(plan: Plan, found: Closeable) -> dict[Asset, Denied]:
    """Return why each asset that stays does, the more telling reason where there are two."""
    return {each.asset: each.denial for each in plan.skipped} | dict(found.left_out)


def closing_payload(closing: VenueClosing) -> dict[str, object]:
    """Return it in JSON's own types: for the message about it, and for programs."""
    return {
        "venue": closing.venue,
        "base": closing.base,
        "is_whole": closing.is_whole,
        "cancelled": closing.cancelled,
        "assets": [
            {
                "asset": each.asset,
                "held": f"{each.held:f}",
                "sold": f"{each.sold:f}",
                "brought": f"{each.brought:f}",
                "left": None if each.left is None else f"{each.left:f}",
                "reason": each.reason,
                "is_expected": each.is_expected,
            }
            for each in closing.assets
        ],
        "held_elsewhere": {code: f"{held:f}" for code, held in closing.held_elsewhere.items()},
        "brought": f"{closing.brought:f}",
        "fees": f"{closing.fees:f}",
        "problems": list(closing.problems),
        "refused": None if closing.refused is None else str(closing.refused),
        "seconds": round(closing.duration_seconds, 3),
    }


def asset_closings(
    before: VenueBalances,
    rules: ClosingRules,
    results: Sequence[RunResult],
    *,
    after: VenueBalances | None,
    refusals: Mapping[Asset, Denied],
) -> tuple[AssetClosing, ...]:
    """Say of every asset that was held what became of it; the largest sales first."""
    orders = [each for result in results for each in result.orders]
    closings = [
        _closing(asset, reading.total, orders, after=after, refusal=refusals.get(asset))
        for asset, reading in before.readings.items()
        if reading.total > 0 and asset != rules.base
    ]
    return tuple(sorted(closings, key=lambda each: (-each.brought, each.asset)))


def _closing(
    asset: Asset,
    held: Decimal,
    orders: Sequence[RunOrder],
    *,
    after: VenueBalances | None,
    refusal: Denied | None,
) -> AssetClosing:
    own = [each for each in orders if each.planned.asset == asset]
    sold, brought = _moved(own)
    left = None if after is None else _total(after, asset)
    closing = AssetClosing(asset=asset, held=held, sold=sold, brought=brought, left=left)
    if left == 0:
        return closing
    if refusal is _EXCLUDED:
        return replace(closing, reason=str(refusal))
    # What an order locks looks like dust to the planner: it has only what is free.
    locked = _locked(after, asset)
    if locked is None and refusal is not None:
        return replace(closing, reason=str(refusal), is_expected=refusal.code in _TOO_SMALL)
    reason = locked or _why(own) or (_UNREAD if left is None else _UNSOLD)
    return replace(closing, reason=reason, is_expected=False)


def _moved(orders: Sequence[RunOrder]) -> tuple[Decimal, Decimal]:
    """Return how much of the asset went, and how much of the base currency came."""
    sold = brought = _ZERO
    for each in orders:
        for fill in each.fills:
            away, came = fill.quantity, fill.cost
            if is_inverse(each.planned):
                away, came = came, away
            sold += away
            brought += came
    return sold, brought


def _why(orders: Sequence[RunOrder]) -> str | None:
    """Return what stood against the last order of an asset."""
    return (problem(orders[-1]) or why_unfilled(orders[-1])) if orders else None


def _locked(after: VenueBalances | None, asset: Asset) -> str | None:
    reading = None if after is None else after.readings.get(asset)
    if reading is None or reading.locked == 0:
        return None
    return f"{reading.locked.normalize():f} of it is locked by an order that still works"


def _total(balances: VenueBalances, asset: Asset) -> Decimal:
    reading = balances.readings.get(asset)
    return _ZERO if reading is None else reading.total
