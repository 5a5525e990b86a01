"""Gathers what a plan rests on: verified balances, fresh prices, orders in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import Protocol, assert_never

from trading.clock import Clock
from trading.errors import BalanceError, PriceError, VenueError
from trading.model.balance import VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Instrument
from trading.model.market_data import Price
from trading.model.order import Order, OrderOrigin
from trading.model.order_status import OrderStatus
from trading.model.risk import RiskLimits
from trading.portfolio.caps import PlanLimits
from trading.portfolio.drift import PlanInputs
from trading.portfolio.sizing import Leg
from trading.portfolio.targets import RebalanceSettings, Targets


class Reading(Enum):
    """What balances a plan may rest on; all are verified and fresh, or it is not made."""

    ASKED = auto()
    """Asked for now: for a plan that is shown to somebody."""
    PUSHED = auto()
    """As a live stream has them; asked for where none vouches for them."""
    KNOWN = auto()
    """As they are in memory: whoever plans has had them read just now."""


class Balances(Protocol):
    """What a rebalance asks of the balances."""

    async def sync(self, venue: VenueName) -> VenueBalances: ...

    async def fresh(self, venue: VenueName) -> VenueBalances: ...

    async def latest(self, venue: VenueName) -> VenueBalances: ...


class Market(Protocol):
    """What a rebalance asks of the market feed."""

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]: ...

    async def fresh_prices(
        self, venue: VenueName, symbols: Sequence[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]: ...


class WorkingOrders(Protocol):
    """What a rebalance asks of the journal."""

    async def working(self, venue: VenueName | None = None) -> Sequence[Order]: ...


class Gate(Protocol):
    """What a rebalance asks of the trading gate."""

    def permits(self, origin: OrderOrigin, *, reduces: bool) -> Denied | None: ...

    def venue_refusal(self, venue: VenueName) -> Denied | None: ...


class Risk(Protocol):
    """What a rebalance asks of the risk limits."""

    @property
    def limits(self) -> RiskLimits: ...

    async def sent_lately(self, venue: VenueName) -> int: ...


class InputGatherer:
    """Asks everybody at once; what fails is a refusal with its reason, never a default."""

    def __init__(
        self,
        *,
        balances: Balances,
        market: Market,
        orders: WorkingOrders,
        gate: Gate,
        clock: Clock,
        risk: Risk | None = None,
    ) -> None:
        """Take whom to ask."""
        self._risk = risk
        self._balances = balances
        self._market = market
        self._orders = orders
        self._gate = gate
        self._clock = clock

    async def gather(
        self,
        venue: VenueName,
        targets: Targets,
        settings: RebalanceSettings,
        *,
        reading: Reading = Reading.ASKED,
    ) -> PlanInputs | Denied:
        """Read balances, then say what can be planned on; nothing on a failure."""
        return await self.gather_for(venue, lambda _: targets, settings, reading=reading)

    async def gather_for(
        self,
        venue: VenueName,
        targets_for: Callable[[VenueBalances], Targets],
        settings: RebalanceSettings,
        *,
        reading: Reading = Reading.ASKED,
    ) -> PlanInputs | Denied:
        """The same for targets that depend on what is held."""
        try:
            balances, instruments, working = await self._read(venue, reading)
        except ExceptionGroup as group:
            known, other = group.split((BalanceError, VenueError))
            if other is not None or known is None:
                raise first_fault(other or group) from group
            return self._gate.venue_refusal(venue) or Denied(
                code=DenialCode.BALANCE_UNVERIFIED,
                reason=f"the venue could not be read, so nothing was planned: "
                f"{first_fault(known)}",
            )
        targets = targets_for(balances)
        legs = await self._legs(venue, targets, instruments)
        return PlanInputs(
            balances=balances,
            targets=targets,
            settings=settings,
            legs=legs,
            now=self._clock.now(),
            blocked=_blocked(legs, working),
            allow_buys=self._allows_buys(),
            limits=await self._limits(venue),
        )

    async def _limits(self, venue: VenueName) -> PlanLimits:
        if self._risk is None:
            return PlanLimits()
        sent = await self._risk.sent_lately(venue)
        return PlanLimits(limits=self._risk.limits, sent_lately=sent)

    def _allows_buys(self) -> bool:
        """While nothing at all may be sent, a plan still shows everything that it would do."""
        permits = self._gate.permits
        is_reducing = permits(OrderOrigin.REBALANCE, reduces=True) is None
        return not is_reducing or permits(OrderOrigin.REBALANCE, reduces=False) is None

    async def _read(
        self, venue: VenueName, reading: Reading
    ) -> tuple[VenueBalances, Mapping[Symbol, Instrument], Sequence[Order]]:
        async with asyncio.TaskGroup() as group:
            balances = group.create_task(self._read_balances(venue, reading))
            instruments = group.create_task(self._market.instruments(venue))
            working = group.create_task(self._orders.working(venue))
        return balances.result(), instruments.result(), working.result()

    async def _read_balances(self, venue: VenueName, reading: Reading) -> VenueBalances:
        match reading:
            case Reading.ASKED:
                return await self._balances.sync(venue)
            case Reading.KNOWN:
                return await self._balances.fresh(venue)
            case Reading.PUSHED:
                return await self._balances.latest(venue)
            case _:
                assert_never(reading)

    async def _legs(
        self, venue: VenueName, targets: Targets, instruments: Mapping[Symbol, Instrument]
    ) -> Mapping[Asset, Leg | Denied]:
        chosen = {
            asset: _instrument(asset, targets.base, instruments) for asset in targets.weights
        }
        symbols = [one.symbol for one in chosen.values() if one is not None]
        # Last of all, and all in one request: prices age fastest, while a slow venue is read.
        prices = await self._market.fresh_prices(venue, symbols) if symbols else {}
        return {
            asset: _no_pair(asset, targets.base)
            if one is None
            else _leg(asset, one, prices.get(one.symbol))
            for asset, one in chosen.items()
        }


def withhold(inputs: PlanInputs | Denied, withheld: Mapping[Asset, Denied]) -> PlanInputs | Denied:
    """Keep assets from being traded; what is in the way already comes first."""
    if isinstance(inputs, Denied) or not withheld:
        return inputs
    return replace(inputs, blocked={**withheld, **inputs.blocked})


def first_fault(group: BaseException) -> BaseException:
    """Return the first fault itself, out of however many groups it is in."""
    fault = group
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


def _instrument(
    asset: Asset, base: Asset, instruments: Mapping[Symbol, Instrument]
) -> Instrument | None:
    """Return the pair of the asset with the base currency, in whichever direction it is listed."""
    return instruments.get(Symbol(asset, base)) or instruments.get(Symbol(base, asset))


def _no_pair(asset: Asset, base: Asset) -> Denied:
    return Denied(
        code=DenialCode.NO_INSTRUMENT,
        reason=f"{asset}: this venue has no pair of it with {base}, through which all trades go",
    )


def _leg(asset: Asset, instrument: Instrument, price: Price | PriceError | None) -> Leg | Denied:
    if not isinstance(price, Price):
        why = str(price) if price is not None else "nobody told its price"
        return Denied(code=DenialCode.PRICE_UNUSABLE, reason=f"{asset}: {why}")
    return Leg(asset=asset, instrument=instrument, reference_price=price.value)


def _blocked(
    legs: Mapping[Asset, Leg | Denied], working: Sequence[Order]
) -> Mapping[Asset, Denied]:
    """Nothing trades an instrument while an order of ours on it is not at rest."""
    busy = {
        order.intent.symbol: order
        for order in working
        if order.intent.origin is not OrderOrigin.EXTERNAL or order.status is OrderStatus.UNKNOWN
    }
    return {
        asset: Denied(
            code=DenialCode.INSTRUMENT_BUSY,
            reason=f"{asset}: order {order.client_order_id} is {order.status}",
        )
        for asset, leg in legs.items()
        if isinstance(leg, Leg) and (order := busy.get(leg.instrument.symbol)) is not None
    }
