"""Finds out what the limits on orders rest on, remembers what was used, acts at a limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from trading.clock import Clock
from trading.errors import PriceError
from trading.model.balance import VenueBalances
from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import Asset, Symbol, VenueName
from trading.model.market_data import Price
from trading.model.order import Order, OrderIntent
from trading.model.risk import LimitAction, LimitName, LimitUse, RiskLimits
from trading.model.valuation import UnitPrice
from trading.risk.order_limits import OrderFacts, OrderUse, bought, order_uses, shown

_ZERO = Decimal(0)
_MINUTE = timedelta(minutes=1)


class MarketPrices(Protocol):
    """What is asked of the market feed."""

    async def prices(
        self, venue: VenueName, symbols: Collection[Symbol]
    ) -> Mapping[Symbol, Price | PriceError]:
        """Return a usable price or the reason for each symbol."""
        ...


class UnitPrices(Protocol):
    """What is asked of the pricing."""

    async def unit_prices(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, UnitPrice | PriceError]:
        """Return what one unit of each asset is worth; each fails alone."""
        ...

    async def priceable(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> frozenset[Asset]:
        """Return those that the venue lists a way to price."""
        ...


class Balances(Protocol):
    """What is asked of the balances."""

    async def balances(self, venue: VenueName) -> VenueBalances:
        """Return every reading of a venue from memory."""
        ...


class Sends(Protocol):
    """What is asked of the journal."""

    async def sent_since(self, venue: str, at: datetime, limit: int) -> int:
        """Count orders sent since, or about to be; counting may stop at `limit`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPrices:
    """Prices that one batch is checked against, asked for before anything is locked."""

    mids: Mapping[Symbol, Decimal]
    rates: Mapping[Asset, Decimal]
    priceable: frozenset[Asset] | None
    """None where nobody needed to know."""


NO_PRICES = OrderPrices(mids={}, rates={}, priceable=None)

OnHit = Callable[[VenueName, LimitUse, str], Awaitable[None]]


