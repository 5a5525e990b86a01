"""Builders for planner tests: a venue in a few lines, and an exchange that books a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import TypeVar

from trading.model.balance import BalanceReading, BalanceSource, BalanceStatus, VenueBalances
from trading.model.denial import Denied
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.instrument import Instrument, InstrumentStatus, Side
from trading.model.order import OrderIntent, OrderOrigin, OrderType, TimeInForce
from trading.portfolio.drift import PlanInputs
from trading.portfolio.plan import PlannedOrder
from trading.portfolio.sizing import Leg
from trading.portfolio.targets import RebalanceSettings, Targets, TradeTo

T = TypeVar("T")

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VENUE = VenueName("test")
USD = Asset("USD")

SETTINGS = RebalanceSettings(
    band_abs=Decimal("0.02"),
    band_rel=None,
    to=TradeTo.TARGET,
    cash_buffer=Decimal(0),
    min_order=Decimal(10),
    max_turnover=Decimal(2),
    max_orders=100,
    max_slippage=Decimal("0.005"),
    order_buffer=Decimal("0.004"),
)


def instrument(symbol: str, **changes: object) -> Instrument:
    """Return an instrument with fine steps and a fee of 0.26 %."""
    plain = Instrument(
        venue=VENUE,
        symbol=Symbol.parse(symbol),
        lot_step=Decimal("0.00000001"),
        tick_size=Decimal("0.01"),
        min_quantity=Decimal("0.0001"),
        min_notional=Decimal("0.5"),
        cost_step=Decimal("0.00001"),
        taker_fee_fraction=Decimal("0.0026"),
        maker_fee_fraction=Decimal("0.0016"),
        status=InstrumentStatus.ONLINE,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # a test's own keyword table


def leg(asset: str, price: str | Decimal, symbol: str | None = None, **changes: object) -> Leg:
    """Return the leg of an asset against USD (or the given symbol)."""
    return Leg(
        asset=Asset(asset),
        instrument=instrument(symbol or f"{asset}/USD", **changes),
        reference_price=Decimal(price),
    )


def balances(
    free: Mapping[str, str | Decimal],
    *,
    locked: Mapping[str, Decimal] | None = None,
    reserved: Mapping[Asset, Decimal] | None = None,
    problems: tuple[str, ...] = (),
) -> VenueBalances:
    """Return balances of a venue; verified unless there are problems."""
    readings = {
        Asset(name): BalanceReading(
            venue=VENUE,
            asset=Asset(name),
            free=Decimal(amount),
            locked=(locked or {}).get(name, Decimal(0)),
            source=BalanceSource.EXCHANGE,
            verified=not problems,
            changed_at=NOW,
            confirmed_at=NOW,
            confirmed_monotonic=0.0,
        )
        for name, amount in free.items()
    }
    status = BalanceStatus(
        venue=VENUE,
        verified=not problems,
        since=NOW,
        source=BalanceSource.EXCHANGE,
        fallback_in_use=False,
        age_seconds=0.0,
        problems=problems,
    )
    return VenueBalances(
        status=status, readings=readings, held_elsewhere={}, reserved=reserved or {}
    )


def inputs(
    free: Mapping[str, str | Decimal],
    targets: Mapping[str, str | Decimal],
    legs: Sequence[Leg],
    settings: RebalanceSettings = SETTINGS,
) -> PlanInputs:
    """Return the inputs of a plan in base USD."""
    return PlanInputs(
        balances=balances(free),
        targets=Targets(
            base=USD, weights={Asset(name): Decimal(weight) for name, weight in targets.items()}
        ),
        settings=settings,
        legs={one.asset: one for one in legs},
        now=NOW,
    )


@dataclass(slots=True)
class Exchange:
    """Books fills as a venue does: cost and fee in quote, each rounded against us."""

    amounts: dict[Asset, Decimal]
    instruments: Mapping[Symbol, Instrument]
    fees_in_base: Decimal = Decimal(0)

    def fill(self, order: PlannedOrder, fraction: Decimal, price: Decimal) -> None:
        """Fill part of an order at a price no worse than its limit."""
        traded = self.instruments[order.symbol]
        quantity = traded.round_quantity(order.quantity * fraction)
        cost = self._up(quantity * price, traded.cost_step)
        fee = self._up(cost * traded.taker_fee_fraction, traded.cost_step)
        base, quote = order.symbol.base, order.symbol.quote
        sign = 1 if order.side is Side.BUY else -1
        self.amounts[base] = self.amounts.get(base, Decimal(0)) + sign * quantity
        self.amounts[quote] = self.amounts.get(quote, Decimal(0)) - sign * cost - fee
        self.fees_in_base += fee if quote == USD else fee / price

    def free(self) -> dict[str, Decimal]:
        """Return what is held, by name."""
        return {str(asset): amount for asset, amount in self.amounts.items()}

    @staticmethod
    def _up(amount: Decimal, step: Decimal) -> Decimal:
        return (amount / step).to_integral_value(rounding=ROUND_CEILING) * step


def not_denied(value: T | Denied) -> T:
    """Return the value; fail the test with the refusal's own words otherwise."""
    assert not isinstance(value, Denied), str(value)
    return value


def intent_of(order: PlannedOrder) -> OrderIntent:
    """Return a planned order as the run sends it."""
    return OrderIntent(
        venue=VENUE,
        symbol=order.symbol,
        side=order.side,
        quantity=order.quantity,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC,
        limit_price=order.limit_price,
        reserve_asset=order.reserve_asset,
        reserve_amount=order.reserve_amount,
        origin=OrderOrigin.REBALANCE,
        reason="planned",
        run_id=None,
        correlation_id=CorrelationId("planned"),
    )
