"""One run of a confirmed plan: sells, then buys sized by what really arrived.

Everything is sent by the one executor. What an immediate-or-cancel order leaves unfilled is
sized anew on fresh balances and prices, a bounded number of times, never beyond the value that
was confirmed and never where the market has left the limit that was. Buys shrink by what the
sells failed to bring, so that they do not eat the base currency's own share. An order whose
outcome is unknown ends the chase of its instrument.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from trading.intents.rebalance_inputs import Reading
from trading.intents.rebalance_model import OnProgress, RunOrder
from trading.intents.rebalance_orders import filled_value, problem, why_unfilled
from trading.model.denial import DenialCode, Denied
from trading.model.fill import Fill
from trading.model.identifiers import Asset, CorrelationId, RunId
from trading.model.order import Order, OrderIntent, OrderOrigin, OrderType, TimeInForce
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import Plan, PlannedOrder
from trading.portfolio.rebalancer import allocate_buys, cash_to_spend
from trading.portfolio.sizing import Leg, own_change, size_sell

MAX_ROUNDS = 3
_REASONS = {
    OrderOrigin.REBALANCE: "brings {} to its target",
    OrderOrigin.CLOSE_ALL: "sells all {}",
}


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
    @property
    def balances_show_it(self) -> bool: ...


class Executor(Protocol):
    """The one executor."""

    async def execute(
        self, batch: Sequence[OrderIntent], *, on_progress: OnProgress | None = None
    ) -> Batch: ...


Gather = Callable[[Reading], Awaitable[PlanInputs | Denied]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What every order of the run carries, and how to look again."""

    run_id: RunId
    correlation_id: CorrelationId
    plan: Plan
    gather: Gather
    executor: Executor
    on_progress: OnProgress | None
    origin: OrderOrigin = OrderOrigin.REBALANCE


@dataclass(slots=True)
class RunLog:
    """What has happened so far."""

    orders: list[RunOrder] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    on_the_way: tuple[PlannedOrder, ...] = ()
    """Handed to the executor and not answered: after a failure only the journal knows of them."""
    reading: Reading = Reading.ASKED
    """How balances that show all of it are come by now."""


@dataclass(frozen=True, slots=True)
class _Left:
    """What is confirmed and not traded yet of an order, in base currency as the order has it."""

    order: PlannedOrder
    value: Decimal


_Size = Callable[[PlanInputs, Sequence[_Left]], tuple[PlannedOrder, ...]]


