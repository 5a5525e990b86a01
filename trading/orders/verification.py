"""Whether an order may be placed: every rule that must hold before the journal takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal

from trading.model.balance import BalanceReading, VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.funds import required_funds
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Instrument, InstrumentStatus, Side
from trading.model.order import OrderIntent, OrderType
from trading.risk.order_limits import OrderFacts, check_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What one venue's approvals rest on, read at one moment."""

    venue: VenueName
    balances: VenueBalances | Denied
    """The readings, or why there are none that may be used."""
    instruments: Mapping[Symbol, Instrument] | Denied
    unknown: AbstractSet[Symbol]
    """Instruments with an order whose outcome is not known: nothing else trades them."""
    reconciled: bool
    """True once the journal was compared with the venue in this process."""
    buffer_fraction: Decimal
    freshness_seconds: float
    monotonic: float
    risk: OrderFacts | None = None
    """What the risk limits rest on; None where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The intent with what it reserves, and the evidence that it may be spent."""

    intent: OrderIntent
    evidence: Mapping[str, str]


def required(
    intent: OrderIntent, instrument: Instrument, buffer_fraction: Decimal
) -> tuple[Asset, Decimal]:
    """Return what the order spends at worst; the planner's own figure where it has no price."""
    if intent.side is Side.BUY and intent.limit_price is None:
        return intent.symbol.quote, intent.reserve_amount
    return required_funds(
        instrument,
        intent.side,
        quantity=intent.quantity,
        price=intent.limit_price or Decimal(0),
        buffer_fraction=buffer_fraction,
    )


def approve_all(
    intents: Sequence[OrderIntent], conditions: Conditions
) -> tuple[Approved | Denied, ...]:
    """Approve one after another: what one reserves, the next cannot spend or risk."""
    held: dict[Asset, Decimal] = {}
    verdicts: list[Approved | Denied] = []
    for intent in intents:
        verdict = approve(intent, conditions, held)
        if isinstance(verdict, Approved):
            asset = verdict.intent.reserve_asset
            held[asset] = held.get(asset, Decimal(0)) + verdict.intent.reserve_amount
            if conditions.risk is not None:
                conditions = replace(conditions, risk=conditions.risk.with_order(intent))
        verdicts.append(verdict)
    return tuple(verdicts)


def approve(
    intent: OrderIntent, conditions: Conditions, held: Mapping[Asset, Decimal]
) -> Approved | Denied:
    """Say whether it may be placed, with `held` already promised to others of its batch."""
    refusal = _check_venue(intent, conditions)
    if refusal is not None:
        return refusal
    instruments, balances = conditions.instruments, conditions.balances
    if isinstance(instruments, Denied):
        return instruments
    instrument = instruments.get(intent.symbol)
    if instrument is None:
        return Denied(
            code=DenialCode.NO_INSTRUMENT,
            reason=f"{intent.venue} has no instrument {intent.symbol}",
        )
    refusal = check_instrument(intent, instrument)
    if refusal is not None:
        return refusal
    if isinstance(balances, Denied):
        return balances
    refusal = None if conditions.risk is None else check_order(intent, conditions.risk)
    if refusal is not None:
        return refusal
    asset, amount = required(intent, instrument, conditions.buffer_fraction)
    return _check_funds(
        replace(intent, reserve_asset=asset, reserve_amount=amount), balances, conditions, held
    )


