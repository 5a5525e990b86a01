"""One run of a confirmed plan: sells, then buys sized by what really arrived.

Everything is sent by the one executor. What an immediate-or-cancel order leaves unfilled is
sized anew on fresh balances and books, a bounded number of times and never beyond the value
that was confirmed. An order whose outcome is unknown ends the chase of its instrument.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from trading.intents.rebalance_model import OnProgress, RunOrder
from trading.model.denial import Denied
from trading.model.fill import Fill
from trading.model.identifiers import Asset, CorrelationId, RunId
from trading.model.order import Order, OrderIntent, OrderOrigin, OrderType, TimeInForce
from trading.model.order_status import OrderStatus, is_terminal
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import Plan, PlannedOrder
from trading.portfolio.rebalancer import allocate_buys, cash_to_spend
from trading.portfolio.sizing import Leg, size_sell

MAX_ROUNDS = 3


class Outcome(Protocol):
    """What became of one intent."""

    @property
    def denied(self) -> Denied | None: ...
    @property
    def order(self) -> Order | None: ...
    @property
    def fills(self) -> tuple[Fill, ...]: ...


class Batch(Protocol):
    """One outcome for each intent, in their order."""

    @property
    def outcomes(self) -> Sequence[Outcome]: ...


class Executor(Protocol):
    """The one executor."""

    async def execute(
        self, batch: Sequence[OrderIntent], *, on_progress: OnProgress | None = None
    ) -> Batch: ...


Gather = Callable[[], Awaitable[PlanInputs | Denied]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What every order of the run carries, and how to look again."""

    run_id: RunId
    correlation_id: CorrelationId
    plan: Plan
    gather: Gather
    executor: Executor
    on_progress: OnProgress | None


@dataclass(slots=True)
class RunLog:
    """What has happened so far."""

    orders: list[RunOrder] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Left:
    """Value of an asset that was confirmed and is not traded yet."""

    asset: Asset
    value: Decimal


class PlanRun:
    """Executes one plan; `log` holds what was done, also when a stage raises."""

    def __init__(self, context: RunContext) -> None:
        """Nothing is sent before `execute`."""
        self.context = context
        self.log = RunLog()

    async def execute(self) -> None:
        """Sell, then buy; raises what the executor raises."""
        plan = self.context.plan
        await self._stage(plan.sells, self._size_sells)
        if plan.buys:
            await self._stage((), self._size_buys, [_left(order) for order in plan.buys])

    async def _stage(
        self,
        first: tuple[PlannedOrder, ...],
        size: Callable[[PlanInputs, Sequence[_Left]], tuple[PlannedOrder, ...]],
        wanted: Sequence[_Left] = (),
    ) -> None:
        """Send a round, look what is left, size that anew; `first` is sent as confirmed."""
        left = list(wanted) or [_left(order) for order in first]
        orders = first
        for number in range(MAX_ROUNDS):
            if not left:
                return
            if number or not first:
                inputs = await self.context.gather()
                if isinstance(inputs, Denied):
                    self.log.problems.append(str(inputs))
                    return
                orders = size(inputs, left)
            if not orders:
                return
            left = self._still_left(left, await self._send(orders))

    async def _send(self, orders: tuple[PlannedOrder, ...]) -> list[RunOrder]:
        batch = await self.context.executor.execute(
            [self._intent(order) for order in orders], on_progress=self.context.on_progress
        )
        done = [
            RunOrder(
                planned=order, order=outcome.order, denied=outcome.denied, fills=outcome.fills
            )
            for order, outcome in zip(orders, batch.outcomes, strict=True)
        ]
        self.log.orders.extend(done)
        self.log.problems.extend(problem for each in done if (problem := _problem(each)))
        return done

    def _intent(self, order: PlannedOrder) -> OrderIntent:
        return OrderIntent(
            venue=self.context.plan.venue,
            symbol=order.symbol,
            side=order.side,
            quantity=order.quantity,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            limit_price=order.limit_price,
            reserve_asset=order.reserve_asset,
            reserve_amount=order.reserve_amount,
            origin=OrderOrigin.REBALANCE,
            reason=f"brings {order.asset} to its target",
            run_id=self.context.run_id,
            correlation_id=self.context.correlation_id,
        )

    def _still_left(self, left: Sequence[_Left], done: Sequence[RunOrder]) -> list[_Left]:
        """Return what a next round may still trade; nothing of an asset that met a problem."""
        by_asset = {each.planned.asset: each for each in done}
        again = []
        for each in left:
            run_order = by_asset.get(each.asset)
            if run_order is None or _is_whole(run_order) or _problem(run_order) is not None:
                continue
            again.append(_Left(each.asset, each.value - filled_value(run_order)))
        return again

    def _size_sells(self, inputs: PlanInputs, left: Sequence[_Left]) -> tuple[PlannedOrder, ...]:
        sized = [
            size_sell(
                leg,
                each.value,
                free=inputs.balances.free_to_spend(each.asset) or Decimal(0),
                settings=inputs.settings,
            )
            for each in left
            if isinstance(leg := inputs.legs.get(each.asset), Leg)
            and each.asset not in inputs.blocked
        ]
        return tuple(order for order in sized if isinstance(order, PlannedOrder))

    def _size_buys(self, inputs: PlanInputs, left: Sequence[_Left]) -> tuple[PlannedOrder, ...]:
        if not inputs.allow_buys:
            self.log.problems.append("buying is not allowed any more, so the cash stays cash")
            return ()
        plan = self.context.plan
        cash = cash_to_spend(inputs.balances, plan.base, plan.value, inputs.settings.cash_buffer)
        wants = [
            (leg, each.value)
            for each in left
            if isinstance(leg := inputs.legs.get(each.asset), Leg)
            and each.asset not in inputs.blocked
        ]
        return allocate_buys(wants, cash=cash, settings=inputs.settings)[0]


def filled_value(done: RunOrder) -> Decimal:
    """Return what the fills moved, in base currency at the reference price."""
    quantity = sum((fill.quantity for fill in done.fills), Decimal(0))
    planned = done.planned
    return planned.value * quantity / planned.quantity


def _left(order: PlannedOrder) -> _Left:
    return _Left(order.asset, order.value)


def _is_whole(done: RunOrder) -> bool:
    """Nothing is left of it, so there is no need to look again: looks are rationed."""
    return done.order is not None and done.order.status is OrderStatus.FILLED


def _problem(done: RunOrder) -> str | None:
    """Say what is wrong with an order beyond being filled in part; None when nothing is."""
    if done.denied is not None:
        return f"{done.planned.symbol}: denied: {done.denied}"
    if done.order is None:
        return f"{done.planned.symbol}: the executor says nothing of it"
    if done.order.status is OrderStatus.UNKNOWN:
        return f"{done.planned.symbol}: the outcome of {done.order.client_order_id} is unknown"
    if done.order.status is OrderStatus.REJECTED:
        return f"{done.planned.symbol}: the venue rejected it: {done.order.note}"
    if not is_terminal(done.order.status):
        return f"{done.planned.symbol}: {done.order.client_order_id} is still {done.order.status}"
    return None
