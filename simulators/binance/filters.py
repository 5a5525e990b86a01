"""The filters of a symbol: described as exchangeInfo does, and held against orders."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulators.binance.catalogue import ListedSymbol
from simulators.binance.errors import BinanceError, filter_failure
from simulators.binance.numbers import eight
from simulators.binance.tickets import Ticket

MOST_ORDERS = 200
HIGHEST_MULTIPLIER, LOWEST_MULTIPLIER = Decimal(5), Decimal("0.2")
AVERAGE_MINUTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a filter may look at beside the order."""

    average_price: Decimal
    open_orders: int


def describe_filters(listed: ListedSymbol) -> list[dict[str, Any]]:
    return [*_describe_steps(listed), *_describe_bounds(listed)]


def _describe_steps(listed: ListedSymbol) -> list[dict[str, Any]]:
    step, tick = eight(listed.lot_step), eight(listed.tick_size)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": eight(listed.largest_price),
            "tickSize": tick,
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": step,
            "maxQty": eight(listed.largest_lot),
            "stepSize": step,
        },
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": eight(Decimal(0)),
            "maxQty": eight(listed.largest_market_lot),
            "stepSize": eight(Decimal(0)),
        },
    ]


def _describe_bounds(listed: ListedSymbol) -> list[dict[str, Any]]:
    return [
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 10,
            "maxTrailingBelowDelta": 2000,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": str(HIGHEST_MULTIPLIER),
            "bidMultiplierDown": str(LOWEST_MULTIPLIER),
            "askMultiplierUp": str(HIGHEST_MULTIPLIER),
            "askMultiplierDown": str(LOWEST_MULTIPLIER),
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": eight(listed.least_notional),
            "applyMinToMarket": True,
            "maxNotional": eight(listed.largest_notional),
            "applyMaxToMarket": False,
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MOST_ORDERS},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    ]


def check(ticket: Ticket, situation: Situation) -> None:
    """Refuse an order with the first filter that it fails."""
    for problem in _problems(ticket, situation):
        raise problem


def _problems(ticket: Ticket, situation: Situation) -> Iterator[BinanceError]:
    listed, price, quantity = ticket.listed, ticket.price, ticket.quantity
    if price is not None and not _is_priced(listed, price):
        yield filter_failure("PRICE_FILTER")
    if price is not None and not _is_near(price, situation.average_price):
        yield filter_failure("PERCENT_PRICE_BY_SIDE")
    if quantity is not None and not _is_lot(listed, quantity):
        yield filter_failure("LOT_SIZE")
    if quantity is not None and price is None and quantity > listed.largest_market_lot:
        yield filter_failure("MARKET_LOT_SIZE")
    if not _is_notional(ticket, situation.average_price):
        yield filter_failure("NOTIONAL")
    if situation.open_orders >= MOST_ORDERS and price is not None:
        yield filter_failure("MAX_NUM_ORDERS")


def _is_priced(listed: ListedSymbol, price: Decimal) -> bool:
    tick = listed.tick_size
    return tick <= price <= listed.largest_price and price % tick == 0


def _is_near(price: Decimal, average: Decimal) -> bool:
    """The multipliers are the same for both sides here."""
    return average * LOWEST_MULTIPLIER <= price <= average * HIGHEST_MULTIPLIER


def _is_lot(listed: ListedSymbol, quantity: Decimal) -> bool:
    step = listed.lot_step
    return step <= quantity <= listed.largest_lot and quantity % step == 0


def _is_notional(ticket: Ticket, average: Decimal) -> bool:
    """Hold an order to its worth; a market order by the average price, if not by what it says."""
    listed = ticket.listed
    if ticket.quote_quantity is not None:
        return ticket.quote_quantity >= listed.least_notional
    notional = (ticket.price or average) * (ticket.quantity or Decimal(0))
    if notional < listed.least_notional:
        return False
    return ticket.price is None or notional <= listed.largest_notional