class OrderRisk:
    """Satisfies what the order desk asks of risk; the rules are in `order_limits`."""

    def __init__(
        self,
        *,
        limits: RiskLimits,
        bases: Mapping[VenueName, Asset],
        market: MarketPrices,
        pricing: UnitPrices,
        balances: Balances,
        sends: Sends,
        clock: Clock,
    ) -> None:
        """Take whom to ask; `on_hit` is set by whoever changes the trading state."""
        self._limits = limits
        self._bases = dict(bases)
        self._market = market
        self._pricing = pricing
        self._balances = balances
        self._sends = sends
        self._clock = clock
        self._last: dict[tuple[VenueName, LimitName], LimitUse] = {}
        self.on_hit: OnHit | None = None

    @property
    def limits(self) -> RiskLimits:
        """What is in force now."""
        return self._limits

    def replace_limits(self, limits: RiskLimits) -> None:
        """Put other limits in force."""
        self._limits = limits

    async def prices(
        self, venue: VenueName, batch: Sequence[OrderIntent], balances: VenueBalances
    ) -> OrderPrices:
        """Ask for the prices that the limits on these orders need, and for no others."""
        limits, base = self._limits, self._bases[venue]
        brought = {bought(intent, {})[0] for intent in batch} - {base}
        is_exposed = any(limits.exposure_limit(asset) is not None for asset in brought)
        needs_mids = (
            limits.max_price_deviation is not None
            or limits.max_order_notional is not None
            or is_exposed
        )
        mids: dict[Symbol, Decimal] = {}
        if needs_mids:
            symbols = sorted({intent.symbol for intent in batch})
            found = await self._market.prices(venue, symbols)
            mids = {key: each.value for key, each in found.items() if isinstance(each, Price)}
        wanted = {intent.symbol.quote for intent in batch} if limits.max_order_notional else set()
        priceable: frozenset[Asset] | None = None
        if is_exposed:
            held = {asset for asset, reading in balances.readings.items() if reading.total}
            priceable = await self._pricing.priceable(venue, held, base)
            wanted |= brought | priceable
        return OrderPrices(
            mids=mids, rates=await self._rates(venue, wanted, base), priceable=priceable
        )

    async def facts(
        self,
        venue: VenueName,
        prices: OrderPrices,
        balances: VenueBalances,
        working: Sequence[Order],
    ) -> OrderFacts:
        """Put together what the checks rest on; the only thing asked here is the journal."""
        return OrderFacts(
            limits=self._limits,
            base=self._bases[venue],
            mids=prices.mids,
            rates=prices.rates,
            totals={
                asset: reading.total
                for asset, reading in balances.readings.items()
                if reading.total and (prices.priceable is None or asset in prices.priceable)
            },
            coming=_coming(working, prices.mids),
            sent_lately=await self.sent_lately(venue),
        )

    async def sent_lately(self, venue: VenueName) -> int:
        """Return how many orders were sent within the last minute, by the journal."""
        limit = self._limits.max_orders_per_minute
        if limit is None:
            return 0
        return await self._sends.sent_since(venue, self._clock.now() - _MINUTE, limit + 1)

    async def note(
        self,
        venue: VenueName,
        batch: Sequence[OrderIntent],
        verdicts: Sequence[object],
        facts: OrderFacts,
    ) -> None:
        """Remember what these orders used, and act where an order ran into a limit."""
        for intent, verdict in zip(batch, verdicts, strict=True):
            found = order_uses(intent, facts)
            for each in found:
                self._last[venue, each.name] = self._as_use(each)
            if isinstance(verdict, Denied):
                await self._hit(venue, intent, verdict)
            else:
                facts = facts.with_order(intent)

    def last_uses(self, venue: VenueName) -> tuple[LimitUse, ...]:
        """Return each limit on orders with what the last order used of it."""
        limits = self._limits
        amounts = (
            (LimitName.ORDER_NOTIONAL, limits.max_order_notional),
            (LimitName.PRICE_DEVIATION, limits.max_price_deviation),
        )
        return tuple(
            replace(used, limit=limit)
            if (used := self._last.get((venue, name))) is not None
            else self._unused(name, limit)
            for name, limit in amounts
            if limit is not None
        )

    async def cautions(self, intent: OrderIntent) -> tuple[str, ...]:
        """Say in words which limits an order comes close to; a refusal is said elsewhere."""
        venue = intent.venue
        balances = await self._balances.balances(venue)
        prices = await self.prices(venue, (intent,), balances)
        facts = await self.facts(venue, prices, balances, ())
        return tuple(
            f"it uses {each.value / each.limit:.0%} of {each.name.value} "
            f"({shown(each.value, each.unit)} of {shown(each.limit, each.unit)})"
            for each in order_uses(intent, facts)
            if each.value is not None and self._limits.warn_at <= each.value / each.limit <= 1
        )

    async def _rates(
        self, venue: VenueName, assets: Collection[Asset], base: Asset
    ) -> Mapping[Asset, Decimal]:
        foreign = sorted(set(assets) - {base})
        found = await self._pricing.unit_prices(venue, foreign, base) if foreign else {}
        known = {key: each.value for key, each in found.items() if isinstance(each, UnitPrice)}
        return {base: Decimal(1)} | known

    async def _hit(self, venue: VenueName, intent: OrderIntent, denied: Denied) -> None:
        if denied.code is not DenialCode.ABOVE_LIMIT or self.on_hit is None:
            return
        name = LimitName(denied.details["limit"])
        if self._limits.action(name) is LimitAction.DENY:
            return
        used = self._last[venue, name]
        about = f"an order to {intent.side} {intent.symbol} was denied: {denied}"
        await self.on_hit(venue, used, about)

    def _as_use(self, each: OrderUse) -> LimitUse:
        return LimitUse(
            name=each.name,
            subject=each.subject,
            value=each.value,
            limit=each.limit,
            action=self._limits.action(each.name),
            as_of=self._clock.now(),
            why=None if each.value is not None else "a price was missing",
        )

    def _unused(self, name: LimitName, limit: Decimal) -> LimitUse:
        return LimitUse(
            name=name,
            subject=None,
            value=_ZERO,
            limit=limit,
            action=self._limits.action(name),
            why="no order since the start",
        )


def _coming(working: Sequence[Order], mids: Mapping[Symbol, Decimal]) -> Mapping[Asset, Decimal]:
    coming: dict[Asset, Decimal] = {}
    for order in working:
        intent = order.intent
        asset, whole = bought(intent, mids)
        if whole is not None:
            left = whole * max(_ZERO, order.remaining) / intent.quantity
            coming[asset] = coming.get(asset, _ZERO) + left
    return coming
