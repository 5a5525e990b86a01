"""From prices of instruments to the value of anything in any currency; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trading.errors import PriceError
from trading.model.identifiers import Asset, Symbol
from trading.model.market_data import Price
from trading.model.valuation import UnitPrice

HUBS = tuple(Asset(code) for code in ("USD", "EUR", "USDT", "USDC", "BTC", "ETH"))
"""What an asset without a pair of its own may be priced through, the likeliest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One step of a conversion; `inverted` where the pair is listed the other way round."""

    symbol: Symbol
    inverted: bool


Route = tuple[Leg, ...]


def find_route(
    asset: Asset, base: Asset, listed: Collection[Symbol], hubs: Iterable[Asset] = HUBS
) -> Route | None:
    """Return how to price an asset: its own pair, the inverse, or both through one hub.

    Empty for the base itself; None where there is no way.
    """
    if asset == base:
        return ()
    direct = _leg(asset, base, listed)
    if direct is not None:
        return (direct,)
    for hub in hubs:
        if hub in (asset, base):
            continue
        first, second = _leg(asset, hub, listed), _leg(hub, base, listed)
        if first is not None and second is not None:
            return (first, second)
    return None


def convert(amount: Decimal, route: Route, prices: Mapping[Symbol, Price]) -> Decimal:
    """Return what an amount comes to at the end of a route; every leg must have its price."""
    for leg in route:
        price = prices[leg.symbol].value
        amount = amount / price if leg.inverted else amount * price
    return amount


def unit_price(
    asset: Asset, base: Asset, route: Route | None, prices: Mapping[Symbol, Price | PriceError]
) -> UnitPrice | PriceError | None:
    """Return the value of one unit, or why there is none; None for the base itself."""
    if route is None:
        return PriceError(f"{asset}: the venue lists no way to price it in {base}")
    used: dict[Symbol, Price] = {}
    for leg in route:
        price = prices.get(leg.symbol)
        if price is None or isinstance(price, PriceError):
            return PriceError(f"{asset}: {price or f'no price of {leg.symbol}'}")
        used[leg.symbol] = price
    if not used:
        return None
    return UnitPrice(
        value=convert(Decimal(1), route, used),
        as_of=min(price.as_of for price in used.values()),
        via=tuple(leg.symbol for leg in route),
    )


def _leg(asset: Asset, base: Asset, listed: Collection[Symbol]) -> Leg | None:
    if (straight := Symbol(asset, base)) in listed:
        return Leg(symbol=straight, inverted=False)
    if (inverse := Symbol(base, asset)) in listed:
        return Leg(symbol=inverse, inverted=True)
    return None