def check_instrument(intent: OrderIntent, instrument: Instrument) -> Denied | None:
    """Say why the venue would not take such an order; None when it would."""
    refusal = instrument.check_status()
    if refusal is not None:
        return refusal
    if intent.order_type is OrderType.MARKET and instrument.status is InstrumentStatus.LIMIT_ONLY:
        return Denied(
            code=DenialCode.INSTRUMENT_NOT_TRADABLE,
            reason=f"{intent.symbol}: the venue takes only limit orders now",
        )
    if _is_off_step(intent, instrument):
        return Denied(
            code=DenialCode.PLAN_CHANGED,
            reason=f"{intent.symbol}: quantity or price is not on the venue's lot and tick",
            details={
                "quantity": f"{intent.quantity:f}",
                "lot_step": f"{instrument.lot_step:f}",
                "limit_price": "none" if intent.limit_price is None else f"{intent.limit_price:f}",
                "tick_size": f"{instrument.tick_size:f}",
            },
        )
    if intent.limit_price is not None:
        return instrument.check_size(intent.quantity, intent.limit_price)
    # A market order has no price to value it with: the venue's minimum value cannot be checked.
    return replace(instrument, min_notional=Decimal(0)).check_size(intent.quantity, Decimal(0))


def _check_venue(intent: OrderIntent, conditions: Conditions) -> Denied | None:
    if not conditions.reconciled:
        return Denied(
            code=DenialCode.NOT_RECONCILED,
            reason=f"{intent.venue}: orders are not reconciled yet; nothing is sent before that",
        )
    if intent.symbol in conditions.unknown:
        return Denied(
            code=DenialCode.INSTRUMENT_BUSY,
            reason=f"{intent.symbol} has an order whose outcome is not known yet",
        )
    return None


def _is_off_step(intent: OrderIntent, instrument: Instrument) -> bool:
    off_lot = intent.quantity != instrument.round_quantity(intent.quantity)
    price = intent.limit_price
    return off_lot or (
        price is not None and price != instrument.round_limit_price(intent.side, price)
    )


def _check_funds(
    intent: OrderIntent,
    balances: VenueBalances,
    conditions: Conditions,
    held: Mapping[Asset, Decimal],
) -> Approved | Denied:
    asset, needed = intent.reserve_asset, intent.reserve_amount
    reading = balances.readings.get(asset)
    if reading is None:
        return Denied(
            code=DenialCode.BALANCE_UNKNOWN,
            reason=f"the {asset} balance at {intent.venue} is not known",
        )
    refusal = _check_proof(reading, conditions)
    if refusal is not None:
        return refusal
    reserved = balances.reserved.get(asset, Decimal(0)) + held.get(asset, Decimal(0))
    evidence = _evidence(reading, needed, reserved, conditions)
    if reading.free - reserved < needed:
        return Denied(
            code=DenialCode.INSUFFICIENT_FREE,
            reason=f"not enough free {asset} at {intent.venue} for {intent.side} {intent.symbol}",
            details=evidence,
        )
    return Approved(intent=intent, evidence=evidence)


def _check_proof(reading: BalanceReading, conditions: Conditions) -> Denied | None:
    if not reading.verified:
        return Denied(
            code=DenialCode.BALANCE_UNVERIFIED,
            reason=f"the {reading.asset} balance at {reading.venue} is not verified",
            details={"source": reading.source.value, "why": reading.suspect or "not confirmed"},
        )
    confirmed = reading.confirmed_monotonic
    age = None if confirmed is None else conditions.monotonic - confirmed
    if age is None or age > conditions.freshness_seconds:
        return Denied(
            code=DenialCode.BALANCE_STALE,
            reason=f"the {reading.asset} balance at {reading.venue} is too old to spend",
            details={
                "age_seconds": "unknown" if age is None else f"{age:.1f}",
                "limit_seconds": f"{conditions.freshness_seconds:g}",
            },
        )
    return None


def _evidence(
    reading: BalanceReading, needed: Decimal, reserved: Decimal, conditions: Conditions
) -> dict[str, str]:
    age = conditions.monotonic - (reading.confirmed_monotonic or conditions.monotonic)
    return {
        "asset": reading.asset,
        "required": f"{needed:f}",
        "free": f"{reading.free:f}",
        "locked": f"{reading.locked:f}",
        "reserved": f"{reserved:f}",
        "source": reading.source.value,
        "as_of": reading.as_of.isoformat(),
        "age_seconds": f"{age:.1f}",
    }
