"""Buying and selling by hand: shown first, confirmed, checked again, through the one executor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from trading.clock import Clock
from trading.errors import BalanceError, PriceError, VenueError
from trading.intents.manual_effect import effect_of, unknown_effect, what_changed
from trading.intents.manual_model import (
    Effect,
    FundsNow,
    ManualPreview,
    ManualRequest,
    ManualResult,
    MarketNow,
    TradeRules,
)
from trading.intents.manual_sizing import Draft, Facts, draft, find_instrument
from trading.intents.rebalance_model import OnProgress
from trading.intents.rebalance_progress import Progress
from trading.model.balance import BalanceReading, VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, CorrelationId, Symbol, VenueName
from trading.model.instrument import Instrument
from trading.model.market_data import Book
from trading.model.order import OrderIntent, OrderOrigin, OrderType
from trading.model.valuation import Valuation
from trading.orders.execution import BatchResult
from trading.orders.verification import Approved

_log = logging.getLogger(__name__)

_MOST_SHOWN = 50
"""Previews that wait for their button; the oldest are forgotten first, and then shown anew."""


class Balances(Protocol):
    """What an order by hand asks of the balances."""

    def base(self, venue: VenueName) -> Asset: ...
    async def sync(self, venue: VenueName) -> VenueBalances: ...
    async def nav(self, venue: VenueName) -> Valuation: ...


class Market(Protocol):
    """What it asks of the market feed."""

    async def instruments(self, venue: VenueName) -> Mapping[Symbol, Instrument]: ...
    async def book(self, venue: VenueName, symbol: Symbol) -> Book: ...


class Executor(Protocol):
    """What it asks of the one executor."""

    async def examine(self, batch: Sequence[OrderIntent]) -> tuple[Approved | Denied, ...]: ...
    async def execute(
        self, batch: Sequence[OrderIntent], *, on_progress: OnProgress | None = None
    ) -> BatchResult: ...


class Cautions(Protocol):
    """What stands close to a limit, in words, before the owner confirms."""

    async def cautions(self, intent: OrderIntent) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualParts:
    """Whom the intent works with."""

    balances: Balances
    market: Market
    executor: Executor
    clock: Clock
    cautions: Cautions | None = None
    lifetime: timedelta = timedelta(minutes=2)


class ManualOrders:
    """Previews live in memory and die with the process; then what holds is shown anew."""

    def __init__(self, *, rules: Mapping[VenueName, TradeRules], parts: ManualParts) -> None:
        """Take the rules of each venue."""
        self._rules = dict(rules)
        self._parts = parts
        self._shown: dict[str, ManualPreview] = {}

    def replace_rules(self, rules: Mapping[VenueName, TradeRules]) -> None:
        """Put other rules in force; what was shown under the old ones is void."""
        if self._rules != dict(rules):
            self._rules = dict(rules)
            self._shown.clear()

    async def preview(
        self, request: ManualRequest, by: str, correlation_id: CorrelationId
    ) -> ManualPreview | Denied:
        """Say what the order would do; trades nothing."""
        _log.info(
            "order by hand asked side=%s base=%s venue=%s by=%s correlation=%s",
            request.side,
            request.base,
            request.venue,
            by,
            correlation_id,
        )
        made = await self._make(request, correlation_id)
        return made if isinstance(made, Denied) else self._show(made)

    async def execute(
        self,
        request: ManualRequest,
        plan_hash: str,
        correlation_id: CorrelationId,
        on_progress: OnProgress | None = None,
    ) -> ManualResult | Denied | ManualPreview:
        """Send what was confirmed; what no longer holds comes back as a new preview instead."""
        shown = self._shown.pop(plan_hash, None)
        fresh = await self._make(request, correlation_id)
        if isinstance(fresh, Denied):
            return fresh
        if shown is None:
            return self._show(fresh, "what you confirmed is gone: this is what holds now")
        changed = what_changed(shown, fresh, self._parts.clock.now())
        if changed is not None:
            return self._show(fresh, changed)
        confirmed = replace(shown.intent, correlation_id=correlation_id)
        return await self._send(confirmed, fresh, Progress(on_progress))

    async def _send(
        self, intent: OrderIntent, fresh: ManualPreview, progress: Progress
    ) -> ManualResult | Denied:
        clock = self._parts.clock
        started = clock.monotonic()
        batch = await self._parts.executor.execute((intent,), on_progress=progress)
        (outcome,) = batch.outcomes
        if outcome.order is None:
            return outcome.denied or Denied(
                code=DenialCode.NOT_CONFIRMED, reason="the executor says nothing of it"
            )
        return ManualResult(
            order=outcome.order,
            fills=outcome.fills,
            middle=fresh.market.middle,
            duration_seconds=clock.monotonic() - started,
            correlation_id=intent.correlation_id,
        )

    def _show(self, preview: ManualPreview, again: str | None = None) -> ManualPreview:
        """Remember what may be confirmed, and return it."""
        shown = replace(preview, again=again)
        self._shown[shown.hash] = shown
        while len(self._shown) > _MOST_SHOWN:
            del self._shown[next(iter(self._shown))]
        return shown

    async def _make(
        self, request: ManualRequest, correlation_id: CorrelationId
    ) -> ManualPreview | Denied:
        facts = await self._facts(request)
        if isinstance(facts, Denied):
            return facts
        drafted = draft(request, facts)
        if isinstance(drafted, Denied):
            return drafted
        intent = _intent(request, drafted, facts.instrument, correlation_id)
        (verdict,) = await self._parts.executor.examine((intent,))
        effect = await self._effect(request, drafted, facts)
        funds = self._funds(facts.balances, drafted.reserve_asset)
        if isinstance(funds, Denied):
            return funds
        symbol = facts.instrument.symbol
        other = symbol.quote if drafted.reserve_asset == symbol.base else symbol.base
        reading = facts.balances.readings.get(other)
        cautions = self._parts.cautions
        near = () if cautions is None else await cautions.cautions(intent)
        now = self._parts.clock.now()
        return ManualPreview(
            request=request,
            intent=intent,
            instrument=facts.instrument,
            market=self._market_now(facts),
            expected_price=drafted.expected_price,
            funds=funds,
            other_funds=None if reading is None else (reading.free, reading.locked),
            effect=effect,
            notes=(*drafted.notes, *near),
            denied=verdict if isinstance(verdict, Denied) else None,
            made_at=now,
            expires_at=now + self._parts.lifetime,
        )

    async def _facts(self, request: ManualRequest) -> Facts | Denied:
        """Ask the venue now: the balances first, the book last, for prices age fastest."""
        venue, parts = request.venue, self._parts
        rules = self._rules.get(venue)
        if rules is None:
            return Denied(code=DenialCode.NO_INSTRUMENT, reason=f"there is no venue {venue}")
        try:
            listed = await parts.market.instruments(venue)
            instrument = find_instrument(request, parts.balances.base(venue), listed)
            if isinstance(instrument, Denied):
                return instrument
            balances = await parts.balances.sync(venue)
            book = await parts.market.book(venue, instrument.symbol)
        except PriceError as error:
            return Denied(code=DenialCode.PRICE_UNUSABLE, reason=str(error))
        except (BalanceError, VenueError) as error:
            return Denied(
                code=DenialCode.BALANCE_UNVERIFIED,
                reason=f"the venue could not be read, so nothing can be promised: {error}",
            )
        if book.mid is None:
            return Denied(
                code=DenialCode.PRICE_UNUSABLE, reason=f"{instrument.symbol}: no usable book"
            )
        return Facts(
            instrument=instrument, book=book, middle=book.mid, balances=balances, rules=rules
        )

    async def _effect(self, request: ManualRequest, drafted: Draft, facts: Facts) -> Effect:
        """Weigh it; a whole that cannot be valued keeps nobody from trading, and is said."""
        try:
            async with asyncio.timeout(10):
                valuation = await self._parts.balances.nav(request.venue)
        except (BalanceError, PriceError, VenueError, TimeoutError) as error:
            _log.warning("order by hand not weighed venue=%s error=%s", request.venue, error)
            return unknown_effect(self._parts.balances.base(request.venue))
        return effect_of(
            drafted,
            request.side,
            facts.instrument,
            valuation=valuation,
            allocation=facts.rules.allocation,
        )

    def _funds(self, balances: VenueBalances, asset: Asset) -> FundsNow | Denied:
        reading = balances.readings.get(asset)
        if reading is None:
            code = (
                DenialCode.INSUFFICIENT_FREE
                if balances.status.verified
                else DenialCode.BALANCE_UNKNOWN
            )
            held = "nothing of it is held" if balances.status.verified else "it is not known"
            return Denied(
                code=code,
                reason=f"{asset} at {balances.status.venue} would pay for this, and {held}",
            )
        return FundsNow(
            asset=asset,
            free=reading.free,
            locked=reading.locked,
            reserved=balances.reserved.get(asset, reading.free * 0),
            source=reading.source,
            verified=reading.verified,
            age_seconds=self._age(reading),
        )

    def _age(self, reading: BalanceReading) -> float:
        clock = self._parts.clock
        return reading.age_seconds(monotonic=clock.monotonic(), now=clock.now())

    def _market_now(self, facts: Facts) -> MarketNow:
        book = facts.book
        return MarketNow(
            middle=facts.middle,
            bid=book.bids[0].price,
            ask=book.asks[0].price,
            age_seconds=book.age_seconds(self._parts.clock.monotonic()),
            as_of=book.received_at,
        )


def _intent(
    request: ManualRequest, drafted: Draft, instrument: Instrument, correlation_id: CorrelationId
) -> OrderIntent:
    return OrderIntent(
        venue=request.venue,
        symbol=instrument.symbol,
        side=request.side,
        quantity=drafted.quantity,
        order_type=OrderType.LIMIT,
        time_in_force=drafted.time_in_force,
        limit_price=drafted.limit_price,
        reserve_asset=drafted.reserve_asset,
        reserve_amount=drafted.reserve_amount,
        origin=OrderOrigin.MANUAL,
        reason="asked for by hand",
        run_id=None,
        correlation_id=correlation_id,
    )
