"""Lets orders into the journal: asks for what approval rests on, approves, writes them down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.errors import BalanceError, BalanceUnknown, VenueError
from trading.model.balance import VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.instrument import Instrument, Side
from trading.model.order import Order, OrderIntent, OrderOrigin
from trading.orders.in_flight import InFlight
from trading.orders.journal import Journal
from trading.orders.verification import Approved, Conditions, approve_all
from trading.risk.order_limits import OrderFacts
from trading.risk.order_risk import NO_PRICES, OrderPrices

_log = logging.getLogger(__name__)


class Balances(Protocol):
    """What the order desk asks of the balances."""

    async def fresh(self, venue: VenueName) -> VenueBalances:
        """Return verified, fresh balances, read now where those in memory are not."""
        ...

    async def sync(self, venue: VenueName) -> VenueBalances:
        """Ask the venue now."""
        ...

    async def balances(self, venue: VenueName) -> VenueBalances:
        """Return what is in memory, with the verdict on it."""
        ...


class Instruments(Protocol):
    """What the order desk asks of the market feed."""

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]:
        """Return what can be traded there."""
        ...


class Gate(Protocol):
    """What the order desk asks of the trading state."""

    def permits(
        self, origin: OrderOrigin, *, reduces: bool, venue: VenueName | None = None
    ) -> Denied | None:
        """Say why no such order may be sent now; None when it may."""
        ...


class Risk(Protocol):
    """What the order desk asks of the risk limits."""

    async def prices(
        self, venue: VenueName, batch: Sequence[OrderIntent], balances: VenueBalances
    ) -> OrderPrices:
        """Ask for what the limits on these orders rest on; may wait for the venue."""
        ...

    async def facts(
        self,
        venue: VenueName,
        prices: OrderPrices,
        balances: VenueBalances,
        working: Sequence[Order],
    ) -> OrderFacts:
        """Put it together with the journal; waits for no venue."""
        ...

    async def note(
        self,
        venue: VenueName,
        batch: Sequence[OrderIntent],
        verdicts: Sequence[Approved | Denied],
        facts: OrderFacts,
    ) -> None:
        """Hear how much these orders used, and which ran into a limit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ahead:
    """What was asked for before anything was locked: prices, and who did not answer."""

    silent: Mapping[VenueName, Denied]
    prices: Mapping[VenueName, OrderPrices]