class PlanRun:
    """Executes one plan; `log` holds what was done, also when a stage raises."""

    def __init__(self, context: RunContext) -> None:
        """Nothing is sent before `execute`."""
        self.context = context
        self.log = RunLog()

    async def execute(self) -> None:
        """Sell, then buy; raises what the executor raises."""
        plan = self.context.plan
        held_back = [
            each.asset for each in plan.skipped if each.denial.code is DenialCode.REDUCING_ONLY
        ]
        if held_back:
            words = "only orders that reduce exposure are let through, so nothing is bought of "
            self.log.problems.append(words + ", ".join(held_back))
        if plan.sells:
            left = [_Left(order, order.value) for order in plan.sells]
            await self._stage(left, self._size_sells, first=plan.sells)
        if plan.buys:
            # Without sells the plan's own buys rest on cash that is there: they go as confirmed.
            first = () if plan.sells else plan.buys
            await self._stage(self._funded(), self._size_buys, first=first)

    async def _stage(
        self, left: Sequence[_Left], size: _Size, *, first: tuple[PlannedOrder, ...]
    ) -> None:
        """Send a round, look what is left, size that anew; `first` is sent as confirmed."""
        orders = first
        last: list[RunOrder] = []
        for number in range(MAX_ROUNDS):
            if number or not first:
                inputs = await self.context.gather(self.log.reading)
                if isinstance(inputs, Denied):
                    self.log.problems.append(str(inputs))
                    return
                orders = size(inputs, left)
            if not orders:
                return
            last = await self._send(orders)
            left = _still_left(left, last)
            if not left:
                return
        self.log.problems.extend(why for each in last if (why := why_unfilled(each)))

    async def _send(self, orders: tuple[PlannedOrder, ...]) -> list[RunOrder]:
        self.log.on_the_way, self.log.reading = orders, Reading.ASKED
        batch = await self.context.executor.execute(
            [self._intent(order) for order in orders], on_progress=self.context.on_progress
        )
        done = [
            RunOrder(
                planned=order, order=outcome.order, denied=outcome.denied, fills=outcome.fills
            )
            for order, outcome in zip(orders, batch.outcomes, strict=True)
        ]
        self.log.on_the_way = ()
        if batch.balances_show_it:
            self.log.reading = Reading.KNOWN
        self.log.orders.extend(done)
        self.log.problems.extend(words for each in done if (words := problem(each)))
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
            origin=self.context.origin,
            reason=_REASONS[self.context.origin].format(order.asset),
            run_id=self.context.run_id,
            correlation_id=self.context.correlation_id,
        )

    def _funded(self) -> list[_Left]:
        """Return the confirmed buys, smaller in all by what the sells did not bring."""
        plan = self.context.plan
        planned = sum((order.value for order in plan.sells), Decimal(0))
        sold = sum((filled_value(each) for each in self.log.orders), Decimal(0))
        wanted = sum((order.value for order in plan.buys), Decimal(0))
        share = max(Decimal(0), 1 - max(Decimal(0), planned - sold) / wanted)
        if share == 0:
            self.log.problems.append("the sells brought nothing to buy with, so nothing is bought")
            return []
        return [_Left(order, order.value * share) for order in plan.buys]

    def _size_sells(self, inputs: PlanInputs, left: Sequence[_Left]) -> tuple[PlannedOrder, ...]:
        orders: list[PlannedOrder] = []
        for leg, each in self._tradable(inputs, left):
            sized = size_sell(
                leg,
                own_change(leg, each.value, is_buy=False),
                free=inputs.balances.free_to_spend(leg.asset) or Decimal(0),
                settings=inputs.settings,
            )
            if isinstance(sized, Denied):
                self._note_refusal(leg.asset, sized)
            else:
                orders.append(sized)
        return tuple(orders)

    def _size_buys(self, inputs: PlanInputs, left: Sequence[_Left]) -> tuple[PlannedOrder, ...]:
        if not left:
            return ()
        if not inputs.allow_buys:
            self.log.problems.append("buying is not allowed any more, so the cash stays cash")
            return ()
        plan = self.context.plan
        cash = cash_to_spend(inputs.balances, plan.base, plan.value, inputs.settings.cash_buffer)
        wants = [
            (leg, own_change(leg, each.value, is_buy=True))
            for leg, each in self._tradable(inputs, left)
        ]
        orders, skipped = allocate_buys(wants, cash=cash, settings=inputs.settings)
        for each in skipped:
            self._note_refusal(each.asset, each.denial)
        return orders

    def _tradable(self, inputs: PlanInputs, left: Sequence[_Left]) -> list[tuple[Leg, _Left]]:
        """Return what may still be traded as it was confirmed, and note why the rest may not."""
        found: list[tuple[Leg, _Left]] = []
        for each in left:
            asset = each.order.asset
            leg = inputs.legs.get(asset)
            blocked = inputs.blocked.get(asset)
            if not isinstance(leg, Leg) or leg.instrument.symbol != each.order.symbol:
                self.log.problems.append(str(leg or f"{asset}: it has no price now"))
            elif blocked is not None:
                self.log.problems.append(str(blocked))
            elif each.order.is_out_of_reach(leg.reference_price):
                self.log.problems.append(
                    f"{each.order.symbol}: the price left the limit of "
                    f"{each.order.limit_price:f} (it is {leg.reference_price:f} now), so no more "
                    "of it is traded"
                )
            else:
                found.append((leg, each))
        return found

    def _note_refusal(self, asset: Asset, denied: Denied) -> None:
        """Of something traded already only the last crumbs are refused: not worth a word."""
        if all(each.planned.asset != asset for each in self.log.orders):
            self.log.problems.append(f"{asset}: not traded: {denied}")


def _still_left(left: Sequence[_Left], done: Sequence[RunOrder]) -> list[_Left]:
    """Return what a next round may still trade; nothing of an asset that met a problem."""
    by_asset = {each.planned.asset: each for each in done}
    again = []
    for each in left:
        run_order = by_asset.get(each.order.asset)
        if run_order is None or problem(run_order) is not None:
            continue
        rest = each.value - filled_value(run_order)
        if rest > 0:
            again.append(_Left(each.order, rest))
    return again
