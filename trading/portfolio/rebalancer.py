"""The one planner: `plan = f(verified balances, prices, instruments, targets, settings)`.

Pure. It trades the difference and not the portfolio: an asset inside its band is left alone,
one outside gets a single order against the base currency, sells before buys. The base currency
takes what is left, so it has no band of its own and never triggers a trade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.model.balance import VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset
from trading.portfolio.caps import cap, fewest
from trading.portfolio.drift import PlanInputs, Valued, fee_of, held, moves, value_portfolio
from trading.portfolio.plan import Plan, PlannedOrder, PlanReading, PlanRow, Skipped
from trading.portfolio.sizing import Leg, own_change, size_buy, size_sell
from trading.portfolio.targets import RebalanceSettings

_NOT_FREE = Decimal("1E-9")
"""Less than this share of a sale is not worth a word about what keeps it from being whole."""


@dataclass(frozen=True, slots=True)
class _Want:
    """So much value of an asset to move: positive buys, negative sells."""

    leg: Leg
    value: Decimal


def plan_rebalance(inputs: PlanInputs) -> Plan | Denied:
    """Plan, or say why nothing can be planned (unverified balances, a price that is missing)."""
    if not inputs.balances.status.verified:
        return Denied(
            code=DenialCode.BALANCE_UNVERIFIED,
            reason="balances are not verified, so nothing was planned",
            details={"why": "; ".join(inputs.balances.status.problems) or "never read"},
        )
    valued = value_portfolio(inputs)
    if isinstance(valued, Denied):
        return valued
    if valued.total <= 0:
        return Denied(
            code=DenialCode.NOTHING_TO_BALANCE,
            reason=f"neither {inputs.targets.base} nor any asset with a target is held",
        )
    return _Planning(inputs, valued).plan()


def allocate_buys(
    wants: Sequence[tuple[Leg, Decimal]], *, cash: Decimal, settings: RebalanceSettings
) -> tuple[tuple[PlannedOrder, ...], tuple[Skipped, ...]]:
    """Size buys of `(leg, value)` so that all of them together fit into `cash`.

    Where cash is short every buy shrinks in proportion; what is left by one that became too
    small to place goes to the others, largest first.
    """
    needed = sum((value * (1 + _worst(leg, settings)) for leg, value in wants), Decimal(0))
    share = min(Decimal(1), cash / needed) if needed > 0 and cash > 0 else Decimal(0)
    if needed == 0:
        return (), ()
    orders: list[PlannedOrder] = []
    skipped: list[Skipped] = []
    left = max(cash, Decimal(0))
    for leg, value in sorted(wants, key=lambda want: -want[1]):
        sized = size_buy(leg, value * share, cash=left, settings=settings)
        if isinstance(sized, Denied):
            skipped.append(Skipped(asset=leg.asset, denial=_explain(sized, share)))
            continue
        orders.append(sized)
        left -= sized.reserve_amount
    return tuple(orders), tuple(skipped)


def cash_to_spend(
    balances: VenueBalances, base: Asset, value: Decimal, buffer: Decimal
) -> Decimal:
    """Return verified free base currency less reservations and the cash buffer."""
    free = balances.free_to_spend(base)
    return Decimal(0) if free is None else max(Decimal(0), free - value * buffer)


def _worst(leg: Leg, settings: RebalanceSettings) -> Decimal:
    """What a buy can cost above its reference value, as a fraction."""
    if leg.is_inverse:
        return Decimal(0)
    buffer = max(settings.order_buffer, leg.instrument.taker_fee_fraction)
    return (1 + settings.max_slippage) * (1 + buffer) - 1


def _explain(denied: Denied, share: Decimal) -> Denied:
    if share >= 1:
        return denied
    return Denied(
        code=DenialCode.INSUFFICIENT_FREE,
        reason=f"{denied.reason}; there is cash for {share:.0%} of what is wanted",
        details=denied.details,
    )


def _price(leg: Leg | Denied | None, *, is_base: bool) -> Decimal | None:
    if is_base:
        return Decimal(1)
    return leg.price_in_base if isinstance(leg, Leg) else None


class _Planning:
    """One planning: the steps share what they found out."""

    def __init__(self, inputs: PlanInputs, valued: Valued) -> None:
        self._inputs = inputs
        self._valued = valued
        self._skipped: list[Skipped] = []
        self._limited_by: str | None = None

    def plan(self) -> Plan:
        self._report_unmanaged()
        moved = moves(self._inputs, self._valued)
        wants = self._within_limits(
            [want for asset, move in moved.items() if (want := self._want(asset, move))]
        )
        sells = self._sells([want for want in wants if want.value < 0])
        buys = self._buys([want for want in wants if want.value > 0], sells)
        cost = sum((self._fee(order) for order in sells + buys), Decimal(0))
        return Plan(
            venue=self._inputs.balances.status.venue,
            base=self._inputs.targets.base,
            planned_at=self._inputs.now,
            value=self._valued.total,
            rows=self._rows(sells, buys, cost),
            sells=sells,
            buys=buys,
            skipped=tuple(self._skipped),
            readings=self._readings(),
            estimated_cost=cost,
            limited_by=self._limited_by,
        )

    def _want(self, asset: Asset, move: Decimal) -> _Want | None:
        leg = self._inputs.legs.get(asset)
        refusal = leg if isinstance(leg, Denied) else self._inputs.blocked.get(asset)
        if move > 0 and refusal is None and not self._inputs.allow_buys:
            refusal = Denied(
                code=DenialCode.REDUCING_ONLY, reason=f"{asset}: only sells are allowed now"
            )
        if refusal is not None or not isinstance(leg, Leg):
            if refusal is not None:
                self._skipped.append(Skipped(asset=asset, denial=refusal))
            return None
        return _Want(leg, move)

    def _capped(self, want: _Want) -> _Want | None:
        """Cut one trade to what the risk limits let through."""
        capped = cap(
            want.leg,
            want.value,
            held=self._valued.values[want.leg.asset],
            total=self._valued.total,
            plan_limits=self._inputs.limits,
            max_slippage=self._inputs.settings.max_slippage,
        )
        self._limited_by = self._limited_by or capped.limited_by
        if capped.refusal is not None:
            self._skipped.append(Skipped(asset=want.leg.asset, denial=capped.refusal))
            return None
        return _Want(want.leg, capped.value)

    def _within_limits(self, wants: list[_Want]) -> list[_Want]:
        """Cut each trade, scale to the turnover limit, keep the largest up to the number."""
        settings = self._inputs.settings
        wants = [capped for want in wants if (capped := self._capped(want)) is not None]
        limit = settings.max_turnover * self._valued.total
        turnover = sum((self._gross(want) for want in wants), Decimal(0))
        if turnover > limit:
            self._limited_by = f"max_turnover {settings.max_turnover:f}"
            wants = [_Want(want.leg, want.value * limit / turnover) for want in wants]
        number, words = fewest(
            (
                (settings.max_orders, f"max_orders {settings.max_orders}"),
                (self._inputs.limits.orders_left, "max_orders_per_minute"),
            )
        )
        if len(wants) > number:
            self._limited_by = words
            wants = sorted(wants, key=lambda want: -abs(want.value))[:number]
        return wants

    @staticmethod
    def _gross(want: _Want) -> Decimal:
        """Return the most that the order may have to move: an inverse buy includes its fee."""
        return abs(want.value) / (1 - want.leg.instrument.taker_fee_fraction)

    def _sells(self, wants: list[_Want]) -> tuple[PlannedOrder, ...]:
        orders: list[PlannedOrder] = []
        for want in wants:
            free = self._inputs.balances.free_to_spend(want.leg.asset) or Decimal(0)
            sized = size_sell(want.leg, -want.value, free=free, settings=self._inputs.settings)
            if free * want.leg.price_in_base < -want.value * (1 - _NOT_FREE):
                self._limited_by = self._limited_by or f"what is free of {want.leg.asset}"
            if isinstance(sized, Denied):
                self._skipped.append(Skipped(asset=want.leg.asset, denial=sized))
            else:
                orders.append(sized)
        return tuple(orders)

    def _buys(
        self, wants: list[_Want], sells: tuple[PlannedOrder, ...]
    ) -> tuple[PlannedOrder, ...]:
        settings = self._inputs.settings
        proceeds = sum((order.value - self._fee(order) for order in sells), Decimal(0))
        free = self._inputs.balances.free_to_spend(self._inputs.targets.base) or Decimal(0)
        cash = free + proceeds - self._valued.total * settings.cash_buffer
        if cash < sum((want.value for want in wants), Decimal(0)):
            self._limited_by = self._limited_by or "cash"
        orders, skipped = allocate_buys(
            [(want.leg, want.value) for want in wants],
            cash=max(Decimal(0), cash),
            settings=settings,
        )
        self._skipped.extend(skipped)
        return orders

    def _moved(self, order: PlannedOrder, *, is_buy: bool) -> Decimal:
        leg = self._inputs.legs.get(order.asset)
        return own_change(leg, order.value, is_buy=is_buy) if isinstance(leg, Leg) else order.value

    def _fee(self, order: PlannedOrder) -> Decimal:
        return order.value * fee_of(self._inputs, order.asset)

    def _rows(
        self, sells: tuple[PlannedOrder, ...], buys: tuple[PlannedOrder, ...], cost: Decimal
    ) -> tuple[PlanRow, ...]:
        targets, after = self._inputs.targets, dict(self._valued.values)
        for order in sells:
            after[order.asset] -= self._moved(order, is_buy=False)
        for order in buys:
            after[order.asset] += self._moved(order, is_buy=True)
        total_after = self._valued.total - cost
        rows = [
            self._row(asset, targets.weights[asset], after[asset], total_after)
            for asset in targets.weights
        ]
        base_after = total_after - sum(after.values(), Decimal(0))
        return (*rows, self._row(targets.base, targets.base_weight, base_after, total_after))

    def _row(
        self, asset: Asset, target: Decimal, value_after: Decimal, total_after: Decimal
    ) -> PlanRow:
        is_base = asset == self._inputs.targets.base
        before = self._valued.base_value if is_base else self._valued.values[asset]
        leg = self._inputs.legs.get(asset)
        return PlanRow(
            asset=asset,
            total=held(self._inputs.balances.readings.get(asset)),
            price=_price(leg, is_base=is_base),
            target=target,
            band=None if is_base else self._inputs.settings.band(target),
            value_before=before,
            weight_before=before / self._valued.total,
            value_after=value_after,
            weight_after=value_after / total_after if total_after > 0 else Decimal(0),
        )

    def _readings(self) -> tuple[PlanReading, ...]:
        managed = {*self._inputs.targets.weights, self._inputs.targets.base}
        return tuple(
            PlanReading(
                asset=asset,
                free=reading.free,
                locked=reading.locked,
                source=reading.source,
                as_of=reading.as_of,
            )
            for asset, reading in sorted(self._inputs.balances.readings.items())
            if asset in managed
        )

    def _report_unmanaged(self) -> None:
        targets = self._inputs.targets
        known = {*targets.weights, targets.base, *targets.excluded}
        for asset, reading in sorted(self._inputs.balances.readings.items()):
            if asset not in known and reading.total > 0:
                denial = Denied(
                    code=DenialCode.NOT_IN_TARGETS,
                    reason=f"{asset} has no target, so it is left alone; a target of 0 sells it",
                )
                self._skipped.append(Skipped(asset=asset, denial=denial))