class Admission:
    """Approves and journals as one step, so that no two batches approve the same money."""

    def __init__(
        self,
        *,
        bases: Mapping[VenueName, Asset],
        journal: Journal,
        balances: Balances,
        instruments: Instruments,
        gate: Gate,
        in_flight: InFlight,
        is_reconciled: Callable[[VenueName], bool],
        clock: Clock,
        buffer_fraction: Decimal,
        freshness_seconds: float,
        risk: Risk | None = None,
    ) -> None:
        """Take the parts; `bases` names every venue with the currency it is measured in."""
        self._risk = risk
        self._bases = dict(bases)
        self._journal = journal
        self._balances = balances
        self._instruments = instruments
        self._gate = gate
        self._in_flight = in_flight
        self._is_reconciled = is_reconciled
        self._clock = clock
        self._buffer_fraction = buffer_fraction
        self._freshness_seconds = freshness_seconds
        self._one_at_a_time = asyncio.Lock()

    def permits(self, intent: OrderIntent) -> Denied | None:
        """Say why the order may not be sent at this moment; None when it may."""
        return self._gate.permits(intent.origin, reduces=self._reduces(intent), venue=intent.venue)

    async def admit(self, batch: Sequence[OrderIntent]) -> tuple[Order | Denied, ...]:
        """Return the journaled order of each intent, or why it was denied.

        The orders are in flight from here on: whoever called must discard them in the end.
        """
        ahead = await self._ask_ahead(batch)
        async with self._one_at_a_time:
            verdicts = await self._verdicts(batch, ahead, note=True)
            approved = [each for each in verdicts if isinstance(each, Approved)]
            orders = await self._write_down(approved) if approved else ()
        planned = iter(orders)
        return tuple(each if isinstance(each, Denied) else next(planned) for each in verdicts)

    async def examine(self, batch: Sequence[OrderIntent]) -> tuple[Approved | Denied, ...]:
        """Say what `admit` would say of these at this moment; nothing is written or reserved."""
        ahead = await self._ask_ahead(batch)
        async with self._one_at_a_time:
            return tuple(await self._verdicts(batch, ahead, note=False))

    async def _ask_ahead(self, batch: Sequence[OrderIntent]) -> _Ahead:
        """Have what approval rests on in memory; return prices, and who did not tell it.

        Whoever holds the lock then waits for no venue, so no batch waits behind a silent one.
        """
        silent: dict[VenueName, Denied] = {}
        prices: dict[VenueName, OrderPrices] = {}
        for venue in dict.fromkeys(each.venue for each in batch if self._refuse(each) is None):
            balances = await self._read_balances(venue)
            for facts in (balances, await self._read_instruments(venue)):
                if isinstance(facts, Denied):
                    silent.setdefault(venue, facts)
            if self._risk is not None and not isinstance(balances, Denied):
                own = [each for each in batch if each.venue == venue]
                prices[venue] = await self._risk.prices(venue, own, balances)
        return _Ahead(silent=silent, prices=prices)

    async def _verdicts(
        self, batch: Sequence[OrderIntent], ahead: _Ahead, *, note: bool
    ) -> list[Approved | Denied]:
        verdicts: dict[int, Approved | Denied] = {}
        asked: dict[VenueName, list[int]] = {}
        for place, intent in enumerate(batch):
            denied = self._refuse(intent) or ahead.silent.get(intent.venue)
            if denied is not None:
                verdicts[place] = denied
            else:
                asked.setdefault(intent.venue, []).append(place)
        for venue, places in asked.items():
            own = [batch[place] for place in places]
            conditions = await self._conditions(venue, ahead.prices.get(venue, NO_PRICES))
            answers = approve_all(own, conditions)
            if note and self._risk is not None and conditions.risk is not None:
                await self._risk.note(venue, own, answers, conditions.risk)
            verdicts.update(zip(places, answers, strict=True))
        return [verdicts[place] for place in range(len(batch))]

    async def _write_down(self, approved: Sequence[Approved]) -> tuple[Order, ...]:
        with self._in_flight.planning():
            orders = await self._journal.plan(approved)
            self._in_flight.add(order.client_order_id for order in orders)
        for order, approval in zip(orders, approved, strict=True):
            _log.info(
                "balance checked id=%s side=%s symbol=%s evidence=%s",
                order.client_order_id,
                order.intent.side,
                order.intent.symbol,
                dict(approval.evidence),
            )
        return orders

    def _refuse(self, intent: OrderIntent) -> Denied | None:
        if intent.venue not in self._bases:
            return Denied(
                code=DenialCode.NO_INSTRUMENT, reason=f"there is no venue {intent.venue}"
            )
        return self.permits(intent)

    def _reduces(self, intent: OrderIntent) -> bool:
        """True when it turns an asset into the currency that the venue is measured in."""
        base = self._bases.get(intent.venue)
        if intent.side is Side.SELL:
            return intent.symbol.quote == base
        return intent.symbol.base == base

    async def _conditions(self, venue: VenueName, prices: OrderPrices) -> Conditions:
        working = await self._journal.working(venue)
        balances = await self._read_balances(venue)
        risk = None
        if self._risk is not None and not isinstance(balances, Denied):
            risk = await self._risk.facts(venue, prices, balances, working)
        return Conditions(
            venue=venue,
            instruments=await self._read_instruments(venue),
            balances=balances,
            risk=risk,
            unknown={
                order.intent.symbol for order in working if self._in_flight.leaves_in_doubt(order)
            },
            reconciled=self._is_reconciled(venue),
            buffer_fraction=self._buffer_fraction,
            freshness_seconds=self._freshness_seconds,
            monotonic=self._clock.monotonic(),
        )

    async def _read_balances(self, venue: VenueName) -> VenueBalances | Denied:
        try:
            return await self._balances.fresh(venue)
        except BalanceUnknown as error:
            return Denied(code=DenialCode.BALANCE_UNKNOWN, reason=str(error))
        except (BalanceError, VenueError) as error:
            return Denied(code=DenialCode.BALANCE_UNVERIFIED, reason=str(error))

    async def _read_instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument] | Denied:
        try:
            return await self._instruments.instruments(venue)
        except VenueError as error:
            return Denied(code=DenialCode.NO_INSTRUMENT, reason=str(error))
